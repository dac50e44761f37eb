/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disks that are full or read-only: the history stays as it was, and the message says the advice. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "state/lock.h"
#include "state/store/store.h"
#include "unit/stores.h"

#define NO_NAMESPACE 77

static bool write_text(const char *path, const char *text)
{
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

        close(fd);
        return good;
}

/* Root of namespaces of its own, with a small disk on the folder. */
static bool mount_disk(const char *folder)
{
        char users[64], groups[64];

        snprintf(users, sizeof(users), "0 %u 1", (unsigned)geteuid());
        snprintf(groups, sizeof(groups), "0 %u 1", (unsigned)getegid());
        return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && write_text("/proc/self/uid_map", users) &&
               write_text("/proc/self/setgroups", "deny") && write_text("/proc/self/gid_map", groups) &&
               mount("disk", folder, "tmpfs", 0, "size=256k,mode=0700") == 0;
}

static void fill(const char *folder)
{
        int fd = open(in_folder(folder, "filler"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        static const char block[4096];

        while (write(fd, block, sizeof(block)) > 0)
                ;
        assert_int_equal(errno, ENOSPC);
        close(fd);
}

static void check_kept(const char *folder)
{
        struct pg_store *store = store_open(folder, PG_STORE_READ);
        struct pg_policy *policy = NULL;
        struct pg_history *history = NULL;
        struct pg_error error;

        CHECK(pg_store_history(store, &history, &error));
        assert_int_equal(history->n, 1);
        assert_int_equal(history->items[0].state, PG_GENERATION_CONFIRMED);
        CHECK(pg_store_policy(store, 1, NULL, &policy, &error));
        pg_policy_free(policy);
        pg_history_free(history);
        pg_store_close(store);
}

static void use_full_disk(const char *folder)
{
        const struct pg_generation generation = {.number = 2, .digest = (char *)DIGEST};
        struct pg_policy *policy = make_shipped_policy("openstack-controller", "");
        struct pg_lock *lock = NULL;
        struct pg_store *store;
        struct pg_error error;

        store = store_open(folder, PG_STORE_WRITE);
        store_add(store, 1);
        store_event(store, 1, PG_EVENT_CONFIRMED);
        fill(folder);
        assert_int_equal(pg_store_add(store, &generation, policy, &error), -ENOSPC);
        assert_non_null(strstr(error.message, "make room"));
        pg_store_close(store);
        check_kept(folder);
        /* The lock does not hang on it, and tells of a death nevertheless. */
        CHECK(pg_lock_take(folder, 0, &lock, &error));
        assert_false(pg_lock_was_left(lock));
        pg_lock_stay_left(lock);
        pg_lock_release(lock);
        CHECK(pg_lock_take(folder, 0, &lock, &error));
        assert_true(pg_lock_was_left(lock));
        pg_lock_release(lock);

        assert_int_equal(unlink(in_folder(folder, "filler")), 0);
        store = store_open(folder, PG_STORE_WRITE);
        CHECK(pg_store_add(store, &generation, policy, &error));
        pg_store_close(store);
        pg_policy_free(policy);
}

static void use_full_disk_at_first(const char *folder)
{
        fill(folder);
        check_refused(folder, PG_STORE_WRITE, -ENOSPC, NULL);
        check_refused(folder, PG_STORE_READ, -ENOENT, NULL);
        assert_int_equal(unlink(in_folder(folder, "filler")), 0);
        pg_store_close(store_open(folder, PG_STORE_WRITE));
}

static void use_read_only_disk(const char *folder)
{
        struct pg_store *store = store_open(folder, PG_STORE_WRITE);
        struct pg_lock *lock = NULL;
        struct pg_error error;

        store_add(store, 1);
        store_event(store, 1, PG_EVENT_CONFIRMED);
        pg_store_close(store);
        assert_int_equal(mount(NULL, folder, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
        check_refused(folder, PG_STORE_WRITE, -EROFS, &error);
        assert_non_null(strstr(error.message, "remount"));
        check_kept(folder);
        assert_int_equal(pg_lock_take(folder, 0, &lock, &error), -EROFS);
}

static void run_on_disk(const char *folder, void (*use)(const char *folder))
{
        pid_t pid = fork();
        int status;

        assert_true(pid >= 0);
        if (pid == 0) {
                if (!mount_disk(folder))
                        _exit(NO_NAMESPACE);
                use(folder);
                _exit(0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (WIFEXITED(status) && WEXITSTATUS(status) == NO_NAMESPACE)
                skip();
        assert_int_equal(status, 0);
}

static void a_full_disk(void **state)
{
        run_on_disk(*state, use_full_disk);
}

static void a_disk_that_is_full_at_first(void **state)
{
        run_on_disk(*state, use_full_disk_at_first);
}

static void a_read_only_disk(void **state)
{
        run_on_disk(*state, use_read_only_disk);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                STORE_TEST(a_full_disk),
                STORE_TEST(a_disk_that_is_full_at_first),
                STORE_TEST(a_read_only_disk),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
