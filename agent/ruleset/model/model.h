/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nftables objects as values: rulesets of chains, rules and sets; their expressions and names. */
#ifndef PG_RULESET_MODEL_MODEL_H
#define PG_RULESET_MODEL_MODEL_H

#include "ruleset/model/comments.h"
#include "ruleset/model/expr_equal.h"
#include "ruleset/model/names.h"
#include "ruleset/model/parts.h"
#include "ruleset/model/shards.h"

#endif
