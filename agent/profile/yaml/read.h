/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a YAML tree into structs: each kind of map is a table of its keys.
 *
 * Every function that returns int returns 0 or -ENOMEM. Faults of the input go to the reader's
 * diagnostics, and reading goes on; the caller compares their count before and after.
 */
#ifndef PG_PROFILE_READ_H
#define PG_PROFILE_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "base/prefix.h"
#include "profile/profile.h"
#include "profile/yaml/yaml.h"

struct pg_reader {
        struct pg_diagnostics *diagnostics;
        unsigned n_hints; /* made so far; see pg_hint() */
};

#define PG_FAULT(reader, place, ...) \
        pg_diagnostics_add((reader)->diagnostics, PG_SEVERITY_ERROR, (place), __VA_ARGS__)

/* The same where no argument is text of the place's file; see pg_diagnostics_add_plain(). */
#define PG_FAULT_PLAIN(reader, place, ...) \
        pg_diagnostics_add_plain((reader)->diagnostics, PG_SEVERITY_ERROR, (place), __VA_ARGS__)

/* Text from a file as it may be shown in a message. */
struct pg_shown {
        char text[96];
};
struct pg_shown pg_show(const char *text);

/* "WHAT: a, b, c; did you mean 'b'?": the names that would have been right, sorted, and the nearest of
 * them and of the n_more that are not listed. Only the first faults of a file are given a nearest name:
 * a file of nothing but faults must not cost its square. */
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
/* A list of words that is checked and thrown away. */
int pg_read_ignored(struct pg_reader *reader, const struct pg_node *node, void *target);

/* Adds a copy of the text. */
int pg_words_add(struct pg_words *words, const char *text, struct pg_place place);
bool pg_words_have(const struct pg_words *words, const char *text);

/* Parses a literal prefix; what is wrong with it is told. Everybody (/0) is refused. */
bool pg_read_prefix(struct pg_diagnostics *diagnostics, const struct pg_word *word,
                    struct pg_prefix *ret);

/* Whether the word is one of true, false, yes, no. */
bool pg_word_is_bool(const struct pg_word *word);

/* Whether a new profile, service or group may have the name; told when not. */
bool pg_read_name(struct pg_reader *reader, const char *what, const struct pg_node *node);

#endif
