/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which way packets go, by rtnetlink. */
#include "host/routes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "host/links.h"
#include "host/query.h"

static int take_route(const struct nlmsghdr *message, void *data)
{
        const struct nlattr *attribute;
        uint32_t *index = data;

        if (message->nlmsg_type != RTM_NEWROUTE ||
            mnl_nlmsg_get_payload_len(message) < sizeof(struct rtmsg))
                return MNL_CB_OK;
        mnl_attr_for_each(attribute, message, sizeof(struct rtmsg))
        {
                if (mnl_attr_get_type(attribute) == RTA_OIF &&
                    mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0)
                        *index = mnl_attr_get_u32(attribute);
        }
        return MNL_CB_OK;
}

/* In the table of a VRF, or with 0 in those that every packet is looked up in. */
static int look_up(bool is_v6, const uint8_t *address, const uint8_t *local, uint32_t vrf,
                   uint32_t *ret_index)
{
        char buffer[PG_QUERY_SIZE] = {0};
        struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
        size_t length = is_v6 ? 16 : 4;
        struct rtmsg *route;

        request->nlmsg_type = RTM_GETROUTE;
        request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
        route = mnl_nlmsg_put_extra_header(request, sizeof(*route));
        route->rtm_family = is_v6 ? AF_INET6 : AF_INET;
        route->rtm_dst_len = (unsigned char)(length * 8);
        route->rtm_src_len = local ? route->rtm_dst_len : 0;
        mnl_attr_put(request, RTA_DST, length, address);
        if (local)
                mnl_attr_put(request, RTA_SRC, length, local);
        if (vrf != 0)
                mnl_attr_put_u32(request, RTA_OIF, vrf);
        return pg_query(NETLINK_ROUTE, request, take_route, ret_index);
}

/* The VRF that has a route to it, where one only has. */
static int look_up_vrfs(bool is_v6, const uint8_t *address, uint32_t *ret_index)
{
        struct if_nameindex *all = if_nameindex();
        uint32_t found = 0, ignored;
        size_t n = 0;

        if (!all)
                return -errno;
        for (size_t i = 0; all[i].if_index != 0; i++)
                if (pg_link_is_vrf(all[i].if_index) &&
                    look_up(is_v6, address, NULL, all[i].if_index, &ignored) >= 0) {
                        found = all[i].if_index;
                        n++;
                }
        if_freenameindex(all);
        if (n != 1)
                return -ENETUNREACH;
        *ret_index = found;
        return 0;
}

/* An address of that interface; else any but of loopback. */
static bool find_own(const char *interface, uint8_t address[static 4])
{
        struct ifaddrs *all = NULL;
        bool found = false, exact = false;

        if (getifaddrs(&all) < 0)
                return false;
        for (const struct ifaddrs *i = all; !exact && i; i = i->ifa_next) {
                if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET || (i->ifa_flags & IFF_LOOPBACK))
                        continue;
                exact = strcmp(i->ifa_name, interface) == 0;
                if (found && !exact)
                        continue;
                found = true;
                memcpy(address, &((const struct sockaddr_in *)(const void *)i->ifa_addr)->sin_addr, 4);
        }
        freeifaddrs(all);
        return found;
}

/* As the kernel looks it up for a packet that has come in (inet_rtm_getroute() with RTA_IIF). */
static int look_up_arrival(const uint8_t source[static 4], const uint8_t own[static 4], uint32_t index)
{
        char buffer[PG_QUERY_SIZE] = {0};
        struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
        struct rtmsg *route;
        uint32_t ignored;

        request->nlmsg_type = RTM_GETROUTE;
        request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
        route = mnl_nlmsg_put_extra_header(request, sizeof(*route));
        route->rtm_family = AF_INET;
        route->rtm_dst_len = 32;
        route->rtm_src_len = 32;
        mnl_attr_put(request, RTA_DST, 4, own);
        mnl_attr_put(request, RTA_SRC, 4, source);
        mnl_attr_put_u32(request, RTA_IIF, index);
        return pg_query(NETLINK_ROUTE, request, take_route, &ignored);
}

bool pg_route_refuses(const uint8_t source[static 4], const char *interface)
{
        uint32_t index = if_nametoindex(interface);
        uint8_t own[4];
        int r;

        if (index == 0 || !find_own(interface, own))
                return false;
        r = look_up_arrival(source, own, index);
        return r == -EINVAL || r == -EXDEV; /* a martian; rp_filter, by its older name */
}

static bool is_lack_of_means(int r)
{
        return r == -ENOMEM || r == -ENOBUFS || r == -EMFILE || r == -ENFILE;
}

int pg_route_interface(bool is_v6, const uint8_t *address, const uint8_t *local,
                       char name[static IF_NAMESIZE], struct pg_error *error)
{
        uint32_t index = 0;
        int r = look_up(is_v6, address, local, 0, &index);

        /* An own address that is not there any more is refused. */
        if (r < 0 && local && !is_lack_of_means(r))
                r = look_up(is_v6, address, NULL, 0, &index);
        if (r < 0 && !is_lack_of_means(r))
                r = look_up_vrfs(is_v6, address, &index);
        if (is_lack_of_means(r))
                return pg_error_set(error, PG_STATUS_FAILED, r, "asking the kernel for a route: %s",
                                    strerror(-r));
        pg_link_arrival(r < 0 ? 0 : index, name);
        return 0;
}

void pg_interface_name(uint32_t index, char name[static IF_NAMESIZE])
{
        if (index == 0 || !if_indextoname(index, name))
                name[0] = '\0';
}

void pg_route_member(bool is_v6, const uint8_t *address, const char *vrf, char name[static IF_NAMESIZE])
{
        uint32_t index = if_nametoindex(vrf), member = 0;

        name[0] = '\0';
        if (index != 0 && pg_link_is_vrf(index) && look_up(is_v6, address, NULL, index, &member) >= 0 &&
            member != index)
                pg_interface_name(member, name);
}
