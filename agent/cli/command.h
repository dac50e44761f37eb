/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a command is, and what it gets to work with. */
#ifndef PG_CLI_COMMAND_H
#define PG_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

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
        bool is_stateless;       /* uses no state directory; nor does what --profile asks */
        const struct pg_option_group *groups[PG_COMMAND_GROUPS_MAX]; /* NULL where there are fewer */
        /* Returns an exit status; or a negative errno value with call->error filled in, which the
         * caller prints. Diagnostics are printed by the command, before anything else. */
        int (*run)(struct pg_call *call);
};

#define PG_STATUS_BIT(status) (1U << (status))

#endif
