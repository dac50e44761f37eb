/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portguard doctor: what could keep it from doing what it says, and the advice. */
#include <stdio.h>

#include "base/public.h"
#include "cli/commands/commands.h"
#include "cli/diagnostics.h"
#include "cli/json/json.h"
#include "cli/print.h"

#define LEVEL_COLUMN 9 /* "problem  " */
#define WIDTH 96

static const struct pg_option rows[] = {
        {"exit-code", 0, PG_OPTION_FLAG, NULL,
         "end with status 10 where there is a warning or a problem",
         offsetof(struct pg_options, exit_code), NULL},
};

static const struct pg_option_group options = {"Options", rows, PG_ELEMENTSOF(rows)};

static const struct {
        const char *name;
        enum pg_style style;
} levels[] = {
        [PG_CHECK_OK] = {"ok", PG_STYLE_GREEN},
        [PG_CHECK_NOTE] = {"note", PG_STYLE_CYAN},
        [PG_CHECK_WARNING] = {"warning", PG_STYLE_YELLOW},
        [PG_CHECK_PROBLEM] = {"problem", PG_STYLE_RED},
};

static void print_json(const struct pg_call *call, const struct pg_checkup *checkup)
{
        json_t *object = pg_json_object(), *checks = pg_json_array();

        for (size_t i = 0; i < checkup->n; i++) {
                const struct pg_check *check = &checkup->items[i];
                json_t *item = pg_json_object();

                pg_json_put(item, "name", pg_json_text(check->name));
                pg_json_put(item, "level", pg_json_text(levels[check->level].name));
                pg_json_put(item, "text", pg_json_text(check->text));
                pg_json_put(item, "mend", pg_json_text(check->advice));
                pg_json_add(checks, item);
        }
        pg_json_put(object, "worst", pg_json_text(levels[checkup->worst].name));
        pg_json_put(object, "checks", checks);
        pg_json_put(object, "warnings", pg_json_diagnostics(call->diagnostics));
        pg_json_print(object);
}

static void print_check(const struct pg_check *check, size_t width)
{
        printf("%s%-*s%s", pg_style(stdout, levels[check->level].style), LEVEL_COLUMN,
               levels[check->level].name, pg_style(stdout, PG_STYLE_PLAIN));
        pg_print_wrapped_at(stdout, width, LEVEL_COLUMN, check->text);
        if (!check->advice)
                return;
        printf("%*smend: ", LEVEL_COLUMN, "");
        pg_print_wrapped_at(stdout, width, LEVEL_COLUMN + 6, check->advice);
}

static void print_checkup(const struct pg_checkup *checkup)
{
        size_t width = pg_terminal_width(stdout), n[PG_ELEMENTSOF(levels)] = {0};

        /* A line for each where a program reads. */
        for (size_t i = 0; i < checkup->n; i++) {
                print_check(&checkup->items[i], width > WIDTH ? WIDTH : width);
                n[checkup->items[i].level]++;
        }
        printf("\n%zu problem%s, %zu warning%s, %zu note%s\n", n[PG_CHECK_PROBLEM],
               n[PG_CHECK_PROBLEM] == 1 ? "" : "s", n[PG_CHECK_WARNING],
               n[PG_CHECK_WARNING] == 1 ? "" : "s", n[PG_CHECK_NOTE], n[PG_CHECK_NOTE] == 1 ? "" : "s");
}

static int doctor(struct pg_call *call)
{
        _cleanup_(pg_checkup_freep) struct pg_checkup *checkup = NULL;
        int r = pg_doctor(&call->options.settings, &checkup, call->diagnostics, &call->error);

        pg_report_diagnostics(call->diagnostics, PG_NOTES_ALL);
        if (r < 0)
                return r;
        if (call->options.json)
                print_json(call, checkup);
        else
                print_checkup(checkup);
        return call->options.exit_code && checkup->worst >= PG_CHECK_WARNING ? PG_STATUS_CHANGES
                                                                             : PG_STATUS_DONE;
}

const struct pg_command pg_command_doctor = {
        .name = "doctor",
        .group = PG_COMMAND_LOOKS,
        .arguments = "",
        .summary = "look for what could be wrong on this host, and say the advice",
        .description =
                "Looks at the kernel and what it takes, at other tables and firewalls, at the history, "
                "at the site and the profiles, and at what is enforced. Each finding is ok, a note, a "
                "warning (packets may fare otherwise than the policy says, now or after a restart) or a "
                "problem (portguard does not do what it should), with the advice. Changes no policy.",
        .examples =
                "portguard doctor\n"
                "portguard doctor --exit-code --json | jq '.checks[] | select(.level == \"problem\")'",
        .statuses = PG_STATUS_BIT(PG_STATUS_NO_PERMISSION) | PG_STATUS_BIT(PG_STATUS_CHANGES),
        .groups = {&options},
        .run = doctor,
};
