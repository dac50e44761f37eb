/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portguard verify: does the kernel still hold what was applied? */
#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/print.h"
#include "cli/report.h"

PG_DEFINE_CLEANUP(struct pg_verification, pg_verification_free)

static json_t *verification_json(const struct pg_verification *verification,
                                 const struct pg_error *error)
{
        json_t *object = pg_json_object();

        pg_json_put(object, "enforced", json_boolean(verification->enforced));
        pg_json_put(object, "drift", json_boolean(verification->drift));
        pg_json_put(object, "generation", pg_json_generation(verification->generation));
        pg_json_put(object, "differences",
                    pg_json_texts(verification->differences, verification->n_differences));
        pg_json_put(object, "changed_by", json_null());
        if (!verification->enforced)
                pg_json_put(object, "error", pg_json_error(error));
        return object;
}

/* The number is lost when the record that carries it is among what somebody took away. */
static void print_result(const struct pg_verification *verification)
{
        for (size_t i = 0; i < verification->n_differences; i++) {
                pg_print_text(stdout, verification->differences[i]);
                putchar('\n');
        }
        if (verification->generation > 0)
                printf("generation %u: ", verification->generation);
        if (verification->drift)
                puts("the kernel does not hold what was enforced; portguard apply repairs it");
        else
                puts("the kernel holds exactly what was enforced");
}

static int verify(struct pg_call *call)
{
        _cleanup_(pg_verification_freep) struct pg_verification *verification = NULL;
        int r;

        r = pg_verify(&call->options.settings, &verification, &call->error);
        if (r < 0)
                return r;
        if (!verification->enforced) {
                pg_error_set(&call->error, PG_STATUS_FAILED, -ENOENT,
                             "nothing is enforced, nothing to verify (portguard apply PROFILE)");
                pg_report_message(&call->error);
        }
        if (call->options.json)
                pg_json_print(verification_json(verification, &call->error));
        else if (verification->enforced)
                print_result(verification);
        if (!verification->enforced)
                return PG_STATUS_FAILED;
        return verification->drift ? PG_STATUS_DRIFT : PG_STATUS_DONE;
}

const struct pg_command pg_command_verify = {
        .name = "verify",
        .arguments = "",
        .summary = "compare the kernel with what was enforced",
        .description =
                "Reads the whole table back and compares it, rule by rule, with the generation that it "
                "says it holds. Fails where nothing is enforced.",
        .examples = "portguard verify\n"
                    "portguard verify --json | jq -r '.differences[]'",
        .statuses = PG_STATUS_BIT(PG_STATUS_NO_PERMISSION) | PG_STATUS_BIT(PG_STATUS_DRIFT),
        .run = verify,
};
