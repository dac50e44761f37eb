/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which value holds for a parameter, and whether the site's settings fit the profiles. */
#include <stdlib.h>
#include <string.h>

#include "policy/compile/internal.h"

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

static void check_setting(struct pg_compiler *compiler, const struct pg_setting *setting)
{
        for (size_t i = 0; i < compiler->catalog->n_entries; i++) {
                const struct pg_profile *profile = compiler->catalog->entries[i].profile;
                const struct pg_param *param = pg_profile_param(profile, setting->param);

                if (!param || !setting_applies(setting, profile, param->name))
                        continue;
                /* The same error in ten profiles that share the parameter is one error. */
                if (!pg_param_accepts(param, &setting->values, compiler->diagnostics))
                        return;
        }
}

void pg_check_settings(struct pg_compiler *compiler)
{
        for (size_t i = 0; i < compiler->site->n_settings; i++)
                check_setting(compiler, &compiler->site->settings[i]);
        pg_check_names(compiler);
}
