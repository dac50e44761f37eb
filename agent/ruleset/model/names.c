/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of chains and sets in the table. */
#include "ruleset/model/names.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/ports.h"

/* Names stay readable in listings; the kernel takes 255 bytes. */
#define LABEL_MAX 40

void pg_slot_name(const char *base, char slot, char name[static PG_NAME_MAX])
{
        snprintf(name, PG_NAME_MAX, "%.*s_%c", PG_NAME_MAX - 4, base, slot);
}

static const char *word(enum pg_direction direction)
{
        return direction == PG_IN ? "input" : "output";
}

void pg_ports_name(enum pg_direction direction, uint8_t protocol, char slot,
                   char name[static PG_NAME_MAX])
{
        char text[16];

        pg_protocol_format(protocol, text, sizeof(text));
        if (pg_protocol_has_ports(protocol))
                snprintf(name, PG_NAME_MAX, "%s_%s_ports_%c", word(direction), text, slot);
        else
                snprintf(name, PG_NAME_MAX, "%s_protocols_%c", word(direction), slot);
}

void pg_hits_name(enum pg_direction direction, uint8_t protocol, char slot,
                  char name[static PG_NAME_MAX])
{
        snprintf(name, PG_NAME_MAX, "%s_%s_%c", word(direction),
                 pg_protocol_has_ports(protocol) ? "hits" : "protocol_hits", slot);
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

/* What stands between the last '_' before the slot and the slot: "v4nets-2.10.0.0.0/12". No name of a
 * family, kind or region has an underscore. */
struct tail {
        size_t kind_end; /* behind "v4" or "v4nets", from the name's beginning */
        bool is_second;  /* "-2" follows */
        bool is_shard;   /* a region follows */
};

static bool find_tail(const char *name, struct tail *ret)
{
        size_t length = strlen(name);
        const char *p, *end;

        if (length < 3 || name[length - 2] != '_')
                return false;
        end = name + length - 2;
        for (p = end; p > name && p[-1] != '_'; p--)
                ;
        if (p == name || p[0] != 'v' || (p[1] != '4' && p[1] != '6'))
                return false;
        p += 2;
        if (strncmp(p, "nets", 4) == 0)
                p += 4;
        ret->kind_end = (size_t)(p - name);
        ret->is_second = strncmp(p, "-2", 2) == 0;
        if (ret->is_second)
                p += 2;
        ret->is_shard = *p == '.';
        return ret->is_shard || p == end;
}

bool pg_name_is_shard(const char *name)
{
        struct tail tail;

        return find_tail(name, &tail) && tail.is_shard;
}

void pg_name_first(const char *name, char first[static PG_NAME_MAX])
{
        struct tail tail;

        snprintf(first, PG_NAME_MAX, "%s", name);
        if (find_tail(name, &tail) && tail.is_second)
                snprintf(first + tail.kind_end, PG_NAME_MAX - tail.kind_end, "%s",
                         name + tail.kind_end + 2);
}

void pg_name_twin(const char *name, char twin[static PG_NAME_MAX])
{
        struct tail tail;

        pg_name_first(name, twin);
        if (find_tail(name, &tail) && !tail.is_second)
                snprintf(twin + tail.kind_end, PG_NAME_MAX - tail.kind_end, "-2%s",
                         name + tail.kind_end);
}

int pg_name_compare(const char *a, const char *b)
{
        char x[PG_NAME_MAX], y[PG_NAME_MAX];
        int r;

        if (!strstr(a, "-2") && !strstr(b, "-2"))
                return strcmp(a, b);
        pg_name_first(a, x);
        pg_name_first(b, y);
        r = strcmp(x, y);
        return r != 0 ? r : strcmp(a, b);
}

void pg_accepted_name(enum pg_direction direction, char slot, char name[static PG_NAME_MAX])
{
        pg_slot_name(direction == PG_IN ? "accepted" : "accepted_output", slot, name);
}
