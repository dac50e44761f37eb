/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the history says should be enforced. */
#ifndef PG_ENGINE_INTENDED_H
#define PG_ENGINE_INTENDED_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/table.h"
#include "portguard/portguard.h"

/* The generation that the history says is enforced for good; 0: none, or it cannot be asked. */
uint32_t pg_intended_generation(const struct pg_settings *settings);

#define PG_INTENDED_NOT_KNOWN \
        "whether something else should be enforced, by the history, is not known: "
/* The same; a warning tells where it cannot be asked, unless there is none. */
uint32_t pg_intended_or_warn(const struct pg_settings *settings, struct pg_diagnostics *diagnostics);

/* Where the history says that another generation than the table's should be enforced, or none, or that
 * the trial which is open has ended: somebody loaded a table that was saved before. */
struct pg_disagreement {
        char *text;   /* that, in words; NULL where the history agrees, or cannot be asked */
        char *advice; /* what settles it; NULL: what repairs the table (repair_advice.h) */
};

/* Finds it in a table of which a slot is in force; the caller ends it with pg_disagreement_done(). A
 * history that was lost is not that of a host that was disabled: see pg_loss_at_boot(). */
int pg_intended_compare(const struct pg_settings *settings, const struct pg_table *table,
                        struct pg_disagreement *ret, struct pg_error *error);
void pg_disagreement_done(struct pg_disagreement *disagreement);

/* Where portguard was disabled, and a table is there all the same: the commands that settle it, for
 * verify --repair restores nothing then. The caller frees it; NULL: it was not disabled, or the history
 * cannot be asked. */
char *pg_disabled_advice(const struct pg_settings *settings, const struct pg_table *table);

/* Why what is in force for good in that table, or would be when its trial is over, does not come back
 * at boot, or is not known to, with the advice, in words; NULL: the history brings something back, or
 * was told not to. `is_read`: the policy of what is enforced was read from the history just now, and
 * need not be read again. The caller frees it; NULL also when memory is short. */
char *pg_loss_at_boot(const struct pg_settings *settings, const struct pg_table *table, bool is_read);

/* "portguard apply ssh https, with the options that it had"; the caller frees it. */
char *pg_reapply_text(char *const *profiles, size_t n);

/* Where nothing is enforced though the history says otherwise: that, and the advice, in words; the
 * caller frees it. NULL where the history agrees; or cannot be asked, of which a warning tells. */
char *pg_absence_text(const struct pg_settings *settings, struct pg_diagnostics *diagnostics);

#endif
