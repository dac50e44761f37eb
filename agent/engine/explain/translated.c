/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain --live: NAT of other tables that a packet meets before the policy sees it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "base/public.h"
#include "base/strings.h"
#include "engine/explain/internal.h"
#include "host/facts.h"
#include "host/routes.h"
#include "kernel/foreign/nat/nat.h"

struct pg_translations *pg_translations_free(struct pg_translations *translations)
{
        if (!translations)
                return NULL;
        for (size_t i = 0; i < translations->n; i++) {
                free(translations->items[i].table);
                free(translations->items[i].chain);
                free(translations->items[i].to);
                free(translations->items[i].ports);
                free(translations->items[i].address);
                free(translations->items[i].interface);
                pg_explanation_free(translations->items[i].then);
        }
        free(translations->items);
        free(translations);
        return NULL;
}

static bool has_interface(const struct pg_forward *forward, const char *interface)
{
        size_t length = strlen(forward->interface);

        if (length == 0 || !interface)
                return true;
        return forward->interface[length - 1] == '*'
                       ? strncmp(forward->interface, interface, length - 1) == 0
                       : strcmp(forward->interface, interface) == 0;
}

/* In a VRF, prerouting is gone through as the member and then as the VRF; conntrack takes what the
 * first says, also that nothing translates it. */
static bool concerns(const struct pg_forward *forward, const struct pg_flow *flow)
{
        return pg_forward_has_family(forward, flow->is_v6) &&
               (forward->protocol == 0 || forward->protocol == flow->protocol) &&
               flow->port >= forward->first && flow->port <= forward->last &&
               has_interface(forward, flow->member ? flow->member : flow->interface);
}

/* Whether it takes each of those that it concerns. */
static bool takes_all(const struct pg_forward *forward, const struct pg_flow *flow)
{
        return (forward->stays || forward->has_to) && !forward->has_target && !forward->is_limited &&
               !forward->is_conditional && (forward->interface[0] == '\0' || flow->interface);
}

/* Whether another one takes whatever comes to it. */
static bool is_hidden(const struct pg_nat *nat, const struct pg_forward *forward,
                      const struct pg_flow *flow)
{
        for (size_t i = 0; i < nat->n; i++)
                if (pg_forward_precedes(&nat->items[i], forward) && !nat->items[i].is_balanced &&
                    takes_all(&nat->items[i], flow) && concerns(&nat->items[i], flow))
                        return true;
        return false;
}

/* What the policy says of several ports, or of a share of the packets, is not known. */
static bool is_certain(const struct pg_forward *forward, const struct pg_flow *flow, uint16_t first,
                       uint16_t last)
{
        if (!takes_all(forward, flow))
                return false;
        return !forward->stays || (first == last && !forward->is_balanced);
}

/* "port 30080", "172.17.0.2:80 or 1 more" */
static char *to_text(const struct pg_forward *forward, uint16_t first, uint16_t last)
{
        _cleanup_(pg_freep) char *text = NULL;

        if (!forward->has_to && !forward->stays)
                return strdup("another host");
        text = pg_forward_text(forward, first, last);
        if (!text || forward->stays || forward->n_targets <= 1)
                return PG_TAKE(text);
        return pg_format("%s or %zu more", text, forward->n_targets - 1);
}

/* Of IPv6 the kernel's routing tells no groups. */
static const char *find_group_drop(const struct pg_forward *forward, const struct pg_flow *flow)
{
        return !flow->is_v6 && flow->interface &&
                               pg_route_is_missing(false, flow->address, forward->to, flow->interface)
                       ? "this host has not joined that group on the interface"
                       : NULL;
}

/* ip_route_input_slow(), ip6_forward() */
static const char *find_drop(const struct pg_forward *forward, const struct pg_flow *flow)
{
        if (!pg_forward_arrives(forward, flow->interface))
                return flow->is_v6 ? "nothing that comes in goes to ::1"
                                   : "nothing that comes in goes to 127.0.0.0/8 (sysctl "
                                     "net.ipv4.conf.INTERFACE.route_localnet)";
        if (pg_forward_is_multicast(forward))
                return find_group_drop(forward, flow);
        if (forward->stays)
                return NULL;
        if (pg_forwards(flow->is_v6, flow->interface))
                return forward->has_to && memcmp(forward->to, forward->to_last, 16) == 0 &&
                                       flow->interface &&
                                       pg_route_is_missing(flow->is_v6, flow->address, forward->to,
                                                           flow->interface)
                               ? "it has no route to there, or refuses it"
                               : NULL;
        return flow->is_v6 ? "it forwards nothing (sysctl net.ipv6.conf.all.forwarding)"
                           : "it forwards nothing that comes in so (sysctl net.ipv4.ip_forward)";
}

static int add(struct pg_translations *translations, const struct pg_forward *forward,
               const struct pg_flow *flow)
{
        struct pg_translation *item = PG_ARRAY_ADD(translations->items, translations->n);
        uint16_t first, last;
        char protocol[16], target[96] = "";

        if (!item)
                return -ENOMEM;
        pg_forward_ports(forward, flow->port, flow->port, &first, &last);
        pg_protocol_format(flow->protocol, protocol, sizeof(protocol));
        item->table = pg_format("%s %s", pg_family_name(forward->family), forward->table);
        item->chain = strdup(forward->chain);
        item->to = to_text(forward, first, last);
        item->ports = first == last ? pg_format("%s/%u", protocol, first)
                                    : pg_format("%s/%u-%u", protocol, first, last);
        if (forward->has_target)
                pg_range_format(forward->is_v6 ? AF_INET6 : AF_INET, forward->target_first,
                                forward->target_last, target, sizeof(target));
        item->address = forward->has_target ? strdup(target) : NULL;
        item->interface = forward->interface[0] != '\0' ? strdup(forward->interface) : NULL;
        item->stays = forward->stays;
        item->dropped = find_drop(forward, flow);
        item->is_certain = is_certain(forward, flow, first, last) &&
                           (item->dropped || !pg_forward_is_multicast(forward));
        return item->table && item->chain && item->to && item->ports &&
                               (item->address || !forward->has_target) &&
                               (item->interface || forward->interface[0] == '\0')
                       ? 0
                       : -ENOMEM;
}

/* What the policy says of what arrives. */
static int judge(const struct pg_settings *settings, const struct pg_question *question,
                 const struct pg_understood *understood, const struct pg_forward *forward,
                 struct pg_translation *item, struct pg_diagnostics *diagnostics,
                 struct pg_error *error)
{
        struct pg_question arriving = *question;
        struct pg_understood at_port = *understood; /* borrows */
        uint16_t first, last;

        pg_forward_ports(forward, understood->flow.port, understood->flow.port, &first, &last);
        if (!item->stays || item->dropped || first != last)
                return 0;
        arriving.ports = item->ports;
        at_port.flow.port = first;
        return pg_explain_understood(settings, &arriving, &at_port, &item->then, diagnostics, error);
}

/* Which of several comes first is not known. */
static void doubt_several(struct pg_translations *translations)
{
        bool stay = false;

        for (size_t i = 0; i < translations->n; i++) {
                stay |= translations->items[i].stays;
                translations->is_forwarded |= translations->items[i].is_certain;
                translations->items[i].is_certain &= translations->n == 1;
        }
        translations->is_forwarded &= !stay;
}

static int collect(const struct pg_settings *settings, const struct pg_question *question,
                   const struct pg_understood *understood, const struct pg_nat *nat,
                   struct pg_translations *translations, struct pg_error *error)
{
        struct pg_diagnostics *reported = NULL; /* was reported with the first answer */
        int r = pg_diagnostics_new(&reported);

        if (r < 0)
                return pg_error_memory(error);
        for (size_t i = 0; r >= 0 && i < nat->n; i++) {
                if (!concerns(&nat->items[i], &understood->flow) ||
                    is_hidden(nat, &nat->items[i], &understood->flow))
                        continue;
                if (add(translations, &nat->items[i], &understood->flow) < 0)
                        r = pg_error_memory(error);
                else
                        r = judge(settings, question, understood, &nat->items[i],
                                  &translations->items[translations->n - 1], reported, error);
        }
        pg_diagnostics_free(reported);
        translations->is_cut = nat->is_cut;
        translations->is_legacy = nat->is_legacy;
        doubt_several(translations);
        return r;
}

int pg_explain_translations(const struct pg_settings *settings, const struct pg_question *question,
                            struct pg_translations **ret, struct pg_error *error)
{
        _cleanup_(pg_translations_freep) struct pg_translations *translations =
                calloc(1, sizeof(*translations));
        _cleanup_(pg_understood_done) struct pg_understood understood = {0};
        const struct pg_flow *flow = &understood.flow;
        _cleanup_(pg_nft_closep) struct pg_nft *nft = NULL;
        struct pg_nat nat = {0};
        int r;

        if (!translations)
                return pg_error_memory(error);
        r = pg_question_understand(question, &understood, error);
        if (r >= 0 && flow->direction == PG_IN &&
            !(flow->interface && strcmp(flow->interface, "lo") == 0) &&
            pg_protocol_has_ports(flow->protocol)) {
                r = pg_nft_open(&nft, error);
                if (r >= 0)
                        r = pg_nat_read(nft, &nat, error);
                if (r >= 0)
                        r = collect(settings, question, &understood, &nat, translations, error);
                pg_nat_done(&nat);
        }
        if (r < 0)
                return r;
        *ret = PG_TAKE(translations);
        return 0;
}
