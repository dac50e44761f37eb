/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two files in the state directory: a note, and a text under a note. */
#include "state/seen.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/sha256.h"
#include "base/strings.h"
#include "state/directory.h"

#define NOTE_FILE "seen"
#define TEXT_FILE "seen.policy"
/* A policy whose large groups are kept elsewhere takes some 10 KiB. */
#define TEXT_MAX (1024UL * 1024)
/* The note, and the digest of the text. */
#define HEAD_MAX (PG_SEEN_MAX + PG_DIGEST_TEXT_SIZE)

static char *read_file(const char *directory, const char *name, size_t max, size_t *ret_length)
{
        _cleanup_(pg_closep) int parent = pg_state_directory_open(directory, false, NULL);
        char *text;

        return parent >= 0 && pg_file_read(parent, name, max, &text, ret_length, NULL, NULL) >= 0
                       ? text
                       : NULL;
}

/* What is broken off half way is like no note, and no policy. */
static void write_file(const char *directory, const char *name, const char *text)
{
        _cleanup_(pg_closep) int parent = pg_state_directory_open(directory, false, NULL);
        _cleanup_(pg_closep) int fd = -1;
        size_t length = strlen(text);

        if (parent >= 0)
                fd = openat(parent, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd >= 0 && write(fd, text, length) != (ssize_t)length && ftruncate(fd, 0) < 0)
                unlinkat(parent, name, 0);
}

bool pg_seen_is(const char *directory, const char *note)
{
        size_t length;
        _cleanup_(pg_freep) char *text = read_file(directory, NOTE_FILE, PG_SEEN_MAX, &length);

        return text && length == strlen(note) && strcmp(text, note) == 0;
}

void pg_seen_set(const char *directory, const char *note)
{
        write_file(directory, NOTE_FILE, note);
}

static void make_head(const char *note, const char *text, char head[static HEAD_MAX])
{
        struct pg_digest digest;
        char sum[PG_DIGEST_TEXT_SIZE];

        pg_digest_begin(&digest);
        pg_digest_add(&digest, text, strlen(text));
        pg_digest_end(&digest, sum);
        snprintf(head, HEAD_MAX, "%s%s\n", note, sum);
}

char *pg_seen_text(const char *directory, const char *note)
{
        size_t length, at = strlen(note) + PG_DIGEST_TEXT_SIZE;
        _cleanup_(pg_freep) char *file = read_file(directory, TEXT_FILE, TEXT_MAX, &length);
        char head[HEAD_MAX];

        if (!file || strlen(file) < at)
                return NULL;
        make_head(note, file + at, head);
        return strncmp(file, head, at) == 0 ? strdup(file + at) : NULL;
}

void pg_seen_set_text(const char *directory, const char *note, const char *text)
{
        char head[HEAD_MAX];
        _cleanup_(pg_freep) char *file = NULL;

        make_head(note, text, head);
        file = pg_format("%s%s", head, text);
        if (file && strlen(file) <= TEXT_MAX)
                write_file(directory, TEXT_FILE, file);
}
