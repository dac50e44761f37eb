/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a program and disturbs it at one system call.
 *
 *     tool_interrupt count FILTER COMMAND...            how many calls there are
 *     tool_interrupt kill N FILTER COMMAND...           SIGKILL when the Nth call has returned
 *     tool_interrupt fail N ERRNO FILTER COMMAND...     the Nth call fails with ERRNO, and is not made
 *
 * FILTER is "all", or "state=DIRECTORY": only calls on sockets and on files of that directory. The last
 * line on standard error is "interrupt: N NAME ARGUMENT" of the call that was disturbed, "interrupt:
 * none" when the program ended before, or "interrupt: N calls". The exit status is the program's, or 137
 * when it was killed. Unlike strace, which counts each call by its name, this counts all of them.
 */
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/ptrace.h>

#include "base/cleanup.h"

enum mode { MODE_COUNT, MODE_KILL, MODE_FAIL };

struct plan {
        enum mode mode;
        unsigned long at;
        int number;        /* of the failure */
        const char *state; /* NULL: every call */
        unsigned long seen;
        char what[512];
};

static const struct {
        const char *name;
        int number;
} failures[] = {{"ENOMEM", ENOMEM}, {"EINTR", EINTR}, {"ENOBUFS", ENOBUFS},
                {"ENOSPC", ENOSPC}, {"EIO", EIO},     {"EPERM", EPERM}};

/* Calls whose first argument is a descriptor, and those whose path is the argument of that index. */
static const struct {
        long number;
        const char *name;
        int path; /* -1: the descriptor decides */
} calls[] = {
        {SYS_read, "read", -1},
        {SYS_write, "write", -1},
        {SYS_pread64, "pread64", -1},
        {SYS_pwrite64, "pwrite64", -1},
        {SYS_fsync, "fsync", -1},
        {SYS_fdatasync, "fdatasync", -1},
        {SYS_ftruncate, "ftruncate", -1},
        {SYS_fallocate, "fallocate", -1},
        {SYS_fcntl, "fcntl", -1},
        {SYS_flock, "flock", -1},
        {SYS_fchmod, "fchmod", -1},
        {SYS_fstat, "fstat", -1},
        {SYS_lseek, "lseek", -1},
        {SYS_sendmsg, "sendmsg", -1},
        {SYS_sendto, "sendto", -1},
        {SYS_recvmsg, "recvmsg", -1},
        {SYS_recvfrom, "recvfrom", -1},
        {SYS_bind, "bind", -1},
        {SYS_getsockname, "getsockname", -1},
        {SYS_setsockopt, "setsockopt", -1},
        {SYS_getsockopt, "getsockopt", -1},
        {SYS_openat, "openat", 1},
        {SYS_newfstatat, "newfstatat", 1},
        {SYS_unlinkat, "unlinkat", 1},
        {SYS_mkdirat, "mkdirat", 1},
        {SYS_readlinkat, "readlinkat", 1},
#ifdef SYS_open
        {SYS_open, "open", 0},
        {SYS_stat, "stat", 0},
        {SYS_lstat, "lstat", 0},
        {SYS_access, "access", 0},
        {SYS_unlink, "unlink", 0},
        {SYS_mkdir, "mkdir", 0},
        {SYS_readlink, "readlink", 0},
#endif
};

static void die(const char *what)
{
        perror(what);
        exit(2);
}

static void read_text(pid_t pid, unsigned long address, char *text, size_t size)
{
        struct iovec to = {.iov_base = text, .iov_len = size - 1};
        struct iovec from = {.iov_base = (void *)address, .iov_len = size - 1};
        ssize_t n = process_vm_readv(pid, &to, 1, &from, 1, 0);

        /* The text may end right before a page that is not there. */
        for (size_t part = size / 2; n < 0 && part > 16; part /= 2) {
                to.iov_len = from.iov_len = part;
                n = process_vm_readv(pid, &to, 1, &from, 1, 0);
        }
        text[n > 0 ? n : 0] = '\0';
}

static void name_descriptor(pid_t pid, int fd, char *text, size_t size)
{
        char path[64];
        ssize_t n;

        snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
        n = readlink(path, text, size - 1);
        text[n > 0 ? n : 0] = '\0';
}

/* Describes the call, and says whether it counts. */
static bool counts(pid_t pid, struct plan *plan, const struct ptrace_syscall_info *info)
{
        char argument[256] = "";
        const char *name = NULL;
        bool is_path = false;

        for (size_t i = 0; i < PG_ELEMENTSOF(calls); i++) {
                if (calls[i].number != (long)info->entry.nr)
                        continue;
                name = calls[i].name;
                is_path = calls[i].path >= 0;
                if (is_path)
                        read_text(pid, info->entry.args[calls[i].path], argument, sizeof(argument));
                else
                        name_descriptor(pid, (int)info->entry.args[0], argument, sizeof(argument));
        }
        if (name)
                snprintf(plan->what, sizeof(plan->what), "%s %s", name, argument);
        else
                snprintf(plan->what, sizeof(plan->what), "syscall-%llu",
                         (unsigned long long)info->entry.nr);
        if (!plan->state || (long)info->entry.nr == SYS_socket)
                return true;
        if (!name)
                return false;
        return strncmp(argument, "socket:", 7) == 0 ||
               strncmp(argument, plan->state, strlen(plan->state)) == 0 ||
               (is_path && (strcmp(argument, "lock") == 0 || strncmp(argument, "state.db", 8) == 0));
}

/* The call becomes one that does not exist, and its result the failure. */
static void replace_call(pid_t pid)
{
#if defined(__x86_64__)
        struct user_regs_struct registers;

        if (ptrace(PTRACE_GETREGS, pid, NULL, &registers) < 0)
                die("PTRACE_GETREGS");
        registers.orig_rax = (unsigned long long)-1;
        if (ptrace(PTRACE_SETREGS, pid, NULL, &registers) < 0)
                die("PTRACE_SETREGS");
#elif defined(__aarch64__)
        int none = -1;
        struct iovec call = {.iov_base = &none, .iov_len = sizeof(none)};

        if (ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &call) < 0)
                die("PTRACE_SETREGSET");
#else
#error "say here how a system call is replaced on this architecture"
#endif
}

static void set_result(pid_t pid, int number)
{
#if defined(__x86_64__)
        struct user_regs_struct registers;

        if (ptrace(PTRACE_GETREGS, pid, NULL, &registers) < 0)
                die("PTRACE_GETREGS");
        registers.rax = (unsigned long long)-number;
        if (ptrace(PTRACE_SETREGS, pid, NULL, &registers) < 0)
                die("PTRACE_SETREGS");
#elif defined(__aarch64__)
        struct user_regs_struct registers;
        struct iovec all = {.iov_base = &registers, .iov_len = sizeof(registers)};

        if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &all) < 0)
                die("PTRACE_GETREGSET");
        registers.regs[0] = (unsigned long long)-number;
        if (ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &all) < 0)
                die("PTRACE_SETREGSET");
#endif
}

/* One stop at a system call. Returns whether the disturbance has happened. */
static bool handle_call(pid_t pid, struct plan *plan, bool *is_chosen)
{
        struct ptrace_syscall_info info;

        if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) < 0)
                die("PTRACE_GET_SYSCALL_INFO");
        if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
                if (!counts(pid, plan, &info) || ++plan->seen != plan->at)
                        return false;
                *is_chosen = true;
                if (plan->mode == MODE_FAIL)
                        replace_call(pid);
                return false;
        }
        if (!*is_chosen)
                return false;
        *is_chosen = false;
        fprintf(stderr, "interrupt: %lu %s\n", plan->at, plan->what);
        if (plan->mode == MODE_FAIL)
                set_result(pid, plan->number);
        else
                kill(pid, SIGKILL);
        return true;
}

/* Threads of the resolver are not followed: the program is tested with names that need none. */
static int trace(pid_t pid, struct plan *plan)
{
        bool is_chosen = false, done = plan->mode == MODE_COUNT;
        int status, signal = 0;

        if (waitpid(pid, &status, 0) < 0 || !WIFSTOPPED(status))
                die("waitpid");
        if (ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) < 0)
                die("PTRACE_SETOPTIONS");
        while (ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)signal) == 0 || errno == ESRCH) {
                if (waitpid(pid, &status, 0) < 0)
                        die("waitpid");
                if (WIFEXITED(status) || WIFSIGNALED(status))
                        break;
                signal = WSTOPSIG(status);
                if (signal == (SIGTRAP | 0x80)) {
                        signal = 0;
                        if (handle_call(pid, plan, &is_chosen))
                                done = true;
                } else if (signal == SIGTRAP || signal == SIGSTOP) {
                        signal = 0;
                }
        }
        /* An exit has no return to be killed at. */
        if (!done && is_chosen)
                fprintf(stderr, "interrupt: %lu %s\n", plan->at, plan->what);
        else if (!done)
                fputs("interrupt: none\n", stderr);
        if (plan->mode == MODE_COUNT)
                fprintf(stderr, "interrupt: %lu calls\n", plan->seen);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int find_failure(const char *name)
{
        for (size_t i = 0; i < PG_ELEMENTSOF(failures); i++)
                if (strcmp(failures[i].name, name) == 0)
                        return failures[i].number;
        fprintf(stderr, "tool_interrupt: unknown failure %s\n", name);
        exit(2);
}

static const char *find_state(const char *filter)
{
        if (strcmp(filter, "all") == 0)
                return NULL;
        if (strncmp(filter, "state=", 6) == 0)
                return filter + 6;
        fprintf(stderr, "tool_interrupt: unknown filter %s\n", filter);
        exit(2);
}

int main(int argc, char **argv)
{
        struct plan plan = {0};
        int at = 2;
        pid_t pid;

        if (argc < 4) {
                fputs("usage: tool_interrupt count|kill N|fail N ERRNO FILTER COMMAND...\n", stderr);
                return 2;
        }
        if (strcmp(argv[1], "count") != 0)
                plan.at = strtoul(argv[at++], NULL, 10);
        if (strcmp(argv[1], "kill") == 0)
                plan.mode = MODE_KILL;
        if (strcmp(argv[1], "fail") == 0) {
                plan.mode = MODE_FAIL;
                plan.number = find_failure(argv[at++]);
        }
        plan.state = find_state(argv[at++]);
        pid = fork();
        if (pid == 0) {
                ptrace(PTRACE_TRACEME, 0, NULL, NULL);
                execv(argv[at], argv + at);
                _exit(127);
        }
        return trace(pid, &plan);
}
