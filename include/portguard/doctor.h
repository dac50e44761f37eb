/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of this host could keep portguard from doing what it says, and how to repair it. */
#ifndef PORTGUARD_DOCTOR_H
#define PORTGUARD_DOCTOR_H

#include "portguard/portguard.h"

enum pg_check_level {
        PG_CHECK_OK,
        PG_CHECK_NOTE,    /* worth knowing; nothing to do */
        PG_CHECK_WARNING, /* packets may fare otherwise than the policy says, now or after a restart */
        PG_CHECK_PROBLEM, /* portguard does not do, or cannot do, what it should */
};

struct pg_check {
        char *name; /* what was looked at: "kernel", "other tables", "state"; several may have the same
                     */
        enum pg_check_level level;
        char *text;   /* what was found */
        char *advice; /* what to do; NULL: nothing */
};

struct pg_checkup {
        struct pg_check *items;
        size_t n;
        enum pg_check_level worst;
};

/* Looks at the kernel, the other tables, other firewalls, the history, the site and the profiles,
 * and changes no policy. What cannot be looked at is one of the findings.
 * out:    *ret, freed with pg_checkup_free()
 * errors: none beside those of all, where the kernel tells nothing at all */
int pg_doctor(const struct pg_settings *settings, struct pg_checkup **ret,
              struct pg_diagnostics *diagnostics, struct pg_error *error);
struct pg_checkup *pg_checkup_free(struct pg_checkup *checkup);

#endif
