/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which way packets go, by libnl. */
#include "host/routes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netlink/attr.h>
#include <string.h>
#include <sys/socket.h>

#include "host/links.h"
#include "host/own_addresses.h"
#include "host/rtnetlink.h"

/* The index of `lo` in every network namespace (drivers/net/loopback.c: loopback_net_init()). */
#define LOOPBACK_INDEX 1

/* A packet whose way is asked for. */
struct packet {
        bool is_v6;
        const uint8_t *to;
        const uint8_t *from;        /* or NULL */
        uint32_t out, in;           /* the interface that it leaves or comes in by, by index; or 0 */
        uint8_t protocol;           /* TCP, UDP, ICMP or ICMPv6; or 0 */
        uint16_t port, source_port; /* or 0 */
};

/* What the kernel says of it. */
struct way {
        uint32_t index; /* the interface that it leaves by; or 0 */
        uint8_t type;   /* RTN_* */
        bool has_source;
        uint8_t source[16]; /* that it gets where it has none */
};

/* By the attribute, not by rtnl_route_parse(): that of libnl 3.7 refuses a route whole for an
 * encapsulation that it does not know. */
static int take_route(struct nl_msg *message, void *data)
{
        static struct nla_policy policy[RTA_MAX + 1] = {[RTA_OIF] = {.type = NLA_U32}};
        struct nlattr *attributes[RTA_MAX + 1];
        const struct rtmsg *header = nlmsg_data(nlmsg_hdr(message));
        struct way *way = data;

        if (nlmsg_hdr(message)->nlmsg_type != RTM_NEWROUTE)
                return 0;
        if (nlmsg_parse(nlmsg_hdr(message), sizeof(struct rtmsg), attributes, RTA_MAX, policy) < 0)
                return -EBADMSG;
        way->type = header->rtm_type;
        if (attributes[RTA_OIF])
                way->index = nla_get_u32(attributes[RTA_OIF]);
        way->has_source = attributes[RTA_PREFSRC] &&
                          nla_memcpy(way->source, attributes[RTA_PREFSRC], sizeof(way->source)) > 0;
        return 0;
}

static int put_packet(struct nl_msg *request, const struct packet *packet)
{
        int length = packet->is_v6 ? 16 : 4;

        if (nla_put(request, RTA_DST, length, packet->to) < 0 ||
            (packet->from && nla_put(request, RTA_SRC, length, packet->from) < 0) ||
            (packet->out != 0 && nla_put_u32(request, RTA_OIF, packet->out) < 0) ||
            (packet->in != 0 && nla_put_u32(request, RTA_IIF, packet->in) < 0) ||
            (packet->protocol != 0 && nla_put_u8(request, RTA_IP_PROTO, packet->protocol) < 0) ||
            (packet->port != 0 && nla_put_u16(request, RTA_DPORT, htons(packet->port)) < 0) ||
            (packet->source_port != 0 &&
             nla_put_u16(request, RTA_SPORT, htons(packet->source_port)) < 0))
                return -ENOMEM;
        return 0;
}

/* Returns 0, or why the kernel has no route, as a negative errno value. */
static int look_up(const struct packet *packet, struct way *ret)
{
        unsigned char bits = packet->is_v6 ? 128 : 32;
        const struct rtmsg header = {
                .rtm_family = packet->is_v6 ? AF_INET6 : AF_INET,
                .rtm_dst_len = bits,
                .rtm_src_len = packet->from ? bits : 0,
        };
        _cleanup_(nlmsg_freep) struct nl_msg *request =
                pg_rtnetlink_new(RTM_GETROUTE, 0, &header, sizeof(header));
        const struct pg_rtnetlink_reader reader = {.take = take_route, .data = ret};

        if (!request || put_packet(request, packet) < 0)
                return -ENOMEM;
        return pg_rtnetlink_request(request, &reader);
}

/* *ret_n: how many VRFs have a route to it; *ret_index: the last of them. */
static int look_up_vrfs(bool is_v6, const uint8_t *address, size_t *ret_n, uint32_t *ret_index)
{
        _cleanup_(pg_freep) uint32_t *vrfs = NULL;
        struct way ignored;
        size_t n_vrfs = 0;
        int r = pg_link_vrfs(&vrfs, &n_vrfs);

        for (size_t i = 0; i < n_vrfs; i++) {
                const struct packet packet = {.is_v6 = is_v6, .to = address, .out = vrfs[i]};

                if (look_up(&packet, &ignored) >= 0) {
                        *ret_index = vrfs[i];
                        ++*ret_n;
                }
        }
        return r;
}

/* An IPv4 address of that interface; else any but of loopback. */
static bool find_own(uint32_t interface, uint8_t address[static 4])
{
        _cleanup_(pg_own_addresses_done) struct pg_own_addresses all = {0};
        const struct pg_own_address *found = NULL;

        if (pg_own_addresses_read(&all) < 0)
                return false;
        for (size_t i = 0; i < all.n && !(found && found->interface == interface); i++) {
                const struct pg_own_address *item = &all.items[i];

                if (!item->is_v6 && item->interface != LOOPBACK_INDEX &&
                    (!found || item->interface == interface))
                        found = item;
        }
        if (found)
                memcpy(address, found->bytes, 4);
        return found;
}

static bool is_refusal(int r)
{
        switch (r) {
        case -EINVAL:       /* a martian; a blackhole */
        case -EXDEV:        /* rp_filter, by its older name */
        case -EHOSTUNREACH: /* no route; a routing rule: unreachable, ... */
        case -ENETUNREACH:
        case -EACCES: /* ... prohibit */
                return true;
        default:
                return false;
        }
}

bool pg_route_refuses(const uint8_t source[static 4], const char *interface)
{
        uint32_t index = if_nametoindex(interface);
        struct way ignored;
        uint8_t own[4];
        const struct packet packet = {.to = own, .from = source, .in = index};

        /* Looked up like a packet that has come in (net/ipv4/route.c: inet_rtm_getroute()). */
        return index != 0 && find_own(index, own) && is_refusal(look_up(&packet, &ignored));
}

bool pg_route_is_missing(bool is_v6, const uint8_t *source, const uint8_t *to, const char *interface)
{
        uint32_t index = if_nametoindex(interface);
        struct way ignored;
        const struct packet packet = {.is_v6 = is_v6, .to = to, .from = source, .in = index};

        return index != 0 && is_refusal(look_up(&packet, &ignored));
}

/* rtm_getroute_parse_ip_proto() */
static bool can_be_asked(const struct pg_sent *sent)
{
        return sent->protocol == IPPROTO_TCP || sent->protocol == IPPROTO_UDP ||
               sent->protocol == (sent->is_v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
}

/* To connect over IPv4, TCP asks again with the source that it was given (ip_route_connect()), which
 * another routing rule may be for. */
static int look_up_sent(const struct pg_sent *sent, struct way *ret)
{
        bool is_tcp = sent->protocol == IPPROTO_TCP,
             has_ports = is_tcp || sent->protocol == IPPROTO_UDP;
        struct packet packet = {.is_v6 = sent->is_v6,
                                .to = sent->to,
                                .protocol = can_be_asked(sent) ? sent->protocol : 0,
                                .port = has_ports ? sent->port : 0,
                                .source_port = has_ports ? sent->source_port : 0};
        struct way first = {0};
        int r = look_up(&packet, &first);

        *ret = first;
        if (r < 0 || !is_tcp || sent->is_v6 || !first.has_source)
                return r;
        packet.from = first.source;
        *ret = (struct way){0};
        return look_up(&packet, ret);
}

int pg_route_refusal(const struct pg_sent *sent)
{
        struct way ignored;
        uint32_t vrf;
        size_t n_vrfs = 0;
        int r = look_up_sent(sent, &ignored);

        /* Who belongs to a VRF sends by that. */
        return is_refusal(r) && look_up_vrfs(sent->is_v6, sent->to, &n_vrfs, &vrf) >= 0 && n_vrfs == 0
                       ? r
                       : 0;
}

static bool is_lack_of_means(int r)
{
        return r == -ENOMEM || r == -ENOBUFS || r == -EMFILE || r == -ENFILE;
}

int pg_route_interface(bool is_v6, const uint8_t *address, const uint8_t *local,
                       char name[static IF_NAMESIZE], struct pg_error *error)
{
        struct packet packet = {.is_v6 = is_v6, .to = address, .from = local};
        struct way way = {0};
        uint32_t vrf = 0;
        size_t n_vrfs = 0;
        int r = look_up(&packet, &way);

        /* An own address that is not there any more is refused. */
        if (r < 0 && local && !is_lack_of_means(r)) {
                packet.from = NULL;
                r = look_up(&packet, &way);
        }
        if (r < 0 && !is_lack_of_means(r))
                r = look_up_vrfs(is_v6, address, &n_vrfs, &vrf);
        if (is_lack_of_means(r))
                return pg_error_set(error, PG_STATUS_FAILED, r, "asking the kernel for a route: %s",
                                    strerror(-r));
        pg_link_arrival(n_vrfs == 1 ? vrf : way.index, name);
        return 0;
}

bool pg_route_sends(const struct pg_sent *sent, char name[static IF_NAMESIZE])
{
        struct way way = {0};

        name[0] = '\0';
        if (look_up_sent(sent, &way) < 0)
                return false;
        pg_link_arrival(way.index, name);
        return name[0] != '\0';
}

void pg_route_member(bool is_v6, const uint8_t *address, const char *vrf, char name[static IF_NAMESIZE])
{
        const struct packet packet = {.is_v6 = is_v6, .to = address, .out = if_nametoindex(vrf)};
        struct way way = {0};

        name[0] = '\0';
        if (pg_link_is_vrf(packet.out) && look_up(&packet, &way) >= 0 && way.index != packet.out)
                pg_link_name(way.index, name);
}

uint8_t pg_route_type(bool is_v6, const uint8_t *to)
{
        const struct packet packet = {.is_v6 = is_v6, .to = to};
        struct way way = {0};

        return look_up(&packet, &way) < 0 ? RTN_UNSPEC : way.type;
}
