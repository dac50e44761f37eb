/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The `params` and `enable` sections of a site. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/strings.h"
#include "profile/site/internal.h"

void pg_setting_done(struct pg_setting *setting)
{
        free(setting->profile);
        free(setting->param);
        pg_words_done(&setting->values);
}

int pg_setting_name(struct pg_reader *reader, struct pg_setting *setting, const char *text,
                    struct pg_place place)
{
        const char *dot = strchr(text, '.');
        const char *param = dot ? dot + 1 : text;

        setting->place = place;
        if (dot) {
                setting->profile = strndup(text, (size_t)(dot - text));
                if (!setting->profile)
                        return -ENOMEM;
        }
        setting->param = strdup(param);
        if (!setting->param)
                return -ENOMEM;
        if (pg_param_name_is_valid(param) && (!dot || pg_name_is_valid(setting->profile)))
                return 0;
        PG_PROFILE_ERROR(reader, place,
                         "'%s' is no parameter (write NAME or PROFILE.NAME, as in api_port)",
                         pg_show(text).text);
        return -EINVAL;
}

static int read_setting(struct pg_reader *reader, const struct pg_node *node,
                        struct pg_setting *setting)
{
        int r = pg_setting_name(reader, setting, node->key->text, node->key->place);

        if (r == -ENOMEM)
                return r;
        r = pg_read_word_or_words(reader, node, &setting->values);
        if (r == PG_WRONG_KIND) {
                PG_PROFILE_ERROR(reader, node->place,
                                 "the parameter '%s' must be a value or a list of scopes",
                                 pg_show(node->key->text).text);
                r = 0;
        }
        return r;
}

int pg_read_site_params(struct pg_reader *reader, const struct pg_node *node, void *target)
{
        struct pg_site *site = target;

        if (node->kind != PG_NODE_MAP)
                return PG_WRONG_KIND;
        for (size_t i = 0; i < node->n_children; i++) {
                struct pg_setting *setting = PG_ARRAY_ADD(site->settings, site->n_settings);

                if (!setting || read_setting(reader, node->children[i], setting) < 0)
                        return -ENOMEM;
        }
        return 0;
}

bool pg_enable_is_good(struct pg_reader *reader, const struct pg_word *word)
{
        const char *slash = strchr(word->text, '/');
        char profile[64];

        if (!slash && pg_name_is_valid(word->text))
                return true;
        if (slash && (size_t)(slash - word->text) < sizeof(profile)) {
                snprintf(profile, sizeof(profile), "%.*s", (int)(slash - word->text), word->text);
                if (pg_name_is_valid(profile) && pg_name_is_valid(slash + 1))
                        return true;
        }
        PG_PROFILE_ERROR(reader, word->place,
                         "'%s' is no service (write SERVICE, PROFILE/SERVICE or all)",
                         pg_show(word->text).text);
        return false;
}

int pg_read_site_enable(struct pg_reader *reader, const struct pg_node *node, void *target)
{
        struct pg_site *site = target;
        int r;

        if (node->kind == PG_NODE_SCALAR && strcmp(node->text, "all") == 0)
                return pg_words_add(&site->enable, node->text, node->place);
        r = pg_read_words(reader, node, &site->enable);
        for (size_t i = 0; i < site->enable.n; i++)
                pg_enable_is_good(reader, &site->enable.items[i]);
        return r;
}
