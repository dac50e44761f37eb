/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What listens, and which processes hold it. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "base/strings.h"
#include "engine/audit/audit.h"
#include "host/socket_owners.h"

static int take_socket(const struct pg_socket *socket, void *data)
{
        struct pg_auditing *auditing = data;
        struct pg_waiting *item;

        if (socket->local_port == 0)
                return 0;
        if (auditing->n_sockets >= PG_AUDIT_SOCKETS_MAX)
                return -E2BIG;
        item = PG_ARRAY_ADD(auditing->sockets, auditing->n_sockets);
        if (!item)
                return -ENOMEM;
        pg_waiting_describe(socket, item);
        return 0;
}

static int ask(struct pg_auditing *auditing, uint8_t protocol)
{
        struct pg_error error = {0};
        int r = pg_sockets_waiting(protocol, take_socket, auditing, &error);

        if (r == -ENOMEM)
                return pg_error_memory(auditing->error);
        if (r == -E2BIG) {
                pg_diagnostics_add(auditing->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                                   "there are more than %d sockets: the others are not looked at",
                                   PG_AUDIT_SOCKETS_MAX);
                return 0;
        }
        if (r >= 0 || (r == -ENOENT && protocol != IPPROTO_TCP && protocol != IPPROTO_UDP))
                return 0;
        /* Without those of UDP, those of TCP are worth telling. */
        if (protocol == IPPROTO_UDP) {
                pg_diagnostics_add(auditing->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                                   "%s: they are missing here", error.message);
                return 0;
        }
        return pg_error_set(auditing->error, error.status, r, "%s", error.message);
}

static int compare_items(const void *a, const void *b)
{
        const struct pg_waiting *x = a, *y = b;
        int r = memcmp(x->socket.local, y->socket.local, sizeof(x->socket.local));

        if (x->socket.protocol != y->socket.protocol)
                return x->socket.protocol < y->socket.protocol ? -1 : 1;
        if (x->socket.local_port != y->socket.local_port)
                return x->socket.local_port < y->socket.local_port ? -1 : 1;
        if (x->socket.is_v6 != y->socket.is_v6)
                return x->socket.is_v6 ? 1 : -1;
        if (r != 0)
                return r;
        if (x->is_dual != y->is_dual)
                return x->is_dual ? 1 : -1;
        return strcmp(x->interface, y->interface);
}

/* Sorts them; those that share an address and a port become one, with an entry in `held` for each. */
static void merge(struct pg_auditing *auditing, struct pg_owned_socket *held)
{
        struct pg_waiting *sockets = auditing->sockets;
        size_t n = 0;

        if (auditing->n_sockets > 1)
                qsort(sockets, auditing->n_sockets, sizeof(*sockets), compare_items);
        for (size_t i = 0; i < auditing->n_sockets; i++) {
                if (n == 0 || compare_items(&sockets[n - 1], &sockets[i]) != 0)
                        sockets[n++] = sockets[i];
                held[i] = (struct pg_owned_socket){.inode = sockets[i].socket.inode, .owner = n - 1};
        }
        auditing->n_sockets = n;
}

static char *address_text(const struct pg_waiting *item)
{
        char text[INET6_ADDRSTRLEN];

        if (item->is_dual)
                return strdup("*");
        return strdup(inet_ntop(item->socket.is_v6 ? AF_INET6 : AF_INET, item->socket.local, text,
                                sizeof(text)));
}

static int describe_owner(struct pg_listener *listener, const struct pg_socket_owner *owner,
                          const struct pg_owner_search *processes)
{
        listener->is_hidden = owner->n == 0 && processes->n_hidden > 0;
        if (owner->n == 0)
                return 0;
        listener->process = strdup(owner->name);
        listener->pid = owner->pid;
        listener->n_processes = owner->n;
        if (owner->unit[0] != '\0')
                listener->unit = strdup(owner->unit);
        if (owner->network != 0)
                listener->namespace = pg_format("net:[%llu]", (unsigned long long)owner->network);
        listener->has_moved = owner->network != 0 && owner->network != processes->network;
        return listener->process && (listener->unit || owner->unit[0] == '\0') &&
                               (listener->namespace || owner->network == 0)
                       ? 0
                       : -ENOMEM;
}

static int add_listener(struct pg_auditing *auditing, const struct pg_waiting *item,
                        const struct pg_socket_owner *owner, const struct pg_owner_search *processes)
{
        struct pg_audit *audit = auditing->audit;
        struct pg_listener *listener = PG_ARRAY_ADD(audit->listeners, audit->n_listeners);
        char protocol[16];

        if (!listener)
                return -ENOMEM;
        pg_protocol_format(item->socket.protocol, protocol, sizeof(protocol));
        listener->protocol = strdup(protocol);
        listener->address = address_text(item);
        listener->port = item->socket.local_port;
        listener->is_loopback = item->is_loopback;
        if (item->interface[0] != '\0')
                listener->interface = strdup(item->interface);
        if (!listener->protocol || !listener->address ||
            (!listener->interface && item->interface[0] != '\0'))
                return -ENOMEM;
        return describe_owner(listener, owner, processes);
}

static void report_hidden(struct pg_auditing *auditing, const struct pg_owner_search *processes)
{
        size_t n = 0;

        for (size_t i = 0; i < auditing->audit->n_listeners; i++)
                n += auditing->audit->listeners[i].is_hidden;
        if (n > 0)
                pg_diagnostics_add(auditing->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                                   "whose %zu of the listening sockets are is unknown: %zu processes "
                                   "may not be looked into (as root they may)",
                                   n, processes->n_hidden);
}

int pg_audit_find_sockets(struct pg_auditing *auditing)
{
        static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE, IPPROTO_SCTP};
        _cleanup_(pg_freep) struct pg_owned_socket *held = NULL;
        _cleanup_(pg_freep) struct pg_socket_owner *owners = NULL;
        struct pg_owner_search processes = {0};
        size_t n_held;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < PG_ELEMENTSOF(protocols); i++)
                r = ask(auditing, protocols[i]);
        if (r < 0)
                return r;
        n_held = auditing->n_sockets;
        held = calloc(n_held + 1, sizeof(*held));
        owners = calloc(n_held + 1, sizeof(*owners));
        if (!held || !owners)
                return pg_error_memory(auditing->error);
        merge(auditing, held);
        r = pg_socket_owners_find(held, n_held, owners, &processes, auditing->error);
        if (r < 0)
                return r;
        auditing->audit->n_other_namespaces = processes.n_other_networks;
        for (size_t i = 0; i < auditing->n_sockets; i++)
                if (add_listener(auditing, &auditing->sockets[i], &owners[i], &processes) < 0)
                        return pg_error_memory(auditing->error);
        report_hidden(auditing, &processes);
        return 0;
}
