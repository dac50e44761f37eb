/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The site and the profiles: whether they are sound, and whether they say what is enforced. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/public.h"
#include "base/strings.h"
#include "engine/doctor/internal.h"
#include "engine/engine.h"
#include "engine/intended.h"
#include "engine/request/request.h"
#include "engine/stored.h"

#define TOLD_MAX 20

/* Each warning and error of a reading; they say the advice themselves. */
static int report_diagnostics(struct pg_doctor *doctor, const char *name,
                              const struct pg_diagnostics *diagnostics)
{
        size_t reported = 0;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < pg_diagnostics_length(diagnostics); i++) {
                const struct pg_diagnostic *item = pg_diagnostics_at(diagnostics, i);
                enum pg_check_level level =
                        item->severity == PG_SEVERITY_ERROR ? PG_CHECK_PROBLEM : PG_CHECK_WARNING;

                if (item->severity == PG_SEVERITY_NOTE)
                        continue;
                if (++reported > TOLD_MAX)
                        return pg_doctor_add(doctor, name, level, "portguard plan",
                                             "there is more of that");
                if (item->file && item->line > 0)
                        r = pg_doctor_add(doctor, name, level, NULL, "%s:%u:%u: %s", item->file,
                                          item->line, item->column, item->text);
                else
                        r = pg_doctor_add(doctor, name, level, NULL, "%s%s%s",
                                          item->file ? item->file : "", item->file ? ": " : "",
                                          item->text);
        }
        return r;
}

/* What the enforced generation was asked for with, to be asked for again. */
struct again {
        struct pg_generation generation;
        const char **sets, **groups, **with;
        struct pg_request request;
};

static void again_done(struct again *again)
{
        free(again->sets);
        free(again->groups);
        free(again->with);
        pg_generation_done(&again->generation);
}

static int add_word(const char ***words, size_t *n, const char *word)
{
        const char **item = PG_ARRAY_ADD(*words, *n);

        if (!item)
                return -ENOMEM;
        *item = word;
        return 0;
}

static int add_parameter(struct again *again, const char *parameter)
{
        struct pg_request *request = &again->request;
        const char *value;

        switch (pg_parameter_kind(parameter, &value)) {
        case PG_PARAMETER_SET:
                return add_word(&again->sets, &request->n_sets, value);
        case PG_PARAMETER_GROUP:
                return add_word(&again->groups, &request->n_groups, value);
        case PG_PARAMETER_WITH:
                return add_word(&again->with, &request->n_with, value);
        case PG_PARAMETER_EGRESS:
                request->egress = value;
                return 0;
        default:
                return 0;
        }
}

/* -ENOENT: the history does not have it. -EXDEV, with the parameter: it cannot be asked for again. */
static int find_again(const struct pg_doctor *doctor, struct again *ret, const char **ret_relative)
{
        _cleanup_(pg_store_closep) struct pg_store *store = NULL;
        struct pg_generation *generation = &ret->generation;
        int r = 0;

        if (doctor->view->generation == 0 ||
            pg_store_open(pg_setting_state(doctor->settings), PG_STORE_READ, &store, NULL) < 0 ||
            pg_store_generation(store, doctor->view->generation, generation, NULL) < 0 ||
            pg_generation_is_read_back(generation))
                return -ENOENT;
        for (size_t i = 0; r >= 0 && i < generation->n_parameters; i++) {
                if (pg_parameter_is_relative(generation->parameters[i])) {
                        *ret_relative = generation->parameters[i];
                        return -EXDEV;
                }
                r = add_parameter(ret, generation->parameters[i]);
        }
        ret->request.profiles = (const char *const *)generation->profiles;
        ret->request.n_profiles = generation->n_profiles;
        ret->request.sets = ret->sets;
        ret->request.groups = ret->groups;
        ret->request.with = ret->with;
        return r;
}

/* The options come before: what was asked for with them is what is enforced. */
static int report_left_out(struct pg_doctor *doctor, const struct pg_left_out *left_out,
                           const char *what)
{
        _cleanup_(pg_freep) char *text = pg_strings_join(left_out->options, left_out->n_options, " ");

        if (!text)
                return -ENOMEM;
        return pg_doctor_add(
                doctor, "site", PG_CHECK_WARNING,
                "portguard apply --keep-options, or write what they say into the site file",
                "%s leaves out %s, with which generation %u was applied%s", what, text,
                left_out->generation, left_out->reason ? "" : ", and so lets more in or out");
}

/* The site file names what it asks for. The caller frees it. */
static char *advise_plan(const struct pg_request *request)
{
        _cleanup_(pg_freep) char *names =
                pg_strings_join((char *const *)request->profiles, request->n_profiles, " ");
        _cleanup_(pg_freep) char *reapply =
                pg_reapply_text((char *const *)request->profiles, request->n_profiles);

        if (request->n_profiles == 0)
                return strdup("portguard plan, then portguard apply");
        return names && reapply ? pg_format("portguard plan %s, then %s", names, reapply) : NULL;
}

static int report_plan(struct pg_doctor *doctor, const struct pg_outcome *outcome,
                       const struct pg_request *request, const char *what)
{
        _cleanup_(pg_freep) char *advice = advise_plan(request);
        size_t n = outcome->changes->n;
        int r = outcome->left_out.n_options > 0 ? report_left_out(doctor, &outcome->left_out, what) : 0;

        if (r < 0 || !advice)
                return r < 0 ? r : -ENOMEM;
        /* What closes now may be open again when names resolve; a warning says which one. */
        if (outcome->unresolved)
                return pg_doctor_add(doctor, "site", PG_CHECK_NOTE, NULL,
                                     "whether %s would change anything is not known while names do not "
                                     "resolve",
                                     what);
        if (n == 0)
                return pg_doctor_add(doctor, "site", PG_CHECK_OK, NULL,
                                     "%s would change nothing that is enforced", what);
        return pg_doctor_add(
                doctor, "site", PG_CHECK_WARNING, advice,
                "%s would change %zu thing%s of what is enforced: %sfiles were changed since "
                "the apply, or it was asked for with other options",
                what, n, n == 1 ? "" : "s",
                outcome->n_repaired > 0 ? "somebody changed the table inet portguard, " : "");
}

static int plan(struct pg_doctor *doctor, const struct pg_request *request, const char *what)
{
        _cleanup_(pg_diagnostics_freep) struct pg_diagnostics *diagnostics = NULL;
        _cleanup_(pg_outcome_freep) struct pg_outcome *outcome = NULL;
        struct pg_error error;
        int planned, r = pg_diagnostics_new(&diagnostics);

        if (r < 0)
                return r;
        planned = pg_plan(doctor->settings, request, 0, &outcome, diagnostics, &error);
        r = report_diagnostics(doctor, "site", diagnostics);
        if (r < 0 || (planned < 0 && pg_diagnostics_count(diagnostics, PG_SEVERITY_ERROR) > 0))
                return r;
        if (planned < 0)
                return pg_doctor_add(doctor, "site", PG_CHECK_PROBLEM, NULL, "%s", error.message);
        return doctor->view->state == PG_STATE_OFF ? 0 : report_plan(doctor, outcome, request, what);
}

/* Services that are open to nobody, as what is enforced has them. */
static int check_groups(struct pg_doctor *doctor)
{
        _cleanup_(pg_store_closep) struct pg_store *store = NULL;
        _cleanup_(pg_policy_freep) struct pg_policy *policy = NULL;
        int r = 0;

        if (doctor->view->generation == 0 ||
            pg_store_open(pg_setting_state(doctor->settings), PG_STORE_READ, &store, NULL) < 0 ||
            pg_store_policy(store, doctor->view->generation, NULL, &policy, NULL) < 0)
                return 0;
        for (size_t i = 0; r >= 0 && i < policy->n_segments; i++) {
                const struct pg_segment *segment = &policy->segments[i];
                const struct pg_source *source = &policy->sources[segment->source];
                _cleanup_(pg_freep) char *services = pg_segment_services(policy, segment);

                if (pg_source_opens(source) || pg_source_has_scope(source, "local") ||
                    pg_source_has_scope(source, "none") || segment->direction == PG_OUT)
                        continue;
                r = services ? pg_doctor_add(doctor, "groups", PG_CHECK_WARNING,
                                             "name their addresses in the site file, or with --group",
                                             "enforced: %s is open to nobody: %s is empty", services,
                                             source->label)
                             : -ENOMEM;
        }
        return r;
}

/* What the last apply would do if it were done again. */
static int check_again(struct pg_doctor *doctor)
{
        _cleanup_(again_done) struct again again = {0};
        const char *relative = NULL;
        int r = find_again(doctor, &again, &relative);

        if (r >= 0)
                r = plan(doctor, &again.request, "the same apply again");
        else if (r == -EXDEV)
                r = pg_doctor_add(
                        doctor, "site", PG_CHECK_NOTE, NULL,
                        "whether the last apply would change anything now is not known: %s is "
                        "a path from another directory",
                        relative);
        else if (r == -ENOENT)
                r = 0;
        return r;
}

int pg_check_site(struct pg_doctor *doctor)
{
        _cleanup_(pg_diagnostics_freep) struct pg_diagnostics *diagnostics = NULL;
        _cleanup_(pg_site_freep) struct pg_site *site = NULL;
        const struct pg_settings *settings = doctor->settings;
        const char *path = settings->site ? settings->site : PG_DEFAULT_SITE;
        static const struct pg_request of_site;
        struct pg_error error = {0};
        int r = pg_diagnostics_new(&diagnostics);

        if (r < 0)
                return r;
        if (pg_site_load(path, settings->site != NULL, &site, diagnostics, &error) < 0) {
                r = report_diagnostics(doctor, "site", diagnostics);
                if (r >= 0 && pg_diagnostics_count(diagnostics, PG_SEVERITY_ERROR) == 0)
                        r = pg_doctor_add(doctor, "site", PG_CHECK_PROBLEM, NULL, "%s", error.message);
                return r;
        }
        if (site->profiles.n > 0)
                r = plan(doctor, &of_site, "what the site file asks for");
        else
                r = check_again(doctor);
        return r < 0 ? r : check_groups(doctor);
}

int pg_check_profiles(struct pg_doctor *doctor)
{
        _cleanup_(pg_diagnostics_freep) struct pg_diagnostics *diagnostics = NULL;
        _cleanup_(pg_profile_list_freep) struct pg_profile_list *list = NULL;
        struct pg_error error;
        int r = pg_diagnostics_new(&diagnostics);

        if (r < 0)
                return r;
        r = pg_profiles_list(doctor->settings, &list, diagnostics, &error);
        if (r < 0)
                return pg_doctor_add(doctor, "profiles", PG_CHECK_PROBLEM, NULL, "%s", error.message);
        if (pg_diagnostics_count(diagnostics, PG_SEVERITY_ERROR) > 0)
                return report_diagnostics(doctor, "profiles", diagnostics);
        return pg_doctor_add(doctor, "profiles", PG_CHECK_OK, NULL, "all %zu profiles can be used",
                             list->n);
}
