/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who of a scope gets in, by addresses: a service that does not name a group may let it in all the
 * same. */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/strings.h"
#include "policy/compile/compile.h"
#include "policy/diff/diff.h"
#include "portguard/portguard.h"

/* A scope's entry may be the name of another scope, `internal`, and no further. */
#define DEPTH_MAX 2

/* A policy has one source for the same scopes. */
static const struct pg_source *find_source(const struct pg_policy *policy, char *const *scopes,
                                           size_t n)
{
        for (size_t i = 0; i < policy->n_sources; i++) {
                const struct pg_source *source = &policy->sources[i];

                if (pg_strings_compare(source->scopes, source->n_scopes, scopes, n) == 0)
                        return source;
        }
        return NULL;
}

static bool add_interface(struct pg_source *source, const char *name)
{
        char **item = PG_ARRAY_ADD(source->interfaces, source->n_interfaces);

        if (item)
                *item = (char *)name; /* borrowed */
        return item;
}

/* False: it is not known who is in it, or memory is short. */
static bool add_scope(const struct pg_policy *policy, char *scope, unsigned depth,
                      struct pg_source *ret)
{
        const struct pg_source *source = find_source(policy, &scope, 1);
        const struct pg_origin *origin = pg_policy_origin(policy, scope);
        struct pg_prefix prefix;

        if (source && source->any)
                return ret->any = true;
        if (source) {
                for (size_t i = 0; i < source->n_interfaces; i++)
                        if (!add_interface(ret, source->interfaces[i]))
                                return false;
                return pg_addresses_add_all(&ret->addresses, &source->addresses) >= 0;
        }
        if (pg_prefix_parse(scope, strlen(scope), &prefix) == PG_PREFIX_GOOD)
                return pg_addresses_add_prefix(&ret->addresses, &prefix) >= 0;
        /* Of a longer list only the beginning is remembered. */
        if (!origin || origin->n_entries >= PG_GROUP_WRITTEN_MAX)
                return false;
        for (size_t i = 0; i < origin->n_entries; i++) {
                char *text = origin->entries[i].text;

                if (strcmp(text, "none") == 0)
                        continue;
                if (text[0] == '%' ? !add_interface(ret, text + 1)
                                   : depth >= DEPTH_MAX || !add_scope(policy, text, depth + 1, ret))
                        return false;
        }
        return true;
}

enum pg_extent pg_view_extent(const struct pg_view *view, const struct pg_exposure *exposure,
                              const char *scope)
{
        const struct pg_source *by =
                view->policy ? find_source(view->policy, exposure->scopes, exposure->n_scopes) : NULL;
        enum pg_extent extent = PG_EXTENT_UNKNOWN;
        struct pg_source of = {0};

        if (by && add_scope(view->policy, (char *)scope, 0, &of)) {
                pg_addresses_normalise(&of.addresses);
                extent = pg_source_extent(&of, by);
        }
        pg_addresses_done(&of.addresses);
        free(of.interfaces);
        return extent;
}
