/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Profiles to look at, and to check. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/public.h"
#include "base/strings.h"
#include "engine/engine.h"
#include "policy/compile/compile.h"

struct pg_profile_view *pg_profile_view_free(struct pg_profile_view *view)
{
        if (!view)
                return NULL;
        free(view->name);
        free(view->summary);
        free(view->file);
        pg_strings_free(view->includes, view->n_includes);
        for (size_t i = 0; i < view->n_groups; i++) {
                free(view->groups[i].name);
                free(view->groups[i].initial);
                free(view->groups[i].summary);
        }
        free(view->groups);
        for (size_t i = 0; i < view->n_params; i++) {
                free(view->params[i].name);
                free(view->params[i].type);
                free(view->params[i].initial);
                pg_strings_free(view->params[i].choices, view->params[i].n_choices);
                free(view->params[i].summary);
        }
        free(view->params);
        for (size_t i = 0; i < view->n_services; i++) {
                free(view->services[i].name);
                free(view->services[i].summary);
                pg_strings_free(view->services[i].ports, view->services[i].n_ports);
                pg_strings_free(view->services[i].scopes, view->services[i].n_scopes);
                free(view->services[i].when);
        }
        free(view->services);
        pg_strings_free(view->sources, view->n_sources);
        pg_strings_free(view->notes, view->n_notes);
        free(view);
        return NULL;
}

struct pg_profile_list *pg_profile_list_free(struct pg_profile_list *list)
{
        if (!list)
                return NULL;
        for (size_t i = 0; i < list->n; i++)
                pg_profile_view_free(list->items[i]);
        free(list->items);
        free(list);
        return NULL;
}

/* Words joined by ", "; NULL when memory is short. */
static char *join(const struct pg_words *words)
{
        char *text = NULL;
        size_t size = 0;
        FILE *stream = open_memstream(&text, &size);

        if (!stream)
                return NULL;
        for (size_t i = 0; i < words->n; i++)
                fprintf(stream, "%s%s", i > 0 ? ", " : "", words->items[i].text);
        return pg_stream_end(stream, &text);
}

/* "cni is flannel-vxlan or cilium-vxlan, and nodeport_udp is true" */
static char *join_conditions(const struct pg_service *service)
{
        char *text = NULL;
        size_t size = 0;
        FILE *stream = open_memstream(&text, &size);

        if (!stream)
                return NULL;
        for (size_t i = 0; i < service->n_conditions; i++) {
                const struct pg_condition *condition = &service->conditions[i];

                fprintf(stream, "%s%s is ", i > 0 ? ", and " : "", condition->param.text);
                for (size_t j = 0; j < condition->values.n; j++)
                        fprintf(stream, "%s%s", j > 0 ? " or " : "", condition->values.items[j].text);
        }
        return pg_stream_end(stream, &text);
}

static char *copy(const char *text)
{
        return strdup(text ? text : "");
}

static int copy_words(const struct pg_words *words, char ***ret, size_t *ret_n)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < words->n; i++)
                r = pg_strings_add(words->items[i].text, ret, ret_n);
        return r;
}

static int copy_groups(const struct pg_profile *profile, struct pg_profile_view *view)
{
        for (size_t i = 0; i < profile->n_groups; i++) {
                const struct pg_group_declaration *from = &profile->groups[i];
                struct pg_profile_group *to = PG_ARRAY_ADD(view->groups, view->n_groups);

                if (!to)
                        return -ENOMEM;
                to->name = copy(from->name);
                to->initial = join(&from->initial);
                to->summary = copy(from->summary);
                if (!to->name || !to->initial || !to->summary)
                        return -ENOMEM;
        }
        return 0;
}

static int copy_params(const struct pg_profile *profile, struct pg_profile_view *view)
{
        for (size_t i = 0; i < profile->n_params; i++) {
                const struct pg_param *from = &profile->params[i];
                struct pg_profile_param *to = PG_ARRAY_ADD(view->params, view->n_params);

                if (!to)
                        return -ENOMEM;
                to->name = copy(from->name);
                to->type = copy(pg_param_type_name(from->type));
                to->initial = join(&from->initial);
                to->summary = copy(from->summary);
                if (!to->name || !to->type || !to->initial || !to->summary ||
                    copy_words(&from->choices, &to->choices, &to->n_choices) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int copy_services(const struct pg_profile *profile, struct pg_profile_view *view)
{
        for (size_t i = 0; i < profile->n_services; i++) {
                const struct pg_service *from = &profile->services[i];
                struct pg_profile_service *to = PG_ARRAY_ADD(view->services, view->n_services);

                if (!to)
                        return -ENOMEM;
                to->name = copy(from->name);
                to->summary = copy(from->summary);
                to->when = join_conditions(from);
                to->outbound = from->direction == PG_OUT;
                to->required = from->required;
                if (!to->name || !to->summary || !to->when ||
                    copy_words(&from->ports, &to->ports, &to->n_ports) < 0 ||
                    copy_words(&from->scopes, &to->scopes, &to->n_scopes) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int copy_includes(const struct pg_profile *profile, struct pg_profile_view *view)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < profile->n_includes; i++)
                r = pg_strings_add(profile->includes[i].profile.text, &view->includes,
                                   &view->n_includes);
        return r;
}

static int view_profile(const struct pg_profile *profile, struct pg_profile_view **ret)
{
        _cleanup_(pg_profile_view_freep) struct pg_profile_view *view = calloc(1, sizeof(*view));

        if (!view)
                return -ENOMEM;
        view->name = copy(profile->name);
        view->summary = copy(profile->summary);
        view->file = copy(profile->file);
        if (!view->name || !view->summary || !view->file || copy_includes(profile, view) < 0 ||
            copy_groups(profile, view) < 0 || copy_params(profile, view) < 0 ||
            copy_services(profile, view) < 0 ||
            copy_words(&profile->sources, &view->sources, &view->n_sources) < 0 ||
            copy_words(&profile->notes, &view->notes, &view->n_notes) < 0)
                return -ENOMEM;
        *ret = PG_TAKE(view);
        return 0;
}

/* The profile of that name among those that it drags in. */
static int view_from_catalog(const struct pg_catalog *catalog, const char *name,
                             struct pg_profile_view **ret, struct pg_error *error)
{
        const struct pg_profile *profile = pg_catalog_find(catalog, name);

        if (!profile || view_profile(profile, ret) < 0)
                return pg_error_memory(error);
        return 0;
}

static int load_one(const struct pg_settings *settings, const char *name, struct pg_profile_view **ret,
                    struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        _cleanup_(pg_catalog_freep) struct pg_catalog *catalog = NULL;
        int r = pg_catalog_load(pg_setting_profiles(settings), &name, 1, &catalog, diagnostics, error);

        return r < 0 ? r : view_from_catalog(catalog, name, ret, error);
}

/* One that is not valid, or cannot be read, is left out and reported. 0 or -ENOMEM. */
static int list_one(const struct pg_settings *settings, const char *name, struct pg_profile_list *list,
                    struct pg_diagnostics *diagnostics)
{
        size_t n_errors = pg_diagnostics_count(diagnostics, PG_SEVERITY_ERROR);
        struct pg_profile_view **item = PG_ARRAY_ADD(list->items, list->n);
        struct pg_error error = {0};
        int r = item ? load_one(settings, name, item, diagnostics, &error) : -ENOMEM;

        if (r >= 0)
                return 0;
        list->n -= item != NULL;
        if (r != -ENOMEM && pg_diagnostics_count(diagnostics, PG_SEVERITY_ERROR) == n_errors)
                pg_diagnostics_add(diagnostics, PG_SEVERITY_ERROR, (struct pg_place){0}, "%s",
                                   error.message);
        return r == -ENOMEM ? r : 0;
}

int pg_profiles_list(const struct pg_settings *settings, struct pg_profile_list **ret,
                     struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        _cleanup_(pg_profile_list_freep) struct pg_profile_list *list = calloc(1, sizeof(*list));
        _cleanup_(pg_words_done) struct pg_words names = {0};
        int r;

        if (!list)
                return pg_error_memory(error);
        r = pg_catalog_names(pg_setting_profiles(settings), &names, error);
        for (size_t i = 0; r >= 0 && i < names.n; i++)
                if (list_one(settings, names.items[i].text, list, diagnostics) < 0)
                        r = pg_error_memory(error);
        if (r < 0)
                return r;
        *ret = PG_TAKE(list);
        return 0;
}

/* A name that is no profile is a mistake of the caller's, not an error of a file. */
static int check_exists(const struct pg_settings *settings, const char *name, struct pg_error *error)
{
        _cleanup_(pg_freep) const char **list = NULL;
        _cleanup_(pg_words_done) struct pg_words names = {0};
        const char *nearest;
        bool found = false;
        int r = pg_catalog_names(pg_setting_profiles(settings), &names, error);

        if (r < 0)
                return r;
        list = calloc(names.n + 1, sizeof(*list));
        for (size_t i = 0; list && i < names.n; i++) {
                list[i] = names.items[i].text;
                found = found || strcmp(list[i], name) == 0;
        }
        if (!list)
                r = pg_error_memory(error);
        else if (!found) {
                nearest = pg_nearest(name, list, names.n);
                r = pg_error_set(error, PG_STATUS_INVALID, -ENOENT, "there is no profile '%s' (%s%s%s)",
                                 name, nearest ? "did you mean '" : "see: portguard profiles list",
                                 nearest ? nearest : "", nearest ? "'?" : "");
        }
        return r;
}

int pg_profiles_show(const struct pg_settings *settings, const char *name, struct pg_profile_view **ret,
                     struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        int r = check_exists(settings, name, error);

        return r < 0 ? r : load_one(settings, name, ret, diagnostics, error);
}

int pg_profiles_check(const struct pg_settings *settings, const char *file,
                      struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        static const char everything[] = "enable: all\negress: strict\n";
        _cleanup_(pg_catalog_freep) struct pg_catalog *catalog = NULL;
        _cleanup_(pg_policy_freep) struct pg_policy *policy = NULL;
        _cleanup_(pg_site_freep) struct pg_site *site = NULL;
        _cleanup_(pg_diagnostics_freep) struct pg_diagnostics *ignored = NULL;
        int r;

        r = pg_catalog_load_file(pg_setting_profiles(settings), file, &catalog, diagnostics, error);
        /* Every service counts, and no host name is asked for. */
        if (r >= 0)
                r = pg_site_parse("(everything)", everything, sizeof(everything) - 1, &site,
                                  diagnostics, error);
        if (r >= 0 && pg_diagnostics_new(&ignored) < 0)
                r = pg_error_memory(error);
        if (r >= 0)
                r = pg_policy_compile(catalog, site, &policy, ignored, error);
        for (size_t i = 0; ignored && i < pg_diagnostics_length(ignored); i++) {
                const struct pg_diagnostic *d = pg_diagnostics_at(ignored, i);

                if (d->severity == PG_SEVERITY_ERROR)
                        pg_diagnostics_add(diagnostics, d->severity,
                                           (struct pg_place){d->file, d->line, d->column}, "%s",
                                           d->text);
        }
        return r;
}
