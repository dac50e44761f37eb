/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a command line by the tables of options. */
#ifndef PG_CLI_PARSE_H
#define PG_CLI_PARSE_H

#include "cli/command.h"

/* Parses from argv[1] on. With a command: its options and the global ones, in any order with the
 * arguments, which are collected. With NULL: the global ones up to the first word that is none, whose
 * index goes to *ret_next. Usage errors have status PG_STATUS_USAGE. */
int pg_options_parse(struct pg_options *options, const struct pg_command *command, int argc,
                     char **argv, int *ret_next, struct pg_error *error);

#endif
