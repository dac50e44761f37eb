/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Histories that are damaged, foreign, or not safe to use: always a message, and never a crash. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/directory.h"
#include "state/store/store.h"
#include "unit/damage.h"

static void flipped_bytes(void **state)
{
        const char *folder = *state, *path = in_folder(folder, PG_STATE_HISTORY);
        struct bytes bytes = make_history(folder);
        int damaged = 0, n = 0;

        for (size_t at = 0; at < bytes.length; n++) {
                uint8_t kept = bytes.data[at];

                bytes.data[at] ^= n % 3 == 0 ? 0xff : n % 3 == 1 ? 0x01 : 0x80;
                write_bytes(path, bytes.data, bytes.length);
                bytes.data[at] = kept;
                damaged += use_all(folder, n % 4 == 0 ? PG_STORE_WRITE : PG_STORE_READ) > 0;
                unlink(in_folder(folder, PG_STATE_HISTORY "-journal"));
                /* All of the file's header, and the beginnings of all pages, which say how they are. */
                at += at < 110 || at % 4096 < 24 ? 1 : 43;
        }
        assert_true(damaged > n / 10);
        free(bytes.data);
}

static void cut_off(void **state)
{
        const char *folder = *state, *path = in_folder(folder, PG_STATE_HISTORY);
        struct bytes bytes = make_history(folder);

        for (size_t length = 1; length < bytes.length; length += 511) {
                write_bytes(path, bytes.data, length);
                /* What a page does not use may be missing from the last one. */
                if (use_all(folder, PG_STORE_READ) == 0 && length <= bytes.length - 4096)
                        fail_msg("%zu of %zu bytes are enough", length, bytes.length);
        }
        free(bytes.data);
}

/* Damage where nobody looks now: the check reads all of it. */
static void a_page_that_is_not_needed_now(void **state)
{
        const char *folder = *state, *path = in_folder(folder, PG_STATE_HISTORY);
        struct bytes bytes = make_history(folder);
        struct pg_store *store = store_open(folder, PG_STORE_READ);
        struct pg_error error;
        int found = 0;

        CHECK(pg_store_check(store, &error));
        pg_store_close(store);
        for (size_t at = 4096; at + 4096 <= bytes.length; at += 4096) {
                struct pg_intended intended = {0};
                uint8_t kept[4096];

                memcpy(kept, bytes.data + at, sizeof(kept));
                memset(bytes.data + at, 0xff, sizeof(kept));
                write_bytes(path, bytes.data, bytes.length);
                memcpy(bytes.data + at, kept, sizeof(kept));
                store = NULL;
                if (pg_store_open(folder, PG_STORE_READ, &store, &error) < 0)
                        continue;
                if (pg_store_intended(store, &intended, &error) >= 0 &&
                    pg_store_check(store, &error) == -EBADMSG)
                        found++;
                pg_intended_done(&intended);
                pg_store_close(store);
        }
        assert_true(found > 0);
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
        write_bytes(in_folder(folder, PG_STATE_HISTORY), "", 0);
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
        const char *folder = *state, *path = in_folder(folder, PG_STATE_HISTORY);
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

/* An empty database that belongs to another program, or to nobody known. */
static void what_is_somebody_elses(void **state)
{
        const char *folder = *state;

        write_bytes(in_folder(folder, PG_STATE_HISTORY), "", 0);
        run_sql(folder, "PRAGMA application_id=1");
        check_refused(folder, PG_STORE_READ, -EBADMSG, NULL);
        check_refused(folder, PG_STORE_WRITE, -EBADMSG, NULL);
        run_sql(folder, "PRAGMA application_id=0; PRAGMA user_version=1");
        check_refused(folder, PG_STORE_WRITE, -EBADMSG, NULL);
        assert_int_equal(query_sql(folder, "SELECT count(*) FROM sqlite_schema"), 0);
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
        const char *folder = *state, *path = in_folder(folder, PG_STATE_HISTORY);
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

        assert_int_equal(symlink("gone", in_folder(folder, "nowhere")), 0);
        check_refused(in_folder(folder, "nowhere/state"), PG_STORE_READ, -ENOLINK, NULL);
        assert_int_equal(unlink(in_folder(folder, "nowhere")), 0);

        assert_int_equal(chmod(folder, 0770), 0);
        check_refused(folder, PG_STORE_READ, -EPERM, NULL);
        check_refused(folder, PG_STORE_WRITE, -EPERM, NULL);
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
        assert_int_equal(chmod(in_folder(folder, PG_STATE_HISTORY), 0400), 0);
        check_refused(folder, PG_STORE_WRITE, -EACCES, NULL);
        pg_store_close(store_open(folder, PG_STORE_READ));
        assert_int_equal(chmod(in_folder(folder, PG_STATE_HISTORY), 0), 0);
        check_refused(folder, PG_STORE_READ, -EACCES, NULL);
}

static void a_journal_that_is_none(void **state)
{
        const char *folder = *state;

        pg_store_close(store_open(folder, PG_STORE_WRITE));
        /* A journal that somebody left, and that is none, is no obstacle. */
        write_bytes(in_folder(folder, PG_STATE_HISTORY "-journal"), "garbage garbage garbage", 23);
        pg_store_close(store_open(folder, PG_STORE_READ));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                STORE_TEST(flipped_bytes),
                STORE_TEST(cut_off),
                STORE_TEST(a_page_that_is_not_needed_now),
                STORE_TEST(an_empty_file),
                STORE_TEST(what_is_no_history),
                STORE_TEST(what_is_somebody_elses),
                STORE_TEST(a_newer_version),
                STORE_TEST(files_that_are_refused),
                STORE_TEST(what_may_not_be_written),
                STORE_TEST(a_journal_that_is_none),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
