/* Killed at each of its system calls, or with a disk that is full from one of them on, the journal leaves the old tree
 * or the new one after the next recovery, and never a mixture; and what it refuses changes nothing. */
#include "base/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- counting --------------------------------------------------------------------------------------- */

static int calls_left = -1;            /* -1: nobody is to die */
static int good_calls = -1, bad_calls; /* so many work, then so many fail; -1: all work */

/* False if the call has to fail. */
static bool count(void)
{
	if (calls_left >= 0 && calls_left-- == 0)
		_exit(9);
	if (good_calls > 0)
		good_calls--;
	else if (good_calls == 0 && bad_calls > 0) {
		bad_calls--;
		errno = ENOSPC;
		return false;
	}
	return true;
}

#define WRAP(type, name, params, args)                                                                                 \
	type __real_##name params;                                                                                     \
	type __wrap_##name params;                                                                                     \
	type __wrap_##name params                                                                                      \
	{                                                                                                              \
		return count() ? __real_##name args : -1;                                                              \
	}

WRAP(ssize_t, write, (int fd, const void *at, size_t n), (fd, at, n))
WRAP(int, fsync, (int fd), (fd))
WRAP(int, rename, (const char *from, const char *to), (from, to))
WRAP(int, renameat2, (int a, const char *from, int b, const char *to, unsigned flags), (a, from, b, to, flags))
WRAP(int, mkdirat, (int fd, const char *path, mode_t mode), (fd, path, mode))
WRAP(int, symlinkat, (const char *target, int fd, const char *path), (target, fd, path))
WRAP(int, unlink, (const char *path), (path))
WRAP(int, unlinkat, (int fd, const char *path, int flags), (fd, path, flags))

int __real_openat64(int fd, const char *path, int flags, ...);
int __wrap_openat64(int fd, const char *path, int flags, ...);
int __wrap_openat64(int fd, const char *path, int flags, ...)
{
	mode_t mode = 0;
	if (flags & O_CREAT) {
		va_list args;
		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	return count() ? __real_openat64(fd, path, flags, mode) : -1;
}

/* ---- a tree ----------------------------------------------------------------------------------------- */

static char *top;

static char *below(const char *path)
{
	return g_build_filename(top, path, NULL);
}

static void put(const char *path, const char *text)
{
	g_autofree char *full = below(path), *folder = g_path_get_dirname(full);
	g_mkdir_with_parents(folder, 0755);
	g_assert_true(g_file_set_contents(full, text, -1, NULL));
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void append_tree(GString *out, const char *folder)
{
	g_autofree char *full = below(folder);
	g_autoptr(GDir) dir = g_dir_open(full, 0, NULL);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	for (const char *name; (name = g_dir_read_name(dir));)
		g_ptr_array_add(names, g_build_filename(folder, name, NULL));
	g_ptr_array_sort(names, compare_paths);
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *path = below(names->pdata[i]), *text = NULL;
		struct stat info;
		g_assert_cmpint(lstat(path, &info), ==, 0);
		g_string_append_printf(out, "%s %o", (char *)names->pdata[i], info.st_mode);
		char target[64];
		ssize_t length = S_ISLNK(info.st_mode) ? readlink(path, target, sizeof target) : -1;
		if (length >= 0)
			g_string_append_printf(out, " to %.*s", (int)length, target);
		if (S_ISREG(info.st_mode) && g_file_get_contents(path, &text, NULL, NULL))
			g_string_append_printf(out, " %s", text);
		g_string_append_c(out, '\n');
		if (S_ISDIR(info.st_mode))
			append_tree(out, names->pdata[i]);
	}
}

static char *tree(void)
{
	GString *out = g_string_new(NULL);
	append_tree(out, ".");
	return g_string_free(out, FALSE);
}

static void put_link(const char *path, const char *target)
{
	g_autofree char *full = below(path);
	unlink(full);
	g_assert_cmpint(symlink(target, full), ==, 0);
}

static void empty_tree(void)
{
	const char *const argv[] = {"rm", "-rf", "--", top, NULL};
	g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
	g_assert_cmpint(mkdir(top, 0700), ==, 0);
}

static void make_tree(void)
{
	empty_tree();
	put("a.yaml", "old a");
	put("apps/b.sh", "old b");
	put("apps/deep/c.md", "old c");
	put("gone/d.txt", "old d");
	put("kept.txt", "kept");
	put("whole/in/f.md", "old f");
	put("whole/untracked.bin", "stays beside it");
	put_link("link", "apps/b.sh");
	put_link("whole/in/link", "../../kept.txt");
	g_autofree char *script = below("apps/b.sh");
	g_assert_cmpint(chmod(script, 0750), ==, 0);
}

static Journal *fill(const char *file)
{
	GError *error = NULL;
	Journal *journal = journal_new(top, file, &error);
	g_assert_no_error(error);
	static const Slice a = {"old a", 5}, b = {"old b", 5}, c = {"old c", 5};
	journal_write(journal, "a.yaml", &a, SLICE("new a, longer than before"), false);
	journal_write(journal, "apps/b.sh", &b, SLICE(""), false);
	journal_move(journal, "apps/deep/c.md", "docs/more/c.md");
	journal_write(journal, "docs/more/c.md", &c, SLICE("new c"), false);
	static const Slice f = {"old f", 5};
	journal_move(journal, "whole", "area/whole");
	journal_write(journal, "area/whole/in/f.md", &f, SLICE("new f"), false);
	journal_write(journal, "area/whole/in/g.md", NULL, SLICE("new g"), false);
	journal_write(journal, "area/whole/made/h.md", NULL, SLICE("new h"), false);
	journal_write(journal, "made/e.yaml", NULL, SLICE("new e"), true);
	journal_link(journal, "link", SLICE("apps/b.sh"), SLICE("a.yaml"));
	journal_link(journal, "area/whole/in/link", SLICE("../../kept.txt"), SLICE("../../../kept.txt"));
	journal_remove(journal, "gone/d.txt", SLICE("old d"));
	return journal;
}

static bool run_killed(const char *file, int at)
{
	pid_t child = fork();
	if (child == 0) {
		Journal *journal = fill(file);
		calls_left = at;
		journal_commit(journal, NULL);
		_exit(0);
	}
	int status;
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	return WEXITSTATUS(status) == 9;
}

/* Recovery may be killed, too, and again. */
static void recover(const char *file, int at)
{
	for (; at >= 0; at -= 3) {
		pid_t child = fork();
		if (child == 0) {
			bool found;
			calls_left = at;
			journal_recover(top, file, &found, NULL);
			_exit(0);
		}
		waitpid(child, NULL, 0);
	}
	bool found;
	GError *error = NULL;
	g_assert_true(journal_recover(top, file, &found, &error));
	g_assert_no_error(error);
}

static void test_killed(void)
{
	g_autofree char *file = g_strconcat(top, ".journal", NULL);
	make_tree();
	g_autofree char *old = tree();
	Journal *journal = fill(file);
	g_assert_true(journal_commit(journal, NULL));
	journal_free(journal);
	g_autofree char *new = tree();
	g_assert_cmpstr(old, !=, new);
	g_assert_nonnull(strstr(new, "new c"));
	g_assert_nonnull(strstr(new, "./area/whole/in/f.md 100644 new f"));
	g_assert_nonnull(strstr(new, "./area/whole/made/h.md 100644 new h"));
	g_assert_nonnull(strstr(new, "./area/whole/untracked.bin"));
	g_assert_nonnull(strstr(new, "./link 120777 to a.yaml"));
	g_assert_nonnull(strstr(new, "./area/whole/in/link 120777 to ../../../kept.txt"));
	g_assert_null(strstr(new, "gone"));
	int olds = 0, news = 0;
	for (int at = 0;; at++) {
		make_tree();
		bool killed = run_killed(file, at);
		recover(file, at % 23);
		g_autofree char *now = tree();
		olds += strcmp(now, old) == 0;
		news += strcmp(now, new) == 0;
		g_assert_cmpint(olds + news, ==, at + 1);
		g_assert_cmpint(access(file, F_OK), !=, 0);
		if (!killed)
			break;
	}
	g_test_message("killed %d times: %d old trees, %d new", olds + news, olds, news);
	g_assert_cmpint(olds, >, 20);
	g_assert_cmpint(news, >, 10);
}

/* ---- a full disk ------------------------------------------------------------------------------------------ */

/* An empty folder that could not be removed holds nothing of anybody's. */
static char *files_of_tree(void)
{
	g_autofree char *all = tree();
	g_auto(GStrv) lines = g_strsplit(all, "\n", -1);
	GString *out = g_string_new(NULL);
	for (char **line = lines; *line; line++)
		if (!g_str_has_suffix(*line, " 40755"))
			g_string_append_printf(out, "%s\n", *line);
	return g_string_free(out, FALSE);
}

/* Commits with a disk that takes so many calls and then refuses some; how many trees were new afterwards. */
static bool fill_disk(const char *file, int good, int bad, const char *old, const char *new, int *ret_news)
{
	bool found;
	g_autoptr(GError) error = NULL, later = NULL;
	make_tree();
	Journal *journal = fill(file);
	good_calls = good;
	bad_calls = bad;
	bool done = journal_commit(journal, &error);
	bool failed = bad_calls < bad;
	good_calls = -1;
	journal_free(journal);
	g_assert_true(done || error);
	g_assert_true(journal_recover(top, file, &found, &later));
	g_assert_no_error(later);
	g_autofree char *now = files_of_tree();
	bool is_new = strcmp(now, new) == 0;
	g_assert_true(is_new || (!done && strcmp(now, old) == 0));
	g_assert_cmpint(access(file, F_OK), !=, 0);
	*ret_news += is_new;
	return failed;
}

static void test_full(void)
{
	static const int bads[] = {1, 2, 1 << 20}; /* for a moment, and for good */
	g_autofree char *file = g_strconcat(top, ".journal", NULL);
	make_tree();
	g_autofree char *old = files_of_tree();
	Journal *journal = fill(file);
	g_assert_true(journal_commit(journal, NULL));
	journal_free(journal);
	g_autofree char *new = files_of_tree();
	for (size_t i = 0; i < G_N_ELEMENTS(bads); i++) {
		int good = 0, news = 0;
		while (fill_disk(file, good, bads[i], old, new, &news))
			good++;
		g_test_message("full at %d places, for %d calls: %d new trees", good, bads[i], news);
		g_assert_cmpint(good, >, 30);
		g_assert_cmpint(good - news, >, 10);
	}
}

/* ---- refusals --------------------------------------------------------------------------------------- */

typedef void (*Spoil)(void);

static void spoil_text(void)
{
	put("a.yaml", "old A");
}

static void spoil_target(void)
{
	put("made/e.yaml", "mine");
}

static void spoil_link(void)
{
	g_autofree char *path = below("a.yaml");
	g_assert_cmpint(unlink(path), ==, 0);
	g_assert_cmpint(symlink("kept.txt", path), ==, 0);
}

static void spoil_folder(void)
{
	g_autofree char *apps = below("apps"), *other = below("elsewhere");
	g_assert_cmpint(rename(apps, other), ==, 0);
	g_assert_cmpint(symlink("elsewhere", apps), ==, 0);
}

static void spoil_target_of_link(void)
{
	put_link("link", "kept.txt");
}

static void spoil_link_to_file(void)
{
	g_autofree char *path = below("link");
	g_assert_cmpint(unlink(path), ==, 0);
	put("link", "apps/b.sh");
}

static void spoil_hard_link(void)
{
	g_autofree char *path = below("a.yaml"), *other = below("second.yaml");
	g_assert_cmpint(link(path, other), ==, 0);
}

static void test_refused(void)
{
	static const Spoil spoils[] = {spoil_text, spoil_target, spoil_link, spoil_folder, spoil_hard_link,
	        spoil_target_of_link, spoil_link_to_file};
	g_autofree char *file = g_strconcat(top, ".journal", NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(spoils); i++) {
		make_tree();
		spoils[i]();
		g_autofree char *old = tree();
		g_autoptr(GError) error = NULL;
		Journal *journal = fill(file);
		g_assert_false(journal_commit(journal, &error));
		g_assert_nonnull(error);
		journal_free(journal);
		g_autofree char *now = tree();
		g_assert_cmpstr(now, ==, old);
	}
}

static void test_outside(void)
{
	static const char *const paths[] = {"../x", "apps/../../x", "/x", ".git/config", "apps//x", "."};
	g_autofree char *file = g_strconcat(top, ".journal", NULL);
	make_tree();
	g_autofree char *old = tree();
	for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
		g_autoptr(GError) error = NULL;
		Journal *journal = journal_new(top, file, NULL);
		journal_write(journal, paths[i], NULL, SLICE("x"), false);
		g_assert_false(journal_commit(journal, &error));
		journal_free(journal);
	}
	g_autofree char *now = tree();
	g_assert_cmpstr(now, ==, old);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	top = g_dir_make_tmp("journal-XXXXXX", NULL);
	g_test_add_func("/journal/killed at each call", test_killed);
	g_test_add_func("/journal/full disk", test_full);
	g_test_add_func("/journal/refused", test_refused);
	g_test_add_func("/journal/outside", test_outside);
	int code = g_test_run();
	empty_tree();
	rmdir(top);
	g_free(top);
	return code;
}
