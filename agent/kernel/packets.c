/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packets that are under way: each is worked on within an RCU read section. */
#include "kernel/packets.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

void pg_packets_wait(void)
{
        /* synchronize_rcu() by another name. */
        syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}
