/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lockout guard. What is cheap is asked first: which ports listen, then which sessions go to those
 * that are not open to everybody, then whether the policy refuses them by their address. Only where it
 * does are processes looked at, and the same sessions asked about again: whose are they?
 */
#include <limits.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "engine/guard/internal.h"
#include "host/links.h"
#include "host/own_addresses.h"
#include "host/processes.h"
#include "host/routes.h"
#include "policy/explain.h"

#define SSH_PORT 22
/* More are counted. */
#define TOLD_MAX 20

/* "sshd-session" since OpenSSH 9.8. The listener may be systemd's; the session is theirs. */
static const char *const ssh_names[] = {"sshd", "dropbear"};
/* Of OpenSSH's processes that talk to somebody who has not logged in: on a host that the whole internet
 * reaches, somebody always knocks, and must not keep it from being closed. */
static const char *const knocking_titles[] = {"[net]", "[accepted]"};

static const struct pg_process_search search = {
        .names = ssh_names,
        .n_names = PG_ELEMENTSOF(ssh_names),
        .titles = knocking_titles,
        .n_titles = PG_ELEMENTSOF(knocking_titles),
};

struct guard {
        const struct pg_policy *policy;
        struct pg_error *error;
        struct pg_refusal own; /* the caller's session */
        bool own_refused, own_established;
        struct pg_port_set listening;
        struct pg_port_set asked;   /* ports whose sessions are asked about */
        struct pg_port_set ssh;     /* ports that are known to be ssh's */
        struct pg_port_set unclear; /* ports with a refused session that may be an ssh's */
        bool has_looked;            /* at the processes: */
        struct pg_inodes sockets;   /* ssh's */
        struct pg_inodes knocking;  /* of those, where nobody has logged in yet */
        struct pg_refusal refused[TOLD_MAX];
        size_t n_refused;
        struct pg_refusal doubtful; /* the first of those that another way in would refuse */
        size_t n_doubtful;
        struct pg_own_addresses own_addresses; /* none until they are asked for */
};

static void guard_freep(struct guard **guard)
{
        if (*guard) {
                pg_inodes_done(&(*guard)->sockets);
                pg_inodes_done(&(*guard)->knocking);
                pg_own_addresses_done(&(*guard)->own_addresses);
        }
        free(*guard);
}

static bool admits(const struct guard *guard, const struct pg_socket *session, const char *interface,
                   const struct pg_segment **ret_segment)
{
        struct pg_flow flow = {
                .direction = PG_IN,
                .protocol = IPPROTO_TCP,
                .port = session->local_port,
                .is_v6 = session->is_v6,
                .interface = interface,
        };

        memcpy(flow.address, session->remote, sizeof(flow.address));
        if (ret_segment)
                *ret_segment = pg_policy_segment(guard->policy, &flow);
        return pg_policy_admits(guard->policy, &flow);
}

static bool is_loopback(bool is_v6, const uint8_t address[static 16])
{
        static const uint8_t loopback6[16] = {[15] = 1};

        return is_v6 ? memcmp(address, loopback6, sizeof(loopback6)) == 0
                     : address[0] == IN_LOOPBACKNET;
}

/* What certainly comes in over lo. Of the other own addresses the route says so. */
static bool is_local(const struct pg_socket *session)
{
        return memcmp(session->remote, session->local, sizeof(session->remote)) == 0 ||
               is_loopback(session->is_v6, session->remote);
}

/* The interface that has the address that the session goes to; "" where that is lo, or none has. */
static void find_owner(struct guard *guard, const struct pg_socket *session,
                       char name[static IF_NAMESIZE])
{
        const struct pg_own_addresses *own = &guard->own_addresses;
        size_t length = session->is_v6 ? 16 : 4;

        name[0] = '\0';
        if (own->n == 0 && pg_own_addresses_read(&guard->own_addresses) < 0)
                return;
        for (size_t i = 0; i < own->n && name[0] == '\0'; i++)
                if (own->items[i].is_v6 == session->is_v6 &&
                    memcmp(own->items[i].bytes, session->local, length) == 0)
                        pg_link_arrival(own->items[i].interface, name);
        if (strcmp(name, "lo") == 0)
                name[0] = '\0';
}

/* Where routing is not symmetric, who comes to an address mostly comes in by the interface that has it;
 * unless rp_filter lets in nobody there whose answers leave elsewhere. */
static void doubt(struct guard *guard, struct pg_refusal *refusal, const char *way, bool admitted)
{
        const struct pg_socket *session = &refusal->session;
        char owner[IF_NAMESIZE];

        find_owner(guard, session, owner);
        if (owner[0] == '\0' || strcmp(owner, way) == 0 ||
            admits(guard, session, owner, NULL) == admitted ||
            (!session->is_v6 && pg_route_refuses(session->remote, owner)))
                return;
        memcpy(refusal->way, way, sizeof(refusal->way));
        memcpy(refusal->other, owner, sizeof(refusal->other));
}

/* By the interface, too, that the session's packets come in by. Returns 1 when it is refused. */
static int judge(struct guard *guard, struct pg_refusal *refusal)
{
        const struct pg_socket *session = &refusal->session;
        char interface[IF_NAMESIZE] = "";
        bool is_routed, admitted;
        int r;

        pg_link_arrival(session->interface, interface);
        is_routed = interface[0] == '\0';
        if (is_routed) {
                r = pg_route_interface(session->is_v6, session->remote, session->local, interface,
                                       guard->error);
                if (r < 0)
                        return r;
        }
        admitted = admits(guard, session, interface[0] != '\0' ? interface : NULL, &refusal->segment);
        if (is_routed && strcmp(interface, "lo") != 0)
                doubt(guard, refusal, interface, admitted);
        return !admitted;
}

static bool is_own(const struct guard *guard, const struct pg_socket *session)
{
        const struct pg_socket *own = &guard->own.session;

        return session->local_port == own->local_port && session->remote_port == own->remote_port &&
               session->is_v6 == own->is_v6 &&
               memcmp(session->remote, own->remote, sizeof(own->remote)) == 0 &&
               memcmp(session->local, own->local, sizeof(own->local)) == 0;
}

static bool is_ssh(const struct guard *guard, const struct pg_socket *session)
{
        return pg_port_set_has(&guard->ssh, session->local_port) ||
               pg_inodes_have(&guard->sockets, session->inode);
}

static void note_refused(struct guard *guard, const struct pg_refusal *refusal)
{
        if (pg_inodes_have(&guard->knocking, refusal->session.inode))
                return;
        if (guard->n_refused < TOLD_MAX)
                guard->refused[guard->n_refused] = *refusal;
        guard->n_refused++;
}

static void note_doubtful(struct guard *guard, const struct pg_refusal *refusal)
{
        if (pg_inodes_have(&guard->knocking, refusal->session.inode))
                return;
        if (guard->n_doubtful++ == 0)
                guard->doubtful = *refusal;
}

static int ask_session(const struct pg_socket *session, void *data)
{
        struct pg_refusal refusal = {.session = *session};
        struct guard *guard = data;
        int r = 1;

        if (guard->own_refused && is_own(guard, session)) {
                guard->own_established = true;
                return 0;
        }
        if (admits(guard, session, NULL, NULL) || is_local(session))
                return 0;
        if (is_ssh(guard, session))
                r = judge(guard, &refusal);
        else if (guard->has_looked)
                return 0;
        if (r < 0 || (r == 0 && refusal.other[0] == '\0'))
                return r;
        if (guard->has_looked)
                (r > 0 ? note_refused : note_doubtful)(guard, &refusal);
        else
                pg_port_set_add(&guard->unclear, session->local_port);
        return 0;
}

/* Also on loopback: DNAT sends there what comes from beyond this host. */
static int note_listener(const struct pg_socket *socket, void *data)
{
        const struct pg_segment *segment;
        struct guard *guard = data;

        pg_port_set_add(&guard->listening, socket->local_port);
        admits(guard, socket, NULL, &segment);
        if (!segment || !guard->policy->sources[segment->source].any)
                pg_port_set_add(&guard->asked, socket->local_port);
        return 0;
}

static int note_ssh_listener(const struct pg_socket *socket, void *data)
{
        struct guard *guard = data;

        if (pg_inodes_have(&guard->sockets, socket->inode))
                pg_port_set_add(&guard->ssh, socket->local_port);
        return 0;
}

static int ask_unclear(struct guard *guard)
{
        int r;

        if (pg_port_set_is_empty(&guard->unclear))
                return 0;
        r = pg_process_sockets(&search, &guard->sockets, &guard->knocking, guard->error);
        if (r < 0)
                return r;
        guard->has_looked = true;
        r = pg_tcp_listening(note_ssh_listener, guard, guard->error);
        return r < 0 ? r : pg_tcp_established(&guard->unclear, ask_session, guard, guard->error);
}

static int ask_own(struct guard *guard, const struct pg_ssh_session *caller)
{
        struct pg_socket *session = &guard->own.session;
        int r;

        session->is_v6 = caller->is_v6;
        memcpy(session->remote, caller->client, sizeof(session->remote));
        memcpy(session->local, caller->server, sizeof(session->local));
        session->remote_port = caller->client_port;
        session->local_port = caller->server_port;
        session->interface = caller->interface[0] != '\0' ? if_nametoindex(caller->interface) : 0;
        guard->own.is_own = true;
        pg_port_set_add(&guard->ssh, session->local_port);
        if (admits(guard, session, NULL, NULL) || is_local(session))
                return 0;
        r = judge(guard, &guard->own);
        if (r <= 0)
                return r;
        guard->own_refused = true;
        pg_port_set_add(&guard->asked, session->local_port);
        return 0;
}

/* What is no session of this network namespace may be one of another, which the policy is not for. But
 * a session to an address of this host is taken at its word. */
static int check_own(struct guard *guard)
{
        const struct pg_socket *session = &guard->own.session;
        char interface[IF_NAMESIZE] = "";
        int r = 0;

        if (!guard->own_refused || guard->own_established)
                return 0;
        r = pg_route_interface(session->is_v6, session->local, NULL, interface, guard->error);
        guard->own_refused = strcmp(interface, "lo") == 0;
        return r;
}

static int compare_refusals(const void *a, const void *b)
{
        const struct pg_socket *x = &((const struct pg_refusal *)a)->session;
        const struct pg_socket *y = &((const struct pg_refusal *)b)->session;
        int order = memcmp(x->remote, y->remote, sizeof(x->remote));

        if (x->local_port != y->local_port)
                return x->local_port < y->local_port ? -1 : 1;
        if (x->is_v6 != y->is_v6)
                return x->is_v6 ? 1 : -1;
        if (order != 0)
                return order;
        return x->remote_port < y->remote_port ? -1 : x->remote_port > y->remote_port;
}

/* Of ssh's ports, 22 may be another's. */
static struct pg_ssh_span find_span(const struct guard *guard)
{
        struct pg_ssh_span span = {0};

        for (unsigned port = 1; port <= UINT16_MAX; port++) {
                if (!pg_port_set_has(&guard->ssh, (uint16_t)port) ||
                    !pg_port_set_has(&guard->listening, (uint16_t)port))
                        continue;
                span.last = (uint16_t)port;
                if (span.n++ == 0)
                        span.first = span.last;
        }
        return span;
}

static int report(struct guard *guard, enum pg_severity severity, struct pg_diagnostics *diagnostics)
{
        size_t n = guard->n_refused < TOLD_MAX ? guard->n_refused : TOLD_MAX;
        const struct pg_ssh_span span = find_span(guard);

        guard->own.ssh = span;
        for (size_t i = 0; i < n; i++)
                guard->refused[i].ssh = span;
        if (guard->own_refused)
                pg_refusal_report(guard->policy, &guard->own, severity, diagnostics);
        if (n > 1)
                qsort(guard->refused, n, sizeof(*guard->refused), compare_refusals);
        for (size_t i = 0; i < n; i++)
                pg_refusal_report(guard->policy, &guard->refused[i], severity, diagnostics);
        if (guard->n_refused > n)
                pg_diagnostics_add(diagnostics, severity, (struct pg_place){0},
                                   "and %zu more ssh sessions", guard->n_refused - n);
        if (guard->n_doubtful > 0)
                pg_refusal_report_doubt(&guard->doubtful, guard->n_doubtful, diagnostics);
        n = guard->n_refused + guard->own_refused;
        return n > INT_MAX ? INT_MAX : (int)n;
}

int pg_ssh_ports(struct pg_port_set *ret, struct pg_error *error)
{
        _cleanup_(guard_freep) struct guard *guard = calloc(1, sizeof(*guard));
        struct pg_ssh_session reported;
        int r;

        if (!guard)
                return pg_error_memory(error);
        pg_port_set_add(&guard->ssh, SSH_PORT);
        if (pg_ssh_session_find(&reported))
                pg_port_set_add(&guard->ssh, reported.server_port);
        r = pg_process_sockets(&search, &guard->sockets, &guard->knocking, error);
        if (r >= 0)
                r = pg_tcp_listening(note_ssh_listener, guard, error);
        if (r >= 0)
                *ret = guard->ssh;
        return r;
}

int pg_guard(const struct pg_policy *policy, const struct pg_ssh_session *caller,
             enum pg_severity severity, struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        _cleanup_(guard_freep) struct guard *guard = calloc(1, sizeof(*guard));
        int r;

        if (!guard)
                return pg_error_memory(error);
        guard->policy = policy;
        guard->error = error;
        pg_port_set_add(&guard->ssh, SSH_PORT);
        r = caller ? ask_own(guard, caller) : 0;
        if (r >= 0)
                r = pg_tcp_listening(note_listener, guard, error);
        if (r >= 0)
                r = pg_tcp_established(&guard->asked, ask_session, guard, error);
        if (r >= 0)
                r = ask_unclear(guard);
        if (r >= 0)
                r = check_own(guard);
        return r < 0 ? r : report(guard, severity, diagnostics);
}
