/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the doctor knows of kernels, by what uname(2) says of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "engine/doctor/internal.h"

/* A part of each note's text. */
#define INTERVALS "interval set"
#define ONE_STEP "deleted and added in one step"
#define TICK "less than a tick"
#define AGAIN "when it is added again"

static void check_numbers(const char *release, const char *version, unsigned long major,
                          unsigned long minor, unsigned long patch)
{
        struct pg_release parsed = pg_release_parse(release, version);

        assert_string_equal(parsed.text, release);
        assert_int_equal(parsed.major, major);
        assert_int_equal(parsed.minor, minor);
        assert_int_equal(parsed.patch, patch);
}

static void the_number_is_that_of_kernel_org(void **state)
{
        (void)state;
        check_numbers("6.18.44", "#1 SMP PREEMPT_DYNAMIC Tue Nov 10 10:00:00 UTC 2026", 6, 18, 44);
        check_numbers("6.12.118+deb13-cloud-amd64",
                      "#1 SMP PREEMPT_DYNAMIC Debian 6.12.118-1 (2026-11-20)", 6, 12, 118);
        check_numbers("7.0-rc1", "#1 SMP", 7, 0, 0);
        check_numbers("6.8.0-45-generic", "#45-Ubuntu SMP PREEMPT_DYNAMIC Fri Aug 30 2024", 6, 8, 0);
        check_numbers("", "", 0, 0, 0);
        check_numbers("strange", "Debian", 0, 0, 0);
}

/* Debian's ABI number says nothing of the release. */
static void the_package_has_the_number(void **state)
{
        (void)state;
        check_numbers("6.1.0-37-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.140-1 (2025-05-22)", 6, 1,
                      140);
        check_numbers("5.10.0-46-cloud-amd64", "#1 SMP Debian 5.10.262-1 (2026-07-31)", 5, 10, 262);
        check_numbers("6.1.0-0.deb11.52-amd64", "#1 SMP Debian 6.1.190-1~deb11u1 (2026-09-01)", 6, 1,
                      190);
        /* Somebody's own kernel that was built on Debian. */
        check_numbers("6.6.30", "#1 SMP Debian 12.2.0-14 (2024-05-01)", 6, 6, 30);
}

static const struct pg_check *find(const struct pg_checkup *checkup, const char *part)
{
        for (size_t i = 0; i < checkup->n; i++)
                if (strstr(checkup->items[i].text, part))
                        return &checkup->items[i];
        return NULL;
}

/* Fails unless the notes of the kernel are those whose parts are given, and no others. */
static void check_notes(const char *release, const char *version, const char *const parts[])
{
        struct pg_release parsed = pg_release_parse(release, version);
        struct pg_doctor doctor = {.checkup = calloc(1, sizeof(*doctor.checkup))};
        size_t n = 0;

        assert_non_null(doctor.checkup);
        assert_int_equal(pg_check_kernel_bugs(&doctor, &parsed), 0);
        for (; parts[n]; n++) {
                const struct pg_check *note = find(doctor.checkup, parts[n]);

                if (!note)
                        fail_msg("%s: no note says: %s", release, parts[n]);
                assert_int_equal(note->level, PG_CHECK_NOTE);
                assert_string_equal(note->name, "kernel");
                assert_non_null(strstr(note->advice, "none is needed: "));
        }
        if (doctor.checkup->n != n)
                fail_msg("%s: %zu notes, not %zu", release, doctor.checkup->n, n);
        pg_checkup_free(doctor.checkup);
}

#define NOTES(release, version, ...) \
        check_notes(release, version, (const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static void a_kernel_has_the_bugs_of_its_series(void **state)
{
        (void)state;
        NOTES("5.10.0-46-cloud-amd64", "#1 SMP Debian 5.10.262-1 (2026-07-31)", INTERVALS, ONE_STEP,
              AGAIN);
        NOTES("5.10.226", "#1 SMP", INTERVALS, ONE_STEP, TICK, AGAIN);
        NOTES("6.1.0-26-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.112-1 (2024-09-30)", INTERVALS,
              ONE_STEP, TICK, AGAIN);
        NOTES("6.1.0-37-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.140-1 (2025-05-22)", INTERVALS,
              ONE_STEP, AGAIN);
        NOTES("6.8.0-45-generic", "#45-Ubuntu SMP", INTERVALS, ONE_STEP, TICK, AGAIN);
        NOTES("6.12.47", "#1 SMP", INTERVALS, ONE_STEP);
        NOTES("6.12.48", "#1 SMP", INTERVALS);
        NOTES("6.12.118+deb13-cloud-amd64", "#1 SMP Debian 6.12.118-1 (2026-11-20)", INTERVALS);
        NOTES("6.16.12", "#1 SMP", INTERVALS, ONE_STEP);
        NOTES("6.17.0", "#1 SMP", INTERVALS);
        NOTES("6.18.13", "#1 SMP", INTERVALS);
        NOTES("6.19.3", "#1 SMP", INTERVALS);
}

static void what_is_mended_is_not_noted(void **state)
{
        (void)state;
        NOTES("6.18.14", "#1 SMP");
        NOTES("6.18.44", "#1 SMP");
        NOTES("6.19.4", "#1 SMP");
        NOTES("7.0.0", "#1 SMP");
        NOTES("7.3.4+deb13-cloud-amd64", "#1 SMP Debian 7.3.4-1~bpo13+1 (2026-11-15)");
        NOTES("10.0.1", "#1 SMP");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_number_is_that_of_kernel_org),
                cmocka_unit_test(the_package_has_the_number),
                cmocka_unit_test(a_kernel_has_the_bugs_of_its_series),
                cmocka_unit_test(what_is_mended_is_not_noted),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
