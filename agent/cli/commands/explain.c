/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portguard explain: what becomes of one packet, and why. */
#include <stdio.h>
#include <stdlib.h>

#include "base/public.h"
#include "base/strings.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/diagnostics.h"
#include "cli/json/json.h"
#include "cli/print.h"

#define FOR_DEFAULT_MS 30000

static const struct pg_option rows[] = {
        {"from", 0, PG_OPTION_TEXT, "ADDRESS", "where the packet comes from",
         offsetof(struct pg_options, from), NULL},
        {"to", 0, PG_OPTION_TEXT, "ADDRESS", "where it goes to, for one that leaves this host",
         offsetof(struct pg_options, to), NULL},
        {"iif", 0, PG_OPTION_TEXT, "INTERFACE",
         "by which it comes in (default: the one that packets to ADDRESS leave by)",
         offsetof(struct pg_options, iif), NULL},
        {"oif", 0, PG_OPTION_TEXT, "INTERFACE", "by which it leaves (default: as routed)",
         offsetof(struct pg_options, oif), NULL},
        {"sport", 0, PG_OPTION_PORT, "PORT", "its source port (default: some high one)",
         offsetof(struct pg_options, source_port), NULL},
        {"at", 0, PG_OPTION_NUMBER, "GENERATION",
         "ask that generation of the history, instead of what is enforced",
         offsetof(struct pg_options, at), NULL},
        {"live", 0, PG_OPTION_FLAG, NULL, "name the base chains of other tables that may still drop it",
         offsetof(struct pg_options, live), NULL},
        {"trace", 0, PG_OPTION_FLAG, NULL,
         "wait for a real packet, and tell which rules of all tables decided about it",
         offsetof(struct pg_options, trace), NULL},
        {"for", 0, PG_OPTION_TRIAL, "DURATION", "how long to wait for it (default 30s)",
         offsetof(struct pg_options, for_ms), NULL},
        {"profile", 0, PG_OPTION_LIST, "NAME",
         "ask what this profile compiles to, instead of what is enforced; may be given again",
         offsetof(struct pg_options, profiles), NULL},
};

static const struct pg_option_group options = {"Options", rows, PG_ELEMENTSOF(rows)};

static int check_options(struct pg_call *call)
{
        const struct pg_options *given = &call->options;

        if (given->arguments.n == 0)
                return pg_call_usage(call,
                                     "which port? as in: portguard explain tcp/22 --from 192.0.2.7");
        if (!given->from == !given->to)
                return pg_call_usage(call, given->from
                                                   ? "--from and --to exclude each other: from is for "
                                                     "a packet that comes in, to for one that leaves"
                                                   : "from where? --from ADDRESS, or for one that "
                                                     "leaves this host --to ADDRESS");
        if ((given->from && given->oif) || (given->to && given->iif))
                return pg_call_usage(call, "--iif goes with --from, --oif with --to");
        if (given->at > 0 && given->profiles.n > 0)
                return pg_call_usage(call, "--at and --profile exclude each other");
        if ((given->live || given->trace) && (given->at > 0 || given->profiles.n > 0))
                return pg_call_usage(call,
                                     "--live and --trace look at the kernel as it is: not with --at "
                                     "or --profile");
        if (given->for_ms > 0 && !given->trace)
                return pg_call_usage(call, "--for goes with --trace");
        if (given->profiles.n == 0 &&
            (given->sets.n > 0 || given->groups.n > 0 || given->with.n > 0 || given->egress))
                return pg_call_usage(call, "what to allow can be said with --profile NAME only");
        return 0;
}

/* What is asked of the kernel as it is. */
struct live {
        struct pg_translations *translations;
        struct pg_chain_views *others;
        struct pg_trace_report *report;
};

static void live_done(struct live *live)
{
        pg_translations_free(live->translations);
        pg_chain_views_free(live->others);
        pg_trace_report_free(live->report);
}

static int look(struct pg_call *call, const struct pg_question *question, struct live *live)
{
        const struct pg_options *given = &call->options;
        unsigned wait_ms = given->for_ms ? given->for_ms : FOR_DEFAULT_MS;
        int r = 0;

        if (given->live)
                r = pg_explain_translations(&given->settings, question, &live->translations,
                                            &call->error);
        if (r >= 0 && given->live)
                r = pg_explain_foreign_chains(question, live->translations, &live->others,
                                              &call->error);
        if (r < 0 || !given->trace)
                return r;
        fprintf(stderr, "portguard: waiting up to %u s for a packet %s %s %s\n", (wait_ms + 999) / 1000,
                question->ports, question->outbound ? "to" : "from", question->address);
        return pg_trace(question, wait_ms, &live->report, &call->error);
}

/* Of what is enforced, which without --live is all that is asked. To read NAT takes rights that explain
 * may be without. */
static void warn_of_nat(const struct pg_call *call, const struct pg_question *question)
{
        _cleanup_(pg_translations_freep) struct pg_translations *found = NULL;
        const struct pg_translation *first;
        struct pg_error ignored;

        if (question->outbound || question->generation > 0 || question->request || call->options.live ||
            pg_explain_translations(&call->options.settings, question, &found, &ignored) < 0 ||
            found->n == 0)
                return;
        first = &found->items[0];
        pg_diagnostics_add(call->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                           "NAT (%s %s) %s this packet to %s before the policy sees it: the answer is "
                           "for one that it leaves alone; ask with --live",
                           first->table, first->chain, first->is_certain ? "sends" : "may send",
                           first->to);
}

/* What NAT sends where this host routes nothing. */
static void drop_translated(const struct pg_translation *item, struct pg_explanation *explanation)
{
        explanation->accepts = false;
        explanation->reason = PG_REASON_ROUTING;
        free(explanation->arrival);
        explanation->arrival =
                pg_must(pg_format("NAT sends it to %s, and the kernel's routing drops it: %s", item->to,
                                  item->dropped));
        free(explanation->advice);
        explanation->advice = NULL;
}

/* The answer is that of what arrives, where every such packet is translated. */
static void follow_translation(const struct live *live, struct pg_explanation **explanation)
{
        struct pg_translation *first =
                live->translations && live->translations->n > 0 ? live->translations->items : NULL;
        struct pg_explanation *before;
        char *asked;

        if (!first || !(first->is_certain || live->translations->is_forwarded) ||
            (*explanation)->reason == PG_REASON_ROUTING || (*explanation)->reason == PG_REASON_CHANGED)
                return;
        if (first->dropped) {
                drop_translated(first, *explanation);
                return;
        }
        if (!first->stays) {
                (*explanation)->accepts = true;
                (*explanation)->reason = PG_REASON_FORWARDED;
                free((*explanation)->advice);
                (*explanation)->advice = NULL;
                return;
        }
        /* Both are needed still: they change places. */
        before = *explanation;
        *explanation = first->then;
        first->then = before;
        asked = before->ports;
        before->ports = (*explanation)->ports;
        (*explanation)->ports = asked;
        first->then->accepts = (*explanation)->accepts;
}

static void print(const struct pg_call *call, const struct pg_explanation *explanation,
                  const struct live *live)
{
        json_t *object;

        if (!call->options.json) {
                pg_explanation_print(explanation);
                if (live->translations)
                        pg_translations_print(live->translations);
                if (live->others)
                        pg_chain_views_print(live->others);
                if (live->report)
                        pg_trace_print(live->report);
                return;
        }
        object = pg_explanation_json(explanation);
        pg_json_put(object, "translations",
                    live->translations ? pg_translations_json(live->translations) : json_null());
        pg_json_put(object, "others", live->others ? pg_chain_views_json(live->others) : json_null());
        pg_json_put(object, "legacy_tables", pg_json_text(live->others ? live->others->legacy : NULL));
        pg_json_put(object, "trace", live->report ? pg_trace_json(live->report) : json_null());
        pg_json_put(object, "warnings", pg_json_diagnostics(call->diagnostics));
        pg_json_print(object);
}

static int explain(struct pg_call *call)
{
        _cleanup_(pg_explanation_freep) struct pg_explanation *explanation = NULL;
        _cleanup_(live_done) struct live live = {0};
        const struct pg_options *given = &call->options;
        const struct pg_request request = pg_call_request(call, &given->profiles);
        const struct pg_question question = {
                .ports = given->arguments.n > 0 ? given->arguments.items[0] : NULL,
                .address = given->from ? given->from : given->to,
                .outbound = given->to,
                .interface = given->from ? given->iif : given->oif,
                .source_port = given->source_port,
                .generation = given->at,
                .request = given->profiles.n > 0 ? &request : NULL,
                .accepts_no_answer = given->live || given->trace,
        };
        int r = check_options(call);

        if (r >= 0)
                r = pg_explain(&given->settings, &question, &explanation, call->diagnostics,
                               &call->error);
        if (r >= 0)
                warn_of_nat(call, &question);
        pg_report_diagnostics(call->diagnostics, PG_NOTES_COUNT);
        if (r >= 0)
                r = look(call, &question, &live);
        if (r < 0)
                return r;
        follow_translation(&live, &explanation);
        print(call, explanation, &live);
        return explanation->reason == PG_REASON_CHANGED ? PG_STATUS_DRIFT : PG_STATUS_DONE;
}

const struct pg_command pg_command_explain = {
        .name = "explain",
        .group = PG_COMMAND_LOOKS,
        .arguments = "PORT --from ADDRESS",
        .arguments_max = 1,
        .summary = "say what becomes of a packet, and why: which service, which group, which line",
        .description =
                "Asks the enforced policy, a generation's or a profile's about the first packet of a "
                "connection: tcp/443, protocol/gre or ping, from an address (or to one). Tells the "
                "verdict, the service that owns the port and its line in the profile, who it lets in "
                "and by which entry of which group, whom it took the port from; and where the packet is "
                "dropped, what would let it in. --live also looks at other tables, and --trace waits for a "
                "real packet.\n"
                "Where somebody changed the rules in the table, no policy tells what it does, which ends with "
                "status 6; what --live and --trace find is reported all the same.",
        .examples = "portguard explain tcp/22 --from 192.0.2.7\n"
                    "portguard explain ping --from 2001:db8::1\n"
                    "portguard explain tcp/443 --from 192.0.2.7 --live --trace\n"
                    "portguard explain tcp/10250 --from 192.0.2.7 --profile k8s-worker --group "
                    "cluster=192.0.2.0/24",
        .statuses = PG_STATUS_BIT(PG_STATUS_INVALID) | PG_STATUS_BIT(PG_STATUS_NO_PERMISSION) |
                    PG_STATUS_BIT(PG_STATUS_DRIFT),
        .groups = {&options, &pg_request_options},
        .run = explain,
};
