/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading /proc. */
#include "base/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

/* The names of /proc have some dozens of bytes, and that of an interface at most 15. */
struct path {
        char text[256];
};

static bool format_path(struct path *path, const char *format, va_list arguments)
{
        int length = vsnprintf(path->text, sizeof(path->text), format, arguments);

        if (length >= 0 && (size_t)length < sizeof(path->text))
                return true;
        errno = ENAMETOOLONG;
        return false;
}

static ssize_t read_file(int fd, char *buffer, size_t size)
{
        size_t length = 0;
        ssize_t n = 1;

        while (length < size && n != 0) {
                n = read(fd, buffer + length, size - length);
                if (n > 0)
                        length += (size_t)n;
                else if (n < 0 && errno != EINTR)
                        return -errno;
        }
        return (ssize_t)length;
}

ssize_t pg_procfs_read(char *buffer, size_t size, const char *format, ...)
{
        _cleanup_(pg_closep) int fd = -1;
        struct path path;
        va_list arguments;
        ssize_t length;
        bool fits;

        va_start(arguments, format);
        fits = format_path(&path, format, arguments);
        va_end(arguments);
        fd = fits ? open(path.text, O_RDONLY | O_CLOEXEC) : -1;
        length = fd >= 0 ? read_file(fd, buffer, size - 1) : -errno;
        buffer[length > 0 ? length : 0] = '\0';
        return length;
}

bool pg_procfs_number(const char *path, uint64_t *ret)
{
        char text[32], *end;
        uint64_t number;

        if (pg_procfs_read(text, sizeof(text), "%s", path) <= 0)
                return false;
        errno = 0;
        number = strtoull(text, &end, 10);
        if (end == text || errno != 0)
                return false;
        *ret = number;
        return true;
}

DIR *pg_procfs_directory(const char *format, ...)
{
        struct path path;
        va_list arguments;
        bool fits;

        va_start(arguments, format);
        fits = format_path(&path, format, arguments);
        va_end(arguments);
        return fits ? opendir(path.text) : NULL;
}

uint64_t pg_procfs_inode(int directory, const char *path, const char *kind)
{
        size_t skip = strlen(kind);
        ssize_t length;
        char link[64];

        errno = 0;
        length = readlinkat(directory, path, link, sizeof(link) - 1);
        if (length < 0)
                return 0;
        link[length] = '\0';
        if (strncmp(link, kind, skip) != 0 || strncmp(link + skip, ":[", 2) != 0)
                return 0;
        return strtoull(link + skip + 2, NULL, 10);
}
