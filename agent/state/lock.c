/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One writer at a time, by a lock on a file of the state directory. */
#include "state/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/text.h"

/* flock() cannot wait for a bounded time; a writer holds the lock for milliseconds. */
#define PAUSE_MS 10

struct pg_lock {
        int fd;
};

static int open_directory(const char *path, struct pg_error *error)
{
        struct stat status;
        int fd;

        if (mkdir(path, 0700) < 0 && errno != EEXIST)
                return pg_error_set(
                        error,
                        errno == EACCES || errno == EPERM ? PG_STATUS_NO_PERMISSION : PG_STATUS_FAILED,
                        -errno,
                        "cannot make the state directory %s: %s (name another with --state or "
                        "PORTGUARD_STATE)",
                        path, strerror(errno));
        fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return pg_error_set(error, errno == EACCES ? PG_STATUS_NO_PERMISSION : PG_STATUS_FAILED,
                                    -errno, "cannot open the state directory %s: %s", path,
                                    errno == ENOTDIR || errno == ELOOP
                                            ? "it is no directory, or a symbolic link"
                                            : strerror(errno));
        if (fstat(fd, &status) == 0 && (status.st_mode & S_IWOTH)) {
                close(fd);
                return pg_error_set(
                        error, PG_STATUS_FAILED, -EPERM,
                        "everybody may write to the state directory %s; mend it: chmod 0700 %s", path,
                        path);
        }
        return fd;
}

/* Who holds the lock, as it wrote itself into the file. */
static int report_holder(int fd, const char *directory, struct pg_error *error)
{
        char text[32] = "", path[64], name[32] = "";
        ssize_t length = pread(fd, text, sizeof(text) - 1, 0);
        long pid = length > 0 ? strtol(text, NULL, 10) : 0;
        FILE *comm;

        if (pid <= 0)
                return pg_error_set(
                        error, PG_STATUS_FAILED, -EBUSY,
                        "another portguard is at work in %s; try again, or wait for it with "
                        "--wait",
                        directory);
        snprintf(path, sizeof(path), "/proc/%ld/comm", pid);
        comm = fopen(path, "re");
        if (comm) {
                if (fgets(name, sizeof(name), comm))
                        name[strcspn(name, "\n")] = '\0';
                fclose(comm);
        }
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

static bool lock_within(int fd, unsigned wait_ms)
{
        const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
        long deadline = now_ms() + (long)wait_ms;

        while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
                if (errno != EINTR && errno != EWOULDBLOCK)
                        return false;
                if (now_ms() >= deadline)
                        return false;
                nanosleep(&pause, NULL);
        }
        return true;
}

int pg_lock_take(const char *directory, unsigned wait_ms, struct pg_lock **ret, struct pg_error *error)
{
        _cleanup_(pg_closep) int parent = open_directory(directory, error);
        _cleanup_(pg_closep) int fd = -1;
        char text[32];
        int length;

        if (parent < 0)
                return parent;
        fd = openat(parent, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0)
                return pg_error_set(error, errno == EACCES ? PG_STATUS_NO_PERMISSION : PG_STATUS_FAILED,
                                    -errno, "cannot open %s/lock: %s", directory, strerror(errno));
        if (!lock_within(fd, wait_ms))
                return report_holder(fd, directory, error);

        /* Only for the message of others: the lock does not hang on it. */
        length = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
        if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)length, 0) < 0)
                return pg_error_set(error, PG_STATUS_FAILED, -errno, "cannot write %s/lock: %s",
                                    directory, strerror(errno));
        *ret = malloc(sizeof(**ret));
        if (!*ret)
                return pg_error_memory(error);
        (*ret)->fd = fd;
        fd = -1;
        return 0;
}

struct pg_lock *pg_lock_release(struct pg_lock *lock)
{
        if (!lock)
                return NULL;
        close(lock->fd);
        free(lock);
        return NULL;
}
