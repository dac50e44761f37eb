/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The transaction: read, choose, change, read back. */
#include <errno.h>

#include "engine/engine.h"
#include "ruleset/names.h"

/* Each try plans anew from what the kernel holds then. */
#define TRIES_MAX 16

struct convergence {
        struct pg_nft *nft;
        struct pg_batch *batch;
        const struct pg_policy *policy;
        struct pg_outcome *outcome;
        struct pg_error *error;
        struct pg_snapshot snapshot;
        struct pg_target target;
        enum pg_converge_mode mode;
};

/* The kernel's answer may get lost though the commit happened: reading back tells. */
static int commit(struct convergence *c, uint32_t generation_id)
{
        int r = pg_batch_commit(c->batch, PG_COMMIT, generation_id, c->error);

        return r == -ENOMSG ? 0 : r;
}

static int read_back(struct convergence *c, enum pg_read what, enum pg_stage stage)
{
        struct pg_snapshot fresh;
        int r = pg_target_read_back(c->nft, &c->target, what, stage, &fresh, c->error);

        if (r < 0)
                return r;
        pg_snapshot_done(&c->snapshot);
        c->snapshot = fresh;
        return 0;
}

/* The set that takes the new generation's record; NULL where the enforced one says it already. */
static const struct pg_set *find_record(const struct pg_target *target)
{
        char name[PG_NAME_MAX];

        pg_slot_name(PG_RECORD_NAME, target->slot, name);
        return target->needs_record ? pg_ruleset_set(target->wanted, name) : NULL;
}

static void batch_elements(struct convergence *c)
{
        const struct pg_set *record = find_record(&c->target);

        pg_batch_change_elements(c->batch, c->target.delta.changes, c->target.delta.n_changes);
        if (record)
                pg_batch_add_elements(c->batch, record);
}

/* One batch, checked against the generation id that it was planned for. */
static int change_elements(struct convergence *c)
{
        int r;

        if (c->snapshot.dormant)
                pg_batch_add_table(c->batch);
        pg_slot_retire(c->batch, c->snapshot.ruleset, &c->target);
        batch_elements(c);
        r = commit(c, c->snapshot.generation_id);
        if (r < 0)
                return r;
        r = read_back(c, PG_READ_ALL, PG_STAGE_DONE);
        if (r < 0)
                pg_undo_elements(c->batch, &c->target, find_record(&c->target)); /* I6 */
        return r;
}

/* What is left in the free slot by a run that died. What is nobody's goes with the old slot, whose
 * rules may hold it. */
static int clear_free_slot(struct convergence *c)
{
        pg_leftovers_delete_slot(c->batch, c->snapshot.ruleset, c->target.slot);
        return commit(c, c->snapshot.generation_id);
}

/* The prepared slot was read back with all its elements at the generation id `prepared`. When the flip
 * is the one commit since, they are what they were, and a million of them need not be read again. */
static int read_back_flip(struct convergence *c, uint32_t prepared)
{
        int r = read_back(c, PG_READ_STRUCTURE, PG_STAGE_IN_FORCE);

        if (r >= 0 && c->snapshot.generation_id != prepared + 1)
                r = read_back(c, PG_READ_ALL, PG_STAGE_IN_FORCE);
        return r;
}

/* Prepare and read back, flip and read back: I1, I4. */
static int change_slot(struct convergence *c)
{
        uint32_t prepared = 0;
        bool flipped = false;
        int r = clear_free_slot(c);

        if (r < 0)
                return r;
        r = pg_slot_prepare(c->nft, c->batch, c->snapshot.ruleset, &c->target, false, c->error);
        if (r >= 0)
                r = commit(c, 0);
        if (r >= 0)
                r = read_back(c, PG_READ_ALL, PG_STAGE_PREPARED);
        if (r >= 0) {
                prepared = c->snapshot.generation_id;
                pg_slot_flip(c->batch, c->snapshot.ruleset, &c->target);
                r = commit(c, prepared);
        }
        if (r >= 0)
                flipped = true;
        if (r >= 0)
                r = read_back_flip(c, prepared);
        if (r < 0)
                pg_undo(c->nft, c->batch, &c->snapshot, flipped, &c->target); /* I6 */
        return r;
}

/* The new policy is in force and read back; what fails now fails only to tidy up, and is told. */
static void retire(struct convergence *c)
{
        struct pg_error error;
        int r;

        pg_slot_retire(c->batch, c->snapshot.ruleset, &c->target);
        if (pg_batch_is_empty(c->batch))
                return;
        r = pg_batch_commit(c->batch, PG_COMMIT, 0, &error);
        if (r >= 0 || r == -ENOMSG) {
                struct pg_snapshot snapshot;

                r = pg_target_read_back(c->nft, &c->target, PG_READ_STRUCTURE, PG_STAGE_DONE, &snapshot,
                                        &error);
                if (r >= 0)
                        pg_snapshot_done(&snapshot);
        }
        if (r < 0)
                pg_outcome_repaired(c->outcome,
                                    "the old slot could not be removed (%s); the next apply removes it",
                                    error.message);
}

static int change(struct convergence *c)
{
        int r;

        switch (c->target.method) {
        case PG_METHOD_SLOT:
                r = change_slot(c);
                if (r >= 0)
                        retire(c);
                return r;
        default:
                return change_elements(c);
        }
}

/* The real batch, whole, for the kernel to check and forget. */
static int check(struct convergence *c)
{
        pg_leftovers_delete(c->batch, c->snapshot.ruleset, c->target.live);
        if (c->target.method == PG_METHOD_SLOT) {
                int r = pg_slot_prepare(c->nft, c->batch, c->snapshot.ruleset, &c->target, true,
                                        c->error);

                if (r < 0)
                        return r;
                pg_slot_flip(c->batch, c->snapshot.ruleset, &c->target);
        } else {
                batch_elements(c);
        }
        return pg_batch_commit(c->batch, PG_COMMIT_CHECK, c->snapshot.generation_id, c->error);
}

static int tell_repairs(struct convergence *c)
{
        int r = 0;

        if (c->snapshot.dormant)
                r = pg_outcome_repaired(
                        c->outcome, "somebody made the table dormant: nothing was enforced until now");
        if (r >= 0 && c->snapshot.exists && pg_leftovers_exist(c->snapshot.ruleset, c->target.live))
                r = pg_outcome_repaired(c->outcome,
                                        "removed what an interrupted run, or somebody else, left "
                                        "in the table inet portguard");
        if (r >= 0 && c->target.is_repair && c->target.drift)
                r = pg_outcome_repaired(c->outcome, "somebody changed the table: %s", c->target.drift);
        return r;
}

static bool nothing_to_do(const struct convergence *c)
{
        return c->target.method == PG_METHOD_NONE && !c->target.needs_record && !c->snapshot.dormant &&
               !pg_leftovers_exist(c->snapshot.ruleset, c->target.live) &&
               pg_hooks_have_policies(c->snapshot.ruleset, &c->target);
}

static void tell_outcome(struct convergence *c)
{
        struct pg_outcome *outcome = c->outcome;

        outcome->method = c->target.method;
        outcome->was_off = c->target.live == 0;
        for (size_t i = 0; i < c->target.delta.n_changes; i++)
                if (c->target.delta.changes[i].is_addition)
                        outcome->elements_added++;
                else
                        outcome->elements_deleted++;
        outcome->changed = !nothing_to_do(c);
        if (c->mode != PG_CONVERGE_APPLY) {
                outcome->generation = c->target.enforced.generation;
                outcome->state = c->target.live ? PG_STATE_CONFIRMED : PG_STATE_OFF;
        } else {
                outcome->generation = c->target.record.generation;
                outcome->state = PG_STATE_CONFIRMED;
        }
}

/* I3: what was enforced is what the kernel had. */
static int describe(struct convergence *c)
{
        _cleanup_(pg_policy_freep) struct pg_policy *before = NULL;
        char slot = c->snapshot.dormant ? 0 : pg_ruleset_live_slot(c->snapshot.ruleset);
        int r = 0;

        if (slot != 0)
                r = pg_ruleset_to_policy(c->snapshot.ruleset, slot, false, &before, c->error);
        return r < 0 ? r : pg_outcome_describe(c->outcome, before, c->policy, c->error);
}

static int act(struct convergence *c)
{
        int r;

        if (nothing_to_do(c))
                return 0;
        r = tell_repairs(c) < 0 ? pg_error_memory(c->error) : 0;
        if (r < 0 || c->mode == PG_CONVERGE_PLAN)
                return r;
        return c->mode == PG_CONVERGE_CHECK ? check(c) : change(c);
}

/* -ERESTART: somebody committed since the table was read. */
static int try_once(struct convergence *c)
{
        int r = pg_nft_read(c->nft, PG_READ_ALL, &c->snapshot, c->error);

        if (r >= 0)
                r = describe(c);
        if (r >= 0)
                r = pg_target_choose(&c->snapshot, c->policy, &c->target, c->error);
        if (r < 0)
                return r;
        tell_outcome(c);
        return act(c);
}

int pg_converge(struct pg_nft *nft, const struct pg_policy *policy, enum pg_converge_mode mode,
                struct pg_outcome *outcome, struct pg_error *error)
{
        _cleanup_(pg_batch_freep) struct pg_batch *batch = NULL;
        int r = pg_batch_new(nft, &batch, error);

        for (int i = 0; r >= 0 && i < TRIES_MAX; i++) {
                struct convergence c = {.nft = nft,
                                        .batch = batch,
                                        .policy = policy,
                                        .outcome = outcome,
                                        .error = error,
                                        .mode = mode};

                r = try_once(&c);
                pg_target_done(&c.target);
                pg_snapshot_done(&c.snapshot);
                if (r != -ERESTART)
                        return r;
                r = 0;
        }
        if (r < 0)
                return r;
        return pg_error_set(
                error, PG_STATUS_FAILED, -ERESTART,
                "somebody else keeps changing the ruleset: gave up after %d tries; nothing was "
                "changed",
                TRIES_MAX);
}
