/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lockout guard where nobody is logged in: can an ssh that listens be reached at all? */
#include "engine/guard/internal.h"
#include "engine/reachable.h"

struct listening {
        const struct pg_policy *policy;
        const struct pg_port_set *ssh; /* NULL: every port is looked at */
        bool is_reached;               /* one of them, by somebody */
        bool is_closed;                /* one of them, to everybody */
        struct pg_socket closed;       /* the first of those */
};

static int look(const struct pg_socket *socket, void *data)
{
        struct listening *listening = data;
        struct pg_waiting waiting;
        bool is_reached;

        if (listening->ssh && !pg_port_set_has(listening->ssh, socket->local_port))
                return 0;
        pg_waiting_describe(socket, &waiting);
        if (waiting.is_loopback)
                return 0;
        waiting.is_now = true;
        pg_waiting_reach(listening->policy, &waiting, &is_reached);
        if (is_reached) {
                listening->is_reached = true;
        } else if (!listening->is_closed) {
                listening->is_closed = true;
                listening->closed = *socket;
        }
        return 0;
}

struct place {
        struct pg_port_set ssh;
        enum pg_ssh_place widest;
};

static int note_place(const struct pg_socket *socket, void *data)
{
        struct place *place = data;
        struct pg_waiting waiting;

        if (!pg_port_set_has(&place->ssh, socket->local_port))
                return 0;
        pg_waiting_describe(socket, &waiting);
        if (!waiting.is_loopback)
                place->widest = PG_SSH_BEYOND;
        else if (place->widest == PG_SSH_NOWHERE)
                place->widest = PG_SSH_LOOPBACK;
        return 0;
}

int pg_ssh_listens(enum pg_ssh_place *ret, struct pg_error *error)
{
        struct place place = {.widest = PG_SSH_NOWHERE};
        int r = pg_ssh_ports(&place.ssh, error);

        if (r >= 0)
                r = pg_tcp_listening(note_place, &place, error);
        if (r >= 0)
                *ret = place.widest;
        return r;
}

/* Which of the listeners are ssh's only processes tell, and to look at all of them takes long: so it is
 * asked first whether any port that listens is closed at all. */
int pg_ssh_unreached(const struct pg_policy *policy, struct pg_socket *ret, struct pg_error *error)
{
        struct listening all = {.policy = policy}, ssh = {.policy = policy};
        struct pg_port_set ports = {0};
        int r = pg_tcp_listening(look, &all, error);

        if (r < 0 || !all.is_closed)
                return r;
        r = pg_ssh_ports(&ports, error);
        ssh.ssh = &ports;
        if (r >= 0)
                r = pg_tcp_listening(look, &ssh, error);
        if (r < 0 || ssh.is_reached || !ssh.is_closed)
                return r < 0 ? r : 0;
        *ret = ssh.closed;
        return 1;
}
