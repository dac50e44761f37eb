/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeping, prolonging and ending what is on trial. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "engine/change/internal.h"
#include "engine/guard/guard.h"
#include "engine/outcome.h"
#include "engine/retry.h"
#include "engine/stored.h"
#include "ruleset/decompile.h"

const char *pg_left_text(uint64_t left_ms, char text[static PG_LEFT_TEXT_MAX])
{
        unsigned long long seconds = (left_ms + 999) / 1000;

        if (seconds < 60)
                snprintf(text, PG_LEFT_TEXT_MAX, "%llu s", seconds);
        else if (seconds < 3600)
                snprintf(text, PG_LEFT_TEXT_MAX, "%llu min %llu s", seconds / 60, seconds % 60);
        else
                snprintf(text, PG_LEFT_TEXT_MAX, "%llu h %llu min", seconds / 3600, seconds / 60 % 60);
        return text;
}

int pg_refuse_on_trial(const struct pg_table *table, struct pg_error *error)
{
        char name[PG_GENERATION_TEXT_MAX], left[PG_LEFT_TEXT_MAX];

        return pg_error_set(error, PG_STATUS_REFUSED, -EBUSY,
                            "%s is on trial for another %s: %stake it back (portguard rollback) first",
                            pg_generation_text(table->enforced.generation, name),
                            pg_left_text(table->trial.left_ms, left),
                            pg_trial_can_be_kept(table)
                                    ? "keep it (portguard confirm) or "
                                    : "somebody changed it, and it cannot be kept: ");
}

static int refuse_without_trial(const struct pg_table *table, struct pg_error *error)
{
        char name[PG_GENERATION_TEXT_MAX];

        if (pg_table_refuses(table))
                return pg_error_set(error, PG_STATUS_REFUSED, -ENOENT,
                                    "no trial is open (any more): %s", pg_table_problem(table));
        if (!table->slot)
                return pg_error_set(error, PG_STATUS_REFUSED, -ENOENT,
                                    "no trial is open (any more): nothing is enforced");
        return pg_error_set(error, PG_STATUS_REFUSED, -ENOENT,
                            "no trial is open (any more): %s is enforced for good",
                            pg_generation_text(table->enforced.generation, name));
}

/* The table with the trial that is open in it. */
static int find_trial(struct pg_convergence *c)
{
        int r = pg_table_read(c->context->nft, PG_READ_ALL, &c->table, c->error);

        if (r >= 0 && !c->table.trial.slot)
                r = refuse_without_trial(&c->table, c->error);
        return r;
}

static void done(struct pg_convergence *c)
{
        pg_target_done(&c->target);
        pg_table_done(&c->table);
        pg_batch_free(c->batch);
}

static bool is_ssh(const struct pg_element *element, const struct pg_port_set *ports)
{
        for (unsigned port = 1; port <= UINT16_MAX; port++)
                if (pg_port_set_has(ports, (uint16_t)port) &&
                    pg_element_has_port(element, IPPROTO_TCP, (uint16_t)port))
                        return true;
        return false;
}

/* The element of the old slot whose counter the new one went on from (pg_counters_carry()). */
static uint64_t count_before(const struct pg_set *map, const struct pg_element *element)
{
        for (size_t i = 0; map && i < map->n_elements; i++)
                if (pg_element_continues(&map->elements[i], element))
                        return map->elements[i].packets;
        return 0;
}

static const struct pg_set *find_hits(const struct pg_ruleset *ruleset, char slot)
{
        char name[PG_NAME_MAX];

        if (!slot)
                return NULL;
        pg_hits_name(PG_IN, IPPROTO_TCP, slot, name);
        return pg_ruleset_set(ruleset, name);
}

/* The counters of the old slot went over to the new one and have stood still since. */
static int64_t count_ssh(const struct pg_table *table)
{
        const struct pg_ruleset *ruleset = table->snapshot.ruleset;
        const struct pg_set *map = find_hits(ruleset, table->trial.slot);
        const struct pg_set *old = find_hits(ruleset, table->live);
        struct pg_port_set ports;
        struct pg_error ignored;
        int64_t sum = -1;

        if (pg_ssh_ports(&ports, &ignored) < 0)
                return -1;
        for (size_t i = 0; map && i < map->n_elements; i++) {
                const struct pg_element *element = &map->elements[i];
                uint64_t before = count_before(old, element);

                if (is_ssh(element, &ports))
                        sum = (sum < 0 ? 0 : sum) +
                              (int64_t)(element->packets > before ? element->packets - before : 0);
        }
        return sum;
}

/* What is on trial, as the policy that it is: from the history, or where that does not have it, from
 * the kernel, and into the history. */
static int take_policy(struct pg_convergence *c, struct pg_policy **ret)
{
        const struct pg_record *enforced = &c->table.enforced;
        struct pg_generation generation = {0};
        bool is_known;
        int r;

        if (!c->context->store)
                return pg_ruleset_to_policy(c->table.snapshot.ruleset, c->table.slot, false, ret,
                                            c->error);
        is_known =
                pg_store_generation(c->context->store, enforced->generation, &generation, NULL) >= 0 &&
                strcmp(generation.digest, enforced->digest) == 0;
        pg_generation_done(&generation);
        if (is_known)
                return pg_store_policy(c->context->store, enforced->generation, NULL, ret, c->error);
        r = pg_ruleset_to_policy(c->table.snapshot.ruleset, c->table.slot, false, ret, c->error);
        if (r < 0)
                return r;
        return pg_store_read_back(c->context->store, enforced, c->table.falls_back.generation,
                                  &c->context->actor, *ret, c->error);
}

/* Before anything is changed (I6): what somebody changed is not what was tried. */
static int check_untouched(struct pg_convergence *c)
{
        const struct pg_chain *misplaced = pg_leftovers_in_the_way(c->table.snapshot.ruleset);
        _cleanup_(pg_freep) char *difference = NULL;
        int r;

        if (misplaced)
                r = (difference =
                             pg_format("chain %s: has another type, hook or priority", misplaced->name))
                            ? 0
                            : -ENOMEM;
        else
                r = pg_target_difference(&c->table.snapshot, &c->target, PG_READ_ALL, PG_STAGE_ON_TRIAL,
                                         &difference);
        if (r < 0)
                return pg_error_memory(c->error);
        return difference ? pg_error_set(
                                    c->error, PG_STATUS_REFUSED, -EBADE,
                                    "somebody changed what is on trial (%s): it is not confirmed, and "
                                    "goes on; portguard rollback takes it back, then apply it again",
                                    difference)
                          : 0;
}

/* The history could not be told which generation it is. */
static int refuse_unrecorded(const struct pg_convergence *c)
{
        return c->table.enforced.generation > 0
                       ? 0
                       : pg_error_set(
                                 c->error, PG_STATUS_REFUSED, -EBADE,
                                 "somebody deleted or changed the record of what is on trial: it is not "
                                 "confirmed, and goes on; portguard rollback takes it back, then apply "
                                 "it again");
}

struct keeping {
        struct pg_context *context;
        struct pg_outcome *outcome;
        unsigned trial_ms; /* to extend it by; 0: it is kept for good */
        bool allow_lockout;
        bool is_guarded; /* the sessions were looked at */
};

/* Who logged in since the trial was begun has not heard of it, nor was asked about. */
static int ask_guard(struct pg_convergence *c, const struct pg_policy *policy, struct keeping *keeping)
{
        const struct pg_guarded change = {.policy = policy,
                                          .table = &c->table,
                                          .is_warning = keeping->allow_lockout,
                                          .is_confirm = true};
        int r = keeping->is_guarded ? 0 : pg_guard_change(c->context, &change);

        keeping->is_guarded = true;
        return r < 0 ? r : 0;
}

static int confirm(struct pg_convergence *c, struct pg_policy **policy, struct keeping *keeping)
{
        int r = find_trial(c);

        if (r >= 0)
                r = refuse_unrecorded(c);
        if (r >= 0)
                r = pg_outdated_refuse(c);
        if (r >= 0)
                r = take_policy(c, policy);
        if (r >= 0)
                r = pg_target_of_trial(&c->table, *policy, &c->target, c->error);
        if (r >= 0)
                r = check_untouched(c);
        if (r >= 0)
                r = ask_guard(c, *policy, keeping);
        if (r < 0)
                return r;
        c->outcome->ssh_connections = count_ssh(&c->table);
        c->outcome->generation = c->table.enforced.generation;
        c->outcome->state = PG_STATE_CONFIRMED;
        c->outcome->changed = true;
        r = pg_copy_strings(c->table.enforced.profiles, c->table.enforced.n_profiles,
                            &c->outcome->profiles, &c->outcome->n_profiles);
        return r < 0 ? pg_error_memory(c->error) : pg_change_confirm(c);
}

/* The kernel rounds. */
#define EXTEND_SLACK_MS 1000

static int refuse_shorter(const struct pg_table *table, unsigned trial_ms, struct pg_error *error)
{
        char left[PG_LEFT_TEXT_MAX];

        /* Without its witness it cannot be extended at all. */
        if (table->trial.lacks_witness || table->trial.left_ms < (uint64_t)trial_ms + EXTEND_SLACK_MS)
                return 0;
        return pg_error_set(error, PG_STATUS_REFUSED, -ERANGE,
                            "the trial has %s left, and is not made shorter: say for how long from now "
                            "on, or end it (portguard rollback)",
                            pg_left_text(table->trial.left_ms, left));
}

static int extend(struct pg_convergence *c, unsigned trial_ms)
{
        int r = find_trial(c);

        if (r >= 0)
                r = refuse_shorter(&c->table, trial_ms, c->error);
        if (r >= 0)
                r = pg_trial_renew(c->context->nft, &c->table.snapshot, trial_ms, c->error);
        if (r < 0)
                return r;
        pg_table_done(&c->table);
        r = find_trial(c);
        if (r < 0)
                return r;
        c->outcome->changed = true;
        return pg_outcome_trial(c->outcome, &c->table) < 0 ? pg_error_memory(c->error) : 0;
}

int pg_outcome_trial(struct pg_outcome *outcome, const struct pg_table *table)
{
        outcome->state = PG_STATE_TRIAL;
        outcome->generation = table->enforced.generation;
        outcome->trial = pg_table_open_trial(table);
        return pg_copy_strings(table->enforced.profiles, table->enforced.n_profiles, &outcome->profiles,
                               &outcome->n_profiles);
}

void pg_trial_event(struct pg_context *context, uint32_t recorded, enum pg_event_kind kind)
{
        uint32_t generation = recorded;

        if (generation == 0 && context->intended.n_unsettled > 0)
                generation = context->intended.unsettled[0];
        if (generation > 0 || !context->store)
                pg_context_try_event(context, generation, kind);
}

static bool find_generation(const struct pg_context *context, const struct pg_record *record,
                            enum pg_generation_state *ret)
{
        _cleanup_(pg_generation_done) struct pg_generation generation = {0};

        if (!context->store || record->generation == 0 ||
            pg_store_generation(context->store, record->generation, &generation, NULL) < 0)
                return false;
        *ret = strcmp(generation.digest, record->digest) == 0 ? generation.state : PG_GENERATION_FAILED;
        return true;
}

/* The next boot brings back what the kernel fell back to, or nothing, instead of what was taken back.
 */
static void note_fallback(struct pg_context *context, const struct pg_table *table)
{
        enum pg_generation_state state = PG_GENERATION_FAILED;

        if (pg_table_open_trial(table).after == PG_AFTER_TRIAL_OFF)
                pg_context_try_event(context, 0, PG_EVENT_DISABLED);
        else if (find_generation(context, &table->falls_back, &state) &&
                 state == PG_GENERATION_CONFIRMED)
                pg_context_try_event(context, table->falls_back.generation, PG_EVENT_CONFIRMED);
}

/* The history may have another generation of that number, or have it as confirmed: then somebody loaded
 * a table that was saved before. */
void pg_trial_ended(struct pg_context *context, const struct pg_table *table, bool goes_back)
{
        const struct pg_record *tried = &table->enforced;
        enum pg_generation_state state;

        if (!find_generation(context, tried, &state) ||
            (state != PG_GENERATION_CONFIRMED && state != PG_GENERATION_FAILED))
                pg_trial_event(context, tried->generation, PG_EVENT_ENDED);
        else if (goes_back && state == PG_GENERATION_CONFIRMED &&
                 tried->generation == context->intended.confirmed)
                note_fallback(context, table);
}

static int try_once(void *data)
{
        struct keeping *keeping = data;
        _cleanup_(pg_policy_freep) struct pg_policy *policy = NULL; /* the target borrows from it */
        _cleanup_(done) struct pg_convergence c = {.context = keeping->context,
                                                   .outcome = keeping->outcome,
                                                   .error = keeping->context->error};
        int r;

        pg_outcome_restart(c.outcome, 0);
        r = pg_batch_new(c.context->nft, &c.batch, c.error);
        if (r < 0)
                return r;
        return keeping->trial_ms ? extend(&c, keeping->trial_ms) : confirm(&c, &policy, keeping);
}

static int carry_out(struct pg_context *context, struct pg_outcome *outcome, void *data)
{
        _cleanup_(pg_watch_closep) struct pg_watch *watch = NULL;
        const struct pg_change_options *options = data;
        struct keeping keeping = {.context = context,
                                  .outcome = outcome,
                                  .trial_ms = options->trial_ms,
                                  .allow_lockout = options->allow_lockout};
        int r = pg_watch_open(context->nft, &watch, context->error);

        if (r >= 0)
                r = pg_retry(try_once, &keeping);
        if (r >= 0 && !keeping.trial_ms) {
                pg_untried_report(context, outcome);
                pg_others_report(context, outcome, true);
        }
        if (r >= 0 && keeping.trial_ms)
                pg_trial_event(context, outcome->generation, PG_EVENT_EXTENDED);
        return r;
}

int pg_confirm(const struct pg_settings *settings, const struct pg_change_options *options,
               struct pg_outcome **ret, struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        struct pg_change_options kept = {.allow_lockout = options->allow_lockout};
        const struct pg_change_steps steps = {.need = PG_HISTORY_NEEDED,
                                              .carry_out = carry_out,
                                              .data = &kept};

        return pg_change_run(settings, &steps, ret, diagnostics, error);
}

int pg_extend(const struct pg_settings *settings, unsigned trial_ms, struct pg_outcome **ret,
              struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        struct pg_change_options longer = {.trial_ms = trial_ms};
        const struct pg_change_steps steps = {.need = PG_HISTORY_OPTIONAL,
                                              .carry_out = carry_out,
                                              .data = &longer};

        if (trial_ms == 0)
                return pg_error_set(error, PG_STATUS_USAGE, -EINVAL, "a trial lasts at least a second");
        return pg_change_run(settings, &steps, ret, diagnostics, error);
}
