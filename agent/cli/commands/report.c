/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portguard report: a policy as a page for people. */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/public.h"
#include "base/strings.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/diagnostics.h"
#include "cli/json/json.h"
#include "cli/print.h"
#include "cli/report/report.h"
#include "cli/save.h"

/* Of those who were refused lately, the ones with the most packets. */
#define REFUSED_SHOWN 50

static const struct pg_option rows[] = {
        {"profile", 0, PG_OPTION_LIST, "NAME",
         "report what this profile compiles to, instead of what is enforced; more names may follow",
         offsetof(struct pg_options, profiles), NULL},
        {"output", 'o', PG_OPTION_TEXT, "FILE",
         "put the page into this file, readable by its owner only; - is standard output",
         offsetof(struct pg_options, output), NULL},
};

static const struct pg_option_group options = {"Options", rows, PG_ELEMENTSOF(rows)};

/* The command as it can be typed again. The caller frees it. */
static char *command_line(const struct pg_call *call)
{
        char *text = NULL;
        size_t size;
        FILE *out = pg_must(open_memstream(&text, &size));

        fputs("portguard", out);
        for (char *const *word = call->words; *word; word++) {
                fputc(' ', out);
                pg_shell_print(out, *word);
        }
        return pg_must(pg_stream_end(out, &text));
}

/* What the history knows of the enforced generation, where it has the same policy. */
static void find_stored(struct pg_call *call, const struct pg_view *view, struct pg_view **ret)
{
        _cleanup_(pg_view_freep) struct pg_view *stored = NULL;
        struct pg_error error = {0};

        if (view->generation == 0)
                return;
        if (pg_view_generation(&call->options.settings, view->generation, false, &stored,
                               call->diagnostics, &error) < 0) {
                pg_diagnostics_add(
                        call->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                        "who applied generation %u, and what its services are, cannot be said: %s",
                        view->generation, error.message);
                return;
        }
        if (strcmp(stored->digest, view->digest) == 0) {
                *ret = PG_TAKE(stored);
                return;
        }
        pg_diagnostics_add(
                call->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                "the history has another generation %u than the kernel enforces: who applied "
                "this one cannot be said",
                view->generation);
}

/* The page as text; the caller frees it. */
static char *make_page(const struct pg_call *call, const struct pg_chosen *chosen,
                       const struct pg_view *view, const struct pg_view *stored, size_t *ret_length)
{
        _cleanup_(pg_reach_done) struct pg_reach in = {0}, outward = {0};
        _cleanup_(pg_freep) char *command = command_line(call);
        struct utsname system;
        char *text = NULL;
        FILE *out = pg_must(open_memstream(&text, ret_length));
        struct pg_page page = {
                .kind = chosen->kind,
                .view = view,
                .stored = stored,
                .in = &in,
                .out = &outward,
                .diagnostics = call->diagnostics,
                .host = uname(&system) == 0 ? system.nodename : "this host",
                .command = command,
                .now = (int64_t)time(NULL),
        };

        pg_reach_make(view, false, &in);
        pg_reach_make(view, true, &outward);
        pg_reach_measure(&in);
        pg_page_print(out, &page);
        return pg_must(pg_stream_end(out, &text));
}

static void print_json(const struct pg_call *call, const struct pg_view *view, const char *file,
                       const char *page)
{
        json_t *object = pg_json_object();

        pg_json_put(object, "state", pg_json_text(pg_state_name(view->state, view->refuses)));
        pg_json_put(object, "generation", pg_json_generation(view->generation));
        pg_json_put(object, "profiles", pg_json_texts(view->profiles, view->n_profiles));
        pg_json_put(object, "output", pg_json_text(file));
        pg_json_put(object, "html", pg_json_text(file ? NULL : page));
        pg_json_put(object, "warnings", pg_json_diagnostics(call->diagnostics));
        pg_json_print(object);
}

/* The lock is an empty file at most times, and would be replaced as one. */
static int refuse_state(struct pg_call *call, const char *file)
{
        const char *state =
                call->options.settings.state ? call->options.settings.state : PG_DEFAULT_STATE;
        _cleanup_(pg_freep) char *copy = pg_must(strdup(file));
        struct stat place, taken;

        if (stat(dirname(copy), &place) < 0 || stat(state, &taken) < 0 ||
            place.st_dev != taken.st_dev || place.st_ino != taken.st_ino)
                return 0;
        return pg_error_set(&call->error, PG_STATUS_FAILED, -EEXIST,
                            "'%s' is in the state directory, which is for the history and the lock "
                            "only; name a file elsewhere",
                            file);
}

/* To the file where one is named; else to standard output. */
static int deliver(struct pg_call *call, const struct pg_view *view, const char *page, size_t length)
{
        const char *file = call->options.output;
        int r = 0;

        if (file && strcmp(file, "-") == 0)
                file = NULL;
        if (file)
                r = refuse_state(call, file);
        if (file && r >= 0)
                r = pg_save(file, page, length, PG_PAGE_MARK, &call->error);
        if (r < 0)
                return r;
        if (call->options.json) {
                print_json(call, view, file, page);
        } else if (!file) {
                fwrite(page, 1, length, stdout);
                if (isatty(STDOUT_FILENO))
                        fputs("portguard: this is a page for a browser; save it with: portguard report "
                              "--output report.html\n",
                              stderr);
        }
        return PG_STATUS_DONE;
}

/* A generation that the kernel holds is reported with what the kernel counts. */
static int get_views(struct pg_call *call, struct pg_chosen *chosen, struct pg_view **view,
                     struct pg_view **stored)
{
        int r = pg_chosen_view(call, chosen, false, view);
        size_t reported = pg_diagnostics_length(call->diagnostics);

        if (r >= 0 && chosen->kind == PG_CHOSEN_GENERATION && (*view)->about->is_enforced) {
                *stored = PG_TAKE(*view);
                chosen->kind = PG_CHOSEN_ENFORCED;
                r = pg_view_enforced(&call->options.settings, false, view, call->diagnostics,
                                     &call->error);
        } else if (r >= 0 && chosen->kind == PG_CHOSEN_ENFORCED) {
                find_stored(call, *view, stored);
        }
        if (r >= 0 && chosen->kind == PG_CHOSEN_ENFORCED)
                r = pg_view_refused(&call->options.settings, *view, REFUSED_SHOWN, NULL,
                                    call->diagnostics, &call->error);
        pg_report_new_diagnostics(call->diagnostics, reported);
        return r;
}

static int report(struct pg_call *call)
{
        _cleanup_(pg_view_freep) struct pg_view *view = NULL, *stored = NULL;
        _cleanup_(pg_freep) char *page = NULL;
        struct pg_chosen chosen;
        size_t length;
        int r;

        if (call->options.output && !*call->options.output)
                return pg_call_usage(call, "--output needs the name of a file");
        r = pg_chosen_parse(call, &chosen);
        if (r >= 0)
                r = get_views(call, &chosen, &view, &stored);
        if (r < 0)
                return r;
        page = make_page(call, &chosen, view, stored, &length);
        return deliver(call, view, page, length);
}

const struct pg_command pg_command_report = {
        .name = "report",
        .group = PG_COMMAND_LOOKS,
        .arguments = "[GENERATION | --profile NAME...]",
        .arguments_max = SIZE_MAX,
        .summary = "make a page for people: who can reach what, and how often they did",
        .description =
                "Makes one HTML page that loads nothing and can be mailed, printed and read on a phone: "
                "services against who may reach them, with the connections that each got.\n"
                "Alone, of the policy that the kernel holds; with GENERATION, of that one of the history; "
                "with --profile, of what a request compiles to, for which no permission is needed.\n"
                "The page tells who is let in: keep it as you keep the policy.",
        .examples = "portguard report --output report.html\n"
                    "portguard report 41 >generation-41.html\n"
                    "portguard report --profile k8s-worker --group cluster=192.0.2.0/24 -o worker.html",
        .statuses = PG_STATUS_BIT(PG_STATUS_INVALID) | PG_STATUS_BIT(PG_STATUS_NO_PERMISSION),
        .groups = {&options, &pg_request_options},
        .run = report,
};
