/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel against the generation that it says it enforces. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "engine/engine.h"

PG_DEFINE_CLEANUP(struct pg_verification, pg_verification_free)

struct pg_verification *pg_verification_free(struct pg_verification *verification)
{
        if (!verification)
                return NULL;
        pg_strings_free(verification->differences, verification->n_differences);
        free(verification);
        return NULL;
}

static int differ(struct pg_verification *v, const char *text)
{
        char **slot = PG_ARRAY_ADD(v->differences, v->n_differences);

        v->drift = true;
        if (!slot)
                return -ENOMEM;
        *slot = strdup(text);
        return *slot ? 0 : -ENOMEM;
}

/*
 * What the enforced policy would compile to, made from what the kernel enforces: rules, hooks and sets
 * that portguard would not make stand out, each by itself. An open port that somebody added to the map
 * is taken for policy here; the digest finds that.
 */
static int compare_structure(struct pg_verification *v, const struct pg_snapshot *snapshot, char slot,
                             struct pg_error *error)
{
        struct pg_ruleset_options options = {
                .slot = slot,
                .with_output = pg_ruleset_chain(snapshot->ruleset, "output") != NULL,
        };
        struct pg_delta_scope scope = {.slot = slot, .ignore_record = true};
        _cleanup_(pg_policy_freep) struct pg_policy *policy = NULL;
        _cleanup_(pg_ruleset_freep) struct pg_ruleset *wanted = NULL;
        struct pg_delta delta = {0};
        int r;

        r = pg_ruleset_to_policy(snapshot->ruleset, slot, true, &policy, error);
        if (r >= 0)
                r = pg_ruleset_compile(policy, &options, &wanted, error);
        if (r < 0)
                return r;
        if (pg_ruleset_compare(snapshot->ruleset, wanted, &scope, &delta) < 0)
                return pg_error_memory(error);
        for (size_t i = 0; r >= 0 && i < delta.n_differences; i++)
                r = differ(v, delta.differences[i]);
        pg_delta_done(&delta);
        return r < 0 ? pg_error_memory(error) : 0;
}

static int compare_digest(struct pg_verification *v, const struct pg_snapshot *snapshot, char slot,
                          const struct pg_record *record)
{
        char digest[PG_DIGEST_TEXT_SIZE];

        if (record->generation == 0)
                return differ(v, "the generation's record is gone from the table");
        pg_ruleset_digest(snapshot->ruleset, slot, digest);
        if (strcmp(digest, record->digest) == 0)
                return 0;
        return differ(v,
                      "what the table holds is not what was enforced: rules, ports or addresses were "
                      "added or taken away (see: portguard plan)");
}

static int verify(struct pg_verification *v, const struct pg_snapshot *snapshot, struct pg_error *error)
{
        char slot = pg_ruleset_live_slot(snapshot->ruleset);
        struct pg_record record = {0};
        int r;

        v->enforced = snapshot->exists;
        if (!snapshot->exists)
                return 0;
        if (snapshot->dormant && differ(v, "the table is dormant: nothing is enforced") < 0)
                return pg_error_memory(error);
        if (slot == 0)
                return differ(v, "no hook goes to a generation (see: portguard status)") < 0
                               ? pg_error_memory(error)
                               : 0;
        if (pg_record_read(snapshot->ruleset, slot, &record) < 0)
                return pg_error_memory(error);
        v->generation = record.generation;
        r = compare_structure(v, snapshot, slot, error);
        if (r >= 0 && compare_digest(v, snapshot, slot, &record) < 0)
                r = pg_error_memory(error);
        if (r >= 0 && pg_leftovers_exist(snapshot->ruleset, slot) &&
            differ(v,
                   "objects that belong to no generation in force are left in the table (the next apply "
                   "removes them)") < 0)
                r = pg_error_memory(error);
        pg_record_done(&record);
        return r;
}

int pg_verify(const struct pg_settings *settings, struct pg_verification **ret, struct pg_error *error)
{
        _cleanup_(pg_verification_freep) struct pg_verification *v = calloc(1, sizeof(*v));
        _cleanup_(pg_nft_closep) struct pg_nft *nft = NULL;
        struct pg_snapshot snapshot = {0};
        int r;

        (void)settings;
        if (!v)
                return pg_error_memory(error);
        r = pg_nft_open(&nft, error);
        if (r >= 0)
                r = pg_nft_read(nft, PG_READ_ALL, &snapshot, error);
        if (r >= 0)
                r = verify(v, &snapshot, error);
        pg_snapshot_done(&snapshot);
        if (r < 0)
                return r;
        *ret = PG_TAKE(v);
        return 0;
}
