/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where sockets and policy do not fit one another: what is reported of each. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/strings.h"
#include "engine/audit/audit.h"

const char *pg_finding_name(enum pg_finding_kind kind)
{
        static const char *const names[] = {
                [PG_FINDING_WIDER] = "wider",   [PG_FINDING_PUBLISHED] = "published",
                [PG_FINDING_CLOSED] = "closed", [PG_FINDING_LOOPBACK] = "loopback only",
                [PG_FINDING_UNUSED] = "unused",
        };

        _Static_assert(PG_ELEMENTSOF(names) == PG_FINDING_KINDS, "every kind has a name");
        return names[kind];
}

static int set_ports(struct pg_finding *finding, const struct pg_ports *ports)
{
        char protocol[16];

        pg_protocol_format(ports->protocol, protocol, sizeof(protocol));
        finding->protocol = strdup(protocol);
        finding->ports = ports->first == ports->last ? pg_format("%u", ports->first)
                                                     : pg_format("%u-%u", ports->first, ports->last);
        return finding->protocol && finding->ports ? 0 : -ENOMEM;
}

struct pg_finding *pg_audit_add(struct pg_auditing *auditing, enum pg_finding_kind kind,
                                const struct pg_ports *ports, char *text, char *advice)
{
        struct pg_audit *audit = auditing->audit;
        struct pg_finding *finding = text ? PG_ARRAY_ADD(audit->findings, audit->n_findings) : NULL;

        if (!finding) {
                free(text);
                free(advice);
                return NULL;
        }
        finding->kind = kind;
        finding->text = text;
        finding->advice = advice;
        return ports && set_ports(finding, ports) < 0 ? NULL : finding;
}

/* "nginx (nginx.service)", "node (pid 1234)" */
static char *process_text(const struct pg_listener *listener)
{
        if (listener->unit)
                return pg_format("%s (%s)", listener->process, listener->unit);
        return pg_format("%s (pid %d)", listener->process, listener->pid);
}

/* "0.0.0.0", "::%eth0" */
static char *address_text(const struct pg_listener *listener)
{
        return pg_format("%s%s%s", listener->address, listener->interface ? "%" : "",
                         listener->interface ? listener->interface : "");
}

int pg_audit_set_listener(struct pg_finding *finding, const struct pg_listener *listener)
{
        finding->is_hidden = listener->is_hidden;
        finding->address = address_text(listener);
        finding->process = listener->process ? process_text(listener) : NULL;
        return finding->address && (finding->process || !listener->process) ? 0 : -ENOMEM;
}
