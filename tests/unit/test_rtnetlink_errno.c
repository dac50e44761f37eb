/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The errors of libnl are none of errno's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <netlink/errno.h>

#include "host/rtnetlink.h"

static void what_came_from_errno_is_that_errno_again(void **state)
{
        static const int numbers[] = {EBADF,           EEXIST,     ENOENT,       EINTR,  EAGAIN,
                                      EINVAL,          ENOMEM,     EACCES,       EPERM,  EBUSY,
                                      ERANGE,          ENODEV,     EAFNOSUPPORT, EMFILE, ENFILE,
                                      EPROTONOSUPPORT, EOPNOTSUPP, ENETUNREACH};

        (void)state;
        for (size_t i = 0; i < PG_ELEMENTSOF(numbers); i++) {
                errno = numbers[i];
                assert_int_equal(pg_rtnetlink_errno(-nl_syserr2nlerr(numbers[i])), -numbers[i]);
        }
}

static void each_error_of_libnl_has_a_number(void **state)
{
        (void)state;
        for (int code = NLE_FAILURE; code <= NLE_MAX + 1; code++) {
                errno = 0;
                assert_in_range(-pg_rtnetlink_errno(-code), 1, 200);
        }
        assert_int_equal(pg_rtnetlink_errno(-NLE_FAILURE), -EIO);
        assert_int_equal(pg_rtnetlink_errno(-NLE_MAX - 1), -EIO);
        assert_int_equal(pg_rtnetlink_errno(-NLE_DUMP_INTR), -EAGAIN);
        assert_int_equal(pg_rtnetlink_errno(-NLE_SEQ_MISMATCH), -EBADMSG);
}

static void an_old_errno_says_nothing_of_the_errors_that_have_a_number(void **state)
{
        (void)state;
        errno = EMFILE;
        assert_int_equal(pg_rtnetlink_errno(-NLE_NOMEM), -ENOMEM);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_came_from_errno_is_that_errno_again),
                cmocka_unit_test(each_error_of_libnl_has_a_number),
                cmocka_unit_test(an_old_errno_says_nothing_of_the_errors_that_have_a_number),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
