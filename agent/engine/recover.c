/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an interrupted run left, in the kernel and in the history: I2, I3. */
#include "engine/recover.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <string.h>

#include "engine/retry.h"
#include "engine/transaction/transaction.h"

static char other_slot(char slot)
{
        return slot == 'a' ? 'b' : 'a';
}

/* Hooks that lead to no slot any more must let everything pass; one whose policy is to drop was emptied
 * or made by somebody else, and to open it is not ours to decide. */
static bool is_emptied(const struct pg_ruleset *ruleset)
{
        for (size_t i = 0; i < ruleset->n_chains; i++)
                if (ruleset->chains[i].is_base && ruleset->chains[i].policy == NF_DROP)
                        return true;
        return false;
}

/* Sets that were filled, and that nothing looks into yet. */
static bool has_half_replaced(const struct pg_ruleset *ruleset)
{
        for (size_t i = 0; i < ruleset->n_sets; i++)
                if (pg_replace_is_leftover(ruleset, &ruleset->sets[i]))
                        return true;
        return false;
}

bool pg_needs_recovery(const struct pg_table *table)
{
        const struct pg_ruleset *ruleset = table->snapshot.ruleset;

        if (!table->snapshot.exists || table->snapshot.dormant || table->trial.slot)
                return false;
        if (table->live)
                return table->trial.is_there ||
                       pg_leftovers_have_slot(ruleset, other_slot(table->live)) ||
                       has_half_replaced(ruleset);
        return !is_emptied(ruleset) && (table->trial.is_there || pg_leftovers_have_slot(ruleset, 'a') ||
                                        pg_leftovers_have_slot(ruleset, 'b'));
}

/* Which policy a hook is to have when the slot in force decides about its packets, or nothing does. One
 * without a rule of ours that drops all the same is somebody else's doing, as in is_emptied(). */
static uint32_t wanted_policy(const struct pg_chain *hook, char live)
{
        bool is_ours = false;

        for (size_t i = 0; i < hook->n_rules; i++) {
                if (pg_rule_is_jump(&hook->rules[i], live))
                        return NF_DROP;
                is_ours = is_ours || pg_rule_slot(&hook->rules[i]) != 0 ||
                          pg_trial_rule_set(&hook->rules[i]);
        }
        return is_ours ? NF_ACCEPT : hook->policy;
}

static void settle_policies(struct pg_batch *batch, const struct pg_ruleset *ruleset, char live)
{
        for (size_t i = 0; i < ruleset->n_chains; i++) {
                const struct pg_chain *hook = &ruleset->chains[i];

                if (hook->is_base && hook->policy != wanted_policy(hook, live))
                        pg_batch_set_policy(batch, hook->name, wanted_policy(hook, live));
        }
}

/* An open trial goes on. */
static int settle_trial(struct pg_batch *batch, const struct pg_snapshot *snapshot, char live,
                        struct pg_error *error)
{
        settle_policies(batch, snapshot->ruleset, live);
        return pg_batch_commit(batch, PG_COMMIT, snapshot->genid, error);
}

/* The rules that lead elsewhere go before what they lead to and what they ask: a packet that is in the
 * old rules must find the set of the trial as it was. */
static int settle_live(struct pg_batch *batch, const struct pg_snapshot *snapshot, char live,
                       struct pg_error *error)
{
        const struct pg_ruleset *ruleset = snapshot->ruleset;
        bool has_rules = false;

        settle_policies(batch, ruleset, live);
        for (size_t i = 0; i < ruleset->n_chains; i++) {
                const struct pg_chain *hook = &ruleset->chains[i];

                for (size_t j = 0; hook->is_base && j < hook->n_rules; j++)
                        if (pg_trial_rule_set(&hook->rules[j])) {
                                pg_batch_delete_rule(batch, hook->name, hook->rules[j].handle);
                                has_rules = true;
                        }
        }
        if (has_rules)
                return pg_batch_commit(batch, PG_COMMIT, snapshot->genid, error);
        pg_leftovers_await(ruleset);
        pg_leftovers_delete_slot(batch, ruleset, other_slot(live));
        for (size_t i = 0; i < ruleset->n_sets; i++)
                if (pg_trial_set_is(&ruleset->sets[i]) ||
                    (pg_slot_of_name(ruleset->sets[i].name) == live &&
                     pg_replace_is_leftover(ruleset, &ruleset->sets[i])))
                        pg_batch_delete_set(batch, ruleset->sets[i].name);
        return pg_batch_commit(batch, PG_COMMIT, snapshot->genid, error);
}

static bool has_wrong_policy(const struct pg_ruleset *ruleset, char live)
{
        for (size_t i = 0; live && i < ruleset->n_chains; i++)
                if (ruleset->chains[i].is_base &&
                    ruleset->chains[i].policy != wanted_policy(&ruleset->chains[i], live))
                        return true;
        return false;
}

struct settling {
        struct pg_nft *nft;
        struct pg_batch *batch;
        bool with_policies;
        struct pg_error *error;
};

/* -ERESTART: there may be another step, or somebody committed meanwhile. */
static int settle_step(void *data)
{
        const struct settling *s = data;
        _cleanup_(pg_table_done) struct pg_table table = {0};
        int r = pg_table_read(s->nft, PG_READ_STRUCTURE, &table, s->error);

        if (r < 0 || (!pg_needs_recovery(&table) &&
                      !(s->with_policies && has_wrong_policy(table.snapshot.ruleset, table.live))))
                return r;
        if (table.trial.slot)
                r = settle_trial(s->batch, &table.snapshot, table.live, s->error);
        else if (table.live)
                r = settle_live(s->batch, &table.snapshot, table.live, s->error);
        else
                r = pg_remove_table(s->nft, table.snapshot.ruleset, s->error);
        return r >= 0 || r == -ENOMSG ? -ERESTART : r;
}

int pg_settle_table(struct pg_nft *nft, bool with_policies, struct pg_error *error)
{
        _cleanup_(pg_batch_freep) struct pg_batch *batch = NULL;
        struct settling settling = {.nft = nft, .with_policies = with_policies, .error = error};
        int r = pg_batch_new(nft, &batch, error);

        settling.batch = batch;
        if (r >= 0)
                r = pg_retry(settle_step, &settling);
        return r == -ERESTART ? pg_error_set(error, PG_STATUS_FAILED, -ERESTART,
                                             "somebody else keeps changing the table inet portguard")
                              : r;
}

/* What was found when this run began; the settling leaves the table there, and nothing of a trial. */
struct traces {
        bool had_table, had_trial, has_run_out;
};

/* What is to be said of one generation that had no end yet. */
struct finding {
        enum pg_event_kind event;
        const char *text;
};

/* How a trial has ended that the history was not told of. Where nothing of it is left, who removed that
 * could not tell it. */
static struct finding judge_trial(const struct pg_context *c, const struct pg_table *table,
                                  const struct traces *traces)
{
        if (c->intended.is_disabling)
                return (struct finding){PG_EVENT_ENDED,
                                        "its trial was taken back by portguard disable"};
        if (!traces->had_table)
                return (struct finding){PG_EVENT_ENDED,
                                        "its trial ended with the table: the host was started anew, or "
                                        "somebody removed it"};
        if (!traces->had_trial)
                return (struct finding){
                        PG_EVENT_ENDED,
                        "its trial has ended, which the history could not be told then"};
        if (!traces->has_run_out)
                return (struct finding){PG_EVENT_ENDED,
                                        "its trial has ended before its time: its rules were deleted"};
        if (!table->slot && table->trial.is_there)
                return (struct finding){
                        PG_EVENT_EXPIRED,
                        "its trial ended without a confirm, and somebody else deleted the rule that it "
                        "falls back to"};
        return (struct finding){PG_EVENT_EXPIRED,
                                "its trial ended without a confirm: it was taken back"};
}

static struct finding judge(const struct pg_context *c, const struct pg_generation *generation,
                            const struct pg_table *table, const struct traces *traces)
{
        bool in_force = table->slot && table->enforced.generation == generation->number &&
                        strcmp(table->enforced.digest, generation->digest) == 0;

        if (in_force && table->trial.slot)
                return (struct finding){PG_EVENT_TRIAL,
                                        "an apply was interrupted after its trial had begun"};
        if (in_force)
                return (struct finding){
                        PG_EVENT_CONFIRMED,
                        "a run was interrupted after it had come into force: it is kept"};
        if (generation->state == PG_GENERATION_TRIAL)
                return judge_trial(c, table, traces);
        return (struct finding){PG_EVENT_FAILED,
                                "a run was interrupted before it came into force: it was given up"};
}

static void report(struct pg_context *c, uint32_t generation, const char *text,
                   const struct pg_table *table)
{
        char name[PG_GENERATION_TEXT_MAX];

        if (!table->slot && table->trial.is_there)
                pg_diagnostics_add(
                        c->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                        "generation %u: %s; no generation is in force now (see: portguard status)",
                        generation, text);
        else if (!table->slot)
                pg_diagnostics_add(c->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                                   "generation %u: %s; nothing is enforced now", generation, text);
        else
                pg_diagnostics_add(c->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                                   "generation %u: %s; %s is enforced", generation, text,
                                   pg_generation_text(table->enforced.generation, name));
}

static int settle_generation(struct pg_context *c, uint32_t number, const struct pg_table *table,
                             const struct traces *traces)
{
        _cleanup_(pg_generation_done) struct pg_generation generation = {0};
        struct finding finding;
        int r = pg_store_generation(c->store, number, &generation, c->error);

        if (r < 0)
                return r;
        finding = judge(c, &generation, table, traces);
        /* A trial that goes on has nothing to settle. */
        if (finding.event != PG_EVENT_TRIAL || generation.state != PG_GENERATION_TRIAL) {
                r = pg_context_event(c, number, finding.event, finding.text);
                if (r >= 0)
                        report(c, number, finding.text, table);
        }
        return r;
}

static int settle_disabling(struct pg_context *c, const struct pg_table *table)
{
        char name[PG_GENERATION_TEXT_MAX];
        bool in_force = table->slot != 0;
        int r;

        if (table->snapshot.exists && !in_force) {
                pg_diagnostics_add(c->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                                   "portguard disable was interrupted, and the table inet portguard is "
                                   "still there: portguard disable finishes it");
                return 0;
        }
        r = pg_context_event(c, in_force ? table->enforced.generation : 0,
                             in_force ? PG_EVENT_RESTORED : PG_EVENT_DISABLED,
                             "portguard disable was interrupted");

        if (r >= 0)
                pg_diagnostics_add(
                        c->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                        in_force ? "portguard disable was interrupted: %s is still enforced"
                                 : "portguard disable was interrupted: it is finished now%.0s",
                        pg_generation_text(table->enforced.generation, name));
        return r;
}

/* I3: where the history and the kernel differ, the kernel is believed. A generation that the history
 * does not know is left alone: the next apply stores what it finds. */
static int believe_kernel(struct pg_context *c, const struct pg_table *table)
{
        uint32_t number = table->enforced.generation;
        _cleanup_(pg_generation_done) struct pg_generation generation = {0};
        int r;

        if (!table->slot || table->trial.slot || number == c->intended.confirmed ||
            pg_store_generation(c->store, number, &generation, NULL) < 0)
                return 0;
        r = 0;
        if (strcmp(generation.digest, table->enforced.digest) == 0 &&
            generation.state != PG_GENERATION_CONFIRMED) {
                r = pg_context_event(c, number, PG_EVENT_CONFIRMED, "the kernel enforces it");
                if (r >= 0)
                        report(c, number, "the history did not have it as enforced", table);
        }
        return r;
}

static int settle_history(struct pg_context *c, const struct pg_table *table,
                          const struct traces *traces)
{
        /* Somebody deleted or changed the record: which of the open ends is on trial is not known. */
        bool is_unknown = table->trial.slot && table->enforced.generation == 0;
        int r = 0;

        for (size_t i = 0; r >= 0 && !is_unknown && i < c->intended.n_unsettled; i++)
                r = settle_generation(c, c->intended.unsettled[i], table, traces);
        if (r >= 0 && c->intended.is_disabling)
                r = settle_disabling(c, table);
        if (r >= 0)
                r = believe_kernel(c, table);
        if (r < 0)
                return r;
        pg_intended_done(&c->intended);
        return pg_store_intended(c->store, &c->intended, c->error);
}

static bool history_agrees(const struct pg_context *c, const struct pg_table *table)
{
        const struct pg_record *kept = table->trial.slot ? &table->falls_back : &table->enforced;

        return c->store && kept->generation == c->intended.confirmed;
}

static void report_settled(struct pg_context *c, bool was_needed, const struct pg_table *table)
{
        const char *text = "an earlier run was interrupted, or could not write the history";

        if (was_needed)
                text = "what an interrupted run, or somebody else, left in the kernel was removed";
        else if (history_agrees(c, table))
                text = "an earlier run was interrupted; what is enforced and the history agree";
        pg_diagnostics_add(c->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0}, "%s", text);
}

int pg_recover(struct pg_context *context, bool was_left)
{
        size_t reported = pg_diagnostics_length(context->diagnostics);
        _cleanup_(pg_table_done) struct pg_table table = {0};
        struct traces traces;
        bool needed, is_retired;
        int r = pg_table_read(context->nft, PG_READ_STRUCTURE, &table, context->error);

        traces = (struct traces){.had_table = r >= 0 && table.snapshot.exists,
                                 .had_trial = table.trial.is_there,
                                 .has_run_out = table.trial.has_run_out};
        needed = r >= 0 && pg_needs_recovery(&table);
        /* Who died may not have come to the policies; those of a trial are set when it ends. */
        is_retired = !was_left || table.trial.slot;
        pg_table_done(&table);
        if (r >= 0 && (needed || !is_retired || context->intended.is_disabling))
                r = pg_settle_table(context->nft, !is_retired || context->intended.is_disabling,
                                    context->error);
        /* The records of generations are elements. */
        if (r >= 0)
                r = pg_table_read(context->nft, PG_READ_SMALL, &table, context->error);
        if (r >= 0 && context->store && !context->is_read_only)
                r = settle_history(context, &table, &traces);
        if (r >= 0 && (was_left || needed) && pg_diagnostics_length(context->diagnostics) == reported)
                report_settled(context, needed, &table);
        return r;
}
