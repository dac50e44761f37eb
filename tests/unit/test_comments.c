/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names that comments carry: none is longer than nft reads, and none is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ruleset/model/model.h"

#define LONGEST \
        128 /* what nft says of a longer one: "comment too long, 128 characters maximum allowed" */

/* n names of 63 letters, told apart by their last ones: "aaa...000, aaa...001". */
static char *make_names(size_t n)
{
        char *text = NULL;
        size_t size = 0;
        FILE *stream = open_memstream(&text, &size);

        for (size_t i = 0; i < n; i++) {
                for (int j = 0; j < 60; j++)
                        fputc('a', stream);
                fprintf(stream, "%03zu%s", i, i + 1 < n ? ", " : "");
        }
        fclose(stream);
        return text;
}

/* A ruleset whose slot a has these names. */
static struct pg_ruleset *with_names(struct pg_set *names)
{
        struct pg_ruleset *ruleset = calloc(1, sizeof(*ruleset));
        struct pg_set *set = pg_ruleset_add_set(ruleset, "names_a");

        pg_parts_define(set);
        set->elements = names->elements;
        set->n_elements = names->n_elements;
        *names = (struct pg_set){0};
        pg_ruleset_sort(ruleset);
        return ruleset;
}

static void check_there_and_back(const char *text)
{
        struct pg_set names = {0};
        struct pg_ruleset *ruleset;
        char *comment, *again;

        assert_int_equal(pg_comment_make(&names, text, &comment), 0);
        assert_true(strlen(comment) <= LONGEST);
        for (size_t i = 0; i < names.n_elements; i++)
                assert_in_range(strlen(names.elements[i].comment), 1, LONGEST);
        ruleset = with_names(&names);
        assert_int_equal(pg_comment_read(ruleset, 'a', comment, &again), 0);
        assert_string_equal(again, text);
        free(comment);
        free(again);
        pg_ruleset_free(ruleset);
}

static void a_text_is_read_as_it_was_made(void **state)
{
        (void)state;
        check_there_and_back("");
        check_there_and_back("ssh/ssh");
        for (size_t n = 1; n <= 4096; n *= 2) {
                char *text = make_names(n);

                check_there_and_back(text);
                free(text);
        }
}

static void what_fits_is_the_text_itself(void **state)
{
        struct pg_set names = {0};
        char text[LONGEST + 2], *comment;

        (void)state;
        memset(text, 'a', sizeof(text));
        text[LONGEST] = '\0';
        assert_int_equal(pg_comment_make(&names, text, &comment), 0);
        assert_string_equal(comment, text);
        assert_int_equal(names.n_elements, 0);
        free(comment);

        text[LONGEST] = 'a';
        text[LONGEST + 1] = '\0';
        assert_int_equal(pg_comment_make(&names, text, &comment), 0);
        assert_int_equal(names.n_elements, 2);
        free(comment);
        pg_set_done(&names);
        check_there_and_back(text);
}

static void equal_texts_are_there_once(void **state)
{
        struct pg_set names = {0};
        char *text = make_names(3), *other = make_names(4), *a, *b, *c;
        size_t n;

        (void)state;
        assert_int_equal(pg_comment_make(&names, text, &a), 0);
        n = names.n_elements;
        assert_int_equal(pg_comment_make(&names, text, &b), 0);
        assert_string_equal(a, b);
        assert_int_equal(names.n_elements, n);
        assert_int_equal(pg_comment_make(&names, other, &c), 0);
        assert_string_not_equal(a, c);
        assert_true(names.n_elements > n);
        free(a);
        free(b);
        free(c);
        free(text);
        free(other);
        pg_set_done(&names);
}

/* Another text has the number already. */
static void numbers_that_meet_are_told_apart(void **state)
{
        struct pg_set names = {0};
        char *text = make_names(3), *comment, *again;
        struct pg_ruleset *ruleset;
        uint32_t number;

        (void)state;
        assert_int_equal(pg_comment_make(&names, text, &comment), 0);
        number = pg_parts_number(&names.elements[0]);
        free(comment);
        pg_set_done(&names);
        names = (struct pg_set){0};
        assert_int_equal(pg_parts_add(&names, number, "somebody/else"), 0);
        assert_int_equal(pg_comment_make(&names, text, &comment), 0);
        ruleset = with_names(&names);
        assert_int_equal(pg_comment_read(ruleset, 'a', comment, &again), 0);
        assert_string_equal(again, text);
        free(comment);
        free(again);
        free(text);
        pg_ruleset_free(ruleset);
}

/* Somebody took out the set, or its first part: what is left is read, and nothing that is not there. */
static void what_is_left_is_read(void **state)
{
        struct pg_set names = {0};
        struct pg_ruleset empty = {0}, *ruleset;
        char *text = make_names(3), *first = make_names(1), *comment, *again;

        (void)state;
        assert_int_equal(pg_comment_make(&names, text, &comment), 0);
        assert_int_equal(pg_comment_read(&empty, 'a', comment, &again), 0);
        assert_string_equal(again, first);
        free(again);

        free(names.elements[0].comment);
        names.elements[0].comment = NULL;
        ruleset = with_names(&names);
        assert_int_equal(pg_comment_read(ruleset, 'a', comment, &again), 0);
        assert_string_equal(again, first);
        free(again);
        assert_int_equal(pg_comment_read(ruleset, 'b', comment, &again), 0);
        assert_string_equal(again, first);
        free(again);
        free(comment);
        free(text);
        free(first);
        pg_ruleset_free(ruleset);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_text_is_read_as_it_was_made),
                cmocka_unit_test(what_fits_is_the_text_itself),
                cmocka_unit_test(equal_texts_are_there_once),
                cmocka_unit_test(numbers_that_meet_are_told_apart),
                cmocka_unit_test(what_is_left_is_read),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
