/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of a table that another version of portguard made. */
#include <errno.h>

#include "engine/change/internal.h"
#include "engine/stored.h"

int pg_outdated_read(struct pg_convergence *c, struct pg_policy **ret)
{
        const struct pg_record *record = &c->table.enforced;
        bool is_certain;
        int r = pg_slot_policy(c->context->settings, &c->table, c->table.slot, record, ret, &is_certain,
                               c->error);

        if (r >= 0 && !is_certain)
                pg_diagnostics_add(
                        c->context->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                        "generation %u was made by portguard %s, and neither the history nor "
                        "its table tells all that it enforces: more than what is listed may "
                        "change",
                        record->generation, record->version);
        return r;
}

int pg_outdated_note(const struct pg_convergence *c)
{
        _cleanup_(pg_freep) char *outdated = NULL;

        if (pg_table_outdated(&c->table, &outdated) < 0)
                return -ENOMEM;
        if (outdated)
                pg_diagnostics_add(c->context->diagnostics, PG_SEVERITY_NOTE, (struct pg_place){0},
                                   "generation %u was %s", c->table.enforced.generation, outdated);
        return 0;
}

/* To read its table back one would have to know how that version makes it. */
int pg_outdated_refuse(const struct pg_convergence *c)
{
        const struct pg_record *record = &c->table.enforced;

        if (pg_record_is_current(record))
                return 0;
        return pg_error_set(
                c->error, PG_STATUS_REFUSED, -ENOTSUP,
                "what is on trial was made by portguard %s, and this version cannot confirm "
                "it: it goes on; portguard rollback takes it back, then apply it again",
                record->version);
}
