/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sends one packet, whatever it is, checksums made right:
 *
 *      tool_send INTERFACE MAC SOURCE DESTINATION PROTOCOL HOPS PAYLOAD
 *
 * MAC and PAYLOAD are hexadecimal digits; the payload begins with the header of the protocol.
 */
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tools/address.h"

/* Where the checksum stands in the header of a protocol, or -1. */
static int checksum_offset(int protocol)
{
        switch (protocol) {
        case IPPROTO_TCP:
                return 16;
        case IPPROTO_UDP:
                return 6;
        case IPPROTO_ICMP:
        case IPPROTO_IGMP:
        case IPPROTO_ICMPV6:
                return 2;
        default:
                return -1;
        }
}

/* `addresses` are source and destination, for the pseudo header. */
static void put_checksum(int protocol, uint8_t *payload, size_t n, const void *addresses,
                         size_t n_addresses)
{
        int offset = checksum_offset(protocol);
        uint32_t sum = 0;
        uint16_t folded;

        if (offset < 0)
                return;
        if (protocol != IPPROTO_ICMP && protocol != IPPROTO_IGMP)
                sum = checksum_add((uint32_t)protocol + (uint32_t)n, addresses, n_addresses);
        folded = checksum_fold(checksum_add(sum, payload, n));
        payload[offset] = (uint8_t)(folded >> 8);
        payload[offset + 1] = (uint8_t)folded;
}

static size_t build_v4(uint8_t *packet, const uint8_t *payload, size_t n, int protocol, int hops,
                       const struct sockaddr_storage ends[2])
{
        struct iphdr header = {.ihl = 5,
                               .version = 4,
                               .ttl = (uint8_t)hops,
                               .protocol = (uint8_t)protocol};

        header.tot_len = htons((uint16_t)(sizeof(header) + n));
        header.saddr = ((const struct sockaddr_in *)&ends[0])->sin_addr.s_addr;
        header.daddr = ((const struct sockaddr_in *)&ends[1])->sin_addr.s_addr;
        header.check = htons(checksum_fold(checksum_add(0, &header, sizeof(header))));
        memcpy(packet, &header, sizeof(header));
        memcpy(packet + sizeof(header), payload, n);
        put_checksum(protocol, packet + sizeof(header), n, packet + 12, 8);
        return sizeof(header) + n;
}

static size_t build_v6(uint8_t *packet, const uint8_t *payload, size_t n, int protocol, int hops,
                       const struct sockaddr_storage ends[2])
{
        struct ip6_hdr header = {.ip6_flow = htonl(6U << 28)};

        header.ip6_plen = htons((uint16_t)n);
        header.ip6_nxt = (uint8_t)protocol;
        header.ip6_hlim = (uint8_t)hops;
        header.ip6_src = ((const struct sockaddr_in6 *)&ends[0])->sin6_addr;
        header.ip6_dst = ((const struct sockaddr_in6 *)&ends[1])->sin6_addr;
        memcpy(packet, &header, sizeof(header));
        memcpy(packet + sizeof(header), payload, n);
        put_checksum(protocol, packet + sizeof(header), n, packet + 8, 32);
        return sizeof(header) + n;
}

int main(int argc, char **argv)
{
        struct sockaddr_ll link = {.sll_family = AF_PACKET, .sll_halen = ETH_ALEN};
        struct sockaddr_storage ends[2];
        uint8_t payload[1024], packet[2048];
        int protocol, hops, fd;
        bool is_v6;
        size_t n;

        if (argc != 8)
                return 99;
        parse_address(argv[3], 0, &ends[0]);
        parse_address(argv[4], 0, &ends[1]);
        protocol = atoi(argv[5]);
        hops = atoi(argv[6]);
        n = parse_bytes(argv[7], payload, sizeof(payload));
        is_v6 = ends[0].ss_family == AF_INET6;
        n = (is_v6 ? build_v6 : build_v4)(packet, payload, n, protocol, hops, ends);

        link.sll_ifindex = (int)if_nametoindex(argv[1]);
        link.sll_protocol = htons(is_v6 ? ETH_P_IPV6 : ETH_P_IP);
        must(parse_bytes(argv[2], link.sll_addr, ETH_ALEN) == ETH_ALEN, argv[2]);
        fd = socket(AF_PACKET, SOCK_DGRAM, link.sll_protocol);
        must(fd >= 0, "socket");
        must(sendto(fd, packet, n, 0, (struct sockaddr *)&link, sizeof(link)) == (ssize_t)n, "sendto");
        return 0;
}
