/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether this is the network namespace of process 1, in which a host boots. */
#include "host/first_namespace.h"

#include <errno.h>
#include <fcntl.h>

#include "base/procfs.h"

int pg_namespace_is_first(void)
{
        uint64_t own = pg_procfs_inode(AT_FDCWD, "/proc/thread-self/ns/net", "net");
        uint64_t first = pg_procfs_inode(AT_FDCWD, "/proc/1/ns/net", "net");

        return own == 0 || first == 0 ? -ENODATA : own == first;
}
