/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is on trial: for how long, what comes after, and what to type. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/strings.h"
#include "cli/print.h"
#include "cli/text/internal.h"

unsigned pg_trial_seconds(uint64_t left_ms)
{
        return left_ms < 1000 ? 1 : (unsigned)((left_ms + 999) / 1000);
}

char *pg_trial_after_text(const struct pg_open_trial *trial)
{
        switch (trial->after) {
        case PG_AFTER_TRIAL_GENERATION:
                return pg_must(pg_format("generation %u is enforced", trial->falls_back_to));
        case PG_AFTER_TRIAL_UNRECORDED:
                return pg_must(strdup("what it falls back to, a generation that is not known since its "
                                      "record is gone or was changed, is enforced"));
        case PG_AFTER_TRIAL_CHANGED:
                return pg_must(pg_format("what it falls back to, generation %u, was changed by "
                                         "somebody: who gets in then is not known",
                                         trial->falls_back_to));
        case PG_AFTER_TRIAL_REFUSED:
                return pg_must(strdup("everything is refused, for somebody deleted the rule of what it "
                                      "falls back to"));
        case PG_AFTER_TRIAL_FOREIGN:
                return pg_must(strdup("rules that somebody put into the input hook decide, for what it "
                                      "falls back to is gone"));
        case PG_AFTER_TRIAL_OFF:
                break;
        }
        return pg_must(strdup("nothing is enforced"));
}

void pg_trial_print(FILE *out, uint32_t generation, const struct pg_open_trial *trial)
{
        pg_trial_print_at(out, pg_terminal_width(out), generation, trial);
}

#define LONGER_MINUTES 5
#define MINUTES_MAX (PG_DURATION_MAX_MS / (60 * 1000))
#define MINUTES_TEXT_MAX sizeof("1440m")

/* A time that is no shorter than what is left. */
static const char *longer_text(const struct pg_open_trial *trial, char text[static MINUTES_TEXT_MAX])
{
        unsigned minutes = pg_trial_seconds(trial->left_ms) / 60;

        minutes = minutes < LONGER_MINUTES ? LONGER_MINUTES : minutes + LONGER_MINUTES;
        if (minutes > MINUTES_MAX)
                minutes = MINUTES_MAX;
        snprintf(text, MINUTES_TEXT_MAX, "%um", minutes);
        return text;
}

void pg_trial_print_at(FILE *out, size_t width, uint32_t generation, const struct pg_open_trial *trial)
{
        _cleanup_(pg_freep) char *name = pg_name_generation(generation, NULL, 0);
        _cleanup_(pg_freep) char *after = pg_trial_after_text(trial);
        char longer[MINUTES_TEXT_MAX];
        _cleanup_(pg_freep) char *line = pg_must(
                pg_format("On trial: %s, %u s left; then the kernel takes it back by itself, and %s.",
                          name, pg_trial_seconds(trial->left_ms), after));

        pg_print_wrapped_at(out, width, 0, line);
        if (trial->cannot_confirm)
                pg_print_wrapped_at(
                        out, width, 0,
                        trial->cannot_extend
                                ? "Somebody changed the trial's set: it can be neither kept nor "
                                  "extended, portguard rollback takes it back."
                                : "Somebody changed what is on trial: it cannot be kept, "
                                  "portguard rollback takes it back.");
        else
                fputs("  portguard confirm      keep it for good\n", out);
        if (!trial->cannot_extend)
                fprintf(out, "  portguard extend %-5s more time from now on\n",
                        longer_text(trial, longer));
        fputs(trial->after == PG_AFTER_TRIAL_CHANGED
                      ? "  portguard rollback     take it back now, to what somebody changed\n"
                      : "  portguard rollback     take it back now\n",
              out);
}

void pg_trial_print_kept(const struct pg_outcome *outcome)
{
        printf("kept generation %u for good\n", outcome->generation);
        if (outcome->ssh_connections > 0)
                printf("ssh: %" PRId64 " new connection%s%s let in since the trial began\n",
                       outcome->ssh_connections, outcome->ssh_connections == 1 ? "" : "s",
                       outcome->ssh_untracked ? ", or packets that are not tracked," : "");
}
