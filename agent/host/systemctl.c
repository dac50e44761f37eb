/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `systemctl is-failed`, as a child that is given little and waited for not long. */
#include "host/systemctl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

/* systemd may be at a reload, or hang. */
#define WAIT_MS 2000

/* -1: it cannot be started. */
static pid_t start(const char *path, char *const *arguments)
{
        static char *const nothing[] = {NULL};
        posix_spawn_file_actions_t actions;
        pid_t pid = -1;
        int r;

        if (posix_spawn_file_actions_init(&actions) != 0)
                return -1;
        r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDWR, 0);
        if (r == 0)
                r = posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDOUT_FILENO);
        if (r == 0)
                r = posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDERR_FILENO);
        if (r == 0)
                r = posix_spawn(&pid, path, &actions, NULL, arguments, nothing);
        posix_spawn_file_actions_destroy(&actions);
        return r == 0 ? pid : -1;
}

/* Its exit status; -1 where it was ended, by us or by others. */
static int wait_for(pid_t pid)
{
        struct pollfd ended = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
        int status = 0;
        pid_t waited;

        if (ended.fd < 0 || poll(&ended, 1, WAIT_MS) <= 0)
                kill(pid, SIGKILL);
        if (ended.fd >= 0)
                close(ended.fd);
        do
                waited = waitpid(pid, &status, 0);
        while (waited < 0 && errno == EINTR);
        return waited == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool pg_systemctl_is_failed(const char *root, const char *unit)
{
        static const char *const places[] = {"/usr/bin/systemctl", "/bin/systemctl"};

        for (size_t i = 0; i < PG_ELEMENTSOF(places); i++) {
                char path[PATH_MAX];
                char *const arguments[] = {(char *)"systemctl", (char *)"is-failed", (char *)"--quiet",
                                           (char *)unit, NULL};
                pid_t pid;

                if ((size_t)snprintf(path, sizeof(path), "%s%s", root, places[i]) >= sizeof(path))
                        return false;
                pid = start(path, arguments);
                if (pid >= 0)
                        return wait_for(pid) == 0;
        }
        return false;
}
