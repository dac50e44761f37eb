/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading /proc, proc(5): files whose size nothing tells, of processes that may end meanwhile. */
#ifndef PG_BASE_PROCFS_H
#define PG_BASE_PROCFS_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Reads the file that `format` names ("/proc/%d/comm") into `buffer`: at most `size` - 1 bytes, what is
 * beyond is left out, and a zero byte behind them. What a process says of itself may have any bytes,
 * zero too.
 * Returns how many there are, or a negative errno value; then `buffer` is "". */
ssize_t pg_procfs_read(char *buffer, size_t size, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* Reads the decimal number that the file `path` begins with. Returns whether there is one; else *ret is
 * untouched. */
bool pg_procfs_number(const char *path, uint64_t *ret);

/* Opens the directory that `format` names, which the caller closes with closedir(). NULL, and errno,
 * where it cannot be. */
DIR *pg_procfs_directory(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The inode number in the link `path`, relative to `directory` (AT_FDCWD allowed), that leads to a
 * thing of that kind: 1234 of "socket:[1234]" for "socket", or of "net:[1234]" for "net". 0 where it
 * leads elsewhere; where it cannot be read also errno is set, and else 0. */
uint64_t pg_procfs_inode(int directory, const char *path, const char *kind);

#endif
