/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy as services and scopes. */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "cli/print.h"
#include "cli/report/internal.h"

bool pg_label_has(const char *label, const char *scope)
{
        size_t length = strlen(scope);

        for (const char *rest = label;;) {
                const char *comma = strstr(rest, ", ");
                size_t part = comma ? (size_t)(comma - rest) : strlen(rest);

                if (part == length && strncmp(rest, scope, length) == 0)
                        return true;
                if (!comma)
                        return false;
                rest = comma + 2;
        }
}

size_t pg_profile_length(const char *service)
{
        const char *slash = strchr(service, '/');

        return slash ? (size_t)(slash - service) + 1 : 0;
}

static unsigned rank_of(const char *scope)
{
        return strcmp(scope, "any") == 0        ? 0
               : strcmp(scope, "internal") == 0 ? 1
               : strcmp(scope, "local") == 0    ? 3
                                                : 2;
}

static int compare_scopes(const void *a, const void *b)
{
        const char *x = *(char *const *)a, *y = *(char *const *)b;
        unsigned rank_x = rank_of(x), rank_y = rank_of(y);

        return rank_x != rank_y ? (rank_x < rank_y ? -1 : 1) : strcmp(x, y);
}

/* By service, then as the view has its ports: its exposures are one array. */
static int compare_rows(const void *a, const void *b)
{
        const struct pg_reach_row *x = a, *y = b;
        int order = strcmp(x->service, y->service);

        if (order != 0)
                return order;
        return x->exposures[0] < y->exposures[0] ? -1 : x->exposures[0] > y->exposures[0];
}

/* Calls `add` for each part of "a, b". */
static void for_each_part(const char *text, void (*add)(void *context, const char *part, size_t length),
                          void *context)
{
        for (const char *rest = text;;) {
                const char *comma = strstr(rest, ", ");

                add(context, rest, comma ? (size_t)(comma - rest) : strlen(rest));
                if (!comma)
                        return;
                rest = comma + 2;
        }
}

struct making {
        struct pg_reach *reach;
        const struct pg_exposure *exposure;
};

static void add_scope(void *context, const char *part, size_t length)
{
        struct pg_reach *reach = ((struct making *)context)->reach;

        for (size_t i = 0; i < reach->n_scopes; i++)
                if (strlen(reach->scopes[i]) == length && strncmp(reach->scopes[i], part, length) == 0)
                        return;
        *(char **)pg_must(PG_ARRAY_ADD(reach->scopes, reach->n_scopes)) =
                pg_must(strndup(part, length));
}

static void add_row(void *context, const char *part, size_t length)
{
        const struct making *making = context;
        struct pg_reach *reach = making->reach;
        struct pg_reach_row *row = pg_must(PG_ARRAY_ADD(reach->rows, reach->n_rows));
        const struct pg_exposure *exposure = making->exposure;

        row->service = pg_must(strndup(part, length));
        row->label = exposure->scope;
        *(const struct pg_exposure **)pg_must(PG_ARRAY_ADD(row->exposures, row->n_exposures)) =
                exposure;
        row->packets = exposure->packets;
        row->bytes = exposure->bytes;
        row->is_shared = strlen(exposure->services) > length;
}

static void row_done(struct pg_reach_row *row)
{
        free(row->service);
        free(row->exposures);
        free(row->extents);
}

/* Adds `from` to the rows of the same service with the same scopes, of which the last ones are
 * `candidates`. */
static bool join_row(struct pg_reach_row *candidates, size_t n, const struct pg_reach_row *from)
{
        for (size_t i = 0; i < n; i++) {
                struct pg_reach_row *row = &candidates[i];

                if (strcmp(row->label, from->label) != 0)
                        continue;
                *(const struct pg_exposure **)pg_must(PG_ARRAY_ADD(row->exposures, row->n_exposures)) =
                        from->exposures[0];
                row->packets += from->packets;
                row->bytes += from->bytes;
                row->is_shared |= from->is_shared;
                return true;
        }
        return false;
}

/* Every row has one exposure as yet. */
static void join_rows(struct pg_reach *reach)
{
        size_t n = 0, first = 0; /* of the service at hand */

        for (size_t i = 0; i < reach->n_rows; i++) {
                struct pg_reach_row *row = &reach->rows[i];
                bool is_first = n == 0 || strcmp(reach->rows[n - 1].service, row->service) != 0;

                if (is_first) {
                        first = n;
                        reach->n_services++;
                } else if (join_row(&reach->rows[first], n - first, row)) {
                        row_done(row);
                        continue;
                }
                row->is_first = is_first;
                reach->rows[n++] = *row;
        }
        reach->n_rows = n;
}

void pg_reach_make(const struct pg_view *view, bool outbound, struct pg_reach *ret)
{
        *ret = (struct pg_reach){.view = view};
        for (size_t i = 0; i < view->n_exposures; i++) {
                struct making making = {ret, &view->exposures[i]};

                if (making.exposure->outbound != outbound || (outbound && !view->egress_strict))
                        continue;
                for_each_part(making.exposure->services, add_row, &making);
                for_each_part(making.exposure->scope, add_scope, &making);
        }
        if (ret->n_rows > 1)
                qsort(ret->rows, ret->n_rows, sizeof(*ret->rows), compare_rows);
        if (ret->n_scopes > 1)
                qsort(ret->scopes, ret->n_scopes, sizeof(*ret->scopes), compare_scopes);
        join_rows(ret);
}

/* An earlier row with the same label, whose ports have the same source. */
static const struct pg_reach_row *find_label(const struct pg_reach *reach, size_t n, const char *label)
{
        for (size_t i = 0; i < n; i++)
                if (strcmp(reach->rows[i].label, label) == 0)
                        return &reach->rows[i];
        return NULL;
}

void pg_reach_measure(struct pg_reach *reach)
{
        for (size_t i = 0; i < reach->n_rows; i++) {
                struct pg_reach_row *row = &reach->rows[i];
                const struct pg_reach_row *same = find_label(reach, i, row->label);

                row->extents = pg_must(calloc(reach->n_scopes + 1, sizeof(*row->extents)));
                for (size_t j = 0; j < reach->n_scopes; j++)
                        if (same)
                                row->extents[j] = same->extents[j];
                        else if (row->exposures[0]->is_any ||
                                 pg_label_has(row->label, reach->scopes[j]))
                                row->extents[j] = PG_EXTENT_ALL;
                        else
                                row->extents[j] = pg_view_extent(reach->view, row->exposures[0],
                                                                 reach->scopes[j]);
        }
}

void pg_reach_done(struct pg_reach *reach)
{
        for (size_t i = 0; i < reach->n_rows; i++)
                row_done(&reach->rows[i]);
        for (size_t i = 0; i < reach->n_scopes; i++)
                free(reach->scopes[i]);
        free(reach->rows);
        free(reach->scopes);
}
