/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lockout guard where nobody is logged in: can an ssh that listens be reached at all? */
#include <netinet/in.h>
#include <string.h>

#include "engine/guard/internal.h"
#include "policy/admit.h"

struct listening {
        const struct pg_policy *policy;
        const struct pg_port_set *ssh; /* NULL: every port is looked at */
        bool is_reached;               /* one of them, by somebody */
        bool is_closed;                /* one of them, to everybody */
        struct pg_socket closed;       /* the first of those */
};

static bool is_loopback(const struct pg_socket *socket)
{
        static const uint8_t loopback6[16] = {[15] = 1};

        return socket->is_v6 ? memcmp(socket->local, loopback6, sizeof(loopback6)) == 0
                             : socket->local[0] == IN_LOOPBACKNET;
}

/* By an address of a family that gets to the socket, or by an interface. */
static bool lets_in(const struct pg_source *source, const struct pg_socket *socket)
{
        bool v4 = !socket->is_v6 || !socket->is_v6_only;

        return source->any || source->n_interfaces > 0 || (v4 && source->addresses.n_v4 > 0) ||
               (socket->is_v6 && source->addresses.n_v6 > 0);
}

static int look(const struct pg_socket *socket, void *data)
{
        struct listening *listening = data;
        const struct pg_flow flow = {
                .direction = PG_IN,
                .protocol = IPPROTO_TCP,
                .port = socket->local_port,
        };
        const struct pg_segment *segment;

        if (is_loopback(socket) ||
            (listening->ssh && !pg_port_set_has(listening->ssh, socket->local_port)))
                return 0;
        segment = pg_policy_segment(listening->policy, &flow);
        if (segment && lets_in(&listening->policy->sources[segment->source], socket)) {
                listening->is_reached = true;
        } else if (!listening->is_closed) {
                listening->is_closed = true;
                listening->closed = *socket;
        }
        return 0;
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
