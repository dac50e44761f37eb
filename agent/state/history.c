/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of what the history hands out. */
#include <stdlib.h>

#include "portguard/history.h"

static void strings_free(char **strings, size_t n)
{
        for (size_t i = 0; i < n; i++)
                free(strings[i]);
        free(strings);
}

void pg_generation_done(struct pg_generation *generation)
{
        free(generation->actor.sudo_user);
        free(generation->actor.ssh_peer);
        free(generation->actor.process);
        free(generation->message);
        strings_free(generation->profiles, generation->n_profiles);
        strings_free(generation->parameters, generation->n_parameters);
        free(generation->digest);
        *generation = (struct pg_generation){0};
}

struct pg_history *pg_history_free(struct pg_history *history)
{
        if (!history)
                return NULL;
        for (size_t i = 0; i < history->n; i++)
                pg_generation_done(&history->items[i]);
        free(history->items);
        free(history);
        return NULL;
}
