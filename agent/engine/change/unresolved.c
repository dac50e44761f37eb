/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Host names that have no address now: an apply while names do not resolve would close what is open. */
#include <errno.h>

#include "engine/change/internal.h"
#include "engine/outcome.h"
#include "engine/stored.h"
#include "policy/diff/diff.h"

/* Whether somebody whom `source` has is in one of the policy's that go by the name no more. */
static bool loses(const struct pg_source *source, const struct pg_policy *after, const char *name)
{
        for (size_t i = 0; i < after->n_sources; i++)
                if (pg_source_has_scope(&after->sources[i], name) &&
                    pg_source_extent(source, &after->sources[i]) != PG_EXTENT_ALL)
                        return true;
        return false;
}

/* The name that closes; borrowed, or NULL. */
static const char *find_closed(const struct pg_words *names, const struct pg_policy *before,
                               const struct pg_policy *after)
{
        for (size_t i = 0; i < names->n; i++)
                for (size_t j = 0; j < before->n_sources; j++) {
                        const struct pg_source *source = &before->sources[j];

                        if (pg_source_has_scope(source, names->items[i].text) &&
                            pg_source_opens(source) && loses(source, after, names->items[i].text))
                                return names->items[i].text;
                }
        return NULL;
}

#define CLOSES                                                                                     \
        "'%s' has no address now, and generation %u, which is enforced, lets this host reach it: " \
        "%s while names do not resolve; try again when they do, or name an address in the site "   \
        "file: hosts: {%s: [ADDRESS]}"

int pg_unresolved_refuse(struct pg_convergence *c)
{
        _cleanup_(pg_policy_freep) struct pg_policy *read = NULL;
        const struct pg_policy *before = c->table.policy;
        const struct pg_words *names = c->spec->unresolved;
        uint32_t generation = c->table.enforced.generation;
        const char *name;
        bool ignored;
        int r = 0;

        if (!names || names->n == 0 || !c->table.slot)
                return 0;
        if (!before) {
                r = pg_slot_policy(c->context->settings, &c->table, c->table.slot, &c->table.enforced,
                                   &read, &ignored, c->error);
                before = read;
        }
        name = r >= 0 && before ? find_closed(names, before, c->spec->policy) : NULL;
        if (!name)
                return r;
        if (c->spec->mode != PG_CONVERGE_PLAN)
                return pg_error_set(c->error, PG_STATUS_REFUSED, -EHOSTUNREACH, CLOSES, name,
                                    generation, "refused", name);
        c->outcome->unresolved = true;
        pg_diagnostics_add(c->context->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0}, CLOSES,
                           name, generation, "apply would be refused", name);
        return 0;
}
