/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy's life, and the order of the compiler's stages. */
#include "policy/policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void source_done(struct pg_source *source)
{
        free(source->label);
        pg_addresses_done(&source->addresses);
        for (size_t i = 0; i < source->n_interfaces; i++)
                free(source->interfaces[i]);
        free(source->interfaces);
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
        for (size_t i = 0; i < policy->n_profiles; i++)
                free(policy->profiles[i]);
        free(policy->profiles);
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

bool pg_label_next(const char **label, char scope[static PG_SCOPE_TEXT_MAX])
{
        size_t length;

        *label += strspn(*label, ", ");
        length = strcspn(*label, ",");
        if (length == 0 || length >= PG_SCOPE_TEXT_MAX)
                return false;
        memcpy(scope, *label, length);
        scope[length] = '\0';
        *label += length;
        return true;
}

bool pg_source_opens(const struct pg_source *source)
{
        return source->any || source->n_interfaces > 0 || !pg_addresses_empty(&source->addresses);
}

char *pg_segment_services(const struct pg_policy *policy, const struct pg_segment *segment)
{
        char *text = NULL;
        size_t size = 0;
        FILE *stream = open_memstream(&text, &size);

        if (!stream)
                return NULL;
        for (size_t i = 0; i < segment->n_services; i++)
                fprintf(stream, "%s%s", i > 0 ? ", " : "", policy->services[segment->services[i]].name);
        if (fclose(stream) != 0) {
                free(text);
                return NULL;
        }
        return text;
}
