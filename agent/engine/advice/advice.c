/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A port number proves little: of several profiles that have it, or one that nothing else speaks for,
 * it is said what would have to be so. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "engine/advice/internal.h"

/* As many names as can be read at once; further ones are counted. */
#define NAMED_MAX 4

struct pg_wanted pg_wanted_of(const struct pg_listening *listening, const struct pg_asked *asked)
{
        return (struct pg_wanted){
                .protocol = listening->protocol,
                .port = listening->port,
                .listens = listening->listens,
                .process = listening->process,
                .unit = listening->unit,
                .applied = asked->applied,
                .n_applied = asked->n_applied,
        };
}

void pg_advice_done(struct pg_advice *advice)
{
        free(advice->text);
        free(advice->command);
        pg_strings_free(advice->profiles, advice->n_profiles);
        *advice = (struct pg_advice){0};
}

static bool is_default(const struct pg_port_profile *port_profile, const struct pg_condition *condition)
{
        const struct pg_param *param = pg_profile_param(port_profile->profile, condition->param.text);

        for (size_t i = 0; param && param->initial.n > 0 && i < condition->values.n; i++)
                if (strcmp(condition->values.items[i].text, param->initial.items[0].text) == 0)
                        return true;
        return false;
}

/* `c` as a shell takes it, behind the format with the others: "--set ssh.ssh_port=" and 2222. */
static void print_option(FILE *out, const char *format, const char *a, const char *b, const char *c)
{
        fputs(ftello(out) > 0 ? " " : "", out);
        fprintf(out, format, a, b);
        pg_shell_print(out, c);
}

/* What a required service of an applied profile lacks is somebody who may reach it. */
static void print_scope(FILE *out, const struct pg_port_profile *port_profile,
                        const struct pg_let_in *who)
{
        char param[64];

        for (size_t i = 0; i < port_profile->service->scopes.n; i++) {
                const char *scope = port_profile->service->scopes.items[i].text;

                if (pg_param_reference(scope, param, sizeof(param)))
                        print_option(out, "--set %s.%s=", port_profile->profile->name, param,
                                     who && who->source ? who->source : "SCOPE");
                else if (pg_scope_kind(scope) == PG_SCOPE_GROUP)
                        print_option(out, "--group %s%s=", scope, "",
                                     who && who->source ? who->source : "ADDRESS");
                else
                        continue;
                return;
        }
}

static void print_port(FILE *out, const struct pg_port_profile *port_profile, uint16_t port)
{
        char param[64], text[8];

        snprintf(text, sizeof(text), "%u", port);
        if (pg_param_reference(port_profile->service->ports.items[0].text, param, sizeof(param)))
                print_option(out, "--set %s.%s=", port_profile->profile->name, param, text);
}

/* The options that the service needs to be open. The caller frees them. */
static char *options_for(const struct pg_port_profile *port_profile, const struct pg_wanted *wanted,
                         const struct pg_let_in *who)
{
        const struct pg_service *service = port_profile->service;
        bool is_applied = pg_port_profile_is_applied(port_profile, wanted);
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);

        if (!out)
                return NULL;
        if (!service->required)
                print_option(out, "--with %s/%s", port_profile->profile->name, "", service->name);
        /* What an applied profile was given instead of the default is not known here. */
        for (size_t i = 0; i < service->n_conditions; i++)
                if (is_applied || !is_default(port_profile, &service->conditions[i]))
                        print_option(out, "--set %s.%s=", port_profile->profile->name,
                                     service->conditions[i].param.text,
                                     service->conditions[i].values.items[0].text);
        if (wanted->port < port_profile->ports.first || wanted->port > port_profile->ports.last)
                print_port(out, port_profile, wanted->port);
        else if (is_applied && service->required && service->n_conditions == 0)
                print_scope(out, port_profile, who);
        return pg_stream_end(out, &text);
}

static bool has_value(const struct pg_asked *asked, const char *param)
{
        size_t length = strlen(param);

        for (size_t i = 0; i < asked->n_parameters; i++) {
                const char *found = strstr(asked->parameters[i], param);

                if (found && found[length] == '=')
                        return true;
        }
        return false;
}

/* The options, and he beside those who may reach the service by default; where a parameter says who
 * that is, and nobody gave it another value. The caller frees them; NULL: there is none. */
static char *widen(const struct pg_port_profile *port_profile, const struct pg_asked *asked,
                   const char *options, const char *source)
{
        const struct pg_words *scopes = &port_profile->service->scopes;
        const struct pg_param *param = NULL;
        char name[64], *text = NULL;
        size_t size = 0;
        FILE *out;

        for (size_t i = 0; !param && i < scopes->n; i++)
                if (pg_param_reference(scopes->items[i].text, name, sizeof(name)))
                        param = pg_profile_param(port_profile->profile, name);
        if (!param || has_value(asked, name))
                return NULL;
        out = open_memstream(&text, &size);
        if (!out)
                return NULL;
        fprintf(out, "%s%s--set %s.%s=", options, *options ? " " : "", port_profile->profile->name,
                name);
        for (size_t i = 0; i < param->initial.n; i++)
                if (strcmp(param->initial.items[i].text, "none") != 0 &&
                    strcmp(param->initial.items[i].text, "local") != 0)
                        fprintf(out, "%s,", param->initial.items[i].text);
        fputs(source, out);
        return pg_stream_end(out, &text);
}

/* "internal only, not to 203.0.113.9". The caller frees it. */
static char *describe_source(const struct pg_source *source, const char *who)
{
        const char *group = pg_source_group(source);

        if (strcmp(source->label, "local") == 0)
                return pg_format("this host only, not to %s", who);
        if (!group)
                return pg_format("%s only, not to %s", source->label, who);
        return pg_format("%s only, not to %s: add it to the group '%s', in the site file under groups: "
                         "or with --group",
                         source->label, who, group);
}

/* The next options to try where these would not let him in. The caller frees them; NULL: none. */
static char *try_more(const struct pg_port_profile *port_profile, const struct pg_asked *asked,
                      const char *options, const struct pg_let_in *who, const struct pg_judged *judged)
{
        char *wider =
                who->flow->direction == PG_IN && who->source && (judged->refuses || judged->is_closed)
                        ? widen(port_profile, asked, options, who->source)
                        : NULL;

        /* Who includes a profile may leave its services optional. */
        if (!wider && judged->is_closed && !strstr(options, "--with "))
                wider = pg_format("%s%s--with %s/%s", options, *options ? " " : "",
                                  port_profile->profile->name, port_profile->service->name);
        return wider;
}

/* What would be wrong with the command, in words that stand for it. The caller frees it. */
static char *describe_wrong(const struct pg_judged *judged, const struct pg_let_in *who,
                            const char *command, const char *name, const char *options)
{
        _cleanup_(pg_freep) char *refuses = NULL;
        char protocol[16];

        if (judged->refuses) {
                /* By which interface somebody comes is not always known. */
                refuses =
                        judged->refuses->n_interfaces > 0 && !who->flow->interface ? pg_format(
                                                                                             "%s only",
                                                                                             judged->refuses
                                                                                                     ->label)
                                                                                   : describe_source(
                                                                                             judged->refuses,
                                                                                             who->source);
                return refuses ? pg_format("%s would open it to %s", command, refuses) : NULL;
        }
        if (!judged->is_unknown)
                return pg_format("%s%s%s would %s", name, *options ? " with " : "", options,
                                 judged->wrong);
        if (!who->source)
                return strdup("portguard plan first: this one was not looked at");
        pg_protocol_format(who->flow->protocol, protocol, sizeof(protocol));
        return pg_format("ask portguard explain %s/%u --%s %s", protocol, who->flow->port,
                         who->flow->direction == PG_IN ? "from" : "to", who->source);
}

static bool is_right(const struct pg_judged *judged)
{
        return !judged->is_unknown && !judged->refuses && !judged->wrong;
}

/* *ret_command: the command, or *ret_wrong says why there is none. The caller frees both. 0 or -ENOMEM.
 */
static int command_for(const struct pg_port_profile *port_profile, const struct pg_wanted *wanted,
                       const struct pg_asked *asked, const struct pg_let_in *who, char **ret_command,
                       char **ret_wrong)
{
        const char *name = port_profile->profile->name;
        const char *profile = pg_port_profile_is_applied(port_profile, wanted) ? NULL : name;
        _cleanup_(pg_freep) char *options = options_for(port_profile, wanted, who), *more = NULL;
        _cleanup_(pg_judged_done) struct pg_judged judged = {0}, second = {0};
        _cleanup_(pg_freep) char *command = NULL;
        const char *chosen = options;
        int r = options ? pg_advised_judge(who, asked, profile, options, &judged) : -ENOMEM;

        if (r >= 0 && !is_right(&judged))
                more = try_more(port_profile, asked, options, who, &judged);
        if (r >= 0 && more)
                r = pg_advised_judge(who, asked, profile, more, &second);
        if (r < 0)
                return r;
        if (more && is_right(&second))
                chosen = more;
        command = pg_asked_command(asked, profile, *chosen ? chosen : NULL);
        if (!command)
                return -ENOMEM;
        if (chosen == more || is_right(&judged)) {
                *ret_command = PG_TAKE(command);
                return 0;
        }
        *ret_wrong = describe_wrong(second.is_unknown ? &second : &judged, who, command, name, options);
        return *ret_wrong ? 0 : -ENOMEM;
}

/* "etcd", "anbox-etcd or etcd", "a, b, c or one of 4 others" */
static char *join_names(const struct pg_advice *advice)
{
        char *text = NULL;
        size_t size = 0, n = advice->n_profiles;
        FILE *out = open_memstream(&text, &size);

        if (!out)
                return NULL;
        for (size_t i = 0; i < n && i < NAMED_MAX; i++)
                fprintf(out, "%s%s", i == 0 ? "" : i + 1 == n ? " or " : ", ", advice->profiles[i]);
        if (n > NAMED_MAX)
                fprintf(out, " or one of %zu others", n - NAMED_MAX);
        return pg_stream_end(out, &text);
}

static int add_profile(struct pg_advice *advice, const struct pg_port_profile *port_profile)
{
        if (pg_strings_have(advice->profiles, advice->n_profiles, port_profile->profile->name))
                return 0;
        return pg_strings_add(port_profile->profile->name, &advice->profiles, &advice->n_profiles);
}

/* What is known of who listens, where the profile does not follow from it. */
static char *describe_listener(const struct pg_wanted *wanted)
{
        if (wanted->listens == PG_LISTENS_NO)
                return strdup("nothing listens on it, loopback aside; ");
        if (wanted->listens == PG_LISTENS_YES && wanted->process && *wanted->process)
                return pg_format("%s listens on it; ", wanted->process);
        return strdup("");
}

/* Of several profiles, what would be wrong with the first: "; etcd would open it to cluster only". The
 * caller frees it. */
static char *describe_several(const struct pg_match *match, const struct pg_wanted *wanted,
                              const struct pg_asked *asked, const struct pg_let_in *who)
{
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);

        if (!out)
                return NULL;
        for (size_t i = 0; who && !pg_advised_is_scarce(who->advised) && i < match->n && i < NAMED_MAX;
             i++) {
                const struct pg_port_profile *port_profile = match->port_profiles[i];
                _cleanup_(pg_freep) char *options = options_for(port_profile, wanted, who);
                _cleanup_(pg_judged_done) struct pg_judged judged = {0};

                if (!options ||
                    pg_advised_judge(who, asked, port_profile->profile->name, options, &judged) < 0)
                        continue;
                /* The services of one profile stand together. */
                if (i > 0 && match->port_profiles[i - 1]->profile == port_profile->profile)
                        continue;
                if (judged.refuses)
                        fprintf(out, "; %s would open it to %s only", port_profile->profile->name,
                                judged.refuses->label);
                else if (judged.wrong)
                        fprintf(out, "; %s would %s", port_profile->profile->name, judged.wrong);
        }
        return pg_stream_end(out, &text);
}

/* The caller frees it. */
static char *describe_unknown(const struct pg_asked *asked)
{
        if (asked->generation == 0)
                return strdup(
                        "portguard plan first, as what is enforced was applied with is not known");
        return pg_format("portguard plan first, as the %s that generation %u was applied with are not "
                         "known",
                         asked->n_profiles > 0 ? "options" : "profiles", asked->generation);
}

/* Where more than the number speaks for the profile, that is it. */
static int report(const struct pg_match *match, const struct pg_wanted *wanted,
                  const struct pg_asked *asked, const struct pg_let_in *who, struct pg_advice *advice)
{
        _cleanup_(pg_freep) char *listener = describe_listener(wanted);
        _cleanup_(pg_freep) char *names = join_names(advice), *command = NULL, *wrong = NULL;
        _cleanup_(pg_freep) char *what = NULL;
        int r = 0;

        if (asked->is_unknown) {
                what = describe_unknown(asked);
        } else if (advice->n_profiles == 1) {
                r = command_for(match->port_profiles[0], wanted, asked, who, &command, &wrong);
                what = wrong || command ? strdup(wrong ? wrong : command) : NULL;
        } else {
                _cleanup_(pg_freep) char *several = describe_several(match, wanted, asked, who);

                command = pg_asked_command(asked, "PROFILE", NULL);
                what = command && several ? pg_format("%s%s", command, several) : NULL;
        }
        if (r < 0 || !listener || !names || !what)
                return -ENOMEM;
        if (match->is_proven && advice->n_profiles == 1 && !asked->is_unknown) {
                advice->text =
                        pg_format("%s%s", wanted->listens == PG_LISTENS_NO ? listener : "", what);
                advice->command = PG_TAKE(command);
        } else {
                advice->text = pg_format("%sif it is %s: %s", listener, names, what);
        }
        return advice->text ? 0 : -ENOMEM;
}

int pg_advice_make(const struct pg_port_profiles *port_profiles, const struct pg_listening *listening,
                   const struct pg_asked *asked, const struct pg_let_in *who, struct pg_advice *ret)
{
        const struct pg_wanted wanted = pg_wanted_of(listening, asked);
        struct pg_match match = {0};
        int r = pg_port_profiles_match(port_profiles, &wanted, &match);

        for (size_t i = 0; r >= 0 && i < match.n; i++)
                r = add_profile(ret, match.port_profiles[i]);
        if (r >= 0 && match.n > 0)
                r = report(&match, &wanted, asked, who, ret);
        ret->no_profile = r >= 0 && match.n == 0 && !pg_port_profiles_are_none(port_profiles);
        free(match.port_profiles);
        return r;
}

int pg_advice_of_ping(const struct pg_asked *asked, const struct pg_source *source,
                      const struct pg_let_in *who, char **ret)
{
        _cleanup_(pg_freep) char *options = NULL;
        _cleanup_(pg_judged_done) struct pg_judged judged = {0};
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);

        if (!out)
                return -ENOMEM;
        fputs("--set base.ping_from=", out);
        for (size_t i = 0; i < source->n_scopes; i++)
                if (pg_scope_kind(source->scopes[i]) != PG_SCOPE_NONE)
                        fprintf(out, "%s,", source->scopes[i]);
        fputs(who->source, out);
        options = pg_stream_end(out, &text);
        if (!options)
                return -ENOMEM;
        if (!asked->is_unknown && pg_advised_judge(who, asked, NULL, options, &judged) < 0)
                return -ENOMEM;
        *ret = asked->is_unknown   ? describe_unknown(asked)
               : is_right(&judged) ? pg_asked_command(asked, NULL, options)
                                   : describe_wrong(&judged, who, "that", "base", options);
        return *ret ? 0 : -ENOMEM;
}
