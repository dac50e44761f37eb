/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a command is, and what it gets to work with. */
#ifndef PG_CLI_COMMAND_H
#define PG_CLI_COMMAND_H

#include "cli/options.h"

#define PG_COMMAND_GROUPS_MAX 3

/* One call of the program. */
struct pg_call {
        const struct pg_command *command;
        char *const *words; /* of the command line, behind the program's name */
        struct pg_options options;
        struct pg_diagnostics *diagnostics;
        struct pg_error error;
        bool changed;      /* the kernel has another policy now, even if telling so fails */
        int output_number; /* errno of the first failure to write standard output, or 0 */
};

/* Under which heading help lists a command. */
enum pg_command_group {
        PG_COMMAND_CHANGES, /* what is enforced */
        PG_COMMAND_LOOKS,
        PG_COMMAND_GROUPS,
};

struct pg_command {
        const char *name;
        enum pg_command_group group;
        const char *arguments;   /* for the usage line */
        size_t arguments_max;    /* SIZE_MAX: any number */
        const char *summary;     /* one line */
        const char *description; /* paragraphs, separated by newlines */
        const char *examples;    /* lines */
        unsigned statuses;       /* PG_STATUS_BIT()s beyond done, failed and usage */
        const struct pg_option_group *groups[PG_COMMAND_GROUPS_MAX]; /* NULL where there are fewer */
        /* Returns an exit status; or a negative errno value with call->error filled in, which the
         * caller prints. Diagnostics are printed by the command, before anything else. */
        int (*run)(struct pg_call *call);
};

#define PG_STATUS_BIT(status) (1U << (status))

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

/* All of them, group by group, in the order of help; ends with NULL. */
extern const struct pg_command *const pg_commands[];

const struct pg_command *pg_command_find(const char *name);
/* The usage error for a name that pg_command_find() does not know. Returns a negative errno value. */
int pg_command_unknown(const char *name, struct pg_error *error);

/* What the options ask for; borrows from the call. */
struct pg_request pg_call_request(const struct pg_call *call, const struct pg_list *profiles);

/* How the options want a change to be made; borrows from the call. */
struct pg_change_options pg_call_change(const struct pg_call *call);

/* Parses a word as the number of a generation; a usage error where it is none. */
int pg_call_generation(struct pg_call *call, const char *word, uint32_t *ret);

/* Hands what was printed to the reader now: freeing what an API call gave may wait for the kernel, and
 * who reads must not. A failure is kept in the call. */
void pg_call_flush(struct pg_call *call);

/* Fills call->error with a usage error. Returns a negative errno value. */
int pg_call_usage(struct pg_call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
