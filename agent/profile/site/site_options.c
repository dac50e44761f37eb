/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a command's options add to the site: --set, --group, --with. */
#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "profile/profile/profile.h"
#include "profile/site/internal.h"

static const struct pg_place set_place = {.file = "--set"};
static const struct pg_place group_place = {.file = "--group"};
static const struct pg_place enable_place = {.file = "--with"};

/* Splits "A,B,C"; an empty part is reported. Returns 0, -EINVAL or -ENOMEM. */
static int split(struct pg_reader *reader, const char *text, struct pg_place place,
                 struct pg_words *ret)
{
        while (true) {
                size_t length = strcspn(text, ",");
                _cleanup_(pg_freep) char *part = strndup(text, length);

                if (!part)
                        return -ENOMEM;
                if (length == 0) {
                        PG_PROFILE_ERROR(reader, place,
                                         "a value is empty (write NAME=VALUE or NAME=VALUE,VALUE)");
                        return -EINVAL;
                }
                if (pg_words_add(ret, part, place) < 0)
                        return -ENOMEM;
                if (text[length] == '\0')
                        return 0;
                text += length + 1;
        }
}

/* The part before '=', which the caller frees, and the values behind it. */
static int split_assignment(struct pg_reader *reader, const char *text, struct pg_place place,
                            char **ret_name, struct pg_words *ret_values)
{
        const char *equals = strchr(text, '=');

        *ret_name = strndup(text, strcspn(text, "="));
        if (!*ret_name)
                return -ENOMEM;
        if (!equals) {
                PG_PROFILE_ERROR(reader, place, "'%s' lacks a value (write NAME=VALUE)",
                                 pg_show(text).text);
                return -EINVAL;
        }
        return split(reader, equals + 1, place, ret_values);
}

int pg_site_set(struct pg_site *site, const char *assignment, struct pg_diagnostics *diagnostics)
{
        struct pg_reader reader = {.diagnostics = diagnostics};
        _cleanup_(pg_setting_done) struct pg_setting setting = {0};
        struct pg_setting *item;
        _cleanup_(pg_freep) char *name = NULL;
        int r;

        r = split_assignment(&reader, assignment, set_place, &name, &setting.values);
        if (r >= 0)
                r = pg_setting_name(&reader, &setting, name, set_place);
        if (r < 0)
                return r;
        item = PG_ARRAY_ADD(site->settings, site->n_settings);
        if (!item)
                return -ENOMEM;
        *item = PG_TAKE(setting);
        return 0;
}

static int add_member(struct pg_reader *reader, struct pg_group *group, const struct pg_word *word,
                      bool is_only)
{
        const struct pg_word rest = {.text = word->text + 1, .place = word->place};

        if (word->text[0] == '@')
                return pg_group_add_file(reader, group, &rest, NULL);
        if (word->text[0] == '%')
                return pg_group_add_interface(reader, group, &rest);
        /* "GROUP=" is more often a variable that was empty than meant. */
        if (is_only && strcmp(word->text, "none") == 0)
                return 0;
        return pg_group_add_prefix(reader, group, word);
}

static int make_group(struct pg_reader *reader, const char *assignment, struct pg_group *ret)
{
        size_t n_errors = pg_diagnostics_count(reader->diagnostics, PG_SEVERITY_ERROR);
        _cleanup_(pg_words_done) struct pg_words members = {0};
        int r;

        ret->place = group_place;
        r = split_assignment(reader, assignment, group_place, &ret->name, &members);
        if (r >= 0)
                pg_group_name_is_good(reader,
                                      &(struct pg_word){.text = ret->name, .place = group_place});
        for (size_t i = 0; r >= 0 && i < members.n; i++)
                r = add_member(reader, ret, &members.items[i], members.n == 1);
        if (r >= 0 && pg_diagnostics_count(reader->diagnostics, PG_SEVERITY_ERROR) > n_errors)
                r = -EINVAL;
        return r;
}

/* A second --group for the same name adds to the first; "none" would not empty that. */
static int join_group(struct pg_reader *reader, struct pg_group *group, const struct pg_group *more)
{
        int r;

        if (group->written.n > 0 && more->written.n == 0) {
                pg_diagnostics_add(reader->diagnostics, PG_SEVERITY_ERROR, group_place,
                                   "group '%s' has addresses, and is none: leave one of the two out",
                                   group->name);
                return -EINVAL;
        }
        r = pg_addresses_add_all(&group->addresses, &more->addresses);

        for (size_t i = 0; r >= 0 && i < more->interfaces.n; i++)
                if (!pg_words_have(&group->interfaces, more->interfaces.items[i].text))
                        r = pg_words_add(&group->interfaces, more->interfaces.items[i].text,
                                         group_place);
        for (size_t i = 0; r >= 0 && i < more->written.n && group->written.n < PG_GROUP_WRITTEN_MAX;
             i++)
                r = pg_words_add(&group->written, more->written.items[i].text, group_place);
        pg_addresses_normalise(&group->addresses);
        return r < 0 ? r : pg_addresses_seal(&group->addresses);
}

int pg_site_group(struct pg_site *site, const char *assignment, struct pg_diagnostics *diagnostics)
{
        struct pg_reader reader = {.diagnostics = diagnostics};
        _cleanup_(pg_group_done) struct pg_group group = {0};
        struct pg_group *item;
        int r, made = make_group(&reader, assignment, &group);

        if (made < 0 && (made != -EINVAL || !group.name || pg_scope_kind(group.name) != PG_SCOPE_GROUP))
                return made;
        pg_addresses_normalise(&group.addresses);
        r = pg_addresses_seal(&group.addresses);
        if (r < 0)
                return r;
        item = (struct pg_group *)pg_site_find_group(site, group.name);
        if (item && item->place.file == group_place.file)
                return made < 0 ? made : join_group(&reader, item, &group);
        if (item)
                pg_group_done(item);
        else
                item = PG_ARRAY_ADD(site->groups, site->n_groups);
        if (!item)
                return -ENOMEM;
        *item = PG_TAKE(group);
        return made;
}

int pg_site_enable(struct pg_site *site, const char *service, struct pg_diagnostics *diagnostics)
{
        struct pg_reader reader = {.diagnostics = diagnostics};
        const struct pg_word word = {.text = (char *)service, .place = enable_place};

        if (!pg_enable_is_good(&reader, &word))
                return -EINVAL;
        return pg_words_add(&site->enable, service, enable_place);
}
