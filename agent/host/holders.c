/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which processes hold sockets. */
#include "host/holders.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* A path of a control group may be that long. */
#define CGROUP_TEXT_MAX 16384
#define SYSTEMD_PID 1

struct search {
        int proc;
        const struct pg_held *sockets;
        size_t n_sockets;
        struct pg_holder *holders;
        struct pg_processes *result;
        uint64_t *others; /* network namespaces */
};

static void close_directoryp(DIR **directory)
{
        if (*directory)
                closedir(*directory);
}

static int compare_sockets(const void *a, const void *b)
{
        const struct pg_held *x = a, *y = b;

        return x->inode < y->inode ? -1 : x->inode > y->inode;
}

/* A small file of a process, with a zero byte behind it; "" where there is none. */
static void read_file(int proc, pid_t pid, const char *file, char *buffer, size_t size)
{
        _cleanup_(pg_closep) int fd = -1;
        size_t length = 0;
        ssize_t r = 0;
        char path[64];

        snprintf(path, sizeof(path), "%d/%s", (int)pid, file);
        fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
        while (fd >= 0 && length + 1 < size && (r = read(fd, buffer + length, size - 1 - length)) > 0)
                length += (size_t)r;
        buffer[length] = '\0';
}

/* The inode number in a link such as "socket:[1234]"; 0 where it is none of that kind, or not told. */
static uint64_t read_link(int at, const char *path, const char *kind)
{
        size_t skip = strlen(kind);
        char link[64];
        ssize_t length = readlinkat(at, path, link, sizeof(link) - 1);

        if (length <= 0 || (size_t)length < skip || memcmp(link, kind, skip) != 0)
                return 0;
        link[length] = '\0';
        return strtoull(link + skip, NULL, 10);
}

static uint64_t read_network(int proc, pid_t pid)
{
        char path[32];

        snprintf(path, sizeof(path), "%d/ns/net", (int)pid);
        return read_link(proc, path, "net:[");
}

static void note_network(struct search *search, uint64_t network)
{
        struct pg_processes *result = search->result;

        if (network == 0 || network == result->network)
                return;
        for (size_t i = 0; i < result->n_other_networks; i++)
                if (search->others[i] == network)
                        return;
        if (result->n_other_networks < PG_NAMESPACES_MAX)
                search->others[result->n_other_networks++] = network;
}

static void describe(const struct search *search, struct pg_holder *holder, pid_t pid, uint64_t network)
{
        char text[CGROUP_TEXT_MAX];

        holder->pid = pid;
        holder->network = network;
        read_file(search->proc, pid, "comm", holder->name, sizeof(holder->name));
        holder->name[strcspn(holder->name, "\n")] = '\0';
        holder->unit[0] = '\0';
        read_file(search->proc, pid, "cgroup", text, sizeof(text));
        pg_unit_parse(text, holder->unit);
}

/* systemd keeps the sockets that it listens on for a service, beside the service itself. */
static bool is_better(const struct pg_holder *holder, pid_t pid)
{
        if (holder->n == 0)
                return true;
        if (holder->pid == SYSTEMD_PID || pid == SYSTEMD_PID)
                return holder->pid == SYSTEMD_PID;
        return pid < holder->pid;
}

static void note_socket(const struct search *search, uint64_t inode, pid_t pid, uint64_t network)
{
        const struct pg_held wanted = {.inode = inode}, *found;
        struct pg_holder *holder;

        found = bsearch(&wanted, search->sockets, search->n_sockets, sizeof(wanted), compare_sockets);
        if (!found)
                return;
        holder = &search->holders[found->holder];
        if (holder->last == pid)
                return;
        if (is_better(holder, pid))
                describe(search, holder, pid, network);
        holder->last = pid;
        holder->n++;
}

static bool is_refusal(int number)
{
        return number == EACCES || number == EPERM;
}

/* Returns whether the process let itself be looked into, or is gone. Its owner may list its files in
 * any case, and what they are only with the right to trace it. */
static bool look_at(struct search *search, pid_t pid)
{
        _cleanup_(close_directoryp) DIR *directory = NULL;
        uint64_t network = read_network(search->proc, pid);
        const struct dirent *entry;
        size_t n_seen = 0;
        char path[32];
        int fd;

        note_network(search, network);
        snprintf(path, sizeof(path), "%d/fd", (int)pid);
        fd = openat(search->proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return !is_refusal(errno);
        directory = fdopendir(fd);
        if (!directory) {
                close(fd);
                return true;
        }
        while ((entry = readdir(directory)) && n_seen++ < PG_HOLDER_FILES_MAX) {
                uint64_t inode;

                errno = 0;
                inode = read_link(dirfd(directory), entry->d_name, "socket:[");
                if (inode == 0 && is_refusal(errno))
                        return false;
                if (inode != 0)
                        note_socket(search, inode, pid, network);
        }
        return true;
}

int pg_holders_find(struct pg_held *sockets, size_t n_sockets, struct pg_holder *holders,
                    struct pg_processes *ret, struct pg_error *error)
{
        _cleanup_(close_directoryp) DIR *proc = opendir("/proc");
        _cleanup_(pg_freep) uint64_t *others = calloc(PG_NAMESPACES_MAX, sizeof(*others));
        struct search search = {.sockets = sockets,
                                .n_sockets = n_sockets,
                                .holders = holders,
                                .result = ret,
                                .others = others};
        const struct dirent *entry;

        if (!proc)
                return pg_error_set(error, PG_STATUS_FAILED, -errno,
                                    "looking for the processes of sockets in /proc: %s",
                                    strerror(errno));
        if (!others)
                return pg_error_memory(error);
        if (n_sockets > 1)
                qsort(sockets, n_sockets, sizeof(*sockets), compare_sockets);
        search.proc = dirfd(proc);
        *ret = (struct pg_processes){.network = read_link(search.proc, "self/ns/net", "net:[")};
        while ((entry = readdir(proc)))
                if (isdigit((unsigned char)entry->d_name[0]) &&
                    !look_at(&search, (pid_t)strtol(entry->d_name, NULL, 10)))
                        ret->n_hidden++;
        return 0;
}
