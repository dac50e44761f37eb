/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units of systemd: links of `systemctl enable`, invocations, and control groups. */
#include "host/units.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

/* A host has some dozens of targets and some hundreds of groups. */
#define ENTRIES_MAX 4096
#define DEPTH_MAX 3

static void directory_closep(DIR **directory)
{
        if (*directory)
                closedir(*directory);
}

static DIR *open_directory(const char *root, const char *path)
{
        char whole[PATH_MAX];

        if ((size_t)snprintf(whole, sizeof(whole), "%s%s", root, path) >= sizeof(whole))
                return NULL;
        return opendir(whole);
}

static bool ends_with(const char *text, const char *end)
{
        size_t length = strlen(text), end_length = strlen(end);

        return length > end_length && strcmp(text + length - end_length, end) == 0;
}

/* "multi-user.target.wants/ufw.service" */
static bool is_wanted(const char *root, const char *name)
{
        _cleanup_(directory_closep) DIR *units = open_directory(root, "/etc/systemd/system");
        struct dirent *entry;

        for (int i = 0; units && i < ENTRIES_MAX && (entry = readdir(units)); i++) {
                char path[2 * NAME_MAX + 2];
                struct stat status;

                if (!ends_with(entry->d_name, ".wants") && !ends_with(entry->d_name, ".requires"))
                        continue;
                snprintf(path, sizeof(path), "%s/%s", entry->d_name, name);
                if (fstatat(dirfd(units), path, &status, AT_SYMLINK_NOFOLLOW) == 0)
                        return true;
        }
        return false;
}

/* A unit of the name is a link to /dev/null. */
static bool is_masked(const char *root, const char *name)
{
        char path[PATH_MAX], target[16];
        ssize_t length;

        if ((size_t)snprintf(path, sizeof(path), "%s/etc/systemd/system/%s", root, name) >=
            sizeof(path))
                return false;
        length = readlink(path, target, sizeof(target));
        return length == 9 && memcmp(target, "/dev/null", 9) == 0;
}

/* systemd keeps this link from the start of a unit to its end, also of one that has no process. */
static bool was_invoked(const char *root, const char *name)
{
        char path[PATH_MAX];
        struct stat status;

        return (size_t)snprintf(path, sizeof(path), "%s/run/systemd/units/invocation:%s", root, name) <
                       sizeof(path) &&
               lstat(path, &status) == 0;
}

/* Before version 237 there were no such links. */
static bool has_group(int parent, const char *path, const char *name, int depth, int *left)
{
        int fd = openat(parent, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        _cleanup_(directory_closep) DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
        struct dirent *entry;

        if (!directory && fd >= 0)
                close(fd);
        while (directory && (*left)-- > 0 && (entry = readdir(directory))) {
                if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
                        continue;
                if (strcmp(entry->d_name, name) == 0 ||
                    (depth > 0 && has_group(dirfd(directory), entry->d_name, name, depth - 1, left)))
                        return true;
        }
        return false;
}

static bool is_active(const char *root, const char *name)
{
        char path[PATH_MAX];
        int left = ENTRIES_MAX;

        if (was_invoked(root, name))
                return true;
        if ((size_t)snprintf(path, sizeof(path), "%s/sys/fs/cgroup", root) >= sizeof(path))
                return false;
        return has_group(AT_FDCWD, path, name, DEPTH_MAX, &left);
}

struct pg_unit pg_unit_find(const char *root, const char *name)
{
        return (struct pg_unit){
                .is_enabled = !is_masked(root, name) && is_wanted(root, name),
                .is_active = is_active(root, name),
        };
}

bool pg_units_are_there(const char *root)
{
        char path[PATH_MAX];
        struct stat status;

        return (size_t)snprintf(path, sizeof(path), "%s/run/systemd/system", root) < sizeof(path) &&
               lstat(path, &status) == 0;
}
