/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the scopes were written as, and where: for whoever asks why a packet passes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "policy/compile/internal.h"

static int add_entry(struct pg_origin *origin, const char *text, struct pg_place place)
{
        struct pg_entry *entry;

        if (origin->n_entries >= PG_GROUP_WRITTEN_MAX)
                return 0;
        entry = PG_ARRAY_ADD(origin->entries, origin->n_entries);
        if (!entry)
                return -ENOMEM;
        entry->text = strdup(text);
        entry->file = place.file ? strdup(place.file) : NULL;
        entry->line = place.line;
        entry->column = place.column;
        return entry->text && (entry->file || !place.file) ? 0 : -ENOMEM;
}

static int add_words(struct pg_origin *origin, const struct pg_words *words)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < words->n; i++)
                r = add_entry(origin, words->items[i].text, words->items[i].place);
        return r;
}

static int fill(const struct pg_compiler *compiler, struct pg_origin *origin)
{
        const struct pg_group *group = pg_site_find_group(compiler->site, origin->scope);
        const struct pg_group_declaration *declaration;
        int r = 0;

        if (group)
                return add_words(origin, &group->written);
        if (pg_scope_kind(origin->scope) == PG_SCOPE_INTERNAL) {
                for (size_t i = 0; r >= 0 && pg_internal_default[i]; i++)
                        r = add_entry(origin, pg_internal_default[i], (struct pg_place){0});
                return r;
        }
        declaration = pg_group_declaration(compiler->catalog, origin->scope);
        return declaration ? add_words(origin, &declaration->initial) : 0;
}

const struct pg_origin *pg_policy_origin(const struct pg_policy *policy, const char *scope)
{
        for (size_t i = 0; i < policy->n_origins; i++)
                if (strcmp(policy->origins[i].scope, scope) == 0)
                        return &policy->origins[i];
        return NULL;
}

static int add_scope(struct pg_compiler *compiler, const char *scope)
{
        struct pg_policy *policy = compiler->policy;
        enum pg_scope_kind kind = pg_scope_kind(scope);
        struct pg_origin *origin;

        if ((kind != PG_SCOPE_GROUP && kind != PG_SCOPE_INTERNAL) || pg_policy_origin(policy, scope))
                return 0;
        origin = PG_ARRAY_ADD(policy->origins, policy->n_origins);
        if (!origin)
                return -ENOMEM;
        origin->scope = strdup(scope);
        return origin->scope ? fill(compiler, origin) : -ENOMEM;
}

static int add_scopes(struct pg_compiler *compiler, const struct pg_source *source)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < source->n_scopes; i++)
                r = add_scope(compiler, source->scopes[i]);
        return r;
}

static int compare_scopes(const void *a, const void *b)
{
        return strcmp(((const struct pg_origin *)a)->scope, ((const struct pg_origin *)b)->scope);
}

int pg_compile_origins(struct pg_compiler *compiler)
{
        struct pg_policy *policy = compiler->policy;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < policy->n_sources; i++)
                r = add_scopes(compiler, &policy->sources[i]);
        /* A default group may be `internal`, which has entries of its own. */
        for (size_t i = 0; r >= 0 && i < policy->n_origins; i++)
                for (size_t j = 0; r >= 0 && j < policy->origins[i].n_entries; j++)
                        if (strcmp(policy->origins[i].entries[j].text, "internal") == 0) {
                                r = add_scope(compiler, "internal");
                                break;
                        }
        if (r >= 0 && policy->n_origins > 1)
                qsort(policy->origins, policy->n_origins, sizeof(*policy->origins), compare_scopes);
        return r < 0 ? pg_error_memory(compiler->error) : 0;
}
