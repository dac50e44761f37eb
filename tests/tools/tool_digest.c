/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints the digest of the slot in force in this network namespace. */
#include <stdio.h>

#include "engine/table.h"
#include "ruleset/digest.h"

int main(void)
{
        _cleanup_(pg_nft_closep) struct pg_nft *nft = NULL;
        char digest[PG_DIGEST_TEXT_SIZE];
        struct pg_table table = {0};
        struct pg_error error;

        if (pg_nft_open(&nft, &error) < 0 || pg_table_read(nft, PG_READ_ALL, &table, &error) < 0) {
                fprintf(stderr, "%s\n", error.message);
                return 1;
        }
        pg_ruleset_digest(table.snapshot.ruleset, table.slot, digest);
        puts(digest);
        pg_table_done(&table);
        return 0;
}
