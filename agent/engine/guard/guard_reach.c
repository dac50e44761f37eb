/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lockout guard where nobody is logged in: can an ssh that listens be reached at all? */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "engine/guard/internal.h"
#include "engine/reachable.h"
#include "host/facts.h"
#include "kernel/foreign/nat/nat.h"

/* NAT of other tables, by which others get to what listens on 127.0.0.1; it is read when it is asked
 * for, and no packet gets there where the routing lets none. */
struct ways {
        struct pg_nft *nft;
        struct pg_error *error;
        struct pg_own_addresses own; /* likewise; none where they cannot be read */
        bool may_lead, is_read;
        struct pg_nat nat;
};

static void ways_begin(struct ways *ways, struct pg_nft *nft, struct pg_error *error)
{
        *ways = (struct ways){.nft = nft, .error = error, .may_lead = pg_routes_loopback(NULL)};
}

static void ways_done(struct ways *ways)
{
        if (ways->is_read)
                pg_nat_done(&ways->nat);
        pg_own_addresses_done(&ways->own);
}

static bool may_lead(const struct ways *ways, const struct pg_waiting *waiting)
{
        return ways->may_lead && waiting->interface[0] == '\0' && !waiting->socket.is_v6;
}

/* The interface by which that translation takes packets, where it is one; else NULL. */
static const char *name_of(const struct pg_forward *forward)
{
        const char *name = forward->interface;

        return name[0] != '\0' && !strchr(name, '*') ? name : NULL;
}

static bool leads(const struct pg_forward *forward, const struct pg_socket *socket)
{
        uint16_t first, last;

        if (!forward->stays || !forward->has_to || !pg_forward_has_family(forward, false) ||
            (forward->protocol != 0 && forward->protocol != IPPROTO_TCP) ||
            memcmp(forward->to, socket->local, 4) > 0 || memcmp(forward->to_last, socket->local, 4) < 0)
                return false;
        pg_forward_ports(forward, forward->first, forward->last, &first, &last);
        return socket->local_port >= first && socket->local_port <= last &&
               pg_forward_arrives(forward, name_of(forward));
}

/* The next way to the socket from *at on, and the one behind it in *at; NULL: there is none. */
static const struct pg_forward *next_way(const struct ways *ways, const struct pg_socket *socket,
                                         size_t *at)
{
        while (*at < ways->nat.n) {
                const struct pg_forward *forward = &ways->nat.items[(*at)++];

                if (leads(forward, socket))
                        return forward;
        }
        return NULL;
}

static int read_ways(struct ways *ways)
{
        int r = ways->is_read ? 0 : pg_nat_read(ways->nft, &ways->nat, ways->error);

        ways->is_read |= r >= 0;
        return r;
}

/* A group of more of them is not taken for one of nobody. */
#define OWN_MAX 256

struct listening {
        const struct pg_policy *policy;
        const struct pg_port_set *ssh; /* NULL: every port is looked at */
        struct ways *ways;
        bool is_reached;         /* one of them, by somebody */
        bool is_closed;          /* one of them, to everybody */
        struct pg_socket closed; /* the first of those */
};

/* Of a group, this host's own addresses count for nobody. */
static bool is_reached(struct ways *ways, const struct pg_policy *policy, struct pg_waiting *waiting)
{
        const struct pg_segment *segment;
        bool is_open;

        waiting->is_now = true;
        segment = pg_waiting_reach(policy, waiting, &is_open);
        if (!is_open || !segment || policy->sources[segment->source].any)
                return is_open;
        if (ways->own.n == 0)
                pg_own_addresses_read(&ways->own);
        waiting->own = ways->own.items;
        waiting->n_own = ways->own.n < OWN_MAX ? ways->own.n : OWN_MAX;
        pg_waiting_reach(policy, waiting, &is_open);
        return is_open;
}

static void judge(struct listening *listening, struct pg_waiting *waiting)
{
        if (is_reached(listening->ways, listening->policy, waiting)) {
                listening->is_reached = true;
        } else if (!listening->is_closed) {
                listening->is_closed = true;
                listening->closed = waiting->socket;
        }
}

static int judge_ways(struct listening *listening, struct pg_waiting *waiting)
{
        const struct pg_forward *forward;
        size_t at = 0;
        int r = read_ways(listening->ways);

        if (r < 0)
                return r;
        waiting->is_loopback = false;
        while ((forward = next_way(listening->ways, &waiting->socket, &at))) {
                const char *name = name_of(forward);

                snprintf(waiting->arrival, sizeof(waiting->arrival), "%s", name ? name : "");
                judge(listening, waiting);
        }
        return 0;
}

static int look(const struct pg_socket *socket, void *data)
{
        struct listening *listening = data;
        struct pg_waiting waiting;

        if (listening->ssh && !pg_port_set_has(listening->ssh, socket->local_port))
                return 0;
        pg_waiting_describe(socket, &waiting);
        if (!waiting.is_loopback)
                judge(listening, &waiting);
        else if (may_lead(listening->ways, &waiting) && listening->ssh)
                return judge_ways(listening, &waiting);
        else if (may_lead(listening->ways, &waiting))
                listening->is_closed = true; /* as far as is known without a look at the NAT */
        return 0;
}

struct place {
        struct pg_port_set ssh;
        struct ways ways;
        enum pg_ssh_place widest;
};

static int note_place(const struct pg_socket *socket, void *data)
{
        struct place *place = data;
        struct pg_waiting waiting;
        size_t at = 0;
        int r;

        if (!pg_port_set_has(&place->ssh, socket->local_port) || place->widest == PG_SSH_BEYOND)
                return 0;
        pg_waiting_describe(socket, &waiting);
        place->widest = waiting.is_loopback ? PG_SSH_LOOPBACK : PG_SSH_BEYOND;
        if (!waiting.is_loopback || !may_lead(&place->ways, &waiting))
                return 0;
        r = read_ways(&place->ways);
        if (r >= 0 && next_way(&place->ways, socket, &at))
                place->widest = PG_SSH_BEYOND;
        return r;
}

int pg_ssh_listens(struct pg_nft *nft, enum pg_ssh_place *ret, struct pg_error *error)
{
        struct place place = {.widest = PG_SSH_NOWHERE};
        int r = pg_ssh_ports(&place.ssh, error);

        ways_begin(&place.ways, nft, error);
        if (r >= 0)
                r = pg_tcp_listening(note_place, &place, error);
        if (r >= 0)
                *ret = place.widest;
        ways_done(&place.ways);
        return r;
}

/* Which of the listeners are ssh's only processes tell, and to look at all of them takes long: so it is
 * asked first whether any port that listens is closed at all. */
int pg_ssh_unreached(struct pg_nft *nft, const struct pg_policy *policy, struct pg_socket *ret,
                     struct pg_error *error)
{
        _cleanup_(ways_done) struct ways ways = {0};
        struct listening all = {.policy = policy, .ways = &ways}, ssh = all;
        struct pg_port_set ports = {0};
        int r;

        ways_begin(&ways, nft, error);
        r = pg_tcp_listening(look, &all, error);
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
