/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel tells of itself, outside of nf_tables. */
#ifndef PG_HOST_FACTS_H
#define PG_HOST_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#define PG_RELEASE_MAX 65

struct pg_release {
        char text[PG_RELEASE_MAX];         /* "6.1.0-28-amd64" */
        unsigned long major, minor, patch; /* of kernel.org; 0 where nothing tells them */
};

/* Which release of kernel.org's a kernel was made from, by the `release` and `version` of uname(2).
 * Debian's 6.1.0-37-amd64 is none of 6.1.0: its package's version, in `version`, has the number.
 * Without that the numbers are those of `release`. */
struct pg_release pg_release_parse(const char *release, const char *version);

/* pg_release_parse() of the running kernel. */
struct pg_release pg_kernel_release(void);

/* How many connections conntrack follows, and how many it can. False where it does not say: then either
 * may be untouched. */
bool pg_conntrack_use(uint64_t *ret_count, uint64_t *ret_max);

/* Whether conntrack takes packets with a wrong checksum for invalid (nf_conntrack_checksum); false
 * where it does not say. */
bool pg_conntrack_checksum(void);

/* *ret: the interfaces, "all, eth0", by which the kernel lets others send to 127.0.0.0/8
 * (route_localnet); as many as fit, "" for none. `all` is for each, `default` for those that come. */
#define PG_ROUTE_LOCALNET_MAX 256
void pg_route_localnet(char ret[static PG_ROUTE_LOCALNET_MAX]);

/* Whether the kernel sends packets of that family on to other hosts that come in by the interface, or,
 * where it is NULL, by any of them (the sysctl forwarding, which net.ipv4.ip_forward sets for all;
 * IPv6: of all, or force_forwarding of the interface, Linux 6.17). True where it does not say. */
bool pg_forwards(bool is_v6, const char *interface);

/* Whether it may send on what comes in for the broadcast address of a network of its own (the sysctl
 * bc_forwarding of all, and of the interface). False where it does not say. */
bool pg_forwards_broadcast(void);

/* Whether it lets what comes in by the interface, or by any where that is NULL, go to 127.0.0.0/8 (the
 * sysctl route_localnet, of it or of all). False where it does not say. */
bool pg_routes_loopback(const char *interface);

/* *ret: the tables that legacy iptables, or with `is_v6` ip6tables, has in this network namespace, as
 * "filter, nat"; "" for none. */
#define PG_LEGACY_TABLES_MAX 256
void pg_legacy_tables(bool is_v6, char ret[static PG_LEGACY_TABLES_MAX]);

/* Whether its table `nat` is one of them. */
bool pg_legacy_has_nat(bool is_v6);

#endif
