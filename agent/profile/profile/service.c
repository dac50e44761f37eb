/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The `services` and `egress` sections of a profile. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "profile/profile/internal.h"

#define SERVICE(member) offsetof(struct pg_service, member)
#define PORTS_FORM "a port or a list of ports, as in [tcp/443, udp/50000-51000]"
#define REQUIRED_FORM "true or false"
#define WHEN_FORM "the name of a bool parameter, or a map PARAM: VALUE or PARAM: [VALUE, VALUE]"

static int read_answers(struct pg_reader *reader, const struct pg_node *node, void *target)
{
        bool *ret = target;

        (void)reader;
        if (node->kind != PG_NODE_SCALAR || strcmp(node->text, "any-port") != 0)
                return PG_WRONG_KIND;
        *ret = true;
        return 0;
}

static const struct pg_field inbound_fields[] = {
        {"summary", SERVICE(summary), pg_read_summary, "one line of text", true},
        {"ports", SERVICE(ports), pg_read_ports, PORTS_FORM, true},
        {"from", SERVICE(scopes), pg_read_word_or_words,
         "a scope or a list of scopes, as in internal or [cluster, 192.0.2.0/24]", true},
        {"required", SERVICE(required), pg_read_bool, REQUIRED_FORM, false},
        {"when", 0, pg_read_when, WHEN_FORM, false},
        {"answers", SERVICE(answers_any_port), read_answers, "any-port", false},
        {"never_any_unless", SERVICE(never_any_unless), pg_read_word, "the name of a bool parameter",
         false},
};

static const struct pg_field outbound_fields[] = {
        {"summary", SERVICE(summary), pg_read_summary, "one line of text", true},
        {"ports", SERVICE(ports), pg_read_ports, PORTS_FORM, true},
        {"to", SERVICE(scopes), pg_read_word_or_words,
         "a scope, a host name, or a list of them, as in [internal, www.example.com]", true},
        {"required", SERVICE(required), pg_read_bool, REQUIRED_FORM, false},
        {"when", 0, pg_read_when, WHEN_FORM, false},
};

static void check_name(struct pg_reader *reader, const struct pg_profile *profile,
                       const struct pg_node *key)
{
        const struct pg_service *other;

        if (!pg_read_name(reader, "service", key))
                return;
        if (strcmp(key->text, "all") == 0) {
                PG_PROFILE_ERROR(
                        reader, key->place,
                        "a service cannot be called 'all', which stands for all services (rename it)");
                return;
        }
        /* Of one section the YAML reader has reported it already. */
        other = pg_profile_service(profile, key->text);
        if (other && other->direction != profile->services[profile->n_services - 1].direction)
                PG_PROFILE_ERROR(
                        reader, key->place,
                        "the service '%s' stands twice, among services and in egress, first at "
                        "line %u, column %u (rename one)",
                        key->text, other->place.line, other->place.column);
}

static int read_service(struct pg_reader *reader, const struct pg_node *node,
                        struct pg_profile *profile, enum pg_direction direction)
{
        struct pg_service *service = PG_ARRAY_ADD(profile->services, profile->n_services);
        char what[128];

        if (!service)
                return -ENOMEM;
        service->direction = direction;
        service->place = node->key->place;
        service->required = true;
        check_name(reader, profile, node->key);
        service->name = strdup(node->key->text);
        if (!service->name)
                return -ENOMEM;
        snprintf(what, sizeof(what), "%s service '%s'", direction == PG_IN ? "the" : "the egress",
                 pg_show(node->key->text).text);
        if (direction == PG_IN)
                return pg_read_map(reader, node, what, inbound_fields, PG_ELEMENTSOF(inbound_fields),
                                   service);
        return pg_read_map(reader, node, what, outbound_fields, PG_ELEMENTSOF(outbound_fields),
                           service);
}

static int read_section(struct pg_reader *reader, const struct pg_node *node,
                        struct pg_profile *profile, enum pg_direction direction)
{
        if (node->kind != PG_NODE_MAP)
                return PG_WRONG_KIND;
        for (size_t i = 0; i < node->n_children; i++)
                if (read_service(reader, node->children[i], profile, direction) < 0)
                        return -ENOMEM;
        return 0;
}

int pg_read_services(struct pg_reader *reader, const struct pg_node *node, void *target)
{
        return read_section(reader, node, target, PG_IN);
}

int pg_read_egress(struct pg_reader *reader, const struct pg_node *node, void *target)
{
        return read_section(reader, node, target, PG_OUT);
}

static void service_done(struct pg_service *service)
{
        for (size_t i = 0; i < service->n_conditions; i++) {
                free(service->conditions[i].param.text);
                pg_words_done(&service->conditions[i].values);
        }
        free(service->conditions);
        free(service->name);
        free(service->summary);
        free(service->never_any_unless.text);
        pg_words_done(&service->ports);
        pg_words_done(&service->scopes);
}

void pg_services_done(struct pg_profile *profile)
{
        for (size_t i = 0; i < profile->n_services; i++)
                service_done(&profile->services[i]);
        free(profile->services);
}

const struct pg_service *pg_profile_service(const struct pg_profile *profile, const char *name)
{
        for (size_t i = 0; i < profile->n_services; i++)
                if (profile->services[i].name && strcmp(profile->services[i].name, name) == 0)
                        return &profile->services[i];
        return NULL;
}
