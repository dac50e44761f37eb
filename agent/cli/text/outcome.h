/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a change does, told to people and to programs: plan, apply, rollback, restore, disable. */
#ifndef PG_CLI_OUTCOME_H
#define PG_CLI_OUTCOME_H

#include <jansson.h>

#include "portguard/portguard.h"

enum pg_tense {
        PG_TENSE_PLAN,    /* looked at only */
        PG_TENSE_OFFER,   /* looked at, and done if the answer is yes */
        PG_TENSE_DRY_RUN, /* the kernel checked it */
        PG_TENSE_DONE,
};

/* The lines on changed ports, and on what stays closed. */
void pg_outcome_print_changes(const struct pg_outcome *outcome, enum pg_tense tense);
/* What was repaired, and the last line that sums up; while on trial, what decides it. */
void pg_outcome_print_summary(const struct pg_outcome *outcome, enum pg_tense tense);
/* Both. */
void pg_outcome_print(const struct pg_outcome *outcome, enum pg_tense tense);

/* "widens tcp/443 (internal -> any)", which the caller frees; never NULL. */
char *pg_change_text(const struct pg_change *change);
/* Those of one kind, as objects. */
json_t *pg_changes_json(const struct pg_changes *changes, enum pg_change_kind kind);

/* In outcome_options.c: options of what was enforced, that hold here, too, or are left out. Whether
 * there is any of it to tell. */
bool pg_outcome_has_options(const struct pg_outcome *outcome);
void pg_outcome_print_options(const struct pg_outcome *outcome);
/* {generation, options, unused}, or null where options were not asked to be kept. */
json_t *pg_kept_options_json(const struct pg_kept_options *kept);
/* {generation, options, opens, widens, fault}, or null. */
json_t *pg_left_out_json(const struct pg_left_out *left_out);

/* What became of a trial that was taken back. */
void pg_outcome_print_ended(const struct pg_outcome *outcome);

/* What somebody else left or changed, and was put right. */
void pg_outcome_print_repaired(const struct pg_outcome *outcome, enum pg_tense tense);

/* "2 opened, 1 closed", or that nobody gains or loses access; fresh memory that the caller frees, never
 * NULL. */
char *pg_outcome_count(const struct pg_changes *changes, enum pg_tense tense);

/* The keys of plan; the caller may add some. */
json_t *pg_outcome_json(const struct pg_outcome *outcome, const struct pg_diagnostics *diagnostics);
/* The keys of what changes the kernel: those of plan, and `trial`. */
json_t *pg_outcome_change_json(const struct pg_outcome *outcome,
                               const struct pg_diagnostics *diagnostics);

/* [{name, ports, summary}] */
json_t *pg_closed_json(const struct pg_closed_service *closed, size_t n);
/* The lines "closed  udp/10000-11000  optional: --with ...". */
void pg_closed_print(const struct pg_closed_service *closed, size_t n);

#endif
