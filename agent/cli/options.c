/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command lines: getopt_long() fed from the rows, and usage errors that name the nearest right word. */
#include "cli/options.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* Where the build installs profiles; the library knows the place of a package only. */
#ifdef PORTGUARD_PROFILES_DIR
#define PROFILES_DEFAULT "/etc/portguard/profiles:" PORTGUARD_PROFILES_DIR
#else
#define PROFILES_DEFAULT PG_DEFAULT_PROFILES
#endif
#define WAIT_DEFAULT_MS 10000

static const struct pg_option global_rows[] = {
        {"profiles", 0, PG_OPTION_TEXT, "DIR:...",
         "directories of profiles, the first one that has a name wins (default " PROFILES_DEFAULT ")",
         offsetof(struct pg_options, settings.profiles), "PORTGUARD_PROFILES"},
        {"site", 0, PG_OPTION_TEXT, "FILE",
         "groups and choices of this host (default " PG_DEFAULT_SITE ")",
         offsetof(struct pg_options, settings.site), "PORTGUARD_SITE"},
        {"state", 0, PG_OPTION_TEXT, "DIR",
         "where portguard keeps its state (default " PG_DEFAULT_STATE ")",
         offsetof(struct pg_options, settings.state), "PORTGUARD_STATE"},
        {"wait", 0, PG_OPTION_DURATION, "DURATION",
         "how long to wait while another portguard is at work (default 10s)",
         offsetof(struct pg_options, settings.wait_ms), NULL},
        {"json", 0, PG_OPTION_FLAG, NULL, "print one JSON object instead of text",
         offsetof(struct pg_options, json), NULL},
        {"help", 'h', PG_OPTION_FLAG, NULL, "explain the command and end",
         offsetof(struct pg_options, help), NULL},
        {"version", 'V', PG_OPTION_FLAG, NULL, "print the version and end",
         offsetof(struct pg_options, version), NULL},
};

static const struct pg_option request_rows[] = {
        {"set", 0, PG_OPTION_LIST, "NAME=VALUE",
         "set a parameter of the profiles (PROFILE.NAME=VALUE: of one of them); may be given again",
         offsetof(struct pg_options, sets), NULL},
        {"group", 0, PG_OPTION_LIST, "NAME=PREFIX,...",
         "who belongs to a group: addresses, @FILE, %INTERFACE; may be given again",
         offsetof(struct pg_options, groups), NULL},
        {"with", 0, PG_OPTION_LIST, "SERVICE",
         "open an optional service too (SERVICE, PROFILE/SERVICE or all); may be given again",
         offsetof(struct pg_options, with), NULL},
        {"egress", 0, PG_OPTION_CHOICE, "open|strict",
         "strict: this host reaches only what the profiles list (default: as the site says, or open)",
         offsetof(struct pg_options, egress), NULL},
};

static const struct pg_option keep_rows[] = {
        {"keep-options", 0, PG_OPTION_FLAG, NULL,
         "take over --set, --group, --with and --egress of what is enforced, where they are not given "
         "here",
         offsetof(struct pg_options, keep_options), NULL},
};

#define TRIAL_ROW                                                                                    \
        {                                                                                            \
                "trial", 0, PG_OPTION_TRIAL, "DURATION",                                             \
                        "the kernel takes it back by itself after that time, unless you confirm it", \
                        offsetof(struct pg_options, trial_ms), NULL                                  \
        }
#define ALLOW_LOCKOUT_ROW                                                                                \
        {                                                                                                \
                "allow-lockout", 0, PG_OPTION_FLAG, NULL,                                                \
                        "do it even where an open ssh session would be refused as a new one, or nobody " \
                        "could reach ssh any more",                                                      \
                        offsetof(struct pg_options, allow_lockout), NULL                                 \
        }

static const struct pg_option change_rows[] = {
        {"dry-run", 'n', PG_OPTION_FLAG, NULL,
         "let the kernel check the real change, and change nothing",
         offsetof(struct pg_options, dry_run), NULL},
        TRIAL_ROW,
        ALLOW_LOCKOUT_ROW,
        {"message", 'm', PG_OPTION_TEXT, "TEXT",
         "why, for those who come later (see: portguard history)", offsetof(struct pg_options, message),
         NULL},
        {"yes", 'y', PG_OPTION_FLAG, NULL, "ask nothing, also over ssh",
         offsetof(struct pg_options, yes), NULL},
};

static const struct pg_option guard_rows[] = {TRIAL_ROW, ALLOW_LOCKOUT_ROW};
static const struct pg_option lockout_rows[] = {ALLOW_LOCKOUT_ROW};

const struct pg_option_group pg_global_options = {"Options of every command", global_rows,
                                                  PG_ELEMENTSOF(global_rows)};
const struct pg_option_group pg_request_options = {"What to allow", request_rows,
                                                   PG_ELEMENTSOF(request_rows)};
const struct pg_option_group pg_keep_options = {"What to keep", keep_rows, PG_ELEMENTSOF(keep_rows)};
const struct pg_option_group pg_change_options = {"Options", change_rows, PG_ELEMENTSOF(change_rows)};
const struct pg_option_group pg_guard_options = {"How", guard_rows, PG_ELEMENTSOF(guard_rows)};
const struct pg_option_group pg_lockout_options = {"How", lockout_rows, PG_ELEMENTSOF(lockout_rows)};

void pg_options_init(struct pg_options *options)
{
        *options = (struct pg_options){
                .settings.profiles = PROFILES_DEFAULT,
                .settings.wait_ms = WAIT_DEFAULT_MS,
        };
        for (size_t i = 0; i < PG_ELEMENTSOF(global_rows); i++) {
                const struct pg_option *row = &global_rows[i];
                const char *value = row->environment ? getenv(row->environment) : NULL;

                if (value && *value)
                        *(const char **)((char *)options + row->offset) = value;
        }
}

void pg_options_done(struct pg_options *options)
{
        free(options->sets.items);
        free(options->groups.items);
        free(options->with.items);
        free(options->profiles.items);
        free(options->arguments.items);
}
