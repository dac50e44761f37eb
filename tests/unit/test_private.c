/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What may not be quoted, and what each reader tells of it. As root, or as root of a user namespace. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/private.h"
#include "profile/catalog/catalog.h"
#include "profile/site/internal.h"
#include "told.h"

#define NOT_SHOWN                                                                                     \
        "0:0: warning: its text is not shown: it lies outside /etc/portguard, and not everybody may " \
        "read it\n"

static char folder[] = "/tmp/test_private.XXXXXX";

static int become_root(void)
{
        char map[64];
        unsigned user = (unsigned)geteuid();
        _cleanup_(pg_closep) int fd = -1;
        int length = snprintf(map, sizeof(map), "0 %u 1", user);

        if (user == 0)
                return 0;
        if (unshare(CLONE_NEWUSER) < 0)
                return -1;
        fd = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
        return fd >= 0 && write(fd, map, (size_t)length) == length ? 0 : -1;
}

static int enter(void **state)
{
        (void)state;
        unsetenv("SUDO_UID");
        return become_root() == 0 && mkdtemp(folder) && chmod(folder, 0755) == 0 &&
                               chdir(folder) == 0 && mkdir("closed", 0700) == 0
                       ? 0
                       : -1;
}

static int leave(void **state)
{
        (void)state;
        return unlink("file.yaml") == 0 && unlink("link") == 0 && unlink("closed/file.yaml") == 0 &&
                               rmdir("closed") == 0 && chdir("/") == 0 && rmdir(folder) == 0
                       ? 0
                       : -1;
}

static void write_file(const char *path, const char *text, mode_t mode)
{
        _cleanup_(pg_closep) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        assert_int_equal(fchmod(fd, mode), 0);
}

static bool is_private(const char *path)
{
        _cleanup_(pg_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);

        assert_true(fd >= 0);
        return pg_file_is_private(fd);
}

static void test_who_may_read(void **state)
{
        (void)state;
        write_file("file.yaml", "x", 0644);
        assert_false(is_private("file.yaml"));
        write_file("file.yaml", "x", 0640);
        assert_true(is_private("file.yaml"));
        write_file("closed/file.yaml", "x", 0644);
        assert_true(is_private("closed/file.yaml"));
        assert_int_equal(symlink("closed/file.yaml", "link"), 0);
        assert_true(is_private("link"));
        assert_int_equal(chmod("closed", 0711), 0);
        assert_false(is_private("link"));
        assert_int_equal(chmod("closed", 0700), 0);
        /* Everybody may read both by their mode. */
        assert_true(is_private("/proc/self/maps"));
        assert_true(is_private("/proc/version"));
}

static void test_a_deleted_file(void **state)
{
        _cleanup_(pg_closep) int fd = -1;

        (void)state;
        write_file("gone", "x", 0644);
        fd = open("gone", O_RDONLY | O_CLOEXEC);
        assert_int_equal(unlink("gone"), 0);
        assert_true(pg_file_is_private(fd));
        write_file("gone", "another", 0644);
        assert_true(pg_file_is_private(fd));
        assert_int_equal(unlink("gone"), 0);
}

static void test_sudo(void **state)
{
        (void)state;
        write_file("file.yaml", "x", 0600);
        assert_int_equal(setenv("SUDO_UID", "0", 1), 0);
        assert_true(is_private("file.yaml"));
        assert_int_equal(setenv("SUDO_UID", "12", 1), 0);
        assert_true(is_private("file.yaml"));
        /* Only real root can give a file away. */
        if (chown("file.yaml", 12, (gid_t)-1) == 0) {
                assert_false(is_private("file.yaml"));
                assert_int_equal(setenv("SUDO_UID", "13", 1), 0);
                assert_true(is_private("file.yaml"));
                assert_int_equal(chown("file.yaml", 0, (gid_t)-1), 0);
        }
        unsetenv("SUDO_UID");
}

__attribute__((format(printf, 2, 3))) static void check_format(const char *wanted, const char *format,
                                                               ...)
{
        _cleanup_(pg_freep) char *text = NULL;
        va_list arguments;

        va_start(arguments, format);
        text = pg_format_private(format, arguments);
        va_end(arguments);
        assert_string_equal(text, wanted);
}

static void test_formats(void **state)
{
        (void)state;
        check_format("nothing", "nothing");
        check_format("'...' at 7:-8, 100%", "'%s' at %u:%d, 100%%", "secret", 7U, -8);
        check_format("... of 5000000000 and 6, then ...", "%.*s of %zu and %lu, then %s", 3, "secret",
                     (size_t)5000000000, 6UL, "secret");
        check_format("...... 9", "%*s%c %hu", 5, "secret", 's', (unsigned short)9);
        check_format("U+... is 1", "U+%04X is %i", 0x53U, 1);
        check_format("9223372036854775807 ...", "%jd %-9.3s", INTMAX_MAX, "secret");
        /* What is not known ends it: later arguments cannot be told from it. */
        check_format("...", "%f %s", 1.0, "secret");
}

static void test_concealed(void **state)
{
        struct pg_diagnostics *diagnostics;
        struct pg_place place = {"a.yaml", 3, 9}, other = {"b.yaml", 1, 1};

        (void)state;
        assert_int_equal(pg_diagnostics_new(&diagnostics), 0);
        assert_int_equal(pg_diagnostics_conceal(diagnostics, "a.yaml"), 0);
        assert_int_equal(pg_diagnostics_conceal(diagnostics, "a.yaml"), 0);
        assert_true(pg_diagnostics_conceals(diagnostics, "a.yaml"));
        assert_false(pg_diagnostics_conceals(diagnostics, "b.yaml"));
        assert_false(pg_diagnostics_conceals(diagnostics, NULL));
        pg_diagnostics_add(diagnostics, PG_SEVERITY_WARNING, place, "'%s' is bad", "secret");
        pg_diagnostics_add_plain(diagnostics, PG_SEVERITY_ERROR, place, "%s", "a reason");
        pg_diagnostics_add(diagnostics, PG_SEVERITY_ERROR, other, "'%s' is bad", "this");
        check_told(diagnostics,
                   "3:9: warning: '...' is bad\n" NOT_SHOWN "3:9: a reason\n1:1: 'this' is bad\n");
        pg_diagnostics_reveal(diagnostics, "a.yaml");
        pg_diagnostics_reveal(diagnostics, "b.yaml");
        pg_diagnostics_add(diagnostics, PG_SEVERITY_ERROR, place, "'%s' is known", "it");
        assert_string_equal(pg_diagnostics_at(diagnostics, 4)->text, "'it' is known");
        assert_int_equal(pg_diagnostics_length(diagnostics), 5);
        pg_diagnostics_free(diagnostics);
}

static void check_group_file(mode_t mode, const char *wanted)
{
        struct pg_addresses addresses = {0};
        struct pg_diagnostics *diagnostics;
        struct pg_error error = {0};

        write_file("file.yaml", "10.0.0.1\n secret\n10.0.0.7/8\n::ffff:10.0.0.8\n10.0.0.0/secret\n",
                   mode);
        assert_int_equal(pg_diagnostics_new(&diagnostics), 0);
        assert_int_equal(pg_group_file_read("file.yaml", &addresses, diagnostics, &error), -EINVAL);
        check_told(diagnostics, wanted);
        pg_diagnostics_free(diagnostics);
        pg_addresses_done(&addresses);
}

static void test_group_file(void **state)
{
        (void)state;
        check_group_file(0644,
                         "2:2: 'secret' is no address\n3:1: '10.0.0.7/8' has address bits\n"
                         "4:1: '::ffff:10.0.0.8' is an IPv4\n5:1: '10.0.0.0/secret' has no right\n");
        check_group_file(0600, "2:2: '...' is no address (write one as 192.0.2.7, 192.0.2.0/24 or "
                               "2001:db8::/32)\n" NOT_SHOWN
                               "3:1: '...' has address bits set behind its prefix length (clear them)\n"
                               "4:1: '...' is an IPv4 address written as IPv6 (write it as IPv4)\n"
                               "5:1: '...' has no right prefix length (write /0 to /128 behind the "
                               "address, without leading zeros)\n");
}

static void check_site(const char *text, mode_t mode, const char *wanted)
{
        struct pg_site *site = NULL;
        struct pg_diagnostics *diagnostics;
        struct pg_error error = {0};

        write_file("file.yaml", text, mode);
        assert_int_equal(pg_diagnostics_new(&diagnostics), 0);
        assert_int_equal(pg_site_load("file.yaml", true, &site, diagnostics, &error), -EINVAL);
        check_told(diagnostics, wanted);
        assert_null(strstr(error.message, "secret"));
        pg_diagnostics_free(diagnostics);
}

static void test_site(void **state)
{
        (void)state;
        check_site("secret: 1\negress: secret\n", 0644,
                   "1:1: unknown key 'secret' in a site file\n2:9: 'egress' must be\n");
        check_site(
                "secret: 1\negress: secret\nprofiles: [_secret]\n", 0600,
                "1:1: unknown key (allowed: egress, enable, groups, hosts, params, profiles)\n" NOT_SHOWN
                "2:9: 'egress' must be open or strict\n"
                "3:12: '...' is no name of a profile (write it without folder and .yaml)\n");
        check_site("secret: [secret\n", 0600,
                   "2:1: this is no valid YAML (check that every [ has its ])\n" NOT_SHOWN);
        check_site("groups: {x: {file: secret}}\n", 0600,
                   "1:20: the group file cannot be read: No such file or directory\n" NOT_SHOWN);
}

static void check_profile(const char *text, mode_t mode, const char *wanted)
{
        static const char *const names[] = {"file"};
        struct pg_catalog *catalog = NULL;
        struct pg_diagnostics *diagnostics;
        struct pg_error error = {0};

        write_file("file.yaml", text, mode);
        assert_int_equal(pg_diagnostics_new(&diagnostics), 0);
        assert_int_equal(pg_catalog_load(".", names, 1, &catalog, diagnostics, &error), -EINVAL);
        check_told(diagnostics, wanted);
        assert_null(strstr(error.message, "secret"));
        pg_diagnostics_free(diagnostics);
        assert_int_equal(pg_diagnostics_new(&diagnostics), 0);
        assert_int_equal(pg_catalog_load_file(".", "file.yaml", &catalog, diagnostics, &error),
                         -EINVAL);
        check_told(diagnostics, wanted);
        pg_diagnostics_free(diagnostics);
}

static void test_profile(void **state)
{
        (void)state;
        check_profile("name: file\nsummary: S\nsecret: 1\ninclude: [secret]\n", 0600,
                      "3:1: unknown key (allowed: egress, groups, include, name, notes, params, "
                      "services, sources, summary)\n" NOT_SHOWN
                      "4:11: there is no such profile (see: portguard profiles list)\n");
        /* One that is a profile is shown as such. */
        check_profile("name: file\nsummary: S\ninclude: [secret]\n", 0600,
                      "3:11: there is no profile 'secret' in .");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_who_may_read), cmocka_unit_test(test_a_deleted_file),
                cmocka_unit_test(test_sudo),         cmocka_unit_test(test_formats),
                cmocka_unit_test(test_concealed),    cmocka_unit_test(test_group_file),
                cmocka_unit_test(test_site),         cmocka_unit_test(test_profile),
        };

        return cmocka_run_group_tests(tests, enter, leave);
}
