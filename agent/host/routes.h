/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which way packets go. */
#ifndef PG_HOST_ROUTES_H
#define PG_HOST_ROUTES_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "portguard/error.h"

/* The interface that packets to the address leave by, and so, where routing is symmetric, those from it
 * come in by, as rules see it (host/links.h): "lo" for every address of this host, but a VRF for
 * those that are in it. Where the host has no route, the one VRF that has. `local` is the own address
 * that they have, or NULL. *name is "" when there is no route, or several VRFs have one. */
int pg_route_interface(bool is_v6, const uint8_t *address, const uint8_t *local,
                       char name[static IF_NAMESIZE], struct pg_error *error);

/* The member of the VRF by which packets to the address leave, and those from it come in. *name is ""
 * where that is no VRF, or has no route; or where the address is the VRF's own. */
void pg_route_member(bool is_v6, const uint8_t *address, const char *vrf,
                     char name[static IF_NAMESIZE]);

/* Whether the kernel drops IPv4 packets from `source` that come in by the interface, to an address that
 * this host has there, or has at all: by their source alone, before the input hook. False where it
 * does not say. */
bool pg_route_refuses(const uint8_t source[static 4], const char *interface);

/* The name of the interface with that index, or "" when there is none. */
void pg_interface_name(uint32_t index, char name[static IF_NAMESIZE]);

#endif
