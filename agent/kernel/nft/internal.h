/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of kernel/ share. */
#ifndef PG_KERNEL_NFT_INTERNAL_H
#define PG_KERNEL_NFT_INTERNAL_H

#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/set.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/nft/nft.h"
#include "kernel/nftnl.h"

/* The receive buffer. A dump's chunk is as large as the buffer, up to 32 KiB (af_netlink.c:
 * netlink_dump). */
#define PG_RECEIVE_SIZE (64 * 1024)

/* Takes over a socket, to be closed with nft's own. */
void pg_nft_close_later(struct pg_nft *nft, struct mnl_socket *socket);

/* Whether messages of that port are, or were, sent by it. */
bool pg_nft_has_port(const struct pg_nft *nft, uint32_t port);

/* Puts the begin or the end of a batch. */
void pg_batch_bracket(struct pg_batch *batch, uint16_t type);

/* Own expressions to libnftnl's. NULL when memory is short. */
struct nftnl_expr *pg_expr_encode(const struct pg_expr *expr);

struct nftnl_chain *pg_chain_encode(const struct pg_chain *chain);

struct nftnl_set *pg_set_encode(const struct pg_set *set, uint32_t id);

/* The reverse, from a dump's message. 0, or a negative errno value. What another program put
 * there and has no form here becomes PG_EXPR_FOREIGN. */
int pg_chain_decode(const struct nlmsghdr *message, struct pg_ruleset *ruleset);

int pg_rule_decode(const struct nlmsghdr *message, struct pg_ruleset *ruleset);

/* An element as attributes, appended to the open list of a message. */
void pg_element_encode(struct nlmsghdr *message, const struct pg_set *set,
                       const struct pg_element *element, bool with_data);

/* One end of a range of addresses; an end stands one behind the last address. */
void pg_bound_encode(struct nlmsghdr *message, const struct pg_set *set, const uint8_t *key,
                     bool is_end);

/* Sorts and pairs what came in, once the dump is complete. 0 or -ENOMEM. */
int pg_elements_finish(struct pg_set *set);

/* Puts elements in place of the one that is for all keys that no other is for, so that what was read
 * says of each key what the kernel does with it. Intervals are paired and sorted. 0 or -ENOMEM. */
int pg_catch_all_spread(struct pg_set *set);

/* A comment as nft keeps it in userdata: type, length, text with its terminating zero. */
#define PG_USERDATA_MAX 256
size_t pg_comment_encode(const char *comment, uint8_t userdata[static PG_USERDATA_MAX]);
/* A copy that the caller frees; NULL when there is none. Control characters in it become '?'. */
char *pg_comment_decode(const void *userdata, size_t length);

/* Whether the table belongs to a socket, which alone may change it (NFT_TABLE_F_OWNER, Linux 5.12), and
 * to which one, by its port id; 0: the kernel does not say. */
bool pg_nft_table_is_owned(struct pg_nft *nft, uint32_t *ret_owner);

/* What an errno of nf_tables means for an operator. */
const char *pg_nft_error_explain(int number);

#endif
