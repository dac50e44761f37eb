/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The systemd unit of a process, by its control group. */
#ifndef PG_HOST_CONTROL_GROUP_H
#define PG_HOST_CONTROL_GROUP_H

#include <stdbool.h>
#include <stddef.h>

/* UNIT_NAME_MAX of systemd (src/basic/unit-name.h), with the terminating zero. */
#define PG_UNIT_NAME_MAX 256

/* `text` is what /proc/PID/cgroup says, "HIERARCHY:CONTROLLERS:PATH" lines, of cgroup v1 or v2 or both
 * (cgroups(7)). `unit`: the last component of a path that is a service, a scope or a socket; systemd's
 * own hierarchy is believed first. Returns whether there is one; else `unit` is untouched. */
bool pg_control_group_unit(const char *text, char unit[static PG_UNIT_NAME_MAX]);

#endif
