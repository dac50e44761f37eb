/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which processes hold sockets, by /proc. All of it may be out of date when it is read. */
#ifndef PG_HOST_HOLDERS_H
#define PG_HOST_HOLDERS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "host/unit.h"
#include "portguard/error.h"

/* Of one process; those beyond are not looked at. */
#define PG_HOLDER_FILES_MAX 65536
#define PG_NAMESPACES_MAX 4096

/* Who holds a thing that has one or more sockets. */
struct pg_holder {
        char name[32];          /* "" while nobody is known */
        pid_t pid;              /* the lowest of several; not systemd's where another holds it too */
        size_t n;               /* how many processes */
        char unit[PG_UNIT_MAX]; /* or "" */
        uint64_t network;       /* the network namespace of the process, by inode; 0: unknown */
        pid_t last;             /* while it is being looked for */
};

/* One socket, and which holder it belongs to. */
struct pg_held {
        uint64_t inode;
        size_t holder;
};

struct pg_processes {
        uint64_t network;        /* the network namespace of this process; 0: unknown */
        size_t n_other_networks; /* others that processes are in */
        size_t n_hidden;         /* processes that this one may not look into */
};

/* Fills in `holders`, which must be zeroed, by the sockets, whose order is changed. */
int pg_holders_find(struct pg_held *sockets, size_t n_sockets, struct pg_holder *holders,
                    struct pg_processes *ret, struct pg_error *error);

#endif
