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
        bool is_balanced;    /* only a share of them, by chance */
        bool stays;          /* on this host: they come to the input hook, with the new port */
        bool has_to;         /* the new address is known, as one of these: */
        bool to_is_v6;
        uint8_t to[16], to_last[16];
        uint16_t to_port, to_port_last; /* one of these; 0: the same */
        bool keeps_port;                /* who is sent to one of these already is sent there still */
        size_t n_targets;               /* there are others, for other packets */
        int32_t priority;               /* of the base chain, */
        size_t base, place;             /* which one it is, and which rule that is met from there on */
        uint8_t family;                 /* NFPROTO_* of the table */
        char *table, *chain;            /* where the rule stands */
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

/* Whether it takes packets of IPv4, or of IPv6. */
bool pg_forward_has_family(const struct pg_forward *forward, bool is_v6);
/* Whether packets come to the one first. Of chains of one priority it is not known. */
bool pg_forward_precedes(const struct pg_forward *forward, const struct pg_forward *other);
/* As which ports packets to some of its ports arrive. */
void pg_forward_ports(const struct pg_forward *forward, uint16_t first, uint16_t last,
                      uint16_t *ret_first, uint16_t *ret_last);
/* "port 82", "ports 440-445", "172.17.0.2:80", "[fd00::2]:80-82"; from 0 on: the address alone. The
 * caller frees it; NULL: memory is short. */
char *pg_forward_text(const struct pg_forward *forward, uint16_t first, uint16_t last);
/* Whether it sends them to a multicast address: they come to the input hook where this host has joined
 * that group on the interface that they came in by, and else nowhere. */
bool pg_forward_is_multicast(const struct pg_forward *forward);
/* Whether the kernel's routing lets pass what it sends to a loopback address, or that is none.
 * interface: by which packets come in; NULL: by any */
bool pg_forward_arrives(const struct pg_forward *forward, const char *interface);

#endif
