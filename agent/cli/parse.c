/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a command line by the tables of options. */
#include "cli/parse.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/strings.h"
#include "cli/commands/commands.h"
#include "cli/number.h"
#include "cli/text/text.h"

#define ROWS_MAX 32

/* getopt_long() gives this plus the row's index for a long option, and the letter for a short one. */
#define LONG_OPTION 256

struct parser {
        const struct pg_command *command; /* NULL: in front of the command */
        const struct pg_option *rows[ROWS_MAX];
        size_t n;
        struct option longs[ROWS_MAX + 1];
        char letters[2 * ROWS_MAX + 3];
        struct pg_error *error;
};

static void add_rows(struct parser *parser, const struct pg_option_group *group)
{
        size_t used = strlen(parser->letters);

        for (size_t i = 0; i < group->n; i++) {
                const struct pg_option *row = &group->rows[i];
                struct option *option = &parser->longs[parser->n];

                assert(parser->n < ROWS_MAX);
                option->name = row->name;
                option->has_arg = row->kind == PG_OPTION_FLAG ? no_argument : required_argument;
                option->val = LONG_OPTION + (int)parser->n;
                parser->rows[parser->n++] = row;
                if (!row->letter)
                        continue;
                parser->letters[used++] = row->letter;
                if (row->kind != PG_OPTION_FLAG)
                        parser->letters[used++] = ':';
        }
}

static void parser_init(struct parser *parser, const struct pg_command *command, struct pg_error *error)
{
        *parser = (struct parser){.command = command, .error = error};
        /* '-': arguments are handed out in their place, so argv[optind] is always the word at hand;
         * '+': stop at the first one; ':': tell a missing value from an unknown option. */
        parser->letters[0] = command ? '-' : '+';
        parser->letters[1] = ':';
        for (size_t i = 0; command && i < PG_COMMAND_GROUPS_MAX && command->groups[i]; i++)
                add_rows(parser, command->groups[i]);
        add_rows(parser, &pg_global_options);
}

static const struct pg_option *row_of(const struct parser *parser, int code)
{
        if (code >= LONG_OPTION)
                return parser->rows[code - LONG_OPTION];
        for (size_t i = 0; code != 0 && i < parser->n; i++)
                if (parser->rows[i]->letter == code)
                        return parser->rows[i];
        return NULL;
}

static bool has_option(const struct pg_command *command, const char *name, size_t length)
{
        for (size_t i = 0; i < PG_COMMAND_GROUPS_MAX && command->groups[i]; i++)
                for (size_t j = 0; j < command->groups[i]->n; j++) {
                        const char *other = command->groups[i]->rows[j].name;

                        if (strlen(other) == length && strncmp(other, name, length) == 0)
                                return true;
                }
        return false;
}

/* "apply: ", and nothing in front of the command. */
#define WHERE(parser) (parser)->command ? (parser)->command->name : "", (parser)->command ? ": " : ""

/* `meant` is the row that the word abbreviates, or NULL; `letter` the one that is unknown in "-nx", or
 * 0. */
static int unknown_option(const struct parser *parser, const char *word, const struct pg_option *meant,
                          int letter)
{
        size_t dashes = word[1] == '-' ? 2 : 1, length = strcspn(word + dashes, "=");
        _cleanup_(pg_freep) char *name = strndup(word + dashes, length);
        const char *names[ROWS_MAX], *nearest;

        if (!name)
                return pg_error_memory(parser->error);
        for (size_t i = 0; i < parser->n; i++)
                names[i] = parser->rows[i]->name;
        nearest = meant ? meant->name : pg_nearest(name, names, parser->n);
        if (nearest)
                return pg_error_set(parser->error, PG_STATUS_USAGE, -EINVAL,
                                    "%s%sunknown option '%.*s' (did you mean '--%s'?)", WHERE(parser),
                                    (int)(dashes + length), word, nearest);
        for (size_t i = 0; !parser->command && pg_commands[i]; i++)
                if (has_option(pg_commands[i], name, length))
                        return pg_error_set(
                                parser->error, PG_STATUS_USAGE, -EINVAL,
                                "option '--%s' belongs behind the command: portguard %s --%s", name,
                                pg_commands[i]->name, name);
        if (dashes == 1) {
                name[0] = (char)letter;
                length = 1;
        }
        return pg_error_set(parser->error, PG_STATUS_USAGE, -EINVAL,
                            "%s%sunknown option '%.*s%.*s' (see: portguard%s%s --help)", WHERE(parser),
                            (int)dashes, word, (int)length, name, parser->command ? " " : "",
                            parser->command ? parser->command->name : "");
}

/* getopt_long() takes any unambiguous beginning of a name; a script that relies on that breaks when the
 * next option comes, and --profile must not be taken for --profiles. */
static bool is_abbreviated(const char *word, const struct pg_option *row)
{
        return word[1] == '-' && strcspn(word + 2, "=") != strlen(row->name);
}

static int store_choice(const struct parser *parser, const struct pg_option *row, const char *value,
                        const char **ret)
{
        const char *choice = row->argument;

        for (size_t length; *choice; choice += length + (choice[length] == '|')) {
                length = strcspn(choice, "|");
                if (strlen(value) != length || strncmp(value, choice, length) != 0)
                        continue;
                *ret = value;
                return 0;
        }
        return pg_error_set(parser->error, PG_STATUS_USAGE, -EINVAL,
                            "%s%soption '--%s' takes %s, not '%s'", WHERE(parser), row->name,
                            row->argument, value);
}

/* `problem` says what is wrong with the value; NULL: nothing. */
static int check_value(const struct parser *parser, const struct pg_option *row, const char *value,
                       const char *problem)
{
        if (!problem)
                return 0;
        return pg_error_set(parser->error, PG_STATUS_USAGE, -EINVAL, "%s%soption '--%s %s': %s",
                            WHERE(parser), row->name, value, problem);
}

static int store_number(const struct parser *parser, const struct pg_option *row, const char *value,
                        uint32_t max, uint32_t *ret)
{
        _cleanup_(pg_freep) char *problem = NULL;
        uint32_t number;

        if (!pg_number_parse(value, &number) || number > max)
                problem = pg_number_problem(value, max);
        else
                *ret = number;
        return check_value(parser, row, value, problem);
}

static int store(const struct parser *parser, const struct pg_option *row, const char *value,
                 struct pg_options *options)
{
        void *place = (char *)options + row->offset;
        struct pg_list *list = place;
        const char **item;

        switch (row->kind) {
        case PG_OPTION_FLAG:
                *(bool *)place = true;
                return 0;
        case PG_OPTION_TEXT:
                *(const char **)place = value;
                return 0;
        case PG_OPTION_CHOICE:
                return store_choice(parser, row, value, place);
        case PG_OPTION_LIST:
                item = PG_ARRAY_ADD(list->items, list->n);
                if (!item)
                        return pg_error_memory(parser->error);
                *item = value;
                return 0;
        case PG_OPTION_DURATION:
                return check_value(parser, row, value, pg_duration_parse(value, place));
        case PG_OPTION_TRIAL:
                return check_value(parser, row, value, pg_trial_duration_parse(value, place));
        case PG_OPTION_NUMBER:
                return store_number(parser, row, value, UINT32_MAX, place);
        case PG_OPTION_KEEP:
                return store_number(parser, row, value, PG_HISTORY_KEEP_MAX, place);
        case PG_OPTION_PORT:
                return store_number(parser, row, value, UINT16_MAX, place);
        case PG_OPTION_REFUSED:
                return store_number(parser, row, value, PG_REFUSED_MAX, place);
        }
        return 0;
}

static int add_argument(const struct parser *parser, const char *word, struct pg_options *options)
{
        const char **item = PG_ARRAY_ADD(options->arguments.items, options->arguments.n);

        if (!item)
                return pg_error_memory(parser->error);
        *item = word;
        return 0;
}

static int take(const struct parser *parser, int code, const char *word, struct pg_options *options)
{
        const struct pg_option *row;

        if (code == 1)
                return add_argument(parser, optarg, options);
        row = row_of(parser, code == '?' || code == ':' ? optopt : code);
        if (!row || is_abbreviated(word, row))
                return unknown_option(parser, word, row, optopt);
        if (code == ':')
                return pg_error_set(parser->error, PG_STATUS_USAGE, -EINVAL,
                                    "%s%soption '--%s' needs a value: --%s %s", WHERE(parser),
                                    row->name, row->name, row->argument);
        if (code == '?')
                return pg_error_set(parser->error, PG_STATUS_USAGE, -EINVAL,
                                    "%s%soption '--%s' takes no value", WHERE(parser), row->name);
        return store(parser, row, optarg, options);
}

int pg_options_parse(struct pg_options *options, const struct pg_command *command, int argc,
                     char **argv, int *ret_next, struct pg_error *error)
{
        struct parser parser;
        int r;

        parser_init(&parser, command, error);
        optind = 0; /* in glibc: forget the last command line */
        opterr = 0;
        for (;;) {
                const char *word = argv[optind > 0 ? optind : 1];
                int code = getopt_long(argc, argv, parser.letters, parser.longs, NULL);

                if (code < 0)
                        break;
                r = take(&parser, code, word, options);
                if (r < 0)
                        return r;
        }
        for (int i = optind; command && i < argc; i++) {
                r = add_argument(&parser, argv[i], options);
                if (r < 0)
                        return r;
        }
        if (ret_next)
                *ret_next = optind;
        return 0;
}
