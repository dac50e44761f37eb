/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nf_tables of this network namespace, over netlink: reading the table, and changing it in batches.
 */
#ifndef PG_KERNEL_NFT_NFT_H
#define PG_KERNEL_NFT_NFT_H

#include <libmnl/libmnl.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ruleset/delta/delta.h"

struct pg_nft;

/* Opens a netlink socket to nf_tables. The caller closes it; after a commit that deleted something the
 * closing waits for an RCU grace period of 10-20 ms, so tell the user first. */
int pg_nft_open(struct pg_nft **ret, struct pg_error *error);
struct pg_nft *pg_nft_close(struct pg_nft *nft);
PG_DEFINE_CLEANUP(struct pg_nft, pg_nft_close)

/* The id of the ruleset's generation, which moves with every commit by anyone in the namespace. */
int pg_nft_genid(struct pg_nft *nft, uint32_t *ret, struct pg_error *error);

/* How many batches this one has committed: each of them moved the id by one. */
uint32_t pg_nft_commits(const struct pg_nft *nft);

/* Which boot of which kernel, and which network namespace, as one word that no other ever has: with a
 * generation's id it says which ruleset is meant. 0, or a negative errno value where the kernel does
 * not tell (SO_NETNS_COOKIE: Linux 5.14). */
#define PG_NETNS_ID_MAX 64
int pg_nft_netns_id(const struct pg_nft *nft, char place[static PG_NETNS_ID_MAX]);

/* The table as it stood at one generation id. */
struct pg_snapshot {
        bool exists;
        bool dormant;   /* NFT_TABLE_F_DORMANT: its hooks are unregistered */
        bool is_owned;  /* NFT_TABLE_F_OWNER: it is one process's, which alone may change it */
        uint32_t owner; /* the netlink port of that process */
        uint32_t genid;
        struct pg_ruleset *ruleset; /* empty when the table does not exist */
};

enum pg_read {
        PG_READ_ALL,       /* elements of dynamic sets are left out */
        PG_READ_SMALL,     /* the same without the ranges of large groups, see pg_name_is_shard() */
        PG_READ_STRUCTURE, /* chains, rules, definitions of sets; of elements, only those of a trial */
        PG_READ_CHANGED,   /* with the elements that pg_nft_read_changed() is given */
};

/* Reads the table, again when somebody commits meanwhile (bounded). The caller ends the snapshot with
 * pg_snapshot_done(). */
int pg_nft_read(struct pg_nft *nft, enum pg_read what, struct pg_snapshot *ret, struct pg_error *error);
/* The structure, with the elements of the sets that `wanted` says change or are replaced, and of those
 * named `also`. */
int pg_nft_read_changed(struct pg_nft *nft, const struct pg_ruleset *wanted, const char *also,
                        struct pg_snapshot *ret, struct pg_error *error);
void pg_snapshot_done(struct pg_snapshot *snapshot);

#define PG_TABLE_OWNER_MAX 96
/* Whose a table is that has an owner: "process 4711 (nft)", or "another process" where none is seen. */
const char *pg_nft_owner_text(uint32_t owner, char text[static PG_TABLE_OWNER_MAX]);

/* Changes that the kernel makes together. Each function appends one change; a lack of memory is
 * remembered and reported by the commit. Names and places must live until then. */
struct pg_batch;

int pg_batch_new(struct pg_nft *nft, struct pg_batch **ret, struct pg_error *error);
struct pg_batch *pg_batch_free(struct pg_batch *batch);
PG_DEFINE_CLEANUP(struct pg_batch, pg_batch_free)

void pg_batch_add_table(struct pg_batch *batch);
void pg_batch_delete_table(struct pg_batch *batch);
void pg_batch_add_chain(struct pg_batch *batch, const struct pg_chain *chain);
void pg_batch_set_policy(struct pg_batch *batch, const char *chain, uint32_t policy);
/* By its handle: references to it, and its rules, stay. The kernel lets no other chain have the old
 * name in the same batch. */
void pg_batch_rename_chain(struct pg_batch *batch, uint64_t handle, const char *name);
void pg_batch_delete_chain(struct pg_batch *batch, const char *chain);
/* Behind the chain's rules, or with `at_head` before them. */
void pg_batch_add_rule(struct pg_batch *batch, const struct pg_chain *chain, const struct pg_rule *rule,
                       bool at_head);
/* In place of the rule with that handle. */
void pg_batch_replace_rule(struct pg_batch *batch, const struct pg_chain *chain,
                           const struct pg_rule *rule, uint64_t handle);
/* With handle 0, all rules of the chain. */
void pg_batch_delete_rule(struct pg_batch *batch, const char *chain, uint64_t handle);
void pg_batch_add_set(struct pg_batch *batch, const struct pg_set *set);
void pg_batch_delete_set(struct pg_batch *batch, const char *set);
/* All elements of a set that is no address set. */
void pg_batch_add_elements(struct pg_batch *batch, const struct pg_set *set);
/* Ranges [from, to) of an address set, by their index. */
void pg_batch_add_ranges(struct pg_batch *batch, const struct pg_set *set, size_t from, size_t to);
/* Adds, or deletes, what a comparison found. */
void pg_batch_change_elements(struct pg_batch *batch, const struct pg_element_change *changes, size_t n,
                              bool is_addition);

/* How many bytes the batch has, and how many the kernel takes at once from this process. */
size_t pg_batch_size(const struct pg_batch *batch);
size_t pg_nft_batch_max(struct pg_nft *nft);
bool pg_batch_is_empty(const struct pg_batch *batch);

enum pg_commit {
        PG_COMMIT,       /* whole or not at all */
        PG_COMMIT_CHECK, /* leave the end message out: the kernel checks and forgets */
};

/* Sends the batch. With a `genid` other than 0 it is carried out only if the ruleset is still
 * that one, or one that others made since without touching our table, as far as a pg_watch of this
 * socket knows: -ERESTART says that somebody committed. A refused change is reported with what it was,
 * the profile's place, and the advice. The batch is empty after it, whatever came of it.
 * -ENOMSG: the kernel's answer was lost (ENOBUFS and the like); only reading back tells whether the
 * commit happened. */
int pg_batch_commit(struct pg_batch *batch, enum pg_commit how, uint32_t genid, struct pg_error *error);

struct pg_nft {
        struct mnl_socket *socket;
        uint32_t port;
        uint32_t sequence;
        size_t send_max;      /* bytes in one send */
        char *receive;        /* PG_RECEIVE_SIZE bytes */
        uint32_t *past_ports; /* of sockets that were given up */
        size_t n_past_ports;
        uint32_t n_commits;
        struct pg_watch *watch;     /* that listens for it, or NULL; not owned */
        struct mnl_socket *closing; /* that is closed with its own, or NULL */
};

/* Goes on with a new socket, which has a port of its own. On failure the old one stays. */
int pg_nft_reopen(struct pg_nft *nft, struct pg_error *error);

/* Reads by `read`, again while it returns -EINTR (somebody committed meanwhile) or -ENOBUFS (a part of
 * the answer was lost), at most 32 times. `read` fills `error` whenever it fails. What the
 * last one returned, or why there is no new socket for another. */
int pg_nft_retry(struct pg_nft *nft,
                 int (*read)(struct pg_nft *nft, void *data, struct pg_error *error), void *data,
                 struct pg_error *error);

/* Sends one request and gives every answer to `callback` until the end of the answer.
 * -EINTR: the dump was interrupted by a commit. */
int pg_nft_request(struct pg_nft *nft, const struct nlmsghdr *request, mnl_cb_t callback, void *data);

/* Begins a message of nf_tables at `buffer`: header and nfgenmsg for the inet family. */
struct nlmsghdr *pg_message_begin(void *buffer, uint16_t type, uint16_t flags, uint32_t sequence);

/* What one message was for, to name it when the kernel refuses it. */
struct pg_cause {
        uint32_t sequence;
        const char *what; /* "adding the chain" */
        char name[PG_NAME_MAX];
        struct pg_place place;
        /* For a message of elements: which, so that the kernel's offset finds the culprit. */
        const struct pg_element *elements;
        size_t n_elements;
};

struct pg_batch {
        struct pg_nft *nft;
        char *data;
        size_t length;
        size_t capacity;
        struct pg_cause *causes;
        size_t n_causes;
        uint32_t sequence;
        uint32_t set_id;
        bool failed; /* memory was short */
};

/* Opens a message of the batch; NULL when memory is short. It is closed by pg_batch_close(). */
struct nlmsghdr *pg_batch_open(struct pg_batch *batch, uint16_t type, uint16_t flags, const char *what,
                               const char *name, struct pg_place place);

void pg_batch_close(struct pg_batch *batch, const struct nlmsghdr *message);

struct nftnl_rule *pg_rule_encode(const char *chain, const struct pg_rule *rule);

/* Whether it turns no byte round: nft 1.0.6 writes such a byteorder before `meta l4proto . th dport`.
 */
bool pg_expr_is_idle(const struct nftnl_expr *e);

/* A rule of any program, from a dump's message; an expression that libnftnl does not know is one of
 * which pg_expr_is_unknown() is true. The caller frees it with nftnl_rule_free(). NULL, and errno:
 * ENOMEM; EPROTO: it is no rule. */
struct nftnl_rule *pg_rule_parse(const struct nlmsghdr *message);
bool pg_expr_is_unknown(const struct nftnl_expr *e);
/* A set of any program, from a dump's message, into one that was just allocated. 0; 1: an expression
 * that libnftnl does not know is left out; -EPROTO: it is no set; or -ENOMEM. */
int pg_set_parse(const struct nlmsghdr *message, struct nftnl_set *set);
/* The kernel's name of an expression, known or not: "payload", "inner". */
const char *pg_expr_name(const struct nftnl_expr *e);

int pg_set_decode(const struct nlmsghdr *message, struct pg_ruleset *ruleset);

/* The elements in a dump's message into the set. */
int pg_elements_decode(const struct nlmsghdr *message, struct pg_set *set);

/* Fills `error` for an errno that a netlink call returned, naming what was tried. Returns -number. */
int pg_nft_error(struct pg_error *error, int number, const char *what, struct pg_place place);

struct pg_watch;

/* Listens from now on to what others than `nft` commit in this network namespace, and lets the batches
 * of `nft` follow commits that leave our table alone. While it does, the kernel writes a message for
 * each object and element of every commit: leave it out for large groups. The caller closes it, before
 * `nft`, with which its socket goes: closing waits until the kernel has freed what was deleted
 * (nft_rcv_nl_event()), and what was done is to be said before that. */
int pg_watch_open(struct pg_nft *nft, struct pg_watch **ret, struct pg_error *error);
struct pg_watch *pg_watch_close(struct pg_watch *watch);
PG_DEFINE_CLEANUP(struct pg_watch, pg_watch_close)

enum pg_foreign {
        PG_FOREIGN_NONE,    /* nobody else touched our table */
        PG_FOREIGN_TOUCHED, /* somebody did */
        PG_FOREIGN_UNKNOWN, /* more was reported than could be kept */
};

#define PG_CULPRIT_MAX 64

/* What was reported since the watch was opened or last asked. `culprit` is "process 123 (nft)" of the
 * last one who touched our table (NFTA_GEN_PROC_PID, NFTA_GEN_PROC_NAME; the pid is that of the first
 * pid namespace), or "somebody". Waits for no more than a commit that is under way. */
enum pg_foreign pg_watch_ask(struct pg_watch *watch, char culprit[static PG_CULPRIT_MAX]);

/* Moves *genid on to that of the last commit that was reported. Returns false, and leaves it, when
 * there is none behind it, or when not all of them are known to have left our table alone. A commit
 * tells before it lets the next one begin (nf_tables_commit()): whoever was refused with ERESTART finds
 * here what refused it. Never waits. */
bool pg_watch_follow(struct pg_watch *watch, uint32_t *genid);

#endif
