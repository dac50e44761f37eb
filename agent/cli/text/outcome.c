/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a change does, for people. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "cli/print.h"
#include "cli/text/internal.h"

void pg_closed_print(const struct pg_closed_service *closed, size_t n)
{
        _cleanup_(pg_columns_done) struct pg_columns table = {0};

        for (size_t i = 0; i < n; i++) {
                _cleanup_(pg_freep) char *how =
                        pg_must(pg_format("optional: --with %s", closed[i].name));

                PG_COLUMNS_ADD(&table, PG_STYLE_FAINT, "closed", closed[i].ports, how,
                               closed[i].summary);
        }
        pg_columns_print(&table, stdout);
}

void pg_outcome_print_repaired(const struct pg_outcome *outcome, enum pg_tense tense)
{
        for (size_t i = 0; i < outcome->n_repaired; i++) {
                fputs(tense == PG_TENSE_DONE ? "repaired: " : "to repair: ", stdout);
                pg_print_text(stdout, outcome->repaired[i]);
                putchar('\n');
        }
}

static void print_nothing_to_do(const struct pg_outcome *outcome, enum pg_tense tense)
{
        _cleanup_(pg_freep) char *name =
                pg_name_generation(outcome->generation, outcome->profiles, outcome->n_profiles);

        if (tense == PG_TENSE_PLAN && outcome->state == PG_STATE_TRIAL)
                printf("Nothing would change: %s is already enforced, on trial%s.\n", name,
                       outcome->trial.cannot_confirm ? "" : " (portguard confirm keeps it)");
        else if (tense == PG_TENSE_PLAN)
                printf("Nothing would change: %s is already enforced.\n", name);
        else if (outcome->n_repaired > 0)
                printf("Nothing else to do: %s is already enforced.\n", name);
        else
                printf("Nothing to do: %s is already enforced; nothing was written to the kernel.\n",
                       name);
}

/* Turning a filter on closes every port that no line mentions; a list of what opens does not say so. */
static void print_first_time(const struct pg_outcome *outcome, enum pg_tense tense)
{
        /* Something should have been enforced: a line below says what became of it. */
        const char *subject = outcome->n_repaired > 0 ? "No policy" : "portguard";
        const char *what = outcome->n_repaired > 0 ? "enforced" : "off";

        if (tense == PG_TENSE_DONE)
                printf("%s was %s: from now on, what no line above opens is refused.\n", subject, what);
        else
                printf("%s is %s: once applied, what no line above opens is refused.\n", subject, what);
}

static void print_done(const struct pg_outcome *outcome, const char *counts)
{
        _cleanup_(pg_freep) char *name =
                pg_name_generation(outcome->generation, outcome->profiles, outcome->n_profiles);

        if (outcome->restores > 0)
                printf("brought back generation %u as %s: %s; read back and equal.\n",
                       outcome->restores, name, counts);
        else
                printf("applied %s: %s; read back and equal.\n", name, counts);
        if (outcome->state == PG_STATE_TRIAL)
                pg_trial_print(stdout, outcome->generation, &outcome->trial);
}

/* Each list below the changes begins behind an empty line, if anything is above it. */
static void begin_list(bool *has_lines, bool is_there)
{
        if (*has_lines && is_there)
                putchar('\n');
        *has_lines |= is_there;
}

void pg_outcome_print_changes(const struct pg_outcome *outcome, enum pg_tense tense)
{
        bool has_lines = outcome->changes && outcome->changes->n > 0;

        if (has_lines)
                pg_changes_print(outcome->changes);
        begin_list(&has_lines, outcome->n_closed > 0);
        pg_closed_print(outcome->closed, outcome->n_closed);
        begin_list(&has_lines, outcome->n_unfilled > 0);
        pg_unfilled_print(stdout, pg_terminal_width(stdout), outcome->unfilled, outcome->n_unfilled);
        begin_list(&has_lines, pg_outcome_has_options(outcome));
        pg_outcome_print_options(outcome);
        if (has_lines)
                putchar('\n');
        if (outcome->changed && outcome->was_off)
                print_first_time(outcome, tense);
}

static void print_untried(enum pg_tense tense)
{
        puts(tense == PG_TENSE_DONE
                     ? "No trial is open: that policy was enforced already, there is nothing to take back."
                     : "No trial would be open: that policy is enforced already.");
}

/* While a trial is open it is what all is compared with, and no apply is possible. */
static void print_plan(const struct pg_outcome *outcome, const char *counts)
{
        _cleanup_(pg_freep) char *tried = pg_name_generation(outcome->generation, NULL, 0);

        if (outcome->state == PG_STATE_TRIAL)
                printf("plan: %s, against what is on trial. Nothing was changed; apply is refused while %s is "
                       "on trial: %stake it back (portguard rollback) first.\n",
                       counts, tried,
                       outcome->trial.cannot_confirm ? "" : "keep it (portguard confirm) or ");
        else
                printf("plan: %s. Nothing was changed; apply with the same arguments does it.\n",
                       counts);
}

void pg_outcome_print_summary(const struct pg_outcome *outcome, enum pg_tense tense)
{
        bool is_same = !outcome->changes || outcome->changes->n == 0;
        _cleanup_(pg_freep) char *counts =
                is_same && outcome->n_repaired > 0
                        ? pg_must(strdup("by the policies nobody gains or loses access, by what is "
                                         "repaired somebody may"))
                        : pg_outcome_count(outcome->changes, tense);

        pg_outcome_print_repaired(outcome, tense);
        if (!outcome->changed)
                print_nothing_to_do(outcome, tense);
        else if (tense == PG_TENSE_DONE)
                print_done(outcome, counts);
        else if (tense == PG_TENSE_DRY_RUN)
                printf("dry run: %s. The kernel accepts this; nothing was changed.\n", counts);
        else if (tense == PG_TENSE_OFFER)
                printf("to apply: %s.\n", counts);
        else
                print_plan(outcome, counts);
        if (outcome->untried)
                print_untried(tense);
}

void pg_outcome_print(const struct pg_outcome *outcome, enum pg_tense tense)
{
        pg_outcome_print_changes(outcome, tense);
        pg_outcome_print_summary(outcome, tense);
}

void pg_outcome_print_ended(const struct pg_outcome *outcome)
{
        _cleanup_(pg_freep) char *name =
                pg_name_generation(outcome->generation, outcome->profiles, outcome->n_profiles);

        pg_outcome_print_repaired(outcome, PG_TENSE_DONE);
        if (outcome->state == PG_STATE_OFF)
                puts("took the trial back: portguard is off again, nothing is enforced.");
        else if (outcome->change)
                printf("took the trial back: %s is in force, and is not what it was.\n", name);
        else
                printf("took the trial back: %s is enforced%s.\n", name,
                       outcome->is_equal ? "; read back and equal" : "");
}
