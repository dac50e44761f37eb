/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the kernel holds what it says that it does. */
#include <errno.h>

#include "base/public.h"
#include "base/strings.h"
#include "engine/change/change.h"
#include "engine/doctor/internal.h"

static int report_drift(struct pg_doctor *doctor, const struct pg_verification *verification)
{
        _cleanup_(pg_freep) char *advice =
                pg_format("%s; portguard verify tells all of it", verification->advice);
        size_t n = verification->n_differences;

        if (!advice)
                return -ENOMEM;
        return pg_doctor_add(doctor, "enforced", PG_CHECK_PROBLEM, advice,
                             "the kernel does not hold what was applied, in %zu place%s; the first: %s",
                             n, n == 1 ? "" : "s", n > 0 ? verification->differences[0] : "");
}

static int report_state(struct pg_doctor *doctor)
{
        const struct pg_view *view = doctor->view;
        char left[PG_LEFT_TEXT_MAX];

        switch (view->state) {
        case PG_STATE_OFF:
                return pg_doctor_add(doctor, "enforced", PG_CHECK_NOTE, "portguard apply PROFILE",
                                     "portguard is off: nothing is enforced");
        case PG_STATE_TRIAL:
                return pg_doctor_add(
                        doctor, "enforced", PG_CHECK_NOTE,
                        view->trial.cannot_confirm
                                ? "portguard rollback"
                                : "portguard confirm, portguard extend or portguard rollback",
                        "generation %u is on trial, %s left; then the kernel takes it "
                        "back",
                        view->generation, pg_left_text(view->trial.left_ms, left));
        case PG_STATE_CONFIRMED:
                break;
        }
        if (view->outdated)
                return pg_doctor_add(doctor, "enforced", PG_CHECK_NOTE, "portguard restore",
                                     "the kernel holds exactly generation %u, %s", view->generation,
                                     view->outdated);
        return pg_doctor_add(doctor, "enforced", PG_CHECK_OK, NULL,
                             "the kernel holds exactly generation %u", view->generation);
}

int pg_check_enforced(struct pg_doctor *doctor)
{
        _cleanup_(pg_verification_freep) struct pg_verification *verification = NULL;
        /* What keeps the history from being asked, pg_check_state() tells. */
        _cleanup_(pg_diagnostics_freep) struct pg_diagnostics *ignored = NULL;
        const struct pg_view *view = doctor->view;
        struct pg_error error;
        int r = pg_diagnostics_new(&ignored);

        if (r < 0)
                return r;
        r = pg_verify(doctor->settings, &verification, ignored, &error);

        if (view->problem && view->state == PG_STATE_OFF)
                return pg_doctor_add(doctor, "enforced", PG_CHECK_PROBLEM,
                                     r >= 0 ? verification->advice : "portguard verify --repair", "%s",
                                     view->problem);
        if (r < 0)
                return pg_doctor_add(doctor, "enforced", PG_CHECK_PROBLEM, NULL,
                                     "what is enforced could not be verified: %s", error.message);
        if (verification->drift)
                return report_drift(doctor, verification);
        return report_state(doctor);
}
