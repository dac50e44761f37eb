/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of chains and sets in the table. */
#include "ruleset/names.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Names stay readable in listings; the kernel takes 255 bytes. */
#define LABEL_MAX 40

void pg_slot_name(const char *base, char slot, char name[static PG_NAME_MAX])
{
        snprintf(name, PG_NAME_MAX, "%.*s_%c", PG_NAME_MAX - 4, base, slot);
}

/* "cluster, control-plane" becomes "cluster_control-plane": no name of a group, prefix or host has an
 * underscore. Returns whether the label came through unharmed. */
static bool sanitise(const char *label, char *buffer, size_t size)
{
        bool unharmed = true;
        size_t n = 0;

        for (const char *p = label; *p != '\0'; p++) {
                if (*p == ' ')
                        continue;
                if (n + 1 >= size) {
                        unharmed = false;
                        break;
                }
                if (*p == ',')
                        buffer[n++] = '_';
                else if (isalnum((unsigned char)*p) || strchr("-._/", *p))
                        buffer[n++] = *p;
                else {
                        buffer[n++] = '-';
                        unharmed = false;
                }
        }
        buffer[n] = '\0';
        return unharmed;
}

uint32_t pg_name_hash(const char *text)
{
        uint32_t value = 2166136261U;

        for (; *text != '\0'; text++)
                value = (value ^ (unsigned char)*text) * 16777619U;
        return value;
}

void pg_source_name(const char *label, const char *prefix, const char *suffix, char slot,
                    char name[static PG_NAME_MAX])
{
        char text[LABEL_MAX + 1];
        char number[16] = "";

        if (!sanitise(label, text, sizeof(text)))
                snprintf(number, sizeof(number), ".%08x", pg_name_hash(label));
        /* An identifier of nft begins with a letter. */
        if (prefix[0] == '\0' && !isalpha((unsigned char)text[0]))
                prefix = "net_";
        snprintf(name, PG_NAME_MAX, "%s%s%s%s_%c", prefix, text, number, suffix, slot);
}

bool pg_name_is_shard(const char *name)
{
        return strstr(name, "_v4.") || strstr(name, "_v6.");
}
