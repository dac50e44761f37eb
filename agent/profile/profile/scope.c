/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scopes and references to parameters, by their form. */
#include <string.h>

#include "base/strings.h"
#include "profile/profile/profile.h"

static bool looks_like_address(const char *text)
{
        return strpbrk(text, ":/") || (*text && text[strspn(text, "0123456789.")] == '\0');
}

enum pg_scope_kind pg_scope_kind(const char *text)
{
        char name[64];

        if (strcmp(text, "any") == 0)
                return PG_SCOPE_ANY;
        if (strcmp(text, "internal") == 0)
                return PG_SCOPE_INTERNAL;
        if (strcmp(text, "local") == 0)
                return PG_SCOPE_LOCAL;
        if (strcmp(text, "none") == 0)
                return PG_SCOPE_NONE;
        if (text[0] == '$')
                return pg_param_reference(text, name, sizeof(name)) ? PG_SCOPE_PARAM : PG_SCOPE_BAD;
        if (looks_like_address(text))
                return PG_SCOPE_PREFIX;
        if (pg_host_name_is_valid(text))
                return PG_SCOPE_HOST;
        return pg_name_is_valid(text) ? PG_SCOPE_GROUP : PG_SCOPE_BAD;
}

bool pg_param_reference(const char *text, char *name, size_t size)
{
        const char *start = strstr(text, "${");
        size_t length;
        char copy[64];

        if (!start)
                return false;
        start += 2;
        length = strcspn(start, "}");
        if (start[length] != '}' || start[length + 1] != '\0' || length >= sizeof(copy) ||
            length >= size)
                return false;
        memcpy(copy, start, length);
        copy[length] = '\0';
        if (!pg_param_name_is_valid(copy))
                return false;
        memcpy(name, copy, length + 1);
        return true;
}

bool pg_read_prefix(struct pg_diagnostics *diagnostics, const struct pg_word *word,
                    struct pg_prefix *ret)
{
        struct pg_prefix prefix;
        enum pg_prefix_problem problem;
        char text[256];

        problem = pg_prefix_parse(word->text, strlen(word->text), &prefix);
        if (problem != PG_PREFIX_GOOD) {
                pg_prefix_explain(problem,
                                  pg_diagnostics_conceals(diagnostics, word->place.file) ? NULL
                                                                                         : word->text,
                                  strlen(word->text), &prefix, text, sizeof(text));
                pg_diagnostics_add_plain(diagnostics, PG_SEVERITY_ERROR, word->place, "%s", text);
                return false;
        }
        if (prefix.length == 0) {
                pg_diagnostics_add(
                        diagnostics, PG_SEVERITY_ERROR, word->place,
                        "'%s' is everybody (if that is meant, write the scope `any` instead)",
                        pg_show(word->text).text);
                return false;
        }
        *ret = prefix;
        return true;
}
