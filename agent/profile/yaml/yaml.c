/* SPDX-License-Identifier: GPL-2.0-or-later */
/* YAML by libfyaml's events; what the format does not have is refused on the way. */
#include <errno.h>
#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "profile/yaml/internal.h"

struct scalar_text {
        char *bytes;
        size_t length, size;
};

struct parser {
        struct pg_tree tree;
        struct fy_parser *yaml;
        struct fy_diag *diag;
        struct fy_token_iter *iterator;
        struct scalar_text text; /* of the scalar that is read; the memory is used again */
};

static struct pg_place place_of(struct pg_tree *tree, struct fy_token *token)
{
        const struct fy_mark *mark = token ? fy_token_start_mark(token) : NULL;

        if (mark) {
                tree->last.line = (unsigned)mark->line + 1;
                tree->last.column = (unsigned)mark->column + 1;
        }
        return tree->last;
}

/* libfyaml's mark is on the name behind & and *, and on the text behind a quote. */
static struct pg_place place_before(struct pg_tree *tree, struct fy_token *token)
{
        struct pg_place place = place_of(tree, token);

        place.column -= place.column > 1;
        return place;
}

/* Adds a piece to the scalar's text that is gathered. */
static int gather(struct scalar_text *text, const char *piece, size_t length)
{
        if (length > text->size - text->length) {
                size_t size = 2 * (text->length + length) + 64;
                char *bytes = realloc(text->bytes, size);

                if (!bytes)
                        return -ENOMEM;
                text->bytes = bytes;
                text->size = size;
        }
        if (length > 0)
                memcpy(text->bytes + text->length, piece, length);
        text->length += length;
        return 0;
}

/* Piece by piece: fy_token_get_text() trusts a length that it has guessed, and where that is wrong it
 * gives text that is cut or was never written (0.7.12). */
static int read_text(struct parser *parser, struct fy_token *token)
{
        const struct fy_iter_chunk *chunk = NULL;
        int r = 0, problem = 0;

        parser->text.length = 0;
        fy_token_iter_start(token, parser->iterator);
        while (r == 0 && (chunk = fy_token_iter_chunk_next(parser->iterator, chunk, &problem)))
                r = gather(&parser->text, chunk->str, chunk->len);
        fy_token_iter_finish(parser->iterator);
        if (r == 0 && problem)
                pg_tree_report(
                        &parser->tree, place_of(&parser->tree, token),
                        "the text holds an escape that means nothing (write \\\\ for a backslash)");
        return r;
}

static int add_scalar(struct parser *parser, struct fy_token *token)
{
        struct pg_tree *tree = &parser->tree;
        struct pg_place place = place_of(tree, token);
        struct scalar_text *text = &parser->text;
        enum fy_scalar_style style = FYSS_PLAIN;
        int r;

        text->length = 0;
        if (token) {
                style = fy_token_scalar_style(token);
                if (style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED)
                        place = place_before(tree, token);
                r = read_text(parser, token);
                if (r < 0)
                        return r;
        }
        /* Four such quotes are two, but libfyaml 0.7.12 makes three of them. */
        if (style == FYSS_SINGLE_QUOTED && text->length > 1 &&
            memmem(text->bytes, text->length, "''", 2))
                pg_tree_report(tree, place, "several quotes in a row must stand in \"double quotes\"");
        if (pg_yaml_find_unprintable(text->bytes, text->length) < text->length) {
                pg_tree_report(tree, place, "the text holds a control character (remove it)");
                text->length = 0;
        }
        return pg_tree_add_scalar(tree, place, text->bytes, text->length);
}

static void check_properties(struct pg_tree *tree, struct fy_token *anchor, struct fy_token *tag)
{
        if (anchor)
                pg_tree_report(tree, place_before(tree, anchor),
                               "anchors (&name) are not part of this format (write the value out)");
        if (tag)
                pg_tree_report(
                        tree, place_of(tree, tag),
                        "tags (!name) are not part of this format (remove it, or quote the text)");
}

static int begin_document(struct pg_tree *tree, struct fy_token *token)
{
        struct pg_place place = place_of(tree, token);

        if (tree->begun)
                return pg_tree_refuse(tree, place,
                                      token ? "a second document begins here (remove it)"
                                            : "a second document begins behind this (remove it)");
        tree->begun = true;
        return 0;
}

static int take_event(struct parser *parser, const struct fy_event *event)
{
        struct pg_tree *tree = &parser->tree;

        switch (event->type) {
        case FYET_DOCUMENT_START:
                return begin_document(tree, event->document_start.document_start);
        case FYET_MAPPING_START:
                check_properties(tree, event->mapping_start.anchor, event->mapping_start.tag);
                return pg_tree_open(tree, PG_NODE_MAP,
                                    place_of(tree, event->mapping_start.mapping_start));
        case FYET_SEQUENCE_START:
                check_properties(tree, event->sequence_start.anchor, event->sequence_start.tag);
                return pg_tree_open(tree, PG_NODE_LIST,
                                    place_of(tree, event->sequence_start.sequence_start));
        case FYET_MAPPING_END:
        case FYET_SEQUENCE_END:
                return pg_tree_close(tree);
        case FYET_SCALAR:
                check_properties(tree, event->scalar.anchor, event->scalar.tag);
                return add_scalar(parser, event->scalar.value);
        case FYET_ALIAS:
                pg_tree_report(
                        tree, place_before(tree, event->alias.anchor),
                        "aliases (*name) are not part of this format (write the value out, or quote "
                        "it)");
                return add_scalar(parser, NULL);
        default:
                return 0;
        }
}

/* How to repair what libfyaml calls so. */
static const struct {
        const char *problem, *advice;
} repairs[] = {
        {"missing comma",
         "put a comma between entries, and quotes around text that holds [ ] { } or ${...}"},
        {"closing bracket", "check that every [ has its ]"},
        {"closing brace", "check that every { has its }"},
        {"closing quote", "end the text with the quote that it begins with"},
        {"nested block mapping", "put quotes around a text that holds ': '"},
        {"multiline plain key", "check the indentation here and on the next line"},
        {"indentation", "begin all keys of one map, and all entries of one list, in one column"},
        {"expected ':'", "write KEY: VALUE"},
        {"cannot start with", "put quotes around the text"},
};

static const char *find_advice(const char *problem)
{
        for (size_t i = 0; i < PG_ELEMENTSOF(repairs); i++)
                if (strstr(problem, repairs[i].problem))
                        return repairs[i].advice;
        return "check the line against portguard-profile(5)";
}

/* libfyaml's own words may quote the file. */
static void report_words(const struct pg_tree *tree, struct pg_place place, const char *words)
{
        char shown[200];

        if (pg_diagnostics_conceals(tree->diagnostics, place.file)) {
                pg_diagnostics_add_plain(tree->diagnostics, PG_SEVERITY_ERROR, place,
                                         "this is no valid YAML (%s)", find_advice(words));
                return;
        }
        pg_printable(words, strlen(words), shown, sizeof(shown));
        pg_diagnostics_add(tree->diagnostics, PG_SEVERITY_ERROR, place,
                           "this is no valid YAML: %s (%s)", shown, find_advice(shown));
}

static void report_syntax(struct pg_tree *tree, struct fy_diag *diag)
{
        struct fy_diag_error *problem;
        void *iterator = NULL;

        while ((problem = fy_diag_errors_iterate(diag, &iterator))) {
                struct pg_place place = {.file = tree->file};

                if (problem->type != FYET_ERROR || !problem->msg)
                        continue;
                if (problem->line > 0 && problem->column > 0) {
                        place.line = (unsigned)problem->line;
                        place.column = (unsigned)problem->column;
                }
                report_words(tree, place, problem->msg);
                tree->broken = true;
                /* Those that follow come of the first. */
                return;
        }
        pg_tree_report(tree, tree->last, "this is no valid YAML from here on (check the next lines)");
}

static int build(struct parser *parser)
{
        struct fy_event *event;
        int r = 0;

        while (r >= 0 && (event = fy_parser_parse(parser->yaml))) {
                r = take_event(parser, event);
                fy_parser_event_free(parser->yaml, event);
        }
        if (r >= 0 && fy_parser_get_stream_error(parser->yaml)) {
                report_syntax(&parser->tree, parser->diag);
                r = -EINVAL;
        }
        return r < 0 ? r : parser->tree.broken ? -EINVAL : 0;
}

static int parser_begin(struct parser *parser, const char *text, size_t length)
{
        struct fy_diag_cfg diag_config;
        struct fy_parse_cfg config = {
                .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_DISABLE_ACCELERATORS |
                         FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE,
        };

        fy_diag_cfg_default(&diag_config);
        diag_config.fp = NULL;
        parser->diag = fy_diag_create(&diag_config);
        if (!parser->diag)
                return -ENOMEM;
        fy_diag_set_collect_errors(parser->diag, true);
        config.diag = parser->diag;
        parser->yaml = fy_parser_create(&config);
        parser->iterator = fy_token_iter_create(NULL);
        if (!parser->yaml || !parser->iterator || fy_parser_set_string(parser->yaml, text, length) != 0)
                return -ENOMEM;
        return 0;
}

static void parser_done(struct parser *parser)
{
        if (parser->iterator)
                fy_token_iter_destroy(parser->iterator);
        if (parser->yaml)
                fy_parser_destroy(parser->yaml);
        if (parser->diag)
                fy_diag_destroy(parser->diag);
        free(parser->text.bytes);
}

static int parse(struct parser *parser, const char *text, size_t length)
{
        int r = 0;

        if (length > 0)
                r = parser_begin(parser, text, length);
        if (length > 0 && r >= 0)
                r = build(parser);
        parser_done(parser);
        return r < 0 ? r : pg_tree_finish(&parser->tree);
}

int pg_yaml_parse(const char *file, const char *text, size_t length, struct pg_node **ret,
                  struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        struct parser parser = {
                .tree = {.file = file, .diagnostics = diagnostics, .last = {file, 1, 1}},
        };
        int r = -EINVAL;

        if (length > PG_YAML_SIZE_MAX)
                pg_tree_report(&parser.tree, (struct pg_place){.file = file},
                               "the file is larger than 1 MiB (split it)");
        else if (pg_yaml_text_is_good(file, text, length, diagnostics))
                r = parse(&parser, text, length);
        if (r >= 0) {
                *ret = parser.tree.root;
                return 0;
        }
        pg_tree_done(&parser.tree);
        if (r == -ENOMEM)
                return pg_error_memory(error);
        return pg_error_set(error, PG_STATUS_INVALID, r, "%s is not valid", pg_show(file).text);
}
