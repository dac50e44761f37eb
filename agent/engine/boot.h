/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether what is enforced now comes back at boot. */
#ifndef PG_ENGINE_BOOT_H
#define PG_ENGINE_BOOT_H

#include "portguard/error.h"

/* Warns where nothing that is known of brings back at boot what is applied now. */
void pg_report_boot(struct pg_diagnostics *diagnostics);

#endif
