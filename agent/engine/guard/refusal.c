/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An ssh session that a policy would refuse, in words. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/strings.h"
#include "engine/guard/internal.h"
#include "policy/admit.h"

/* A group that has more is not repeated in a message. */
#define MEMBERS_MAX 8
#define SSH_PORT 22
/* The shipped profile that opens ssh, and its parameters `ssh_port` and `ssh_from`. */
#define SSH_SERVICE "ssh/ssh"

struct names {
        char address[INET6_ADDRSTRLEN]; /* of the client */
        char services[256];
        char label[128];
};

/* Names may have been read back from the kernel, where anybody might have put them. */
static void print_into(const char *text, char *buffer, size_t size)
{
        pg_printable(text, strlen(text), buffer, size);
}

static bool is_group(const char *label)
{
        return pg_scope_kind(label) == PG_SCOPE_GROUP;
}

static bool has_service(const struct pg_policy *policy, const struct pg_segment *segment,
                        const char *name)
{
        size_t n = segment ? segment->n_services : policy->n_services;

        for (size_t i = 0; i < n; i++)
                if (strcmp(policy->services[segment ? segment->services[i] : i].name, name) == 0)
                        return true;
        return false;
}

/* Whether the range is one that an option takes: not FIRST-LAST. */
static bool print_range(FILE *stream, int family, const uint8_t *first, const uint8_t *last)
{
        char text[2 * INET6_ADDRSTRLEN];

        pg_range_format(family, first, last, text, sizeof(text));
        fprintf(stream, "%s,", text);
        return !strchr(text, '-');
}

static bool print_members(FILE *stream, const struct pg_source *source)
{
        const struct pg_addresses *addresses = &source->addresses;
        bool good = true;

        for (size_t i = 0; i < addresses->n_v4; i++) {
                uint32_t first = htonl(addresses->v4[i].first), last = htonl(addresses->v4[i].last);

                good &= print_range(stream, AF_INET, (uint8_t *)&first, (uint8_t *)&last);
        }
        for (size_t i = 0; i < addresses->n_v6; i++)
                good &= print_range(stream, AF_INET6, addresses->v6[i].first, addresses->v6[i].last);
        for (size_t i = 0; i < source->n_interfaces; i++) {
                good &= pg_interface_name_is_valid(source->interfaces[i]);
                fprintf(stream, "%%%s,", source->interfaces[i]);
        }
        return good;
}

/* "192.0.2.0/24,%wg0,": all that the group has, because --group replaces what the site file or the
 * profile say; NULL where that is too long to be repeated. The caller frees it. */
static char *list_members(const struct pg_source *source)
{
        size_t size = 0, n = source->addresses.n_v4 + source->addresses.n_v6 + source->n_interfaces;
        char *text = NULL;
        FILE *stream;
        bool good;

        if (n > MEMBERS_MAX)
                return NULL;
        stream = open_memstream(&text, &size);
        if (!stream)
                return NULL;
        good = print_members(stream, source);
        if (fclose(stream) == 0 && good)
                return text;
        free(text);
        return NULL;
}

static char *advise_group(const struct pg_source *source, const char *address, const char *label)
{
        _cleanup_(pg_freep) char *members = list_members(source);
        _cleanup_(pg_freep) char *option = NULL, *word = NULL;

        if (!members)
                return pg_format("add %s to it in the site file, under groups: %s", address, label);
        option = pg_format("%s=%s%s", label, members, address);
        word = option ? pg_shell_word(option) : NULL;
        return word ? pg_format("let it in with --group %s, or in the site file under groups: %s", word,
                                label)
                    : NULL;
}

/* What would admit the address at a port that a service owns. The caller frees it. */
static char *advise(const struct pg_policy *policy, const struct pg_refusal *refusal,
                    const struct names *names)
{
        const struct pg_source *source = &policy->sources[refusal->segment->source];
        _cleanup_(pg_freep) char *scopes = NULL;

        if (is_group(source->label))
                return advise_group(source, names->address, names->label);
        if (!has_service(policy, refusal->segment, SSH_SERVICE) ||
            strcmp(source->label, names->label) != 0)
                return pg_format("name %s in `from` of %s", names->address, names->services);
        if (strcmp(source->label, "local") == 0)
                return pg_format("let it in with --set ssh_from=%s", names->address);
        scopes = pg_strings_join(source->scopes, source->n_scopes, ",");
        return scopes ? pg_format("let it in with --set ssh_from=%s,%s", scopes, names->address) : NULL;
}

/* Whether the interfaces of a service that nobody reaches are why: a listener of one interface is not
 * asked about them. */
static bool lacks_interface(const struct pg_source *source, const struct pg_socket *listener)
{
        return source->n_interfaces > 0 && listener->interface == 0;
}

/* What the service lets in instead. The caller frees it. */
static char *describe(const struct pg_policy *policy, const struct pg_refusal *refusal, bool is_session,
                      const struct names *names)
{
        const struct pg_source *source = &policy->sources[refusal->segment->source];
        const char *verb = refusal->segment->n_services == 1 ? "lets" : "let";

        if (strcmp(source->label, "local") == 0)
                return pg_format("%s %s in this host only", names->services, verb);
        return pg_format("%s %s in '%s' only%s", names->services, verb, names->label,
                         !pg_source_opens(source) ? ", which is empty"
                         : !is_session && lacks_interface(source, &refusal->session)
                                 ? ", by whose interfaces nobody comes in now"
                                 : "");
}

/* Whether the service has ports: one that is from `none` has not. */
static bool has_ports(const struct pg_policy *policy, const char *service)
{
        for (size_t i = 0; i < policy->n_segments; i++)
                if (policy->segments[i].direction == PG_IN &&
                    has_service(policy, &policy->segments[i], service))
                        return true;
        return false;
}

/* The profile ssh opens one range, and each port alone would close the others. The caller frees it. */
static char *advise_span(const struct pg_policy *policy, uint16_t port, const struct pg_ssh_span *ssh)
{
        _cleanup_(pg_freep) char *ports =
                ssh->n == 2
                        ? pg_format("tcp/%u and tcp/%u", ssh->first, ssh->last)
                        : pg_format("%u ports from tcp/%u to tcp/%u", ssh->n, ssh->first, ssh->last);
        bool is_dense = (unsigned)ssh->last - ssh->first + 1 == ssh->n;

        if (!ports)
                return NULL;
        return pg_format("no profile opens tcp/%u, and ssh listens at %s: %s--set ssh_port=%u-%u opens "
                         "them%s",
                         port, ports,
                         has_service(policy, NULL, SSH_SERVICE) ? "" : "add the profile ssh, with ",
                         ssh->first, ssh->last,
                         is_dense
                                 ? ""
                                 : ", and all ports between; to open no others takes a profile of your "
                                   "own (portguard-profile(5)), and to close this one --allow-lockout");
}

/* A port that nobody claims, for who comes from the address. The caller frees it. */
static char *advise_profile(const struct pg_policy *policy, const struct pg_refusal *refusal,
                            const char *address)
{
        uint16_t port = refusal->session.local_port;

        if (has_service(policy, NULL, SSH_SERVICE) && !has_ports(policy, SSH_SERVICE))
                return pg_format(
                        "the service ssh is from `none`, which is nobody; open it with --set ssh_from=%s",
                        address);
        if (refusal->ssh.n > 1 && refusal->ssh.first <= port && port <= refusal->ssh.last)
                return advise_span(policy, port, &refusal->ssh);
        if (has_service(policy, NULL, SSH_SERVICE))
                return pg_format(
                        "no profile opens tcp/%u: if that is where ssh listens, --set ssh_port=%u",
                        port, port);
        if (port == SSH_PORT)
                return pg_format("no profile opens tcp/%u: add the profile ssh", port);
        return pg_format("no profile opens tcp/%u: add the profile ssh, with --set ssh_port=%u", port,
                         port);
}

static struct pg_place place_of(const struct pg_policy *policy, const struct pg_segment *segment)
{
        const struct pg_policy_service *service;

        if (!segment || segment->n_services == 0)
                return (struct pg_place){0};
        service = &policy->services[segment->services[0]];
        return (struct pg_place){service->file, service->line, service->column};
}

/* What would let somebody in at a port whose service lets nobody in. The caller frees it. */
static char *advise_anybody(const struct pg_policy *policy, const struct pg_refusal *refusal,
                            const struct names *names)
{
        const struct pg_segment *segment = refusal->segment;
        const struct pg_source *source = &policy->sources[segment->source];

        if (is_group(source->label))
                return pg_format(
                        "%sname their addresses with --group %s=ADDRESS, or in the site file under "
                        "groups: %s",
                        lacks_interface(source, &refusal->session) ? "set up the interface first, or "
                                                                   : "",
                        names->label, names->label);
        if (has_service(policy, segment, SSH_SERVICE))
                return strdup("let them in with --set ssh_from=ADDRESS");
        return pg_format("name their addresses in `from` of %s", names->services);
}

/* Of a session, or of a listener that nobody would reach. The caller frees it. */
static char *explain(const struct pg_policy *policy, const struct pg_refusal *refusal, bool is_session,
                     struct names *names)
{
        const struct pg_segment *segment = refusal->segment;
        _cleanup_(pg_freep) char *services = NULL, *what = NULL, *advice = NULL;

        if (!segment)
                return advise_profile(policy, refusal, is_session ? names->address : "ADDRESS");
        services = pg_segment_services(policy, segment);
        if (!services)
                return NULL;
        print_into(services, names->services, sizeof(names->services));
        print_into(policy->sources[segment->source].label, names->label, sizeof(names->label));
        what = describe(policy, refusal, is_session, names);
        advice = is_session ? advise(policy, refusal, names) : advise_anybody(policy, refusal, names);
        return what && advice ? pg_format("%s; %s", what, advice) : NULL;
}

void pg_refusal_report_listener(const struct pg_policy *policy, const struct pg_socket *listener,
                                enum pg_severity severity, struct pg_diagnostics *diagnostics)
{
        const struct pg_flow flow = {
                .direction = PG_IN,
                .protocol = IPPROTO_TCP,
                .port = listener->local_port,
        };
        const struct pg_refusal refusal = {
                .session = *listener,
                .segment = pg_policy_segment(policy, &flow),
        };
        _cleanup_(pg_freep) char *explanation = NULL;
        struct names names = {0};

        explanation = explain(policy, &refusal, false, &names);
        pg_diagnostics_add(diagnostics, severity, place_of(policy, refusal.segment),
                           "ssh listens at port %u, and nobody could reach it: %s",
                           listener->local_port,
                           explanation ? explanation : "not enough memory to say why");
}

void pg_refusal_report(const struct pg_policy *policy, const struct pg_refusal *refusal,
                       enum pg_severity severity, struct pg_diagnostics *diagnostics)
{
        const struct pg_socket *session = &refusal->session;
        bool is_doubtful = refusal->other[0] != '\0';
        _cleanup_(pg_freep) char *explanation = NULL;
        struct names names = {0};

        inet_ntop(session->is_v6 ? AF_INET6 : AF_INET, session->remote, names.address,
                  sizeof(names.address));
        explanation = explain(policy, refusal, true, &names);
        pg_diagnostics_add(diagnostics, severity, place_of(policy, refusal->segment),
                           "%sssh session from %s port %u to port %u would be refused as a new one: "
                           "%s%s%s%s%s%s",
                           refusal->is_own ? "your " : "", names.address, session->remote_port,
                           session->local_port,
                           explanation ? explanation : "not enough memory to say why",
                           is_doubtful ? "; that is judged by " : "", refusal->way,
                           is_doubtful ? ", which its answers leave by: if it comes in by " : "",
                           refusal->other,
                           is_doubtful ? ", it is let in, and --allow-lockout is right" : "");
}

void pg_refusal_report_doubt(const struct pg_refusal *refusal, size_t n,
                             struct pg_diagnostics *diagnostics)
{
        const struct pg_socket *session = &refusal->session;
        char address[INET6_ADDRSTRLEN];

        inet_ntop(session->is_v6 ? AF_INET6 : AF_INET, session->remote, address, sizeof(address));
        pg_diagnostics_add(
                diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                "whether %zu ssh session%s would be refused depends on the way in, "
                "which the kernel does not tell: the one from %s port %u to port %u would "
                "not be by %s, which its answers leave by, and would be by %s, which has its "
                "address here",
                n, n == 1 ? "" : "s", address, session->remote_port, session->local_port, refusal->way,
                refusal->other);
}
