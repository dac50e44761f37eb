/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of engine/request/ share. */
#ifndef PG_ENGINE_REQUEST_INTERNAL_H
#define PG_ENGINE_REQUEST_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/request/request.h"

/* The policy of the same request with other options of that generation, of the profiles and the
 * resolved host names of `like`; the site file and its groups are read again. The caller frees it.
 * -EINVAL with diagnostics. */
int pg_compile_variant(const struct pg_settings *settings, const struct pg_request *request,
                       struct pg_carried *carried, const struct pg_compiled *like,
                       struct pg_policy **ret, struct pg_diagnostics *diagnostics,
                       struct pg_error *error);

/* Asks the resolver for the host names that outbound services need and the site does not know,
 * for a bounded time. What has no answer stays unknown: a name never blocks an apply. */
int pg_resolve_hosts(const struct pg_catalog *catalog, struct pg_site *site, struct pg_error *error);

/* What was asked for with the generation. `digest` is that of the kernel's record; NULL where only the
 * history says that it should be enforced. -ENOENT without an error: the history does not have it,
 * or has what was read back from the kernel. The caller ends it with pg_carried_done(). */
int pg_carried_load(const struct pg_settings *settings, uint32_t generation, const char *digest,
                    struct pg_carried *ret, struct pg_error *error);

/* Whether the request itself says what the parameter is about. */
bool pg_carry_is_given(const char *parameter, const struct pg_request *request);

/* Whether any option is neither given by the request nor dropped. */
bool pg_carried_has_more(const struct pg_carried *carried, const struct pg_request *request);

/* Adds to a site, which the request's own options are in, each option that is not dropped, and decides
 * what becomes of it. An option that no profile of the catalog has use for is unused where one of the
 * generation's profiles is not there; else it is as wrong as on the command line. Errors go to
 * `diagnostics`. 0 or -ENOMEM. */
int pg_carried_add(struct pg_carried *carried, const struct pg_request *request,
                   const struct pg_catalog *catalog, struct pg_site *site,
                   struct pg_diagnostics *diagnostics);

#endif
