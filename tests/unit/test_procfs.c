/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is read of /proc, and of files that are no better. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/procfs.h"

/* A file of no folder, and its name. */
static int file = -1;
static char name[32];

static int make_file(void **state)
{
        (void)state;
        file = memfd_create("procfs", MFD_CLOEXEC);
        snprintf(name, sizeof(name), "/proc/self/fd/%d", file);
        return file < 0;
}

static void write_file(const char *bytes, size_t length)
{
        assert_int_equal(ftruncate(file, 0), 0);
        assert_int_equal(pwrite(file, bytes, length, 0), length);
}

static void a_file_is_read_as_far_as_it_fits(void **state)
{
        char buffer[6];

        (void)state;
        write_file("a\0cd", 4);
        memset(buffer, 'x', sizeof(buffer));
        assert_int_equal(pg_procfs_read(buffer, sizeof(buffer), "%s", name), 4);
        assert_memory_equal(buffer, "a\0cd\0x", 6);
        write_file("12345", 5);
        assert_int_equal(pg_procfs_read(buffer, sizeof(buffer), "%s", name), 5);
        assert_string_equal(buffer, "12345");
        write_file("1234567", 7);
        assert_int_equal(pg_procfs_read(buffer, sizeof(buffer), "%s", name), 5);
        assert_string_equal(buffer, "12345");
        write_file("", 0);
        assert_int_equal(pg_procfs_read(buffer, sizeof(buffer), "%s", name), 0);
        assert_string_equal(buffer, "");
}

/* The kernel gives such a file a page at a time. */
static void a_file_of_many_pages_is_read_to_its_end(void **state)
{
        static char buffer[1 << 20];
        char beyond[4096];
        ssize_t length = pg_procfs_read(buffer, sizeof(buffer), "/proc/%d/smaps", (int)getpid());

        (void)state;
        assert_true(length > 2 * 4096);
        assert_int_equal(strlen(buffer), length);
        assert_int_equal(buffer[length - 1], '\n');
        assert_int_equal(pg_procfs_read(beyond, sizeof(beyond), "/proc/self/smaps"),
                         sizeof(beyond) - 1);
}

static void what_cannot_be_read_is_empty(void **state)
{
        char buffer[8] = "before";

        (void)state;
        assert_int_equal(pg_procfs_read(buffer, sizeof(buffer), "/proc/%d/comm", -1), -ENOENT);
        assert_string_equal(buffer, "");
        assert_int_equal(pg_procfs_read(buffer, sizeof(buffer), "/proc/self"), -EISDIR);
        assert_string_equal(buffer, "");
        assert_int_equal(pg_procfs_read(buffer, sizeof(buffer), "/proc/%0300d", 1), -ENAMETOOLONG);
        assert_null(pg_procfs_directory("/proc/%d/fd", -1));
        assert_int_equal(errno, ENOENT);
        assert_null(pg_procfs_directory("/proc/%0300d", 1));
        assert_int_equal(errno, ENAMETOOLONG);
}

static void numbers_are_read(void **state)
{
        static const struct {
                const char *text;
                bool is_number;
                uint64_t number;
        } cases[] = {
                {"0\n", true, 0},
                {"262144\n", true, 262144},
                {"18446744073709551615", true, UINT64_MAX},
                {"18446744073709551616", false, 0},
                {"1 2 3\n", true, 1},
                {"", false, 0},
                {"\n", false, 0},
                {"max\n", false, 0},
        };

        (void)state;
        for (size_t i = 0; i < PG_ELEMENTSOF(cases); i++) {
                uint64_t number = 7;

                write_file(cases[i].text, strlen(cases[i].text));
                assert_int_equal(pg_procfs_number(name, &number), cases[i].is_number);
                assert_int_equal(number, cases[i].is_number ? cases[i].number : 7);
        }
}

static void links_lead_to_inodes(void **state)
{
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        DIR *directory = pg_procfs_directory("/proc/%d/fd", (int)getpid());
        struct stat status;
        char number[16];

        (void)state;
        assert_non_null(directory);
        assert_int_equal(fstat(fd, &status), 0);
        snprintf(number, sizeof(number), "%d", fd);
        assert_int_equal(pg_procfs_inode(dirfd(directory), number, "socket"), status.st_ino);
        assert_int_equal(pg_procfs_inode(dirfd(directory), number, "sock"), 0);
        assert_int_equal(pg_procfs_inode(dirfd(directory), number, "net"), 0);
        assert_int_equal(errno, 0);
        assert_int_equal(stat("/proc/self/ns/net", &status), 0);
        assert_int_equal(pg_procfs_inode(AT_FDCWD, "/proc/self/ns/net", "net"), status.st_ino);
        assert_int_equal(pg_procfs_inode(AT_FDCWD, "/proc/self/exe", "net"), 0);
        assert_int_equal(errno, 0);
        assert_int_equal(pg_procfs_inode(AT_FDCWD, "/proc/-1/ns/net", "net"), 0);
        assert_int_equal(errno, ENOENT);
        close(fd);
        closedir(directory);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_file_is_read_as_far_as_it_fits),
                cmocka_unit_test(a_file_of_many_pages_is_read_to_its_end),
                cmocka_unit_test(what_cannot_be_read_is_empty),
                cmocka_unit_test(numbers_are_read),
                cmocka_unit_test(links_lead_to_inodes),
        };

        return cmocka_run_group_tests(tests, make_file, NULL);
}
