/* What is kept is found again by the next run; what is broken, cut short, foreign or too large is as if it were not
 * there; and writers at the same time lose nothing of each other. */
#include "base/cache.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char *file_of(const char *name)
{
	return g_build_filename(g_get_user_cache_dir(), "labwright", name, NULL);
}

static void keep(const char *name, const char *key, const char *value)
{
	g_autoptr(Cache) cache = cache_open(name);
	cache_add(cache, key, value);
	g_assert_cmpstr(cache_find(cache, key), ==, value);
}

static void test_kept(void)
{
	keep("kept", "a", "");
	keep("kept", "b", "with blanks  and more ");
	keep("kept", "c", "old");
	keep("kept", "c", "new");
	g_autoptr(Cache) cache = cache_open("kept");
	g_assert_cmpstr(cache_find(cache, "a"), ==, "");
	g_assert_cmpstr(cache_find(cache, "b"), ==, "with blanks  and more ");
	g_assert_cmpstr(cache_find(cache, "c"), ==, "new");
	g_assert_null(cache_find(cache, "d"));
}

static void assert_as_kept(const char *name)
{
	g_autoptr(Cache) cache = cache_open(name);
	for (unsigned i = 0; i < 20; i++) {
		g_autofree char *key = g_strdup_printf("key%u", i), *right = g_strdup_printf("value %u", i * 7);
		const char *value = cache_find(cache, key);
		g_assert_true(!value || strcmp(value, right) == 0);
	}
}

/* Each byte in turn becomes another, and the file is cut after each byte: no line ever says something else. */
static void test_broken(void)
{
	g_autofree char *path = file_of("broken"), *text = NULL;
	gsize length;
	for (unsigned i = 0; i < 20; i++) {
		g_autofree char *key = g_strdup_printf("key%u", i), *value = g_strdup_printf("value %u", i * 7);
		keep("broken", key, value);
	}
	g_assert_true(g_file_get_contents(path, &text, &length, NULL));
	for (gsize i = 0; i < length; i++) {
		char was = text[i];
		text[i] = i % 3 == 0 ? '\n' : i % 3 == 1 ? '\0' : (char)(was ^ 1);
		g_assert_true(g_file_set_contents(path, text, (gssize)length, NULL));
		assert_as_kept("broken");
		text[i] = was;
		g_assert_true(g_file_set_contents(path, text, (gssize)i, NULL));
		assert_as_kept("broken");
	}
	keep("broken", "after", "all");
	assert_as_kept("broken");
}

static void test_writers(void)
{
	enum { WRITERS = 8, LINES = 50 };
	for (int writer = 0; writer < WRITERS; writer++) {
		if (fork() != 0)
			continue;
		for (int line = 0; line < LINES; line++) {
			g_autofree char *key = g_strdup_printf("%d-%d", writer, line);
			keep("writers", key, "same length for all");
		}
		_exit(0);
	}
	for (int status; wait(&status) > 0;)
		g_assert_cmpint(status, ==, 0);
	g_autoptr(Cache) cache = cache_open("writers");
	for (int writer = 0; writer < WRITERS; writer++)
		for (int line = 0; line < LINES; line++) {
			g_autofree char *key = g_strdup_printf("%d-%d", writer, line);
			g_assert_cmpstr(cache_find(cache, key), ==, "same length for all");
		}
}

/* Over its limit it begins anew, and never grows without end. */
static void test_limit(void)
{
	g_autofree char *path = file_of("limit");
	g_autofree char *value = g_strnfill((gsize)1024 * 1024, 'x');
	struct stat state;
	for (unsigned i = 0; i < 12; i++) {
		g_autofree char *key = g_strdup_printf("key%u", i);
		keep("limit", key, value);
	}
	g_assert_cmpint(g_stat(path, &state), ==, 0);
	g_assert_cmpint(state.st_size, <, 6 * 1024 * 1024);
}

/* A folder, a link, a pipe in its place: nothing is kept, nothing is followed, nothing waits. */
static void test_foreign(void)
{
	g_autofree char *folder = file_of("folder"), *link = file_of("link"), *pipe = file_of("pipe"),
	                *elsewhere = file_of("elsewhere");
	keep("first", "makes", "the folder");
	g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
	g_assert_cmpint(symlink(elsewhere, link), ==, 0);
	g_assert_cmpint(mkfifo(pipe, 0600), ==, 0);
	const char *const names[] = {"folder", "link", "pipe"};
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		keep(names[i], "a", "b");
		g_autoptr(Cache) cache = cache_open(names[i]);
		g_assert_null(cache_find(cache, "a"));
	}
	g_assert_false(g_file_test(elsewhere, G_FILE_TEST_EXISTS));
}

static void remove_all(const char *home)
{
	g_autofree char *folder = g_build_filename(home, "labwright", NULL);
	g_autoptr(GDir) entries = g_dir_open(folder, 0, NULL);
	for (const char *name; entries && (name = g_dir_read_name(entries));) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		g_assert_cmpint(g_remove(path), ==, 0);
	}
	g_assert_cmpint(g_rmdir(folder), ==, 0);
	g_assert_cmpint(g_rmdir(home), ==, 0);
}

int main(int argc, char **argv)
{
	g_autofree char *home = g_dir_make_tmp("cache-XXXXXX", NULL);
	g_setenv("XDG_CACHE_HOME", home, TRUE);
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cache/kept", test_kept);
	g_test_add_func("/cache/broken", test_broken);
	g_test_add_func("/cache/writers", test_writers);
	g_test_add_func("/cache/limit", test_limit);
	g_test_add_func("/cache/foreign", test_foreign);
	int result = g_test_run();
	remove_all(home);
	return result;
}
