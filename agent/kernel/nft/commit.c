/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sending a batch, and what the kernel answers to it. */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "host/netlink.h"
#include "host/socket_owners.h"
#include "kernel/nft/internal.h"

/* How often one batch follows what others commit; a program that commits without a pause must not hold
 * us for good. */
#define FOLLOWED_MAX 32

/* What the kernel answered to a batch. */
struct answers {
        const struct pg_batch *batch;
        int number; /* the first refusal's errno, 0 for none */
        uint32_t sequence;
        uint32_t offset; /* of the attribute that was wrong, in its message; 0: unknown */
};

static void note_refusal(struct answers *answers, const struct nlmsghdr *message)
{
        const struct nlmsgerr *refusal = mnl_nlmsg_get_payload(message);
        size_t skip = sizeof(*refusal);
        const struct nlattr *attribute;

        if (mnl_nlmsg_get_payload_len(message) < sizeof(*refusal) || refusal->error == 0 ||
            answers->number != 0)
                return;
        answers->number = -refusal->error;
        answers->sequence = refusal->msg.nlmsg_seq;
        if (!(message->nlmsg_flags & NLM_F_ACK_TLVS))
                return;
        /* With NETLINK_CAP_ACK the refused message is not repeated. */
        mnl_attr_for_each(attribute, message,
                          skip) if (mnl_attr_get_type(attribute) == NLMSGERR_ATTR_OFFS &&
                                    mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0) answers->offset =
                mnl_attr_get_u32(attribute);
}

/* The kernel has answered when send() returns: what is in the socket then is all. */
static int collect_answers(struct pg_batch *batch, struct answers *answers)
{
        int fd = mnl_socket_get_fd(batch->nft->socket);

        for (;;) {
                ssize_t length =
                        pg_netlink_receive(fd, batch->nft->receive, PG_RECEIVE_SIZE, MSG_DONTWAIT);
                const struct nlmsghdr *message = (const struct nlmsghdr *)batch->nft->receive;
                int rest = (int)length;

                if (length < 0)
                        return length == -EAGAIN ? 0 : (int)length;
                for (; mnl_nlmsg_ok(message, rest); message = mnl_nlmsg_next(message, &rest))
                        if (message->nlmsg_type == NLMSG_ERROR)
                                note_refusal(answers, message);
        }
}

/* The end of an interval, which follows the element that it is the end of. */
static bool is_interval_end(const struct nlattr *element)
{
        const struct nlattr *part;

        mnl_attr_for_each_nested(part, element)
        {
                if (mnl_attr_get_type(part) == NFTA_SET_ELEM_FLAGS &&
                    mnl_attr_validate(part, MNL_TYPE_U32) >= 0)
                        return ntohl(mnl_attr_get_u32(part)) & NFT_SET_ELEM_INTERVAL_END;
        }
        return false;
}

/* The element whose attribute lies at the offset: the messages are still in the buffer. */
static const struct pg_element *find_culprit(const struct pg_batch *batch, const struct pg_cause *cause,
                                             uint32_t offset)
{
        const char *at = batch->data;
        const struct nlmsghdr *message = NULL;
        const struct nlattr *attribute, *element;

        for (; at < batch->data + batch->length; at += message->nlmsg_len) {
                message = (const struct nlmsghdr *)at;
                if (message->nlmsg_seq == cause->sequence)
                        break;
        }
        if (at >= batch->data + batch->length)
                return NULL;
        mnl_attr_for_each(attribute, message, sizeof(struct nfgenmsg))
        {
                size_t index = 0;

                if (mnl_attr_get_type(attribute) != NFTA_SET_ELEM_LIST_ELEMENTS)
                        continue;
                mnl_attr_for_each_nested(element, attribute)
                {
                        uint32_t start = (uint32_t)((const char *)element - (const char *)message);

                        index += !is_interval_end(element);
                        if (offset >= start && offset < start + element->nla_len && index > 0 &&
                            index <= cause->n_elements)
                                return &cause->elements[index - 1];
                }
        }
        return NULL;
}

const char *pg_nft_owner_text(uint32_t owner, char text[static PG_TABLE_OWNER_MAX])
{
        struct pg_socket_owner process;

        if (pg_socket_owner_of_netlink(NETLINK_NETFILTER, owner, &process))
                snprintf(text, PG_TABLE_OWNER_MAX, "process %d (%s)", (int)process.pid, process.name);
        else
                snprintf(text, PG_TABLE_OWNER_MAX, "another process");
        return text;
}

static int explain_ownership(uint32_t owner, struct pg_error *error)
{
        char who[PG_TABLE_OWNER_MAX];

        return pg_error_set(error, PG_STATUS_FAILED, -EPERM,
                            "the table inet portguard belongs to %s (flags owner), and nobody else may "
                            "change it: end that process, and it goes",
                            pg_nft_owner_text(owner, who));
}

static int explain_refusal(const struct pg_batch *batch, const struct answers *answers,
                           struct pg_error *error)
{
        uint32_t owner;

        if (answers->number == EPERM && pg_nft_table_is_owned(batch->nft, &owner))
                return explain_ownership(owner, error);
        for (size_t i = 0; i < batch->n_causes; i++) {
                const struct pg_cause *cause = &batch->causes[i];
                const struct pg_element *element;
                struct pg_place place = cause->place;
                char what[PG_NAME_MAX + 320];

                if (cause->sequence != answers->sequence)
                        continue;
                element = find_culprit(batch, cause, answers->offset);
                if (element)
                        place = element->place;
                snprintf(what, sizeof(what), "%s %s%s%s", cause->what, cause->name,
                         element && element->comment ? " for " : "",
                         element && element->comment ? element->comment : "");
                return pg_nft_error(error, answers->number, what, place);
        }
        /* The refusal of the whole batch carries the number of its begin. */
        return pg_nft_error(error, answers->number, "committing the change", (struct pg_place){0});
}

static int send_batch(struct pg_batch *batch)
{
        int fd = mnl_socket_get_fd(batch->nft->socket);
        struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
        struct iovec bytes = {.iov_base = batch->data, .iov_len = batch->length};
        struct msghdr message = {
                .msg_name = &kernel,
                .msg_namelen = sizeof(kernel),
                .msg_iov = &bytes,
                .msg_iovlen = 1,
        };

        /* A send that was interrupted before it began has changed nothing. */
        while (sendmsg(fd, &message, 0) < 0)
                if (errno != EINTR)
                        return -errno;
        return 0;
}

/* Without a generation id the attribute is made unknown to the kernel, which skips it. */
static void put_generation(struct pg_batch *batch, uint32_t genid)
{
        struct nlmsghdr *message = (struct nlmsghdr *)batch->data;
        struct nlattr *attribute = mnl_nlmsg_get_payload_offset(message, sizeof(struct nfgenmsg));
        uint32_t value = htonl(genid);

        if (genid == 0) {
                attribute->nla_type = NFNL_BATCH_UNSPEC;
                return;
        }
        memcpy(mnl_attr_get_payload(attribute), &value, sizeof(value));
}

static int send_once(struct pg_batch *batch, enum pg_commit how, uint32_t genid, struct pg_error *error)
{
        struct answers answers = {.batch = batch};
        size_t length = batch->length;
        int r;

        put_generation(batch, genid);
        if (how == PG_COMMIT)
                pg_batch_bracket(batch, NFNL_MSG_BATCH_END);
        if (batch->failed)
                return pg_error_memory(error);
        batch->nft->sequence = batch->sequence;
        r = send_batch(batch);
        if (r < 0)
                r = pg_nft_error(error, -r, "sending the change to the kernel", (struct pg_place){0});
        else if (collect_answers(batch, &answers) < 0)
                r = pg_error_set(error, PG_STATUS_FAILED, -ENOMSG,
                                 "the kernel's answer to the change was lost");
        if (r >= 0 && answers.number != 0)
                r = explain_refusal(batch, &answers, error);
        batch->length = length;
        return r;
}

int pg_batch_commit(struct pg_batch *batch, enum pg_commit how, uint32_t genid, struct pg_error *error)
{
        int r;

        if (batch->failed)
                return pg_error_memory(error);
        if (batch->n_causes == 0)
                return 0;
        r = send_once(batch, how, genid, error);
        for (int i = 0; r == -ERESTART && batch->nft->watch && i < FOLLOWED_MAX; i++) {
                if (!pg_watch_follow(batch->nft->watch, &genid))
                        break;
                r = send_once(batch, how, genid, error);
        }
        if (r >= 0 && how == PG_COMMIT)
                batch->nft->n_commits++;
        batch->length = 0;
        batch->n_causes = 0;
        return r;
}

uint32_t pg_nft_commits(const struct pg_nft *nft)
{
        return nft->n_commits;
}
