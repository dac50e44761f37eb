/* SPDX-License-Identifier: GPL-2.0-or-later */
/* State directories for tests, each of its own, and histories in them. */
#ifndef PG_TESTS_STORES_H
#define PG_TESTS_STORES_H

#include "state/store/store.h"
#include "unit/policies.h"

#define DIGEST "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* Fails with the error's message unless the call succeeds. */
#define CHECK(call)                                               \
        do {                                                      \
                if ((call) < 0)                                   \
                        fail_msg("%s: %s", #call, error.message); \
        } while (0)

/* A test whose *state is the path of a fresh directory, which goes with all that is in it. */
#define STORE_TEST(function) cmocka_unit_test_setup_teardown(function, folder_setup, folder_teardown)
int folder_setup(void **state);
int folder_teardown(void **state);

/* FOLDER/NAME, in one of a few buffers that are used in turn. */
const char *in_folder(const char *folder, const char *name);

/* Opens the history, or fails. */
struct pg_store *store_open(const char *folder, enum pg_store_access access);

/* Opens it and fails unless that is refused with this number, and a message. The message's text is
 * left in *ret_error, where it is not NULL. */
void check_refused(const char *folder, enum pg_store_access access, int number,
                   struct pg_error *ret_error);

/* Adds a generation with the policy of the profile `ssh`. */
void store_add(struct pg_store *store, uint32_t number);
void store_event(struct pg_store *store, uint32_t number, enum pg_event_kind kind);

/* Runs a statement on the database beside the store, as somebody with sqlite3(1) would. */
void run_sql(const char *folder, const char *sql);
/* Fails unless the statement is refused with this message. */
void check_sql_refused(const char *folder, const char *sql, const char *message);
/* The first column of the first row, as a number. */
int64_t query_sql(const char *folder, const char *sql);

#endif
