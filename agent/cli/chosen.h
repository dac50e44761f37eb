/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which policy is meant by [GENERATION | --profile NAME...]: show and report. */
#ifndef PG_CLI_CHOSEN_H
#define PG_CLI_CHOSEN_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/command.h"

enum pg_chosen_kind {
        PG_CHOSEN_ENFORCED,
        PG_CHOSEN_GENERATION, /* of the history */
        PG_CHOSEN_REQUEST,    /* what profiles compile to */
};

struct pg_chosen {
        enum pg_chosen_kind kind;
        uint32_t generation; /* PG_CHOSEN_GENERATION: its number */
};

/* Reads the arguments; with --profile they are names of more profiles, and join those. Usage errors are
 * reported as those of the command. */
int pg_chosen_parse(struct pg_call *call, struct pg_chosen *ret);

/* Gets the policy, and prints the diagnostics. */
int pg_chosen_view(struct pg_call *call, const struct pg_chosen *chosen, bool with_nft,
                   struct pg_view **ret);

#endif
