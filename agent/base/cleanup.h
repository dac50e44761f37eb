/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ownership that can be checked without reading the callee: cleanup-tagged locals, explicit takes. */
#ifndef PG_BASE_CLEANUP_H
#define PG_BASE_CLEANUP_H

#include <dirent.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(function) __attribute__((cleanup(function)))

/* The value of a pointer or a struct, which is empty then: ownership moves to the reader. */
#define PG_TAKE(value)                            \
        ({                                        \
                __auto_type _taken = (value);     \
                (value) = (__typeof__(value)){0}; \
                _taken;                           \
        })

/* Defines NAMEp(), the cleanup function for a local `type *` freed by `function`. */
#define PG_DEFINE_CLEANUP(type, function)              \
        static inline void function##p(type **pointer) \
        {                                              \
                if (*pointer)                          \
                        function(*pointer);            \
        }

static inline void pg_freep(void *pointer)
{
        free(*(void **)pointer);
}

static inline void pg_closep(int *fd)
{
        if (*fd >= 0)
                close(*fd);
}

static inline void pg_fclosep(FILE **file)
{
        if (*file)
                fclose(*file);
}

static inline void pg_closedirp(DIR **directory)
{
        if (*directory)
                closedir(*directory);
}

#define PG_ELEMENTSOF(array) (sizeof(array) / sizeof((array)[0]))

/* A macro that stands for a number, as text: "100". */
#define PG_NUMBER_TEXT(number) PG_TEXT_OF(number)
#define PG_TEXT_OF(number) #number

#endif
