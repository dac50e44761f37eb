/* SPDX-License-Identifier: GPL-2.0-or-later */
/* I3: what the kernel holds is what counts; the history only adds where it comes from. */
#include "engine/enforced.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/begin.h"
#include "engine/intended.h"
#include "engine/stored.h"
#include "engine/table_cache.h"
#include "engine/verify.h"
#include "ruleset/decompile.h"
#include "ruleset/digest.h"

void pg_enforced_done(struct pg_enforced *enforced)
{
        pg_table_done(&enforced->table);
        pg_policy_free(enforced->policy);
        free(enforced->change);
        *enforced = (struct pg_enforced){0};
}

static int find_change(const struct pg_settings *settings, struct pg_enforced *enforced,
                       struct pg_error *error)
{
        const struct pg_table *table = &enforced->table;
        const char *fault = pg_table_problem(table);

        enforced->rules_hold = !fault;
        if (fault) {
                enforced->change = strdup(fault);
                return enforced->change ? 0 : pg_error_memory(error);
        }
        if (table->slot)
                return pg_table_change(settings, table, &enforced->change, &enforced->rules_hold,
                                       error);
        if (!table->snapshot.exists)
                enforced->change = pg_absence_text(settings);
        return 0;
}

static bool is_what_its_record_says(const struct pg_table *table)
{
        char digest[PG_DIGEST_TEXT_SIZE];

        pg_ruleset_digest(table->snapshot.ruleset, table->slot, digest);
        return table->enforced.generation != 0 && strcmp(digest, table->enforced.digest) == 0;
}

static int find_policy(const struct pg_settings *settings, struct pg_enforced *enforced,
                       struct pg_error *error)
{
        struct pg_table *table = &enforced->table;
        int r;

        if (!table->slot)
                return 0;
        /* The hooks, which decide whether anything asks the slot, are in no digest. */
        if (!enforced->change && table->policy)
                enforced->policy = PG_TAKE(table->policy);
        else if (!enforced->change && is_what_its_record_says(table))
                enforced->policy = pg_stored_policy(settings, &table->enforced);
        enforced->is_stored = enforced->policy != NULL;
        if (enforced->is_stored)
                return 0;
        r = pg_ruleset_to_policy(table->snapshot.ruleset, table->slot, false, &enforced->policy, error);
        if (r >= 0)
                pg_stored_origins(settings, &table->enforced, enforced->policy);
        return r;
}

int pg_enforced_read(const struct pg_settings *settings, struct pg_nft *nft,
                     enum pg_enforced_detail detail, struct pg_enforced *ret,
                     struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        _cleanup_(pg_enforced_done) struct pg_enforced enforced = {0};
        int r = pg_table_read_settled(settings, nft, PG_READ_SMALL, &enforced.table, diagnostics,
                                      error);

        if (r >= 0 && detail >= PG_ENFORCED_CHANGE)
                r = pg_table_complete(settings, nft, NULL, &enforced.table, error);
        if (r >= 0 && detail >= PG_ENFORCED_CHANGE)
                r = find_change(settings, &enforced, error);
        if (r >= 0 && detail >= PG_ENFORCED_POLICY)
                r = find_policy(settings, &enforced, error);
        if (r < 0)
                return r;
        *ret = PG_TAKE(enforced);
        return 0;
}
