/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What listens and is reached by nobody, or by more than its service's profile means. */
#include <errno.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "engine/audit/audit.h"

static bool same_process(const struct pg_listener *a, const struct pg_listener *b)
{
        return a->process && b->process ? strcmp(a->process, b->process) == 0
                                        : a->process == b->process;
}

/* Those of one port stand side by side. */
static bool same_port(const struct pg_listener *a, const struct pg_listener *b)
{
        return a->port == b->port && strcmp(a->protocol, b->protocol) == 0;
}

/* The range of listeners with the port of the one at `at`. */
static void find_group(const struct pg_audit *audit, size_t at, size_t *ret_from, size_t *ret_to)
{
        const struct pg_listener *items = audit->listeners;

        *ret_from = at;
        *ret_to = at + 1;
        while (*ret_from > 0 && same_port(&items[*ret_from - 1], &items[at]))
                (*ret_from)--;
        while (*ret_to < audit->n_listeners && same_port(&items[*ret_to], &items[at]))
                (*ret_to)++;
}

/* A server often has a socket of each family: one that is reached is enough. */
static bool is_reached_elsewhere(const struct pg_audit *audit, size_t at)
{
        size_t from, to;

        find_group(audit, at, &from, &to);
        for (size_t i = from; i < to; i++)
                if (audit->listeners[i].reachable_from &&
                    same_process(&audit->listeners[i], &audit->listeners[at]))
                        return true;
        return false;
}

/* Whether the finding is one of the listener's port and process. */
static bool is_of(const struct pg_finding *finding, const struct pg_listener *listener)
{
        _cleanup_(pg_freep) char *port = pg_format("%u", listener->port);
        struct pg_finding own = {0};
        bool same = port && pg_audit_set_listener(&own, listener) >= 0 &&
                    strcmp(finding->ports, port) == 0 &&
                    strcmp(finding->protocol, listener->protocol) == 0 &&
                    !finding->process == !own.process &&
                    (!own.process || strcmp(finding->process, own.process) == 0);

        free(own.address);
        free(own.process);
        return same;
}

/* Adds the address to the last finding, when that says the same of the same process. 1: it does. */
static int join(struct pg_audit *audit, enum pg_finding_kind kind, const struct pg_listener *listener)
{
        struct pg_finding *last =
                audit->n_findings > 0 ? &audit->findings[audit->n_findings - 1] : NULL;
        struct pg_finding own = {0};
        char *joined = NULL;

        if (!last || last->kind != kind || !is_of(last, listener))
                return 0;
        if (pg_audit_set_listener(&own, listener) >= 0)
                joined = pg_format("%s, %s", last->address, own.address);
        free(own.address);
        free(own.process);
        if (!joined)
                return -ENOMEM;
        free(last->address);
        last->address = joined;
        return 1;
}

static int add(struct pg_auditing *auditing, enum pg_finding_kind kind, size_t at, char *text,
               char *advice)
{
        const struct pg_socket *socket = &auditing->sockets[at].socket;
        const struct pg_ports ports = {socket->protocol, socket->local_port, socket->local_port};
        struct pg_finding *finding = pg_audit_add(auditing, kind, &ports, text, advice);

        return finding ? pg_audit_set_listener(finding, &auditing->audit->listeners[at]) : -ENOMEM;
}

/* What a program gets that only wants to send: a port of these that no profile knows. */
static bool is_client(const struct pg_auditing *auditing, const struct pg_ports *ports,
                      const struct pg_listener *listener)
{
        uint16_t first, last;

        if (ports->protocol != IPPROTO_UDP && ports->protocol != IPPROTO_UDPLITE)
                return false;
        pg_ephemeral_ports(&first, &last);
        return ports->first >= first && ports->first <= last &&
               !pg_audit_port_profile(auditing, ports, listener, NULL);
}

/* Whether NAT takes every packet to the socket before the input hook sees it: docker-proxy waits in
 * vain.
 */
static bool is_taken(const struct pg_nat *nat, const struct pg_waiting *item)
{
        for (size_t i = 0; i < nat->n; i++) {
                const struct pg_forward *forward = &nat->items[i];
                bool is_family = forward->family == NFPROTO_IPV4 ? !item->socket.is_v6 || item->is_dual
                                 : forward->family == NFPROTO_IPV6 ? item->socket.is_v6
                                                                   : true;

                if ((forward->protocol == 0 || forward->protocol == item->socket.protocol) &&
                    forward->first <= item->socket.local_port &&
                    forward->last >= item->socket.local_port && is_family && !forward->has_target &&
                    !forward->is_limited && forward->interface[0] == '\0')
                        return true;
        }
        return false;
}

bool pg_audit_is_judged(const struct pg_auditing *auditing, const struct pg_nat *nat, size_t at)
{
        const struct pg_listener *listener = &auditing->audit->listeners[at];
        const struct pg_socket *socket = &auditing->sockets[at].socket;
        const struct pg_ports ports = {socket->protocol, socket->local_port, socket->local_port};

        return !listener->is_loopback && !is_taken(nat, &auditing->sockets[at]) &&
               !is_client(auditing, &ports, listener);
}

static int find_closed(struct pg_auditing *auditing, const struct pg_nat *nat, size_t at)
{
        const struct pg_listener *listener = &auditing->audit->listeners[at];
        const struct pg_socket *socket = &auditing->sockets[at].socket;
        const struct pg_ports ports = {socket->protocol, socket->local_port, socket->local_port};
        const struct pg_segment *segment;
        bool open;
        char *text;
        int r;

        if (listener->reachable_from || is_reached_elsewhere(auditing->audit, at) ||
            !pg_audit_is_judged(auditing, nat, at))
                return 0;
        r = join(auditing->audit, PG_FINDING_CLOSED, listener);
        if (r != 0)
                return r < 0 ? r : 0;
        segment = pg_waiting_reach(auditing->policy, &auditing->sockets[at], &open);
        text = segment ? pg_format("open to %s, who cannot reach this address",
                                   auditing->policy->sources[segment->source].label)
                       : strdup("open to nobody");
        return add(auditing, PG_FINDING_CLOSED, at, text,
                   pg_audit_advise_closed(auditing, &ports, listener, segment));
}

static bool has_service(const struct pg_policy *policy, const struct pg_segment *segment,
                        const struct pg_port_profile *port_profile)
{
        _cleanup_(pg_freep) char *name =
                pg_format("%s/%s", port_profile->profile->name, port_profile->service->name);

        for (size_t i = 0; segment && name && i < segment->n_services; i++)
                if (strcmp(policy->services[segment->services[i]].name, name) == 0)
                        return true;
        return false;
}

static int find_wider(struct pg_auditing *auditing, size_t at)
{
        const struct pg_listener *listener = &auditing->audit->listeners[at];
        const struct pg_socket *socket = &auditing->sockets[at].socket;
        const struct pg_ports ports = {socket->protocol, socket->local_port, socket->local_port};
        const struct pg_segment *segment = NULL;
        _cleanup_(pg_freep) char *scopes = NULL, *services = NULL;
        const struct pg_port_profile *port_profile;
        bool open, is_certain = false;
        int r;

        if (!listener->reachable_from || strcmp(listener->reachable_from, "any") != 0)
                return 0;
        if (auditing->policy)
                segment = pg_waiting_reach(auditing->policy, &auditing->sockets[at], &open);
        port_profile = pg_audit_narrower(auditing, &ports, listener, &is_certain, &scopes);
        if (!port_profile || (segment && has_service(auditing->policy, segment, port_profile)))
                return 0;
        r = join(auditing->audit, PG_FINDING_WIDER, listener);
        if (r != 0)
                return r < 0 ? r : 0;
        services = pg_strings_join(listener->services, listener->n_services, ", ");
        if (!services)
                return -ENOMEM;
        return add(auditing, PG_FINDING_WIDER, at,
                   pg_format("open to any%s%s; %s%s/%s means %s", *services ? " by " : "", services,
                             is_certain ? "" : "if it is that, ", port_profile->profile->name,
                             port_profile->service->name, scopes),
                   pg_audit_advise_apply(auditing, &ports, listener, true));
}

int pg_audit_find_exposed(struct pg_auditing *auditing, const struct pg_nat *nat)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < auditing->n_sockets; i++)
                r = find_wider(auditing, i);
        for (size_t i = 0; auditing->policy && r >= 0 && i < auditing->n_sockets; i++)
                r = find_closed(auditing, nat, i);
        return r;
}
