/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree of a YAML document while it is built, node by node. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/strings.h"
#include "profile/yaml/internal.h"

struct pg_node *pg_node_free(struct pg_node *node)
{
        if (!node)
                return NULL;
        for (size_t i = 0; i < node->n_children; i++)
                pg_node_free(node->children[i]);
        free(node->children);
        pg_node_free(node->key);
        free(node);
        return NULL;
}

const struct pg_node *pg_node_get(const struct pg_node *map, const char *key)
{
        for (size_t i = 0; i < map->n_children; i++)
                if (map->children[i]->key && strcmp(map->children[i]->key->text, key) == 0)
                        return map->children[i];
        return NULL;
}

/* Reports an error behind which reading goes on; it has no text of the file. */
void pg_tree_report(struct pg_tree *tree, struct pg_place place, const char *problem)
{
        pg_diagnostics_add_plain(tree->diagnostics, PG_SEVERITY_ERROR, place, "%s", problem);
        tree->broken = true;
}

/* Reports an error that ends the reading. */
int pg_tree_refuse(struct pg_tree *tree, struct pg_place place, const char *problem)
{
        pg_tree_report(tree, place, problem);
        return -EINVAL;
}

/* The text lies behind the node, in the same piece of memory. */
static struct pg_node *new_node(enum pg_node_kind kind, struct pg_place place, const char *text,
                                size_t length)
{
        struct pg_node *node = calloc(1, sizeof(*node) + length + 1);

        if (!node)
                return NULL;
        node->kind = kind;
        node->place = place;
        if (kind == PG_NODE_SCALAR) {
                node->text = (char *)(node + 1);
                if (length > 0)
                        memcpy(node->text, text, length);
        }
        return node;
}

static int append(struct pg_node *parent, struct pg_node *node)
{
        struct pg_node **item = PG_ARRAY_ADD(parent->children, parent->n_children);

        if (!item)
                return -ENOMEM;
        *item = node;
        return 0;
}

/* Puts the node, which is taken over, where it belongs. */
static int add_node(struct pg_tree *tree, struct pg_node *new)
{
        _cleanup_(pg_node_freep) struct pg_node *node = new;
        struct pg_tree_frame *frame;
        int r;

        if (!node)
                return -ENOMEM;
        if (++tree->n_nodes > PG_YAML_NODES_MAX)
                return pg_tree_refuse(tree, node->place, "the file has too many entries (split it)");
        if (tree->depth == 0) {
                tree->root = PG_TAKE(node);
                return 0;
        }
        frame = &tree->frames[tree->depth - 1];
        if (frame->node->kind == PG_NODE_MAP && !frame->key) {
                if (node->kind != PG_NODE_SCALAR)
                        return pg_tree_refuse(tree, node->place,
                                              "a key must be plain text, no list or map");
                /* The mark of a map that has no bracket can be on its first colon. */
                if (frame->node->n_children == 0 && frame->node->place.line == node->place.line &&
                    frame->node->place.column > node->place.column)
                        frame->node->place = node->place;
                frame->key = PG_TAKE(node);
                return 0;
        }
        r = append(frame->node, node);
        if (r < 0)
                return r;
        node->key = PG_TAKE(frame->key);
        node = NULL;
        return 0;
}

int pg_tree_add_scalar(struct pg_tree *tree, struct pg_place place, const char *text, size_t length)
{
        return add_node(tree, new_node(PG_NODE_SCALAR, place, text, length));
}

int pg_tree_open(struct pg_tree *tree, enum pg_node_kind kind, struct pg_place place)
{
        struct pg_node *node = new_node(kind, place, NULL, 0);
        int r;

        r = add_node(tree, node);
        if (r < 0)
                return r;
        if (tree->depth == PG_YAML_DEPTH_MAX)
                return pg_tree_refuse(tree, place, "lists and maps are nested too deeply (at most 16)");
        tree->frames[tree->depth++] = (struct pg_tree_frame){.node = node};
        return 0;
}

static int compare_keys(const void *a, const void *b)
{
        const struct pg_node *left = *(struct pg_node *const *)a, *right = *(struct pg_node *const *)b;
        int order = strcmp(left->key->text, right->key->text);

        if (order != 0)
                return order;
        if (left->key->place.line != right->key->place.line)
                return left->key->place.line < right->key->place.line ? -1 : 1;
        return left->key->place.column < right->key->place.column ? -1 : 1;
}

static void report_duplicate(struct pg_tree *tree, const struct pg_node *first,
                             const struct pg_node *second)
{
        char shown[80];

        pg_printable(second->key->text, strlen(second->key->text), shown, sizeof(shown));
        pg_diagnostics_add(
                tree->diagnostics, PG_SEVERITY_ERROR, second->key->place,
                "the key '%s' stands twice, first at line %u, column %u (remove or rename one)", shown,
                first->key->place.line, first->key->place.column);
        tree->broken = true;
}

int pg_tree_close(struct pg_tree *tree)
{
        const struct pg_node *node = tree->frames[--tree->depth].node;
        _cleanup_(pg_freep) struct pg_node **sorted = NULL;

        if (node->kind != PG_NODE_MAP || node->n_children < 2)
                return 0;
        sorted = calloc(node->n_children, sizeof(struct pg_node *));
        if (!sorted)
                return -ENOMEM;
        memcpy(sorted, node->children, node->n_children * sizeof(struct pg_node *));
        qsort(sorted, node->n_children, sizeof(struct pg_node *), compare_keys);
        for (size_t i = 1; i < node->n_children; i++)
                if (strcmp(sorted[i - 1]->key->text, sorted[i]->key->text) == 0)
                        report_duplicate(tree, sorted[i - 1], sorted[i]);
        return 0;
}

int pg_tree_finish(struct pg_tree *tree)
{
        /* Nothing, or nothing but comments: as if it were {}. */
        if (tree->root && tree->root->kind == PG_NODE_SCALAR && !*tree->root->text)
                tree->root = pg_node_free(tree->root);
        if (!tree->root)
                tree->root = new_node(PG_NODE_MAP, (struct pg_place){tree->file, 1, 1}, NULL, 0);
        return tree->root ? 0 : -ENOMEM;
}

void pg_tree_done(struct pg_tree *tree)
{
        for (size_t i = 0; i < tree->depth; i++)
                pg_node_free(tree->frames[i].key);
        pg_node_free(tree->root);
}
