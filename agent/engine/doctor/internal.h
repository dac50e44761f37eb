/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of engine/doctor/ share. */
#ifndef PG_ENGINE_DOCTOR_INTERNAL_H
#define PG_ENGINE_DOCTOR_INTERNAL_H

#include "engine/doctor/doctor.h"
#include "host/facts.h"
#include "kernel/nft/nft.h"
#include "portguard/doctor.h"

struct pg_doctor {
        const struct pg_settings *settings;
        const char *root; /* in front of /etc, /run and /sys; "" but in tests */
        struct pg_nft *nft;
        struct pg_view *view; /* the enforced policy */
        struct pg_checkup *checkup;
        struct pg_diagnostics *diagnostics;
};

/* Adds a finding. `advice` is copied and may be NULL. 0 or -ENOMEM. */
int pg_doctor_add(struct pg_doctor *doctor, const char *name, enum pg_check_level level,
                  const char *advice, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Each adds its findings: 0 or -ENOMEM, and nothing else fails. */
int pg_check_kernel(struct pg_doctor *doctor); /* its release, features and room */
int pg_check_kernel_bugs(struct pg_doctor *doctor,
                         const struct pg_release *release); /* notes, by its version */
int pg_check_enforced(struct pg_doctor *doctor);            /* whether the kernel holds what it says */
int pg_check_state(struct pg_doctor *doctor);               /* the history */
int pg_check_foreign_chains(struct pg_doctor *doctor);      /* other tables */
int pg_check_services(struct pg_doctor *doctor);            /* other firewalls, and our own at boot */
int pg_check_site(struct pg_doctor *doctor);     /* the site and the profiles against it all */
int pg_check_profiles(struct pg_doctor *doctor); /* every profile that there is */

#endif
