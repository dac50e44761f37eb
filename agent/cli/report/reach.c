/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy as services and scopes. */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/strings.h"
#include "cli/print.h"
#include "cli/report/internal.h"

bool pg_row_has_scope(const struct pg_reach_row *row, const char *scope)
{
        return pg_strings_have(row->exposures[0]->scopes, row->exposures[0]->n_scopes, scope);
}

/* Whether their scopes are the same, by name. */
static bool is_same_who(const struct pg_reach_row *a, const struct pg_reach_row *b)
{
        return pg_strings_compare(a->exposures[0]->scopes, a->exposures[0]->n_scopes,
                                  b->exposures[0]->scopes, b->exposures[0]->n_scopes) == 0;
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

static void add_scope(struct pg_reach *reach, const char *scope)
{
        if (!pg_strings_have(reach->scopes, reach->n_scopes, scope))
                *(char **)pg_must(PG_ARRAY_ADD(reach->scopes, reach->n_scopes)) =
                        pg_must(strdup(scope));
}

static void add_row(struct pg_reach *reach, const struct pg_exposure *exposure, const char *service)
{
        struct pg_reach_row *row = pg_must(PG_ARRAY_ADD(reach->rows, reach->n_rows));

        row->service = pg_must(strdup(service));
        *(const struct pg_exposure **)pg_must(PG_ARRAY_ADD(row->exposures, row->n_exposures)) =
                exposure;
        row->packets = exposure->packets;
        row->bytes = exposure->bytes;
        row->is_shared = exposure->n_services > 1;
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

                if (!is_same_who(row, from))
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
                const struct pg_exposure *exposure = &view->exposures[i];

                if (exposure->outbound != outbound || (outbound && !view->egress_strict))
                        continue;
                for (size_t j = 0; j < exposure->n_services; j++)
                        add_row(ret, exposure, exposure->services[j]);
                for (size_t j = 0; j < exposure->n_scopes; j++)
                        add_scope(ret, exposure->scopes[j]);
        }
        if (ret->n_rows > 1)
                qsort(ret->rows, ret->n_rows, sizeof(*ret->rows), compare_rows);
        if (ret->n_scopes > 1)
                qsort(ret->scopes, ret->n_scopes, sizeof(*ret->scopes), compare_scopes);
        join_rows(ret);
}

/* A row before the one at `n` with the same scopes, whose ports have the same source. */
static const struct pg_reach_row *find_same(const struct pg_reach *reach, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (is_same_who(&reach->rows[i], &reach->rows[n]))
                        return &reach->rows[i];
        return NULL;
}

void pg_reach_measure(struct pg_reach *reach)
{
        for (size_t i = 0; i < reach->n_rows; i++) {
                struct pg_reach_row *row = &reach->rows[i];
                const struct pg_reach_row *same = find_same(reach, i);

                row->extents = pg_must(calloc(reach->n_scopes + 1, sizeof(*row->extents)));
                for (size_t j = 0; j < reach->n_scopes; j++)
                        if (same)
                                row->extents[j] = same->extents[j];
                        else if (row->exposures[0]->is_any || pg_row_has_scope(row, reach->scopes[j]))
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
        free(reach->rows);
        pg_strings_free(reach->scopes, reach->n_scopes);
}
