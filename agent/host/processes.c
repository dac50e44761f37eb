/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What /proc says of processes. */
#include "host/processes.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

/* The kernel keeps arguments and environment together below 6 MiB (exec.c: bprm_stack_limits). */
#define ENVIRONMENT_MAX (8L * 1024 * 1024)

static void close_directoryp(DIR **directory)
{
        if (*directory)
                closedir(*directory);
}

static DIR *open_directory(int at, const char *path)
{
        int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *directory = fd < 0 ? NULL : fdopendir(fd);

        if (!directory && fd >= 0)
                close(fd);
        return directory;
}

static FILE *open_file(int at, const char *path)
{
        int fd = openat(at, path, O_RDONLY | O_CLOEXEC);
        FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

        if (!file && fd >= 0)
                close(fd);
        return file;
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

/* The beginning of a small file of a process, with a zero byte behind it; "" where there is none. */
static void read_begin(int proc, const char *pid, const char *file, char *buffer, size_t size)
{
        _cleanup_(pg_closep) int fd = -1;
        char path[64];
        ssize_t length;

        snprintf(path, sizeof(path), "%.16s/%s", pid, file);
        fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
        length = fd < 0 ? 0 : read(fd, buffer, size - 1);
        buffer[length > 0 ? length : 0] = '\0';
}

static bool is_named(int proc, const char *pid, const struct pg_process_search *search)
{
        char name[32];

        read_begin(proc, pid, "comm", name, sizeof(name));
        for (size_t i = 0; i < search->n_names; i++)
                if (strncmp(name, search->names[i], strlen(search->names[i])) == 0)
                        return true;
        return false;
}

static bool is_titled(int proc, const char *pid, const struct pg_process_search *search)
{
        char title[512];
        size_t length;

        read_begin(proc, pid, "cmdline", title, sizeof(title));
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

/* The number behind "KEY:" of a process's status; of several the first. */
static bool read_status(int proc, const char *pid, const char *key, unsigned long *ret)
{
        char path[64], line[256];
        _cleanup_(pg_fclosep) FILE *file = NULL;
        size_t length = strlen(key);

        snprintf(path, sizeof(path), "%.32s/status", pid);
        file = open_file(proc, path);
        while (file && fgets(line, sizeof(line), file))
                if (strncmp(line, key, length) == 0 && line[length] == ':') {
                        *ret = strtoul(line + length + 1, NULL, 10);
                        return true;
                }
        return false;
}

static int add_sockets(int proc, const char *pid, struct pg_inodes *inodes)
{
        _cleanup_(close_directoryp) DIR *directory = NULL;
        const struct dirent *entry;
        char path[32], link[64];
        unsigned long long inode;
        size_t n_seen = 0;

        snprintf(path, sizeof(path), "%.16s/fd", pid);
        directory = open_directory(proc, path);
        while (directory && (entry = readdir(directory)) && n_seen++ < PG_PROCESS_SOCKETS_MAX) {
                ssize_t length = readlinkat(dirfd(directory), entry->d_name, link, sizeof(link) - 1);
                uint64_t *slot;

                if (length <= 0 || inodes->n >= PG_SOCKETS_MAX)
                        continue;
                link[length] = '\0';
                if (sscanf(link, "socket:[%llu]", &inode) != 1)
                        continue;
                slot = PG_ARRAY_ADD(inodes->items, inodes->n);
                if (!slot)
                        return -ENOMEM;
                *slot = inode;
        }
        return 0;
}

static int look_at(int proc, const char *pid, const struct pg_process_search *search,
                   struct pg_inodes *inodes, struct pg_inodes *titled)
{
        unsigned long uid;
        int r = 0;

        if (!isdigit((unsigned char)pid[0]) || !is_named(proc, pid, search))
                return 0;
        if (read_status(proc, pid, "Uid", &uid) && uid == 0)
                r = add_sockets(proc, pid, inodes);
        if (r >= 0 && is_titled(proc, pid, search))
                r = add_sockets(proc, pid, titled);
        return r;
}

static void sort(struct pg_inodes *inodes)
{
        if (inodes->n > 1)
                qsort(inodes->items, inodes->n, sizeof(*inodes->items), compare_inodes);
}

int pg_process_sockets(const struct pg_process_search *search, struct pg_inodes *ret,
                       struct pg_inodes *ret_titled, struct pg_error *error)
{
        _cleanup_(close_directoryp) DIR *proc = opendir("/proc");
        struct pg_inodes inodes = {0}, titled = {0};
        const struct dirent *entry;
        int r = 0;

        if (!proc)
                return pg_error_set(error, PG_STATUS_FAILED, -errno,
                                    "looking for the processes of ssh in /proc: %s", strerror(errno));
        while (r >= 0 && (entry = readdir(proc)))
                r = look_at(dirfd(proc), entry->d_name, search, &inodes, &titled);
        if (r < 0) {
                pg_inodes_done(&inodes);
                pg_inodes_done(&titled);
                return pg_error_memory(error);
        }
        sort(&inodes);
        sort(&titled);
        *ret = inodes;
        *ret_titled = titled;
        return 0;
}

pid_t pg_process_parent(pid_t pid)
{
        unsigned long parent = 0;
        char path[32];

        snprintf(path, sizeof(path), "/proc/%d", (int)pid);
        return read_status(AT_FDCWD, path, "PPid", &parent) ? (pid_t)parent : 0;
}

/* The string up to the next zero byte, cut at `size`; false at the end. */
static bool read_string(FILE *file, long *left, char *buffer, size_t size)
{
        size_t length = 0;
        int c = EOF;

        while (*left > 0 && (c = getc_unlocked(file)) != EOF && c != '\0') {
                (*left)--;
                if (length + 1 < size)
                        buffer[length++] = (char)c;
        }
        buffer[length] = '\0';
        (*left)--;
        return c == '\0' || length > 0;
}

bool pg_process_variable(pid_t pid, const char *name, char *value, size_t size)
{
        _cleanup_(pg_fclosep) FILE *file = NULL;
        size_t length = strlen(name);
        long left = ENVIRONMENT_MAX;
        char path[32], line[256];

        snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
        file = open_file(AT_FDCWD, path);
        while (file && read_string(file, &left, line, sizeof(line)))
                if (strncmp(line, name, length) == 0 && line[length] == '=') {
                        snprintf(value, size, "%s", line + length + 1);
                        return true;
                }
        return false;
}
