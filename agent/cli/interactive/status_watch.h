/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The status again and again: status --watch. */
#ifndef PG_CLI_STATUS_WATCH_H
#define PG_CLI_STATUS_WATCH_H

#include "cli/command.h"

/* Parses "2" or "0.5": seconds, from a tenth to an hour. Returns NULL and milliseconds, or what is
 * wrong with it and how to mend it (static). */
const char *pg_watch_interval_parse(const char *text, unsigned *ret_ms);

/* Shows it, with at most so many of those who were refused (0: as many as there is room for), until a
 * signal ends it or nobody reads it any more. Returns as a command does. */
int pg_status_watch(struct pg_call *call, unsigned interval_ms, size_t refused_max);

#endif
