/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From profiles and site to a policy. */
#ifndef PG_POLICY_COMPILE_COMPILE_H
#define PG_POLICY_COMPILE_COMPILE_H

#include <stdbool.h>

#include "policy/policy.h"
#include "profile/catalog/catalog.h"
#include "profile/site/site.h"

/* Resolves profiles and site into a policy. Errors, and the notes on joined and carved claims, empty
 * groups and the like, go to `diagnostics`. The caller frees the policy. -EINVAL: see diagnostics. */
int pg_policy_compile(const struct pg_catalog *catalog, const struct pg_site *site,
                      struct pg_policy **ret, struct pg_diagnostics *diagnostics,
                      struct pg_error *error);

/* Whether the profiles of the catalog declare every parameter, group and service that the site names,
 * but groups that its own parameters use. Where not, pg_policy_compile() refuses what the catalog's
 * other profiles (pg_catalog_load_others()) do not declare either, and warns of the rest. */
bool pg_policy_names_are_applied(const struct pg_catalog *catalog, const struct pg_site *site);

/* Whether the profiles of the catalog have use for what "NAME", or "NAME=VALUE", says of a parameter
 * ("PROFILE.NAME"), a group (also one that a parameter of the site names) or an optional service
 * ("PROFILE/NAME", "all"). */
bool pg_policy_has_use(const struct pg_catalog *catalog, const struct pg_site *site,
                       enum pg_name_kind kind, const char *text);

/* Borrowed, or NULL. */
const struct pg_origin *pg_policy_origin(const struct pg_policy *policy, const char *scope);

/* Adds all the host names that outbound services of the catalog go to, and that the site does not
 * know, to `ret`; only with strict egress. The caller frees the words. 0 or -ENOMEM. */
int pg_policy_unknown_hosts(const struct pg_catalog *catalog, const struct pg_site *site,
                            struct pg_words *ret);

#endif
