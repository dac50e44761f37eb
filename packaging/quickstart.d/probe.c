/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Listens on ports, or finds out which of them answer. Knows nothing of portguard. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Begins with zeroes: conntrack reads a GRE header of version 0 in it. */
#define QUESTION "\0\0\0\0quickstart?"
#define ANSWER "\0\0\0\0quickstart!"
#define TEXT_LENGTH (sizeof(QUESTION) - 1)

enum state { WAITING, OPEN, CLOSED, REFUSED, UNAVAILABLE };

/* "tcp/22", "udp/53", "sctp/36412", "protocol/47" */
struct target {
        const char *text;
        int type, protocol;
        in_port_t port; /* network byte order; 0 for a protocol without ports */
        enum state state;
};

union address {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
};

static int usage(void)
{
        fputs("usage: quickstart-probe listen PROTOCOL/PORT...\n"
              "       quickstart-probe ask ADDRESS MILLISECONDS PROTOCOL/PORT...\n\n"
              "listen: answers on all of them, prints 'ready', and stays.\n"
              "ask: prints one line each: PROTOCOL/PORT open|closed|refused|unavailable\n"
              "PROTOCOL/PORT is tcp/22, udp/53, sctp/36412 or protocol/47.\n",
              stderr);
        return 2;
}

static bool target_parse(const char *text, struct target *ret)
{
        static const struct {
                const char *prefix;
                int type, protocol;
        } kinds[] = {
                {"tcp/", SOCK_STREAM, IPPROTO_TCP},
                {"udp/", SOCK_DGRAM, IPPROTO_UDP},
                {"sctp/", SOCK_STREAM, IPPROTO_SCTP},
                {"protocol/", SOCK_RAW, 0},
        };

        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
                size_t length = strlen(kinds[i].prefix);
                long number;
                char *end;

                if (strncmp(text, kinds[i].prefix, length) != 0)
                        continue;
                number = strtol(text + length, &end, 10);
                if (*end || number < 1 || number > (kinds[i].protocol ? 65535 : 255))
                        return false;
                *ret = (struct target){.text = text,
                                       .type = kinds[i].type,
                                       .protocol = kinds[i].protocol};
                if (kinds[i].protocol)
                        ret->port = htons((in_port_t)number);
                else
                        ret->protocol = (int)number;
                return true;
        }
        return false;
}

/* A socket for the target, bound to every address or connected to one. Negative errno on failure. */
static int target_open(const struct target *target, const union address *address, bool listening)
{
        socklen_t length =
                address->any.sa_family == AF_INET ? sizeof(address->v4) : sizeof(address->v6);
        int fd, one = 1, r;

        fd = socket(address->any.sa_family, target->type | SOCK_NONBLOCK | SOCK_CLOEXEC,
                    target->protocol);
        if (fd < 0)
                return -errno;
        if (listening && address->any.sa_family == AF_INET6)
                setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
        r = listening ? bind(fd, &address->any, length) : connect(fd, &address->any, length);
        if (r == 0 && listening && target->type == SOCK_STREAM)
                r = listen(fd, 64);
        if (r < 0 && errno != EINPROGRESS) {
                r = -errno;
                close(fd);
                return r;
        }
        return fd;
}

static void address_set_port(union address *address, in_port_t port)
{
        if (address->any.sa_family == AF_INET)
                address->v4.sin_port = port;
        else
                address->v6.sin6_port = port;
}

/* Whether the datagram is `text`. A raw IPv4 socket gets the IP header too. */
static bool is_text(const struct target *target, int family, const char *data, ssize_t n,
                    const char *text)
{
        size_t header = 0;

        if (n <= 0)
                return false;
        if (target->type == SOCK_RAW && family == AF_INET)
                header = (size_t)(data[0] & 0x0f) * 4;
        return (size_t)n == header + TEXT_LENGTH && memcmp(data + header, text, TEXT_LENGTH) == 0;
}

static void answer(const struct target *target, int fd)
{
        union address peer = {0};
        socklen_t length = sizeof(peer);
        char data[128];
        ssize_t n;

        if (target->type == SOCK_STREAM) {
                int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

                if (connection >= 0)
                        close(connection);
                return;
        }
        n = recvfrom(fd, data, sizeof(data), 0, &peer.any, &length);
        if (is_text(target, peer.any.sa_family, data, n, QUESTION))
                (void)!sendto(fd, ANSWER, TEXT_LENGTH, 0, &peer.any, length);
}

static int serve(struct target *targets, size_t n)
{
        static const union address everywhere[] = {
                {.v4 = {.sin_family = AF_INET}},
                {.v6 = {.sin6_family = AF_INET6}},
        };
        struct pollfd *sockets = calloc(2 * n, sizeof(*sockets));

        if (!sockets)
                return 1;
        for (size_t i = 0; i < 2 * n; i++) {
                union address address = everywhere[i % 2];

                address_set_port(&address, targets[i / 2].port);
                sockets[i].events = POLLIN;
                sockets[i].fd = target_open(&targets[i / 2], &address, true);
                if (sockets[i].fd < 0 && i % 2 == 0)
                        fprintf(stderr, "quickstart-probe: cannot listen on %s: %s\n",
                                targets[i / 2].text, strerror(-sockets[i].fd));
        }
        puts("ready");
        fflush(stdout);
        while (poll(sockets, 2 * n, -1) >= 0 || errno == EINTR)
                for (size_t i = 0; i < 2 * n; i++)
                        if (sockets[i].fd >= 0 && sockets[i].revents)
                                answer(&targets[i / 2], sockets[i].fd);
        free(sockets);
        return 1;
}

static enum state state_of_error(int number)
{
        switch (number) {
        case ECONNREFUSED:
                return REFUSED;
        case EPROTONOSUPPORT:
        case ESOCKTNOSUPPORT:
        case EAFNOSUPPORT:
        case ENETUNREACH:
        case EPERM:
                return UNAVAILABLE;
        default:
                return CLOSED;
        }
}

/* What an event on the socket says of the target. */
static enum state hear(const struct target *target, int fd, int family)
{
        char data[128];
        ssize_t n;
        int number = 0;
        socklen_t length = sizeof(number);

        if (target->type == SOCK_STREAM) {
                if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &length) < 0 || number != 0)
                        return state_of_error(number);
                return OPEN;
        }
        n = recv(fd, data, sizeof(data), 0);
        if (n < 0)
                return errno == EAGAIN ? WAITING : state_of_error(errno);
        return is_text(target, family, data, n, ANSWER) ? OPEN : WAITING;
}

static void send_questions(const struct target *targets, const struct pollfd *sockets, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (sockets[i].fd >= 0 && targets[i].type != SOCK_STREAM)
                        (void)!send(sockets[i].fd, QUESTION, TEXT_LENGTH, 0);
}

static long now_ms(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Until all have answered, or the time is over. */
static void gather(struct target *targets, struct pollfd *sockets, size_t n, int family, long deadline)
{
        size_t waiting = 0;

        for (size_t i = 0; i < n; i++)
                waiting += sockets[i].fd >= 0;
        while (waiting > 0) {
                long left = deadline - now_ms();

                if (left <= 0 || (poll(sockets, n, (int)left) < 0 && errno != EINTR))
                        return;
                for (size_t i = 0; i < n; i++) {
                        if (sockets[i].fd < 0 || !sockets[i].revents)
                                continue;
                        targets[i].state = hear(&targets[i], sockets[i].fd, family);
                        if (targets[i].state == WAITING)
                                continue;
                        close(sockets[i].fd);
                        sockets[i].fd = -1;
                        waiting--;
                }
        }
}

static int ask(union address *address, long milliseconds, struct target *targets, size_t n)
{
        static const char *const names[] = {"closed", "open", "closed", "refused", "unavailable"};
        struct pollfd *sockets = calloc(n, sizeof(*sockets));
        int family = address->any.sa_family;
        long start = now_ms();

        if (!sockets)
                return 1;
        for (size_t i = 0; i < n; i++) {
                address_set_port(address, targets[i].port);
                sockets[i].events = targets[i].type == SOCK_STREAM ? POLLOUT : POLLIN;
                sockets[i].fd = target_open(&targets[i], address, false);
                if (sockets[i].fd < 0)
                        targets[i].state = state_of_error(-sockets[i].fd);
        }
        /* A datagram may be lost on a busy machine; TCP asks again by itself. */
        send_questions(targets, sockets, n);
        gather(targets, sockets, n, family, start + milliseconds / 2);
        send_questions(targets, sockets, n);
        gather(targets, sockets, n, family, start + milliseconds);
        for (size_t i = 0; i < n; i++)
                printf("%s %s\n", targets[i].text, names[targets[i].state]);
        free(sockets);
        return 0;
}

static bool address_parse(const char *text, union address *ret)
{
        *ret = (union address){0};
        if (inet_pton(AF_INET, text, &ret->v4.sin_addr) == 1)
                ret->any.sa_family = AF_INET;
        else if (inet_pton(AF_INET6, text, &ret->v6.sin6_addr) == 1)
                ret->any.sa_family = AF_INET6;
        else
                return false;
        return true;
}

int main(int argc, char **argv)
{
        bool listening = argc > 2 && strcmp(argv[1], "listen") == 0;
        int first = listening ? 2 : 4;
        union address address = {0};
        struct rlimit files;
        struct target *targets;
        size_t n;
        int r;

        if (argc <= first || (!listening && strcmp(argv[1], "ask") != 0))
                return usage();
        if (!listening && !address_parse(argv[2], &address))
                return usage();
        if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
                files.rlim_cur = files.rlim_max;
                setrlimit(RLIMIT_NOFILE, &files);
        }
        n = (size_t)(argc - first);
        targets = calloc(n, sizeof(*targets));
        if (!targets)
                return 1;
        for (size_t i = 0; i < n; i++)
                if (!target_parse(argv[first + (int)i], &targets[i])) {
                        free(targets);
                        return usage();
                }
        r = listening ? serve(targets, n) : ask(&address, strtol(argv[3], NULL, 10), targets, n);
        free(targets);
        return r;
}
