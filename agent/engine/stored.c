/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy of a generation, as the history has it. */
#include "engine/stored.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "state/store/store.h"

struct pg_policy *pg_subject_stored(const struct pg_settings *settings,
                                    const struct pg_record *enforced)
{
        _cleanup_(pg_store_closep) struct pg_store *store = NULL;
        struct pg_generation generation = {0};
        struct pg_policy *policy = NULL;

        if (pg_store_open(pg_setting_state(settings), PG_STORE_READ, &store, NULL) < 0 ||
            pg_store_generation(store, enforced->generation, &generation, NULL) < 0)
                return NULL;
        if (strcmp(generation.digest, enforced->digest) == 0)
                pg_store_policy(store, enforced->generation, NULL, &policy, NULL);
        pg_generation_done(&generation);
        return policy;
}
