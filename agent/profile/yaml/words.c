/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words with their places, and how they are shown in messages. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/strings.h"
#include "profile/yaml/yaml.h"

/* See pg_hint(). */
#define HINTS_MAX 20

void pg_words_done(struct pg_words *words)
{
        for (size_t i = 0; i < words->n; i++)
                free(words->items[i].text);
        free(words->items);
        *words = (struct pg_words){0};
}

int pg_words_add(struct pg_words *words, const char *text, struct pg_place place)
{
        struct pg_word *word = PG_ARRAY_ADD(words->items, words->n);

        if (!word)
                return -ENOMEM;
        word->place = place;
        word->text = strdup(text);
        if (word->text)
                return 0;
        words->n--;
        return -ENOMEM;
}

bool pg_words_have(const struct pg_words *words, const char *text)
{
        for (size_t i = 0; i < words->n; i++)
                if (strcmp(words->items[i].text, text) == 0)
                        return true;
        return false;
}

bool pg_word_is_bool(const struct pg_word *word)
{
        return pg_word_is_true(word) || strcmp(word->text, "false") == 0 ||
               strcmp(word->text, "no") == 0;
}

bool pg_word_is_true(const struct pg_word *word)
{
        return strcmp(word->text, "true") == 0 || strcmp(word->text, "yes") == 0;
}

struct pg_shown pg_show(const char *text)
{
        struct pg_shown shown;

        pg_printable(text, strlen(text), shown.text, sizeof(shown.text));
        return shown;
}

static int compare_names(const void *a, const void *b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *find_nearest(struct pg_reader *reader, const char *name, const char **names,
                                size_t n, const char *const *more, size_t n_more)
{
        const char *both[2] = {pg_nearest(name, names, n), pg_nearest(name, more, n_more)};

        reader->n_hints++;
        if (both[0] && both[1])
                return pg_nearest(name, both, 2);
        return both[0] ? both[0] : both[1];
}

struct pg_hint pg_hint(struct pg_reader *reader, const char *what, const char *name, const char **names,
                       size_t n, const char *const *more, size_t n_more)
{
        const char *nearest = NULL;
        struct pg_hint hint;
        size_t used, i;

        if (reader->n_hints < HINTS_MAX)
                nearest = find_nearest(reader, name, names, n, more, n_more);
        if (n > 1)
                qsort(names, n, sizeof(*names), compare_names);
        used = (size_t)snprintf(hint.text, sizeof(hint.text), "%s: ", what);
        /* Room is kept for the nearest name, which is the better part of a hint. */
        for (i = 0; i < n && used + sizeof(struct pg_shown) + 100 < sizeof(hint.text); i++)
                used += (size_t)snprintf(hint.text + used, sizeof(hint.text) - used, "%s%s",
                                         i > 0 ? ", " : "", pg_show(names[i]).text);
        if (i < n || n == 0)
                used += (size_t)snprintf(hint.text + used, sizeof(hint.text) - used, "%s",
                                         n == 0 ? "none" : ", ...");
        if (nearest)
                snprintf(hint.text + used, sizeof(hint.text) - used, "; did you mean '%s'?",
                         pg_show(nearest).text);
        return hint;
}
