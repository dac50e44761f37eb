/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a command is called with. */
#include "cli/call.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/number.h"

struct pg_request pg_call_request(const struct pg_call *call, const struct pg_list *profiles)
{
        const struct pg_options *options = &call->options;

        return (struct pg_request){
                .profiles = profiles->items,
                .n_profiles = profiles->n,
                .sets = options->sets.items,
                .n_sets = options->sets.n,
                .groups = options->groups.items,
                .n_groups = options->groups.n,
                .with = options->with.items,
                .n_with = options->with.n,
                .egress = options->egress,
                .keep_options = options->keep_options,
        };
}

struct pg_change_options pg_call_change(const struct pg_call *call)
{
        const struct pg_options *options = &call->options;

        return (struct pg_change_options){
                .dry_run = options->dry_run,
                .allow_lockout = options->allow_lockout,
                .trial_ms = options->trial_ms,
                .message = options->message,
        };
}

int pg_call_generation(struct pg_call *call, const char *word, uint32_t *ret)
{
        _cleanup_(pg_freep) char *problem = NULL;

        if (pg_number_parse(word, ret))
                return 0;
        problem = pg_number_problem(word, UINT32_MAX);
        return pg_call_usage(call, "generation '%s': %s (see: portguard history)", word, problem);
}

void pg_call_flush(struct pg_call *call)
{
        errno = 0;
        if ((fflush(stdout) != 0 || ferror(stdout)) && call->output_number == 0)
                call->output_number = errno ? errno : EIO;
}

int pg_call_usage(struct pg_call *call, const char *format, ...)
{
        char message[PG_ERROR_MESSAGE_MAX];
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(message, sizeof(message), format, arguments);
        va_end(arguments);
        return pg_error_set(&call->error, PG_STATUS_USAGE, -EINVAL, "%s: %s", call->command->name,
                            message);
}
