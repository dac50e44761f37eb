/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the history says should be enforced. */
#include "engine/intended.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "engine/engine.h"
#include "state/lock.h"
#include "state/store/store.h"

static int open_intended(const struct pg_settings *settings, struct pg_store **ret_store,
                         struct pg_intended *ret, struct pg_error *error)
{
        int r = pg_store_open(pg_setting_state(settings), PG_STORE_READ, ret_store, error);

        return r < 0 ? r : pg_store_intended(*ret_store, ret, error);
}

static int find(const struct pg_settings *settings, uint32_t *ret, struct pg_error *error)
{
        _cleanup_(pg_store_closep) struct pg_store *store = NULL;
        _cleanup_(pg_intended_done) struct pg_intended intended = {0};
        int r = open_intended(settings, &store, &intended, error);

        if (r >= 0)
                *ret = intended.confirmed;
        return r;
}

uint32_t pg_intended_generation(const struct pg_settings *settings)
{
        uint32_t generation = 0;

        find(settings, &generation, NULL);
        return generation;
}

uint32_t pg_intended_or_warn(const struct pg_settings *settings, struct pg_diagnostics *diagnostics)
{
        uint32_t generation = 0;
        struct pg_error error;
        int r = find(settings, &generation, &error);

        if (r < 0 && r != -ENOENT && diagnostics)
                pg_diagnostics_add(diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                                   PG_INTENDED_NOT_KNOWN "%s", error.message);
        return generation;
}

/* What the history has of a generation of the table: its state. False where it has another one of that
 * number, or none. */
static bool find_state(struct pg_store *store, const struct pg_record *record,
                       enum pg_generation_state *ret)
{
        _cleanup_(pg_generation_done) struct pg_generation generation = {0};

        if (pg_store_generation(store, record->generation, &generation, NULL) < 0 ||
            strcmp(generation.digest, record->digest) != 0)
                return false;
        *ret = generation.state;
        return true;
}

/* To be asked before the history is read: what is written until then counts. */
static bool is_at_rest(const struct pg_settings *settings)
{
        int state = pg_lock_peek(pg_setting_state(settings));

        return state == PG_LOCK_FREE || state == PG_LOCK_OURS;
}

/* Of what somebody is at work on, or died over, the history will hear. */
static bool is_settled(enum pg_generation_state state)
{
        return state != PG_GENERATION_STORED && state != PG_GENERATION_TRIAL;
}

static char *describe_kept(const struct pg_intended *intended, const struct pg_record *kept,
                           const char *holder, bool is_there)
{
        if (intended->is_disabled)
                return pg_format("%s generation %u, but by the history none should be enforced: "
                                 "portguard was disabled, and somebody loaded a table that was saved "
                                 "before",
                                 holder, kept->generation);
        if (kept->generation == intended->confirmed)
                return pg_format("%s another generation %u than the history has: somebody loaded a "
                                 "table that was saved before, or the history is another one",
                                 holder, kept->generation);
        return pg_format(
                "%s generation %u, but by the history it should be %u%s", holder, kept->generation,
                intended->confirmed,
                is_there ? "" : "; the history does not have it, and is an older copy or another one");
}

/* An apply without a profile needs a site that names one, and may be of another policy. */
static char *advise_disabled(struct pg_store *store, const struct pg_table *table)
{
        uint32_t number = table->enforced.generation;
        enum pg_generation_state state;

        if (table->trial.slot)
                return strdup(pg_trial_can_be_kept(table)
                                      ? "portguard disable, or portguard confirm to keep what "
                                        "is on trial"
                                      : "portguard disable");
        if (table->slot && find_state(store, &table->enforced, &state))
                return pg_format("portguard disable, or portguard rollback %u to keep generation %u",
                                 number, number);
        return strdup("portguard disable, or portguard apply PROFILE");
}

/* What is in force for good, or would be when the trial is over. */
static int compare_kept(struct pg_store *store, const struct pg_intended *intended,
                        const struct pg_table *table, bool is_resting, struct pg_disagreement *ret)
{
        const struct pg_record *kept = table->trial.slot ? &table->falls_back : &table->enforced;
        enum pg_generation_state state = PG_GENERATION_FAILED;
        bool is_there = kept->generation != 0 && find_state(store, kept, &state);

        if (kept->generation == 0 || (is_there && !is_settled(state) && !is_resting) ||
            (is_there && kept->generation == intended->confirmed) ||
            (!intended->is_disabled && intended->confirmed == 0))
                return 0;
        ret->text = describe_kept(intended, kept,
                                  table->trial.slot ? "the trial falls back to" : "the kernel holds",
                                  is_there);
        return ret->text ? 0 : -ENOMEM;
}

static int compare_trial(struct pg_store *store, const struct pg_table *table,
                         struct pg_disagreement *ret)
{
        uint32_t number = table->enforced.generation;
        enum pg_generation_state state;

        if (!table->trial.slot || !find_state(store, &table->enforced, &state) || !is_settled(state))
                return 0;
        if (!ret->text)
                ret->text =
                        pg_format("generation %u is on trial again, but by the history %s: somebody "
                                  "loaded a table that was saved before",
                                  number,
                                  state == PG_GENERATION_CONFIRMED ? "it was confirmed"
                                                                   : "its trial has ended");
        return ret->text ? 0 : -ENOMEM;
}

/* The history may be another host's. */
static char *advise_keep(const struct pg_table *table)
{
        const struct pg_record *kept = &table->enforced;
        _cleanup_(pg_freep) char *reapply = pg_reapply_text(kept->profiles, kept->n_profiles);

        return reapply ? pg_format("portguard verify --repair, or to keep what is enforced: %s",
                                   reapply)
                       : NULL;
}

/* NULL in *ret: nothing beyond what repairs the table. */
static int advise(struct pg_store *store, const struct pg_intended *intended,
                  const struct pg_table *table, char **ret)
{
        bool is_kept = table->falls_back.generation == intended->confirmed;

        if (intended->is_disabled)
                *ret = advise_disabled(store, table);
        else if (!table->trial.slot)
                *ret = advise_keep(table);
        else if (!pg_trial_can_be_kept(table))
                return 0;
        else if (table->enforced.generation == intended->confirmed)
                *ret = strdup("portguard confirm");
        else if (is_kept)
                *ret = strdup("portguard rollback, or portguard confirm to keep what is on trial");
        else
                return 0;
        return *ret ? 0 : -ENOMEM;
}

int pg_intended_compare(const struct pg_settings *settings, const struct pg_table *table,
                        struct pg_disagreement *ret, struct pg_error *error)
{
        _cleanup_(pg_store_closep) struct pg_store *store = NULL;
        _cleanup_(pg_intended_done) struct pg_intended intended = {0};
        _cleanup_(pg_disagreement_done) struct pg_disagreement found = {0};
        bool is_resting = is_at_rest(settings);

        if (open_intended(settings, &store, &intended, NULL) < 0)
                return 0;
        if (compare_kept(store, &intended, table, is_resting, &found) < 0 ||
            compare_trial(store, table, &found) < 0 ||
            (found.text && advise(store, &intended, table, &found.advice) < 0))
                return pg_error_memory(error);
        *ret = PG_TAKE(found);
        return 0;
}

void pg_disagreement_done(struct pg_disagreement *disagreement)
{
        free(disagreement->text);
        free(disagreement->advice);
        *disagreement = (struct pg_disagreement){0};
}

char *pg_disabled_advice(const struct pg_settings *settings, const struct pg_table *table)
{
        _cleanup_(pg_store_closep) struct pg_store *store = NULL;
        _cleanup_(pg_intended_done) struct pg_intended intended = {0};

        if (open_intended(settings, &store, &intended, NULL) < 0 || !intended.is_disabled)
                return NULL;
        return advise_disabled(store, table);
}

char *pg_reapply_text(char *const *profiles, size_t n)
{
        _cleanup_(pg_freep) char *names = pg_strings_join(profiles, n, " ");

        return names ? pg_format("portguard apply %s, with the options that it had",
                                 n > 0 ? names : "PROFILE")
                     : NULL;
}

static char *loss_text(const struct pg_table *table, const char *why)
{
        const struct pg_record *kept = table->trial.slot ? &table->falls_back : &table->enforced;
        _cleanup_(pg_freep) char *reapply = pg_reapply_text(kept->profiles, kept->n_profiles);

        if (!reapply)
                return NULL;
        return pg_format(
                "%s does not come back at boot (%s) until %s%s, writes it down; portguard plan "
                "with the same tells first what would change",
                table->trial.slot ? "what the trial falls back to" : "what is enforced", why,
                table->trial.slot ? "the trial is over and " : "", reapply);
}

/* What somebody is at work on is not lost. */
static bool is_lost(struct pg_store *store, const struct pg_intended *intended,
                    const struct pg_record *kept, bool is_resting)
{
        enum pg_generation_state state;

        return kept->generation != 0 && !intended->is_disabled && intended->confirmed == 0 &&
               (is_resting || !find_state(store, kept, &state) || is_settled(state));
}

/* What cannot be read at boot leaves the host open then. In place of what a newer version wrote, an
 * older one is brought back. */
static char *unreadable_text(struct pg_store *store, uint32_t confirmed)
{
        _cleanup_(pg_policy_freep) struct pg_policy *policy = NULL;
        struct pg_error why;
        int r = pg_store_policy(store, confirmed, NULL, &policy, &why);

        return r < 0 && r != -ENOTSUP ? pg_format("generation %u could not be brought back at boot: %s",
                                                  confirmed, why.message)
                                      : NULL;
}

char *pg_loss_at_boot(const struct pg_settings *settings, const struct pg_table *table, bool is_read)
{
        const struct pg_record *kept = table->trial.slot ? &table->falls_back : &table->enforced;
        _cleanup_(pg_store_closep) struct pg_store *store = NULL;
        _cleanup_(pg_intended_done) struct pg_intended intended = {0};
        bool is_resting = is_at_rest(settings);
        struct pg_error why;
        int r = open_intended(settings, &store, &intended, &why);

        if (r == -ENOENT) {
                snprintf(why.message, sizeof(why.message), "there is no history in %s",
                         pg_setting_state(settings));
                return kept->generation != 0 ? loss_text(table, why.message) : NULL;
        }
        if (r < 0)
                return pg_format(PG_INTENDED_NOT_KNOWN "%s", why.message);
        if (is_lost(store, &intended, kept, is_resting))
                return loss_text(table, "the history has no confirmed generation");
        if (intended.confirmed == 0 || (is_read && intended.confirmed == table->enforced.generation))
                return NULL;
        return unreadable_text(store, intended.confirmed);
}

char *pg_absence_text(const struct pg_settings *settings, struct pg_diagnostics *diagnostics)
{
        uint32_t generation = pg_intended_or_warn(settings, diagnostics);

        if (!generation)
                return NULL;
        return pg_format(
                "nothing is enforced, though generation %u should be: somebody removed "
                "the table inet portguard or its hooks, the host was started without portguard "
                "restore, or portguard disable could not write the history; portguard verify --repair brings it back",
                generation);
}
