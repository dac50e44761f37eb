/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network interfaces of this network namespace, and by which of them packets come in. */
#ifndef PG_HOST_LINKS_H
#define PG_HOST_LINKS_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "portguard/error.h"

#define PG_LINK_KIND_MAX 16

/* An interface, as a rule that names it sees it. `iifname` is the name of the interface that the packet
 * is handed over by: never an alternative name, and for a port of a bridge the bridge, for a member of
 * a bond, a team or a VRF that bond, team or VRF. Linux 5.10 to 7.3 do so with every packet but, in a
 * VRF, those of neighbour discovery, which keep the member's. */
struct pg_link {
        bool exists;     /* one has that name, or it is an alternative name of one */
        bool is_seen;    /* its packets come in by that name; or by one that the pattern has */
        bool is_entered; /* and it is up, and not loopback: packets of others may come in by it */
        char name[IF_NAMESIZE];    /* its own name */
        char arrival[IF_NAMESIZE]; /* by which its packets come in */
        char routed[IF_NAMESIZE];  /* by which the kernel's routing takes them in: of a VRF the member,
                                    * else the arrival; "" for a VRF itself, whose are those of all
                                    * members */
        char kind[PG_LINK_KIND_MAX]; /* of the outermost that it belongs to: "bridge", "bond", "team",
                                      * "vrf"; "" where it belongs to none */
};

/* *ret: the interface of that name, or alternative name, now; a name that ends in '*' stands for any
 * that begins so, and is seen, or entered, when one of those is. Where there is none *ret says so, and
 * 0 is returned. Returns 0 or a negative errno value, with a message, where the kernel does not say. */
int pg_link_find(const char *name, struct pg_link *ret, struct pg_error *error);

/* `name`: the name that packets of the interface with that index come in by, as rules see it; "" when
 * there is none, or the kernel does not say. */
void pg_link_arrival(uint32_t index, char name[static IF_NAMESIZE]);

/* `name`: that of the interface with that index, or "" when there is none. */
void pg_link_name(uint32_t index, char name[static IF_NAMESIZE]);

/* Whether the interface with that index is a VRF; false when there is none, or the kernel does not say.
 */
bool pg_link_is_vrf(uint32_t index);

/* Whether it is certain that no packet that comes in, or leaves, by the interface of that name does so
 * by the other, too: the one is on top of nothing, and the other belongs to nothing. */
bool pg_links_are_apart(const char *name, const char *other);

/* *ret: the indexes of all VRFs, which the caller frees; NULL where there are none. Returns 0 or a
 * negative errno value. */
int pg_link_vrfs(uint32_t **ret, size_t *ret_n);

/* What the arrival is to the interface: "the bridge that it belongs to", for the kind of a link; "whose
 * alternative name that is" for "". The text is a constant. */
const char *pg_link_relation(const char *kind);

#endif
