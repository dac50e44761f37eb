/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole table as it stands at one generation. */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/nft/internal.h"

/* Which sets' elements are read, and where to. */
struct choice {
        enum pg_read what;
        const struct pg_ruleset *wanted; /* or NULL */
        const char *also;
        struct pg_snapshot *ret;
};

struct reading {
        struct pg_ruleset *ruleset;
        struct pg_set *set;
        int (*decode)(const struct nlmsghdr *message, struct pg_ruleset *ruleset);
        int error; /* the callbacks of libmnl can only say that something went wrong */
        bool dormant, is_owned;
        uint32_t owner;
};

void pg_snapshot_done(struct pg_snapshot *snapshot)
{
        pg_ruleset_free(snapshot->ruleset);
        *snapshot = (struct pg_snapshot){0};
}

static int take_object(const struct nlmsghdr *message, void *data)
{
        struct reading *reading = data;

        reading->error = reading->decode(message, reading->ruleset);
        if (reading->error < 0) {
                errno = -reading->error;
                return MNL_CB_ERROR;
        }
        return MNL_CB_OK;
}

static int take_elements(const struct nlmsghdr *message, void *data)
{
        struct reading *reading = data;

        reading->error = pg_elements_decode(message, reading->set);
        if (reading->error < 0) {
                errno = -reading->error;
                return MNL_CB_ERROR;
        }
        return MNL_CB_OK;
}

static int take_table(const struct nlmsghdr *message, void *data)
{
        struct reading *reading = data;
        struct nlattr *attribute;

        mnl_attr_for_each(attribute, message, sizeof(struct nfgenmsg))
        {
                uint16_t type = mnl_attr_get_type(attribute);
                uint32_t value;

                if ((type != NFTA_TABLE_FLAGS && type != NFTA_TABLE_OWNER) ||
                    mnl_attr_validate(attribute, MNL_TYPE_U32) < 0)
                        continue;
                value = ntohl(mnl_attr_get_u32(attribute));
                if (type == NFTA_TABLE_OWNER) {
                        reading->owner = value;
                        continue;
                }
                reading->dormant = value & NFT_TABLE_F_DORMANT;
                reading->is_owned = value & NFT_TABLE_F_OWNER;
        }
        return MNL_CB_OK;
}

static int dump(struct pg_nft *nft, uint16_t type, uint16_t table_attribute, struct reading *reading,
                int (*decode)(const struct nlmsghdr *message, struct pg_ruleset *ruleset))
{
        char buffer[512];
        struct nlmsghdr *request = pg_message_begin(buffer, type, NLM_F_DUMP, ++nft->sequence);

        if (table_attribute != 0)
                mnl_attr_put_strz(request, table_attribute, PG_TABLE_NAME);
        reading->decode = decode;
        return pg_nft_request(nft, request, take_object, reading);
}

static int dump_elements(struct pg_nft *nft, struct reading *reading, struct pg_set *set)
{
        char buffer[1024];
        struct nlmsghdr *request =
                pg_message_begin(buffer, NFT_MSG_GETSETELEM, NLM_F_DUMP, ++nft->sequence);
        int r;

        mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_TABLE, PG_TABLE_NAME);
        mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_SET, set->name);
        reading->set = set;
        r = pg_nft_request(nft, request, take_elements, reading);
        return r < 0 ? r : pg_elements_finish(set);
}

static int read_table(struct pg_nft *nft, struct reading *reading)
{
        char buffer[512];
        struct nlmsghdr *request =
                pg_message_begin(buffer, NFT_MSG_GETTABLE, NLM_F_ACK, ++nft->sequence);

        mnl_attr_put_strz(request, NFTA_TABLE_NAME, PG_TABLE_NAME);
        return pg_nft_request(nft, request, take_table, reading);
}

bool pg_nft_table_is_owned(struct pg_nft *nft, uint32_t *ret_owner)
{
        struct reading reading = {0};

        if (read_table(nft, &reading) < 0)
                return false;
        *ret_owner = reading.owner;
        return reading.is_owned;
}

/* Of the sets whose elements expire, those of a trial decide which policy is in force. */
static bool is_read(const struct pg_set *set, const struct choice *choice)
{
        const struct pg_set *wanted;

        if (set->flags & PG_SET_DYNAMIC)
                return false;
        if (choice->what == PG_READ_SMALL)
                return !pg_name_is_shard(set->name);
        if (choice->what == PG_READ_ALL || (set->flags & PG_SET_TIMEOUT))
                return true;
        wanted = choice->wanted ? pg_ruleset_set(choice->wanted, set->name) : NULL;
        return wanted && (wanted->change != PG_SET_STAYS || strcmp(set->name, choice->also) == 0);
}

static int read_objects(struct pg_nft *nft, const struct choice *choice, struct reading *reading)
{
        struct pg_ruleset *ruleset = reading->ruleset;
        int r = dump(nft, NFT_MSG_GETCHAIN, 0, reading, pg_chain_decode);

        if (r >= 0)
                r = dump(nft, NFT_MSG_GETRULE, NFTA_RULE_TABLE, reading, pg_rule_decode);
        if (r >= 0)
                r = dump(nft, NFT_MSG_GETSET, NFTA_SET_TABLE, reading, pg_set_decode);
        for (size_t i = 0; r >= 0 && i < ruleset->n_sets; i++) {
                ruleset->sets[i].is_unread = !is_read(&ruleset->sets[i], choice);
                if (!ruleset->sets[i].is_unread)
                        r = dump_elements(nft, reading, &ruleset->sets[i]);
        }
        /* A table or a set that was there a moment ago is gone: the ruleset moved. */
        return r == -ENOENT ? -EINTR : r;
}

static int fill(struct pg_nft *nft, const struct choice *choice, struct pg_snapshot *snapshot,
                struct pg_error *error)
{
        struct reading reading = {.ruleset = snapshot->ruleset};
        uint32_t after = 0;
        int r;

        r = pg_nft_genid(nft, &snapshot->genid, error);
        if (r < 0)
                return r;
        r = read_table(nft, &reading);
        snapshot->exists = r >= 0;
        snapshot->dormant = reading.dormant;
        snapshot->is_owned = reading.is_owned;
        snapshot->owner = reading.owner;
        if (r == -ENOENT)
                r = 0;
        else if (r >= 0)
                r = read_objects(nft, choice, &reading);
        if (r >= 0) {
                r = pg_nft_genid(nft, &after, error);
                if (r < 0)
                        return r;
                r = after == snapshot->genid ? 0 : -EINTR;
        }
        return r < 0 ? pg_nft_error(error, -r, "reading the table inet portguard", (struct pg_place){0})
                     : 0;
}

static int read_once(struct pg_nft *nft, void *data, struct pg_error *error)
{
        const struct choice *choice = data;
        _cleanup_(pg_snapshot_done) struct pg_snapshot snapshot = {
                .ruleset = calloc(1, sizeof(struct pg_ruleset))};
        int r;

        if (!snapshot.ruleset)
                return pg_error_memory(error);
        r = fill(nft, choice, &snapshot, error);
        if (r < 0)
                return r;
        pg_ruleset_sort(snapshot.ruleset);
        *choice->ret = PG_TAKE(snapshot);
        return 0;
}

int pg_nft_read(struct pg_nft *nft, enum pg_read what, struct pg_snapshot *ret, struct pg_error *error)
{
        return pg_nft_retry(nft, read_once, &(struct choice){.what = what, .ret = ret}, error);
}

int pg_nft_read_changed(struct pg_nft *nft, const struct pg_ruleset *wanted, const char *also,
                        struct pg_snapshot *ret, struct pg_error *error)
{
        struct choice choice = {.what = PG_READ_CHANGED, .wanted = wanted, .also = also, .ret = ret};

        return pg_nft_retry(nft, read_once, &choice, error);
}
