/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whoever was asked has agreed to the plan that was shown, and to no other change. */
#include <errno.h>
#include <string.h>

#include "engine/change/internal.h"

static bool is_same_text(const char *a, const char *b)
{
        return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_same_change(const struct pg_change *a, const struct pg_change *b)
{
        return a->kind == b->kind && a->outbound == b->outbound && a->family == b->family &&
               is_same_text(a->protocol, b->protocol) && is_same_text(a->ports, b->ports) &&
               is_same_text(a->before, b->before) && is_same_text(a->after, b->after) &&
               a->n_addresses_all == b->n_addresses_all;
}

static bool are_same(const struct pg_changes *a, const struct pg_changes *b)
{
        if (!a || !b || a->n != b->n)
                return a == b;
        for (size_t i = 0; i < a->n; i++)
                if (!is_same_change(&a->items[i], &b->items[i]))
                        return false;
        return true;
}

int pg_agreed_check(struct pg_convergence *c)
{
        const struct pg_outcome *agreed = c->is_agreed ? NULL : c->spec->agreed;
        char name[PG_GENERATION_TEXT_MAX];

        c->is_agreed = true;
        if (!agreed || (agreed->generation == c->table.enforced.generation &&
                        are_same(agreed->changes, c->outcome->changes)))
                return 0;
        return pg_error_set(c->error, PG_STATUS_REFUSED, -ESTALE,
                            "this is no longer the change that was shown: meanwhile somebody applied "
                            "another policy, or changed what is asked for here (%s is enforced); "
                            "nothing was changed, apply again to be shown what it would change now",
                            c->table.slot ? pg_generation_text(c->table.enforced.generation, name)
                                          : "nothing");
}
