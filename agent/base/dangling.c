/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names that are there and lead nowhere. */
#include "base/dangling.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

bool pg_path_dangles(int directory, const char *path, char ret_link[static PATH_MAX])
{
        size_t length = strlen(path), end = 0;
        char part[PATH_MAX];

        if (length >= sizeof(part))
                return false;
        while (end < length) {
                struct stat status;

                end += strspn(path + end, "/");
                end += strcspn(path + end, "/");
                memcpy(part, path, end);
                part[end] = '\0';
                if (fstatat(directory, part, &status, AT_SYMLINK_NOFOLLOW) < 0)
                        return false;
                if (!S_ISLNK(status.st_mode) || fstatat(directory, part, &status, 0) == 0)
                        continue;
                if (errno != ENOENT)
                        return false;
                memcpy(ret_link, part, end + 1);
                return true;
        }
        return false;
}
