/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading files that root will act on. */
#ifndef PG_BASE_FILE_H
#define PG_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "portguard/error.h"

/* Opens `path`, relative to `directory` (AT_FDCWD allowed), for reading. Refused are anything but a
 * regular file (devices and FIFOs are not even waited for), more than `size_max` bytes, and, when the
 * process is root, what others than root and who called sudo may change, the file or what is on the way
 * to it (pg_trust_walk()).
 * Returns a descriptor that the caller closes, or a negative errno value; `-ENOENT` where there is no
 * such file, `-ENOLINK` where a symbolic link on the way leads nowhere. */
int pg_file_open(int directory, const char *path, size_t size_max, struct pg_error *error);

/* Opens and reads the whole file. *ret is terminated with a zero byte that *ret_length does not count;
 * the caller frees it. *ret_private (NULL: nobody will quote it) is what pg_file_is_private() says. */
int pg_file_read(int directory, const char *path, size_t size_max, char **ret, size_t *ret_length,
                 bool *ret_private, struct pg_error *error);

/* Opens a directory of profiles, refused under the same conditions as a file. Fails as pg_file_open().
 */
int pg_directory_open(const char *path, struct pg_error *error);

#endif
