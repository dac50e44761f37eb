/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Desired against actual by sorted merge. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "ruleset/delta/internal.h"
#include "ruleset/text/text.h"
#include "ruleset/trial.h"

struct comparison {
        const struct pg_delta_scope *scope;
        struct pg_delta *delta;
        int error; /* the first lack of memory; everything after it is void */
};

void pg_delta_done(struct pg_delta *delta)
{
        free(delta->deletions.items);
        free(delta->additions.items);
        for (size_t i = 0; i < delta->n_differences; i++)
                free(delta->differences[i]);
        free(delta->differences);
        *delta = (struct pg_delta){0};
}

/* Begins a difference's text; the caller ends it with end_difference(). NULL when there are enough. */
static FILE *begin_difference(struct comparison *c, size_t *size)
{
        char **item;
        FILE *stream;

        c->delta->equal = false;
        if (c->delta->n_differences >= PG_DIFFERENCES_MAX)
                return NULL;
        item = PG_ARRAY_ADD(c->delta->differences, c->delta->n_differences);
        stream = item ? open_memstream(item, size) : NULL;
        if (!stream)
                c->error = -ENOMEM;
        return stream;
}

static void end_difference(struct comparison *c, FILE *stream)
{
        if (fclose(stream) != 0)
                c->error = -ENOMEM;
}

__attribute__((format(printf, 2, 3))) static void differ(struct comparison *c, const char *format, ...)
{
        size_t size;
        FILE *stream = begin_difference(c, &size);
        va_list arguments;

        if (!stream)
                return;
        va_start(arguments, format);
        vfprintf(stream, format, arguments);
        va_end(arguments);
        end_difference(c, stream);
}

static void structure_differs(struct comparison *c)
{
        c->delta->equal = false;
        c->delta->addresses_only = false;
}

/* A rule is named by its number in the table; one that is missing, by the number that it should have.
 */
static void rule_differs(struct comparison *c, const struct pg_chain *actual_chain,
                         const struct pg_chain *chain, const struct pg_rule_pair *pair)
{
        const struct pg_rule *actual = pair->actual, *wanted = pair->wanted;
        size_t index = (size_t)(actual ? actual - actual_chain->rules : wanted - chain->rules);
        size_t size;
        FILE *stream = begin_difference(c, &size);

        structure_differs(c);
        if (!stream)
                return;
        fprintf(stream, "chain %s, rule %zu: ", chain->name, index + 1);
        if (!actual) {
                fputs("missing: ", stream);
                pg_rule_print(wanted, stream);
        } else if (!wanted) {
                fputs("not ours: ", stream);
                pg_rule_print(actual, stream);
        } else {
                fputs("is: ", stream);
                pg_rule_print(actual, stream);
                fputs("; should be: ", stream);
                pg_rule_print(wanted, stream);
        }
        end_difference(c, stream);
}

/* Whether each wanted rule is among the actual ones. */
static bool has_rules(const struct pg_chain *actual, const struct pg_chain *wanted)
{
        for (size_t i = 0; i < wanted->n_rules; i++) {
                bool found = false;

                for (size_t j = 0; j < actual->n_rules && !found; j++)
                        found = pg_rule_equal(&actual->rules[j], &wanted->rules[i]);
                if (!found)
                        return false;
        }
        return true;
}

static void compare_rules(struct comparison *c, const struct pg_chain *actual,
                          const struct pg_chain *wanted)
{
        struct pg_rule_pair *pairs = NULL;
        size_t n = 0;

        if (pg_rules_align(actual, wanted, &pairs, &n) < 0)
                c->error = -ENOMEM;
        for (size_t i = 0; i < n; i++)
                rule_differs(c, actual, wanted, &pairs[i]);
        free(pairs);
}

static const char *comment_of(const struct pg_chain *chain)
{
        return chain->comment ? chain->comment : "";
}

static void compare_chain(struct comparison *c, const struct pg_chain *actual,
                          const struct pg_chain *wanted)
{
        if (actual->is_base != wanted->is_base || pg_chain_is_misplaced(actual)) {
                structure_differs(c);
                differ(c, "chain %s: has another type, hook or priority", wanted->name);
        } else if (wanted->is_base && actual->policy != wanted->policy && !c->scope->lenient) {
                structure_differs(c);
                differ(c, "chain %s: its policy is %s, should be %s", wanted->name,
                       actual->policy ? "accept" : "drop", wanted->policy ? "accept" : "drop");
        }
        if (strcmp(comment_of(actual), comment_of(wanted)) != 0) {
                structure_differs(c);
                differ(c, "chain %s: its comment is \"%s\", should be \"%s\"", wanted->name,
                       comment_of(actual), comment_of(wanted));
        }
        if (!c->scope->lenient || !wanted->is_base || !has_rules(actual, wanted))
                compare_rules(c, actual, wanted);
}

static struct pg_element_change *add_change(struct comparison *c, const struct pg_set *set,
                                            bool is_addition)
{
        struct pg_element_changes *changes = is_addition ? &c->delta->additions : &c->delta->deletions;
        struct pg_element_change *change = PG_ARRAY_ADD(changes->items, changes->n);

        c->delta->equal = false;
        if (!change) {
                c->error = -ENOMEM;
                return NULL;
        }
        change->set = set;
        return change;
}

static void element_differs(struct comparison *c, const struct pg_set *set,
                            const struct pg_element *element, bool is_addition)
{
        size_t size;
        FILE *stream = begin_difference(c, &size);

        structure_differs(c);
        if (!stream)
                return;
        fprintf(stream, "set %s: %s: ", set->name, is_addition ? "missing" : "not ours");
        pg_element_print(set, element, stream);
        end_difference(c, stream);
}

static int compare_keys(const struct pg_element *a, const struct pg_element *b)
{
        int r = memcmp(a->key, b->key, PG_KEY_MAX);

        return r != 0 ? r : memcmp(a->key_end, b->key_end, PG_KEY_MAX);
}

static bool elements_equal(const struct pg_element *a, const struct pg_element *b)
{
        return a->verdict.code == b->verdict.code && strcmp(a->verdict.chain, b->verdict.chain) == 0 &&
               a->has_counter == b->has_counter && a->expires_ms == b->expires_ms &&
               strcmp(a->comment ? a->comment : "", b->comment ? b->comment : "") == 0;
}

static void compare_elements(struct comparison *c, const struct pg_set *actual,
                             const struct pg_set *wanted)
{
        size_t i = 0, j = 0;

        while (i < actual->n_elements || j < wanted->n_elements) {
                const struct pg_element *a = i < actual->n_elements ? &actual->elements[i] : NULL;
                const struct pg_element *w = j < wanted->n_elements ? &wanted->elements[j] : NULL;
                int order = !a ? 1 : !w ? -1 : compare_keys(a, w);

                if (order < 0 || (order == 0 && !elements_equal(a, w)))
                        element_differs(c, wanted, a, false);
                if (order > 0 || (order == 0 && !elements_equal(a, w)))
                        element_differs(c, wanted, w, true);
                i += order <= 0;
                j += order >= 0;
        }
}

static void range_differs(struct comparison *c, const struct pg_set *set, const void *first,
                          const void *last, bool is_addition)
{
        struct pg_element_change *change = add_change(c, set, is_addition);
        size_t size;
        FILE *stream;

        if (!change)
                return;
        memcpy(change->first, first, set->key_length);
        memcpy(change->last, last, set->key_length);
        stream = begin_difference(c, &size);
        if (!stream)
                return;
        fprintf(stream, "set %s: %s: ", set->name, is_addition ? "missing" : "not ours");
        pg_set_range_print(set, change->first, change->last, stream);
        end_difference(c, stream);
}

static void range4_differs(struct comparison *c, const struct pg_set *set,
                           const struct pg_range4 *range, bool is_addition)
{
        uint32_t first = htonl(range->first), last = htonl(range->last);

        range_differs(c, set, &first, &last, is_addition);
}

static void compare_ranges4(struct comparison *c, const struct pg_set *actual,
                            const struct pg_set *wanted)
{
        const struct pg_addresses *x = &actual->addresses, *y = &wanted->addresses;
        size_t i = 0, j = 0;

        while (i < x->n_v4 || j < y->n_v4) {
                bool has_a = i < x->n_v4, has_w = j < y->n_v4;

                if (has_a && has_w && x->v4[i].first == y->v4[j].first &&
                    x->v4[i].last == y->v4[j].last) {
                        i++;
                        j++;
                } else if (has_a && (!has_w || x->v4[i].first <= y->v4[j].first)) {
                        range4_differs(c, wanted, &x->v4[i++], false);
                } else {
                        range4_differs(c, wanted, &y->v4[j++], true);
                }
        }
}

static void compare_ranges6(struct comparison *c, const struct pg_set *actual,
                            const struct pg_set *wanted)
{
        const struct pg_addresses *x = &actual->addresses, *y = &wanted->addresses;
        size_t i = 0, j = 0;

        while (i < x->n_v6 || j < y->n_v6) {
                const struct pg_range6 *a = i < x->n_v6 ? &x->v6[i] : NULL;
                const struct pg_range6 *w = j < y->n_v6 ? &y->v6[j] : NULL;

                if (a && w && memcmp(a, w, sizeof(*a)) == 0) {
                        i++;
                        j++;
                } else if (a && (!w || memcmp(a->first, w->first, sizeof(a->first)) <= 0)) {
                        range_differs(c, wanted, a->first, a->last, false);
                        i++;
                } else if (w) {
                        range_differs(c, wanted, w->first, w->last, true);
                        j++;
                }
        }
}

static void compare_set(struct comparison *c, const struct pg_set *actual, const struct pg_set *wanted)
{
        char record[PG_NAME_MAX];

        if (!pg_set_is_defined_as(actual, wanted)) {
                structure_differs(c);
                differ(c, "set %s: has another type, flags, timeout or size", wanted->name);
                return;
        }
        pg_slot_name(PG_RECORD_NAME, c->scope->slot, record);
        if ((wanted->flags & PG_SET_DYNAMIC) || (actual->is_unread && c->scope->ignore_unread) ||
            (c->scope->ignore_record && strcmp(wanted->name, record) == 0))
                return;
        if (actual->is_unread) {
                structure_differs(c);
                differ(c, "set %s: its elements were not read", wanted->name);
                return;
        }
        if (actual->has_foreign) {
                structure_differs(c);
                differ(c, "set %s: %s", wanted->name,
                       actual->has_catch_all ? "not ours: an element for all others (*)"
                                             : "an element has a limit, or the like: not ours");
        }
        compare_elements(c, actual, wanted);
        /* What stands beside an element for all others was not kept apart from it. */
        if (actual->has_catch_all)
                return;
        compare_ranges4(c, actual, wanted);
        compare_ranges6(c, actual, wanted);
}

/* Whether an object that nobody asked for is a difference: of the slot it is; what belongs to no slot
 * goes only when the old slot is retired. */
static bool in_scope(const struct comparison *c, const char *name)
{
        char slot = pg_slot_of_name(name);

        return slot == c->scope->slot || (slot == 0 && !c->scope->lenient);
}

static void compare_chains(struct comparison *c, const struct pg_ruleset *actual,
                           const struct pg_ruleset *wanted)
{
        for (size_t i = 0; i < wanted->n_chains; i++) {
                const struct pg_chain *found = pg_ruleset_chain(actual, wanted->chains[i].name);

                if (c->scope->ignore_hooks && wanted->chains[i].is_base)
                        continue;
                if (found) {
                        compare_chain(c, found, &wanted->chains[i]);
                } else {
                        structure_differs(c);
                        differ(c, "chain %s: missing", wanted->chains[i].name);
                }
        }
        for (size_t i = 0; i < actual->n_chains; i++)
                if (in_scope(c, actual->chains[i].name) &&
                    !(c->scope->ignore_hooks && actual->chains[i].is_base) &&
                    !pg_ruleset_chain(wanted, actual->chains[i].name)) {
                        structure_differs(c);
                        differ(c, "chain %s: not ours", actual->chains[i].name);
                }
}

static void compare_sets(struct comparison *c, const struct pg_ruleset *actual,
                         const struct pg_ruleset *wanted)
{
        for (size_t i = 0; i < wanted->n_sets; i++) {
                const struct pg_set *found = pg_ruleset_set(actual, wanted->sets[i].name);

                if (found) {
                        compare_set(c, found, &wanted->sets[i]);
                } else {
                        structure_differs(c);
                        differ(c, "set %s: missing", wanted->sets[i].name);
                }
        }
        for (size_t i = 0; i < actual->n_sets; i++)
                if (in_scope(c, actual->sets[i].name) &&
                    !(c->scope->on_trial && pg_trial_set_is(&actual->sets[i])) &&
                    !pg_ruleset_set(wanted, actual->sets[i].name) &&
                    !(c->scope->lenient && pg_replace_is_leftover(actual, &actual->sets[i]))) {
                        structure_differs(c);
                        differ(c, "set %s: not ours", actual->sets[i].name);
                }
}

int pg_ruleset_compare(const struct pg_ruleset *actual, const struct pg_ruleset *wanted,
                       const struct pg_delta_scope *scope, struct pg_delta *ret)
{
        _cleanup_(pg_delta_done) struct pg_delta delta = {.equal = true, .addresses_only = true};
        struct comparison c = {.scope = scope, .delta = &delta};

        compare_chains(&c, actual, wanted);
        compare_sets(&c, actual, wanted);
        if (c.error < 0)
                return c.error;
        if (delta.equal)
                delta.addresses_only = false;
        *ret = PG_TAKE(delta);
        return 0;
}
