/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells which packets pass the input hook: tool_arrives 4|6 PROTOCOL MARK...
 * A mark is bytes, as hexadecimal digits, in the packet. Prints "ready", then every mark that comes by,
 * until the last of the list has come, or for ten seconds.
 */
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tools/address.h"

#define WAIT_MS 10000

int main(int argc, char **argv)
{
        long end = now_ms() + WAIT_MS;
        struct pollfd in = {.events = POLLIN};
        uint8_t data[4096], mark[64];

        if (argc < 4)
                return 99;
        in.fd = socket(argv[1][0] == '6' ? AF_INET6 : AF_INET, SOCK_RAW, atoi(argv[2]));
        must(in.fd >= 0, "socket");
        setvbuf(stdout, NULL, _IONBF, 0);
        puts("ready");
        while (now_ms() < end && poll(&in, 1, (int)(end - now_ms())) > 0) {
                ssize_t n = recv(in.fd, data, sizeof(data), 0);

                for (int i = 3; n > 0 && i < argc; i++) {
                        if (!memmem(data, (size_t)n, mark, parse_bytes(argv[i], mark, sizeof(mark))))
                                continue;
                        puts(argv[i]);
                        if (i == argc - 1)
                                return 0;
                }
        }
        return 1;
}
