/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what was asked for to a policy. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "engine/request/internal.h"
#include "policy/compile/compile.h"

void pg_compiled_done(struct pg_compiled *compiled)
{
        pg_policy_free(compiled->policy);
        pg_catalog_free(compiled->catalog);
        pg_site_free(compiled->site);
        *compiled = (struct pg_compiled){0};
}

static int set_egress(struct pg_site *site, const char *egress, struct pg_diagnostics *diagnostics)
{
        if (strcmp(egress, "strict") == 0)
                site->egress_strict = true;
        else if (strcmp(egress, "open") == 0)
                site->egress_strict = false;
        else
                pg_diagnostics_add(diagnostics, PG_SEVERITY_ERROR,
                                   (struct pg_place){.file = "--egress"},
                                   "must be 'open' or 'strict', not '%s'", egress);
        return 0;
}

static int add_options(struct pg_site *site, const struct pg_request *request,
                       struct pg_diagnostics *diagnostics)
{
        int r = 0;

        for (size_t i = 0; r != -ENOMEM && i < request->n_groups; i++)
                r = pg_site_group(site, request->groups[i], diagnostics);
        for (size_t i = 0; r != -ENOMEM && i < request->n_sets; i++)
                r = pg_site_set(site, request->sets[i], diagnostics);
        for (size_t i = 0; r != -ENOMEM && i < request->n_with; i++)
                r = pg_site_enable(site, request->with[i], diagnostics);
        if (request->egress)
                set_egress(site, request->egress, diagnostics);
        return r == -ENOMEM ? r : 0;
}

static int load_site(const struct pg_settings *settings, const struct pg_request *request,
                     struct pg_site **ret, struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        const char *path = settings->site ? settings->site : PG_DEFAULT_SITE;
        int r = pg_site_load(path, settings->site != NULL, ret, diagnostics, error);

        if (r >= 0 && add_options(*ret, request, diagnostics) < 0)
                return pg_error_memory(error);
        return r;
}

static int load_catalog(const struct pg_settings *settings, const struct pg_request *request,
                        struct pg_compiled *compiled, struct pg_diagnostics *diagnostics,
                        struct pg_error *error)
{
        _cleanup_(pg_freep) const char **names = NULL;
        const char *const *wanted = request->profiles;
        size_t n = request->n_profiles;

        if (n == 0 && compiled->site) {
                n = compiled->site->profiles.n;
                names = calloc(n + 1, sizeof(*names));
                if (!names)
                        return pg_error_memory(error);
                for (size_t i = 0; i < n; i++)
                        names[i] = compiled->site->profiles.items[i].text;
                wanted = names;
        }
        if (n == 0 && compiled->site)
                return pg_error_set(
                        error, PG_STATUS_USAGE, -EINVAL,
                        "no profile is named: say what this host is (portguard apply k8s-worker; "
                        "see: portguard profiles list), or set profiles: in the site file");
        if (n == 0)
                return -EINVAL;
        return pg_catalog_load(pg_setting_profiles(settings), wanted, n, &compiled->catalog,
                               diagnostics, error);
}

/* Says how many errors there were, once they are all reported. */
static int refuse(const struct pg_carried *carried, const struct pg_diagnostics *diagnostics,
                  struct pg_error *error)
{
        size_t n = pg_diagnostics_count(diagnostics, PG_SEVERITY_ERROR);

        if (carried && carried->applied.n_parameters > 0)
                return pg_error_set(error, PG_STATUS_INVALID, -EINVAL,
                                    "%zu error%s in profiles, site or options, those that are kept of "
                                    "generation %u included: refused, nothing was changed",
                                    n, n == 1 ? "" : "s", carried->generation);
        return pg_error_set(error, PG_STATUS_INVALID, -EINVAL,
                            "%zu error%s in profiles, site or options: "
                            "refused, nothing was changed",
                            n, n == 1 ? "" : "s");
}

/* What has been loaded, to a policy. */
static int resolve(const struct pg_settings *settings, struct pg_compiled *compiled, bool looks_up,
                   struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        int r = 0;

        /* To read all profiles takes longer than all the rest. */
        if (!pg_policy_names_are_applied(compiled->catalog, compiled->site))
                r = pg_catalog_load_others(compiled->catalog, pg_setting_profiles(settings), error);
        if (r >= 0 && looks_up)
                r = pg_resolve_hosts(compiled->catalog, compiled->site, error);
        return r < 0 ? r
                     : pg_policy_compile(compiled->catalog, compiled->site, &compiled->policy,
                                         diagnostics, error);
}

static int compile(const struct pg_settings *settings, const struct pg_request *request,
                   struct pg_carried *carried, bool looks_up, struct pg_compiled *ret,
                   struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        _cleanup_(pg_compiled_done) struct pg_compiled compiled = {0};
        int r, s;

        /* All errors of all files at once: the profiles are read though the site is wrong. */
        s = load_site(settings, request, &compiled.site, diagnostics, error);
        r = s == -EINVAL || s >= 0 ? load_catalog(settings, request, &compiled, diagnostics, error) : s;
        if (s >= 0 && r >= 0 && carried &&
            pg_carried_add(carried, request, compiled.catalog, compiled.site, diagnostics) < 0)
                r = pg_error_memory(error);
        if (s >= 0 && r >= 0)
                r = resolve(settings, &compiled, looks_up, diagnostics, error);
        if (pg_diagnostics_count(diagnostics, PG_SEVERITY_ERROR) > 0)
                r = refuse(carried, diagnostics, error);
        else if (s < 0)
                r = s;
        if (r < 0)
                return r;
        *ret = PG_TAKE(compiled);
        return 0;
}

int pg_compile_request(const struct pg_settings *settings, const struct pg_request *request,
                       struct pg_compiled *ret, struct pg_diagnostics *diagnostics,
                       struct pg_error *error)
{
        return compile(settings, request, NULL, true, ret, diagnostics, error);
}

int pg_compile_carried(const struct pg_settings *settings, const struct pg_request *request,
                       struct pg_carried *carried, struct pg_compiled *ret,
                       struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        return compile(settings, request, carried, true, ret, diagnostics, error);
}

int pg_compile_offline(const struct pg_settings *settings, const struct pg_request *request,
                       struct pg_compiled *ret, struct pg_diagnostics *diagnostics,
                       struct pg_error *error)
{
        return compile(settings, request, NULL, false, ret, diagnostics, error);
}

int pg_compile_variant(const struct pg_settings *settings, const struct pg_request *request,
                       struct pg_carried *carried, const struct pg_compiled *like,
                       struct pg_policy **ret, struct pg_diagnostics *diagnostics,
                       struct pg_error *error)
{
        _cleanup_(pg_site_freep) struct pg_site *site = NULL;
        struct pg_host *own;
        size_t n_own;
        int r = load_site(settings, request, &site, diagnostics, error);

        if (r >= 0 && pg_carried_add(carried, request, like->catalog, site, diagnostics) < 0)
                r = pg_error_memory(error);
        if (r >= 0 && pg_diagnostics_count(diagnostics, PG_SEVERITY_ERROR) > 0)
                r = refuse(carried, diagnostics, error);
        if (r < 0)
                return r;
        own = site->hosts;
        n_own = site->n_hosts;
        site->hosts = like->site->hosts;
        site->n_hosts = like->site->n_hosts;
        r = pg_policy_compile(like->catalog, site, ret, diagnostics, error);
        site->hosts = own;
        site->n_hosts = n_own;
        return r;
}
