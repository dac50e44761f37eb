/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The beginning of every command. */
#include "engine/begin.h"

#include <errno.h>

#include "engine/engine.h"
#include "engine/outcome.h"
#include "engine/recover.h"

/* A user without rights is refused by the kernel, before the lock's file gets in the way. */
static int open_kernel(struct pg_context *c, struct pg_outcome *outcome)
{
        uint32_t ignored;
        int r = pg_nft_open(&c->nft, c->error);

        if (r < 0)
                return r;
        pg_outcome_keep(outcome, c->nft);
        return pg_nft_genid(c->nft, &ignored, c->error);
}

/* `without`: what a warning says of an optional one that cannot be used. */
static int open_history(struct pg_context *c, enum pg_history_need need, const char *without)
{
        const char *directory = pg_setting_state(c->settings);
        struct pg_error error;
        int r = pg_store_open_to_write(directory, c->settings->wait_ms, &c->store, &error);

        if (r == -EROFS && need == PG_HISTORY_READ) {
                pg_diagnostics_add(c->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                                   "this will not be in the history: %s", error.message);
                c->is_read_only = true;
                r = pg_store_open(directory, PG_STORE_READ, &c->store, &error);
        }
        if (r >= 0)
                r = pg_store_intended(c->store, &c->intended, &error);
        if (r >= 0)
                return 0;
        if (need != PG_HISTORY_OPTIONAL) {
                if (c->error)
                        *c->error = error;
                return r;
        }
        c->store = pg_store_close(c->store);
        if (pg_lock_was_left(c->lock))
                pg_lock_stay_left(c->lock);
        pg_diagnostics_add(c->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0}, "%s: %s", without,
                           error.message);
        return 0;
}

static void report_unsettled(struct pg_context *c, const struct pg_error *error)
{
        pg_diagnostics_add(c->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                           "what an interrupted run left could not be settled: %s", error->message);
}

/* What needs no history to be written must not fail for an end that cannot be written into it: a host
 * would come up open, or could not be rid of its filter. */
static int settle(struct pg_context *c, enum pg_history_need need)
{
        bool was_left = pg_lock_was_left(c->lock);
        int r;

        if (!was_left && c->intended.n_unsettled == 0 && !c->intended.is_disabling)
                return 0;
        r = pg_recover(c, was_left);
        if (r >= 0)
                return 0;
        pg_lock_stay_left(c->lock);
        if (need != PG_HISTORY_READ && need != PG_HISTORY_OPTIONAL)
                return r;
        report_unsettled(c, c->error);
        return 0;
}

int pg_context_begin(struct pg_context *context, const struct pg_settings *settings,
                     enum pg_history_need need, struct pg_outcome *outcome,
                     struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        int r;

        *context = (struct pg_context){
                .settings = settings,
                .diagnostics = diagnostics,
                .error = error,
        };
        r = open_kernel(context, outcome);
        if (r >= 0 && need != PG_HISTORY_UNUSED)
                r = pg_lock_take(pg_setting_state(settings), settings->wait_ms, &context->lock, error);
        if (r >= 0 && need != PG_HISTORY_UNUSED)
                r = open_history(context, need, "this will not be in the history");
        if (r < 0)
                return r;
        pg_context_find_caller(context);
        return context->lock ? settle(context, need) : 0;
}

static int recover(struct pg_context *c)
{
        int r = open_history(c, PG_HISTORY_OPTIONAL,
                             "what an earlier run left cannot be settled in the history");

        if (r < 0)
                return r;
        /* What is settled in the kernel the history is to hear of. */
        if (!c->store)
                pg_lock_stay_left(c->lock);
        pg_context_find_caller(c);
        return pg_recover(c, pg_lock_was_left(c->lock));
}

/* Where this fails, the next command finds what was left. */
static int recover_if_needed(struct pg_context *c)
{
        _cleanup_(pg_table_done) struct pg_table table = {0};
        int r = pg_table_read(c->nft, PG_READ_STRUCTURE, &table, c->error);

        if (r >= 0 && (pg_lock_was_left(c->lock) || pg_needs_recovery(&table)))
                r = recover(c);
        if (r < 0)
                pg_lock_stay_left(c->lock);
        return r;
}

struct pg_lock *pg_hold_off_writers(const struct pg_settings *settings, struct pg_nft *nft,
                                    struct pg_diagnostics *diagnostics)
{
        struct pg_error error;
        _cleanup_(pg_context_done) struct pg_context context = {
                .settings = settings,
                .diagnostics = diagnostics,
                .error = &error,
                .nft = nft,
        };
        int r = pg_lock_take(pg_setting_state(settings), settings->wait_ms, &context.lock, &error);

        if (r < 0)
                pg_diagnostics_add(diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                                   "this may be half of a change that is not finished: %s",
                                   error.message);
        else if (recover_if_needed(&context) < 0)
                report_unsettled(&context, &error);
        return PG_TAKE(context.lock);
}

bool pg_is_outrun(const struct pg_settings *settings, struct pg_nft *nft, uint32_t genid)
{
        int state = pg_lock_peek(pg_setting_state(settings));
        uint32_t now;

        if (state == PG_LOCK_HELD || state == PG_LOCK_UNUSED)
                return state == PG_LOCK_HELD;
        return pg_nft_genid(nft, &now, NULL) < 0 || now != genid;
}

int pg_table_read_settled(const struct pg_settings *settings, struct pg_nft *nft, bool is_locked,
                          enum pg_read what, struct pg_table *ret, struct pg_diagnostics *diagnostics,
                          struct pg_error *error)
{
        _cleanup_(pg_table_done) struct pg_table table = {0};
        _cleanup_(pg_lock_releasep) struct pg_lock *lock = NULL;
        int r = pg_table_read(nft, what, &table, error);

        if (r >= 0 && !is_locked &&
            (pg_lock_peek(pg_setting_state(settings)) == PG_LOCK_LEFT || pg_needs_recovery(&table)))
                lock = pg_hold_off_writers(settings, nft, diagnostics);
        if (lock) {
                pg_table_done(&table);
                r = pg_table_read(nft, what, &table, error);
        }
        if (r >= 0)
                *ret = PG_TAKE(table);
        return r;
}

void pg_recover_if_needed(const struct pg_settings *settings, struct pg_diagnostics *diagnostics)
{
        _cleanup_(pg_nft_closep) struct pg_nft *nft = NULL;
        _cleanup_(pg_table_done) struct pg_table table = {0};

        if (pg_nft_open(&nft, NULL) >= 0)
                pg_table_read_settled(settings, nft, false, PG_READ_STRUCTURE, &table, diagnostics,
                                      NULL);
}
