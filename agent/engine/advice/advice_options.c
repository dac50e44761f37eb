/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a service needs beside its profile to be open: a parameter, a group, its own name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "engine/advice/internal.h"

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

char *pg_advice_options(const struct pg_port_profile *port_profile, const struct pg_wanted *wanted,
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
        if (!param || param->type == PG_PARAM_HOST || has_value(asked, name))
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

/* The options, and he as all of the group, which is empty. The caller frees them; NULL: it is not, or
 * the source has none. */
static char *fill_group(const struct pg_source *source, const char *options, const char *address)
{
        const char *group = pg_source_opens(source) ? NULL : pg_source_group(source);

        return group ? pg_format("%s%s--group %s=%s", options, *options ? " " : "", group, address)
                     : NULL;
}

char *pg_advice_more(const struct pg_port_profile *port_profile, const struct pg_asked *asked,
                     const char *options, const struct pg_let_in *who, const struct pg_judged *judged)
{
        char *wider = NULL;

        if (who->flow->direction == PG_OUT && judged->refuses)
                wider = fill_group(judged->refuses, options, who->source);
        if (!wider && who->source && (judged->refuses || judged->is_closed))
                wider = widen(port_profile, asked, options, who->source);

        /* Who includes a profile may leave its services optional. */
        if (!wider && judged->is_closed && !strstr(options, "--with "))
                wider = pg_format("%s%s--with %s/%s", options, *options ? " " : "",
                                  port_profile->profile->name, port_profile->service->name);
        return wider;
}
