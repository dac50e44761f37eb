/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors and remarks, as a compiler prints them, on standard error. */
#ifndef PG_CLI_DIAGNOSTICS_H
#define PG_CLI_DIAGNOSTICS_H

#include "cli/command.h"

enum pg_notes {
        PG_NOTES_ALL,
        PG_NOTES_COUNT, /* one line that says how many there are */
};

/* Prints all diagnostics: FILE:LINE:COLUMN: what is wrong. */
void pg_report_diagnostics(const struct pg_diagnostics *diagnostics, enum pg_notes notes);

/* The same for those that were added behind the first `reported`, which were printed before. */
void pg_report_new_diagnostics(const struct pg_diagnostics *diagnostics, size_t reported);

/* Prints the last line, "portguard: why it failed". */
void pg_report_message(const struct pg_error *error);

/* Prints the last line; with --json also the object that stands in for the
 * result. Returns the exit status. */
int pg_report_error(const struct pg_call *call);

#endif
