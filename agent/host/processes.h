/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What /proc says of processes. All of it may be out of date when it is read. */
#ifndef PG_HOST_PROCESSES_H
#define PG_HOST_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "portguard/error.h"

/* Inode numbers, sorted. */
struct pg_inodes {
        uint64_t *items;
        size_t n;
};

void pg_inodes_done(struct pg_inodes *inodes);
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
 * The caller ends both with pg_inodes_done().
 */
int pg_process_sockets(const struct pg_process_search *search, struct pg_inodes *ret,
                       struct pg_inodes *ret_titled, struct pg_error *error);

/* The process that started this one, or 0. */
pid_t pg_process_parent(pid_t pid);

/* The value of a variable of the environment that the process was started with, cut at `size`. Returns
 * whether there is one. */
bool pg_process_variable(pid_t pid, const char *name, char *value, size_t size);

#endif
