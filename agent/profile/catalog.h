/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The profiles that a command asked for, and all that they include. */
#ifndef PG_PROFILE_CATALOG_H
#define PG_PROFILE_CATALOG_H

#include "profile/profile.h"

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
 * profile wins; a directory that does not exist is passed over). Unknown names are told with the
 * nearest right one; include cycles and missing includes with the chain of files. Every fault of every
 * file is told before it fails with -EINVAL. The caller frees the catalog. */
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

#endif
