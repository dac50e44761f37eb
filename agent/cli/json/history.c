/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Generations of the history, for programs. */
#include <stdbool.h>
#include <time.h>

#include "cli/json/json.h"

static json_t *uid_json(uint32_t uid)
{
        return uid == PG_UID_UNKNOWN ? json_null() : json_integer((json_int_t)uid);
}

/* RFC 3339, in UTC whatever the host's zone is. */
static json_t *time_json(int64_t seconds)
{
        time_t time = (time_t)seconds;
        char text[64];
        struct tm utc;

        if (!gmtime_r(&time, &utc) || strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
                return json_null();
        return pg_json_text(text);
}

static json_t *actor_json(const struct pg_actor *actor)
{
        json_t *object = pg_json_object();

        pg_json_put(object, "uid", uid_json(actor->uid));
        pg_json_put(object, "login_uid", uid_json(actor->login_uid));
        pg_json_put(object, "sudo_user", pg_json_text(actor->sudo_user));
        pg_json_put(object, "ssh_peer", pg_json_text(actor->ssh_peer));
        pg_json_put(object, "process", pg_json_text(actor->process));
        return object;
}

static const char *state_name(enum pg_generation_state state)
{
        static const char *const names[] = {
                [PG_GENERATION_STORED] = "stored",       [PG_GENERATION_TRIAL] = "trial",
                [PG_GENERATION_CONFIRMED] = "confirmed", [PG_GENERATION_EXPIRED] = "expired",
                [PG_GENERATION_ENDED] = "ended",         [PG_GENERATION_FAILED] = "failed",
        };

        return names[state];
}

json_t *pg_generation_json(const struct pg_generation *generation)
{
        json_t *object = pg_json_object();

        pg_json_put(object, "generation", pg_json_generation(generation->number));
        pg_json_put(object, "parent", pg_json_generation(generation->parent));
        pg_json_put(object, "restores", pg_json_generation(generation->restores));
        pg_json_put(object, "time", time_json(generation->time));
        pg_json_put(object, "actor", actor_json(&generation->actor));
        pg_json_put(object, "message", pg_json_text(generation->message));
        pg_json_put(object, "state", pg_json_text(state_name(generation->state)));
        pg_json_put(object, "enforced", json_boolean(generation->is_enforced));
        pg_json_put(object, "profiles", pg_json_texts(generation->profiles, generation->n_profiles));
        pg_json_put(object, "parameters",
                    pg_json_texts(generation->parameters, generation->n_parameters));
        pg_json_put(object, "digest", pg_json_text(generation->digest));
        return object;
}

json_t *pg_history_json(const struct pg_history *history, size_t limit)
{
        json_t *object = pg_json_object(), *array = pg_json_array();

        for (size_t i = 0; i < history->n && (limit == 0 || i < limit); i++)
                pg_json_add(array, pg_generation_json(&history->items[i]));
        pg_json_put(object, "generations", array);
        pg_json_put(object, "keep", json_integer((json_int_t)history->keep));
        return object;
}
