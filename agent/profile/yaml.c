/* SPDX-License-Identifier: GPL-2.0-or-later */
/* YAML by libfyaml's events; what the format does not have is refused on the way. */
#include "profile/yaml.h"

#include <errno.h>
#include <libfyaml.h>
#include <string.h>

#include "base/text.h"
#include "profile/yaml_text.h"
#include "profile/yaml_tree.h"

static struct pg_place place_of(struct pg_tree *tree, struct fy_token *token)
{
        const struct fy_mark *mark = token ? fy_token_start_mark(token) : NULL;

        if (mark) {
                tree->last.line = (unsigned)mark->line + 1;
                tree->last.column = (unsigned)mark->column + 1;
        }
        return tree->last;
}

/* The mark of an anchor or alias is on its name; the sign stands before it. */
static struct pg_place sign_place(struct pg_tree *tree, struct fy_token *token)
{
        struct pg_place place = place_of(tree, token);

        place.column -= place.column > 1;
        return place;
}

static int add_scalar(struct pg_tree *tree, struct fy_token *token)
{
        struct pg_place place = place_of(tree, token);
        const char *text = NULL;
        size_t length = 0;

        if (token) {
                text = fy_token_get_text(token, &length);
                if (!text && length > 0)
                        return -ENOMEM;
        }
        if (pg_yaml_find_unprintable(text, length) < length) {
                pg_tree_tell(tree, place, "the text holds a control character (remove it)");
                length = 0;
        }
        return pg_tree_add_scalar(tree, place, text, length);
}

static void check_properties(struct pg_tree *tree, struct fy_token *anchor, struct fy_token *tag)
{
        if (anchor)
                pg_tree_tell(tree, sign_place(tree, anchor),
                             "anchors (&name) are not part of this format (write the value out)");
        if (tag)
                pg_tree_tell(tree, place_of(tree, tag),
                             "tags (!name) are not part of this format (remove it, or quote the text)");
}

static int begin_document(struct pg_tree *tree, struct fy_token *token)
{
        struct pg_place place = place_of(tree, token);

        if (tree->begun)
                return pg_tree_refuse(tree, place,
                                      "a second document begins here (one file, one document)");
        tree->begun = true;
        return 0;
}

static int take_event(struct pg_tree *tree, const struct fy_event *event)
{
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
                return add_scalar(tree, event->scalar.value);
        case FYET_ALIAS:
                pg_tree_tell(
                        tree, sign_place(tree, event->alias.anchor),
                        "aliases (*name) are not part of this format (write the value out, or quote "
                        "it)");
                return add_scalar(tree, NULL);
        default:
                return 0;
        }
}

/* How to mend what libfyaml calls so. */
static const struct {
        const char *fault, *mend;
} mends[] = {
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

static const char *find_mend(const char *fault)
{
        for (size_t i = 0; i < PG_ELEMENTSOF(mends); i++)
                if (strstr(fault, mends[i].fault))
                        return mends[i].mend;
        return "check the line against portguard-profile(5)";
}

static void tell_syntax(struct pg_tree *tree, struct fy_diag *diag)
{
        struct fy_diag_error *fault;
        void *iterator = NULL;
        char shown[200];

        while ((fault = fy_diag_errors_iterate(diag, &iterator))) {
                struct pg_place place = {.file = tree->file};

                if (fault->type != FYET_ERROR || !fault->msg)
                        continue;
                if (fault->line > 0 && fault->column > 0) {
                        place.line = (unsigned)fault->line;
                        place.column = (unsigned)fault->column;
                }
                pg_printable(fault->msg, strlen(fault->msg), shown, sizeof(shown));
                pg_diagnostics_add(tree->diagnostics, PG_SEVERITY_ERROR, place,
                                   "this is no valid YAML: %s (%s)", shown, find_mend(shown));
                tree->faulty = true;
                /* Those that follow come of the first. */
                return;
        }
        pg_tree_tell(tree, tree->last, "this is no valid YAML from here on (check the next lines)");
}

static int build(struct pg_tree *tree, struct fy_parser *parser, struct fy_diag *diag)
{
        struct fy_event *event;
        int r = 0;

        while (r >= 0 && (event = fy_parser_parse(parser))) {
                r = take_event(tree, event);
                fy_parser_event_free(parser, event);
        }
        if (r >= 0 && fy_parser_get_stream_error(parser)) {
                tell_syntax(tree, diag);
                r = -EINVAL;
        }
        return r < 0 ? r : tree->faulty ? -EINVAL : 0;
}

static int parse(struct pg_tree *tree, const char *text, size_t length)
{
        struct fy_diag_cfg diag_config;
        struct fy_parse_cfg config = {
                .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_DISABLE_ACCELERATORS |
                         FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE,
        };
        struct fy_parser *parser;
        int r = -ENOMEM;

        fy_diag_cfg_default(&diag_config);
        diag_config.fp = NULL;
        config.diag = fy_diag_create(&diag_config);
        if (!config.diag)
                return -ENOMEM;
        fy_diag_set_collect_errors(config.diag, true);
        parser = fy_parser_create(&config);
        if (parser && fy_parser_set_string(parser, text, length) == 0)
                r = build(tree, parser, config.diag);
        if (parser)
                fy_parser_destroy(parser);
        fy_diag_destroy(config.diag);
        return r;
}

int pg_yaml_parse(const char *file, const char *text, size_t length, struct pg_node **ret,
                  struct pg_diagnostics *diagnostics, struct pg_error *error)
{
        struct pg_tree tree = {.file = file, .diagnostics = diagnostics, .last = {file, 1, 1}};
        int r = -EINVAL;

        if (length > PG_YAML_SIZE_MAX)
                pg_tree_tell(&tree, (struct pg_place){.file = file},
                             "the file is larger than 1 MiB (split it)");
        else if (pg_yaml_text_is_good(file, text, length, diagnostics))
                r = length == 0 ? 0 : parse(&tree, text, length);
        if (r >= 0)
                r = pg_tree_finish(&tree);
        if (r >= 0) {
                *ret = tree.root;
                return 0;
        }
        pg_tree_done(&tree);
        if (r == -ENOMEM)
                return pg_error_memory(error);
        return pg_error_set(error, PG_STATUS_INVALID, r, "%s is not valid", file);
}
