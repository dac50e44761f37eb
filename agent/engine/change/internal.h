/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of engine/change/ share. */
#ifndef PG_ENGINE_CHANGE_INTERNAL_H
#define PG_ENGINE_CHANGE_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/change/change.h"
#include "engine/transaction/transaction.h"

/* What a command does between the beginning and the end that all have. */
struct pg_change_steps {
        enum pg_history_need need;
        int (*carry_out)(struct pg_context *context, struct pg_outcome *outcome, void *data);
        void *data;
};

/* Begins with pg_context_begin(), carries the steps out, and ends the context. The caller frees *ret.
 */
int pg_change_run(const struct pg_settings *settings, const struct pg_change_steps *steps,
                  struct pg_outcome **ret, struct pg_diagnostics *diagnostics, struct pg_error *error);

/* Makes it so, and fills in the outcome. Each try plans anew from what the kernel holds then. */
int pg_converge(struct pg_context *context, const struct pg_change_spec *spec,
                struct pg_outcome *outcome);

/* Warns where a message was given for the history, and no generation was made that could have it. */
void pg_warn_unwritten(struct pg_context *context, const struct pg_change_options *options,
                       const struct pg_outcome *outcome);

/* Makes it enforce what that generation did, as a new one. */
int pg_bring_back(struct pg_context *context, uint32_t number, const struct pg_change_options *options,
                  struct pg_outcome *outcome);

/* Refuses (-ESTALE) where the change that is described is not the one that was agreed to, or another
 * generation is enforced. Of several tries it is asked at the first. */
int pg_agreed_check(struct pg_convergence *c);

/* Which generation a rollback means that names none, in *ret: the last where portguard is off, else the
 * confirmed one before the enforced. -ENOENT: there is none, or the history does not have what is
 * enforced. -EALREADY: a trial is over, and nothing was applied since. */
int pg_previous_find(struct pg_context *context, uint32_t *ret);

/* Reads the table: whole where a trial is open, whose slots are compared; else without large groups.
 * The caller ends it with pg_table_done(); after an error it is empty. */
int pg_read_for_trial(struct pg_context *context, struct pg_table *ret);

/* Fills in what an outcome tells of the open trial of a table that was read whole. 0 or -ENOMEM. */
int pg_outcome_trial(struct pg_outcome *outcome, const struct pg_table *table);

/* Notes in the history what became of the trial of the generation that its record says; where somebody
 * deleted or changed that (0), of the newest generation that has no end. */
void pg_trial_event(struct pg_context *context, uint32_t recorded, enum pg_event_kind kind);

/* Notes in the history that the trial of the table was ended; a generation that was confirmed stays so,
 * where somebody loaded the table as it was during its trial. `goes_back`: what the trial falls back to
 * is enforced for good from now on. */
void pg_trial_ended(struct pg_context *context, const struct pg_table *table, bool goes_back);

/* Ends the open trial now, and says so in the history and the outcome. *ret_ended is false, and nothing
 * is done, when none is open. */
int pg_trial_end(struct pg_context *context, struct pg_outcome *outcome, bool *ret_ended);

/* Warns of other tables that may drop what a trial lets in, or where it is kept what its count of ssh
 * connections does not tell; then `ssh_untracked` of the outcome is filled in, too. */
void pg_others_report(struct pg_context *context, struct pg_outcome *outcome, bool is_kept);

/* Warns where nobody has come in by ssh during the trial that is kept, and says why nobody could. */
void pg_untried_report(struct pg_context *context, const struct pg_outcome *outcome);

/* Refuses while a trial is open, with the time left. */
int pg_refuse_on_trial(const struct pg_table *table, struct pg_error *error);

/* Whether it is to be tried: where the policy is enforced already, and the table is only tidied up, a
 * trial would have nothing to go back to. */
bool pg_is_tried(const struct pg_convergence *c);

/* Puts into the outcome what is repaired, or by a plan would be; pg_report_change() only what no other
 * line says of a plan: what somebody else did, where another policy replaces it. 0; or an error, with
 * its words unless it is -ENOMEM of pg_report_change(). */
int pg_report_repairs(struct pg_convergence *c);
int pg_report_change(struct pg_convergence *c);

/* I5: before another policy comes into force, and where the history has nothing to bring back at boot,
 * or is an older copy, and is not that of a host that was disabled, writes down what is enforced: it is
 * what a trial falls back to, and what comes back when the change is cut off. A warning tells of it; or
 * of a trial, that it cannot be done. */
int pg_repair_history(struct pg_convergence *c);

/* The policy in force, where one is, as it was before a change. A warning tells where another version
 * made it and not all of it is known. */
int pg_outdated_read(struct pg_convergence *c, struct pg_policy **ret);

/* Notes that another version made what is in force, and that the change brings it up to date; nothing
 * where this one did. 0 or -ENOMEM. */
int pg_outdated_note(const struct pg_convergence *c);

/* Refuses a change, and warns in a plan, that would close what this host reaches by a host name of
 * which no address is known now. */
int pg_unresolved_refuse(struct pg_convergence *c);

/* Refuses to confirm what another version has put on trial. */
int pg_outdated_refuse(const struct pg_convergence *c);

#endif
