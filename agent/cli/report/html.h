/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text from files and from the kernel, written into HTML. */
#ifndef PG_CLI_HTML_H
#define PG_CLI_HTML_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

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

#endif
