/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The chains that refuse, and the sets that remember who was refused. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>

#include "ruleset/compile/compile.h"

/* Refused packets are remembered for this long and no more of them than this at a time. */
#define REFUSED_TIMEOUT_MS (10 * 60 * 1000)
#define REFUSED_SIZE 4096

static const char *refused_name(enum pg_direction direction, bool is_v6)
{
        if (direction == PG_IN)
                return is_v6 ? PG_REFUSED6_NAME : PG_REFUSED4_NAME;
        return is_v6 ? PG_REFUSED_OUT6_NAME : PG_REFUSED_OUT4_NAME;
}

static int add_refused_set(struct pg_compilation *c, enum pg_direction direction, bool is_v6)
{
        return pg_compile_sides_set(c, refused_name(direction, is_v6), is_v6, REFUSED_TIMEOUT_MS,
                                    REFUSED_SIZE)
                       ? 0
                       : -ENOMEM;
}

/* Those of the output hook are there before it is: whoever is interrupted in making it leaves nothing
 * of no slot behind. */
int pg_compile_refused_sets(struct pg_compilation *c)
{
        int r = add_refused_set(c, PG_IN, false);

        if (r >= 0)
                r = add_refused_set(c, PG_IN, true);
        if (r >= 0)
                r = add_refused_set(c, PG_OUT, false);
        return r < 0 ? r : add_refused_set(c, PG_OUT, true);
}

/* Where others have their port, ICMP has its checksum: one sender of pings would fill the set. */
static int remember_refused(struct pg_chain *chain, enum pg_direction direction, bool is_v6)
{
        struct pg_rule *rule = pg_chain_add_rule(chain);
        int r = rule ? pg_match_family(rule, is_v6 ? NFPROTO_IPV6 : NFPROTO_IPV4) : -ENOMEM;

        if (r >= 0 && direction == PG_IN)
                r = pg_match_other_protocol(rule, is_v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
        return r < 0 ? r
                     : pg_do_remember(rule, is_v6, direction == PG_IN, refused_name(direction, is_v6));
}

/* A program learns at once that it is refused. Only what begins a connection is reset: what conntrack
 * has forgotten, as after `conntrack -F`, would be ended for good, which the next packet of the other
 * side brings back. */
static int reject_local(struct pg_chain *chain)
{
        struct pg_rule *rule = pg_chain_add_rule(chain);
        int r = rule ? pg_match_tcp_syn(rule) : -ENOMEM;

        if (r >= 0)
                r = pg_do_reset(rule);
        rule = r < 0 ? NULL : pg_chain_add_rule(chain);
        r = rule ? pg_match_other_protocol(rule, IPPROTO_TCP) : -ENOMEM;
        return r < 0 ? r : pg_do_prohibit(rule);
}

/* A port that was logged is not logged again for so long, where no more than this were. */
#define LOGGED_TIMEOUT_MS 1000
#define LOGGED_SIZE 64

static int add_logged_set(struct pg_compilation *c, const char *name)
{
        struct pg_set *set = pg_compile_ports_set(c, name);

        if (!set)
                return -ENOMEM;
        set->flags = PG_SET_TIMEOUT | PG_SET_DYNAMIC;
        set->timeout_ms = LOGGED_TIMEOUT_MS;
        set->size = LOGGED_SIZE;
        return 0;
}

/* A flood to one port does not keep other ports out of the log, and costs less than to ask for the
 * rate, which takes a lock and reads the clock. What has no port is within the rate only. */
static int log_refused(struct pg_chain *chain, char slot)
{
        struct pg_rule *rule = pg_chain_add_rule(chain);
        char logged[PG_NAME_MAX];
        int r;

        pg_slot_name(PG_LOGGED_NAME, slot, logged);
        r = rule ? pg_match_ports(rule, logged) : -ENOMEM;
        if (r >= 0)
                r = pg_do_verdict(rule, NF_DROP, NULL);
        rule = r < 0 ? NULL : pg_chain_add_rule(chain);
        r = rule ? pg_do_limit(rule, 5, 1, 10) : -ENOMEM;
        if (r >= 0)
                r = pg_do_log(rule, "portguard deny: ");
        return r < 0 ? r : pg_do_remember_port(rule, logged);
}

static int log_refused_output(struct pg_chain *chain)
{
        struct pg_rule *rule = pg_chain_add_rule(chain);
        int r = rule ? pg_do_limit(rule, 5, 1, 10) : -ENOMEM;

        return r < 0 ? r : pg_do_log(rule, "portguard deny out: ");
}

/* What ends here is refused: remembered, counted, written into the log at a bounded rate, dropped, and
 * reported to the sender where that is a program of this host. A full set breaks off its own rule only.
 */
int pg_compile_refused(struct pg_compilation *c, enum pg_direction direction)
{
        bool inbound = direction == PG_IN;
        char name[PG_NAME_MAX];
        struct pg_chain *chain;
        struct pg_rule *rule;
        int r = 0;

        if (inbound) {
                pg_slot_name(PG_LOGGED_NAME, c->slot, name);
                r = add_logged_set(c, name);
        }
        pg_slot_name(inbound ? "deny" : "deny_output", c->slot, name);
        chain = pg_ruleset_add_chain(c->ruleset, name);
        if (!chain || r < 0)
                return -ENOMEM;
        r = remember_refused(chain, direction, false);
        if (r >= 0)
                r = remember_refused(chain, direction, true);
        rule = r < 0 ? NULL : pg_chain_add_rule(chain);
        r = rule ? pg_do_counter(rule) : -ENOMEM;
        if (r >= 0)
                r = inbound ? log_refused(chain, c->slot) : log_refused_output(chain);
        if (r >= 0 && !inbound)
                r = reject_local(chain);
        rule = r < 0 ? NULL : pg_chain_add_rule(chain);
        return rule ? pg_do_verdict(rule, NF_DROP, NULL) : -ENOMEM;
}
