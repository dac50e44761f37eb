/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What listens, and how it fits the policy, for programs. */
#include <stdio.h>

#include "cli/json/internal.h"

static json_t *count(size_t n)
{
        return json_integer((json_int_t)n);
}

static json_t *listener_json(const struct pg_listener *listener)
{
        json_t *object = pg_json_object();

        pg_json_put(object, "protocol", pg_json_text(listener->protocol));
        pg_json_put(object, "address", pg_json_text(listener->address));
        pg_json_put(object, "port", json_integer(listener->port));
        pg_json_put(object, "interface", pg_json_text(listener->interface));
        pg_json_put(object, "loopback", json_boolean(listener->is_loopback));
        pg_json_put(object, "process", pg_json_text(listener->process));
        pg_json_put(object, "process_hidden", json_boolean(listener->is_hidden));
        pg_json_put(object, "pid", listener->pid > 0 ? json_integer(listener->pid) : json_null());
        pg_json_put(object, "processes", count(listener->n_processes));
        pg_json_put(object, "unit", pg_json_text(listener->unit));
        pg_json_put(object, "namespace", pg_json_text(listener->namespace));
        pg_json_put(object, "moved", json_boolean(listener->has_moved));
        pg_json_put(object, "reachable_from", pg_json_text(listener->reachable_from));
        pg_json_put(object, "service",
                    listener->n_services > 0 ? pg_json_joined(listener->services, listener->n_services)
                                             : json_null());
        return object;
}

static json_t *published_json(const struct pg_published *published)
{
        json_t *object = pg_json_object();

        pg_json_put(object, "protocol", pg_json_text(published->protocol));
        pg_json_put(object, "ports", pg_json_text(published->ports));
        pg_json_put(object, "address", pg_json_text(published->address));
        pg_json_put(object, "interface", pg_json_text(published->interface));
        pg_json_put(object, "limited", json_boolean(published->is_limited));
        pg_json_put(object, "to", pg_json_text(published->to));
        pg_json_put(object, "targets", count(published->n_targets));
        pg_json_put(object, "table", pg_json_text(published->table));
        pg_json_put(object, "chain", pg_json_text(published->chain));
        pg_json_put(object, "redirect", json_boolean(published->is_redirect));
        pg_json_put(object, "reachable_from", pg_json_text(published->reachable_from));
        return object;
}

static json_t *finding_json(const struct pg_finding *finding)
{
        json_t *object = pg_json_object();

        pg_json_put(object, "kind", pg_json_text(pg_finding_name(finding->kind)));
        pg_json_put(object, "protocol", pg_json_text(finding->protocol));
        pg_json_put(object, "ports", pg_json_text(finding->ports));
        pg_json_put(object, "address", pg_json_text(finding->address));
        pg_json_put(object, "process", pg_json_text(finding->process));
        pg_json_put(object, "text", pg_json_text(finding->text));
        pg_json_put(object, "fix", pg_json_text(finding->advice));
        return object;
}

json_t *pg_audit_json(const struct pg_audit *audit)
{
        json_t *object = pg_json_object(), *listening = pg_json_array(), *published = pg_json_array();
        json_t *findings = pg_json_array(), *unused = pg_json_array();

        for (size_t i = 0; i < audit->n_listeners; i++)
                pg_json_add(listening, listener_json(&audit->listeners[i]));
        for (size_t i = 0; i < audit->n_published; i++)
                pg_json_add(published, published_json(&audit->published[i]));
        for (size_t i = 0; i < audit->n_findings; i++) {
                pg_json_add(findings, finding_json(&audit->findings[i]));
                if (audit->findings[i].kind == PG_FINDING_UNUSED)
                        pg_json_add(unused, finding_json(&audit->findings[i]));
        }
        pg_json_put(object, "enforced", json_boolean(!audit->is_off));
        pg_json_put(object, "generation", pg_json_generation(audit->generation));
        pg_json_put(object, "fault", pg_json_text(audit->problem));
        pg_json_put(object, "listening", listening);
        pg_json_put(object, "unused", unused);
        pg_json_put(object, "findings", findings);
        pg_json_put(object, "published", published);
        pg_json_put(object, "command", pg_json_text(audit->command));
        pg_json_put(object, "command_leaves_closed",
                    pg_json_texts(audit->left_closed, audit->n_left_closed));
        pg_json_put(object, "published_elsewhere", count(audit->n_published_elsewhere));
        pg_json_put(object, "other_namespaces", count(audit->n_other_namespaces));
        return object;
}
