/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scopes and groups become sources: sets of addresses and interfaces. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/strings.h"
#include "policy/compile/internal.h"

/* RFC 1918, RFC 4193: what `internal` is unless the site redefines it. Link-local addresses are not in
 * it: whoever shares a link has one, at a hoster's too. */
const char *const pg_internal_default[] = {
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", NULL,
};

const struct pg_group_declaration *pg_group_declaration(const struct pg_catalog *catalog,
                                                        const char *name)
{
        for (size_t i = 0; i < catalog->n_entries; i++) {
                const struct pg_profile *profile = catalog->entries[i].profile;

                for (size_t j = 0; j < profile->n_groups; j++)
                        if (strcmp(profile->groups[j].name, name) == 0)
                                return &profile->groups[j];
        }
        return NULL;
}

bool pg_group_is_known(const struct pg_compiler *compiler, const char *name)
{
        return pg_site_find_group(compiler->site, name) ||
               pg_group_declaration(compiler->catalog, name);
}

static int add_prefix_text(struct pg_source *source, const char *text)
{
        struct pg_prefix prefix;

        /* Checked when it was read; what does not parse here opens nothing. */
        if (pg_prefix_parse(text, strlen(text), &prefix) != PG_PREFIX_GOOD)
                return 0;
        return pg_addresses_add_prefix(&source->addresses, &prefix);
}

static int add_interface(struct pg_source *source, const char *name)
{
        if (pg_strings_have(source->interfaces, source->n_interfaces, name))
                return 0;
        return pg_strings_add(name, &source->interfaces, &source->n_interfaces);
}

static int add_site_group(struct pg_source *source, const struct pg_group *group)
{
        int r = pg_addresses_add_all(&source->addresses, &group->addresses);

        for (size_t i = 0; r >= 0 && i < group->interfaces.n; i++)
                r = add_interface(source, group->interfaces.items[i].text);
        return r;
}

static int add_internal(const struct pg_site *site, struct pg_source *source)
{
        const struct pg_group *group = pg_site_find_group(site, "internal");
        int r = 0;

        if (group)
                return add_site_group(source, group);
        for (size_t i = 0; r >= 0 && pg_internal_default[i]; i++)
                r = add_prefix_text(source, pg_internal_default[i]);
        return r;
}

static int add_group(const struct pg_compiler *compiler, struct pg_source *source, const char *name)
{
        const struct pg_group *group = pg_site_find_group(compiler->site, name);
        const struct pg_group_declaration *declaration;
        int r = 0;

        if (group)
                return add_site_group(source, group);
        declaration = pg_group_declaration(compiler->catalog, name);
        for (size_t i = 0; declaration && r >= 0 && i < declaration->initial.n; i++) {
                const char *text = declaration->initial.items[i].text;

                if (strcmp(text, "internal") == 0)
                        r = add_internal(compiler->site, source);
                else if (strcmp(text, "none") != 0)
                        r = add_prefix_text(source, text);
        }
        return r;
}

static int add_scope(const struct pg_compiler *compiler, struct pg_source *source, const char *scope)
{
        const struct pg_host *host;

        switch (pg_scope_kind(scope)) {
        case PG_SCOPE_ANY:
                source->any = true;
                return 0;
        case PG_SCOPE_INTERNAL:
                return add_internal(compiler->site, source);
        case PG_SCOPE_PREFIX:
                return add_prefix_text(source, scope);
        case PG_SCOPE_HOST:
                host = pg_site_find_host(compiler->site, scope);
                return host ? pg_addresses_add_all(&source->addresses, &host->addresses) : 0;
        case PG_SCOPE_GROUP:
                return add_group(compiler, source, scope);
        default: /* local and none let nobody in from outside */
                return 0;
        }
}

static bool site_group_is_empty(const struct pg_group *group)
{
        return pg_addresses_empty(&group->addresses) && group->interfaces.n == 0;
}

static bool internal_is_empty(const struct pg_site *site)
{
        const struct pg_group *group = pg_site_find_group(site, "internal");

        return group && site_group_is_empty(group);
}

static bool group_is_empty(const struct pg_compiler *compiler, const char *name)
{
        const struct pg_group *group = pg_site_find_group(compiler->site, name);
        const struct pg_group_declaration *declaration;

        if (group)
                return site_group_is_empty(group);
        declaration = pg_group_declaration(compiler->catalog, name);
        for (size_t i = 0; declaration && i < declaration->initial.n; i++) {
                const char *text = declaration->initial.items[i].text;

                if (strcmp(text, "internal") == 0 ? !internal_is_empty(compiler->site)
                                                  : strcmp(text, "none") != 0)
                        return false;
        }
        return true;
}

bool pg_scope_is_empty(const struct pg_compiler *compiler, const char *scope)
{
        const struct pg_host *host;

        switch (pg_scope_kind(scope)) {
        case PG_SCOPE_INTERNAL:
                return internal_is_empty(compiler->site);
        case PG_SCOPE_HOST:
                host = pg_site_find_host(compiler->site, scope);
                return !host || pg_addresses_empty(&host->addresses);
        case PG_SCOPE_GROUP:
                return group_is_empty(compiler, scope);
        default:
                return false;
        }
}

static int compare_strings(const void *a, const void *b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorts the scopes and leaves out what says nothing: all beside "any", and "local" and "none" beside
 * others. There is room for one. Returns how many are left, at least one. */
static size_t fold_scopes(const char **scopes, size_t n)
{
        size_t kept = 0;

        qsort(scopes, n, sizeof(*scopes), compare_strings);
        for (size_t i = 0; i < n; i++) {
                bool is_closed = strcmp(scopes[i], "local") == 0 || strcmp(scopes[i], "none") == 0;

                if (strcmp(scopes[i], "any") == 0) {
                        scopes[0] = scopes[i];
                        return 1;
                }
                if ((!is_closed || n == 1) && (kept == 0 || strcmp(scopes[i], scopes[kept - 1]) != 0))
                        scopes[kept++] = scopes[i];
        }
        if (kept == 0)
                scopes[kept++] = "local";
        return kept;
}

/* A single group has no more entries than a file may have. */
static int check_ranges(const struct pg_compiler *compiler, const struct pg_source *source)
{
        const struct pg_addresses *addresses = &source->addresses;

        if (compiler->n_ranges + addresses->n_v4 + addresses->n_v6 <= PG_RANGES_MAX)
                return 0;
        return pg_error_set(
                compiler->error, PG_STATUS_INVALID, -E2BIG,
                "'%s' and the other lists of scopes that services are open to have more than %d "
                "addresses and ranges together; let services that are open to large groups have "
                "the same list",
                source->label, PG_RANGES_MAX);
}

static int fill_source(struct pg_compiler *compiler, struct pg_source *source,
                       const char *const *scopes, size_t n)
{
        int r = pg_copy_strings((char *const *)scopes, n, &source->scopes, &source->n_scopes);

        for (size_t i = 0; r >= 0 && i < n; i++) {
                r = add_scope(compiler, source, scopes[i]);
                if (r >= 0 && check_ranges(compiler, source) < 0)
                        return -E2BIG;
        }
        if (r < 0)
                return pg_error_memory(compiler->error);
        pg_addresses_normalise(&source->addresses);
        compiler->n_ranges += source->addresses.n_v4 + source->addresses.n_v6;
        if (source->n_interfaces > 1)
                qsort(source->interfaces, source->n_interfaces, sizeof(char *), compare_strings);
        return 0;
}

int pg_source_intern(struct pg_compiler *compiler, const char *const *scopes, size_t n_scopes,
                     struct pg_place place, size_t *ret)
{
        struct pg_policy *policy = compiler->policy;
        _cleanup_(pg_freep) const char **names = calloc(n_scopes + 1, sizeof(*names));
        _cleanup_(pg_freep) char *label = NULL;
        struct pg_source *source;
        size_t n;
        int r;

        if (!names)
                return pg_error_memory(compiler->error);
        if (n_scopes > 0)
                memcpy(names, scopes, n_scopes * sizeof(*names));
        n = fold_scopes(names, n_scopes);
        label = pg_strings_join((char *const *)names, n, PG_SCOPES_BETWEEN);
        if (!label)
                return pg_error_memory(compiler->error);
        for (size_t i = 0; i < policy->n_sources; i++)
                if (strcmp(policy->sources[i].label, label) == 0) {
                        *ret = i;
                        return 0;
                }

        source = PG_ARRAY_ADD(policy->sources, policy->n_sources);
        if (!source)
                return pg_error_memory(compiler->error);
        source->label = PG_TAKE(label);
        source->line = place.line;
        source->column = place.column;
        source->file = place.file ? strdup(place.file) : NULL;
        r = fill_source(compiler, source, names, n);
        if (r < 0)
                return r;
        *ret = policy->n_sources - 1;
        return 0;
}

static bool same_words(const struct pg_words *a, const struct pg_words *b)
{
        if (a->n != b->n)
                return false;
        for (size_t i = 0; i < a->n; i++)
                if (strcmp(a->items[i].text, b->items[i].text) != 0)
                        return false;
        return true;
}

void pg_check_groups(struct pg_compiler *compiler)
{
        const struct pg_catalog *catalog = compiler->catalog;

        for (size_t i = 0; i < catalog->n_entries; i++) {
                const struct pg_profile *profile = catalog->entries[i].profile;

                for (size_t j = 0; j < profile->n_groups; j++) {
                        const struct pg_group_declaration *group = &profile->groups[j];
                        const struct pg_group_declaration *first =
                                pg_group_declaration(catalog, group->name);

                        if (!same_words(&first->initial, &group->initial))
                                pg_diagnostics_add(
                                        compiler->diagnostics, PG_SEVERITY_ERROR, group->place,
                                        "group '%s' has another default at %s:%u:%u; a group belongs to the "
                                        "whole host: give both the same default",
                                        group->name, first->place.file, first->place.line,
                                        first->place.column);
                }
        }
}

static int compare_labels(const void *a, const void *b, void *context)
{
        const struct pg_source *sources = context;

        return strcmp(sources[*(const size_t *)a].label, sources[*(const size_t *)b].label);
}

int pg_sources_sort(struct pg_policy *policy)
{
        size_t n = policy->n_sources;
        _cleanup_(pg_freep) size_t *order = calloc(n + 1, sizeof(*order));
        _cleanup_(pg_freep) size_t *place_of = calloc(n + 1, sizeof(*place_of));
        _cleanup_(pg_freep) struct pg_source *sorted = calloc(n + 1, sizeof(*sorted));

        if (!order || !place_of || !sorted)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                order[i] = i;
        qsort_r(order, n, sizeof(*order), compare_labels, policy->sources);
        for (size_t i = 0; i < n; i++) {
                sorted[i] = policy->sources[order[i]];
                place_of[order[i]] = i;
        }
        free(policy->sources);
        policy->sources = PG_TAKE(sorted);
        for (size_t i = 0; i < policy->n_segments; i++)
                policy->segments[i].source = place_of[policy->segments[i].source];
        policy->ping_source = place_of[policy->ping_source];
        return 0;
}
