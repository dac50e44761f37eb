/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What changes the policy, and the lockout guard before it. */
#ifndef PG_ENGINE_CHANGE_CHANGE_H
#define PG_ENGINE_CHANGE_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

/* What is left of a trial, in words: "1 min 58 s". Returns `text`. */
#define PG_LEFT_TEXT_MAX 32
const char *pg_left_text(uint64_t left_ms, char text[static PG_LEFT_TEXT_MAX]);

#endif
