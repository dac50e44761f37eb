/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network interfaces, by libnl. */
#include "host/links.h"

#include <errno.h>
#include <linux/if_link.h>
#include <netlink/object.h>
#include <netlink/route/link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "host/rtnetlink.h"

/* A VLAN's bond in a bridge in a VRF is four. The kernel has the same limit (MAX_NEST_DEV). */
#define NESTED_MAX 8

#define LINKS_MAX 65536
#define ALTERNATIVE_NAME_MAX 128 /* ALTIFNAMSIZ of linux/if.h, which net/if.h rules out */

struct link {
        uint32_t index, master; /* 0: there is none */
        char name[IF_NAMESIZE];
        char kind[PG_LINK_KIND_MAX];
        bool is_named; /* the pattern has its name, not only an alternative one */
        bool is_up, is_loopback;
};

struct links {
        const char *pattern; /* those whose name or alternative name it has; NULL: all VRFs */
        struct link *items;
        size_t n, n_named;
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

/* libnl 3.7 does not know alternative names (IFLA_ALT_IFNAME, since Linux 5.5). */
static bool has_alternative(struct nl_msg *message, const char *pattern)
{
        struct nlattr *list =
                nlmsg_find_attr(nlmsg_hdr(message), sizeof(struct ifinfomsg), IFLA_PROP_LIST);
        struct nlattr *attribute;
        char name[ALTERNATIVE_NAME_MAX];
        int left;

        if (!list)
                return false;
        nla_for_each_nested(attribute, list, left)
        {
                if (nla_type(attribute) != IFLA_ALT_IFNAME)
                        continue;
                nla_strlcpy(name, attribute, sizeof(name));
                if (matches(pattern, name))
                        return true;
        }
        return false;
}

static void take_object(struct nl_object *object, void *data)
{
        struct rtnl_link *reported = (struct rtnl_link *)object;
        const char *name = rtnl_link_get_name(reported), *kind = rtnl_link_get_type(reported);
        struct link *link = data;

        link->index = (uint32_t)rtnl_link_get_ifindex(reported);
        link->master = (uint32_t)rtnl_link_get_master(reported);
        snprintf(link->name, sizeof(link->name), "%s", name ? name : "");
        snprintf(link->kind, sizeof(link->kind), "%s", kind ? kind : "");
        link->is_up = rtnl_link_get_flags(reported) & IFF_UP;
        link->is_loopback = rtnl_link_get_flags(reported) & IFF_LOOPBACK;
}

static int parse_link(struct nl_msg *message, struct link *ret)
{
        *ret = (struct link){0};
        return nl_msg_parse(message, take_object, ret) < 0 || ret->index == 0 ? -EBADMSG : 0;
}

static bool is_link(struct nl_msg *message)
{
        return nlmsg_hdr(message)->nlmsg_type == RTM_NEWLINK;
}

static int take_link(struct nl_msg *message, void *data)
{
        return is_link(message) ? parse_link(message, data) : 0;
}

/* The link with that index, or where that is 0 with that name or alternative name. */
static int read_link(uint32_t index, const char *name, struct link *ret)
{
        const struct ifinfomsg wanted = {.ifi_family = AF_UNSPEC, .ifi_index = (int)index};
        _cleanup_(nlmsg_freep) struct nl_msg *request =
                pg_rtnetlink_new(RTM_GETLINK, 0, &wanted, sizeof(wanted));
        const struct pg_rtnetlink_reader reader = {.take = take_link, .data = ret};
        int r;

        *ret = (struct link){0};
        if (!request || (name && nla_put_string(request, IFLA_ALT_IFNAME, name) < 0))
                return -ENOMEM;
        r = pg_rtnetlink_request(request, &reader);
        return r >= 0 && ret->index == 0 ? -ENODEV : r;
}

static bool is_vrf(const struct link *link)
{
        return strcmp(link->kind, "vrf") == 0;
}

static bool is_wanted(struct nl_msg *message, struct link *link, const char *pattern)
{
        if (!pattern)
                return is_vrf(link);
        link->is_named = matches(pattern, link->name);
        return link->is_named || has_alternative(message, pattern);
}

static int take_wanted(struct nl_msg *message, void *data)
{
        struct links *links = data;
        struct link link, *item;
        int r;

        if (!is_link(message))
                return 0;
        r = parse_link(message, &link);
        if (r < 0 || !is_wanted(message, &link, links->pattern))
                return r;
        if (links->n == LINKS_MAX)
                return -E2BIG;
        item = PG_ARRAY_ADD(links->items, links->n);
        if (!item)
                return -ENOMEM;
        *item = link;
        links->n_named += link.is_named;
        return 0;
}

static void links_done(struct links *links)
{
        free(links->items);
        *links = (struct links){.pattern = links->pattern};
}

static void begin(void *data)
{
        links_done(data);
}

/* Those that have the pattern of `links`; the caller ends it with links_done(), also on failure. */
static int read_links(struct links *links)
{
        const struct ifinfomsg any = {.ifi_family = AF_UNSPEC};
        _cleanup_(nlmsg_freep) struct nl_msg *request =
                pg_rtnetlink_new(RTM_GETLINK, NLM_F_DUMP, &any, sizeof(any));
        const struct pg_rtnetlink_reader reader = {.begin = begin, .take = take_wanted, .data = links};

        return request ? pg_rtnetlink_request(request, &reader) : -ENOMEM;
}

/* From the interface to what takes its packets, and so on; seen where the pattern, if any, has that. */
static int find_arrival(const struct link *link, const char *pattern, struct pg_link *ret)
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
        ret->is_seen = pattern && matches(pattern, outer.name);
        ret->is_entered = ret->is_seen && outer.is_up && !outer.is_loopback;
        return r == -ENODEV ? 0 : r;
}

/* The first that is entered, or seen, or the first; by their names or, where none has such a name, by
 * alternative ones. */
static int choose(const struct links *links, struct pg_link *ret)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && !ret->is_entered && i < links->n; i++) {
                struct pg_link found = {0};

                if (links->n_named > 0 && !links->items[i].is_named)
                        continue;
                r = find_arrival(&links->items[i], links->pattern, &found);
                if (r >= 0 && (!ret->exists || found.is_entered || (found.is_seen && !ret->is_seen)))
                        *ret = found;
        }
        return r;
}

static int find_pattern(const char *pattern, struct pg_link *ret)
{
        _cleanup_(links_done) struct links links = {.pattern = pattern};
        int r = read_links(&links);

        return r < 0 ? r : choose(&links, ret);
}

static int find_name(const char *name, struct pg_link *ret)
{
        struct link link;
        int r = read_link(0, name, &link);

        if (r >= 0)
                r = find_arrival(&link, name, ret);
        return r == -ENODEV ? 0 : r;
}

int pg_link_find(const char *name, struct pg_link *ret, struct pg_error *error)
{
        struct pg_link link = {0};
        int r = is_pattern(name) ? find_pattern(name, &link) : find_name(name, &link);

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
        find_arrival(&link, NULL, &found);
        snprintf(name, IF_NAMESIZE, "%s", found.arrival);
}

bool pg_link_is_vrf(uint32_t index)
{
        struct link link;

        return index != 0 && read_link(index, NULL, &link) >= 0 && is_vrf(&link);
}

bool pg_links_are_apart(const char *name, const char *other)
{
        struct link link, another;

        if (read_link(0, name, &link) < 0 || read_link(0, other, &another) < 0)
                return false;
        return link.index != another.index && another.master == 0 &&
               (link.kind[0] == '\0' || strcmp(link.kind, "veth") == 0);
}

int pg_link_vrfs(uint32_t **ret, size_t *ret_n)
{
        _cleanup_(links_done) struct links links = {0};
        uint32_t *indexes = NULL;
        int r = read_links(&links);

        if (r >= 0 && links.n > 0) {
                indexes = calloc(links.n, sizeof(*indexes));
                r = indexes ? 0 : -ENOMEM;
        }
        for (size_t i = 0; indexes && i < links.n; i++)
                indexes[i] = links.items[i].index;
        if (r >= 0) {
                *ret = indexes;
                *ret_n = links.n;
        }
        return r;
}

void pg_link_name(uint32_t index, char name[static IF_NAMESIZE])
{
        if (index == 0 || !if_indextoname(index, name))
                name[0] = '\0';
}
