/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a change finds of the table that is not as it should be, and repairs. */
#include <errno.h>
#include <string.h>

#include "base/public.h"
#include "engine/change/internal.h"
#include "engine/intended.h"
#include "engine/outcome.h"
#include "engine/stored.h"
#include "engine/verify.h"
#include "ruleset/decompile.h"

bool pg_is_tried(const struct pg_convergence *c)
{
        return c->spec->trial_ms > 0 && c->target.method == PG_METHOD_SLOT;
}

/* Without what to do about it: that is being done. */
static int report_problem(struct pg_convergence *c)
{
        const char *problem = pg_table_problem(&c->table);

        return pg_outcome_repaired(c->outcome, "%.*s", (int)strcspn(problem, ";"), problem);
}

/* I3: off is only where the history says so too. A restore is asked for because of it. */
static int report_absence(struct pg_convergence *c)
{
        uint32_t generation;

        if (c->table.slot || c->table.snapshot.dormant || c->spec->number)
                return 0;
        if (pg_table_refuses(&c->table))
                return report_problem(c);
        if (c->table.snapshot.exists)
                return pg_outcome_repaired(
                        c->outcome, "no hook of the table inet portguard led to a policy: somebody "
                                    "changed it, and nothing was enforced");
        generation = pg_context_intended(c->context);
        if (!generation)
                return 0;
        return pg_outcome_repaired(
                c->outcome,
                "somebody removed the table inet portguard or its hooks, or the host was started "
                "without portguard restore: generation %u should be enforced",
                generation);
}

static int report_disagreement(struct pg_convergence *c)
{
        _cleanup_(pg_disagreement_done) struct pg_disagreement found = {0};
        int r = pg_intended_compare(c->context->settings, &c->table, &found, c->error);

        return r < 0 || !found.text ? r : pg_outcome_repaired(c->outcome, "%s", found.text);
}

int pg_report_change(struct pg_convergence *c)
{
        _cleanup_(pg_freep) char *change = NULL;
        bool ignored;
        int r;

        if (c->spec->mode != PG_CONVERGE_PLAN || !c->table.slot ||
            (c->target.is_repair && c->target.drift))
                return 0;
        if (pg_table_problem(&c->table))
                return report_problem(c);
        r = pg_outdated_note(c);
        if (r >= 0)
                r = pg_table_change(c->context->settings, &c->table, &change, &ignored, c->error);
        if (r < 0 || change)
                return r < 0 ? r : pg_outcome_repaired(c->outcome, "%s", change);
        return report_disagreement(c);
}

int pg_report_repairs(struct pg_convergence *c)
{
        int r = report_absence(c);

        if (r >= 0 && c->table.snapshot.dormant)
                r = pg_outcome_repaired(
                        c->outcome, "somebody made the table dormant: nothing was enforced until now");
        if (r >= 0 && c->table.snapshot.exists &&
            pg_leftovers_exist(c->table.snapshot.ruleset, c->target.live))
                r = pg_outcome_repaired(c->outcome,
                                        "%s what an interrupted run, or somebody else, left "
                                        "in the table inet portguard%s",
                                        pg_is_tried(c) ? "passed by" : "removed",
                                        pg_is_tried(c) ? ", until confirm removes it" : "");
        if (r >= 0 && c->target.is_repair && c->target.drift)
                r = pg_outcome_repaired(c->outcome, "somebody changed the table: %s", c->target.drift);
        if (r >= 0)
                r = pg_report_change(c);
        return r < 0 ? pg_error_memory(c->error) : 0;
}

/* What somebody changed, or another version made, is not what was applied. */
static bool can_read_back(const struct pg_table *table)
{
        return table->enforced.generation != 0 && pg_record_is_current(&table->enforced) &&
               pg_table_is_as_recorded(table, table->slot, &table->enforced);
}

/* Nor, beside what is to be brought back, where the history is an older copy. */
static bool is_missing(const struct pg_context *context, const struct pg_record *enforced)
{
        return context->intended.confirmed == 0 || enforced->generation > context->intended.last;
}

int pg_repair_history(struct pg_convergence *c)
{
        const struct pg_context *context = c->context;
        const struct pg_record *enforced = &c->table.enforced;
        _cleanup_(pg_policy_freep) struct pg_policy *policy = NULL;
        struct pg_generation generation = {0};
        int r;

        if (!c->table.slot || !is_missing(context, enforced) || context->intended.is_disabled ||
            c->target.method == PG_METHOD_NONE)
                return 0;
        r = pg_store_generation(context->store, enforced->generation, &generation, NULL);
        pg_generation_done(&generation);
        if (r >= 0 || !can_read_back(&c->table)) {
                if (pg_is_tried(c))
                        pg_diagnostics_add(context->diagnostics, PG_SEVERITY_WARNING,
                                           (struct pg_place){0},
                                           "the history does not say that what the trial falls back to "
                                           "was confirmed, and it cannot be written down as it is: it "
                                           "does not come back at boot until another apply");
                return 0;
        }
        r = pg_ruleset_to_policy(c->table.snapshot.ruleset, c->table.slot, false, &policy, c->error);
        if (r >= 0)
                r = pg_store_read_back(context->store, enforced, 0, &context->actor, policy, c->error);
        if (r >= 0)
                r = pg_store_event(context->store, enforced->generation, PG_EVENT_CONFIRMED,
                                   "the kernel enforces it", &context->actor, c->error);
        if (r >= 0)
                pg_diagnostics_add(context->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                                   "the history did not have generation %u, which was enforced: it was "
                                   "read back from the kernel, and written down",
                                   enforced->generation);
        return r;
}
