/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which values a parameter takes. */
#include "profile/profile/profile.h"
#include "told.h"

/* Up to two values; `problem` is the beginning of what is told, NULL when the values are good. */
static const struct {
        enum pg_param_type type;
        const char *values[2];
        const char *problem;
} cases[] = {
        {PG_PARAM_PORT, {"443"}, NULL},
        {PG_PARAM_PORT, {"0"}, "'0' is no value for the port parameter 'p': there is no port 0"},
        {PG_PARAM_PORT, {"65536"}, "'65536' is no value for the port parameter 'p': the highest"},
        {PG_PARAM_PORT, {"1-2"}, "'1-2' is no value for the port parameter 'p': it takes one port"},
        {PG_PARAM_PORT, {"1", "2"}, "the port parameter 'p' takes one value, not 2"},
        {PG_PARAM_PORT, {NULL}, "the port parameter 'p' takes one value, not 0"},
        {PG_PARAM_PORTS, {"30000-32767"}, NULL},
        {PG_PARAM_PORTS, {"443"}, NULL},
        {PG_PARAM_PORTS,
         {"2-1"},
         "'2-1' is no value for the ports parameter 'p': the range is reversed"},
        {PG_PARAM_BOOL, {"true"}, NULL},
        {PG_PARAM_BOOL, {"no"}, NULL},
        {PG_PARAM_BOOL, {"1"}, "'1' is no value for the bool parameter 'p': write true or false"},
        {PG_PARAM_BOOL, {"True"}, "'True' is no value"},
        {PG_PARAM_CHOICE, {"calico"}, NULL},
        {PG_PARAM_CHOICE,
         {"calcio"},
         "'calcio' is no value for the choice parameter 'p' (choices: calico, none; did you mean 'cal"},
        {PG_PARAM_SCOPE, {"any"}, NULL},
        {PG_PARAM_SCOPE, {"none"}, NULL},
        {PG_PARAM_SCOPE, {"cluster", "10.0.0.0/8"}, NULL},
        {PG_PARAM_SCOPE, {NULL}, "the scope parameter 'p' takes one value, not 0"},
        {PG_PARAM_SCOPE,
         {"10.0.0.1/8"},
         "'10.0.0.1/8' has address bits set behind its prefix length (did you"},
        {PG_PARAM_SCOPE,
         {"0.0.0.0/0"},
         "'0.0.0.0/0' is everybody (if that is meant, write the scope `any`"},
        {PG_PARAM_SCOPE,
         {"${x}"},
         "'${x}' is no value for the scope parameter 'p': a scope parameter cannot"},
        {PG_PARAM_SCOPE,
         {"a.example"},
         "'a.example' is no value for the scope parameter 'p': a host name"},
        {PG_PARAM_SCOPE, {"A!"}, "'A!' is no value for the scope parameter 'p': write any, internal"},
        {PG_PARAM_HOST, {"www.example.com"}, NULL},
        {PG_PARAM_HOST,
         {"10.0.0.1"},
         "'10.0.0.1' is no value for the host parameter 'p': write a host name"},
        {PG_PARAM_RATE, {"10/second"}, NULL},
        {PG_PARAM_RATE, {"none"}, NULL},
        {PG_PARAM_RATE, {"10/day"}, "'10/day' is no value for the rate parameter 'p': write 10/second"},
        {PG_PARAM_RATE, {"\x1b/second"}, "'\\x1b/second' is no value for the rate parameter 'p'"},
};

static void test_table(void **state)
{
        (void)state;
        for (size_t i = 0; i < PG_ELEMENTSOF(cases); i++) {
                struct pg_word choices[] = {{.text = (char *)"calico"}, {.text = (char *)"none"}};
                struct pg_word words[2] = {{.text = (char *)cases[i].values[0], .place = {"f", 3, 7}},
                                           {.text = (char *)cases[i].values[1], .place = {"f", 3, 7}}};
                const struct pg_words values = {words,
                                                (words[0].text != NULL) + (words[1].text != NULL)};
                const struct pg_param param = {.name = (char *)"p",
                                               .place = {"f", 3, 7},
                                               .type = cases[i].type,
                                               .choices = {choices, 2}};
                struct pg_diagnostics *diagnostics;
                char wanted[200] = "";

                assert_int_equal(pg_diagnostics_new(&diagnostics), 0);
                if (cases[i].problem)
                        snprintf(wanted, sizeof(wanted), "3:7: %s", cases[i].problem);
                assert_int_equal(pg_param_accepts(&param, &values, diagnostics), !cases[i].problem);
                check_told(diagnostics, wanted);
                pg_diagnostics_free(diagnostics);
        }
}

static void test_rates(void **state)
{
        static const char *const bad[] =
                {"",          "10",       "0/second",       "010/second", "/second",
                 "10/",       "10 /hour", "10/seconds",     "-1/hour",    "1.5/hour",
                 "10/Second", "None",     "1234567890/hour"};
        struct pg_rate rate = {7, 7};

        (void)state;
        for (size_t i = 0; i < PG_ELEMENTSOF(bad); i++)
                if (pg_rate_parse(bad[i], &rate))
                        fail_msg("'%s' was taken", bad[i]);
        assert_int_equal(rate.count, 7);
        assert_true(pg_rate_parse("30/minute", &rate));
        assert_int_equal(rate.count, 30);
        assert_int_equal(rate.seconds, 60);
        assert_true(pg_rate_parse("999999999/hour", &rate));
        assert_int_equal(rate.count, 999999999);
        assert_int_equal(rate.seconds, 3600);
        assert_true(pg_rate_parse("1/second", &rate));
        assert_int_equal(rate.seconds, 1);
        assert_true(pg_rate_parse("none", &rate));
        assert_int_equal(rate.count, 0);
}

static void test_names_and_truth(void **state)
{
        (void)state;
        assert_string_equal(pg_param_type_name(PG_PARAM_PORT), "port");
        assert_string_equal(pg_param_type_name(PG_PARAM_RATE), "rate");
        assert_true(pg_word_is_true(&(struct pg_word){.text = (char *)"yes"}));
        assert_true(pg_word_is_true(&(struct pg_word){.text = (char *)"true"}));
        assert_false(pg_word_is_true(&(struct pg_word){.text = (char *)"no"}));
        assert_false(pg_word_is_true(&(struct pg_word){.text = (char *)"false"}));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_table),
                cmocka_unit_test(test_rates),
                cmocka_unit_test(test_names_and_truth),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
