/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What /proc says of processes. */
#include "host/processes.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/procfs.h"

/* The kernel keeps arguments and environment together below 6 MiB (exec.c: bprm_stack_limits). */
#define ENVIRONMENT_MAX (8L * 1024 * 1024)
/* What is asked for stands at the beginning; groups and what else may be long, behind. */
#define STATUS_TEXT_MAX 1024

bool pg_process_name(pid_t pid, char name[static PG_PROCESS_NAME_MAX])
{
        ssize_t length = pg_procfs_read(name, PG_PROCESS_NAME_MAX, "/proc/%d/comm", (int)pid);

        name[strcspn(name, "\n")] = '\0';
        return length >= 0;
}

/* The number behind "KEY:" of a process's status; of several the first. */
static bool read_status(pid_t pid, const char *key, unsigned long *ret)
{
        char text[STATUS_TEXT_MAX], *rest;
        size_t length = strlen(key);

        pg_procfs_read(text, sizeof(text), "/proc/%d/status", (int)pid);
        for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
                if (strncmp(line, key, length) == 0 && line[length] == ':') {
                        *ret = strtoul(line + length + 1, NULL, 10);
                        return true;
                }
        return false;
}

pid_t pg_process_parent(pid_t pid)
{
        unsigned long parent = 0;

        return read_status(pid, "PPid", &parent) ? (pid_t)parent : 0;
}

bool pg_process_variable(pid_t pid, const char *name, char *value, size_t size)
{
        _cleanup_(pg_freep) char *text = malloc(ENVIRONMENT_MAX); /* used as far as it is filled */
        size_t length = strlen(name);
        ssize_t n = text ? pg_procfs_read(text, ENVIRONMENT_MAX, "/proc/%d/environ", (int)pid) : 0;

        for (const char *variable = text; variable && variable < text + n;
             variable += strlen(variable) + 1)
                if (strncmp(variable, name, length) == 0 && variable[length] == '=') {
                        snprintf(value, size, "%s", variable + length + 1);
                        return true;
                }
        return false;
}

int pg_processes_walk(pg_process_fn callback, void *data)
{
        _cleanup_(pg_closedirp) DIR *directory = pg_procfs_directory("/proc");
        const struct dirent *entry;
        int r = 0;

        if (!directory)
                return -errno;
        while (r >= 0 && (entry = readdir(directory)))
                if (isdigit((unsigned char)entry->d_name[0]))
                        r = callback((pid_t)strtol(entry->d_name, NULL, 10), data);
        return r;
}

static bool is_refusal(int number)
{
        return number == EACCES || number == EPERM;
}

int pg_process_sockets_walk(pid_t pid, size_t files_max, pg_process_socket_fn callback, void *data)
{
        _cleanup_(pg_closedirp) DIR *directory = pg_procfs_directory("/proc/%d/fd", (int)pid);
        const struct dirent *entry;
        int r = 0;

        if (!directory)
                return is_refusal(errno) ? -errno : 0;
        for (size_t n = 0; r >= 0 && n < files_max && (entry = readdir(directory)); n++) {
                uint64_t inode = pg_procfs_inode(dirfd(directory), entry->d_name, "socket");

                if (inode != 0)
                        r = callback(inode, data);
                else if (is_refusal(errno))
                        r = -errno;
        }
        return r;
}

void pg_inodes_done(struct pg_inodes *inodes)
{
        free(inodes->items);
        *inodes = (struct pg_inodes){0};
}

static int compare_inodes(const void *a, const void *b)
{
        uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

        return x < y ? -1 : x > y;
}

bool pg_inodes_have(const struct pg_inodes *inodes, uint64_t inode)
{
        return inodes->n > 0 &&
               bsearch(&inode, inodes->items, inodes->n, sizeof(*inodes->items), compare_inodes);
}

static void sort(struct pg_inodes *inodes)
{
        if (inodes->n > 1)
                qsort(inodes->items, inodes->n, sizeof(*inodes->items), compare_inodes);
}

static bool is_named(pid_t pid, const struct pg_process_search *search)
{
        char name[PG_PROCESS_NAME_MAX];

        pg_process_name(pid, name);
        for (size_t i = 0; i < search->n_names; i++)
                if (strncmp(name, search->names[i], strlen(search->names[i])) == 0)
                        return true;
        return false;
}

static bool is_titled(pid_t pid, const struct pg_process_search *search)
{
        char title[512];
        size_t length;

        pg_procfs_read(title, sizeof(title), "/proc/%d/cmdline", (int)pid);
        length = strlen(title);
        while (length > 0 && title[length - 1] == ' ')
                length--;
        for (size_t i = 0; i < search->n_titles; i++) {
                size_t wanted = strlen(search->titles[i]);

                if (length >= wanted && memcmp(title + length - wanted, search->titles[i], wanted) == 0)
                        return true;
        }
        return false;
}

/* While processes are looked for. */
struct looking {
        const struct pg_process_search *search;
        struct pg_inodes sockets, titled;
};

static int add_socket(uint64_t inode, void *data)
{
        struct pg_inodes *inodes = data;
        uint64_t *item;

        if (inodes->n >= PG_SOCKETS_MAX)
                return 0;
        item = PG_ARRAY_ADD(inodes->items, inodes->n);
        if (!item)
                return -ENOMEM;
        *item = inode;
        return 0;
}

/* What may not be looked into is left out. */
static int add_sockets(pid_t pid, struct pg_inodes *inodes)
{
        int r = pg_process_sockets_walk(pid, PG_PROCESS_SOCKETS_MAX, add_socket, inodes);

        return is_refusal(-r) ? 0 : r;
}

static int look_at(pid_t pid, void *data)
{
        struct looking *looking = data;
        unsigned long uid;
        int r = 0;

        if (!is_named(pid, looking->search))
                return 0;
        if (read_status(pid, "Uid", &uid) && uid == 0)
                r = add_sockets(pid, &looking->sockets);
        if (r >= 0 && is_titled(pid, looking->search))
                r = add_sockets(pid, &looking->titled);
        return r;
}

int pg_process_sockets(const struct pg_process_search *search, struct pg_inodes *ret,
                       struct pg_inodes *ret_titled, struct pg_error *error)
{
        struct looking looking = {.search = search};
        int r = pg_processes_walk(look_at, &looking);

        if (r < 0) {
                pg_inodes_done(&looking.sockets);
                pg_inodes_done(&looking.titled);
                return pg_error_set(error, PG_STATUS_FAILED, r,
                                    "looking for the processes of ssh in /proc: %s", strerror(-r));
        }
        sort(&looking.sockets);
        sort(&looking.titled);
        *ret = looking.sockets;
        *ret_titled = looking.titled;
        return 0;
}
