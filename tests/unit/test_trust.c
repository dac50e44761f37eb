/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom root trusts: the file, each directory above it, and each link on the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/trust.h"

#define STRANGER 1234

static char folder[] = "/tmp/test_trust.XXXXXX";

static int enter(void **state)
{
        (void)state;
        return mkdtemp(folder) && chmod(folder, 0755) == 0 && chdir(folder) == 0 &&
                               mkdir("a", 0755) == 0 && mkdir("a/b", 0755) == 0 &&
                               mkdir("shared", 0755) == 0 && chmod("shared", 01777) == 0
                       ? 0
                       : -1;
}

static int leave(void **state)
{
        char command[64];

        (void)state;
        snprintf(command, sizeof(command), "rm -r %s", folder);
        return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static void check_goes(const char *path, enum pg_trust whom, const char *last)
{
        char name[NAME_MAX + 1];
        struct pg_error error = {0};
        struct stat found, meant;
        int fd = pg_trust_walk(AT_FDCWD, path, whom, true, name, &error);

        if (fd < 0)
                fail_msg("%s: %d %s", path, fd, error.message);
        assert_string_equal(name, last);
        if (fstatat(fd, name, &found, AT_SYMLINK_NOFOLLOW) == 0) {
                assert_int_equal(stat(path, &meant), 0);
                assert_int_equal(found.st_ino, meant.st_ino);
        }
        close(fd);
}

/* `command` and the path that it is to be typed for, below the folder. */
static void check_refused(const char *path, enum pg_trust whom, const char *command, const char *what)
{
        char name[NAME_MAX + 1], advice[PATH_MAX];
        struct pg_error error = {0};

        assert_int_equal(pg_trust_walk(AT_FDCWD, path, whom, true, name, &error), -EPERM);
        assert_int_equal(error.number, -EPERM);
        assert_int_equal(error.status, whom == PG_TRUST_ROOT ? PG_STATUS_FAILED : PG_STATUS_INVALID);
        snprintf(advice, sizeof(advice), "act on it: %s %s/%s", command, folder, what);
        if (!strstr(error.message, advice))
                fail_msg("%s, not %s", error.message, advice);
}

static void check_errno(const char *path, int number)
{
        char name[NAME_MAX + 1];

        assert_int_equal(pg_trust_walk(AT_FDCWD, path, PG_TRUST_ROOT, true, name, NULL), number);
        assert_int_equal(pg_trust_walk(AT_FDCWD, path, PG_TRUST_ANYBODY, true, name, NULL), number);
}

static void gets_where_open_gets(void **state)
{
        char path[PATH_MAX], name[NAME_MAX + 1];
        int fd;

        (void)state;
        assert_int_equal(symlink("a/b", "relative"), 0);
        snprintf(path, sizeof(path), "%s/a/", folder);
        assert_int_equal(symlink(path, "absolute"), 0);
        assert_int_equal(symlink("../absolute/b", "a/round"), 0);
        for (enum pg_trust whom = PG_TRUST_ANYBODY; whom <= PG_TRUST_ROOT; whom++) {
                check_goes("/", whom, ".");
                check_goes(".", whom, ".");
                check_goes("a/..", whom, ".");
                check_goes("a/b/../../a//b///", whom, "b");
                check_goes("relative", whom, "b");
                check_goes("relative/..", whom, ".");
                check_goes("relative/../b", whom, "b");
                check_goes("a/round/", whom, "b");
                check_goes("a/missing", whom, "missing");
                check_goes("/../../tmp", whom, "tmp");
                check_goes(path, whom, "a");
        }
        fd = pg_trust_walk(AT_FDCWD, "a/round", PG_TRUST_ROOT, false, name, NULL);
        assert_true(fd >= 0);
        assert_string_equal(name, "round");
        close(fd);
}

static void fails_as_open_fails(void **state)
{
        char longest[PATH_MAX + 2];

        (void)state;
        close(open("file", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
        assert_int_equal(symlink("loop", "loop"), 0);
        check_errno("", -ENOENT);
        check_errno("missing/below", -ENOENT);
        check_errno("file/below", -ENOTDIR);
        check_errno("file/..", -ENOTDIR);
        check_errno("loop", -ELOOP);
        memset(longest, 'x', sizeof(longest) - 1);
        longest[sizeof(longest) - 1] = '\0';
        check_errno(longest, -ENAMETOOLONG);
        longest[NAME_MAX + 1] = '\0';
        check_errno(longest, -ENAMETOOLONG);
}

static void whoever_may_write_above(void **state)
{
        char path[PATH_MAX], name[NAME_MAX + 1];
        int directory, fd;

        (void)state;
        snprintf(path, sizeof(path), "%s/a/b/file", folder);
        assert_int_equal(symlink("a/b/file", "to_below"), 0);
        assert_int_equal(symlink("../file", "a/to_above"), 0);
        assert_int_equal(chmod("a", 0775), 0);
        check_refused(path, PG_TRUST_ROOT, "chmod g-w", "a");
        check_refused("a/b/file", PG_TRUST_CALLER, "chmod g-w", "a");
        check_refused("to_below", PG_TRUST_ROOT, "chmod g-w", "a");
        check_refused("a/../file", PG_TRUST_ROOT, "chmod g-w", "a");
        /* Who may change the link may not change the file, but which one is taken. */
        check_refused("a/to_above", PG_TRUST_ROOT, "chmod g-w", "a");
        assert_int_equal(chdir("a/b"), 0);
        check_refused("file", PG_TRUST_ROOT, "chmod g-w", "a");
        assert_int_equal(chdir(folder), 0);
        check_goes("a/b/file", PG_TRUST_ANYBODY, "file");
        /* Whoever opened a directory has looked at what is above it. */
        directory = open("a/b", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        fd = pg_trust_walk(directory, "file", PG_TRUST_ROOT, true, name, NULL);
        assert_true(fd >= 0);
        close(fd);
        close(directory);

        assert_int_equal(chmod("a", 0757), 0);
        check_refused("a/b/file", PG_TRUST_ROOT, "chmod o-w", "a");
        assert_int_equal(chmod("a", 0777), 0);
        check_refused("a/b/file", PG_TRUST_ROOT, "chmod go-w", "a");
        assert_int_equal(chmod("a", 01777), 0);
        check_goes("a/b/file", PG_TRUST_ROOT, "file");
        assert_int_equal(chmod("a", 0755), 0);
}

/* Where that cannot be, since who runs this is not root of the host, the test is skipped. */
static void give_away(const char *path, uid_t owner)
{
        if (lchown(path, owner, (gid_t)-1) < 0)
                skip();
}

static void whoever_owns_what_is_above(void **state)
{
        (void)state;
        give_away("a", STRANGER);
        check_refused("a/b/file", PG_TRUST_ROOT, "chown root", "a");
        check_refused("a/b/file", PG_TRUST_CALLER, "chown root", "a");
        setenv("SUDO_UID", "1234", 1);
        check_goes("a/b/file", PG_TRUST_CALLER, "file");
        check_refused("a/b/file", PG_TRUST_ROOT, "chown root", "a");
        setenv("SUDO_UID", "1235", 1);
        check_refused("a/b/file", PG_TRUST_CALLER, "chown root", "a");
        unsetenv("SUDO_UID");
        give_away("a", 0);
}

/* A umask of 002 leaves what a user makes so, and the user's own group has nobody else in it. */
static void a_users_own_group(void **state)
{
        struct stat status = {.st_mode = S_IFREG | 0664, .st_uid = STRANGER, .st_gid = STRANGER};

        (void)state;
        setenv("SUDO_UID", "1234", 1);
        assert_int_equal(pg_trust_check(&status, PG_TRUST_CALLER, "x", NULL), 0);
        assert_int_equal(pg_trust_check(&status, PG_TRUST_ROOT, "x", NULL), -EPERM);
        status.st_gid = STRANGER + 1;
        assert_int_equal(pg_trust_check(&status, PG_TRUST_CALLER, "x", NULL), -EPERM);
        status.st_gid = STRANGER;
        status.st_mode = S_IFREG | 0666;
        assert_int_equal(pg_trust_check(&status, PG_TRUST_CALLER, "x", NULL), -EPERM);
        unsetenv("SUDO_UID");
}

/* In /tmp each user has what is theirs. */
static void in_a_directory_of_all(void **state)
{
        (void)state;
        assert_int_equal(mkdir("shared/ours", 0755), 0);
        assert_int_equal(mkdir("shared/theirs", 0755), 0);
        assert_int_equal(symlink("ours", "shared/link"), 0);
        check_goes("shared/link/file", PG_TRUST_ROOT, "file");
        give_away("shared/theirs", STRANGER);
        give_away("shared/link", STRANGER);
        check_goes("shared/ours/file", PG_TRUST_ROOT, "file");
        check_refused("shared/theirs/file", PG_TRUST_ROOT, "chown root", "shared/theirs");
        check_refused("shared/link/file", PG_TRUST_ROOT, "chown -h root", "shared/link");
}

static void looks_at_what_was_found(void **state)
{
        struct stat status = {.st_mode = S_IFREG | 0644};
        struct pg_error error = {0};

        (void)state;
        assert_int_equal(pg_trust_check(&status, PG_TRUST_ROOT, "x", &error), 0);
        /* Of a directory itself nobody may have a say in what is added to it. */
        status.st_mode = S_IFDIR | 01777;
        assert_int_equal(pg_trust_check(&status, PG_TRUST_ROOT, "x y", &error), -EPERM);
        assert_non_null(strstr(error.message, "chmod go-w 'x y'"));
        assert_int_equal(pg_trust_check(&status, PG_TRUST_ANYBODY, "x", &error), 0);
}

static void map_ids(pid_t process, const char *kind, unsigned outside, unsigned count)
{
        char path[64];
        FILE *map;

        snprintf(path, sizeof(path), "/proc/%d/%s_map", (int)process, kind);
        map = fopen(path, "we");
        assert_non_null(map);
        fprintf(map, "0 %u %u\n", outside, count);
        assert_int_equal(fclose(map), 0);
}

/* Asks in a user namespace of its own, whose users 0 to `count` - 1 are those from `outside` on. */
static bool holds_inside(unsigned outside, unsigned count, bool (*holds)(void))
{
        int ready[2], mapped[2], status;
        char byte = 0;
        pid_t child;

        assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
        assert_int_equal(pipe2(mapped, O_CLOEXEC), 0);
        child = fork();
        if (child == 0) {
                if (unshare(CLONE_NEWUSER) < 0 || write(ready[1], "", 1) != 1 ||
                    read(mapped[0], &byte, 1) != 1)
                        _exit(2);
                _exit(holds() ? 1 : 0);
        }
        assert_int_equal(read(ready[0], &byte, 1), 1);
        map_ids(child, "uid", outside, count);
        map_ids(child, "gid", outside, count);
        assert_int_equal(write(mapped[1], "", 1), 1);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
        for (size_t i = 0; i < 2; i++) {
                close(ready[i]);
                close(mapped[i]);
        }
        return WEXITSTATUS(status) == 1;
}

static bool trusts_nameless(void)
{
        return pg_trust_owner(65534, PG_TRUST_ROOT);
}

static bool trusts_roots_group(void)
{
        const struct stat status = {.st_mode = S_IFREG | 0664};

        return pg_trust_check(&status, PG_TRUST_ROOT, "x", NULL) == 0;
}

static void owners_without_a_name(void **state)
{
        (void)state;
        give_away("a", STRANGER);
        give_away("a", 0);
        assert_false(trusts_nameless());
        assert_true(holds_inside(0, 1, trusts_nameless));
        assert_true(holds_inside(0, 65534, trusts_nameless));
        assert_false(holds_inside(0, 65535, trusts_nameless));
}

static void roots_group(void **state)
{
        (void)state;
        give_away("a", STRANGER);
        give_away("a", 0);
        assert_false(trusts_roots_group());
        assert_false(holds_inside(0, 1, trusts_roots_group));
        /* As by unshare --map-root-user. */
        assert_true(holds_inside(STRANGER, 1, trusts_roots_group));
        /* As in a container. */
        assert_false(holds_inside(100000, 65536, trusts_roots_group));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(gets_where_open_gets),
                cmocka_unit_test(fails_as_open_fails),
                cmocka_unit_test(whoever_may_write_above),
                cmocka_unit_test(whoever_owns_what_is_above),
                cmocka_unit_test(a_users_own_group),
                cmocka_unit_test(in_a_directory_of_all),
                cmocka_unit_test(looks_at_what_was_found),
                cmocka_unit_test(owners_without_a_name),
                cmocka_unit_test(roots_group),
        };

        return cmocka_run_group_tests(tests, enter, leave);
}
