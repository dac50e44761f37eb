/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portguard(8): which command is meant, and how it ends. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/diagnostics.h"
#include "cli/help.h"
#include "cli/json/json.h"
#include "cli/parse.h"

#ifndef PORTGUARD_VERSION
#define PORTGUARD_VERSION "unreleased"
#endif

static void print_version(bool as_json)
{
        json_t *object;

        if (!as_json) {
                puts("portguard " PORTGUARD_VERSION);
                return;
        }
        object = pg_json_object();
        pg_json_put(object, "version", pg_json_text(PORTGUARD_VERSION));
        pg_json_print(object);
}

static int run_command(struct pg_call *call, int argc, char **argv)
{
        const struct pg_options *options = &call->options;
        int r;

        r = pg_options_parse(&call->options, call->command, argc, argv, NULL, &call->error);
        if (r < 0)
                return r;
        if (options->help) {
                pg_help_command(stdout, call->command);
                return PG_STATUS_DONE;
        }
        if (options->version) {
                print_version(options->json);
                return PG_STATUS_DONE;
        }
        if (options->arguments.n > call->command->arguments_max)
                return pg_call_usage(call, "unexpected argument '%s' (see: portguard %s --help)",
                                     options->arguments.items[call->command->arguments_max],
                                     call->command->name);
        if (!call->command->is_stateless && options->profiles.n == 0)
                r = pg_state_check(&options->settings, &call->error);
        return r < 0 ? r : call->command->run(call);
}

/* A usage error, or the version, may be asked for before the option that asks for JSON. */
static bool asks_for_json(int argc, char **argv)
{
        for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
                if (strcmp(argv[i], "--json") == 0)
                        return true;
        return false;
}

static int dispatch(struct pg_call *call, int argc, char **argv)
{
        int at, r;

        if (pg_diagnostics_new(&call->diagnostics) < 0)
                return pg_error_memory(&call->error);
        r = pg_options_parse(&call->options, NULL, argc, argv, &at, &call->error);
        if (r < 0)
                return r;
        if (call->options.version) {
                print_version(asks_for_json(argc, argv));
                return PG_STATUS_DONE;
        }
        if (at == argc && call->options.help) {
                pg_help_all(stdout);
                return PG_STATUS_DONE;
        }
        if (at == argc && argc > 1)
                return pg_error_set(&call->error, PG_STATUS_USAGE, -EINVAL,
                                    "no command is given (see: portguard --help)");
        if (at == argc) {
                /* A script whose variable came out empty must not read this as success. */
                pg_help_first(stderr);
                return PG_STATUS_USAGE;
        }
        call->command = pg_command_find(argv[at]);
        if (!call->command)
                return pg_command_unknown(argv[at], &call->error);
        return run_command(call, argc - at, argv + at);
}

/* With one of the three standard descriptors closed, the next file or socket to be opened would take
 * its place, and be written to. These stand-ins fail such writes. */
static void fill_descriptors(void)
{
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
                if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
                    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
                        _exit(PG_STATUS_FAILED);
}

/* What was not written was not reported: that is no success, whatever happened before. */
static int finish(struct pg_call *call, int status)
{
        pg_call_flush(call);
        if (call->output_number == 0)
                return status;
        fprintf(stderr, "portguard: cannot write to standard output: %s%s\n",
                strerror(call->output_number),
                call->changed ? " (the change itself is done: portguard status)" : "");
        return status == PG_STATUS_DONE || status == PG_STATUS_CHANGES ? PG_STATUS_FAILED : status;
}

int main(int argc, char **argv)
{
        struct pg_call call = {0};
        int status;

        call.words = argc > 0 ? argv + 1 : argv;
        fill_descriptors();
        /* A reader that went away must not end an apply half way through telling what it did. */
        signal(SIGPIPE, SIG_IGN);
        /* Nor a limit on the size of files (ulimit -f): to write is an error then. */
        signal(SIGXFSZ, SIG_IGN);
        pg_options_init(&call.options);
        status = dispatch(&call, argc, argv);
        if (status < 0) {
                call.options.json |= asks_for_json(argc, argv);
                status = pg_report_error(&call);
        }
        status = finish(&call, status);
        pg_options_done(&call.options);
        pg_diagnostics_free(call.diagnostics);
        return status;
}
