/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which policy is meant: the enforced one, a generation's or a request's. */
#include "cli/chosen.h"

#include <string.h>

#include "base/array.h"
#include "cli/call.h"
#include "cli/diagnostics.h"
#include "cli/number.h"

/* What does not even look like a number is more likely to be a profile. */
static int parse_generation(struct pg_call *call, uint32_t *ret)
{
        const struct pg_list *arguments = &call->options.arguments;
        const char *word = arguments->items[0], *digits = word + strspn(word, "@#+");

        if (arguments->n > 1 && pg_number_parse(word, ret))
                return pg_call_usage(call, "unexpected argument '%s' (see: portguard %s --help)",
                                     arguments->items[1], call->command->name);
        if (*digits && digits[strspn(digits, "0123456789")] == '\0')
                return pg_call_generation(call, word, ret);
        return pg_call_usage(call, "no argument is expected (did you mean --profile %s?)", word);
}

/* --profile A B, --profile A --profile B: both are what people write. */
static int join_arguments(struct pg_call *call)
{
        struct pg_list *profiles = &call->options.profiles, *arguments = &call->options.arguments;

        for (size_t i = 0; i < arguments->n; i++) {
                const char **item = PG_ARRAY_ADD(profiles->items, profiles->n);

                if (!item)
                        return pg_error_memory(&call->error);
                *item = arguments->items[i];
        }
        return 0;
}

int pg_chosen_parse(struct pg_call *call, struct pg_chosen *ret)
{
        const struct pg_options *given = &call->options;
        struct pg_chosen chosen = {.kind = PG_CHOSEN_ENFORCED};
        int r = 0;

        if (given->profiles.n > 0) {
                chosen.kind = PG_CHOSEN_REQUEST;
                r = join_arguments(call);
        } else if (given->sets.n > 0 || given->groups.n > 0 || given->with.n > 0 || given->egress) {
                r = pg_call_usage(call, "what to allow can be said with --profile NAME only");
        } else if (given->arguments.n > 0) {
                chosen.kind = PG_CHOSEN_GENERATION;
                r = parse_generation(call, &chosen.generation);
        }
        if (r < 0)
                return r;
        *ret = chosen;
        return 0;
}

int pg_chosen_view(struct pg_call *call, const struct pg_chosen *chosen, bool with_nft,
                   struct pg_view **ret)
{
        const struct pg_settings *settings = &call->options.settings;
        const struct pg_request request = pg_call_request(call, &call->options.profiles);
        enum pg_notes notes = PG_NOTES_ALL;
        int r = 0;

        switch (chosen->kind) {
        case PG_CHOSEN_ENFORCED:
                r = pg_view_enforced(settings, with_nft, ret, call->diagnostics, &call->error);
                break;
        case PG_CHOSEN_GENERATION:
                r = pg_view_generation(settings, chosen->generation, with_nft, ret, call->diagnostics,
                                       &call->error);
                break;
        case PG_CHOSEN_REQUEST:
                r = pg_view_request(settings, &request, with_nft, ret, call->diagnostics, &call->error);
                notes = PG_NOTES_COUNT;
                break;
        }
        pg_report_diagnostics(call->diagnostics, notes);
        return r;
}
