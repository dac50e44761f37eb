/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups that nobody filled in, so that their default lets every private address in. */
#include "engine/unfilled.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "policy/compile/compile.h"

void pg_unfilled_free(struct pg_unfilled *unfilled, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                free(unfilled[i].group);
                free(unfilled[i].instead);
        }
        free(unfilled);
}

/* `internal` is no entry that a site or an option may give a group: it is the default. */
static bool is_unfilled(const struct pg_origin *origin)
{
        if (pg_scope_kind(origin->scope) != PG_SCOPE_GROUP)
                return false;
        for (size_t i = 0; i < origin->n_entries; i++)
                if (strcmp(origin->entries[i].text, "internal") == 0)
                        return true;
        return false;
}

static bool source_has(const struct pg_policy *policy, size_t source, const char *scope)
{
        return pg_source_opens(&policy->sources[source]) &&
               pg_source_has_scope(&policy->sources[source], scope);
}

/* Whether anybody is let in, or out, by the scope. */
static bool is_used(const struct pg_policy *policy, const char *scope)
{
        for (size_t i = 0; i < policy->n_segments; i++)
                if ((policy->segments[i].direction == PG_IN || policy->egress_strict) &&
                    source_has(policy, policy->segments[i].source, scope))
                        return true;
        return policy->ping_rate.count > 0 && policy->ping_source < policy->n_sources &&
               source_has(policy, policy->ping_source, scope);
}

static const char *instead_of(const struct pg_policy *policy)
{
        const struct pg_origin *internal = pg_policy_origin(policy, "internal");

        /* What is built in stands in no file. */
        return internal && internal->n_entries > 0 && internal->entries[0].file
                       ? "what the site calls internal"
                       : "every private address";
}

int pg_unfilled_find(const struct pg_policy *policy, struct pg_unfilled **ret, size_t *ret_n)
{
        for (size_t i = 0; i < policy->n_origins; i++) {
                const struct pg_origin *origin = &policy->origins[i];
                struct pg_unfilled *item;

                if (!is_unfilled(origin) || !is_used(policy, origin->scope))
                        continue;
                item = PG_ARRAY_ADD(*ret, *ret_n);
                if (!item)
                        return -ENOMEM;
                item->group = strdup(origin->scope);
                item->instead = strdup(instead_of(policy));
                if (!item->group || !item->instead)
                        return -ENOMEM;
        }
        return 0;
}
