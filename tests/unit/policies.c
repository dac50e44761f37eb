/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policies made of profiles in a test's text, and what they open, as text. */
#include "unit/policies.h"
#include "policy/compile/compile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit/told.h"

#define SHIPPED PORTGUARD_SOURCE "/profiles"
#define NAME_MAX_HERE 64

static void name_of(const char *profile, char name[static NAME_MAX_HERE])
{
        assert_int_equal(sscanf(profile, "name: %63s", name), 1);
}

static void write_profile(const char *folder, const char *profile)
{
        char name[NAME_MAX_HERE], path[256];
        FILE *file;

        name_of(profile, name);
        snprintf(path, sizeof(path), "%s/%s.yaml", folder, name);
        file = fopen(path, "we");
        assert_non_null(file);
        fputs(profile, file);
        assert_int_equal(fclose(file), 0);
}

static void remove_profiles(const char *folder, const char *const *profiles, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                char name[NAME_MAX_HERE], path[256];

                name_of(profiles[i], name);
                snprintf(path, sizeof(path), "%s/%s.yaml", folder, name);
                unlink(path);
        }
        rmdir(folder);
}

static struct pg_policy *compile(const char *path, const char *name, const char *site_text,
                                 struct pg_diagnostics *diagnostics)
{
        struct pg_catalog *catalog = NULL;
        struct pg_policy *policy = NULL;
        struct pg_site *site = NULL;
        struct pg_error error = {0};

        if (pg_catalog_load(path, &name, 1, &catalog, diagnostics, &error) >= 0 &&
            pg_site_parse("site", site_text, strlen(site_text), &site, diagnostics, &error) >= 0 &&
            pg_policy_compile(catalog, site, &policy, diagnostics, &error) < 0)
                policy = NULL;
        pg_site_free(site);
        pg_catalog_free(catalog);
        return policy;
}

struct pg_policy *make_policy(const char *const *profiles, size_t n, const char *site, char **ret_told)
{
        char folder[] = "/tmp/portguard-unit-XXXXXX", path[256], name[NAME_MAX_HERE];
        struct pg_diagnostics *diagnostics = NULL;
        struct pg_policy *policy;

        assert_non_null(mkdtemp(folder));
        for (size_t i = 0; i < n; i++)
                write_profile(folder, profiles[i]);
        snprintf(path, sizeof(path), "%s:%s", folder, SHIPPED);
        name_of(profiles[0], name);
        assert_int_equal(pg_diagnostics_new(&diagnostics), 0);
        policy = compile(path, name, site, diagnostics);
        remove_profiles(folder, profiles, n);
        if (ret_told)
                *ret_told = told(diagnostics);
        pg_diagnostics_free(diagnostics);
        return policy;
}

struct pg_policy *make_shipped_policy(const char *name, const char *site)
{
        struct pg_diagnostics *diagnostics = NULL;
        struct pg_policy *policy;

        assert_int_equal(pg_diagnostics_new(&diagnostics), 0);
        policy = compile(SHIPPED, name, site, diagnostics);
        if (!policy)
                fail_msg("%s:\n%s", name, told(diagnostics));
        pg_diagnostics_free(diagnostics);
        return policy;
}

char *outline(const struct pg_policy *policy)
{
        char *text = NULL;
        size_t size = 0;
        FILE *stream = open_memstream(&text, &size);

        assert_non_null(stream);
        for (size_t i = 0; i < policy->n_segments; i++) {
                const struct pg_segment *segment = &policy->segments[i];
                _cleanup_(pg_freep) char *services = pg_segment_services(policy, segment);
                char ports[PG_PORTS_TEXT_MAX];

                pg_ports_format(&segment->ports, ports);
                fprintf(stream, "%s %s %s: %s\n", segment->direction == PG_IN ? "in" : "out", ports,
                        policy->sources[segment->source].label, services);
        }
        assert_int_equal(fclose(stream), 0);
        return text;
}

void check_outline(const struct pg_policy *policy, const char *wanted)
{
        _cleanup_(pg_freep) char *text = NULL;

        assert_non_null(policy);
        text = outline(policy);
        assert_string_equal(text, wanted);
}
