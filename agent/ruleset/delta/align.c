/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The longest common subsequence of two chains' rules. */
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "ruleset/delta/internal.h"

/* Of the table of lengths: 4 MiB. */
#define CELLS_MAX 1000000

/* The rules between what both chains begin and end with. */
struct middle {
        const struct pg_rule *actual, *wanted;
        size_t n_actual, n_wanted;
};

struct pairs {
        struct pg_rule_pair *items;
        size_t n;
};

static int add(struct pairs *pairs, const struct pg_rule *actual, const struct pg_rule *wanted)
{
        struct pg_rule_pair *pair = PG_ARRAY_ADD(pairs->items, pairs->n);

        if (!pair)
                return -ENOMEM;
        *pair = (struct pg_rule_pair){actual, wanted};
        return 0;
}

/* Rules between two that are equal: the first stands for the first, as far as both sides have any. */
static int add_gap(struct pairs *pairs, const struct pg_rule *actual, size_t n_actual,
                   const struct pg_rule *wanted, size_t n_wanted)
{
        size_t n = n_actual > n_wanted ? n_actual : n_wanted;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < n; i++) {
                const struct pg_rule *a = i < n_actual ? &actual[i] : NULL;
                const struct pg_rule *w = i < n_wanted ? &wanted[i] : NULL;

                if (!a || !w || !pg_rule_equal(a, w))
                        r = add(pairs, a, w);
        }
        return r;
}

/* Cell (i, j): how many rules are common to those from i and from j on. */
static uint32_t *measure(const struct middle *m)
{
        const size_t width = m->n_wanted + 1;
        uint32_t *cells = calloc((m->n_actual + 1) * width, sizeof(*cells));

        for (size_t i = m->n_actual; cells && i-- > 0;)
                for (size_t j = m->n_wanted; j-- > 0;) {
                        uint32_t below = cells[(i + 1) * width + j], right = cells[i * width + j + 1];

                        if (pg_rule_equal(&m->actual[i], &m->wanted[j]))
                                cells[i * width + j] = cells[(i + 1) * width + j + 1] + 1;
                        else
                                cells[i * width + j] = below > right ? below : right;
                }
        return cells;
}

static int walk(const struct middle *m, const uint32_t *cells, struct pairs *pairs)
{
        const size_t width = m->n_wanted + 1;
        size_t i = 0, j = 0, first_i = 0, first_j = 0;
        int r = 0;

        while (r >= 0 && i < m->n_actual && j < m->n_wanted) {
                if (pg_rule_equal(&m->actual[i], &m->wanted[j])) {
                        r = add_gap(pairs, m->actual + first_i, i - first_i, m->wanted + first_j,
                                    j - first_j);
                        first_i = ++i;
                        first_j = ++j;
                } else if (cells[(i + 1) * width + j] >= cells[i * width + j + 1]) {
                        i++;
                } else {
                        j++;
                }
        }
        return r < 0 ? r
                     : add_gap(pairs, m->actual + first_i, m->n_actual - first_i, m->wanted + first_j,
                               m->n_wanted - first_j);
}

static struct middle find_middle(const struct pg_chain *actual, const struct pg_chain *wanted)
{
        struct middle m = {actual->rules, wanted->rules, actual->n_rules, wanted->n_rules};

        while (m.n_actual > 0 && m.n_wanted > 0 && pg_rule_equal(m.actual, m.wanted)) {
                m.actual++;
                m.wanted++;
                m.n_actual--;
                m.n_wanted--;
        }
        while (m.n_actual > 0 && m.n_wanted > 0 &&
               pg_rule_equal(&m.actual[m.n_actual - 1], &m.wanted[m.n_wanted - 1])) {
                m.n_actual--;
                m.n_wanted--;
        }
        return m;
}

int pg_rules_align(const struct pg_chain *actual, const struct pg_chain *wanted,
                   struct pg_rule_pair **ret, size_t *ret_n)
{
        const struct middle m = find_middle(actual, wanted);
        struct pairs pairs = {0};
        _cleanup_(pg_freep) uint32_t *cells = NULL;
        int r;

        if (m.n_actual == 0 || m.n_wanted == 0 || m.n_actual > CELLS_MAX / m.n_wanted) {
                r = add_gap(&pairs, m.actual, m.n_actual, m.wanted, m.n_wanted);
        } else {
                cells = measure(&m);
                r = cells ? walk(&m, cells, &pairs) : -ENOMEM;
        }
        if (r < 0) {
                free(pairs.items);
                return r;
        }
        *ret = pairs.items;
        *ret_n = pairs.n;
        return 0;
}
