/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What other tables do to packets, and the way of one real packet through all of them, as the kernel
 * tells it. A packet that a base chain of any of them drops is gone, whatever the others say.
 */
#ifndef PG_KERNEL_FOREIGN_FOREIGN_H
#define PG_KERNEL_FOREIGN_FOREIGN_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/nft/nft.h"
#include "policy/admit.h"

#define PG_FOREIGN_CHAINS_MAX 256
#define PG_CHAIN_TYPE_MAX 16
#define PG_CHAIN_DEVICES_MAX 8

struct pg_foreign_chain {
        uint8_t family; /* NFPROTO_INET and the like */
        char table[PG_NAME_MAX];
        char chain[PG_NAME_MAX];
        char type[PG_CHAIN_TYPE_MAX]; /* "filter", "nat", "route" */
        uint32_t hook;                /* NF_INET_*; of the family netdev NF_NETDEV_* */
        int32_t priority;
        uint32_t policy; /* NF_ACCEPT or NF_DROP */
        size_t n_rules;  /* of the base chain itself */
        /* That it is bound to, if so: by name, or by how names begin ("eth*"). None where they are more
         * than these. */
        char devices[PG_CHAIN_DEVICES_MAX][IF_NAMESIZE];
        size_t n_devices;
        bool is_dormant; /* its table is: no packet meets it */
        /* By its policy, or by what is within reach of its rules: drop, reject, queue, a verdict map,
         * or anything that is not known to let packets go on. What stands behind a rule that takes
         * every packet is not. True also where there was too much to look at. */
        bool may_drop;
        bool may_untrack; /* takes packets out of connection tracking (notrack), or into another zone of
                           * it, by what is in reach */
        bool may_rewrite; /* gives packets another protocol, address or port without NAT, so likewise */
        bool may_proxy;   /* hands packets to the socket of another port (tproxy), so likewise */
        bool may_send;    /* sends packets to another address or port by NAT, so likewise */
        bool drops_listed; /* but only sources that it lists one by one: in a named set, or a rule for
                              each */
};

struct pg_foreign_chains {
        struct pg_foreign_chain *items; /* as a packet meets them: by hook, then by place */
        size_t n;
        size_t n_all; /* how many there are */
};

/* Reads them from all families of this network namespace, again when somebody commits meanwhile
 * (bounded). The caller ends them with pg_foreign_chains_done(). */
int pg_foreign_chains_read(struct pg_nft *nft, struct pg_foreign_chains *ret, struct pg_error *error);
void pg_foreign_chains_done(struct pg_foreign_chains *foreign_chains);

/* "inet"; "input". Never NULL: what has no name is "unknown". */
const char *pg_family_name(uint8_t family);

const char *pg_hook_name(uint8_t family, uint32_t hook);

/* Whether packets to or from this host come by: to it through ingress, prerouting and input, from it
 * through output, postrouting and egress. */
bool pg_foreign_chain_concerns_host(const struct pg_foreign_chain *foreign_chain);

/* The priority at which packets come to it among all chains of its hook: of type "nat" that of the
 * kernel's NAT, whatever its own is, which only orders these among each other (nf_nat_register_fn()).
 */
int32_t pg_foreign_chain_place(const struct pg_foreign_chain *foreign_chain);

/* Whether those are packets to this host. */
bool pg_foreign_chain_is_inbound(const struct pg_foreign_chain *foreign_chain);

/* Whether an expression of any program may end a packet. Where it leads to another chain,
 * *ret_target is its name, borrowed; else NULL. */
bool pg_expr_may_drop(const struct nftnl_expr *e, const char **ret_target);

/* Where the packet was, and what became of it there. */
struct pg_trace_step {
        uint8_t family;
        char table[PG_NAME_MAX], chain[PG_NAME_MAX];
        uint64_t handle; /* of the rule; 0: the end of the chain, or its policy */
        struct pg_verdict verdict;
};

struct pg_trace_steps {
        struct pg_trace_step *items;
        size_t n;
        bool was_seen;    /* a packet came by, whether or not any chain looked at it */
        bool has_arrived; /* it came to the end of the hook input, forward or postrouting */
        bool is_cut;      /* there were more */
        bool is_lossy; /* others trace so much that the kernel threw messages away: some may be missing
                        */
};

/*
 * Waits until a packet like the flow comes by, `wait_ms` at most (a little longer for what is still
 * told of one that came last), whatever others trace, and gives the rules that decided something about
 * it: goto, jump, accept, drop, and the policies of base chains. The packet
 * is marked by a table of its own, "portguard_trace_PID", which belongs to the socket
 * (NFT_TABLE_F_OWNER, Linux 5.12) and goes with it, however this ends; no other table is changed. The
 * caller ends the steps with pg_trace_steps_done().
 */
int pg_trace_packet(const struct pg_flow *flow, unsigned wait_ms, struct pg_trace_steps *ret,
                    struct pg_error *error);
void pg_trace_steps_done(struct pg_trace_steps *steps);

#endif
