/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What plan found and what apply did. */
#include "engine/outcome.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/strings.h"
#include "engine/unfilled.h"
#include "policy/diff/diff.h"

/* The public part comes first. */
struct kept_outcome {
        struct pg_outcome outcome;
        struct pg_nft *nft;
};

struct pg_outcome *pg_outcome_new(void)
{
        struct kept_outcome *kept = calloc(1, sizeof(*kept));

        return kept ? &kept->outcome : NULL;
}

void pg_outcome_keep(struct pg_outcome *outcome, struct pg_nft *nft)
{
        ((struct kept_outcome *)outcome)->nft = nft;
}

void pg_closed_free(struct pg_closed_service *closed, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                free(closed[i].name);
                free(closed[i].ports);
                free(closed[i].summary);
        }
        free(closed);
}

struct pg_outcome *pg_outcome_free(struct pg_outcome *outcome)
{
        if (!outcome)
                return NULL;
        pg_strings_free(outcome->profiles, outcome->n_profiles);
        pg_changes_free(outcome->changes);
        pg_closed_free(outcome->closed, outcome->n_closed);
        pg_unfilled_free(outcome->unfilled, outcome->n_unfilled);
        pg_left_out_done(&outcome->left_out);
        pg_strings_free(outcome->kept.options, outcome->kept.n_options);
        pg_strings_free(outcome->kept.unused, outcome->kept.n_unused);
        pg_strings_free(outcome->repaired, outcome->n_repaired);
        free(outcome->change);
        pg_nft_close(((struct kept_outcome *)outcome)->nft);
        free(outcome);
        return NULL;
}

int pg_outcome_repaired(struct pg_outcome *outcome, const char *format, ...)
{
        char **item = PG_ARRAY_ADD(outcome->repaired, outcome->n_repaired);
        va_list arguments;
        int r;

        if (!item)
                return -ENOMEM;
        va_start(arguments, format);
        r = vasprintf(item, format, arguments);
        va_end(arguments);
        if (r < 0) {
                *item = NULL;
                outcome->n_repaired--;
                return -ENOMEM;
        }
        return 0;
}

int pg_copy_closed(const struct pg_policy *policy, struct pg_closed_service **ret, size_t *ret_n)
{
        for (size_t i = 0; i < policy->n_closed; i++) {
                struct pg_closed_service *closed = PG_ARRAY_ADD(*ret, *ret_n);

                if (!closed)
                        return -ENOMEM;
                closed->name = strdup(policy->closed[i].name);
                closed->ports = strdup(policy->closed[i].ports);
                closed->summary = strdup(policy->closed[i].summary);
                if (!closed->name || !closed->ports || !closed->summary)
                        return -ENOMEM;
        }
        return 0;
}

void pg_outcome_restart(struct pg_outcome *outcome, size_t n_repaired)
{
        pg_strings_free(outcome->profiles, outcome->n_profiles);
        outcome->profiles = NULL;
        outcome->n_profiles = 0;
        pg_closed_free(outcome->closed, outcome->n_closed);
        outcome->closed = NULL;
        outcome->n_closed = 0;
        pg_unfilled_free(outcome->unfilled, outcome->n_unfilled);
        outcome->unfilled = NULL;
        outcome->n_unfilled = 0;
        outcome->changes = pg_changes_free(outcome->changes);
        while (outcome->n_repaired > n_repaired)
                free(outcome->repaired[--outcome->n_repaired]);
}

int pg_outcome_describe(struct pg_outcome *outcome, const struct pg_policy *before,
                        const struct pg_policy *after, struct pg_error *error)
{
        pg_outcome_restart(outcome, outcome->n_repaired);
        if (pg_copy_strings(after->profiles, after->n_profiles, &outcome->profiles,
                            &outcome->n_profiles) < 0 ||
            pg_copy_closed(after, &outcome->closed, &outcome->n_closed) < 0 ||
            pg_unfilled_find(after, &outcome->unfilled, &outcome->n_unfilled) < 0)
                return pg_error_memory(error);
        return pg_policy_compare(before, after, &outcome->changes, error);
}

void pg_left_out_done(struct pg_left_out *left_out)
{
        pg_strings_free(left_out->options, left_out->n_options);
        pg_changes_free(left_out->changes);
        free(left_out->reason);
        *left_out = (struct pg_left_out){0};
}
