/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Help, made from the same rows as the parser. */
#include "cli/help.h"

#include <stdio.h>
#include <string.h>

#include "base/strings.h"
#include "cli/commands/commands.h"
#include "cli/print.h"

#define OPTION_COLUMN 28
#define COMMAND_COLUMN 12

static const struct {
        enum pg_status status;
        const char *meaning;
} statuses[] = {
        {PG_STATUS_DONE, "done, or nothing to do"},
        {PG_STATUS_FAILED, "failed; nothing was changed"},
        {PG_STATUS_USAGE, "the command line is wrong"},
        {PG_STATUS_INVALID, "a profile, the site file or a setting is wrong"},
        {PG_STATUS_REFUSED, "refused, for a reason that the message tells"},
        {PG_STATUS_NO_PERMISSION, "not permitted: it takes root or CAP_NET_ADMIN"},
        {PG_STATUS_DRIFT, "drift: the kernel does not hold what was applied"},
        {PG_STATUS_CHANGES, "something would change, was found or is wrong (--exit-code)"},
};

#define STATUSES_ALWAYS                                                    \
        (PG_STATUS_BIT(PG_STATUS_DONE) | PG_STATUS_BIT(PG_STATUS_FAILED) | \
         PG_STATUS_BIT(PG_STATUS_USAGE))

static void print_heading(FILE *out, const char *title)
{
        fprintf(out, "\n%s%s:%s\n", pg_style(out, PG_STYLE_BOLD), title, pg_style(out, PG_STYLE_PLAIN));
}

static void print_option(FILE *out, const struct pg_option *row)
{
        const char *blank = row->argument ? " " : "", *argument = row->argument ? row->argument : "";
        int used = fprintf(out, row->letter ? "  -%c, --%s%s%s" : "  %c   --%s%s%s",
                           row->letter ? row->letter : ' ', row->name, blank, argument);

        if (used >= OPTION_COLUMN - 1) {
                fputc('\n', out);
                used = 0;
        }
        fprintf(out, "%*s", OPTION_COLUMN - used, "");
        if (row->environment) {
                _cleanup_(pg_freep) char *text = pg_format("%s; or $%s", row->help, row->environment);

                pg_print_wrapped(out, OPTION_COLUMN, text ? text : row->help);
        } else {
                pg_print_wrapped(out, OPTION_COLUMN, row->help);
        }
}

static void print_group(FILE *out, const struct pg_option_group *group)
{
        print_heading(out, group->title);
        for (size_t i = 0; i < group->n; i++)
                print_option(out, &group->rows[i]);
}

static void print_statuses(FILE *out, unsigned wanted)
{
        print_heading(out, "Exit status");
        for (size_t i = 0; i < PG_ELEMENTSOF(statuses); i++)
                if (wanted & PG_STATUS_BIT(statuses[i].status))
                        fprintf(out, "  %2d  %s\n", statuses[i].status, statuses[i].meaning);
}

static void print_paragraphs(FILE *out, size_t indent, const char *text)
{
        while (*text) {
                size_t length = strcspn(text, "\n");
                _cleanup_(pg_freep) char *line = strndup(text, length);

                fprintf(out, "%*s", (int)indent, "");
                pg_print_wrapped(out, indent, line ? line : "");
                text += length + (text[length] == '\n');
        }
}

/* The completion finds the names by the first word of the headings. */
static void print_commands(FILE *out)
{
        static const char *const titles[PG_COMMAND_GROUPS] = {
                [PG_COMMAND_CHANGES] = "Commands that change what is enforced",
                [PG_COMMAND_LOOKS] = "Commands that look",
        };

        for (int group = 0; group < PG_COMMAND_GROUPS; group++) {
                print_heading(out, titles[group]);
                for (size_t i = 0; pg_commands[i]; i++) {
                        if ((int)pg_commands[i]->group != group)
                                continue;
                        fprintf(out, "  %-*s", COMMAND_COLUMN - 2, pg_commands[i]->name);
                        pg_print_wrapped(out, COMMAND_COLUMN, pg_commands[i]->summary);
                }
        }
}

void pg_help_first(FILE *out)
{
        fputs("portguard opens exactly the ports that this host's roles need, and refuses the rest.\n"
              "\n"
              "Try these first:\n"
              "  portguard profiles list     which roles and services it knows\n"
              "  portguard plan ssh          what would open, close or change; changes nothing\n"
              "  portguard apply ssh         enforce it: whole, or not at all\n"
              "\n"
              "All commands: portguard --help     One of them: portguard COMMAND --help\n",
              out);
}

void pg_help_all(FILE *out)
{
        fputs("usage: portguard [OPTION]... COMMAND [ARGUMENT]...\n\n"
              "Opens exactly the ports that this host's roles need, and refuses the rest.\n",
              out);
        print_commands(out);
        print_group(out, &pg_global_options);
        print_heading(out, "Environment");
        for (size_t i = 0; i < pg_global_options.n; i++)
                if (pg_global_options.rows[i].environment)
                        fprintf(out, "  %-*s as --%s, which wins\n", OPTION_COLUMN - 9,
                                pg_global_options.rows[i].environment, pg_global_options.rows[i].name);
        fprintf(out, "  %-*s no colours\n", OPTION_COLUMN - 9, "NO_COLOR");
        print_statuses(out, ~0U);
        fputs("\nMore on a command, with examples: portguard COMMAND --help\n", out);
}

void pg_help_command(FILE *out, const struct pg_command *command)
{
        fprintf(out, "usage: portguard %s [OPTION]...%s%s\n\n", command->name,
                *command->arguments ? " " : "", command->arguments);
        print_paragraphs(out, 0, command->description);
        for (size_t i = 0; i < PG_COMMAND_GROUPS_MAX && command->groups[i]; i++)
                print_group(out, command->groups[i]);
        print_group(out, &pg_global_options);
        print_heading(out, "Examples");
        print_paragraphs(out, 2, command->examples);
        print_statuses(out, STATUSES_ALWAYS | command->statuses);
}
