/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which processes have sockets. */
#include "host/socket_owners.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/procfs.h"

/* A path of a control group may be that long. */
#define CGROUP_TEXT_MAX 16384
#define SYSTEMD_PID 1
#define NETLINK_SOCKETS_MAX 65536

struct search {
        const struct pg_owned_socket *sockets;
        size_t n_sockets;
        struct pg_socket_owner *owners;
        struct pg_owner_search *result;
        uint64_t *others; /* network namespaces */
        pid_t pid;        /* the process that is looked at, */
        uint64_t network; /* and the network namespace that it is in */
};

static int compare_sockets(const void *a, const void *b)
{
        const struct pg_owned_socket *x = a, *y = b;

        return x->inode < y->inode ? -1 : x->inode > y->inode;
}

static uint64_t read_network(pid_t pid)
{
        char path[32];

        snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
        return pg_procfs_inode(AT_FDCWD, path, "net");
}

static void note_network(struct search *search, uint64_t network)
{
        struct pg_owner_search *result = search->result;

        if (network == 0 || network == result->network)
                return;
        for (size_t i = 0; i < result->n_other_networks; i++)
                if (search->others[i] == network)
                        return;
        if (result->n_other_networks < PG_NAMESPACES_MAX)
                search->others[result->n_other_networks++] = network;
}

static void describe(struct pg_socket_owner *owner, pid_t pid, uint64_t network)
{
        char text[CGROUP_TEXT_MAX];

        owner->pid = pid;
        owner->network = network;
        pg_process_name(pid, owner->name);
        owner->unit[0] = '\0';
        pg_procfs_read(text, sizeof(text), "/proc/%d/cgroup", (int)pid);
        pg_control_group_unit(text, owner->unit);
}

/* systemd keeps the sockets that it listens on for a service, beside the service itself. */
static bool is_better(const struct pg_socket_owner *owner, pid_t pid)
{
        if (owner->n == 0)
                return true;
        if (owner->pid == SYSTEMD_PID || pid == SYSTEMD_PID)
                return owner->pid == SYSTEMD_PID;
        return pid < owner->pid;
}

/* Of the process that is looked at. */
static int note_socket(uint64_t inode, void *data)
{
        const struct search *search = data;
        const struct pg_owned_socket wanted = {.inode = inode}, *found;
        struct pg_socket_owner *owner;

        found = bsearch(&wanted, search->sockets, search->n_sockets, sizeof(wanted), compare_sockets);
        if (!found)
                return 0;
        owner = &search->owners[found->owner];
        if (owner->last == search->pid)
                return 0;
        if (is_better(owner, search->pid))
                describe(owner, search->pid, search->network);
        owner->last = search->pid;
        owner->n++;
        return 0;
}

static int look_at(pid_t pid, void *data)
{
        struct search *search = data;

        search->pid = pid;
        search->network = read_network(pid);
        note_network(search, search->network);
        if (pg_process_sockets_walk(pid, PG_OWNER_FILES_MAX, note_socket, search) < 0)
                search->result->n_hidden++;
        return 0;
}

int pg_socket_owners_find(struct pg_owned_socket *sockets, size_t n_sockets,
                          struct pg_socket_owner *owners, struct pg_owner_search *ret,
                          struct pg_error *error)
{
        _cleanup_(pg_freep) uint64_t *others = calloc(PG_NAMESPACES_MAX, sizeof(*others));
        struct search search = {.sockets = sockets,
                                .n_sockets = n_sockets,
                                .owners = owners,
                                .result = ret,
                                .others = others};
        int r;

        if (!others)
                return pg_error_memory(error);
        if (n_sockets > 1)
                qsort(sockets, n_sockets, sizeof(*sockets), compare_sockets);
        *ret = (struct pg_owner_search){.network =
                                                pg_procfs_inode(AT_FDCWD, "/proc/self/ns/net", "net")};
        r = pg_processes_walk(look_at, &search);
        if (r < 0)
                return pg_error_set(error, PG_STATUS_FAILED, r,
                                    "looking for the processes of sockets in /proc: %s", strerror(-r));
        return 0;
}

/* proc(5) has no more of it than its name: net/netlink/af_netlink.c, netlink_native_seq_show(). */
static uint64_t netlink_inode(int protocol, uint32_t port)
{
        _cleanup_(pg_fclosep) FILE *stream = fopen("/proc/thread-self/net/netlink", "re");
        char line[256];

        for (int i = 0; stream && i < NETLINK_SOCKETS_MAX && fgets(line, sizeof(line), stream); i++) {
                unsigned long long inode;
                int found;
                unsigned owner;

                if (sscanf(line, "%*s %d %u %*s %*s %*s %*s %*s %*s %llu", &found, &owner, &inode) ==
                            3 &&
                    found == protocol && owner == port)
                        return inode;
        }
        return 0;
}

bool pg_socket_owner_of_netlink(int protocol, uint32_t port, struct pg_socket_owner *ret)
{
        struct pg_owned_socket socket = {.inode = netlink_inode(protocol, port)};
        struct pg_owner_search ignored;

        *ret = (struct pg_socket_owner){0};
        return socket.inode != 0 && pg_socket_owners_find(&socket, 1, ret, &ignored, NULL) >= 0 &&
               ret->n > 0;
}
