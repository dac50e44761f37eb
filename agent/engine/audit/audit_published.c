/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ports that other tables' NAT takes before the input hook judges them. */
#include <errno.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "base/strings.h"
#include "engine/audit/audit.h"

static char *ports_text(uint16_t first, uint16_t last)
{
        if (first == 0 && last == UINT16_MAX)
                return strdup("any");
        return first == last ? pg_format("%u", first) : pg_format("%u-%u", first, last);
}

static char *protocol_text(uint8_t protocol)
{
        char text[16];

        if (protocol == 0)
                return strdup("any");
        pg_protocol_format(protocol, text, sizeof(text));
        return strdup(text);
}

/* "172.17.0.2:80", "[fd00::2]:80", "port 82", "ports 82-85", "the same port" */
static char *to_text(const struct pg_forward *forward)
{
        bool is_range = forward->to_port < forward->to_port_last;
        uint16_t first, last;

        if (forward->to_port == 0 && !forward->has_to)
                return forward->stays ? strdup("the same port") : NULL;
        if (forward->to_port == 0)
                return pg_forward_text(forward, 0, 0);
        pg_forward_ports(forward, forward->first, forward->last, &first, &last);
        if (is_range && !forward->has_to && first == forward->first && last == forward->last)
                return strdup("the same port");
        return pg_forward_text(forward, first, last);
}

static const char *family_name(uint8_t family)
{
        return family == NFPROTO_IPV4 ? "ip" : family == NFPROTO_IPV6 ? "ip6" : "inet";
}

/* Of a redirect: who gets to the port that it leads to, or to the first of several that is open. */
static int set_source(const struct pg_auditing *auditing, const struct pg_forward *forward,
                      struct pg_published *published)
{
        bool is_name = published->interface && !strchr(published->interface, '*');
        uint16_t first, last;
        int r = 0;

        published->is_redirect = forward->stays;
        if (!forward->stays || !pg_forward_arrives(forward, is_name ? published->interface : NULL))
                return 0;
        pg_forward_ports(forward, forward->first, forward->last, &first, &last);
        for (unsigned port = first; r >= 0 && port <= last && !published->reachable_from; port++)
                r = pg_audit_port_source(auditing, forward->protocol, (uint16_t)port,
                                         &published->reachable_from);
        return r;
}

static int describe(const struct pg_auditing *auditing, const struct pg_forward *forward,
                    struct pg_published *published)
{
        char text[96];

        published->protocol = protocol_text(forward->protocol);
        published->ports = ports_text(forward->first, forward->last);
        if (forward->has_target) {
                pg_range_format(forward->is_v6 ? AF_INET6 : AF_INET, forward->target_first,
                                forward->target_last, text, sizeof(text));
                published->address = strdup(text);
        }
        if (forward->interface[0] != '\0')
                published->interface = strdup(forward->interface);
        published->is_limited = forward->is_limited;
        published->to = to_text(forward);
        published->n_targets = forward->n_targets;
        published->table = pg_format("%s %s", family_name(forward->family), forward->table);
        published->chain = strdup(forward->chain);
        if (!published->protocol || !published->ports || !published->table || !published->chain ||
            (forward->has_target && !published->address) ||
            (forward->interface[0] != '\0' && !published->interface))
                return -ENOMEM;
        return set_source(auditing, forward, published);
}

/* Which packets, and by which rule: ", from eth0, for some sources, by ip nat DOCKER" */
static char *rule_text(const struct pg_published *published, const char *before)
{
        bool has_conditions = published->interface || published->is_limited;

        return pg_format("%s%s%s%s by %s %s", published->interface ? ", from " : "",
                         published->interface ? published->interface : "",
                         published->is_limited ? ", for some sources" : "",
                         has_conditions ? "," : before, published->table, published->chain);
}

/* "not governed: to 172.17.0.2:80 and 1 more, from eth0, by ip nat DOCKER" */
static char *finding_text(const struct pg_forward *forward, const struct pg_published *published)
{
        _cleanup_(pg_freep) char *more = forward->n_targets > 1
                                                 ? pg_format(" and %zu more", forward->n_targets - 1)
                                                 : strdup("");
        _cleanup_(pg_freep) char *rule = rule_text(published, published->is_redirect ? "," : "");
        uint16_t first, last;

        if (!more || !rule)
                return NULL;
        pg_forward_ports(forward, forward->first, forward->last, &first, &last);
        if (published->is_redirect)
                return pg_format("led to %s%s, %sopen to %s%s", published->to, more,
                                 first == last ? "" : "some ", published->reachable_from, rule);
        return pg_format("not governed: to %s%s%s", published->to ? published->to : "elsewhere", more,
                         rule);
}

/* Who holds the same port: docker-proxy does. */
static const struct pg_listener *find_listener(const struct pg_audit *audit,
                                               const struct pg_published *published)
{
        for (size_t i = 0; i < audit->n_listeners; i++) {
                _cleanup_(pg_freep) char *port = pg_format("%u", audit->listeners[i].port);

                if (port && strcmp(audit->listeners[i].protocol, published->protocol) == 0 &&
                    strcmp(port, published->ports) == 0 && !audit->listeners[i].is_loopback)
                        return &audit->listeners[i];
        }
        return NULL;
}

static int add_finding(struct pg_auditing *auditing, const struct pg_forward *forward,
                       const struct pg_published *published)
{
        const struct pg_listener *listener = find_listener(auditing->audit, published);
        struct pg_finding *finding;
        char *text = finding_text(forward, published);
        int r = 0;

        if (!text)
                return -ENOMEM;
        finding = pg_audit_add(auditing, PG_FINDING_PUBLISHED, NULL, text,
                               pg_audit_advise_published(forward));
        if (!finding)
                return -ENOMEM;
        finding->protocol = strdup(published->protocol);
        finding->ports = strdup(published->ports);
        if (listener)
                r = pg_audit_set_listener(finding, listener);
        free(finding->address);
        finding->address = strdup(published->address                ? published->address
                                  : forward->family == NFPROTO_IPV4 ? "0.0.0.0"
                                  : forward->family == NFPROTO_IPV6 ? "::"
                                                                    : "*");
        return r < 0 || !finding->protocol || !finding->ports || !finding->address ? -ENOMEM : 0;
}

int pg_audit_find_published(struct pg_auditing *auditing, const struct pg_nat *nat)
{
        struct pg_audit *audit = auditing->audit;
        int r = 0;

        audit->n_published_elsewhere = nat->n_elsewhere;
        for (size_t i = 0; r >= 0 && i < nat->n; i++) {
                struct pg_published *published = PG_ARRAY_ADD(audit->published, audit->n_published);

                r = published ? describe(auditing, &nat->items[i], published) : -ENOMEM;
                /* A redirect to a closed port opens nothing. */
                if (r >= 0 && (!published->is_redirect || published->reachable_from))
                        r = add_finding(auditing, &nat->items[i], published);
        }
        return r;
}

/* Whether it leads packets to these ports of this host, where the policy judges them. */
static bool is_led_to(const struct pg_forward *forward, const struct pg_ports *ports)
{
        uint16_t first, last;

        if (!forward->stays || !pg_forward_arrives(forward, NULL))
                return false;
        pg_forward_ports(forward, forward->first, forward->last, &first, &last);
        return first <= ports->last && last >= ports->first;
}

bool pg_audit_is_published(const struct pg_nat *nat, const struct pg_ports *ports)
{
        for (size_t i = 0; i < nat->n; i++) {
                const struct pg_forward *forward = &nat->items[i];

                if (forward->protocol != 0 && forward->protocol != ports->protocol)
                        continue;
                if ((forward->first <= ports->last && forward->last >= ports->first) ||
                    is_led_to(forward, ports))
                        return true;
        }
        return false;
}
