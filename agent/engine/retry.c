/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Another try, from the reading on, while somebody else commits between the reading and the change. */
#include "engine/retry.h"

#include <errno.h>

int pg_retry(int (*attempt)(void *data), void *data)
{
        int r = -ERESTART;

        for (int i = 0; r == -ERESTART && i < PG_TRIES_MAX; i++)
                r = attempt(data);
        return r;
}
