/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of cli/text/ share. */
#ifndef PG_CLI_TEXT_INTERNAL_H
#define PG_CLI_TEXT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/text/text.h"

/* Each gives fresh memory that the caller frees, never NULL. */

/* "kubelet (k8s-node)" of "k8s-node/kubelet", and so for each of several. */
char *pg_name_services(char *const *services, size_t n);

/* "widens tcp/443 (internal -> any)", which the caller frees; never NULL. */
char *pg_change_text(const struct pg_change *change);

/* In outcome_options.c: options of what was enforced, that hold here, too, or are left out. Whether
 * there is any of it to tell. */
bool pg_outcome_has_options(const struct pg_outcome *outcome);

void pg_outcome_print_options(const struct pg_outcome *outcome);

/* The same in lines of at most `width` columns; 0: any. */
void pg_trial_print_at(FILE *out, size_t width, uint32_t generation, const struct pg_open_trial *trial);

/* A line for each change. */
void pg_changes_print(const struct pg_changes *changes);

#endif
