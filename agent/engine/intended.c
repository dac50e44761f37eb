/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the history says should be enforced. */
#include "engine/intended.h"

#include "base/strings.h"
#include "engine/engine.h"
#include "state/store/store.h"

uint32_t pg_intended_generation(const struct pg_settings *settings)
{
        _cleanup_(pg_store_closep) struct pg_store *store = NULL;
        _cleanup_(pg_intended_done) struct pg_intended intended = {0};

        if (pg_store_open(pg_setting_state(settings), PG_STORE_READ, &store, NULL) < 0 ||
            pg_store_intended(store, &intended, NULL) < 0)
                return 0;
        return intended.confirmed;
}

char *pg_absence_text(const struct pg_settings *settings)
{
        uint32_t generation = pg_intended_generation(settings);

        if (!generation)
                return NULL;
        return pg_format(
                "nothing is enforced, though generation %u should be: somebody removed "
                "the table inet portguard or its hooks, the host was started without portguard "
                "restore, or portguard disable could not write the history; portguard verify --repair brings it back",
                generation);
}
