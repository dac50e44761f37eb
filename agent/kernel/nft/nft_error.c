/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel's errors mean for an operator. */
#include <errno.h>
#include <string.h>

#include "kernel/nft/internal.h"

/* Meanings in nf_tables_api.c of Linux 6.1 to 6.18. */
const char *pg_nft_error_explain(int number)
{
        switch (number) {
        case EPERM:
        case EACCES:
                return "it needs CAP_NET_ADMIN in this network namespace: run it as root";
        case ENOENT:
                return "this kernel lacks an expression or a set type that portguard needs (or somebody "
                       "deleted an object meanwhile): check CONFIG_NF_TABLES_INET, NFT_CT, NFT_LIMIT and "
                       "NFT_LOG, or: modprobe nf_tables_inet nft_ct nft_limit nft_log";
        case EOPNOTSUPP:
        case EAFNOSUPPORT:
        case EPROTONOSUPPORT:
                return "this kernel does not support it: nf_tables with the inet family and concatenated "
                       "intervals is needed (Linux 5.10 or newer)";
        case EEXIST:
                return "an object of that name is there already, or a range overlaps another: somebody else "
                       "changed the table inet portguard (see: nft list table inet portguard)";
        case EBUSY:
                return "somebody else's rule refers to it: remove that rule from the table inet portguard "
                       "(see: nft list table inet portguard)";
        case ENOBUFS:
                return "the netlink buffer overflowed: raise net.core.rmem_max and wmem_max, and try again";
        case ENOMEM:
                return "the kernel has not enough memory for it";
        case EMSGSIZE:
                return "the change is larger than the kernel takes at once: raise net.core.wmem_max";
        case ENOSPC:
        case ENFILE:
                return "a set is full, or the kernel's limit on objects is reached";
        case ERESTART:
                return "somebody else changed the ruleset meanwhile: try again";
        case EINTR:
                return "somebody else keeps changing the ruleset: try again";
        case EMLINK:
                return "chains would jump too deep: remove foreign jumps from the table inet portguard";
        default:
                return strerror(number);
        }
}

int pg_nft_error(struct pg_error *error, int number, const char *what, struct pg_place place)
{
        enum pg_status status =
                number == EPERM || number == EACCES ? PG_STATUS_NO_PERMISSION : PG_STATUS_FAILED;
        const char *known = strerrorname_np(number), *name = known ? known : "unknown error";

        if (place.file)
                return pg_error_set(error, status, -number, "%s:%u:%u: %s: %s (%s)", place.file,
                                    place.line, place.column, what, pg_nft_error_explain(number), name);
        return pg_error_set(error, status, -number, "%s: %s (%s)", what, pg_nft_error_explain(number),
                            name);
}
