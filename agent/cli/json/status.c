/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The status, for programs. */
#include "cli/json/json.h"

static json_t *refused_json(const struct pg_refused *refused, const char *whose)
{
        json_t *object = pg_json_object();

        pg_json_put(object, whose, pg_json_text(refused->source));
        pg_json_put(object, "protocol", pg_json_text(refused->protocol));
        pg_json_put(object, "port", refused->has_port ? json_integer(refused->port) : json_null());
        pg_json_put(object, "packets", json_integer((json_int_t)refused->packets));
        pg_json_put(object, "bytes", json_integer((json_int_t)refused->bytes));
        pg_json_put(object, "last_seconds_ago", json_integer(refused->last_seconds_ago));
        pg_json_put(object, "listens",
                    refused->listens == PG_LISTENS_UNKNOWN
                            ? json_null()
                            : json_boolean(refused->listens == PG_LISTENS_YES));
        pg_json_put(object, "process", pg_json_text(refused->process));
        pg_json_put(object, "advice", pg_json_text(refused->advice));
        pg_json_put(object, "command", pg_json_text(refused->command));
        pg_json_put(object, "candidates", pg_json_texts(refused->candidates, refused->n_candidates));
        return object;
}

/* Which time each kind of counter spans: they need not add up. */
static json_t *counted_since(void)
{
        json_t *object = pg_json_object();

        pg_json_put(object, "services",
                    pg_json_text("the service was opened, without trials that were taken back"));
        pg_json_put(
                object, "denied",
                pg_json_text(
                        "portguard was turned on or restored, without trials that were taken back"));
        pg_json_put(object, "refused", pg_json_text("each is remembered"));
        return object;
}

json_t *pg_status_json(const struct pg_view *view, const struct pg_diagnostics *diagnostics)
{
        json_t *object = pg_view_json(view, PG_DETAIL_HITS), *refused = pg_json_array();
        json_t *denied = pg_json_object(), *invalid = pg_json_object();
        json_t *denied_out = pg_json_object(), *refused_out = pg_json_array();

        pg_json_put(object, "made_by", pg_json_text(view->made_by));
        pg_json_put(object, "up_to_date", json_boolean(!view->outdated));
        pg_json_put(denied, "packets", json_integer((json_int_t)view->refused_packets));
        pg_json_put(denied, "bytes", json_integer((json_int_t)view->refused_bytes));
        pg_json_put(invalid, "packets", json_integer((json_int_t)view->invalid_packets));
        for (size_t i = 0; i < view->n_refused; i++)
                pg_json_add(refused, refused_json(&view->refused[i], "source"));
        pg_json_put(denied_out, "packets", json_integer((json_int_t)view->refused_out_packets));
        pg_json_put(denied_out, "bytes", json_integer((json_int_t)view->refused_out_bytes));
        for (size_t i = 0; i < view->n_refused_out; i++)
                pg_json_add(refused_out, refused_json(&view->refused_out[i], "destination"));
        pg_json_put(object, "trial", pg_trial_json(view->state, &view->trial));
        pg_json_put(object, "denied", denied);
        pg_json_put(object, "invalid", invalid);
        pg_json_put(object, "refused", refused);
        pg_json_put(object, "refused_total", json_integer((json_int_t)view->n_refused_all));
        pg_json_put(object, "refused_full", json_boolean(view->refused_full));
        pg_json_put(object, "denied_out", denied_out);
        pg_json_put(object, "refused_out", refused_out);
        pg_json_put(object, "refused_out_total", json_integer((json_int_t)view->n_refused_out_all));
        pg_json_put(object, "refused_out_full", json_boolean(view->refused_out_full));
        pg_json_put(object, "changed_by",
                    view->changed_by ? pg_json_text(view->changed_by) : json_null());
        pg_json_put(object, "lost_at_boot", pg_json_text(view->lost_at_boot));
        pg_json_put(object, "counted_since", counted_since());
        pg_json_put(object, "warnings", pg_json_diagnostics(diagnostics));
        return object;
}
