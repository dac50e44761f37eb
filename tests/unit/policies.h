/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policies made of profiles in a test's text, and what they open, as text. */
#ifndef PG_TESTS_POLICIES_H
#define PG_TESTS_POLICIES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/policy.h"

/* Compiles the first of the profiles, which may include the others and the shipped ones. Each begins
 * with a line "name: NAME". Returns NULL, with the errors in *ret_told, when it is refused; what is
 * told besides is there too. The caller frees both. */
struct pg_policy *make_policy(const char *const *profiles, size_t n, const char *site, char **ret_told);

#define MAKE_POLICY(site, told, ...)                    \
        make_policy((const char *const[]){__VA_ARGS__}, \
                    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), site, told)

/* Compiles a shipped profile with the site's text. */
struct pg_policy *make_shipped_policy(const char *name, const char *site);

/* A line "in tcp/80-90 any: web/a, web/b" for each segment. The caller frees it. */
char *outline(const struct pg_policy *policy);

/* Fails unless the policy's outline is this. */
void check_outline(const struct pg_policy *policy, const char *wanted);

#endif
