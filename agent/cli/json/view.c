/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy, for programs. */
#include "base/cleanup.h"
#include "cli/json/internal.h"
#include "cli/unfilled.h"

static json_t *exposure_json(const struct pg_exposure *exposure, enum pg_detail detail)
{
        json_t *object = pg_json_object();

        pg_json_put(object, "name", pg_json_joined(exposure->services, exposure->n_services));
        pg_json_put(object, "services", pg_json_texts(exposure->services, exposure->n_services));
        pg_json_put(object, "direction", pg_json_text(exposure->outbound ? "out" : "in"));
        pg_json_put(object, "protocol", pg_json_text(exposure->protocol));
        pg_json_put(object, "ports", pg_json_text(exposure->ports));
        pg_json_put(object, exposure->outbound ? "to" : "from",
                    pg_json_joined(exposure->scopes, exposure->n_scopes));
        if (detail == PG_DETAIL_HITS) {
                pg_json_put(object, "packets", json_integer((json_int_t)exposure->packets));
                pg_json_put(object, "bytes", json_integer((json_int_t)exposure->bytes));
                return object;
        }
        pg_json_put(object, "addresses", pg_json_texts(exposure->addresses, exposure->n_addresses));
        pg_json_put(object, "addresses_total", json_integer((json_int_t)exposure->n_addresses_all));
        pg_json_put(object, "interfaces", pg_json_texts(exposure->interfaces, exposure->n_interfaces));
        return object;
}

json_t *pg_view_json(const struct pg_view *view, enum pg_detail detail)
{
        json_t *object = pg_json_object(), *services = pg_json_array();

        /* Outbound services are no part of the policy while everything may leave. */
        for (size_t i = 0; i < view->n_exposures; i++)
                if (!view->exposures[i].outbound || view->egress_strict)
                        pg_json_add(services, exposure_json(&view->exposures[i], detail));
        pg_json_put(object, "state", pg_json_text(pg_state_name(view->state, view->refuses)));
        pg_json_put(object, "generation", pg_json_generation(view->generation));
        pg_json_put(object, "digest", pg_json_text(view->digest));
        pg_json_put(object, "profiles", pg_json_texts(view->profiles, view->n_profiles));
        pg_json_put(object, "egress", pg_json_text(view->egress_strict ? "strict" : "open"));
        pg_json_put(object, "services", services);
        pg_json_put(object, "unfilled", pg_unfilled_json(view->unfilled, view->n_unfilled));
        pg_json_put(object, "fault", pg_json_text(view->problem));
        return object;
}

json_t *pg_unfilled_json(const struct pg_unfilled *unfilled, size_t n)
{
        json_t *array = pg_json_array();

        for (size_t i = 0; i < n; i++) {
                _cleanup_(pg_freep) char *line = pg_unfilled_line(&unfilled[i]);
                json_t *object = pg_json_object();

                pg_json_put(object, "group", pg_json_text(unfilled[i].group));
                pg_json_put(object, "instead", pg_json_text(unfilled[i].instead));
                pg_json_put(object, "line", pg_json_text(line));
                pg_json_add(array, object);
        }
        return array;
}
