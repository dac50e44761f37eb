/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that root will act on: what is opened, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

static char folder[] = "/tmp/test_file.XXXXXX";

static int enter(void **state)
{
        (void)state;
        return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave(void **state)
{
        char command[64];

        (void)state;
        snprintf(command, sizeof(command), "rm -r %s", folder);
        return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static void write_file(const char *name, const char *text, mode_t mode)
{
        _cleanup_(pg_closep) int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        assert_int_equal(fchmod(fd, mode), 0);
}

static void test_reads(void **state)
{
        _cleanup_(pg_freep) char *text = NULL;
        struct pg_error error = {0};
        size_t length = 7;

        (void)state;
        write_file("good", "hello", 0644);
        assert_int_equal(pg_file_read(AT_FDCWD, "good", 5, &text, &length, NULL, &error), 0);
        assert_int_equal(length, 5);
        assert_string_equal(text, "hello");
        free(PG_TAKE(text));
        write_file("empty", "", 0644);
        assert_int_equal(pg_file_read(AT_FDCWD, "empty", 0, &text, &length, NULL, &error), 0);
        assert_int_equal(length, 0);
        assert_string_equal(text, "");
}

static void test_relative_to_directory(void **state)
{
        _cleanup_(pg_closep) int directory = -1;
        _cleanup_(pg_closep) int fd = -1;
        struct pg_error error = {0};

        (void)state;
        assert_int_equal(mkdir("sub", 0755), 0);
        write_file("sub/inner", "x", 0644);
        directory = pg_directory_open("sub", &error);
        assert_true(directory >= 0);
        fd = pg_file_open(directory, "inner", 10, &error);
        assert_true(fd >= 0);
        assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

static void check_refused(const char *path, size_t size_max, int number, const char *word)
{
        struct pg_error error = {0};
        char *text = (char *)"untouched";
        size_t length = 7;

        assert_int_equal(pg_file_read(AT_FDCWD, path, size_max, &text, &length, NULL, &error), number);
        assert_int_equal(error.number, number);
        if (!strstr(error.message, word) || !strstr(error.message, path))
                fail_msg("%s", error.message);
        assert_string_equal(text, "untouched");
        assert_int_equal(length, 7);
}

static void test_refuses(void **state)
{
        (void)state;
        write_file("large", "123456", 0644);
        assert_int_equal(mkfifo("fifo", 0600), 0);
        check_refused("absent", 10, -ENOENT, "does not exist");
        check_refused("large", 5, -EFBIG, "at most 5 bytes");
        check_refused("fifo", 10, -EINVAL, "no regular file");
        check_refused("/dev/zero", 10, -EINVAL, "no regular file");
        check_refused(".", 10, -EISDIR, "is a directory");
        check_refused("large/x", 10, -ENOTDIR, "no directory");
        check_refused("large/", 10, -ENOTDIR, "no directory");
}

/* Without root's power the rule does not hold: a user may read what others can write. */
static void test_writable_by_everybody(void **state)
{
        struct pg_error error = {0};
        _cleanup_(pg_closep) int fd = -1;

        (void)state;
        write_file("loose", "x", 0646);
        assert_int_equal(mkdir("open", 0755), 0);
        assert_int_equal(chmod("open", 01757), 0);
        if (geteuid() == 0) {
                check_refused("loose", 10, -EPERM, "chmod o-w loose");
                assert_int_equal(pg_directory_open("open", &error), -EPERM);
                assert_non_null(strstr(error.message, "chmod o-w open"));
                return;
        }
        fd = pg_file_open(AT_FDCWD, "loose", 10, &error);
        assert_true(fd >= 0);
}

static bool opens(const char *sudo_uid)
{
        struct pg_error error = {0};
        int fd;

        if (sudo_uid)
                setenv("SUDO_UID", sudo_uid, 1);
        else
                unsetenv("SUDO_UID");
        fd = pg_file_open(AT_FDCWD, "theirs", 10, &error);
        unsetenv("SUDO_UID");
        if (fd < 0) {
                assert_int_equal(fd, -EPERM);
                assert_non_null(strstr(error.message, "chown root theirs"));
                return false;
        }
        close(fd);
        return true;
}

static void test_owned_by_others(void **state)
{
        _cleanup_(pg_fclosep) FILE *map = fopen("/proc/self/uid_map", "re");
        unsigned long inside, outside, count;

        (void)state;
        write_file("theirs", "x", 0644);
        if (geteuid() != 0 || !map || fscanf(map, "%lu %lu %lu", &inside, &outside, &count) != 3 ||
            outside != 0 || count != UINT32_MAX || chown("theirs", 1234, 0) < 0)
                skip();
        assert_false(opens(NULL));
        assert_true(opens("1234"));
        assert_false(opens("1235"));
        assert_false(opens(""));
        assert_false(opens("01234"));
        assert_false(opens("+1234"));
        assert_false(opens(" 1234"));
        assert_false(opens("1234x"));
        assert_false(opens("4294968530")); /* 1234 + 2^32 */
        assert_false(opens("99999999999999999999"));
}

static void test_directories(void **state)
{
        struct pg_error error = {0};
        _cleanup_(pg_closep) int fd = -1;

        (void)state;
        assert_int_equal(mkdir("real", 0755), 0);
        assert_int_equal(symlink("real", "link"), 0);
        write_file("plain", "x", 0644);
        fd = pg_directory_open("real//", &error);
        assert_true(fd >= 0);
        assert_int_equal(pg_directory_open("absent", &error), -ENOENT);
        assert_int_equal(pg_directory_open("plain", &error), -ENOTDIR);
        close(fd);
        fd = pg_directory_open("link/", &error);
        assert_true(fd >= 0);
}

/* Not found, and yet there: nobody may go on as if there were no such file. */
static void test_links_to_nowhere(void **state)
{
        struct pg_error error = {0};
        _cleanup_(pg_closep) int fd = -1;
        char longest[NAME_MAX + 2] = "";

        (void)state;
        assert_int_equal(symlink("gone", "dangling"), 0);
        assert_int_equal(symlink("dangling", "twice"), 0);
        assert_int_equal(symlink("loop", "loop"), 0);
        check_refused("dangling", 10, -ENOLINK, "dangling is a symbolic link to what is not there");
        check_refused("twice", 10, -ENOLINK, "twice is a symbolic link");
        check_refused("dangling/below/file", 10, -ENOLINK, "dangling is a symbolic link");
        check_refused("loop", 10, -ELOOP, "loop: its symbolic links lead in a circle");
        check_refused("loop/below", 10, -ELOOP, "its symbolic links lead in a circle");
        memset(longest, 'x', sizeof(longest) - 1);
        check_refused(longest, 10, -ENAMETOOLONG, "longer than the system allows");
        check_refused("absent/dangling", 10, -ENOENT, "does not exist");
        assert_int_equal(pg_directory_open("dangling/below", &error), -ENOLINK);
        assert_int_equal(pg_directory_open("dangling", &error), -ENOLINK);
        assert_int_equal(mkdir("folder", 0755), 0);
        assert_int_equal(symlink("gone", "folder/link"), 0);
        fd = open("folder", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_int_equal(pg_file_open(fd, "link", 10, &error), -ENOLINK);
        assert_int_equal(pg_file_open(fd, "dangling", 10, &error), -ENOENT);
}

static void test_paths_are_shown_safely(void **state)
{
        struct pg_error error = {0};

        (void)state;
        assert_int_equal(pg_file_open(AT_FDCWD, "\x1b[2J", 10, &error), -ENOENT);
        assert_null(strchr(error.message, '\x1b'));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_reads),
                cmocka_unit_test(test_relative_to_directory),
                cmocka_unit_test(test_refuses),
                cmocka_unit_test(test_writable_by_everybody),
                cmocka_unit_test(test_owned_by_others),
                cmocka_unit_test(test_directories),
                cmocka_unit_test(test_links_to_nowhere),
                cmocka_unit_test(test_paths_are_shown_safely),
        };

        return cmocka_run_group_tests(tests, enter, leave);
}
