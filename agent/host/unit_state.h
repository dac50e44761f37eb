/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What systemd does with a unit, as its files say: no bus, and no systemd that runs, is needed. */
#ifndef PG_HOST_UNIT_STATE_H
#define PG_HOST_UNIT_STATE_H

#include <stdbool.h>

struct pg_unit_state {
        bool is_enabled; /* something that is started at boot wants it */
        bool is_active;  /* it was started, and not stopped since */
};

/* Of the unit of that name ("ufw.service"). `root` stands in front of /etc, /run and /sys: "", or that
 * of another system. What cannot be read is not so. */
struct pg_unit_state pg_unit_state_find(const char *root, const char *name);

/* Whether systemd manages the host whose files are below `root` (sd_booted(3)). */
bool pg_systemd_is_there(const char *root);

#endif
