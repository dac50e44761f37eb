/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What systemd does with a unit, as its files say: no bus, and no systemd that runs, is needed. */
#ifndef PG_HOST_UNITS_H
#define PG_HOST_UNITS_H

#include <stdbool.h>

struct pg_unit {
        bool is_enabled; /* something that is started at boot wants it */
        bool is_active;  /* it was started, and not stopped since */
};

/* `root` stands in front of /etc, /run and /sys. What cannot be read is not so. */
struct pg_unit pg_unit_find(const char *root, const char *name);

/* Whether systemd manages this host. */
bool pg_units_are_there(const char *root);

#endif
