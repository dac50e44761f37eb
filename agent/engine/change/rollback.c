/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Back to what was enforced before: a trial ended, a generation brought back, the last one at boot. */
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "engine/change/internal.h"
#include "engine/guard/guard.h"
#include "engine/outcome.h"
#include "engine/recover.h"
#include "engine/retry.h"
#include "engine/stored.h"
#include "engine/verify.h"

static bool leads_to(const struct pg_chain *hook, const char *chain)
{
        for (size_t i = 0; i < hook->n_rules; i++)
                if (pg_rule_is_jump(&hook->rules[i], pg_slot_of_name(chain)))
                        return true;
        return false;
}

/* The rules that ask the trial's set go first; what they led to goes when no packet is in them. */
static int delete_trial_rules(struct pg_context *context, const struct pg_snapshot *snapshot)
{
        _cleanup_(pg_batch_freep) struct pg_batch *batch = NULL;
        const struct pg_ruleset *ruleset = snapshot->ruleset;
        int r = pg_batch_new(context->nft, &batch, context->error);

        for (size_t i = 0; r >= 0 && i < ruleset->n_chains; i++)
                for (size_t j = 0; ruleset->chains[i].is_base && j < ruleset->chains[i].n_rules; j++)
                        if (pg_trial_rule_set(&ruleset->chains[i].rules[j]))
                                pg_batch_delete_rule(batch, ruleset->chains[i].name,
                                                     ruleset->chains[i].rules[j].handle);
        return r < 0 ? r : pg_batch_commit(batch, PG_COMMIT, snapshot->genid, context->error);
}

/* Somebody else deleted rules that lead to what the trial falls back to, which still stands: without
 * them the end of the trial would leave hooks that refuse everything. Returns 1 when there were such.
 */
static int put_back(struct pg_context *context, const struct pg_snapshot *snapshot, char slot)
{
        _cleanup_(pg_batch_freep) struct pg_batch *batch = NULL;
        const struct pg_ruleset *ruleset = snapshot->ruleset;
        int r = pg_batch_new(context->nft, &batch, context->error);

        for (size_t i = 0; r >= 0 && i < ruleset->n_chains; i++) {
                const struct pg_chain *hook = &ruleset->chains[i];
                _cleanup_(pg_rule_done) struct pg_rule rule = {0};
                char back[PG_NAME_MAX];

                pg_slot_name(hook->name, slot == 'a' ? 'b' : 'a', back);
                if (!hook->is_base || !pg_ruleset_chain(ruleset, back) || leads_to(hook, back))
                        continue;
                r = pg_do_verdict(&rule, NFT_GOTO, back);
                if (r >= 0)
                        pg_batch_add_rule(batch, hook, &rule, false);
                else
                        pg_error_memory(context->error);
        }
        if (r < 0 || pg_batch_is_empty(batch))
                return r;
        r = pg_batch_commit(batch, PG_COMMIT, snapshot->genid, context->error);
        return r >= 0 || r == -ENOMSG ? 1 : r;
}

struct ending {
        struct pg_context *context;
        struct pg_outcome *outcome;
        bool is_guarded; /* the sessions were looked at */
        bool *ret_ended;
};

/* The kernel would end the trial without asking anybody. */
static void warn_of_lockout(struct ending *ending, const struct pg_table *table,
                            const struct pg_policy *after)
{
        const struct pg_guarded change = {.policy = after, .table = table, .is_warning = true};

        if (!ending->is_guarded)
                ending->outcome->locks_out = pg_guard_change(ending->context, &change) > 0;
        ending->is_guarded = true;
}

static int describe_end(struct ending *ending, const struct pg_table *table)
{
        struct pg_context *context = ending->context;
        struct pg_outcome *outcome = ending->outcome;
        _cleanup_(pg_policy_freep) struct pg_policy *before = NULL, *after = NULL;
        bool ignored;
        int r;

        outcome->changed = true;
        outcome->method = PG_METHOD_SLOT;
        outcome->generation = table->falls_back.generation;
        outcome->state = table->live ? PG_STATE_CONFIRMED : PG_STATE_OFF;
        /* Off is no policy that could be compared: every port is as open as others leave it. */
        if (!table->live)
                return 0;
        r = pg_slot_policy(context->settings, table, table->slot, &table->enforced, &before, &ignored,
                           context->error);
        if (r >= 0)
                r = pg_slot_policy(context->settings, table, table->live, &table->falls_back, &after,
                                   &ignored, context->error);
        if (r >= 0)
                r = pg_outcome_describe(outcome, before, after, context->error);
        if (r >= 0)
                warn_of_lockout(ending, table, after);
        /* What is read back from the kernel does not know the names, its record does. */
        if (r >= 0 && pg_copy_strings(table->falls_back.profiles, table->falls_back.n_profiles,
                                      &outcome->profiles, &outcome->n_profiles) < 0)
                r = pg_error_memory(context->error);
        return r;
}

/* Something that failed once may succeed; what was ended cannot be put back. */
#define READS_MAX 3

static int check_end(struct pg_context *context)
{
        _cleanup_(pg_snapshot_done) struct pg_snapshot snapshot = {0};
        int r = -1;

        for (int i = 0; r < 0 && i < READS_MAX; i++)
                r = pg_nft_read(context->nft, PG_READ_STRUCTURE, &snapshot, context->error);
        if (r < 0)
                return r;
        return pg_trial_find(snapshot.ruleset).slot != 0
                       ? pg_error_set(context->error, PG_STATUS_FAILED, -EBADE,
                                      "read back from the kernel, the trial is still open")
                       : 0;
}

/* The trial has ended; what fails now fails only to tidy up, and is reported. */
static bool tidy_up(struct pg_context *context, struct pg_outcome *outcome)
{
        struct pg_error error;

        if (pg_settle_table(context->nft, true, &error) >= 0)
                return true;
        pg_outcome_repaired(outcome,
                            "the slot of the trial could not be removed (%s); the next command "
                            "removes it",
                            error.message);
        return false;
}

/* What the kernel fell back to was in nobody's hands while the trial lasted. What fails now is
 * reported. */
static void find_change(struct pg_context *context, struct pg_outcome *outcome)
{
        _cleanup_(pg_table_done) struct pg_table table = {0};
        struct pg_error error;
        bool ignored;
        int r = pg_table_read(context->nft, PG_READ_ALL, &table, &error);

        if (r >= 0 && pg_table_problem(&table)) {
                outcome->change = strdup(pg_table_problem(&table));
                r = outcome->change ? 0 : pg_error_memory(&error);
        } else if (r >= 0 && table.slot) {
                r = pg_table_change(context->settings, &table, &outcome->change, &ignored, &error);
        }
        outcome->is_equal = r >= 0 && !outcome->change;
        if (r < 0)
                pg_diagnostics_add(context->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                                   "what is in force could not be read back: %s", error.message);
}

int pg_read_for_trial(struct pg_context *context, struct pg_table *ret)
{
        int r = pg_table_read(context->nft, PG_READ_SMALL, ret, context->error);

        if (r < 0 || !ret->trial.slot)
                return r;
        pg_table_done(ret);
        return pg_table_read(context->nft, PG_READ_ALL, ret, context->error);
}

static int end_once(void *data)
{
        struct ending *ending = data;
        struct pg_context *context = ending->context;
        _cleanup_(pg_table_done) struct pg_table table = {0};
        int r = pg_read_for_trial(context, &table);

        if (r >= 0 && table.trial.slot)
                r = put_back(context, &table.snapshot, table.trial.slot);
        if (r == 1)
                return -ERESTART; /* read it anew */
        *ending->ret_ended = r >= 0 && table.trial.slot;
        if (!*ending->ret_ended)
                return r;
        r = describe_end(ending, &table);
        if (r >= 0)
                r = delete_trial_rules(context, &table.snapshot);
        if (r >= 0 || r == -ENOMSG)
                r = check_end(context);
        if (r < 0)
                return r;
        pg_trial_ended(context, &table, true);
        /* What is left of the trial would be taken for somebody's. */
        if (tidy_up(context, ending->outcome))
                find_change(context, ending->outcome);
        return r;
}

int pg_trial_end(struct pg_context *context, struct pg_outcome *outcome, bool *ret_ended)
{
        _cleanup_(pg_watch_closep) struct pg_watch *watch = NULL;
        struct ending ending = {.context = context, .outcome = outcome, .ret_ended = ret_ended};
        int r = pg_watch_open(context->nft, &watch, context->error);

        *ret_ended = false;
        return r < 0 ? r : pg_retry(end_once, &ending);
}

int pg_bring_back(struct pg_context *context, uint32_t number, const struct pg_change_options *options,
                  struct pg_outcome *outcome)
{
        _cleanup_(pg_policy_freep) struct pg_policy *policy = NULL;
        _cleanup_(pg_generation_done) struct pg_generation generation = {0};
        struct pg_generation asked;
        struct pg_change_spec spec = {
                .mode = options->dry_run ? PG_CONVERGE_CHECK : PG_CONVERGE_APPLY,
                .asked = &asked,
                .trial_ms = options->trial_ms,
                .allow_lockout = options->allow_lockout,
        };
        int r = pg_store_generation(context->store, number, &generation, context->error);

        if (r < 0)
                return r;
        asked = generation;
        asked.restores = number;
        if (options->message || !pg_generation_is_read_back(&generation))
                asked.message = (char *)options->message;
        r = pg_store_policy(context->store, number, NULL, &policy, context->error);
        spec.policy = policy;
        if (r >= 0)
                r = pg_converge(context, &spec, outcome);
        outcome->restores = number;
        return r;
}

/* A trial has to end before its slot is free; who is refused then finds it ended. So the guard is asked
 * before, unless the generation is the one that comes back by the end of the trial, as it would anyway.
 */
static int guard_before_end(struct pg_context *context, uint32_t number,
                            const struct pg_change_options *options)
{
        _cleanup_(pg_policy_freep) struct pg_policy *policy = NULL;
        _cleanup_(pg_table_done) struct pg_table table = {0};
        struct pg_guarded change = {
                .table = &table,
                .is_warning = options->allow_lockout || options->trial_ms > 0,
        };
        int r = pg_read_for_trial(context, &table);

        if (r >= 0 && table.trial.slot && table.falls_back.generation != number) {
                r = pg_store_policy(context->store, number, NULL, &policy, context->error);
                change.policy = policy;
                if (r >= 0)
                        r = pg_guard_change(context, &change);
        }
        return r < 0 ? r : 0;
}

struct rollback {
        uint32_t generation; /* 0: none is named */
        const struct pg_change_options *options;
};

/* What ends the trial of a generation may be all that was asked for. */
static int go_back(struct pg_context *context, const struct rollback *rollback,
                   struct pg_outcome *outcome)
{
        const struct pg_change_options *options = rollback->options;
        uint32_t generation = rollback->generation;
        bool ended = false;
        int r = 0;

        if (generation > 0 && !options->dry_run)
                r = guard_before_end(context, generation, options);
        if (r >= 0 && !options->dry_run)
                r = pg_trial_end(context, outcome, &ended);

        if (r < 0 || (ended && (generation == 0 || generation == outcome->generation)))
                return r;
        if (!context->store)
                return pg_error_set(context->error, PG_STATUS_FAILED, -ENOENT,
                                    "no trial is open, and without the history there is nothing to go "
                                    "back to");
        /* What is brought back is made anew. */
        free(outcome->change);
        outcome->change = NULL;
        if (generation == 0)
                r = pg_previous_find(context, &generation);
        if (r >= 0)
                r = pg_bring_back(context, generation, options, outcome);
        outcome->changed |= ended;
        return r;
}

static int carry_out(struct pg_context *context, struct pg_outcome *outcome, void *data)
{
        const struct rollback *rollback = data;
        int r = go_back(context, rollback, outcome);

        if (r >= 0)
                pg_warn_unwritten(context, rollback->options, outcome);
        return r;
}

int pg_rollback(const struct pg_settings *settings, uint32_t generation,
                const struct pg_change_options *options, struct pg_outcome **ret,
                struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        struct rollback rollback = {.generation = generation, .options = options};
        const struct pg_change_steps steps = {
                /* The end of a trial needs the kernel only. */
                .need = generation ? PG_HISTORY_NEEDED : PG_HISTORY_OPTIONAL,
                .carry_out = carry_out,
                .data = &rollback,
        };

        return pg_change_run(settings, &steps, ret, diagnostics, error);
}
