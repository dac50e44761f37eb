/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which generation a rollback means that names none. */
#include <errno.h>
#include <string.h>

#include "base/strings.h"
#include "engine/change/internal.h"
#include "engine/intended.h"
#include "engine/stored.h"

/* Rollbacks to rollbacks, and generations that failed; the history may have been edited. */
#define STEPS_MAX 1000

/* What a rollback has brought back counts as what it was then: the next rollback goes back further,
 * and not to what the first was to get away from. */
static int find_origin(struct pg_context *context, uint32_t *number)
{
        for (int i = 0; i < STEPS_MAX; i++) {
                _cleanup_(pg_generation_done) struct pg_generation generation = {0};
                int r = pg_store_generation(context->store, *number, &generation, context->error);

                /* The history forgets the oldest first: what stood before it is forgotten, too. */
                if (r == -ENOENT && i > 0)
                        return pg_error_set(
                                context->error, PG_STATUS_FAILED, -ENOENT,
                                "the history has no generation to go back to: what is enforced is "
                                "what generation %u was, and it keeps none from before that "
                                "(portguard history lists those that can be brought back by "
                                "their number)",
                                *number);
                if (r < 0 || generation.restores == 0)
                        return r;
                *number = generation.restores;
        }
        return 0;
}

/* The newest generation that was enforced; *ret is empty where there is none. */
static int find_newest(struct pg_context *context, struct pg_generation *ret)
{
        uint32_t number = context->intended.last;

        for (int i = 0; i < STEPS_MAX && number > 0; i++, number--) {
                _cleanup_(pg_generation_done) struct pg_generation generation = {0};
                int r = pg_store_generation(context->store, number, &generation, context->error);

                if (r < 0 && r != -ENOENT)
                        return r;
                if (r >= 0 && generation.state != PG_GENERATION_FAILED) {
                        *ret = PG_TAKE(generation);
                        return 0;
                }
        }
        return 0;
}

/* It may have run out since this command began. */
static bool is_ended_trial(const struct pg_generation *generation)
{
        return generation->state == PG_GENERATION_TRIAL || generation->state == PG_GENERATION_EXPIRED ||
               generation->state == PG_GENERATION_ENDED;
}

/* What came before a generation that the history does not have, it cannot tell. */
static int refuse_unknown(struct pg_context *context, const struct pg_record *enforced)
{
        _cleanup_(pg_freep) char *reapply = pg_reapply_text(enforced->profiles, enforced->n_profiles);
        char name[PG_GENERATION_TEXT_MAX];

        if (!reapply)
                return pg_error_memory(context->error);
        return pg_error_set(
                context->error, PG_STATUS_FAILED, -ENOENT,
                "the history does not have what is enforced (%s), so it is an older copy or "
                "another one, and what was enforced before is not known: nothing was "
                "changed; name a generation of portguard history, or write down what is "
                "enforced: %s",
                pg_generation_text(enforced->generation, name), reapply);
}

/* Who types a rollback when the trial is over means the trial, which went back by itself. */
static int refuse_after_trial(struct pg_context *context, const struct pg_table *table,
                              uint32_t previous)
{
        _cleanup_(pg_generation_done) struct pg_generation newest = {0};
        _cleanup_(pg_freep) char *further = NULL;
        uint32_t enforced = table->enforced.generation;
        int r = find_newest(context, &newest);

        if (r < 0 || table->trial.slot || newest.number <= enforced || newest.parent != enforced ||
            !is_ended_trial(&newest))
                return r;
        further =
                previous ? pg_format("; to go back further, name the generation: portguard rollback %u",
                                     previous)
                         : strdup("");
        if (!further)
                return pg_error_memory(context->error);
        return pg_error_set(context->error, PG_STATUS_REFUSED, -EALREADY,
                            "the trial of generation %u is over, and generation %u, from before it, is "
                            "enforced already: nothing was changed%s",
                            newest.number, enforced, further);
}

static int find_before(struct pg_context *context, const struct pg_table *table, uint32_t *ret)
{
        uint32_t number = table->enforced.generation;
        int r = pg_store_has(context->store, &table->enforced, context->error);

        if (r <= 0)
                return r < 0 ? r : refuse_unknown(context, &table->enforced);
        r = find_origin(context, &number);
        if (r >= 0)
                r = pg_store_before(context->store, number, ret, context->error);
        return r < 0 ? r : refuse_after_trial(context, table, *ret);
}

int pg_previous_find(struct pg_context *context, uint32_t *ret)
{
        _cleanup_(pg_table_done) struct pg_table table = {0};
        int r = pg_table_read(context->nft, PG_READ_SMALL, &table, context->error);

        *ret = context->intended.previous;
        if (r >= 0 && table.slot)
                r = find_before(context, &table, ret);
        if (r >= 0 && *ret == 0)
                r = pg_error_set(
                        context->error, PG_STATUS_FAILED, -ENOENT,
                        "the history has no generation to go back to (see: portguard history)");
        return r;
}
