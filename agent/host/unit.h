/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The systemd unit of a process, by its control group. */
#ifndef PG_HOST_UNIT_H
#define PG_HOST_UNIT_H

#include <stdbool.h>

/* UNIT_NAME_MAX of systemd, with the terminating zero. */
#define PG_UNIT_MAX 256

/* Parses what /proc/PID/cgroup says, "HIERARCHY:CONTROLLERS:PATH" lines, of cgroup v1 or v2 or both:
 * the last component of a path that is a service, a scope or a socket. systemd's own hierarchy is
 * believed first. Returns whether there is one; else `unit` is untouched. */
bool pg_unit_parse(const char *text, char unit[static PG_UNIT_MAX]);

#endif
