/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups that nobody filled in, in words. */
#ifndef PG_CLI_UNFILLED_H
#define PG_CLI_UNFILLED_H

#include "portguard/portguard.h"

/* The line as it stands in the site file, "cluster: [ADDRESS, ...]". The caller frees it. */
char *pg_unfilled_line(const struct pg_unfilled *unfilled);

/* "cluster: not filled in: every private address; ..." The caller frees it. */
char *pg_unfilled_text(const struct pg_unfilled *unfilled);

#endif
