/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bugs that kernels are known to have, by their version, and what portguard does about them. */
#include "engine/doctor/internal.h"

#define REPAIRS_MAX 3

struct version {
        unsigned long major, minor, patch;
};

/* A series is repaired from its version on; what is as new as the last has never had the bug. Kernels
 * of distributions may have the advice without the number. */
static const struct bug {
        const char *text, *answer;
        struct version repaired[REPAIRS_MAX];
} bugs[] = {
        {
                "may not find an address in an interval set while that set is being changed (repaired in "
                "6.18.14, 6.19.4 and 7.0)",
                "none is needed: portguard changes no interval set that rules look into; a new one is filled "
                "beside it",
                {{6, 18, 14}, {6, 19, 4}, {7, 0, 0}},
        },
        {
                "may find neither the old nor the new element when one key is deleted and added in one step "
                "(repaired in 6.12.48 and 6.17)",
                "none is needed: portguard never does both to a key of a set that rules look into",
                {{6, 12, 48}, {6, 17, 0}, {6, 17, 0}},
        },
        {
                "may keep for ever what was to last for less than a tick of its clock, a hundredth to a "
                "thousandth of a second (repaired in 5.10.227, 6.1.113 and 6.12)",
                "none is needed: a trial lasts a second at least",
                {{5, 10, 227}, {6, 1, 113}, {6, 12, 0}},
        },
        {
                "does not let an element live longer when it is added again (since 6.12 it does)",
                "none is needed: portguard extend gives a trial a second set of elements, and then takes the "
                "first away",
                {{6, 12, 0}, {6, 12, 0}, {6, 12, 0}},
        },
};

static bool is_series_of(const struct version *version, const struct pg_release *release)
{
        return version->major == release->major && version->minor == release->minor;
}

static bool is_repaired(const struct bug *bug, const struct pg_release *release)
{
        const struct version *last = &bug->repaired[REPAIRS_MAX - 1];

        for (size_t i = 0; i < REPAIRS_MAX; i++)
                if (is_series_of(&bug->repaired[i], release))
                        return release->patch >= bug->repaired[i].patch;
        return release->major > last->major ||
               (release->major == last->major && release->minor > last->minor);
}

int pg_check_kernel_bugs(struct pg_doctor *doctor, const struct pg_release *release)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < PG_ELEMENTSOF(bugs); i++)
                if (!is_repaired(&bugs[i], release))
                        r = pg_doctor_add(doctor, "kernel", PG_CHECK_NOTE, bugs[i].answer,
                                          "by its version, %lu.%lu.%lu, this kernel %s", release->major,
                                          release->minor, release->patch, bugs[i].text);
        return r;
}
