/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the history says should be enforced. */
#ifndef PG_ENGINE_INTENDED_H
#define PG_ENGINE_INTENDED_H

#include <stdint.h>

#include "portguard/portguard.h"

/* The generation that the history says is enforced for good; 0: none, or it cannot be asked. */
uint32_t pg_intended_generation(const struct pg_settings *settings);

/* Where nothing is enforced though the history says otherwise: that, and the advice, in words; the
 * caller frees it. NULL where the history agrees, or cannot be asked. */
char *pg_absence_text(const struct pg_settings *settings);

#endif
