/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Profiles with their includes: order, cycles, what is missing. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "profile/catalog/catalog.h"
#include "told.h"

static char folder[] = "/tmp/test_catalog.XXXXXX";

static void write_file(const char *name, const char *text)
{
        _cleanup_(pg_fclosep) FILE *file = fopen(name, "we");

        assert_non_null(file);
        assert_int_equal(fchmod(fileno(file), 0644), 0);
        assert_true(fputs(text, file) >= 0);
}

/* A profile in the folder `one`, with the rest of its text behind name and summary. */
static void write_profile(const char *name, const char *rest)
{
        char path[100], text[1000];

        snprintf(path, sizeof(path), "one/%s.yaml", name);
        snprintf(text, sizeof(text), "name: %s\nsummary: x\n%s", name, rest);
        write_file(path, text);
}

static int enter(void **state)
{
        (void)state;
        if (!mkdtemp(folder) || chmod(folder, 0755) < 0 || chdir(folder) < 0 ||
            mkdir("one", 0755) < 0 || mkdir("two", 0755) < 0)
                return -1;
        write_profile("base", "");
        write_profile("ssh",
                      "include: [base]\nservices:\n  ssh: {summary: x, ports: tcp/22, from: any}\n");
        write_profile("web", "include: [base, {profile: ssh, optional: [ssh]}]\n");
        write_profile("top", "include:\n  - web\n  - ssh\n");
        write_file("two/ssh.yaml", "not even a map");
        write_file("two/extra.yaml", "name: extra\nsummary: y\ninclude: [base]\n");
        write_file("two/README.md", "");
        write_file("two/Bad_Name.yaml", "");
        write_file("two/.yaml", "");
        return mkdir("two/folder.yaml", 0755);
}

static int leave(void **state)
{
        char command[64];

        (void)state;
        snprintf(command, sizeof(command), "rm -r %s", folder);
        return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static struct pg_catalog *load(const char *path, const char *const *names, size_t n, const char *wanted)
{
        struct pg_catalog *catalog = NULL;
        struct pg_diagnostics *diagnostics;
        struct pg_error error = {0};
        int r;

        assert_int_equal(pg_diagnostics_new(&diagnostics), 0);
        r = pg_catalog_load(path, names, n, &catalog, diagnostics, &error);
        check_told(diagnostics, wanted);
        assert_int_equal(r, *wanted ? -EINVAL : 0);
        assert_int_equal(error.number, r);
        assert_int_equal(catalog == NULL, r < 0);
        pg_diagnostics_free(diagnostics);
        return catalog;
}

static void check_one(const char *name, const char *wanted)
{
        pg_catalog_free(load("one:two", &name, 1, wanted));
}

static void test_order(void **state)
{
        const char *const names[] = {"top", "ssh", "extra"};
        static const struct {
                const char *name;
                bool requested;
        } wanted[] = {{"base", false}, {"ssh", true}, {"web", false}, {"top", true}, {"extra", true}};
        _cleanup_(pg_catalog_freep) struct pg_catalog *catalog = load("absent:one::two/", names, 3, "");

        (void)state;
        assert_int_equal(catalog->n_entries, PG_ELEMENTSOF(wanted));
        for (size_t i = 0; i < PG_ELEMENTSOF(wanted); i++) {
                assert_string_equal(catalog->entries[i].profile->name, wanted[i].name);
                assert_int_equal(catalog->entries[i].requested, wanted[i].requested);
        }
        assert_string_equal(pg_catalog_find(catalog, "ssh")->file, "one/ssh.yaml");
        assert_string_equal(pg_catalog_find(catalog, "extra")->file, "two/extra.yaml");
        assert_null(pg_catalog_find(catalog, "absent"));
}

static void test_missing(void **state)
{
        (void)state;
        check_one("sshd", "0:0: there is no profile 'sshd' in one:two (did you mean 'ssh'?)");
        check_one(
                "nothing-like-it",
                "0:0: there is no profile 'nothing-like-it' in one:two (see: portguard profiles list)");
        check_one("../one/ssh", "0:0: there is no profile '../one/ssh' in one:two");
        check_one("", "0:0: there is no profile ''");
        write_profile("lost", "include: [webb]\n");
        check_one("lost", "3:11: there is no profile 'webb' in one:two (did you mean 'web'?)");
        write_profile("outer", "include:\n  - lost\n");
        check_one("outer", "3:11: there is no profile 'webb' in one:two (did you mean 'web'?); "
                           "outer.yaml:4:5 includes lost, lost.yaml:3:11 includes webb");
}

static void test_cycles(void **state)
{
        (void)state;
        write_profile("a", "include: [b]\n");
        write_profile("b", "include: [c]\n");
        write_profile("c", "include: [base, b]\n");
        write_profile("d", "include: [d]\n");
        check_one("b",
                  "3:17: profiles include one another: b.yaml:3:11 includes c, c.yaml:3:17 includes "
                  "b (remove one of these includes)");
        check_one("a",
                  "3:17: profiles include one another: b.yaml:3:11 includes c, c.yaml:3:17 includes "
                  "b (remove one of these includes)");
        check_one("d", "3:11: the profile includes itself");
}

static void test_optional_services(void **state)
{
        (void)state;
        write_profile("picky", "include: [{profile: ssh, optional: [sh, ssh, metrics]}]\n");
        check_one("picky", "3:37: the profile 'ssh' has no service 'sh' (services: ssh; did you mean "
                           "'ssh'?)\n"
                           "3:46: the profile 'ssh' has no service 'metrics' (services: ssh)");
}

/* All errors of all files, each once. */
static void test_all_errors(void **state)
{
        const char *const names[] = {"bad1", "bad2", "bad3"};

        (void)state;
        write_profile("bad1", "include: [bad3, bad2, gone]\nservice: {}\n");
        write_profile("bad2", "include: [bad3]\ngroups: []\n");
        write_profile("bad3", "a: [\n");
        pg_catalog_free(load("one", names, 3,
                             "4:1: unknown key 'service' in a profile\n"
                             "4:1: this is no valid YAML\n"
                             "4:9: 'groups' must be a map\n"
                             "3:23: there is no profile 'gone' in one"));
}

/* A profile whose name is not the file's must not be taken for another one. */
static void test_false_names(void **state)
{
        (void)state;
        write_file("one/liar.yaml", "name: web\nsummary: x\ninclude: [web]\n");
        write_file("one/nameless.yaml", "summary: x\ninclude: [nameless]\n");
        check_one("liar", "1:7: the profile calls itself 'web', but its file is liar.yaml\n"
                          "3:11: the profile includes itself");
        check_one("nameless", "1:1: a profile lacks 'name'");
}

static void test_depth(void **state)
{
        char name[40], text[50];

        (void)state;
        for (int i = 0; i <= PG_INCLUDE_DEPTH_MAX + 1; i++) {
                snprintf(name, sizeof(name), "deep%d", i);
                snprintf(text, sizeof(text), "include: [deep%d]\n", i - 1);
                write_profile(name, i > 0 ? text : "");
        }
        snprintf(name, sizeof(name), "deep%d", PG_INCLUDE_DEPTH_MAX);
        check_one(name, "");
        snprintf(name, sizeof(name), "deep%d", PG_INCLUDE_DEPTH_MAX + 1);
        check_one(name, "3:11: includes are nested too deeply (at most 32)");
}

static void test_too_many(void **state)
{
        char name[40];
        const char *names[PG_CATALOG_PROFILES_MAX + 1];

        (void)state;
        for (int i = 0; i <= PG_CATALOG_PROFILES_MAX; i++) {
                snprintf(name, sizeof(name), "many%d", i);
                write_profile(name, "");
                names[i] = strdup(name);
                assert_non_null(names[i]);
        }
        pg_catalog_free(load("one", names, PG_CATALOG_PROFILES_MAX, ""));
        pg_catalog_free(load("one", names, PG_CATALOG_PROFILES_MAX + 1,
                             "0:0: these are too many profiles (at most 256)"));
        for (int i = 0; i <= PG_CATALOG_PROFILES_MAX; i++) {
                snprintf(name, sizeof(name), "one/many%d.yaml", i);
                assert_int_equal(unlink(name), 0);
                free((char *)names[i]);
        }
}

static void test_load_file(void **state)
{
        struct pg_catalog *catalog = NULL;
        struct pg_diagnostics *diagnostics;
        struct pg_error error = {0};

        (void)state;
        write_file("draft", "name: mine\nsummary: x\ninclude: [web]\n");
        assert_int_equal(pg_diagnostics_new(&diagnostics), 0);
        assert_int_equal(pg_catalog_load_file("one", "draft", &catalog, diagnostics, &error), 0);
        assert_int_equal(catalog->n_entries, 4);
        assert_string_equal(catalog->entries[3].profile->name, "mine");
        assert_string_equal(catalog->entries[3].profile->file, "draft");
        assert_true(catalog->entries[3].requested);
        catalog = pg_catalog_free(catalog);
        assert_int_equal(pg_catalog_load_file("one", "absent", &catalog, diagnostics, &error), -ENOENT);
        assert_int_equal(pg_diagnostics_length(diagnostics), 0);
        pg_diagnostics_free(diagnostics);
}

static void test_names(void **state)
{
        struct pg_words words = {0};
        struct pg_error error = {0};
        bool found = false, has_folder = false;

        (void)state;
        assert_int_equal(pg_catalog_names("two:absent:one", &words, &error), 0);
        for (size_t i = 0; i < words.n; i++) {
                if (i > 0)
                        assert_true(strcmp(words.items[i - 1].text, words.items[i].text) < 0);
                /* Whoever has a folder of a profile's name is told so: it hides one of a later
                 * directory. */
                has_folder |= strcmp(words.items[i].text, "folder") == 0;
                assert_string_not_equal(words.items[i].text, "Bad_Name");
                if (strcmp(words.items[i].text, "ssh") != 0)
                        continue;
                assert_string_equal(words.items[i].place.file, "two/ssh.yaml");
                found = true;
        }
        assert_true(found);
        assert_true(has_folder);
        pg_words_done(&words);
        assert_int_equal(pg_catalog_names("absent", &words, &error), 0);
        assert_int_equal(words.n, 0);
        assert_int_equal(pg_catalog_names("draft", &words, &error), -ENOTDIR);
}

/* What is not to be trusted is an error of its own, not a missing profile. */
static void test_untrusted(void **state)
{
        const char *const names[] = {"loose"};
        struct pg_catalog *catalog = NULL;
        struct pg_diagnostics *diagnostics;
        struct pg_error error = {0};

        (void)state;
        if (geteuid() != 0)
                skip();
        write_profile("loose", "");
        assert_int_equal(chmod("one/loose.yaml", 0666), 0);
        assert_int_equal(pg_diagnostics_new(&diagnostics), 0);
        assert_int_equal(pg_catalog_load("one", names, 1, &catalog, diagnostics, &error), -EPERM);
        assert_non_null(strstr(error.message, "in one: loose.yaml can be changed by everybody"));
        assert_int_equal(chmod("two", 0777), 0);
        assert_int_equal(pg_catalog_load("two", names, 1, &catalog, diagnostics, &error), -EPERM);
        assert_int_equal(chmod("two", 0755), 0);
        pg_diagnostics_free(diagnostics);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_order),      cmocka_unit_test(test_missing),
                cmocka_unit_test(test_cycles),     cmocka_unit_test(test_optional_services),
                cmocka_unit_test(test_all_errors), cmocka_unit_test(test_false_names),
                cmocka_unit_test(test_depth),      cmocka_unit_test(test_too_many),
                cmocka_unit_test(test_load_file),  cmocka_unit_test(test_names),
                cmocka_unit_test(test_untrusted),
        };

        return cmocka_run_group_tests(tests, enter, leave);
}
