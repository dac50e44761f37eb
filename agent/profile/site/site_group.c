/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The `groups` and `hosts` sections of a site: addresses, interfaces, files. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/strings.h"
#include "profile/profile/profile.h"
#include "profile/site/internal.h"

void pg_group_done(struct pg_group *group)
{
        free(group->name);
        pg_addresses_done(&group->addresses);
        pg_words_done(&group->interfaces);
        pg_words_done(&group->written);
}

/* Remembers an entry with the sign that its kind has on the command line. */
static int remember(struct pg_group *group, const char *sign, const struct pg_word *word)
{
        _cleanup_(pg_freep) char *text = NULL;

        if (group->written.n >= PG_GROUP_WRITTEN_MAX)
                return 0;
        text = pg_format("%s%s", sign, word->text);
        return text ? pg_words_add(&group->written, text, word->place) : -ENOMEM;
}

bool pg_group_name_is_good(struct pg_reader *reader, const struct pg_word *word)
{
        switch (pg_scope_kind(word->text)) {
        case PG_SCOPE_GROUP:
        case PG_SCOPE_INTERNAL:
                return true;
        case PG_SCOPE_ANY:
        case PG_SCOPE_LOCAL:
        case PG_SCOPE_NONE:
                PG_PROFILE_ERROR(
                        reader, word->place,
                        "'%s' means the same everywhere and cannot be redefined (of the scopes "
                        "only `internal` can)",
                        word->text);
                return false;
        default:
                PG_PROFILE_ERROR(
                        reader, word->place,
                        "'%s' is no name for a group (1 to 63 of a-z, 0-9 and '-', the first no "
                        "'-', with a letter)",
                        pg_show(word->text).text);
                return false;
        }
}

int pg_group_add_prefix(struct pg_reader *reader, struct pg_group *group, const struct pg_word *word)
{
        struct pg_prefix prefix;
        int r;

        if (!pg_read_prefix(reader->diagnostics, word, &prefix))
                return 0;
        r = pg_addresses_add_prefix(&group->addresses, &prefix);
        return r < 0 ? r : remember(group, "", word);
}

int pg_group_add_interface(struct pg_reader *reader, struct pg_group *group, const struct pg_word *word)
{
        int r;

        if (!pg_interface_name_is_valid(word->text)) {
                PG_PROFILE_ERROR(
                        reader, word->place,
                        "'%s' is no name of an interface (1 to 15 characters, as in eth0, or wg* "
                        "for all that begin so)",
                        pg_show(word->text).text);
                return 0;
        }
        if (pg_words_have(&group->interfaces, word->text))
                return 0;
        r = pg_words_add(&group->interfaces, word->text, word->place);
        return r < 0 ? r : remember(group, "%", word);
}

/* "FILE" in the folder of "FOLDER/site.yaml". The caller frees it. */
static char *resolve(const char *path, const char *base)
{
        const char *slash = base && path[0] != '/' ? strrchr(base, '/') : NULL;

        return slash ? pg_format("%.*s/%s", (int)(slash - base), base, path) : strdup(path);
}

/* The message has the path, which is text of the site. */
static void report_unreadable(struct pg_reader *reader, struct pg_place place, int number,
                              const struct pg_error *error)
{
        if (pg_diagnostics_conceals(reader->diagnostics, place.file))
                PG_PROFILE_ERROR_PLAIN(reader, place, "the group file cannot be read: %s",
                                       strerror(-number));
        else
                PG_PROFILE_ERROR(reader, place, "the group file %s", error->message);
}

int pg_group_add_file(struct pg_reader *reader, struct pg_group *group, const struct pg_word *word,
                      const char *base)
{
        _cleanup_(pg_freep) char *path = resolve(word->text, base);
        size_t n_errors = pg_diagnostics_count(reader->diagnostics, PG_SEVERITY_ERROR);
        struct pg_error error = {0};
        int r;

        if (!path)
                return -ENOMEM;
        r = pg_group_file_read(path, &group->addresses, reader->diagnostics, &error);
        if (r == -ENOMEM)
                return r;
        /* What is wrong with its lines is reported there; why it cannot be read is reported here. */
        if (r < 0 && pg_diagnostics_count(reader->diagnostics, PG_SEVERITY_ERROR) == n_errors)
                report_unreadable(reader, word->place, r, &error);
        return remember(group, "@", word);
}

/* While a group is read from a site file: where its relative paths lead. */
struct group_reading {
        struct pg_group *group;
        const char *base;
};

static int read_addresses(struct pg_reader *reader, const struct pg_node *node, void *target)
{
        struct group_reading *reading = target;
        _cleanup_(pg_words_done) struct pg_words words = {0};
        int r = pg_read_words(reader, node, &words);

        for (size_t i = 0; r == 0 && i < words.n; i++)
                r = pg_group_add_prefix(reader, reading->group, &words.items[i]);
        return r;
}

static int read_interfaces(struct pg_reader *reader, const struct pg_node *node, void *target)
{
        struct group_reading *reading = target;
        _cleanup_(pg_words_done) struct pg_words words = {0};
        int r = pg_read_words(reader, node, &words);

        for (size_t i = 0; r == 0 && i < words.n; i++)
                r = pg_group_add_interface(reader, reading->group, &words.items[i]);
        return r;
}

static int read_file(struct pg_reader *reader, const struct pg_node *node, void *target)
{
        struct group_reading *reading = target;
        struct pg_word word = {.text = node->text, .place = node->place};

        if (node->kind != PG_NODE_SCALAR || !*node->text)
                return PG_WRONG_KIND;
        return pg_group_add_file(reader, reading->group, &word, reading->base);
}

static const struct pg_field group_fields[] = {
        {"addresses", 0, read_addresses, "a list of prefixes, as in [192.0.2.0/24]", false},
        {"interfaces", 0, read_interfaces, "a list of interfaces, as in [wg0]", false},
        {"file", 0, read_file, "the path of a file with one prefix a line", false},
};

static int read_group(struct pg_reader *reader, const struct pg_node *node, struct pg_group *group,
                      const char *base)
{
        struct group_reading reading = {.group = group, .base = base};
        struct pg_word word = {.text = node->key->text, .place = node->key->place};
        char what[128];
        int r;

        pg_group_name_is_good(reader, &word);
        group->place = word.place;
        group->name = strdup(word.text);
        if (!group->name)
                return -ENOMEM;
        if (node->kind == PG_NODE_LIST) {
                r = read_addresses(reader, node, &reading);
        } else if (node->kind == PG_NODE_MAP && node->n_children > 0) {
                snprintf(what, sizeof(what), "the group '%s'", pg_show(word.text).text);
                r = pg_read_map(reader, node, what, group_fields, PG_ELEMENTSOF(group_fields),
                                &reading);
        } else {
                PG_PROFILE_ERROR(
                        reader, node->place,
                        "the group '%s' must be a list of prefixes, as in [192.0.2.0/24], or a map "
                        "of addresses, interfaces and file",
                        pg_show(word.text).text);
                r = 0;
        }
        pg_addresses_normalise(&group->addresses);
        return r < 0 ? r : pg_addresses_seal(&group->addresses);
}

int pg_read_site_groups(struct pg_reader *reader, const struct pg_node *node, void *target)
{
        struct pg_site *site = target;

        if (node->kind != PG_NODE_MAP)
                return PG_WRONG_KIND;
        for (size_t i = 0; i < node->n_children; i++) {
                struct pg_group *group = PG_ARRAY_ADD(site->groups, site->n_groups);

                if (!group || read_group(reader, node->children[i], group, site->file) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int add_host_address(struct pg_reader *reader, struct pg_host *host, const struct pg_word *word)
{
        struct pg_prefix prefix;

        if (!pg_read_prefix(reader->diagnostics, word, &prefix))
                return 0;
        if (prefix.length != (prefix.is_v6 ? 128 : 32)) {
                PG_PROFILE_ERROR(reader, word->place,
                                 "'%s' is a network, but a host has addresses (write each)",
                                 pg_show(word->text).text);
                return 0;
        }
        return pg_addresses_add_prefix(&host->addresses, &prefix);
}

static int read_host(struct pg_reader *reader, const struct pg_node *node, struct pg_host *host)
{
        _cleanup_(pg_words_done) struct pg_words words = {0};
        int r;

        host->place = node->key->place;
        host->name = strdup(node->key->text);
        if (!host->name)
                return -ENOMEM;
        if (!pg_host_name_is_valid(host->name))
                PG_PROFILE_ERROR(reader, host->place,
                                 "'%s' is no host name with a domain, as in www.example.com",
                                 pg_show(host->name).text);
        r = node->kind == PG_NODE_LIST && node->n_children > 0 ? pg_read_words(reader, node, &words)
                                                               : PG_WRONG_KIND;
        if (r == PG_WRONG_KIND) {
                PG_PROFILE_ERROR(reader, node->place,
                                 "a host must be a list of addresses, as in [192.0.2.7]");
                r = 0;
        }
        for (size_t i = 0; r == 0 && i < words.n; i++)
                r = add_host_address(reader, host, &words.items[i]);
        pg_addresses_normalise(&host->addresses);
        return r;
}

int pg_read_site_hosts(struct pg_reader *reader, const struct pg_node *node, void *target)
{
        struct pg_site *site = target;

        if (node->kind != PG_NODE_MAP)
                return PG_WRONG_KIND;
        for (size_t i = 0; i < node->n_children; i++) {
                struct pg_host *host = PG_ARRAY_ADD(site->hosts, site->n_hosts);

                if (!host || read_host(reader, node->children[i], host) < 0)
                        return -ENOMEM;
        }
        return 0;
}
