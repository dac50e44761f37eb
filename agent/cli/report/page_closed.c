/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is not let in, remarks on it, and how the page is read. */
#include <stdio.h>
#include <string.h>

#include "cli/print.h"
#include "cli/report/internal.h"

static const struct pg_view *compiled_of(const struct pg_page *page)
{
        return page->stored ? page->stored : page->view;
}

static void print_optional(FILE *out, const struct pg_view *view)
{
        fputs("<table class=\"list\">\n<caption>Optional services that nobody asked for. Each is opened with "
              "<code>--with NAME</code>, beside what this was applied with.</caption>\n<thead><tr><th "
              "scope=\"col\">Service</th><th scope=\"col\">Ports</th><th scope=\"col\">What it "
              "is</th></tr></thead>\n<tbody>\n",
              out);
        for (size_t i = 0; i < view->n_closed; i++) {
                const struct pg_closed_service *closed = &view->closed[i];

                fputs("<tr><th scope=\"row\">", out);
                pg_page_print_name(out, closed->name);
                fputs("</th><td><code>", out);
                pg_html_text(out, closed->ports);
                fputs("</code></td><td>", out);
                pg_html_text(out, closed->summary);
                fputs("</td></tr>\n", out);
        }
        fputs("</tbody>\n</table>\n", out);
}

static bool is_unreached(const struct pg_view_service *service)
{
        return !service->outbound && !service->opens;
}

static void print_unreached(FILE *out, const struct pg_view *view)
{
        fputs("<table class=\"list\">\n<caption>Services that the profiles ask for, and that nobody reaches "
              "all the same.</caption>\n<thead><tr><th scope=\"col\">Service</th><th scope=\"col\">What it "
              "is</th><th scope=\"col\">Why nobody reaches it</th></tr></thead>\n<tbody>\n",
              out);
        for (size_t i = 0; i < view->n_services; i++) {
                const struct pg_view_service *service = &view->services[i];

                if (!is_unreached(service))
                        continue;
                fputs("<tr><th scope=\"row\">", out);
                pg_page_print_name(out, service->name);
                fputs("</th><td>", out);
                pg_html_text(out, service->summary);
                fputs("</td><td>", out);
                if (!service->empty_scope) {
                        fputs("its ports belong to more specific services", out);
                } else if (strcmp(service->empty_scope, "local") == 0) {
                        fputs("it is for this host only", out);
                } else if (strcmp(service->empty_scope, "none") == 0) {
                        fputs("its scope is <strong>none</strong>, which is nobody", out);
                } else {
                        fputs("nobody is in the scope <strong>", out);
                        pg_html_text(out, service->empty_scope);
                        fputs("</strong>", out);
                }
                fputs("</td></tr>\n", out);
        }
        fputs("</tbody>\n</table>\n", out);
}

void pg_page_print_closed(FILE *out, const struct pg_page *page)
{
        const struct pg_view *view = compiled_of(page);
        bool unreached = false;

        /* The kernel alone does not know what it was not told to open. */
        if (page->kind == PG_CHOSEN_ENFORCED && !page->stored)
                return;
        for (size_t i = 0; i < view->n_services; i++)
                unreached |= is_unreached(&view->services[i]);
        fputs("<section id=\"closed\">\n<h2>What stayed closed</h2>\n", out);
        if (view->n_closed > 0)
                print_optional(out, view);
        if (unreached)
                print_unreached(out, view);
        if (view->n_closed == 0 && !unreached)
                fputs("<p class=\"lead\">Nothing: every service of these roles is open to the scopes above.</p>\n",
                      out);
        fputs("</section>\n", out);
}

/* One direction of what was refused lately. */
struct refusals {
        const struct pg_refused *items;
        size_t n, n_all;
        const char *what, *address, *advice; /* caption, and heads of two columns */
};

static void print_refusal(FILE *out, const struct pg_refused *refused)
{
        fputs("<tr><th scope=\"row\"><code>", out);
        pg_html_text(out, refused->source);
        fputs("</code></th><td><code>", out);
        pg_html_text(out, refused->protocol);
        if (refused->has_port)
                fprintf(out, "/%u", refused->port);
        fputs("</code></td><td>", out);
        pg_html_number(out, refused->packets);
        fputs("</td><td>", out);
        pg_html_text(out, refused->advice       ? refused->advice
                          : refused->no_profile ? "no profile has this port"
                                                : "");
        fputs("</td></tr>\n", out);
}

static void print_refusals(FILE *out, const struct refusals *refusals)
{
        if (refusals->n == 0)
                return;
        fprintf(out,
                "<table class=\"list\">\n<caption>%s in the last %d minutes, %zu of %zu: "
                "each counted since the kernel remembers it, so that these need not add up to the sum "
                "above.</caption>\n<thead><tr><th scope=\"col\">%s</th><th scope=\"col\">Port</th>"
                "<th scope=\"col\">Packets</th><th scope=\"col\">%s</th></tr></thead>\n<tbody>\n",
                refusals->what, PG_REFUSED_SECONDS / 60, refusals->n, refusals->n_all,
                refusals->address, refusals->advice);
        for (size_t i = 0; i < refusals->n; i++)
                print_refusal(out, &refusals->items[i]);
        fputs("</tbody>\n</table>\n", out);
}

static void print_remembered(FILE *out, const struct pg_view *view)
{
        const struct refusals in = {view->refused,     view->n_refused, view->n_refused_all,
                                    "Who was refused", "Source",        "What would let it in"};
        const struct refusals from_here = {view->refused_out,
                                           view->n_refused_out,
                                           view->n_refused_out_all,
                                           "What this host was refused to reach",
                                           "Destination",
                                           "What would let it out"};

        print_refusals(out, &in);
        print_refusals(out, &from_here);
}

void pg_page_print_refused(FILE *out, const struct pg_page *page)
{
        const struct pg_view *view = page->view;
        char bytes[PG_COUNT_TEXT_MAX];

        if (!pg_page_has_hits(page))
                return;
        fputs("<section id=\"refused\">\n<h2>What was refused</h2>\n<p>", out);
        if (view->refused_packets == 0 && view->invalid_packets == 0 &&
            view->refused_out_packets == 0 && view->n_refused == 0 && view->n_refused_out == 0) {
                fputs("The kernel refused no packet so far.</p>\n</section>\n", out);
                return;
        }
        pg_html_count(out, view->refused_packets, "packet");
        fprintf(out, " (%s) came for a port that is closed, or from somebody who may not use it. ",
                pg_bytes_text(view->refused_bytes, bytes));
        pg_html_count(out, view->invalid_packets, "more packet");
        fputs(view->invalid_packets == 1 ? " was" : " were", out);
        fputs(" dropped as invalid: they belong to no connection. ", out);
        if (view->egress_strict) {
                pg_html_count(out, view->refused_out_packets, "packet");
                fprintf(out, " (%s) of this host itself, to where no role of it goes, %s refused. ",
                        pg_bytes_text(view->refused_out_bytes, bytes),
                        view->refused_out_packets == 1 ? "was" : "were");
        }
        fputs("All is counted by the kernel, since portguard was turned on or restored, without what came in trials "
              "that were taken back.</p>\n",
              out);
        print_remembered(out, view);
        fputs("</section>\n", out);
}

void pg_page_print_remarks(FILE *out, const struct pg_page *page)
{
        static const char *const words[] = {"Error", "Warning", "Note"};
        size_t n = pg_diagnostics_length(page->diagnostics);

        if (n == 0)
                return;
        fputs("<section id=\"remarks\">\n<h2>Remarks</h2>\n<ul class=\"remarks\">\n", out);
        for (size_t i = 0; i < n; i++) {
                const struct pg_diagnostic *item = pg_diagnostics_at(page->diagnostics, i);

                fprintf(out, "<li><strong>%s</strong> ", words[item->severity]);
                pg_html_lines(out, item->text);
                if (item->file) {
                        fputs(" <span class=\"place\">", out);
                        pg_html_text(out, item->file);
                        if (item->line > 0)
                                fprintf(out, ":%u", item->line);
                        fputs("</span>", out);
                }
                fputs("</li>\n", out);
        }
        fputs("</ul>\n</section>\n", out);
}

static void print_ping(FILE *out, const struct pg_view *view)
{
        if (view->n_ping_scopes == 0)
                return;
        fputs("; and echo requests (ping) from ", out);
        pg_page_print_who(out, view->ping_scopes, view->n_ping_scopes, false);
        if (view->ping_count > 0)
                fprintf(out, ", at most %u in %u second%s of each source, and %u at once",
                        view->ping_count, view->ping_seconds, view->ping_seconds == 1 ? "" : "s",
                        view->ping_burst);
}

void pg_page_print_legend(FILE *out, const struct pg_page *page)
{
        fputs("<section id=\"legend\">\n<h2>How to read this page</h2>\n<dl class=\"legend\">\n"
              "<dt>Service</dt><dd>One thing that listens on this host, written <em>profile/service</em>: "
              "the profile is the role that brings it in. Whether a program really listens is not asked "
              "here.</dd>\n"
              "<dt>Scope</dt><dd>Who may reach a service. <em>anybody</em> is every address; "
              "<em>internal</em> the private address ranges, unless the site says otherwise; any other name a "
              "group of addresses and interfaces that the site fills in, an address, or a host. Scopes may "
              "overlap.</dd>\n"
              "<dt>Refused</dt><dd>What is not marked as open is dropped without an answer; with strict egress, what this host "
              "itself sends is rejected, and the program that sends is told.</dd>\n"
              "<dt>Always let in</dt><dd>Loopback; replies to what this host began; ICMP errors, neighbour "
              "discovery, multicast listener reports and IGMP; DHCP answers",
              out);
        print_ping(out, page->view);
        fputs(".</dd>\n", out);
        if (pg_page_has_hits(page))
                fputs("<dt>Connections</dt><dd>The kernel counts each once, when it was let in, for each range "
                      "of ports. A service with 0 has had no visitor yet.</dd>\n",
                      out);
        fputs("<dt>Beyond this page</dt><dd>Packets that are forwarded to containers and virtual machines "
              "do not pass here, and another firewall on this host may still drop what is let in "
              "here.</dd>\n</dl>\n</section>\n",
              out);
}
