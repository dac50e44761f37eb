/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nftables objects as values: what a policy compiles to, and what the kernel's dump becomes. Both sides
 * use the same form, so that they can be compared object by object, expression by expression.
 *
 * Layout of the table (docs/table.md): base chains `input` and `output`, each with one rule that
 * goes to the chain of the live slot; everything of a generation has the suffix _a or _b of its slot.
 */
#ifndef PG_RULESET_MODEL_RULESET_H
#define PG_RULESET_MODEL_RULESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addresses/addresses.h"
#include "base/cleanup.h"
#include "portguard/error.h"
#include "ruleset/model/expr.h"

#define PG_TABLE_NAME "portguard"
#define PG_KEY_MAX 28
#define PG_FIELDS_MAX 4

/* Set flags, as in NFT_SET_* of linux/netfilter/nf_tables.h. */
enum {
        PG_SET_ANONYMOUS = 0x1, /* of a rule, and goes with it; portguard makes none */
        PG_SET_INTERVAL = 0x4,
        PG_SET_MAP = 0x8,
        PG_SET_TIMEOUT = 0x10,
        PG_SET_DYNAMIC = 0x20, /* NFT_SET_EVAL */
        PG_SET_CONCAT = 0x80,
};

/* nft's numbers for the types of keys (nftables datatype.h): only for the listing of `nft`. */
enum {
        PG_TYPE_NFPROTO = 2,
        PG_TYPE_IPV4 = 7,
        PG_TYPE_IPV6 = 8,
        PG_TYPE_PROTOCOL = 12,
        PG_TYPE_SERVICE = 13,
        PG_TYPE_MARK = 19,
};

struct pg_rule {
        struct pg_expr *exprs;
        size_t n_exprs;
        char *comment;   /* or NULL */
        uint64_t handle; /* the kernel's; 0 in a compiled ruleset */
};

struct pg_chain {
        char name[PG_NAME_MAX];
        bool is_base;
        bool has_other_type; /* read from the kernel: a base chain of another type than "filter" */
        uint32_t hook;       /* NF_INET_LOCAL_IN, NF_INET_LOCAL_OUT */
        int32_t priority;
        uint32_t policy; /* NF_ACCEPT or NF_DROP */
        char *comment;   /* the label of a source's chain; or NULL */
        uint64_t handle; /* the kernel's; 0 in a compiled ruleset */
        struct pg_rule *rules;
        size_t n_rules;
        struct pg_place place; /* for kernel errors: borrowed from the policy */
};

/* One element of a set or verdict map that is not a plain address set. */
struct pg_element {
        uint8_t key[PG_KEY_MAX];
        uint8_t key_end[PG_KEY_MAX]; /* equal to key for a single value */
        struct pg_verdict verdict;   /* in a map */
        bool is_end;                 /* only while a dump is read: the end of an interval */
        char *comment;               /* or NULL */
        bool has_counter;
        uint64_t packets, bytes;
        uint64_t timeout_ms;   /* how long a new one lives; 0: for good */
        uint64_t expires_ms;   /* as the kernel says; 0: never */
        struct pg_place place; /* for kernel errors: borrowed from the policy */
};

enum pg_set_change {
        PG_SET_STAYS,
        PG_SET_CHANGES,     /* elements come and go */
        PG_SET_IS_REPLACED, /* filled anew, beside the one of its other name */
};

struct pg_set {
        char name[PG_NAME_MAX];
        uint32_t flags;
        uint32_t key_type;
        uint32_t key_length;
        uint8_t field_lengths[PG_FIELDS_MAX]; /* of a concatenation, in bytes without padding */
        uint32_t n_fields;                    /* 1 where it is none */
        uint64_t timeout_ms;
        uint32_t size;     /* 0: unlimited */
        bool has_counters; /* every element carries one */
        bool has_foreign;  /* read from the kernel: an element that portguard never makes */
        /* While a dump is read: the element for every key that no other is for, and its verdict. */
        bool has_catch_all;
        struct pg_verdict catch_all;
        bool is_unread; /* read from the kernel without its elements */
        enum pg_set_change
                change; /* of a wanted ruleset: what becomes of it, see ruleset/delta/delta.h */
        struct pg_element *elements; /* sorted by key; not of a dynamic set */
        size_t n_elements;
        /* A plain set of addresses, single ones or intervals, has these instead: as large as the site's
         * groups. */
        struct pg_addresses addresses;
        bool owns_addresses;
        struct pg_place place;
};

struct pg_ruleset {
        struct pg_chain *chains; /* sorted by name */
        size_t n_chains;
        struct pg_set *sets; /* sorted by the first of their names, see ruleset/model/names.h */
        size_t n_sets;
        struct pg_addresses *kept; /* that sets borrow from */
        size_t n_kept;
};

struct pg_ruleset_options {
        char slot;        /* 'a' or 'b' */
        bool with_output; /* build the output hook though egress is open: it exists and must let all
                             pass */
};

struct pg_ruleset *pg_ruleset_free(struct pg_ruleset *ruleset);
PG_DEFINE_CLEANUP(struct pg_ruleset, pg_ruleset_free)

/* Find by name; borrowed, or NULL. */
struct pg_chain *pg_ruleset_chain(const struct pg_ruleset *ruleset, const char *name);
struct pg_set *pg_ruleset_set(const struct pg_ruleset *ruleset, const char *name);

/* Add an empty object of that name; pg_ruleset_sort() once all are in. NULL when memory is short. */
struct pg_chain *pg_ruleset_add_chain(struct pg_ruleset *ruleset, const char *name);
struct pg_set *pg_ruleset_add_set(struct pg_ruleset *ruleset, const char *name);
struct pg_rule *pg_chain_add_rule(struct pg_chain *chain);
struct pg_element *pg_set_add_element(struct pg_set *set);
void pg_ruleset_sort(struct pg_ruleset *ruleset);
/* Takes out what belongs to a slot, and leaves what belongs to none: hooks, and sets that outlive it.
 */
void pg_ruleset_drop_slots(struct pg_ruleset *ruleset);
/* Hands addresses over to the ruleset, for its sets to borrow. 0, or -ENOMEM and they are the caller's.
 */
int pg_ruleset_keep(struct pg_ruleset *ruleset, const struct pg_addresses *addresses);

/* Whether an element of a set of protocols and ports is for this port. */
bool pg_element_has_port(const struct pg_element *element, uint8_t protocol, uint16_t port);
/* Whether a set is kept as address ranges: a plain set of IPv4 or IPv6 addresses, or of intervals of
 * them. */
bool pg_set_has_addresses(const struct pg_set *set);

/* Whether two sets have the same type, flags, timeout and size; the kernel changes none of them. */
bool pg_set_is_defined_as(const struct pg_set *a, const struct pg_set *b);

/* The slot that an object's name says it belongs to: 'a', 'b', or 0 for what outlives generations. */
char pg_slot_of_name(const char *name);
/* The slot that a rule's verdict leads to, whatever its conditions; or 0. */
char pg_rule_slot(const struct pg_rule *rule);
/* Whether a rule is the unconditional goto of a hook to the slot, which must not be 0. */
bool pg_rule_is_jump(const struct pg_rule *rule, char slot);
/* Whether a chain has the name of a hook of ours, and is none: no base chain, or one of another type,
 * hook or priority. The kernel changes none of these in place. */
bool pg_chain_is_misplaced(const struct pg_chain *chain);
/* The slot that the hooks go to for good: 'a', 'b', or 0 when they go nowhere. Where somebody emptied
 * the input hook, the output hook tells. */
char pg_ruleset_live_slot(const struct pg_ruleset *ruleset);

/* Whether two rules do the same, expression by expression; counters' values do not count. */
bool pg_rule_equal(const struct pg_rule *a, const struct pg_rule *b);

/* Frees what an object holds, not the object. */
void pg_rule_done(struct pg_rule *rule);
void pg_element_done(struct pg_element *element);
void pg_set_done(struct pg_set *set);

#endif
