/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The status, for people. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/strings.h"
#include "cli/print.h"
#include "cli/text/internal.h"

#define DIGEST_SHOWN 12

/* Styles as standard output wants them: `out` may be a page that is printed there later. */
static void print_heading(FILE *out, const char *text)
{
        fprintf(out, "\n%s%s%s\n", pg_style(stdout, PG_STYLE_BOLD), text,
                pg_style(stdout, PG_STYLE_PLAIN));
}

static void print_loss(FILE *out, size_t width, const struct pg_view *view)
{
        if (!view->lost_at_boot)
                return;
        fputs(pg_style(stdout, PG_STYLE_RED), out);
        pg_print_wrapped_at(out, width, 2, view->lost_at_boot);
        fputs(pg_style(stdout, PG_STYLE_PLAIN), out);
}

static void print_enforced(FILE *out, size_t width, const struct pg_view *view)
{
        _cleanup_(pg_freep) char *name =
                pg_name_generation(view->generation, view->profiles, view->n_profiles);
        _cleanup_(pg_freep) char *line =
                pg_must(pg_format("enforced: %s%s%.*s", name, *view->digest ? ", digest " : "",
                                  DIGEST_SHOWN, view->digest));

        pg_print_wrapped_at(out, width, 2, line);
        if (view->outdated)
                pg_print_wrapped_at(out, width, 2, view->outdated);
        if (view->state == PG_STATE_TRIAL) {
                fputs(pg_style(stdout, PG_STYLE_YELLOW), out);
                pg_trial_print_at(out, width, view->generation, &view->trial);
                fputs(pg_style(stdout, PG_STYLE_PLAIN), out);
        }
        print_loss(out, width, view);
        pg_view_print_egress(out, view);
        pg_unfilled_print(out, width, view->unfilled, view->n_unfilled);
}

static void print_counters(FILE *out, size_t width, const struct pg_view *view,
                           const struct pg_rates *rates)
{
        char bytes[PG_COUNT_TEXT_MAX], invalid[80] = "";
        _cleanup_(pg_freep) char *line = NULL;

        if (view->invalid_packets > 0)
                snprintf(invalid, sizeof(invalid), "; and %" PRIu64 " that belong to no connection",
                         view->invalid_packets);
        line = pg_must(pg_format("refused: %" PRIu64 " packet%s, %s%s", view->refused_packets,
                                 view->refused_packets == 1 ? "" : "s",
                                 pg_bytes_text(view->refused_bytes, bytes), invalid));
        fputc('\n', out);
        pg_print_wrapped_at(out, width, 2, line);
        if (view->egress_strict)
                fprintf(out, "refused outbound: %" PRIu64 " packet%s, %s\n", view->refused_out_packets,
                        view->refused_out_packets == 1 ? "" : "s",
                        pg_bytes_text(view->refused_out_bytes, bytes));
        if (rates && rates->is_known)
                fprintf(out, "now: %.1f connections/s, %.1f refused/s\n", rates->connections,
                        rates->refused);
        pg_print_wrapped_at(
                out, width, 0,
                "Counted: connections since the service was opened, each once, when portguard let "
                "it in (each try, where another table drops it after that); refused packets since "
                "portguard was turned on or restored; both without those of trials that were taken back.");
}

static char *port_text(const struct pg_refused *refused)
{
        if (refused->has_port)
                return pg_must(pg_format("%s/%u", refused->protocol, refused->port));
        return pg_name_ports(refused->protocol, "any");
}

/* Nobody waits for a column of seconds that is exact after minutes. */
static void ago_text(unsigned seconds, char text[static 16])
{
        if (seconds < 60)
                snprintf(text, 16, "%u s", seconds);
        else
                snprintf(text, 16, "%u min", seconds / 60);
}

/* One direction of what was refused. */
struct refusals {
        const struct pg_refused *items;
        size_t n, n_all;
        bool is_full;
        const char *what;    /* "Refused", "This host was refused": what stands before the time */
        const char *address; /* the head of the column */
        const char *advice;  /* the heading of the advice */
        const char *full;    /* what is reported where no more can be remembered */
};

static void print_addresses(FILE *out, size_t width, const struct refusals *refusals)
{
        _cleanup_(pg_columns_done) struct pg_columns table = {.indent = 2,
                                                              .width = width,
                                                              .right = 1U << 0 | 1U << 1};

        PG_COLUMNS_ADD(&table, PG_STYLE_PLAIN, "PACKETS", "LAST", "PORT", refusals->address);
        for (size_t i = 0; i < refusals->n; i++) {
                const struct pg_refused *refused = &refusals->items[i];
                _cleanup_(pg_freep) char *packets = pg_must(pg_format("%" PRIu64, refused->packets));
                _cleanup_(pg_freep) char *port = port_text(refused);
                char ago[16];

                ago_text(refused->last_seconds_ago, ago);
                PG_COLUMNS_ADD(&table, PG_STYLE_PLAIN, packets, ago, port, refused->source);
        }
        pg_columns_print(&table, out);
}

static const char *advice_for(const struct pg_refused *refused)
{
        return refused->no_profile ? "no profile has it" : refused->advice;
}

static bool has_same_port(const struct pg_refused *a, const struct pg_refused *b)
{
        return a->port == b->port && strcmp(a->protocol, b->protocol) == 0;
}

/* Whether one of the first n has the same port and advice. */
static bool is_reported(const struct refusals *refusals, size_t n, const struct pg_refused *refused)
{
        for (size_t i = 0; i < n; i++) {
                const char *advice = advice_for(&refusals->items[i]);

                if (has_same_port(&refusals->items[i], refused) && advice &&
                    strcmp(advice, advice_for(refused)) == 0)
                        return true;
        }
        return false;
}

/* Whether what would let one in does not let in another, at the same port. */
static bool has_several(const struct refusals *refusals, const struct pg_refused *refused)
{
        for (size_t i = 0; i < refusals->n; i++) {
                const char *advice = advice_for(&refusals->items[i]);

                if (has_same_port(&refusals->items[i], refused) &&
                    (!advice || strcmp(advice, advice_for(refused)) != 0))
                        return true;
        }
        return false;
}

/* By port, not in the table: a full IPv6 address leaves no room beside it. */
static void print_advice(FILE *out, size_t width, const struct refusals *refusals)
{
        bool is_first = true;

        for (size_t i = 0; i < refusals->n; i++) {
                const struct pg_refused *refused = &refusals->items[i];
                const char *advice = advice_for(refused);
                _cleanup_(pg_freep) char *port = port_text(refused), *line = NULL;

                if (!advice || is_reported(refusals, i, refused))
                        continue;
                if (is_first)
                        print_heading(out, refusals->advice);
                is_first = false;
                if (has_several(refusals, refused))
                        line = pg_must(pg_format("  %s %s (%s)", port, advice, refused->source));
                else
                        line = pg_must(pg_format("  %s %s", port, advice));
                /* A command is of no use when it is cut. */
                pg_print_wrapped_at(out, width, 6, line);
        }
}

static void print_refusals(FILE *out, size_t width, const struct refusals *refusals)
{
        _cleanup_(pg_freep) char *heading = NULL;

        if (refusals->n == 0)
                return;
        if (refusals->n < refusals->n_all)
                heading = pg_must(
                        pg_format("%s in the last %d minutes, the first %zu of %zu:", refusals->what,
                                  PG_REFUSED_SECONDS / 60, refusals->n, refusals->n_all));
        else
                heading = pg_must(pg_format("%s in the last %d minutes:", refusals->what,
                                            PG_REFUSED_SECONDS / 60));
        print_heading(out, heading);
        print_addresses(out, width, refusals);
        pg_print_wrapped_at(
                out, width, 2,
                "  Each is counted since it is remembered, until nothing came for 10 minutes, "
                "also in trials: these need not add up to the sum above.");
        if (refusals->is_full)
                pg_print_wrapped_at(out, width, 2, refusals->full);
        print_advice(out, width, refusals);
}

static void print_refused(FILE *out, size_t width, const struct pg_view *view)
{
        const struct refusals in = {
                .items = view->refused,
                .n = view->n_refused,
                .n_all = view->n_refused_all,
                .is_full = view->refused_full,
                .what = "Refused",
                .address = "SOURCE",
                .advice = "What would let them in:",
                .full = "  These are so many that who else comes now is counted, but not remembered.",
        };
        const struct refusals from_here = {
                .items = view->refused_out,
                .n = view->n_refused_out,
                .n_all = view->n_refused_out_all,
                .is_full = view->refused_out_full,
                .what = "What this host was refused to reach",
                .address = "DESTINATION",
                .advice = "What would let it out:",
                .full = "  These are so many that what else is refused now is counted, but not remembered.",
        };

        print_refusals(out, width, &in);
        print_refusals(out, width, &from_here);
}

/* The last: there may have been others before. */
static void print_culprit(FILE *out, const struct pg_view *view)
{
        if (!view->changed_by)
                return;
        fputs("The last change to the table was made by ", out);
        pg_print_text(out, view->changed_by);
        fputs(".\n", out);
}

static void print_problem(FILE *out, size_t width, const struct pg_view *view)
{
        if (!view->problem)
                return;
        fputs(pg_style(stdout, PG_STYLE_RED), out);
        pg_print_wrapped_at(out, width, 0, view->problem);
        print_culprit(out, view);
        fputs(pg_style(stdout, PG_STYLE_PLAIN), out);
}

void pg_status_print(FILE *out, size_t width, const struct pg_view *view, const struct pg_rates *rates)
{
        if (view->state == PG_STATE_OFF) {
                pg_print_wrapped_at(out, width, 0, pg_view_off_text(view));
                print_culprit(out, view);
                return;
        }
        /* A screen that is too low leaves out what is last. */
        if (rates)
                print_problem(out, width, view);
        print_enforced(out, width, view);
        if (!rates)
                pg_view_print_exposures(out, width, view, PG_DETAIL_HITS);
        print_counters(out, width, view, rates);
        print_refused(out, width, view);
        if (rates)
                pg_view_print_exposures(out, width, view, PG_DETAIL_HITS);
        if (view->problem && !rates) {
                fputc('\n', out);
                print_problem(out, width, view);
        }
}
