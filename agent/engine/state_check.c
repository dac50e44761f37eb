/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose the default state directory is. */
#include <errno.h>

#include "base/public.h"
#include "engine/engine.h"
#include "host/first_namespace.h"

int pg_state_check(const struct pg_settings *settings, struct pg_error *error)
{
        if (settings->state || pg_namespace_is_first() != 0)
                return 0;
        return pg_error_set(error, PG_STATUS_FAILED, -EXDEV,
                            "this is another network namespace than that of process 1, whose state "
                            "directory " PG_DEFAULT_STATE
                            " is; give this one a state directory of its own: --state DIR, or "
                            "PORTGUARD_STATE");
}
