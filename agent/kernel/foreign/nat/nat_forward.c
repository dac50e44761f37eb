/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one translation means for packets. */
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <string.h>
#include <sys/socket.h>

#include "base/addresses/addresses.h"
#include "base/strings.h"
#include "host/facts.h"
#include "kernel/foreign/nat/internal.h"

bool pg_nat_is_loopback(bool is_v6, const uint8_t address[static 16])
{
        static const uint8_t loopback6[16] = {[15] = 1};

        return is_v6 ? memcmp(address, loopback6, sizeof(loopback6)) == 0
                     : address[0] == IN_LOOPBACKNET;
}

bool pg_nat_is_ours(const struct pg_own_addresses *own, bool is_v6, const uint8_t *first,
                    const uint8_t *last)
{
        size_t size = is_v6 ? 16 : 4;

        for (size_t i = 0; own && i < own->n; i++) {
                const uint8_t *address = own->items[i].bytes;

                if (own->items[i].is_v6 == is_v6 && !pg_nat_is_loopback(is_v6, address) &&
                    memcmp(address, first, size) >= 0 && memcmp(address, last, size) <= 0)
                        return true;
        }
        return false;
}

bool pg_nat_same_target(const struct pg_forward *a, const struct pg_forward *b)
{
        return a->stays == b->stays && a->has_to == b->has_to && a->to_is_v6 == b->to_is_v6 &&
               memcmp(a->to, b->to, sizeof(a->to)) == 0 &&
               memcmp(a->to_last, b->to_last, sizeof(a->to_last)) == 0 && a->to_port == b->to_port &&
               a->to_port_last == b->to_port_last && a->keeps_port == b->keeps_port;
}

bool pg_forward_has_family(const struct pg_forward *forward, bool is_v6)
{
        if (forward->family != NFPROTO_INET && (forward->family == NFPROTO_IPV6) != is_v6)
                return false;
        if (forward->has_target && forward->is_v6 != is_v6)
                return false;
        /* nft_nat_inet_eval() passes over the other family. */
        return !forward->has_to || forward->to_is_v6 == is_v6;
}

bool pg_forward_precedes(const struct pg_forward *forward, const struct pg_forward *other)
{
        if (forward->base == other->base)
                return forward->place < other->place;
        return forward->priority < other->priority;
}

/* nf_nat_l4proto_unique_tuple() */
void pg_forward_ports(const struct pg_forward *forward, uint16_t first, uint16_t last,
                      uint16_t *ret_first, uint16_t *ret_last)
{
        bool is_within = first >= forward->to_port && last <= forward->to_port_last;
        bool is_same = forward->to_port == 0 || (forward->keeps_port && is_within);

        *ret_first = is_same ? first : forward->to_port;
        *ret_last = is_same ? last : forward->to_port_last;
}

char *pg_forward_text(const struct pg_forward *forward, uint16_t first, uint16_t last)
{
        _cleanup_(pg_freep) char *ports =
                first == last ? pg_format("%u", first) : pg_format("%u-%u", first, last);
        char address[96];

        if (!ports)
                return NULL;
        if (!forward->has_to)
                return pg_format("port%s %s", first == last ? "" : "s", ports);
        pg_range_format(forward->to_is_v6 ? AF_INET6 : AF_INET, forward->to, forward->to_last, address,
                        sizeof(address));
        if (first == 0)
                return strdup(address);
        return pg_format(forward->to_is_v6 ? "[%s]:%s" : "%s:%s", address, ports);
}

bool pg_forward_is_multicast(const struct pg_forward *forward)
{
        return forward->has_to &&
               (forward->to_is_v6 ? forward->to[0] == 0xff : (forward->to[0] & 0xf0) == 0xe0);
}

/* ip_route_input_slow(); rt6_need_strict(): ::1 is on the interface lo only. */
bool pg_forward_arrives(const struct pg_forward *forward, const char *interface)
{
        if (!forward->has_to || !pg_nat_is_loopback(forward->to_is_v6, forward->to))
                return true;
        return !forward->to_is_v6 && pg_routes_loopback(interface);
}
