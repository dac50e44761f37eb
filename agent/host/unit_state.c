/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units of systemd: links of `systemctl enable`, invocations, and control groups. */
#include "host/unit_state.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

/* A host has some dozens of targets and some hundreds of groups. */
#define ENTRIES_MAX 4096
#define DEPTH_MAX 3

struct path {
        char text[PATH_MAX];
};

/* "" where it does not fit. */
static struct path __attribute__((format(printf, 1, 2))) join(const char *format, ...)
{
        struct path path;
        va_list arguments;

        va_start(arguments, format);
        if ((size_t)vsnprintf(path.text, sizeof(path.text), format, arguments) >= sizeof(path.text))
                path.text[0] = '\0';
        va_end(arguments);
        return path;
}

static bool is_there(struct path path)
{
        struct stat status;

        return lstat(path.text, &status) == 0;
}

static bool ends_with(const char *text, const char *end)
{
        size_t length = strlen(text), end_length = strlen(end);

        return length > end_length && strcmp(text + length - end_length, end) == 0;
}

/* "multi-user.target.wants/ufw.service" */
static bool is_wanted(const char *root, const char *name)
{
        struct path folder = join("%s/etc/systemd/system", root);
        _cleanup_(pg_closedirp) DIR *units = opendir(folder.text);
        struct dirent *entry;

        for (int i = 0; units && i < ENTRIES_MAX && (entry = readdir(units)); i++)
                if ((ends_with(entry->d_name, ".wants") || ends_with(entry->d_name, ".requires")) &&
                    is_there(join("%s/%s/%s", folder.text, entry->d_name, name)))
                        return true;
        return false;
}

/* A unit of the name is a link to /dev/null. */
static bool is_masked(const char *root, const char *name)
{
        struct path path = join("%s/etc/systemd/system/%s", root, name);
        char target[16];

        return readlink(path.text, target, sizeof(target)) == 9 && memcmp(target, "/dev/null", 9) == 0;
}

/* Before version 237 systemd kept no links of invocations. */
static bool has_group(int parent, const char *path, const char *name, int depth, int *left)
{
        int fd = openat(parent, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        _cleanup_(pg_closedirp) DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
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

/* systemd keeps the link from the start of a unit to its end, also of one that has no process. */
static bool is_active(const char *root, const char *name)
{
        int left = ENTRIES_MAX;

        return is_there(join("%s/run/systemd/units/invocation:%s", root, name)) ||
               has_group(AT_FDCWD, join("%s/sys/fs/cgroup", root).text, name, DEPTH_MAX, &left);
}

struct pg_unit_state pg_unit_state_find(const char *root, const char *name)
{
        return (struct pg_unit_state){
                .is_enabled = !is_masked(root, name) && is_wanted(root, name),
                .is_active = is_active(root, name),
        };
}

bool pg_systemd_is_there(const char *root)
{
        return is_there(join("%s/run/systemd/system", root));
}
