/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading files that root will act on. */
#ifndef PG_BASE_FILE_H
#define PG_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "portguard/error.h"

/* Opens `path`, relative to `directory` (AT_FDCWD allowed), for reading. Refused are anything but a
 * regular file (devices and FIFOs are not even waited for), more than `size_max` bytes, and, when the
 * process is root, a file that others may change: writable by everybody, or owned by neither root nor
 * the user who called sudo. In a user namespace the owner is not looked at: root there is nobody here,
 * and files of the real root have no name.
 * Returns a descriptor that the caller closes, or a negative errno value; `-ENOENT` where there is no
 * such file, `-ENOLINK` where a symbolic link on the way leads nowhere. */
int pg_file_open(int directory, const char *path, size_t size_max, struct pg_error *error);

/* Opens and reads the whole file. *ret is terminated with a zero byte that *ret_length does not count;
 * the caller frees it. *ret_private (NULL: nobody will quote it) is what pg_file_is_private() says. */
int pg_file_read(int directory, const char *path, size_t size_max, char **ret, size_t *ret_length,
                 bool *ret_private, struct pg_error *error);

/* Opens a directory of profiles, refused under the same conditions as a file, and as root also when
 * its last component is a symbolic link. Fails as pg_file_open(). */
int pg_directory_open(const char *path, struct pg_error *error);

/* Whether user ids are mapped, so that the owner of a file may have no name here. Where /proc does not
 * tell, the stricter answer is taken: no. */
bool pg_in_user_namespace(void);

#endif
