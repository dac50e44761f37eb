/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files with something wrong in them, and histories made of such. */
#include "unit/damage.h"
#include "state/directory.h"
#include "state/store/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct bytes read_bytes(const char *path)
{
        struct bytes bytes;
        struct stat status;
        int fd = open(path, O_RDONLY | O_CLOEXEC);

        assert_true(fd >= 0);
        assert_int_equal(fstat(fd, &status), 0);
        bytes.length = (size_t)status.st_size;
        bytes.data = malloc(bytes.length + 1);
        assert_int_equal(read(fd, bytes.data, bytes.length), bytes.length);
        close(fd);
        return bytes;
}

void write_bytes(const char *path, const void *data, size_t length)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, data, length), length);
        close(fd);
}

/* What a call said: 0, or a failure with a message of its own. */
static int check_told(int r, struct pg_error *error)
{
        if (r < 0) {
                assert_int_equal(error->number, r);
                assert_true(strlen(error->message) > 0);
        }
        *error = (struct pg_error){0};
        return r < 0;
}

/* Calls everything that reads; returns how many calls failed. */
static int read_all(struct pg_store *store)
{
        struct pg_intended intended = {0};
        struct pg_history *history = NULL;
        struct pg_error error = {0};
        uint32_t before;
        int failed = 0;

        failed += check_told(pg_store_intended(store, &intended, &error), &error);
        pg_intended_done(&intended);
        failed += check_told(pg_store_history(store, &history, &error), &error);
        pg_history_free(history);
        for (uint32_t number = 1; number <= 3; number++) {
                struct pg_generation generation = {0};
                struct pg_policy *policy = NULL;

                failed += check_told(pg_store_generation(store, number, &generation, &error), &error);
                pg_generation_done(&generation);
                failed += check_told(pg_store_policy(store, number, NULL, &policy, &error), &error);
                pg_policy_free(policy);
        }
        failed += check_told(pg_store_before(store, 3, &before, &error), &error);
        return failed;
}

static int write_all(struct pg_store *store)
{
        const struct pg_generation generation = {.number = 9, .digest = (char *)DIGEST};
        struct pg_policy *policy = make_shipped_policy("ssh", "");
        struct pg_error error = {0};
        int failed = 0;

        failed += check_told(pg_store_add(store, &generation, policy, &error), &error);
        failed += check_told(pg_store_event(store, 9, PG_EVENT_CONFIRMED, "x", NULL, &error), &error);
        failed += check_told(pg_store_keep(store, 1, &error), &error);
        pg_policy_free(policy);
        return failed;
}

int use_all(const char *folder, enum pg_store_access access)
{
        struct pg_store *store = NULL;
        struct pg_error error = {0};
        int failed = check_told(pg_store_open(folder, access, &store, &error), &error);

        if (!store)
                return failed;
        failed += read_all(store);
        failed += check_told(pg_store_check(store, &error), &error);
        if (access == PG_STORE_WRITE)
                failed += write_all(store);
        pg_store_close(store);
        return failed;
}

struct bytes make_history(const char *folder)
{
        struct pg_store *store = store_open(folder, PG_STORE_WRITE);
        char site[4096] = "groups: {cluster: [";
        const struct pg_generation generation = {.number = 3, .digest = (char *)DIGEST};
        struct pg_policy *policy;
        struct pg_error error;

        for (int i = 0; i < 100; i++)
                sprintf(site + strlen(site), "%s192.0.2.%d", i ? ", " : "", 2 * i);
        strcat(site, "]}\n");
        policy = make_shipped_policy("k8s-worker", site);
        store_add(store, 1);
        store_event(store, 1, PG_EVENT_CONFIRMED);
        store_add(store, 2);
        store_event(store, 2, PG_EVENT_TRIAL);
        CHECK(pg_store_add(store, &generation, policy, &error));
        store_event(store, 3, PG_EVENT_CONFIRMED);
        assert_int_equal(read_all(store), 0);
        pg_policy_free(policy);
        pg_store_close(store);
        return read_bytes(in_folder(folder, PG_STATE_HISTORY));
}
