/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A service's `when`. */
#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "profile/profile/internal.h"

static int add_condition(struct pg_reader *reader, struct pg_service *service,
                         const struct pg_word *param, const struct pg_node *values)
{
        struct pg_condition *condition = PG_ARRAY_ADD(service->conditions, service->n_conditions);
        int r;

        if (!condition)
                return -ENOMEM;
        condition->param.place = param->place;
        condition->param.text = strdup(param->text);
        if (!condition->param.text)
                return -ENOMEM;
        if (!values)
                return pg_words_add(&condition->values, "true", param->place);
        r = pg_read_word_or_words(reader, values, &condition->values);
        if (r == PG_WRONG_KIND) {
                PG_PROFILE_ERROR(reader, values->place,
                                 "'%s' must be a value or a list of values, as in [calico, flannel]",
                                 pg_show(param->text).text);
                r = 0;
        }
        return r;
}

int pg_read_when(struct pg_reader *reader, const struct pg_node *node, void *target)
{
        struct pg_word word = {.text = node->text, .place = node->place};

        if (node->kind == PG_NODE_SCALAR && *node->text)
                return add_condition(reader, target, &word, NULL);
        if (node->kind != PG_NODE_MAP || node->n_children == 0)
                return PG_WRONG_KIND;
        for (size_t i = 0; i < node->n_children; i++) {
                const struct pg_node *key = node->children[i]->key;

                word = (struct pg_word){.text = key->text, .place = key->place};
                if (add_condition(reader, target, &word, node->children[i]) < 0)
                        return -ENOMEM;
        }
        return 0;
}
