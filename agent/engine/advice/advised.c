/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an advised command would enforce: it is compiled, asked about who is to be let in, and compared
 * with what is enforced. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/public.h"
#include "base/strings.h"
#include "engine/advice/internal.h"
#include "engine/request/request.h"
#include "policy/base_traffic.h"
#include "policy/diff/diff.h"
#include "policy/explain.h"

/* What is compiled for one status; what others would let in is not known. Ranges of addresses are what
 * takes long: as many as this some tens of milliseconds. */
#define COMMANDS_MAX 12
#define RANGES_MAX 100000

struct pg_advised {
        struct {
                char *command;
                struct pg_policy *policy;   /* NULL: it cannot be compiled */
                struct pg_changes *changes; /* to what is enforced */
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
                pg_changes_free(advised->items[i].changes);
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

/* Egress is what compile() makes of it. */
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
        bool is_out = who->flow && who->flow->direction == PG_OUT;
        /* Egress is nothing to who comes in; what is to be let out was refused as it is strict. */
        struct pg_request request = {.egress = is_out ? "strict" : "open"};
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
        r = pg_compile_offline(who->settings, &request, &compiled, ignored, NULL);
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

bool pg_advised_is_scarce(const struct pg_advised *advised)
{
        return advised->n >= COMMANDS_MAX / 2 || advised->n_ranges >= RANGES_MAX / 2;
}

/* *ret: the index of the command. 0; -E2BIG: too much was compiled already; or -ENOMEM. */
static int find_item(const struct pg_let_in *who, const struct pg_asked *asked, const char *profile,
                     const char *options, size_t *ret)
{
        struct pg_advised *advised = who->advised;
        _cleanup_(pg_freep) char *command = pg_asked_command(asked, profile, options);
        _cleanup_(pg_freep) char *copy = strdup(options ? options : "");
        size_t i = advised->n;

        if (!command || !copy)
                return -ENOMEM;
        for (*ret = 0; *ret < advised->n; (*ret)++)
                if (strcmp(advised->items[*ret].command, command) == 0)
                        return 0;
        if (i == COMMANDS_MAX || advised->n_ranges >= RANGES_MAX)
                return -E2BIG;
        advised->n++;
        advised->items[i].command = PG_TAKE(command);
        if (compile(who, asked, profile, copy, &advised->items[i].policy) < 0)
                return 0;
        advised->n_ranges += count_ranges(advised->items[i].policy);
        return pg_policy_compare(who->enforced, advised->items[i].policy, &advised->items[i].changes,
                                 NULL);
}

static bool is_asked(const struct pg_change *change, const struct pg_flow *flow)
{
        _cleanup_(pg_freep) char *text = pg_format("%s/%s", change->protocol, change->ports);
        struct pg_ports ports;
        char protocol[16];

        if (change->outbound != (flow->direction == PG_OUT))
                return false;
        if (pg_flow_is_ping(flow))
                return strcmp(change->ports, "echo-request") == 0;
        pg_protocol_format(flow->protocol, protocol, sizeof(protocol));
        if (strcmp(change->ports, "any") == 0)
                return strcmp(change->protocol, protocol) == 0;
        return text && !pg_ports_parse(text, &ports) && ports.protocol == flow->protocol &&
               ports.first <= flow->port && flow->port <= ports.last;
}

static bool is_enforced(const struct pg_policy *enforced, const char *service)
{
        for (size_t i = 0; enforced && i < enforced->n_services; i++)
                if (strcmp(enforced->services[i].name, service) == 0)
                        return true;
        return false;
}

/* Whether a policy, for which no name was looked up, tells what leaves this host. */
static bool knows_outbound(const struct pg_policy *policy)
{
        for (size_t i = 0; i < policy->n_sources; i++)
                if (pg_source_host(&policy->sources[i]))
                        return false;
        return true;
}

/* What a change does to what is enforced, that nobody asked for; NULL: nothing. */
static const char *harm_of(const struct pg_change *change, const struct pg_let_in *who)
{
        switch (change->kind) {
        case PG_CHANGE_CLOSES:
                return "close";
        case PG_CHANGE_NARROWS:
                return who->narrows && is_asked(change, who->flow) ? NULL : "narrow";
        case PG_CHANGE_WIDENS:
                return (pg_flow_is_ping(who->flow) || change->outbound) && is_asked(change, who->flow)
                               ? NULL
                               : "widen";
        default:
                if (is_asked(change, who->flow))
                        return NULL;
                for (size_t i = 0; i < change->n_services; i++)
                        if (is_enforced(who->enforced, change->services[i]))
                                return "open";
                return NULL;
        }
}

/* "close udp/8472 to cluster", "narrow tcp/22 from any to internal". The caller frees it. */
static char *describe_harm(const struct pg_change *change, const char *verb)
{
        if (!change->before || !change->after)
                return pg_format("%s %s/%s to %s", verb, change->protocol, change->ports,
                                 change->before  ? change->before
                                 : change->after ? change->after
                                                 : "nobody");
        return pg_format("%s %s/%s from %s to %s", verb, change->protocol, change->ports,
                         change->before, change->after);
}

void pg_judged_done(struct pg_judged *judged)
{
        free(judged->wrong);
        *judged = (struct pg_judged){0};
}

static int judge_source(const struct pg_policy *policy, const struct pg_let_in *who,
                        struct pg_judged *ret)
{
        const struct pg_segment *segment = pg_policy_segment(policy, who->flow);
        const struct pg_source *source = segment ? &policy->sources[segment->source] : NULL;

        if (pg_policy_admits(policy, who->flow))
                return 0;
        /* A group that is empty here can be given addresses. */
        ret->is_closed = !source || (!pg_source_opens(source) && !pg_source_group(source) &&
                                     !pg_source_host(source) && strcmp(source->label, "local") != 0);
        if (!ret->is_closed) {
                ret->refuses = who->source ? source : NULL;
                return 0;
        }
        ret->wrong = strdup("not open it");
        return ret->wrong ? 0 : -ENOMEM;
}

int pg_advised_judge(const struct pg_let_in *who, const struct pg_asked *asked, const char *profile,
                     const char *options, struct pg_judged *ret)
{
        const struct pg_changes *changes;
        bool judges_outbound;
        size_t at;
        int r = who ? find_item(who, asked, profile, options, &at) : 0;

        *ret = (struct pg_judged){.is_unknown = r == -E2BIG};
        if (!who || r < 0)
                return r == -E2BIG ? 0 : r;
        changes = who->advised->items[at].changes;
        if (!changes) {
                ret->wrong = strdup("not apply: portguard plan says why");
                return ret->wrong ? 0 : -ENOMEM;
        }
        judges_outbound =
                who->flow->direction == PG_OUT && knows_outbound(who->advised->items[at].policy);
        for (size_t i = 0; i < changes->n; i++) {
                const struct pg_change *change = &changes->items[i];
                const char *verb = change->outbound && !judges_outbound ? NULL : harm_of(change, who);

                if (!verb)
                        continue;
                ret->wrong = describe_harm(change, verb);
                return ret->wrong ? 0 : -ENOMEM;
        }
        return judge_source(who->advised->items[at].policy, who, ret);
}

int pg_advised_compile(struct pg_advised *advised, const struct pg_settings *settings,
                       const struct pg_asked *asked, const struct pg_policy *enforced,
                       char **ret_command, const struct pg_policy **ret_policy)
{
        const struct pg_let_in who = {.settings = settings, .advised = advised, .enforced = enforced};
        const struct pg_policy *policy = NULL;
        char *command = NULL;
        size_t at;
        int r = find_item(&who, asked, NULL, NULL, &at);

        if (r >= 0)
                policy = advised->items[at].policy;
        if (policy)
                command = pg_asked_command(asked, NULL, NULL);
        if ((r < 0 && r != -E2BIG) || (policy && !command))
                return -ENOMEM;
        *ret_command = command;
        *ret_policy = policy;
        return 0;
}
