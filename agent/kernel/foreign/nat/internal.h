/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of kernel/foreign/nat/ share. */
#ifndef PG_KERNEL_FOREIGN_NAT_INTERNAL_H
#define PG_KERNEL_FOREIGN_NAT_INTERNAL_H

#include <libmnl/libmnl.h>
#include <libnftnl/expr.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/foreign/nat/nat.h"

#define PG_FORWARDS_MAX 4096

/* Registers in words of 32 bits. */
#define PG_NAT_REGISTERS 16
#define PG_NAT_KEY_MAX 64 /* NFT_DATA_VALUE_MAXLEN */
#define PG_NAT_DATA_MAX 32
#define PG_NAT_PORTS_MAX 15

/* What a register may have of a packet. */
enum pg_nat_field {
        PG_NAT_UNKNOWN,
        PG_NAT_PROTOCOL,
        PG_NAT_PORT, /* the destination's */
        PG_NAT_TARGET4,
        PG_NAT_TARGET6,
        PG_NAT_SOURCE,
        PG_NAT_INTERFACE, /* its name */
};

enum pg_nat_kind {
        PG_NAT_LOAD,
        PG_NAT_DATA,
        PG_NAT_MASK,
        PG_NAT_COMPARE,
        PG_NAT_LOOKUP,
        PG_NAT_PORTS, /* a match of xtables */
        PG_NAT_VERDICT,
        PG_NAT_TRANSLATE,
        PG_NAT_CONDITION, /* any other */
};

struct pg_nat_translation {
        bool is_v6;
        bool has_address, has_port; /* literal */
        bool address_in_register, port_in_register;
        uint8_t address_register, port_register;
        uint8_t address[16];
        uint16_t port;
};

struct pg_nat_op {
        enum pg_nat_kind kind;
        union {
                struct {
                        enum pg_nat_field field;
                        uint8_t target, length;
                } load;
                struct {
                        uint8_t target, length, bytes[PG_NAT_DATA_MAX];
                } data;
                struct {
                        uint8_t source, target, length, mask[16];
                } mask;
                struct {
                        bool is_negated;
                        uint8_t source, length, first[16], last[16];
                } compare;
                struct {
                        bool is_negated, has_verdict, has_data;
                        uint8_t source, target;
                        char *set;
                } lookup;
                struct {
                        uint8_t protocol; /* or 0 */
                        uint8_t n;
                        uint16_t first[PG_NAT_PORTS_MAX], last[PG_NAT_PORTS_MAX];
                } ports;
                struct {
                        int32_t code;
                        char *chain; /* or NULL */
                } verdict;
                struct pg_nat_translation translation;
        };
};

struct pg_nat_rule {
        uint8_t family; /* of its table */
        struct pg_nat_op *ops;
        size_t n;
        bool is_final; /* no packet gets behind it */
};

struct pg_nat_chain {
        char *name;
        bool is_base;
        struct pg_nat_rule *rules;
        size_t n;
};

struct pg_nat_element {
        uint8_t first[PG_NAT_KEY_MAX], last[PG_NAT_KEY_MAX];
        uint8_t data[PG_NAT_DATA_MAX];
        uint8_t data_length;
        bool is_end; /* while it is being read */
        int32_t code;
        char *chain; /* of a verdict; or NULL */
};

struct pg_nat_set {
        char *name;
        uint32_t flags, key_length;
        bool is_read;
        struct pg_nat_element *elements;
        size_t n;
};

struct pg_nat_table {
        uint8_t family;
        char *name;
        bool has_base;
        struct pg_nat_chain *chains; /* sorted by name once all are read */
        size_t n_chains;
        struct pg_nat_set *sets;
        size_t n_sets;
};

struct pg_nat_tables {
        struct pg_nft *nft;
        struct pg_nat_table *items;
        size_t n;
        size_t n_objects; /* chains, rules and elements together */
        bool is_cut;      /* by the limit of those */
};

/* Appends what an expression does to the rule. 0 or -ENOMEM. */
int pg_nat_expr_decode(const struct nftnl_expr *e, struct pg_nat_rule *rule);
struct pg_nat_op *pg_nat_add_op(struct pg_nat_rule *rule, enum pg_nat_kind kind);
int pg_nat_add_load(struct pg_nat_rule *rule, enum pg_nat_field field, uint8_t target, uint32_t length);
void pg_nat_rule_done(struct pg_nat_rule *rule);
/* The register of an attribute; PG_NAT_REGISTERS where it is none. */
uint8_t pg_nat_register(const struct nftnl_expr *e, uint16_t attribute);
/* Copies the data of an attribute, and returns its length: 0 where it is none, or too much. */
uint8_t pg_nat_data(const struct nftnl_expr *e, uint16_t attribute, uint8_t *buffer, size_t size);

/* The same for expressions that compare. */
int pg_nat_bitwise_decode(const struct nftnl_expr *e, struct pg_nat_rule *rule);
int pg_nat_cmp_decode(const struct nftnl_expr *e, struct pg_nat_rule *rule);
int pg_nat_range_decode(const struct nftnl_expr *e, struct pg_nat_rule *rule);

/* Matches and targets of xtables, which nft shows as "xt match". */
int pg_nat_match_decode(const struct nftnl_expr *e, struct pg_nat_rule *rule);
int pg_nat_target_decode(const struct nftnl_expr *e, struct pg_nat_rule *rule);

/* The tables that have a NAT chain at prerouting; elements of sets when they are asked for.
 * -EINTR: somebody committed meanwhile. */
int pg_nat_tables_read(struct pg_nat_tables *tables);
void pg_nat_tables_done(struct pg_nat_tables *tables);
struct pg_nat_chain *pg_nat_chain_find(const struct pg_nat_table *table, const char *name);
/* nat_sets.c: *ret is NULL where there is no such set. */
int pg_nat_sets_read(struct pg_nat_tables *tables, struct pg_nat_table *table);
int pg_nat_set_get(struct pg_nat_tables *tables, struct pg_nat_table *table, const char *name,
                   const struct pg_nat_set **ret);
void pg_nat_set_done(struct pg_nat_set *set);
/* Whether one more object may be kept. */
bool pg_nat_may_add(struct pg_nat_tables *tables);

/* Packets, as a rule has sorted them out so far. */
struct pg_nat_word {
        enum pg_nat_field field;
        uint8_t offset; /* of this word in the field */
        uint8_t length; /* of what was loaded of the field */
        uint8_t mask[4];
        bool has_bytes;
        uint8_t bytes[4];
};
struct pg_nat_registers {
        struct pg_nat_word words[PG_NAT_REGISTERS];
};
void pg_nat_load(struct pg_nat_registers *registers, const struct pg_nat_op *op);
void pg_nat_mask(struct pg_nat_registers *registers, const struct pg_nat_op *op);
void pg_nat_set_bytes(struct pg_nat_registers *registers, uint8_t target, const uint8_t *bytes,
                      size_t length);
/* Of `packets`, those whose registers from `source` on are in the range. Returns whether there are any.
 */
bool pg_nat_narrow(struct pg_forward *packets, const struct pg_nat_registers *registers, uint8_t source,
                   const uint8_t *first, const uint8_t *last, size_t length);
bool pg_nat_narrow_ports(struct pg_forward *packets, uint8_t protocol, uint16_t first, uint16_t last);

/* Every translation that a packet may come to. -EINTR: somebody committed meanwhile. */
int pg_nat_walk(struct pg_nat_tables *tables, struct pg_nat *nat);

#endif
