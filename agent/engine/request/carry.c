/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options of the enforced generation that a request takes over, or leaves out. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "engine/begin.h"
#include "engine/engine.h"
#include "engine/intended.h"
#include "engine/request/internal.h"
#include "engine/stored.h"
#include "policy/compile/compile.h"

void pg_carried_done(struct pg_carried *carried)
{
        pg_generation_done(&carried->applied);
        free(carried->options);
        *carried = (struct pg_carried){0};
}

int pg_carried_load(const struct pg_settings *settings, uint32_t generation, const char *digest,
                    struct pg_carried *ret, struct pg_error *error)
{
        _cleanup_(pg_store_closep) struct pg_store *store = NULL;
        _cleanup_(pg_carried_done) struct pg_carried carried = {.generation = generation};

        if (pg_store_open(pg_setting_state(settings), PG_STORE_READ, &store, NULL) < 0 ||
            pg_store_generation(store, generation, &carried.applied, NULL) < 0)
                return -ENOENT;
        if ((digest && strcmp(carried.applied.digest, digest) != 0) ||
            pg_generation_is_read_back(&carried.applied))
                return -ENOENT;
        carried.options = calloc(carried.applied.n_parameters + 1, sizeof(*carried.options));
        if (!carried.options)
                return pg_error_memory(error);
        *ret = PG_TAKE(carried);
        return 0;
}

static int load(const struct pg_settings *settings, const struct pg_table *table,
                struct pg_carried *ret, struct pg_error *error)
{
        uint32_t generation =
                table->slot ? table->enforced.generation : pg_intended_generation(settings);
        int r;

        if (!table->slot && generation == 0)
                return 0;
        r = pg_carried_load(settings, generation, table->slot ? table->enforced.digest : NULL, ret,
                            error);
        if (r != -ENOENT)
                return r;
        if (generation == 0)
                return pg_error_set(
                        error, PG_STATUS_REFUSED, r,
                        "the table inet portguard does not say which generation is enforced, "
                        "since somebody deleted or changed that record: portguard verify --repair");
        return pg_error_set(error, PG_STATUS_REFUSED, r,
                            "generation %u is enforced, and the history does not have the options that "
                            "it was applied with: give those that are wanted, and no --keep-options",
                            generation);
}

int pg_carried_find(const struct pg_settings *settings, struct pg_nft *nft, bool is_locked,
                    struct pg_carried *ret, struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        _cleanup_(pg_table_done) struct pg_table table = {0};
        int r = pg_table_read_settled(settings, nft, is_locked, PG_READ_SMALL, &table, diagnostics,
                                      error);

        if (r >= 0)
                r = load(settings, &table, ret, error);
        return r;
}

static bool same_name(const char *a, const char *b)
{
        size_t length = strcspn(a, "=");

        return length == strcspn(b, "=") && strncmp(a, b, length) == 0;
}

/* --set NAME=VALUE also sets what --set PROFILE.NAME=VALUE does. */
static bool sets_the_same(const char *given, const char *kept)
{
        size_t dot = strcspn(kept, ".=");

        return same_name(given, kept) || (kept[dot] == '.' && same_name(given, kept + dot + 1));
}

bool pg_carry_is_given(const char *parameter, const struct pg_request *request)
{
        const char *value;

        switch (pg_parameter_kind(parameter, &value)) {
        case PG_PARAMETER_SET:
                for (size_t i = 0; i < request->n_sets; i++)
                        if (sets_the_same(request->sets[i], value))
                                return true;
                return false;
        case PG_PARAMETER_GROUP:
                for (size_t i = 0; i < request->n_groups; i++)
                        if (same_name(request->groups[i], value))
                                return true;
                return false;
        case PG_PARAMETER_WITH:
                for (size_t i = 0; i < request->n_with; i++)
                        if (strcmp(request->with[i], value) == 0)
                                return true;
                return false;
        case PG_PARAMETER_EGRESS:
                return request->egress != NULL;
        default:
                return false;
        }
}

bool pg_carried_has_more(const struct pg_carried *carried, const struct pg_request *request)
{
        for (size_t i = 0; i < carried->applied.n_parameters; i++)
                if (carried->options[i] != PG_CARRY_DROPPED &&
                    !pg_carry_is_given(carried->applied.parameters[i], request))
                        return true;
        return false;
}

/* Whether a profile that the options were meant for is applied no more. */
static bool has_lost_profile(const struct pg_carried *carried, const struct pg_catalog *catalog)
{
        for (size_t i = 0; i < carried->applied.n_profiles; i++)
                if (!pg_catalog_find(catalog, carried->applied.profiles[i]))
                        return true;
        return false;
}

static bool is_of_use(const char *parameter, const struct pg_catalog *catalog,
                      const struct pg_site *site)
{
        const char *value;

        switch (pg_parameter_kind(parameter, &value)) {
        case PG_PARAMETER_SET:
                return pg_policy_has_use(catalog, site, PG_NAME_PARAM, value);
        case PG_PARAMETER_GROUP:
                return pg_policy_has_use(catalog, site, PG_NAME_GROUP, value);
        case PG_PARAMETER_WITH:
                return pg_policy_has_use(catalog, site, PG_NAME_SERVICE, value);
        default:
                return true;
        }
}

static int put(struct pg_site *site, const char *parameter, uint32_t generation,
               struct pg_diagnostics *diagnostics)
{
        static const struct pg_place place = {.file = "--keep-options"};
        const char *value;

        if (pg_parameter_is_relative(parameter)) {
                pg_diagnostics_add(diagnostics, PG_SEVERITY_ERROR, place,
                                   "generation %u was applied with %s, a path from another directory: "
                                   "give the option again, with the whole path",
                                   generation, parameter);
                return 0;
        }
        switch (pg_parameter_kind(parameter, &value)) {
        case PG_PARAMETER_SET:
                return pg_site_set(site, value, diagnostics);
        case PG_PARAMETER_GROUP:
                return pg_site_group(site, value, diagnostics);
        case PG_PARAMETER_WITH:
                return pg_site_enable(site, value, diagnostics);
        case PG_PARAMETER_EGRESS:
                site->egress_strict = strcmp(value, "strict") == 0;
                return 0;
        default:
                pg_diagnostics_add(diagnostics, PG_SEVERITY_ERROR, place,
                                   "generation %u was applied with %s, which this version does not "
                                   "know",
                                   generation, parameter);
                return 0;
        }
}

/* A group may be there for the sake of a parameter: those come first. */
static int add_those(struct pg_carried *carried, bool are_sets, const struct pg_request *request,
                     const struct pg_catalog *catalog, struct pg_site *site,
                     struct pg_diagnostics *diagnostics)
{
        bool has_lost = has_lost_profile(carried, catalog);
        int r = 0;

        for (size_t i = 0; r != -ENOMEM && i < carried->applied.n_parameters; i++) {
                const char *parameter = carried->applied.parameters[i], *value;
                bool is_set = pg_parameter_kind(parameter, &value) == PG_PARAMETER_SET;

                if (carried->options[i] == PG_CARRY_DROPPED || is_set != are_sets)
                        continue;
                carried->options[i] = PG_CARRY_TAKEN;
                if (pg_carry_is_given(parameter, request))
                        carried->options[i] = PG_CARRY_GIVEN;
                else if (has_lost && !is_of_use(parameter, catalog, site))
                        carried->options[i] = PG_CARRY_UNUSED;
                else
                        r = put(site, parameter, carried->generation, diagnostics);
        }
        return r == -ENOMEM ? r : 0;
}

int pg_carried_add(struct pg_carried *carried, const struct pg_request *request,
                   const struct pg_catalog *catalog, struct pg_site *site,
                   struct pg_diagnostics *diagnostics)
{
        int r = add_those(carried, true, request, catalog, site, diagnostics);

        return r < 0 ? r : add_those(carried, false, request, catalog, site, diagnostics);
}

int pg_carried_list(const struct pg_carried *carried, enum pg_carry what, char ***ret, size_t *ret_n)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < carried->applied.n_parameters; i++)
                if (carried->options[i] == what)
                        r = pg_copy_strings(&carried->applied.parameters[i], 1, ret, ret_n);
        return r;
}
