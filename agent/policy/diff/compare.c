/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The difference of two policies in words. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "base/public.h"
#include "base/strings.h"
#include "policy/diff/internal.h"

#define RANGE_TEXT_MAX 96

struct pg_changes *pg_changes_free(struct pg_changes *changes)
{
        if (!changes)
                return NULL;
        for (size_t i = 0; i < changes->n; i++) {
                struct pg_change *change = &changes->items[i];

                free(change->protocol);
                free(change->ports);
                free(change->before);
                free(change->after);
                pg_strings_free(change->services, change->n_services);
                pg_strings_free(change->addresses, change->n_addresses);
                pg_strings_free(change->interfaces, change->n_interfaces);
        }
        free(changes->items);
        free(changes);
        return NULL;
}

/* Range `i` of a set, IPv4 before IPv6, as text. */
static void format_range(const struct pg_addresses *set, size_t i, char text[static RANGE_TEXT_MAX])
{
        if (i < set->n_v4) {
                uint32_t first = htonl(set->v4[i].first), last = htonl(set->v4[i].last);

                pg_range_format(AF_INET, (uint8_t *)&first, (uint8_t *)&last, text, RANGE_TEXT_MAX);
        } else {
                i -= set->n_v4;
                pg_range_format(AF_INET6, set->v6[i].first, set->v6[i].last, text, RANGE_TEXT_MAX);
        }
}

/* Who it is about, as far as there is room. */
static int add_who(struct pg_change *change, const struct pg_surplus *surplus)
{
        const struct pg_addresses *set = &surplus->addresses;
        int r = 0;

        change->n_addresses_all = set->n_v4 + set->n_v6;
        for (size_t i = 0; r >= 0 && i < change->n_addresses_all && i < PG_CHANGE_ADDRESSES_MAX; i++) {
                char text[RANGE_TEXT_MAX];

                format_range(set, i, text);
                r = pg_strings_add(text, &change->addresses, &change->n_addresses);
        }
        for (size_t i = 0; r >= 0 && i < surplus->n_interfaces; i++)
                r = pg_strings_add(surplus->interfaces[i], &change->interfaces, &change->n_interfaces);
        return r;
}

/* "cluster -> cluster" says nothing: the side with more of the two tells what it has. The caller frees
 * it. */
static char *describe_surplus(const char *label, const struct pg_change *change)
{
        size_t n = change->n_addresses_all + change->n_interfaces;
        const char *first = change->n_addresses > 0 ? change->addresses[0] : NULL;

        if (!first && change->n_interfaces > 0)
                return n > 1 ? pg_format("%s with interface %s and %zu more", label,
                                         change->interfaces[0], n - 1)
                             : pg_format("%s with interface %s", label, change->interfaces[0]);
        if (!first)
                return strdup(label);
        return n > 1 ? pg_format("%s with %s and %zu more", label, first, n - 1)
                     : pg_format("%s with %s", label, first);
}

static int report_sides(struct pg_change *change, const struct pg_line *line)
{
        const char *before = line->before ? line->before->label : NULL;
        const char *after = line->after ? line->after->label : NULL;
        bool is_same = before && after && strcmp(before, after) == 0;

        /* Of one family nobody could, or can any more: the other is no part of this. */
        if (line->kind == PG_CHANGE_OPENS)
                before = NULL;
        if (line->kind == PG_CHANGE_CLOSES)
                after = NULL;
        if (before)
                change->before = is_same && line->kind == PG_CHANGE_NARROWS
                                         ? describe_surplus(before, change)
                                         : strdup(before);
        if (after)
                change->after = is_same && line->kind == PG_CHANGE_WIDENS
                                        ? describe_surplus(after, change)
                                        : strdup(after);
        return (before && !change->before) || (after && !change->after) ? -ENOMEM : 0;
}

static int report_ports(struct pg_change *change, const struct pg_line *line)
{
        char protocol[16];

        pg_protocol_format(line->ports.protocol, protocol, sizeof(protocol));
        change->protocol = strdup(protocol);
        if (!pg_protocol_has_ports(line->ports.protocol))
                change->ports = strdup("any");
        else if (line->ports.first == line->ports.last)
                change->ports = pg_format("%u", line->ports.first);
        else
                change->ports = pg_format("%u-%u", line->ports.first, line->ports.last);
        return change->protocol && change->ports ? 0 : -ENOMEM;
}

static int report_subject(struct pg_change *change, const struct pg_line *line,
                          const struct pg_policy *before, const struct pg_policy *after)
{
        switch (line->subject) {
        case PG_LINE_PING:
                change->protocol = strdup("icmp");
                change->ports = strdup("echo-request");
                if (!change->protocol || !change->ports)
                        return -ENOMEM;
                return pg_strings_add("base/ping", &change->services, &change->n_services);
        case PG_LINE_EGRESS:
                change->protocol = strdup("any");
                change->ports = strdup("any");
                return change->protocol && change->ports ? 0 : -ENOMEM;
        default:
                if (report_ports(change, line) < 0)
                        return -ENOMEM;
                return pg_segment_service_names(line->is ? after : before,
                                                line->is ? line->is : line->was, &change->services,
                                                &change->n_services);
        }
}

/* "everything may leave" against "what is listed may": said as one side's name against the other's. */
static int report_egress(struct pg_change *change, const struct pg_line *line)
{
        bool is_gain = line->after;

        change->kind = is_gain ? PG_CHANGE_WIDENS : PG_CHANGE_NARROWS;
        change->before = strdup(is_gain ? "listed services" : "any");
        change->after = strdup(is_gain ? "any" : "listed services");
        return change->before && change->after ? 0 : -ENOMEM;
}

static int add_change(struct pg_changes *changes, const struct pg_line *line,
                      const struct pg_policy *before, const struct pg_policy *after)
{
        struct pg_change *change = PG_ARRAY_ADD(changes->items, changes->n);
        int r;

        if (!change)
                return -ENOMEM;
        change->kind = line->kind;
        change->outbound = line->direction == PG_OUT;
        change->family = line->families == PG_V4 ? 4 : line->families == PG_V6 ? 6 : 0;
        change->is_partial = line->is_partial;
        r = report_subject(change, line, before, after);
        if (r >= 0)
                r = add_who(change, line->surplus);
        if (r < 0)
                return r;
        return line->subject == PG_LINE_EGRESS ? report_egress(change, line)
                                               : report_sides(change, line);
}

static bool is_gain(const struct pg_line *line)
{
        return line->kind == PG_CHANGE_OPENS || line->kind == PG_CHANGE_WIDENS;
}

static int compare(const struct pg_policy *before, const struct pg_policy *after, bool only_gains,
                   struct pg_changes **ret, struct pg_error *error)
{
        _cleanup_(pg_difference_freep) struct pg_difference *difference = NULL;
        _cleanup_(pg_changes_freep) struct pg_changes *changes = calloc(1, sizeof(*changes));
        int r;

        if (!changes)
                return pg_error_memory(error);
        r = pg_difference_find(before, after, &difference, error);
        if (r < 0)
                return r;
        for (size_t i = 0; i < pg_difference_length(difference); i++) {
                const struct pg_line *line = pg_difference_line(difference, i);

                if ((!only_gains || is_gain(line)) && add_change(changes, line, before, after) < 0)
                        return pg_error_memory(error);
        }
        *ret = PG_TAKE(changes);
        return 0;
}

int pg_policy_compare(const struct pg_policy *before, const struct pg_policy *after,
                      struct pg_changes **ret, struct pg_error *error)
{
        return compare(before, after, false, ret, error);
}

int pg_policy_gains(const struct pg_policy *before, const struct pg_policy *after,
                    struct pg_changes **ret, struct pg_error *error)
{
        return compare(before, after, true, ret, error);
}
