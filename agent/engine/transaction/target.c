/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the table is to hold, and how far it is from it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "engine/transaction/internal.h"
#include "ruleset/compile/compile.h"

/* More addresses that come and go than this are changed by preparing the other slot: one batch would
 * hold the kernel's lock for long. */
#define ELEMENT_CHANGES_MAX 20000

void pg_target_done(struct pg_target *target)
{
        pg_ruleset_free(target->wanted);
        pg_delta_done(&target->delta);
        free(target->drift);
        pg_record_done(&target->enforced);
        pg_record_done(&target->record);
        *target = (struct pg_target){0};
}

static int compile_for(const struct pg_snapshot *snapshot, const struct pg_policy *policy, char slot,
                       struct pg_target *target, struct pg_error *error)
{
        const struct pg_ruleset_options options = {
                .slot = slot,
                .with_output = pg_ruleset_chain(snapshot->ruleset, "output") != NULL,
        };

        int r;

        target->wanted = pg_ruleset_free(target->wanted);
        target->slot = slot;
        r = pg_ruleset_compile(policy, &options, &target->wanted, error);
        if (r >= 0)
                pg_replace_adopt(target->wanted, snapshot->ruleset);
        return r;
}

/* The sets that outlive slots, which rules of the slot in force may hold. */
static int check_sets(const struct pg_ruleset *actual, const struct pg_ruleset *wanted,
                      struct pg_error *error)
{
        for (size_t i = 0; i < wanted->n_sets; i++) {
                const char *name = wanted->sets[i].name;
                const struct pg_set *found =
                        pg_slot_of_name(name) == 0 ? pg_ruleset_set(actual, name) : NULL;

                if (found && !pg_set_is_defined_as(found, &wanted->sets[i]))
                        return pg_error_set(
                                error, PG_STATUS_FAILED, -EEXIST,
                                "somebody made the set %s of the table inet portguard with "
                                "another type, flags, timeout or size, which cannot be "
                                "changed: portguard disable removes it, then portguard apply "
                                "or portguard rollback",
                                name);
        }
        return 0;
}

/* A chain that was put aside may go to a slot, though no hook does. */
static char free_slot(const struct pg_ruleset *ruleset, char live)
{
        for (size_t i = 0; live == 0 && i < ruleset->n_chains; i++)
                for (size_t j = 0; ruleset->chains[i].is_base && j < ruleset->chains[i].n_rules; j++)
                        if (pg_rule_is_jump(&ruleset->chains[i].rules[j], 'a'))
                                live = 'a';
        return live == 'a' ? 'b' : 'a';
}

static int choose_slot_change(const struct pg_snapshot *snapshot, const struct pg_policy *policy,
                              struct pg_target *target, struct pg_error *error)
{
        int r;

        pg_delta_done(&target->delta);
        target->method = PG_METHOD_SLOT;
        r = compile_for(snapshot, policy, free_slot(snapshot->ruleset, target->live), target, error);
        if (r < 0)
                return r;
        if (target->live != 0)
                pg_counters_carry(snapshot->ruleset, target->live, target->wanted, target->slot);
        return check_sets(snapshot->ruleset, target->wanted, error);
}

static int choose(const struct pg_snapshot *snapshot, const struct pg_policy *policy,
                  struct pg_target *target, struct pg_error *error)
{
        struct pg_delta_scope scope = {.slot = target->live, .ignore_record = true, .lenient = true};
        int r;

        if (target->live == 0)
                return choose_slot_change(snapshot, policy, target, error);
        r = compile_for(snapshot, policy, target->live, target, error);
        if (r < 0)
                return r;
        if (pg_ruleset_compare(snapshot->ruleset, target->wanted, &scope, &target->delta) < 0)
                return pg_error_memory(error);
        if (target->delta.equal) {
                target->method = PG_METHOD_NONE;
                return 0;
        }
        target->drift = target->delta.n_differences > 0 ? strdup(target->delta.differences[0]) : NULL;
        if (target->delta.addresses_only &&
            target->delta.deletions.n + target->delta.additions.n <= ELEMENT_CHANGES_MAX) {
                r = pg_replace_choose(target->wanted, &target->delta);
                target->method = r > 0 ? PG_METHOD_GROUPS : PG_METHOD_ELEMENTS;
                return r < 0 ? pg_error_memory(error) : 0;
        }
        return choose_slot_change(snapshot, policy, target, error);
}

/* Whether a new record is to be written, and whether that, or the trial, needs the other slot. */
static int choose_record(const struct pg_snapshot *snapshot, const struct pg_policy *policy,
                         const struct pg_target_options *options, struct pg_target *target,
                         struct pg_error *error)
{
        bool is_same = pg_record_equal(&target->enforced, &target->record);
        int r = 0;

        if (options->number && target->enforced.generation != options->number)
                is_same = false;
        target->is_repair = target->method != PG_METHOD_NONE && is_same;
        target->needs_record = target->method != PG_METHOD_NONE || !is_same || options->is_unknown;
        /* What somebody put into the hooks is passed by while the trial lasts, and asked again after.
         */
        if (options->on_trial && target->live != 0 &&
            pg_leftovers_in_hooks(snapshot->ruleset, target->live))
                target->needs_record = true;
        if (!target->needs_record) {
                target->record.generation = target->enforced.generation;
                memcpy(target->record.digest, target->enforced.digest, sizeof(target->record.digest));
        }
        if (target->method != PG_METHOD_SLOT && target->live != 0 && target->needs_record &&
            (options->on_trial ||
             !pg_record_has_room(snapshot->ruleset, target->live, &target->record)))
                r = choose_slot_change(snapshot, policy, target, error);
        if (r >= 0 && pg_record_write(target->wanted, target->slot, &target->record) < 0)
                r = pg_error_memory(error);
        return r;
}

int pg_target_choose(const struct pg_snapshot *snapshot, const struct pg_policy *policy,
                     const struct pg_target_options *options, struct pg_target *ret,
                     struct pg_error *error)
{
        _cleanup_(pg_target_done) struct pg_target target = {
                .live = pg_ruleset_live_slot(snapshot->ruleset)};
        uint32_t number = options->number;
        int r = 0;

        if (target.live != 0 && pg_record_read(snapshot->ruleset, target.live, &target.enforced) < 0)
                r = pg_error_memory(error);
        if (r >= 0)
                r = choose(snapshot, policy, &target, error);
        if (!number)
                number = options->next > target.enforced.generation ? options->next
                                                                    : target.enforced.generation + 1;
        if (r >= 0 && options->only_looks && target.method != PG_METHOD_NONE) {
                *ret = PG_TAKE(target);
                return 0;
        }
        if (r >= 0 && (pg_record_make(target.wanted, target.slot, number, options->digest,
                                      policy->profiles, policy->n_profiles, &target.record) < 0))
                r = pg_error_memory(error);
        if (r >= 0)
                r = choose_record(snapshot, policy, options, &target, error);
        if (r < 0)
                return r;
        *ret = PG_TAKE(target);
        return 0;
}

int pg_target_of_trial(const struct pg_table *table, const struct pg_policy *policy,
                       struct pg_target *ret, struct pg_error *error)
{
        _cleanup_(pg_target_done) struct pg_target target = {.live = table->live,
                                                             .method = PG_METHOD_SLOT,
                                                             .needs_record = true};
        int r = compile_for(&table->snapshot, policy, table->trial.slot, &target, error);

        if (r >= 0 && (pg_record_make(target.wanted, target.slot, table->enforced.generation,
                                      table->enforced.digest, table->enforced.profiles,
                                      table->enforced.n_profiles, &target.record) < 0 ||
                       pg_record_write(target.wanted, target.slot, &target.record) < 0))
                r = pg_error_memory(error);
        if (r < 0)
                return r;
        *ret = PG_TAKE(target);
        return 0;
}

static bool record_is_there(const struct pg_snapshot *snapshot, const struct pg_target *target)
{
        _cleanup_(pg_record_done) struct pg_record record = {0};

        return pg_record_read(snapshot->ruleset, target->slot, &record) >= 0 &&
               record.generation == target->record.generation &&
               strcmp(record.digest, target->record.digest) == 0 &&
               pg_record_equal(&record, &target->record);
}

static bool is_in_force(const struct pg_ruleset *ruleset, char slot, enum pg_stage stage)
{
        struct pg_trial trial;

        switch (stage) {
        case PG_STAGE_ON_TRIAL:
                trial = pg_trial_find(ruleset);
                return trial.slot == slot && !trial.is_behind;
        case PG_STAGE_IN_FORCE:
                return pg_ruleset_live_slot(ruleset) == slot;
        default:
                return true;
        }
}

static int read_what(struct pg_nft *nft, const struct pg_target *target, enum pg_read what,
                     struct pg_snapshot *ret, struct pg_error *error)
{
        char record[PG_NAME_MAX];

        if (what != PG_READ_CHANGED)
                return pg_nft_read(nft, what, ret, error);
        pg_slot_name(PG_RECORD_NAME, target->slot, record);
        return pg_nft_read_changed(nft, target->wanted, record, ret, error);
}

int pg_target_difference(const struct pg_snapshot *snapshot, const struct pg_target *target,
                         enum pg_read what, enum pg_stage stage, char **ret)
{
        const struct pg_delta_scope scope = {
                .slot = target->slot,
                .ignore_record = true,
                .ignore_hooks = stage == PG_STAGE_PREPARED || stage == PG_STAGE_ON_TRIAL,
                .lenient = stage != PG_STAGE_DONE,
                .ignore_unread = what != PG_READ_ALL,
        };
        _cleanup_(pg_delta_done) struct pg_delta delta = {0};
        int r = pg_ruleset_compare(snapshot->ruleset, target->wanted, &scope, &delta);

        *ret = NULL;
        if (r >= 0 &&
            (!delta.equal || (what != PG_READ_STRUCTURE && !record_is_there(snapshot, target)))) {
                *ret = pg_format("%s%s",
                                 delta.n_differences > 0 ? delta.differences[0]
                                                         : "the generation's record",
                                 delta.n_differences > 1 ? ", and more" : "");
                r = *ret ? 0 : -ENOMEM;
        }
        return r;
}

int pg_target_read_back(struct pg_nft *nft, const struct pg_target *target, enum pg_read what,
                        enum pg_stage stage, struct pg_snapshot *ret_snapshot, struct pg_error *error)
{
        _cleanup_(pg_freep) char *difference = NULL;
        _cleanup_(pg_snapshot_done) struct pg_snapshot snapshot = {0};
        int r = read_what(nft, target, what, &snapshot, error);

        if (r < 0)
                return r;
        if (!is_in_force(snapshot.ruleset, target->slot, stage))
                return pg_error_set(error, PG_STATUS_FAILED, -EBADE,
                                    "read back from the kernel, the hooks do not go to the new policy");
        if (pg_target_difference(&snapshot, target, what, stage, &difference) < 0)
                return pg_error_memory(error);
        if (difference)
                return pg_error_set(error, PG_STATUS_FAILED, -EBADE,
                                    "read back from the kernel, the table is not what was sent (%s)",
                                    difference);
        *ret_snapshot = PG_TAKE(snapshot);
        return 0;
}
