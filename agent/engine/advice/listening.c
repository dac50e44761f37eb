/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who listens at a few ports. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "engine/advice/internal.h"
#include "host/socket_owners.h"
#include "host/sockets.h"

/* Sockets of the ports that are looked at; those beyond have no process known. */
#define HELD_MAX 8192

struct looking {
        struct pg_listening *items;
        size_t n;
        struct pg_port_set ports; /* of the protocol that is asked about */
        struct pg_owned_socket *held;
        size_t n_held;
};

static bool is_loopback(const struct pg_socket *socket)
{
        static const uint8_t six[16] = {[15] = 1};

        return socket->is_v6 ? memcmp(socket->local, six, sizeof(six)) == 0 : socket->local[0] == 127;
}

/* The first of those that ask for the same port: a socket has its owner found once. */
static size_t first_of(const struct looking *looking, size_t i)
{
        size_t first = 0;

        while (looking->items[first].protocol != looking->items[i].protocol ||
               looking->items[first].port != looking->items[i].port)
                first++;
        return first;
}

static int take(const struct pg_socket *socket, void *data)
{
        struct looking *looking = data;

        if (!pg_port_set_has(&looking->ports, socket->local_port) || is_loopback(socket))
                return 0;
        for (size_t i = 0; i < looking->n; i++) {
                struct pg_listening *item = &looking->items[i];
                struct pg_owned_socket *held;

                if (item->protocol != socket->protocol || item->port != socket->local_port)
                        continue;
                item->listens = PG_LISTENS_YES;
                if (looking->n_held >= HELD_MAX || first_of(looking, i) != i)
                        continue;
                held = PG_ARRAY_ADD(looking->held, looking->n_held);
                if (!held)
                        return -ENOMEM;
                *held = (struct pg_owned_socket){.inode = socket->inode, .owner = i};
        }
        return 0;
}

static void look_at(struct looking *looking, uint8_t protocol)
{
        struct pg_error ignored;
        bool is_asked = false;

        memset(&looking->ports, 0, sizeof(looking->ports));
        for (size_t i = 0; i < looking->n; i++)
                if (looking->items[i].protocol == protocol) {
                        pg_port_set_add(&looking->ports, looking->items[i].port);
                        is_asked = true;
                }
        if (!is_asked || pg_sockets_waiting(protocol, take, looking, &ignored) < 0)
                return;
        for (size_t i = 0; i < looking->n; i++)
                if (looking->items[i].protocol == protocol &&
                    looking->items[i].listens == PG_LISTENS_UNKNOWN)
                        looking->items[i].listens = PG_LISTENS_NO;
}

static void name_owners(struct looking *looking)
{
        _cleanup_(pg_freep) struct pg_socket_owner *owners = calloc(looking->n + 1, sizeof(*owners));
        struct pg_owner_search ignored = {0};
        struct pg_error error;

        if (owners && looking->n_held > 0 &&
            pg_socket_owners_find(looking->held, looking->n_held, owners, &ignored, &error) >= 0)
                for (size_t i = 0; i < looking->n; i++) {
                        struct pg_listening *item = &looking->items[i];

                        const struct pg_socket_owner *owner = &owners[first_of(looking, i)];

                        snprintf(item->process, sizeof(item->process), "%.*s",
                                 (int)sizeof(item->process) - 1, owner->name);
                        memcpy(item->unit, owner->unit, sizeof(item->unit));
                }
}

void pg_listening_find(struct pg_listening *items, size_t n)
{
        static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE, IPPROTO_SCTP};
        struct looking looking = {.items = items, .n = n};

        for (size_t i = 0; i < PG_ELEMENTSOF(protocols); i++)
                look_at(&looking, protocols[i]);
        name_owners(&looking);
        free(looking.held);
}

const char *pg_listening_text(const struct pg_listening *item, char text[static PG_LISTENING_TEXT_MAX])
{
        bool has_unit = item->process[0] != '\0' && item->unit[0] != '\0';

        snprintf(text, PG_LISTENING_TEXT_MAX, "%s%s%s%s", item->process, has_unit ? " (" : "",
                 has_unit ? item->unit : "", has_unit ? ")" : "");
        return text;
}
