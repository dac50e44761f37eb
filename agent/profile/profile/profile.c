/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One profile, from its text. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "profile/profile/internal.h"

#define PROFILE(member) offsetof(struct pg_profile, member)

static int read_profile_name(struct pg_reader *reader, const struct pg_node *node, void *target)
{
        char **ret = target;

        if (node->kind != PG_NODE_SCALAR || !*node->text)
                return PG_WRONG_KIND;
        pg_read_name(reader, "profile", node);
        *ret = strdup(node->text);
        return *ret ? 0 : -ENOMEM;
}

static const struct pg_field fields[] = {
        {"name", PROFILE(name), read_profile_name, "the profile's name: the file's, without .yaml",
         true},
        {"summary", PROFILE(summary), pg_read_summary, "one line of text", true},
        {"include", 0, pg_read_includes, "a list of profiles, as in [ssh]", false},
        {"groups", 0, pg_read_groups, "a map of groups, as in {cluster: {default: internal}}", false},
        {"params", 0, pg_read_params,
         "a map of parameters, as in {api_port: {type: port, default: 443}}", false},
        {"services", 0, pg_read_services,
         "a map of services, as in {web: {summary: Web, ports: [tcp/443], from: any}}", false},
        {"egress", 0, pg_read_egress,
         "a map of services, as in {mail: {summary: Mail, ports: [tcp/25], to: any}}", false},
        {"sources", PROFILE(sources), pg_read_words,
         "a list of texts (put quotes around those with ': ')", false},
        {"notes", PROFILE(notes), pg_read_words, "a list of texts (put quotes around those with ': ')",
         false},
};

static void check_profile_name(struct pg_reader *reader, const struct pg_node *tree,
                               const struct pg_profile *profile, const char *name)
{
        const struct pg_node *node = pg_node_get(tree, "name");

        if (!profile->name || !node)
                return;
        if (name && strcmp(profile->name, name) != 0)
                PG_PROFILE_ERROR(
                        reader, node->place,
                        "the profile calls itself '%s', but its file is %s.yaml (write name: %s, "
                        "or rename the file)",
                        pg_show(profile->name).text, name, name);
        for (size_t i = 0; i < profile->n_includes; i++)
                if (strcmp(profile->includes[i].profile.text, profile->name) == 0)
                        PG_PROFILE_ERROR(reader, profile->includes[i].profile.place,
                                         "the profile includes itself (remove this include)");
}

static int read_tree(struct pg_profile *profile, const char *name, const struct pg_node *tree,
                     struct pg_diagnostics *diagnostics)
{
        struct pg_reader reader = {.diagnostics = diagnostics};
        int r;

        r = pg_read_map(&reader, tree, "a profile", fields, PG_ELEMENTSOF(fields), profile);
        if (r < 0)
                return r;
        if (tree->kind == PG_NODE_MAP)
                check_profile_name(&reader, tree, profile, name);
        return pg_check_references(&reader, profile);
}

int pg_profile_read(const char *file, const char *name, const char *text, size_t length,
                    struct pg_profile **ret, bool *ret_good, struct pg_diagnostics *diagnostics,
                    struct pg_error *error)
{
        _cleanup_(pg_profile_freep) struct pg_profile *profile = calloc(1, sizeof(*profile));
        _cleanup_(pg_node_freep) struct pg_node *tree = NULL;
        size_t n_errors = pg_diagnostics_count(diagnostics, PG_SEVERITY_ERROR);
        int r;

        if (profile)
                profile->file = strdup(file);
        if (!profile || !profile->file)
                return pg_error_memory(error);
        r = pg_yaml_parse(profile->file, text, length, &tree, diagnostics, error);
        if (r < 0)
                return r;
        if (read_tree(profile, name, tree, diagnostics) < 0)
                return pg_error_memory(error);
        *ret_good = pg_diagnostics_count(diagnostics, PG_SEVERITY_ERROR) == n_errors;
        *ret = PG_TAKE(profile);
        return 0;
}

int pg_profile_parse(const char *file, const char *name, const char *text, size_t length,
                     struct pg_profile **ret, struct pg_diagnostics *diagnostics,
                     struct pg_error *error)
{
        _cleanup_(pg_profile_freep) struct pg_profile *profile = NULL;
        bool good = false;
        int r;

        r = pg_profile_read(file, name, text, length, &profile, &good, diagnostics, error);
        if (r < 0)
                return r;
        if (!good)
                return pg_error_set(error, PG_STATUS_INVALID, -EINVAL, "%s is no valid profile",
                                    pg_show(file).text);
        *ret = PG_TAKE(profile);
        return 0;
}

struct pg_profile *pg_profile_free(struct pg_profile *profile)
{
        if (!profile)
                return NULL;
        pg_includes_done(profile);
        pg_groups_done(profile);
        pg_params_done(profile);
        pg_services_done(profile);
        pg_words_done(&profile->sources);
        pg_words_done(&profile->notes);
        free(profile->name);
        free(profile->summary);
        free(profile->file);
        free(profile);
        return NULL;
}
