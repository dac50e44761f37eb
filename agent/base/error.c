/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The caller's error object: filled once, by the function that fails. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "portguard/error.h"

int pg_error_set(struct pg_error *error, enum pg_status status, int number, const char *format, ...)
{
        va_list arguments;

        if (!error)
                return number;
        error->status = status;
        error->number = number;
        va_start(arguments, format);
        vsnprintf(error->message, sizeof(error->message), format, arguments);
        va_end(arguments);
        return number;
}

int pg_error_memory(struct pg_error *error)
{
        return pg_error_set(error, PG_STATUS_FAILED, -ENOMEM, "not enough memory");
}
