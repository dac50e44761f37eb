/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A flood of UDP between the namespaces, of which every packet is accounted for. */
#ifndef BENCH_FLOOD_H
#define BENCH_FLOOD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "bench/network.h"

/* Each kind goes to a port of its own, over IPv4 and over IPv6. profiles/flood.yaml opens the allowed.
 */
enum flood_kind {
        FLOOD_ALLOWED_ANY,    /* open to any */
        FLOOD_ALLOWED_GROUP,  /* open to a group that has the peer's address */
        FLOOD_DENIED_GROUP,   /* open to a group that has not */
        FLOOD_DENIED_UNKNOWN, /* not open */
        FLOOD_KINDS
};
#define FLOOD_FLOWS (2 * FLOOD_KINDS)

struct flood_flow {
        enum flood_kind kind;
        bool is_v6;
        int receiver;
        uint64_t sent;
        uint64_t refused; /* by the sender's own kernel */
};

struct flood {
        const struct network *network;
        bool outward;  /* from the host to the peer; otherwise from the peer to the host */
        unsigned rate; /* packets a second */
        int sender;
        struct flood_flow flows[FLOOD_FLOWS];
        pthread_t thread;
        atomic_bool stop;
        double seconds; /* it took */
};

bool flood_kind_is_allowed(enum flood_kind kind);
const char *flood_kind_name(enum flood_kind kind);

/* Fills `flood`, whose network, direction and rate are set, and starts to send. */
void flood_start(struct flood *flood);
/* Stops to send, and waits until what was allowed is there. */
void flood_stop(struct flood *flood);
/* The packets that arrived. */
uint64_t flood_received(const struct flood_flow *flow);

#endif
