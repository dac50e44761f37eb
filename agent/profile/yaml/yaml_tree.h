/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Building the tree of a YAML document from what a parser meets. */
#ifndef PG_PROFILE_YAML_TREE_H
#define PG_PROFILE_YAML_TREE_H

#include <stdbool.h>

#include "profile/yaml/yaml.h"

/* A list or map that is open, and in a map the key that waits for its value. */
struct pg_tree_frame {
        struct pg_node *node;
        struct pg_node *key;
};

struct pg_tree {
        const char *file;
        struct pg_diagnostics *diagnostics;
        struct pg_tree_frame frames[PG_YAML_DEPTH_MAX];
        size_t depth;
        size_t n_nodes;
        struct pg_node *root;
        struct pg_place last; /* of the last token that had one */
        bool begun;           /* the document */
        bool faulty;
};

/* Tells a fault behind which reading goes on; it has no text of the file. */
void pg_tree_tell(struct pg_tree *tree, struct pg_place place, const char *fault);
/* Tells a fault that ends the reading. Returns -EINVAL. */
int pg_tree_refuse(struct pg_tree *tree, struct pg_place place, const char *fault);

/* Each returns 0, -EINVAL (told) or -ENOMEM. */
int pg_tree_add_scalar(struct pg_tree *tree, struct pg_place place, const char *text, size_t length);
int pg_tree_open(struct pg_tree *tree, enum pg_node_kind kind, struct pg_place place);
int pg_tree_close(struct pg_tree *tree);
/* Behind the last node: a document without any is an empty map. */
int pg_tree_finish(struct pg_tree *tree);

void pg_tree_done(struct pg_tree *tree);

#endif
