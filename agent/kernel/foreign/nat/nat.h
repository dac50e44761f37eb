/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ports whose packets are sent elsewhere before the input hook sees them: destination NAT of all tables
 * of this network namespace, as nft, iptables-nft, Docker and kube-proxy make it.
 */
#ifndef PG_KERNEL_FOREIGN_NAT_NAT_H
#define PG_KERNEL_FOREIGN_NAT_NAT_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/nft/nft.h"

/* Packets to these ports of this host. */
struct pg_forward {
        uint8_t protocol; /* 0: any */
        uint16_t first, last;
        bool has_target; /* packets to an address in this range only */
        bool is_v6;      /* the family of the two addresses */
        uint8_t target_first[16], target_last[16];
        char interface[IF_NAMESIZE]; /* what comes in there only; or "" */
        bool is_limited;             /* only from some addresses */
        bool is_conditional; /* only where more is so that is not looked at; or an earlier rule may
                              * have let them go on as they are */
        bool stays;          /* on this host: they come to the input hook, with the new port */
        bool has_to;         /* the new address is known: */
        bool to_is_v6;
        uint8_t to[16];
        uint16_t to_port;    /* 0: the same */
        size_t n_targets;    /* there are others, for other packets */
        uint8_t family;      /* NFPROTO_* of the table */
        char *table, *chain; /* where the rule stands */
};

struct pg_nat {
        struct pg_forward *items; /* sorted by protocol and port */
        size_t n;
        size_t n_elsewhere; /* translations of addresses that this host does not have: not listed */
        bool is_cut;        /* there is more than can be looked at */
        bool is_legacy;     /* the iptables of old has a NAT table, which is not looked into */
};

/* The caller ends it with pg_nat_done(). What cannot be understood of a rule's conditions is taken to
 * be met: what may be translated counts as translated. */
int pg_nat_read(struct pg_nft *nft, struct pg_nat *ret, struct pg_error *error);
void pg_nat_done(struct pg_nat *nat);

#endif
