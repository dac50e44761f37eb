/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The base chains of other tables: what a packet meets besides ours. A packet that one of them drops is
 * gone, whatever the others say.
 */
#ifndef PG_KERNEL_NEIGHBOURS_H
#define PG_KERNEL_NEIGHBOURS_H

#include "kernel/nft/nft.h"

#define PG_NEIGHBOURS_MAX 256
#define PG_CHAIN_TYPE_MAX 16

struct pg_neighbour {
        uint8_t family; /* NFPROTO_INET and the like */
        char table[PG_NAME_MAX];
        char chain[PG_NAME_MAX];
        char type[PG_CHAIN_TYPE_MAX]; /* "filter", "nat", "route" */
        uint32_t hook;                /* NF_INET_*; of the family netdev NF_NETDEV_* */
        int32_t priority;
        uint32_t policy; /* NF_ACCEPT or NF_DROP */
        size_t n_rules;  /* of the base chain itself */
        bool is_dormant; /* its table is: no packet meets it */
        /* By its policy, or by what is within reach of its rules: drop, reject, queue, a verdict map,
         * or anything that is not known to let packets go on. True also where there was too much to
         * look at. */
        bool may_drop;
        bool may_untrack; /* takes packets out of connection tracking (notrack), or into another zone of
                           * it, by what is in reach */
        bool may_rewrite; /* gives packets another protocol, address or port without NAT, so likewise */
        bool may_proxy;   /* hands packets to the socket of another port (tproxy), so likewise */
        bool may_send;    /* sends packets to another address or port by NAT, so likewise */
        bool drops_listed; /* but only sources that it lists one by one: in a named set, or a rule for
                              each */
};

struct pg_neighbours {
        struct pg_neighbour *items; /* as a packet meets them: by hook, then by priority */
        size_t n;
        size_t n_all; /* how many there are */
};

/* Reads them from all families of this network namespace, again when somebody commits meanwhile
 * (bounded). The caller ends them with pg_neighbours_done(). */
int pg_neighbours_read(struct pg_nft *nft, struct pg_neighbours *ret, struct pg_error *error);
void pg_neighbours_done(struct pg_neighbours *neighbours);

/* "inet"; "input". Never NULL: what has no name is "unknown". */
const char *pg_family_name(uint8_t family);
const char *pg_hook_name(uint8_t family, uint32_t hook);
/* Whether packets to or from this host come by: to it through ingress, prerouting and input, from it
 * through output, postrouting and egress. */
bool pg_neighbour_concerns_host(const struct pg_neighbour *neighbour);
/* Whether those are packets to this host. */
bool pg_neighbour_is_inbound(const struct pg_neighbour *neighbour);
/* Hooks in the order in which a packet comes to them. */
int pg_hook_order(uint8_t family, uint32_t hook);

#endif
