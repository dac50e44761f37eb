/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers of generations, and how many of them, on the command line. */
#include "cli/number.h"

#include <string.h>

#include "base/strings.h"
#include "cli/print.h"

bool pg_number_parse(const char *text, uint32_t *ret)
{
        uint64_t number = 0;

        if (*text < '1' || *text > '9')
                return false;
        for (; *text >= '0' && *text <= '9'; text++) {
                number = number * 10 + (uint64_t)(*text - '0');
                if (number > UINT32_MAX)
                        return false;
        }
        if (*text)
                return false;
        *ret = (uint32_t)number;
        return true;
}

/* Other programs write "@41" and "#41". */
char *pg_number_problem(const char *text, uint32_t max)
{
        size_t digits = strspn(text, "0123456789");
        uint32_t number;

        if (pg_number_parse(text + strspn(text, "@#+0"), &number) && number <= max)
                return pg_must(pg_format("write %u", number));
        if (digits > 0 && text[digits] == '\0')
                return pg_must(pg_format("a number is from 1 to %u", max));
        return pg_must(pg_format("a number is expected, such as 41"));
}
