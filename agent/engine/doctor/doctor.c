/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks, one after the other. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/public.h"
#include "engine/begin.h"
#include "engine/doctor/internal.h"

/* How often it looks, where others change nftables meanwhile: its checks ask one after the other. */
#define LOOKS_MAX 3

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

static int look(struct pg_doctor *doctor, bool *ret_is_outrun, struct pg_error *error)
{
        _cleanup_(pg_view_freep) struct pg_view *view = NULL;
        uint32_t genid;
        int r = pg_nft_genid(doctor->nft, &genid, error);

        doctor->checkup = calloc(1, sizeof(*doctor->checkup));
        if (!doctor->checkup)
                return pg_error_memory(error);
        if (r >= 0)
                r = pg_view_enforced(doctor->settings, false, &view, doctor->diagnostics, error);
        doctor->view = view;
        if (r >= 0 && run_checks(doctor) < 0)
                r = pg_error_memory(error);
        if (r >= 0)
                *ret_is_outrun = doctor->checkup->worst > PG_CHECK_NOTE &&
                                 pg_is_outrun(doctor->settings, doctor->nft, genid);
        return r;
}

int pg_doctor(const struct pg_settings *settings, struct pg_checkup **ret,
              struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        _cleanup_(pg_checkup_freep) struct pg_checkup *checkup = NULL;
        _cleanup_(pg_nft_closep) struct pg_nft *nft = NULL;
        struct pg_doctor doctor = {.settings = settings, .root = "", .diagnostics = diagnostics};
        bool is_outrun = true;
        int r = pg_nft_open(&nft, error);

        doctor.nft = nft;
        for (int i = 0; r >= 0 && is_outrun && i < LOOKS_MAX; i++) {
                if (i > 0)
                        pg_lock_release(pg_hold_off_writers(settings, nft, diagnostics));
                pg_checkup_free(checkup);
                r = look(&doctor, &is_outrun, error);
                checkup = doctor.checkup;
        }
        if (r >= 0 && is_outrun &&
            pg_doctor_add(
                    &doctor, "enforced", PG_CHECK_NOTE, "portguard doctor, once more",
                    "nftables or portguard's table was changed each of %d times that it was looked "
                    "at: what is said of it may be of a moment that is over",
                    LOOKS_MAX) < 0)
                r = pg_error_memory(error);
        if (r < 0)
                return r;
        *ret = PG_TAKE(checkup);
        return 0;
}
