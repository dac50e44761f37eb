/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Durations as people write them. */
#include <string.h>

#include "cli/text/text.h"

static unsigned unit_ms(const char *unit)
{
        if (strcmp(unit, "s") == 0)
                return 1000;
        if (strcmp(unit, "m") == 0)
                return 60 * 1000;
        if (strcmp(unit, "h") == 0)
                return 3600 * 1000;
        return 0;
}

const char *pg_duration_parse(const char *text, unsigned *ret_ms)
{
        unsigned long number = 0;
        size_t digits = 0;
        unsigned unit;

        for (; text[digits] >= '0' && text[digits] <= '9'; digits++)
                if (number <= PG_DURATION_MAX_MS)
                        number = number * 10 + (unsigned long)(text[digits] - '0');
        if (digits == 0)
                return "a duration is a number and a unit, such as 30s, 2m or 1h";
        /* A bare number is seconds to one reader and minutes to the next. */
        if (text[digits] == '\0')
                return "the unit is missing: write 30s, 2m or 1h";
        unit = unit_ms(text + digits);
        if (unit == 0)
                return "the unit must be s, m or h, as in 30s, 2m or 1h";
        if (number > PG_DURATION_MAX_MS / unit)
                return "a duration is at most 24h";
        *ret_ms = (unsigned)number * unit;
        return NULL;
}

const char *pg_trial_duration_parse(const char *text, unsigned *ret_ms)
{
        unsigned ms = 0;
        const char *problem = pg_duration_parse(text, &ms);

        if (problem)
                return problem;
        if (ms == 0)
                return "a trial lasts 1s at least";
        *ret_ms = ms;
        return NULL;
}
