/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Holds a TCP connection: tool_hold ADDRESS PORT. Prints "connected"; for every line that it reads,
 * sends it and prints "echo" when it comes back within five seconds, or "lost".
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/address.h"

int main(int argc, char **argv)
{
        struct sockaddr_storage peer;
        char line[256], back[256];
        struct pollfd in;
        socklen_t length;

        if (argc != 3)
                return 99;
        length = parse_address(argv[1], (unsigned)atoi(argv[2]), &peer);
        in = (struct pollfd){.fd = socket(peer.ss_family, SOCK_STREAM, 0), .events = POLLIN};
        must(connect(in.fd, (struct sockaddr *)&peer, length) == 0, argv[1]);
        setvbuf(stdout, NULL, _IONBF, 0);
        puts("connected");
        while (fgets(line, sizeof(line), stdin)) {
                must(write(in.fd, line, strlen(line)) > 0, "write");
                puts(poll(&in, 1, 5000) == 1 && read(in.fd, back, sizeof(back)) > 0 ? "echo" : "lost");
        }
        return 0;
}
