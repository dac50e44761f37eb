/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One profile, for programs. */
#include "cli/json/internal.h"

static json_t *groups_json(const struct pg_profile_view *profile)
{
        json_t *array = pg_json_array();

        for (size_t i = 0; i < profile->n_groups; i++) {
                json_t *object = pg_json_object();

                pg_json_put(object, "name", pg_json_text(profile->groups[i].name));
                pg_json_put(object, "default", pg_json_text(profile->groups[i].initial));
                pg_json_put(object, "summary", pg_json_text(profile->groups[i].summary));
                pg_json_add(array, object);
        }
        return array;
}

static json_t *params_json(const struct pg_profile_view *profile)
{
        json_t *array = pg_json_array();

        for (size_t i = 0; i < profile->n_params; i++) {
                const struct pg_profile_param *param = &profile->params[i];
                json_t *object = pg_json_object();

                pg_json_put(object, "name", pg_json_text(param->name));
                pg_json_put(object, "type", pg_json_text(param->type));
                pg_json_put(object, "default", pg_json_text(param->initial));
                pg_json_put(object, "choices", pg_json_texts(param->choices, param->n_choices));
                pg_json_put(object, "summary", pg_json_text(param->summary));
                pg_json_add(array, object);
        }
        return array;
}

static json_t *services_json(const struct pg_profile_view *profile)
{
        json_t *array = pg_json_array();

        for (size_t i = 0; i < profile->n_services; i++) {
                const struct pg_profile_service *service = &profile->services[i];
                json_t *object = pg_json_object();

                pg_json_put(object, "name", pg_json_text(service->name));
                pg_json_put(object, "summary", pg_json_text(service->summary));
                pg_json_put(object, "direction", pg_json_text(service->outbound ? "out" : "in"));
                pg_json_put(object, "ports", pg_json_texts(service->ports, service->n_ports));
                pg_json_put(object, service->outbound ? "to" : "from",
                            pg_json_texts(service->scopes, service->n_scopes));
                pg_json_put(object, "when", *service->when ? pg_json_text(service->when) : json_null());
                pg_json_put(object, "required", json_boolean(service->required));
                pg_json_add(array, object);
        }
        return array;
}

json_t *pg_profile_view_json(const struct pg_profile_view *profile)
{
        json_t *object = pg_json_object();

        pg_json_put(object, "name", pg_json_text(profile->name));
        pg_json_put(object, "summary", pg_json_text(profile->summary));
        pg_json_put(object, "file", pg_json_text(profile->file));
        pg_json_put(object, "include", pg_json_texts(profile->includes, profile->n_includes));
        pg_json_put(object, "services", services_json(profile));
        pg_json_put(object, "groups", groups_json(profile));
        pg_json_put(object, "params", params_json(profile));
        pg_json_put(object, "notes", pg_json_texts(profile->notes, profile->n_notes));
        pg_json_put(object, "sources", pg_json_texts(profile->sources, profile->n_sources));
        return object;
}
