/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the enforced generation was asked for with, to ask for more beside it. */
#ifndef PG_ENGINE_ASKED_H
#define PG_ENGINE_ASKED_H

#include "engine/engine.h"

struct pg_asked {
        char **profiles;
        size_t n_profiles;
        char **parameters; /* as options: "--group cluster=10.0.0.0/8" */
        size_t n_parameters;
        char **applied; /* the profiles, with those that they include as the files say now */
        size_t n_applied;
};

/* `digest` is that of the policy in force, or NULL: whatever that generation is. Without the generation
 * in the history there are no parameters. The caller ends it with pg_asked_done(), also on failure. 0
 * or -ENOMEM. */
int pg_asked_find(const struct pg_settings *settings, uint32_t generation, const char *digest,
                  char *const *profiles, size_t n_profiles, struct pg_asked *ret);
void pg_asked_done(struct pg_asked *asked);

/* The whole command as it can be typed, with the words that are new: a profile, and options. Any of
 * them may be NULL. The caller frees it. NULL: memory is short. */
char *pg_asked_command(const struct pg_asked *asked, const char *profile, const char *options);

#endif
