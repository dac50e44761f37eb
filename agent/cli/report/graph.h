/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy as a graph, in the language of dot(1). */
#ifndef PG_CLI_GRAPH_H
#define PG_CLI_GRAPH_H

#include <stdio.h>

#include "portguard/portguard.h"

/* Scopes on the left, services in the middle, by profile, and what they reach on the right. Nodes carry
 * what they stand for as attributes too: `scope`; `service`, `direction` and `ports`. */
void pg_graph_print(FILE *out, const struct pg_view *view);

#endif
