/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A flood of UDP between the namespaces, of which every packet is accounted for.
 *
 * The receivers have a filter that takes nothing: the kernel counts what reaches such a socket
 * (SK_MEMINFO_DROPS) and frees it. So there is no buffer that could overflow, and no receiver that
 * would have to run in time. Nothing ever answers: to conntrack each packet is the first of its
 * connection
 * (`ct state new`), and is judged by the policy, never by `established`.
 */
#include "bench/flood.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>

#include "bench/timing.h"

#define ROUNDS 8
#define BURST (ROUNDS * FLOOD_FLOWS)
/* How late a burst may be made up for: a flood that bunched up would fill the kernel's backlog queue.
 */
#define LATE_MAX_NS (5 * 1000 * 1000)

static const struct {
        const char *name;
        uint16_t port;
        bool is_allowed;
} kinds[FLOOD_KINDS] = {
        [FLOOD_ALLOWED_ANY] = {"allowed, open to any", 7000, true},
        [FLOOD_ALLOWED_GROUP] = {"allowed, open to a group", 7100, true},
        [FLOOD_DENIED_GROUP] = {"denied, not in the group", 7200, false},
        [FLOOD_DENIED_UNKNOWN] = {"denied, not open", 7300, false},
};

bool flood_kind_is_allowed(enum flood_kind kind)
{
        return kinds[kind].is_allowed;
}

const char *flood_kind_name(enum flood_kind kind)
{
        return kinds[kind].name;
}

static void take_nothing(int fd)
{
        struct sock_filter code = BPF_STMT(BPF_RET | BPF_K, 0);
        struct sock_fprog program = {.len = 1, .filter = &code};

        if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0)
                err(2, "SO_ATTACH_FILTER");
}

static int open_receiver(const struct flood *flood, const struct flood_flow *flow)
{
        struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(kinds[flow->kind].port)};
        struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = v4.sin_port};
        const struct sockaddr *address = flow->is_v6 ? (void *)&v6 : (void *)&v4;
        int namespace = flood->outward ? flood->network->peer : flood->network->host;
        int fd =
                network_socket(flood->network, namespace, flow->is_v6 ? AF_INET6 : AF_INET, SOCK_DGRAM);
        int on = 1;

        if (flow->is_v6)
                setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
        take_nothing(fd);
        if (bind(fd, address, flow->is_v6 ? sizeof(v6) : sizeof(v4)) < 0)
                err(2, "bind to port %u", kinds[flow->kind].port);
        return fd;
}

uint64_t flood_received(const struct flood_flow *flow)
{
        uint32_t info[SK_MEMINFO_VARS];
        socklen_t length = sizeof(info);

        if (getsockopt(flow->receiver, SOL_SOCKET, SO_MEMINFO, info, &length) < 0)
                err(2, "SO_MEMINFO");
        return info[SK_MEMINFO_DROPS];
}

/* One socket sends to both families: an IPv4 address is mapped into IPv6. */
static void set_destination(const struct flood *flood, const struct flood_flow *flow,
                            struct sockaddr_in6 *ret)
{
        const char *v4 = flood->outward ? "::ffff:" PEER_ADDRESS4 : "::ffff:" HOST_ADDRESS4;
        const char *v6 = flood->outward ? PEER_ADDRESS6 : HOST_ADDRESS6;

        *ret = (struct sockaddr_in6){.sin6_family = AF_INET6,
                                     .sin6_port = htons(kinds[flow->kind].port)};
        inet_pton(AF_INET6, flow->is_v6 ? v6 : v4, &ret->sin6_addr);
}

/* Sends one packet for each message, in their order; a refused one is passed over. */
static void send_burst(struct flood *flood, struct mmsghdr *messages)
{
        unsigned done = 0;

        while (done < BURST) {
                int n = sendmmsg(flood->sender, messages + done, BURST - done, 0);

                if (n < 0 && errno == EPERM)
                        flood->flows[done++ % FLOOD_FLOWS].refused++;
                else if (n < 0 && errno != EINTR)
                        err(2, "sendmmsg");
                else if (n > 0)
                        done += (unsigned)n;
        }
        for (size_t i = 0; i < FLOOD_FLOWS; i++)
                flood->flows[i].sent += ROUNDS;
}

static void *send_until_stopped(void *argument)
{
        struct flood *flood = argument;
        struct sockaddr_in6 destinations[FLOOD_FLOWS];
        struct mmsghdr messages[BURST] = {0};
        struct iovec payload = {"portguard flood", 16};
        uint64_t begin = timing_now(), next = begin, step = 1000000000ULL * BURST / flood->rate;

        for (size_t i = 0; i < FLOOD_FLOWS; i++)
                set_destination(flood, &flood->flows[i], &destinations[i]);
        for (size_t i = 0; i < BURST; i++) {
                struct msghdr *header = &messages[i].msg_hdr;

                header->msg_name = &destinations[i % FLOOD_FLOWS];
                header->msg_namelen = sizeof(destinations[0]);
                header->msg_iov = &payload;
                header->msg_iovlen = 1;
        }
        while (!atomic_load(&flood->stop)) {
                uint64_t now;

                send_burst(flood, messages);
                next += step;
                now = timing_now();
                if (now < next)
                        timing_wait_until(next);
                else if (now - next > LATE_MAX_NS)
                        next = now;
        }
        flood->seconds = (double)(timing_now() - begin) / 1e9;
        return NULL;
}

void flood_start(struct flood *flood)
{
        for (size_t i = 0; i < FLOOD_FLOWS; i++) {
                flood->flows[i] = (struct flood_flow){.kind = i / 2, .is_v6 = i % 2 == 1};
                flood->flows[i].receiver = open_receiver(flood, &flood->flows[i]);
        }
        flood->sender = network_socket(flood->network,
                                       flood->outward ? flood->network->host : flood->network->peer,
                                       AF_INET6, SOCK_DGRAM);
        atomic_store(&flood->stop, false);
        errno = pthread_create(&flood->thread, NULL, send_until_stopped, flood);
        if (errno != 0)
                err(2, "pthread_create");
}

static bool all_allowed_arrived(const struct flood *flood)
{
        for (size_t i = 0; i < FLOOD_FLOWS; i++) {
                const struct flood_flow *flow = &flood->flows[i];

                if (kinds[flow->kind].is_allowed && flood_received(flow) < flow->sent)
                        return false;
        }
        return true;
}

/* The last packets may still be in the backlog queue of a processor. */
void flood_stop(struct flood *flood)
{
        uint64_t deadline;

        atomic_store(&flood->stop, true);
        pthread_join(flood->thread, NULL);
        deadline = timing_now() + 1000000000ULL;
        while (!all_allowed_arrived(flood) && timing_now() < deadline)
                timing_wait_until(timing_now() + 1000000);
}
