/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who was refused lately, and where this host was; and which profile would open that. */
#include "engine/context.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "engine/offers.h"
#include "kernel/denied.h"

_Static_assert(PG_REFUSED_MAX == PG_DENIED_MAX, "what is promised must be read");

void pg_refused_done(struct pg_refused *refused)
{
        free(refused->source);
        free(refused->protocol);
        free(refused->advice);
}

/* Most packets first; of equal ones, who came last. */
static int compare(const void *a, const void *b)
{
        const struct pg_denied *x = a, *y = b;

        if (x->packets != y->packets)
                return x->packets > y->packets ? -1 : 1;
        return (x->ago_ms > y->ago_ms) - (x->ago_ms < y->ago_ms);
}

/* What stands in place of the port of a protocol that has none is many values, and means nothing. */
static void join_portless(struct pg_denied_list *list)
{
        size_t n = 0;

        for (size_t i = 0; i < list->n; i++) {
                struct pg_denied *denied = &list->items[i],
                                 *before = n > 0 ? &list->items[n - 1] : NULL;

                if (!pg_protocol_has_ports(denied->protocol))
                        denied->port = 0;
                if (before && !pg_protocol_has_ports(denied->protocol) &&
                    before->family == denied->family && before->protocol == denied->protocol &&
                    memcmp(before->address, denied->address, sizeof(denied->address)) == 0) {
                        before->packets += denied->packets;
                        before->bytes += denied->bytes;
                        if (denied->ago_ms < before->ago_ms)
                                before->ago_ms = denied->ago_ms;
                } else {
                        list->items[n++] = *denied;
                }
        }
        list->n = n;
}

/* One direction of a view, and of an earlier one. */
struct adviser {
        enum pg_direction direction;
        const struct pg_settings *settings;
        const struct pg_view *view;
        const struct pg_refused *last;
        size_t n_last;
        struct pg_offers *offers; /* loaded when the first port is not known */
        bool has_failed;
        struct pg_diagnostics *diagnostics;
};

static int add(struct pg_refused **items, size_t *n, const struct pg_denied *denied)
{
        struct pg_refused *refused = PG_ARRAY_ADD(*items, *n);
        char address[INET6_ADDRSTRLEN] = "", protocol[16];

        if (!refused)
                return -ENOMEM;
        inet_ntop(denied->family, denied->address, address, sizeof(address));
        pg_protocol_format(denied->protocol, protocol, sizeof(protocol));
        refused->source = strdup(address);
        refused->protocol = strdup(protocol);
        refused->has_port = pg_protocol_has_ports(denied->protocol);
        refused->port = denied->port;
        refused->packets = denied->packets;
        refused->bytes = denied->bytes;
        refused->last_seconds_ago = (unsigned)(denied->ago_ms / 1000);
        return refused->source && refused->protocol ? 0 : -ENOMEM;
}

static bool is_same_policy(const struct pg_view *a, const struct pg_view *b)
{
        return a->digest && b->digest && strcmp(a->digest, b->digest) == 0;
}

/* Whether it is known among those what would open the port; *ret is borrowed from them. */
static bool know(const struct pg_refused *known, size_t n, const struct pg_refused *refused,
                 const char **ret)
{
        for (size_t i = 0; i < n; i++)
                if (known[i].port == refused->port &&
                    strcmp(known[i].protocol, refused->protocol) == 0) {
                        *ret = known[i].advice;
                        return true;
                }
        return false;
}

/* Who was refused is told all the same when the profiles cannot be read. */
static void load(struct adviser *adviser)
{
        struct pg_error error;
        int r;

        if (adviser->offers || adviser->has_failed)
                return;
        r = adviser->direction == PG_IN
                    ? pg_offers_load(adviser->settings, NULL, &adviser->offers, &error)
                    : pg_offers_load_egress(adviser->settings, NULL, &adviser->offers, &error);
        if (r >= 0)
                return;
        adviser->has_failed = true;
        pg_diagnostics_add(adviser->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                           "which profile would open a port is not known: %s", error.message);
}

/* The scope that the port is open to, borrowed; NULL: it is not open. */
static const char *open_to(const struct adviser *adviser, const struct pg_refused *refused)
{
        for (size_t i = 0; i < adviser->view->n_exposures; i++) {
                const struct pg_exposure *exposure = &adviser->view->exposures[i];
                uint16_t first = 0, last = UINT16_MAX;

                if (exposure->outbound != (adviser->direction == PG_OUT) ||
                    strcmp(exposure->protocol, refused->protocol) != 0)
                        continue;
                /* "any" stands for a protocol without ports. */
                pg_port_range_parse(exposure->ports, strlen(exposure->ports), &first, &last);
                if (refused->port >= first && refused->port <= last)
                        return exposure->scope;
        }
        return NULL;
}

static int advise(struct adviser *adviser, struct pg_refused *items, size_t i, uint8_t protocol)
{
        struct pg_refused *refused = &items[i];
        const char *known = NULL;

        if (know(adviser->last, adviser->n_last, refused, &known) || know(items, i, refused, &known)) {
                refused->advice = known ? strdup(known) : NULL;
                return known && !refused->advice ? -ENOMEM : 0;
        }
        known = open_to(adviser, refused);
        if (known) {
                refused->advice = pg_format("open to %s only", known);
                return refused->advice ? 0 : -ENOMEM;
        }
        load(adviser);
        if (adviser->offers)
                refused->advice = pg_offers_advice(adviser->offers, protocol, refused->port,
                                                   adviser->view->profiles, adviser->view->n_profiles);
        return 0;
}

static int fill(struct adviser *adviser, struct pg_denied_list *list, size_t max,
                struct pg_refused **items, size_t *n)
{
        int r = 0;

        join_portless(list);
        if (list->n > 1)
                qsort(list->items, list->n, sizeof(*list->items), compare);
        for (size_t i = 0; r >= 0 && i < list->n && i < max; i++) {
                r = add(items, n, &list->items[i]);
                if (r >= 0)
                        r = advise(adviser, *items, i, list->items[i].protocol);
        }
        return r;
}

static int read_in(struct pg_nft *nft, struct adviser *adviser, struct pg_view *view, size_t max,
                   const struct pg_view *last, struct pg_error *error)
{
        struct pg_denied_list list = {0};
        int r = pg_denied_read(nft, PG_IN, &list, error);

        adviser->direction = PG_IN;
        adviser->last = last ? last->refused : NULL;
        adviser->n_last = last ? last->n_refused : 0;
        view->n_refused_all = list.n_all;
        view->refused_full = list.is_full;
        if (r >= 0 && fill(adviser, &list, max, &view->refused, &view->n_refused) < 0)
                r = pg_error_memory(error);
        pg_denied_done(&list);
        adviser->offers = pg_offers_free(adviser->offers);
        return r;
}

static int read_out(struct pg_nft *nft, struct adviser *adviser, struct pg_view *view, size_t max,
                    const struct pg_view *last, struct pg_error *error)
{
        struct pg_denied_list list = {0};
        int r = pg_denied_read(nft, PG_OUT, &list, error);

        adviser->direction = PG_OUT;
        adviser->last = last ? last->refused_out : NULL;
        adviser->n_last = last ? last->n_refused_out : 0;
        view->n_refused_out_all = list.n_all;
        view->refused_out_full = list.is_full;
        if (r >= 0 && fill(adviser, &list, max, &view->refused_out, &view->n_refused_out) < 0)
                r = pg_error_memory(error);
        pg_denied_done(&list);
        adviser->offers = pg_offers_free(adviser->offers);
        return r;
}

int pg_view_refused(const struct pg_settings *settings, struct pg_view *view, size_t max,
                    const struct pg_view *last, struct pg_diagnostics *diagnostics,
                    struct pg_error *error)
{
        _cleanup_(pg_nft_closep) struct pg_nft *nft = NULL;
        struct adviser adviser = {.settings = settings, .view = view, .diagnostics = diagnostics};
        int r;

        if (view->state == PG_STATE_OFF)
                return 0;
        if (last && !is_same_policy(view, last))
                last = NULL;
        r = pg_nft_open(&nft, error);
        if (r >= 0)
                r = read_in(nft, &adviser, view, max, last, error);
        return r < 0 ? r : read_out(nft, &adviser, view, max, last, error);
}
