/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Elements of a dump: also of somebody else's sets, whose keys may be of any length. */
#include <linux/netfilter.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/nft/internal.h"

/* A name of an interface and more: 64 bytes, which is the most that the kernel allows. */
static void keys_that_are_too_long_are_not_written(void **state)
{
        struct pg_set set = {.flags = PG_SET_INTERVAL | PG_SET_MAP, .key_length = 64};

        (void)state;
        for (int i = 0; i < 2; i++) {
                struct pg_element *element = pg_set_add_element(&set);

                assert_non_null(element);
                element->verdict.code = NF_ACCEPT;
                memcpy(element->verdict.chain, "kept", sizeof("kept"));
                element->is_end = i == 1;
        }
        pg_elements_finish(&set);
        assert_int_equal(set.n_elements, 1);
        assert_int_equal(set.elements[0].verdict.code, NF_ACCEPT);
        assert_string_equal(set.elements[0].verdict.chain, "kept");
        pg_element_done(&set.elements[0]);
        free(set.elements);
}

static void the_end_of_an_interval_is_its_last_key(void **state)
{
        struct pg_set set = {.flags = PG_SET_INTERVAL | PG_SET_MAP, .key_length = 4};
        static const uint8_t first[] = {10, 0, 0, 0}, behind[] = {10, 1, 0, 0};

        (void)state;
        for (int i = 0; i < 2; i++) {
                struct pg_element *element = pg_set_add_element(&set);

                assert_non_null(element);
                memcpy(element->key, i == 0 ? first : behind, 4);
                element->is_end = i == 1;
        }
        pg_elements_finish(&set);
        assert_int_equal(set.n_elements, 1);
        assert_memory_equal(set.elements[0].key_end, ((uint8_t[]){10, 0, 255, 255, 0}), 5);
        pg_element_done(&set.elements[0]);
        free(set.elements);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(keys_that_are_too_long_are_not_written),
                cmocka_unit_test(the_end_of_an_interval_is_its_last_key),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
