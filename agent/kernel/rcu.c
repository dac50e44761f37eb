/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packets that are under way: each is worked on within an RCU read section, and those that come in
 * with softirqs disabled, too.
 *
 * For them a grace period is more than is needed. Whatever receives a packet calls netif_receive_skb()
 * with bottom halves disabled: the softirq of NAPI and of the backlog (lo and veth), ksoftirqd,
 * threaded NAPI (napi_threaded_poll_loop) and busy polling in net/core/dev.c, tun_rx_batched() in
 * drivers/net/tun.c, and nf_reinject() for what a queue of nfnetlink gives back. Until it has gone
 * through the input hook it stays on its processor, where no task can run meanwhile: unless the kernel
 * is PREEMPT_RT, disabled bottom halves count as disabled preemption (SOFTIRQ_DISABLE_OFFSET in
 * include/linux/preempt.h). So a processor that has run a thread of ours is done with all that it was
 * at when the thread was made. What this host sends is worked on in the sender's context, which may be
 * preempted. */
#include "kernel/rcu.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"

#define ONLINE "/sys/devices/system/cpu/online"
/* With more of them, making the threads would take as long as the grace period. */
#define PROCESSORS_MAX 64
#define STACK_SIZE (256 * 1024)
/* A real-time program may keep its processor for ever; a grace period takes as long. */
#define TIMEOUT_MS 15

struct visit {
        pthread_t thread;
        int processor;
        bool arrived;
};

static bool is_preempt_rt(void)
{
        struct utsname names;

        return uname(&names) < 0 || strstr(names.version, "PREEMPT_RT") ||
               access("/sys/kernel/realtime", F_OK) == 0;
}

/* "0-3,8-11" */
static bool parse_processors(const char *text, cpu_set_t *ret)
{
        CPU_ZERO(ret);
        do {
                char *end;
                unsigned long first, last;

                first = last = strtoul(text, &end, 10);
                if (end != text && *end == '-') {
                        text = end + 1;
                        last = strtoul(text, &end, 10);
                }
                if (end == text || last >= CPU_SETSIZE)
                        return false;
                for (unsigned long i = first; i <= last; i++)
                        CPU_SET(i, ret);
                text = end + 1;
        } while (text[-1] == ',');
        return text[-1] == '\n' && CPU_COUNT(ret) > 0;
}

/* A container may have a file of another kind in the place of the kernel's, with its own share only. */
bool pg_rcu_processors(cpu_set_t *ret)
{
        _cleanup_(pg_closep) int fd = open(ONLINE, O_RDONLY | O_CLOEXEC);
        struct statfs about;
        char text[1024];
        ssize_t n;

        if (fd < 0 || fstatfs(fd, &about) < 0 || about.f_type != SYSFS_MAGIC)
                return false;
        n = read(fd, text, sizeof(text) - 1);
        if (n <= 0)
                return false;
        text[n] = '\0';
        return parse_processors(text, ret);
}

static void *arrive(void *argument)
{
        struct visit *visit = argument;

        visit->arrived = sched_getcpu() == visit->processor;
        return NULL;
}

static bool send_off(struct visit *visit, int processor)
{
        cpu_set_t only;
        pthread_attr_t attributes;
        bool is_sent = false;

        *visit = (struct visit){.processor = processor};
        CPU_ZERO(&only);
        CPU_SET(processor, &only);
        if (pthread_attr_init(&attributes) != 0)
                return false;
        if (pthread_attr_setstacksize(&attributes, STACK_SIZE) == 0 &&
            pthread_attr_setaffinity_np(&attributes, sizeof(only), &only) == 0)
                is_sent = pthread_create(&visit->thread, &attributes, arrive, visit) == 0;
        pthread_attr_destroy(&attributes);
        return is_sent;
}

/* Who waits for its processor in vain is let run on any that this process may use. */
static bool await(struct visit *visit, const cpu_set_t *own, const struct timespec *deadline)
{
        if (pthread_clockjoin_np(visit->thread, NULL, CLOCK_MONOTONIC, deadline) == 0)
                return visit->arrived;
        pthread_setaffinity_np(visit->thread, sizeof(*own), own);
        pthread_join(visit->thread, NULL);
        return false;
}

static struct timespec after_ms(unsigned ms)
{
        struct timespec time;

        clock_gettime(CLOCK_MONOTONIC, &time);
        time.tv_nsec += (long)ms * 1000 * 1000;
        time.tv_sec += time.tv_nsec / (1000 * 1000 * 1000);
        time.tv_nsec %= 1000 * 1000 * 1000;
        return time;
}

bool pg_rcu_visit(const cpu_set_t *processors, unsigned timeout_ms)
{
        struct visit visits[PROCESSORS_MAX];
        struct timespec deadline;
        cpu_set_t own;
        size_t n = 0;
        bool all = true;

        if (CPU_COUNT(processors) > PROCESSORS_MAX || sched_getaffinity(0, sizeof(own), &own) < 0)
                return false;
        deadline = after_ms(timeout_ms);
        for (int i = 0; all && i < CPU_SETSIZE; i++)
                if (CPU_ISSET(i, processors)) {
                        all = send_off(&visits[n], i);
                        n += all;
                }
        for (size_t i = 0; i < n; i++)
                if (!await(&visits[i], &own, &deadline))
                        all = false;
        return all;
}

void pg_rcu_synchronize(bool only_incoming)
{
        cpu_set_t processors;

        if (only_incoming && !is_preempt_rt() && pg_rcu_processors(&processors) &&
            pg_rcu_visit(&processors, TIMEOUT_MS))
                return;
        /* synchronize_rcu() by another name. */
        syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}
