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
/* A rollback would put it in force at once. */
#define PG_ADVICE_OF_FALLBACK "portguard confirm, or portguard confirm and then portguard apply"
#define PG_ADVICE_OF_TRIAL "portguard rollback, and then portguard verify --repair"

bool pg_fallback_is_uncertain(const struct pg_table *table)
{
        const enum pg_after_trial after = pg_table_open_trial(table).after;

        return after == PG_AFTER_TRIAL_CHANGED || after == PG_AFTER_TRIAL_UNRECORDED;
}

const char *pg_table_advice(const struct pg_table *table)
{
        if (!table->trial.slot)
                return PG_ADVICE;
        if (!pg_trial_can_be_kept(table))
                return PG_ADVICE_OF_TRIAL;
        return pg_fallback_is_uncertain(table) ? PG_ADVICE_OF_FALLBACK : PG_ADVICE_ON_TRIAL;
}

/* Where verify --repair has nothing to restore; NULL: it has. */
static char *advise_instead(const struct pg_settings *settings, const struct pg_table *table)
{
        char *disabled = pg_disabled_advice(settings, table);

        if (disabled || table->trial.slot || table->enforced.generation == 0 ||
            pg_intended_generation(settings) != 0)
                return disabled;
        return pg_reapply_text(table->enforced.profiles, table->enforced.n_profiles);
}

char *pg_repair_text(const struct pg_settings *settings, const struct pg_table *table, const char *does)
{
        _cleanup_(pg_freep) char *instead = advise_instead(settings, table);

        return instead ? pg_format("to settle it: %s", instead)
                       : pg_format("%s %s", pg_table_advice(table), does);
}

int pg_advise_verified(const struct pg_settings *settings, const struct pg_table *table,
                       struct pg_verification *verification)
{
        if (!verification->advice && verification->drift && table->snapshot.exists)
                verification->advice = advise_instead(settings, table);
        if (!verification->advice)
                verification->advice = strdup(table->slot ? pg_table_advice(table) : PG_ADVICE);
        return verification->advice ? 0 : -ENOMEM;
}
