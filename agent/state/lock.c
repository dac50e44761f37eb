/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One writer at a time, by a lock on a file of the state directory. */
#include "state/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/trust.h"
#include "host/processes.h"
#include "state/directory.h"

/* flock() cannot wait for a bounded time; a writer holds the lock for milliseconds. */
#define PAUSE_MS 10
/* How long one that only peeks is waited for, by those who wait for no writer. */
#define PEEK_MS 1000
/* What is written is always this long: the file is never empty in between. */
#define PID_LENGTH 12

struct pg_lock {
        int fd;
        bool was_left, stays_left;
};

/* Who holds the lock, as it wrote itself into the file; or 0. */
static long read_pid(int fd)
{
        char text[32] = "";

        return pread(fd, text, sizeof(text) - 1, 0) > 0 ? strtol(text, NULL, 10) : 0;
}

static int report_holder(int fd, const char *directory, struct pg_error *error)
{
        char name[PG_PROCESS_NAME_MAX];
        long pid = read_pid(fd);

        if (pid <= 0)
                return pg_error_set(
                        error, PG_STATUS_FAILED, -EBUSY,
                        "another portguard is at work in %s; try again, or wait for it with "
                        "--wait",
                        directory);
        pg_process_name((pid_t)pid, name);
        return pg_error_set(
                error, PG_STATUS_FAILED, -EBUSY,
                "another portguard is at work in %s: process %ld%s%s; try again, or wait for "
                "it with --wait",
                directory, pid, name[0] ? " " : "", name);
}

static long now_ms(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec * 1000L + now.tv_nsec / 1000000L;
}

static bool is_shared(int fd)
{
        if (flock(fd, LOCK_SH | LOCK_NB) < 0)
                return false;
        flock(fd, LOCK_UN);
        return true;
}

static bool lock_within(int fd, unsigned wait_ms)
{
        const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
        long start = now_ms();

        while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
                long waited = now_ms() - start;

                if (errno != EINTR && errno != EWOULDBLOCK)
                        return false;
                /* pg_lock_peek() holds it for an instant, and is no writer. */
                if (waited >= (long)wait_ms && (waited >= PEEK_MS || !is_shared(fd)))
                        return false;
                nanosleep(&pause, NULL);
        }
        return true;
}

/* The number is for the message of others; that the file is not empty tells of a death, and needs no
 * room on the disk: a full one must not keep anybody from disabling or rolling back. */
static int write_pid(int fd)
{
        char text[PID_LENGTH + 1];

        snprintf(text, sizeof(text), "%-11d\n", (int)getpid());
        /* EFBIG: a limit of the process (ulimit -f), by which the file stays empty. */
        if (ftruncate(fd, PID_LENGTH) < 0)
                return errno == EFBIG ? 0 : -errno;
        if (pwrite(fd, text, PID_LENGTH, 0) < 0 && errno != ENOSPC && errno != EDQUOT)
                return -errno;
        return 0;
}

static int fail_file(const char *directory, int number, struct pg_error *error)
{
        return pg_error_set(error, PG_STATUS_FAILED, -number,
                            "the lock %s/" PG_STATE_LOCK " is no regular file; move it away",
                            directory);
}

static int fail_open(const char *directory, int number, struct pg_error *error)
{
        if (number == EISDIR || number == ELOOP)
                return fail_file(directory, number, error);
        return pg_error_set(error,
                            number == EACCES || number == EPERM ? PG_STATUS_NO_PERMISSION
                                                                : PG_STATUS_FAILED,
                            -number, "cannot open %s/" PG_STATE_LOCK ": %s", directory,
                            strerror(number));
}

/* A FIFO or a device would be written to, and who else may open the file may hold it locked for ever.
 */
static int check_file(int fd, const char *directory, struct stat *status, struct pg_error *error)
{
        char path[PATH_MAX];

        if (fstat(fd, status) < 0)
                return fail_open(directory, errno, error);
        snprintf(path, sizeof(path), "%s/" PG_STATE_LOCK, directory);
        if (!S_ISREG(status->st_mode))
                return fail_file(directory, EINVAL, error);
        return pg_trust_check(status, PG_TRUST_ROOT, path, error);
}

int pg_lock_take(const char *directory, unsigned wait_ms, struct pg_lock **ret, struct pg_error *error)
{
        _cleanup_(pg_closep) int parent = pg_state_directory_open(directory, true, error);
        _cleanup_(pg_freep) struct pg_lock *lock = NULL;
        _cleanup_(pg_closep) int fd = -1;
        struct stat status;
        int r;

        if (parent < 0)
                return parent;
        lock = calloc(1, sizeof(*lock));
        if (!lock)
                return pg_error_memory(error);
        fd = openat(parent, PG_STATE_LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
                    0600);
        /* A file system that became read-only must not keep anybody from disabling or rolling back, nor
         * a host from its policy at boot: a lock needs no writing. */
        if (fd < 0 && errno == EROFS) {
                lock->stays_left = true;
                fd = openat(parent, PG_STATE_LOCK, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
                if (fd < 0 && errno == ENOENT)
                        errno = EROFS;
        }
        if (fd < 0)
                return fail_open(directory, errno, error);
        r = check_file(fd, directory, &status, error);
        if (r < 0)
                return r;
        if (!lock_within(fd, wait_ms))
                return report_holder(fd, directory, error);
        if (fstat(fd, &status) < 0)
                return fail_open(directory, errno, error);
        lock->was_left = status.st_size > 0;
        r = lock->stays_left ? 0 : write_pid(fd);
        if (r < 0)
                return pg_error_set(error, PG_STATUS_FAILED, r, "cannot write %s/" PG_STATE_LOCK ": %s",
                                    directory, strerror(-r));
        lock->fd = fd;
        fd = -1;
        *ret = PG_TAKE(lock);
        return 0;
}

struct pg_lock *pg_lock_release(struct pg_lock *lock)
{
        if (!lock)
                return NULL;
        /* Where this fails, the next run looks for leftovers in vain. */
        if (!lock->stays_left && ftruncate(lock->fd, 0) < 0)
                lock->stays_left = true;
        close(lock->fd);
        free(lock);
        return NULL;
}

bool pg_lock_was_left(const struct pg_lock *lock)
{
        return lock->was_left;
}

void pg_lock_stay_left(struct pg_lock *lock)
{
        lock->stays_left = true;
}

int pg_lock_peek(const char *directory)
{
        _cleanup_(pg_closep) int parent = pg_state_directory_open(directory, false, NULL);
        _cleanup_(pg_closep) int fd = -1;
        struct stat status;

        if (parent < 0)
                return parent == -ENOENT ? PG_LOCK_UNUSED : parent;
        fd = openat(parent, PG_STATE_LOCK, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0)
                return errno == ENOENT ? PG_LOCK_UNUSED : -errno;
        if (flock(fd, LOCK_SH | LOCK_NB) < 0) {
                if (errno != EWOULDBLOCK)
                        return -errno;
                return read_pid(fd) == (long)getpid() ? PG_LOCK_OURS : PG_LOCK_HELD;
        }
        /* Closing the file lets go of the lock. */
        if (fstat(fd, &status) < 0)
                return -errno;
        return S_ISREG(status.st_mode) && status.st_size > 0 ? PG_LOCK_LEFT : PG_LOCK_FREE;
}
