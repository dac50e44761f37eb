/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the scopes of the enforced policy were written as: the kernel has their addresses only. */
#include <string.h>

#include "engine/engine.h"
#include "engine/view/view.h"
#include "state/store/store.h"

void pg_view_adopt_origins(const struct pg_settings *settings, const struct pg_record *enforced,
                           struct pg_policy *policy)
{
        _cleanup_(pg_store_closep) struct pg_store *store = NULL;
        struct pg_generation generation = {0};

        if (pg_store_open(pg_setting_state(settings), PG_STORE_READ, &store, NULL) < 0 ||
            pg_store_generation(store, enforced->generation, &generation, NULL) < 0)
                return;
        if (strcmp(generation.digest, enforced->digest) == 0)
                pg_store_origins(store, enforced->generation, policy, NULL);
        pg_generation_done(&generation);
}
