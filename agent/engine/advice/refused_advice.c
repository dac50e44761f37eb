/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which profile would let in who was refused, or out what was, and who listens where they knocked. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/strings.h"
#include "engine/advice/internal.h"
#include "policy/explain.h"

static bool is_same_text(const char *a, const char *b)
{
        return a && b ? strcmp(a, b) == 0 : a == b;
}

/* What an earlier view knows of the same who came to the port, where the same listens; or NULL. */
static const struct pg_refused *know(const struct pg_refused *items, size_t n,
                                     const struct pg_refused *refused)
{
        for (size_t i = 0; i < n; i++)
                if (items[i].port == refused->port && items[i].listens == refused->listens &&
                    strcmp(items[i].protocol, refused->protocol) == 0 &&
                    strcmp(items[i].source, refused->source) == 0 &&
                    is_same_text(items[i].process, refused->process))
                        return &items[i];
        return NULL;
}

static int copy_advice(const struct pg_refused *from, struct pg_refused *to)
{
        to->advice = from->advice ? strdup(from->advice) : NULL;
        to->command = from->command ? strdup(from->command) : NULL;
        to->no_profile = from->no_profile;
        if ((from->advice && !to->advice) || (from->command && !to->command))
                return -ENOMEM;
        return pg_copy_strings(from->candidates, from->n_candidates, &to->candidates,
                               &to->n_candidates);
}

/* One direction of a view, and of an earlier one. */
struct adviser {
        enum pg_direction direction;
        const struct pg_settings *settings;
        const struct pg_view *view;
        const struct pg_refused_list *list; /* of the same index as the items */
        struct pg_refused *items;
        size_t n;
        const struct pg_refused *last;
        size_t n_last;
        struct pg_port_profiles *port_profiles; /* loaded when the first port is not known */
        struct pg_asked asked;                  /* the same */
        struct pg_advised *advised;             /* the same */
        struct pg_listening *listening;         /* of the same index as the items */
        bool has_failed;
        struct pg_diagnostics *diagnostics;
};

/* Who was refused is reported all the same when the profiles cannot be read. */
static int load(struct adviser *adviser)
{
        const struct pg_view *view = adviser->view;
        struct pg_error error;
        int r;

        if (adviser->port_profiles || adviser->has_failed)
                return 0;
        r = adviser->direction == PG_IN
                    ? pg_port_profiles_load(adviser->settings, NULL, &adviser->port_profiles, &error)
                    : pg_port_profiles_load_egress(adviser->settings, NULL, &adviser->port_profiles,
                                                   &error);
        if (r >= 0)
                r = pg_advised_new(&adviser->advised);
        if (r >= 0)
                return pg_asked_find(adviser->settings, view->generation, view->digest, view->profiles,
                                     view->n_profiles, &adviser->asked);
        adviser->has_failed = true;
        pg_diagnostics_add(adviser->diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                           "which profile would open a port is not known: %s", error.message);
        return 0;
}

static struct pg_flow flow_of(const struct adviser *adviser, const struct pg_refused_entry *entry)
{
        struct pg_flow flow = {
                .direction = adviser->direction,
                .protocol = entry->protocol,
                .port = pg_protocol_has_ports(entry->protocol) ? entry->port : 0,
                .is_v6 = entry->family == AF_INET6,
        };

        memcpy(flow.address, entry->address, sizeof(flow.address));
        return flow;
}

/* The scope that the port is open to, borrowed; NULL: it is not open. *ret_admitted: also to who was
 * refused, since then, as far as the address tells. */
static const char *open_to(const struct adviser *adviser, const struct pg_refused_entry *entry,
                           bool *ret_admitted)
{
        const struct pg_policy *policy = adviser->view->policy;
        const struct pg_flow flow = flow_of(adviser, entry);
        const struct pg_segment *segment = policy ? pg_policy_segment(policy, &flow) : NULL;

        *ret_admitted = segment && pg_policy_admits(policy, &flow);
        return segment && pg_source_opens(&policy->sources[segment->source])
                       ? policy->sources[segment->source].label
                       : NULL;
}

static int ask_profiles(struct adviser *adviser, size_t i)
{
        struct pg_refused *refused = &adviser->items[i];
        const struct pg_flow flow = flow_of(adviser, &adviser->list->items[i]);
        _cleanup_(pg_advice_done) struct pg_advice advice = {0};
        struct pg_let_in who = {
                .settings = adviser->settings,
                .enforced = adviser->view->policy,
                .flow = &flow,
                .source = refused->source,
        };
        int r = load(adviser);

        if (r < 0 || !adviser->port_profiles)
                return r;
        who.advised = adviser->advised;
        r = pg_advice_make(adviser->port_profiles, &adviser->listening[i], &adviser->asked, &who,
                           &advice);
        if (r >= 0) {
                refused->no_profile = advice.no_profile;
                refused->advice = PG_TAKE(advice.text);
                refused->command = PG_TAKE(advice.command);
                refused->candidates = PG_TAKE(advice.profiles);
                refused->n_candidates = advice.n_profiles;
                advice.n_profiles = 0;
        }
        return r;
}

static int advise(struct adviser *adviser, size_t i)
{
        struct pg_refused *refused = &adviser->items[i];
        const struct pg_refused *known;
        bool is_admitted;
        const char *scope = open_to(adviser, &adviser->list->items[i], &is_admitted);

        if (adviser->direction == PG_OUT && !adviser->view->egress_strict) {
                refused->advice = strdup("egress is open now");
                return refused->advice ? 0 : -ENOMEM;
        }
        if (scope) {
                refused->advice = pg_format("open to %s %s", scope, is_admitted ? "now" : "only");
                return refused->advice ? 0 : -ENOMEM;
        }
        known = know(adviser->items, i, refused);
        if (!known)
                known = know(adviser->last, adviser->n_last, refused);
        return known ? copy_advice(known, refused) : ask_profiles(adviser, i);
}

static int report_listener(struct pg_refused *refused, const struct pg_listening *listening)
{
        char text[PG_LISTENING_TEXT_MAX];

        refused->listens = listening->listens;
        if (listening->process[0] == '\0')
                return 0;
        refused->process = strdup(pg_listening_text(listening, text));
        return refused->process ? 0 : -ENOMEM;
}

/* Who listens is of this host: the ports of what goes out are others'. */
static int look_up_listeners(struct adviser *adviser)
{
        int r = 0;

        for (size_t i = 0; i < adviser->n; i++) {
                adviser->listening[i].protocol = adviser->list->items[i].protocol;
                adviser->listening[i].port = adviser->items[i].port;
        }
        if (adviser->direction == PG_OUT)
                return 0;
        pg_listening_find(adviser->listening, adviser->n);
        for (size_t i = 0; r >= 0 && i < adviser->n; i++)
                r = report_listener(&adviser->items[i], &adviser->listening[i]);
        return r;
}

int pg_refused_advise(const struct pg_settings *settings, struct pg_view *view,
                      enum pg_direction direction, const struct pg_refused_list *list,
                      const struct pg_view *last, struct pg_diagnostics *diagnostics)
{
        bool is_in = direction == PG_IN;
        struct adviser adviser = {
                .direction = direction,
                .settings = settings,
                .view = view,
                .list = list,
                .items = is_in ? view->refused : view->refused_out,
                .n = is_in ? view->n_refused : view->n_refused_out,
                .last = !last   ? NULL
                        : is_in ? last->refused
                                : last->refused_out,
                .n_last = !last   ? 0
                          : is_in ? last->n_refused
                                  : last->n_refused_out,
                .diagnostics = diagnostics,
        };
        int r;

        if (adviser.n == 0)
                return 0;
        adviser.listening = calloc(adviser.n, sizeof(*adviser.listening));
        r = adviser.listening ? look_up_listeners(&adviser) : -ENOMEM;
        for (size_t i = 0; r >= 0 && i < adviser.n; i++)
                r = advise(&adviser, i);
        pg_port_profiles_free(adviser.port_profiles);
        pg_asked_done(&adviser.asked);
        pg_advised_free(adviser.advised);
        free(adviser.listening);
        return r;
}
