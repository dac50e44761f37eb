/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which way packets go. */
#ifndef PG_HOST_ROUTES_H
#define PG_HOST_ROUTES_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "portguard/error.h"

/* `name`: the interface that packets to `address` leave by, and so, where routing is symmetric, those
 * from it come in by, as rules see it (host/links.h): "lo" for every address of this host, but a VRF
 * for those that are in it. Where the host has no route, the one VRF that has. "" when there is no
 * route, or several VRFs have one. Addresses are in network byte order, 16 bytes with `is_v6`, else 4;
 * `local` is the own address that the packets have, or NULL. Returns 0, or a negative errno value with
 * a message where memory or files are short. */
int pg_route_interface(bool is_v6, const uint8_t *address, const uint8_t *local,
                       char name[static IF_NAMESIZE], struct pg_error *error);

/* `name`: the member of the VRF by which packets to `address` leave, and those from it come in. ""
 * where `vrf` is no VRF, or has no route; or where the address is the VRF's own. */
void pg_route_member(bool is_v6, const uint8_t *address, const char *vrf,
                     char name[static IF_NAMESIZE]);

/* Whether the kernel drops IPv4 packets from `source` that come in by the interface, to an address that
 * this host has there, or has at all: by their source alone, before the input hook. False where it
 * does not say. */
bool pg_route_refuses(const uint8_t source[static 4], const char *interface);

/* Whether the kernel has no way to `to` for packets from `source` that come in by the interface. False
 * where it does not say. */
bool pg_route_is_missing(bool is_v6, const uint8_t *source, const uint8_t *to, const char *interface);

/* What this host sends, as its routing is asked about it. */
struct pg_sent {
        bool is_v6;
        const uint8_t *to;
        uint8_t protocol;     /* asked about of TCP, UDP, ICMP and ICMPv6 only */
        uint16_t port;        /* that it goes to */
        uint16_t source_port; /* or 0: rules by that (ip rule sport) are not asked */
};

/* Why the kernel does not send it, as a negative errno value that the program is given: -EACCES
 * (prohibit), -EINVAL (blackhole), -EHOSTUNREACH, -ENETUNREACH (unreachable, or no route). 0 where it
 * does, or a VRF would, or that is not known. Rules by user (ip rule uidrange) are those for whoever
 * calls this, and no mark is set. */
int pg_route_refusal(const struct pg_sent *sent);

/* `name`: the interface by which this host sends it, as rules see it, asked for as pg_route_refusal()
 * is. False, and "", where it does not, or a VRF may. */
bool pg_route_sends(const struct pg_sent *sent, char name[static IF_NAMESIZE]);

/* RTN_LOCAL, RTN_BROADCAST, ... of linux/rtnetlink.h: what kind of address that is to this host.
 * RTN_UNSPEC where it has no route to it, or does not say. */
uint8_t pg_route_type(bool is_v6, const uint8_t *to);

#endif
