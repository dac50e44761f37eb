/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of cli/report/ share. */
#ifndef PG_CLI_REPORT_INTERNAL_H
#define PG_CLI_REPORT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/report/report.h"

/* Longer texts are cut: whoever wrote one must not decide on the size of the page. */
#define PG_HTML_TEXT_MAX 512
#define PG_HTML_LINES_MAX 4096

/* The text as content or as a quoted attribute: it cannot end what it stands in, and what does not show
 * as itself is shown as \xNN. */
void pg_html_text(FILE *out, const char *text);
/* At most `length` bytes of it. */
void pg_html_part(FILE *out, const char *text, size_t length);
/* Where newlines may stay; for content only. */
void pg_html_lines(FILE *out, const char *text);

/* "1,204" */
void pg_html_number(FILE *out, uint64_t number);
/* "1 packet", "1,204 packets" */
void pg_html_count(FILE *out, uint64_t number, const char *noun);
/* A <time> element: local, with the offset, since a page is read elsewhere too. */
void pg_html_time(FILE *out, int64_t seconds);

/* The style sheet, as it stands between <style> and </style>. */
extern const char pg_page_style[];

/* Host, what is shown, whether it holds, who applied it, and the figures. */
void pg_page_print_head(FILE *out, const struct pg_page *page);

/* Services against scopes. */
void pg_page_print_matrix(FILE *out, const struct pg_page *page);

/* Each service in full, and who is behind the scopes. */
void pg_page_print_services(FILE *out, const struct pg_page *page, const struct pg_reach *reach);
void pg_page_print_scopes(FILE *out, const struct pg_page *page);

/* What is not let in, and remarks. */
void pg_page_print_closed(FILE *out, const struct pg_page *page);
void pg_page_print_refused(FILE *out, const struct pg_page *page);
void pg_page_print_remarks(FILE *out, const struct pg_page *page);
void pg_page_print_legend(FILE *out, const struct pg_page *page);

/* Whether the view counts connections: nobody makes any to what is not enforced. */
bool pg_page_has_hits(const struct pg_page *page);
/* Nothing is enforced, and that is what the page is about. */
bool pg_page_is_off(const struct pg_page *page);

/* "k8s-node/kubelet", its profile set back. */
void pg_page_print_name(FILE *out, const char *service);
/* Each port range in an element of its own. */
void pg_page_print_ports(FILE *out, const struct pg_reach_row *row);
/* "cluster, control-plane"; "anybody" of `any`. */
void pg_page_print_who(FILE *out, char *const *scopes, size_t n, bool outbound);

/* Whether the row's ports are open to the scope by name. */
bool pg_row_has_scope(const struct pg_reach_row *row, const char *scope);

/* The bytes of a service's name that are its profile's, with the slash. */
size_t pg_profile_length(const char *service);

#endif
