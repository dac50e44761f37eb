/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UDP packets from sources that are not there. */
#ifndef BENCH_SPOOF_H
#define BENCH_SPOOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/network.h"

#define SPOOF_BURST 64

struct spoof {
        int socket;
        int link; /* the peer's */
        bool is_v6;
        bool is_astray;   /* to a hardware address that is not the host's, which ignores them */
        uint32_t sources; /* how many there are: they come in turn */
        uint32_t next;
        uint8_t frames[SPOOF_BURST][128];
        size_t length;
};

/* Gets ready to send from the peer to a port of the host. Ends the program when that fails. */
void spoof_open(struct spoof *spoof, const struct network *network, uint16_t port);
/* Builds the next burst, and sends it: apart, so that only the sending is measured. */
void spoof_build(struct spoof *spoof);
void spoof_send(const struct spoof *spoof);

#endif
