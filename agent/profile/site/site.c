/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The site file as a whole. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/strings.h"
#include "profile/site/internal.h"

static int read_profiles(struct pg_reader *reader, const struct pg_node *node, void *target)
{
        struct pg_words *words = target;
        int r = pg_read_words(reader, node, words);

        for (size_t i = 0; i < words->n; i++)
                if (!pg_name_is_valid(words->items[i].text))
                        PG_PROFILE_ERROR(
                                reader, words->items[i].place,
                                "'%s' is no name of a profile (write it without folder and .yaml)",
                                pg_show(words->items[i].text).text);
        return r;
}

static int read_egress(struct pg_reader *reader, const struct pg_node *node, void *target)
{
        bool *strict = target;

        (void)reader;
        if (node->kind != PG_NODE_SCALAR)
                return PG_WRONG_KIND;
        if (strcmp(node->text, "strict") != 0 && strcmp(node->text, "open") != 0)
                return PG_WRONG_KIND;
        *strict = strcmp(node->text, "strict") == 0;
        return 0;
}

static const struct pg_field fields[] = {
        {"profiles", offsetof(struct pg_site, profiles), read_profiles,
         "a list of profiles, as in [k8s-worker]", false},
        {"groups", 0, pg_read_site_groups, "a map of groups, as in {cluster: [192.0.2.0/24]}", false},
        {"params", 0, pg_read_site_params, "a map of values, as in {api_port: 8443}", false},
        {"enable", 0, pg_read_site_enable, "all, or a list of services, as in [metrics, etcd/peer]",
         false},
        {"egress", offsetof(struct pg_site, egress_strict), read_egress, "open or strict", false},
        {"hosts", 0, pg_read_site_hosts, "a map of host names, as in {mail.example.com: [192.0.2.25]}",
         false},
};

int pg_site_parse(const char *file, const char *text, size_t length, struct pg_site **ret,
                  struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        _cleanup_(pg_site_freep) struct pg_site *site = calloc(1, sizeof(*site));
        _cleanup_(pg_node_freep) struct pg_node *tree = NULL;
        struct pg_reader reader = {.diagnostics = diagnostics};
        size_t n_errors = pg_diagnostics_count(diagnostics, PG_SEVERITY_ERROR);
        int r;

        if (site)
                site->file = strdup(file);
        if (!site || !site->file)
                return pg_error_memory(error);
        r = pg_yaml_parse(site->file, text, length, &tree, diagnostics, error);
        if (r < 0)
                return r;
        r = pg_read_map(&reader, tree, "a site file", fields, PG_ELEMENTSOF(fields), site);
        if (r < 0)
                return pg_error_memory(error);
        if (pg_diagnostics_count(diagnostics, PG_SEVERITY_ERROR) > n_errors)
                return pg_error_set(error, PG_STATUS_INVALID, -EINVAL, "%s is no valid site file",
                                    pg_show(file).text);
        *ret = PG_TAKE(site);
        return 0;
}

static int load_nothing(struct pg_site **ret, struct pg_error *error)
{
        struct pg_site *site = calloc(1, sizeof(*site));

        if (!site)
                return pg_error_memory(error);
        *ret = site;
        return 0;
}

int pg_site_load(const char *path, bool must_exist, struct pg_site **ret,
                 struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        _cleanup_(pg_freep) char *text = NULL;
        struct pg_error cause = {0};
        bool is_private;
        size_t length;
        int r;

        r = pg_file_read(AT_FDCWD, path, PG_YAML_SIZE_MAX, &text, &length, &is_private, &cause);
        if (r == -ENOENT && !must_exist)
                return load_nothing(ret, error);
        if (r < 0) {
                if (error)
                        *error = cause;
                return r;
        }
        if (is_private && pg_diagnostics_conceal(diagnostics, path) < 0)
                return pg_error_memory(error);
        r = pg_site_parse(path, text, length, ret, diagnostics, error);
        if (r >= 0)
                pg_diagnostics_reveal(diagnostics, path);
        return r;
}

struct pg_site *pg_site_free(struct pg_site *site)
{
        if (!site)
                return NULL;
        for (size_t i = 0; i < site->n_groups; i++)
                pg_group_done(&site->groups[i]);
        for (size_t i = 0; i < site->n_settings; i++)
                pg_setting_done(&site->settings[i]);
        for (size_t i = 0; i < site->n_hosts; i++) {
                free(site->hosts[i].name);
                pg_addresses_done(&site->hosts[i].addresses);
        }
        free(site->groups);
        free(site->settings);
        free(site->hosts);
        pg_words_done(&site->profiles);
        pg_words_done(&site->enable);
        free(site->file);
        free(site);
        return NULL;
}

const struct pg_group *pg_site_find_group(const struct pg_site *site, const char *name)
{
        for (size_t i = 0; i < site->n_groups; i++)
                if (strcmp(site->groups[i].name, name) == 0)
                        return &site->groups[i];
        return NULL;
}

const struct pg_host *pg_site_find_host(const struct pg_site *site, const char *name)
{
        for (size_t i = 0; i < site->n_hosts; i++)
                if (strcasecmp(site->hosts[i].name, name) == 0)
                        return &site->hosts[i];
        return NULL;
}
