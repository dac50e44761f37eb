/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ssh session that somebody typed the command in. */
#include "engine/caller.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strings.h"
#include "host/processes.h"
#include "portguard/portguard.h"

#define ANCESTORS_MAX 32
#define VARIABLE "SSH_CONNECTION"

static bool parse_port(const char *text, uint16_t *ret)
{
        size_t length = strspn(text, "0123456789");
        unsigned long port =
                length > 0 && length <= 5 && text[length] == '\0' ? strtoul(text, NULL, 10) : 0;

        *ret = (uint16_t)port;
        return port > 0 && port <= UINT16_MAX;
}

/* "192.0.2.1", "2001:db8::1", "fe80::1%eth0", "::ffff:192.0.2.1"; what is behind '%' goes to
 * `interface`. */
static bool parse_address(char *text, bool *ret_v6, uint8_t address[static 16],
                          char interface[static IF_NAMESIZE])
{
        static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
        char *percent = strchr(text, '%');

        if (percent) {
                *percent = '\0';
                if (!pg_interface_name_is_valid(percent + 1))
                        return false;
                snprintf(interface, IF_NAMESIZE, "%s", percent + 1);
        }
        *ret_v6 = strchr(text, ':') != NULL;
        if (inet_pton(*ret_v6 ? AF_INET6 : AF_INET, text, address) != 1)
                return false;
        if (*ret_v6 && memcmp(address, mapped, sizeof(mapped)) == 0) {
                *ret_v6 = false;
                memmove(address, address + 12, 4);
        }
        return true;
}

bool pg_ssh_session_parse(const char *text, struct pg_ssh_session *ret)
{
        struct pg_ssh_session session = {0};
        char client[64], client_port[8], server[64], server_port[8], ignored[IF_NAMESIZE];
        int end = 0;
        bool is_v6;

        if (sscanf(text, "%63s %7s %63s %7s%n", client, client_port, server, server_port, &end) != 4 ||
            text[end] != '\0')
                return false;
        if (!parse_address(client, &session.is_v6, session.client, session.interface) ||
            !parse_address(server, &is_v6, session.server, ignored) || is_v6 != session.is_v6 ||
            !parse_port(client_port, &session.client_port) ||
            !parse_port(server_port, &session.server_port))
                return false;
        *ret = session;
        return true;
}

bool pg_ssh_session_find(struct pg_ssh_session *ret)
{
        const char *own = getenv(VARIABLE);
        pid_t pid = getpid();
        char text[160];

        if (own && pg_ssh_session_parse(own, ret))
                return true;
        for (int i = 0; i < ANCESTORS_MAX; i++) {
                pid = pg_process_parent(pid);
                if (pid <= 0)
                        return false;
                if (pg_process_variable(pid, VARIABLE, text, sizeof(text)) &&
                    pg_ssh_session_parse(text, ret))
                        return true;
        }
        return false;
}

bool pg_caller_is_person(void)
{
        _cleanup_(pg_closep) int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);

        return fd >= 0 || pg_caller_is_remote();
}

bool pg_caller_is_remote(void)
{
        struct pg_ssh_session ignored;

        return pg_ssh_session_find(&ignored);
}
