/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a program and disturbs it at one system call.
 *
 *     tool_interrupt count FILTER COMMAND...            how many calls there are
 *     tool_interrupt list FILTER COMMAND...             each of them: "interrupt: N NAME ARGUMENT"
 *     tool_interrupt kill N FILTER COMMAND...           SIGKILL when the Nth call has returned
 *     tool_interrupt fail N ERRNO FILTER COMMAND...     the Nth call fails with ERRNO, and is not made
 *     tool_interrupt run N SCRIPT FILTER COMMAND...     sh runs SCRIPT to its end before the Nth call
 *     tool_interrupt run N-M SCRIPT FILTER COMMAND...   before each call from the Nth to the Mth
 *
 * FILTER is "all"; or "state=DIRECTORY": only calls on sockets, on that directory and on files in it;
 * or "call=NAME": only calls of that name; or "effects": only calls that may change anything outside
 * of the process, so that whoever kills it after another one finds what was there before it. The last
 * line on standard error is "interrupt: N NAME ARGUMENT" of the call that was disturbed, "interrupt:
 * none" when the program ended before, or "interrupt: N calls". The exit status is the program's, or
 * 137 when it was killed. Unlike strace, which counts each call by its name, this counts all of them.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
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

enum mode { MODE_COUNT, MODE_LIST, MODE_KILL, MODE_FAIL, MODE_RUN };

struct plan {
        enum mode mode;
        unsigned long at, last;
        int number;               /* of the failure */
        const char *script;       /* to run */
        const char *state, *call; /* NULL: every call */
        bool effects;             /* only calls that may have some */
        unsigned long seen;
        char what[512];
};

static const struct {
        const char *name;
        int number;
} failures[] = {{"ENOMEM", ENOMEM}, {"EINTR", EINTR}, {"ENOBUFS", ENOBUFS},
                {"ENOSPC", ENOSPC}, {"EIO", EIO},     {"EPERM", EPERM}};

/* Where the call says what it is about. */
enum subject {
        NOTHING,
        DESCRIPTOR, /* the first argument */
        PATH,       /* the first argument */
        PATH_AT,    /* a directory, and a path in it */
};

#define CALL(name, subject)                \
        {                                  \
                SYS_##name, #name, subject \
        }

static const struct {
        long number;
        const char *name;
        enum subject subject;
} calls[] = {
        CALL(read, DESCRIPTOR),
        CALL(write, DESCRIPTOR),
        CALL(pread64, DESCRIPTOR),
        CALL(pwrite64, DESCRIPTOR),
        CALL(fsync, DESCRIPTOR),
        CALL(fdatasync, DESCRIPTOR),
        CALL(ftruncate, DESCRIPTOR),
        CALL(fallocate, DESCRIPTOR),
        CALL(fcntl, DESCRIPTOR),
        CALL(flock, DESCRIPTOR),
        CALL(ioctl, DESCRIPTOR),
        CALL(fchmod, DESCRIPTOR),
        CALL(fchown, DESCRIPTOR),
        CALL(fstat, DESCRIPTOR),
        CALL(lseek, DESCRIPTOR),
        CALL(close, DESCRIPTOR),
        CALL(getdents64, DESCRIPTOR),
        CALL(sendmsg, DESCRIPTOR),
        CALL(sendto, DESCRIPTOR),
        CALL(recvmsg, DESCRIPTOR),
        CALL(recvfrom, DESCRIPTOR),
        CALL(bind, DESCRIPTOR),
        CALL(connect, DESCRIPTOR),
        CALL(getsockname, DESCRIPTOR),
        CALL(setsockopt, DESCRIPTOR),
        CALL(getsockopt, DESCRIPTOR),
        CALL(openat, PATH_AT),
        CALL(newfstatat, PATH_AT),
        CALL(statx, PATH_AT),
        CALL(faccessat, PATH_AT),
        CALL(unlinkat, PATH_AT),
        CALL(mkdirat, PATH_AT),
        CALL(readlinkat, PATH_AT),
#ifdef SYS_open
        CALL(open, PATH),
        CALL(stat, PATH),
        CALL(lstat, PATH),
        CALL(access, PATH),
        CALL(unlink, PATH),
        CALL(mkdir, PATH),
        CALL(readlink, PATH),
#endif
        CALL(socket, NOTHING),
        CALL(execve, PATH),
        CALL(mmap, NOTHING),
        CALL(munmap, NOTHING),
        CALL(mprotect, NOTHING),
        CALL(brk, NOTHING),
        CALL(getpid, NOTHING),
        CALL(getppid, NOTHING),
        CALL(geteuid, NOTHING),
        CALL(getuid, NOTHING),
        CALL(getrandom, NOTHING),
        CALL(rt_sigaction, NOTHING),
        CALL(exit_group, NOTHING),
};

/*
 * Calls that only look, or change what ends with the process: its memory, its descriptors, its sockets
 * and its locks. What is not named here counts as an effect.
 */
static const long without_effect[] = {
        SYS_read,
        SYS_pread64,
        SYS_fstat,
        SYS_newfstatat,
        SYS_statx,
        SYS_lseek,
        SYS_fcntl,
        SYS_flock,
        SYS_close,
        SYS_recvmsg,
        SYS_recvfrom,
        SYS_socket,
        SYS_bind,
        SYS_getsockname,
        SYS_setsockopt,
        SYS_getsockopt,
        SYS_getdents64,
        SYS_readlinkat,
        SYS_faccessat,
        SYS_fstatfs,
        SYS_mmap,
        SYS_munmap,
        SYS_mprotect,
        SYS_madvise,
        SYS_brk,
        SYS_getpid,
        SYS_getppid,
        SYS_gettid,
        SYS_getuid,
        SYS_geteuid,
        SYS_getgid,
        SYS_getegid,
        SYS_getrandom,
        SYS_uname,
        SYS_prlimit64,
        SYS_rt_sigaction,
        SYS_rt_sigprocmask,
        SYS_clock_gettime,
        SYS_futex,
        SYS_set_tid_address,
        SYS_set_robust_list,
        SYS_rseq,
#ifdef SYS_open
        SYS_stat,
        SYS_lstat,
        SYS_access,
        SYS_readlink,
        SYS_arch_prctl,
        SYS_poll,
#endif
        SYS_ppoll,
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

static void name_path_at(pid_t pid, int directory, unsigned long address, char *text, size_t size)
{
        char path[192] = "";
        size_t length;

        read_text(pid, address, path, sizeof(path));
        if (path[0] == '/' || directory == AT_FDCWD) {
                snprintf(text, size, "%s", path);
                return;
        }
        name_descriptor(pid, directory, text, size);
        length = strlen(text);
        if (path[0] != '\0')
                snprintf(text + length, size - length, "/%s", path);
}

/* Describes the call; `argument` is the file or the socket that it is about, or "". */
static void describe(pid_t pid, struct plan *plan, const struct ptrace_syscall_info *info,
                     char *argument, size_t size)
{
        size_t i = 0;

        argument[0] = '\0';
        while (i < PG_ELEMENTSOF(calls) && calls[i].number != (long)info->entry.nr)
                i++;
        if (i == PG_ELEMENTSOF(calls)) {
                snprintf(plan->what, sizeof(plan->what), "syscall-%llu",
                         (unsigned long long)info->entry.nr);
                return;
        }
        if (calls[i].subject == DESCRIPTOR)
                name_descriptor(pid, (int)info->entry.args[0], argument, size);
        if (calls[i].subject == PATH)
                read_text(pid, info->entry.args[0], argument, size);
        if (calls[i].subject == PATH_AT)
                name_path_at(pid, (int)info->entry.args[0], info->entry.args[1], argument, size);
        snprintf(plan->what, sizeof(plan->what), "%s %s", calls[i].name, argument);
}

static bool is_in_state(const char *state, const char *path)
{
        size_t length = strlen(state);

        return strncmp(path, state, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

static bool is_called(const char *what, const char *name)
{
        size_t length = strlen(name);

        return strncmp(what, name, length) == 0 && what[length] == ' ';
}

/* A file that is opened to be read is not made, and not cut. */
static bool has_effects(const struct ptrace_syscall_info *info)
{
        long number = (long)info->entry.nr;

        for (size_t i = 0; i < PG_ELEMENTSOF(without_effect); i++)
                if (without_effect[i] == number)
                        return false;
        return number != SYS_openat || (info->entry.args[2] & (O_CREAT | O_TRUNC)) != 0;
}

/* Whether the call counts. Where it does not matter which it is, nothing is asked. */
static bool counts(pid_t pid, struct plan *plan, const struct ptrace_syscall_info *info)
{
        bool is_free = !plan->state && !plan->call;
        char argument[256];

        if (plan->effects && !has_effects(info))
                return false;
        if (is_free && plan->mode != MODE_LIST && plan->seen + 1 != plan->at)
                return true;
        describe(pid, plan, info, argument, sizeof(argument));
        if (plan->call)
                return is_called(plan->what, plan->call);
        return is_free || (long)info->entry.nr == SYS_socket || strncmp(argument, "socket:", 7) == 0 ||
               is_in_state(plan->state, argument);
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

static void run_script(const char *script)
{
        int status = system(script);

        if (status != 0)
                fprintf(stderr, "tool_interrupt: the script ended with wait status %d\n", status);
}

/* Returns whether the disturbance has happened. */
static bool handle_entry(pid_t pid, struct plan *plan, const struct ptrace_syscall_info *info,
                         bool *is_chosen)
{
        if (!counts(pid, plan, info))
                return false;
        plan->seen++;
        if (plan->mode == MODE_LIST)
                fprintf(stderr, "interrupt: %lu %s\n", plan->seen, plan->what);
        if (plan->seen < plan->at || plan->seen > plan->last)
                return false;
        *is_chosen = plan->mode != MODE_RUN;
        if (plan->mode == MODE_FAIL)
                replace_call(pid);
        if (plan->mode != MODE_RUN)
                return false;
        run_script(plan->script);
        if (plan->seen == plan->at || plan->seen == plan->last)
                fprintf(stderr, "interrupt: %lu %s\n", plan->seen, plan->what);
        return true;
}

/* One stop at a system call. Returns whether the disturbance has happened. */
static bool handle_call(pid_t pid, struct plan *plan, bool *is_chosen)
{
        struct ptrace_syscall_info info;

        if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) < 0)
                die("PTRACE_GET_SYSCALL_INFO");
        if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
                return handle_entry(pid, plan, &info, is_chosen);
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
        bool is_chosen = false, done = plan->at == 0;
        enum __ptrace_request how = PTRACE_SYSCALL;
        int status, signal = 0;

        if (waitpid(pid, &status, 0) < 0 || !WIFSTOPPED(status))
                die("waitpid");
        if (ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) < 0)
                die("PTRACE_SETOPTIONS");
        while (ptrace(how, pid, NULL, (void *)(long)signal) == 0 || errno == ESRCH) {
                if (waitpid(pid, &status, 0) < 0)
                        die("waitpid");
                if (WIFEXITED(status) || WIFSIGNALED(status))
                        break;
                signal = WSTOPSIG(status);
                if (signal == (SIGTRAP | 0x80)) {
                        signal = 0;
                        if (handle_call(pid, plan, &is_chosen)) {
                                done = true;
                                /* The rest is not looked at. */
                                if (plan->seen >= plan->last)
                                        how = PTRACE_CONT;
                        }
                } else if (signal == SIGTRAP || signal == SIGSTOP) {
                        signal = 0;
                }
        }
        /* An exit has no return to be killed at. */
        if (!done && is_chosen)
                fprintf(stderr, "interrupt: %lu %s\n", plan->at, plan->what);
        else if (!done)
                fputs("interrupt: none\n", stderr);
        if (plan->at == 0)
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

static void find_filter(const char *filter, struct plan *plan)
{
        if (strncmp(filter, "state=", 6) == 0) {
                plan->state = filter + 6;
        } else if (strncmp(filter, "call=", 5) == 0) {
                plan->call = filter + 5;
        } else if (strcmp(filter, "effects") == 0) {
                plan->effects = true;
        } else if (strcmp(filter, "all") != 0) {
                fprintf(stderr, "tool_interrupt: unknown filter %s\n", filter);
                exit(2);
        }
}

static enum mode find_mode(const char *name)
{
        static const char *const names[] = {
                [MODE_COUNT] = "count", [MODE_LIST] = "list", [MODE_KILL] = "kill",
                [MODE_FAIL] = "fail",   [MODE_RUN] = "run",
        };

        for (size_t i = 0; i < PG_ELEMENTSOF(names); i++)
                if (strcmp(names[i], name) == 0)
                        return (enum mode)i;
        fprintf(stderr, "tool_interrupt: unknown mode %s\n", name);
        exit(2);
}

int main(int argc, char **argv)
{
        struct plan plan = {0};
        int at = 2;
        pid_t pid;

        if (argc >= 2)
                plan.mode = find_mode(argv[1]);
        if (argc < (plan.mode >= MODE_FAIL ? 6 : plan.mode == MODE_KILL ? 5 : 4)) {
                fputs("usage: tool_interrupt count|list|kill N|fail N ERRNO|run N[-M] SCRIPT FILTER "
                      "COMMAND...\n",
                      stderr);
                return 2;
        }
        if (plan.mode >= MODE_KILL) {
                char *rest;

                plan.at = plan.last = strtoul(argv[at++], &rest, 10);
                if (plan.mode == MODE_RUN && *rest == '-')
                        plan.last = strtoul(rest + 1, NULL, 10);
        }
        if (plan.mode == MODE_FAIL)
                plan.number = find_failure(argv[at++]);
        if (plan.mode == MODE_RUN)
                plan.script = argv[at++];
        find_filter(argv[at++], &plan);
        pid = fork();
        if (pid == 0) {
                ptrace(PTRACE_TRACEME, 0, NULL, NULL);
                execv(argv[at], argv + at);
                _exit(127);
        }
        return trace(pid, &plan);
}
