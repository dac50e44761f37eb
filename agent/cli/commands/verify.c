/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portguard verify: does the kernel still hold what was applied? */
#include <errno.h>
#include <stdio.h>

#include "base/public.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/diagnostics.h"
#include "cli/json/json.h"
#include "cli/print.h"

static const struct pg_option rows[] = {
        {"repair", 0, PG_OPTION_FLAG, NULL,
         "enforce the last confirmed generation again where the kernel does not hold it",
         offsetof(struct pg_options, repair), NULL},
};

static const struct pg_option_group options = {"Options", rows, PG_ELEMENTSOF(rows)};

/* What was found before the repair, and is repaired; where the table was not there, that. */
static json_t *repaired_json(const struct pg_verification *found)
{
        json_t *array;

        if (!found)
                return pg_json_array();
        array = pg_json_texts(found->differences, found->n_differences);
        if (found->n_differences == 0)
                pg_json_add(array, pg_json_text("table inet portguard: missing"));
        return array;
}

/* `found` is what was there before the repair; NULL where there was none. */
static void print_json(const struct pg_call *call, const struct pg_verification *verification,
                       const struct pg_verification *found, const struct pg_outcome *repair)
{
        json_t *object = pg_json_object();

        pg_json_put(object, "enforced", json_boolean(verification->enforced));
        pg_json_put(object, "drift", json_boolean(verification->drift));
        pg_json_put(object, "generation", pg_json_generation(verification->generation));
        pg_json_put(object, "made_by", pg_json_text(verification->made_by));
        pg_json_put(object, "up_to_date", json_boolean(!verification->outdated));
        pg_json_put(object, "differences",
                    pg_json_texts(verification->differences, verification->n_differences));
        pg_json_put(object, "changed_by", json_null());
        pg_json_put(object, "repaired", repaired_json(found));
        if (repair)
                pg_json_put(object, "trial", pg_trial_json(repair->state, &repair->trial));
        pg_json_put(object, "warnings", pg_json_diagnostics(call->diagnostics));
        if (call->error.status != PG_STATUS_DONE)
                pg_json_put(object, "error", pg_json_error(&call->error));
        pg_json_print(object);
}

static void print_differences(const struct pg_verification *verification, const char *before)
{
        for (size_t i = 0; i < verification->n_differences; i++) {
                fputs(before, stdout);
                pg_print_text(stdout, verification->differences[i]);
                putchar('\n');
        }
}

static void print_result(const struct pg_verification *verification,
                         const struct pg_verification *found)
{
        if (found) {
                print_differences(found, "repaired: ");
                if (found->n_differences == 0)
                        puts("repaired: the table inet portguard was not there");
        }
        print_differences(verification, "");
        /* The number is lost when the record that carries it is among what somebody took away. */
        if (verification->generation > 0)
                printf("generation %u: ", verification->generation);
        if (verification->drift)
                printf("the kernel does not hold what was enforced (who changed it, the kernel does not keep; to repair it: %s)\n",
                       verification->advice);
        else
                puts("the kernel holds exactly what was enforced");
        if (verification->outdated)
                puts(verification->outdated);
}

/* Restores, and verifies again: nothing may be meant to be enforced. *verification is what was found
 * then, *ret_found what had been found before, when that was repaired. */
static int repair(struct pg_call *call, struct pg_verification **verification,
                  struct pg_verification **ret_found, struct pg_outcome **ret_outcome)
{
        _cleanup_(pg_verification_freep) struct pg_verification *after = NULL;
        struct pg_outcome *outcome = NULL;
        const struct pg_settings *settings = &call->options.settings;
        const struct pg_change_options how = pg_call_change(call);
        int r;

        r = pg_restore(settings, &how, &outcome, call->diagnostics, &call->error);
        if (r < 0)
                return r;
        *ret_outcome = outcome;
        call->changed = outcome->changed;
        r = pg_verify(settings, &after, call->diagnostics, &call->error);
        if (r < 0)
                return r;
        if (outcome->changed)
                *ret_found = PG_TAKE(*verification);
        else
                pg_verification_free(*verification);
        *verification = PG_TAKE(after);
        return 0;
}

/* Nothing is enforced, and nothing is meant to be. */
static bool is_off(const struct pg_verification *verification)
{
        return !verification->enforced && !verification->drift;
}

static int verify(struct pg_call *call)
{
        _cleanup_(pg_verification_freep) struct pg_verification *verification = NULL, *found = NULL;
        _cleanup_(pg_outcome_freep) struct pg_outcome *outcome = NULL;
        int r;

        if (!call->options.repair && (call->options.trial_ms > 0 || call->options.allow_lockout))
                return pg_call_usage(call,
                                     "--trial and --allow-lockout say how to repair: add --repair");
        r = pg_verify(&call->options.settings, &verification, call->diagnostics, &call->error);
        if (r >= 0 && call->options.repair && (verification->drift || !verification->enforced))
                r = repair(call, &verification, &found, &outcome);
        pg_report_diagnostics(call->diagnostics, PG_NOTES_ALL);
        if (r < 0)
                return r;
        call->error = (struct pg_error){0};
        if (is_off(verification)) {
                pg_error_set(&call->error, PG_STATUS_FAILED, -ENOENT,
                             "nothing is enforced, nothing to verify (portguard apply PROFILE)");
                pg_report_message(&call->error);
        }
        if (call->options.json)
                print_json(call, verification, found, outcome);
        else if (!is_off(verification))
                print_result(verification, found);
        if (!call->options.json && outcome && outcome->state == PG_STATE_TRIAL)
                pg_trial_print(stdout, outcome->generation, &outcome->trial);
        if (is_off(verification))
                return PG_STATUS_FAILED;
        return verification->drift ? PG_STATUS_DRIFT : PG_STATUS_DONE;
}

const struct pg_command pg_command_verify = {
        .name = "verify",
        .group = PG_COMMAND_LOOKS,
        .arguments = "",
        .summary = "compare the kernel with what was enforced",
        .description =
                "Reads the whole table back and compares it, rule by rule, with the generation that it "
                "says it holds. Fails where nothing is enforced.\n"
                "With --repair, what is not in order is restored from the history, as by restore; --trial and "
                "--allow-lockout mean what they mean there.",
        .examples = "portguard verify\n"
                    "portguard verify --repair\n"
                    "portguard verify --json | jq -r '.differences[]'",
        .statuses = PG_STATUS_BIT(PG_STATUS_REFUSED) | PG_STATUS_BIT(PG_STATUS_NO_PERMISSION) |
                    PG_STATUS_BIT(PG_STATUS_DRIFT),
        .groups = {&options, &pg_guard_options},
        .run = verify,
};
