/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A YAML document as a tree whose nodes know their place. */
#ifndef PG_PROFILE_YAML_H
#define PG_PROFILE_YAML_H

#include <stddef.h>

#include "base/cleanup.h"
#include "portguard/error.h"

#define PG_YAML_SIZE_MAX (1024 * 1024)
#define PG_YAML_DEPTH_MAX 16
#define PG_YAML_NODES_MAX 20000

enum pg_node_kind { PG_NODE_SCALAR, PG_NODE_LIST, PG_NODE_MAP };

struct pg_node {
        enum pg_node_kind kind;
        struct pg_place place;
        char *text;          /* scalar: its text, never NULL, without zero bytes */
        struct pg_node *key; /* in a map: this child's key, a scalar; else NULL */
        struct pg_node **children;
        size_t n_children;
};

/* Parses `length` bytes of YAML, named `file` in places (borrowed; must outlive the tree). Refused with
 * diagnostics are: what is no UTF-8 text, control characters and tabs, aliases, anchors, tags,
 * directives, a second document, keys that are no scalars, a key that stands twice in a map, and what
 * exceeds the limits above. An empty document is an empty map. Returns 0 and the tree, which the caller
 * frees, or a negative errno value; -EINVAL: see diagnostics.
 */
int pg_yaml_parse(const char *file, const char *text, size_t length, struct pg_node **ret,
                  struct pg_diagnostics *diagnostics, struct pg_error *error);

struct pg_node *pg_node_free(struct pg_node *node);
PG_DEFINE_CLEANUP(struct pg_node, pg_node_free)

/* The child of a map under `key`, or NULL. */
const struct pg_node *pg_node_get(const struct pg_node *map, const char *key);

#endif
