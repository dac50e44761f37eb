/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain --trace: the rules that a real packet met, in words. */
#include <errno.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/public.h"
#include "base/strings.h"
#include "engine/explain/internal.h"
#include "ruleset/text/text.h"

struct pg_trace_report *pg_trace_report_free(struct pg_trace_report *report)
{
        if (!report)
                return NULL;
        for (size_t i = 0; i < report->n; i++) {
                free(report->lines[i].table);
                free(report->lines[i].chain);
                free(report->lines[i].rule);
                free(report->lines[i].verdict);
        }
        free(report->lines);
        free(report);
        return NULL;
}

static char *print_verdict(const struct pg_verdict *verdict)
{
        char *text = NULL;
        size_t size = 0;
        FILE *stream = open_memstream(&text, &size);

        if (!stream)
                return NULL;
        pg_verdict_print(verdict, stream);
        return pg_stream_end(stream, &text);
}

/* The rule with that handle; NULL where it is gone, or memory is short. */
static char *print_rule(const struct pg_ruleset *ruleset, const struct pg_trace_step *step)
{
        const struct pg_chain *chain = pg_ruleset_chain(ruleset, step->chain);
        char *text = NULL;
        size_t size = 0;
        FILE *stream;

        for (size_t i = 0; chain && i < chain->n_rules; i++) {
                if (chain->rules[i].handle != step->handle)
                        continue;
                stream = open_memstream(&text, &size);
                if (!stream)
                        return NULL;
                pg_rule_print(&chain->rules[i], stream);
                return pg_stream_end(stream, &text);
        }
        return NULL;
}

static int add_line(struct pg_trace_report *report, const struct pg_trace_step *step,
                    const struct pg_ruleset *ruleset)
{
        struct pg_trace_line *line = PG_ARRAY_ADD(report->lines, report->n);

        if (!line)
                return -ENOMEM;
        line->table = pg_format("%s %s", pg_family_name(step->family), step->table);
        line->chain = strdup(step->chain);
        line->handle = step->handle;
        line->verdict = print_verdict(&step->verdict);
        if (step->handle && step->family == NFPROTO_INET && strcmp(step->table, PG_TABLE_NAME) == 0)
                line->rule = print_rule(ruleset, step);
        return line->table && line->chain && line->verdict ? 0 : -ENOMEM;
}

static int describe(struct pg_trace_report *report, const struct pg_trace_steps *steps,
                    struct pg_error *error)
{
        _cleanup_(pg_nft_closep) struct pg_nft *nft = NULL;
        struct pg_snapshot snapshot = {0};
        int r = pg_nft_open(&nft, error);

        if (r >= 0)
                r = pg_nft_read(nft, PG_READ_STRUCTURE, &snapshot, error);
        for (size_t i = 0; r >= 0 && i < steps->n; i++)
                if (add_line(report, &steps->items[i], snapshot.ruleset) < 0)
                        r = pg_error_memory(error);
        pg_snapshot_done(&snapshot);
        report->was_seen = steps->was_seen;
        report->is_cut = steps->is_cut;
        report->is_lossy = steps->is_lossy;
        report->drops = steps->n > 0 && steps->items[steps->n - 1].verdict.code == NF_DROP;
        report->accepts = steps->was_seen && !report->drops && (steps->has_arrived || steps->is_lossy);
        return r;
}

int pg_trace(const struct pg_question *question, unsigned wait_ms, struct pg_trace_report **ret,
             struct pg_error *error)
{
        _cleanup_(pg_trace_report_freep) struct pg_trace_report *report = calloc(1, sizeof(*report));
        _cleanup_(pg_understood_done) struct pg_understood understood = {0};
        struct pg_trace_steps steps = {0};
        int r;

        if (!report)
                return pg_error_memory(error);
        r = pg_question_understand(question, &understood, error);
        /* The routing table says where answers go, which need not be where the packet comes from. */
        if (r >= 0 && !question->interface)
                understood.flow.interface = NULL;
        if (r >= 0)
                r = pg_trace_packet(&understood.flow, wait_ms, &steps, error);
        if (r >= 0)
                r = describe(report, &steps, error);
        pg_trace_steps_done(&steps);
        if (r < 0)
                return r;
        *ret = PG_TAKE(report);
        return 0;
}
