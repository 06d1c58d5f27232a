/* .gitignore against git itself on random patterns, .dockerignore against cases written out from what Docker documents,
 * and both against patterns made to take for ever. */
#include "base/ignore.h"

#include <glib/gstdio.h>
#include <stdlib.h>

/* ---- Git as the oracle ---- */

#define FOLDERS 5
static const char *const folders[FOLDERS] = {"", "a", "a/b", "ab", "b/a/a"};

typedef struct Case {
	char *root;
	GRand *random;
	GString *files[FOLDERS + 1]; /* the last one is .git/info/exclude */
	GPtrArray *paths;
	const IgnoreFile *exclude;
} Case;

static const char *pick(GRand *random, const char *const *words, size_t count)
{
	return words[g_rand_int_range(random, 0, (int)count)];
}

static void add_pattern_line(GRand *random, GString *to)
{
	static const char *const pieces[] = {"a", "b", "ab", "a", "b", ".x", "*", "*", "**", "?", "/", "/", "**/",
	        "/**", "/**/", "[ab]", "[!a]", "[^b]", "[a-b]", "[]a]", "[[:alpha:]]", "[[:foo:]]", "[a", "\\a", "\\",
	        "\\*", "\\/", "[\\]a]", "[a-]", "[[:]", "[-a]", "#", " ", "\\ ", "\t", "!", "\xc3\xa9", "***"};
	if (g_rand_int_range(random, 0, 4) == 0)
		g_string_append_c(to, '!');
	if (g_rand_int_range(random, 0, 5) == 0)
		g_string_append_c(to, '/');
	for (int n = g_rand_int_range(random, 1, 6); n > 0; n--)
		g_string_append(to, pick(random, pieces, G_N_ELEMENTS(pieces)));
	if (g_rand_int_range(random, 0, 6) == 0)
		g_string_append_c(to, '/');
	static const char *const ends[] = {
	        "\n", "\n", "\n", " \n", "\r\n", "  \r\n", "\n\n", "\n# note\n", " # note\n"};
	g_string_append(to, pick(random, ends, G_N_ELEMENTS(ends)));
}

static char *random_path(GRand *random)
{
	static const char *const names[] = {"a", "b", "ab", "ba", "a.x", "b.x", "aab", "a b", "a]", "-", "\xc3\xa9"};
	g_autoptr(GString) path = g_string_new(NULL);
	for (int n = g_rand_int_range(random, 1, 5); n > 0; n--)
		g_string_append_printf(path, "%s%s", path->len ? "/" : "", pick(random, names, G_N_ELEMENTS(names)));
	return g_strdup(path->str);
}

static void fill(Case *c, int patterns, int paths)
{
	for (int i = 0; i <= FOLDERS; i++) {
		c->files[i] = g_string_new(g_rand_int_range(c->random, 0, 4) ? NULL : "\xef\xbb\xbf");
		for (int n = g_rand_int_range(c->random, 0, patterns + 1); n > 0; n--)
			add_pattern_line(c->random, c->files[i]);
		if (c->files[i]->len && g_rand_int_range(c->random, 0, 3) == 0)
			g_string_truncate(c->files[i], c->files[i]->len - 1);
		g_autofree char *file = i == FOLDERS ? g_build_filename(c->root, ".git/info/exclude", NULL)
		                                     : g_build_filename(c->root, folders[i], ".gitignore", NULL);
		g_assert_true(g_file_set_contents(file, c->files[i]->str, (gssize)c->files[i]->len, NULL));
	}
	c->paths = g_ptr_array_new_with_free_func(g_free);
	for (int i = 0; i < paths; i++)
		g_ptr_array_add(c->paths, random_path(c->random));
}

/* Four fields a path: file, line, pattern, path. */
static char **ask_git(Case *c, gsize *ret_count)
{
	g_autoptr(GString) input = g_string_new(NULL);
	for (guint i = 0; i < c->paths->len; i++)
		g_string_append_len(input, c->paths->pdata[i], (gssize)strlen(c->paths->pdata[i]) + 1);
	g_autofree char *list = g_build_filename(c->root, ".git", "paths", NULL);
	g_assert_true(g_file_set_contents(list, input->str, (gssize)input->len, NULL));
	/* The answer holds NUL bytes, which g_spawn_sync cannot give back; so it goes through a file too. */
	g_autofree char *command = g_strdup_printf("cd '%s' && exec git check-ignore -v -n -z --no-index --stdin "
	                                           "<.git/paths >.git/answer",
	        c->root);
	char *argv[] = {(char *)"sh", (char *)"-c", command, NULL};
	g_assert_true(g_spawn_sync(NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
	g_autofree char *answer = g_build_filename(c->root, ".git", "answer", NULL);
	g_autofree char *output = NULL;
	gsize length = 0;
	g_assert_true(g_file_get_contents(answer, &output, &length, NULL));
	GPtrArray *fields = g_ptr_array_new();
	for (gsize at = 0; at < length; at += strlen(output + at) + 1)
		g_ptr_array_add(fields, g_strdup(output + at));
	*ret_count = fields->len;
	g_ptr_array_add(fields, NULL);
	return (char **)g_ptr_array_free(fields, FALSE);
}

static IgnoreSet *read_set(Case *c, Arena *arena)
{
	/* Innermost first: the order must not matter, but for the two of the root. */
	IgnoreSet *set = ignore_set_new();
	for (int i = FOLDERS; i-- > 1;)
		ignore_set_add(set, ignore_read(IGNORE_GIT, (Slice){c->files[i]->str, c->files[i]->len},
		                            slice_from(folders[i]), arena));
	for (int i = 0; i < 2; i++) {
		GString *file = c->files[i == 0 ? FOLDERS : 0];
		const IgnoreFile *read = ignore_read(IGNORE_GIT, (Slice){file->str, file->len}, SLICE(""), arena);
		c->exclude = i == 0 ? read : c->exclude;
		ignore_set_add(set, read);
	}
	return set;
}

static void compare(Case *c, guint i, char **fields, const IgnoreSet *set)
{
	const char *path = c->paths->pdata[i];
	g_autofree char *full = g_build_filename(c->root, path, NULL);
	IgnoreVerdict verdict = ignore_decide(set, slice_from(path), g_file_test(full, G_FILE_TEST_IS_DIR));
	g_autofree char *expected = g_strdup_printf("%s:%s", fields[1], fields[2]);
	g_autofree char *written = NULL;
	if (verdict.pattern) {
		Slice text = verdict.pattern->text;
		written = g_strdup_printf("%u:%s%.*s%s", verdict.pattern->line, verdict.pattern->negated ? "!" : "",
		        SLICE_ARGS(text), verdict.pattern->folder_only ? "/" : "");
		g_assert_cmpint(verdict.ignored, ==, !verdict.pattern->negated);
		g_assert_true(ignore_pattern_matches(verdict.file, verdict.pattern, slice_from(path), true));
	}
	if (g_strcmp0(written ? written : ":", expected) != 0) {
		g_test_message("%s: git says %s %s", path, fields[0], expected);
		for (int k = 0; k <= FOLDERS; k++)
			g_test_message("%s: <<%s>>", k < FOLDERS ? folders[k] : "info/exclude", c->files[k]->str);
	}
	g_assert_cmpstr(written ? written : ":", ==, expected);
	g_autofree char *source = !verdict.file ? g_strdup("")
	                          : verdict.file == c->exclude
	                                  ? g_strdup(".git/info/exclude")
	                                  : g_build_filename(verdict.file->folder.at, ".gitignore", NULL);
	g_assert_cmpstr(source, ==, fields[0]);
}

static void test_git_oracle(void)
{
	g_autofree char *git = g_find_program_in_path("git");
	if (!git) {
		g_test_skip("git is not installed");
		return;
	}
	Case c = {.root = g_dir_make_tmp("ignore-XXXXXX", NULL), .random = g_rand_new_with_seed(20240229)};
	g_autofree char *init = g_strdup_printf("cd '%s' && git init -q . && mkdir -p a/b ab b/a/a .git/info", c.root);
	char *argv[] = {(char *)"sh", (char *)"-c", init, NULL};
	g_assert_true(g_spawn_sync(NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
	guint matched = 0;
	int rounds = g_test_thorough() ? 3000 : 60;
	for (int round = 0; round < rounds; round++) {
		g_autoptr(Arena) arena = arena_new();
		fill(&c, round % 8 + 1, 60);
		g_autoptr(IgnoreSet) set = read_set(&c, arena);
		gsize count = 0;
		g_auto(GStrv) fields = ask_git(&c, &count);
		g_assert_cmpuint(count, ==, c.paths->len * 4);
		for (guint i = 0; i < c.paths->len; i++) {
			compare(&c, i, fields + i * 4, set);
			matched += fields[i * 4][0] != '\0';
		}
		for (int i = 0; i <= FOLDERS; i++)
			g_string_free(c.files[i], TRUE);
		g_ptr_array_free(c.paths, TRUE);
	}
	g_test_message("%d files of patterns, %d paths, %u with a pattern that decides", rounds * (FOLDERS + 1),
	        rounds * 60, matched);
	g_assert_cmpuint(matched, >, (guint)rounds * 15);
	g_rand_free(c.random);
	g_autofree char *remove = g_strdup_printf("rm -rf '%s'", c.root);
	argv[2] = remove;
	g_assert_true(g_spawn_sync(NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
	g_free(c.root);
}

static void test_git_places(void)
{
	g_autoptr(Arena) arena = arena_new();
	Slice bytes = SLICE("\xef\xbb\xbf# one\n\n!/keep/me/  \r\n*.log # all\nnode_modules/\n[a\n");
	IgnoreFile *file = ignore_read(IGNORE_GIT, bytes, SLICE("app"), arena);
	g_assert_cmpuint(file->count, ==, 4);
	const IgnorePattern *p = file->patterns;
	static const char *const written[] = {"!/keep/me/", "*.log # all", "node_modules/", "[a"};
	for (size_t i = 0; i < file->count; i++)
		g_assert_true(slice_is(slice_sub(bytes, p[i].start, p[i].end), written[i]));
	g_assert_cmpuint(p[0].line, ==, 3);
	g_assert_true(p[0].negated && p[0].anchored && p[0].folder_only && slice_is(p[0].text, "/keep/me"));
	g_assert_true(!p[1].negated && !p[1].anchored && !p[1].folder_only && !p[1].malformed);
	g_assert_true(p[2].folder_only && !p[2].anchored && p[3].malformed);
	g_assert_true(ignore_pattern_matches(file, &p[2], SLICE("app/x/node_modules/y/z"), false));
	g_assert_false(ignore_pattern_matches(file, &p[2], SLICE("node_modules/y/z"), false));
	g_assert_false(ignore_pattern_matches(file, &p[2], SLICE("app/x/node_modules"), false));
	g_autoptr(IgnoreSet) set = ignore_set_new();
	ignore_set_add(set, file);
	IgnoreVerdict verdict = ignore_decide(set, SLICE("app/x/node_modules/y/z"), false);
	g_assert_true(verdict.ignored && verdict.pattern == &p[2]);
	g_assert_cmpuint(verdict.matched, ==, strlen("app/x/node_modules"));
	g_assert_false(ignore_decide(set, SLICE("lib/x.log # all"), false).ignored);
	g_assert_true(ignore_decide(set, SLICE("app/x.log # all"), false).ignored);
}

/* ---- Docker ---- */

/* One row: file, path, whether it is left out, and the line that decides (0: none). */
static const struct {
	const char *file, *path;
	bool ignored;
	uint32_t line;
} docker_cases[] = {
        {"node_modules\n", "node_modules", true, 1},
        {"node_modules\n", "node_modules/x/y.js", true, 1},
        {"node_modules\n", "app/node_modules", false, 0},
        {"**/node_modules\n", "app/node_modules/x", true, 1},
        {"**/node_modules\n", "node_modules", true, 1},
        {"**/node_modules\n", "my_node_modules", false, 0},
        {"/build/\n", "build/x", true, 1},
        {"./build\n", "build", true, 1},
        {"a/../build\n", "build", true, 1},
        {"../build\n", "build", false, 0},
        {"*.log\n", "x.log", true, 1},
        {"*.log\n", "a/x.log", false, 0},
        {"*/*.log\n", "a/x.log", true, 1},
        {"*/*.log\n", "a/b/x.log", false, 0},
        {"**/*.log\n", "a/b/x.log", true, 1},
        {"**/*.log\n", "x.log", true, 1},
        {"**.log\n", "a/b/x.log", true, 1},
        {"a/**/z\n", "a/z", true, 1},
        {"a/**/z\n", "a/b/c/z", true, 1},
        {"a/**/z\n", "a/bz", false, 0},
        {"a/**\n", "a/b/c", true, 1},
        {"a/**\n", "a", false, 0},
        {"a/**\n", "ab", false, 0},
        {"**\n", "a/b", true, 1},
        {"*\n", "a/b", true, 1},
        {"temp?\n", "tempa/x", true, 1},
        {"temp?\n", "temp", false, 0},
        {"temp?\n", "temp\xc3\xa9", true, 1},
        {"t[a-c]mp\n", "tbmp", true, 1},
        {"t[^a]mp\n", "tbmp", true, 1},
        {"t[^a]mp\n", "tamp", false, 0},
        {"t[!a]mp\n", "tbmp", false, 0},
        {"a\\*b\n", "a*b", true, 1},
        {"a\\*b\n", "axb", false, 0},
        {"*\n!app\n", "app/x", false, 2},
        {"*\n!app\n", "lib/x", true, 1},
        {"*\n!app\n", "app", false, 2},
        {"*\n!app/src\n", "app/src/x", false, 2},
        {"*\n!app/src\n", "app/x", true, 1},
        {"*\n!app\napp/tmp\n", "app/tmp/x", true, 3},
        {"*.md\n!README.md\n", "README.md", false, 2},
        {"!README.md\n*.md\n", "README.md", true, 2},
        {"*.md\n!README*.md\nREADME-secret.md\n", "README-secret.md", true, 3},
        {"docs\n!docs/**/*.md\n", "docs/a/b/x.md", false, 2},
        {"docs\n!docs/**/*.md\n", "docs/a/b/x.txt", true, 1},
        {"a\n!a/b\na\n", "a/b", false, 2},
        {"! app\n* \n!  app  \n", "app", false, 3},
        {"*\n!/app/\n", "app/x", false, 2},
        {"# *\n", "x", false, 0},
        {"  # x\n", "# x", true, 1},
        {"*.log # all logs\n", "x.log", false, 0},
        {"\xef\xbb\xbf# *\na\r\n", "a", true, 2},
        {"*\r\n!a\r\n", "a", false, 2},
        {"a\nb", "b", true, 2},
        {"!\n!/\n", "x", false, 0},
        {"*\n/!a\n", "a", false, 2},
        {"*\n!!a\n", "!a", false, 2},
        {"a[\n", "a[", false, 0},
        {"a[]b]\n", "a]", false, 0},
        {"a\\\n", "a\\", false, 0},
        {"a+(b).{c}$|^\n", "a+(b).{c}$|^", true, 1},
        {".\n", "x", false, 0},
        {"/\n", "x", false, 0},
        {"\xc2\xa0x\xe3\x80\x80\n", "x", true, 1},
};

static void test_docker_cases(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(docker_cases); i++) {
		g_autoptr(Arena) arena = arena_new();
		g_autofree char *path = g_strdup_printf("ctx/%s", docker_cases[i].path);
		g_test_message("%s <- %s", path, docker_cases[i].file);
		IgnoreFile *file = ignore_read(IGNORE_DOCKER, slice_from(docker_cases[i].file), SLICE("ctx"), arena);
		IgnoreVerdict verdict = ignore_decide_context(file, slice_from(path));
		g_assert_cmpint(verdict.ignored, ==, docker_cases[i].ignored);
		g_assert_cmpuint(verdict.pattern ? verdict.pattern->line : 0, ==, docker_cases[i].line);
		g_assert_false(ignore_decide_context(file, slice_from(docker_cases[i].path)).ignored);
	}
}

static void test_docker_places(void)
{
	g_autoptr(Arena) arena = arena_new();
	Slice bytes = SLICE("*\n  ! /app//src/  \r\nbad[\n");
	IgnoreFile *file = ignore_read(IGNORE_DOCKER, bytes, SLICE(""), arena);
	g_assert_cmpuint(file->count, ==, 3);
	const IgnorePattern *p = &file->patterns[1];
	g_assert_true(slice_is(slice_sub(bytes, p->start, p->end), "! /app//src/"));
	g_assert_true(p->negated && p->anchored && !p->folder_only && slice_is(p->text, "app/src"));
	g_assert_true(file->patterns[2].malformed);
	g_assert_cmpuint(ignore_decide_context(file, SLICE("app/src/x")).matched, ==, strlen("app/src"));
	g_assert_true(ignore_pattern_matches(file, p, SLICE("app/src/x"), false));
	g_assert_false(ignore_pattern_matches(file, p, SLICE("app/x"), false));
}

/* ---- cost ---- */

static void test_no_blow_up(void)
{
	g_autoptr(Arena) arena = arena_new();
	g_autoptr(GString) pattern = g_string_new("x/**/"), path = g_string_new("x/");
	for (int i = 0; i < 500; i++)
		g_string_append(pattern, "*a");
	g_string_append(pattern, "*b\n");
	for (int i = 0; i < 2000; i++)
		g_string_append_c(path, 'a');
	g_string_append_c(path, 'c');
	for (int i = 0; i < 2; i++) {
		IgnoreFile *file = ignore_read((IgnoreDialect)i, (Slice){pattern->str, pattern->len}, SLICE(""), arena);
		gint64 began = g_get_monotonic_time();
		g_assert_cmpuint(file->count, ==, 1);
		g_assert_false(glob_matches(file->patterns[0].glob, (Slice){path->str, path->len}));
		path->str[path->len - 1] = 'b';
		g_assert_true(glob_matches(file->patterns[0].glob, (Slice){path->str, path->len}));
		path->str[path->len - 1] = 'c';
		g_assert_cmpint(g_get_monotonic_time() - began, <, 5 * G_USEC_PER_SEC);
	}
}

int main(int argc, char **argv)
{
	g_setenv("GIT_CONFIG_NOSYSTEM", "1", TRUE);
	g_setenv("GIT_CONFIG_GLOBAL", "/dev/null", TRUE);
	g_setenv("XDG_CONFIG_HOME", "/nonexistent", TRUE);
	g_unsetenv("GIT_DIR");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ignore/git/oracle", test_git_oracle);
	g_test_add_func("/ignore/git/places", test_git_places);
	g_test_add_func("/ignore/docker/cases", test_docker_cases);
	g_test_add_func("/ignore/docker/places", test_docker_places);
	g_test_add_func("/ignore/no-blow-up", test_no_blow_up);
	return g_test_run();
}
