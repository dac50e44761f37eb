/* SPDX-License-Identifier: GPL-2.0-or-later */
/* I3: what the kernel holds is what counts; the history only adds where it comes from. */
#include "engine/enforced.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "engine/begin.h"
#include "engine/intended.h"
#include "engine/repair_advice.h"
#include "engine/stored.h"
#include "engine/table_cache.h"
#include "engine/verify.h"

void pg_enforced_done(struct pg_enforced *enforced)
{
        pg_table_done(&enforced->table);
        pg_policy_free(enforced->policy);
        free(enforced->change);
        free(enforced->loss);
        *enforced = (struct pg_enforced){0};
}

/* The words on a problem end with what repairs it, behind a semicolon; where portguard was disabled,
 * with what settles that. */
static char *problem_text(const struct pg_settings *settings, const struct pg_table *table,
                          const char *problem)
{
        _cleanup_(pg_freep) char *disabled = pg_disabled_advice(settings, table), *owner = NULL;
        const char *end = strrchr(problem, ';');

        if (pg_owner_advice(settings, table, &owner) < 0)
                return NULL;
        if (owner && end)
                return pg_format("%.*s (to settle it: %s)", (int)(end - problem), problem, owner);
        return disabled && end ? pg_format("%.*s; portguard was disabled (to settle it: %s)",
                                           (int)(end - problem), problem, disabled)
                               : strdup(problem);
}

static int find_change(const struct pg_settings *settings, struct pg_enforced *enforced,
                       struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        const struct pg_table *table = &enforced->table;
        const char *problem = pg_table_problem(table);

        enforced->rules_hold = !problem;
        if (problem) {
                enforced->change = problem_text(settings, table, problem);
                return enforced->change ? 0 : pg_error_memory(error);
        }
        if (table->slot)
                return pg_table_change(settings, table, &enforced->change, &enforced->rules_hold,
                                       error);
        if (!table->snapshot.exists)
                enforced->change = pg_absence_text(settings, diagnostics);
        return 0;
}

/* Rules that another version made, and nothing tells what for: to read them as this one's would be
 * guessing. */
static int call_unknown(struct pg_enforced *enforced, struct pg_error *error)
{
        _cleanup_(pg_freep) char *outdated = NULL;

        enforced->rules_hold = false;
        if (enforced->change)
                return 0;
        if (pg_table_outdated(&enforced->table, &outdated) >= 0)
                enforced->change = pg_format("the history does not tell what generation %u enforces, "
                                             "%s",
                                             enforced->table.enforced.generation, outdated);
        return enforced->change ? 0 : pg_error_memory(error);
}

static int find_policy(const struct pg_settings *settings, struct pg_enforced *enforced,
                       struct pg_error *error)
{
        struct pg_table *table = &enforced->table;
        bool is_certain;
        int r;

        if (!table->slot)
                return 0;
        /* The hooks, which decide whether anything asks the slot, are in no digest. */
        if (!enforced->change && table->policy)
                enforced->policy = PG_TAKE(table->policy);
        else if (!enforced->change && pg_table_is_as_recorded(table, table->slot, &table->enforced))
                enforced->policy = pg_stored_policy(settings, &table->enforced);
        enforced->is_stored = enforced->policy != NULL;
        if (enforced->is_stored)
                return 0;
        r = pg_slot_policy(settings, table, table->slot, &table->enforced, &enforced->policy,
                           &is_certain, error);
        if (r >= 0 && !is_certain)
                r = call_unknown(enforced, error);
        if (r >= 0)
                pg_stored_origins(settings, &table->enforced, enforced->policy);
        return r;
}

static int find_disagreement(const struct pg_settings *settings, struct pg_enforced *enforced,
                             struct pg_error *error)
{
        _cleanup_(pg_disagreement_done) struct pg_disagreement found = {0};
        int r = pg_intended_compare(settings, &enforced->table, &found, error);

        if (r < 0 || !found.text)
                return r;
        if (!found.advice)
                found.advice = pg_table_advice(&enforced->table);
        if (found.advice)
                enforced->change = pg_format("%s (to settle it: %s)", found.text, found.advice);
        return enforced->change ? 0 : pg_error_memory(error);
}

static int read_once(const struct pg_settings *settings, struct pg_nft *nft, bool is_locked,
                     enum pg_enforced_detail detail, struct pg_enforced *ret,
                     struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        _cleanup_(pg_enforced_done) struct pg_enforced enforced = {0};
        int r = pg_table_read_settled(settings, nft, is_locked, PG_READ_SMALL, &enforced.table,
                                      diagnostics, error);

        if (r >= 0 && detail >= PG_ENFORCED_CHANGE)
                r = pg_table_complete(settings, nft, NULL, &enforced.table, error);
        if (r >= 0 && detail >= PG_ENFORCED_CHANGE)
                r = find_change(settings, &enforced, diagnostics, error);
        if (r >= 0 && detail >= PG_ENFORCED_POLICY)
                r = find_policy(settings, &enforced, error);
        if (r >= 0 && detail >= PG_ENFORCED_CHANGE && enforced.table.slot && !enforced.change)
                r = find_disagreement(settings, &enforced, error);
        if (r >= 0 && detail >= PG_ENFORCED_POLICY && enforced.table.slot)
                enforced.loss = pg_loss_at_boot(settings, &enforced.table, enforced.is_stored);
        if (r < 0)
                return r;
        pg_enforced_done(ret);
        *ret = PG_TAKE(enforced);
        return 0;
}

int pg_enforced_read(const struct pg_settings *settings, struct pg_nft *nft,
                     enum pg_enforced_detail detail, struct pg_enforced *ret,
                     struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        _cleanup_(pg_enforced_done) struct pg_enforced enforced = {0};
        _cleanup_(pg_lock_releasep) struct pg_lock *lock = NULL;
        int r = read_once(settings, nft, false, detail, &enforced, diagnostics, error);

        if (r >= 0 && enforced.change && pg_is_outrun(settings, nft, enforced.table.snapshot.genid))
                lock = pg_hold_off_writers(settings, nft, diagnostics);
        if (lock)
                r = read_once(settings, nft, true, detail, &enforced, diagnostics, error);
        if (r < 0)
                return r;
        *ret = PG_TAKE(enforced);
        return 0;
}
