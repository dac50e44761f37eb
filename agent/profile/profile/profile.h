/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A profile as it is written: checked by itself, parameters not filled in, includes not followed.
 * portguard-profile(5) describes the format.
 */
#ifndef PG_PROFILE_PROFILE_PROFILE_H
#define PG_PROFILE_PROFILE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/prefix.h"
#include "profile/yaml/yaml.h"

enum pg_direction { PG_IN, PG_OUT };

enum pg_param_type {
        PG_PARAM_PORT,
        PG_PARAM_PORTS,
        PG_PARAM_BOOL,
        PG_PARAM_CHOICE,
        PG_PARAM_SCOPE,
        PG_PARAM_HOST,
        PG_PARAM_RATE,
};

struct pg_param {
        char *name;
        struct pg_place place;
        enum pg_param_type type;
        struct pg_words initial; /* the default: one word, or several for a scope */
        struct pg_words choices;
        char *summary;
};

struct pg_group_declaration {
        char *name;
        struct pg_place place;
        struct pg_words initial; /* "internal", "none", or prefixes */
        char *summary;
};

/* One entry of `when`: the parameter must have one of the values. `when: NAME` is NAME: [true]. */
struct pg_condition {
        struct pg_word param;
        struct pg_words values;
};

struct pg_service {
        char *name;
        struct pg_place place;
        enum pg_direction direction;
        char *summary;
        struct pg_words ports;  /* "tcp/443", "tcp/${name}", "protocol/gre" */
        struct pg_words scopes; /* `from` or `to` */
        bool required;
        struct pg_condition *conditions;
        size_t n_conditions;
        bool answers_any_port;           /* its answers come from other ports than its own */
        struct pg_word never_any_unless; /* a bool parameter, or .text is NULL */
};

struct pg_include {
        struct pg_word profile;
        bool all_optional;
        struct pg_words optional; /* services that are not required through this include */
};

struct pg_profile {
        char *name;
        char *file; /* the path it was read from, for places */
        char *summary;
        struct pg_include *includes;
        size_t n_includes;
        struct pg_group_declaration *groups;
        size_t n_groups;
        struct pg_param *params;
        size_t n_params;
        struct pg_service *services; /* inbound and outbound, in the order of the file */
        size_t n_services;
        struct pg_words sources;
        struct pg_words notes;
};

/* Parses one profile. `file` is the path for messages (copied); `name` what the file's name says the
 * profile is called, or NULL not to compare. Everything that can be known from this file alone is
 * checked, and every error is reported in `diagnostics`. Returns 0 and a profile that the caller frees,
 * or a negative errno value: -EINVAL when there were errors. */
int pg_profile_parse(const char *file, const char *name, const char *text, size_t length,
                     struct pg_profile **ret, struct pg_diagnostics *diagnostics,
                     struct pg_error *error);

struct pg_profile *pg_profile_free(struct pg_profile *profile);
PG_DEFINE_CLEANUP(struct pg_profile, pg_profile_free)

/* Borrowed, or NULL. */
const struct pg_param *pg_profile_param(const struct pg_profile *profile, const char *name);
const struct pg_service *pg_profile_service(const struct pg_profile *profile, const char *name);

/* "port", "ports", "bool", ... */
const char *pg_param_type_name(enum pg_param_type type);

/* Checks values for a parameter, wherever they are from. Errors go to `diagnostics`, at the words'
 * places. Group names in scopes are not looked up here. Returns whether they are good. */
bool pg_param_accepts(const struct pg_param *param, const struct pg_words *values,
                      struct pg_diagnostics *diagnostics);

/* Packets a second times 3600, from "10/second", "30/minute", "100/hour"; 0 for "none". A checked word.
 */
struct pg_rate {
        unsigned count;   /* 0: no limit */
        unsigned seconds; /* 1, 60 or 3600 */
};

/* How many may come at once, before the rate counts. */
static inline unsigned pg_rate_burst(const struct pg_rate *rate)
{
        return 2 * rate->count;
}
/* Returns whether the text is a rate. */
bool pg_rate_parse(const char *text, struct pg_rate *ret);

/* What a scope's text is, by its form alone. */
enum pg_scope_kind {
        PG_SCOPE_ANY,
        PG_SCOPE_INTERNAL,
        PG_SCOPE_LOCAL,
        PG_SCOPE_NONE,
        PG_SCOPE_PARAM,  /* ${name} */
        PG_SCOPE_PREFIX, /* begins like an address: has a ':' or '/', or is digits and dots */
        PG_SCOPE_HOST,   /* a valid host name */
        PG_SCOPE_GROUP,  /* a valid name that is none of the words above */
        PG_SCOPE_BAD,
};
enum pg_scope_kind pg_scope_kind(const char *text);

/* The parameter's name in "tcp/${name}" or "${name}", copied into `name`; false when there is none. */
bool pg_param_reference(const char *text, char *name, size_t size);

/* Like pg_profile_parse(), but gives a profile also when it has errors, as far as it could be read, so
 * that its includes can be followed and their errors reported too. Returns 0 (see *ret_good), -EINVAL
 * where nothing could be read, or another negative errno value. */
int pg_profile_read(const char *file, const char *name, const char *text, size_t length,
                    struct pg_profile **ret, bool *ret_good, struct pg_diagnostics *diagnostics,
                    struct pg_error *error);

/* Parses a literal prefix; what is wrong with it is reported. Everybody (/0) is refused. */
bool pg_read_prefix(struct pg_diagnostics *diagnostics, const struct pg_word *word,
                    struct pg_prefix *ret);

#endif
