/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of one connection, and why: questions that others ask, too. */
#ifndef PG_ENGINE_EXPLAIN_EXPLAIN_H
#define PG_ENGINE_EXPLAIN_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/foreign/foreign.h"

/* "before the policy sees them": when the chain may rewrite packets, beside the policy's chain of the
 * same direction. NULL where it does not rewrite those of this host. Static. */
const char *pg_rewriting_order(const struct pg_foreign_chain *foreign_chain);
/* Whether the chain may hand packets that come to this host to the socket of another port. */
bool pg_rewriting_proxies(const struct pg_foreign_chain *foreign_chain);
/* A sentence for each, which the caller frees; NULL when memory is short. The chain must do it. */
char *pg_rewriting_text(const struct pg_foreign_chain *foreign_chain);
char *pg_rewriting_proxy_text(const struct pg_foreign_chain *foreign_chain);

#endif
