/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What it takes to read files of prefixes and to sort them, and nothing else, as a whole process. */
#include <err.h>
#include <stdio.h>

#include "profile/site/internal.h"

int main(int argc, char **argv)
{
        if (argc < 2) {
                fputs("usage: bench_groups FILE...\n\nReads each file as portguard reads a group, and sorts it.\n",
                      stderr);
                return 2;
        }
        for (int i = 1; i < argc; i++) {
                struct pg_addresses addresses = {0};
                struct pg_diagnostics *diagnostics;
                struct pg_error error;

                if (pg_diagnostics_new(&diagnostics) < 0 ||
                    pg_group_file_read(argv[i], &addresses, diagnostics, &error) < 0)
                        errx(1, "%s: cannot be read", argv[i]);
                pg_addresses_normalise(&addresses);
                pg_addresses_done(&addresses);
                pg_diagnostics_free(diagnostics);
        }
        return 0;
}
