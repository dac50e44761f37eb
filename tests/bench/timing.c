/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time, and what a child process took of it. */
#include "bench/timing.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"

#define WORDS_MAX 64

uint64_t timing_now(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

void timing_wait_until(uint64_t when)
{
        struct timespec until = {.tv_sec = (time_t)(when / 1000000000ULL),
                                 .tv_nsec = (long)(when % 1000000000ULL)};

        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
                ;
}

/* False when the line needs a shell. `words` point into `line`, which is cut up. */
static bool split_words(char *line, char *words[WORDS_MAX])
{
        size_t n = 0;

        if (strpbrk(line, "\"'`$&|;<>()*?[]{}~#\\\n"))
                return false;
        for (char *word = strtok(line, " "); word; word = strtok(NULL, " ")) {
                if (n == WORDS_MAX - 1)
                        return false;
                words[n++] = word;
        }
        words[n] = NULL;
        return n > 0;
}

/* Throws away what is written into the pipe; returns when the last of it came. */
static uint64_t read_all(int fd)
{
        uint64_t last = timing_now();
        char text[4096];
        ssize_t n;

        while ((n = read(fd, text, sizeof(text))) > 0 || (n < 0 && errno == EINTR))
                if (n > 0)
                        last = timing_now();
        return last;
}

struct timing_child timing_run(const char *line, bool is_quiet)
{
        _cleanup_(pg_freep) char *copy = strdup(line);
        char *words[WORDS_MAX] = {"sh", "-c", (char *)line, NULL};
        posix_spawn_file_actions_t actions;
        struct timing_child child = {0};
        struct rusage usage;
        uint64_t begin;
        int ends[2];
        pid_t pid;

        if (!copy)
                err(2, "memory");
        if (!split_words(copy, words))
                memcpy(words, (char *[]){"sh", "-c", (char *)line, NULL}, 4 * sizeof(words[0]));
        posix_spawn_file_actions_init(&actions);
        if (is_quiet && pipe2(ends, O_CLOEXEC) < 0)
                err(2, "pipe");
        if (is_quiet)
                posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
        begin = timing_now();
        errno = posix_spawnp(&pid, words[0], &actions, NULL, words, environ);
        if (errno != 0)
                err(2, "%s", words[0]);
        if (is_quiet) {
                close(ends[1]);
                child.told_ms = (double)(read_all(ends[0]) - begin) / 1e6;
                close(ends[0]);
        }
        while (wait4(pid, &child.status, 0, &usage) < 0)
                if (errno != EINTR)
                        err(2, "wait4");
        child.ms = (double)(timing_now() - begin) / 1e6;
        child.peak_kib = usage.ru_maxrss;
        posix_spawn_file_actions_destroy(&actions);
        return child;
}
