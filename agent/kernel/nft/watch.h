/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who else changes our table meanwhile: the kernel tells every commit, and the process that made it. */
#ifndef PG_KERNEL_WATCH_H
#define PG_KERNEL_WATCH_H

#include "kernel/nft/nft.h"

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
        PG_FOREIGN_UNKNOWN, /* more was told than could be kept */
};

#define PG_CULPRIT_MAX 64

/* What was told since the watch was opened or last asked. `culprit` is "process 123 (nft)" of the last
 * one who touched our table (NFTA_GEN_PROC_PID, NFTA_GEN_PROC_NAME; the pid is that of the first pid
 * namespace), or "somebody". Waits for no more than a commit that is under way. */
enum pg_foreign pg_watch_ask(struct pg_watch *watch, char culprit[static PG_CULPRIT_MAX]);

/* Moves *generation_id on to that of the last commit that was told. Returns false, and leaves it, when
 * there is none behind it, or when not all of them are known to have left our table alone. A commit
 * tells before it lets the next one begin (nf_tables_commit()): whoever was refused with ERESTART finds
 * here what refused it. Never waits. */
bool pg_watch_follow(struct pg_watch *watch, uint32_t *generation_id);

#endif
