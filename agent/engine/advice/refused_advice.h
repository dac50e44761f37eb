/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What would mend a refusal that the kernel remembers. */
#ifndef PG_ENGINE_REFUSED_ADVICE_H
#define PG_ENGINE_REFUSED_ADVICE_H

#include "engine/engine.h"
#include "kernel/denied.h"

/* Fills in who listens, and the advice, of all that the view has of the direction, whose protocols are
 * those of the list, in its order. `last` is an earlier view of the same policy, or NULL. Where the
 * profiles cannot be read a warning says so. 0 or -ENOMEM. */
int pg_refused_advise(const struct pg_settings *settings, struct pg_view *view,
                      enum pg_direction direction, const struct pg_denied_list *list,
                      const struct pg_view *last, struct pg_diagnostics *diagnostics);

#endif
