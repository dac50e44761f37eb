/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets of new connections between the host and the peer of pair.h, built byte by byte, each with a
 * number by which it is known when it arrives. */
#ifndef PG_TESTS_PACKET_H
#define PG_TESTS_PACKET_H

#include <stdbool.h>

#include "kernel/pair.h"
#include "policy/admit.h"

/* Opens the sockets that send and receive; a group setup, after pair_make(). */
void packet_open(void);

/* Whether it is GRE of fewer than four bytes, one less than the flow's `type` says: what comes of it is
 * to be collected before the next is sent, as there is no room for a number. */
bool packet_is_short(const struct pg_flow *flow);

/* Sends one to the host from the flow's address, through its interface. */
void packet_send(const struct pg_flow *flow, uint32_t number);

/* Waits until the host has dealt with everything that was sent, and marks in `arrived` the numbers of
 * those that came through its input, from `first` on, `n` of them. */
void packet_collect(uint32_t first, size_t n, bool *arrived);

/* Sends one from the host to the flow's address; whether the host's output let it pass. */
bool packet_leaves(const struct pg_flow *flow, uint32_t number);

#endif
