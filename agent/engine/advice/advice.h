/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which profile would open a port, as far as can be known, and the command that does. */
#ifndef PG_ENGINE_ADVICE_H
#define PG_ENGINE_ADVICE_H

#include "engine/advice/asked.h"
#include "engine/advice/listening.h"
#include "engine/advice/offers.h"
#include "portguard/portguard.h"

/* In place of a mend. */
#define PG_NO_PROFILE "no profile has this port"

struct pg_advice {
        char *text;      /* with the command; NULL: no profile has the port */
        char *command;   /* what to type; NULL where it is not certain which profile is meant */
        char **profiles; /* that it may be: one, where that is certain or there is no other */
        size_t n_profiles;
        bool no_profile; /* has the port, of those that there are */
};

/* The port with what is enforced; borrows from both. */
struct pg_wanted pg_wanted_of(const struct pg_listening *listening, const struct pg_asked *asked);
/* What to type beside what was asked for, to have the port opened. The caller ends it with
 * pg_advice_done(), also on failure. 0 or -ENOMEM. */
int pg_advice_make(const struct pg_offers *offers, const struct pg_listening *listening,
                   const struct pg_asked *asked, struct pg_advice *ret);
void pg_advice_done(struct pg_advice *advice);

#endif
