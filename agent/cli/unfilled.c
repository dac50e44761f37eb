/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups that nobody filled in, in words. */
#include "cli/unfilled.h"

#include "base/strings.h"
#include "cli/print.h"

char *pg_unfilled_line(const struct pg_unfilled *unfilled)
{
        return pg_must(pg_format("%s: [ADDRESS, ...]", unfilled->group));
}

char *pg_unfilled_text(const struct pg_unfilled *unfilled)
{
        _cleanup_(pg_freep) char *line = pg_unfilled_line(unfilled);

        return pg_must(pg_format("%s: not filled in: %s; write in the site file, below groups: %s",
                                 unfilled->group, unfilled->instead, line));
}
