/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps read by a table of their keys, and the values that several tables have. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/strings.h"
#include "profile/yaml/yaml.h"

#define SUMMARY_MAX 200

static const struct pg_field *find_field(const struct pg_field *fields, size_t n, const char *key)
{
        for (size_t i = 0; i < n; i++)
                if (strcmp(fields[i].key, key) == 0)
                        return &fields[i];
        return NULL;
}

static void report_unknown_key(struct pg_reader *reader, const struct pg_node *key, const char *what,
                               const struct pg_field *fields, size_t n)
{
        const char *names[24];
        size_t count = 0;

        for (; count < n && count < PG_ELEMENTSOF(names); count++)
                names[count] = fields[count].key;
        if (pg_diagnostics_conceals(reader->diagnostics, key->place.file)) {
                PG_PROFILE_ERROR_PLAIN(reader, key->place, "unknown key (%s)",
                                       pg_hint(reader, "allowed", "", names, count, NULL, 0).text);
                return;
        }
        PG_PROFILE_ERROR(reader, key->place, "unknown key '%s' in %s (%s)", pg_show(key->text).text,
                         what, pg_hint(reader, "allowed", key->text, names, count, NULL, 0).text);
}

static int read_field(struct pg_reader *reader, const struct pg_node *node,
                      const struct pg_field *field, void *object)
{
        int r = field->read(reader, node, (char *)object + field->offset);

        if (r == PG_WRONG_KIND) {
                PG_PROFILE_ERROR_PLAIN(reader, node->place, "'%s' must be %s", field->key, field->form);
                r = 0;
        }
        return r;
}

int pg_read_map(struct pg_reader *reader, const struct pg_node *node, const char *what,
                const struct pg_field *fields, size_t n_fields, void *object)
{
        struct pg_place place = node->key ? node->key->place : node->place;

        /* It may have the name that the map's key gives it. */
        if (pg_diagnostics_conceals(reader->diagnostics, place.file))
                what = "this";
        if (node->kind != PG_NODE_MAP) {
                PG_PROFILE_ERROR_PLAIN(reader, node->place, "%s must be a map of keys, as in {%s: ...}",
                                       what, fields[0].key);
                return 0;
        }
        for (size_t i = 0; i < node->n_children; i++) {
                const struct pg_node *child = node->children[i];
                const struct pg_field *field = find_field(fields, n_fields, child->key->text);

                if (!field)
                        report_unknown_key(reader, child->key, what, fields, n_fields);
                else if (read_field(reader, child, field, object) < 0)
                        return -ENOMEM;
        }
        for (size_t i = 0; i < n_fields; i++)
                if (fields[i].required && !pg_node_get(node, fields[i].key))
                        PG_PROFILE_ERROR_PLAIN(reader, place, "%s lacks '%s', which is %s", what,
                                               fields[i].key, fields[i].form);
        return 0;
}

static size_t count_characters(const char *text)
{
        size_t n = 0;

        for (; *text; text++)
                n += ((unsigned char)*text & 0xc0) != 0x80;
        return n;
}

int pg_read_summary(struct pg_reader *reader, const struct pg_node *node, void *target)
{
        char **ret = target;

        if (node->kind != PG_NODE_SCALAR)
                return PG_WRONG_KIND;
        if (!*node->text || strpbrk(node->text, "\n\t"))
                PG_PROFILE_ERROR(
                        reader, node->place,
                        "a summary is one line of text, without tabs (write one; > and | add a "
                        "line break)");
        else if (count_characters(node->text) > SUMMARY_MAX)
                PG_PROFILE_ERROR(
                        reader, node->place,
                        "a summary has at most %d characters (shorten it, and put the rest into notes)",
                        SUMMARY_MAX);
        *ret = strdup(node->text);
        return *ret ? 0 : -ENOMEM;
}

int pg_read_bool(struct pg_reader *reader, const struct pg_node *node, void *target)
{
        struct pg_word word = {.text = node->text};
        bool *ret = target;

        (void)reader;
        if (node->kind != PG_NODE_SCALAR || !pg_word_is_bool(&word))
                return PG_WRONG_KIND;
        *ret = pg_word_is_true(&word);
        return 0;
}

int pg_read_word(struct pg_reader *reader, const struct pg_node *node, void *target)
{
        struct pg_word *word = target;

        (void)reader;
        if (node->kind != PG_NODE_SCALAR || !*node->text)
                return PG_WRONG_KIND;
        word->text = strdup(node->text);
        word->place = node->place;
        return word->text ? 0 : -ENOMEM;
}

int pg_read_words(struct pg_reader *reader, const struct pg_node *node, void *target)
{
        if (node->kind != PG_NODE_LIST)
                return PG_WRONG_KIND;
        for (size_t i = 0; i < node->n_children; i++) {
                const struct pg_node *child = node->children[i];

                if (child->kind != PG_NODE_SCALAR || !*child->text)
                        PG_PROFILE_ERROR(reader, child->place,
                                         "an entry of '%s' must be plain text, not %s",
                                         node->key ? node->key->text : "this list",
                                         child->kind == PG_NODE_MAP
                                                 ? "a map (put quotes around text with ': ')"
                                         : child->kind == PG_NODE_LIST ? "a list"
                                                                       : "nothing");
                else if (pg_words_add(target, child->text, child->place) < 0)
                        return -ENOMEM;
        }
        return 0;
}

int pg_read_word_or_words(struct pg_reader *reader, const struct pg_node *node, void *target)
{
        if (node->kind == PG_NODE_LIST)
                return node->n_children > 0 ? pg_read_words(reader, node, target) : PG_WRONG_KIND;
        if (node->kind != PG_NODE_SCALAR || !*node->text)
                return PG_WRONG_KIND;
        return pg_words_add(target, node->text, node->place);
}

bool pg_read_name(struct pg_reader *reader, const char *what, const struct pg_node *node)
{
        if (pg_name_is_valid(node->text))
                return true;
        PG_PROFILE_ERROR(reader, node->place,
                         "'%s' is no name for a %s (1 to 63 of a-z, 0-9 and '-', the first no '-')",
                         pg_show(node->text).text, what);
        return false;
}
