/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of kernel/foreign/ share. */
#ifndef PG_KERNEL_FOREIGN_INTERNAL_H
#define PG_KERNEL_FOREIGN_INTERNAL_H

#include <libmnl/libmnl.h>
#include <libnftnl/expr.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/foreign/foreign.h"

/* A node of Kubernetes with thousands of services has tens of thousands of chains, each of which is led
 * to by a few rules. */
#define PG_GRAPH_CHAINS_MAX (128 * 1024)
#define PG_GRAPH_JUMPS_MAX (512 * 1024)

/* Whom a chain may drop, by its rules or those that they lead to. */
enum pg_drops {
        PG_DROPS_NOBODY,
        PG_DROPS_LISTED, /* only sources that a named set, or a rule of its own, lists */
        PG_DROPS_ANY,
};

/* What else becomes of packets in a chain, or in one that is in its reach. */
enum pg_deed {
        PG_DEED_UNTRACKS = 1 << 0, /* taken out of connection tracking (notrack) */
        PG_DEED_REWRITES = 1 << 1, /* given another protocol, address or port, without NAT */
        PG_DEED_PROXIES = 1 << 2,  /* handed to the socket of another port (tproxy) */
        PG_DEED_SENDS = 1 << 3,    /* sent to another address or port by NAT */
};

struct pg_graph_chain {
        uint8_t family;
        bool is_base;
        enum pg_drops drops;
        unsigned deeds;    /* of enum pg_deed */
        bool leads_by_map; /* to any chain of its table */
        bool is_over;      /* by a rule that takes every packet: what comes behind it does nothing */
        bool is_decided;   /* that rule has the last word here: nor does the policy */
        char *table, *name;
        char type[16];
        char (*devices)[IF_NAMESIZE]; /* PG_CHAIN_DEVICES_MAX; NULL: as in struct pg_foreign_chain */
        size_t n_devices;
        uint32_t hook, policy;
        int32_t priority;
        size_t n_rules;
};

struct pg_graph_jump {
        uint32_t from, to; /* indices of chains */
        bool is_listed;    /* only listed sources take it */
};

/* Chains first, then pg_graph_sort(), then jumps, then pg_graph_spread(). */
struct pg_graph {
        struct pg_graph_chain *chains;
        size_t n_chains;
        struct pg_graph_jump *jumps;
        size_t n_jumps;
        bool is_cut; /* there were more chains than PG_GRAPH_CHAINS_MAX */
};

/* *ret is NULL where it is one too many. 0 or -ENOMEM. */
int pg_graph_add_chain(struct pg_graph *graph, uint8_t family, const char *table, const char *name,
                       struct pg_graph_chain **ret);
/* Also takes out what came twice: pg_chain_decode(). */
void pg_graph_sort(struct pg_graph *graph);
/* Borrowed, or NULL. */
struct pg_graph_chain *pg_graph_find(const struct pg_graph *graph, uint8_t family, const char *table,
                                     const char *name);
/* Notes that the chain may drop these too; whether that is more than was known. */
bool pg_graph_drops(struct pg_graph_chain *chain, enum pg_drops drops);
/* A jump to a chain that is not there, or one too many, counts as one to a drop. 0 or -ENOMEM. */
int pg_graph_add_jump(struct pg_graph *graph, struct pg_graph_chain *from, const char *to,
                      bool is_listed);
/* Every chain from which one that drops can be reached may drop then, where only listed sources get
 * there, only these; and so with deeds. 0 or -ENOMEM. */
int pg_graph_spread(struct pg_graph *graph);
void pg_graph_done(struct pg_graph *graph);

/* Hooks in the order in which a packet comes to them. */
int pg_hook_order(uint8_t family, uint32_t hook);

#define PG_TRACE_STEPS_MAX 256

/* What a rule's expressions so far have asked. */
struct pg_listed {
        uint32_t source, length; /* the register that the source address was just loaded into; or 0 */
        bool is_listed; /* the rule goes on only for sources in a named set, or for one address */
};
/* Sees the next expression of the rule, in a table of that family. */
void pg_listed_see(struct pg_listed *listed, uint8_t family, const struct nftnl_expr *e);

/* Whether an expression takes packets out of connection tracking; hands them to the socket
 * of another port; leads to any chain of its table, by a map. */
bool pg_expr_untracks(const struct nftnl_expr *e);
bool pg_expr_proxies(const struct nftnl_expr *e);
bool pg_expr_sends(const struct nftnl_expr *e);
bool pg_expr_maps_verdict(const struct nftnl_expr *e);

/* Whether a verdict, in a rule without conditions, leaves nothing for the rules behind it; with
 * *ret_decides, nor for the policy of a base chain. */
bool pg_expr_ends_chain(const struct nftnl_expr *e, bool *ret_decides);

/* What the expressions just before in a rule did. */
struct pg_rewriting {
        uint32_t source, base, offset; /* the register that was loaded, or 0; and from where */
        bool is_masked;                /* and changed in place, */
        bool kept[16];                 /* but for these bytes */
};
/* Sees the next expression of the rule, in a table of that family; whether it rewrites protocol,
 * addresses or ports of packets. */
bool pg_rewriting_see(struct pg_rewriting *rewriting, uint8_t family, const struct nftnl_expr *e);

#endif
