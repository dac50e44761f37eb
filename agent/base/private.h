/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files whose text is not to be shown, and messages about them. */
#ifndef PG_BASE_PRIVATE_H
#define PG_BASE_PRIVATE_H

#include <stdarg.h>
#include <stdbool.h>
#include <sys/types.h>

/* Where files are profiles, sites and groups by their place. */
#define PG_CONFIGURATION_FOLDER "/etc/portguard"

/* Whether a message may tell what is wrong with an open file by position and reason only: who made this
 * process root, as by a rule of sudo for portguard alone, may not be one who can read the file. False
 * where the process has no more rights than who started it; where the file itself, behind all links,
 * lies in PG_CONFIGURATION_FOLDER; where it belongs to the user who called sudo; and where everybody
 * can read it, all directories above it included. Files of /proc are private whatever their mode says.
 * What cannot be found out makes it true. */
bool pg_file_is_private(int fd);

/* vprintf() into fresh memory without what may be text of a file: of the arguments only whole numbers
 * in decimal are shown, "..." stands for every other. NULL when memory is short. The caller frees it.
 */
char *pg_format_private(const char *format, va_list arguments);

/* The user who called sudo; false where nobody did, or the variable is not as sudo writes it. */
bool pg_sudo_user(uid_t *ret);

#endif
