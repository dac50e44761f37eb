/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Advice on a finding. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "engine/audit/audit.h"
#include "policy/admit.h"

/* The parameter that a scope of the port profile is the value of; or NULL. */
static const struct pg_param *param_of(const struct pg_port_profile *port_profile, const char *scope)
{
        char name[64];

        return pg_param_reference(scope, name, sizeof(name))
                       ? pg_profile_param(port_profile->profile, name)
                       : NULL;
}

static void print_scope(const struct pg_port_profile *port_profile, const char *scope, FILE *out)
{
        const struct pg_param *param = param_of(port_profile, scope);

        if (!param)
                fprintf(out, "%s%s", ftello(out) > 0 ? ", " : "", scope);
        for (size_t i = 0; param && i < param->initial.n; i++)
                fprintf(out, "%s%s", ftello(out) > 0 ? ", " : "", param->initial.items[i].text);
}

/* The scopes of a port profile, with parameters' defaults filled in: "cluster, control-plane". */
static char *scopes_of(const struct pg_port_profile *port_profile)
{
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);

        if (!out)
                return NULL;
        for (size_t i = 0; i < port_profile->service->scopes.n; i++)
                print_scope(port_profile, port_profile->service->scopes.items[i].text, out);
        return pg_stream_end(out, &text);
}

/* Whether everybody is meant, with parameters' defaults filled in. */
static bool means_any(const struct pg_port_profile *port_profile)
{
        const struct pg_words *scopes = &port_profile->service->scopes;

        for (size_t i = 0; i < scopes->n; i++) {
                const struct pg_param *param = param_of(port_profile, scopes->items[i].text);

                if (param ? pg_words_have(&param->initial, "any")
                          : strcmp(scopes->items[i].text, "any") == 0)
                        return true;
        }
        return false;
}

/* "all ports, from the network of the pods" says nothing of a port. */
#define PORT_PROFILE_PORTS_MAX 32768

static struct pg_listening listening_of(const struct pg_ports *ports,
                                        const struct pg_listener *listener)
{
        struct pg_listening listening = {
                .protocol = ports->protocol,
                .port = ports->first,
                .listens = PG_LISTENS_YES,
        };

        snprintf(listening.process, sizeof(listening.process), "%s",
                 listener->process ? listener->process : "");
        snprintf(listening.unit, sizeof(listening.unit), "%s", listener->unit ? listener->unit : "");
        return listening;
}

const struct pg_port_profile *pg_audit_port_profile(const struct pg_auditing *auditing,
                                                    const struct pg_ports *ports,
                                                    const struct pg_listener *listener,
                                                    bool *ret_certain)
{
        const struct pg_listening listening = listening_of(ports, listener);
        const struct pg_wanted wanted = pg_wanted_of(&listening, &auditing->asked);
        const struct pg_port_profile *port_profile = NULL;

        if (auditing->port_profiles)
                port_profile = pg_port_profiles_find(auditing->port_profiles, &wanted, ret_certain);
        return port_profile && port_profile->ports.last - port_profile->ports.first <
                                       PORT_PROFILE_PORTS_MAX
                       ? port_profile
                       : NULL;
}

#define WELL_KNOWN_MAX 1023

/* Of several, the one that is for this port and nothing else: https/https, ssh/ssh. */
static const struct pg_port_profile *plain_of(const struct pg_match *match)
{
        const struct pg_port_profile *plain = NULL;

        for (size_t i = 0; i < match->n; i++) {
                const struct pg_port_profile *port_profile = match->port_profiles[i];

                if (!port_profile || port_profile->profile->n_services != 1 ||
                    port_profile->service->ports.n != 1 || !port_profile->service->required ||
                    strcmp(port_profile->profile->name, port_profile->service->name) != 0)
                        continue;
                if (plain)
                        return NULL;
                plain = port_profile;
        }
        return plain;
}

const struct pg_port_profile *pg_audit_only_profile(const struct pg_auditing *auditing,
                                                    const struct pg_ports *ports,
                                                    const struct pg_listener *listener)
{
        const struct pg_listening listening = listening_of(ports, listener);
        const struct pg_wanted wanted = pg_wanted_of(&listening, &auditing->asked);
        const struct pg_port_profile *only = NULL;
        struct pg_match match = {0};

        if (pg_port_profiles_match(auditing->port_profiles, &wanted, &match) < 0)
                return NULL;
        if (match.n > 0 && (match.is_proven || ports->first <= WELL_KNOWN_MAX))
                only = match.port_profiles[0];
        for (size_t i = 1; only && i < match.n; i++)
                if (match.port_profiles[i]->profile != only->profile)
                        only = NULL;
        if (!only && ports->first <= WELL_KNOWN_MAX)
                only = plain_of(&match);
        free(match.port_profiles);
        return only;
}

/* Nothing is enforced that could be added to, and each such command would close what the others open.
 */
static char *advise_first(const struct pg_advice *advice)
{
        return pg_format("portguard plan %s, with a profile of all else that is to stay open",
                         advice->n_profiles == 1 ? advice->profiles[0] : "PROFILE");
}

char *pg_audit_advise_apply(const struct pg_auditing *auditing, const struct pg_ports *ports,
                            const struct pg_listener *listener, bool narrows)
{
        const struct pg_listening listening = listening_of(ports, listener);
        const struct pg_flow flow = {.direction = PG_IN,
                                     .protocol = ports->protocol,
                                     .port = ports->first};
        const struct pg_let_in who = {.settings = auditing->settings,
                                      .advised = auditing->advised,
                                      .enforced = auditing->policy,
                                      .flow = &flow,
                                      .narrows = narrows};
        _cleanup_(pg_advice_done) struct pg_advice advice = {0};
        char *text = NULL;

        if (pg_advice_make(auditing->port_profiles, &listening, &auditing->asked,
                           auditing->policy ? &who : NULL, &advice) >= 0)
                text = advice.no_profile                  ? strdup(PG_NO_PROFILE)
                       : !auditing->policy && advice.text ? advise_first(&advice)
                                                          : PG_TAKE(advice.text);
        return text;
}

/* Whether the service is open, at whatever ports. */
static bool is_open(const struct pg_policy *policy, const struct pg_port_profile *port_profile)
{
        _cleanup_(pg_freep) char *name =
                pg_format("%s/%s", port_profile->profile->name, port_profile->service->name);

        for (size_t i = 0; name && policy && i < policy->n_segments; i++) {
                const struct pg_segment *segment = &policy->segments[i];

                for (size_t j = 0; j < segment->n_services; j++)
                        if (pg_source_opens(&policy->sources[segment->source]) &&
                            strcmp(policy->services[segment->services[j]].name, name) == 0)
                                return true;
        }
        return false;
}

/* A listener that others get to by the service; or NULL. */
static const struct pg_listener *find_user(const struct pg_auditing *auditing,
                                           const struct pg_port_profile *port_profile)
{
        _cleanup_(pg_freep) char *name =
                pg_format("%s/%s", port_profile->profile->name, port_profile->service->name);

        for (size_t i = 0; name && i < auditing->n_sockets; i++) {
                bool open = false;
                const struct pg_segment *segment =
                        pg_waiting_reach(auditing->policy, &auditing->sockets[i], &open);

                for (size_t j = 0; open && j < segment->n_services; j++)
                        if (strcmp(auditing->policy->services[segment->services[j]].name, name) == 0)
                                return &auditing->audit->listeners[i];
        }
        return NULL;
}

/* A parameter gave the service other ports than the profile does: one may be in use. */
static char *move_port(const struct pg_auditing *auditing, const struct pg_port_profile *port_profile,
                       const char *name)
{
        const struct pg_param *param = pg_profile_param(port_profile->profile, name);
        const struct pg_listener *user = find_user(auditing, port_profile);

        if (user)
                return pg_format("%s/%s is open at %s/%u, which is in use: --set %s=... would close "
                                 "that%s",
                                 port_profile->profile->name, port_profile->service->name,
                                 user->protocol, user->port, name,
                                 param && param->type == PG_PARAM_PORTS
                                         ? ", but for a range that has both"
                                         : "");
        return pg_format("%s/%s is open at other ports: --set %s=...", port_profile->profile->name,
                         port_profile->service->name, name);
}

static char *fill_scopes(const struct pg_auditing *auditing, const struct pg_port_profile *port_profile,
                         const char *scopes)
{
        const struct pg_words *ports = &port_profile->service->ports;
        char name[64];

        for (size_t i = 0; is_open(auditing->policy, port_profile) && i < ports->n; i++)
                if (pg_param_reference(ports->items[i].text, name, sizeof(name)))
                        return move_port(auditing, port_profile, name);
        for (size_t i = 0; i < port_profile->service->scopes.n; i++)
                if (pg_param_reference(port_profile->service->scopes.items[i].text, name, sizeof(name)))
                        return pg_format("say who may reach it: --set %s=...", name);
        return pg_format("say in the site file or with --group who belongs to: %s", scopes);
}

/* Whether that policy, which may be NULL, lets anybody at the port. */
static bool is_open_by(const struct pg_policy *policy, const struct pg_ports *ports)
{
        const struct pg_flow flow = {.direction = PG_IN,
                                     .protocol = ports->protocol,
                                     .port = ports->first};
        const struct pg_segment *segment = policy ? pg_policy_segment(policy, &flow) : NULL;

        return segment && pg_source_opens(&policy->sources[segment->source]);
}

/* Who may reach the port cannot. */
static char *advise_source(const struct pg_policy *policy, const struct pg_segment *segment)
{
        const char *group = pg_source_group(&policy->sources[segment->source]);
        _cleanup_(pg_freep) char *services = NULL;

        if (group)
                return pg_format("give the group %s addresses that can reach it", group);
        services = pg_segment_services(policy, segment);
        return services ? pg_format("name somebody who can reach it where it is said whom %s lets in",
                                    services)
                        : NULL;
}

char *pg_audit_advise_closed(const struct pg_auditing *auditing, const struct pg_ports *ports,
                             const struct pg_listener *listener, const struct pg_segment *segment)
{
        bool is_certain = false;
        const struct pg_port_profile *port_profile =
                pg_audit_port_profile(auditing, ports, listener, &is_certain);
        _cleanup_(pg_freep) char *scopes = NULL;

        if (is_open_by(auditing->applied, ports))
                return strdup("portguard verify --repair");
        if (segment)
                return advise_source(auditing->policy, segment);
        if (!auditing->port_profiles)
                return NULL;
        if (!port_profile)
                return pg_port_profiles_are_none(auditing->port_profiles) ? NULL
                                                                          : strdup(PG_NO_PROFILE);
        scopes = scopes_of(port_profile);
        if (!scopes)
                return NULL;
        if (is_certain && strcmp(scopes, "local") == 0)
                return pg_format("let it listen on loopback: %s/%s is for this host only",
                                 port_profile->profile->name, port_profile->service->name);
        /* What is applied and required is closed because nobody belongs to it. */
        if (port_profile->service->required && port_profile->service->n_conditions == 0 &&
            pg_strings_have(auditing->asked.applied, auditing->asked.n_applied,
                            port_profile->profile->name))
                return fill_scopes(auditing, port_profile, scopes);
        return pg_audit_advise_apply(auditing, ports, listener, false);
}

/* By the names that Docker and kube-proxy give to their chains and tables. */
char *pg_audit_advise_published(const struct pg_forward *forward)
{
        uint16_t first, last;

        pg_forward_ports(forward, forward->first, forward->last, &first, &last);
        if (forward->stays)
                return first == last ? pg_format("close port %u", first)
                                     : pg_format("close what is open of ports %u-%u", first, last);
        if (strncmp(forward->chain, "DOCKER", 6) == 0)
                return strdup("-p 127.0.0.1:..., or a rule in DOCKER-USER");
        if (strncmp(forward->chain, "KUBE-", 5) == 0 || strncmp(forward->table, "kube-proxy", 10) == 0)
                return strdup("a NetworkPolicy, or nodePortAddresses of kube-proxy");
        return strdup("a rule in a forward chain");
}

/* Whether one of the profiles that it may be means everybody. */
static bool may_mean_any(const struct pg_auditing *auditing, const struct pg_listening *listening)
{
        const struct pg_wanted wanted = pg_wanted_of(listening, &auditing->asked);
        struct pg_match match = {0};
        bool is_any = pg_port_profiles_match(auditing->port_profiles, &wanted, &match) < 0;

        for (size_t i = 0; i < match.n; i++)
                is_any |= means_any(match.port_profiles[i]);
        free(match.port_profiles);
        return is_any;
}

const struct pg_port_profile *pg_audit_narrower(const struct pg_auditing *auditing,
                                                const struct pg_ports *ports,
                                                const struct pg_listener *listener, bool *ret_certain,
                                                char **ret_scopes)
{
        const struct pg_listening listening = listening_of(ports, listener);
        const struct pg_port_profile *port_profile =
                pg_audit_port_profile(auditing, ports, listener, ret_certain);
        _cleanup_(pg_freep) char *scopes = port_profile ? scopes_of(port_profile) : NULL;

        if (!scopes || may_mean_any(auditing, &listening))
                return NULL;
        *ret_scopes = PG_TAKE(scopes);
        return port_profile;
}
