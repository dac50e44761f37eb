/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One writer, and what is known of one that died. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "state/lock.h"
#include "unit/stores.h"

static struct pg_lock *take(const char *folder)
{
        struct pg_lock *lock = NULL;
        struct pg_error error = {0};

        CHECK(pg_lock_take(folder, 0, &lock, &error));
        return lock;
}

static off_t size_of_lock(const char *folder)
{
        struct stat status;

        assert_int_equal(stat(in_folder(folder, "lock"), &status), 0);
        assert_int_equal(status.st_mode & 07777, 0600);
        return status.st_size;
}

/* A child that takes the lock, says so, and holds it until it is told to go: by releasing it, or, with
 * `dies`, without. */
struct holder {
        pid_t pid;
        int told; /* closing it tells the child to go */
};

static struct holder hold(const char *folder, bool dies)
{
        int said[2], told[2];
        struct holder holder;
        char c;

        assert_int_equal(pipe2(said, O_CLOEXEC), 0);
        assert_int_equal(pipe2(told, O_CLOEXEC), 0);
        holder.pid = fork();
        assert_true(holder.pid >= 0);
        if (holder.pid == 0) {
                struct pg_lock *lock = NULL;

                close(told[1]);
                if (pg_lock_take(folder, 0, &lock, NULL) < 0 || write(said[1], "x", 1) != 1)
                        _exit(1);
                while (read(told[0], &c, 1) < 0 && errno == EINTR)
                        ;
                if (!dies)
                        pg_lock_release(lock);
                _exit(0);
        }
        close(told[0]);
        close(said[1]);
        assert_int_equal(read(said[0], &c, 1), 1);
        close(said[0]);
        holder.told = told[1];
        return holder;
}

static void let_go(struct holder holder)
{
        int status;

        close(holder.told);
        assert_int_equal(waitpid(holder.pid, &status, 0), holder.pid);
        assert_int_equal(status, 0);
}

static void the_file_is_empty_after_a_release(void **state)
{
        const char *folder = in_folder(*state, "made");
        struct pg_lock *lock;
        struct stat status;

        assert_int_equal(pg_lock_peek(folder), PG_LOCK_UNUSED);
        assert_int_equal(access(folder, F_OK), -1);

        lock = take(folder);
        assert_int_equal(stat(folder, &status), 0);
        assert_int_equal(status.st_mode & 07777, 0700);
        assert_false(pg_lock_was_left(lock));
        assert_true(size_of_lock(folder) > 0);
        assert_int_equal(pg_lock_peek(folder), PG_LOCK_OURS);
        assert_null(pg_lock_release(lock));
        assert_int_equal(size_of_lock(folder), 0);
        assert_int_equal(pg_lock_peek(folder), PG_LOCK_FREE);
        assert_null(pg_lock_release(NULL));
}

static void a_death_is_told(void **state)
{
        const char *folder = *state;
        struct pg_lock *lock;

        let_go(hold(folder, true));
        assert_int_equal(pg_lock_peek(folder), PG_LOCK_LEFT);
        lock = take(folder);
        assert_true(pg_lock_was_left(lock));
        /* Now this process is at it. */
        assert_int_equal(pg_lock_peek(folder), PG_LOCK_OURS);
        pg_lock_release(lock);
        assert_int_equal(pg_lock_peek(folder), PG_LOCK_FREE);
        lock = take(folder);
        assert_false(pg_lock_was_left(lock));
        pg_lock_release(lock);
}

static void what_is_not_cleaned_up_stays_told(void **state)
{
        const char *folder = *state;
        struct pg_lock *lock;

        let_go(hold(folder, true));
        lock = take(folder);
        pg_lock_stay_left(lock);
        pg_lock_release(lock);
        assert_int_equal(pg_lock_peek(folder), PG_LOCK_LEFT);
        /* And also when the one who wanted to clean up dies. */
        let_go(hold(folder, true));
        assert_int_equal(pg_lock_peek(folder), PG_LOCK_LEFT);
        lock = take(folder);
        assert_true(pg_lock_was_left(lock));
        pg_lock_release(lock);
}

static void the_holder_is_named(void **state)
{
        const char *folder = *state;
        struct holder holder = hold(folder, false);
        struct pg_lock *lock = NULL;
        struct pg_error error = {0};
        char number[32];

        assert_int_equal(pg_lock_take(folder, 0, &lock, &error), -EBUSY);
        assert_null(lock);
        snprintf(number, sizeof(number), "process %d ", holder.pid);
        assert_non_null(strstr(error.message, number));
        assert_int_equal(pg_lock_take(folder, 30, &lock, &error), -EBUSY);
        assert_int_equal(pg_lock_peek(folder), PG_LOCK_HELD);
        let_go(holder);
        assert_int_equal(pg_lock_peek(folder), PG_LOCK_FREE);
        pg_lock_release(take(folder));
}

static void a_writer_is_waited_for(void **state)
{
        const char *folder = *state;
        struct holder holder = hold(folder, false);
        struct pg_lock *lock = NULL;
        struct pg_error error = {0};

        close(holder.told);
        CHECK(pg_lock_take(folder, 60000, &lock, &error));
        assert_false(pg_lock_was_left(lock));
        pg_lock_release(lock);
        assert_int_equal(waitpid(holder.pid, NULL, 0), holder.pid);
}

static int peeking = -1;

static void stop_peeking(int signal)
{
        (void)signal;
        close(peeking);
}

static void a_reader_turns_no_writer_away(void **state)
{
        const struct itimerval soon = {.it_value = {.tv_usec = 30000}};
        const char *folder = *state;

        let_go(hold(folder, true));
        peeking = open(in_folder(folder, "lock"), O_RDONLY | O_CLOEXEC);
        assert_int_equal(flock(peeking, LOCK_SH), 0);
        signal(SIGALRM, stop_peeking);
        assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
        pg_lock_release(take(folder));
        signal(SIGALRM, SIG_DFL);
}

static void check_directory_refused(const char *folder, int number)
{
        struct pg_lock *lock = NULL;
        struct pg_error error = {0};

        assert_int_equal(pg_lock_take(folder, 0, &lock, &error), number);
        assert_null(lock);
        assert_int_equal(error.number, number);
        assert_true(strlen(error.message) > 0);
}

static void directories_that_are_refused(void **state)
{
        const char *folder = *state, *real = in_folder(folder, "real"),
                   *link = in_folder(folder, "link");

        assert_int_equal(mkdir(real, 0700), 0);
        assert_int_equal(symlink("real", link), 0);
        check_directory_refused(link, -ENOTDIR);
        check_directory_refused(in_folder(folder, "link/"), -ENOTDIR);
        pg_lock_release(take(in_folder(folder, "real//")));
        assert_int_equal(chmod(real, 0777), 0);
        check_directory_refused(real, -EPERM);
        assert_int_equal(chmod(real, 0720), 0);
        check_directory_refused(real, -EPERM);
        assert_int_equal(chmod(real, 0700), 0);
        check_directory_refused(in_folder(folder, "missing/state"), -ENOENT);
        check_directory_refused(in_folder(folder, "real/lock"), -ENOTDIR);
        check_directory_refused("", -ENOENT);

        assert_int_equal(unlink(in_folder(folder, "real/lock")), 0);
        assert_int_equal(symlink("/dev/null", in_folder(folder, "real/lock")), 0);
        check_directory_refused(real, -ELOOP);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                STORE_TEST(the_file_is_empty_after_a_release),
                STORE_TEST(a_death_is_told),
                STORE_TEST(what_is_not_cleaned_up_stays_told),
                STORE_TEST(the_holder_is_named),
                STORE_TEST(a_writer_is_waited_for),
                STORE_TEST(a_reader_turns_no_writer_away),
                STORE_TEST(directories_that_are_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
