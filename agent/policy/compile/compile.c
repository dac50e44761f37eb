/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stage by stage from profiles and site to a policy. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "policy/compile/internal.h"

static int requested_profiles(struct pg_compiler *compiler)
{
        struct pg_policy *policy = compiler->policy;

        for (size_t i = 0; i < compiler->catalog->n_entries; i++) {
                const struct pg_catalog_entry *entry = &compiler->catalog->entries[i];

                if (entry->requested &&
                    pg_strings_add(entry->profile->name, &policy->profiles, &policy->n_profiles) < 0)
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
