/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options of a request, to and from the words of the history. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/strings.h"
#include "engine/request/request.h"

static const char *const options[] = {
        [PG_PARAMETER_SET] = "--set ",
        [PG_PARAMETER_GROUP] = "--group ",
        [PG_PARAMETER_WITH] = "--with ",
        [PG_PARAMETER_EGRESS] = "--egress ",
};

enum pg_parameter_kind pg_parameter_kind(const char *parameter, const char **ret_value)
{
        for (size_t i = 0; i < PG_ELEMENTSOF(options); i++) {
                size_t length = strlen(options[i]);

                if (strncmp(parameter, options[i], length) != 0)
                        continue;
                *ret_value = parameter + length;
                return (enum pg_parameter_kind)i;
        }
        *ret_value = parameter;
        return PG_PARAMETER_UNKNOWN;
}

/* The first member "@FILE" of "GROUP=MEMBER,..." from `members` on whose path is relative; or NULL. */
static const char *find_relative(const char *members)
{
        for (const char *member = members; member; member = strchr(member, ',')) {
                member += *member == ',';
                if (member[0] == '@' && member[1] != '/')
                        return member;
        }
        return NULL;
}

static const char *members_of(const char *assignment)
{
        const char *equals = strchr(assignment, '=');

        return equals ? equals + 1 : assignment + strlen(assignment);
}

bool pg_parameter_is_relative(const char *parameter)
{
        const char *value;

        return pg_parameter_kind(parameter, &value) == PG_PARAMETER_GROUP &&
               find_relative(members_of(value));
}

/* The assignment with whole paths. The caller frees it; NULL: memory is short. */
static char *make_whole(const char *assignment)
{
        _cleanup_(pg_freep) char *here = NULL;
        char *text = strdup(assignment);
        const char *relative;

        if (!text || !find_relative(members_of(text)))
                return text;
        here = getcwd(NULL, 0);
        if (!here || here[0] != '/' || strchr(here, ','))
                return text;
        while (text && (relative = find_relative(members_of(text)))) {
                int length = (int)(relative + 1 - text);
                char *longer = pg_format("%.*s%s%s%s", length, text, here,
                                         strcmp(here, "/") == 0 ? "" : "/", relative + 1);

                free(text);
                text = longer;
        }
        return text;
}

static int add(char ***parameters, size_t *n, enum pg_parameter_kind kind, const char *value)
{
        _cleanup_(pg_freep) char *whole =
                kind == PG_PARAMETER_GROUP ? make_whole(value) : strdup(value);
        _cleanup_(pg_freep) char *text = whole ? pg_format("%s%s", options[kind], whole) : NULL;
        char **slot = text ? PG_ARRAY_ADD(*parameters, *n) : NULL;

        if (!slot)
                return -ENOMEM;
        *slot = PG_TAKE(text);
        return 0;
}

int pg_parameters_of(const struct pg_request *request, char ***ret, size_t *ret_n)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < request->n_sets; i++)
                r = add(ret, ret_n, PG_PARAMETER_SET, request->sets[i]);
        for (size_t i = 0; r >= 0 && i < request->n_groups; i++)
                r = add(ret, ret_n, PG_PARAMETER_GROUP, request->groups[i]);
        for (size_t i = 0; r >= 0 && i < request->n_with; i++)
                r = add(ret, ret_n, PG_PARAMETER_WITH, request->with[i]);
        if (r >= 0 && request->egress)
                r = add(ret, ret_n, PG_PARAMETER_EGRESS, request->egress);
        return r;
}
