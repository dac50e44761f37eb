/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a command is called with, and how it says what is wrong with that. */
#ifndef PG_CLI_CALL_H
#define PG_CLI_CALL_H

#include <stdint.h>

#include "cli/command.h"

/* What the options ask for; borrows from the call. */
struct pg_request pg_call_request(const struct pg_call *call, const struct pg_list *profiles);

/* How the options want a change to be made; borrows from the call. */
struct pg_change_options pg_call_change(const struct pg_call *call);

/* Parses a word as the number of a generation; a usage error where it is none. */
int pg_call_generation(struct pg_call *call, const char *word, uint32_t *ret);

/* Hands what was printed to the reader now: freeing what an API call gave may wait for the kernel, and
 * who reads must not. A failure is kept in the call. */
void pg_call_flush(struct pg_call *call);

/* Fills call->error with a usage error. Returns a negative errno value. */
int pg_call_usage(struct pg_call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
