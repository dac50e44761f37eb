/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rule in the words of nft(8). */
#include <arpa/inet.h>
#include <inttypes.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>

#include "ruleset/text/internal.h"

void pg_verdict_print(const struct pg_verdict *verdict, FILE *stream)
{
        switch (verdict->code) {
        case NF_ACCEPT:
                fputs("accept", stream);
                break;
        case NF_DROP:
                fputs("drop", stream);
                break;
        case NFT_GOTO:
                fprintf(stream, "goto %s", verdict->chain);
                break;
        case NFT_JUMP:
                fprintf(stream, "jump %s", verdict->chain);
                break;
        case NFT_RETURN:
                fputs("return", stream);
                break;
        default:
                fprintf(stream, "(verdict %d)", verdict->code);
        }
}

static void print_limit(const struct pg_limit *limit, FILE *stream)
{
        static const struct {
                uint64_t seconds;
                const char *name;
        } units[] = {{1, "second"}, {60, "minute"}, {3600, "hour"}, {86400, "day"}, {604800, "week"}};
        const char *name = NULL;

        for (size_t i = 0; i < PG_ELEMENTSOF(units); i++)
                if (units[i].seconds == limit->unit)
                        name = units[i].name;
        fprintf(stream, "limit rate %" PRIu64 "/", limit->rate);
        if (name)
                fputs(name, stream);
        else
                fprintf(stream, "(%" PRIu64 " seconds)", limit->unit);
        fprintf(stream, " burst %u packets", limit->burst);
}

static void print_log(const struct pg_log *log, FILE *stream)
{
        static const char *const levels[] = {
                [NFT_LOGLEVEL_EMERG] = "emerg",  [NFT_LOGLEVEL_ALERT] = "alert",
                [NFT_LOGLEVEL_CRIT] = "crit",    [NFT_LOGLEVEL_ERR] = "err",
                [NFT_LOGLEVEL_WARNING] = "warn", [NFT_LOGLEVEL_NOTICE] = "notice",
                [NFT_LOGLEVEL_INFO] = "info",    [NFT_LOGLEVEL_DEBUG] = "debug",
                [NFT_LOGLEVEL_AUDIT] = "audit",
        };

        fputs("log", stream);
        if (log->prefix[0] != '\0')
                fprintf(stream, " prefix \"%s\"", log->prefix);
        if (log->level < PG_ELEMENTSOF(levels))
                fprintf(stream, " level %s", levels[log->level]);
        else
                fprintf(stream, " level (%u)", log->level);
}

/* Where the header has the sender. */
#define IP4_SADDR 12
#define IP6_SADDR 8

static void print_dynset(const struct pg_loads *loads, const struct pg_dynset *dynset, FILE *stream)
{
        const struct pg_expr *load = loads->at[dynset->reg % PG_REGISTERS];
        bool is_v6 = load && load->kind == PG_EXPR_PAYLOAD && load->payload.length == 16;
        bool is_source = !load || load->kind != PG_EXPR_PAYLOAD ||
                         load->payload.offset == (is_v6 ? IP6_SADDR : IP4_SADDR);

        fprintf(stream, "%s @%s { ", dynset->op == NFT_DYNSET_OP_UPDATE ? "update" : "add",
                dynset->set);
        if (load && load->kind == PG_EXPR_META && load->meta.key == NFT_META_L4PROTO) {
                fputs("meta l4proto . th dport counter }", stream);
                return;
        }
        fprintf(stream, "%s %s ", is_v6 ? "ip6" : "ip", is_source ? "saddr" : "daddr");
        if (dynset->has_limit)
                print_limit(&dynset->limit, stream);
        else
                fprintf(stream, ". meta l4proto . th %s counter",
                        pg_side_port(loads, dynset->reg, is_v6));
        fputs(" }", stream);
}

static void print_reject(const struct pg_reject *reject, FILE *stream)
{
        if (reject->type == NFT_REJECT_TCP_RST)
                fputs("reject with tcp reset", stream);
        else if (reject->type == NFT_REJECT_ICMPX_UNREACH &&
                 reject->code == NFT_REJECT_ICMPX_ADMIN_PROHIBITED)
                fputs("reject with icmpx admin-prohibited", stream);
        else
                fprintf(stream, "reject (type %u, code %u)", reject->type, reject->code);
}

/* Words for one expression that is no load. */
static void print_expr(struct pg_loads *loads, const struct pg_expr *expr, FILE *stream)
{
        switch (expr->kind) {
        case PG_EXPR_CMP:
                pg_cmp_print(loads, &expr->cmp, stream);
                break;
        case PG_EXPR_LOOKUP:
                pg_lookup_print(loads, &expr->lookup, stream);
                break;
        case PG_EXPR_VERDICT:
                pg_verdict_print(&expr->verdict, stream);
                break;
        case PG_EXPR_LIMIT:
                print_limit(&expr->limit, stream);
                break;
        case PG_EXPR_COUNTER:
                fputs("counter", stream);
                break;
        case PG_EXPR_LOG:
                print_log(&expr->log, stream);
                break;
        case PG_EXPR_DYNSET:
                print_dynset(loads, &expr->dynset, stream);
                break;
        case PG_EXPR_REJECT:
                print_reject(&expr->reject, stream);
                break;
        case PG_EXPR_FOREIGN:
                fprintf(stream, "(foreign expression %s)", expr->foreign);
                break;
        default:
                break;
        }
}

/* "type >= 133" and "type <= 136" behind one load are one range. */
static bool is_range(const struct pg_rule *rule, size_t i)
{
        return i + 1 < rule->n_exprs && rule->exprs[i].kind == PG_EXPR_CMP &&
               rule->exprs[i].cmp.op == NFT_CMP_GTE && rule->exprs[i + 1].kind == PG_EXPR_CMP &&
               rule->exprs[i + 1].cmp.op == NFT_CMP_LTE;
}

/* What nft leaves out is known from then on. */
static void take_implied(struct pg_loads *loads, const struct pg_expr *load)
{
        if (load->meta.key == NFT_META_L4PROTO)
                loads->protocol = load[1].cmp.data[0];
        else
                loads->family = load[1].cmp.data[0];
}

void pg_rule_print(const struct pg_rule *rule, FILE *stream)
{
        struct pg_loads loads = {0};
        bool is_first = true;

        for (size_t i = 0; i < rule->n_exprs; i++) {
                const struct pg_expr *expr = &rule->exprs[i];

                if (pg_match_is_implied(rule, i)) {
                        take_implied(&loads, expr);
                        i++;
                        continue;
                }
                if (expr->kind < PG_EXPR_CMP) { /* says nothing by itself */
                        pg_loads_take(&loads, expr);
                        continue;
                }
                if (!is_first)
                        fputc(' ', stream);
                is_first = false;
                if (!is_range(rule, i)) {
                        print_expr(&loads, expr, stream);
                        continue;
                }
                pg_range_cmp_print(&loads, &expr->cmp, &rule->exprs[i + 1].cmp, stream);
                i++;
        }
        if (is_first)
                fputs("(does nothing)", stream);
}
