/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules and sets of any program as libnftnl has them. It refuses them whole for one expression that it
 * does not know, as of a later kernel; here the rest is read.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/nft/internal.h"

/* An unknown expression is a target of xtables of that name, of a revision that has 8 bits there. */
#define UNKNOWN_REVISION UINT32_MAX

bool pg_expr_is_unknown(const struct nftnl_expr *e)
{
        return strcmp(nftnl_expr_get_str(e, NFTNL_EXPR_NAME), "target") == 0 &&
               nftnl_expr_get_u32(e, NFTNL_EXPR_TG_REV) == UNKNOWN_REVISION;
}

const char *pg_expr_name(const struct nftnl_expr *e)
{
        return nftnl_expr_get_str(e, pg_expr_is_unknown(e) ? NFTNL_EXPR_TG_NAME : NFTNL_EXPR_NAME);
}

static struct nftnl_expr *make_unknown(const struct nlattr *expression)
{
        const struct nlattr *attribute;
        struct nftnl_expr *e = nftnl_expr_alloc("target");

        if (!e)
                return NULL;
        nftnl_expr_set_str(e, NFTNL_EXPR_TG_NAME, "?");
        nftnl_expr_set_u32(e, NFTNL_EXPR_TG_REV, UNKNOWN_REVISION);
        mnl_attr_for_each_nested(attribute, expression)
        {
                if (mnl_attr_get_type(attribute) == NFTA_EXPR_NAME &&
                    mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
                        nftnl_expr_set_str(e, NFTNL_EXPR_TG_NAME, mnl_attr_get_str(attribute));
        }
        return e;
}

static struct nftnl_rule *parse(const struct nlmsghdr *message)
{
        struct nftnl_rule *rule = nftnl_rule_alloc();

        errno = rule ? EPROTO : ENOMEM;
        if (rule && nftnl_rule_nlmsg_parse(message, rule) >= 0)
                return rule;
        if (rule)
                nftnl_rule_free(rule);
        return NULL;
}

/* A copy without the attributes of these two types, for the caller to free and to add them to. */
static struct nlmsghdr *copy_without(const struct nlmsghdr *message, uint16_t type, uint16_t other)
{
        struct nlmsghdr *part = calloc(1, message->nlmsg_len);
        const struct nlattr *attribute;

        if (!part)
                return NULL;
        *part = *message;
        part->nlmsg_len = MNL_NLMSG_HDRLEN;
        memcpy(mnl_nlmsg_put_extra_header(part, sizeof(struct nfgenmsg)),
               mnl_nlmsg_get_payload(message), sizeof(struct nfgenmsg));
        mnl_attr_for_each(attribute, message, sizeof(struct nfgenmsg))
        {
                if (mnl_attr_get_type(attribute) != type && mnl_attr_get_type(attribute) != other)
                        mnl_attr_put(part, attribute->nla_type, mnl_attr_get_payload_len(attribute),
                                     mnl_attr_get_payload(attribute));
        }
        return part;
}

/* The rule of the message, with that one of its expressions only, or with none. */
static struct nftnl_rule *parse_with(const struct nlmsghdr *message, const struct nlattr *expression)
{
        _cleanup_(pg_freep) struct nlmsghdr *part =
                copy_without(message, NFTA_RULE_EXPRESSIONS, NFTA_RULE_EXPRESSIONS);
        struct nlattr *list;

        if (!part) {
                errno = ENOMEM;
                return NULL;
        }
        if (expression) {
                list = mnl_attr_nest_start(part, NFTA_RULE_EXPRESSIONS);
                mnl_attr_put(part, expression->nla_type, mnl_attr_get_payload_len(expression),
                             mnl_attr_get_payload(expression));
                mnl_attr_nest_end(part, list);
        }
        return parse(part);
}

static int take_expression(struct nftnl_expr *e, void *data)
{
        *(struct nftnl_expr **)data = e;
        return 0;
}

/* 0 or -ENOMEM. */
static int add_expression(struct nftnl_rule *rule, const struct nlmsghdr *message,
                          const struct nlattr *expression)
{
        _cleanup_(nftnl_rule_freep) struct nftnl_rule *part = parse_with(message, expression);
        struct nftnl_expr *e = NULL;

        if (part)
                nftnl_expr_foreach(part, take_expression, &e);
        if (e)
                nftnl_rule_del_expr(e);
        else if (part || errno != ENOMEM)
                e = make_unknown(expression);
        if (!e)
                return -ENOMEM;
        nftnl_rule_add_expr(rule, e);
        return 0;
}

struct nftnl_rule *pg_rule_parse(const struct nlmsghdr *message)
{
        _cleanup_(nftnl_rule_freep) struct nftnl_rule *rule = parse(message);
        const struct nlattr *attribute, *expression;

        if (rule || errno == ENOMEM)
                return PG_TAKE(rule);
        rule = parse_with(message, NULL);
        mnl_attr_for_each(attribute, message, sizeof(struct nfgenmsg))
        {
                if (!rule || mnl_attr_get_type(attribute) != NFTA_RULE_EXPRESSIONS)
                        continue;
                mnl_attr_for_each_nested(expression, attribute)
                {
                        if (add_expression(rule, message, expression) < 0) {
                                errno = ENOMEM;
                                return NULL;
                        }
                }
        }
        return PG_TAKE(rule);
}

int pg_set_parse(const struct nlmsghdr *message, struct nftnl_set *set)
{
        _cleanup_(pg_freep) struct nlmsghdr *part = NULL;

        errno = EPROTO;
        if (nftnl_set_nlmsg_parse(message, set) >= 0)
                return 0;
        part = errno == ENOMEM ? NULL : copy_without(message, NFTA_SET_EXPR, NFTA_SET_EXPRESSIONS);
        if (!part)
                return -ENOMEM;
        return nftnl_set_nlmsg_parse(part, set) < 0 ? -EPROTO : 1;
}
