/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Histories that somebody edited with sqlite3(1): rows, types, tables. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state/directory.h"
#include "state/store/store.h"
#include "unit/damage.h"

static void check_history_damaged(const char *folder, const char *what)
{
        struct pg_store *store = store_open(folder, PG_STORE_READ);
        struct pg_history *history = NULL;
        struct pg_error error = {0};

        if (pg_store_history(store, &history, &error) != -EBADMSG)
                fail_msg("accepted: %s", what);
        assert_null(history);
        assert_non_null(strstr(error.message, "is damaged: column "));
        pg_store_close(store);
        use_all(folder, PG_STORE_READ);
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
                "(1, 0, 0, 0, " DIGEST_SQL " || 'x', x'', x'')",
                "(1, 0, 0, 0, upper(" DIGEST_SQL "), x'', x'')",
                "(1, 0, 0, 0, " DIGEST_SQL ", NULL, x'')",
                "(1, 0, 0, 0, " DIGEST_SQL ", x'6162', x'')",
                "(1, 0, 0, 0, " DIGEST_SQL ", x'', 'text')",
                "(1, 0, 0, 0, " DIGEST_SQL ", x'', zeroblob(1000000))",
        };
        static const char *const values[][2] = {
                {"uid", "'root'"},      {"uid", "-1"},
                {"login_uid", "1.5"},   {"login_uid", "4294967296"},
                {"message", "x'00'"},   {"message", "'a' || char(0) || 'b'"},
                {"sudo_user", "5"},     {"ssh_peer", "x'41'"},
                {"process", "char(0)"},
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
                check_history_damaged(folder, rows[i]);
        }
        for (size_t i = 0; i < PG_ELEMENTSOF(values); i++) {
                snprintf(sql, sizeof(sql),
                         "DELETE FROM generations; INSERT INTO generations(" COLUMNS ", %s) "
                         "VALUES(1, 0, 0, 0, " DIGEST_SQL ", x'', x'', %s)",
                         values[i][0], values[i][1]);
                run_sql(folder, sql);
                check_history_damaged(folder, values[i][1]);
        }
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
        const char *folder = *state, *path = in_folder(folder, PG_STATE_HISTORY);
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
                STORE_TEST(edited_rows),
                STORE_TEST(edited_tables),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
