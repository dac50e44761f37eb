/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comments in userdata: the form of nft (libnftnl/udata.h: type 0 in chains, rules and elements). */
#include <stdlib.h>
#include <string.h>

#include "kernel/nft/internal.h"

#define TYPE_COMMENT 0

size_t pg_comment_encode(const char *comment, uint8_t userdata[static PG_USERDATA_MAX])
{
        size_t length = strlen(comment) + 1;

        if (length > PG_USERDATA_MAX - 3)
                length = PG_USERDATA_MAX - 3;
        userdata[0] = TYPE_COMMENT;
        userdata[1] = (uint8_t)length;
        memcpy(userdata + 2, comment, length);
        userdata[1 + length] = '\0';
        return 2 + length;
}

char *pg_comment_decode(const void *userdata, size_t length)
{
        const uint8_t *data = userdata;

        while (data && length >= 2 && length >= 2U + data[1]) {
                if (data[0] == TYPE_COMMENT && data[1] > 0) {
                        char *text = strndup((const char *)data + 2, data[1]);

                        for (char *p = text; p && *p != '\0'; p++)
                                if ((unsigned char)*p < 0x20 || *p == 0x7f || *p == '"')
                                        *p = '?';
                        return text;
                }
                length -= 2U + data[1];
                data += 2U + data[1];
        }
        return NULL;
}
