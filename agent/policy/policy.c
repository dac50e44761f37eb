/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy's life, and the order of the compiler's stages. */
#include "policy/policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"

static void source_done(struct pg_source *source)
{
        pg_strings_free(source->scopes, source->n_scopes);
        free(source->label);
        pg_addresses_done(&source->addresses);
        pg_strings_free(source->interfaces, source->n_interfaces);
        free(source->file);
}

static void service_done(struct pg_policy_service *service)
{
        free(service->name);
        free(service->summary);
        free(service->file);
}

static void closed_done(struct pg_closed *closed)
{
        free(closed->name);
        free(closed->summary);
        free(closed->ports);
}

static void segment_done(struct pg_segment *segment)
{
        free(segment->services);
        free(segment->overridden);
}

static void origin_done(struct pg_origin *origin)
{
        free(origin->scope);
        for (size_t i = 0; i < origin->n_entries; i++) {
                free(origin->entries[i].text);
                free(origin->entries[i].file);
        }
        free(origin->entries);
}

struct pg_policy *pg_policy_free(struct pg_policy *policy)
{
        if (!policy)
                return NULL;
        pg_strings_free(policy->profiles, policy->n_profiles);
        for (size_t i = 0; i < policy->n_services; i++)
                service_done(&policy->services[i]);
        free(policy->services);
        for (size_t i = 0; i < policy->n_sources; i++)
                source_done(&policy->sources[i]);
        free(policy->sources);
        for (size_t i = 0; i < policy->n_segments; i++)
                segment_done(&policy->segments[i]);
        free(policy->segments);
        for (size_t i = 0; i < policy->n_closed; i++)
                closed_done(&policy->closed[i]);
        free(policy->closed);
        for (size_t i = 0; i < policy->n_origins; i++)
                origin_done(&policy->origins[i]);
        free(policy->origins);
        free(policy);
        return NULL;
}

int pg_source_read_label(struct pg_source *source)
{
        return pg_strings_split(source->label, PG_SCOPES_BETWEEN, &source->scopes, &source->n_scopes);
}

bool pg_source_has_scope(const struct pg_source *source, const char *scope)
{
        return pg_strings_have(source->scopes, source->n_scopes, scope);
}

static const char *find_scope(const struct pg_source *source, enum pg_scope_kind kind)
{
        for (size_t i = 0; i < source->n_scopes; i++)
                if (pg_scope_kind(source->scopes[i]) == kind)
                        return source->scopes[i];
        return NULL;
}

const char *pg_source_group(const struct pg_source *source)
{
        return find_scope(source, PG_SCOPE_GROUP);
}

const char *pg_source_host(const struct pg_source *source)
{
        return find_scope(source, PG_SCOPE_HOST);
}

bool pg_source_opens(const struct pg_source *source)
{
        return source->any || source->n_interfaces > 0 || !pg_addresses_empty(&source->addresses);
}

int pg_segment_service_names(const struct pg_policy *policy, const struct pg_segment *segment,
                             char ***ret, size_t *ret_n)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < segment->n_services; i++)
                r = pg_strings_add(policy->services[segment->services[i]].name, ret, ret_n);
        return r;
}

char *pg_segment_services(const struct pg_policy *policy, const struct pg_segment *segment)
{
        char **names = NULL, *text = NULL;
        size_t n = 0;

        if (pg_segment_service_names(policy, segment, &names, &n) >= 0)
                text = pg_strings_join(names, n, ", ");
        pg_strings_free(names, n);
        return text;
}
