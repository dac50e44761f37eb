/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which value holds for a parameter, and whether the site's settings fit the profiles. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policy/compile.h"

/* What comes from the command line has a place without a line; a mistake there is an error, while the
 * site file may serve hosts of several roles and is only warned about. */
static enum pg_severity severity_at(struct pg_place place)
{
        return place.line == 0 ? PG_SEVERITY_ERROR : PG_SEVERITY_WARNING;
}

static bool setting_applies(const struct pg_setting *setting, const struct pg_profile *profile,
                            const char *param)
{
        return strcmp(setting->param, param) == 0 &&
               (!setting->profile || strcmp(setting->profile, profile->name) == 0);
}

/* The command line wins over the site file, and a setting for one profile over one for all. */
static int rank(const struct pg_setting *setting)
{
        return 2 * (setting->place.line == 0) + (setting->profile != NULL);
}

const struct pg_words *pg_setting_values(const struct pg_compiler *compiler,
                                         const struct pg_profile *profile, const struct pg_param *param)
{
        const struct pg_site *site = compiler->site;
        const struct pg_setting *best = NULL;

        for (size_t i = 0; i < site->n_settings; i++) {
                const struct pg_setting *setting = &site->settings[i];

                if (setting_applies(setting, profile, param->name) &&
                    (!best || rank(setting) >= rank(best)))
                        best = setting;
        }
        return best ? &best->values : &param->initial;
}

/* Reports a name that nothing has, with the nearest of `names` (whose array is freed). */
static void report_unknown(struct pg_compiler *compiler, struct pg_place place, const char *what,
                           const char *name, const char **names, size_t n)
{
        const char *nearest = pg_nearest(name, names, n);

        if (nearest)
                pg_diagnostics_add(compiler->diagnostics, severity_at(place), place,
                                   "no applied profile has the %s '%s' (did you mean '%s'?)", what,
                                   name, nearest);
        else
                pg_diagnostics_add(compiler->diagnostics, severity_at(place), place,
                                   "no applied profile has the %s '%s' (see: portguard profiles show)",
                                   what, name);
        free(names);
}

static void unknown_param(struct pg_compiler *compiler, const struct pg_setting *setting)
{
        const char **names = NULL;
        size_t n = 0;

        for (size_t i = 0; i < compiler->catalog->n_entries; i++) {
                const struct pg_profile *profile = compiler->catalog->entries[i].profile;

                if (setting->profile && strcmp(setting->profile, profile->name) != 0)
                        continue;
                for (size_t j = 0; j < profile->n_params; j++) {
                        const char **more = reallocarray(names, n + 1, sizeof(*names));

                        if (!more)
                                break;
                        names = more;
                        names[n++] = profile->params[j].name;
                }
        }
        report_unknown(compiler, setting->place, "parameter", setting->param, names, n);
}

static void check_setting(struct pg_compiler *compiler, const struct pg_setting *setting)
{
        bool known = false;

        for (size_t i = 0; i < compiler->catalog->n_entries; i++) {
                const struct pg_profile *profile = compiler->catalog->entries[i].profile;
                const struct pg_param *param = pg_profile_param(profile, setting->param);

                if (!param || !setting_applies(setting, profile, param->name))
                        continue;
                /* The same fault in ten profiles that share the parameter is one fault. */
                if (!pg_param_accepts(param, &setting->values, compiler->diagnostics))
                        return;
                known = true;
        }
        if (!known)
                unknown_param(compiler, setting);
}

static bool service_is_known(const struct pg_catalog *catalog, const char *name)
{
        const char *slash = strchr(name, '/');

        for (size_t i = 0; i < catalog->n_entries; i++) {
                const struct pg_profile *profile = catalog->entries[i].profile;

                if (slash && (strncmp(name, profile->name, (size_t)(slash - name)) != 0 ||
                              profile->name[slash - name] != '\0'))
                        continue;
                if (pg_profile_service(profile, slash ? slash + 1 : name))
                        return true;
        }
        return false;
}

static void check_enabled(struct pg_compiler *compiler, const struct pg_word *word)
{
        const char **names = NULL;
        size_t n = 0;

        if (strcmp(word->text, "all") == 0 || service_is_known(compiler->catalog, word->text))
                return;
        for (size_t i = 0; i < compiler->catalog->n_entries; i++) {
                const struct pg_profile *profile = compiler->catalog->entries[i].profile;

                for (size_t j = 0; j < profile->n_services; j++) {
                        const char **more = reallocarray(names, n + 1, sizeof(*names));

                        if (!more)
                                break;
                        names = more;
                        names[n++] = profile->services[j].name;
                }
        }
        report_unknown(compiler, word->place, "service", word->text, names, n);
}

void pg_check_settings(struct pg_compiler *compiler)
{
        for (size_t i = 0; i < compiler->site->n_settings; i++)
                check_setting(compiler, &compiler->site->settings[i]);
        for (size_t i = 0; i < compiler->site->enable.n; i++)
                check_enabled(compiler, &compiler->site->enable.items[i]);
}
