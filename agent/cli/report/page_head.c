/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The head of the page: host, what is shown, whether it holds, who applied it, and the figures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/report/internal.h"
#include "cli/text/text.h"
#include "cli/unfilled.h"

static const struct pg_generation *about_of(const struct pg_page *page)
{
        return page->stored ? page->stored->about : page->view->about;
}

static void print_lead(FILE *out, const struct pg_page *page)
{
        const struct pg_view *view = page->view;
        _cleanup_(pg_freep) char *name = pg_name_generation(view->generation, NULL, 0);

        fputs("<p class=\"lead\">", out);
        if (pg_page_is_off(page))
                fputs(view->refuses ? "Somebody changed the table of portguard: no policy decides any "
                                      "more, and its hooks may refuse packets, or let them in."
                      : view->problem ? "portguard enforces no policy on this host."
                                      : "portguard lets everything in: it is off.",
                      out);
        else if (page->kind == PG_CHOSEN_ENFORCED)
                fprintf(out, "What this host lets in, and from whom, as the kernel enforces it: %s.",
                        name);
        else if (page->kind == PG_CHOSEN_GENERATION)
                fprintf(out, "What generation %u lets in, and from whom, as the history has it.",
                        view->generation);
        else
                fputs("What these profiles would let in, and from whom.", out);
        fputs("</p>\n", out);
}

static void begin_banner(FILE *out, const char *class, const char *word)
{
        fprintf(out, "<div class=\"banner %s\"><strong>%s</strong><p>", class, word);
}

static void end_banner(FILE *out)
{
        fputs("</p></div>\n", out);
}

static void print_trial(FILE *out, const struct pg_page *page)
{
        const struct pg_view *view = page->view;
        unsigned seconds = pg_trial_seconds(view->trial.left_ms);
        _cleanup_(pg_freep) char *after = pg_trial_after_text(&view->trial);

        begin_banner(out, "warn", "On trial");
        if (view->generation > 0)
                fprintf(out, "Generation %u is enforced until ", view->generation);
        else
                fputs("A generation that is not known, since its record is gone or was changed, is enforced until ",
                      out);
        pg_html_time(out, page->now + seconds);
        fputs(", ", out);
        pg_html_count(out, seconds, "second");
        fputs(" after this page was made. Then the kernel takes it back by itself, and ", out);
        fputs(after, out);
        fputs(view->trial.cannot_confirm
                      ? "; somebody changed what is on trial, and it cannot be kept."
                      : ", unless somebody types <code>portguard confirm</code> before.",
              out);
        end_banner(out);
}

/* The history knows of a stored generation what the kernel alone does not. */
static void print_unfilled(FILE *out, const struct pg_page *page)
{
        const struct pg_view *view = page->stored ? page->stored : page->view;

        if (view->n_unfilled == 0)
                return;
        begin_banner(out, "warn", "Not filled in");
        for (size_t i = 0; i < view->n_unfilled; i++) {
                _cleanup_(pg_freep) char *text = pg_unfilled_text(&view->unfilled[i]);

                fputs(i > 0 ? "<br>" : "", out);
                pg_html_text(out, text);
        }
        end_banner(out);
}

static void print_banners(FILE *out, const struct pg_page *page)
{
        const struct pg_view *view = page->view;

        if (pg_page_is_off(page) && !view->problem) {
                begin_banner(out, "bad", "Off");
                fputs("portguard enforces nothing on this host: every port is as open as other firewalls leave "
                      "it. On again: <code>portguard apply PROFILE</code>, or <code>portguard "
                      "rollback</code> for what was enforced last.",
                      out);
                end_banner(out);
        }
        if (view->problem) {
                begin_banner(out, "bad", "Problem");
                pg_html_text(out, view->problem);
                end_banner(out);
        }
        if (view->state == PG_STATE_TRIAL)
                print_trial(out, page);
        print_unfilled(out, page);
        if (page->kind == PG_CHOSEN_GENERATION) {
                begin_banner(out, "note", "Not enforced");
                fprintf(out,
                        "Generation %u is %s. The kernel does not hold it now, so nothing is counted.",
                        view->generation, pg_generation_sentence(view->about));
                end_banner(out);
        } else if (page->kind == PG_CHOSEN_REQUEST) {
                begin_banner(out, "note", "Not enforced");
                fputs("This is what the profiles compile to. It was not applied, and nothing is counted.",
                      out);
                end_banner(out);
        }
}

/* What may be long has a row for itself. */
static void begin_fact(FILE *out, const char *term, bool is_wide)
{
        const char *class = is_wide ? " class=\"wide\"" : "";

        fprintf(out, "<dt%s>%s</dt><dd%s>", class, term, class);
}

static void end_fact(FILE *out)
{
        fputs("</dd>\n", out);
}

static void print_words(FILE *out, char *const *words, size_t n, const char *between)
{
        for (size_t i = 0; i < n; i++) {
                fputs(i > 0 ? between : "", out);
                pg_html_text(out, words[i]);
        }
}

static void print_who(FILE *out, const struct pg_generation *about)
{
        _cleanup_(pg_freep) char *who = pg_generation_who(about);

        begin_fact(out, "Applied", false);
        pg_html_time(out, about->time);
        end_fact(out);
        begin_fact(out, "By", false);
        pg_html_text(out, who);
        end_fact(out);
}

static void print_why(FILE *out, const struct pg_generation *about)
{
        begin_fact(out, "Why", true);
        if (about->restores > 0)
                fprintf(out, "brings generation %u back%s", about->restores,
                        about->message ? "; " : "");
        if (about->message)
                pg_html_lines(out, about->message);
        else if (about->restores == 0)
                fputs("<span class=\"soft\">no reason was given (apply -m)</span>", out);
        end_fact(out);
        if (about->n_parameters == 0)
                return;
        begin_fact(out, "Options", true);
        fputs("<code>", out);
        print_words(out, about->parameters, about->n_parameters, "</code> <code>");
        fputs("</code>", out);
        end_fact(out);
}

static void print_facts(FILE *out, const struct pg_page *page)
{
        const struct pg_view *view = page->view;
        const struct pg_generation *about = about_of(page);

        fputs("<dl class=\"facts\">\n", out);
        begin_fact(out, "Roles", true);
        print_words(out, view->profiles, view->n_profiles, ", ");
        end_fact(out);
        if (about)
                print_who(out, about);
        if (view->generation > 0) {
                begin_fact(out, "Generation", false);
                fprintf(out, "%u", view->generation);
                end_fact(out);
        }
        begin_fact(out, "Egress", false);
        fputs(view->egress_strict ? "strict" : "open", out);
        end_fact(out);
        if (about)
                print_why(out, about);
        begin_fact(out, "Digest", true);
        fputs("<code class=\"digest\">", out);
        pg_html_text(out, view->digest);
        fputs("</code>", out);
        end_fact(out);
        fputs("</dl>\n", out);
}

static void print_figure(FILE *out, uint64_t number, const char *what)
{
        fputs("<li><b>", out);
        pg_html_number(out, number);
        fprintf(out, "</b> %s</li>\n", what);
}

/* How many services have ports that `any` may use. */
static size_t count_any(const struct pg_reach *reach)
{
        const char *last = NULL;
        size_t n = 0;

        for (size_t i = 0; i < reach->n_rows; i++) {
                const struct pg_reach_row *row = &reach->rows[i];

                if (!row->exposures[0]->is_any || (last && strcmp(last, row->service) == 0))
                        continue;
                last = row->service;
                n++;
        }
        return n;
}

static void print_figures(FILE *out, const struct pg_page *page)
{
        const struct pg_view *view = page->view;
        size_t any = count_any(page->in);
        uint64_t connections = 0;

        for (size_t i = 0; i < view->n_exposures; i++)
                if (!view->exposures[i].outbound)
                        connections += view->exposures[i].packets;
        fputs("<ul class=\"figures\">\n", out);
        print_figure(out, page->in->n_services,
                     page->in->n_services == 1 ? "service is open" : "services are open");
        print_figure(out, any, "of them to anybody");
        if (pg_page_has_hits(page)) {
                print_figure(out, connections,
                             connections == 1 ? "connection was let in" : "connections were let in");
                print_figure(out, view->refused_packets,
                             view->refused_packets == 1 ? "packet was refused"
                                                        : "packets were refused");
        }
        fputs("</ul>\n", out);
}

void pg_page_print_head(FILE *out, const struct pg_page *page)
{
        fputs("<header>\n<p class=\"eyebrow\">Firewall report</p>\n<h1>", out);
        pg_html_text(out, page->host);
        fputs("</h1>\n", out);
        print_lead(out, page);
        print_banners(out, page);
        if (!pg_page_is_off(page)) {
                print_facts(out, page);
                print_figures(out, page);
        }
        fputs("</header>\n", out);
}
