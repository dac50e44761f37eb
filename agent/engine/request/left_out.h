/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options of the enforced generation without which a request lets more in, or out. */
#ifndef PG_ENGINE_LEFT_OUT_H
#define PG_ENGINE_LEFT_OUT_H

#include "engine/request/carry.h"

/* What was in force before a change; or nothing was, and the history says what should have been. */
struct pg_before {
        uint32_t generation;              /* 0: nothing */
        char digest[PG_DIGEST_TEXT_SIZE]; /* of the kernel's record; "" where only the history says so
                                           */
};

/* Notes what is in force; `before` may be NULL. */
void pg_before_note(struct pg_before *before, const struct pg_context *context,
                    const struct pg_standing *standing);

/* Finds the options that `before` was applied with and `request` leaves out, if that lets anybody in or
 * out whom they would not; exactly, by what the request compiles to with them and without. `wanted` is
 * what it was compiled to. Where the request leaves none out, nothing is compiled, and *ret stays
 * empty. 0; -ENOENT: the history does not have the generation; or -ENOMEM. */
int pg_left_out_find(const struct pg_settings *settings, const struct pg_request *request,
                     const struct pg_before *before, const struct pg_compiled *wanted,
                     struct pg_left_out *ret);
void pg_left_out_done(struct pg_left_out *left_out);

#endif
