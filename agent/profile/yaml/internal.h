/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of profile/yaml/ share. */
#ifndef PG_PROFILE_YAML_INTERNAL_H
#define PG_PROFILE_YAML_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "profile/yaml/yaml.h"

/* Whether the bytes are UTF-8 text without control characters, tabs and directives.
 * Lines, and what a parser has to pile up, are
 * bounded too. Every line that is not so is reported. */
bool pg_yaml_text_is_good(const char *file, const char *text, size_t length,
                          struct pg_diagnostics *diagnostics);

/* The first character of a scalar's text that has no place in one, or `length`: an escape such as
 * "\x1b" may bring in what the file itself could not. Newline and tab are allowed. */
size_t pg_yaml_find_unprintable(const char *text, size_t length);

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
        bool broken;
};

/* Reports an error behind which reading goes on; it has no text of the file. */
void pg_tree_report(struct pg_tree *tree, struct pg_place place, const char *problem);
/* Reports an error that ends the reading. Returns -EINVAL. */
int pg_tree_refuse(struct pg_tree *tree, struct pg_place place, const char *problem);

/* Each returns 0, -EINVAL (reported) or -ENOMEM. */
int pg_tree_add_scalar(struct pg_tree *tree, struct pg_place place, const char *text, size_t length);
int pg_tree_open(struct pg_tree *tree, enum pg_node_kind kind, struct pg_place place);
int pg_tree_close(struct pg_tree *tree);
/* Behind the last node: a document without any is an empty map. */
int pg_tree_finish(struct pg_tree *tree);

void pg_tree_done(struct pg_tree *tree);

#endif
