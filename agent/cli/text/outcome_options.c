/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options that the enforced generation was applied with, and what becomes of them. */
#include <stdio.h>
#include <stdlib.h>

#include "base/strings.h"
#include "cli/print.h"
#include "cli/text/internal.h"

/* Changes that are reported in words; JSON has all. */
#define TOLD_MAX 4

/* "--group cluster=10.0.0.0/8 --with nodeport", safe to print. The caller frees it. */
static char *join(char *const *options, size_t n)
{
        char *text = NULL;
        size_t size = 0;
        FILE *out = pg_must(open_memstream(&text, &size));

        for (size_t i = 0; i < n; i++) {
                fputs(i > 0 ? " " : "", out);
                pg_print_text(out, options[i]);
        }
        return pg_must(pg_stream_end(out, &text));
}

static void print_line(char *text)
{
        pg_print_wrapped_at(stdout, pg_terminal_width(stdout), 2, pg_must(text));
        free(text);
}

static void print_kept(const struct pg_kept_options *kept)
{
        _cleanup_(pg_freep) char *options = join(kept->options, kept->n_options);
        _cleanup_(pg_freep) char *unused = join(kept->unused, kept->n_unused);

        if (kept->n_options > 0)
                print_line(pg_format("kept of generation %u: %s", kept->generation, options));
        else if (kept->generation == 0)
                puts("nothing to keep: nothing was enforced");
        else if (kept->n_unused == 0)
                printf("nothing to keep: generation %u has no option that is not given here\n",
                       kept->generation);
        if (kept->n_unused > 0)
                print_line(pg_format("not kept of generation %u, of no use to these profiles: %s",
                                     kept->generation, unused));
}

/* "widens tcp/443 (internal -> any), and 3 more". The caller frees it. */
static char *join_changes(const struct pg_changes *changes)
{
        char *text = NULL;
        size_t size = 0;
        FILE *out = pg_must(open_memstream(&text, &size));

        for (size_t i = 0; i < changes->n && i < TOLD_MAX; i++) {
                _cleanup_(pg_freep) char *change = pg_change_text(&changes->items[i]);

                fprintf(out, "%s%s", i > 0 ? ", " : "", change);
        }
        if (changes->n > TOLD_MAX)
                fprintf(out, ", and %zu more", changes->n - TOLD_MAX);
        return pg_must(pg_stream_end(out, &text));
}

static void print_left_out(const struct pg_left_out *left_out)
{
        _cleanup_(pg_freep) char *options = join(left_out->options, left_out->n_options);
        _cleanup_(pg_freep) char *changes = left_out->changes ? join_changes(left_out->changes) : NULL;
        bool is_one = left_out->n_options == 1;
        const char *are = is_one ? "is" : "are", *them = is_one ? "it" : "them";

        if (changes)
                print_line(pg_format("generation %u was applied with %s, which %s left out here: this "
                                     "%s; --keep-options keeps %s",
                                     left_out->generation, options, are, changes, them));
        else
                print_line(pg_format("generation %u was applied with %s, which %s left out here; what "
                                     "that lets in is not known: %s",
                                     left_out->generation, options, are,
                                     left_out->reason ? left_out->reason : ""));
}

bool pg_outcome_has_options(const struct pg_outcome *outcome)
{
        return outcome->kept.are_asked_for || outcome->left_out.n_options > 0;
}

void pg_outcome_print_options(const struct pg_outcome *outcome)
{
        if (outcome->kept.are_asked_for)
                print_kept(&outcome->kept);
        if (outcome->left_out.n_options > 0)
                print_left_out(&outcome->left_out);
}
