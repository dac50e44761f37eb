/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups that nobody filled in, for people and programs. */
#include <stdio.h>

#include "cli/print.h"
#include "cli/text/text.h"
#include "cli/unfilled.h"

void pg_unfilled_print(FILE *out, size_t width, const struct pg_unfilled *unfilled, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                _cleanup_(pg_freep) char *text = pg_unfilled_text(&unfilled[i]);

                pg_print_wrapped_at(out, width, 2, text);
        }
}
