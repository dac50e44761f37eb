/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The profiles that nobody asked for: what they declare tells a mistyped name of the site from one that
 * is meant for another host. */
#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/public.h"
#include "profile/catalog/catalog.h"

/* Its errors are reported when somebody asks for it. Returns 0, -ENOMEM, or another error where it
 * cannot be read. */
static int read_other(const struct pg_search *search, const char *name, struct pg_profile **ret)
{
        _cleanup_(pg_search_file_done) struct pg_search_file file = {0};
        _cleanup_(pg_diagnostics_freep) struct pg_diagnostics *ignored = NULL;
        struct pg_error error;
        int r = pg_search_read(search, name, &file, &error);

        if (r < 0)
                return r;
        if (pg_diagnostics_new(&ignored) < 0)
                return -ENOMEM;
        return pg_profile_parse(file.path, name, file.text, file.length, ret, ignored, &error);
}

static int add_other(struct pg_catalog *catalog, const struct pg_search *search, const char *name)
{
        _cleanup_(pg_profile_freep) struct pg_profile *profile = NULL;
        struct pg_profile **slot;
        int r = read_other(search, name, &profile);

        if (r < 0 && r != -ENOMEM) {
                if (!catalog->unread)
                        catalog->unread = strdup(name);
                return catalog->unread ? 0 : -ENOMEM;
        }
        slot = r < 0 ? NULL : PG_ARRAY_ADD(catalog->others, catalog->n_others);
        if (!slot)
                return -ENOMEM;
        *slot = PG_TAKE(profile);
        return 0;
}

int pg_catalog_load_others(struct pg_catalog *catalog, const char *path, struct pg_error *error)
{
        _cleanup_(pg_search_done) struct pg_search search = {0};
        _cleanup_(pg_words_done) struct pg_words names = {0};
        int r = pg_search_open(path, &search, error);

        if (r < 0)
                return r;
        r = pg_search_names(&search, &names, error);
        for (size_t i = 0; r >= 0 && i < names.n; i++)
                if (!pg_catalog_find(catalog, names.items[i].text) &&
                    add_other(catalog, &search, names.items[i].text) < 0)
                        r = pg_error_memory(error);
        catalog->has_others = r >= 0;
        return r;
}
