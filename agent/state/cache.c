/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file of one line in the state directory. */
#include "state/cache.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "state/directory.h"

bool pg_cache_is(const char *directory, const char *note)
{
        _cleanup_(pg_closep) int parent = pg_state_directory_open(directory, false, NULL);
        _cleanup_(pg_freep) char *text = NULL;
        size_t length;

        return parent >= 0 &&
               pg_file_read(parent, PG_STATE_CACHE, PG_CACHE_NOTE_MAX, &text, &length, NULL, NULL) >=
                       0 &&
               length == strlen(note) && strcmp(text, note) == 0;
}

void pg_cache_set(const char *directory, const char *note)
{
        _cleanup_(pg_closep) int parent = pg_state_directory_open(directory, false, NULL);
        _cleanup_(pg_closep) int fd = -1;
        size_t length = strlen(note);

        if (parent >= 0 && pg_state_directory_is_used(parent))
                fd = openat(parent, PG_STATE_CACHE,
                            O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
        /* A truncated file is ignored. */
        if (fd >= 0 && write(fd, note, length) != (ssize_t)length && ftruncate(fd, 0) < 0)
                unlinkat(parent, PG_STATE_CACHE, 0);
}
