/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the history says should be enforced. */
#include "engine/intended.h"

#include <errno.h>

#include "base/strings.h"
#include "engine/engine.h"
#include "state/store/store.h"

static int find(const struct pg_settings *settings, uint32_t *ret, struct pg_error *error)
{
        _cleanup_(pg_store_closep) struct pg_store *store = NULL;
        _cleanup_(pg_intended_done) struct pg_intended intended = {0};
        int r = pg_store_open(pg_setting_state(settings), PG_STORE_READ, &store, error);

        if (r >= 0)
                r = pg_store_intended(store, &intended, error);
        if (r >= 0)
                *ret = intended.confirmed;
        return r;
}

uint32_t pg_intended_generation(const struct pg_settings *settings)
{
        uint32_t generation = 0;

        find(settings, &generation, NULL);
        return generation;
}

uint32_t pg_intended_or_warn(const struct pg_settings *settings, bool is_expected,
                             struct pg_diagnostics *diagnostics)
{
        uint32_t generation = 0;
        struct pg_error error;
        int r = find(settings, &generation, &error);

        if (r < 0 && (is_expected || r != -ENOENT))
                pg_diagnostics_add(diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                                   "whether something else should be enforced, by the history, is not "
                                   "known: %s",
                                   error.message);
        return generation;
}

char *pg_absence_text(const struct pg_settings *settings, struct pg_diagnostics *diagnostics)
{
        uint32_t generation = pg_intended_or_warn(settings, false, diagnostics);

        if (!generation)
                return NULL;
        return pg_format(
                "nothing is enforced, though generation %u should be: somebody removed "
                "the table inet portguard or its hooks, the host was started without portguard "
                "restore, or portguard disable could not write the history; portguard verify --repair brings it back",
                generation);
}
