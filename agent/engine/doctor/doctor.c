/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks, one after the other. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/public.h"
#include "engine/doctor/internal.h"

static int run_checks(struct pg_doctor *doctor)
{
        static int (*const checks[])(struct pg_doctor *) = {
                pg_check_kernel,   pg_check_enforced, pg_check_state,    pg_check_foreign_chains,
                pg_check_services, pg_check_site,     pg_check_profiles,
        };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < PG_ELEMENTSOF(checks); i++)
                r = checks[i](doctor);
        return r;
}

int pg_doctor(const struct pg_settings *settings, struct pg_checkup **ret,
              struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        _cleanup_(pg_checkup_freep) struct pg_checkup *checkup = calloc(1, sizeof(*checkup));
        _cleanup_(pg_nft_closep) struct pg_nft *nft = NULL;
        struct pg_doctor doctor = {
                .settings = settings,
                .root = "",
                .checkup = checkup,
                .diagnostics = diagnostics,
        };
        int r;

        if (!checkup)
                return pg_error_memory(error);
        r = pg_nft_open(&nft, error);
        doctor.nft = nft;
        if (r >= 0)
                r = pg_view_enforced(settings, false, &doctor.view, diagnostics, error);
        if (r >= 0 && run_checks(&doctor) < 0)
                r = pg_error_memory(error);
        pg_view_free(doctor.view);
        if (r < 0)
                return r;
        *ret = PG_TAKE(checkup);
        return 0;
}
