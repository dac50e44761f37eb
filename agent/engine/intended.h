/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the history says should be enforced. */
#ifndef PG_ENGINE_INTENDED_H
#define PG_ENGINE_INTENDED_H

#include <stdbool.h>
#include <stdint.h>

#include "portguard/portguard.h"

/* The generation that the history says is enforced for good; 0: none, or it cannot be asked. */
uint32_t pg_intended_generation(const struct pg_settings *settings);

/* The same; a warning tells where it cannot be asked, and with `is_expected` where there is none. */
uint32_t pg_intended_or_warn(const struct pg_settings *settings, bool is_expected,
                             struct pg_diagnostics *diagnostics);

/* Where nothing is enforced though the history says otherwise: that, and the advice, in words; the
 * caller frees it. NULL where the history agrees; or cannot be asked, of which a warning tells. */
char *pg_absence_text(const struct pg_settings *settings, struct pg_diagnostics *diagnostics);

#endif
