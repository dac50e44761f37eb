/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Generations of the history, for people. */
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/strings.h"
#include "cli/print.h"
#include "cli/text/text.h"

#define TIME_TEXT_MAX 64

static const struct {
        const char *word, *sentence;
} states[] = {
        [PG_GENERATION_STORED] = {"stored",
                                  "written down only: an apply is at work, or was interrupted"},
        [PG_GENERATION_TRIAL] = {"trial", "on trial"},
        [PG_GENERATION_CONFIRMED] = {"confirmed", "confirmed"},
        [PG_GENERATION_EXPIRED] = {"expired", "expired: the trial ended without a confirm"},
        [PG_GENERATION_ENDED] = {"ended", "ended: the trial was taken back, or ended before its time"},
        [PG_GENERATION_FAILED] = {"failed", "failed: it was never enforced"},
};

/* Local time: the person who reads it compares it with a clock and with logs. */
static const char *time_text(int64_t seconds, char buffer[static TIME_TEXT_MAX])
{
        time_t time = (time_t)seconds;
        struct tm local;

        if (!localtime_r(&time, &local) ||
            strftime(buffer, TIME_TEXT_MAX, "%Y-%m-%d %H:%M:%S", &local) == 0)
                snprintf(buffer, TIME_TEXT_MAX, "%" PRId64, seconds);
        return buffer;
}

static char *user_name(uint32_t uid)
{
        const struct passwd *entry = getpwuid(uid);

        return pg_must(entry ? strdup(entry->pw_name) : pg_format("uid %u", uid));
}

/* "alice as root": who was behind it, where sudo or the login session tell, and whose rights were used.
 */
static char *describe_user(const struct pg_actor *actor)
{
        _cleanup_(pg_freep) char *user = NULL, *login = NULL;

        if (actor->uid != PG_UID_UNKNOWN)
                user = user_name(actor->uid);
        if (actor->sudo_user)
                login = pg_must(strdup(actor->sudo_user));
        else if (actor->login_uid != PG_UID_UNKNOWN)
                login = user_name(actor->login_uid);
        if (!user || !login || strcmp(user, login) == 0)
                return pg_must(strdup(login ? login : user ? user : "unknown"));
        return pg_must(pg_format("%s as %s", login, user));
}

/* The port of the ssh client is for show only. */
static char *describe_actor(const struct pg_actor *actor)
{
        _cleanup_(pg_freep) char *user = describe_user(actor);
        const char *peer = actor->ssh_peer;

        if (!peer)
                return PG_TAKE(user);
        return pg_must(pg_format("%s from %.*s", user, (int)strcspn(peer, " "), peer));
}

/* "restores 41; the new one broke the ingress" */
static char *describe_why(const struct pg_generation *generation)
{
        const char *message = generation->message ? generation->message : "";

        if (generation->restores == 0)
                return pg_must(strdup(message));
        return pg_must(
                pg_format("restores %u%s%s", generation->restores, *message ? "; " : "", message));
}

static void add_generation(struct pg_columns *table, const struct pg_generation *generation)
{
        _cleanup_(pg_freep) char *number =
                pg_must(pg_format("%s%u", generation->is_enforced ? "* " : "", generation->number));
        _cleanup_(pg_freep) char *who = describe_actor(&generation->actor);
        _cleanup_(pg_freep) char *why = describe_why(generation);
        _cleanup_(pg_freep) char *profiles = pg_join(generation->profiles, generation->n_profiles);
        char when[TIME_TEXT_MAX];

        PG_COLUMNS_ADD(table, generation->is_enforced ? PG_STYLE_GREEN : PG_STYLE_PLAIN, number,
                       states[generation->state].word, time_text(generation->time, when), who, profiles,
                       why);
}

void pg_history_print(const struct pg_history *history, size_t limit)
{
        _cleanup_(pg_columns_done) struct pg_columns table = {.right = 1U << 0};
        bool is_enforced = false;

        PG_COLUMNS_ADD(&table, PG_STYLE_PLAIN, "NUMBER", "STATE", "WHEN", "WHO", "PROFILES", "WHY");
        for (size_t i = 0; i < history->n && (limit == 0 || i < limit); i++) {
                add_generation(&table, &history->items[i]);
                is_enforced |= history->items[i].is_enforced;
        }
        if (table.n > 1)
                pg_columns_print(&table, stdout);
        else
                puts("There is no generation yet (portguard apply PROFILE).");
        if (is_enforced)
                puts("* enforced now");
}

const char *pg_generation_sentence(const struct pg_generation *generation)
{
        return states[generation->state].sentence;
}

char *pg_generation_who(const struct pg_generation *generation)
{
        const struct pg_actor *actor = &generation->actor;
        _cleanup_(pg_freep) char *user = describe_user(actor);

        return pg_must(pg_format("%s%s%s%s%s", user, actor->ssh_peer ? ", by ssh from " : "",
                                 actor->ssh_peer ? actor->ssh_peer : "",
                                 actor->process ? ", called by " : "",
                                 actor->process ? actor->process : ""));
}

/* Here there is room for everything that is known. */
static void print_actor(const struct pg_generation *generation)
{
        _cleanup_(pg_freep) char *who = pg_generation_who(generation);

        fputs("who         ", stdout);
        pg_print_text(stdout, who);
        putchar('\n');
}

static void print_parameters(const struct pg_generation *generation)
{
        if (generation->n_parameters == 0)
                return;
        fputs("parameters ", stdout);
        for (size_t i = 0; i < generation->n_parameters; i++) {
                putchar(' ');
                pg_print_text(stdout, generation->parameters[i]);
        }
        putchar('\n');
}

void pg_generation_print(const struct pg_generation *generation)
{
        _cleanup_(pg_freep) char *name =
                pg_name_generation(generation->number, generation->profiles, generation->n_profiles);
        char when[TIME_TEXT_MAX];

        printf("%s: %s%s\n", name, states[generation->state].sentence,
               generation->is_enforced ? "; enforced now" : "; not enforced now");
        printf("when        %s\n", time_text(generation->time, when));
        print_actor(generation);
        if (generation->message) {
                fputs("why         ", stdout);
                pg_print_text(stdout, generation->message);
                putchar('\n');
        }
        print_parameters(generation);
        if (generation->parent > 0)
                printf("after       generation %u\n", generation->parent);
        else
                puts("after       nothing enforced");
        if (generation->restores > 0)
                printf("restores    generation %u\n", generation->restores);
        printf("digest      %s\n", generation->digest);
}
