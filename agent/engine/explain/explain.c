/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain: the policy that is asked about, its answer, and where that comes from. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "base/public.h"
#include "base/strings.h"
#include "engine/explain/internal.h"
#include "host/facts.h"
#include "policy/base_traffic.h"

static void claimants_free(struct pg_claimant *claimants, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                free(claimants[i].name);
                free(claimants[i].summary);
                free(claimants[i].ports);
                free(claimants[i].file);
        }
        free(claimants);
}

struct pg_explanation *pg_explanation_free(struct pg_explanation *explanation)
{
        if (!explanation)
                return NULL;
        free(explanation->ports);
        free(explanation->address);
        free(explanation->interface);
        free(explanation->asked_interface);
        free(explanation->member);
        free(explanation->relation);
        free(explanation->arrival);
        free(explanation->base);
        claimants_free(explanation->owners, explanation->n_owners);
        claimants_free(explanation->overridden, explanation->n_overridden);
        free(explanation->allowed);
        free(explanation->matched);
        free(explanation->scope);
        free(explanation->entry);
        free(explanation->entry_file);
        free(explanation->advice);
        free(explanation->change);
        pg_strings_free(explanation->profiles, explanation->n_profiles);
        free(explanation);
        return NULL;
}

static int add_claimant(struct pg_claimant **claimants, size_t *n, const struct pg_policy *policy,
                        size_t service, const struct pg_ports *ports)
{
        const struct pg_policy_service *from = &policy->services[service];
        struct pg_claimant *claimant = PG_ARRAY_ADD(*claimants, *n);
        char text[PG_PORTS_TEXT_MAX];

        if (!claimant)
                return -ENOMEM;
        pg_ports_format(ports, text);
        claimant->name = strdup(from->name);
        claimant->summary = strdup(from->summary ? from->summary : "");
        claimant->ports = strdup(text);
        claimant->file = from->file ? strdup(from->file) : NULL;
        claimant->line = from->line;
        claimant->column = from->column;
        return claimant->name && claimant->summary && claimant->ports && (claimant->file || !from->file)
                       ? 0
                       : -ENOMEM;
}

static int report_claims(struct pg_explanation *explanation, const struct pg_policy *policy,
                         const struct pg_segment *segment)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < segment->n_services; i++)
                r = add_claimant(&explanation->owners, &explanation->n_owners, policy,
                                 segment->services[i], &segment->ports);
        for (size_t i = 0; r >= 0 && i < segment->n_overridden; i++)
                r = add_claimant(&explanation->overridden, &explanation->n_overridden, policy,
                                 segment->overridden[i].service, &segment->overridden[i].ports);
        return r;
}

static int report_match(struct pg_explanation *explanation, const struct pg_flow *flow,
                        const struct pg_reason *reason)
{
        char text[2 * INET6_ADDRSTRLEN];

        explanation->allowed = strdup(reason->source->label);
        if (!explanation->allowed)
                return -ENOMEM;
        if (reason->by_address) {
                pg_range_format(flow->is_v6 ? AF_INET6 : AF_INET, reason->match.first,
                                reason->match.last, text, sizeof(text));
                explanation->matched = strdup(text);
        } else if (reason->interface) {
                explanation->matched = pg_format("%%%s", reason->interface);
        }
        if ((reason->by_address || reason->interface) && !explanation->matched)
                return -ENOMEM;
        if (!reason->entry)
                return 0;
        explanation->scope = strdup(reason->scope);
        explanation->entry = strdup(reason->entry->text);
        explanation->entry_file = reason->entry->file ? strdup(reason->entry->file) : NULL;
        explanation->entry_line = reason->entry->line;
        explanation->entry_column = reason->entry->column;
        return explanation->scope && explanation->entry &&
                               (explanation->entry_file || !reason->entry->file)
                       ? 0
                       : -ENOMEM;
}

static int report_reason(struct pg_explanation *explanation, const struct pg_policy *policy,
                         const struct pg_flow *flow)
{
        struct pg_reason reason;
        int r = 0;

        pg_policy_explain(policy, flow, &reason);
        explanation->accepts = reason.accepts;
        explanation->rejects =
                !reason.accepts && flow->direction == PG_OUT && reason.because != PG_BECAUSE_BASE;
        explanation->reason = reason.because == PG_BECAUSE_SERVICE   ? PG_REASON_SERVICE
                              : reason.because == PG_BECAUSE_DEFAULT ? PG_REASON_DEFAULT
                                                                     : PG_REASON_BASE;
        if (reason.because == PG_BECAUSE_PING && reason.accepts) {
                explanation->rate_count = policy->ping_rate.count;
                explanation->rate_burst = pg_rate_burst(&policy->ping_rate);
                explanation->rate_seconds = policy->ping_rate.seconds;
        }
        if (explanation->reason == PG_REASON_BASE) {
                explanation->base = strdup(reason.base ? reason.base : "echo requests (ping)");
                r = explanation->base ? 0 : -ENOMEM;
        }
        if (r >= 0 && reason.segment && reason.because == PG_BECAUSE_SERVICE)
                r = report_claims(explanation, policy, reason.segment);
        /* "drop" in a map of open ports, which is somebody else's, is for nobody. */
        if (r < 0 || !reason.source || reason.source->label[0] == '\0')
                return r;
        r = report_match(explanation, flow, &reason);
        return r < 0 ? r : pg_advise_group(explanation, policy, &reason);
}

/* Linux up to 6.18 (udplite_error()) asks for the checksum that UDP would give to the packet. */
static int judge_udplite(struct pg_explanation *explanation, const struct pg_question *question)
{
        static const char sysctl[] = "net.netfilter.nf_conntrack_checksum";
        bool is_here = !question->request && question->generation == 0;

        if (is_here && !pg_conntrack_checksum())
                return 0;
        free(explanation->arrival);
        explanation->arrival =
                is_here ? pg_format("the sysctl %s is on, by which connection tracking takes all of "
                                    "UDP-Lite for invalid, and the policy drops that",
                                    sysctl)
                        : pg_format(
                                  "where the sysctl %s is on, as it is by default, connection tracking "
                                  "takes all of UDP-Lite for invalid, and the policy drops that",
                                  sysctl);
        if (!is_here || !explanation->arrival)
                return explanation->arrival ? 0 : -ENOMEM;
        explanation->accepts = false;
        explanation->reason = PG_REASON_INVALID;
        explanation->advice = pg_format("sysctl %s=0", sysctl);
        return explanation->advice ? 0 : -ENOMEM;
}

/* Whom this host answers from any port is in a set of the kernel's, and in no policy. */
static void warn_of_asked(const struct pg_policy *policy, const struct pg_flow *flow,
                          struct pg_diagnostics *diagnostics)
{
        for (size_t i = 0; i < policy->n_segments; i++) {
                const struct pg_segment *segment = &policy->segments[i];
                char ports[PG_PORTS_TEXT_MAX];

                if (!segment->answers_any_port || segment->ports.protocol != flow->protocol)
                        continue;
                pg_ports_format(&segment->ports, ports);
                pg_diagnostics_add(
                        diagnostics, PG_SEVERITY_WARNING, (struct pg_place){0},
                        "whoever asked this host at %s in the last three minutes is answered "
                        "from any port, at the port that he asked from, which this answer "
                        "leaves out",
                        ports);
        }
}

static int report(struct pg_explanation *explanation, struct pg_reference *reference,
                  const struct pg_question *question, const struct pg_flow *flow,
                  const struct pg_arrival *arrival, struct pg_error *error)
{
        int r;

        explanation->generation = reference->generation;
        if (pg_copy_strings(reference->profiles, reference->n_profiles, &explanation->profiles,
                            &explanation->n_profiles) < 0)
                return pg_error_memory(error);
        if (arrival->never) {
                explanation->reason = PG_REASON_ROUTING;
                explanation->rejects = flow->direction == PG_OUT;
                return 0;
        }
        if (reference->change) {
                explanation->reason = PG_REASON_CHANGED;
                explanation->change = PG_TAKE(reference->change);
                return 0;
        }
        if (!reference->policy) {
                explanation->accepts = true;
                explanation->reason = PG_REASON_OFF;
                return 0;
        }
        r = report_reason(explanation, reference->policy, flow);
        if (r >= 0 && explanation->reason == PG_REASON_SERVICE && explanation->accepts &&
            flow->protocol == IPPROTO_UDPLITE && flow->direction == PG_IN)
                r = judge_udplite(explanation, question);
        return r < 0 ? pg_error_memory(error) : 0;
}

static int copy_text(const char *text, char **ret)
{
        *ret = text ? strdup(text) : NULL;
        return text && !*ret ? -ENOMEM : 0;
}

/* What was asked, as it was understood. */
static int report_question(struct pg_explanation *explanation, const struct pg_question *question,
                           const struct pg_understood *understood)
{
        const struct pg_flow *flow = &understood->flow;
        char address[INET6_ADDRSTRLEN];

        inet_ntop(flow->is_v6 ? AF_INET6 : AF_INET, flow->address, address, sizeof(address));
        explanation->outbound = question->outbound;
        explanation->is_routed = understood->is_routed;
        if (copy_text(question->ports, &explanation->ports) < 0 ||
            copy_text(address, &explanation->address) < 0 ||
            copy_text(understood->interface, &explanation->interface) < 0 ||
            copy_text(understood->asked_interface, &explanation->asked_interface) < 0 ||
            copy_text(understood->relation, &explanation->relation) < 0)
                return -ENOMEM;
        return copy_text(understood->member, &explanation->member);
}

int pg_explain_understood(const struct pg_settings *settings, const struct pg_question *question,
                          const struct pg_understood *understood, struct pg_explanation **ret,
                          struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        _cleanup_(pg_explanation_freep) struct pg_explanation *explanation =
                calloc(1, sizeof(*explanation));
        const struct pg_flow *flow = &understood->flow;
        struct pg_reference reference = {0};
        struct pg_arrival arrival = {0};
        int r;

        if (!explanation || report_question(explanation, question, understood) < 0)
                return pg_error_memory(error);
        r = pg_reference_find(settings, question, &reference, diagnostics, error);
        if (r >= 0 && pg_arrival_find(flow, question, &arrival) < 0)
                r = pg_error_memory(error);
        explanation->arrival = arrival.text;
        if (r >= 0)
                r = report(explanation, &reference, question, flow, &arrival, error);
        if (r >= 0 && explanation->rejects && reference.policy && !arrival.never)
                warn_of_asked(reference.policy, flow, diagnostics);
        if (r >= 0 && explanation->reason == PG_REASON_BASE && !explanation->accepts &&
            pg_flow_is_ping(flow) &&
            pg_advise_ping(explanation, reference.policy, settings, question, flow) < 0)
                r = pg_error_memory(error);
        if (r >= 0 && explanation->reason == PG_REASON_DEFAULT)
                pg_advise_profile(explanation, reference.policy, settings, question, flow);
        if (r >= 0 && pg_advise_repair(explanation, reference.applied, flow) < 0)
                r = pg_error_memory(error);
        pg_reference_done(&reference);
        if (r < 0)
                return r;
        *ret = PG_TAKE(explanation);
        return 0;
}

int pg_explain(const struct pg_settings *settings, const struct pg_question *question,
               struct pg_explanation **ret, struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        _cleanup_(pg_understood_done) struct pg_understood understood = {0};
        int r = pg_question_understand(question, &understood, error);

        return r < 0 ? r
                     : pg_explain_understood(settings, question, &understood, ret, diagnostics, error);
}
