/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diff: two generations side by side. */
#include <errno.h>

#include "base/public.h"
#include "engine/begin.h"
#include "engine/explain/internal.h"
#include "engine/outcome.h"

static int describe(struct pg_outcome *outcome, const struct pg_reference *from,
                    const struct pg_reference *to, struct pg_error *error)
{
        int r;

        if (!to->policy)
                return pg_error_set(error, PG_STATUS_REFUSED, -ENOENT,
                                    "nothing is enforced: name two generations to compare");
        r = pg_outcome_describe(outcome, from->policy, to->policy, error);
        if (r < 0)
                return r;
        outcome->generation = to->generation;
        outcome->state = PG_STATE_CONFIRMED;
        outcome->changed = outcome->changes->n > 0;
        return 0;
}

int pg_diff(const struct pg_settings *settings, uint32_t from, uint32_t to, struct pg_outcome **ret,
            struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        _cleanup_(pg_outcome_freep) struct pg_outcome *outcome = pg_outcome_new();
        const struct pg_question first = {.generation = from}, second = {.generation = to};
        struct pg_reference before = {0}, after = {0};
        int r;

        if (!outcome)
                return pg_error_memory(error);
        pg_recover_if_needed(settings, diagnostics);
        r = pg_reference_find(settings, &first, &before, diagnostics, error);
        if (r >= 0)
                r = pg_reference_find(settings, &second, &after, diagnostics, error);
        if (r >= 0)
                r = describe(outcome, &before, &after, error);
        pg_reference_done(&before);
        pg_reference_done(&after);
        if (r < 0)
                return r;
        *ret = PG_TAKE(outcome);
        return 0;
}
