/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network interfaces, by rtnetlink. */
#include "host/links.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "host/query.h"

/* A VLAN's bond in a bridge in a VRF is four. The kernel has the same limit (MAX_NEST_DEV). */
#define NESTED_MAX 8

struct link {
        uint32_t index, master;
        char name[IF_NAMESIZE];
        char kind[PG_LINK_KIND_MAX];
        const char *pattern; /* that alternative names are compared with, or NULL */
        bool has_alternative;
};

/* Those that take the packets of others as their own. */
static const struct {
        const char *kind, *relation;
} takers[] = {
        {"bridge", "the bridge that it belongs to"},
        {"bond", "the bond that it belongs to"},
        {"team", "the team that it belongs to"},
        {"vrf", "the VRF that it belongs to"},
};

const char *pg_link_relation(const char *kind)
{
        for (size_t i = 0; i < PG_ELEMENTSOF(takers); i++)
                if (strcmp(takers[i].kind, kind) == 0)
                        return takers[i].relation;
        return "whose alternative name that is";
}

static bool takes_packets(const char *kind)
{
        for (size_t i = 0; i < PG_ELEMENTSOF(takers); i++)
                if (strcmp(takers[i].kind, kind) == 0)
                        return true;
        return false;
}

static bool is_pattern(const char *name)
{
        return name[0] != '\0' && name[strlen(name) - 1] == '*';
}

static bool matches(const char *pattern, const char *name)
{
        return is_pattern(pattern) ? strncmp(name, pattern, strlen(pattern) - 1) == 0
                                   : strcmp(name, pattern) == 0;
}

static void take_kind(const struct nlattr *info, struct link *link)
{
        const struct nlattr *attribute;

        mnl_attr_for_each_nested(attribute, info)
        {
                if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND &&
                    mnl_attr_validate(attribute, MNL_TYPE_STRING) >= 0)
                        snprintf(link->kind, sizeof(link->kind), "%.*s",
                                 (int)mnl_attr_get_payload_len(attribute), mnl_attr_get_str(attribute));
        }
}

static void take_alternatives(const struct nlattr *list, struct link *link)
{
        const struct nlattr *attribute;

        mnl_attr_for_each_nested(attribute, list)
        {
                if (mnl_attr_get_type(attribute) == IFLA_ALT_IFNAME &&
                    mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0 && link->pattern)
                        link->has_alternative |= matches(link->pattern, mnl_attr_get_str(attribute));
        }
}

static int take_link(const struct nlmsghdr *message, void *data)
{
        const struct nlattr *attribute;
        struct link *link = data;

        if (message->nlmsg_type != RTM_NEWLINK ||
            mnl_nlmsg_get_payload_len(message) < sizeof(struct ifinfomsg))
                return MNL_CB_OK;
        mnl_attr_for_each(attribute, message, sizeof(struct ifinfomsg))
        {
                switch (mnl_attr_get_type(attribute)) {
                case IFLA_IFNAME:
                        if (mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
                                snprintf(link->name, sizeof(link->name), "%s",
                                         mnl_attr_get_str(attribute));
                        break;
                case IFLA_MASTER:
                        if (mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0)
                                link->master = mnl_attr_get_u32(attribute);
                        break;
                case IFLA_LINKINFO:
                        take_kind(attribute, link);
                        break;
                case IFLA_PROP_LIST:
                        take_alternatives(attribute, link);
                        break;
                default:
                        break;
                }
        }
        return MNL_CB_OK;
}

static int read_link(uint32_t index, const char *pattern, struct link *ret)
{
        char buffer[PG_QUERY_SIZE] = {0};
        struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
        struct ifinfomsg *info;

        *ret = (struct link){.index = index, .pattern = pattern};
        request->nlmsg_type = RTM_GETLINK;
        request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
        info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
        info->ifi_family = AF_UNSPEC;
        info->ifi_index = (int)index;
        return pg_query(NETLINK_ROUTE, request, take_link, ret);
}

static bool is_vrf(const struct link *link)
{
        return strcmp(link->kind, "vrf") == 0;
}

/* From the interface to what takes its packets, and so on. */
static int find_arrival(const struct link *link, struct pg_link *ret)
{
        struct link outer = *link, master;
        int r = 0;

        ret->exists = true;
        ret->kind[0] = '\0';
        snprintf(ret->name, sizeof(ret->name), "%s", link->name);
        snprintf(ret->routed, sizeof(ret->routed), "%s", is_vrf(link) ? "" : link->name);
        for (int i = 0; r >= 0 && i < NESTED_MAX && outer.master != 0; i++) {
                r = read_link(outer.master, NULL, &master);
                if (r < 0 || !takes_packets(master.kind))
                        break;
                outer = master;
                snprintf(ret->kind, sizeof(ret->kind), "%s", master.kind);
                if (!is_vrf(&master))
                        snprintf(ret->routed, sizeof(ret->routed), "%s", master.name);
        }
        snprintf(ret->arrival, sizeof(ret->arrival), "%s", outer.name);
        return r == -ENODEV ? 0 : r;
}

/* Of those whose name, or with `alternative` one of whose other names, the pattern has: the first that
 * is seen, or the first. */
static int find_pattern(const char *pattern, bool alternative, struct pg_link *ret)
{
        struct if_nameindex *all = if_nameindex();
        struct pg_link found;
        struct link link;
        int r = 0;

        if (!all)
                return -errno;
        for (size_t i = 0; r >= 0 && !ret->is_seen && all[i].if_index != 0; i++) {
                if (!alternative && !matches(pattern, all[i].if_name))
                        continue;
                r = read_link(all[i].if_index, pattern, &link);
                if (r >= 0 && !(alternative ? link.has_alternative : matches(pattern, link.name)))
                        continue;
                if (r >= 0)
                        r = find_arrival(&link, &found);
                if (r >= 0) {
                        found.is_seen = matches(pattern, found.arrival);
                        if (!ret->exists || found.is_seen)
                                *ret = found;
                }
                r = r == -ENODEV ? 0 : r; /* it has just gone */
        }
        if_freenameindex(all);
        return r;
}

static int find_name(const char *name, struct pg_link *ret)
{
        uint32_t index = if_nametoindex(name); /* or an alternative name */
        struct link link;
        int r = index != 0 ? read_link(index, name, &link) : -errno;

        if (r >= 0)
                r = find_arrival(&link, ret);
        ret->is_seen = r >= 0 && strcmp(ret->arrival, name) == 0;
        return r == -ENODEV ? 0 : r;
}

int pg_link_find(const char *name, struct pg_link *ret, struct pg_error *error)
{
        struct pg_link link = {0};
        int r = is_pattern(name) ? find_pattern(name, false, &link) : find_name(name, &link);

        if (r >= 0 && !link.exists && is_pattern(name))
                r = find_pattern(name, true, &link);
        if (r < 0)
                return pg_error_set(error, PG_STATUS_FAILED, r, "looking for the interface %s: %s",
                                    name, strerror(-r));
        *ret = link;
        return 0;
}

void pg_link_arrival(uint32_t index, char name[static IF_NAMESIZE])
{
        struct pg_link found = {0};
        struct link link;

        name[0] = '\0';
        if (index == 0 || read_link(index, NULL, &link) < 0)
                return;
        /* As far as the kernel says. */
        find_arrival(&link, &found);
        snprintf(name, IF_NAMESIZE, "%s", found.arrival);
}

bool pg_link_is_vrf(uint32_t index)
{
        struct link link;

        return read_link(index, NULL, &link) >= 0 && is_vrf(&link);
}
