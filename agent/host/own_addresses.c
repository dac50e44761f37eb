/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The addresses that this network namespace has, by libnl. */
#include "host/own_addresses.h"

#include <errno.h>
#include <netlink/addr.h>
#include <netlink/object.h>
#include <netlink/route/addr.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "host/rtnetlink.h"

#define ADDRESSES_MAX (1U << 20)

/* While they are read. */
struct reading {
        struct pg_own_addresses addresses;
        int result;
};

void pg_own_addresses_done(struct pg_own_addresses *addresses)
{
        free(addresses->items);
        *addresses = (struct pg_own_addresses){0};
}

static int add(struct pg_own_addresses *addresses, struct rtnl_addr *reported)
{
        const struct nl_addr *local = rtnl_addr_get_local(reported);
        int family = rtnl_addr_get_family(reported);
        struct pg_own_address *item;

        if (!local || (family != AF_INET && family != AF_INET6))
                return 0;
        if (addresses->n == ADDRESSES_MAX)
                return -E2BIG;
        item = PG_ARRAY_ADD(addresses->items, addresses->n);
        if (!item)
                return -ENOMEM;
        item->interface = (uint32_t)rtnl_addr_get_ifindex(reported);
        item->is_v6 = family == AF_INET6;
        if (nl_addr_get_len(local) != (item->is_v6 ? 16U : 4U))
                return -EBADMSG;
        memcpy(item->bytes, nl_addr_get_binary_addr(local), nl_addr_get_len(local));
        return 0;
}

static void take_object(struct nl_object *object, void *data)
{
        struct reading *reading = data;

        reading->result = add(&reading->addresses, (struct rtnl_addr *)object);
}

/* Of IPv6 multicast and anycast addresses are asked for by other requests. */
static int take(struct nl_msg *message, void *data)
{
        struct reading *reading = data;

        if (nlmsg_hdr(message)->nlmsg_type != RTM_NEWADDR)
                return 0;
        return nl_msg_parse(message, take_object, reading) < 0 ? -EBADMSG : reading->result;
}

static void begin(void *data)
{
        struct reading *reading = data;

        pg_own_addresses_done(&reading->addresses);
}

int pg_own_addresses_read(struct pg_own_addresses *ret)
{
        const struct ifaddrmsg any = {.ifa_family = AF_UNSPEC};
        _cleanup_(nlmsg_freep) struct nl_msg *request =
                pg_rtnetlink_new(RTM_GETADDR, NLM_F_DUMP, &any, sizeof(any));
        struct reading reading = {0};
        const struct pg_rtnetlink_reader reader = {.begin = begin, .take = take, .data = &reading};
        int r = request ? pg_rtnetlink_request(request, &reader) : -ENOMEM;

        if (r < 0) {
                pg_own_addresses_done(&reading.addresses);
                return r;
        }
        *ret = reading.addresses;
        return 0;
}
