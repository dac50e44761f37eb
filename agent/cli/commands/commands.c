/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of commands. */
#include "cli/commands/commands.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strings.h"

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
