/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers of generations, and how many of them, on the command line. */
#ifndef PG_CLI_NUMBER_H
#define PG_CLI_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* Parses "41": digits only, 1 to 4294967295, without zeros in front. False, with *ret untouched, for
 * anything else. */
bool pg_number_parse(const char *text, uint32_t *ret);

/* What is wrong with a text that pg_number_parse() refuses, or that is above `max`, and how to repair
 * it: a sentence that goes on behind "option '--against @41': ". Fresh memory that the caller frees,
 * never NULL. */
char *pg_number_problem(const char *text, uint32_t max);

#endif
