/* Paths as they are written in files, brought to the form that the graph knows. */
#include "base/path.h"

#include <glib.h>

static void assert_resolves(const char *folder, const char *relative, const char *expected)
{
	g_autofree char *got = path_resolve(slice_from(folder), slice_from(relative));
	g_assert_cmpstr(got, ==, expected);
}

static void test_resolve(void)
{
	assert_resolves("", "a/b", "a/b");
	assert_resolves("a/b", "../c/./d/", "a/c/d");
	assert_resolves("a", "..", "");
	assert_resolves("a", "", "a");
	assert_resolves("a", ".//b", "a/b");
	assert_resolves("a", "../..", NULL);
	assert_resolves("a", "/b", NULL);
	assert_resolves("a", "~/b", NULL);
}

static void test_parts(void)
{
	g_assert_true(slice_is(path_folder(SLICE("a/b/c.yml")), "a/b"));
	g_assert_true(slice_is(path_name(SLICE("a/b/c.yml")), "c.yml"));
	g_assert_true(slice_is(path_folder(SLICE("c.yml")), ""));
	g_assert_true(slice_is(path_name(SLICE("c.yml")), "c.yml"));
}

static void assert_leads(const char *folder, const char *path, const char *expected)
{
	g_autofree char *got = path_relative(slice_from(folder), path);
	g_assert_cmpstr(got, ==, expected);
}

static void test_relative(void)
{
	assert_leads("", "a/b", "a/b");
	assert_leads("a", "a/b", "b");
	assert_leads("a/c", "a/b", "../b");
	assert_leads("ab", "a/b", "../a/b");
}

static void test_below(void)
{
	g_assert_true(path_is_below(SLICE("a/b"), SLICE("a")));
	g_assert_true(path_is_below(SLICE("a"), SLICE("a")));
	g_assert_true(path_is_below(SLICE("a"), SLICE("")));
	g_assert_false(path_is_below(SLICE("ab"), SLICE("a")));
	g_assert_false(path_is_below(SLICE("a"), SLICE("a/b")));
	const char *const folders[] = {"b", "a", NULL}, *const none[] = {NULL};
	g_assert_true(path_is_below_any(SLICE("a/c"), folders));
	g_assert_false(path_is_below_any(SLICE("ab/c"), folders));
	g_assert_false(path_is_below_any(SLICE("a"), none));
	g_assert_true(path_is_below_any(SLICE("a"), NULL));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/path/resolve", test_resolve);
	g_test_add_func("/path/parts", test_parts);
	g_test_add_func("/path/below", test_below);
	g_test_add_func("/path/relative", test_relative);
	return g_test_run();
}
