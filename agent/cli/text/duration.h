/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Durations as people write them: "30s", "2m", "1h". */
#ifndef PG_CLI_DURATION_H
#define PG_CLI_DURATION_H

#include <stddef.h>

/* Parses one number with its unit, at most 24 hours. Returns NULL and milliseconds, or what is wrong
 * with it and how to mend it (static). */
const char *pg_duration_parse(const char *text, unsigned *ret_ms);

/* The same for how long a trial lasts: a second at least. */
const char *pg_trial_duration_parse(const char *text, unsigned *ret_ms);

#endif
