/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets of new connections: raw frames on the peer's side, raw sockets on the host's. */
#include "kernel/packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "policy/admit.h"

#ifndef IPV6_HDRINCL
#define IPV6_HDRINCL 36
#endif

#define MARK UINT32_C(0x50475047)
#define PACKET_MAX 256
#define PROTOCOL_GRE 47
#define UNTRACKED_MARK 0x77

/* Links of the host, as pair.c makes them, and where the peer's ends are called otherwise. */
static const struct {
        const char *name, *peer_name, *v4, *v6;
} links[] = {{"outside", "host0", "203.0.113.1", "2001:db8:1::1"},
             {"wg0", "host1", "198.51.100.1", "2001:db8:2::1"}};

static const uint8_t protocols[] = {IPPROTO_TCP,  IPPROTO_UDP,    IPPROTO_SCTP,
                                    IPPROTO_ICMP, IPPROTO_ICMPV6, PROTOCOL_GRE};

static struct {
        int fd; /* of packets, in the peer's namespace */
        int index;
        uint8_t hardware[6]; /* the host's end */
        int out4, out6;      /* raw, with the header; bound to the link */
} ends[PG_ELEMENTSOF(links)];

/* Of the packet that was sent last of those that have no room for one. */
static uint32_t short_number;

static struct pollfd receivers[2 * PG_ELEMENTSOF(protocols)];

static int must_fd(int fd, const char *what)
{
        if (fd < 0)
                fail_msg("%s: %s", what, strerror(errno));
        return fd;
}

static void must(int r, const char *what)
{
        if (r != 0)
                fail_msg("%s: %s", what, strerror(errno));
}

static int open_raw(int family, const char *link)
{
        int on = 1, fd = must_fd(socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW), "raw socket");

        if (family == AF_INET6)
                must(setsockopt(fd, IPPROTO_IPV6, IPV6_HDRINCL, &on, sizeof(on)), "IPV6_HDRINCL");
        must(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, link, (socklen_t)strlen(link)),
             "SO_BINDTODEVICE");
        return fd;
}

static void write_setting(const char *path, const char *value)
{
        FILE *file = fopen(path, "we");

        if (!file || fputs(value, file) < 0 || fclose(file) != 0)
                fail_msg("%s: %s", path, strerror(errno));
}

static void run(const char *command)
{
        FILE *shell = popen(command, "re");

        assert_non_null(shell);
        must(pclose(shell), command);
}

/* Addresses of everybody come in by any link, and there is a way to each. */
static void open_roads(void)
{
        write_setting("/proc/sys/net/ipv4/conf/all/rp_filter", "0");
        write_setting("/proc/sys/net/ipv4/conf/outside/rp_filter", "0");
        write_setting("/proc/sys/net/ipv4/conf/wg0/rp_filter", "0");
        /* 127.0.0.0/8 too. */
        write_setting("/proc/sys/net/ipv4/conf/all/route_localnet", "1");
        write_setting("/proc/sys/net/ipv4/conf/all/accept_local", "1");
        run("ip route add default dev outside metric 10");
        run("ip route add default dev wg0 metric 20");
        run("ip -6 route add default dev outside metric 10");
        run("ip -6 route add default dev wg0 metric 20");
        run("nft 'table inet untracked { chain output { type filter hook output priority -300; meta mark "
            "0x77 notrack; }; }'");
}

void packet_open(void)
{
        int size = 16 * 1024 * 1024;

        open_roads();
        for (size_t i = 0; i < PG_ELEMENTSOF(links); i++) {
                struct ifreq request = {0};

                ends[i].fd = pair_socket_of_peer(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL),
                                                 links[i].peer_name, &ends[i].index);
                ends[i].out4 = open_raw(AF_INET, links[i].name);
                ends[i].out6 = open_raw(AF_INET6, links[i].name);
                snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", links[i].name);
                must(ioctl(ends[i].out4, SIOCGIFHWADDR, &request), "SIOCGIFHWADDR");
                memcpy(ends[i].hardware, request.ifr_hwaddr.sa_data, 6);
        }
        for (size_t i = 0; i < PG_ELEMENTSOF(receivers); i++) {
                int family = i % 2 ? AF_INET6 : AF_INET;
                int fd = must_fd(socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                                        protocols[i / 2]),
                                 "raw socket");

                if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
                        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
                receivers[i] = (struct pollfd){.fd = fd, .events = POLLIN};
        }
}

static uint32_t add_words(uint32_t sum, const uint8_t *data, size_t length)
{
        for (size_t i = 0; i + 1 < length; i += 2)
                sum += (uint32_t)data[i] << 8 | data[i + 1];
        return length % 2 ? sum + ((uint32_t)data[length - 1] << 8) : sum;
}

static uint16_t fold(uint32_t sum)
{
        while (sum >> 16)
                sum = (sum & 0xffff) + (sum >> 16);
        return (uint16_t)~sum;
}

/* CRC32c of RFC 9260, appendix A, bit by bit. */
static uint32_t crc32c(const uint8_t *data, size_t length)
{
        uint32_t crc = UINT32_MAX;

        for (size_t i = 0; i < length; i++) {
                crc ^= data[i];
                for (int bit = 0; bit < 8; bit++)
                        crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0x82f63b78) : 0);
        }
        return ~crc;
}

static void put16(uint8_t *at, unsigned value)
{
        at[0] = (uint8_t)(value >> 8);
        at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
        put16(at, value >> 16);
        put16(at + 2, value & 0xffff);
}

/* The header of the protocol in front of `data`; returns its length. The checksum comes last. */
static size_t put_header(const struct pg_flow *flow, uint32_t number, uint8_t *data)
{
        /* Each is a connection of its own; no DHCP server's port. */
        unsigned source = flow->source_port ? flow->source_port : 1024 + number % 60000;

        switch (flow->protocol) {
        case IPPROTO_TCP:
                put16(data, source);
                put16(data + 2, flow->port);
                put32(data + 4, number);
                data[12] = 5 << 4;
                data[13] = 0x02; /* SYN */
                put16(data + 14, 1024);
                return 20;
        case IPPROTO_UDP:
                put16(data, source);
                put16(data + 2, flow->port);
                put16(data + 4, 16);
                return 8;
        case IPPROTO_SCTP:
                put16(data, source);
                put16(data + 2, flow->port);
                data[12] = 1; /* INIT, whose last eight bytes are ours */
                put16(data + 14, 28);
                put32(data + 16, number | 1);
                put32(data + 20, 65536);
                put16(data + 24, 1);
                put16(data + 26, 1);
                put32(data + 28, number);
                data[32] = 0x80; /* a parameter that may be skipped */
                put16(data + 34, 8);
                put32(data + 36, MARK);
                return 32;
        case PROTOCOL_GRE:
                put16(data + 2, 0x88be);
                return 4;
        default:
                data[0] = flow->type;
                put16(data + 4, number & 0xffff);
                put16(data + 6, number >> 16);
                return 8;
        }
}

static void put_checksum(const struct pg_flow *flow, const uint8_t *from, const uint8_t *to,
                         uint8_t *data, size_t length)
{
        size_t size = flow->is_v6 ? 16 : 4;
        uint32_t sum = flow->protocol == IPPROTO_ICMP ? 0 : flow->protocol + (uint32_t)length;
        uint32_t crc;

        if (flow->protocol == PROTOCOL_GRE)
                return;
        if (flow->protocol == IPPROTO_SCTP) {
                crc = crc32c(data, length);
                for (int i = 0; i < 4; i++)
                        data[8 + i] = (uint8_t)(crc >> 8 * i);
                return;
        }
        if (flow->protocol != IPPROTO_ICMP) {
                sum = add_words(sum, from, size);
                sum = add_words(sum, to, size);
        }
        put16(data + (flow->protocol == IPPROTO_TCP   ? 16
                      : flow->protocol == IPPROTO_UDP ? 6
                                                      : 2),
              fold(add_words(sum, data, length)));
}

bool packet_is_short(const struct pg_flow *flow)
{
        return flow->protocol == PROTOCOL_GRE && flow->type > 0;
}

/* The whole IP packet; returns its length. */
static size_t build(const struct pg_flow *flow, uint32_t number, const uint8_t *from, const uint8_t *to,
                    uint8_t packet[static PACKET_MAX])
{
        size_t head = flow->is_v6 ? 40 : 20, length;
        uint8_t *data = packet + head;

        memset(packet, 0, PACKET_MAX);
        length = put_header(flow, number, data);
        if (packet_is_short(flow)) {
                length = flow->type - 1U;
        } else if (flow->protocol == IPPROTO_SCTP) {
                put32(data + 36, number ^ MARK);
                length = 40;
        } else {
                put32(data + length, MARK);
                put32(data + length + 4, number);
                length += 8;
        }
        put_checksum(flow, from, to, data, length);
        if (flow->is_v6) {
                packet[0] = 6 << 4;
                put16(packet + 4, (unsigned)length);
                packet[6] = flow->protocol;
                packet[7] = 255;
                memcpy(packet + 8, from, 16);
                memcpy(packet + 24, to, 16);
                return head + length;
        }
        packet[0] = 4 << 4 | 5;
        put16(packet + 2, (unsigned)(head + length));
        packet[8] = 255;
        packet[9] = flow->protocol;
        memcpy(packet + 12, from, 4);
        memcpy(packet + 16, to, 4);
        put16(packet + 10, fold(add_words(0, packet, head)));
        return head + length;
}

static size_t link_of(const struct pg_flow *flow)
{
        return strcmp(flow->interface, links[0].name) == 0 ? 0 : 1;
}

static void own_address(const struct pg_flow *flow, uint8_t address[static 16])
{
        const char *text = flow->is_v6         ? links[link_of(flow)].v6
                           : flow->to_loopback ? "127.0.0.1"
                                               : links[link_of(flow)].v4;

        assert_int_equal(inet_pton(flow->is_v6 ? AF_INET6 : AF_INET, text, address), 1);
}

void packet_send(const struct pg_flow *flow, uint32_t number)
{
        const struct sockaddr_ll to = {.sll_family = AF_PACKET,
                                       .sll_protocol = htons(flow->is_v6 ? ETH_P_IPV6 : ETH_P_IP),
                                       .sll_ifindex = ends[link_of(flow)].index};
        uint8_t frame[14 + PACKET_MAX] = {0}, own[16];
        size_t length;

        if (packet_is_short(flow))
                short_number = number;
        own_address(flow, own);
        memcpy(frame, ends[link_of(flow)].hardware, 6);
        frame[6] = 2; /* a locally administered address */
        put16(frame + 12, flow->is_v6 ? ETH_P_IPV6 : ETH_P_IP);
        length = 14 + build(flow, number, flow->address, own, frame + 14);
        if (sendto(ends[link_of(flow)].fd, frame, length, 0, (const struct sockaddr *)&to,
                   sizeof(to)) != (ssize_t)length)
                fail_msg("sending a frame: %s", strerror(errno));
}

/* The number in what a raw socket gave, or false where it is none of ours. */
static bool find_number(const uint8_t *data, size_t length, uint32_t *ret)
{
        uint32_t mark, number;

        if (length < 8)
                return false;
        memcpy(&mark, data + length - 8, 4);
        memcpy(&number, data + length - 4, 4);
        if (ntohl(mark) == MARK) {
                *ret = ntohl(number);
                return true;
        }
        /* SCTP: a parameter's head, then the number. */
        *ret = ntohl(number) ^ MARK;
        return ntohl(mark) == UINT32_C(0x80000008);
}

/* IPv4 comes with its header. */
static bool is_short(size_t receiver, const uint8_t *data, size_t length)
{
        size_t head = receiver % 2 || length < 20 ? 0 : 4U * (data[0] & 0x0f);

        return protocols[receiver / 2] == PROTOCOL_GRE && length - head < 4;
}

static bool take_all(uint32_t first, size_t n, bool *arrived, uint32_t sentinel)
{
        bool is_done = false;

        for (size_t i = 0; i < PG_ELEMENTSOF(receivers); i++) {
                uint8_t data[2048];
                ssize_t length;
                uint32_t number;

                while ((length = recv(receivers[i].fd, data, sizeof(data), 0)) >= 0) {
                        if (is_short(i, data, (size_t)length))
                                number = short_number;
                        else if (!find_number(data, (size_t)length, &number))
                                continue;
                        is_done |= number == sentinel;
                        if (number - first < n)
                                arrived[number - first] = true;
                }
                if (errno != EAGAIN)
                        fail_msg("receiving: %s", strerror(errno));
        }
        return is_done;
}

/* An ICMP error for which there is no connection: base traffic, which every policy accepts. A link
 * keeps the order of what goes through it. */
static void wait_for_link(const char *link, uint32_t first, size_t n, bool *arrived)
{
        static uint32_t next = UINT32_C(0xf0000000);
        const struct pg_flow sentinel = {.protocol = IPPROTO_ICMP,
                                         .type = 3,
                                         .address = {192, 0, 2, 1},
                                         .interface = link};
        uint32_t number = next++;

        packet_send(&sentinel, number);
        while (!take_all(first, n, arrived, number))
                if (poll(receivers, PG_ELEMENTSOF(receivers), 10 * 1000) == 0)
                        fail_msg("the last packet through %s did not arrive", link);
}

void packet_collect(uint32_t first, size_t n, bool *arrived)
{
        memset(arrived, 0, n * sizeof(*arrived));
        for (size_t i = 0; i < PG_ELEMENTSOF(links); i++)
                wait_for_link(links[i].name, first, n, arrived);
}

bool packet_leaves(const struct pg_flow *flow, uint32_t number)
{
        static const uint32_t untracked = UNTRACKED_MARK, none = 0;
        struct sockaddr_in v4 = {.sin_family = AF_INET};
        struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
        const struct sockaddr *to = flow->is_v6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
        int fd = flow->is_v6 ? ends[link_of(flow)].out6 : ends[link_of(flow)].out4;
        uint8_t packet[PACKET_MAX], own[16];
        size_t length;

        own_address(flow, own);
        memcpy(&v4.sin_addr, flow->address, 4);
        memcpy(&v6.sin6_addr, flow->address, 16);
        length = build(flow, number, own, flow->address, packet);
        must(setsockopt(fd, SOL_SOCKET, SO_MARK, flow->is_untracked ? &untracked : &none,
                        sizeof(untracked)),
             "SO_MARK");
        if (sendto(fd, packet, length, 0, to, flow->is_v6 ? sizeof(v6) : sizeof(v4)) >= 0)
                return true;
        /* nf_hook_slow(): a packet that is dropped on its way out is told to its sender. */
        if (errno != EPERM)
                fail_msg("sending: %s", strerror(errno));
        return false;
}
