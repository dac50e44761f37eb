/* SPDX-License-Identifier: GPL-2.0-or-later */
/* YAML into trees: the places of nodes, and what the format does not have. */
#include <errno.h>

#include "profile/yaml/yaml.h"
#include "told.h"

struct parsed {
        struct pg_node *tree;
        struct pg_diagnostics *diagnostics;
        int result;
};

static struct parsed parse_bytes(const char *text, size_t length)
{
        struct parsed parsed = {0};
        struct pg_error error = {0};

        assert_int_equal(pg_diagnostics_new(&parsed.diagnostics), 0);
        parsed.result = pg_yaml_parse("x.yaml", text, length, &parsed.tree, parsed.diagnostics, &error);
        if (parsed.result < 0) {
                assert_null(parsed.tree);
                assert_int_equal(error.number, parsed.result);
                assert_true(pg_diagnostics_count(parsed.diagnostics, PG_SEVERITY_ERROR) > 0);
        }
        return parsed;
}

static struct parsed parse(const char *text)
{
        return parse_bytes(text, strlen(text));
}

static void done(struct parsed *parsed)
{
        pg_node_free(parsed->tree);
        pg_diagnostics_free(parsed->diagnostics);
}

static void check_bad(const char *text, const char *wanted)
{
        struct parsed parsed = parse(text);

        if (parsed.result != -EINVAL)
                fail_msg("taken: %s", text);
        check_told(parsed.diagnostics, wanted);
        done(&parsed);
}

static void check_place(const struct pg_node *node, unsigned line, unsigned column)
{
        assert_string_equal(node->place.file, "x.yaml");
        assert_int_equal(node->place.line, line);
        assert_int_equal(node->place.column, column);
}

static void test_tree(void **state)
{
        struct parsed parsed = parse("a: 1\nb:\n  - x\n  - {k: \"v\\u00e9\", '\xc3\xa9': ~}\nc:\n");
        const struct pg_node *list;

        (void)state;
        assert_int_equal(parsed.result, 0);
        assert_int_equal(parsed.tree->kind, PG_NODE_MAP);
        assert_int_equal(parsed.tree->n_children, 3);
        assert_string_equal(pg_node_get(parsed.tree, "a")->text, "1");
        check_place(pg_node_get(parsed.tree, "a"), 1, 4);
        check_place(pg_node_get(parsed.tree, "a")->key, 1, 1);
        list = pg_node_get(parsed.tree, "b");
        assert_int_equal(list->kind, PG_NODE_LIST);
        assert_int_equal(list->n_children, 2);
        assert_null(list->children[0]->key);
        check_place(list->children[1], 4, 5);
        assert_string_equal(list->children[1]->children[0]->text, "v\xc3\xa9");
        check_place(list->children[1]->children[0], 4, 9);
        check_place(list->children[1]->children[1]->key, 4, 20);
        assert_string_equal(pg_node_get(parsed.tree, "c")->text, "");
        assert_null(pg_node_get(parsed.tree, "d"));
        done(&parsed);
}

static void test_empty_is_a_map(void **state)
{
        static const char *const texts[] = {"",      "\n",          "# only a comment\n",
                                            "---\n", "--- \n...\n", "\xef\xbb\xbf"};

        (void)state;
        for (size_t i = 0; i < PG_ELEMENTSOF(texts); i++) {
                struct parsed parsed = parse(texts[i]);

                if (i + 1 < PG_ELEMENTSOF(texts)) {
                        assert_int_equal(parsed.result, 0);
                        assert_int_equal(parsed.tree->kind, PG_NODE_MAP);
                        assert_int_equal(parsed.tree->n_children, 0);
                }
                done(&parsed);
        }
}

static void test_line_ends(void **state)
{
        struct parsed parsed = parse("a:\r\n  b: c\r\nd: e # f\r\n");

        (void)state;
        assert_int_equal(parsed.result, 0);
        assert_string_equal(pg_node_get(pg_node_get(parsed.tree, "a"), "b")->text, "c");
        check_place(pg_node_get(parsed.tree, "d"), 3, 4);
        done(&parsed);
}

static void test_bytes(void **state)
{
        struct parsed parsed;

        (void)state;
        parsed = parse_bytes("a: b\nc: \0d\n\x01\n", 13);
        assert_int_equal(parsed.result, -EINVAL);
        check_told(parsed.diagnostics, "2:4: this is no text file");
        done(&parsed);
        check_bad(
                "a: \x1b[2J\n\xc3\xa9: \x7f\n",
                "1:4: the control character U+001B is not allowed\n2:4: the control character U+007F");
        check_bad("a: \xff\n", "1:4: this is no UTF-8 text");
        check_bad("a: \xc0\xaf\n", "1:4: this is no UTF-8 text");
        check_bad("a: \xe2\x80\xae\n", "1:4: the control character U+202E");
        check_bad("a: \xc2\x85\n", "1:4: the control character U+0085");
        check_bad("a: b\rc: d\n", "1:5: the control character U+000D");
        check_bad("a:\n\tb: c\n  \td: e\n", "2:1: a tab stands in the indentation\n"
                                            "3:3: a tab stands in the indentation");
        check_bad("a:\tb\nc: d\t# e\n", "1:3: a tab stands here (write a space)\n"
                                        "2:5: a tab stands here");
        check_bad("%YAML 1.1\n---\na: b\n", "1:1: YAML directives are not part");
        check_bad("%TAG ! tag:x,2000:\n---\na: b\n", "1:1: YAML directives are not part");
        check_bad(
                "a: \"\\x1b[2J\"\nb: \"\\0\"\nc: \"\\u202e\"\n",
                "1:4: the text holds a control\n2:4: the text holds a control\n3:4: the text holds a");
}

static void test_left_out(void **state)
{
        (void)state;
        check_bad("a: &x 1\nb: *x\n", "1:4: anchors\n2:4: aliases");
        check_bad("a: &x [1]\nb: &y {c: d}\n", "1:4: anchors\n2:4: anchors");
        check_bad("a: !!str 1\nb: !x [c]\nd: !x {e: f}\n", "1:4: tags\n2:4: tags\n3:4: tags");
        check_bad("a: b\n---\nc: d\n", "2:1: a second document begins here");
        check_bad("a: b\n...\nc\n", "1:4: a second document begins behind this");
        check_bad("? [a]\n: b\n", "1:3: a key must be plain text");
        check_bad("{a: b, {c: d}: e}\n", "1:8: a key must be plain text");
}

static void test_duplicates(void **state)
{
        (void)state;
        check_bad("a: 1\nb: {c: 1, d: 2, c: 3, c: 4}\na: 2\n",
                  "2:17: the key 'c' stands twice, first at line 2, column 5\n"
                  "2:23: the key 'c' stands twice, first at line 2, column 17\n"
                  "3:1: the key 'a' stands twice, first at line 1, column 1");
        check_bad("a: 1\n\"\\x61\": 2\n", "2:1: the key 'a' stands twice");
}

static void test_syntax(void **state)
{
        (void)state;
        check_bad("a: [1, 2\n",
                  "2:1: this is no valid YAML: flow sequence without a closing bracket (check");
        check_bad("a: b: c\n",
                  "1:5: this is no valid YAML: invalid nested block mapping on the same line (put");
        check_bad("a: [${x}]\n", "1:6: this is no valid YAML: missing comma in flow sequence (put");
        check_bad("a: \"x\n",
                  "1:5: this is no valid YAML: double-quoted scalar without closing quote (end");
        check_bad("a: @x\n", "1:4: this is no valid YAML: plain scalar cannot start with '@' (put");
        check_bad("a:\n  - b\n c: d\n",
                  "3:2: this is no valid YAML: invalid indentation in mapping (begin");
}

static void test_depth(void **state)
{
        char text[200];
        struct parsed parsed;

        (void)state;
        for (size_t depth = PG_YAML_DEPTH_MAX; depth <= PG_YAML_DEPTH_MAX + 1; depth++) {
                memset(text, '[', depth);
                memset(text + depth, ']', depth);
                text[2 * depth] = '\0';
                parsed = parse(text);
                assert_int_equal(parsed.result, depth > PG_YAML_DEPTH_MAX ? -EINVAL : 0);
                check_told(parsed.diagnostics, depth > PG_YAML_DEPTH_MAX
                                                       ? "1:17: lists and maps are nested too deeply"
                                                       : "");
                done(&parsed);
        }
}

static void test_limits(void **state)
{
        const size_t length = PG_YAML_SIZE_MAX;
        char *text = malloc(length + 1);
        struct parsed parsed;

        (void)state;
        assert_non_null(text);
        memset(text, '#', length + 1);
        for (size_t i = 1000; i < length; i += 1000)
                text[i] = '\n';
        parsed = parse_bytes(text, length);
        assert_int_equal(parsed.result, 0);
        done(&parsed);
        parsed = parse_bytes(text, length + 1);
        check_told(parsed.diagnostics, "0:0: the file is larger than 1 MiB");
        done(&parsed);
        free(text);
}

static void test_nodes(void **state)
{
        (void)state;
        for (int n = PG_YAML_NODES_MAX - 1; n <= PG_YAML_NODES_MAX; n++) {
                char *text = malloc(3 * PG_YAML_NODES_MAX);
                size_t length = (size_t)sprintf(text, "[");
                struct parsed parsed;

                for (int i = 0; i < n; i++)
                        length += (size_t)sprintf(text + length, "a,%s", i % 1000 ? "" : "\n");
                text[length++] = ']';
                parsed = parse_bytes(text, length);
                /* The list itself is a node too. */
                assert_int_equal(parsed.result, n == PG_YAML_NODES_MAX ? -EINVAL : 0);
                done(&parsed);
                free(text);
        }
}

/* What libfyaml would spend much memory or stack on. */
static void test_bounds_of_text(void **state)
{
        const size_t length = PG_YAML_SIZE_MAX;
        char *text = malloc(length);
        struct parsed parsed;

        (void)state;
        assert_non_null(text);
        memset(text, '#', length);
        text[16384] = '\n';
        parsed = parse_bytes(text, 20000);
        check_told(parsed.diagnostics, "");
        done(&parsed);
        text[16384] = '#';
        parsed = parse_bytes(text, 20000);
        check_told(parsed.diagnostics, "1:1: the line is longer than 16384 bytes (break it)");
        done(&parsed);
        memset(text, '\n', 110);
        for (size_t i = 0; i < strlen("a: |\n b"); i++)
                text[i] = "a: |\n b"[i];
        parsed = parse_bytes(text, 108);
        check_told(parsed.diagnostics, "");
        done(&parsed);
        parsed = parse_bytes(text, 110);
        check_told(parsed.diagnostics, "103:1: more than 100 blank lines follow one another");
        done(&parsed);
        for (size_t i = 0; i < length; i += 2) {
                text[i] = '[';
                text[i + 1] = '\n';
        }
        parsed = parse_bytes(text, length);
        check_told(parsed.diagnostics, "0:0: the file has more than 40000 opening brackets");
        done(&parsed);
        free(text);
}

/* Texts for which libfyaml guesses another length than they have, and others of each style. */
static void test_texts(void **state)
{
        static const struct {
                const char *yaml, *text;
        } cases[] = {
                {"'it''s'", "it's"},
                {"''''", "'"},
                {"\"a\\\"b\\\\\"", "a\"b\\"},
                {"\"a\\n\\tb\\x41\\u00e9\"", "a\n\tbA\xc3\xa9"},
                {"\"a\n    b\\\n    c\"", "a bc"},
                {"'a\n\n    b'", "a\nb"},
                {"plain\n  more", "plain more"},
                {"|\n  x\n   y\n", "x\n y\n"},
                {"|-\n  x\n", "x"},
                {">\n  x\n  y\n\n  z\n", "x y\nz\n"},
        };

        (void)state;
        for (size_t i = 0; i < PG_ELEMENTSOF(cases); i++) {
                struct parsed parsed;
                char text[100];

                snprintf(text, sizeof(text), "a: %s\n", cases[i].yaml);
                parsed = parse(text);
                assert_int_equal(parsed.result, 0);
                assert_string_equal(pg_node_get(parsed.tree, "a")->text, cases[i].text);
                done(&parsed);
        }
}

/* libfyaml would abort. */
static void test_backslash_at_the_end(void **state)
{
        (void)state;
        check_bad("a: \"\\", "0:0: the file ends with a backslash");
        check_bad("a: \\", "0:0: the file ends with a backslash");
        check_bad("a: \"\\\n", "1:5: this is no valid YAML");
}

static void test_quotes_in_a_row(void **state)
{
        (void)state;
        check_bad("a: 'b''''c'\n", "1:4: several quotes in a row must stand in \"double quotes\"");
}

/* Input that could cost the square of its size. */
static void test_large_map(void **state)
{
        char *text = malloc(PG_YAML_SIZE_MAX);
        size_t length = 0;
        struct parsed parsed;

        (void)state;
        assert_non_null(text);
        for (int i = 0; i < 9000; i++)
                length += (size_t)sprintf(text + length, "key%d: %d\n", i % 8999, i);
        parsed = parse_bytes(text, length);
        check_told(parsed.diagnostics,
                   "9000:1: the key 'key0' stands twice, first at line 1, column 1");
        done(&parsed);
        free(text);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_tree),
                cmocka_unit_test(test_empty_is_a_map),
                cmocka_unit_test(test_line_ends),
                cmocka_unit_test(test_bytes),
                cmocka_unit_test(test_left_out),
                cmocka_unit_test(test_duplicates),
                cmocka_unit_test(test_syntax),
                cmocka_unit_test(test_depth),
                cmocka_unit_test(test_limits),
                cmocka_unit_test(test_nodes),
                cmocka_unit_test(test_large_map),
                cmocka_unit_test(test_bounds_of_text),
                cmocka_unit_test(test_texts),
                cmocka_unit_test(test_backslash_at_the_end),
                cmocka_unit_test(test_quotes_in_a_row),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
