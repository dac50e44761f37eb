/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy of a generation, as the history has it. */
#ifndef PG_ENGINE_STORED_H
#define PG_ENGINE_STORED_H

#include "policy/policy.h"
#include "portguard/portguard.h"
#include "ruleset/record.h"

/* What the history has of it, which the caller frees; NULL unless its digest is that of the kernel's
 * record. */
struct pg_policy *pg_subject_stored(const struct pg_settings *settings,
                                    const struct pg_record *enforced);

#endif
