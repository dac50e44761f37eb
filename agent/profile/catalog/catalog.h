/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The profiles that a command asked for, and all that they include. */
#ifndef PG_PROFILE_CATALOG_CATALOG_H
#define PG_PROFILE_CATALOG_CATALOG_H

#include <stdbool.h>
#include <stddef.h>

#include "profile/profile/profile.h"

#define PG_CATALOG_PROFILES_MAX 256
#define PG_INCLUDE_DEPTH_MAX 32

struct pg_catalog_entry {
        struct pg_profile *profile;
        bool requested; /* by name, not only included */
};

/* Profiles in the order in which includes are met, each once, an included one before its includer. */
struct pg_catalog {
        struct pg_catalog_entry *entries;
        size_t n_entries;
        bool has_others; /* pg_catalog_load_others() has filled in the rest */
        struct pg_profile **others;
        size_t n_others;
        char *unread; /* the first of them that is not valid or cannot be read; or NULL */
};

/* Loads `names` and what they include from the directories of `path` ("DIR:DIR", the first that has the
 * profile wins; a directory that does not exist is passed over). Unknown names are reported with the
 * nearest right one; include cycles and missing includes with the chain of files. Every error of every
 * file is reported before it fails with -EINVAL. The caller frees the catalog. */
int pg_catalog_load(const char *path, const char *const *names, size_t n_names, struct pg_catalog **ret,
                    struct pg_diagnostics *diagnostics, struct pg_error *error);

/* The same for one profile given as a file, which need not stand in a directory of `path` nor be named
 * as the file (`profiles check FILE`); its includes come from `path`. */
int pg_catalog_load_file(const char *path, const char *file, struct pg_catalog **ret,
                         struct pg_diagnostics *diagnostics, struct pg_error *error);

/* Adds the profiles of `path` that the catalog does not have, each by itself and without its includes.
 * In catalog_others.c. */
int pg_catalog_load_others(struct pg_catalog *catalog, const char *path, struct pg_error *error);

struct pg_catalog *pg_catalog_free(struct pg_catalog *catalog);
PG_DEFINE_CLEANUP(struct pg_catalog, pg_catalog_free)

const struct pg_profile *pg_catalog_find(const struct pg_catalog *catalog, const char *name);

/* All names in the directories of `path`, sorted, each once. The caller frees them with
 * pg_words_done(); the words' places name the files. */
int pg_catalog_names(const char *path, struct pg_words *ret, struct pg_error *error);

struct pg_search_directory {
        char *path;
        int fd;
};

struct pg_search {
        const char *path; /* borrowed */
        struct pg_search_directory *directories;
        size_t n_directories;
};

/* A profile's file. */
struct pg_search_file {
        char *path;
        char *text; /* terminated */
        size_t length;
        bool is_private; /* no message may quote it: base/private.h */
};

/* Opens the directories of `path` that exist; one that root must not trust, that cannot be read, or
 * that a link to nowhere stands for, is an error. */
int pg_search_open(const char *path, struct pg_search *ret, struct pg_error *error);
void pg_search_done(struct pg_search *search);

/* Reads NAME.yaml from the first directory that has it; `name` must be valid. The
 * caller frees it. -ENOENT when no directory has it, without an error being made; what has its
 * name and cannot be read is an error, and no later directory is asked. */
int pg_search_read(const struct pg_search *search, const char *name, struct pg_search_file *ret,
                   struct pg_error *error);
void pg_search_file_done(struct pg_search_file *file);

/* As pg_catalog_names(). */
int pg_search_names(const struct pg_search *search, struct pg_words *ret, struct pg_error *error);

#endif
