/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What would let a dropped packet pass. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "engine/advice/advice.h"
#include "engine/explain/internal.h"
#include "engine/request/request.h"
#include "policy/explain.h"

static int advise_group(struct pg_explanation *explanation, const char *group)
{
        explanation->advice = pg_format("add %s to the group '%s': in the site file under groups:, "
                                        "or with --group",
                                        explanation->address, group);
        return explanation->advice ? 0 : -ENOMEM;
}

int pg_advise_repair(struct pg_explanation *explanation, const struct pg_policy *applied,
                     const struct pg_flow *flow)
{
        if (explanation->accepts || explanation->reason == PG_REASON_ROUTING || !applied ||
            !pg_policy_admits(applied, flow))
                return 0;
        free(explanation->advice);
        explanation->advice = pg_format("portguard verify --repair: generation %u lets it pass, and "
                                        "somebody took that out of the table",
                                        explanation->generation);
        return explanation->advice ? 0 : -ENOMEM;
}

int pg_advise_group(struct pg_explanation *explanation, const struct pg_policy *policy,
                    const struct pg_reason *reason)
{
        const char *group, *host;

        if (reason->accepts || reason->because != PG_BECAUSE_SERVICE)
                return 0;
        group = pg_source_group(reason->source);
        if (group)
                return advise_group(explanation, group);
        host = pg_source_host(reason->source);
        if (host) {
                explanation->advice = pg_format("if %s is an address of %s: hosts: {%s: [%s]} in the "
                                                "site file, with its others",
                                                explanation->address, host, host, explanation->address);
                return explanation->advice ? 0 : -ENOMEM;
        }
        explanation->advice = pg_format(
                "name another scope than '%s' for %s, if a parameter of its profile says whom it "
                "lets in (portguard profiles show %.*s)",
                reason->source->label, policy->services[reason->segment->services[0]].name,
                (int)strcspn(policy->services[reason->segment->services[0]].name, "/"),
                policy->services[reason->segment->services[0]].name);
        return explanation->advice ? 0 : -ENOMEM;
}

/* A request is not enforced, but is what advice adds to. 0 or -ENOMEM. */
static int find_asked(const struct pg_explanation *explanation, const struct pg_settings *settings,
                      const struct pg_question *question, struct pg_asked *ret)
{
        int r = pg_asked_find(settings, question->request ? 0 : explanation->generation, NULL,
                              explanation->profiles, explanation->n_profiles, ret);

        if (r < 0 || !question->request)
                return r;
        ret->is_unknown = false;
        return pg_parameters_of(question->request, &ret->parameters, &ret->n_parameters);
}

/* Borrows from all of them. */
static struct pg_let_in let_in(const struct pg_explanation *explanation, const struct pg_policy *policy,
                               const struct pg_settings *settings, const struct pg_flow *flow)
{
        return (struct pg_let_in){.settings = settings,
                                  .enforced = policy,
                                  .flow = flow,
                                  .source = explanation->address};
}

static int advise(const struct pg_port_profiles *port_profiles,
                  const struct pg_explanation *explanation, const struct pg_policy *policy,
                  const struct pg_settings *settings, const struct pg_question *question,
                  const struct pg_flow *flow, struct pg_advice *ret)
{
        bool is_enforced = !question->request && question->generation == 0;
        struct pg_listening listening = {.protocol = flow->protocol, .port = flow->port};
        _cleanup_(pg_advised_freep) struct pg_advised *advised = NULL;
        struct pg_let_in who = let_in(explanation, policy, settings, flow);
        struct pg_asked asked = {0};
        int r = find_asked(explanation, settings, question, &asked);

        if (is_enforced && flow->direction == PG_IN && pg_protocol_has_ports(flow->protocol))
                pg_listening_find(&listening, 1);
        if (r >= 0)
                r = pg_advised_new(&advised);
        who.advised = advised;
        if (r >= 0)
                r = pg_advice_make(port_profiles, &listening, &asked, &who, ret);
        pg_asked_done(&asked);
        return r;
}

int pg_advise_ping(struct pg_explanation *explanation, const struct pg_policy *policy,
                   const struct pg_settings *settings, const struct pg_question *question,
                   const struct pg_flow *flow)
{
        const struct pg_source *source = &policy->sources[policy->ping_source];
        _cleanup_(pg_advised_freep) struct pg_advised *advised = NULL;
        struct pg_let_in who = let_in(explanation, policy, settings, flow);
        struct pg_asked asked = {0};
        int r;

        if (pg_source_group(source))
                return advise_group(explanation, pg_source_group(source));
        r = find_asked(explanation, settings, question, &asked);
        if (r >= 0)
                r = pg_advised_new(&advised);
        who.advised = advised;
        if (r >= 0)
                r = pg_advice_of_ping(&asked, source, &who, &explanation->advice);
        pg_asked_done(&asked);
        return r;
}

void pg_advise_profile(struct pg_explanation *explanation, const struct pg_policy *policy,
                       const struct pg_settings *settings, const struct pg_question *question,
                       const struct pg_flow *flow)
{
        _cleanup_(pg_port_profiles_freep) struct pg_port_profiles *port_profiles = NULL;
        const uint16_t *port = pg_protocol_has_ports(flow->protocol) ? &flow->port : NULL;
        struct pg_advice advice = {0};
        struct pg_error ignored;
        int r = flow->direction == PG_OUT
                        ? pg_port_profiles_load_egress(settings, port, &port_profiles, &ignored)
                        : pg_port_profiles_load(settings, port, &port_profiles, &ignored);

        if (r >= 0)
                r = advise(port_profiles, explanation, policy, settings, question, flow, &advice);
        /* Who listens may be one that is at another port in its profile, which does not have this one.
         */
        if (r >= 0 && advice.no_profile && port && flow->direction == PG_IN) {
                port_profiles = pg_port_profiles_free(port_profiles);
                pg_advice_done(&advice);
                r = pg_port_profiles_load(settings, NULL, &port_profiles, &ignored);
                if (r >= 0)
                        r = advise(port_profiles, explanation, policy, settings, question, flow,
                                   &advice);
        }
        if (r >= 0)
                explanation->advice = advice.no_profile ? strdup(PG_NO_PROFILE) : PG_TAKE(advice.text);
        pg_advice_done(&advice);
}
