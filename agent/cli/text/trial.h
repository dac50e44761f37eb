/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is on trial: for how long, what comes after, and what to type. */
#ifndef PG_CLI_TRIAL_H
#define PG_CLI_TRIAL_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "portguard/portguard.h"

/* In whole seconds, of which the last is 1: while there is a trial, there is time left. */
unsigned pg_trial_seconds(uint64_t left_ms);

/* The line on what is on trial and what the kernel does by itself, and the commands that decide. */
void pg_trial_print(FILE *out, uint32_t generation, uint64_t left_ms, uint32_t falls_back_to);
/* The same in lines of at most `width` columns; 0: any. */
void pg_trial_print_at(FILE *out, size_t width, uint32_t generation, uint64_t left_ms,
                       uint32_t falls_back_to);
/* The same of what is enforced now. */
void pg_trial_print_view(FILE *out, size_t width, const struct pg_view *view);

/* {expires_in, falls_back_to}, or null where `state` is no trial. */
json_t *pg_trial_json(enum pg_state state, uint64_t left_ms, uint32_t falls_back_to);

/* What confirm did: the lines, and the warning where nobody tried to get in. */
void pg_trial_print_kept(const struct pg_outcome *outcome);
void pg_trial_warn_untried(const struct pg_outcome *outcome, struct pg_diagnostics *diagnostics);

#endif
