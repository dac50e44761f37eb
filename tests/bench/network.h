/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two network namespaces of one process, joined by a veth pair: a host, whose filter is tried, and a
 * peer. Nothing of the namespace that the program was started in is touched. */
#ifndef BENCH_NETWORK_H
#define BENCH_NETWORK_H

#include <stdint.h>

/* From the ranges for documentation (RFC 5737, RFC 3849): no scope of a profile has them by itself. */
#define HOST_ADDRESS4 "198.51.100.1"
#define PEER_ADDRESS4 "198.51.100.2"
#define HOST_ADDRESS6 "2001:db8::1"
#define PEER_ADDRESS6 "2001:db8::2"
#define HOST_LINK "host0"
#define PEER_LINK "peer0"

struct network {
        int host; /* the namespaces, as for setns() */
        int peer;
};

/* Makes both and leaves the caller in the host's. Ends the program when that fails. */
struct network network_make(void);
/* Moves the calling thread. */
void network_enter(int namespace);
/* A socket of that namespace, whatever namespace the caller is in; it stays there. */
int network_socket(const struct network *network, int namespace, int domain, int type);
/* What both ends of the veth pair dropped by themselves, as /proc/net/dev says. */
uint64_t network_drops(const struct network *network);

#endif
