/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What closes a port that nobody uses; and what else that would close, by compiling it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/public.h"
#include "base/strings.h"
#include "engine/audit/audit.h"
#include "engine/engine.h"
#include "profile/catalog/catalog.h"

/* Of what would close, too; further ones are counted. */
#define NAMED_MAX 4

/* What is enforced, without what opens the service. */
struct closing {
        const struct pg_auditing *auditing;
        struct pg_asked asked;
        bool is_qualified;   /* parameters are set of the one profile only */
        bool is_unknown;     /* it cannot be compiled */
        FILE *advice, *how;  /* "let nobody in: --set web_from=none", "with --set web_from=none" */
        char *text, *phrase; /* the same, once they are closed */
        size_t text_size, phrase_size;
};

static void closing_done(struct closing *closing)
{
        if (closing->advice)
                fclose(closing->advice);
        if (closing->how)
                fclose(closing->how);
        free(closing->text);
        free(closing->phrase);
        pg_asked_done(&closing->asked);
}

static int begin(const struct pg_auditing *auditing, bool is_qualified, struct closing *ret)
{
        const struct pg_asked *asked = &auditing->asked;
        int r;

        *ret = (struct closing){.auditing = auditing, .is_qualified = is_qualified};
        ret->is_unknown = asked->is_unknown;
        ret->advice = open_memstream(&ret->text, &ret->text_size);
        ret->how = open_memstream(&ret->phrase, &ret->phrase_size);
        if (!ret->advice || !ret->how)
                return -ENOMEM;
        r = pg_copy_strings(asked->profiles, asked->n_profiles, &ret->asked.profiles,
                            &ret->asked.n_profiles);
        return r < 0 ? r
                     : pg_copy_strings(asked->parameters, asked->n_parameters, &ret->asked.parameters,
                                       &ret->asked.n_parameters);
}

static void drop(char **list, size_t *n, size_t at)
{
        free(list[at]);
        memmove(&list[at], &list[at + 1], (--*n - at) * sizeof(*list));
}

static bool includes(const struct closing *closing, const char *includer, const char *name)
{
        _cleanup_(pg_catalog_freep) struct pg_catalog *catalog = NULL;
        _cleanup_(pg_diagnostics_freep) struct pg_diagnostics *ignored = NULL;

        if (pg_diagnostics_new(&ignored) < 0 ||
            pg_catalog_load(pg_setting_profiles(closing->auditing->settings), &includer, 1, &catalog,
                            ignored, NULL) < 0)
                return false;
        for (size_t i = 0; i < catalog->n_entries; i++)
                if (strcmp(catalog->entries[i].profile->name, name) == 0)
                        return true;
        return false;
}

/* Options that are the profile's: "--with opt/extra", "--set opt.api_from=any". */
static void drop_options(struct pg_asked *asked, const char *name)
{
        size_t length = strlen(name);

        for (size_t i = asked->n_parameters; i-- > 0;) {
                const char *value = strchr(asked->parameters[i], ' ');

                if (value && strncmp(value + 1, name, length) == 0 && strchr("/.", value[1 + length]) &&
                    value[1 + length] != '\0')
                        drop(asked->parameters, &asked->n_parameters, i);
        }
}

/* With those that include it. Where it was the only one, what every profile includes is left. */
static int drop_profile(struct closing *closing, const char *name)
{
        struct pg_asked *asked = &closing->asked;

        for (size_t i = asked->n_profiles; i-- > 0;)
                if (strcmp(asked->profiles[i], name) == 0 ||
                    includes(closing, asked->profiles[i], name)) {
                        drop_options(asked, asked->profiles[i]);
                        drop(asked->profiles, &asked->n_profiles, i);
                }
        return asked->n_profiles > 0 ? 0 : pg_strings_add("base", &asked->profiles, &asked->n_profiles);
}

/* Whether it is "--set web_from=..." or "--set haproxy.web_from=...". */
static bool sets(const char *parameter, const char *param)
{
        const char *equals = strchr(parameter, '=');
        size_t length = strlen(param);

        return strncmp(parameter, "--set ", 6) == 0 && equals &&
               equals - parameter > (ptrdiff_t)length && strncmp(equals - length, param, length) == 0 &&
               (equals[-(ptrdiff_t)length - 1] == ' ' || equals[-(ptrdiff_t)length - 1] == '.');
}

static int set_nobody(struct closing *closing, const struct pg_port_profile *port_profile,
                      const char *param)
{
        struct pg_asked *asked = &closing->asked;
        _cleanup_(pg_freep) char *text =
                closing->is_qualified
                        ? pg_format("--set %s.%s=none", port_profile->profile->name, param)
                        : pg_format("--set %s=none", param);

        if (!text)
                return -ENOMEM;
        fprintf(closing->advice, "let nobody in: %s", text);
        fprintf(closing->how, "with %s", text);
        if (!closing->is_qualified)
                for (size_t i = asked->n_parameters; i-- > 0;)
                        if (sets(asked->parameters[i], param))
                                drop(asked->parameters, &asked->n_parameters, i);
        return pg_strings_have(asked->parameters, asked->n_parameters, text)
                       ? 0
                       : pg_strings_add(text, &asked->parameters, &asked->n_parameters);
}

/* What has to be left out, for the service to be closed. */
static int leave_out(struct closing *closing, const char *name)
{
        const struct pg_auditing *auditing = closing->auditing;
        struct pg_asked *asked = &closing->asked;
        const struct pg_port_profile *port_profile =
                auditing->port_profiles ? pg_port_profiles_named(auditing->port_profiles, name) : NULL;
        bool is_asked;
        char param[64];

        if (!port_profile) {
                fprintf(closing->advice, "leave out what opens %s", name);
                closing->is_unknown = true;
                return 0;
        }
        if (!port_profile->service->required) {
                fprintf(closing->advice, "leave out --with %s", name);
                fprintf(closing->how, "without --with %s", name);
                for (size_t i = asked->n_parameters; i-- > 0;)
                        if (strncmp(asked->parameters[i], "--with ", 7) == 0 &&
                            strcmp(asked->parameters[i] + 7, name) == 0)
                                drop(asked->parameters, &asked->n_parameters, i);
                return 0;
        }
        if (port_profile->service->n_conditions > 0) {
                fprintf(closing->advice, "set it otherwise: --set %s=...",
                        port_profile->service->conditions[0].param.text);
                closing->is_unknown = true;
                return 0;
        }
        if (port_profile->service->scopes.n == 1 &&
            pg_param_reference(port_profile->service->scopes.items[0].text, param, sizeof(param)))
                return set_nobody(closing, port_profile, param);
        is_asked = pg_strings_have(auditing->asked.profiles, auditing->asked.n_profiles,
                                   port_profile->profile->name);
        fprintf(closing->advice, "leave out %s %s", is_asked ? "profile" : "the profile that includes",
                port_profile->profile->name);
        fprintf(closing->how, "without %s %s", is_asked ? "profile" : "the profile that includes",
                port_profile->profile->name);
        return drop_profile(closing, port_profile->profile->name);
}

/* *ret: the sockets that others get to now, and would not with the policy: "tcp/443 (nginx)"; or NULL.
 */
static int find_closed(const struct pg_auditing *auditing, const struct pg_policy *policy, char **ret)
{
        char **names = NULL, *text = NULL;
        size_t n = 0, size = 0;
        FILE *out;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < auditing->n_sockets; i++) {
                const struct pg_listener *listener = &auditing->audit->listeners[i];
                _cleanup_(pg_freep) char *name = NULL;
                bool open = false, stays = false;

                pg_waiting_reach(auditing->policy, &auditing->sockets[i], &open);
                pg_waiting_reach(policy, &auditing->sockets[i], &stays);
                if (auditing->sockets[i].is_loopback || !open || stays)
                        continue;
                name = pg_format(listener->process ? "%s/%u (%s)" : "%s/%u", listener->protocol,
                                 listener->port, listener->process);
                r = !name                             ? -ENOMEM
                    : pg_strings_have(names, n, name) ? 0
                                                      : pg_strings_add(name, &names, &n);
        }
        out = r >= 0 && n > 0 ? open_memstream(&text, &size) : NULL;
        for (size_t i = 0; out && i < n && i < NAMED_MAX; i++)
                fprintf(out, "%s%s", i > 0 ? ", " : "", names[i]);
        if (out && n > NAMED_MAX)
                fprintf(out, " and %zu more", n - NAMED_MAX);
        if (r >= 0 && n > 0)
                *ret = out ? pg_stream_end(out, &text) : NULL;
        pg_strings_free(names, n);
        return r < 0 || (n > 0 && !*ret) ? -ENOMEM : 0;
}

/* *ret: the advice; *ret_is_alone: that closes nothing else that is used. */
static int advise(const struct pg_auditing *auditing, const struct pg_segment *segment,
                  bool is_qualified, char **ret, bool *ret_is_alone)
{
        const struct pg_policy *now = auditing->policy, *then = NULL;
        _cleanup_(closing_done) struct closing closing = {0};
        _cleanup_(pg_freep) char *command = NULL, *closed = NULL;
        int r = begin(auditing, is_qualified, &closing);

        for (size_t i = 0; r >= 0 && i < segment->n_services; i++) {
                fputs(i > 0 ? ", and " : "", closing.advice);
                fputs(i > 0 ? ", " : "", closing.how);
                r = leave_out(&closing, now->services[segment->services[i]].name);
        }
        if (r >= 0 && (fflush(closing.advice) || fflush(closing.how)))
                r = -ENOMEM;
        if (r >= 0 && !closing.is_unknown)
                r = pg_advised_compile(auditing->advised, auditing->settings, &closing.asked, now,
                                       &command, &then);
        if (r >= 0 && then)
                r = find_closed(auditing, then, &closed);
        if (r < 0)
                return r;
        *ret_is_alone = then && !closed;
        *ret = closed ? pg_format("nothing closes it alone: %s, %s would be closed, too",
                                  closing.phrase, closed)
               : then ? strdup(closing.text)
                      : pg_format("%s (portguard plan says what else that closes)", closing.text);
        return *ret ? 0 : -ENOMEM;
}

char *pg_audit_advise_unused(const struct pg_auditing *auditing, const struct pg_segment *segment,
                             bool has_loopback)
{
        _cleanup_(pg_freep) char *text = NULL, *qualified = NULL;
        bool is_alone = false, is_qualified_alone = false;

        if (advise(auditing, segment, false, &text, &is_alone) < 0)
                return NULL;
        /* A parameter of that name may be another profile's, too. */
        if (!is_alone && strstr(text, "--set ") &&
            advise(auditing, segment, true, &qualified, &is_qualified_alone) < 0)
                return NULL;
        return pg_format("%s%s", has_loopback ? "let it listen on 0.0.0.0 or ::, or " : "",
                         is_qualified_alone ? qualified : text);
}
