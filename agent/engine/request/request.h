/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was asked for: profiles, site and options, resolved to a policy. */
#ifndef PG_ENGINE_REQUEST_REQUEST_H
#define PG_ENGINE_REQUEST_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/context.h"
#include "engine/table.h"
#include "profile/catalog/catalog.h"

/* Profiles and site of a request, resolved. */
struct pg_compiled {
        struct pg_catalog *catalog;
        struct pg_site *site;
        struct pg_policy *policy;
};

int pg_compile_request(const struct pg_settings *settings, const struct pg_request *request,
                       struct pg_compiled *ret, struct pg_diagnostics *diagnostics,
                       struct pg_error *error);

/* The same, and no host name is looked up: what the site file does not know has no address. */
int pg_compile_offline(const struct pg_settings *settings, const struct pg_request *request,
                       struct pg_compiled *ret, struct pg_diagnostics *diagnostics,
                       struct pg_error *error);

struct pg_carried;

/* The same as pg_compile_request() with options of the generation that is enforced (carry.h), of which
 * is reported what became of them; NULL: without. */
int pg_compile_carried(const struct pg_settings *settings, const struct pg_request *request,
                       struct pg_carried *carried, struct pg_compiled *ret,
                       struct pg_diagnostics *diagnostics, struct pg_error *error);

void pg_compiled_done(struct pg_compiled *compiled);

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

/* The same for what is in force, or should be; PG_STATUS_REFUSED where that is not known. `is_locked`:
 * by who holds the lock, and has settled what was left. */
int pg_carried_find(const struct pg_settings *settings, struct pg_nft *nft, bool is_locked,
                    struct pg_carried *ret, struct pg_diagnostics *diagnostics, struct pg_error *error);
void pg_carried_done(struct pg_carried *carried);

/* Appends the options of which that has become. 0 or -ENOMEM. */
int pg_carried_list(const struct pg_carried *carried, enum pg_carry what, char ***ret, size_t *ret_n);

/* What was in force before a change; or nothing was, and the history says what should have been. */
struct pg_before {
        uint32_t generation;              /* 0: nothing */
        char digest[PG_DIGEST_TEXT_SIZE]; /* of the kernel's record; "" where only the history says so
                                           */
        struct pg_carried applied; /* what it was asked for with: the change may prune the history */
        int error;                 /* of reading that; -ENOENT: the history does not have it */
};

/* Notes what is in force, and in a second try anew; `before` may be NULL. The caller ends it with
 * pg_before_done(). */
void pg_before_note(struct pg_before *before, const struct pg_context *context,
                    const struct pg_table *table);
void pg_before_done(struct pg_before *before);

/* Finds the options that `before` was applied with and `request` leaves out, if that lets anybody in or
 * out whom they would not; exactly, by what the request compiles to with them and without. `wanted` is
 * what it was compiled to. Where the request leaves none out, nothing is compiled, and *ret stays
 * empty. 0; -ENOENT: the history does not have the generation; or -ENOMEM. */
int pg_left_out_find(const struct pg_settings *settings, const struct pg_request *request,
                     struct pg_before *before, const struct pg_compiled *wanted,
                     struct pg_left_out *ret);

enum pg_parameter_kind {
        PG_PARAMETER_SET,
        PG_PARAMETER_GROUP,
        PG_PARAMETER_WITH,
        PG_PARAMETER_EGRESS,
        PG_PARAMETER_UNKNOWN, /* of a later version */
};

/* The kind of a parameter; *ret_value is what stands behind the option, borrowed. */
enum pg_parameter_kind pg_parameter_kind(const char *parameter, const char **ret_value);

/* Appends what the request says, as it would be typed again: in any directory, for paths of group files
 * are made whole by the one that this process is in. Only where that cannot be written on a command
 * line, as its own path has a comma, do they stay as they are. 0 or -ENOMEM. */
int pg_parameters_of(const struct pg_request *request, char ***ret, size_t *ret_n);

/* Whether the parameter names a group file by a path from a directory that nobody knows any more. */
bool pg_parameter_is_relative(const char *parameter);

#endif
