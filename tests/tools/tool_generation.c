/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints the id of the ruleset's generation in this network namespace. */
#include <stdio.h>

#include "kernel/nft/nft.h"

int main(void)
{
        _cleanup_(pg_nft_closep) struct pg_nft *nft = NULL;
        struct pg_error error;
        uint32_t id;

        if (pg_nft_open(&nft, &error) < 0 || pg_nft_genid(nft, &id, &error) < 0) {
                fprintf(stderr, "%s\n", error.message);
                return 1;
        }
        printf("%u\n", id);
        return 0;
}
