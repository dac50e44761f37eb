/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What systemd has in no file: whether a unit failed. */
#ifndef PG_HOST_SYSTEMCTL_H
#define PG_HOST_SYSTEMCTL_H

#include <stdbool.h>

/* Whether the `unit` ("portguard.service") failed. systemd is asked by its own program below `root`, as
 * pg_unit_state_find() has it, for at most two seconds; what cannot be asked has not failed, as far as
 * is known. */
bool pg_systemctl_is_failed(const char *root, const char *unit);

#endif
