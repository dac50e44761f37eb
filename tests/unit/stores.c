/* SPDX-License-Identifier: GPL-2.0-or-later */
/* State directories for tests, each of its own, and histories in them. */
#include "unit/stores.h"
#include "state/directory.h"
#include "state/store/store.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *in_folder(const char *folder, const char *name)
{
        static char buffers[16][256];
        static unsigned next;
        char *buffer = buffers[next++ % PG_ELEMENTSOF(buffers)];

        snprintf(buffer, sizeof(buffers[0]), "%s/%s", folder, name);
        return buffer;
}

int folder_setup(void **state)
{
        char *folder = strdup("/tmp/portguard-unit-XXXXXX");

        assert_non_null(folder);
        assert_non_null(mkdtemp(folder));
        *state = folder;
        return 0;
}

static void remove_all(const char *folder)
{
        DIR *stream = opendir(folder);
        const struct dirent *entry;

        if (!stream)
                return;
        while ((entry = readdir(stream))) {
                char path[512];
                struct stat status;

                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                        continue;
                snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
                if (lstat(path, &status) == 0 && S_ISDIR(status.st_mode))
                        remove_all(path);
                else
                        unlink(path);
        }
        closedir(stream);
        rmdir(folder);
}

int folder_teardown(void **state)
{
        chmod(*state, 0700);
        remove_all(*state);
        free(*state);
        return 0;
}

struct pg_store *store_open(const char *folder, enum pg_store_access access)
{
        struct pg_store *store = NULL;
        struct pg_error error = {0};

        CHECK(pg_store_open(folder, access, &store, &error));
        return store;
}

void check_refused(const char *folder, enum pg_store_access access, int number,
                   struct pg_error *ret_error)
{
        struct pg_store *store = NULL;
        struct pg_error error = {0};
        int r = pg_store_open(folder, access, &store, &error);

        assert_null(store);
        if (r != number)
                fail_msg("%d instead of %d: %s", r, number, error.message);
        assert_int_equal(error.number, number);
        assert_true(strlen(error.message) > 0);
        if (ret_error)
                *ret_error = error;
}

void store_add(struct pg_store *store, uint32_t number)
{
        const struct pg_generation generation = {
                .number = number,
                .time = 1700000000 + number,
                .actor = {.uid = PG_UID_UNKNOWN, .login_uid = PG_UID_UNKNOWN},
                .profiles = (char *[]){(char *)"ssh"},
                .n_profiles = 1,
                .digest = (char *)DIGEST,
        };
        struct pg_policy *policy = make_shipped_policy("ssh", "");
        struct pg_error error = {0};

        CHECK(pg_store_add(store, &generation, policy, &error));
        pg_policy_free(policy);
}

void store_event(struct pg_store *store, uint32_t number, enum pg_event_kind kind)
{
        struct pg_error error = {0};

        CHECK(pg_store_event(store, number, kind, NULL, NULL, &error));
}

static sqlite3 *open_beside(const char *folder)
{
        sqlite3 *database;

        assert_int_equal(sqlite3_open(in_folder(folder, PG_STATE_HISTORY), &database), SQLITE_OK);
        return database;
}

void run_sql(const char *folder, const char *sql)
{
        sqlite3 *database = open_beside(folder);
        char *message = NULL;

        if (sqlite3_exec(database, sql, NULL, NULL, &message) != SQLITE_OK)
                fail_msg("%s: %s", sql, message);
        sqlite3_close(database);
}

void check_sql_refused(const char *folder, const char *sql, const char *message)
{
        sqlite3 *database = open_beside(folder);

        assert_int_not_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
        assert_string_equal(sqlite3_errmsg(database), message);
        sqlite3_close(database);
}

int64_t query_sql(const char *folder, const char *sql)
{
        sqlite3 *database = open_beside(folder);
        sqlite3_stmt *statement;
        int64_t number;

        assert_int_equal(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
        number = sqlite3_column_int64(statement, 0);
        sqlite3_finalize(statement);
        sqlite3_close(database);
        return number;
}
