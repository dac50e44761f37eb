/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page of portguard report: one HTML file that loads nothing. */
#ifndef PG_CLI_PAGE_H
#define PG_CLI_PAGE_H

#include <stdio.h>

#include "cli/chosen.h"
#include "cli/report/reach.h"

/* What the page tells; all borrowed. */
struct pg_page {
        enum pg_chosen_kind kind;
        const struct pg_view *view;
        const struct pg_view *stored; /* the same as the history has it, with summaries; or NULL */
        const struct pg_reach *in, *out;
        const struct pg_diagnostics *diagnostics;
        const char *host, *command;
        int64_t now; /* when the view was made, in seconds since 1970 */
};

void pg_page_print(FILE *out, const struct pg_page *page);

/* page_style.c: the style sheet, as it stands between <style> and </style>. */
extern const char pg_page_style[];

/* page_head.c: host, what is shown, whether it holds, who applied it, and the figures. */
void pg_page_print_head(FILE *out, const struct pg_page *page);

/* page_matrix.c: services against scopes. */
void pg_page_print_matrix(FILE *out, const struct pg_page *page);

/* page_services.c: each service in full, and who is behind the scopes. */
void pg_page_print_services(FILE *out, const struct pg_page *page, const struct pg_reach *reach);
void pg_page_print_scopes(FILE *out, const struct pg_page *page);

/* page_closed.c: what is not let in, and remarks. */
void pg_page_print_closed(FILE *out, const struct pg_page *page);
void pg_page_print_refused(FILE *out, const struct pg_page *page);
void pg_page_print_remarks(FILE *out, const struct pg_page *page);
void pg_page_print_legend(FILE *out, const struct pg_page *page);

/* Whether the view counts connections: nobody makes any to what is not enforced. */
bool pg_page_has_hits(const struct pg_page *page);
/* Nothing is enforced, and that is what the page is about. */
bool pg_page_is_off(const struct pg_page *page);

/* "k8s-worker/kubelet", its profile set back. */
void pg_page_print_name(FILE *out, const char *service);
/* Each port range in an element of its own. */
void pg_page_print_ports(FILE *out, const struct pg_reach_row *row);
/* "cluster, control-plane"; "anybody" of `any`. */
void pg_page_print_label(FILE *out, const char *label, bool outbound);

#endif
