/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a packet passes or not, for programs. */
#include "cli/json/json.h"

static json_t *text_or_null(const char *text)
{
        return text ? pg_json_text(text) : json_null();
}

static json_t *number_or_null(unsigned number)
{
        return number > 0 ? json_integer((json_int_t)number) : json_null();
}

static json_t *claimants_json(const struct pg_claimant *claimants, size_t n)
{
        json_t *array = pg_json_array();

        for (size_t i = 0; i < n; i++) {
                json_t *object = pg_json_object();

                pg_json_put(object, "service", pg_json_text(claimants[i].name));
                pg_json_put(object, "summary", pg_json_text(claimants[i].summary));
                pg_json_put(object, "ports", pg_json_text(claimants[i].ports));
                pg_json_put(object, "file", text_or_null(claimants[i].file));
                pg_json_put(object, "line", number_or_null(claimants[i].line));
                pg_json_put(object, "column", number_or_null(claimants[i].column));
                pg_json_add(array, object);
        }
        return array;
}

static json_t *entry_json(const struct pg_explanation *explanation)
{
        json_t *object;

        if (!explanation->entry)
                return json_null();
        object = pg_json_object();
        pg_json_put(object, "text", pg_json_text(explanation->entry));
        pg_json_put(object, "file", text_or_null(explanation->entry_file));
        pg_json_put(object, "line", number_or_null(explanation->entry_line));
        pg_json_put(object, "column", number_or_null(explanation->entry_column));
        return object;
}

static json_t *rate_json(const struct pg_explanation *explanation)
{
        json_t *object;

        if (explanation->rate_count == 0)
                return json_null();
        object = pg_json_object();
        pg_json_put(object, "packets", json_integer((json_int_t)explanation->rate_count));
        pg_json_put(object, "seconds", json_integer((json_int_t)explanation->rate_seconds));
        pg_json_put(object, "burst", json_integer((json_int_t)explanation->rate_burst));
        return object;
}

static json_t *because_json(const struct pg_explanation *explanation)
{
        static const char *const kinds[] = {
                [PG_REASON_OFF] = "off",         [PG_REASON_BASE] = "base",
                [PG_REASON_SERVICE] = "service", [PG_REASON_DEFAULT] = "default",
                [PG_REASON_ROUTING] = "routing", [PG_REASON_FORWARDED] = "forwarded",
                [PG_REASON_CHANGED] = "changed", [PG_REASON_INVALID] = "invalid",
        };
        const struct pg_claimant *owner = explanation->n_owners > 0 ? explanation->owners : NULL;
        json_t *object = pg_json_object();

        pg_json_put(object, "kind", pg_json_text(kinds[explanation->reason]));
        pg_json_put(object, "service", text_or_null(owner ? owner->name : NULL));
        pg_json_put(object, "scope",
                    text_or_null(explanation->scope ? explanation->scope : explanation->allowed));
        pg_json_put(object, "file", text_or_null(owner ? owner->file : NULL));
        pg_json_put(object, "line", number_or_null(owner ? owner->line : 0));
        pg_json_put(object, "base", text_or_null(explanation->base));
        pg_json_put(object, "allowed", text_or_null(explanation->allowed));
        pg_json_put(object, "matched", text_or_null(explanation->matched));
        pg_json_put(object, "entry", entry_json(explanation));
        pg_json_put(object, "owners", claimants_json(explanation->owners, explanation->n_owners));
        pg_json_put(object, "beaten",
                    claimants_json(explanation->overridden, explanation->n_overridden));
        pg_json_put(object, "rate", rate_json(explanation));
        return object;
}

json_t *pg_explanation_json(const struct pg_explanation *explanation)
{
        json_t *object = pg_json_object();

        pg_json_put(object, "verdict", text_or_null(pg_explanation_verdict(explanation)));
        pg_json_put(object, "because", because_json(explanation));
        pg_json_put(object, "direction", pg_json_text(explanation->outbound ? "out" : "in"));
        pg_json_put(object, "ports", pg_json_text(explanation->ports));
        pg_json_put(object, "address", pg_json_text(explanation->address));
        pg_json_put(object, "interface", text_or_null(explanation->interface));
        pg_json_put(object, "arrival", text_or_null(explanation->arrival));
        pg_json_put(object, "asked_interface", text_or_null(explanation->asked_interface));
        pg_json_put(object, "member", text_or_null(explanation->member));
        pg_json_put(object, "mend", text_or_null(explanation->advice));
        pg_json_put(object, "change", text_or_null(explanation->change));
        pg_json_put(object, "generation", pg_json_generation(explanation->generation));
        pg_json_put(object, "profiles", pg_json_texts(explanation->profiles, explanation->n_profiles));
        return object;
}
