/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom root trusts with what it acts on. */
#ifndef PG_BASE_TRUST_H
#define PG_BASE_TRUST_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "portguard/error.h"

enum pg_trust {
        PG_TRUST_ANYBODY, /* what is read gives its owner no power that the reader has alone */
        PG_TRUST_CALLER,  /* as below, and who called sudo */
        PG_TRUST_ROOT,    /* root, and whom the process runs as */
};

/* Whether one of `whom` owns it. In a user namespace an owner without a name there is trusted too: it
 * is the real root, or one whom nobody inside can become; not so where the namespace has a user of the
 * number that such owners are shown with. */
bool pg_trust_owner(uid_t owner, enum pg_trust whom);

/* Refuses (-EPERM; PG_STATUS_FAILED with PG_TRUST_ROOT, else PG_STATUS_INVALID) what others than `whom`
 * own, or may write to by its mode; access control lists show in the group's part of it. A user's own
 * group, which has the user's number, is no other. `path` is for the message, which says what to type.
 */
int pg_trust_check(const struct stat *status, enum pg_trust whom, const char *path,
                   struct pg_error *error);

/* Goes to the directory that holds what `path` (relative to `directory`; AT_FDCWD allowed) names, and
 * gives its last component: "." for "/" and for what ends with "." or "..". Each directory on the way
 * is looked at as above, those above a relative path too, and each symbolic link by its owner; with
 * `follows_last` the last component is none, but for a link to itself. Of a directory where all may
 * write and each may remove only what is theirs (/tmp) its entries are what counts. What stands in
 * `directory` has been looked at by whoever opened it.
 * Returns a descriptor that the caller closes, with which openat(2), O_NOFOLLOW and *ret_name get to
 * just what was looked at; or a negative errno value, -EPERM only for what is not trusted, and the
 * error then only. */
int pg_trust_walk(int directory, const char *path, enum pg_trust whom, bool follows_last,
                  char ret_name[static NAME_MAX + 1], struct pg_error *error);

#endif
