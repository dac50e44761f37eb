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

/* "internal only, not to 203.0.113.9". The caller frees it. */
static char *describe_source(const struct pg_source *source, const char *who)
{
        const char *group = pg_source_group(source), *host = pg_source_host(source);

        if (strcmp(source->label, "local") == 0)
                return pg_format("this host only, not to %s", who);
        if (host && !pg_source_opens(source))
                return pg_format("%s only, whose addresses are looked up then: if %s is to be one of "
                                 "them, hosts: {%s: [%s]} in the site file",
                                 source->label, who, host, who);
        if (!group)
                return pg_format("%s only, not to %s", source->label, who);
        return pg_format("%s only, not to %s: add it to the group '%s', in the site file under groups: "
                         "or with --group",
                         source->label, who, group);
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
        _cleanup_(pg_freep) char *options = pg_advice_options(port_profile, wanted, who), *more = NULL;
        _cleanup_(pg_judged_done) struct pg_judged judged = {0}, second = {0};
        _cleanup_(pg_freep) char *command = NULL;
        const char *chosen = options;
        int r = options ? pg_advised_judge(who, asked, profile, options, &judged) : -ENOMEM;

        if (r >= 0 && !is_right(&judged))
                more = pg_advice_more(port_profile, asked, options, who, &judged);
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
                _cleanup_(pg_freep) char *options = pg_advice_options(port_profile, wanted, who);
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

/* The profile of match->port_profiles[*i], of which *i becomes the last: the first of its services that
 * lets it out, or what would be wrong with the first. The caller frees both. 0 or -ENOMEM. */
static int ask_outbound(const struct pg_match *match, const struct pg_wanted *wanted,
                        const struct pg_asked *asked, const struct pg_let_in *who, size_t *i,
                        char **ret_command, char **ret_wrong)
{
        const struct pg_profile *profile = match->port_profiles[*i]->profile;
        int r = command_for(match->port_profiles[*i], wanted, asked, who, ret_command, ret_wrong);

        for (; *i + 1 < match->n && match->port_profiles[*i + 1]->profile == profile; (*i)++) {
                _cleanup_(pg_freep) char *ignored = NULL;

                if (r >= 0 && !*ret_command)
                        r = command_for(match->port_profiles[*i + 1], wanted, asked, who, ret_command,
                                        &ignored);
        }
        return r;
}

/* Profiles, each with what would be typed, or be wrong with it. */
struct listed {
        char *text;
        char **profiles;
        size_t n_profiles;
};

static void listed_done(struct listed *listed)
{
        free(listed->text);
        pg_strings_free(listed->profiles, listed->n_profiles);
}

/* "if it is ngrok: portguard apply ssh ngrok" */
static int list(struct listed *listed, const char *name, const char *what)
{
        _cleanup_(pg_freep) char *before = NULL;
        int r = pg_strings_add(name, &listed->profiles, &listed->n_profiles);

        if (r < 0 || listed->n_profiles > NAMED_MAX)
                return r;
        before = PG_TAKE(listed->text);
        listed->text =
                pg_format("%s%sif it is %s: %s", before ? before : "", before ? "; " : "", name, what);
        return listed->text ? 0 : -ENOMEM;
}

static int take_listed(struct listed *listed, struct pg_advice *advice)
{
        size_t n = listed->n_profiles;

        advice->text = n > NAMED_MAX
                               ? pg_format("%s; or one of %zu others", listed->text, n - NAMED_MAX)
                               : PG_TAKE(listed->text);
        pg_strings_free(advice->profiles, advice->n_profiles);
        advice->profiles = PG_TAKE(listed->profiles);
        advice->n_profiles = n;
        listed->n_profiles = 0;
        return advice->text ? 0 : -ENOMEM;
}

/* Of those that let it out, each with its own command; of the others only where there is none of these.
 */
static int report_outbound(const struct pg_match *match, const struct pg_wanted *wanted,
                           const struct pg_asked *asked, const struct pg_let_in *who,
                           struct pg_advice *advice)
{
        _cleanup_(listed_done) struct listed right = {0}, wrong = {0};
        bool is_sure = match->is_proven && advice->n_profiles == 1;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < match->n; i++) {
                const char *name = match->port_profiles[i]->profile->name;
                _cleanup_(pg_freep) char *command = NULL, *problem = NULL;

                r = ask_outbound(match, wanted, asked, who, &i, &command, &problem);
                if (r >= 0 && is_sure) {
                        advice->command = PG_TAKE(command);
                        advice->text = strdup(advice->command ? advice->command : problem);
                        return advice->text ? 0 : -ENOMEM;
                }
                if (r >= 0)
                        r = command ? list(&right, name, command) : list(&wrong, name, problem);
        }
        return r < 0 ? r : take_listed(right.n_profiles > 0 ? &right : &wrong, advice);
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
                r = port_profiles->direction == PG_OUT && who && !asked->is_unknown
                            ? report_outbound(&match, &wanted, asked, who, ret)
                            : report(&match, &wanted, asked, who, ret);
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
