/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Elements as netlink attributes, written straight into the message: for a million addresses that takes
 * a tenth of a second, where an object for each takes seconds and hundreds of megabytes.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "kernel/nft/internal.h"

static void encode_key(struct nlmsghdr *message, uint16_t attribute, const uint8_t *key,
                       uint32_t length)
{
        struct nlattr *nest = mnl_attr_nest_start(message, attribute);

        mnl_attr_put(message, NFTA_DATA_VALUE, length, key);
        mnl_attr_nest_end(message, nest);
}

static void encode_verdict(struct nlmsghdr *message, const struct pg_verdict *verdict)
{
        struct nlattr *data = mnl_attr_nest_start(message, NFTA_SET_ELEM_DATA);
        struct nlattr *nest = mnl_attr_nest_start(message, NFTA_DATA_VERDICT);

        mnl_attr_put_u32(message, NFTA_VERDICT_CODE, htonl((uint32_t)verdict->code));
        if (verdict->chain[0] != '\0')
                mnl_attr_put_strz(message, NFTA_VERDICT_CHAIN, verdict->chain);
        mnl_attr_nest_end(message, nest);
        mnl_attr_nest_end(message, data);
}

/* The set gives each new element a counter of its own; only one that does not start at 0 is sent. */
static void encode_counter(struct nlmsghdr *message, const struct pg_element *element)
{
        struct nlattr *nest = mnl_attr_nest_start(message, NFTA_SET_ELEM_EXPR);
        struct nlattr *data;

        mnl_attr_put_strz(message, NFTA_EXPR_NAME, "counter");
        data = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
        mnl_attr_put_u64(message, NFTA_COUNTER_BYTES, htobe64(element->bytes));
        mnl_attr_put_u64(message, NFTA_COUNTER_PACKETS, htobe64(element->packets));
        mnl_attr_nest_end(message, data);
        mnl_attr_nest_end(message, nest);
}

void pg_element_encode(struct nlmsghdr *message, const struct pg_set *set,
                       const struct pg_element *element, bool with_data)
{
        struct nlattr *nest = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
        uint8_t userdata[PG_USERDATA_MAX];

        encode_key(message, NFTA_SET_ELEM_KEY, element->key, set->key_length);
        if (set->flags & PG_SET_CONCAT)
                encode_key(message, NFTA_SET_ELEM_KEY_END, element->key_end, set->key_length);
        if (with_data && element->timeout_ms > 0)
                mnl_attr_put_u64(message, NFTA_SET_ELEM_TIMEOUT, htobe64(element->timeout_ms));
        if (with_data && (set->flags & PG_SET_MAP))
                encode_verdict(message, &element->verdict);
        if (with_data && element->comment)
                mnl_attr_put(message, NFTA_SET_ELEM_USERDATA,
                             pg_comment_encode(element->comment, userdata), userdata);
        if (with_data && element->has_counter && element->packets > 0)
                encode_counter(message, element);
        mnl_attr_nest_end(message, nest);
}

void pg_bound_encode(struct nlmsghdr *message, const struct pg_set *set, const uint8_t *key,
                     bool is_end)
{
        struct nlattr *nest = mnl_attr_nest_start(message, NFTA_LIST_ELEM);

        encode_key(message, NFTA_SET_ELEM_KEY, key, set->key_length);
        if (is_end)
                mnl_attr_put_u32(message, NFTA_SET_ELEM_FLAGS, htonl(NFT_SET_ELEM_INTERVAL_END));
        mnl_attr_nest_end(message, nest);
}
