/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a change does, for programs. */
#include "cli/json/internal.h"

/* `from` (inbound) or `to` (outbound) is who may, or could where it closes; `before` and `after` are
 * there where it changed. */
static json_t *change_json(const struct pg_change *change)
{
        json_t *object = pg_json_object();

        pg_json_put(object, "direction", pg_json_text(change->outbound ? "out" : "in"));
        pg_json_put(object, "protocol", pg_json_text(change->protocol));
        pg_json_put(object, "ports", pg_json_text(change->ports));
        pg_json_put(object, change->outbound ? "to" : "from",
                    pg_json_text(change->after ? change->after : change->before));
        if (change->before && change->after) {
                pg_json_put(object, "before", pg_json_text(change->before));
                pg_json_put(object, "after", pg_json_text(change->after));
        }
        pg_json_put(object, "services", pg_json_texts(change->services, change->n_services));
        pg_json_put(object, "family",
                    change->family == 0 ? json_null()
                                        : pg_json_text(change->family == 4 ? "ipv4" : "ipv6"));
        pg_json_put(object, "addresses", pg_json_texts(change->addresses, change->n_addresses));
        pg_json_put(object, "addresses_total", json_integer((json_int_t)change->n_addresses_all));
        pg_json_put(object, "interfaces", pg_json_texts(change->interfaces, change->n_interfaces));
        return object;
}

json_t *pg_changes_json(const struct pg_changes *changes, enum pg_change_kind kind)
{
        json_t *array = pg_json_array();

        for (size_t i = 0; changes && i < changes->n; i++)
                if (changes->items[i].kind == kind)
                        pg_json_add(array, change_json(&changes->items[i]));
        return array;
}

json_t *pg_closed_json(const struct pg_closed_service *closed, size_t n)
{
        json_t *array = pg_json_array();

        for (size_t i = 0; i < n; i++) {
                json_t *object = pg_json_object();

                pg_json_put(object, "name", pg_json_text(closed[i].name));
                pg_json_put(object, "ports", pg_json_text(closed[i].ports));
                pg_json_put(object, "summary", pg_json_text(closed[i].summary));
                pg_json_add(array, object);
        }
        return array;
}

json_t *pg_outcome_json(const struct pg_outcome *outcome, const struct pg_diagnostics *diagnostics)
{
        static const char *const methods[] = {
                [PG_METHOD_NONE] = "none",
                [PG_METHOD_ELEMENTS] = "elements",
                [PG_METHOD_SLOT] = "slot",
                [PG_METHOD_GROUPS] = "groups",
        };
        json_t *object = pg_json_object();

        pg_json_put(object, "changed", json_boolean(outcome->changed));
        pg_json_put(object, "generation", pg_json_generation(outcome->generation));
        pg_json_put(object, "state", pg_json_text(pg_state_name(outcome->state, outcome->refuses)));
        pg_json_put(object, "profiles", pg_json_texts(outcome->profiles, outcome->n_profiles));
        pg_json_put(object, "opens", pg_changes_json(outcome->changes, PG_CHANGE_OPENS));
        pg_json_put(object, "closes", pg_changes_json(outcome->changes, PG_CHANGE_CLOSES));
        pg_json_put(object, "widens", pg_changes_json(outcome->changes, PG_CHANGE_WIDENS));
        pg_json_put(object, "narrows", pg_changes_json(outcome->changes, PG_CHANGE_NARROWS));
        pg_json_put(object, "closes_rest", json_boolean(outcome->changed && outcome->was_off));
        pg_json_put(object, "closed_optional", pg_closed_json(outcome->closed, outcome->n_closed));
        pg_json_put(object, "unfilled", pg_unfilled_json(outcome->unfilled, outcome->n_unfilled));
        pg_json_put(object, "left_out_options", pg_left_out_json(&outcome->left_out));
        pg_json_put(object, "kept_options", pg_kept_options_json(&outcome->kept));
        pg_json_put(object, "repaired", pg_json_texts(outcome->repaired, outcome->n_repaired));
        pg_json_put(object, "change", pg_json_text(outcome->change));
        pg_json_put(object, "method", pg_json_text(methods[outcome->method]));
        pg_json_put(object, "elements_added", json_integer((json_int_t)outcome->elements_added));
        pg_json_put(object, "elements_deleted", json_integer((json_int_t)outcome->elements_deleted));
        pg_json_put(object, "locks_out", json_boolean(outcome->locks_out));
        pg_json_put(object, "unresolved", json_boolean(outcome->unresolved));
        pg_json_put(object, "warnings", pg_json_diagnostics(diagnostics));
        return object;
}

json_t *pg_outcome_change_json(const struct pg_outcome *outcome,
                               const struct pg_diagnostics *diagnostics)
{
        json_t *object = pg_outcome_json(outcome, diagnostics);

        pg_json_put(object, "untried", json_boolean(outcome->untried));
        pg_json_put(object, "trial", pg_trial_json(outcome->state, &outcome->trial));
        return object;
}

json_t *pg_left_out_json(const struct pg_left_out *left_out)
{
        json_t *object;

        if (left_out->n_options == 0)
                return json_null();
        object = pg_json_object();
        pg_json_put(object, "generation", pg_json_generation(left_out->generation));
        pg_json_put(object, "options", pg_json_texts(left_out->options, left_out->n_options));
        pg_json_put(object, "opens", pg_changes_json(left_out->changes, PG_CHANGE_OPENS));
        pg_json_put(object, "widens", pg_changes_json(left_out->changes, PG_CHANGE_WIDENS));
        pg_json_put(object, "fault", pg_json_text(left_out->reason));
        return object;
}

json_t *pg_kept_options_json(const struct pg_kept_options *kept)
{
        json_t *object;

        if (!kept->are_asked_for)
                return json_null();
        object = pg_json_object();
        pg_json_put(object, "generation", pg_json_generation(kept->generation));
        pg_json_put(object, "options", pg_json_texts(kept->options, kept->n_options));
        pg_json_put(object, "unused", pg_json_texts(kept->unused, kept->n_unused));
        return object;
}

/* Whether everything is refused then; null where that is not known. */
static json_t *refuses_then(enum pg_after_trial after)
{
        switch (after) {
        case PG_AFTER_TRIAL_UNRECORDED:
        case PG_AFTER_TRIAL_CHANGED:
        case PG_AFTER_TRIAL_FOREIGN:
                return json_null();
        case PG_AFTER_TRIAL_OFF:
        case PG_AFTER_TRIAL_GENERATION:
        case PG_AFTER_TRIAL_REFUSED:
                break;
        }
        return json_boolean(after == PG_AFTER_TRIAL_REFUSED);
}

json_t *pg_trial_json(enum pg_state state, const struct pg_open_trial *trial)
{
        json_t *object;

        if (state != PG_STATE_TRIAL)
                return json_null();
        object = pg_json_object();
        pg_json_put(object, "expires_in", json_integer(pg_trial_seconds(trial->left_ms)));
        pg_json_put(object, "falls_back_to", pg_json_generation(trial->falls_back_to));
        pg_json_put(object, "refuses_then", refuses_then(trial->after));
        pg_json_put(object, "can_confirm", json_boolean(!trial->cannot_confirm));
        pg_json_put(object, "can_extend", json_boolean(!trial->cannot_extend));
        return object;
}
