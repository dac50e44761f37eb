/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tries to reach ports, all at once, and compares with what is expected:
 *
 *      tool_reach open:tcp/22@203.0.113.1 refused:udp/9@2001:db8::1 dropped:ping@203.0.113.1
 *      tool_reach open:tcp/22@203.0.113.1%vrf0         from a socket that is bound to the device
 *
 * Prints what is not as expected, and fails then. What is expected to answer gets ten seconds for it;
 * what is expected to be silent must be so for half a second.
 */
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/address.h"

#define ANSWER_MS 10000
#define SILENCE_MS 500
#define AGAIN_MS 200
#define TARGETS_MAX 256

enum kind { TCP, UDP, PING };

struct target {
        const char *text;
        char expected[16];
        enum kind kind;
        int family;
        uint16_t number;    /* of this try alone: its echo request's, or its port */
        const char *result; /* NULL while nothing is known */
};

static struct target targets[TARGETS_MAX];
static struct pollfd fds[TARGETS_MAX];

static const char *name_error(int number)
{
        switch (number) {
        case ECONNREFUSED:
                return "refused";
        case EPERM:
                return "dropped"; /* on the way out */
        default:
                return strerror(number);
        }
}

/* The kernel remembers for half a minute who was answered, and lets him in whatever the rules say by
 * then. A port that is chosen at random may be one of those: these come again after a minute. */
static void number_targets(size_t n)
{
        size_t first = (size_t)now_ms();

        for (size_t i = 0; i < n; i++)
                targets[i].number = (uint16_t)(4096 + (first + i) % 60000);
}

static void take_port(size_t i)
{
        struct sockaddr_in6 own = {.sin6_family = AF_INET6, .sin6_port = htons(targets[i].number)};
        struct sockaddr_in own4 = {.sin_family = AF_INET, .sin_port = htons(targets[i].number)};
        bool is_v6 = targets[i].family == AF_INET6;

        /* Where a server has it, any will do. */
        if (bind(fds[i].fd, is_v6 ? (struct sockaddr *)&own : (struct sockaddr *)&own4,
                 is_v6 ? sizeof(own) : sizeof(own4)) < 0)
                must(errno == EADDRINUSE, "bind");
}

/* Sends an echo request or a datagram; again and again, as a lost one must not look refused. */
static void ask(size_t i)
{
        uint8_t request[16] = {targets[i].family == AF_INET6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO};
        uint16_t sum;

        request[4] = (uint8_t)(targets[i].number >> 8);
        request[5] = (uint8_t)targets[i].number;
        if (targets[i].kind == PING && targets[i].family == AF_INET) {
                sum = checksum_fold(checksum_add(0, request, sizeof(request)));
                request[2] = (uint8_t)(sum >> 8);
                request[3] = (uint8_t)sum;
        }
        if (send(fds[i].fd, request, sizeof(request), 0) < 0 && errno != EAGAIN && errno != ENOBUFS)
                targets[i].result = name_error(errno);
}

static void begin(size_t i, const char *text)
{
        struct target *target = &targets[i];
        char word[8], address[64], *device;
        struct sockaddr_storage peer;
        unsigned port = 0;
        socklen_t length;
        int type, protocol = 0;

        target->text = text;
        errno = EINVAL;
        must(sscanf(text, "%15[a-z]:%7[a-z]/%u@%63s", target->expected, word, &port, address) == 4 ||
                     sscanf(text, "%15[a-z]:%7[a-z]@%63s", target->expected, word, address) == 3,
             text);
        target->kind = strcmp(word, "tcp") == 0 ? TCP : strcmp(word, "udp") == 0 ? UDP : PING;
        device = strchr(address, '%');
        /* Of a link-local address it is a part. */
        if (device && strncmp(address, "fe80:", 5) != 0)
                *device = '\0';
        length = parse_address(address, port, &peer);
        target->family = peer.ss_family;
        type = target->kind == TCP ? SOCK_STREAM : target->kind == UDP ? SOCK_DGRAM : SOCK_RAW;
        if (target->kind == PING)
                protocol = target->family == AF_INET6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
        fds[i].fd = socket(target->family, type | SOCK_NONBLOCK, protocol);
        must(fds[i].fd >= 0, "socket");
        if (device)
                must(setsockopt(fds[i].fd, SOL_SOCKET, SO_BINDTODEVICE, device + 1,
                                (socklen_t)strlen(device + 1)) == 0,
                     device + 1);
        if (target->kind == UDP)
                take_port(i);
        fds[i].events = target->kind == TCP ? POLLOUT : POLLIN;
        if (connect(fds[i].fd, (struct sockaddr *)&peer, length) < 0 && errno != EINPROGRESS)
                target->result = name_error(errno);
        else if (target->kind != TCP)
                ask(i);
}

static bool is_reply(const struct target *target, const uint8_t *data, ssize_t n)
{
        size_t skip = target->family == AF_INET ? 20 : 0;

        if (target->kind == UDP)
                return true;
        return (size_t)n >= skip + 8 && data[skip] == (skip ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY) &&
               data[skip + 4] == target->number >> 8 && data[skip + 5] == (uint8_t)target->number;
}

static void look(size_t i)
{
        struct target *target = &targets[i];
        uint8_t data[2048];
        int number = 0;
        socklen_t size = sizeof(number);
        ssize_t n;

        if (target->kind == TCP) {
                getsockopt(fds[i].fd, SOL_SOCKET, SO_ERROR, &number, &size);
                target->result = number == 0 ? "open" : name_error(number);
                return;
        }
        n = recv(fds[i].fd, data, sizeof(data), 0);
        if (n < 0 && errno != EAGAIN)
                target->result = name_error(errno);
        else if (n >= 0 && is_reply(target, data, n))
                target->result = "open";
}

/* How long the slowest of the unknown may still take. */
static long rest_ms(size_t n, long passed)
{
        long rest = 0;

        for (size_t i = 0; i < n; i++) {
                long own = strcmp(targets[i].expected, "dropped") == 0 ? SILENCE_MS : ANSWER_MS;

                if (!targets[i].result && own - passed > rest)
                        rest = own - passed;
        }
        return rest;
}

static void wait_for_answers(size_t n)
{
        long begun = now_ms(), asked = begun, rest;

        while ((rest = rest_ms(n, now_ms() - begun)) > 0) {
                for (size_t i = 0; i < n; i++)
                        if (targets[i].result)
                                fds[i].events = 0;
                poll(fds, n, rest < AGAIN_MS ? (int)rest : AGAIN_MS);
                for (size_t i = 0; i < n; i++)
                        if (!targets[i].result && fds[i].revents)
                                look(i);
                if (now_ms() - asked < AGAIN_MS)
                        continue;
                asked = now_ms();
                for (size_t i = 0; i < n; i++)
                        if (!targets[i].result && targets[i].kind != TCP)
                                ask(i);
        }
}

int main(int argc, char **argv)
{
        size_t n = (size_t)argc - 1;
        int wrong = 0;

        if (n > TARGETS_MAX)
                return 99;
        number_targets(n);
        for (size_t i = 0; i < n; i++)
                begin(i, argv[i + 1]);
        wait_for_answers(n);
        for (size_t i = 0; i < n; i++) {
                const char *result = targets[i].result ? targets[i].result : "dropped";

                if (strcmp(result, targets[i].expected) == 0)
                        continue;
                printf("expected %s: it is %s\n", targets[i].text, result);
                wrong = 1;
        }
        return wrong;
}
