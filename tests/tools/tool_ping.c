/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sends COUNT echo requests at once, and prints how many are answered:
 *
 *      tool_ping COUNT ADDRESS [SOURCE]
 *      tool_ping one COUNT ADDRESS [SOURCE]
 *
 * Each has an identifier of its own; or with `one` all have the same: conntrack takes those of one for
 * one connection.
 */
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tools/address.h"

#define SILENCE_MS 300

int main(int argc, char **argv)
{
        bool is_one = argc > 1 && strcmp(argv[1], "one") == 0;
        char **words = argv + is_one;
        int n_words = argc - is_one, count = n_words > 1 ? atoi(words[1]) : 0;
        int answered = 0, fd, size = 1 << 20;
        struct sockaddr_storage peer, own;
        socklen_t length;
        uint8_t request[16] = {0}, data[2048];
        uint16_t sum;
        struct pollfd in;
        bool is_v6;
        ssize_t n;

        if (n_words < 3 || n_words > 4)
                return 99;
        length = parse_address(words[2], 0, &peer);
        is_v6 = peer.ss_family == AF_INET6;
        request[0] = is_v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
        fd = socket(peer.ss_family, SOCK_RAW, is_v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
        must(fd >= 0, "socket");
        if (n_words == 4) {
                parse_address(words[3], 0, &own);
                must(bind(fd, (struct sockaddr *)&own, length) == 0, "bind");
        }
        must(fd >= 0 && connect(fd, (struct sockaddr *)&peer, length) == 0, "socket");
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
        for (int i = 0; i < count; i++) {
                request[2] = request[3] = 0;
                request[is_one ? 6 : 4] = (uint8_t)(i >> 8);
                request[is_one ? 7 : 5] = (uint8_t)i;
                sum = checksum_fold(checksum_add(0, request, sizeof(request)));
                request[2] = (uint8_t)(is_v6 ? 0 : sum >> 8);
                request[3] = (uint8_t)(is_v6 ? 0 : sum);
                must(send(fd, request, sizeof(request), 0) > 0, "send");
        }
        in = (struct pollfd){.fd = fd, .events = POLLIN};
        while (poll(&in, 1, SILENCE_MS) > 0) {
                n = recv(fd, data, sizeof(data), 0);
                if (n >= (is_v6 ? 8 : 28) &&
                    data[is_v6 ? 0 : 20] == (is_v6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY))
                        answered++;
        }
        printf("%d\n", answered);
        return 0;
}
