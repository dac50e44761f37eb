/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names that comments carry, also where they are longer than a comment may be. */
#include "ruleset/model/comments.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "ruleset/model/names.h"
#include "ruleset/model/parts.h"

#define MARK " ... 0x"
#define MARK_LENGTH (sizeof(MARK) - 1)
#define DIGITS 8

/* The number of a text: free, or of the same text. */
static int find_number(const struct pg_set *names, const char *text, uint32_t *number, bool *is_there)
{
        for (*number = pg_name_hash(text);; ++*number) {
                _cleanup_(pg_freep) char *found = NULL;
                int r = pg_parts_read(names, *number, &found);

                if (r < 0)
                        return r;
                *is_there = found[0] != '\0';
                if (!*is_there || strcmp(found, text) == 0)
                        return 0;
        }
}

/* How much of a text goes before the mark: whole names, unless the first alone is too long. */
static size_t fitting(const char *text)
{
        size_t room = PG_COMMENT_MAX - MARK_LENGTH - DIGITS;

        for (size_t length = room; length > 0; length--)
                if (text[length] == ',')
                        return length + 1 <= room ? length + 1 : length;
        return room;
}

int pg_comment_make(struct pg_set *names, const char *text, char **ret)
{
        uint32_t number;
        bool is_there;
        int r;

        if (strlen(text) <= PG_COMMENT_MAX) {
                *ret = strdup(text);
                return *ret ? 0 : -ENOMEM;
        }
        r = find_number(names, text, &number, &is_there);
        if (r >= 0 && !is_there)
                r = pg_parts_add(names, number, text);
        if (r < 0)
                return r;
        *ret = pg_format("%.*s" MARK "%08x", (int)fitting(text), text, number);
        return *ret ? 0 : -ENOMEM;
}

/* The mark at the end of a comment; NULL where there is none. */
static const char *find_mark(const char *comment, uint32_t *number)
{
        size_t length = strlen(comment);
        const char *mark, *digits;

        if (length < MARK_LENGTH + DIGITS)
                return NULL;
        digits = comment + length - DIGITS;
        mark = digits - MARK_LENGTH;
        if (memcmp(mark, MARK, MARK_LENGTH) != 0 || strspn(digits, "0123456789abcdef") != DIGITS)
                return NULL;
        *number = (uint32_t)strtoul(digits, NULL, 16);
        return mark;
}

int pg_comment_read(const struct pg_ruleset *ruleset, char slot, const char *comment, char **ret)
{
        _cleanup_(pg_freep) char *whole = NULL;
        char name[PG_NAME_MAX];
        uint32_t number;
        const char *mark = find_mark(comment, &number);
        size_t length = mark ? (size_t)(mark - comment) : strlen(comment);
        int r = 0;

        if (mark) {
                pg_slot_name(PG_LONG_NAMES_NAME, slot, name);
                r = pg_parts_read(pg_ruleset_set(ruleset, name), number, &whole);
        }
        if (r < 0)
                return r;
        /* Where parts at the end are missing, what the comment has may be more. */
        if (mark && strlen(whole) > length)
                *ret = PG_TAKE(whole);
        else
                *ret = strndup(comment, length - (mark && comment[length - 1] == ','));
        return *ret ? 0 : -ENOMEM;
}
