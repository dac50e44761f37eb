/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The site: the groups, parameters and choices of this host. portguard-site(5). */
#ifndef PG_PROFILE_SITE_SITE_H
#define PG_PROFILE_SITE_SITE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addresses/addresses.h"
#include "profile/yaml/yaml.h"

/* Entries of a group that are remembered as they were written; the lines of group files are not. */
#define PG_GROUP_WRITTEN_MAX 256

struct pg_group {
        char *name;
        struct pg_place place;
        struct pg_addresses addresses; /* normalised */
        struct pg_words interfaces;
        struct pg_words written; /* "192.0.2.0/24", "%wg0", "@FILE": for explain */
};

struct pg_setting {
        char *profile; /* or NULL: every profile that declares it */
        char *param;
        struct pg_words values;
        struct pg_place place;
};

struct pg_host {
        char *name;
        struct pg_place place;
        struct pg_addresses addresses; /* normalised */
        bool resolved;                 /* by DNS, not given by the site */
};

struct pg_site {
        char *file; /* or NULL: there is none */
        struct pg_words profiles;
        struct pg_group *groups;
        size_t n_groups;
        struct pg_setting *settings; /* a later one wins over an earlier one */
        size_t n_settings;
        struct pg_words enable; /* SERVICE, PROFILE/SERVICE or "all" */
        bool egress_strict;
        struct pg_host *hosts;
        size_t n_hosts;
};

/* Reads the site file, and the group files it names; of one that is private (base/private.h) and has
 * errors no text is reported. A file that does not exist is an empty site when
 * `must_exist` is false; a link to nowhere exists. Returns 0 and the site, which the caller frees;
 * -EINVAL with diagnostics. */
int pg_site_load(const char *path, bool must_exist, struct pg_site **ret,
                 struct pg_diagnostics *diagnostics, struct pg_error *error);

/* Parses a site from memory; `file` as in pg_profile_parse(). Group files are taken relative to its
 * folder. */
int pg_site_parse(const char *file, const char *text, size_t length, struct pg_site **ret,
                  struct pg_diagnostics *diagnostics, struct pg_error *error);

struct pg_site *pg_site_free(struct pg_site *site);
PG_DEFINE_CLEANUP(struct pg_site, pg_site_free)

/* What the command line adds, each with errors reported in `diagnostics` at the place "--set" and so
 * on: "NAME=VALUE[,VALUE]" or "PROFILE.NAME=VALUE"; "GROUP=PREFIX[,PREFIX]" where a PREFIX may be
 * "@FILE" for a group file or "%IFNAME" for an interface, or "GROUP=none" for nobody; a service to
 * enable. A group given here replaces the site file's, and adds to one given here before. Return 0,
 * -EINVAL or -ENOMEM, with the site unchanged; a group that is not what it should be is there all the
 * same, so that it is not reported as unknown where it is named. */
int pg_site_set(struct pg_site *site, const char *assignment, struct pg_diagnostics *diagnostics);
int pg_site_group(struct pg_site *site, const char *assignment, struct pg_diagnostics *diagnostics);
int pg_site_enable(struct pg_site *site, const char *service, struct pg_diagnostics *diagnostics);

const struct pg_group *pg_site_find_group(const struct pg_site *site, const char *name);
const struct pg_host *pg_site_find_host(const struct pg_site *site, const char *name);

#endif
