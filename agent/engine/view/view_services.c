/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The services of a policy, to look at: what they are, where they stand, and whether anybody may use
 * them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/strings.h"
#include "engine/view/view.h"

void pg_view_services_free(struct pg_view_service *services, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                free(services[i].name);
                free(services[i].summary);
                free(services[i].file);
                free(services[i].empty_scope);
        }
        free(services);
}

static int add_service(struct pg_view *view, const struct pg_policy_service *service)
{
        struct pg_view_service *entry = PG_ARRAY_ADD(view->services, view->n_services);

        if (!entry)
                return -ENOMEM;
        entry->name = strdup(service->name);
        entry->summary = strdup(service->summary ? service->summary : "");
        if (service->file)
                entry->file = strdup(service->file);
        entry->line = service->line;
        return entry->name && entry->summary && (entry->file || !service->file) ? 0 : -ENOMEM;
}

static int look_at_segment(struct pg_view *view, const struct pg_policy *policy,
                           const struct pg_segment *segment)
{
        const struct pg_source *source = &policy->sources[segment->source];

        for (size_t i = 0; i < segment->n_services; i++) {
                struct pg_view_service *entry = &view->services[segment->services[i]];

                /* Inbound segments come first; what a protocol without ports answers is outbound. */
                if (!entry->opens && !entry->empty_scope)
                        entry->outbound = segment->direction == PG_OUT;
                if (pg_source_opens(source))
                        entry->opens = true;
                else if (!entry->empty_scope && !(entry->empty_scope = strdup(source->label)))
                        return -ENOMEM;
        }
        return 0;
}

/* What claims no port at all has the scope `none`: it owns none, and none was taken from it. */
static int look_at_rest(struct pg_view *view, const struct pg_policy *policy)
{
        _cleanup_(pg_freep) bool *has_claimed = calloc(policy->n_services + 1, sizeof(*has_claimed));
        bool is_cut = false;

        if (!has_claimed)
                return -ENOMEM;
        for (size_t i = 0; i < policy->n_segments; i++) {
                const struct pg_segment *segment = &policy->segments[i];

                for (size_t j = 0; j < segment->n_services; j++)
                        has_claimed[segment->services[j]] = true;
                for (size_t j = 0; j < segment->n_overridden; j++)
                        has_claimed[segment->overridden[j].service] = true;
                is_cut |= segment->n_overridden >= PG_OVERRIDDEN_MAX;
        }
        /* Of very many that lost a port, some are not remembered. */
        for (size_t i = 0; !is_cut && i < policy->n_services; i++)
                if (!has_claimed[i] && !(view->services[i].empty_scope = strdup("none")))
                        return -ENOMEM;
        return 0;
}

/* The echo requests are no service, but who may send them is asked just as often. */
static int add_ping(struct pg_view *view, const struct pg_policy *policy)
{
        const struct pg_source *source;

        if (policy->ping_source >= policy->n_sources)
                return 0;
        source = &policy->sources[policy->ping_source];
        view->ping_count = policy->ping_rate.count;
        view->ping_burst = pg_rate_burst(&policy->ping_rate);
        view->ping_seconds = policy->ping_rate.seconds;
        return pg_copy_strings(source->scopes, source->n_scopes, &view->ping_scopes,
                               &view->n_ping_scopes);
}

int pg_view_add_services(struct pg_view *view, const struct pg_policy *policy)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < policy->n_services; i++)
                r = add_service(view, &policy->services[i]);
        for (size_t i = 0; r >= 0 && i < policy->n_segments; i++)
                r = look_at_segment(view, policy, &policy->segments[i]);
        if (r >= 0)
                r = look_at_rest(view, policy);
        return r < 0 ? r : add_ping(view, policy);
}
