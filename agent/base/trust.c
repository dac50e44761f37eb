/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/private.h"
#include "base/procfs.h"
#include "base/strings.h"

/* As many as the kernel follows (path_resolution(7)). */
#define LINKS_MAX 40

/* What stat(2) says of an owner whom the user namespace has no number for, unless somebody changed
 * /proc/sys/kernel/overflowuid. */
#define NAMELESS_UID 65534

/* Under which number an id of this user namespace is known outside of it, by a map of /proc/self
 * (user_namespaces(7)). False where it has none, or /proc does not tell. */
static bool find_outside(const char *map, uint32_t id, uint32_t *ret)
{
        char text[12288]; /* the most that the kernel takes: 340 lines of 33 bytes */
        const char *line = text;

        if (pg_procfs_read(text, sizeof(text), "/proc/self/%s", map) < 0)
                return false;
        for (; line && *line; line = strchr(line, '\n'), line += line != NULL) {
                unsigned long inside, outside, count;

                if (sscanf(line, "%lu %lu %lu", &inside, &outside, &count) != 3)
                        return false;
                if (id >= inside && id - inside < count) {
                        *ret = (uint32_t)(outside + (id - inside));
                        return true;
                }
        }
        return false;
}

/* Where /proc cannot be read, nobody has a number, and the stricter answer is taken. */
static bool is_outside_namespace(uid_t owner)
{
        uint32_t ignored;

        return owner == NAMELESS_UID && find_outside("uid_map", 0, &ignored) &&
               !find_outside("uid_map", owner, &ignored);
}

/* A user's own group has the user's number, by custom, and nobody else in it: with a umask of 002 it
 * may write to all that the user makes. Root's is no such group: who manages a host may be put into it.
 * Root of a namespace that has no other user is one of those users. */
static bool is_private_group(const struct stat *status)
{
        uint32_t user, group, ignored;

        if (status->st_uid != status->st_gid || status->st_uid == NAMELESS_UID)
                return false;
        if (status->st_uid != 0)
                return true;
        return find_outside("uid_map", 0, &user) && find_outside("gid_map", 0, &group) &&
               user == group && user != 0 && !find_outside("uid_map", 1, &ignored);
}

bool pg_trust_owner(uid_t owner, enum pg_trust whom)
{
        uid_t caller;

        return whom == PG_TRUST_ANYBODY || owner == 0 || owner == geteuid() ||
               (whom == PG_TRUST_CALLER && pg_sudo_user(&caller) && owner == caller) ||
               is_outside_namespace(owner);
}

static int refuse(const char *path, const char *reason, const char *command, enum pg_trust whom,
                  struct pg_error *error)
{
        _cleanup_(pg_freep) char *word = NULL;
        char shown[512];

        pg_printable(path, strlen(path), shown, sizeof(shown));
        word = pg_shell_word(shown);
        return pg_error_set(error, whom == PG_TRUST_ROOT ? PG_STATUS_FAILED : PG_STATUS_INVALID, -EPERM,
                            "%s %s, and %s would act on it: %s %s", shown, reason,
                            geteuid() == 0 ? "root" : "portguard", command, word ? word : shown);
}

static int refuse_owner(const char *path, uid_t owner, const char *command, enum pg_trust whom,
                        struct pg_error *error)
{
        char reason[64];

        snprintf(reason, sizeof(reason), "belongs to user %u", (unsigned)owner);
        return refuse(path, reason, command, whom, error);
}

int pg_trust_check(const struct stat *status, enum pg_trust whom, const char *path,
                   struct pg_error *error)
{
        if (whom == PG_TRUST_ANYBODY)
                return 0;
        if (status->st_mode & S_IWOTH)
                return refuse(path, "can be changed by everybody",
                              status->st_mode & S_IWGRP ? "chmod go-w" : "chmod o-w", whom, error);
        if (status->st_mode & S_IWGRP && !is_private_group(status))
                return refuse(path, "can be changed by a group", "chmod g-w", whom, error);
        if (!pg_trust_owner(status->st_uid, whom))
                return refuse_owner(path, status->st_uid, "chown root", whom, error);
        return 0;
}

/* Where a walk is, and what is left of its path. */
struct walk {
        enum pg_trust whom;
        int fd;
        unsigned n_links;
        char done[PATH_MAX]; /* the way to `fd`, without links, as messages name it */
        char rest[PATH_MAX];
};

/* Puts `path` before what is left. */
static int go_by(struct walk *walk, const char *path)
{
        char rest[PATH_MAX];

        if ((size_t)snprintf(rest, sizeof(rest), "%s/%s", path, walk->rest) >= sizeof(rest))
                return -ENAMETOOLONG;
        memcpy(walk->rest, rest, sizeof(rest));
        return 0;
}

/* Takes the next component off what is left: "" at its end. */
static int next_component(struct walk *walk, char ret_name[static NAME_MAX + 1])
{
        char *begin = walk->rest + strspn(walk->rest, "/");
        size_t length = strcspn(begin, "/");
        char *end = begin + length;

        if (length > NAME_MAX)
                return -ENAMETOOLONG;
        memcpy(ret_name, begin, length);
        ret_name[length] = '\0';
        end += strspn(end, "/");
        memmove(walk->rest, end, strlen(end) + 1);
        return 0;
}

/* The name, in messages, of what stands in the directory where the walk is. */
static int name_below(const struct walk *walk, const char *name, char ret[static PATH_MAX])
{
        size_t length = strlen(walk->done);
        const char *between = length == 0 || walk->done[length - 1] == '/' ? "" : "/";

        if ((size_t)snprintf(ret, PATH_MAX, "%s%s%s", walk->done, between, name) >= PATH_MAX)
                return -ENAMETOOLONG;
        return 0;
}

static int check_passed(const struct walk *walk, const char *path, struct pg_error *error)
{
        struct stat status;

        if (fstat(walk->fd, &status) < 0)
                return -errno;
        if (status.st_mode & S_ISVTX)
                status.st_mode &= ~(mode_t)(S_IWGRP | S_IWOTH);
        return pg_trust_check(&status, walk->whom, path, error);
}

/* Goes from where the walk is to the directory `name`, which `path` is for messages. */
static int enter(struct walk *walk, const char *name, const char *path, struct pg_error *error)
{
        int fd = openat(walk->fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        if (fd < 0)
                return -errno;
        if (walk->fd >= 0)
                close(walk->fd);
        walk->fd = fd;
        snprintf(walk->done, sizeof(walk->done), "%s", path);
        return check_passed(walk, path, error);
}

static int leave(struct walk *walk, struct pg_error *error)
{
        char path[PATH_MAX], *slash = strrchr(walk->done, '/');
        int r;

        /* What is above an open directory has no name here. */
        if (!slash)
                r = name_below(walk, "..", path);
        else
                r = snprintf(path, sizeof(path), "%.*s",
                             slash == walk->done ? 1 : (int)(slash - walk->done), walk->done);
        return r < 0 ? r : enter(walk, "..", path, error);
}

static int follow(struct walk *walk, const char *name, const char *path, const struct stat *status,
                  struct pg_error *error)
{
        char target[PATH_MAX];
        ssize_t length;
        int r = 0;

        if (++walk->n_links > LINKS_MAX)
                return -ELOOP;
        if (!pg_trust_owner(status->st_uid, walk->whom))
                return refuse_owner(path, status->st_uid, "chown -h root", walk->whom, error);
        length = readlinkat(walk->fd, name, target, sizeof(target) - 1);
        if (length < 0)
                return -errno;
        target[length] = '\0';
        if (target[0] == '/')
                r = enter(walk, "/", "/", error);
        return r < 0 ? r : go_by(walk, target);
}

/* Goes on by one component. Returns whether the walk is at its end, or a negative errno value. */
static int step(struct walk *walk, bool follows_last, char name[static NAME_MAX + 1],
                struct pg_error *error)
{
        bool is_last;
        char path[PATH_MAX];
        struct stat status;
        int r = next_component(walk, name);

        if (r < 0)
                return r;
        is_last = walk->rest[0] == '\0';
        if (strcmp(name, "..") == 0) {
                r = leave(walk, error);
                if (r < 0)
                        return r;
                memcpy(name, ".", sizeof("."));
        }
        if (name[0] == '\0' || strcmp(name, ".") == 0) {
                memcpy(name, ".", sizeof("."));
                return is_last;
        }
        r = name_below(walk, name, path);
        if (r < 0)
                return r;
        if (fstatat(walk->fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT && is_last ? 1 : -errno;
        if (S_ISLNK(status.st_mode) && (!is_last || follows_last))
                return follow(walk, name, path, &status, error);
        return is_last ? 1 : enter(walk, name, path, error);
}

static int begin(struct walk *walk, int directory, const char *path, struct pg_error *error)
{
        char above[PATH_MAX];

        if (!*path)
                return -ENOENT;
        if ((size_t)snprintf(walk->rest, sizeof(walk->rest), "%s", path) >= sizeof(walk->rest))
                return -ENAMETOOLONG;
        if (path[0] == '/')
                return enter(walk, "/", "/", error);
        if (directory == AT_FDCWD && walk->whom != PG_TRUST_ANYBODY) {
                int r;

                if (!getcwd(above, sizeof(above)))
                        return -errno;
                r = go_by(walk, above);
                return r < 0 ? r : enter(walk, "/", "/", error);
        }
        walk->fd = openat(directory, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
        return walk->fd < 0 ? -errno : 0;
}

int pg_trust_walk(int directory, const char *path, enum pg_trust whom, bool follows_last,
                  char ret_name[static NAME_MAX + 1], struct pg_error *error)
{
        struct walk walk = {.whom = whom, .fd = -1};
        char name[NAME_MAX + 1];
        int r = begin(&walk, directory, path, error);

        while (r == 0)
                r = step(&walk, follows_last, name, error);
        if (r < 0) {
                if (walk.fd >= 0)
                        close(walk.fd);
                return r;
        }
        memcpy(ret_name, name, sizeof(name));
        return walk.fd;
}
