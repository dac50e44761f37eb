/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a request says beside its profiles, as the history has it: "--group cluster=10.0.0.0/8". */
#ifndef PG_ENGINE_PARAMETERS_H
#define PG_ENGINE_PARAMETERS_H

#include "engine/engine.h"

enum pg_parameter_kind {
        PG_PARAMETER_SET,
        PG_PARAMETER_GROUP,
        PG_PARAMETER_WITH,
        PG_PARAMETER_EGRESS,
        PG_PARAMETER_UNKNOWN, /* of a later version */
};

/* The kind of a parameter; *ret_value is what stands behind the option, borrowed. */
enum pg_parameter_kind pg_parameter_kind(const char *parameter, const char **ret_value);

/* Appends what the request says, as it would be typed again: in any directory, for paths of group files
 * are made whole by the one that this process is in. Only where that cannot be written on a command
 * line, as its own path has a comma, do they stay as they are. 0 or -ENOMEM. */
int pg_parameters_of(const struct pg_request *request, char ***ret, size_t *ret_n);

/* Whether the parameter names a group file by a path from a directory that nobody knows any more. */
bool pg_parameter_is_relative(const char *parameter);

#endif
