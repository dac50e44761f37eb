/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of kernel/ share. */
#ifndef PG_KERNEL_INTERNAL_H
#define PG_KERNEL_INTERNAL_H

#include "kernel/nft/nft.h"

#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

/* The receive buffer. A dump's chunk is as large as the buffer, up to 32 KiB (af_netlink.c:
 * netlink_dump). */
#define PG_RECEIVE_SIZE (64 * 1024)

struct pg_nft {
        struct mnl_socket *socket;
        uint32_t port;
        uint32_t sequence;
        size_t send_max;      /* bytes in one send */
        char *receive;        /* PG_RECEIVE_SIZE bytes */
        uint32_t *past_ports; /* of sockets that were given up */
        size_t n_past_ports;
        uint32_t n_commits;
        struct pg_watch *watch;     /* that listens for it, or NULL; not owned */
        struct mnl_socket *closing; /* that is closed with its own, or NULL */
};

/* socket.c: takes over a socket, to be closed with nft's own. */
void pg_nft_close_later(struct pg_nft *nft, struct mnl_socket *socket);

/* socket.c: whether messages of that port are, or were, sent by it. */
bool pg_nft_has_port(const struct pg_nft *nft, uint32_t port);

/* Goes on with a new socket, which has a port of its own. On failure the old one stays. */
int pg_nft_renew(struct pg_nft *nft, struct pg_error *error);

/* socket.c: sends one request and gives every answer to `callback` until the end of the answer.
 * -EINTR: the dump was interrupted by a commit. */
int pg_nft_talk(struct pg_nft *nft, const struct nlmsghdr *request, mnl_cb_t callback, void *data);

/* Begins a message of nf_tables at `buffer`: header and nfgenmsg for the inet family. */
struct nlmsghdr *pg_message_begin(void *buffer, uint16_t type, uint16_t flags, uint32_t sequence);

/* batch.c */
/* What one message was for, to name it when the kernel refuses it. */
struct pg_cause {
        uint32_t sequence;
        const char *what; /* "adding the chain" */
        char name[PG_NAME_MAX];
        struct pg_place place;
        /* For a message of elements: which, so that the kernel's offset finds the culprit. */
        const struct pg_element *elements;
        size_t n_elements;
};

struct pg_batch {
        struct pg_nft *nft;
        char *data;
        size_t length;
        size_t capacity;
        struct pg_cause *causes;
        size_t n_causes;
        uint32_t sequence;
        uint32_t set_id;
        bool failed; /* memory was short */
};

/* Opens a message of the batch; NULL when memory is short. It is closed by pg_batch_close(). */
struct nlmsghdr *pg_batch_open(struct pg_batch *batch, uint16_t type, uint16_t flags, const char *what,
                               const char *name, struct pg_place place);
void pg_batch_close(struct pg_batch *batch, const struct nlmsghdr *message);
/* Puts the begin or the end of a batch. */
void pg_batch_bracket(struct pg_batch *batch, uint16_t type);

/* encode.c: own expressions to libnftnl's. NULL when memory is short. */
struct nftnl_expr *pg_expr_encode(const struct pg_expr *expr);
struct nftnl_chain *pg_chain_encode(const struct pg_chain *chain);
struct nftnl_rule *pg_rule_encode(const char *chain, const struct pg_rule *rule);
struct nftnl_set *pg_set_encode(const struct pg_set *set, uint32_t id);

/* decode.c: the reverse, from a dump's message. 0, or a negative errno value. What another program put
 * there and has no form here becomes PG_EXPR_FOREIGN. */
int pg_chain_decode(const struct nlmsghdr *message, struct pg_ruleset *ruleset);
int pg_rule_decode(const struct nlmsghdr *message, struct pg_ruleset *ruleset);
int pg_set_decode(const struct nlmsghdr *message, struct pg_ruleset *ruleset);

/* may_drop.c: whether an expression of any program may end a packet. Where it leads to another chain,
 * *ret_target is its name, borrowed; else NULL. */
bool pg_expr_may_drop(const struct nftnl_expr *e, const char **ret_target);

/* listed.c: what a rule's expressions so far have asked. */
struct pg_listed {
        uint32_t source, length; /* the register that the source address was just loaded into; or 0 */
        bool is_listed; /* the rule goes on only for sources in a named set, or for one address */
};
/* Sees the next expression of the rule, in a table of that family. */
void pg_listed_see(struct pg_listed *listed, uint8_t family, const struct nftnl_expr *e);

/* may_drop.c: whether an expression takes packets out of connection tracking; hands them to the socket
 * of another port; leads to any chain of its table, by a map. */
bool pg_expr_untracks(const struct nftnl_expr *e);
bool pg_expr_proxies(const struct nftnl_expr *e);
bool pg_expr_sends(const struct nftnl_expr *e);
bool pg_expr_maps_verdict(const struct nftnl_expr *e);

/* rewrites.c: what the expressions just before in a rule did. */
struct pg_rewriting {
        uint32_t source, base, offset; /* the register that was loaded, or 0; and from where */
        bool is_masked;                /* and changed in place, */
        bool kept[16];                 /* but for these bytes */
};
/* Sees the next expression of the rule, in a table of that family; whether it rewrites protocol,
 * addresses or ports of packets. */
bool pg_rewriting_see(struct pg_rewriting *rewriting, uint8_t family, const struct nftnl_expr *e);

/* elements.c: an element as attributes, appended to the open list of a message. */
void pg_element_encode(struct nlmsghdr *message, const struct pg_set *set,
                       const struct pg_element *element, bool with_data);
/* One end of a range of addresses; an end stands one behind the last address. */
void pg_bound_encode(struct nlmsghdr *message, const struct pg_set *set, const uint8_t *key,
                     bool is_end);
/* elements_read.c: the elements in a dump's message into the set. */
int pg_elements_decode(const struct nlmsghdr *message, struct pg_set *set);
/* Sorts and pairs what came in, once the dump is complete. */
void pg_elements_finish(struct pg_set *set);

/* comment.c: a comment as nft keeps it in userdata: type, length, text with its terminating zero. */
#define PG_USERDATA_MAX 256
size_t pg_comment_encode(const char *comment, uint8_t userdata[static PG_USERDATA_MAX]);
/* A copy that the caller frees; NULL when there is none. Control characters in it become '?'. */
char *pg_comment_decode(const void *userdata, size_t length);

/* fault.c: what an errno of nf_tables means for an operator. */
const char *pg_fault_explain(int number);
/* Fills `error` for an errno that a netlink call returned, naming what was tried. Returns -number. */
int pg_fault(struct pg_error *error, int number, const char *what, struct pg_place place);

#endif
