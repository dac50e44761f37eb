/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Histories that are damaged, foreign, or edited: always a message, and never a crash. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit/stores.h"

struct bytes {
        uint8_t *data;
        size_t length;
};

static struct bytes read_bytes(const char *path)
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

static void write_bytes(const char *path, const void *data, size_t length)
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
                failed += check_told(pg_store_policy(store, number, &policy, &error), &error);
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

static int use_all(const char *folder, enum pg_store_access access)
{
        struct pg_store *store = NULL;
        struct pg_error error = {0};
        int failed = check_told(pg_store_open(folder, access, &store, &error), &error);

        if (!store)
                return failed;
        failed += read_all(store);
        if (access == PG_STORE_WRITE)
                failed += write_all(store);
        pg_store_close(store);
        return failed;
}

/* Three generations, of which one has a large set of addresses. */
static struct bytes make_history(const char *folder)
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
        return read_bytes(in_folder(folder, PG_STORE_FILE));
}

static void flipped_bytes(void **state)
{
        const char *folder = *state, *path = in_folder(folder, PG_STORE_FILE);
        struct bytes bytes = make_history(folder);
        int damaged = 0, n = 0;

        for (size_t at = 0; at < bytes.length; n++) {
                uint8_t kept = bytes.data[at];

                bytes.data[at] ^= n % 3 == 0 ? 0xff : n % 3 == 1 ? 0x01 : 0x80;
                write_bytes(path, bytes.data, bytes.length);
                bytes.data[at] = kept;
                damaged += use_all(folder, n % 4 == 0 ? PG_STORE_WRITE : PG_STORE_READ) > 0;
                unlink(in_folder(folder, PG_STORE_FILE "-journal"));
                /* All of the file's header, and the beginnings of all pages, which say how they are. */
                at += at < 110 || at % 4096 < 24 ? 1 : 43;
        }
        assert_true(damaged > n / 10);
        free(bytes.data);
}

static void cut_off(void **state)
{
        const char *folder = *state, *path = in_folder(folder, PG_STORE_FILE);
        struct bytes bytes = make_history(folder);

        for (size_t length = 1; length < bytes.length; length += 511) {
                write_bytes(path, bytes.data, length);
                /* What a page does not use may be missing from the last one. */
                if (use_all(folder, PG_STORE_READ) == 0 && length <= bytes.length - 4096)
                        fail_msg("%zu of %zu bytes are enough", length, bytes.length);
        }
        free(bytes.data);
}

/* A file of no bytes is what is left when the first apply is interrupted: no history yet. */
static void an_empty_file(void **state)
{
        const char *folder = *state;
        struct pg_store *store;

        check_refused(folder, PG_STORE_READ, -ENOENT, NULL);
        check_refused(in_folder(folder, "missing"), PG_STORE_READ, -ENOENT, NULL);
        check_refused(in_folder(folder, "missing"), PG_STORE_WRITE, -ENOENT, NULL);
        write_bytes(in_folder(folder, PG_STORE_FILE), "", 0);
        check_refused(folder, PG_STORE_READ, -ENOENT, NULL);
        store = store_open(folder, PG_STORE_WRITE);
        store_add(store, 1);
        pg_store_close(store);
        store = store_open(folder, PG_STORE_READ);
        pg_store_close(store);
}

static void what_is_no_history(void **state)
{
        static const char text[] = "this is a text of a few words, and no database whatever\n";
        const char *folder = *state, *path = in_folder(folder, PG_STORE_FILE);
        struct pg_error error;

        write_bytes(path, text, strlen(text));
        check_refused(folder, PG_STORE_READ, -EBADMSG, &error);
        assert_non_null(strstr(error.message, "move the file away"));
        check_refused(folder, PG_STORE_WRITE, -EBADMSG, NULL);

        assert_int_equal(unlink(path), 0);
        run_sql(folder, "CREATE TABLE foreign_things(x)");
        assert_int_equal(chmod(path, 0600), 0);
        check_refused(folder, PG_STORE_READ, -EBADMSG, NULL);
        check_refused(folder, PG_STORE_WRITE, -EBADMSG, NULL);

        run_sql(folder, "PRAGMA application_id=1; PRAGMA user_version=1");
        check_refused(folder, PG_STORE_WRITE, -EBADMSG, NULL);
        assert_int_equal(query_sql(folder, "SELECT count(*) FROM sqlite_schema"), 1);
}

static void a_newer_version(void **state)
{
        const char *folder = *state;
        struct pg_error error;

        pg_store_close(store_open(folder, PG_STORE_WRITE));
        run_sql(folder, "PRAGMA user_version=2");
        check_refused(folder, PG_STORE_READ, -ENOTSUP, &error);
        assert_non_null(strstr(error.message, "newer portguard"));
        check_refused(folder, PG_STORE_WRITE, -ENOTSUP, NULL);
}

static void files_that_are_refused(void **state)
{
        const char *folder = *state, *path = in_folder(folder, PG_STORE_FILE);
        const char *other = in_folder(folder, "other.db"), *link = in_folder(folder, "link");
        struct stat status;

        pg_store_close(store_open(folder, PG_STORE_WRITE));
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 07777, 0600);
        assert_int_equal(chmod(path, 0602), 0);
        check_refused(folder, PG_STORE_READ, -EPERM, NULL);
        assert_int_equal(chmod(path, 0620), 0);
        check_refused(folder, PG_STORE_WRITE, -EPERM, NULL);
        assert_int_equal(chmod(path, 0600), 0);

        /* The directory itself may not be a link; one above it may. */
        assert_int_equal(symlink(".", link), 0);
        check_refused(link, PG_STORE_READ, -ENOTDIR, NULL);
        check_refused(in_folder(folder, "link/"), PG_STORE_READ, -ENOTDIR, NULL);
        assert_int_equal(mkdir(in_folder(folder, "below"), 0700), 0);
        pg_store_close(store_open(in_folder(folder, "link/below"), PG_STORE_WRITE));

        assert_int_equal(rename(path, other), 0);
        assert_int_equal(symlink("other.db", path), 0);
        check_refused(folder, PG_STORE_READ, -ELOOP, NULL);
        check_refused(folder, PG_STORE_WRITE, -ELOOP, NULL);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(mkfifo(path, 0600), 0);
        check_refused(folder, PG_STORE_READ, -EINVAL, NULL);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(rename(other, path), 0);
        pg_store_close(store_open(folder, PG_STORE_READ));

        assert_int_equal(chmod(folder, 0777), 0);
        check_refused(folder, PG_STORE_READ, -EPERM, NULL);
        check_refused(folder, PG_STORE_WRITE, -EPERM, NULL);
}

static void what_may_not_be_written(void **state)
{
        const char *folder = *state;

        pg_store_close(store_open(folder, PG_STORE_WRITE));
        if (geteuid() == 0)
                skip();
        assert_int_equal(chmod(in_folder(folder, PG_STORE_FILE), 0400), 0);
        check_refused(folder, PG_STORE_WRITE, -EACCES, NULL);
        pg_store_close(store_open(folder, PG_STORE_READ));
        assert_int_equal(chmod(in_folder(folder, PG_STORE_FILE), 0), 0);
        check_refused(folder, PG_STORE_READ, -EACCES, NULL);
}

static void a_journal_that_is_none(void **state)
{
        const char *folder = *state;

        pg_store_close(store_open(folder, PG_STORE_WRITE));
        /* A journal that somebody left, and that is none, is no obstacle. */
        write_bytes(in_folder(folder, PG_STORE_FILE "-journal"), "garbage garbage garbage", 23);
        pg_store_close(store_open(folder, PG_STORE_READ));
}

#define DIGEST_SQL "'" DIGEST "'"
#define COLUMNS "number, parent, restores, time, digest, profiles, parameters"

/* Somebody with sqlite3(1) can take triggers and types away and write what they like. */
static void edited_rows(void **state)
{
        static const char *const rows[] = {
                "('x', 0, 0, 0, " DIGEST_SQL ", x'', x'')",
                "(-1, 0, 0, 0, " DIGEST_SQL ", x'', x'')",
                "(0, 0, 0, 0, " DIGEST_SQL ", x'', x'')",
                "(4294967296, 0, 0, 0, " DIGEST_SQL ", x'', x'')",
                "(NULL, 0, 0, 0, " DIGEST_SQL ", x'', x'')",
                "(1.5, 0, 0, 0, " DIGEST_SQL ", x'', x'')",
                "(1, NULL, 0, 0, " DIGEST_SQL ", x'', x'')",
                "(1, -1, 0, 0, " DIGEST_SQL ", x'', x'')",
                "(1, 0, 'r', 0, " DIGEST_SQL ", x'', x'')",
                "(1, 0, 0, NULL, " DIGEST_SQL ", x'', x'')",
                "(1, 0, 0, 0, NULL, x'', x'')",
                "(1, 0, 0, 0, 'abc', x'', x'')",
                "(1, 0, 0, 0, x'00', x'', x'')",
                "(1, 0, 0, 0, upper(" DIGEST_SQL "), x'', x'')",
                "(1, 0, 0, 0, " DIGEST_SQL ", NULL, x'')",
                "(1, 0, 0, 0, " DIGEST_SQL ", x'6162', x'')",
                "(1, 0, 0, 0, " DIGEST_SQL ", x'', 'text')",
                "(1, 0, 0, 0, " DIGEST_SQL ", x'', zeroblob(1000000))",
        };
        const char *folder = *state;
        char sql[512];

        pg_store_close(store_open(folder, PG_STORE_WRITE));
        run_sql(folder,
                "DROP TABLE generations; CREATE TABLE generations(number, parent, restores, time, "
                "uid, login_uid, sudo_user, ssh_peer, process, message, profiles, parameters, "
                "digest)");
        for (size_t i = 0; i < PG_ELEMENTSOF(rows); i++) {
                snprintf(sql, sizeof(sql),
                         "DELETE FROM generations; INSERT INTO generations(" COLUMNS ") VALUES%s",
                         rows[i]);
                run_sql(folder, sql);
                if (use_all(folder, PG_STORE_READ) == 0)
                        fail_msg("accepted: %s", rows[i]);
        }
        run_sql(folder,
                "DELETE FROM generations; INSERT INTO generations(" COLUMNS ", uid, message) VALUES"
                "(1, 0, 0, 0, " DIGEST_SQL ", x'', x'', 'root', NULL),"
                "(2, 0, 0, 0, " DIGEST_SQL ", x'', x'', 1, x'00'),"
                "(3, 0, 0, 0, " DIGEST_SQL ", x'', x'', 1, 'a' || char(0) || 'b')");
        assert_true(use_all(folder, PG_STORE_READ) >= 7);
}

static void edited_tables(void **state)
{
        static const char *const edits[] = {
                "DROP TABLE events",
                "DROP TABLE policies",
                "DROP TABLE addresses",
                "DROP TABLE settings; CREATE TABLE settings(name, value); "
                "INSERT INTO settings VALUES('keep', 'x')",
                "INSERT INTO settings VALUES('keep', 0)",
                "DROP TRIGGER policies_stay; UPDATE policies SET digest = ''",
                "DROP TRIGGER policies_stay; UPDATE policies SET text = replace(text, '22', '23')",
                "DROP TRIGGER addresses_stay; UPDATE addresses SET bytes = x''",
                "DROP TRIGGER addresses_stay; "
                "UPDATE addresses SET bytes = CAST(x'00' || bytes AS BLOB)",
                "PRAGMA foreign_keys=OFF; DELETE FROM addresses",
                "DELETE FROM policies",
                "ALTER TABLE generations RENAME COLUMN parent TO father",
                "DROP TABLE settings; CREATE VIEW settings AS WITH RECURSIVE c(name, value) AS "
                "(SELECT 'a', 1 UNION ALL SELECT name, value + 1 FROM c) SELECT * FROM c",
        };
        const char *folder = *state, *path = in_folder(folder, PG_STORE_FILE);
        struct bytes bytes = make_history(folder);

        for (size_t i = 0; i < PG_ELEMENTSOF(edits); i++) {
                write_bytes(path, bytes.data, bytes.length);
                run_sql(folder, edits[i]);
                if (use_all(folder, PG_STORE_READ) == 0 || use_all(folder, PG_STORE_WRITE) == 0)
                        fail_msg("not noticed: %s", edits[i]);
        }
        free(bytes.data);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                STORE_TEST(flipped_bytes),
                STORE_TEST(cut_off),
                STORE_TEST(an_empty_file),
                STORE_TEST(what_is_no_history),
                STORE_TEST(a_newer_version),
                STORE_TEST(files_that_are_refused),
                STORE_TEST(what_may_not_be_written),
                STORE_TEST(a_journal_that_is_none),
                STORE_TEST(edited_rows),
                STORE_TEST(edited_tables),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
