/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses come into groups and leave them, and nothing else changes.
 *
 * Single addresses stand in hash sets, which one batch changes while rules look into them; no key goes
 * and comes in it. Prefixes stand in interval sets, which are replaced: a new set is *filled* beside
 * the old, where nothing looks into it, and read back; then, in the batch that changes the hash sets,
 * the rules that look into the old are *replaced* by those that look into the new, and the old set
 * goes. A packet is in the old rules or in the new, and each finds its own set whole (I1): deleting a
 * plain set takes none of its elements from whoever is still looking, until an RCU grace period is over
 * (nft_delset()).
 */
#include <errno.h>
#include <stdlib.h>

#include "engine/transaction/internal.h"

static bool is_replaced(const struct pg_set *set)
{
        return set->change == PG_SET_IS_REPLACED;
}

static int add_sets(struct pg_convergence *c, uint32_t *genid)
{
        const struct pg_ruleset *wanted = c->target.wanted;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < wanted->n_sets; i++) {
                if (!is_replaced(&wanted->sets[i]))
                        continue;
                pg_batch_add_set(c->batch, &wanted->sets[i]);
                r = pg_slot_add_addresses(c->context->nft, c->batch, &wanted->sets[i], genid, c->error);
        }
        return r;
}

static void delete_old_sets(struct pg_convergence *c)
{
        for (size_t i = 0; i < c->target.wanted->n_sets; i++) {
                char old[PG_NAME_MAX];

                if (!is_replaced(&c->target.wanted->sets[i]))
                        continue;
                pg_name_twin(c->target.wanted->sets[i].name, old);
                pg_batch_delete_set(c->batch, old);
        }
}

/* The chains are equal but for the names of sets: rule stands against rule. */
static void replace_rules(struct pg_convergence *c, const struct pg_ruleset *before)
{
        const struct pg_ruleset *wanted = c->target.wanted;

        for (size_t i = 0; i < wanted->n_chains; i++) {
                const struct pg_chain *chain = &wanted->chains[i];
                const struct pg_chain *old = pg_ruleset_chain(before, chain->name);

                for (size_t j = 0; !chain->is_base && old && j < chain->n_rules; j++)
                        if (pg_replace_has_rule(wanted, &chain->rules[j]))
                                pg_batch_replace_rule(c->batch, chain, &chain->rules[j],
                                                      old->rules[j].handle);
        }
}

/* Of the sets that are changed in place. 0 or -ENOMEM. */
static int batch_changes(struct pg_convergence *c, const struct pg_element_changes *changes,
                         bool is_addition)
{
        _cleanup_(pg_freep) struct pg_element_change *in_place =
                calloc(changes->n + 1, sizeof(*in_place));
        size_t n = 0;

        if (!in_place)
                return -ENOMEM;
        for (size_t i = 0; i < changes->n; i++)
                if (!is_replaced(changes->items[i].set))
                        in_place[n++] = changes->items[i];
        pg_batch_change_elements(c->batch, in_place, n, is_addition);
        return 0;
}

/* Back and forth. Ranges that are split or joined must be out of the way before their parts come in.
 * 0 or -ENOMEM. */
static int batch_delta(struct pg_convergence *c, bool is_reversed)
{
        const struct pg_delta *delta = &c->target.delta;
        int r = batch_changes(c, is_reversed ? &delta->additions : &delta->deletions, false);

        return r < 0 ? r : batch_changes(c, is_reversed ? &delta->deletions : &delta->additions, true);
}

static int batch_flip(struct pg_convergence *c, const struct pg_ruleset *before)
{
        const struct pg_set *record = pg_step_record_set(&c->target);
        int r = batch_delta(c, false);

        if (r < 0)
                return pg_error_memory(c->error);
        replace_rules(c, before);
        delete_old_sets(c);
        if (record)
                pg_batch_add_elements(c->batch, record);
        return 0;
}

/* What nobody looks into, and stands beside a set that is looked into. */
static void drop_leftovers(struct pg_convergence *c)
{
        _cleanup_(pg_snapshot_done) struct pg_snapshot snapshot = {0};
        struct pg_error ignored;

        if (pg_nft_read(c->context->nft, PG_READ_STRUCTURE, &snapshot, &ignored) < 0)
                return;
        for (size_t i = 0; i < snapshot.ruleset->n_sets; i++)
                if (pg_replace_is_leftover(snapshot.ruleset, &snapshot.ruleset->sets[i]))
                        pg_batch_delete_set(c->batch, snapshot.ruleset->sets[i].name);
        pg_batch_commit(c->batch, PG_COMMIT, snapshot.genid, &ignored);
}

/* Whether the table is, but for our own commits, what it was at the generation id `before`. */
static bool is_untouched(const struct pg_convergence *c, uint32_t before, uint32_t commits)
{
        uint32_t reported = before;

        if (c->table.snapshot.genid - before == pg_nft_commits(c->context->nft) - commits)
                return true;
        return c->watch && pg_watch_follow(c->watch, &reported) &&
               (int32_t)(reported - c->table.snapshot.genid) >= 0;
}

static int check_filled(const struct pg_convergence *c)
{
        for (size_t i = 0; i < c->target.wanted->n_sets; i++) {
                const struct pg_set *wanted = &c->target.wanted->sets[i];
                const struct pg_set *found =
                        is_replaced(wanted) ? pg_ruleset_set(c->table.snapshot.ruleset, wanted->name)
                                            : NULL;

                if (is_replaced(wanted) && (!found || found->has_foreign ||
                                            !pg_addresses_equal(&found->addresses, &wanted->addresses)))
                        return pg_error_set(
                                c->error, PG_STATUS_FAILED, -EBADE,
                                "read back from the kernel, the set %s is not what was sent",
                                wanted->name);
        }
        return 0;
}

/* Fills the new sets, which nothing looks into, and reads them back: I4. `first` is the table as it was
 * compared; c->table.snapshot becomes the table as it is then. */
static int fill(struct pg_convergence *c, const struct pg_snapshot *first)
{
        uint32_t commits = pg_nft_commits(c->context->nft), genid = first->genid;
        int r;

        pg_slot_retire(c->batch, first->ruleset, &c->target);
        r = add_sets(c, &genid);
        if (r >= 0)
                r = pg_step_commit(c, genid);
        if (r >= 0)
                r = pg_nft_read_changed(c->context->nft, c->target.wanted, "", &c->table.snapshot,
                                        c->error);
        if (r >= 0)
                r = check_filled(c);
        if (r >= 0 && !is_untouched(c, first->genid, commits))
                r = -ERESTART;
        if (r < 0)
                drop_leftovers(c);
        return r;
}

static int flip(struct pg_convergence *c, const struct pg_snapshot *first, bool is_filled)
{
        uint32_t genid = is_filled ? c->table.snapshot.genid : first->genid;
        int r;

        if (first->dormant)
                pg_batch_add_table(c->batch);
        if (!is_filled)
                pg_slot_retire(c->batch, first->ruleset, &c->target);
        r = batch_flip(c, first->ruleset);
        if (r >= 0)
                r = pg_step_commit(c, genid);
        if (r < 0 && is_filled)
                drop_leftovers(c);
        return r;
}

/* The sets that changed are read; the others are what they were when ours is the one commit since. */
static int read_back(struct pg_convergence *c, uint32_t before)
{
        int r = pg_step_read_back(c, PG_READ_CHANGED, PG_STAGE_DONE);

        if (r >= 0 && c->table.snapshot.genid != before + 1)
                r = pg_step_read_back(c, PG_READ_ALL, PG_STAGE_DONE);
        return r;
}

/* From memory, since reading may be what failed. Where the flip did not happen, its elements are not
 * there, and the kernel refuses this whole. */
static void undo_flip(struct pg_convergence *c, const struct pg_ruleset *before)
{
        const struct pg_set *record = pg_step_record_set(&c->target);
        const struct pg_ruleset *wanted = c->target.wanted;

        for (size_t i = 0; i < wanted->n_chains; i++) {
                const struct pg_chain *old = pg_ruleset_chain(before, wanted->chains[i].name);
                bool has_rule = false;

                for (size_t j = 0; j < wanted->chains[i].n_rules; j++)
                        has_rule |= pg_replace_has_rule(wanted, &wanted->chains[i].rules[j]);
                if (!has_rule || !old)
                        continue;
                pg_batch_delete_rule(c->batch, old->name, 0);
                for (size_t j = 0; j < old->n_rules; j++)
                        pg_batch_add_rule(c->batch, old, &old->rules[j], false);
        }
        batch_delta(c, true);
        for (size_t i = 0; record && i < record->n_elements; i++) {
                const struct pg_element_change change = {.set = record,
                                                         .element = &record->elements[i]};

                pg_batch_change_elements(c->batch, &change, 1, false);
        }
}

/* I6. */
static void undo(struct pg_convergence *c, const struct pg_ruleset *before)
{
        uint32_t genid = 0;
        struct pg_error ignored;

        for (size_t i = 0; i < c->target.wanted->n_sets; i++) {
                const struct pg_set *set = &c->target.wanted->sets[i];
                const struct pg_set *old;
                char name[PG_NAME_MAX];

                pg_name_twin(set->name, name);
                old = is_replaced(set) ? pg_ruleset_set(before, name) : NULL;
                if (!old)
                        continue;
                pg_batch_add_set(c->batch, old);
                pg_slot_add_addresses(c->context->nft, c->batch, old, &genid, &ignored);
        }
        pg_batch_commit(c->batch, PG_COMMIT, 0, &ignored);
        undo_flip(c, before);
        pg_batch_commit(c->batch, PG_COMMIT, 0, &ignored);
        drop_leftovers(c);
}

int pg_change_addresses(struct pg_convergence *c)
{
        bool is_filled = c->target.method == PG_METHOD_GROUPS;
        _cleanup_(pg_snapshot_done) struct pg_snapshot first = PG_TAKE(c->table.snapshot);
        uint32_t before;
        int r = 0;

        if (is_filled)
                r = fill(c, &first);
        before = is_filled && r >= 0 ? c->table.snapshot.genid : first.genid;
        if (r >= 0)
                r = flip(c, &first, is_filled);
        if (r >= 0) {
                r = read_back(c, before);
                if (r >= 0)
                        r = pg_step_record_event(c);
                if (r < 0)
                        undo(c, first.ruleset);
        }
        return r;
}

int pg_check_addresses(struct pg_convergence *c)
{
        int r = add_sets(c, NULL);

        return r < 0 ? r : batch_flip(c, c->table.snapshot.ruleset);
}
