/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of kernel/foreign/nat/ share. */
#ifndef PG_KERNEL_FOREIGN_NAT_INTERNAL_H
#define PG_KERNEL_FOREIGN_NAT_INTERNAL_H

#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/own_addresses.h"
#include "kernel/foreign/nat/nat.h"

#define PG_FORWARDS_MAX 4096

/* In words of 32 bits. What is no register is the one behind them. */
#define PG_NAT_REGISTERS 16
#define PG_NAT_KEY_MAX 64 /* NFT_DATA_VALUE_MAXLEN */
#define PG_NAT_PORTS_MAX 15

struct pg_nat_table {
        uint8_t family;
        char name[PG_NAME_MAX];
        bool has_base;
        struct nftnl_chain_list *chains; /* with their rules, if it has a base chain */
        struct nftnl_set_list *sets;     /* with their elements: those that were asked for */
};

struct pg_nat_tables {
        struct pg_nft *nft;
        const struct pg_own_addresses *own; /* of this host; NULL: none */
        struct pg_nat_table *items;
        size_t n;
        size_t n_bytes; /* that the kernel gave */
        bool is_cut;    /* by the limit of those */
        /* What is being read: */
        struct pg_nat_table *table;
        struct nftnl_chain *chain; /* of the last rule: they come chain by chain */
        struct nftnl_set *set;
};

struct pg_nat_element {
        uint8_t first[PG_NAT_KEY_MAX], last[PG_NAT_KEY_MAX];
        bool is_end; /* only says where the interval before it ends */
        struct nftnl_set_elem *element;
};

struct pg_nat_elements {
        struct pg_nat_element *items;
        size_t n;
        uint32_t key_length;
        bool is_interval; /* two for each: where it starts, and the first key behind it */
};

/* The tables that have a NAT chain at prerouting. -EINTR: somebody committed meanwhile. */
int pg_nat_tables_read(struct pg_nat_tables *tables);
void pg_nat_tables_done(struct pg_nat_tables *tables);
/* Whether packets that arrive come to it to be translated. */
bool pg_nat_is_base(const struct nftnl_chain *chain);
/* The elements of a set of `tables->table`, sorted by key, into what is zero; the caller frees the
 * array. -EINTR likewise. */
int pg_nat_elements_get(struct pg_nat_tables *tables, const char *name, struct pg_nat_elements *ret);

/* What a register may have. */
enum pg_nat_field {
        PG_NAT_UNKNOWN,
        PG_NAT_BYTES,  /* a constant */
        PG_NAT_CHANCE, /* what targets are balanced by: a map has all that it can be */
        PG_NAT_SOURCE,
        PG_NAT_PROTOCOL,
        PG_NAT_PORT, /* the destination's */
        PG_NAT_TARGET4,
        PG_NAT_TARGET6,
        PG_NAT_INTERFACE, /* its name */
};

/* Packets within a rule, as it has sorted them out so far. */
struct pg_nat_state {
        const struct nftnl_rule *rule;
        struct pg_forward packets;
        /* Of each register, and of what is behind one that is none: what is there, how many bytes of it
         * from there on, and those of a constant, or the mask of a field. */
        enum pg_nat_field fields[2 * PG_NAT_REGISTERS];
        uint8_t lengths[2 * PG_NAT_REGISTERS];
        uint8_t bytes[2 * PG_NAT_KEY_MAX];
        bool is_partial; /* these are not all that came to the rule */
};

/* The next expression, which leads to no other rule. Whether packets are left. */
bool pg_nat_see(struct pg_nat_state *state, const struct nftnl_expr *e);
/* Whether it translates: where to, as far as it says so, is in the packets then. */
bool pg_nat_translate(struct pg_nat_state *state, const struct nftnl_expr *e);
/* How many ranges of destination ports it lists, one of which is met (iptables -m multiport). */
size_t pg_nat_multiport(const struct nftnl_expr *e, uint16_t first[static PG_NAT_PORTS_MAX],
                        uint16_t last[static PG_NAT_PORTS_MAX]);
/* The register of an attribute; PG_NAT_REGISTERS where it is none. */
uint8_t pg_nat_register(const struct nftnl_expr *e, uint16_t attribute);
/* Puts it into registers; without bytes, all of them count. True. */
bool pg_nat_put(struct pg_nat_state *state, uint8_t target, enum pg_nat_field field, const void *bytes,
                uint32_t length);
/* Notes that the rule asks for more than is looked at. True. */
bool pg_nat_condition(struct pg_nat_state *state);
/* Leaves those whose registers from `source` on are in the range. Whether there are any. */
bool pg_nat_narrow(struct pg_nat_state *state, uint8_t source, const uint8_t *first,
                   const uint8_t *last, size_t length);
bool pg_nat_narrow_ports(struct pg_nat_state *state, uint8_t protocol, uint16_t first, uint16_t last);

/* Addresses that packets from outside do not have: those are dropped before. */
bool pg_nat_is_loopback(bool is_v6, const uint8_t address[static 16]);
/* Whether one of this host's other addresses is in the range. */
bool pg_nat_is_ours(const struct pg_own_addresses *own, bool is_v6, const uint8_t *first,
                    const uint8_t *last);
bool pg_nat_same_target(const struct pg_forward *a, const struct pg_forward *b);

/* Every translation that a packet may come to, in the order in which it comes to them. -EINTR: somebody
 * committed meanwhile. */
int pg_nat_walk(struct pg_nat_tables *tables, struct pg_nat *nat);

#endif
