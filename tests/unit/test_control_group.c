/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The unit in /proc/PID/cgroup. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "host/control_group.h"

static void check(const char *text, const char *wanted)
{
        char unit[PG_UNIT_NAME_MAX] = "untouched";

        if (pg_control_group_unit(text, unit) != (wanted != NULL))
                fail_msg("'%s' is %s", text, wanted ? "not read" : "read");
        assert_string_equal(unit, wanted ? wanted : "untouched");
}

static void units_of_version_2_are_read(void **state)
{
        (void)state;
        check("0::/system.slice/ssh.service\n", "ssh.service");
        check("0::/system.slice/ssh.service", "ssh.service");
        check("0::/system.slice/system-getty.slice/getty@tty1.service\n", "getty@tty1.service");
        check("0::/user.slice/user-1000.slice/session-3.scope\n", "session-3.scope");
        check("0::/system.slice/cups.socket\n", "cups.socket");
        check("0::/init.scope\n", "init.scope");
}

static void the_innermost_unit_counts(void **state)
{
        (void)state;
        check("0::/user.slice/user-1000.slice/user@1000.service/app.slice/web.service\n",
              "web.service");
        check("0::/system.slice/docker-0123456789ab.scope/system.slice/nginx.service\n",
              "nginx.service");
        /* Groups that a service makes for itself. */
        check("0::/system.slice/libvirtd.service/emulator\n", "libvirtd.service");
        check("0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-1.scope\n",
              "cri-containerd-1.scope");
}

static void units_of_version_1_are_read(void **state)
{
        (void)state;
        check("12:pids:/system.slice/ssh.service\n"
              "2:cpu,cpuacct:/system.slice/ssh.service\n"
              "1:name=systemd:/system.slice/ssh.service\n",
              "ssh.service");
        /* A hybrid of both; somebody moved the process in the hierarchy of a controller. */
        check("4:memory:/other.scope\n1:name=systemd:/system.slice/ssh.service\n0::/wrong.service\n",
              "ssh.service");
        check("4:memory:/other.scope\n1:name=systemd:/\n0::/system.slice/ssh.service\n", "ssh.service");
        check("4:memory:/first.scope\n3:cpu:/second.service\n", "first.scope");
        check("4:memory:/system.slice/only.service\n1:name=systemd:/\n0::/\n", "only.service");
}

static void what_is_no_unit_is_not_read(void **state)
{
        char line[PG_UNIT_NAME_MAX + 64];

        (void)state;
        check("", NULL);
        check("\n\n", NULL);
        check("0::/\n", NULL);
        check("0::\n", NULL);
        check("0:\n", NULL);
        check("nonsense.service\n", NULL);
        check("0::/system.slice\n", NULL);
        check("0::/docker/0123456789ab\n", NULL);
        check("0::/.service\n", NULL);
        check("0::/service\n", NULL);
        check("0::/x.service.d\n", NULL);
        snprintf(line, sizeof(line), "0::/%0*d.service", PG_UNIT_NAME_MAX - 8, 0);
        check(line, NULL);
        /* The longest there is. */
        snprintf(line, sizeof(line), "0::/%0*d.service", PG_UNIT_NAME_MAX - 9, 0);
        check(line, line + 4);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(units_of_version_2_are_read),
                cmocka_unit_test(the_innermost_unit_counts),
                cmocka_unit_test(units_of_version_1_are_read),
                cmocka_unit_test(what_is_no_unit_is_not_read),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
