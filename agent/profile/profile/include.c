/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The `include` section of a profile. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/strings.h"
#include "profile/profile/internal.h"

/* `all`, or a list of services. */
static int read_optional(struct pg_reader *reader, const struct pg_node *node, void *target)
{
        struct pg_include *include = target;

        if (node->kind == PG_NODE_SCALAR && strcmp(node->text, "all") == 0) {
                include->all_optional = true;
                return 0;
        }
        if (node->kind != PG_NODE_LIST || node->n_children == 0)
                return PG_WRONG_KIND;
        return pg_read_words(reader, node, &include->optional);
}

static const struct pg_field fields[] = {
        {"profile", offsetof(struct pg_include, profile), pg_read_word, "the name of a profile", true},
        {"optional", 0, read_optional, "all, or a list of services, as in [metrics]", false},
};

static void check_optional(struct pg_reader *reader, const struct pg_include *include)
{
        for (size_t i = 1; i < include->optional.n; i++) {
                const struct pg_words before = {include->optional.items, i};
                const struct pg_word *word = &include->optional.items[i];

                if (pg_words_have(&before, word->text))
                        PG_PROFILE_ERROR(reader, word->place,
                                         "'%s' stands twice in 'optional' (remove one)",
                                         pg_show(word->text).text);
        }
}

static void check_profile(struct pg_reader *reader, const struct pg_profile *profile,
                          const struct pg_word *word)
{
        if (!pg_name_is_valid(word->text)) {
                PG_PROFILE_ERROR(reader, word->place,
                                 "'%s' is no name of a profile (write it without folder and .yaml)",
                                 pg_show(word->text).text);
                return;
        }
        /* The last include is the one that is checked. */
        for (size_t i = 0; i + 1 < profile->n_includes; i++) {
                const struct pg_word *other = &profile->includes[i].profile;

                if (!other->text || strcmp(other->text, word->text) != 0)
                        continue;
                PG_PROFILE_ERROR(reader, word->place,
                                 "'%s' is included twice, first at line %u, column %u (remove one)",
                                 word->text, other->place.line, other->place.column);
                return;
        }
}

static int read_include(struct pg_reader *reader, const struct pg_node *node,
                        struct pg_profile *profile)
{
        struct pg_include *include = PG_ARRAY_ADD(profile->includes, profile->n_includes);
        int r;

        if (!include)
                return -ENOMEM;
        if (node->kind == PG_NODE_MAP) {
                r = pg_read_map(reader, node, "an include", fields, PG_ELEMENTSOF(fields), include);
        } else {
                r = pg_read_word(reader, node, &include->profile);
                if (r == PG_WRONG_KIND)
                        PG_PROFILE_ERROR(
                                reader, node->place,
                                "an include is the name of a profile, or {profile: NAME, optional: "
                                "[SERVICE]}");
        }
        if (r < 0)
                return r;
        if (!include->profile.text) {
                /* Told; nothing to go on with. */
                pg_words_done(&include->optional);
                profile->n_includes--;
                return 0;
        }
        check_profile(reader, profile, &include->profile);
        check_optional(reader, include);
        return 0;
}

int pg_read_includes(struct pg_reader *reader, const struct pg_node *node, void *target)
{
        if (node->kind != PG_NODE_LIST)
                return PG_WRONG_KIND;
        for (size_t i = 0; i < node->n_children; i++)
                if (read_include(reader, node->children[i], target) < 0)
                        return -ENOMEM;
        return 0;
}

void pg_includes_done(struct pg_profile *profile)
{
        for (size_t i = 0; i < profile->n_includes; i++) {
                free(profile->includes[i].profile.text);
                pg_words_done(&profile->includes[i].optional);
        }
        free(profile->includes);
}
