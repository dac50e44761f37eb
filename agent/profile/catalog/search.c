/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding profiles by name in the directories of a search path. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/file.h"
#include "base/strings.h"
#include "profile/catalog/catalog.h"

static int add_directory(struct pg_search *search, const char *path, size_t length,
                         struct pg_error *error)
{
        _cleanup_(pg_freep) char *copy = NULL;
        struct pg_search_directory *directory;
        struct pg_error cause = {0};
        int fd;

        while (length > 1 && path[length - 1] == '/')
                length--;
        copy = strndup(path, length);
        if (!copy)
                return pg_error_memory(error);
        fd = pg_directory_open(copy, &cause);
        if (fd == -ENOENT)
                return 0;
        if (fd < 0) {
                if (error)
                        *error = cause;
                return fd;
        }
        directory = PG_ARRAY_ADD(search->directories, search->n_directories);
        if (!directory) {
                close(fd);
                return pg_error_memory(error);
        }
        directory->path = PG_TAKE(copy);
        directory->fd = fd;
        return 0;
}

int pg_search_open(const char *path, struct pg_search *ret, struct pg_error *error)
{
        _cleanup_(pg_search_done) struct pg_search search = {.path = path};
        size_t length;
        int r = 0;

        for (const char *at = path; r >= 0; at += length + 1) {
                length = strcspn(at, ":");
                if (length > 0)
                        r = add_directory(&search, at, length, error);
                if (at[length] == '\0')
                        break;
        }
        if (r < 0)
                return r;
        *ret = PG_TAKE(search);
        return 0;
}

void pg_search_done(struct pg_search *search)
{
        for (size_t i = 0; i < search->n_directories; i++) {
                close(search->directories[i].fd);
                free(search->directories[i].path);
        }
        free(search->directories);
        *search = (struct pg_search){0};
}

void pg_search_file_done(struct pg_search_file *file)
{
        free(file->path);
        free(file->text);
        *file = (struct pg_search_file){0};
}

static int read_file(const struct pg_search_directory *directory, const char *name,
                     struct pg_search_file *ret, struct pg_error *error)
{
        _cleanup_(pg_freep) char *file = pg_format("%s.yaml", name);
        struct pg_error cause = {0};
        int r;

        if (!file)
                return pg_error_memory(error);
        r = pg_file_read(directory->fd, file, PG_YAML_SIZE_MAX, &ret->text, &ret->length,
                         &ret->is_private, &cause);
        /* Its message knows the file's name only. */
        if (r < 0 && r != -ENOENT)
                pg_error_set(error, cause.status, r, "in %s: %s", directory->path, cause.message);
        return r;
}

int pg_search_read(const struct pg_search *search, const char *name, struct pg_search_file *ret,
                   struct pg_error *error)
{
        int r = -ENOENT;

        for (size_t i = 0; r == -ENOENT && i < search->n_directories; i++) {
                const struct pg_search_directory *directory = &search->directories[i];
                _cleanup_(pg_freep) char *file = pg_format("%s/%s.yaml", directory->path, name);

                if (!file)
                        return pg_error_memory(error);
                r = read_file(directory, name, ret, error);
                if (r >= 0)
                        ret->path = PG_TAKE(file);
        }
        return r;
}

/* Name and path in one piece of memory, so that freeing the word's text frees both. */
static int add_name(struct pg_words *words, const char *directory, size_t index, const char *file)
{
        size_t length = strlen(file) - strlen(".yaml");
        struct pg_word *word = PG_ARRAY_ADD(words->items, words->n);

        if (!word)
                return -ENOMEM;
        word->text = pg_format("%.*s%c%s/%s", (int)length, file, '\0', directory, file);
        if (!word->text) {
                words->n--;
                return -ENOMEM;
        }
        word->place.file = word->text + length + 1;
        word->place.column = (unsigned)index; /* for sorting only */
        return 0;
}

static bool is_profile(const char *file)
{
        size_t length = strlen(file);
        char name[64];

        if (length <= strlen(".yaml") || strcmp(file + length - strlen(".yaml"), ".yaml") != 0)
                return false;
        length -= strlen(".yaml");
        if (length >= sizeof(name))
                return false;
        memcpy(name, file, length);
        name[length] = '\0';
        return pg_name_is_valid(name);
}

static int list_directory(const struct pg_search_directory *directory, size_t index,
                          struct pg_words *words)
{
        int fd = openat(directory->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
        _cleanup_(pg_closedirp) DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
        struct dirent *entry;

        if (!stream) {
                r = -errno;
                if (fd >= 0)
                        close(fd);
                return r;
        }
        do {
                errno = 0;
                entry = readdir(stream);
                if (!entry)
                        r = -errno;
                else if (is_profile(entry->d_name))
                        r = add_name(words, directory->path, index, entry->d_name);
        } while (entry && r >= 0);
        return r;
}

static int compare_words(const void *a, const void *b)
{
        const struct pg_word *left = a, *right = b;
        int order = strcmp(left->text, right->text);

        if (order != 0)
                return order;
        return (left->place.column > right->place.column) - (left->place.column < right->place.column);
}

/* Sorts, and keeps of the same names the first directory's. */
static void sort_names(struct pg_words *words)
{
        size_t kept = 0;

        if (words->n > 1)
                qsort(words->items, words->n, sizeof(*words->items), compare_words);
        for (size_t i = 0; i < words->n; i++) {
                struct pg_word word = words->items[i];

                if (kept > 0 && strcmp(words->items[kept - 1].text, word.text) == 0) {
                        free(word.text);
                        continue;
                }
                word.place.column = 0;
                words->items[kept++] = word;
        }
        words->n = kept;
}

int pg_search_names(const struct pg_search *search, struct pg_words *ret, struct pg_error *error)
{
        _cleanup_(pg_words_done) struct pg_words words = {0};

        for (size_t i = 0; i < search->n_directories; i++) {
                int r = list_directory(&search->directories[i], i, &words);

                if (r >= 0)
                        continue;
                if (r == -ENOMEM)
                        return pg_error_memory(error);
                return pg_error_set(error, PG_STATUS_FAILED, r, "%s cannot be listed: %s",
                                    search->directories[i].path, strerror(-r));
        }
        sort_names(&words);
        *ret = PG_TAKE(words);
        return 0;
}
