/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way of one real packet through the rules of all tables, as the kernel tells it. */
#ifndef PG_KERNEL_TRACE_H
#define PG_KERNEL_TRACE_H

#include "kernel/nft/nft.h"
#include "policy/admit.h"

/* Where the packet was, and what became of it there. */
struct pg_trace_step {
        uint8_t family;
        char table[PG_NAME_MAX], chain[PG_NAME_MAX];
        uint64_t handle; /* of the rule; 0: the end of the chain, or its policy */
        struct pg_verdict verdict;
};

#define PG_TRACE_STEPS_MAX 256

struct pg_trace_steps {
        struct pg_trace_step *items;
        size_t n;
        bool is_cut;   /* there were more */
        bool is_lossy; /* others trace so much that the kernel threw messages away: some may be missing
                        */
};

/*
 * Waits until a packet like the flow comes by, `wait_ms` at most (a little longer for what is still
 * told of one that came last), whatever others trace, and gives the rules that decided something about
 * it: goto, jump, accept, drop, and the policies of base chains. *ret has no steps when none came. The
 * packet is marked by a table of its own, "portguard_trace_PID", which belongs to the socket
 * (NFT_TABLE_F_OWNER, Linux 5.12) and goes with it, however this ends; no other table is changed. The
 * caller ends the steps with pg_trace_steps_done().
 */
int pg_trace_packet(const struct pg_flow *flow, unsigned wait_ms, struct pg_trace_steps *ret,
                    struct pg_error *error);
void pg_trace_steps_done(struct pg_trace_steps *steps);

#endif
