/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of engine/advice/ share. */
#ifndef PG_ENGINE_ADVICE_INTERNAL_H
#define PG_ENGINE_ADVICE_INTERNAL_H

#include <stdbool.h>

#include "engine/advice/advice.h"

struct pg_port_profiles {
        enum pg_direction direction;
        struct pg_profile **profiles; /* each by itself: a broken one takes no other with it */
        size_t n_profiles;
        struct pg_port_profile *items;
        size_t n;
};

/* The whole command as it can be typed, with the words that are new: a profile, and options. Any of
 * them may be NULL. The caller frees it. NULL: memory is short. */
char *pg_asked_command(const struct pg_asked *asked, const char *profile, const char *options);

/* The options that the service needs to be open: "--with a/b --set c.d=e", or "". The caller frees
 * them. NULL: memory is short. */
char *pg_advice_options(const struct pg_port_profile *port_profile, const struct pg_wanted *wanted,
                        const struct pg_let_in *who);

/* What would be wrong with a command; it is right where none of these is set. */
struct pg_judged {
        bool is_unknown;                 /* too much was compiled already */
        bool is_closed;                  /* it harms nobody, and the port stays closed */
        const struct pg_source *refuses; /* it opens the port to these, and not to him; borrowed from
                                          * what `who` has */
        char *wrong;                     /* "close udp/8472 to cluster", "not open it" */
};

/* Compiles the command: whether it lets him in, or out to there, and closes, narrows and widens nothing
 * of what is enforced. For who comes in, what leaves this host is left aside; for what leaves it, who
 * may be reached by a host's name, as no name is looked up. `who` NULL: nothing is asked. The caller
 * ends it with pg_judged_done(), also on failure. 0 or -ENOMEM. */
int pg_advised_judge(const struct pg_let_in *who, const struct pg_asked *asked, const char *profile,
                     const char *options, struct pg_judged *ret);
void pg_judged_done(struct pg_judged *judged);

/* The next options to try where these would not let him in, or out to there. The caller frees them;
 * NULL: there are none, or memory is short. */
char *pg_advice_more(const struct pg_port_profile *port_profile, const struct pg_asked *asked,
                     const char *options, const struct pg_let_in *who, const struct pg_judged *judged);

/* Whether what is left to be compiled is to be kept for commands that can be typed. */
bool pg_advised_is_scarce(const struct pg_advised *advised);

/* "etcd (etcd.service)", or "" where none is known. */
#define PG_LISTENING_TEXT_MAX (32 + PG_UNIT_NAME_MAX + 4)
const char *pg_listening_text(const struct pg_listening *item, char text[static PG_LISTENING_TEXT_MAX]);

bool pg_port_profile_is_applied(const struct pg_port_profile *port_profile,
                                const struct pg_wanted *wanted);

#endif
