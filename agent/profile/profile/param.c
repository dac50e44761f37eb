/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parameters: their types, and which values a type takes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ports.h"
#include "base/strings.h"
#include "profile/profile/profile.h"

static const char *const type_names[] = {
        [PG_PARAM_PORT] = "port",     [PG_PARAM_PORTS] = "ports", [PG_PARAM_BOOL] = "bool",
        [PG_PARAM_CHOICE] = "choice", [PG_PARAM_SCOPE] = "scope", [PG_PARAM_HOST] = "host",
        [PG_PARAM_RATE] = "rate",
};
_Static_assert(PG_ELEMENTSOF(type_names) == PG_PARAM_RATE + 1, "a type has no name");

const char *pg_param_type_name(enum pg_param_type type)
{
        return type_names[type];
}

bool pg_rate_parse(const char *text, struct pg_rate *ret)
{
        static const struct {
                const char *name;
                unsigned seconds;
        } units[] = {{"/second", 1}, {"/minute", 60}, {"/hour", 3600}};
        unsigned count = 0;
        size_t i;

        if (strcmp(text, "none") == 0) {
                *ret = (struct pg_rate){0};
                return true;
        }
        for (i = 0; i < 9 && text[i] >= '0' && text[i] <= '9'; i++)
                count = count * 10 + (unsigned)(text[i] - '0');
        if (i == 0 || text[0] == '0')
                return false;
        for (size_t unit = 0; unit < PG_ELEMENTSOF(units); unit++) {
                if (strcmp(text + i, units[unit].name) == 0) {
                        *ret = (struct pg_rate){.count = count, .seconds = units[unit].seconds};
                        return true;
                }
        }
        return false;
}

static const char *port_problem(const struct pg_param *param, const char *text)
{
        uint16_t first, last;

        if (param->type == PG_PARAM_PORT && strchr(text, '-'))
                return "it takes one port, no range";
        return pg_port_range_parse(text, strlen(text), &first, &last);
}

static const char *scope_problem(const char *text)
{
        switch (pg_scope_kind(text)) {
        case PG_SCOPE_PARAM:
                return "a scope parameter cannot refer to another parameter; write the scopes out";
        case PG_SCOPE_HOST:
                return "a host name is no scope; only a parameter of type host takes one";
        case PG_SCOPE_BAD:
                return "write any, internal, local, none, the name of a group, or a prefix";
        default:
                return NULL;
        }
}

/* What is wrong with a value, in words that stay; NULL when nothing is, or when it is reported already.
 */
static const char *value_problem(const struct pg_param *param, const char *text)
{
        struct pg_rate rate;

        switch (param->type) {
        case PG_PARAM_PORT:
        case PG_PARAM_PORTS:
                return port_problem(param, text);
        case PG_PARAM_BOOL:
                return pg_word_is_bool(&(struct pg_word){.text = (char *)text}) ? NULL
                                                                                : "write true or false";
        case PG_PARAM_SCOPE:
                return scope_problem(text);
        case PG_PARAM_HOST:
                return pg_host_name_is_valid(text) ? NULL : "write a host name, as in www.example.com";
        case PG_PARAM_RATE:
                return pg_rate_parse(text, &rate) ? NULL
                                                  : "write 10/second, 30/minute, 100/hour or none";
        case PG_PARAM_CHOICE:
                break;
        }
        return NULL;
}

static bool choice_is_good(const struct pg_param *param, const struct pg_word *word,
                           struct pg_diagnostics *diagnostics)
{
        _cleanup_(pg_freep) const char **names = NULL;
        struct pg_reader reader = {.diagnostics = diagnostics};

        if (pg_words_have(&param->choices, word->text))
                return true;
        names = calloc(param->choices.n + 1, sizeof(*names));
        for (size_t i = 0; names && i < param->choices.n; i++)
                names[i] = param->choices.items[i].text;
        PG_PROFILE_ERROR(&reader, word->place, "'%s' is no value for the choice parameter '%s' (%s)",
                         pg_show(word->text).text, pg_show(param->name).text,
                         pg_hint(&reader, "choices", word->text, names, names ? param->choices.n : 0,
                                 NULL, 0)
                                 .text);
        return false;
}

static bool value_is_good(const struct pg_param *param, const struct pg_word *word,
                          struct pg_diagnostics *diagnostics)
{
        const char *problem = value_problem(param, word->text);
        struct pg_prefix prefix;

        if (problem) {
                pg_diagnostics_add(diagnostics, PG_SEVERITY_ERROR, word->place,
                                   "'%s' is no value for the %s parameter '%s': %s",
                                   pg_show(word->text).text, pg_param_type_name(param->type),
                                   pg_show(param->name).text, problem);
                return false;
        }
        if (param->type == PG_PARAM_CHOICE)
                return choice_is_good(param, word, diagnostics);
        if (param->type == PG_PARAM_SCOPE && pg_scope_kind(word->text) == PG_SCOPE_PREFIX)
                return pg_read_prefix(diagnostics, word, &prefix);
        return true;
}

bool pg_param_accepts(const struct pg_param *param, const struct pg_words *values,
                      struct pg_diagnostics *diagnostics)
{
        bool good = true;

        if (values->n != 1 && (values->n == 0 || param->type != PG_PARAM_SCOPE)) {
                pg_diagnostics_add(diagnostics, PG_SEVERITY_ERROR,
                                   values->n > 0 ? values->items[1].place : param->place,
                                   "the %s parameter '%s' takes one value, not %zu",
                                   pg_param_type_name(param->type), pg_show(param->name).text,
                                   values->n);
                return false;
        }
        for (size_t i = 0; i < values->n; i++)
                good &= value_is_good(param, &values->items[i], diagnostics);
        return good;
}

const struct pg_param *pg_profile_param(const struct pg_profile *profile, const char *name)
{
        for (size_t i = 0; i < profile->n_params; i++)
                if (strcmp(profile->params[i].name, name) == 0)
                        return &profile->params[i];
        return NULL;
}
