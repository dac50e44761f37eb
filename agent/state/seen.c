/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file of one line in the state directory. */
#include "state/seen.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "state/directory.h"

#define SEEN_FILE "seen"

bool pg_seen_is(const char *directory, const char *note)
{
        _cleanup_(pg_closep) int parent = pg_state_directory_open(directory, false, NULL);
        _cleanup_(pg_freep) char *text = NULL;
        size_t length;

        return parent >= 0 && pg_file_read(parent, SEEN_FILE, PG_SEEN_MAX, &text, &length, NULL) >= 0 &&
               length == strlen(note) && strcmp(text, note) == 0;
}

/* What is broken off half way is not equal to any note. */
void pg_seen_set(const char *directory, const char *note)
{
        _cleanup_(pg_closep) int parent = pg_state_directory_open(directory, false, NULL);
        _cleanup_(pg_closep) int fd = -1;
        size_t length = strlen(note);

        if (parent >= 0)
                fd = openat(parent, SEEN_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
                            0600);
        if (fd >= 0 && write(fd, note, length) != (ssize_t)length && ftruncate(fd, 0) < 0)
                unlinkat(parent, SEEN_FILE, 0);
}
