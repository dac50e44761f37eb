/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy's life, and the order of the compiler's stages. */
#include "policy/policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "policy/compile/compile.h"

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
        free(segment->beaten);
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

static int requested_profiles(struct pg_compiler *compiler)
{
        struct pg_policy *policy = compiler->policy;

        for (size_t i = 0; i < compiler->catalog->n_entries; i++) {
                const struct pg_catalog_entry *entry = &compiler->catalog->entries[i];
                char **slot;

                if (!entry->requested)
                        continue;
                slot = PG_ARRAY_ADD(policy->profiles, policy->n_profiles);
                if (!slot)
                        return pg_error_memory(compiler->error);
                *slot = strdup(entry->profile->name);
                if (!*slot)
                        return pg_error_memory(compiler->error);
        }
        return 0;
}

/* The two parameters of the base traffic belong to the profile `base`; where it is not loaded, or says
 * nothing, these hold: echo is limited in its rate, from anybody. */
static int base_parameters(struct pg_compiler *compiler)
{
        static const char *const any[] = {"any"};
        const struct pg_profile *base = pg_catalog_find(compiler->catalog, "base");
        const struct pg_param *rate = base ? pg_profile_param(base, "ping_rate") : NULL;
        const struct pg_param *from = base ? pg_profile_param(base, "ping_from") : NULL;
        const struct pg_words *values;
        const char **scopes = NULL;
        int r;

        compiler->policy->ping_rate = (struct pg_rate){.count = 10, .seconds = 1};
        if (rate) {
                values = pg_setting_values(compiler, base, rate);
                if (values->n == 1)
                        pg_rate_parse(values->items[0].text, &compiler->policy->ping_rate);
        }
        if (!from)
                return pg_source_intern(compiler, any, 1, (struct pg_place){0},
                                        &compiler->policy->ping_source);

        values = pg_setting_values(compiler, base, from);
        scopes = calloc(values->n + 1, sizeof(*scopes));
        if (!scopes)
                return pg_error_memory(compiler->error);
        for (size_t i = 0; i < values->n; i++)
                scopes[i] = values->items[i].text;
        r = pg_source_intern(compiler, scopes, values->n, from->place, &compiler->policy->ping_source);
        free(scopes);
        return r;
}

int pg_policy_compile(const struct pg_catalog *catalog, const struct pg_site *site,
                      struct pg_policy **ret, struct pg_diagnostics *diagnostics,
                      struct pg_error *error)
{
        _cleanup_(pg_policy_freep) struct pg_policy *policy = calloc(1, sizeof(*policy));
        struct pg_compiler compiler = {
                .catalog = catalog,
                .site = site,
                .policy = policy,
                .diagnostics = diagnostics,
                .error = error,
        };
        size_t errors_before = pg_diagnostics_count(diagnostics, PG_SEVERITY_ERROR);
        int r;

        if (!policy)
                return pg_error_memory(error);
        policy->egress_strict = site->egress_strict;

        pg_check_settings(&compiler);
        pg_check_groups(&compiler);
        r = requested_profiles(&compiler);
        if (r >= 0)
                r = pg_compile_claims(&compiler);
        if (r >= 0 && policy->egress_strict)
                r = pg_compile_answers(&compiler);
        if (r >= 0 && pg_diagnostics_count(diagnostics, PG_SEVERITY_ERROR) == errors_before)
                r = pg_compile_segments(&compiler);
        if (r >= 0 && pg_diagnostics_count(diagnostics, PG_SEVERITY_ERROR) == errors_before)
                r = base_parameters(&compiler);
        if (r >= 0)
                r = pg_compile_origins(&compiler);
        for (size_t i = 0; i < compiler.n_claims; i++)
                free(compiler.claims[i].scopes);
        free(compiler.claims);
        if (r < 0)
                return r;
        if (pg_diagnostics_count(diagnostics, PG_SEVERITY_ERROR) > errors_before)
                return pg_error_set(error, PG_STATUS_INVALID, -EINVAL,
                                    "the profiles and the site do not fit together");
        r = pg_sources_sort(policy);
        if (r < 0)
                return pg_error_memory(error);
        *ret = PG_TAKE(policy);
        return 0;
}
