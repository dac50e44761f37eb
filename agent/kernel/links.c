/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network interfaces, by libnl-route. */
#include "kernel/links.h"

#include <errno.h>
#include <netlink/cache.h>
#include <netlink/route/link.h>
#include <netlink/socket.h>
#include <string.h>

struct search {
        const char *prefix;
        size_t length;
        bool found;
};

static void look_at(struct nl_object *object, void *data)
{
        const char *name = rtnl_link_get_name((struct rtnl_link *)object);
        struct search *search = data;

        if (name && strncmp(name, search->prefix, search->length) == 0)
                search->found = true;
}

static int find_prefix(struct nl_sock *socket, const char *name, bool *ret)
{
        struct search search = {.prefix = name, .length = strlen(name) - 1};
        struct nl_cache *cache = NULL;
        int r = rtnl_link_alloc_cache(socket, AF_UNSPEC, &cache);

        if (r < 0)
                return r;
        nl_cache_foreach(cache, look_at, &search);
        nl_cache_free(cache);
        *ret = search.found;
        return 0;
}

static int find_name(struct nl_sock *socket, const char *name, bool *ret)
{
        struct rtnl_link *link = NULL;
        int r = rtnl_link_get_kernel(socket, 0, name, &link);

        *ret = r >= 0;
        if (link)
                rtnl_link_put(link);
        return r == -NLE_NODEV || r == -NLE_OBJ_NOTFOUND ? 0 : r;
}

int pg_link_exists(const char *name, bool *ret, struct pg_error *error)
{
        struct nl_sock *socket = nl_socket_alloc();
        bool found = false;
        int r;

        if (!socket)
                return pg_error_memory(error);
        r = nl_connect(socket, NETLINK_ROUTE);
        if (r >= 0)
                r = name[0] != '\0' && name[strlen(name) - 1] == '*' ? find_prefix(socket, name, &found)
                                                                     : find_name(socket, name, &found);
        nl_socket_free(socket);
        if (r < 0)
                return pg_error_set(error, PG_STATUS_FAILED, -EIO, "looking for the interface %s: %s",
                                    name, nl_geterror(r));
        *ret = found;
        return 0;
}
