/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portguard profiles: which there are, what is in one, and whether a file is good. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/public.h"
#include "base/strings.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/diagnostics.h"
#include "cli/json/json.h"
#include "cli/print.h"

static json_t *list_json(const struct pg_call *call, const struct pg_profile_list *list)
{
        json_t *object = pg_json_object(), *array = pg_json_array();

        for (size_t i = 0; i < list->n; i++) {
                json_t *item = pg_json_object();

                pg_json_put(item, "name", pg_json_text(list->items[i]->name));
                pg_json_put(item, "summary", pg_json_text(list->items[i]->summary));
                pg_json_put(item, "file", pg_json_text(list->items[i]->file));
                pg_json_add(array, item);
        }
        pg_json_put(object, "profiles", array);
        pg_json_put(object, "warnings", pg_json_diagnostics(call->diagnostics));
        if (call->error.status != PG_STATUS_DONE)
                pg_json_put(object, "error", pg_json_error(&call->error));
        return object;
}

static void print_list(const struct pg_profile_list *list)
{
        _cleanup_(pg_columns_done) struct pg_columns table = {0};

        for (size_t i = 0; i < list->n; i++)
                PG_COLUMNS_ADD(&table, PG_STYLE_BOLD, list->items[i]->name, list->items[i]->summary);
        pg_columns_print(&table, stdout);
}

/* A broken profile is reported, and does not hide the good ones. */
static int list(struct pg_call *call, const char *const *arguments, size_t n)
{
        _cleanup_(pg_profile_list_freep) struct pg_profile_list *found = NULL;
        int r;

        if (n > 0)
                return pg_call_usage(
                        call, "list takes no argument (did you mean: portguard profiles show %s)",
                        arguments[0]);
        r = pg_profiles_list(&call->options.settings, &found, call->diagnostics, &call->error);
        pg_report_diagnostics(call->diagnostics, PG_NOTES_ALL);
        if (r < 0)
                return r;
        call->error = (struct pg_error){0};
        if (pg_diagnostics_count(call->diagnostics, PG_SEVERITY_ERROR) > 0)
                pg_error_set(&call->error, PG_STATUS_INVALID, -EINVAL,
                             "profiles with errors are left out of the list");
        if (call->options.json)
                pg_json_print(list_json(call, found));
        else
                print_list(found);
        if (call->error.status != PG_STATUS_DONE)
                pg_report_message(&call->error);
        return call->error.status;
}

static int show(struct pg_call *call, const char *const *arguments, size_t n)
{
        _cleanup_(pg_profile_view_freep) struct pg_profile_view *profile = NULL;
        int r;

        if (n != 1)
                return pg_call_usage(call, "show takes one profile: portguard profiles show NAME");
        r = pg_profiles_show(&call->options.settings, arguments[0], &profile, call->diagnostics,
                             &call->error);
        pg_report_diagnostics(call->diagnostics, PG_NOTES_ALL);
        if (r < 0)
                return r;
        if (call->options.json) {
                json_t *object = pg_profile_view_json(profile);

                pg_json_put(object, "warnings", pg_json_diagnostics(call->diagnostics));
                pg_json_print(object);
        } else {
                pg_profile_view_print(profile);
        }
        return PG_STATUS_DONE;
}

/* A file that could not even be read has no diagnostics. */
static void report_file(const char *file, const struct pg_diagnostics *diagnostics,
                        const struct pg_error *error)
{
        pg_report_diagnostics(diagnostics, PG_NOTES_ALL);
        if (error->status == PG_STATUS_DONE || pg_diagnostics_count(diagnostics, PG_SEVERITY_ERROR) > 0)
                return;
        if (!strstr(error->message, file)) {
                pg_print_text(stderr, file);
                fputs(": ", stderr);
        }
        pg_print_text(stderr, error->message);
        fputc('\n', stderr);
}

/* Checks one file; what is wrong with it does not keep the next one from being checked. */
static int check_file(const struct pg_call *call, const char *file, json_t *array,
                      struct pg_error *error)
{
        _cleanup_(pg_diagnostics_freep) struct pg_diagnostics *diagnostics = NULL;
        json_t *object;
        int r;

        r = pg_diagnostics_new(&diagnostics);
        if (r < 0)
                return pg_error_memory(error);
        r = pg_profiles_check(&call->options.settings, file, diagnostics, error);
        report_file(file, diagnostics, error);
        if (r >= 0 && !call->options.json) {
                pg_print_text(stdout, file);
                puts(": ok");
        }
        object = pg_json_object();
        pg_json_put(object, "file", pg_json_text(file));
        pg_json_put(object, "ok", json_boolean(r >= 0));
        pg_json_put(object, "diagnostics", pg_json_diagnostics(diagnostics));
        if (r < 0)
                pg_json_put(object, "error", pg_json_error(error));
        pg_json_add(array, object);
        return r;
}

static int check(struct pg_call *call, const char *const *arguments, size_t n)
{
        enum pg_status status = PG_STATUS_DONE;
        json_t *object, *array;
        size_t bad = 0;

        if (n == 0)
                return pg_call_usage(call, "check takes files: portguard profiles check FILE...");
        array = pg_json_array();
        for (size_t i = 0; i < n; i++) {
                struct pg_error error = {0};

                if (check_file(call, arguments[i], array, &error) >= 0)
                        continue;
                bad++;
                if (status == PG_STATUS_DONE)
                        status = error.status == PG_STATUS_DONE ? PG_STATUS_FAILED : error.status;
        }
        if (bad > 0) {
                pg_error_set(&call->error, status, -EINVAL, "%zu of %zu file%s wrong", bad, n,
                             n == 1     ? " is"
                             : bad == 1 ? "s is"
                                        : "s are");
                pg_report_message(&call->error);
        }
        object = pg_json_object();
        pg_json_put(object, "ok", json_boolean(bad == 0));
        pg_json_put(object, "files", array);
        if (bad > 0)
                pg_json_put(object, "error", pg_json_error(&call->error));
        if (call->options.json)
                pg_json_print(object);
        else
                json_decref(object);
        return status;
}

static const struct {
        const char *name;
        int (*run)(struct pg_call *call, const char *const *arguments, size_t n);
} actions[] = {
        {"list", list},
        {"show", show},
        {"check", check},
};

static int profiles(struct pg_call *call)
{
        const struct pg_list *given = &call->options.arguments;
        const char *names[PG_ELEMENTSOF(actions)], *nearest;

        if (given->n == 0)
                return list(call, NULL, 0);
        for (size_t i = 0; i < PG_ELEMENTSOF(actions); i++) {
                if (strcmp(actions[i].name, given->items[0]) == 0)
                        return actions[i].run(call, given->items + 1, given->n - 1);
                names[i] = actions[i].name;
        }
        nearest = pg_nearest(given->items[0], names, PG_ELEMENTSOF(actions));
        if (nearest)
                return pg_call_usage(call, "unknown action '%s' (did you mean '%s'?)", given->items[0],
                                     nearest);
        return pg_call_usage(call, "unknown action '%s' (list, show NAME, check FILE...)",
                             given->items[0]);
}

const struct pg_command pg_command_profiles = {
        .name = "profiles",
        .group = PG_COMMAND_LOOKS,
        .arguments = "[list | show NAME | check FILE...]",
        .arguments_max = SIZE_MAX,
        .summary = "list the profiles, show one, or check files",
        .description =
                "list (or nothing): every profile with its summary.\n"
                "show NAME: services, ports, who may reach them, groups and parameters of a profile.\n"
                "check FILE...: every error of every file, as apply would find them; nothing is "
                "enforced.",
        .examples = "portguard profiles show k8s-worker\n"
                    "portguard profiles check /etc/portguard/profiles/*.yaml",
        .statuses = PG_STATUS_BIT(PG_STATUS_INVALID) | PG_STATUS_BIT(PG_STATUS_NO_PERMISSION),
        .is_stateless = true,
        .run = profiles,
};
