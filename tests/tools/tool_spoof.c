/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sends UDP from sources that are not there:
 *
 *      tool_spoof INTERFACE MAC SOURCE SOURCES DESTINATION PORT PACKETS
 *
 * SOURCE is the first of SOURCES addresses, which come in turn; MAC is hexadecimal digits.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tools/address.h"

struct ends {
        struct sockaddr_storage from, to;
        uint16_t port;
};

static void put_udp(uint8_t *at, uint16_t port, const void *addresses, size_t n_addresses)
{
        struct udphdr udp = {.source = htons(40000), .dest = htons(port), .len = htons(sizeof(udp))};
        uint32_t sum = checksum_add(IPPROTO_UDP + sizeof(udp), addresses, n_addresses);

        udp.check = htons(checksum_fold(checksum_add(sum, &udp, sizeof(udp))));
        memcpy(at, &udp, sizeof(udp));
}

static size_t build_v4(uint8_t *packet, const struct ends *ends, uint32_t number)
{
        struct iphdr ip = {.ihl = 5, .version = 4, .ttl = 64, .protocol = IPPROTO_UDP};

        ip.tot_len = htons(sizeof(ip) + sizeof(struct udphdr));
        ip.saddr = htonl(ntohl(((const struct sockaddr_in *)&ends->from)->sin_addr.s_addr) + number);
        ip.daddr = ((const struct sockaddr_in *)&ends->to)->sin_addr.s_addr;
        ip.check = htons(checksum_fold(checksum_add(0, &ip, sizeof(ip))));
        memcpy(packet, &ip, sizeof(ip));
        put_udp(packet + sizeof(ip), ends->port, packet + 12, 8);
        return sizeof(ip) + sizeof(struct udphdr);
}

static size_t build_v6(uint8_t *packet, const struct ends *ends, uint32_t number)
{
        struct ip6_hdr ip = {.ip6_flow = htonl(6U << 28), .ip6_nxt = IPPROTO_UDP, .ip6_hlim = 64};
        uint32_t last;

        ip.ip6_plen = htons(sizeof(struct udphdr));
        ip.ip6_src = ((const struct sockaddr_in6 *)&ends->from)->sin6_addr;
        ip.ip6_dst = ((const struct sockaddr_in6 *)&ends->to)->sin6_addr;
        memcpy(&last, ip.ip6_src.s6_addr + 12, sizeof(last));
        last = htonl(ntohl(last) + number);
        memcpy(ip.ip6_src.s6_addr + 12, &last, sizeof(last));
        memcpy(packet, &ip, sizeof(ip));
        put_udp(packet + sizeof(ip), ends->port, packet + 8, 32);
        return sizeof(ip) + sizeof(struct udphdr);
}

int main(int argc, char **argv)
{
        struct sockaddr_ll link = {.sll_family = AF_PACKET, .sll_halen = ETH_ALEN};
        struct ends ends = {0};
        uint8_t packet[128];
        unsigned long sources, packets;
        bool is_v6;
        int fd;

        if (argc != 8)
                return 99;
        parse_address(argv[3], 0, &ends.from);
        parse_address(argv[5], 0, &ends.to);
        sources = strtoul(argv[4], NULL, 10);
        ends.port = (uint16_t)atoi(argv[6]);
        packets = strtoul(argv[7], NULL, 10);
        is_v6 = ends.from.ss_family == AF_INET6;
        must(sources > 0, argv[4]);

        link.sll_ifindex = (int)if_nametoindex(argv[1]);
        link.sll_protocol = htons(is_v6 ? ETH_P_IPV6 : ETH_P_IP);
        must(parse_bytes(argv[2], link.sll_addr, ETH_ALEN) == ETH_ALEN, argv[2]);
        /* Protocol 0: nothing is received by it. */
        fd = socket(AF_PACKET, SOCK_DGRAM, 0);
        must(fd >= 0, "socket");
        for (unsigned long i = 0; i < packets; i++) {
                size_t n = (is_v6 ? build_v6 : build_v4)(packet, &ends, (uint32_t)(i % sources));

                while (sendto(fd, packet, n, 0, (struct sockaddr *)&link, sizeof(link)) < 0)
                        must(errno == ENOBUFS, "sendto");
        }
        return 0;
}
