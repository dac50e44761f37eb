/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the history has of a generation that the kernel enforces. */
#include "engine/stored.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/strings.h"
#include "engine/engine.h"
#include "ruleset/decompile.h"

/* The history, where it has the generation of the record with the same digest; else NULL. */
static struct pg_store *open_store(const struct pg_settings *settings, const struct pg_record *enforced)
{
        _cleanup_(pg_store_closep) struct pg_store *store = NULL;
        struct pg_generation generation = {0};
        bool is_same;

        if (pg_store_open(pg_setting_state(settings), PG_STORE_READ, &store, NULL) < 0 ||
            pg_store_generation(store, enforced->generation, &generation, NULL) < 0)
                return NULL;
        is_same = strcmp(generation.digest, enforced->digest) == 0;
        pg_generation_done(&generation);
        return is_same ? PG_TAKE(store) : NULL;
}

int pg_store_has(struct pg_store *store, const struct pg_record *enforced, struct pg_error *error)
{
        _cleanup_(pg_generation_done) struct pg_generation generation = {0};
        int r = pg_store_generation(store, enforced->generation, &generation, error);

        if (r < 0)
                return r == -ENOENT ? 0 : r;
        return strcmp(generation.digest, enforced->digest) == 0;
}

bool pg_store_intends(struct pg_store *store, uint32_t confirmed, const struct pg_record *enforced)
{
        return confirmed == enforced->generation && pg_store_has(store, enforced, NULL) > 0;
}

bool pg_stored_is_intended(const struct pg_settings *settings, const struct pg_record *enforced)
{
        _cleanup_(pg_store_closep) struct pg_store *store = NULL;
        _cleanup_(pg_intended_done) struct pg_intended intended = {0};
        int r = pg_store_open(pg_setting_state(settings), PG_STORE_READ, &store, NULL);

        if (r >= 0)
                r = pg_store_intended(store, &intended, NULL);
        return r < 0 ? r != -ENOENT : pg_store_intends(store, intended.confirmed, enforced);
}

struct pg_policy *pg_stored_policy(const struct pg_settings *settings, const struct pg_record *enforced)
{
        _cleanup_(pg_store_closep) struct pg_store *store = open_store(settings, enforced);
        struct pg_policy *policy = NULL;

        if (store)
                pg_store_policy(store, enforced->generation, NULL, &policy, NULL);
        return policy;
}

bool pg_stored_is_readable(const struct pg_settings *settings, struct pg_store *store,
                           const struct pg_record *enforced)
{
        _cleanup_(pg_store_closep) struct pg_store *opened =
                store ? NULL : open_store(settings, enforced);
        _cleanup_(pg_policy_freep) struct pg_policy *policy = NULL;
        int r = 0;

        if (store || opened)
                r = pg_store_policy(store ? store : opened, enforced->generation, NULL, &policy, NULL);
        return r >= 0 || r == -ENOMEM;
}

#define PG_READ_BACK "read back from the kernel: the history did not have it"

int pg_store_read_back(struct pg_store *store, const struct pg_record *record, uint32_t parent,
                       const struct pg_actor *actor, struct pg_policy *policy, struct pg_error *error)
{
        const struct pg_generation generation = {
                .number = record->generation,
                .parent = parent,
                .time = time(NULL),
                .actor = *actor,
                .message = (char *)PG_READ_BACK,
                .profiles = record->profiles,
                .n_profiles = record->n_profiles,
                .digest = (char *)record->digest,
        };

        /* Whoever brings it back makes the record of the policy. */
        if (policy->n_profiles == 0 && pg_copy_strings(record->profiles, record->n_profiles,
                                                       &policy->profiles, &policy->n_profiles) < 0)
                return pg_error_memory(error);
        return pg_store_add(store, &generation, policy, error);
}

bool pg_generation_is_read_back(const struct pg_generation *generation)
{
        return generation->message && strcmp(generation->message, PG_READ_BACK) == 0;
}

int pg_slot_policy(const struct pg_settings *settings, const struct pg_table *table, char slot,
                   const struct pg_record *record, struct pg_policy **ret, bool *ret_is_certain,
                   struct pg_error *error)
{
        *ret_is_certain = true;
        if (!pg_record_is_current(record) && pg_table_is_as_recorded(table, slot, record))
                *ret = pg_stored_policy(settings, record);
        if (*ret)
                return 0;
        *ret_is_certain = pg_record_is_current(record);
        return pg_ruleset_to_policy(table->snapshot.ruleset, slot, false, ret, error);
}

void pg_stored_origins(const struct pg_settings *settings, const struct pg_record *enforced,
                       struct pg_policy *policy)
{
        _cleanup_(pg_store_closep) struct pg_store *store = open_store(settings, enforced);

        if (store)
                pg_store_origins(store, enforced->generation, policy, NULL);
}
