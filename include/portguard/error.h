/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors and diagnostics.
 *
 * The contract of every function in portguard that takes a struct pg_error:
 * it returns 0 or more on success, and a negative errno value on failure, with
 * the error filled in. Outputs are untouched on failure. A function either
 * returns its error or is void; nothing is printed below the command line.
 */
#ifndef PORTGUARD_ERROR_H
#define PORTGUARD_ERROR_H

#include <stdbool.h>
#include <stddef.h>

#define PG_ERROR_MESSAGE_MAX 1024

/* How a command ends; the values are the exit statuses of portguard(8). */
enum pg_status {
        PG_STATUS_DONE = 0,
        PG_STATUS_FAILED = 1,
        PG_STATUS_USAGE = 2,
        PG_STATUS_INVALID = 3,
        PG_STATUS_REFUSED = 4,
        PG_STATUS_NO_PERMISSION = 5,
        PG_STATUS_DRIFT = 6,
        PG_STATUS_CHANGES = 10,
};

/* Owned by the caller, of fixed size: reporting ENOMEM must not allocate. */
struct pg_error {
        enum pg_status status;
        int number; /* negative errno value */
        char message[PG_ERROR_MESSAGE_MAX];
};

/* Fills `error` (which may be NULL) with `status`, `number` and the formatted message, cut at
 * PG_ERROR_MESSAGE_MAX. Returns `number`, which must be negative. */
int pg_error_set(struct pg_error *error, enum pg_status status, int number, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

/* The same for a lack of memory. Returns -ENOMEM. */
int pg_error_memory(struct pg_error *error);

/* A place in a profile, site or group file. `file` is NULL where there is none, `line` 0 where the
 * whole file or a command line option is meant; lines and columns count from 1. The string is
 * borrowed from the object that carries the place. */
struct pg_place {
        const char *file;
        unsigned line;
        unsigned column;
};

enum pg_severity {
        PG_SEVERITY_ERROR,   /* the input is refused */
        PG_SEVERITY_WARNING, /* something is not as the operator will expect */
        PG_SEVERITY_NOTE,    /* worth knowing: joined and carved claims, closed services */
};

struct pg_diagnostic {
        enum pg_severity severity;
        char *file; /* or NULL */
        unsigned line;
        unsigned column;
        char *text;
};

/* A list of diagnostics, in the order of their making. At most PG_DIAGNOSTICS_MAX are kept. */
struct pg_diagnostics;

#define PG_DIAGNOSTICS_MAX 256

/* Makes an empty list. Returns 0 or -ENOMEM. */
int pg_diagnostics_new(struct pg_diagnostics **ret);
/* Frees the list and every diagnostic in it; NULL is allowed. Returns NULL. */
struct pg_diagnostics *pg_diagnostics_free(struct pg_diagnostics *diagnostics);

/* Adds one diagnostic, unless the same is there already; texts and the file name are copied. What
 * exceeds PG_DIAGNOSTICS_MAX, or cannot be stored for lack of memory, is counted only, so that an error
 * is never lost. */
void pg_diagnostics_add(struct pg_diagnostics *diagnostics, enum pg_severity severity,
                        struct pg_place place, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

/* The same for a message in which no argument is text of the place's file: it is reported as it is of a
 * concealed file, too. */
void pg_diagnostics_add_plain(struct pg_diagnostics *diagnostics, enum pg_severity severity,
                              struct pg_place place, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

/* Conceals the text of a file: of what pg_diagnostics_add() is given at a place in it, only the format
 * and numbers are reported, "..." stands for every other argument, and a warning says so once. Returns
 * 0 or -ENOMEM; the name is copied. */
int pg_diagnostics_conceal(struct pg_diagnostics *diagnostics, const char *file);
/* Ends that, once the file has turned out to be what it should be. */
void pg_diagnostics_reveal(struct pg_diagnostics *diagnostics, const char *file);
/* Whether text of the file (NULL: of none) is concealed. */
bool pg_diagnostics_conceals(const struct pg_diagnostics *diagnostics, const char *file);

/* How many diagnostics of a severity were added, those not kept included. */
size_t pg_diagnostics_count(const struct pg_diagnostics *diagnostics, enum pg_severity severity);
/* How many are kept, and the one at `index` (borrowed), which must be below that. */
size_t pg_diagnostics_length(const struct pg_diagnostics *diagnostics);
const struct pg_diagnostic *pg_diagnostics_at(const struct pg_diagnostics *diagnostics, size_t index);

#endif
