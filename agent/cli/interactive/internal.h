/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of cli/interactive/ share. */
#ifndef PG_CLI_INTERACTIVE_INTERNAL_H
#define PG_CLI_INTERACTIVE_INTERNAL_H

#include <stddef.h>

#include "cli/interactive/interactive.h"

#define PG_TYPED_MAX 64

/* What was typed of a line so far. */
struct pg_typed {
        char text[PG_TYPED_MAX];
        size_t n;
};

enum pg_typed_event {
        PG_TYPED_LINE,    /* a line is complete */
        PG_TYPED_NOTHING, /* the time is over, or a part of a line came */
        PG_TYPED_SIGNAL,  /* the signal descriptor has something to read */
        PG_TYPED_END,     /* end of input, or it cannot be read any more */
};

/* Waits for a line at most `wait_ms` (negative: without a limit), and for `signal_fd` (negative: none).
 * The line, without blanks around it, in lower case and cut at PG_TYPED_MAX, goes to `line`; what came
 * with it from behind its end is forgotten. */
enum pg_typed_event pg_typed_wait(struct pg_typed *typed, int signal_fd, int wait_ms,
                                  char line[static PG_TYPED_MAX]);

#endif
