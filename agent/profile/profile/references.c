/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a profile's parts say of one another: groups and parameters that services refer to. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "profile/profile/internal.h"

struct checking {
        struct pg_reader *reader;
        const struct pg_profile *profile;
        bool *used; /* by parameter */
};

static void report_unknown_scope(struct pg_reader *reader, const struct pg_profile *profile,
                                 const struct pg_word *word)
{
        static const char *const builtin[] = {"any", "internal", "local", "none"};
        _cleanup_(pg_freep) const char **names = calloc(profile->n_groups + 1, sizeof(*names));
        size_t n = names ? profile->n_groups : 0;

        for (size_t i = 0; i < n; i++)
                names[i] = profile->groups[i].name;
        if (pg_profile_param(profile, word->text))
                PG_PROFILE_ERROR(reader, word->place,
                                 "unknown scope '%s' (did you mean the parameter, \"${%s}\"?)",
                                 word->text, word->text);
        else
                PG_PROFILE_ERROR(reader, word->place, "unknown scope '%s' (%s)",
                                 pg_show(word->text).text,
                                 pg_hint(reader, "groups", word->text, names, n, builtin,
                                         PG_ELEMENTSOF(builtin))
                                         .text);
}

void pg_check_scope_names(struct pg_reader *reader, const struct pg_profile *profile,
                          const struct pg_words *scopes)
{
        for (size_t i = 0; i < scopes->n; i++) {
                const struct pg_word *word = &scopes->items[i];
                bool found = false;

                if (pg_scope_kind(word->text) != PG_SCOPE_GROUP)
                        continue;
                for (size_t j = 0; !found && j < profile->n_groups; j++)
                        found = strcmp(profile->groups[j].name, word->text) == 0;
                if (!found)
                        report_unknown_scope(reader, profile, word);
        }
}

/* The parameter of that name, which thereby is used; NULL, and reported, when there is none. */
static const struct pg_param *use_param(struct checking *checking, const char *name,
                                        struct pg_place place)
{
        const struct pg_profile *profile = checking->profile;
        const struct pg_param *param = pg_profile_param(profile, name);
        _cleanup_(pg_freep) const char **names = NULL;

        if (param) {
                checking->used[param - profile->params] = true;
                return param;
        }
        names = calloc(profile->n_params + 1, sizeof(*names));
        for (size_t i = 0; names && i < profile->n_params; i++)
                names[i] = profile->params[i].name;
        PG_PROFILE_ERROR(checking->reader, place, "unknown parameter '%s' (%s)", pg_show(name).text,
                         pg_hint(checking->reader, "params", name, names, names ? profile->n_params : 0,
                                 NULL, 0)
                                 .text);
        return NULL;
}

static void check_type(struct checking *checking, const struct pg_param *param, struct pg_place place,
                       bool fits, const char *wanted)
{
        if (!fits)
                PG_PROFILE_ERROR(checking->reader, place,
                                 "'%s' is a %s parameter, but %s is needed here (see line %u)",
                                 pg_show(param->name).text, pg_param_type_name(param->type), wanted,
                                 param->place.line);
}

static void check_ports(struct checking *checking, const struct pg_service *service)
{
        for (size_t i = 0; i < service->ports.n; i++) {
                const struct pg_word *word = &service->ports.items[i];
                const struct pg_param *param;
                char name[64];

                if (!pg_param_reference(word->text, name, sizeof(name)))
                        continue;
                param = use_param(checking, name, word->place);
                if (param)
                        check_type(checking, param, word->place,
                                   param->type == PG_PARAM_PORT || param->type == PG_PARAM_PORTS,
                                   "one of type port or ports");
        }
}

static void check_scope_param(struct checking *checking, const struct pg_service *service,
                              const struct pg_word *word)
{
        const struct pg_param *param;
        char name[64];

        if (!pg_param_reference(word->text, name, sizeof(name)))
                return;
        param = use_param(checking, name, word->place);
        if (!param)
                return;
        if (service->direction == PG_OUT)
                check_type(checking, param, word->place,
                           param->type == PG_PARAM_SCOPE || param->type == PG_PARAM_HOST,
                           "one of type scope or host");
        else
                check_type(checking, param, word->place, param->type == PG_PARAM_SCOPE,
                           "one of type scope");
}

static void check_scopes(struct checking *checking, const struct pg_service *service)
{
        struct pg_reader *reader = checking->reader;
        struct pg_prefix prefix;

        for (size_t i = 0; i < service->scopes.n; i++) {
                const struct pg_word *word = &service->scopes.items[i];

                switch (pg_scope_kind(word->text)) {
                case PG_SCOPE_PARAM:
                        check_scope_param(checking, service, word);
                        break;
                case PG_SCOPE_PREFIX:
                        pg_read_prefix(reader->diagnostics, word, &prefix);
                        break;
                case PG_SCOPE_HOST:
                        if (service->direction == PG_IN)
                                PG_PROFILE_ERROR(
                                        reader, word->place,
                                        "'%s' is a host name, which only egress takes (write its "
                                        "address)",
                                        pg_show(word->text).text);
                        break;
                case PG_SCOPE_BAD:
                        if (word->text[0] == '$')
                                PG_PROFILE_ERROR(reader, word->place,
                                                 "'%s' is no reference (write \"${NAME}\")",
                                                 pg_show(word->text).text);
                        else
                                report_unknown_scope(reader, checking->profile, word);
                        break;
                default:
                        break;
                }
        }
        pg_check_scope_names(reader, checking->profile, &service->scopes);
}

/* Whether a condition is `when: NAME`: the value it stands for has then the name's place. */
static bool is_short(const struct pg_condition *condition)
{
        const struct pg_place *name = &condition->param.place, *value = &condition->values.items->place;

        return condition->values.n == 1 && name->line == value->line && name->column == value->column;
}

static void check_condition(struct checking *checking, const struct pg_condition *condition)
{
        const struct pg_param *param;

        param = use_param(checking, condition->param.text, condition->param.place);
        if (!param || condition->values.n == 0)
                return;
        if (is_short(condition)) {
                check_type(checking, param, condition->param.place, param->type == PG_PARAM_BOOL,
                           "one of type bool, or {PARAM: VALUE},");
                return;
        }
        if (param->type == PG_PARAM_CHOICE && param->choices.n == 0)
                return;
        /* Several values mean any of them, so each must be one that the parameter takes. */
        for (size_t i = 0; i < condition->values.n; i++) {
                const struct pg_words one = {&condition->values.items[i], 1};

                pg_param_accepts(param, &one, checking->reader->diagnostics);
        }
}

static void check_never_any(struct checking *checking, const struct pg_service *service)
{
        const struct pg_word *word = &service->never_any_unless;
        const struct pg_param *param;

        if (!word->text)
                return;
        param = use_param(checking, word->text, word->place);
        if (param)
                check_type(checking, param, word->place, param->type == PG_PARAM_BOOL,
                           "one of type bool");
}

static void check_params(struct checking *checking)
{
        const struct pg_profile *profile = checking->profile;

        for (size_t i = 0; i < profile->n_params; i++) {
                const struct pg_param *param = &profile->params[i];

                if (param->type == PG_PARAM_SCOPE)
                        pg_check_scope_names(checking->reader, profile, &param->initial);
                /* Those of `base` are used by what is always there and is no service; and what stands
                 * in a broken service may be used. */
                if (!checking->used[i] && strcmp(profile->name ? profile->name : "", "base") != 0 &&
                    pg_diagnostics_count(checking->reader->diagnostics, PG_SEVERITY_ERROR) == 0)
                        pg_diagnostics_add(checking->reader->diagnostics, PG_SEVERITY_WARNING,
                                           param->place,
                                           "no service uses the parameter '%s' (remove it)",
                                           pg_show(param->name).text);
        }
}

int pg_check_references(struct pg_reader *reader, const struct pg_profile *profile)
{
        _cleanup_(pg_freep) bool *used = calloc(profile->n_params + 1, sizeof(*used));
        struct checking checking = {.reader = reader, .profile = profile, .used = used};

        if (!used)
                return -ENOMEM;
        for (size_t i = 0; i < profile->n_services; i++) {
                const struct pg_service *service = &profile->services[i];

                check_ports(&checking, service);
                check_scopes(&checking, service);
                for (size_t j = 0; j < service->n_conditions; j++)
                        check_condition(&checking, &service->conditions[j]);
                check_never_any(&checking, service);
        }
        check_params(&checking);
        return 0;
}
