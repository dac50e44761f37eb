/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Help, made from the same rows as the parser. */
#ifndef PG_CLI_HELP_H
#define PG_CLI_HELP_H

#include <stdio.h>

#include "cli/command.h"

/* For who typed `portguard` and nothing else. */
void pg_help_first(FILE *out);
/* portguard --help */
void pg_help_all(FILE *out);
/* portguard COMMAND --help */
void pg_help_command(FILE *out, const struct pg_command *command);

#endif
