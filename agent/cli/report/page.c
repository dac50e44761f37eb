/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page of portguard report: its order, and what its sections share. */
#include <stdio.h>
#include <string.h>

#include "cli/report/internal.h"

#ifndef PORTGUARD_VERSION
#define PORTGUARD_VERSION "unreleased"
#endif

/* Nothing may be loaded, and no script runs, whatever got past the escaping. */
static void print_top(FILE *out, const struct pg_page *page)
{
        fputs("<!DOCTYPE html>\n"
              "<html lang=\"en\">\n"
              "<head>\n"
              "<meta charset=\"utf-8\">\n"
              "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
              "'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
              "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
              "<meta name=\"color-scheme\" content=\"light dark\">\n"
              "<meta name=\"referrer\" content=\"no-referrer\">\n" PG_PAGE_MARK PORTGUARD_VERSION
              "\">\n"
              "<title>",
              out);
        pg_html_text(out, page->host);
        fputs(": who can reach what</title>\n<style>\n", out);
        fputs(pg_page_style, out);
        fputs("</style>\n</head>\n<body>\n", out);
}

static void print_egress(FILE *out, const struct pg_page *page)
{
        fputs("<section id=\"egress\">\n<h2>What this host may reach</h2>\n", out);
        if (page->view->egress_strict) {
                fputs("<p class=\"lead\">Egress is strict: beyond replies, ICMP and IGMP, only what is listed "
                      "here leaves this host; the rest is rejected, and the program told.</p>\n",
                      out);
                pg_page_print_services(out, page, page->out);
        } else {
                fputs("<p class=\"lead\">Egress is open: what leaves this host is not limited.</p>\n",
                      out);
        }
        fputs("</section>\n", out);
}

static void print_policy(FILE *out, const struct pg_page *page)
{
        pg_page_print_matrix(out, page);
        if (page->in->n_rows > 0) {
                fputs("<section id=\"services\">\n<h2>Services, one by one</h2>\n", out);
                pg_page_print_services(out, page, page->in);
                fputs("</section>\n", out);
        }
        print_egress(out, page);
        pg_page_print_scopes(out, page);
        pg_page_print_closed(out, page);
        pg_page_print_refused(out, page);
}

void pg_page_print(FILE *out, const struct pg_page *page)
{
        print_top(out, page);
        fputs("<main>\n", out);
        pg_page_print_head(out, page);
        if (!pg_page_is_off(page))
                print_policy(out, page);
        pg_page_print_remarks(out, page);
        if (!pg_page_is_off(page))
                pg_page_print_legend(out, page);
        fputs("</main>\n<footer>\n<p>Made ", out);
        pg_html_time(out, page->now);
        fputs(" by <code>", out);
        pg_html_text(out, page->command);
        fputs("</code>, portguard " PORTGUARD_VERSION
              ". The page loads nothing and runs no script; it tells the state at that time and does not "
              "change.</p>\n</footer>\n</body>\n</html>\n",
              out);
}
