/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The profiles that there are: to look at, and to check. Nothing is enforced, and the kernel not asked.
 */
#ifndef PORTGUARD_PROFILES_H
#define PORTGUARD_PROFILES_H

#include <stdbool.h>
#include <stddef.h>

#include "portguard/error.h"

struct pg_settings;

/* A profile to look at: texts as they stand in the file. */
struct pg_profile_param {
        char *name, *type, *initial, *summary; /* initial: "" where there is no default */
        char **choices;                        /* of a choice only */
        size_t n_choices;
};
struct pg_profile_group {
        char *name, *initial, *summary;
};
struct pg_profile_service {
        char *name, *summary, *when; /* when: "" or "cni is flannel-vxlan" */
        char **ports;                /* "tcp/443", "tcp/${port}" */
        size_t n_ports;
        char **scopes; /* whom it lets in, or where it goes: "cluster", "${from}" */
        size_t n_scopes;
        bool outbound, required;
};
struct pg_profile_view {
        char *name, *summary, *file;
        char **includes;
        size_t n_includes;
        struct pg_profile_group *groups;
        size_t n_groups;
        struct pg_profile_param *params;
        size_t n_params;
        struct pg_profile_service *services;
        size_t n_services;
        char **sources;
        size_t n_sources;
        char **notes;
        size_t n_notes;
};

struct pg_profile_list {
        struct pg_profile_view **items;
        size_t n;
};

/* Every profile that there is, by name. What does not parse is reported in `diagnostics` and left out.
 * out:    *ret, freed with pg_profile_list_free()
 * errors: none beside those of all */
int pg_profiles_list(const struct pg_settings *settings, struct pg_profile_list **ret,
                     struct pg_diagnostics *diagnostics, struct pg_error *error);
struct pg_profile_list *pg_profile_list_free(struct pg_profile_list *list);

/* One profile by name.
 * in:     name
 * out:    *ret, freed with pg_profile_view_free()
 * errors: INVALID: there is none (-ENOENT, with the nearest name), or it does not parse */
int pg_profiles_show(const struct pg_settings *settings, const char *name, struct pg_profile_view **ret,
                     struct pg_diagnostics *diagnostics, struct pg_error *error);
struct pg_profile_view *pg_profile_view_free(struct pg_profile_view *view);

/* Checks a profile file, with what it includes, as apply would: compiled, not enforced.
 * in:     file, its path
 * errors: INVALID: with each error in `diagnostics` */
int pg_profiles_check(const struct pg_settings *settings, const char *file,
                      struct pg_diagnostics *diagnostics, struct pg_error *error);

#endif
