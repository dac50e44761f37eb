/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one commit to an SQLite database takes, as a whole process: what the history is measured by. */
#include <err.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
        "usage: bench_commit make|insert FILE\n"
        "\n"
        "make makes a database of one small table. insert adds one row to it, in one transaction that has\n"
        "reached the disk when it ends: with the journal and the durability of portguard's history.\n";

static void run(sqlite3 *database, const char *sql)
{
        if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK)
                errx(1, "%s: %s", sql, sqlite3_errmsg(database));
}

static void insert(sqlite3 *database)
{
        sqlite3_stmt *statement;

        run(database, "BEGIN IMMEDIATE");
        if (sqlite3_prepare_v2(database, "INSERT INTO words(word) VALUES(?)", -1, &statement, NULL) !=
                    SQLITE_OK ||
            sqlite3_bind_text(statement, 1, "word", -1, SQLITE_STATIC) != SQLITE_OK ||
            sqlite3_step(statement) != SQLITE_DONE)
                errx(1, "INSERT: %s", sqlite3_errmsg(database));
        sqlite3_finalize(statement);
        run(database, "COMMIT");
}

int main(int argc, char **argv)
{
        bool is_make = argc == 3 && strcmp(argv[1], "make") == 0;
        sqlite3 *database;

        if (argc != 3 || (!is_make && strcmp(argv[1], "insert") != 0)) {
                fputs(usage, stderr);
                return 2;
        }
        if (sqlite3_open_v2(argv[2], &database,
                            SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
                                    (is_make ? SQLITE_OPEN_CREATE : 0),
                            NULL) != SQLITE_OK)
                errx(1, "%s: %s", argv[2], sqlite3_errmsg(database));
        /* As agent/state/store/store.c has them. */
        run(database, "PRAGMA journal_mode=TRUNCATE;PRAGMA synchronous=FULL;PRAGMA temp_store=MEMORY");
        if (is_make)
                run(database, "CREATE TABLE words(number INTEGER PRIMARY KEY, word TEXT NOT NULL)");
        else
                insert(database);
        return sqlite3_close(database) == SQLITE_OK ? 0 : 1;
}
