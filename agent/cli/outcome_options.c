/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options that the enforced generation was applied with, and what becomes of them. */
#include <stdio.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/json.h"
#include "cli/outcome.h"
#include "cli/print.h"

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
        if (fclose(out) != 0) {
                free(text);
                text = NULL;
        }
        return pg_must(text);
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

bool pg_outcome_has_options(const struct pg_outcome *outcome)
{
        return outcome->kept.are_asked_for;
}

void pg_outcome_print_options(const struct pg_outcome *outcome)
{
        if (outcome->kept.are_asked_for)
                print_kept(&outcome->kept);
}

json_t *pg_kept_options_json(const struct pg_kept_options *kept)
{
        json_t *object;

        if (!kept->are_asked_for)
                return json_null();
        object = pg_json_object();
        pg_json_put(object, "generation", pg_json_generation(kept->generation));
        pg_json_put(object, "options", pg_json_texts(kept->options, kept->n_options));
        pg_json_put(object, "unused", pg_json_texts(kept->unused, kept->n_unused));
        return object;
}
