/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of commands, and what they share. */
#include "cli/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/number.h"

#define COMMANDS_MAX 32

const struct pg_command *const pg_commands[] = {
        &pg_command_apply,    &pg_command_confirm, &pg_command_extend,
        &pg_command_rollback, &pg_command_restore, &pg_command_disable,
        &pg_command_plan,     &pg_command_status,  &pg_command_explain,
        &pg_command_audit,    &pg_command_doctor,  &pg_command_history,
        &pg_command_diff,     &pg_command_show,    &pg_command_report,
        &pg_command_profiles, &pg_command_verify,  NULL,
};

_Static_assert(PG_ELEMENTSOF(pg_commands) <= COMMANDS_MAX, "pg_command_unknown() must hold all names");

const struct pg_command *pg_command_find(const char *name)
{
        for (size_t i = 0; pg_commands[i]; i++)
                if (strcmp(pg_commands[i]->name, name) == 0)
                        return pg_commands[i];
        return NULL;
}

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
        _cleanup_(pg_freep) char *fault = NULL;

        if (pg_number_parse(word, ret))
                return 0;
        fault = pg_number_fault(word, UINT32_MAX);
        return pg_call_usage(call, "generation '%s': %s (see: portguard history)", word, fault);
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

int pg_command_unknown(const char *name, struct pg_error *error)
{
        const char *names[COMMANDS_MAX], *nearest;
        char all[COMMANDS_MAX * 16] = "";
        size_t n = 0, used = 0;

        for (; pg_commands[n]; n++) {
                names[n] = pg_commands[n]->name;
                used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s", n > 0 ? ", " : "",
                                         names[n]);
        }
        nearest = pg_nearest(name, names, n);
        if (nearest)
                return pg_error_set(error, PG_STATUS_USAGE, -EINVAL,
                                    "unknown command '%s' (did you mean '%s'?)", name, nearest);
        return pg_error_set(error, PG_STATUS_USAGE, -EINVAL, "unknown command '%s' (commands: %s)",
                            name, all);
}
