/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A trial that somebody sits in front of: the countdown, and the answer. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "base/public.h"
#include "cli/call.h"
#include "cli/diagnostics.h"
#include "cli/interactive/internal.h"
#include "cli/text/text.h"

#define COUNT_MAX 64
/* The kernel's clock and ours may differ by that when the time is over. */
#define GRACE_MS 100
/* Looking takes no more than a part of the time, however large the table is. */
#define LOOK_EVERY_MS 1000
#define LOOK_PART 20

struct watch {
        struct pg_call *call;
        uint32_t generation;
        struct pg_open_trial trial; /* as it was seen last */
        int64_t deadline_ms;
        int64_t next_look_ms;
        size_t reported; /* how many diagnostics have been printed */
        int signal_fd;
        int width;     /* of the line that counts, when it was begun */
        bool is_begun; /* the cursor stands behind it */
        bool redraws;  /* the terminal can rewrite a line and leave alone what is being typed */
        struct pg_typed typed;
        struct pg_change_listener *listener; /* or NULL: who changes the table is not reported then */
        bool has_reported_problem;
};

/* Goes on while the host is suspended. Where the kernel's clock did not, look() finds that there is
 * time left. */
static int64_t now_ms(void)
{
        struct timespec now;

        clock_gettime(CLOCK_BOOTTIME, &now);
        return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static uint64_t left_ms(const struct watch *watch)
{
        int64_t left = watch->deadline_ms - now_ms();

        return left > 0 ? (uint64_t)left : 0;
}

static int format_count(const struct watch *watch, char line[static COUNT_MAX])
{
        return snprintf(line, COUNT_MAX,
                        "on trial: %u s left; yes or no: ", pg_trial_seconds(left_ms(watch)));
}

static void print_count(struct watch *watch)
{
        char line[COUNT_MAX];

        watch->width = format_count(watch, line);
        watch->is_begun = true;
        fputs(line, stderr);
}

/* As wide as it was: what is being typed stands behind it. */
static void redraw_count(struct watch *watch)
{
        char line[COUNT_MAX];

        if (!watch->is_begun) {
                print_count(watch);
        } else if (watch->redraws) {
                format_count(watch, line);
                /* Keep the place of the cursor; from the beginning of the line; back to that place. */
                fprintf(stderr, "\0337\r%-*s\0338", watch->width, line);
        }
}

static void end_count(struct watch *watch)
{
        if (watch->is_begun)
                fputc('\n', stderr);
        watch->is_begun = false;
}

/* It is on trial no more: another session decided, or nobody did in time. */
static int report_end(const struct watch *watch, const struct pg_view *view)
{
        _cleanup_(pg_freep) char *name =
                pg_name_generation(view->generation, view->profiles, view->n_profiles);
        struct pg_error *error = &watch->call->error;

        if (view->state == PG_STATE_CONFIRMED && view->generation == watch->generation) {
                printf("kept generation %u for good, by another session\n", watch->generation);
                return PG_STATUS_DONE;
        }
        watch->call->changed = false;
        if (view->refuses)
                return pg_error_set(error, PG_STATUS_REFUSED, -ETIMEDOUT,
                                    "the trial is over, generation %u was not kept: %s",
                                    watch->generation, view->problem);
        if (view->state == PG_STATE_OFF)
                return pg_error_set(error, PG_STATUS_REFUSED, -ETIMEDOUT,
                                    "the trial is over, generation %u was not kept: portguard "
                                    "is off again, nothing is enforced",
                                    watch->generation);
        return pg_error_set(error, PG_STATUS_REFUSED, -ETIMEDOUT,
                            "the trial is over, generation %u was not kept: %s is enforced",
                            watch->generation, name);
}

static void report_new(struct watch *watch)
{
        size_t length = pg_diagnostics_length(watch->call->diagnostics);

        if (length > watch->reported)
                end_count(watch);
        pg_report_new_diagnostics(watch->call->diagnostics, watch->reported);
        watch->reported = length;
}

/* What somebody else does to the table meanwhile, once. */
static int report_problem(struct watch *watch, struct pg_view *view)
{
        if (watch->listener && pg_change_listener_name(watch->listener, view) < 0)
                return pg_error_memory(&watch->call->error);
        if (view->problem && !watch->has_reported_problem) {
                pg_diagnostics_add(watch->call->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                                   "%s%s%s", view->problem,
                                   view->changed_by ? "; the last change to it was made by " : "",
                                   view->changed_by ? view->changed_by : "");
                report_new(watch);
        }
        watch->has_reported_problem = view->problem != NULL;
        return 0;
}

static void keep_time(struct watch *watch, const struct pg_view *view, int64_t began_ms)
{
        int64_t now = now_ms(), pause = LOOK_PART * (now - began_ms);

        watch->next_look_ms = now + (pause > LOOK_EVERY_MS ? pause : LOOK_EVERY_MS);
        watch->trial = view->trial;
        watch->deadline_ms = now + (int64_t)view->trial.left_ms;
        if (view->trial.left_ms < GRACE_MS)
                watch->deadline_ms += GRACE_MS;
}

/* Whether it is still on trial; another session may have decided, or given more time. Where it is not,
 * returns how it ended. */
static int look(struct watch *watch, bool *ret_goes_on)
{
        _cleanup_(pg_view_freep) struct pg_view *view = NULL;
        struct pg_call *call = watch->call;
        int64_t began_ms = now_ms();
        int r;

        r = pg_view_enforced(&call->options.settings, false, &view, call->diagnostics, &call->error);
        report_new(watch);
        if (r >= 0)
                r = report_problem(watch, view);
        if (r < 0)
                return r;
        /* 0: somebody deleted or changed its record. */
        *ret_goes_on = view->state == PG_STATE_TRIAL &&
                       (view->generation == watch->generation || view->generation == 0);
        if (!*ret_goes_on) {
                end_count(watch);
                return report_end(watch, view);
        }
        keep_time(watch, view, began_ms);
        return 0;
}

static int keep(struct watch *watch)
{
        _cleanup_(pg_outcome_freep) struct pg_outcome *outcome = NULL;
        struct pg_call *call = watch->call;
        const struct pg_change_options options = {.allow_lockout = call->options.allow_lockout};
        int r;

        r = pg_confirm(&call->options.settings, &options, &outcome, call->diagnostics, &call->error);
        report_new(watch);
        if (r < 0)
                return r;
        pg_trial_print_kept(outcome);
        pg_call_flush(call);
        return PG_STATUS_DONE;
}

static int take_back(struct watch *watch)
{
        _cleanup_(pg_outcome_freep) struct pg_outcome *outcome = NULL;
        const struct pg_change_options change = {.trial_ms = 0};
        struct pg_call *call = watch->call;
        int r;

        r = pg_rollback(&call->options.settings, 0, &change, &outcome, call->diagnostics, &call->error);
        report_new(watch);
        if (r < 0)
                return r;
        pg_outcome_print_ended(outcome);
        pg_call_flush(call);
        return PG_STATUS_REFUSED;
}

/* `yes` in full: a key that was hit by chance confirms nothing. */
static int decide(struct watch *watch, const char *line, bool *ret_goes_on)
{
        bool yes = strcmp(line, "yes") == 0, no = strcmp(line, "no") == 0;
        int r;

        if (!yes && !no) {
                fputs("Type yes to keep it, or no to take it back.\n", stderr);
                *ret_goes_on = true;
                return 0;
        }
        r = look(watch, ret_goes_on);
        if (!*ret_goes_on || r < 0)
                return r;
        *ret_goes_on = false;
        return yes ? keep(watch) : take_back(watch);
}

/* The kernel needs nobody to take it back. */
static int leave(struct watch *watch)
{
        end_count(watch);
        fputs("The trial goes on without this session.\n", stderr);
        watch->trial.left_ms = left_ms(watch);
        pg_trial_print(stderr, watch->generation, &watch->trial);
        return PG_STATUS_DONE;
}

/* Returns when the line has been written anew, or how it all ended. */
static int check(struct watch *watch, bool *ret_goes_on)
{
        int r = 0;

        if (left_ms(watch) == 0 || now_ms() >= watch->next_look_ms)
                r = look(watch, ret_goes_on);
        if (!*ret_goes_on || (r < 0 && left_ms(watch) == 0))
                return r;
        /* A failure to look is none of the trial. */
        redraw_count(watch);
        return 0;
}

static int count_down(struct watch *watch)
{
        char line[PG_TYPED_MAX];
        bool goes_on = true;
        int r = 0;

        print_count(watch);
        while (r >= 0 && goes_on) {
                uint64_t left = left_ms(watch);
                /* Until the number of seconds changes. */
                int wait_ms = left > 0 ? (int)((left - 1) % 1000) + 1 : 0;

                switch (pg_typed_wait(&watch->typed, watch->signal_fd, wait_ms, line)) {
                case PG_TYPED_NOTHING:
                        r = check(watch, &goes_on);
                        break;
                case PG_TYPED_LINE:
                        watch->is_begun = false;
                        r = decide(watch, line, &goes_on);
                        if (r >= 0 && goes_on)
                                print_count(watch);
                        break;
                case PG_TYPED_SIGNAL:
                case PG_TYPED_END:
                        return leave(watch);
                }
        }
        return r;
}

/* Ends of the session arrive as a descriptor to read, so that what becomes of the trial can be said.
 * They stay blocked: what is left to do takes no time. */
static int catch_signals(void)
{
        sigset_t signals;
        int fd;

        sigemptyset(&signals);
        sigaddset(&signals, SIGINT);
        sigaddset(&signals, SIGHUP);
        sigaddset(&signals, SIGTERM);
        fd = signalfd(-1, &signals, SFD_CLOEXEC);
        if (fd >= 0)
                sigprocmask(SIG_BLOCK, &signals, NULL);
        return fd;
}

int pg_trial_watch(struct pg_call *call, const struct pg_outcome *outcome)
{
        const char *term = getenv("TERM");
        _cleanup_(pg_closep) int signal_fd = catch_signals();
        struct watch watch = {
                .call = call,
                .generation = outcome->generation,
                .trial = outcome->trial,
                .deadline_ms = now_ms() + (int64_t)outcome->trial.left_ms,
                .next_look_ms = now_ms() + LOOK_EVERY_MS,
                .reported = pg_diagnostics_length(call->diagnostics),
                .signal_fd = signal_fd,
                .redraws = term && *term && strcmp(term, "dumb") != 0,
        };
        int r;

        /* What was typed before there was anything to try is no answer. */
        tcflush(STDIN_FILENO, TCIFLUSH);
        fputs("Open a second ssh session now, to see that you get in. Then type yes to keep it, or no to "
              "take it back.\n",
              stderr);
        pg_change_listener_open(&watch.listener, NULL);
        r = count_down(&watch);
        pg_change_listener_close(watch.listener);
        return r;
}
