/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of addresses, read in pieces: a million lines must not cost a million allocations. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/private.h"
#include "profile/site/internal.h"

/* Also the length of the longest line, a comment included. */
#define BUFFER_SIZE 65536
#define ERRORS_MAX 20

struct group_reader {
        struct pg_addresses *addresses;
        struct pg_diagnostics *diagnostics;
        struct pg_place place;
        size_t n_entries;
        unsigned n_errors;
        bool stopped, is_private;
};

/* The error has no text of the file, or of one that may be quoted. */
static void report(struct group_reader *reader, size_t column, const char *problem)
{
        reader->place.column = (unsigned)column + 1;
        pg_diagnostics_add_plain(reader->diagnostics, PG_SEVERITY_ERROR, reader->place, "%s", problem);
        if (++reader->n_errors < ERRORS_MAX)
                return;
        reader->place.column = 0;
        reader->place.line = 0;
        pg_diagnostics_add(reader->diagnostics, PG_SEVERITY_ERROR, reader->place,
                           "and more: lines behind this one were not looked at");
        reader->stopped = true;
}

static void report_prefix(struct group_reader *reader, size_t column, enum pg_prefix_problem problem,
                          const char *text, size_t length, const struct pg_prefix *prefix)
{
        char message[256];

        pg_prefix_explain(problem, reader->is_private ? NULL : text, length, prefix, message,
                          sizeof(message));
        report(reader, column, message);
}

static bool is_blank(char c)
{
        return c == ' ' || c == '\t' || c == '\r';
}

/* The byte order mark that some editors put before the first line. */
static const char mark[] = {'\xef', '\xbb', '\xbf'};

static bool has_mark(const struct group_reader *reader, const char *line, size_t length)
{
        return reader->place.line == 0 && length >= sizeof(mark) &&
               memcmp(line, mark, sizeof(mark)) == 0;
}

static int take_line(struct group_reader *reader, const char *line, size_t length)
{
        const char *hash = memchr(line, '#', length);
        size_t start = has_mark(reader, line, length) ? sizeof(mark) : 0;
        size_t end = hash ? (size_t)(hash - line) : length;
        struct pg_prefix prefix;
        enum pg_prefix_problem problem;

        reader->place.line++;
        while (end > start && is_blank(line[end - 1]))
                end--;
        while (start < end && is_blank(line[start]))
                start++;
        if (start == end)
                return 0;
        problem = pg_prefix_parse(line + start, end - start, &prefix);
        if (problem != PG_PREFIX_GOOD) {
                report_prefix(reader, start, problem, line + start, end - start, &prefix);
                return 0;
        }
        if (prefix.length == 0) {
                report(reader, start,
                       "a prefix of length 0 is everybody (use the scope `any` instead)");
                return 0;
        }
        if (++reader->n_entries > PG_GROUP_ENTRIES_MAX) {
                pg_diagnostics_add(
                        reader->diagnostics, PG_SEVERITY_ERROR, reader->place,
                        "a group file has at most %d entries (join neighbours into prefixes)",
                        PG_GROUP_ENTRIES_MAX);
                reader->stopped = true;
                return 0;
        }
        return pg_addresses_add_prefix(reader->addresses, &prefix);
}

/* Takes the whole lines of `buffer`. Gives the number of bytes that are left over at its end. */
static int take_lines(struct group_reader *reader, const char *buffer, size_t length, size_t *ret_rest)
{
        const char *line = buffer, *end = buffer + length, *newline;
        int r;

        while (!reader->stopped && (newline = memchr(line, '\n', (size_t)(end - line)))) {
                r = take_line(reader, line, (size_t)(newline - line));
                if (r < 0)
                        return r;
                line = newline + 1;
        }
        *ret_rest = (size_t)(end - line);
        return 0;
}

static ssize_t read_some(int fd, char *buffer, size_t size)
{
        ssize_t n;

        do
                n = read(fd, buffer, size);
        while (n < 0 && errno == EINTR);
        return n < 0 ? -errno : n;
}

static int read_all(struct group_reader *reader, int fd, char *buffer)
{
        size_t held = 0, rest;
        ssize_t n;
        int r;

        while (!reader->stopped && (n = read_some(fd, buffer + held, BUFFER_SIZE - held)) != 0) {
                if (n < 0)
                        return (int)n;
                held += (size_t)n;
                r = take_lines(reader, buffer, held, &rest);
                if (r < 0)
                        return r;
                if (rest == BUFFER_SIZE) {
                        reader->place.line++;
                        report(reader, 0, "the line is too long (one address or prefix a line)");
                        reader->stopped = true;
                }
                memmove(buffer, buffer + held - rest, rest);
                held = rest;
        }
        return reader->stopped || held == 0 ? 0 : take_line(reader, buffer, held);
}

int pg_group_file_read(const char *path, struct pg_addresses *addresses,
                       struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        struct group_reader reader = {
                .addresses = addresses,
                .diagnostics = diagnostics,
                .place = {.file = path},
        };
        size_t n_errors = pg_diagnostics_count(diagnostics, PG_SEVERITY_ERROR);
        _cleanup_(pg_freep) char *buffer = NULL;
        _cleanup_(pg_closep) int fd = -1;
        int r;

        fd = pg_file_open(AT_FDCWD, path, PG_GROUP_FILE_SIZE_MAX, error);
        if (fd < 0)
                return fd;
        reader.is_private = pg_file_is_private(fd);
        if (reader.is_private && pg_diagnostics_conceal(diagnostics, path) < 0)
                return pg_error_memory(error);
        buffer = malloc(BUFFER_SIZE);
        if (!buffer)
                return pg_error_memory(error);
        r = read_all(&reader, fd, buffer);
        if (r == -ENOMEM)
                return pg_error_memory(error);
        if (r < 0)
                return pg_error_set(error, PG_STATUS_FAILED, r, "%s cannot be read: %s",
                                    pg_show(path).text, strerror(-r));
        if (pg_diagnostics_count(diagnostics, PG_SEVERITY_ERROR) > n_errors)
                return pg_error_set(error, PG_STATUS_INVALID, -EINVAL, "%s is no valid group file",
                                    pg_show(path).text);
        pg_diagnostics_reveal(diagnostics, path);
        return 0;
}
