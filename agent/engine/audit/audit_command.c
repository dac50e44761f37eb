/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one command that opens what listens, where nothing is enforced. */
#include <errno.h>
#include <stdlib.h>

#include "base/strings.h"
#include "engine/audit/audit.h"

/* At another port than its profile has: "--set ssh.ssh_port=2222". 0 or -ENOMEM. */
static int add_port(struct pg_asked *asked, const struct pg_port_profile *port_profile, uint16_t port)
{
        _cleanup_(pg_freep) char *text = NULL;
        char name[64];

        if ((port_profile->ports.first <= port && port <= port_profile->ports.last) ||
            !pg_param_reference(port_profile->service->ports.items[0].text, name, sizeof(name)))
                return 0;
        text = pg_format("--set %s.%s=%u", port_profile->profile->name, name, port);
        if (!text)
                return -ENOMEM;
        return pg_strings_have(asked->parameters, asked->n_parameters, text)
                       ? 0
                       : pg_strings_add(text, &asked->parameters, &asked->n_parameters);
}

static int ask_for(const struct pg_auditing *auditing, size_t at, struct pg_asked *asked)
{
        const struct pg_socket *socket = &auditing->sockets[at].socket;
        const struct pg_ports ports = {socket->protocol, socket->local_port, socket->local_port};
        const struct pg_port_profile *port_profile =
                pg_audit_only_profile(auditing, &ports, &auditing->audit->listeners[at]);
        const char *name = port_profile ? port_profile->profile->name : NULL;
        int r;

        if (!port_profile)
                return 0;
        /* Its port is asked for already, and another would close that. */
        if (pg_strings_have(asked->profiles, asked->n_profiles, name))
                return 0;
        r = pg_strings_add(name, &asked->profiles, &asked->n_profiles);
        return r < 0 ? r : add_port(asked, port_profile, socket->local_port);
}

/* "tcp/8080 (java)" */
static int leave(struct pg_audit *audit, const struct pg_listener *listener)
{
        _cleanup_(pg_freep) char *text =
                listener->process
                        ? pg_format("%s/%u (%s)", listener->protocol, listener->port, listener->process)
                        : pg_format("%s/%u", listener->protocol, listener->port);

        if (!text)
                return -ENOMEM;
        return pg_strings_have(audit->left_closed, audit->n_left_closed, text)
                       ? 0
                       : pg_strings_add(text, &audit->left_closed, &audit->n_left_closed);
}

static int find_left(struct pg_auditing *auditing, const struct pg_nat *nat,
                     const struct pg_policy *policy)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < auditing->n_sockets; i++) {
                bool open = false;

                if (!pg_audit_is_judged(auditing, nat, i) ||
                    pg_audit_is_dhcp_client(&auditing->sockets[i]))
                        continue;
                pg_waiting_reach(policy, &auditing->sockets[i], &open);
                if (!open)
                        r = leave(auditing->audit, &auditing->audit->listeners[i]);
        }
        return r;
}

int pg_audit_find_command(struct pg_auditing *auditing, const struct pg_nat *nat)
{
        const struct pg_policy *policy = NULL;
        struct pg_asked asked = {0};
        int r = 0;

        if (!auditing->port_profiles || auditing->audit->problem || !auditing->audit->is_off)
                return 0;
        for (size_t i = 0; r >= 0 && i < auditing->n_sockets; i++)
                if (pg_audit_is_judged(auditing, nat, i))
                        r = ask_for(auditing, i, &asked);
        if (r >= 0 && asked.n_profiles > 0)
                r = pg_advised_compile(auditing->advised, auditing->settings, &asked, NULL,
                                       &auditing->audit->command, &policy);
        if (r >= 0 && policy)
                r = find_left(auditing, nat, policy);
        pg_asked_done(&asked);
        return r;
}
