/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The `groups` section of a profile. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "profile/profile/internal.h"

/* `internal`, `none` or a list of prefixes. */
static int read_default(struct pg_reader *reader, const struct pg_node *node, void *target)
{
        struct pg_words *words = target;
        struct pg_prefix prefix;
        int r;

        if (node->kind == PG_NODE_SCALAR) {
                if (strcmp(node->text, "internal") != 0 && strcmp(node->text, "none") != 0)
                        return PG_WRONG_KIND;
                return pg_words_add(words, node->text, node->place);
        }
        r = pg_read_words(reader, node, words);
        for (size_t i = 0; i < words->n; i++)
                pg_read_prefix(reader->diagnostics, &words->items[i], &prefix);
        return r;
}

static const struct pg_field fields[] = {
        {"default", offsetof(struct pg_group_declaration, initial), read_default,
         "internal, none, or a list of prefixes, as in [192.0.2.0/24]", true},
        {"summary", offsetof(struct pg_group_declaration, summary), pg_read_summary, "one line of text",
         false},
};

static void check_name(struct pg_reader *reader, const struct pg_node *key)
{
        if (!pg_read_name(reader, "group", key))
                return;
        switch (pg_scope_kind(key->text)) {
        case PG_SCOPE_GROUP:
                return;
        case PG_SCOPE_PREFIX:
                PG_PROFILE_ERROR(reader, key->place,
                                 "'%s' would be read as an address (put a letter into the name)",
                                 key->text);
                return;
        default:
                PG_PROFILE_ERROR(
                        reader, key->place,
                        "'%s' is a scope of its own and no name for a group (choose another; only "
                        "a site may redefine `internal`)",
                        key->text);
        }
}

static int read_group(struct pg_reader *reader, const struct pg_node *node,
                      struct pg_group_declaration *group)
{
        char what[128];

        check_name(reader, node->key);
        group->place = node->key->place;
        group->name = strdup(node->key->text);
        if (!group->name)
                return -ENOMEM;
        snprintf(what, sizeof(what), "the group '%s'", pg_show(node->key->text).text);
        return pg_read_map(reader, node, what, fields, PG_ELEMENTSOF(fields), group);
}

int pg_read_groups(struct pg_reader *reader, const struct pg_node *node, void *target)
{
        struct pg_profile *profile = target;

        if (node->kind != PG_NODE_MAP)
                return PG_WRONG_KIND;
        for (size_t i = 0; i < node->n_children; i++) {
                struct pg_group_declaration *group = PG_ARRAY_ADD(profile->groups, profile->n_groups);

                if (!group || read_group(reader, node->children[i], group) < 0)
                        return -ENOMEM;
        }
        return 0;
}

void pg_groups_done(struct pg_profile *profile)
{
        for (size_t i = 0; i < profile->n_groups; i++) {
                free(profile->groups[i].name);
                free(profile->groups[i].summary);
                pg_words_done(&profile->groups[i].initial);
        }
        free(profile->groups);
}
