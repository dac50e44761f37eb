/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which processes have sockets, by /proc. All of it may be out of date when it is read. */
#ifndef PG_HOST_SOCKET_OWNERS_H
#define PG_HOST_SOCKET_OWNERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "host/control_group.h"
#include "host/processes.h"

/* Open files of one process, and network namespaces; those beyond are not looked at. */
#define PG_OWNER_FILES_MAX 65536
#define PG_NAMESPACES_MAX 4096

/* Which processes have one or more sockets that belong together, such as those of a port. */
struct pg_socket_owner {
        char name[PG_PROCESS_NAME_MAX]; /* "" while nobody is known */
        pid_t pid;                   /* the lowest of several; not systemd's where another has it too */
        size_t n;                    /* how many processes */
        char unit[PG_UNIT_NAME_MAX]; /* the systemd unit of `pid`; or "" */
        uint64_t network;            /* the network namespace of the process, by inode; 0: unknown */
        pid_t last;                  /* for pg_socket_owners_find() only */
};

/* One socket by its inode, and which of the owners it belongs to, as an index. */
struct pg_owned_socket {
        uint64_t inode;
        size_t owner;
};

/* What was seen beside. */
struct pg_owner_search {
        uint64_t network;        /* the network namespace of this process; 0: unknown */
        size_t n_other_networks; /* others that processes are in */
        size_t n_hidden;         /* processes that this one may not look into */
};

/* Finds out who has the sockets. `sockets` are put into the order of their inodes; `owners` has an
 * element for each owner that they name, zeroed by the caller, which is filled in. Returns 0 or a
 * negative errno value, with a message. */
int pg_socket_owners_find(struct pg_owned_socket *sockets, size_t n_sockets,
                          struct pg_socket_owner *owners, struct pg_owner_search *ret,
                          struct pg_error *error);

/* Who has the netlink socket of that port id, netlink(7), in this network namespace; `protocol` is
 * NETLINK_NETFILTER, for example. False where that is not to be seen. */
bool pg_socket_owner_of_netlink(int protocol, uint32_t port, struct pg_socket_owner *ret);

#endif
