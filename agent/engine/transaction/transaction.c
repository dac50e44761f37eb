/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The change of the slot: prepare, flip and retire, each read back; and what all changes share. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/outcome.h"
#include "engine/table_cache.h"
#include "engine/transaction/internal.h"
#include "host/conntrack.h"
#include "kernel/rcu.h"

/* While a trial is made permanent it must not expire; where that fails, it goes on with what it had. */
#define CONFIRM_MS (60 * 1000)

/* What is left in the free slot by a run that died. What is nobody's goes with the old slot, whose
 * rules may hold it. */
static int clear_free_slot(struct pg_convergence *c, uint32_t *genid)
{
        int r;

        pg_leftovers_delete_slot(c->batch, c->table.snapshot.ruleset, c->target.slot);
        if (pg_batch_is_empty(c->batch))
                return 0;
        r = pg_step_commit(c, *genid);
        *genid = 0;
        return r;
}

/* The slot was read back with all its elements at the generation id `before`. When the change of the
 * hooks is the one commit since, they are what they were, and a million of them need not be read again.
 */
static int read_back_hooks(struct pg_convergence *c, uint32_t before, enum pg_stage stage)
{
        int r = pg_step_read_back(c, PG_READ_STRUCTURE, stage);

        if (r >= 0 && c->table.snapshot.genid != before + 1)
                r = pg_step_read_back(c, PG_READ_ALL, stage);
        return r;
}

static int prepare(struct pg_convergence *c)
{
        uint32_t genid = c->table.snapshot.genid;
        int r = clear_free_slot(c, &genid);

        if (r < 0)
                return r;
        pg_batch_add_table(c->batch);
        r = pg_slot_prepare(c->context->nft, c->batch, c->table.snapshot.ruleset, &c->target, &genid,
                            c->error);
        if (r >= 0)
                r = pg_step_commit(c, genid);
        return r < 0 ? r : pg_step_read_back(c, PG_READ_ALL, PG_STAGE_PREPARED);
}

static int flip(struct pg_convergence *c)
{
        pg_slot_flip(c->batch, c->table.snapshot.ruleset, &c->target, false);
        return pg_step_commit(c, c->table.snapshot.genid);
}

static int begin_trial(struct pg_convergence *c)
{
        _cleanup_(pg_trial_set_done) struct pg_set trial = {0};
        int r = pg_trial_set_make(PG_TRIAL_NAME, c->spec->trial_ms, &trial);

        if (r < 0)
                return pg_error_memory(c->error);
        r = pg_slot_try(c->batch, c->table.snapshot.ruleset, &c->target, &trial);
        r = r < 0 ? pg_error_memory(c->error) : pg_step_commit(c, c->table.snapshot.genid);
        return r;
}

/* Where no rule asked for the state of connections, the kernel tracked none: those that were there
 * would be refused when the other side sends first, and with nf_conntrack_tcp_loose=0 altogether. */
static int adopt_connections(struct pg_convergence *c)
{
        int r = c->target.live ? 0 : pg_conntrack_adopt();

        if (r >= 0)
                return 0;
        if (!pg_conntrack_is_loose() && !c->spec->allow_lockout && !c->spec->is_unguarded)
                return pg_error_set(
                        c->error, PG_STATUS_REFUSED, r,
                        "this would end the connections that are open: the kernel does not take them "
                        "into its connection tracking (%s), and takes no packet of what it does not "
                        "track (sysctl net.netfilter.nf_conntrack_tcp_loose is 0); set that to 1, or try "
                        "modprobe nf_conntrack_netlink; --allow-lockout goes on",
                        strerror(-r));
        pg_diagnostics_add(c->context->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                           "the kernel does not take the connections that are open into its "
                           "connection tracking (%s): what their other side sends is refused, where "
                           "its port is not open, until this host sends something",
                           strerror(-r));
        return 0;
}

/* Prepare and read back, turn the hooks and read back: I1, I4. */
static int change_slot(struct pg_convergence *c)
{
        const enum pg_stage stage = c->spec->trial_ms ? PG_STAGE_ON_TRIAL : PG_STAGE_IN_FORCE;
        _cleanup_(pg_snapshot_done) struct pg_snapshot before = {0};
        bool flipped = false;
        int r = adopt_connections(c);

        if (r >= 0)
                r = prepare(c);
        /* What began meanwhile. */
        if (r >= 0)
                r = adopt_connections(c);
        /* The first rules that ask for the state of connections switch conntrack on. A packet that came
         * in before that has none, and the new policy would drop it as invalid. */
        if (r >= 0 && !c->target.live)
                pg_rcu_synchronize(!pg_ruleset_chain(c->target.wanted, "output"));
        if (r >= 0)
                r = c->spec->trial_ms ? begin_trial(c) : flip(c);
        if (r >= 0) {
                flipped = true;
                before = PG_TAKE(c->table.snapshot);
                r = read_back_hooks(c, before.genid, stage);
        }
        if (r >= 0)
                r = pg_step_record_event(c);
        if (r < 0) /* I6 */
                pg_undo(c->context->nft, c->batch, flipped ? &before : &c->table.snapshot, flipped,
                        &c->target);
        return r;
}

/* The new policy is in force and read back; what fails now fails only to tidy up, and is reported.
 * Returns the generation id at which the table is as it was read back, or 0. */
static uint32_t retire(struct pg_convergence *c)
{
        uint32_t genid = c->table.snapshot.genid;
        struct pg_error error;
        int r;

        pg_slot_retire(c->batch, c->table.snapshot.ruleset, &c->target);
        if (pg_batch_is_empty(c->batch))
                return genid;
        pg_leftovers_await(c->table.snapshot.ruleset);
        r = pg_batch_commit(c->batch, PG_COMMIT, 0, &error);
        if (r >= 0 || r == -ENOMSG) {
                _cleanup_(pg_snapshot_done) struct pg_snapshot snapshot = {0};

                r = pg_target_read_back(c->context->nft, &c->target, PG_READ_STRUCTURE, PG_STAGE_DONE,
                                        &snapshot, &error);
                if (r >= 0)
                        return snapshot.genid == genid + 1 ? genid + 1 : 0;
        }
        pg_lock_stay_left(c->context->lock);
        pg_outcome_repaired(c->outcome,
                            "what was before could not be tidied up (%s); the next command does it",
                            error.message);
        return 0;
}

/* For who looks next, and need not read a large group again. */
static void note(const struct pg_convergence *c, uint32_t genid)
{
        if (genid)
                pg_table_cache_note(c->context->settings, c->context->nft, c->target.wanted, genid,
                                    c->target.record.table_digest);
}

int pg_change(struct pg_convergence *c)
{
        uint32_t genid = 0;
        int r = c->target.method == PG_METHOD_SLOT ? change_slot(c) : pg_change_addresses(c);

        if (r < 0)
                return r;
        /* On trial, the old slot is what the kernel falls back to. */
        if (c->target.method != PG_METHOD_SLOT)
                genid = c->table.snapshot.genid;
        else if (!c->spec->trial_ms)
                genid = retire(c);
        note(c, genid);
        return 0;
}

/* What could not be written may be there all the same; the trial goes on. */
static int record_confirmed(struct pg_convergence *c)
{
        uint32_t generation = c->target.record.generation;
        int r = pg_context_event(c->context, generation, PG_EVENT_CONFIRMED, NULL);

        if (r < 0)
                pg_context_take_back(c->context, generation, PG_EVENT_TRIAL, NULL);
        return r;
}

/* The trial is made longer first, which fails when it has expired: after that the flip has the time
 * that it needs. The elements stay until the old rules are gone: a packet that is in them finds what it
 * would have found before. */
int pg_change_confirm(struct pg_convergence *c)
{
        _cleanup_(pg_snapshot_done) struct pg_snapshot before = {0};
        uint64_t left_ms = c->table.trial.left_ms > CONFIRM_MS ? c->table.trial.left_ms : CONFIRM_MS;
        int r = pg_trial_renew(c->context->nft, &c->table.snapshot, left_ms, c->error);

        if (r >= 0)
                r = pg_step_read_back(c, PG_READ_ALL, PG_STAGE_ON_TRIAL);
        if (r < 0)
                return r;
        before = PG_TAKE(c->table.snapshot);
        pg_slot_flip(c->batch, before.ruleset, &c->target, false);
        r = pg_step_commit(c, before.genid);
        if (r >= 0) {
                r = read_back_hooks(c, before.genid, PG_STAGE_IN_FORCE);
                if (r >= 0)
                        r = record_confirmed(c);
                if (r < 0)
                        pg_undo_confirm(c->batch, &before, &c->target); /* I6 */
        }
        if (r >= 0)
                note(c, retire(c));
        return r;
}

int pg_change_put_aside(struct pg_convergence *c)
{
        const struct pg_ruleset *ruleset = c->table.snapshot.ruleset;

        for (size_t i = 0; i < ruleset->n_chains; i++) {
                const struct pg_chain *chain = &ruleset->chains[i];
                char name[PG_NAME_MAX];

                if (!pg_chain_is_misplaced(chain))
                        continue;
                if (pg_outcome_repaired(c->outcome,
                                        "somebody made the chain %s of the table inet portguard with "
                                        "another type, hook or priority",
                                        chain->name) < 0)
                        return pg_error_memory(c->error);
                /* No two chains of a table ever have the same handle. */
                snprintf(name, sizeof(name), "not_ours_%" PRIu64, chain->handle);
                pg_batch_rename_chain(c->batch, chain->handle, name);
        }
        return pg_step_commit(c, c->table.snapshot.genid);
}

int pg_change_check(struct pg_convergence *c)
{
        /* What wakes a table up takes no hook in the same batch: one that is dormant is asked as it is.
         */
        if (!c->table.snapshot.exists)
                pg_batch_add_table(c->batch);
        pg_leftovers_delete(c->batch, c->table.snapshot.ruleset, c->target.live);
        if (c->target.method == PG_METHOD_SLOT) {
                int r = pg_slot_prepare(c->context->nft, c->batch, c->table.snapshot.ruleset,
                                        &c->target, NULL, c->error);

                if (r < 0)
                        return r;
                pg_slot_flip(c->batch, c->table.snapshot.ruleset, &c->target, true);
        } else {
                int r = pg_check_addresses(c);

                if (r < 0)
                        return r;
        }
        return pg_batch_commit(c->batch, PG_COMMIT_CHECK, c->table.snapshot.genid, c->error);
}
