/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the doctor's checks found. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "engine/doctor/internal.h"

struct pg_checkup *pg_checkup_free(struct pg_checkup *checkup)
{
        if (!checkup)
                return NULL;
        for (size_t i = 0; i < checkup->n; i++) {
                free(checkup->items[i].name);
                free(checkup->items[i].text);
                free(checkup->items[i].advice);
        }
        free(checkup->items);
        free(checkup);
        return NULL;
}

int pg_doctor_add(struct pg_doctor *doctor, const char *name, enum pg_check_level level,
                  const char *advice, const char *format, ...)
{
        struct pg_checkup *checkup = doctor->checkup;
        struct pg_check *check = PG_ARRAY_ADD(checkup->items, checkup->n);
        va_list arguments;
        int length;

        if (!check)
                return -ENOMEM;
        check->level = level;
        check->name = strdup(name);
        check->advice = advice ? strdup(advice) : NULL;
        va_start(arguments, format);
        length = vasprintf(&check->text, format, arguments);
        va_end(arguments);
        if (length < 0)
                check->text = NULL;
        if (level > checkup->worst)
                checkup->worst = level;
        return check->name && check->text && (check->advice || !advice) ? 0 : -ENOMEM;
}
