/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands that repair what somebody did to the table. */
#include "engine/repair_advice.h"

#include <errno.h>
#include <string.h>

#include "base/strings.h"
#include "engine/intended.h"

#define PG_ADVICE "portguard verify --repair"
/* Restore leaves a trial alone. */
#define PG_ADVICE_ON_TRIAL "portguard confirm, or portguard rollback and then portguard verify --repair"
#define PG_ADVICE_OF_TRIAL "portguard rollback, and then portguard verify --repair"

bool pg_fallback_is_uncertain(const struct pg_table *table)
{
        const enum pg_after_trial after = pg_table_open_trial(table).after;

        return after == PG_AFTER_TRIAL_CHANGED || after == PG_AFTER_TRIAL_UNRECORDED;
}

/* A rollback would put what the trial falls back to in force at once. */
static char *advise_fallback(const struct pg_record *falls_back)
{
        _cleanup_(pg_freep) char *reapply =
                pg_reapply_text(falls_back->profiles, falls_back->n_profiles);

        return reapply ? pg_format("portguard confirm, or portguard confirm and then %s", reapply)
                       : NULL;
}

char *pg_table_advice(const struct pg_table *table)
{
        if (!table->trial.slot)
                return strdup(PG_ADVICE);
        if (!pg_trial_can_be_kept(table))
                return strdup(PG_ADVICE_OF_TRIAL);
        return pg_fallback_is_uncertain(table) ? advise_fallback(&table->falls_back)
                                               : strdup(PG_ADVICE_ON_TRIAL);
}

int pg_owner_advice(const struct pg_settings *settings, const struct pg_table *table, char **ret)
{
        _cleanup_(pg_freep) char *disabled = NULL;
        char who[PG_TABLE_OWNER_MAX];
        const char *then = ", then portguard apply PROFILE";

        *ret = NULL;
        if (!table->snapshot.is_owned)
                return 0;
        disabled = pg_disabled_advice(settings, table);
        if (disabled)
                then = "";
        else if (pg_intended_generation(settings) != 0)
                then = ", then portguard verify --repair";
        *ret = pg_format(
                "end %s, to which the table inet portguard belongs (flags owner), and with which it "
                "goes%s",
                pg_nft_owner_text(table->snapshot.owner, who), then);
        return *ret ? 0 : -ENOMEM;
}

/* Where verify --repair has nothing to restore; NULL: it has. */
static char *advise_instead(const struct pg_settings *settings, const struct pg_table *table)
{
        char *disabled = NULL;

        if (pg_owner_advice(settings, table, &disabled) >= 0 && !disabled)
                disabled = pg_disabled_advice(settings, table);
        if (disabled || table->trial.slot || table->enforced.generation == 0 ||
            pg_intended_generation(settings) != 0)
                return disabled;
        return pg_reapply_text(table->enforced.profiles, table->enforced.n_profiles);
}

char *pg_repair_text(const struct pg_settings *settings, const struct pg_table *table, const char *does)
{
        _cleanup_(pg_freep) char *instead = advise_instead(settings, table);
        _cleanup_(pg_freep) char *advice = instead ? NULL : pg_table_advice(table);

        if (instead)
                return pg_format("to settle it: %s", instead);
        return advice ? pg_format("%s %s", advice, does) : NULL;
}

int pg_advise_verified(const struct pg_settings *settings, const struct pg_table *table,
                       struct pg_verification *verification)
{
        char *first = NULL;
        int r = pg_owner_advice(settings, table, &first);

        if (r < 0)
                return r;
        if (first) {
                free(verification->advice);
                verification->advice = first;
        }
        if (!verification->advice && verification->drift && table->snapshot.exists)
                verification->advice = advise_instead(settings, table);
        if (!verification->advice)
                verification->advice = table->slot ? pg_table_advice(table) : strdup(PG_ADVICE);
        return verification->advice ? 0 : -ENOMEM;
}
