/* SPDX-License-Identifier: GPL-2.0-or-later */
/* YAML as a tree whose nodes know their places, and reading it by tables of keys. */
#ifndef PG_PROFILE_YAML_YAML_H
#define PG_PROFILE_YAML_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "portguard/error.h"

/* A string from a file, with its place. */
struct pg_word {
        char *text;
        struct pg_place place;
};

struct pg_words {
        struct pg_word *items;
        size_t n;
};

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

/* The child of a map under `key`, or NULL. */
const struct pg_node *pg_node_get(const struct pg_node *map, const char *key);

void pg_words_done(struct pg_words *words);

/* Whether a checked bool word says yes. */
bool pg_word_is_true(const struct pg_word *word);

/* From the tree into structs: each kind of map is a table of its keys.
 *
 * Every function below that returns int returns 0 or -ENOMEM. Errors of the input go to the reader's
 * diagnostics, and reading goes on; the caller compares their count before and after. */
struct pg_reader {
        struct pg_diagnostics *diagnostics;
        unsigned n_hints; /* made so far; see pg_hint() */
};

#define PG_PROFILE_ERROR(reader, place, ...) \
        pg_diagnostics_add((reader)->diagnostics, PG_SEVERITY_ERROR, (place), __VA_ARGS__)

/* The same where no argument is text of the place's file; see pg_diagnostics_add_plain(). */
#define PG_PROFILE_ERROR_PLAIN(reader, place, ...) \
        pg_diagnostics_add_plain((reader)->diagnostics, PG_SEVERITY_ERROR, (place), __VA_ARGS__)

/* Text from a file as it may be shown in a message. */
struct pg_shown {
        char text[96];
};
struct pg_shown pg_show(const char *text);

/* "WHAT: a, b, c; did you mean 'b'?": the names that would have been right, sorted, and the nearest of
 * them and of the n_more that are not listed. Only the first errors of a file are given a nearest name:
 * a file of nothing but errors must not cost its square. */
struct pg_hint {
        char text[640];
};
struct pg_hint pg_hint(struct pg_reader *reader, const char *what, const char *name, const char **names,
                       size_t n, const char *const *more, size_t n_more);

/* What a field's reader returns when the value is not of the kind that the field's form says. */
#define PG_WRONG_KIND 1

struct pg_field {
        const char *key;
        size_t offset; /* of the target in the object that is read */
        int (*read)(struct pg_reader *reader, const struct pg_node *node, void *target);
        const char *form; /* "a list of ports, as in [tcp/443]" */
        bool required;
};

/* Reads a map into `object` by the table. `what` names the map in messages: "service 'kubelet'". */
int pg_read_map(struct pg_reader *reader, const struct pg_node *node, const char *what,
                const struct pg_field *fields, size_t n_fields, void *object);

/* Readers for tables; each may return PG_WRONG_KIND. */
int pg_read_summary(struct pg_reader *reader, const struct pg_node *node, void *target); /* char * */
int pg_read_bool(struct pg_reader *reader, const struct pg_node *node, void *target);    /* bool */
int pg_read_word(struct pg_reader *reader, const struct pg_node *node,
                 void *target); /* struct pg_word */
int pg_read_words(struct pg_reader *reader, const struct pg_node *node,
                  void *target); /* struct pg_words */
/* The same, but a scalar is a list of one; a list must not be empty. */
int pg_read_word_or_words(struct pg_reader *reader, const struct pg_node *node, void *target);

/* Adds a copy of the text. */
int pg_words_add(struct pg_words *words, const char *text, struct pg_place place);
bool pg_words_have(const struct pg_words *words, const char *text);

/* Whether the word is one of true, false, yes, no. */
bool pg_word_is_bool(const struct pg_word *word);

/* Whether a new profile, service or group may have the name; reported when not. */
bool pg_read_name(struct pg_reader *reader, const char *what, const struct pg_node *node);

struct pg_node *pg_node_free(struct pg_node *node);
PG_DEFINE_CLEANUP(struct pg_node, pg_node_free)

#endif
