/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The beginning and the end that all commands which change something have. */
#include "base/public.h"
#include "engine/begin.h"
#include "engine/change/internal.h"
#include "engine/outcome.h"

void pg_warn_unwritten(struct pg_context *context, const struct pg_change_options *options,
                       const struct pg_outcome *outcome)
{
        if (options->message && !options->dry_run && outcome->generation <= context->intended.last)
                pg_diagnostics_add(context->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                                   "no generation was made, so the message is not in the history");
}

int pg_change_run(const struct pg_settings *settings, const struct pg_change_steps *steps,
                  struct pg_outcome **ret, struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        _cleanup_(pg_outcome_freep) struct pg_outcome *outcome = pg_outcome_new();
        _cleanup_(pg_context_done) struct pg_context context = {0};
        int r;

        if (!outcome)
                return pg_error_memory(error);
        r = pg_context_begin(&context, settings, steps->need, outcome, diagnostics, error);
        if (r >= 0)
                r = steps->carry_out(&context, outcome, steps->data);
        if (r < 0)
                return r;
        *ret = PG_TAKE(outcome);
        return 0;
}
