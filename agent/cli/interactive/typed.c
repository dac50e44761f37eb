/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines that somebody types on standard input, waited for with a limit. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "cli/interactive/internal.h"

/* Not by isspace() and tolower(): an answer is ASCII in any locale. */
static void copy_trimmed(const char *text, size_t n, char line[static PG_TYPED_MAX])
{
        while (n > 0 && strchr(" \t\r", *text)) {
                text++;
                n--;
        }
        while (n > 0 && strchr(" \t\r", text[n - 1]))
                n--;
        for (size_t i = 0; i < n; i++)
                line[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] - 'A' + 'a' : text[i]);
        line[n] = '\0';
}

static enum pg_typed_event take_input(struct pg_typed *typed, char line[static PG_TYPED_MAX])
{
        char input[PG_TYPED_MAX];
        ssize_t n = read(STDIN_FILENO, input, sizeof(input));

        if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
                return PG_TYPED_END;
        for (ssize_t i = 0; i < n; i++) {
                if (input[i] == '\n') {
                        copy_trimmed(typed->text, typed->n, line);
                        typed->n = 0;
                        return PG_TYPED_LINE;
                }
                /* A line that does not fit is no answer anyway. */
                if (typed->n < sizeof(typed->text) - 1)
                        typed->text[typed->n++] = input[i];
        }
        return PG_TYPED_NOTHING;
}

enum pg_typed_event pg_typed_wait(struct pg_typed *typed, int signal_fd, int wait_ms,
                                  char line[static PG_TYPED_MAX])
{
        /* poll() passes over a negative descriptor. */
        struct pollfd polled[] = {
                {.fd = STDIN_FILENO, .events = POLLIN},
                {.fd = signal_fd, .events = POLLIN},
        };
        int n = poll(polled, 2, wait_ms);

        if (n < 0 && errno != EINTR)
                return PG_TYPED_END;
        if (n <= 0)
                return PG_TYPED_NOTHING;
        if (polled[1].revents)
                return PG_TYPED_SIGNAL;
        return take_input(typed, line);
}
