/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which policy the kernel enforces: I3. */
#include "engine/standing.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>

#include "base/strings.h"
#include "engine/engine.h"
#include "state/store/store.h"

void pg_standing_done(struct pg_standing *standing)
{
        pg_record_done(&standing->enforced);
        pg_record_done(&standing->falls_back);
        *standing = (struct pg_standing){0};
}

int pg_standing_find(const struct pg_snapshot *snapshot, struct pg_standing *ret)
{
        const struct pg_ruleset *ruleset = snapshot->ruleset;
        struct pg_standing standing = {.live = pg_ruleset_live_slot(ruleset),
                                       .trial = pg_trial_find(ruleset)};
        int r = 0;

        /* The hooks of a dormant table are not asked. */
        if (snapshot->dormant) {
                standing.live = 0;
                standing.trial.slot = 0;
        }
        standing.slot = standing.trial.slot ? standing.trial.slot : standing.live;
        if (standing.slot)
                r = pg_record_read(ruleset, standing.slot, &standing.enforced);
        if (r >= 0 && standing.trial.slot && standing.live)
                r = pg_record_read(ruleset, standing.live, &standing.falls_back);
        if (r < 0) {
                pg_standing_done(&standing);
                return r;
        }
        *ret = standing;
        return 0;
}

/* What is left of a generation or a trial decides about nothing where no hook goes to it for good. */
static bool has_foreign_rule(const struct pg_chain *hook)
{
        for (size_t i = 0; i < hook->n_rules; i++)
                if (pg_rule_slot(&hook->rules[i]) == 0 && !pg_trial_rule_set(&hook->rules[i]))
                        return true;
        return false;
}

bool pg_snapshot_refuses(const struct pg_snapshot *snapshot)
{
        const struct pg_ruleset *ruleset = snapshot->ruleset;

        if (!snapshot->exists || snapshot->dormant || pg_ruleset_live_slot(ruleset) ||
            pg_trial_find(ruleset).slot)
                return false;
        for (size_t i = 0; i < ruleset->n_chains; i++)
                if (ruleset->chains[i].is_base &&
                    (ruleset->chains[i].policy == NF_DROP || has_foreign_rule(&ruleset->chains[i])))
                        return true;
        return false;
}

uint32_t pg_intended_generation(const struct pg_settings *settings)
{
        _cleanup_(pg_store_closep) struct pg_store *store = NULL;
        struct pg_intended intended = {0};
        uint32_t generation;

        if (pg_store_open(pg_setting_state(settings), PG_STORE_READ, &store, NULL) < 0 ||
            pg_store_intended(store, &intended, NULL) < 0)
                return 0;
        generation = intended.confirmed;
        pg_intended_done(&intended);
        return generation;
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

const char *pg_snapshot_fault(const struct pg_snapshot *snapshot)
{
        const struct pg_chain *input = pg_ruleset_chain(snapshot->ruleset, "input");

        if (!snapshot->exists)
                return NULL;
        if (snapshot->dormant)
                return "somebody made the table inet portguard dormant: nothing is enforced; portguard apply "
                       "repairs it";
        if (input && input->n_rules == 0 && input->policy == NF_DROP)
                return "somebody emptied the input hook of the table inet portguard: everything is refused, "
                       "even replies; portguard apply repairs it";
        if (input && input->policy == NF_DROP && !pg_ruleset_live_slot(snapshot->ruleset) &&
            !pg_trial_find(snapshot->ruleset).slot)
                return "somebody deleted the rule by which the input hook of the table inet portguard goes to a "
                       "generation: everything is refused that no other rule of it lets in; portguard verify "
                       "--repair mends it";
        if (pg_snapshot_refuses(snapshot))
                return "somebody changed the table inet portguard: no hook of it goes to a generation, and its "
                       "hooks may refuse packets all the same; portguard verify --repair mends it";
        if (!input)
                return pg_ruleset_live_slot(snapshot->ruleset)
                               ? "the table inet portguard has no input hook: whatever comes in is let in; "
                                 "portguard apply repairs it"
                               : "the table inet portguard has no input hook: nothing is enforced; "
                                 "portguard apply repairs it";
        if (input->n_rules == 0)
                return pg_ruleset_live_slot(snapshot->ruleset)
                               ? "somebody emptied the input hook of the table inet portguard: whatever "
                                 "comes in is let in; portguard apply repairs it"
                               : "somebody emptied the input hook of the table inet portguard: nothing is "
                                 "enforced; portguard apply repairs it";
        return NULL;
}
