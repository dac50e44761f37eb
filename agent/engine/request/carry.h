/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options that the enforced generation was applied with, beside those of a request. */
#ifndef PG_ENGINE_CARRY_H
#define PG_ENGINE_CARRY_H

#include "engine/context.h"

/* What becomes of an option. */
enum pg_carry {
        PG_CARRY_TAKEN,  /* it holds for the request, too */
        PG_CARRY_GIVEN,  /* the request itself says what it is about */
        PG_CARRY_UNUSED, /* no profile of the request has use for it, and one that had is not applied */
        PG_CARRY_DROPPED, /* the caller said so */
};

struct pg_carried {
        uint32_t generation;          /* 0: nothing is enforced, nor should be */
        struct pg_generation applied; /* what it was asked for with */
        enum pg_carry *options;       /* of each of its parameters; in order */
};

/* What was asked for with the generation. `digest` is that of the kernel's record; NULL where only the
 * history says that it should be enforced. -ENOENT without an error: the history does not have it. The
 * caller ends it with pg_carried_done(). */
int pg_carried_load(const struct pg_settings *settings, uint32_t generation, const char *digest,
                    struct pg_carried *ret, struct pg_error *error);

/* The same for what is in force, or should be; PG_STATUS_REFUSED where that is not known. `is_locked`:
 * by who holds the lock, and has settled what was left. */
int pg_carried_find(const struct pg_settings *settings, struct pg_nft *nft, bool is_locked,
                    struct pg_carried *ret, struct pg_diagnostics *diagnostics, struct pg_error *error);
void pg_carried_done(struct pg_carried *carried);

/* Whether the request itself says what the parameter is about. */
bool pg_carry_is_given(const char *parameter, const struct pg_request *request);

/* Whether any option is neither given by the request nor dropped. */
bool pg_carried_has_more(const struct pg_carried *carried, const struct pg_request *request);

/* Adds to a site, which the request's own options are in, each option that is not dropped, and decides
 * what becomes of it. An option that no profile of the catalog has use for is unused where one of the
 * generation's profiles is not there; else it is as wrong as on the command line. Faults go to
 * `diagnostics`. 0 or -ENOMEM. */
int pg_carried_add(struct pg_carried *carried, const struct pg_request *request,
                   const struct pg_catalog *catalog, struct pg_site *site,
                   struct pg_diagnostics *diagnostics);

/* Appends the options of which that has become. 0 or -ENOMEM. */
int pg_carried_list(const struct pg_carried *carried, enum pg_carry what, char ***ret, size_t *ret_n);

#endif
