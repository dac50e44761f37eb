/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SSH_CONNECTION is read as it is written, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "engine/caller.h"

static void format(bool is_v6, const uint8_t *address, uint16_t port, char *buffer, size_t size)
{
        char text[INET6_ADDRSTRLEN];

        inet_ntop(is_v6 ? AF_INET6 : AF_INET, address, text, sizeof(text));
        snprintf(buffer, size, "%s %u", text, port);
}

static void check(const char *text, const char *wanted)
{
        struct pg_ssh_session session = {0};
        char client[64], server[64], line[192];

        if (!pg_ssh_session_parse(text, &session))
                fail_msg("'%s' is refused", text);
        format(session.is_v6, session.client, session.client_port, client, sizeof(client));
        format(session.is_v6, session.server, session.server_port, server, sizeof(server));
        snprintf(line, sizeof(line), "%s %s%s%s", client, server, session.interface[0] ? " at " : "",
                 session.interface);
        assert_string_equal(line, wanted);
}

static void sessions_are_read(void **state)
{
        (void)state;
        check("203.0.113.9 51234 203.0.113.1 22", "203.0.113.9 51234 203.0.113.1 22");
        check("2001:db8::9 1 2001:db8::1 65535", "2001:db8::9 1 2001:db8::1 65535");
        check("fe80::9%eth0 51234 fe80::1%eth0 22", "fe80::9 51234 fe80::1 22 at eth0");
        check("::ffff:203.0.113.9 51234 ::ffff:203.0.113.1 22", "203.0.113.9 51234 203.0.113.1 22");
        check("::ffff:203.0.113.9 51234 203.0.113.1 22", "203.0.113.9 51234 203.0.113.1 22");
}

static void anything_else_is_refused(void **state)
{
        static const char *const bad[] = {
                "",
                " ",
                "203.0.113.9",
                "203.0.113.9 51234 203.0.113.1",
                "203.0.113.9 51234 203.0.113.1 22 ",
                "203.0.113.9 51234 203.0.113.1 22 x",
                "203.0.113.9 51234 203.0.113.1 22\n",
                "203.0.113.9 0 203.0.113.1 22",
                "203.0.113.9 65536 203.0.113.1 22",
                "203.0.113.9 51234 203.0.113.1 0",
                "203.0.113.9 51234 203.0.113.1 -22",
                "203.0.113.9 51234 203.0.113.1 +22",
                "203.0.113.9 51234 203.0.113.1 0x16",
                "203.0.113.9 51234 203.0.113.1 99999999999999999999",
                "203.0.113.9 51234 203.0.113.1 2222222",
                "203.0.113.9 51234 203.0.113.1 0000022",
                "203.0.113.9 51234 2001:db8::1 22",
                "203.0.113 51234 203.0.113.1 22",
                "203.0.113.9/24 51234 203.0.113.1 22",
                "UNKNOWN 65535 UNKNOWN 65535",
                "example.com 51234 203.0.113.1 22",
                "2001:db8::9::1 51234 2001:db8::1 22",
                "fe80::9% 51234 fe80::1 22",
                "fe80::9%an-interface-of-a-long-name 51234 fe80::1 22",
                "fe80::9%\033[31m 51234 fe80::1 22",
                "1111111111111111111111111111111111111111111111111111111111111111111111 1 1.2.3.4 22",
        };

        (void)state;
        for (size_t i = 0; i < PG_ELEMENTSOF(bad); i++) {
                struct pg_ssh_session session, before;

                memset(&session, 0x5a, sizeof(session));
                before = session;
                if (pg_ssh_session_parse(bad[i], &session))
                        fail_msg("'%s' is taken", bad[i]);
                assert_memory_equal(&session, &before, sizeof(session));
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(sessions_are_read),
                cmocka_unit_test(anything_else_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
