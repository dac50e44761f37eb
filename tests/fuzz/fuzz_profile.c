/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Profiles and site files from anybody: no crash, no leak, no long wait, and no problem untold. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "profile/profile/profile.h"
#include "profile/site/site.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
        if (!holds)
                abort();
}

/* What is refused is told, and what is told can be shown on a terminal. */
static void check_result(int r, const struct pg_diagnostics *diagnostics, const struct pg_error *error)
{
        require(r == 0 || r == -EINVAL);
        require((r == 0) == (pg_diagnostics_count(diagnostics, PG_SEVERITY_ERROR) == 0));
        require(r == error->number);
        for (size_t i = 0; i < pg_diagnostics_length(diagnostics); i++)
                for (const char *c = pg_diagnostics_at(diagnostics, i)->text; *c; c++)
                        require((unsigned char)*c >= ' ' && *c != 0x7f);
}

static void parse_profile(const char *text, size_t length, struct pg_diagnostics *diagnostics)
{
        _cleanup_(pg_profile_freep) struct pg_profile *profile = NULL;
        struct pg_error error = {0};
        int r;

        r = pg_profile_parse("/nonexistent/x.yaml", NULL, text, length, &profile, diagnostics, &error);
        check_result(r, diagnostics, &error);
        require((r == 0) == (profile != NULL));
        for (size_t i = 0; profile && i < profile->n_services; i++)
                require(profile->services[i].ports.n > 0 && profile->services[i].scopes.n > 0);
}

/* Whether the site could name a group file by an absolute path; relative ones are looked for in a
 * folder that does not exist. */
static bool may_open_file(const char *text, size_t length)
{
        return memchr(text, '/', length) &&
               (memchr(text, '\\', length) || memmem(text, length, "file", 4));
}

static void parse_site(const char *text, size_t length, struct pg_diagnostics *diagnostics)
{
        _cleanup_(pg_site_freep) struct pg_site *site = NULL;
        struct pg_error error = {0};
        int r;

        if (may_open_file(text, length))
                return;
        r = pg_site_parse("/nonexistent/site.yaml", text, length, &site, diagnostics, &error);
        check_result(r, diagnostics, &error);
        require((r == 0) == (site != NULL));
}

/* The first byte says what the rest is: 's' a site, anything else a profile. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct pg_diagnostics *diagnostics;

        if (size == 0 || pg_diagnostics_new(&diagnostics) < 0)
                return 0;
        if (data[0] == 's')
                parse_site((const char *)data + 1, size - 1, diagnostics);
        else
                parse_profile((const char *)data + 1, size - 1, diagnostics);
        pg_diagnostics_free(diagnostics);
        return 0;
}
