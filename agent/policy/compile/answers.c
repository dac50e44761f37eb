/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What services of this host send of themselves: their claims. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "policy/compile/internal.h"

/* Adverts go to a group of the link, 224.0.0.18 or ff02::12, and are sent unasked. */
static const char *const link_groups[] = {"224.0.0.0/24", "ff02::/16"};

static bool is_told_to_groups(uint8_t protocol)
{
        /* EIGRP, OSPF, PIM, VRRP; and AH, in which VRRP may be. */
        static const uint8_t protocols[] = {51, 88, 89, 103, 112};

        return memchr(protocols, protocol, sizeof(protocols)) != NULL;
}

static bool has_any(const struct pg_claim *claim)
{
        for (size_t i = 0; i < claim->n_scopes; i++)
                if (strcmp(claim->scopes[i], "any") == 0)
                        return true;
        return false;
}

/* The same protocol, to whom it comes from. */
static int claim_answers(struct pg_compiler *compiler, size_t of)
{
        struct pg_claim *claim = PG_ARRAY_ADD(compiler->claims, compiler->n_claims);
        const struct pg_claim *from;

        if (!claim)
                return -ENOMEM;
        from = &compiler->claims[of];
        claim->scopes = calloc(from->n_scopes + PG_ELEMENTSOF(link_groups), sizeof(*claim->scopes));
        if (!claim->scopes)
                return -ENOMEM;
        claim->direction = PG_OUT;
        claim->ports = from->ports;
        claim->service = from->service;
        for (size_t i = 0; i < from->n_scopes; i++)
                claim->scopes[claim->n_scopes++] = from->scopes[i];
        if (is_told_to_groups(from->ports.protocol) && !has_any(from))
                for (size_t i = 0; i < PG_ELEMENTSOF(link_groups); i++)
                        claim->scopes[claim->n_scopes++] = link_groups[i];
        return 0;
}

int pg_compile_answers(struct pg_compiler *compiler)
{
        size_t n = compiler->n_claims;

        for (size_t i = 0; i < n; i++) {
                const struct pg_claim *claim = &compiler->claims[i];

                if (claim->direction != PG_IN || pg_protocol_has_ports(claim->ports.protocol))
                        continue;
                if (claim_answers(compiler, i) < 0)
                        return pg_error_memory(compiler->error);
        }
        return 0;
}
