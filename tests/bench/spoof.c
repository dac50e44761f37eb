/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UDP packets from sources that are not there, past the peer's own routing. */
#include "bench/spoof.h"

#include <arpa/inet.h>
#include <err.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>

#define PAYLOAD 16
/* 20.0.0.0 on, and 2001:db8:5::: with a stride that has no divisor in common with their number, so that
 * those that follow one another are not next to one another. */
#define FIRST4 0x14000000U
#define STRIDE 769U

static uint32_t sum_words(uint32_t sum, const void *data, size_t length)
{
        const uint8_t *bytes = data;

        for (size_t i = 0; i + 1 < length; i += 2)
                sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
        return sum;
}

static uint16_t fold(uint32_t sum)
{
        while (sum >> 16)
                sum = (sum & 0xffff) + (sum >> 16);
        return htons((uint16_t)~sum);
}

static void fill_udp(struct udphdr *udp, uint16_t port)
{
        udp->source = htons(40000);
        udp->dest = htons(port);
        udp->len = htons(sizeof(*udp) + PAYLOAD);
}

static size_t fill_v4(uint8_t *frame, uint16_t port)
{
        struct iphdr ip = {.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP};

        ip.tot_len = htons(sizeof(ip) + sizeof(struct udphdr) + PAYLOAD);
        inet_pton(AF_INET, HOST_ADDRESS4, &ip.daddr);
        memcpy(frame, &ip, sizeof(ip));
        fill_udp((struct udphdr *)(frame + sizeof(ip)), port);
        return sizeof(ip) + sizeof(struct udphdr) + PAYLOAD;
}

static size_t fill_v6(uint8_t *frame, uint16_t port)
{
        struct ip6_hdr ip = {.ip6_hlim = 64, .ip6_nxt = IPPROTO_UDP};

        ip.ip6_vfc = 0x60;
        ip.ip6_plen = htons(sizeof(struct udphdr) + PAYLOAD);
        inet_pton(AF_INET6, "2001:db8:5::", &ip.ip6_src);
        inet_pton(AF_INET6, HOST_ADDRESS6, &ip.ip6_dst);
        memcpy(frame, &ip, sizeof(ip));
        fill_udp((struct udphdr *)(frame + sizeof(ip)), port);
        return sizeof(ip) + sizeof(struct udphdr) + PAYLOAD;
}

void spoof_open(struct spoof *spoof, const struct network *network, uint16_t port)
{
        network_enter(network->peer);
        spoof->link = (int)if_nametoindex(PEER_LINK);
        /* Protocol 0: nothing is received by it. */
        spoof->socket = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (spoof->socket < 0 || spoof->link == 0)
                err(1, "a packet socket");
        network_enter(network->host);
        for (size_t i = 0; i < SPOOF_BURST; i++)
                spoof->length = (spoof->is_v6 ? fill_v6 : fill_v4)(spoof->frames[i], port);
        spoof->next = 0;
}

static void set_source(uint8_t *frame, bool is_v6, uint32_t source)
{
        uint32_t address = htonl(is_v6 ? source : FIRST4 + source);

        if (is_v6) {
                struct ip6_hdr *ip = (struct ip6_hdr *)frame;
                struct udphdr *udp = (struct udphdr *)(frame + sizeof(*ip));

                memcpy((uint8_t *)&ip->ip6_src + 12, &address, sizeof(address));
                udp->check = 0;
                udp->check = fold(sum_words(IPPROTO_UDP + sizeof(*udp) + PAYLOAD,
                                            frame + offsetof(struct ip6_hdr, ip6_src),
                                            2 * sizeof(struct in6_addr) + sizeof(*udp) + PAYLOAD));
        } else { /* without a checksum of UDP */
                struct iphdr *ip = (struct iphdr *)frame;

                memcpy(&ip->saddr, &address, sizeof(address));
                ip->check = 0;
                ip->check = fold(sum_words(0, ip, sizeof(*ip)));
        }
}

void spoof_build(struct spoof *spoof)
{
        for (size_t i = 0; i < SPOOF_BURST; i++) {
                uint64_t source = (uint64_t)spoof->next * STRIDE % spoof->sources;

                set_source(spoof->frames[i], spoof->is_v6, (uint32_t)source);
                spoof->next = (spoof->next + 1) % spoof->sources;
        }
}

void spoof_send(const struct spoof *spoof)
{
        struct sockaddr_ll to = {.sll_family = AF_PACKET,
                                 .sll_halen = ETH_ALEN,
                                 /* The host's, of network.c; or nobody's. */
                                 .sll_addr = {2, 0, 0, 0, 0, spoof->is_astray ? 9 : 1}};
        struct mmsghdr messages[SPOOF_BURST] = {0};
        struct iovec frames[SPOOF_BURST];

        to.sll_ifindex = spoof->link;
        to.sll_protocol = htons(spoof->is_v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP);
        for (size_t i = 0; i < SPOOF_BURST; i++) {
                frames[i] = (struct iovec){(void *)spoof->frames[i], spoof->length};
                messages[i].msg_hdr = (struct msghdr){.msg_name = &to,
                                                      .msg_namelen = sizeof(to),
                                                      .msg_iov = &frames[i],
                                                      .msg_iovlen = 1};
        }
        if (sendmmsg(spoof->socket, messages, SPOOF_BURST, 0) != SPOOF_BURST)
                err(1, "sendmmsg");
}
