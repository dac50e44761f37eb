/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The `params` section of a profile. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/strings.h"
#include "profile/profile/internal.h"

/* What a table reads into: where the type is not known, the default cannot be checked. */
struct reading {
        struct pg_param param;
        bool has_type;
};

static int read_type(struct pg_reader *reader, const struct pg_node *node, void *target)
{
        struct reading *reading = target;
        const char *names[PG_PARAM_RATE + 1];

        if (node->kind != PG_NODE_SCALAR)
                return PG_WRONG_KIND;
        for (size_t i = 0; i < PG_ELEMENTSOF(names); i++) {
                names[i] = pg_param_type_name((enum pg_param_type)i);
                if (strcmp(node->text, names[i]) != 0)
                        continue;
                reading->param.type = (enum pg_param_type)i;
                reading->has_type = true;
                return 0;
        }
        PG_PROFILE_ERROR(reader, node->place, "unknown type '%s' (%s)", pg_show(node->text).text,
                         pg_hint(reader, "types", node->text, names, PG_ELEMENTSOF(names), NULL, 0)
                                 .text);
        return 0;
}

/* A choice is written on command lines too, and shown in tables. */
static bool choice_is_plain(const char *text)
{
        static const char allowed[] =
                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

        return !strchr("._-", text[0]) && text[strspn(text, allowed)] == '\0';
}

static int read_choices(struct pg_reader *reader, const struct pg_node *node, void *target)
{
        struct pg_words *choices = target;
        int r;

        if (node->kind != PG_NODE_LIST || node->n_children == 0)
                return PG_WRONG_KIND;
        r = pg_read_words(reader, node, choices);
        for (size_t i = 0; i < choices->n; i++) {
                const struct pg_word *word = &choices->items[i];

                if (!choice_is_plain(word->text))
                        PG_PROFILE_ERROR(
                                reader, word->place,
                                "'%s' is no choice (use letters, digits, '.', '_' and '-', the "
                                "first a letter or digit)",
                                pg_show(word->text).text);
        }
        return r;
}

static const struct pg_field fields[] = {
        {"type", 0, read_type, "port, ports, bool, choice, scope, host or rate", true},
        {"default", offsetof(struct reading, param.initial), pg_read_word_or_words,
         "a value of the parameter's type; for a scope also a list", true},
        {"choices", offsetof(struct reading, param.choices), read_choices,
         "a list of values, as in [calico, flannel]", false},
        {"summary", offsetof(struct reading, param.summary), pg_read_summary, "one line of text",
         false},
};

static void check_choices(struct pg_reader *reader, const struct pg_param *param)
{
        if (param->type != PG_PARAM_CHOICE && param->choices.n > 0)
                PG_PROFILE_ERROR(reader, param->choices.items[0].place,
                                 "only a parameter of type choice has 'choices' (remove them, or write "
                                 "type: choice)");
        if (param->type == PG_PARAM_CHOICE && param->choices.n == 0)
                PG_PROFILE_ERROR(
                        reader, param->place,
                        "the choice parameter '%s' lacks 'choices', which is a list of values, as "
                        "in [calico, flannel]",
                        pg_show(param->name).text);
}

static int read_param(struct pg_reader *reader, const struct pg_node *node, struct pg_param *ret)
{
        struct reading reading = {.param = {.place = node->key->place}};
        char what[128];
        int r;

        if (!pg_param_name_is_valid(node->key->text))
                PG_PROFILE_ERROR(
                        reader, node->key->place,
                        "'%s' is no name for a parameter (1 to 63 of a-z, 0-9 and '_', the first a "
                        "letter)",
                        pg_show(node->key->text).text);
        snprintf(what, sizeof(what), "the parameter '%s'", pg_show(node->key->text).text);
        r = pg_read_map(reader, node, what, fields, PG_ELEMENTSOF(fields), &reading);
        reading.param.name = strdup(node->key->text);
        *ret = reading.param;
        if (r < 0 || !ret->name)
                return -ENOMEM;
        if (!reading.has_type)
                return 0;
        check_choices(reader, ret);
        if (ret->initial.n > 0 && (ret->type != PG_PARAM_CHOICE || ret->choices.n > 0))
                pg_param_accepts(ret, &ret->initial, reader->diagnostics);
        return 0;
}

int pg_read_params(struct pg_reader *reader, const struct pg_node *node, void *target)
{
        struct pg_profile *profile = target;

        if (node->kind != PG_NODE_MAP)
                return PG_WRONG_KIND;
        for (size_t i = 0; i < node->n_children; i++) {
                struct pg_param *param = PG_ARRAY_ADD(profile->params, profile->n_params);

                if (!param || read_param(reader, node->children[i], param) < 0)
                        return -ENOMEM;
        }
        return 0;
}

void pg_params_done(struct pg_profile *profile)
{
        for (size_t i = 0; i < profile->n_params; i++) {
                free(profile->params[i].name);
                free(profile->params[i].summary);
                pg_words_done(&profile->params[i].initial);
                pg_words_done(&profile->params[i].choices);
        }
        free(profile->params);
}
