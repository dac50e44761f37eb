/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The transaction: read, choose, ask the guard, store, change; again when somebody else was faster. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/begin.h"
#include "engine/change/internal.h"
#include "engine/guard/guard.h"
#include "engine/intended.h"
#include "engine/outcome.h"
#include "engine/request/request.h"
#include "engine/retry.h"
#include "engine/stored.h"
#include "engine/table_cache.h"
#include "ruleset/digest.h"

/* The kernel tells a listener of every single element: for a large group that takes longer than the
 * change itself. */
#define WATCHED_RANGES_MAX 20000

/* What the tries have in common; each plans anew from what the kernel holds then. */
struct progress {
        struct pg_convergence try;        /* empty between them but for what it works with */
        size_t n_repaired;                /* before the first of them */
        bool is_guarded;                  /* the sessions were looked at */
        uint32_t stored;                  /* the generation that the history has; or 0 */
        char digest[PG_DIGEST_TEXT_SIZE]; /* of what was in force at the last try; "" at the first */
};

/* The history must have what is enforced: else it could not be brought back at boot. */
static bool is_unknown(const struct pg_convergence *c)
{
        const struct pg_context *context = c->context;

        if (!c->table.slot || c->spec->number)
                return false;
        return context->store ? !pg_store_intends(context->store, context->intended.confirmed,
                                                  &c->table.enforced)
                              : !pg_stored_is_intended(context->settings, &c->table.enforced);
}

/* A policy that cannot be read back could not be brought back, either. Who has completed the table by
 * it has read it. */
static bool is_unreadable(const struct pg_convergence *c)
{
        return c->table.slot && !c->spec->number && !c->table.policy &&
               !pg_stored_is_readable(c->context->settings, c->context->store, &c->table.enforced);
}

/* What a dormant table would enforce once it is awake. */
static bool is_unknown_asleep(const struct pg_convergence *c)
{
        const struct pg_context *context = c->context;

        return c->table.snapshot.dormant && !c->spec->number && context->store &&
               !pg_store_intends(context->store, context->intended.confirmed, &c->target.enforced);
}

static void warn_of_history(const struct pg_convergence *c, bool is_there)
{
        if (c->spec->mode == PG_CONVERGE_APPLY || c->table.enforced.generation == 0)
                return;
        pg_diagnostics_add(c->context->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                           is_there
                                   ? "what the history has of generation %u, which is enforced, cannot "
                                     "be read back: apply writes it down anew, as another generation"
                                   : "the history does not say that generation %u is enforced: apply "
                                     "writes it down anew, as another generation",
                           c->table.enforced.generation);
}

/* The policy of the history is read only where nothing else is to be done. */
static int choose(struct pg_convergence *c)
{
        struct pg_target_options options = {
                .number = c->spec->number,
                .digest = c->spec->digest,
                .next = c->context->intended.last + 1,
                .is_unknown = is_unknown(c),
                .only_looks = c->table.policy && c->spec->mode == PG_CONVERGE_PLAN,
                .on_trial = c->spec->trial_ms > 0,
        };
        bool is_there = !options.is_unknown;
        int r = pg_target_choose(&c->table.snapshot, c->spec->policy, &options, &c->target, c->error);

        if (r >= 0 && c->target.method == PG_METHOD_NONE && !c->target.needs_record &&
            (is_unreadable(c) || is_unknown_asleep(c))) {
                options.is_unknown = true;
                pg_target_done(&c->target);
                r = pg_target_choose(&c->table.snapshot, c->spec->policy, &options, &c->target,
                                     c->error);
        }
        /* An apply fails then. */
        if (!c->context->store && c->table.slot)
                pg_intended_or_warn(c->context->settings, c->context->diagnostics);
        if (r >= 0 && options.is_unknown && c->target.method == PG_METHOD_NONE)
                warn_of_history(c, is_there);
        return r;
}

static bool nothing_to_do(const struct pg_convergence *c)
{
        return c->target.method == PG_METHOD_NONE && !c->target.needs_record &&
               !c->table.snapshot.dormant &&
               !pg_leftovers_exist(c->table.snapshot.ruleset, c->target.live) &&
               pg_hooks_have_policies(c->table.snapshot.ruleset, &c->target);
}

static void report_outcome(struct pg_convergence *c)
{
        struct pg_outcome *outcome = c->outcome;

        outcome->method = c->target.method;
        outcome->refuses = pg_table_refuses(&c->table) && c->spec->mode != PG_CONVERGE_APPLY;
        outcome->was_off = c->table.slot == 0;
        outcome->elements_added = c->target.delta.additions.n;
        outcome->elements_deleted = c->target.delta.deletions.n;
        outcome->changed = !nothing_to_do(c);
        outcome->generation = c->table.enforced.generation;
        outcome->state = c->table.slot ? PG_STATE_CONFIRMED : PG_STATE_OFF;
        if (c->spec->mode != PG_CONVERGE_APPLY)
                return;
        outcome->generation = c->target.record.generation;
        outcome->state = PG_STATE_CONFIRMED;
        outcome->restores = c->spec->asked ? c->spec->asked->restores : 0;
        outcome->untried = c->spec->trial_ms > 0 && !pg_is_tried(c);
        if (!pg_is_tried(c))
                return;
        outcome->state = PG_STATE_TRIAL;
        outcome->trial = pg_table_open_trial(&c->table);
        outcome->trial.left_ms = c->spec->trial_ms;
}

/* I3: what was enforced is what the kernel had. */
static int describe(struct pg_convergence *c)
{
        _cleanup_(pg_policy_freep) struct pg_policy *before = NULL;
        int r = 0;

        if (c->table.policy)
                return pg_outcome_describe(c->outcome, c->table.policy, c->spec->policy, c->error);
        if (c->table.slot != 0)
                r = pg_outdated_read(c, &before);
        return r < 0 ? r : pg_outcome_describe(c->outcome, before, c->spec->policy, c->error);
}

/* What a plan says is what apply would do, without options. */
static int guard(struct pg_convergence *c, struct progress *progress)
{
        const struct pg_guarded change = {
                .policy = c->spec->policy,
                .table = &c->table,
                .is_warning =
                        c->spec->allow_lockout || pg_is_tried(c) || c->spec->mode == PG_CONVERGE_PLAN,
        };
        int r;

        if (progress->is_guarded || c->spec->is_unguarded)
                return 0;
        progress->is_guarded = true;
        r = pg_unresolved_refuse(c);
        if (r >= 0)
                r = pg_guard_change(c->context, &change);
        if (r <= 0)
                return r;
        c->outcome->locks_out = true;
        if (c->spec->mode == PG_CONVERGE_PLAN)
                pg_diagnostics_add(
                        c->context->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                        "apply would be refused because of that, unless it comes with --trial "
                        "or --allow-lockout");
        return 0;
}

/* I5: on the disk before the kernel hears of it. What a retry enforces is the same generation; what
 * only tidies the table up is none. */
static int store(struct pg_convergence *c, struct progress *progress)
{
        struct pg_generation generation;
        int r;

        if (!c->spec->asked || !c->context->store || !c->target.needs_record || progress->stored)
                return 0;
        r = pg_repair_history(c);
        if (r < 0)
                return r;
        generation = *c->spec->asked;
        generation.number = c->target.record.generation;
        generation.time = time(NULL);
        generation.parent = c->table.enforced.generation;
        generation.digest = c->target.record.digest;
        generation.actor = c->context->actor;
        r = pg_store_add(c->context->store, &generation, c->spec->policy, c->error);
        /* What could not be written may be there all the same. */
        if (r != -EEXIST)
                progress->stored = generation.number;
        return r;
}

/* A slot can only be tried in a table that is awake; but awake, what is in it already would rule, and
 * would after the trial. It enforces nothing: without it, the trial falls back to what was. */
static int remove_dormant(struct pg_convergence *c)
{
        int r = pg_remove_table(c->context->nft, c->table.snapshot.ruleset, c->error);

        return r < 0 ? r : -ERESTART;
}

static int put_aside(struct pg_convergence *c, struct progress *progress)
{
        int r;

        pg_outcome_restart(c->outcome, progress->n_repaired);
        r = pg_change_put_aside(c);
        progress->n_repaired = c->outcome->n_repaired;
        progress->digest[0] = '\0'; /* the hook may have gone to a slot */
        return r < 0 ? r : -ERESTART;
}

static int act(struct pg_convergence *c, struct progress *progress)
{
        int r;

        if (nothing_to_do(c))
                return 0;
        r = pg_report_repairs(c);
        if (r >= 0)
                r = guard(c, progress);
        if (r < 0 || c->spec->mode == PG_CONVERGE_PLAN)
                return r;
        if (c->spec->mode == PG_CONVERGE_CHECK)
                return pg_change_check(c);
        if (c->table.snapshot.dormant && c->spec->trial_ms)
                return remove_dormant(c);
        if (pg_leftovers_in_the_way(c->table.snapshot.ruleset))
                return put_aside(c, progress);
        r = store(c, progress);
        return r < 0 ? r : pg_change(c);
}

/* While a trial is open both slots are taken: what a plan can say is who gains and who loses access. */
static int plan_on_trial(struct pg_convergence *c)
{
        c->outcome->state = PG_STATE_TRIAL;
        c->outcome->generation = c->table.enforced.generation;
        c->outcome->trial = pg_table_open_trial(&c->table);
        c->outcome->changed = c->outcome->changes->n > 0;
        return pg_report_change(c) < 0 ? pg_error_memory(c->error) : 0;
}

static int refuse_foreign(struct pg_error *error, const char *culprit)
{
        return pg_error_set(error, PG_STATUS_REFUSED, -EBUSY,
                            "%s changed the table inet portguard while this was at work: nothing was "
                            "changed by it (see: portguard verify), try again",
                            culprit);
}

/* Where nobody listened: what is in force must be what the try before found. */
static int compare_tries(const struct pg_convergence *c, struct progress *progress)
{
        char digest[PG_DIGEST_TEXT_SIZE] = "off";

        if (progress->try.watch)
                return 0;
        if (c->table.policy)
                memcpy(digest, c->table.enforced.table_digest, sizeof(digest));
        else if (c->table.slot)
                pg_ruleset_digest(c->table.snapshot.ruleset, c->table.slot, digest);
        if (progress->digest[0] != '\0' && strcmp(progress->digest, digest) != 0)
                return refuse_foreign(c->error, "somebody");
        memcpy(progress->digest, digest, sizeof(digest));
        return 0;
}

static int read_table(struct pg_convergence *c)
{
        struct pg_context *context = c->context;
        int r = pg_table_read_settled(context->settings, context->nft, context->lock != NULL,
                                      PG_READ_SMALL, &c->table, context->diagnostics, c->error);

        if (r >= 0)
                r = pg_table_complete(context->settings, context->nft, c->spec->site, &c->table,
                                      c->error);
        return r;
}

static int try_once(struct pg_convergence *c, struct progress *progress)
{
        int r = read_table(c);

        if (r >= 0)
                pg_before_note(c->spec->before, c->context, &c->table);
        if (r >= 0 && c->table.trial.slot && c->spec->mode != PG_CONVERGE_PLAN)
                r = pg_refuse_on_trial(&c->table, c->error);
        if (r >= 0)
                r = describe(c);
        if (r >= 0)
                r = pg_agreed_check(c);
        if (r >= 0 && c->table.trial.slot)
                return plan_on_trial(c);
        if (r >= 0 && c->spec->mode == PG_CONVERGE_APPLY)
                r = compare_tries(c, progress);
        if (r >= 0)
                r = choose(c);
        if (r < 0)
                return r;
        report_outcome(c);
        return act(c, progress);
}

static bool is_large(const struct pg_policy *policy)
{
        size_t n = 0;

        for (size_t i = 0; i < policy->n_sources; i++)
                n += policy->sources[i].addresses.n_v4 + policy->sources[i].addresses.n_v6;
        return n > WATCHED_RANGES_MAX;
}

/* I7. -ERESTART: somebody committed since the table was read; where it was not ours that they changed,
 * the next try begins. */
static int look_for_culprit(struct progress *progress, int r, struct pg_error *error)
{
        char culprit[PG_CULPRIT_MAX];

        if (r < 0 && progress->try.watch &&
            pg_watch_ask(progress->try.watch, culprit) == PG_FOREIGN_TOUCHED)
                return refuse_foreign(error, culprit);
        return r;
}

/* A plan of repairs may be one of what another portguard is in the middle of. -ERESTART: now it is not.
 */
static int look_again_if_outrun(struct progress *progress)
{
        const struct pg_convergence *c = &progress->try;
        struct pg_context *context = c->context;

        if (c->spec->mode != PG_CONVERGE_PLAN || context->lock ||
            c->outcome->n_repaired == progress->n_repaired ||
            !pg_is_outrun(context->settings, context->nft, c->table.snapshot.genid))
                return 0;
        context->lock = pg_hold_off_writers(context->settings, context->nft, context->diagnostics);
        return context->lock ? -ERESTART : 0;
}

static int attempt(void *data)
{
        struct progress *progress = data;
        struct pg_convergence *c = &progress->try;
        int r;

        pg_outcome_restart(c->outcome, progress->n_repaired);
        r = look_for_culprit(progress, try_once(c, progress), c->error);
        if (r >= 0)
                r = look_again_if_outrun(progress);
        pg_target_done(&c->target);
        pg_table_done(&c->table);
        return r;
}

static int repeat(struct progress *progress)
{
        int r = pg_retry(attempt, progress);

        return r == -ERESTART
                       ? pg_error_set(progress->try.error, PG_STATUS_FAILED, -ERESTART,
                                      "somebody else keeps changing the ruleset: gave up after %d "
                                      "tries; nothing was changed",
                                      PG_TRIES_MAX)
                       : r;
}

int pg_converge(struct pg_context *context, const struct pg_change_spec *spec,
                struct pg_outcome *outcome)
{
        _cleanup_(pg_batch_freep) struct pg_batch *batch = NULL;
        _cleanup_(pg_watch_closep) struct pg_watch *watch = NULL;
        struct progress progress = {
                .try = {.context = context, .spec = spec, .outcome = outcome, .error = context->error},
                .n_repaired = outcome->n_repaired,
        };
        int r = pg_batch_new(context->nft, &batch, context->error);

        if (r >= 0 && spec->mode == PG_CONVERGE_APPLY && !is_large(spec->policy))
                r = pg_watch_open(context->nft, &watch, context->error);
        progress.try.batch = batch;
        progress.try.watch = watch;
        if (r >= 0)
                r = repeat(&progress);
        if (r >= 0 && spec->trial_ms && outcome->changed)
                pg_others_report(context, outcome, false);
        if (r < 0 && progress.stored)
                pg_context_take_back(context, progress.stored, PG_EVENT_FAILED,
                                     context->error ? context->error->message : NULL);
        return r;
}
