/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One profile, for people. */
#include <stdio.h>
#include <string.h>

#include "base/strings.h"
#include "cli/print.h"
#include "cli/text/text.h"

enum section {
        SECTION_REQUIRED,
        SECTION_OPTIONAL,
        SECTION_OUTBOUND,
};

static void print_heading(const char *title, const char *hint)
{
        printf("\n%s%s%s%s%s\n", pg_style(stdout, PG_STYLE_BOLD), title,
               pg_style(stdout, PG_STYLE_PLAIN), *hint ? ": " : "", hint);
}

static enum section section_of(const struct pg_profile_service *service)
{
        if (service->outbound)
                return SECTION_OUTBOUND;
        return service->required ? SECTION_REQUIRED : SECTION_OPTIONAL;
}

static void print_services(const struct pg_profile_view *profile, enum section section)
{
        static const struct {
                const char *title, *hint;
        } headings[] = {
                [SECTION_REQUIRED] = {"Services", "open when the profile is applied"},
                [SECTION_OPTIONAL] = {"Optional services", "closed unless asked for (--with SERVICE)"},
                [SECTION_OUTBOUND] =
                        {"Reached from this host",
                         "matters with --egress strict, which refuses what no profile lists"},
        };
        _cleanup_(pg_columns_done) struct pg_columns table = {.indent = 2};

        for (size_t i = 0; i < profile->n_services; i++) {
                const struct pg_profile_service *service = &profile->services[i];
                _cleanup_(pg_freep) char *ports = NULL, *scopes = NULL, *summary = NULL;

                if (section_of(service) != section)
                        continue;
                ports = pg_join(service->ports, service->n_ports);
                scopes = pg_join(service->scopes, service->n_scopes);
                summary = pg_must(*service->when
                                          ? pg_format("%s (when %s)", service->summary, service->when)
                                          : strdup(service->summary));
                PG_COLUMNS_ADD(&table, PG_STYLE_PLAIN, service->name, ports,
                               service->outbound ? "to" : "from", scopes, summary);
        }
        if (table.n == 0)
                return;
        print_heading(headings[section].title, headings[section].hint);
        pg_columns_print(&table, stdout);
}

static void print_groups(const struct pg_profile_view *profile)
{
        _cleanup_(pg_columns_done) struct pg_columns table = {.indent = 2};

        if (profile->n_groups == 0)
                return;
        for (size_t i = 0; i < profile->n_groups; i++)
                PG_COLUMNS_ADD(&table, PG_STYLE_PLAIN, profile->groups[i].name,
                               profile->groups[i].initial, profile->groups[i].summary);
        print_heading("Groups",
                      "who they are, unless said with --group NAME=PREFIX,... or in the site file");
        pg_columns_print(&table, stdout);
}

static void print_params(const struct pg_profile_view *profile)
{
        _cleanup_(pg_columns_done) struct pg_columns table = {.indent = 2};

        if (profile->n_params == 0)
                return;
        for (size_t i = 0; i < profile->n_params; i++) {
                const struct pg_profile_param *param = &profile->params[i];
                _cleanup_(pg_freep) char *choices = pg_join(param->choices, param->n_choices);
                _cleanup_(pg_freep) char *summary =
                        pg_must(param->n_choices > 0 ? pg_format("%s: %s", param->summary, choices)
                                                     : strdup(param->summary));

                PG_COLUMNS_ADD(&table, PG_STYLE_PLAIN, param->name, param->type, param->initial,
                               summary);
        }
        print_heading("Parameters",
                      "with their defaults; set with --set NAME=VALUE or in the site file");
        pg_columns_print(&table, stdout);
}

static void print_list(const char *title, char *const *items, size_t n)
{
        if (n > 0)
                print_heading(title, "");
        for (size_t i = 0; i < n; i++) {
                fputs("  - ", stdout);
                pg_print_wrapped(stdout, 4, items[i]);
        }
}

/* A command that works as it stands, with one of each kind of choice that the profile offers. */
static void print_example(const struct pg_profile_view *profile)
{
        const struct pg_profile_service *optional = NULL;
        const struct pg_profile_param *flag = NULL;

        for (size_t i = 0; i < profile->n_services && !optional; i++)
                if (section_of(&profile->services[i]) == SECTION_OPTIONAL)
                        optional = &profile->services[i];
        for (size_t i = 0; i < profile->n_params && !flag; i++)
                if (strcmp(profile->params[i].type, "bool") == 0 &&
                    strcmp(profile->params[i].initial, "false") == 0)
                        flag = &profile->params[i];
        print_heading("To try", "a plan changes nothing");
        printf("  portguard plan %s", profile->name);
        if (profile->n_groups > 0)
                printf(" --group %s=192.0.2.0/24", profile->groups[0].name);
        if (flag)
                printf(" --set %s=true", flag->name);
        if (optional)
                printf(" --with %s/%s", profile->name, optional->name);
        putchar('\n');
}

void pg_profile_view_print(const struct pg_profile_view *profile)
{
        _cleanup_(pg_freep) char *includes = pg_join(profile->includes, profile->n_includes);

        printf("%s%s%s: ", pg_style(stdout, PG_STYLE_BOLD), profile->name,
               pg_style(stdout, PG_STYLE_PLAIN));
        pg_print_text(stdout, profile->summary);
        fputs("\nfile: ", stdout);
        pg_print_text(stdout, profile->file);
        putchar('\n');
        if (profile->n_includes > 0)
                printf("with all of: %s\n", includes);
        print_services(profile, SECTION_REQUIRED);
        print_services(profile, SECTION_OPTIONAL);
        print_services(profile, SECTION_OUTBOUND);
        print_groups(profile);
        print_params(profile);
        print_list("Notes", profile->notes, profile->n_notes);
        print_list("Sources", profile->sources, profile->n_sources);
        print_example(profile);
}
