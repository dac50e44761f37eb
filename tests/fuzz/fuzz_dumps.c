/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a kernel tells of any ruleset, ours and others': no crash, no leak, no long wait. The input is
 * the messages of its dumps, which are given in answer to each request for their kind. */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "engine/table.h"
#include "engine/verify.h"
#include "host/netlink.h"
#include "kernel/foreign/foreign.h"
#include "kernel/foreign/nat/nat.h"
#include "kernel/refused.h"
#include "ruleset/text/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

/* libnftnl ends the process where an attribute has not the size that it knows. */
static jmp_buf ended;
static bool is_running;

static const uint8_t *input;
static size_t input_size;

/* What was asked last, and has no answer yet. */
static struct {
        bool is_open, is_dump;
        uint16_t type;
        uint32_t sequence;
        char set[NFT_SET_MAXNAMELEN];
} asked;

const char *__asan_default_options(void)
{
        return "detect_leaks=0"; /* of what libnftnl's end leaves behind */
}

void exit(int status)
{
        void (*real)(int) = (void (*)(int))dlsym(RTLD_NEXT, "exit");

        if (is_running)
                longjmp(ended, 1);
        real(status);
        abort();
}

static const char *name_of_set(const struct nlmsghdr *message)
{
        const struct nlattr *attribute;

        mnl_attr_for_each(attribute, message, sizeof(struct nfgenmsg))
        {
                if (mnl_attr_get_type(attribute) == NFTA_SET_ELEM_LIST_SET &&
                    mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
                        return mnl_attr_get_str(attribute);
        }
        return "";
}

ssize_t mnl_socket_sendto(const struct mnl_socket *socket, const void *request, size_t size)
{
        const struct nlmsghdr *message = request;

        (void)socket;
        asked.is_open = true;
        asked.is_dump = (message->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
        asked.type = NFNL_MSG_TYPE(message->nlmsg_type);
        asked.sequence = message->nlmsg_seq;
        snprintf(asked.set, sizeof(asked.set), "%s", name_of_set(message));
        return (ssize_t)size;
}

/* NFT_MSG_GETTABLE is answered by NFT_MSG_NEWTABLE, and so on: one less. */
static bool answers(const struct nlmsghdr *message)
{
        if (message->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES ||
            NFNL_MSG_TYPE(message->nlmsg_type) + 1 != asked.type ||
            message->nlmsg_len < MNL_NLMSG_HDRLEN + sizeof(struct nfgenmsg))
                return false;
        return asked.type != NFT_MSG_GETSETELEM || strcmp(name_of_set(message), asked.set) == 0;
}

static size_t put_genid(uint8_t *buffer)
{
        struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);

        message->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWGEN;
        mnl_nlmsg_put_extra_header(message, sizeof(struct nfgenmsg));
        mnl_attr_put_u32(message, NFTA_GEN_ID, htonl(7));
        message->nlmsg_seq = asked.sequence;
        return MNL_ALIGN(message->nlmsg_len);
}

static size_t put_end(uint8_t *buffer)
{
        struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);

        message->nlmsg_type = asked.is_dump ? NLMSG_DONE : NLMSG_ERROR;
        message->nlmsg_seq = asked.sequence;
        mnl_nlmsg_put_extra_header(message, sizeof(struct nlmsgerr));
        return MNL_ALIGN(message->nlmsg_len);
}

/* In place of agent/host/netlink.c: all that answers, of one that is no dump the first, in one buffer.
 */
ssize_t pg_netlink_receive(int fd, void *buffer, size_t size, int flags)
{
        const struct nlmsghdr *message = (const struct nlmsghdr *)input;
        int left = (int)input_size;
        size_t used = 0;

        (void)fd;
        (void)flags;
        if (!asked.is_open)
                return -EAGAIN;
        asked.is_open = false;
        if (asked.type == NFT_MSG_GETGEN)
                used = put_genid(buffer);
        for (; mnl_nlmsg_ok(message, left) && message->nlmsg_len <= (uint32_t)left &&
               (asked.is_dump || used == 0);
             message = mnl_nlmsg_next(message, &left)) {
                struct nlmsghdr *copy = (void *)((uint8_t *)buffer + used);

                if (!answers(message) || message->nlmsg_len > size - used - 256)
                        continue;
                memcpy(copy, message, message->nlmsg_len);
                copy->nlmsg_seq = asked.sequence;
                copy->nlmsg_pid = 0;
                copy->nlmsg_flags = asked.is_dump ? NLM_F_MULTI : 0;
                used += MNL_ALIGN(copy->nlmsg_len);
        }
        if (used == 0 && !asked.is_dump) {
                struct nlmsghdr *end = buffer;

                used = put_end(buffer);
                ((struct nlmsgerr *)mnl_nlmsg_get_payload(end))->error = -ENOENT;
                return (ssize_t)used;
        }
        return (ssize_t)(used + put_end((uint8_t *)buffer + used));
}

static void read_ours(struct pg_nft *nft)
{
        const struct pg_settings settings = {.state = "/nonexistent"};
        _cleanup_(pg_table_done) struct pg_table table = {0};
        _cleanup_(pg_freep) char *change = NULL, *text = NULL;
        struct pg_error error = {0};
        FILE *stream;
        size_t length;
        bool rules_hold;

        if (pg_table_read(nft, PG_READ_ALL, &table, &error) < 0)
                return;
        pg_table_problem(&table);
        pg_table_open_trial(&table);
        if (table.slot)
                pg_table_change(&settings, &table, &change, &rules_hold, &error);
        stream = open_memstream(&text, &length);
        if (!stream)
                return;
        pg_ruleset_print(table.snapshot.ruleset, stream);
        fclose(stream);
}

static void read_all(void)
{
        _cleanup_(pg_nft_closep) struct pg_nft *nft = NULL;
        _cleanup_(pg_foreign_chains_done) struct pg_foreign_chains chains = {0};
        _cleanup_(pg_nat_done) struct pg_nat nat = {0};
        _cleanup_(pg_refused_list_done) struct pg_refused_list refused = {0};
        struct pg_error error = {0};

        if (pg_nft_open(&nft, &error) < 0)
                abort();
        read_ours(nft);
        pg_foreign_chains_read(nft, &chains, &error);
        pg_nat_read(nft, &nat, &error);
        pg_refused_list_read(nft, PG_IN, &refused, &error);
}

/* Messages of one input, in order. */
#define MESSAGES_MAX 4096

struct messages {
        struct nlmsghdr *items[MESSAGES_MAX];
        size_t n;
        size_t used; /* bytes */
};

static void split(uint8_t *data, size_t size, struct messages *ret)
{
        ret->n = ret->used = 0;
        while (ret->n < MESSAGES_MAX && size - ret->used >= MNL_NLMSG_HDRLEN) {
                struct nlmsghdr *message = (struct nlmsghdr *)(data + ret->used);

                if (message->nlmsg_len < MNL_NLMSG_HDRLEN + sizeof(struct nfgenmsg) ||
                    message->nlmsg_len % MNL_ALIGNTO != 0 || message->nlmsg_len > size - ret->used)
                        break;
                ret->items[ret->n++] = message;
                ret->used += message->nlmsg_len;
        }
}

/* An attribute's payload that is a list of attributes; any other is a value. */
static bool is_list(const uint8_t *payload, size_t size)
{
        size_t used = 0;

        while (used < size) {
                const struct nlattr *attribute = (const struct nlattr *)(payload + used);

                if (size - used < sizeof(*attribute) || attribute->nla_len < sizeof(*attribute) ||
                    MNL_ALIGN(attribute->nla_len) > size - used)
                        return false;
                used += MNL_ALIGN(attribute->nla_len);
        }
        return size > 0;
}

/* Any value within the list; NULL where it has none. */
static struct nlattr *pick_value(uint8_t *list, size_t size, unsigned *seed)
{
        while (is_list(list, size)) {
                struct nlattr *picked = NULL;
                unsigned n = 0;

                for (size_t used = 0; used < size;) {
                        struct nlattr *attribute = (struct nlattr *)(list + used);

                        if ((unsigned)rand_r(seed) % ++n == 0)
                                picked = attribute;
                        used += MNL_ALIGN(attribute->nla_len);
                }
                list = mnl_attr_get_payload(picked);
                size = mnl_attr_get_payload_len(picked);
                if (!is_list(list, size))
                        return size > 0 ? picked : NULL;
        }
        return NULL;
}

static struct nlattr *pick(const struct messages *messages, unsigned *seed)
{
        struct nlmsghdr *message = messages->items[(unsigned)rand_r(seed) % messages->n];

        return pick_value(mnl_nlmsg_get_payload_offset(message, sizeof(struct nfgenmsg)),
                          mnl_nlmsg_get_payload_len(message) - sizeof(struct nfgenmsg), seed);
}

/* To another value of the same length that the input has, or any. A text keeps its end. */
static void change_value(const struct messages *messages, unsigned *seed)
{
        static const uint8_t telling[] = {0, 1, 0x7f, 0x80, 0xff};
        struct nlattr *value = pick(messages, seed), *other = pick(messages, seed);
        uint8_t *payload = value ? mnl_attr_get_payload(value) : NULL;
        size_t size = value ? mnl_attr_get_payload_len(value) : 0;
        bool is_text = value && payload[size - 1] == '\0' && size != 4 && size != 8;

        if (!value || (is_text && --size == 0))
                return;
        if (other && other->nla_len == value->nla_len && rand_r(seed) % 2)
                memmove(payload, mnl_attr_get_payload(other), size);
        else
                payload[(size_t)rand_r(seed) % size] =
                        rand_r(seed) % 2 ? telling[rand_r(seed) % 5] : (uint8_t)rand_r(seed);
}

static size_t remove_message(uint8_t *data, const struct messages *messages, unsigned *seed)
{
        struct nlmsghdr *message = messages->items[(unsigned)rand_r(seed) % messages->n];
        uint8_t *end = (uint8_t *)message + message->nlmsg_len;
        size_t length = message->nlmsg_len;

        memmove(message, end, messages->used - (size_t)(end - data));
        return messages->used - length;
}

static size_t repeat_message(uint8_t *data, size_t max, const struct messages *messages, unsigned *seed)
{
        const struct nlmsghdr *message = messages->items[(unsigned)rand_r(seed) % messages->n];

        if (message->nlmsg_len > max - messages->used)
                return messages->used;
        memcpy(data + messages->used, message, message->nlmsg_len);
        return messages->used + message->nlmsg_len;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
        static struct messages messages;

        for (unsigned n = 1 + (unsigned)rand_r(&seed) % 8; n > 0; n--) {
                split(data, size, &messages);
                size = messages.used;
                if (messages.n == 0)
                        return 0;
                switch (rand_r(&seed) % 16) {
                case 0:
                        size = remove_message(data, &messages, &seed);
                        break;
                case 1:
                        size = repeat_message(data, max, &messages, &seed);
                        break;
                default:
                        change_value(&messages, &seed);
                }
        }
        return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        /* Messages are aligned as a receive buffer is. */
        uint8_t *copy = size > 0 ? malloc(size) : NULL;

        if (!copy)
                return 0;
        input = memcpy(copy, data, size);
        input_size = size;
        if (setjmp(ended) == 0) {
                is_running = true;
                read_all();
        }
        is_running = false;
        free(copy);
        return 0;
}
