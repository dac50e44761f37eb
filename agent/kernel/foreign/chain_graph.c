/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chains of all tables and the jumps between them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "kernel/foreign/internal.h"

static void chain_done(struct pg_graph_chain *chain)
{
        free(chain->table);
        free(chain->name);
        free(chain->devices);
}

void pg_graph_done(struct pg_graph *graph)
{
        for (size_t i = 0; i < graph->n_chains; i++)
                chain_done(&graph->chains[i]);
        free(graph->chains);
        free(graph->jumps);
        *graph = (struct pg_graph){0};
}

int pg_graph_add_chain(struct pg_graph *graph, uint8_t family, const char *table, const char *name,
                       struct pg_graph_chain **ret)
{
        struct pg_graph_chain *chain;

        if (graph->n_chains >= PG_GRAPH_CHAINS_MAX) {
                graph->is_cut = true;
                *ret = NULL;
                return 0;
        }
        chain = PG_ARRAY_ADD(graph->chains, graph->n_chains);
        if (!chain)
                return -ENOMEM;
        chain->family = family;
        chain->table = strdup(table);
        chain->name = strdup(name);
        *ret = chain;
        return chain->table && chain->name ? 0 : -ENOMEM;
}

static int compare_chains(const void *a, const void *b)
{
        const struct pg_graph_chain *x = a, *y = b;
        int r = (int)x->family - (int)y->family;

        if (r == 0)
                r = strcmp(x->table, y->table);
        return r != 0 ? r : strcmp(x->name, y->name);
}

void pg_graph_sort(struct pg_graph *graph)
{
        size_t n = 0;

        if (graph->n_chains > 1)
                qsort(graph->chains, graph->n_chains, sizeof(*graph->chains), compare_chains);
        for (size_t i = 0; i < graph->n_chains; i++)
                if (n > 0 && compare_chains(&graph->chains[n - 1], &graph->chains[i]) == 0)
                        chain_done(&graph->chains[i]);
                else
                        graph->chains[n++] = graph->chains[i];
        graph->n_chains = n;
}

struct pg_graph_chain *pg_graph_find(const struct pg_graph *graph, uint8_t family, const char *table,
                                     const char *name)
{
        struct pg_graph_chain key = {.family = family, .table = (char *)table, .name = (char *)name};

        if (graph->n_chains == 0)
                return NULL;
        return bsearch(&key, graph->chains, graph->n_chains, sizeof(key), compare_chains);
}

bool pg_graph_drops(struct pg_graph_chain *chain, enum pg_drops drops)
{
        if (drops <= chain->drops)
                return false;
        chain->drops = drops;
        return true;
}

int pg_graph_add_jump(struct pg_graph *graph, struct pg_graph_chain *from, const char *to,
                      bool is_listed)
{
        const struct pg_graph_chain *target = pg_graph_find(graph, from->family, from->table, to);
        struct pg_graph_jump *jump;

        if (!target || graph->n_jumps >= PG_GRAPH_JUMPS_MAX) {
                pg_graph_drops(from, is_listed ? PG_DROPS_LISTED : PG_DROPS_ANY);
                from->leads_by_map = true;
                return 0;
        }
        jump = PG_ARRAY_ADD(graph->jumps, graph->n_jumps);
        if (!jump)
                return -ENOMEM;
        jump->from = (uint32_t)(from - graph->chains);
        jump->to = (uint32_t)(target - graph->chains);
        jump->is_listed = is_listed;
        return 0;
}

static int compare_jumps(const void *a, const void *b)
{
        const struct pg_graph_jump *x = a, *y = b;

        return (x->to > y->to) - (x->to < y->to);
}

/* The first of the jumps to the chain, if there is one. */
static size_t first_jump(const struct pg_graph *graph, uint32_t to)
{
        size_t low = 0, high = graph->n_jumps;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (graph->jumps[middle].to < to)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

/* What the jump brings to the chain that it is in. */
static enum pg_drops brought(const struct pg_graph *graph, const struct pg_graph_jump *jump)
{
        enum pg_drops drops = graph->chains[jump->to].drops;

        return jump->is_listed && drops == PG_DROPS_ANY ? PG_DROPS_LISTED : drops;
}

static bool is_same_table(const struct pg_graph_chain *a, const struct pg_graph_chain *b)
{
        return a->family == b->family && strcmp(a->table, b->table) == 0;
}

/* What a map leads to is not looked at: it may be any chain of the table that is no base chain. */
static void take_by_maps(struct pg_graph *graph)
{
        for (size_t i = 0, end; i < graph->n_chains; i = end) {
                unsigned deeds = 0;

                for (end = i;
                     end < graph->n_chains && is_same_table(&graph->chains[i], &graph->chains[end]);
                     end++)
                        if (!graph->chains[end].is_base)
                                deeds |= graph->chains[end].deeds;
                for (size_t j = i; j < end; j++)
                        if (graph->chains[j].leads_by_map)
                                graph->chains[j].deeds |= deeds;
        }
}

static void spread_deed(struct pg_graph *graph, enum pg_deed deed, uint32_t *waiting)
{
        size_t n = 0;

        for (size_t i = 0; i < graph->n_chains; i++)
                if (graph->chains[i].deeds & deed)
                        waiting[n++] = (uint32_t)i;
        while (n > 0) {
                uint32_t to = waiting[--n];

                for (size_t i = first_jump(graph, to); i < graph->n_jumps && graph->jumps[i].to == to;
                     i++) {
                        struct pg_graph_chain *from = &graph->chains[graph->jumps[i].from];

                        if (!(from->deeds & deed))
                                waiting[n++] = graph->jumps[i].from;
                        from->deeds |= deed;
                }
        }
}

/* Backwards, from every chain that drops to those that lead there: each is waiting once for each step
 * up that it takes, which is twice. */
int pg_graph_spread(struct pg_graph *graph)
{
        _cleanup_(pg_freep) uint32_t *waiting = calloc(2 * graph->n_chains + 1, sizeof(*waiting));
        size_t n = 0;

        if (!waiting)
                return -ENOMEM;
        if (graph->n_jumps > 1)
                qsort(graph->jumps, graph->n_jumps, sizeof(*graph->jumps), compare_jumps);
        for (size_t i = 0; i < graph->n_chains; i++)
                if (graph->chains[i].drops != PG_DROPS_NOBODY)
                        waiting[n++] = (uint32_t)i;
        while (n > 0) {
                uint32_t to = waiting[--n];

                for (size_t i = first_jump(graph, to); i < graph->n_jumps && graph->jumps[i].to == to;
                     i++)
                        if (pg_graph_drops(&graph->chains[graph->jumps[i].from],
                                           brought(graph, &graph->jumps[i])))
                                waiting[n++] = graph->jumps[i].from;
        }
        take_by_maps(graph);
        spread_deed(graph, PG_DEED_UNTRACKS, waiting);
        spread_deed(graph, PG_DEED_REWRITES, waiting);
        spread_deed(graph, PG_DEED_PROXIES, waiting);
        spread_deed(graph, PG_DEED_SENDS, waiting);
        return 0;
}
