/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a packet passes or not, for people. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "cli/print.h"
#include "cli/text/internal.h"

#define HEAD_WIDTH 9

/* "  service  " and the text behind it. */
static void print_row(const char *head, const char *text)
{
        printf("  %-*s", HEAD_WIDTH, head);
        pg_print_text(stdout, text);
        putchar('\n');
}

static void print_place(const char *file, unsigned line, unsigned column)
{
        _cleanup_(pg_freep) char *text = NULL;

        if (!file)
                return;
        text = line > 0 ? pg_must(pg_format("%s:%u:%u", file, line, column)) : pg_must(strdup(file));
        print_row("", text);
}

const char *pg_explanation_verdict(const struct pg_explanation *explanation)
{
        if (explanation->reason == PG_REASON_CHANGED)
                return NULL;
        if (explanation->accepts)
                return "accept";
        return explanation->rejects ? "reject" : "drop";
}

static void print_verdict(const struct pg_explanation *explanation)
{
        const char *verdict = pg_explanation_verdict(explanation);
        enum pg_style style = !verdict               ? PG_STYLE_YELLOW
                              : explanation->accepts ? PG_STYLE_GREEN
                                                     : PG_STYLE_RED;

        printf("%s%s%s %s %s %s", pg_style(stdout, style), verdict ? verdict : "unknown",
               pg_style(stdout, PG_STYLE_PLAIN), explanation->ports,
               explanation->outbound ? "to" : "from", explanation->address);
        if (explanation->interface)
                printf(" %s %s%s", explanation->outbound ? "through" : "by", explanation->interface,
                       explanation->is_routed ? ", as routed" : "");
        putchar('\n');
}

static void print_link(const struct pg_explanation *explanation)
{
        _cleanup_(pg_freep) char *text = NULL;

        if (explanation->outbound && explanation->member) {
                text = pg_must(
                        pg_format("rules of output see it by two names: %s, and %s, the member that it "
                                  "leaves by",
                                  explanation->interface, explanation->member));
                print_row("link", text);
                return;
        }
        if (!explanation->asked_interface)
                return;
        text = pg_must(pg_format("rules see packets of %s as those of %s, %s",
                                 explanation->asked_interface, explanation->interface,
                                 explanation->relation));
        print_row("link", text);
}

static void print_claimants(const char *head, const struct pg_claimant *claimants, size_t n,
                            bool with_ports)
{
        for (size_t i = 0; i < n; i++) {
                const struct pg_claimant *claimant = &claimants[i];
                _cleanup_(pg_freep) char *name = pg_name_services(&claimant->name, 1);
                _cleanup_(pg_freep) char *text =
                        pg_must(pg_format("%s%s%s%s%s", with_ports ? claimant->ports : "",
                                          with_ports ? " of " : "", name,
                                          *claimant->summary ? ": " : "", claimant->summary));

                print_row(i == 0 ? head : "", text);
                print_place(claimant->file, claimant->line, claimant->column);
        }
}

/* "10.2.3.4 is in 10.0.0.0/8 of 'cluster'": the entry as it was written, where it is known. */
static char *describe_match(const struct pg_explanation *explanation)
{
        const char *what = explanation->entry ? explanation->entry : explanation->matched;
        const char *scope = explanation->scope ? explanation->scope : explanation->allowed;
        bool is_alone = explanation->address && strcmp(explanation->matched, explanation->address) == 0;

        if (what[0] == '%')
                return pg_must(pg_format("%s is an interface of '%s', as %s", explanation->interface,
                                         scope, what + 1));
        /* Of what the file has with its neighbours of other entries, only the sum is known. */
        if (what[0] == '@')
                return pg_must(pg_format("%s is in '%s', from the file %s%s%s%s", explanation->address,
                                         scope, what + 1, is_alone ? "" : "; all of ",
                                         is_alone ? "" : explanation->matched,
                                         is_alone ? "" : " is let in"));
        if (strcmp(what, scope) == 0)
                return pg_must(pg_format("%s is in %s", explanation->address, what));
        return pg_must(pg_format("%s is in %s of '%s'", explanation->address, what, scope));
}

static void print_who(const struct pg_explanation *explanation)
{
        _cleanup_(pg_freep) char *text = NULL;

        if (!explanation->allowed)
                return;
        print_row("lets in", explanation->allowed);
        if (explanation->matched) {
                text = describe_match(explanation);
                print_row("because", text);
                if (explanation->entry && !explanation->entry_file)
                        print_row("", "(built in)");
                print_place(explanation->entry_file, explanation->entry_line,
                            explanation->entry_column);
        } else if (!explanation->accepts && explanation->reason == PG_REASON_SERVICE) {
                text = pg_must(pg_format(
                        "%s%s%s is not in it%s", explanation->address,
                        explanation->interface ? " by " : "",
                        explanation->interface ? explanation->interface : "",
                        explanation->interface || explanation->outbound
                                ? ""
                                : ", and no route says by which interface it comes in (see --iif)"));
                print_row("because", text);
        }
}

static void print_base(const struct pg_explanation *explanation)
{
        _cleanup_(pg_freep) char *text = NULL;

        if (explanation->rate_count > 0)
                text = pg_must(pg_format("%s, at most %u in %u s from each source (%u at once)",
                                         explanation->base, explanation->rate_count,
                                         explanation->rate_seconds, explanation->rate_burst));
        else
                text = pg_must(strdup(explanation->base));
        print_row("base", text);
}

static void print_policy(const struct pg_explanation *explanation)
{
        _cleanup_(pg_freep) char *name = NULL;

        if (explanation->generation > 0)
                name = pg_name_generation(explanation->generation, explanation->profiles,
                                          explanation->n_profiles);
        else if (explanation->n_profiles > 0)
                name = pg_join(explanation->profiles, explanation->n_profiles);
        if (name)
                print_row("policy", name);
}

void pg_explanation_print(const struct pg_explanation *explanation)
{
        print_verdict(explanation);
        putchar('\n');
        print_link(explanation);
        if (explanation->arrival)
                print_row(explanation->outbound ? "routing" : "arrival", explanation->arrival);
        switch (explanation->reason) {
        case PG_REASON_OFF:
                print_row("off", "portguard enforces nothing: what other tables let pass, passes");
                break;
        case PG_REASON_BASE:
                print_base(explanation);
                break;
        case PG_REASON_DEFAULT:
                print_row("default", "no service claims this port");
                break;
        case PG_REASON_FORWARDED:
                print_row(
                        "forward",
                        "NAT sends it to another host before the policy sees it: forward chains decide");
                return;
        case PG_REASON_CHANGED:
                print_row("changed", explanation->change);
                break;
        case PG_REASON_ROUTING:
                break; /* the arrival says it */
        case PG_REASON_INVALID:
        case PG_REASON_SERVICE:
                print_claimants("service", explanation->owners, explanation->n_owners, false);
                break;
        }
        print_who(explanation);
        print_claimants("beats", explanation->overridden, explanation->n_overridden, true);
        if (explanation->advice)
                print_row("to open", explanation->advice);
        print_policy(explanation);
}
