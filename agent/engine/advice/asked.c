/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The apply of before as a command, to add to it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/public.h"
#include "base/strings.h"
#include "engine/advice/internal.h"
#include "engine/engine.h"
#include "engine/stored.h"
#include "profile/catalog/catalog.h"
#include "state/store/store.h"

/* Without those that they include where the files cannot be read. */
static int find_applied(const struct pg_settings *settings, struct pg_asked *asked)
{
        _cleanup_(pg_catalog_freep) struct pg_catalog *catalog = NULL;
        _cleanup_(pg_diagnostics_freep) struct pg_diagnostics *ignored = NULL;
        int r;

        if (asked->n_profiles == 0)
                return 0;
        r = pg_diagnostics_new(&ignored);
        if (r < 0)
                return r;
        r = pg_catalog_load(pg_setting_profiles(settings), (const char *const *)asked->profiles,
                            asked->n_profiles, &catalog, ignored, NULL);
        if (r < 0)
                return pg_copy_strings(asked->profiles, asked->n_profiles, &asked->applied,
                                       &asked->n_applied);
        r = 0;
        for (size_t i = 0; r >= 0 && i < catalog->n_entries; i++)
                r = pg_strings_add(catalog->entries[i].profile->name, &asked->applied,
                                   &asked->n_applied);
        return r;
}

static int find_parameters(const struct pg_settings *settings, uint32_t generation, const char *digest,
                           struct pg_asked *asked)
{
        _cleanup_(pg_store_closep) struct pg_store *store = NULL;
        _cleanup_(pg_generation_done) struct pg_generation stored = {0};

        asked->generation = generation;
        asked->is_unknown = true;
        if (generation == 0 || asked->n_profiles == 0 ||
            pg_store_open(pg_setting_state(settings), PG_STORE_READ, &store, NULL) < 0 ||
            pg_store_generation(store, generation, &stored, NULL) < 0 ||
            (digest && strcmp(stored.digest, digest) != 0) || pg_generation_is_read_back(&stored))
                return 0;
        asked->is_unknown = false;
        return pg_copy_strings(stored.parameters, stored.n_parameters, &asked->parameters,
                               &asked->n_parameters);
}

int pg_asked_find(const struct pg_settings *settings, uint32_t generation, const char *digest,
                  char *const *profiles, size_t n_profiles, struct pg_asked *ret)
{
        int r = pg_copy_strings(profiles, n_profiles, &ret->profiles, &ret->n_profiles);

        if (r >= 0)
                r = find_parameters(settings, generation, digest, ret);
        return r < 0 ? r : find_applied(settings, ret);
}

void pg_asked_done(struct pg_asked *asked)
{
        pg_strings_free(asked->profiles, asked->n_profiles);
        pg_strings_free(asked->parameters, asked->n_parameters);
        pg_strings_free(asked->applied, asked->n_applied);
        *asked = (struct pg_asked){0};
}

/* "--group cluster=10.0.0.0/8": an option and its value. */
static void print_parameter(FILE *out, const char *parameter)
{
        const char *space = strchr(parameter, ' ');

        fprintf(out, " %.*s", space ? (int)(space - parameter) : (int)strlen(parameter), parameter);
        if (!space)
                return;
        fputc(' ', out);
        pg_shell_print(out, space + 1);
}

char *pg_asked_command(const struct pg_asked *asked, const char *profile, const char *options)
{
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);

        if (!out)
                return NULL;
        fputs("portguard apply", out);
        for (size_t i = 0; i < asked->n_profiles; i++)
                fprintf(out, " %s", asked->profiles[i]);
        if (profile && !pg_strings_have(asked->profiles, asked->n_profiles, profile))
                fprintf(out, " %s", profile);
        for (size_t i = 0; i < asked->n_parameters; i++)
                print_parameter(out, asked->parameters[i]);
        if (options)
                fprintf(out, " %s", options);
        return pg_stream_end(out, &text);
}
