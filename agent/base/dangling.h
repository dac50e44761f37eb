/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names that are there and lead nowhere. */
#ifndef PG_BASE_DANGLING_H
#define PG_BASE_DANGLING_H

#include <limits.h>
#include <stdbool.h>

/* Whether `path`, relative to `directory` (AT_FDCWD allowed), is not found because it, or a directory
 * on the way to it, is a symbolic link to what is not there: then something was meant to be there, and
 * nobody may go on as if not. *ret_link is that part of the path; untouched where the answer is no. */
bool pg_path_dangles(int directory, const char *path, char ret_link[static PATH_MAX]);

#endif
