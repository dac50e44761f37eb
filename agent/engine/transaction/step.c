/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps that every change is made of. */
#include <errno.h>

#include "engine/transaction/internal.h"

int pg_step_commit(struct pg_convergence *c, uint32_t genid)
{
        int r = pg_batch_commit(c->batch, PG_COMMIT, genid, c->error);

        return r == -ENOMSG ? 0 : r;
}

int pg_step_read_back(struct pg_convergence *c, enum pg_read what, enum pg_stage stage)
{
        struct pg_snapshot fresh;
        int r = pg_target_read_back(c->context->nft, &c->target, what, stage, &fresh, c->error);

        if (r < 0)
                return r;
        pg_snapshot_done(&c->table.snapshot);
        c->table.snapshot = fresh;
        return 0;
}

/* What was in the history before needs no new word to be enforced again: a full disk must not keep a
 * host from its policy at boot. */
int pg_step_record_event(struct pg_convergence *c)
{
        uint32_t generation = c->target.record.generation;

        if (!c->spec->number && c->target.needs_record)
                return pg_context_event(c->context, generation,
                                        c->spec->trial_ms ? PG_EVENT_TRIAL : PG_EVENT_CONFIRMED, NULL);
        pg_context_try_event(c->context, generation, PG_EVENT_RESTORED);
        return 0;
}

const struct pg_set *pg_step_record_set(const struct pg_target *target)
{
        char name[PG_NAME_MAX];

        pg_slot_name(PG_RECORD_NAME, target->slot, name);
        return target->needs_record ? pg_ruleset_set(target->wanted, name) : NULL;
}
