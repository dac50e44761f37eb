/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Other firewalls as systemd's files tell of them, in trees that the test makes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/doctor/internal.h"

static char root[64];
static struct pg_doctor doctor;

static void path_of(const char *path, char whole[static PATH_MAX])
{
        snprintf(whole, PATH_MAX, "%s/%s", root, path);
        for (char *slash = strchr(whole + strlen(root) + 1, '/'); slash;
             slash = strchr(slash + 1, '/')) {
                *slash = '\0';
                assert_true(mkdir(whole, 0755) == 0 || errno == EEXIST);
                *slash = '/';
        }
}

static void put_directory(const char *path)
{
        char whole[PATH_MAX];

        path_of(path, whole);
        assert_int_equal(mkdir(whole, 0755), 0);
}

static void put_link(const char *path, const char *target)
{
        char whole[PATH_MAX];

        path_of(path, whole);
        assert_int_equal(symlink(target, whole), 0);
}

static void put_file(const char *path, const char *text)
{
        char whole[PATH_MAX];
        FILE *file;

        path_of(path, whole);
        file = fopen(whole, "we");
        assert_non_null(file);
        fputs(text, file);
        fclose(file);
        assert_int_equal(chmod(whole, 0644), 0);
}

static const struct pg_check *find(const char *name, const char *part)
{
        for (size_t i = 0; i < doctor.checkup->n; i++)
                if (strcmp(doctor.checkup->items[i].name, name) == 0 &&
                    strstr(doctor.checkup->items[i].text, part))
                        return &doctor.checkup->items[i];
        return NULL;
}

/* Fails unless there is a finding of that level whose text has the part. */
static void check(const char *name, enum pg_check_level level, const char *part)
{
        const struct pg_check *found;

        assert_int_equal(pg_check_services(&doctor), 0);
        found = find(name, part);
        if (!found || found->level != level)
                fail_msg("nothing of %s and level %d says: %s", name, (int)level, part);
        assert_true(doctor.checkup->worst >= level);
}

static int begin(void **state)
{
        (void)state;
        strcpy(root, "/tmp/portguard-units-XXXXXX");
        doctor = (struct pg_doctor){.root = root, .checkup = calloc(1, sizeof(struct pg_checkup))};
        return doctor.checkup && mkdtemp(root) ? 0 : -1;
}

static int end(void **state)
{
        char command[128];

        (void)state;
        pg_checkup_free(doctor.checkup);
        snprintf(command, sizeof(command), "rm -rf --one-file-system %s", root);
        return system(command);
}

static void an_empty_host_has_nothing(void **state)
{
        (void)state;
        check("services", PG_CHECK_OK, "no other firewall is active or started at boot");
        assert_non_null(find("boot", "systemd does not manage this host"));
        assert_int_equal(doctor.checkup->worst, PG_CHECK_NOTE);
}

static void what_is_wanted_is_started_at_boot(void **state)
{
        (void)state;
        put_link("etc/systemd/system/multi-user.target.wants/firewalld.service",
                 "/usr/lib/systemd/system/firewalld.service");
        check("services", PG_CHECK_WARNING, "firewalld.service is started at boot");
        assert_string_equal(find("services", "firewalld")->advice,
                            "systemctl disable --now firewalld.service");
        assert_null(find("services", "no other firewall"));
}

static void what_is_required_is_started_at_boot(void **state)
{
        (void)state;
        put_link("etc/systemd/system/network.target.requires/ferm.service", "/nowhere");
        check("services", PG_CHECK_WARNING, "ferm.service is started at boot");
}

static void what_is_masked_is_not(void **state)
{
        (void)state;
        put_link("etc/systemd/system/multi-user.target.wants/firewalld.service", "/nowhere");
        put_link("etc/systemd/system/firewalld.service", "/dev/null");
        check("services", PG_CHECK_OK, "no other firewall");
}

static void an_invocation_is_active(void **state)
{
        (void)state;
        put_link("run/systemd/units/invocation:netfilter-persistent.service", "0123456789abcdef");
        check("services", PG_CHECK_WARNING, "netfilter-persistent.service is active");
}

static void a_control_group_is_active(void **state)
{
        (void)state;
        put_directory("sys/fs/cgroup/user.slice/system.slice");
        put_directory("sys/fs/cgroup/system.slice/firewalld.service");
        put_link("etc/systemd/system/multi-user.target.wants/firewalld.service", "/nowhere");
        check("services", PG_CHECK_WARNING, "firewalld.service is active, and started at boot");
}

static void a_link_is_no_control_group(void **state)
{
        (void)state;
        put_directory("elsewhere/firewalld.service");
        put_link("sys/fs/cgroup/system.slice", "../../../elsewhere");
        check("services", PG_CHECK_OK, "no other firewall");
}

static void ufw_that_is_not_enabled_is_idle(void **state)
{
        (void)state;
        put_link("run/systemd/units/invocation:ufw.service", "0123456789abcdef");
        put_file("etc/ufw/ufw.conf", "# ENABLED=yes\nENABLED=no\n");
        check("services", PG_CHECK_OK, "no other firewall");
}

static void ufw_that_is_enabled_is_told(void **state)
{
        (void)state;
        put_link("run/systemd/units/invocation:ufw.service", "0123456789abcdef");
        put_file("etc/ufw/ufw.conf", "# a comment\nENABLED=yes\n");
        check("services", PG_CHECK_WARNING, "ufw.service is active");
}

static void a_flush_of_all_tables_is_told(void **state)
{
        (void)state;
        put_link("etc/systemd/system/sysinit.target.wants/nftables.service", "/nowhere");
        put_file("etc/nftables.conf", "#!/usr/sbin/nft -f\n\nflush ruleset\n");
        check("services", PG_CHECK_WARNING, "begins with 'flush ruleset'");
}

static void without_a_flush_it_is_a_firewall_like_others(void **state)
{
        (void)state;
        put_link("etc/systemd/system/sysinit.target.wants/nftables.service", "/nowhere");
        put_file("etc/nftables.conf", "#!/usr/sbin/nft -f\n# flush ruleset\n");
        check("services", PG_CHECK_WARNING, "nftables.service is started at boot");
        assert_null(find("services", "flush ruleset"));
}

static void our_own_unit_is_wanted_at_boot(void **state)
{
        (void)state;
        put_directory("run/systemd/system");
        check("boot", PG_CHECK_NOTE, "portguard.service is not started at boot");
        assert_string_equal(find("boot", "not started")->advice, "systemctl enable portguard.service");
}

static void our_own_unit_that_is_enabled_is_fine(void **state)
{
        (void)state;
        put_directory("run/systemd/system");
        put_link("etc/systemd/system/sysinit.target.wants/portguard.service", "/nowhere");
        check("boot", PG_CHECK_OK, "portguard.service brings the last confirmed generation back");
}

/* The program of systemd, as a script. */
static void put_systemctl(const char *path, const char *text)
{
        char whole[PATH_MAX];

        put_file(path, text);
        path_of(path, whole);
        assert_int_equal(chmod(whole, 0755), 0);
}

static void our_own_unit_that_failed_is_a_problem(void **state)
{
        (void)state;
        put_directory("run/systemd/system");
        put_link("etc/systemd/system/sysinit.target.wants/portguard.service", "/nowhere");
        put_systemctl("bin/systemctl",
                      "#!/bin/sh\n[ \"$*\" = 'is-failed --quiet portguard.service' ]\n");
        check("boot", PG_CHECK_PROBLEM, "portguard.service failed");
        assert_non_null(strstr(find("boot", "failed")->advice, "journalctl -b -u portguard.service"));
        assert_null(find("boot", "brings the last confirmed generation back"));
}

static void our_own_unit_that_did_not_fail_is_fine(void **state)
{
        (void)state;
        put_directory("run/systemd/system");
        put_link("etc/systemd/system/sysinit.target.wants/portguard.service", "/nowhere");
        put_systemctl("usr/bin/systemctl", "#!/bin/sh\nexit 1\n");
        check("boot", PG_CHECK_OK, "portguard.service brings the last confirmed generation back");
        assert_null(find("boot", "failed"));
}

/* The doctor does not hang with systemd, and believes no answer that it had to end. */
static void a_systemd_that_hangs_is_not_waited_for(void **state)
{
        struct timespec before, after;

        (void)state;
        put_directory("run/systemd/system");
        put_systemctl("usr/bin/systemctl", "#!/bin/sh\nexec tail -f /dev/null\n");
        clock_gettime(CLOCK_MONOTONIC, &before);
        check("boot", PG_CHECK_NOTE, "portguard.service is not started at boot");
        clock_gettime(CLOCK_MONOTONIC, &after);
        assert_true(after.tv_sec - before.tv_sec < 30);
}

static void without_systemd_it_is_not_asked(void **state)
{
        (void)state;
        put_systemctl("usr/bin/systemctl", "#!/bin/sh\nexit 0\n");
        check("boot", PG_CHECK_NOTE, "systemd does not manage this host");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(an_empty_host_has_nothing),
                TEST(what_is_wanted_is_started_at_boot),
                TEST(what_is_required_is_started_at_boot),
                TEST(what_is_masked_is_not),
                TEST(an_invocation_is_active),
                TEST(a_control_group_is_active),
                TEST(a_link_is_no_control_group),
                TEST(ufw_that_is_not_enabled_is_idle),
                TEST(ufw_that_is_enabled_is_told),
                TEST(a_flush_of_all_tables_is_told),
                TEST(without_a_flush_it_is_a_firewall_like_others),
                TEST(our_own_unit_is_wanted_at_boot),
                TEST(our_own_unit_that_is_enabled_is_fine),
                TEST(our_own_unit_that_failed_is_a_problem),
                TEST(our_own_unit_that_did_not_fail_is_fine),
                TEST(a_systemd_that_hangs_is_not_waited_for),
                TEST(without_systemd_it_is_not_asked),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
