/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain --live and --trace. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/strings.h"
#include "cli/print.h"
#include "cli/text/text.h"

/* "may still drop it, or have it untracked, or tracked in another zone"; the caller frees it. */
static char *deeds(const struct pg_chain_view *chain)
{
        _cleanup_(pg_freep) char *rewrites =
                chain->rewrites ? pg_must(pg_format("rewrite ports or addresses of packets %s",
                                                    chain->rewrites))
                                : NULL;
        const char *const parts[] = {
                chain->may_drop ? "still drop it" : NULL,
                chain->is_of_answers ? "have answers untracked, or tracked in another zone"
                : chain->may_untrack ? "have it untracked, or tracked in another zone"
                                     : NULL,
                rewrites,
                chain->may_proxy ? "hand it to the socket of another port (tproxy)" : NULL,
        };
        _cleanup_(pg_freep) char *text = NULL;

        for (size_t i = 0; i < PG_ELEMENTSOF(parts); i++) {
                char *more;

                if (!parts[i])
                        continue;
                more = pg_must(text ? pg_format("%s, or %s", text, parts[i])
                                    : pg_format("may %s", parts[i]));
                free(text);
                text = more;
        }
        return text ? PG_TAKE(text) : pg_must(pg_format("drops nothing"));
}

void pg_chain_views_print(const struct pg_chain_views *others)
{
        _cleanup_(pg_columns_done) struct pg_columns table = {0};
        size_t n_dropping = 0, n_untracking = 0, n_rewriting = 0;

        puts("\nOther tables on its way:");
        for (size_t i = 0; i < others->n; i++) {
                const struct pg_chain_view *chain = &others->items[i];
                _cleanup_(pg_freep) char *name =
                        pg_must(pg_format("  %s %s", chain->table, chain->chain));
                _cleanup_(pg_freep) char *hook =
                        pg_must(pg_format("%s %d", chain->hook, chain->priority));
                _cleanup_(pg_freep) char *does = deeds(chain);

                n_dropping += chain->may_drop;
                n_untracking += chain->may_untrack;
                n_rewriting += chain->rewrites != NULL;
                PG_COLUMNS_ADD(&table,
                               chain->may_drop || chain->rewrites ? PG_STYLE_YELLOW : PG_STYLE_FAINT,
                               name, hook, does);
        }
        pg_columns_print(&table, stdout);
        if (others->n == 0)
                puts(others->legacy ? "  none that nft knows" : "  none");
        else if (n_rewriting > 0)
                puts("  the verdict is that of a packet that none of them rewrites");
        else if (n_dropping == 0 && n_untracking == 0)
                puts("  none of them drops anything");
        if (others->legacy)
                printf("  legacy iptables has tables (%s), which are not looked into: they may drop it "
                       "(see: iptables-legacy-save, ip6tables-legacy-save)\n",
                       others->legacy);
        puts("  whether chains on the way back drop its answers is not looked at");
        if (n_untracking > 0)
                puts("  the verdict is that of a packet that is tracked, and whose answers are, in the same "
                     "zone: what belongs to a connection and is not, is judged like a new one, or dropped. Let "
                     "notrack leave such out, and give a zone to both directions");
}

/* "to port 30080 by ip nat PREROUTING: then accept" */
static void print_translation(const struct pg_translation *item)
{
        printf("  %s to %s by %s %s", item->is_certain ? "goes" : "may go", item->to, item->table,
               item->chain);
        if (item->address)
                printf(", when sent to %s", item->address);
        if (item->interface)
                printf(", by %s", item->interface);
        if (item->then && !pg_explanation_verdict(item->then))
                printf(": then it is not known, as %s\n", item->ports);
        else if (item->then)
                printf(": then %s, as %s\n", pg_explanation_verdict(item->then), item->ports);
        else if (item->dropped)
                printf(": then drop, by this host's routing: %s\n", item->dropped);
        else if (item->stays)
                printf(": then it depends on the port, as %s\n", item->ports);
        else
                puts(": forwarded, which portguard does not govern");
}

void pg_translations_print(const struct pg_translations *translations)
{
        bool is_doubtful = false;

        if (translations->n > 0)
                puts("\nTranslated before the policy sees it:");
        for (size_t i = 0; i < translations->n; i++) {
                print_translation(&translations->items[i]);
                is_doubtful |= !translations->items[i].is_certain;
        }
        if (is_doubtful)
                puts("  the verdict is that of a packet that none of these translates");
        if (translations->is_cut)
                puts("\nThere are more NAT rules than are looked at: it may be translated by one of those.");
        if (translations->is_legacy)
                puts("\nLegacy iptables has a NAT table, which is not looked into: it may be translated there "
                     "(see: iptables-legacy -t nat -S).");
}

static const char *describe_end(const struct pg_trace_report *report)
{
        if (report->accepts)
                return "was accepted";
        return report->drops ? "was dropped"
                             : "no table dropped, and which went no further: the kernel's routing "
                               "(rp_filter, no route), legacy iptables, IPVS or a queue took it";
}

void pg_trace_print(const struct pg_trace_report *report)
{
        _cleanup_(pg_columns_done) struct pg_columns table = {0};

        if (!report->was_seen) {
                puts(report->is_lossy
                             ? "\nTrace: no such packet was seen; but so much is traced by others that "
                               "the kernel lost some of it."
                             : "\nTrace: no such packet came as far as it is marked; what other tables drop before that, "
                               "at ingress or at the lowest priority, is not seen.");
                return;
        }
        printf("\nTrace of a real packet, which %s%s:\n", describe_end(report),
               report->is_cut ? ", in part (it met more rules)"
               : report->is_lossy
                       ? ", perhaps in part (so much is traced by others that the kernel lost some)"
                       : "");
        for (size_t i = 0; i < report->n; i++) {
                const struct pg_trace_line *line = &report->lines[i];
                _cleanup_(pg_freep) char *where =
                        pg_must(pg_format("  %s %s", line->table, line->chain));
                _cleanup_(pg_freep) char *rule = NULL;

                if (line->rule)
                        rule = pg_must(pg_format("%s", line->rule));
                else if (line->handle)
                        rule = pg_must(pg_format("rule with handle %" PRIu64, line->handle));
                else
                        rule = pg_must(pg_format("policy"));
                PG_COLUMNS_ADD(&table, PG_STYLE_PLAIN, where, line->verdict, rule);
        }
        pg_columns_print(&table, stdout);
        if (report->n == 0)
                puts("  no chain of any table was on its way");
}
