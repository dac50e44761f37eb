/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an advised command would enforce: it is compiled, and asked about who is to be let in. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/public.h"
#include "base/strings.h"
#include "engine/advice/internal.h"
#include "engine/request/request.h"
#include "policy/explain.h"

/* What is compiled for one status; what others would let in is not known. Ranges of addresses are what
 * takes long: as many as this some tens of milliseconds. */
#define COMMANDS_MAX 12
#define RANGES_MAX 100000

struct pg_advised {
        struct {
                char *command;
                struct pg_policy *policy; /* NULL: it cannot be compiled */
        } items[COMMANDS_MAX];
        size_t n;
        size_t n_ranges; /* of all of them */
};

int pg_advised_new(struct pg_advised **ret)
{
        struct pg_advised *advised = calloc(1, sizeof(*advised));

        if (!advised)
                return -ENOMEM;
        *ret = advised;
        return 0;
}

struct pg_advised *pg_advised_free(struct pg_advised *advised)
{
        for (size_t i = 0; advised && i < advised->n; i++) {
                free(advised->items[i].command);
                pg_policy_free(advised->items[i].policy);
        }
        free(advised);
        return NULL;
}

/* What a request borrows. */
struct lists {
        const char **profiles, **sets, **groups, **with;
        size_t n_profiles, n_sets, n_groups, n_with;
};

static void lists_done(struct lists *lists)
{
        free(lists->profiles);
        free(lists->sets);
        free(lists->groups);
        free(lists->with);
}

static int add(const char ***list, size_t *n, const char *text)
{
        const char **item = PG_ARRAY_ADD(*list, *n);

        if (item)
                *item = text;
        return item ? 0 : -ENOMEM;
}

/* Egress is left out: it is nothing to who comes in, and its names would have to be resolved. */
static int add_option(struct lists *lists, const char *option)
{
        const char *value;

        switch (pg_parameter_kind(option, &value)) {
        case PG_PARAMETER_SET:
                return add(&lists->sets, &lists->n_sets, value);
        case PG_PARAMETER_GROUP:
                return add(&lists->groups, &lists->n_groups, value);
        case PG_PARAMETER_WITH:
                return add(&lists->with, &lists->n_with, value);
        case PG_PARAMETER_EGRESS:
                return 0;
        default:
                return -EINVAL;
        }
}

/* The new ones, "--with a/b --set c.d=e", whose values have no spaces; in `text`, which is cut up. */
static int add_new_options(struct lists *lists, char *text)
{
        int r = 0;

        while (r >= 0 && text && *text) {
                char *next = strstr(text, " --");

                if (next)
                        *next++ = '\0';
                r = add_option(lists, text);
                text = next;
        }
        return r;
}

static int compile(const struct pg_let_in *who, const struct pg_asked *asked, const char *profile,
                   char *options, struct pg_policy **ret)
{
        _cleanup_(pg_diagnostics_freep) struct pg_diagnostics *ignored = NULL;
        _cleanup_(pg_compiled_done) struct pg_compiled compiled = {0};
        _cleanup_(lists_done) struct lists lists = {0};
        struct pg_request request = {.egress = "open"};
        int r = pg_diagnostics_new(&ignored);

        for (size_t i = 0; r >= 0 && i < asked->n_profiles; i++)
                r = add(&lists.profiles, &lists.n_profiles, asked->profiles[i]);
        if (r >= 0 && profile && !pg_strings_have(asked->profiles, asked->n_profiles, profile))
                r = add(&lists.profiles, &lists.n_profiles, profile);
        for (size_t i = 0; r >= 0 && i < asked->n_parameters; i++)
                r = add_option(&lists, asked->parameters[i]);
        if (r >= 0)
                r = add_new_options(&lists, options);
        if (r < 0)
                return r;
        request.profiles = lists.profiles;
        request.n_profiles = lists.n_profiles;
        request.sets = lists.sets;
        request.n_sets = lists.n_sets;
        request.groups = lists.groups;
        request.n_groups = lists.n_groups;
        request.with = lists.with;
        request.n_with = lists.n_with;
        r = pg_compile_request(who->settings, &request, &compiled, ignored, NULL);
        if (r >= 0)
                *ret = PG_TAKE(compiled.policy);
        return r;
}

static size_t count_ranges(const struct pg_policy *policy)
{
        size_t n = 0;

        for (size_t i = 0; policy && i < policy->n_sources; i++)
                n += policy->sources[i].addresses.n_v4 + policy->sources[i].addresses.n_v6;
        return n;
}

/* Borrowed; NULL: not known. */
static const struct pg_policy *find_policy(const struct pg_let_in *who, const struct pg_asked *asked,
                                           const char *profile, const char *options)
{
        struct pg_advised *advised = who->advised;
        _cleanup_(pg_freep) char *command = pg_asked_command(asked, profile, options);
        _cleanup_(pg_freep) char *copy = strdup(options ? options : "");
        size_t i = advised->n;

        if (!command || !copy)
                return NULL;
        for (size_t at = 0; at < advised->n; at++)
                if (strcmp(advised->items[at].command, command) == 0)
                        return advised->items[at].policy;
        if (i == COMMANDS_MAX || advised->n_ranges >= RANGES_MAX)
                return NULL;
        advised->n++;
        advised->items[i].command = PG_TAKE(command);
        if (compile(who, asked, profile, copy, &advised->items[i].policy) < 0)
                advised->items[i].policy = NULL;
        advised->n_ranges += count_ranges(advised->items[i].policy);
        return advised->items[i].policy;
}

bool pg_advised_refuses(const struct pg_let_in *who, const struct pg_asked *asked, const char *profile,
                        const char *options, const struct pg_source **ret)
{
        const struct pg_policy *policy = who ? find_policy(who, asked, profile, options) : NULL;
        const struct pg_segment *segment = policy ? pg_policy_segment(policy, who->flow) : NULL;
        const struct pg_source *source = segment ? &policy->sources[segment->source] : NULL;

        if (!source || pg_policy_admits(policy, who->flow))
                return false;
        /* By which interface somebody comes is not always known. */
        if (source->n_interfaces > 0 && !who->flow->interface)
                return false;
        *ret = source;
        return true;
}
