/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan, apply and disable. */
#include "engine/engine.h"

#include <errno.h>

#include "kernel/links.h"
#include "state/lock.h"

PG_DEFINE_CLEANUP(struct pg_outcome, pg_outcome_free)

/* A user without rights is told so by the kernel, before the lock's file gets in the way. */
static int open_kernel(struct pg_outcome *outcome, struct pg_nft **ret, struct pg_error *error)
{
        uint32_t ignored;
        int r = pg_nft_open(ret, error);

        if (r < 0)
                return r;
        pg_outcome_keep(outcome, *ret);
        return pg_nft_generation(*ret, &ignored, error);
}

/* An interface may come later; a mistyped one never does. What the kernel does not say is no reason to
 * hold the apply up. */
static void check_interfaces(const struct pg_site *site, struct pg_diagnostics *diagnostics)
{
        struct pg_error ignored;

        for (size_t i = 0; i < site->n_groups; i++)
                for (size_t j = 0; j < site->groups[i].interfaces.n; j++) {
                        const struct pg_word *word = &site->groups[i].interfaces.items[j];
                        bool exists = true;

                        if (pg_link_exists(word->text, &exists, &ignored) >= 0 && !exists)
                                pg_diagnostics_add(
                                        diagnostics, PG_SEVERITY_WARNING, word->place,
                                        "there is no interface '%s' now; group '%s' lets it in when "
                                        "it comes",
                                        word->text, site->groups[i].name);
                }
}

static int run(const struct pg_settings *settings, const struct pg_request *request,
               enum pg_converge_mode mode, struct pg_outcome **ret, struct pg_diagnostics *diagnostics,
               struct pg_error *error)
{
        _cleanup_(pg_outcome_freep) struct pg_outcome *outcome = pg_outcome_new();
        _cleanup_(pg_lock_releasep) struct pg_lock *lock = NULL;
        struct pg_compiled compiled = {0};
        struct pg_nft *nft = NULL;
        int r;

        if (!outcome)
                return pg_error_memory(error);
        r = pg_compile_request(settings, request, &compiled, diagnostics, error);
        if (r >= 0)
                check_interfaces(compiled.site, diagnostics);
        if (r >= 0)
                r = open_kernel(outcome, &nft, error);
        /* I7. What writes nothing need not wait for a writer. */
        if (r >= 0 && mode == PG_CONVERGE_APPLY)
                r = pg_lock_take(pg_setting_state(settings), settings->wait_ms, &lock, error);
        if (r >= 0)
                r = pg_converge(nft, compiled.policy, mode, outcome, error);
        pg_compiled_done(&compiled);
        if (r < 0)
                return r;
        *ret = PG_TAKE(outcome);
        return 0;
}

int pg_plan(const struct pg_settings *settings, const struct pg_request *request,
            struct pg_outcome **ret, struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        return run(settings, request, PG_CONVERGE_PLAN, ret, diagnostics, error);
}

int pg_apply(const struct pg_settings *settings, const struct pg_request *request, bool dry_run,
             struct pg_outcome **ret, struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        return run(settings, request, dry_run ? PG_CONVERGE_CHECK : PG_CONVERGE_APPLY, ret, diagnostics,
                   error);
}

static int disable(struct pg_nft *nft, struct pg_outcome *outcome, struct pg_error *error)
{
        struct pg_snapshot snapshot = {0};
        int r = pg_nft_read(nft, PG_READ_STRUCTURE, &snapshot, error);

        if (r >= 0 && snapshot.exists) {
                outcome->changed = true;
                r = pg_remove_table(nft, snapshot.ruleset, error);
        }
        pg_snapshot_done(&snapshot);
        if (r < 0)
                return r;
        r = pg_nft_read(nft, PG_READ_STRUCTURE, &snapshot, error);
        if (r >= 0 && snapshot.exists)
                r = pg_error_set(
                        error, PG_STATUS_FAILED, -EBADE,
                        "the table inet portguard is still there, or was made again by somebody else");
        pg_snapshot_done(&snapshot);
        return r;
}

int pg_disable(const struct pg_settings *settings, struct pg_outcome **ret, struct pg_error *error)
{
        _cleanup_(pg_outcome_freep) struct pg_outcome *outcome = pg_outcome_new();
        _cleanup_(pg_lock_releasep) struct pg_lock *lock = NULL;
        struct pg_nft *nft = NULL;
        int r;

        if (!outcome)
                return pg_error_memory(error);
        r = open_kernel(outcome, &nft, error);
        if (r >= 0)
                r = pg_lock_take(pg_setting_state(settings), settings->wait_ms, &lock, error);
        if (r >= 0)
                r = disable(nft, outcome, error);
        if (r < 0)
                return r;
        *ret = PG_TAKE(outcome);
        return 0;
}
