/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text from files and from the kernel, written into HTML. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/strings.h"
#include "cli/report/internal.h"

static void print_escaped(FILE *out, const char *safe)
{
        for (const char *p = safe; *p; p++)
                switch (*p) {
                case '&':
                        fputs("&amp;", out);
                        break;
                case '<':
                        fputs("&lt;", out);
                        break;
                case '>':
                        fputs("&gt;", out);
                        break;
                case '"':
                        fputs("&quot;", out);
                        break;
                case '\'':
                        fputs("&#39;", out);
                        break;
                default:
                        fputc(*p, out);
                }
}

void pg_html_part(FILE *out, const char *text, size_t length)
{
        char safe[PG_HTML_TEXT_MAX];

        print_escaped(out, pg_printable(text, strnlen(text, length), safe, sizeof(safe)));
}

void pg_html_text(FILE *out, const char *text)
{
        if (text)
                pg_html_part(out, text, SIZE_MAX);
}

void pg_html_lines(FILE *out, const char *text)
{
        const char *end = text + strnlen(text, PG_HTML_LINES_MAX);
        bool is_cut = *end;

        while (text < end) {
                size_t length = strcspn(text, "\n");
                char safe[PG_HTML_LINES_MAX + 16];

                length = length > (size_t)(end - text) ? (size_t)(end - text) : length;
                print_escaped(out, pg_printable(text, length, safe, sizeof(safe)));
                text += length;
                if (text < end) {
                        fputs("<br>", out);
                        text++;
                }
        }
        if (is_cut)
                fputs(" ... (cut)", out);
}

void pg_html_number(FILE *out, uint64_t number)
{
        if (number >= 1000) {
                pg_html_number(out, number / 1000);
                fprintf(out, ",%03u", (unsigned)(number % 1000));
        } else {
                fprintf(out, "%u", (unsigned)number);
        }
}

void pg_html_count(FILE *out, uint64_t number, const char *noun)
{
        pg_html_number(out, number);
        fprintf(out, " %s%s", noun, number == 1 ? "" : "s");
}

void pg_html_time(FILE *out, int64_t seconds)
{
        time_t time = (time_t)seconds;
        char machine[32], person[40];
        struct tm utc, local;

        if (!gmtime_r(&time, &utc) || !localtime_r(&time, &local) || local.tm_year > 9999 - 1900 ||
            local.tm_year < 0 || strftime(machine, sizeof(machine), "%Y-%m-%dT%H:%M:%SZ", &utc) == 0 ||
            strftime(person, sizeof(person), "%Y-%m-%d %H:%M:%S %z", &local) == 0)
                fprintf(out, "%" PRId64 " s after 1970", seconds);
        else
                fprintf(out, "<time datetime=\"%s\">%s</time>", machine, person);
}
