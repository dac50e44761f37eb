/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is on trial: for how long, what comes after, and what to type. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/print.h"
#include "cli/text/internal.h"

unsigned pg_trial_seconds(uint64_t left_ms)
{
        return left_ms < 1000 ? 1 : (unsigned)((left_ms + 999) / 1000);
}

void pg_trial_print(FILE *out, uint32_t generation, uint64_t left_ms, uint32_t falls_back_to)
{
        pg_trial_print_at(out, pg_terminal_width(out), generation, left_ms, falls_back_to);
}

static void print(FILE *out, size_t width, uint32_t generation, uint64_t left_ms, const char *after)
{
        char line[256];

        snprintf(line, sizeof(line),
                 "On trial: generation %u, %u s left; then the kernel takes it back by itself, and %s.",
                 generation, pg_trial_seconds(left_ms), after);
        pg_print_wrapped_at(out, width, 0, line);
        fputs("  portguard confirm      keep it for good\n"
              "  portguard extend 5m    more time from now on\n"
              "  portguard rollback     take it back now\n",
              out);
}

void pg_trial_print_at(FILE *out, size_t width, uint32_t generation, uint64_t left_ms,
                       uint32_t falls_back_to)
{
        char after[48] = "nothing is enforced";

        if (falls_back_to > 0)
                snprintf(after, sizeof(after), "generation %u is enforced", falls_back_to);
        print(out, width, generation, left_ms, after);
}

void pg_trial_print_view(FILE *out, size_t width, const struct pg_view *view)
{
        if (view->trial_refuses)
                print(out, width, view->generation, view->trial_left_ms,
                      "everything is refused, for somebody deleted the rule of what it falls back to");
        else if (view->trial_is_unknown)
                print(out, width, view->generation, view->trial_left_ms,
                      "rules that somebody put into the input hook decide, for what it falls back to is "
                      "gone");
        else
                pg_trial_print_at(out, width, view->generation, view->trial_left_ms,
                                  view->falls_back_to);
}

void pg_trial_print_kept(const struct pg_outcome *outcome)
{
        printf("kept generation %u for good\n", outcome->generation);
        if (outcome->ssh_connections > 0)
                printf("ssh: %" PRId64 " new connection%s accepted since the trial began\n",
                       outcome->ssh_connections, outcome->ssh_connections == 1 ? "" : "s");
}

void pg_trial_warn_untried(const struct pg_outcome *outcome, struct pg_diagnostics *diagnostics)
{
        if (outcome->ssh_connections == 0)
                pg_diagnostics_add(diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                                   "no new ssh connection was accepted during the trial: open one now "
                                   "before you close this session");
}
