/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line as table rows: parsing and help are both made from them and cannot drift apart. */
#ifndef PG_CLI_OPTIONS_H
#define PG_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "portguard/portguard.h"

/* Strings borrowed from argv or the environment. */
struct pg_list {
        const char **items;
        size_t n;
};

struct pg_options {
        struct pg_settings settings;
        bool json, help, version;
        bool dry_run, exit_code, all, allow_lockout, yes, repair, watch, live, trace, keep_options;
        unsigned trial_ms;                      /* 0: no trial */
        unsigned for_ms;                        /* 0: not given */
        uint32_t against, keep, limit, refused; /* 0: not given */
        uint32_t at, source_port;               /* 0: not given */
        const char *message, *egress, *format, *output;
        const char *from, *to, *iif, *oif;
        struct pg_list sets, groups, with;
        struct pg_list profiles; /* show, report and explain --profile */
        struct pg_list arguments;
};

enum pg_option_kind {
        PG_OPTION_FLAG,     /* bool */
        PG_OPTION_TEXT,     /* const char *; the last one given wins */
        PG_OPTION_CHOICE,   /* const char *, one of the words of `argument`: "open|strict" */
        PG_OPTION_LIST,     /* struct pg_list: may be given again */
        PG_OPTION_DURATION, /* unsigned, in milliseconds */
        PG_OPTION_TRIAL,    /* the same, of a second at least */
        PG_OPTION_NUMBER,   /* uint32_t, not 0 */
        PG_OPTION_PORT,     /* the same, of 65535 at most */
        PG_OPTION_REFUSED,  /* the same, of PG_REFUSED_MAX at most */
        PG_OPTION_KEEP,     /* the same, of PG_HISTORY_KEEP_MAX at most */
};

struct pg_option {
        const char *name;
        char letter; /* or 0 */
        enum pg_option_kind kind;
        const char *argument; /* how help calls it; NULL for a flag */
        const char *help;
        size_t offset;           /* in struct pg_options */
        const char *environment; /* the variable that stands in for the option, or NULL */
};

struct pg_option_group {
        const char *title;
        const struct pg_option *rows;
        size_t n;
};

/* Understood by every command, in front of its name and behind it. */
extern const struct pg_option_group pg_global_options;
/* What shapes a policy: apply, plan, show --profile, report --profile. */
extern const struct pg_option_group pg_request_options;
/* What of the enforced policy's options holds for the next: apply, plan. */
extern const struct pg_option_group pg_keep_options;
/* How a change is made: apply, rollback. */
extern const struct pg_option_group pg_change_options;
/* What the lockout guard leaves to the caller: restore, verify --repair. */
extern const struct pg_option_group pg_guard_options;
extern const struct pg_option_group pg_lockout_options;

struct pg_command;

/* Fills in the defaults and what the environment says. */
void pg_options_init(struct pg_options *options);
void pg_options_done(struct pg_options *options);

#endif
