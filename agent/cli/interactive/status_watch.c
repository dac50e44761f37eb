/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The status again and again, on a terminal in place. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/public.h"
#include "cli/call.h"
#include "cli/diagnostics.h"
#include "cli/interactive/interactive.h"
#include "cli/json/json.h"
#include "cli/print.h"

#define INTERVAL_MIN_MS 100
#define INTERVAL_MAX_MS (3600 * 1000)

#define HIDE_CURSOR "\033[?25l"
#define SHOW_CURSOR "\033[?25h"
#define NO_WRAPPING "\033[?7l"
#define WRAPPING "\033[?7h"
#define CLEAR "\033[2J"
#define GO_TO_BEGIN "\033[H"
#define CLEAR_LINE_REST "\033[K"
#define CLEAR_REST "\033[J"

struct watch {
        struct pg_call *call;
        size_t refused_max; /* 0: what there is room for */
        bool in_place;      /* on a terminal that can */
        bool is_begun;
        int signal_fd;
        size_t reported;      /* how many diagnostics have been printed */
        struct pg_view *last; /* or NULL */
        int64_t last_ms;
        struct pg_change_listener *listener; /* or NULL: who changes the table is not reported then */
};

const char *pg_watch_interval_parse(const char *text, unsigned *ret_ms)
{
        unsigned ms = 0, unit = 1000;
        bool has_point = false;

        if (*text < '0' || *text > '9')
                return "write seconds, such as 2 or 0.5";
        for (; *text; text++) {
                if (*text == '.' && !has_point && text[1]) {
                        has_point = true;
                        continue;
                }
                if (*text < '0' || *text > '9')
                        return "write seconds, such as 2 or 0.5";
                if (has_point)
                        unit /= 10;
                ms = has_point ? ms + unit * (unsigned)(*text - '0')
                               : ms * 10 + unit * (unsigned)(*text - '0');
                if (ms > INTERVAL_MAX_MS)
                        return "it is at most 3600 seconds";
        }
        if (ms < INTERVAL_MIN_MS)
                return "it is at least 0.1 seconds";
        *ret_ms = ms;
        return NULL;
}

static int64_t now_ms(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static uint64_t connections_of(const struct pg_view *view)
{
        uint64_t n = 0;

        for (size_t i = 0; i < view->n_exposures; i++)
                n += view->exposures[i].outbound ? 0 : view->exposures[i].packets;
        return n;
}

/* A new generation may count fewer services, and a counter may have been reset. */
static struct pg_rates rates_of(const struct watch *watch, const struct pg_view *view, int64_t at_ms)
{
        struct pg_rates rates = {.seconds = (double)(at_ms - watch->last_ms) / 1000};
        const struct pg_view *last = watch->last;
        uint64_t before, after = connections_of(view);

        if (!last || last->generation != view->generation || at_ms <= watch->last_ms)
                return rates;
        before = connections_of(last);
        rates.is_known = after >= before && view->refused_packets >= last->refused_packets;
        if (rates.is_known) {
                rates.connections = (double)(after - before) / rates.seconds;
                rates.refused = (double)(view->refused_packets - last->refused_packets) / rates.seconds;
        }
        return rates;
}

static void print_json(const struct watch *watch, const struct pg_view *view,
                       const struct pg_rates *rates)
{
        json_t *object = pg_status_json(view, watch->call->diagnostics), *reported = NULL;

        if (rates->is_known) {
                reported = pg_json_object();
                pg_json_put(reported, "seconds", json_real(rates->seconds));
                pg_json_put(reported, "connections", json_real(rates->connections));
                pg_json_put(reported, "refused", json_real(rates->refused));
        }
        pg_json_put(object, "rates", reported ? reported : json_null());
        pg_json_print_line(object);
}

/* In place of what was there, without a moment in which the screen is empty. What is higher than the
 * screen would scroll it: the rest is left out. */
static void print_page(struct watch *watch, const char *page)
{
        struct winsize size = {0};
        size_t rows = SIZE_MAX;

        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 1)
                rows = size.ws_row - 1U;
        fputs(watch->is_begun ? GO_TO_BEGIN : HIDE_CURSOR NO_WRAPPING CLEAR GO_TO_BEGIN, stdout);
        watch->is_begun = true;
        for (size_t i = 0; *page && i < rows; i++) {
                size_t length = strcspn(page, "\n");
                bool is_cut = i + 1 == rows && page[length] == '\n' && page[length + 1];

                /* Cleared first: behind a full line the cursor stands on its last character. */
                fputs(CLEAR_LINE_REST, stdout);
                if (is_cut)
                        puts("… (the screen is too low for the rest)");
                else
                        printf("%.*s\n", (int)length, page);
                page += length + (page[length] == '\n');
        }
        fputs(CLEAR_REST, stdout);
}

/* What stands on standard error would be drawn over. */
static void print_new_warnings(struct watch *watch, FILE *out)
{
        const struct pg_diagnostics *diagnostics = watch->call->diagnostics;
        size_t n = pg_diagnostics_length(diagnostics);

        for (size_t i = n > 3 ? n - 3 : 0; i < n; i++) {
                fputs("warning: ", out);
                pg_print_text(out, pg_diagnostics_at(diagnostics, i)->text);
                fputc('\n', out);
        }
}

static void print_in_place(struct watch *watch, const struct pg_view *view,
                           const struct pg_rates *rates)
{
        _cleanup_(pg_freep) char *page = NULL;
        size_t size;
        FILE *out = pg_must(open_memstream(&page, &size));

        print_new_warnings(watch, out);
        pg_status_print(out, pg_terminal_width(stdout), view, rates);
        fclose(out);
        print_page(watch, pg_must(page));
}

static void print(struct watch *watch, const struct pg_view *view, const struct pg_rates *rates)
{
        size_t n = pg_diagnostics_length(watch->call->diagnostics);

        if (watch->in_place) {
                print_in_place(watch, view, rates);
        } else {
                pg_report_new_diagnostics(watch->call->diagnostics, watch->reported);
                if (watch->call->options.json)
                        print_json(watch, view, rates);
                else if (watch->last)
                        putchar('\n');
                if (!watch->call->options.json)
                        pg_status_print(stdout, 0, view, rates);
        }
        watch->reported = n;
        pg_call_flush(watch->call);
}

/* A fifth of a low screen: there are services to be seen too. */
static size_t refused_max(const struct watch *watch)
{
        struct winsize size = {0};
        size_t max = watch->refused_max;

        if (max > 0)
                return max;
        if (!watch->in_place || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 ||
            size.ws_row / 5 >= PG_REFUSED_ROWS)
                return PG_REFUSED_ROWS;
        return size.ws_row < 10 ? 1 : size.ws_row / 5;
}

static int look(struct watch *watch)
{
        _cleanup_(pg_view_freep) struct pg_view *view = NULL;
        struct pg_call *call = watch->call;
        const struct pg_settings *settings = &call->options.settings;
        struct pg_rates rates;
        int64_t at_ms = now_ms();
        int r;

        r = pg_view_enforced(settings, false, &view, call->diagnostics, &call->error);
        if (r >= 0 && watch->listener && pg_change_listener_name(watch->listener, view) < 0)
                r = pg_error_memory(&call->error);
        if (r >= 0)
                r = pg_view_refused(settings, view, refused_max(watch), watch->last, call->diagnostics,
                                    &call->error);
        if (r < 0)
                return r;
        rates = rates_of(watch, view, at_ms);
        print(watch, view, &rates);
        pg_view_free(watch->last);
        watch->last = PG_TAKE(view);
        watch->last_ms = at_ms;
        return 0;
}

/* Until the next look; whether there is to be one. */
static bool wait_until(const struct watch *watch, int64_t next_ms)
{
        struct signalfd_siginfo signal;
        /* Without an event of its own: a pipe whose reader has gone, and a terminal that has, tell. */
        struct pollfd fds[] = {{.fd = watch->signal_fd, .events = POLLIN}, {.fd = STDOUT_FILENO}};

        for (;;) {
                int64_t left = next_ms - now_ms();

                if (left <= 0)
                        return true;
                if (poll(fds, PG_ELEMENTSOF(fds), (int)left) < 0 && errno != EINTR)
                        return false;
                if (fds[1].revents & (POLLERR | POLLHUP | POLLNVAL))
                        return false;
                if ((fds[0].revents & POLLIN) &&
                    read(watch->signal_fd, &signal, sizeof(signal)) == sizeof(signal))
                        return signal.ssi_signo == SIGWINCH; /* another size: look at once */
        }
}

/* They arrive as a descriptor to read, so that the cursor is there again whatever ends it. */
static int catch_signals(void)
{
        sigset_t signals;
        int fd;

        sigemptyset(&signals);
        sigaddset(&signals, SIGINT);
        sigaddset(&signals, SIGHUP);
        sigaddset(&signals, SIGTERM);
        sigaddset(&signals, SIGWINCH);
        fd = signalfd(-1, &signals, SFD_CLOEXEC);
        if (fd >= 0)
                sigprocmask(SIG_BLOCK, &signals, NULL);
        return fd;
}

/* Looking takes at most half of the time, however large the table is. */
static int go_on(struct watch *watch, unsigned interval_ms)
{
        for (;;) {
                int64_t begin_ms = now_ms(), took_ms;
                int r = look(watch);

                if (r < 0 || watch->call->output_number != 0)
                        return r;
                took_ms = now_ms() - begin_ms;
                if (!wait_until(watch,
                                begin_ms + (took_ms > interval_ms / 2 ? 2 * took_ms : interval_ms)))
                        return 0;
        }
}

int pg_status_watch(struct pg_call *call, unsigned interval_ms, size_t refused_max)
{
        const char *term = getenv("TERM");
        _cleanup_(pg_closep) int signal_fd = catch_signals();
        struct watch watch = {
                .call = call,
                .refused_max = refused_max,
                .in_place = !call->options.json && isatty(STDOUT_FILENO) && term && *term &&
                            strcmp(term, "dumb") != 0,
                .signal_fd = signal_fd,
        };
        int r;

        if (signal_fd < 0)
                return pg_error_set(&call->error, PG_STATUS_FAILED, -errno,
                                    "cannot wait for signals: %s", strerror(errno));
        /* A listener before the first look: nothing comes between. What hinders it hinders looking,
         * too. */
        pg_change_listener_open(&watch.listener, NULL);
        r = go_on(&watch, interval_ms);
        pg_change_listener_close(watch.listener);
        if (watch.is_begun)
                fputs(WRAPPING SHOW_CURSOR, stdout);
        pg_call_flush(call);
        pg_view_free(watch.last);
        /* That nobody reads any more is how it ends, and no failure. */
        if (call->output_number == EPIPE || call->output_number == EIO) {
                call->output_number = 0;
                __fpurge(stdout);
                clearerr(stdout);
        }
        return r < 0 ? r : PG_STATUS_DONE;
}
