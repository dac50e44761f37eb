/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where profiles are looked for: "DIR:DIR". */
#ifndef PG_PROFILE_SEARCH_H
#define PG_PROFILE_SEARCH_H

#include "profile/profile.h"

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
