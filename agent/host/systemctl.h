/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What systemd has in no file: whether a unit failed. */
#ifndef PG_HOST_SYSTEMCTL_H
#define PG_HOST_SYSTEMCTL_H

#include <stdbool.h>

/* Asks systemd, by its own program below `root`, for at most two seconds. What cannot be asked has not
 * failed, as far as is known. */
bool pg_systemctl_is_failed(const char *root, const char *unit);

#endif
