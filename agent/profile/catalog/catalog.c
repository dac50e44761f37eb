/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Profiles and their includes, followed depth first. */
#include "profile/catalog/catalog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/file.h"
#include "base/strings.h"

struct loader {
        struct pg_search search;
        struct pg_catalog *catalog;
        struct pg_words failed; /* names whose file is no YAML: reported once */
        struct pg_diagnostics *diagnostics;
        struct pg_error *error;
};

/* The profile that is being loaded, those that led to it, and the include that is followed from it. */
struct visit {
        const char *name;
        const struct pg_word *include;
        const struct visit *parent;
};

struct pg_catalog *pg_catalog_free(struct pg_catalog *catalog)
{
        if (!catalog)
                return NULL;
        for (size_t i = 0; i < catalog->n_entries; i++)
                pg_profile_free(catalog->entries[i].profile);
        for (size_t i = 0; i < catalog->n_others; i++)
                pg_profile_free(catalog->others[i]);
        free(catalog->others);
        free(catalog->unread);
        free(catalog->entries);
        free(catalog);
        return NULL;
}

static struct pg_catalog_entry *find_entry(const struct pg_catalog *catalog, const char *name)
{
        for (size_t i = 0; i < catalog->n_entries; i++)
                if (strcmp(catalog->entries[i].profile->name, name) == 0)
                        return &catalog->entries[i];
        return NULL;
}

const struct pg_profile *pg_catalog_find(const struct pg_catalog *catalog, const char *name)
{
        const struct pg_catalog_entry *entry = find_entry(catalog, name);

        return entry ? entry->profile : NULL;
}

int pg_catalog_names(const char *path, struct pg_words *ret, struct pg_error *error)
{
        _cleanup_(pg_search_done) struct pg_search search = {0};
        int r = pg_search_open(path, &search, error);

        if (r < 0)
                return r;
        return pg_search_names(&search, ret, error);
}

/* "a.yaml:3:12 includes b, b.yaml:2:11 includes a", from the visit of `first` (NULL: the outermost) to
 * `last`. */
static char *describe_chain(const struct loader *loader, const struct visit *last, const char *first)
{
        const struct pg_place *place = &last->include->place;
        const char *slash = strrchr(place->file, '/');
        _cleanup_(pg_freep) char *before = NULL;

        if (last->parent && !(first && strcmp(last->name, first) == 0)) {
                before = describe_chain(loader, last->parent, first);
                if (!before)
                        return NULL;
        }
        return pg_format("%s%s%s:%u:%u includes %s", before ? before : "", before ? ", " : "",
                         slash ? slash + 1 : place->file, place->line, place->column,
                         pg_diagnostics_conceals(loader->diagnostics, place->file)
                                 ? "..."
                                 : pg_show(last->include->text).text);
}

static void report_cycle(struct loader *loader, const struct visit *visit)
{
        _cleanup_(pg_freep) char *chain = describe_chain(loader, visit, visit->include->text);

        pg_diagnostics_add(loader->diagnostics, PG_SEVERITY_ERROR, visit->include->place,
                           "profiles include one another: %s (remove one of these includes)",
                           chain ? chain : "");
}

static void report_missing(struct loader *loader, const char *name, const struct visit *visit)
{
        const struct pg_place place = visit ? visit->include->place : (struct pg_place){0};
        _cleanup_(pg_freep) char *chain =
                visit && visit->parent ? describe_chain(loader, visit, NULL) : NULL;
        _cleanup_(pg_freep) const char **names = NULL;
        const char *nearest = NULL;
        _cleanup_(pg_words_done) struct pg_words words = {0};

        if (pg_diagnostics_conceals(loader->diagnostics, place.file)) {
                pg_diagnostics_add_plain(loader->diagnostics, PG_SEVERITY_ERROR, place,
                                         "there is no such profile (see: portguard profiles list)");
                return;
        }
        if (pg_search_names(&loader->search, &words, NULL) >= 0)
                names = calloc(words.n + 1, sizeof(*names));
        for (size_t i = 0; names && i < words.n; i++)
                names[i] = words.items[i].text;
        if (names)
                nearest = pg_nearest(name, names, words.n);
        if (nearest)
                pg_diagnostics_add(loader->diagnostics, PG_SEVERITY_ERROR, place,
                                   "there is no profile '%s' in %s (did you mean '%s'?)%s%s",
                                   pg_show(name).text, loader->search.path, nearest, chain ? "; " : "",
                                   chain ? chain : "");
        else
                pg_diagnostics_add(loader->diagnostics, PG_SEVERITY_ERROR, place,
                                   "there is no profile '%s' in %s (see: portguard profiles list)%s%s",
                                   pg_show(name).text, loader->search.path, chain ? "; " : "",
                                   chain ? chain : "");
}

static int load(struct loader *loader, const char *name, const struct visit *from, bool requested);

/* The services that an include makes optional must be the included profile's own. */
static void check_optional(struct loader *loader, const struct pg_include *include)
{
        const struct pg_profile *profile = pg_catalog_find(loader->catalog, include->profile.text);
        struct pg_reader reader = {.diagnostics = loader->diagnostics};
        _cleanup_(pg_freep) const char **names = NULL;

        /* Its services are not to be named, and it has errors of its own. */
        if (profile && pg_diagnostics_conceals(loader->diagnostics, profile->file))
                return;
        for (size_t i = 0; profile && i < include->optional.n; i++) {
                const struct pg_word *word = &include->optional.items[i];

                if (pg_profile_service(profile, word->text))
                        continue;
                if (!names)
                        names = calloc(profile->n_services + 1, sizeof(*names));
                for (size_t j = 0; names && j < profile->n_services; j++)
                        names[j] = profile->services[j].name;
                PG_PROFILE_ERROR(&reader, word->place, "the profile '%s' has no service '%s' (%s)",
                                 pg_show(profile->name).text, pg_show(word->text).text,
                                 pg_hint(&reader, "services", word->text, names,
                                         names ? profile->n_services : 0, NULL, 0)
                                         .text);
        }
}

/* Loads what the profile includes, and then adds the profile, which is taken over. */
static int add_profile(struct loader *loader, struct pg_profile *new, const struct visit *from,
                       bool requested)
{
        _cleanup_(pg_profile_freep) struct pg_profile *profile = new;
        struct pg_catalog_entry *entry;

        for (size_t i = 0; i < profile->n_includes; i++) {
                const struct pg_include *include = &profile->includes[i];
                const struct visit visit = {profile->name, &include->profile, from};
                int r;

                /* That a profile includes itself is reported already, and so is a bad name. */
                if (strcmp(include->profile.text, profile->name) == 0 ||
                    !pg_name_is_valid(include->profile.text))
                        continue;
                r = load(loader, include->profile.text, &visit, false);
                if (r < 0)
                        return r;
                check_optional(loader, include);
        }
        entry = PG_ARRAY_ADD(loader->catalog->entries, loader->catalog->n_entries);
        if (!entry)
                return pg_error_memory(loader->error);
        entry->profile = PG_TAKE(profile);
        entry->requested = requested;
        return 0;
}

/* Parses and adds a profile. One with errors goes in too, so that those of its includes are reported;
 * under the name it was looked for, whatever it calls itself. */
static int add_file(struct loader *loader, const struct pg_search_file *file, const char *name,
                    const struct visit *from, bool requested)
{
        _cleanup_(pg_profile_freep) struct pg_profile *profile = NULL;
        bool good = false;
        int r;

        if (file->is_private && pg_diagnostics_conceal(loader->diagnostics, file->path) < 0)
                return pg_error_memory(loader->error);
        r = pg_profile_read(file->path, name, file->text, file->length, &profile, &good,
                            loader->diagnostics, loader->error);
        if (r >= 0 && good)
                pg_diagnostics_reveal(loader->diagnostics, file->path);
        if (r == -EINVAL)
                return name && pg_words_add(&loader->failed, name, (struct pg_place){0}) < 0
                               ? pg_error_memory(loader->error)
                               : 0;
        if (r < 0)
                return r;
        if (!profile->name || (name && strcmp(profile->name, name) != 0)) {
                free(profile->name);
                profile->name = strdup(name ? name : "");
                if (!profile->name)
                        return pg_error_memory(loader->error);
        }
        return add_profile(loader, PG_TAKE(profile), from, requested);
}

static bool is_cycle(const struct visit *from, const char *name)
{
        for (; from; from = from->parent)
                if (strcmp(from->name, name) == 0)
                        return true;
        return false;
}

/* Whether one more profile may be loaded; reported when not. */
static bool has_room(struct loader *loader, const struct visit *from)
{
        const struct pg_place place = from ? from->include->place : (struct pg_place){0};
        size_t depth = 0;

        for (const struct visit *visit = from; visit; visit = visit->parent)
                depth++;
        if (depth > PG_INCLUDE_DEPTH_MAX) {
                pg_diagnostics_add(loader->diagnostics, PG_SEVERITY_ERROR, place,
                                   "includes are nested too deeply (at most %d)", PG_INCLUDE_DEPTH_MAX);
                return false;
        }
        if (loader->catalog->n_entries + depth >= PG_CATALOG_PROFILES_MAX) {
                pg_diagnostics_add(loader->diagnostics, PG_SEVERITY_ERROR, place,
                                   "these are too many profiles (at most %d)", PG_CATALOG_PROFILES_MAX);
                return false;
        }
        return true;
}

/* Loads the profile `name`, which `from` includes, or which was asked for where that is NULL. */
static int load(struct loader *loader, const char *name, const struct visit *from, bool requested)
{
        _cleanup_(pg_search_file_done) struct pg_search_file file = {0};
        struct pg_catalog_entry *entry = find_entry(loader->catalog, name);
        int r;

        if (entry) {
                entry->requested |= requested;
                return 0;
        }
        if (is_cycle(from, name)) {
                report_cycle(loader, from);
                return 0;
        }
        if (pg_words_have(&loader->failed, name) || !has_room(loader, from))
                return 0;
        r = pg_name_is_valid(name) ? pg_search_read(&loader->search, name, &file, loader->error)
                                   : -ENOENT;
        if (r == -ENOENT) {
                report_missing(loader, name, from);
                return 0;
        }
        if (r < 0)
                return r;
        return add_file(loader, &file, name, from, requested);
}

static int load_names(struct loader *loader, const char *const *names, size_t n_names)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < n_names; i++)
                r = load(loader, names[i], NULL, true);
        return r;
}

static int load_file(struct loader *loader, const char *path)
{
        _cleanup_(pg_search_file_done) struct pg_search_file file = {.path = strdup(path)};
        int r;

        if (!file.path)
                return pg_error_memory(loader->error);
        r = pg_file_read(AT_FDCWD, path, PG_YAML_SIZE_MAX, &file.text, &file.length, &file.is_private,
                         loader->error);
        return r < 0 ? r : add_file(loader, &file, NULL, NULL, true);
}

/* Loads `names`, or `file` where that is given. */
static int load_all(const char *path, const char *const *names, size_t n_names, const char *file,
                    struct pg_catalog **ret, struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        _cleanup_(pg_catalog_freep) struct pg_catalog *catalog = calloc(1, sizeof(*catalog));
        struct loader loader = {.catalog = catalog, .diagnostics = diagnostics, .error = error};
        size_t n_errors = pg_diagnostics_count(diagnostics, PG_SEVERITY_ERROR);
        int r;

        if (!catalog)
                return pg_error_memory(error);
        r = pg_search_open(path, &loader.search, error);
        if (r < 0)
                return r;
        r = file ? load_file(&loader, file) : load_names(&loader, names, n_names);
        pg_search_done(&loader.search);
        pg_words_done(&loader.failed);
        if (r < 0)
                return r;
        if (pg_diagnostics_count(diagnostics, PG_SEVERITY_ERROR) > n_errors)
                return pg_error_set(error, PG_STATUS_INVALID, -EINVAL, "a profile is not valid");
        *ret = PG_TAKE(catalog);
        return 0;
}

int pg_catalog_load(const char *path, const char *const *names, size_t n_names, struct pg_catalog **ret,
                    struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        return load_all(path, names, n_names, NULL, ret, diagnostics, error);
}

int pg_catalog_load_file(const char *path, const char *file, struct pg_catalog **ret,
                         struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        return load_all(path, NULL, 0, file, ret, diagnostics, error);
}
