/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is added to the history: generations, and what happens to them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "state/store/internal.h"

/* What happens to a generation again and again, as the restoring at each boot does, is remembered this
 * often. */
#define REPETITIONS_KEPT 64

/* Texts as they are stored: a zero byte behind each. */
static int join(char *const *texts, size_t n, char **ret, size_t *ret_length)
{
        size_t length = 0, at = 0;
        char *joined;

        for (size_t i = 0; i < n; i++)
                length += strlen(texts[i]) + 1;
        joined = malloc(length + 1);
        if (!joined)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                size_t size = strlen(texts[i]) + 1;

                memcpy(joined + at, texts[i], size);
                at += size;
        }
        *ret = joined;
        *ret_length = length;
        return 0;
}

static int insert_generation(struct pg_store *store, const struct pg_generation *generation,
                             struct pg_error *error)
{
        static const char sql[] =
                "INSERT INTO generations(number, parent, restores, time, message, digest, profiles, "
                "parameters, " PG_ACTOR_COLUMNS ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        _cleanup_(pg_freep) char *profiles = NULL;
        _cleanup_(pg_freep) char *parameters = NULL;
        size_t profiles_length, parameters_length;
        _statement_ statement = NULL;
        int r;

        if (join(generation->profiles, generation->n_profiles, &profiles, &profiles_length) < 0 ||
            join(generation->parameters, generation->n_parameters, &parameters, &parameters_length) < 0)
                return pg_error_memory(error);
        r = pg_store_prepare(store, sql, &statement, error);
        if (r < 0)
                return r;
        pg_bind_number(statement, 1, generation->number);
        pg_bind_number(statement, 2, generation->parent);
        pg_bind_number(statement, 3, generation->restores);
        pg_bind_number(statement, 4, generation->time);
        pg_bind_text(statement, 5, generation->message);
        pg_bind_text(statement, 6, generation->digest);
        sqlite3_bind_blob64(statement, 7, profiles, profiles_length, SQLITE_STATIC);
        sqlite3_bind_blob64(statement, 8, parameters, parameters_length, SQLITE_STATIC);
        pg_bind_actor(statement, 9, &generation->actor);
        r = sqlite3_step(statement);
        if (r == SQLITE_CONSTRAINT_PRIMARYKEY)
                return pg_error_set(error, PG_STATUS_FAILED, -EEXIST,
                                    "generation %u is in the history %s already", generation->number,
                                    store->path);
        return r == SQLITE_DONE ? 0 : pg_store_fail(store, r, error);
}

int pg_store_add(struct pg_store *store, const struct pg_generation *generation,
                 const struct pg_policy *policy, struct pg_error *error)
{
        int r;

        if (generation->number == 0 || !generation->digest)
                return pg_error_set(error, PG_STATUS_FAILED, -EINVAL,
                                    "a generation has a number and a digest");
        r = pg_store_begin_write(store, error);
        if (r < 0)
                return r;
        r = insert_generation(store, generation, error);
        if (r >= 0)
                r = pg_store_put_policy(store, generation->number, policy, error);
        return pg_store_end(store, r, error);
}

static void bind_generation(sqlite3_stmt *statement, int index, uint32_t generation)
{
        if (generation > 0)
                pg_bind_number(statement, index, generation);
}

static int insert_event(struct pg_store *store, uint32_t generation, enum pg_event_kind kind,
                        const char *detail, const struct pg_actor *actor, struct pg_error *error)
{
        _statement_ statement = NULL;
        int r = pg_store_prepare(store,
                                 "INSERT INTO events(time, generation, kind, detail, " PG_ACTOR_COLUMNS
                                 ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
                                 &statement, error);

        if (r < 0)
                return r;
        pg_bind_number(statement, 1, time(NULL));
        bind_generation(statement, 2, generation);
        pg_bind_number(statement, 3, kind);
        pg_bind_text(statement, 4, detail);
        pg_bind_actor(statement, 5, actor);
        r = sqlite3_step(statement);
        if (r == SQLITE_CONSTRAINT_FOREIGNKEY)
                return pg_error_set(error, PG_STATUS_FAILED, -ENOENT,
                                    "generation %u is not in the history %s", generation, store->path);
        return r == SQLITE_DONE ? 0 : pg_store_fail(store, r, error);
}

static int forget_repetitions(struct pg_store *store, uint32_t generation, enum pg_event_kind kind,
                              struct pg_error *error)
{
        _statement_ statement = NULL;
        int r = pg_store_prepare(store,
                                 "DELETE FROM events WHERE generation IS ?1 AND kind = ?2 AND seq <= "
                                 "(SELECT seq FROM events WHERE generation IS ?1 AND kind = ?2 "
                                 "ORDER BY seq DESC LIMIT 1 OFFSET ?3)",
                                 &statement, error);

        if (r < 0)
                return r;
        bind_generation(statement, 1, generation);
        pg_bind_number(statement, 2, kind);
        pg_bind_number(statement, 3, REPETITIONS_KEPT);
        return pg_store_finish(store, statement, error);
}

int pg_store_event(struct pg_store *store, uint32_t generation, enum pg_event_kind kind,
                   const char *detail, const struct pg_actor *actor, struct pg_error *error)
{
        int r = pg_store_begin_write(store, error);

        if (r < 0)
                return r;
        r = insert_event(store, generation, kind, detail, actor, error);
        if (r >= 0)
                r = forget_repetitions(store, generation, kind, error);
        if (r >= 0 && kind == PG_EVENT_CONFIRMED)
                r = pg_store_prune(store, error);
        return pg_store_end(store, r, error);
}
