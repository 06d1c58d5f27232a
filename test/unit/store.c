/* What is kept is found again by the next run; what is broken, cut short, foreign or for another program is as if it
 * were not there; and writers at the same time lose nothing of each other. */
#include "base/store.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char *folder_of(const char *name)
{
	return g_build_filename(g_get_user_cache_dir(), "labwright", name, NULL);
}

/* The path of each pack; free with g_ptr_array_unref. */
static GPtrArray *packs_of(const char *name)
{
	g_autofree char *folder = folder_of(name);
	GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) entries = g_dir_open(folder, 0, NULL);
	for (const char *entry; entries && (entry = g_dir_read_name(entries));)
		g_ptr_array_add(paths, g_build_filename(folder, entry, NULL));
	return paths;
}

static void keep(const char *name, const char *stamp, const char *key, const char *value)
{
	g_autoptr(Store) store = store_open(name, stamp);
	store_add(store, slice_from(key), slice_from(value));
}

static char *found(const char *name, const char *stamp, const char *key)
{
	Slice value;
	g_autoptr(Store) store = store_open(name, stamp);
	g_autoptr(Arena) arena = arena_new();
	return store_find(store, slice_from(key), arena, &value) ? slice_dup(value) : NULL;
}

static void assert_found(const char *name, const char *stamp, const char *key, const char *right)
{
	g_autofree char *value = found(name, stamp, key);
	g_assert_cmpstr(value, ==, right);
}

static void test_kept(void)
{
	keep("kept", "one", "a", "");
	keep("kept", "one", "b", "with\nany\tbyte");
	keep("kept", "two", "a", "another program's");
	assert_found("kept", "one", "a", "");
	assert_found("kept", "one", "b", "with\nany\tbyte");
	assert_found("kept", "two", "a", "another program's");
	assert_found("kept", "one", "c", NULL);
	assert_found("kept", "three", "a", NULL);
}

static char *value_of(unsigned i)
{
	return g_strdup_printf("value %u", i * 7);
}

static void keep_many(const char *name, unsigned count)
{
	g_autoptr(Store) store = store_open(name, "s");
	for (unsigned i = 0; i < count; i++) {
		g_autofree char *key = g_strdup_printf("key%u", i), *value = value_of(i);
		store_add(store, slice_from(key), slice_from(value));
	}
}

/* How many of them are there; the others must be absent and not wrong. */
static unsigned count_right(const char *name, unsigned count)
{
	unsigned right = 0;
	Slice value;
	g_autoptr(Store) store = store_open(name, "s");
	g_autoptr(Arena) arena = arena_new();
	for (unsigned i = 0; i < count; i++) {
		g_autofree char *key = g_strdup_printf("key%u", i), *wanted = value_of(i);
		if (!store_find(store, slice_from(key), arena, &value))
			continue;
		g_assert_true(slice_is(value, wanted));
		right++;
	}
	return right;
}

/* Each byte in turn becomes another, and the file is cut after each byte. */
static void test_broken(void)
{
	enum { COUNT = 8 };
	g_autofree char *text = NULL;
	gsize length;
	keep_many("broken", COUNT);
	g_autoptr(GPtrArray) packs = packs_of("broken");
	g_assert_cmpuint(packs->len, ==, 1);
	const char *path = packs->pdata[0];
	g_assert_true(g_file_get_contents(path, &text, &length, NULL));
	g_assert_cmpuint(count_right("broken", COUNT), ==, COUNT);
	for (gsize i = 0; i < length; i++) {
		char was = text[i];
		text[i] = (char)(was ^ (1 << i % 8));
		g_assert_true(g_file_set_contents(path, text, (gssize)length, NULL));
		g_assert_cmpuint(count_right("broken", COUNT), <, COUNT);
		text[i] = was;
		g_assert_true(g_file_set_contents(path, text, (gssize)i, NULL));
		g_assert_cmpuint(count_right("broken", COUNT), ==, 0);
	}
	keep_many("broken", COUNT);
	g_assert_cmpuint(count_right("broken", COUNT), ==, COUNT);
}

static void test_writers(void)
{
	enum { WRITERS = 8, RUNS = 20 };
	for (int writer = 0; writer < WRITERS; writer++) {
		if (fork() != 0)
			continue;
		for (int run = 0; run < RUNS; run++) {
			g_autofree char *key = g_strdup_printf("%d-%d", writer, run);
			keep("writers", "s", key, key);
		}
		_exit(0);
	}
	for (int status; wait(&status) > 0;)
		g_assert_cmpint(status, ==, 0);
	for (int writer = 0; writer < WRITERS; writer++)
		for (int run = 0; run < RUNS; run++) {
			g_autofree char *key = g_strdup_printf("%d-%d", writer, run);
			assert_found("writers", "s", key, key);
		}
}

/* One pack for each run would be many. */
static void test_merged(void)
{
	enum { RUNS = 100 };
	for (unsigned i = 0; i < RUNS; i++) {
		g_autofree char *key = g_strdup_printf("key%u", i), *value = value_of(i);
		keep("merged", "s", key, value);
	}
	g_autoptr(GPtrArray) packs = packs_of("merged");
	g_assert_cmpuint(packs->len, <, 10);
	g_assert_cmpuint(count_right("merged", RUNS), ==, RUNS);
}

/* A large one is left alone by a small one. */
static void test_large(void)
{
	keep_many("large", 10000);
	g_autoptr(GPtrArray) before = packs_of("large");
	keep("large", "s", "small", "one");
	g_autoptr(GPtrArray) packs = packs_of("large");
	g_assert_cmpuint(packs->len, ==, 2);
	g_assert_true(g_file_test(before->pdata[0], G_FILE_TEST_EXISTS));
	g_assert_cmpuint(count_right("large", 10000), ==, 10000);
}

static void set_age(const char *path, time_t days)
{
	struct timespec times[2] = {{.tv_sec = time(NULL) - days * 24 * 60 * 60}, {0}};
	times[1] = times[0];
	g_assert_cmpint(utimensat(AT_FDCWD, path, times, 0), ==, 0);
}

/* Packs of another build go when they are old, and halves that a killed run left. */
static void test_swept(void)
{
	g_autofree char *folder = folder_of("swept"), *half = g_build_filename(folder, "x.new", NULL),
	                *foreign = g_build_filename(folder, "notes.txt", NULL);
	keep("swept", "old", "a", "b");
	g_autoptr(GPtrArray) old = packs_of("swept");
	g_assert_true(g_file_set_contents(half, "half", -1, NULL) && g_file_set_contents(foreign, "mine", -1, NULL));
	keep("swept", "new", "a", "b");
	g_assert_true(g_file_test(old->pdata[0], G_FILE_TEST_EXISTS) && g_file_test(half, G_FILE_TEST_EXISTS));
	set_age(old->pdata[0], 31);
	set_age(half, 2);
	set_age(foreign, 1000);
	keep("swept", "new", "c", "d");
	g_assert_false(g_file_test(old->pdata[0], G_FILE_TEST_EXISTS) || g_file_test(half, G_FILE_TEST_EXISTS));
	g_assert_true(g_file_test(foreign, G_FILE_TEST_EXISTS));
	assert_found("swept", "new", "a", "b");
	assert_found("swept", "new", "c", "d");
}

/* A pack that others may write to is not believed; what is made can be read by its owner alone. */
static void test_permissions(void)
{
	struct stat state;
	keep("private", "s", "a", "b");
	g_autofree char *folder = folder_of("private");
	g_autoptr(GPtrArray) packs = packs_of("private");
	g_assert_cmpint(g_stat(folder, &state), ==, 0);
	g_assert_cmpint(state.st_mode & 0777, ==, 0700);
	g_assert_cmpint(g_stat(packs->pdata[0], &state), ==, 0);
	g_assert_cmpint(state.st_mode & 0777, ==, 0600);
	g_assert_cmpint(g_chmod(packs->pdata[0], 0622), ==, 0);
	assert_found("private", "s", "a", NULL);
	g_assert_cmpint(g_chmod(packs->pdata[0], 0600), ==, 0);
	assert_found("private", "s", "a", "b");
}

/* A file in place of the folder; a folder, a link, a pipe in place of a pack: nothing is followed, nothing waits. */
static void test_foreign(void)
{
	g_autofree char *file = folder_of("file"), *folder = folder_of("foreign");
	g_assert_true(g_file_set_contents(file, "text", -1, NULL));
	keep("file", "s", "a", "b");
	assert_found("file", "s", "a", NULL);
	keep("foreign", "s", "a", "b");
	g_autoptr(GPtrArray) packs = packs_of("foreign");
	g_autofree char *inner = g_build_filename(folder, "folder.pack", NULL),
	                *link = g_build_filename(folder, "link.pack", NULL),
	                *pipe = g_build_filename(folder, "pipe.pack", NULL);
	g_assert_cmpint(g_mkdir(inner, 0700), ==, 0);
	g_assert_cmpint(symlink(packs->pdata[0], link), ==, 0);
	g_assert_cmpint(mkfifo(pipe, 0600), ==, 0);
	assert_found("foreign", "s", "a", "b");
	g_assert_cmpint(g_unlink(packs->pdata[0]), ==, 0);
	assert_found("foreign", "s", "a", NULL);
}

int main(int argc, char **argv)
{
	g_autofree char *home = g_dir_make_tmp("store-XXXXXX", NULL);
	g_setenv("XDG_CACHE_HOME", home, TRUE);
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/store/kept", test_kept);
	g_test_add_func("/store/broken", test_broken);
	g_test_add_func("/store/writers", test_writers);
	g_test_add_func("/store/merged", test_merged);
	g_test_add_func("/store/large", test_large);
	g_test_add_func("/store/swept", test_swept);
	g_test_add_func("/store/permissions", test_permissions);
	g_test_add_func("/store/foreign", test_foreign);
	int result = g_test_run();
	const char *const words[] = {"rm", "-r", home, NULL};
	g_assert_true(g_spawn_sync("/", (char **)words, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
	return result;
}
