/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who changes the table while somebody watches: the kernel keeps no record of it, and tells who
 * listens. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/nft/nft.h"
#include "portguard/portguard.h"

struct pg_change_listener {
        struct pg_nft *nft;
        struct pg_watch *watch;
        char culprit[PG_CULPRIT_MAX]; /* or "" */
};

int pg_change_listener_open(struct pg_change_listener **ret, struct pg_error *error)
{
        struct pg_change_listener *listener = calloc(1, sizeof(*listener));
        int r;

        if (!listener)
                return pg_error_memory(error);
        r = pg_nft_open(&listener->nft, error);
        if (r >= 0)
                r = pg_watch_open(listener->nft, &listener->watch, error);
        if (r < 0) {
                pg_change_listener_close(listener);
                return r;
        }
        *ret = listener;
        return 0;
}

struct pg_change_listener *pg_change_listener_close(struct pg_change_listener *listener)
{
        if (!listener)
                return NULL;
        pg_watch_close(listener->watch);
        pg_nft_close(listener->nft);
        free(listener);
        return NULL;
}

int pg_change_listener_name(struct pg_change_listener *listener, struct pg_view *view)
{
        char culprit[PG_CULPRIT_MAX];
        enum pg_foreign foreign = pg_watch_ask(listener->watch, culprit);

        /* Where messages were lost, who was heard of before need not be the last any more. */
        if (foreign == PG_FOREIGN_UNKNOWN ||
            (foreign == PG_FOREIGN_TOUCHED && strcmp(culprit, "somebody") == 0))
                listener->culprit[0] = '\0';
        else if (foreign == PG_FOREIGN_TOUCHED)
                memcpy(listener->culprit, culprit, sizeof(culprit));
        else if (!view->problem)
                listener->culprit[0] = '\0';
        /* Who is heard of now may have come after the view was read: the next one shows what he did. */
        if (!view->problem || listener->culprit[0] == '\0')
                return 0;
        view->changed_by = strdup(listener->culprit);
        return view->changed_by ? 0 : -ENOMEM;
}
