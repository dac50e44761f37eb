/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands, a file each. */
#ifndef PG_CLI_COMMANDS_COMMANDS_H
#define PG_CLI_COMMANDS_COMMANDS_H

#include "cli/command.h"

/* All of them, group by group, in the order of help; ends with NULL. */
extern const struct pg_command *const pg_commands[];

const struct pg_command *pg_command_find(const char *name);
/* The usage error for a name that pg_command_find() does not know. Returns a negative errno value. */
int pg_command_unknown(const char *name, struct pg_error *error);

extern const struct pg_command pg_command_apply;
extern const struct pg_command pg_command_confirm;
extern const struct pg_command pg_command_extend;
extern const struct pg_command pg_command_rollback;
extern const struct pg_command pg_command_restore;
extern const struct pg_command pg_command_disable;
extern const struct pg_command pg_command_plan;
extern const struct pg_command pg_command_status;
extern const struct pg_command pg_command_history;
extern const struct pg_command pg_command_diff;
extern const struct pg_command pg_command_show;
extern const struct pg_command pg_command_explain;
extern const struct pg_command pg_command_report;
extern const struct pg_command pg_command_profiles;
extern const struct pg_command pg_command_verify;
extern const struct pg_command pg_command_audit;
extern const struct pg_command pg_command_doctor;

#endif
