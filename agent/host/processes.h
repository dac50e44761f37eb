/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What /proc says of processes. All of it may be out of date when it is read. */
#ifndef PG_HOST_PROCESSES_H
#define PG_HOST_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "portguard/error.h"

/* A program's name has at most 15 bytes, one of the kernel's own at most 63 (fs/proc/array.c:
 * proc_task_name()); with a newline and a zero byte behind. */
#define PG_PROCESS_NAME_MAX 65

/* `name`: what the process is called, which it may have chosen itself (/proc/PID/comm). Returns whether
 * there is such a process; else `name` is "". */
bool pg_process_name(pid_t pid, char name[static PG_PROCESS_NAME_MAX]);

/* The process that started this one, or 0. */
pid_t pg_process_parent(pid_t pid);

/* *value: that of a variable of the environment that the process was started with, cut at `size`.
 * Returns whether there is one; else `value` is untouched. */
bool pg_process_variable(pid_t pid, const char *name, char *value, size_t size);

/* Returns 0, or a negative errno value that ends the walk and becomes its result. */
typedef int (*pg_process_fn)(pid_t pid, void *data);

/* Gives every process that is to be seen in /proc to `callback`. Returns a negative errno value also
 * where /proc cannot be read. */
int pg_processes_walk(pg_process_fn callback, void *data);

/* Returns 0, or a negative errno value that ends the walk and becomes its result. */
typedef int (*pg_process_socket_fn)(uint64_t inode, void *data);

/* Gives every socket among the first `files_max` open files of the process to `callback`, by inode.
 * What has ended is no failure. -EACCES or -EPERM: this process may not look into that one; its owner
 * may list the files in any case, and what they are only with the right to trace it (ptrace(2)). */
int pg_process_sockets_walk(pid_t pid, size_t files_max, pg_process_socket_fn callback, void *data);

/* Inode numbers, sorted. */
struct pg_inodes {
        uint64_t *items;
        size_t n;
};

/* Frees what it holds; it is empty then. */
void pg_inodes_done(struct pg_inodes *inodes);

/* Whether the inode is one of them. */
bool pg_inodes_have(const struct pg_inodes *inodes, uint64_t inode);

/* Of one process, and of all together. */
#define PG_PROCESS_SOCKETS_MAX 4096
#define PG_SOCKETS_MAX 65536

/* Which processes are looked for. */
struct pg_process_search {
        const char *const *names; /* how the name begins */
        size_t n_names;
        const char *const *titles; /* how the title ends that a process gave itself */
        size_t n_titles;
};

/*
 * *ret: the sockets of root's processes with such a name. A name alone proves nothing, as every process
 * gives itself what name it likes; so the real uid must be root's. *ret_titled: the sockets of
 * processes with such a name and such a title, whoever's. Those beyond the limits above are left out.
 * The caller ends both with pg_inodes_done(). Returns 0 or a negative errno value, with a message.
 */
int pg_process_sockets(const struct pg_process_search *search, struct pg_inodes *ret,
                       struct pg_inodes *ret_titled, struct pg_error *error);

#endif
