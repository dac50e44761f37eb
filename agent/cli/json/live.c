/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain --live and --trace as JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/json/json.h"

json_t *pg_chain_views_json(const struct pg_chain_views *others)
{
        json_t *array = pg_json_array();

        for (size_t i = 0; i < others->n; i++) {
                const struct pg_chain_view *chain = &others->items[i];
                json_t *object = pg_json_object();

                pg_json_put(object, "table", pg_json_text(chain->table));
                pg_json_put(object, "chain", pg_json_text(chain->chain));
                pg_json_put(object, "hook", pg_json_text(chain->hook));
                pg_json_put(object, "priority", json_integer(chain->priority));
                pg_json_put(object, "same_hook", json_boolean(chain->is_same_hook));
                pg_json_put(object, "may_drop", json_boolean(chain->may_drop));
                pg_json_put(object, "may_untrack", json_boolean(chain->may_untrack));
                pg_json_put(object, "of_answers", json_boolean(chain->is_of_answers));
                pg_json_put(object, "may_rewrite", json_boolean(chain->rewrites != NULL));
                pg_json_put(object, "may_proxy", json_boolean(chain->may_proxy));
                pg_json_add(array, object);
        }
        return array;
}

json_t *pg_translations_json(const struct pg_translations *translations)
{
        json_t *array = pg_json_array();

        for (size_t i = 0; i < translations->n; i++) {
                const struct pg_translation *item = &translations->items[i];
                const char *verdict = item->then      ? pg_explanation_verdict(item->then)
                                      : item->dropped ? "drop"
                                                      : NULL;
                json_t *object = pg_json_object();

                pg_json_put(object, "table", pg_json_text(item->table));
                pg_json_put(object, "chain", pg_json_text(item->chain));
                pg_json_put(object, "to", pg_json_text(item->to));
                pg_json_put(object, "address",
                            item->address ? pg_json_text(item->address) : json_null());
                pg_json_put(object, "interface",
                            item->interface ? pg_json_text(item->interface) : json_null());
                pg_json_put(object, "ports", pg_json_text(item->ports));
                pg_json_put(object, "stays", json_boolean(item->stays));
                pg_json_put(object, "certain", json_boolean(item->is_certain));
                pg_json_put(object, "verdict", verdict ? pg_json_text(verdict) : json_null());
                pg_json_put(object, "dropped", pg_json_text(item->dropped));
                pg_json_add(array, object);
        }
        return array;
}

json_t *pg_trace_json(const struct pg_trace_report *report)
{
        json_t *object = pg_json_object(), *array = pg_json_array();

        for (size_t i = 0; i < report->n; i++) {
                const struct pg_trace_line *line = &report->lines[i];
                json_t *step = pg_json_object();

                pg_json_put(step, "table", pg_json_text(line->table));
                pg_json_put(step, "chain", pg_json_text(line->chain));
                pg_json_put(step, "rule", line->rule ? pg_json_text(line->rule) : json_null());
                pg_json_put(step, "handle",
                            line->handle ? json_integer((json_int_t)line->handle) : json_null());
                pg_json_put(step, "verdict", pg_json_text(line->verdict));
                pg_json_add(array, step);
        }
        pg_json_put(object, "seen", json_boolean(report->was_seen));
        pg_json_put(object, "partial", json_boolean(report->is_cut || report->is_lossy));
        pg_json_put(object, "verdict",
                    pg_json_text(report->accepts ? "accept"
                                 : report->drops ? "drop"
                                                 : NULL));
        pg_json_put(object, "steps", array);
        return object;
}
