/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network interfaces, by libc: a library for this alone would be loaded by every command. */
#include "kernel/links.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

static int find_prefix(const char *name, bool *ret)
{
        struct if_nameindex *all = if_nameindex();
        bool found = false;

        if (!all)
                return -errno;
        for (size_t i = 0; !found && all[i].if_index != 0; i++)
                found = strncmp(all[i].if_name, name, strlen(name) - 1) == 0;
        if_freenameindex(all);
        *ret = found;
        return 0;
}

static int find_name(const char *name, bool *ret)
{
        bool found = if_nametoindex(name) != 0;

        if (!found && errno != ENODEV)
                return -errno;
        *ret = found;
        return 0;
}

int pg_link_exists(const char *name, bool *ret, struct pg_error *error)
{
        bool is_prefix = name[0] != '\0' && name[strlen(name) - 1] == '*';
        int r = is_prefix ? find_prefix(name, ret) : find_name(name, ret);

        return r < 0 ? pg_error_set(error, PG_STATUS_FAILED, r, "looking for the interface %s: %s",
                                    name, strerror(-r))
                     : 0;
}
