/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portguard show: a policy in full, the enforced one, a generation's or a request's. */
#include <stdio.h>
#include <string.h>

#include "base/public.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/json/json.h"
#include "cli/print.h"
#include "cli/report/report.h"

static const struct pg_option rows[] = {
        {"profile", 0, PG_OPTION_LIST, "NAME",
         "show what this profile compiles to, instead of what is enforced; more names may follow",
         offsetof(struct pg_options, profiles), NULL},
        {"format", 0, PG_OPTION_CHOICE, "text|json|nft|dot",
         "text for people, json for programs, nft: the table in the words of nft(8), dot: a graph for dot(1)",
         offsetof(struct pg_options, format), NULL},
};

static const struct pg_option_group options = {"Options", rows, PG_ELEMENTSOF(rows)};

static int check_options(struct pg_call *call)
{
        struct pg_options *given = &call->options;
        bool other = given->format && strcmp(given->format, "json") != 0;

        if (given->json && other)
                return pg_call_usage(call, "--json and --format %s exclude each other", given->format);
        given->json |= given->format && !other;
        return 0;
}

static void print_head(const struct pg_view *view)
{
        _cleanup_(pg_freep) char *text = NULL;

        if (view->about) {
                pg_generation_print(view->about);
                return;
        }
        if (view->generation > 0) {
                text = pg_name_generation(view->generation, view->profiles, view->n_profiles);
                printf("enforced: %s\n", text);
        } else {
                text = pg_join(view->profiles, view->n_profiles);
                printf("compiled, not enforced: %s\n", text);
        }
        printf("digest %s\n", view->digest);
}

static void print_view(const struct pg_view *view)
{
        print_head(view);
        pg_view_print_egress(stdout, view);
        pg_unfilled_print(stdout, 0, view->unfilled, view->n_unfilled);
        pg_view_print_exposures(stdout, 0, view, PG_DETAIL_ADDRESSES);
        if (view->n_closed > 0)
                putchar('\n');
        pg_closed_print(view->closed, view->n_closed);
}

static void print_json(const struct pg_call *call, const struct pg_view *view)
{
        json_t *object = pg_view_json(view, PG_DETAIL_ADDRESSES);

        pg_json_put(object, "about", view->about ? pg_generation_json(view->about) : json_null());
        pg_json_put(object, "closed_optional", pg_closed_json(view->closed, view->n_closed));
        pg_json_put(object, "warnings", pg_json_diagnostics(call->diagnostics));
        pg_json_print(object);
}

static bool is_format(const struct pg_call *call, const char *format)
{
        return call->options.format && strcmp(call->options.format, format) == 0;
}

static int show(struct pg_call *call)
{
        _cleanup_(pg_view_freep) struct pg_view *view = NULL;
        bool nft = is_format(call, "nft");
        struct pg_chosen chosen;
        int r;

        r = check_options(call);
        if (r >= 0)
                r = pg_chosen_parse(call, &chosen);
        if (r >= 0)
                r = pg_chosen_view(call, &chosen, nft, &view);
        if (r < 0)
                return r;
        if (call->options.json)
                print_json(call, view);
        else if (is_format(call, "dot"))
                pg_graph_print(stdout, view);
        else if (chosen.kind == PG_CHOSEN_ENFORCED && view->state == PG_STATE_OFF)
                printf("%s%s\n", nft ? "# " : "", pg_view_off_text(view));
        else if (nft)
                pg_print_lines(stdout, view->nft);
        else
                print_view(view);
        return PG_STATUS_DONE;
}

const struct pg_command pg_command_show = {
        .name = "show",
        .group = PG_COMMAND_LOOKS,
        .arguments = "[GENERATION | --profile NAME...]",
        .arguments_max = SIZE_MAX,
        .summary = "show a policy in full: enforced, of the history, or compiled from profiles",
        .description =
                "Prints every open port range with the addresses that may use it.\n"
                "Alone, of the policy that the kernel holds; with GENERATION, of that one of the "
                "history, with who applied it, when and why; with --profile, of what a request "
                "compiles to, for which no permission is needed.",
        .examples = "portguard show\n"
                    "portguard show 41\n"
                    "portguard show --profile k8s-worker --set cni=calico-vxlan --format nft\n"
                    "portguard show --format dot | dot -Tsvg >policy.svg",
        .statuses = PG_STATUS_BIT(PG_STATUS_INVALID) | PG_STATUS_BIT(PG_STATUS_NO_PERMISSION),
        .groups = {&options, &pg_request_options},
        .run = show,
};
