/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the whole database is sound. */
#include <string.h>

#include "state/store/internal.h"

int pg_store_check(struct pg_store *store, struct pg_error *error)
{
        _statement_ statement = NULL;
        _cleanup_(pg_freep) char *text = NULL;
        int r = pg_store_prepare(store, "PRAGMA quick_check(1)", &statement, error);

        if (r >= 0)
                r = pg_store_step(store, statement, error);
        if (r == 0)
                return pg_store_damaged(store, error, "it cannot be checked");
        if (r > 0)
                r = pg_column_text(store, statement, 0, false, &text, error);
        if (r < 0)
                return r;
        return strcmp(text, "ok") == 0 ? 0 : pg_store_damaged(store, error, "%s", text);
}
