/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table as it was read. */
#include "engine/table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <string.h>

#include "base/strings.h"
#include "ruleset/digest.h"

void pg_table_done(struct pg_table *table)
{
        pg_record_done(&table->enforced);
        pg_record_done(&table->falls_back);
        pg_snapshot_done(&table->snapshot);
        pg_ruleset_free(table->compiled);
        pg_policy_free(table->policy);
        *table = (struct pg_table){0};
}

static int find_slots(struct pg_table *table)
{
        const struct pg_ruleset *ruleset = table->snapshot.ruleset;
        int r = 0;

        /* The hooks of a dormant table are not asked. */
        table->trial = pg_trial_find(ruleset);
        if (table->snapshot.dormant)
                table->trial.slot = 0;
        else
                table->live = pg_ruleset_live_slot(ruleset);
        table->slot = table->trial.slot ? table->trial.slot : table->live;
        if (table->slot)
                r = pg_record_read(ruleset, table->slot, &table->enforced);
        if (r >= 0 && table->trial.slot && table->live)
                r = pg_record_read(ruleset, table->live, &table->falls_back);
        return r;
}

int pg_table_read(struct pg_nft *nft, enum pg_read what, struct pg_table *ret, struct pg_error *error)
{
        _cleanup_(pg_table_done) struct pg_table table = {0};
        int r = pg_nft_read(nft, what, &table.snapshot, error);

        if (r >= 0 && find_slots(&table) < 0)
                r = pg_error_memory(error);
        if (r < 0)
                return r;
        *ret = PG_TAKE(table);
        return 0;
}

bool pg_table_is_as_recorded(const struct pg_table *table, char slot, const struct pg_record *record)
{
        char digest[PG_DIGEST_TEXT_SIZE];

        if (table->policy && slot == table->slot)
                return true;
        if (record->generation == 0)
                return false;
        pg_ruleset_digest(table->snapshot.ruleset, slot, digest);
        return strcmp(digest, record->table_digest) == 0;
}

int pg_table_outdated(const struct pg_table *table, char **ret)
{
        const struct pg_record *record = &table->enforced;

        *ret = NULL;
        if (!table->slot || pg_record_is_current(record))
                return 0;
        if (pg_record_is_newer(record))
                *ret = pg_format("made by a newer portguard (%s): upgrade this one; or portguard "
                                 "restore, or apply, makes it anew with this one",
                                 record->version);
        else
                *ret = pg_format(
                        "made by portguard %s; portguard restore, or the next apply, brings it "
                        "up to date",
                        record->version);
        return *ret ? 0 : -ENOMEM;
}

/* What is left of a generation or a trial decides about nothing where no hook goes to it for good. */
static bool has_foreign_rule(const struct pg_chain *hook)
{
        for (size_t i = 0; i < hook->n_rules; i++)
                if (pg_rule_slot(&hook->rules[i]) == 0 && !pg_trial_rule_set(&hook->rules[i]))
                        return true;
        return false;
}

bool pg_table_refuses(const struct pg_table *table)
{
        const struct pg_ruleset *ruleset = table->snapshot.ruleset;

        if (!table->snapshot.exists || table->snapshot.dormant || table->slot)
                return false;
        for (size_t i = 0; i < ruleset->n_chains; i++)
                if (ruleset->chains[i].is_base &&
                    (ruleset->chains[i].policy == NF_DROP || has_foreign_rule(&ruleset->chains[i])))
                        return true;
        return false;
}

bool pg_table_has_foreign_input(const struct pg_table *table)
{
        const struct pg_chain *input = pg_ruleset_chain(table->snapshot.ruleset, "input");

        return input && has_foreign_rule(input);
}

const char *pg_generation_text(uint32_t generation, char text[static PG_GENERATION_TEXT_MAX])
{
        snprintf(text, PG_GENERATION_TEXT_MAX,
                 generation ? "generation %u" : "a generation that is not known", generation);
        return text;
}

static bool leads_to(const struct pg_chain *hook, char slot)
{
        for (size_t i = 0; hook && i < hook->n_rules; i++)
                if (pg_rule_is_jump(&hook->rules[i], slot))
                        return true;
        return false;
}

/* Whether each hook that the slot has rules for goes to them. */
static bool is_whole(const struct pg_ruleset *ruleset, char slot)
{
        static const char *const hooks[] = {"input", "output"};

        for (size_t i = 0; i < PG_ELEMENTSOF(hooks); i++) {
                char judge[PG_NAME_MAX];

                pg_slot_name(hooks[i], slot, judge);
                if (pg_ruleset_chain(ruleset, judge) &&
                    !leads_to(pg_ruleset_chain(ruleset, hooks[i]), slot))
                        return false;
        }
        return true;
}

static enum pg_after_trial after_trial(const struct pg_table *table, const struct pg_record *kept)
{
        const struct pg_chain *input = NULL;

        if (!table->live && table->snapshot.exists)
                input = pg_ruleset_chain(table->snapshot.ruleset, "input");
        if (input && has_foreign_rule(input))
                return PG_AFTER_TRIAL_FOREIGN;
        if (input && input->policy == NF_DROP)
                return PG_AFTER_TRIAL_REFUSED;
        if (!table->live)
                return PG_AFTER_TRIAL_OFF;
        if (kept->generation == 0)
                return PG_AFTER_TRIAL_UNRECORDED;
        if (!is_whole(table->snapshot.ruleset, table->live))
                return PG_AFTER_TRIAL_CHANGED;
        /* Of a newer version's, which says it in another form, that is not known. */
        if (kept->table_digest[0] == '\0' || pg_table_is_as_recorded(table, table->live, kept))
                return PG_AFTER_TRIAL_GENERATION;
        return PG_AFTER_TRIAL_CHANGED;
}

bool pg_trial_can_be_kept(const struct pg_table *table)
{
        const struct pg_ruleset *ruleset = table->snapshot.ruleset;

        for (size_t i = 0; i < ruleset->n_chains; i++)
                if (pg_chain_is_misplaced(&ruleset->chains[i]))
                        return false;
        return !table->trial.lacks_witness &&
               pg_table_is_as_recorded(table, table->slot, &table->enforced);
}

struct pg_open_trial pg_table_open_trial(const struct pg_table *table)
{
        const struct pg_record *kept = table->trial.slot ? &table->falls_back : &table->enforced;

        return (struct pg_open_trial){.left_ms = table->trial.left_ms,
                                      .after = after_trial(table, kept),
                                      .falls_back_to = kept->generation,
                                      .cannot_confirm =
                                              table->trial.slot && !pg_trial_can_be_kept(table),
                                      .cannot_extend = table->trial.lacks_witness};
}

/* Of one that leads to the slot in force, what differs is told as of any hook. */
static bool is_misplaced(const struct pg_table *table, const struct pg_chain *input)
{
        return input && pg_chain_is_misplaced(input) && !table->trial.slot &&
               !(table->slot && leads_to(input, table->slot));
}

const char *pg_table_problem(const struct pg_table *table)
{
        const struct pg_snapshot *snapshot = &table->snapshot;
        const struct pg_chain *input = pg_ruleset_chain(snapshot->ruleset, "input");

        if (!snapshot->exists)
                return NULL;
        if (snapshot->dormant)
                return "somebody made the table inet portguard dormant: nothing is enforced; portguard verify "
                       "--repair repairs it";
        if (is_misplaced(table, input))
                return "somebody made the chain input of the table inet portguard with another type, hook or "
                       "priority: no policy decides about what comes in; portguard verify --repair repairs it";
        if (input && input->n_rules == 0 && input->policy == NF_DROP)
                return "somebody emptied the input hook of the table inet portguard: everything is refused, "
                       "even replies; portguard verify --repair repairs it";
        if (input && input->policy == NF_DROP && !table->slot)
                return "somebody deleted the rule by which the input hook of the table inet portguard goes to a "
                       "generation: everything is refused that no other rule of it lets in; portguard verify "
                       "--repair repairs it";
        if (pg_table_refuses(table))
                return "somebody changed the table inet portguard: no hook of it goes to a generation, and its "
                       "hooks may refuse packets all the same; portguard verify --repair repairs it";
        if (!input)
                return table->live
                               ? "the table inet portguard has no input hook: whatever comes in is let in; "
                                 "portguard verify --repair repairs it"
                               : "the table inet portguard has no input hook: nothing is enforced; "
                                 "portguard verify --repair repairs it";
        if (input->n_rules == 0)
                return table->live
                               ? "somebody emptied the input hook of the table inet portguard: whatever "
                                 "comes in is let in; portguard verify --repair repairs it"
                               : "somebody emptied the input hook of the table inet portguard: nothing is "
                                 "enforced; portguard verify --repair repairs it";
        return NULL;
}
