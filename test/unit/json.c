/* What base/json answers of values that are there, are not, or are none. */
#include "base/json.h"

#include <glib.h>

static Json *parse(const char *text)
{
	g_autoptr(GError) error = NULL;
	Json *value = json_parse(slice_from(text), &error);
	g_assert_no_error(error);
	return value;
}

static void test_paths(void)
{
	g_autoptr(Json) value = parse("{\"a\":{\"b\":[{\"c\":\"x\"},7,true,null,1.9]}}");
	g_assert_cmpstr(json_text_at(value, "a.b.0.c"), ==, "x");
	g_assert_cmpint(json_number_at(value, "a.b.1", -1), ==, 7);
	g_assert_cmpint(json_number_at(value, "a.b.4", -1), ==, 1);
	g_assert_cmpint(json_number_at(value, "a.b.0", -1), ==, -1);
	g_assert_true(json_true_at(value, "a.b.2", false));
	g_assert_true(json_true_at(value, "a.b.9", true));
	g_assert_null(json_at(value, "a.b.0.c.d"));
	g_assert_null(json_at(NULL, "a"));
	g_assert_cmpint(json_kind(json_at(value, "a.b.3")), ==, JSON_NIL);
	g_assert_cmpint(json_kind(NULL), ==, JSON_NONE);
	g_autofree char *scalar = json_scalar(json_at(value, "a.b.2"));
	g_assert_cmpstr(scalar, ==, "true");
	g_assert_null(json_scalar(json_at(value, "a")));
}

static void test_loops(void)
{
	g_autoptr(Json) value = parse("{\"z\":1,\"a\":[10,20,30]}");
	g_autoptr(GString) seen = g_string_new(NULL);
	JSON_MEMBERS (value, key, member)
		g_string_append_printf(seen, "%s%zu ", key, json_count(member));
	JSON_EACH (json_get(value, "a"), item)
		g_string_append_printf(seen, "%d ", (int)json_number_at(item, "", 0));
	JSON_EACH (value, item)
		g_string_append(seen, item ? "never" : "");
	JSON_MEMBERS (NULL, key, member)
		g_string_append(seen, member ? key : "never");
	g_assert_cmpstr(seen->str, ==, "z0 a3 10 20 30 ");
}

static void test_making(void)
{
	g_autoptr(Json) made = json_new_map();
	json_set_text(made, "none", NULL);
	json_set_text(made, "bytes",
	        "a\xff"
	        "b");
	json_append_text(json_list_in(made, "list"), "one");
	json_append_text(json_list_in(made, "list"), "two");
	json_set_number(json_map_in(made, "map"), "n", 3);
	g_autofree char *text = json_canonical(made);
	g_assert_cmpstr(text, ==,
	        "{\"bytes\":\"a\xef\xbf\xbd"
	        "b\",\"list\":[\"one\",\"two\"],\"map\":{\"n\":3}}");
	g_autoptr(Json) copy = json_clone(made);
	g_assert_true(json_same(made, copy));
	json_remove_item(json_get(copy, "list"), 0);
	g_assert_false(json_same(made, copy));
	g_assert_cmpuint(json_count(json_get(made, "list")), ==, 2);
}

static void test_errors(void)
{
	static const char *const broken[] = {"", "{", "[1,]", "{\"a\":1}x", "\"\xff\""};
	for (size_t i = 0; i < G_N_ELEMENTS(broken); i++) {
		g_autoptr(GError) error = NULL;
		g_assert_null(json_parse(slice_from(broken[i]), &error));
		g_assert_nonnull(error);
	}
	g_autofree char *deep = g_strnfill(100000, '[');
	g_autoptr(GError) error = NULL;
	g_assert_null(json_parse(slice_from(deep), &error));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/json/paths", test_paths);
	g_test_add_func("/json/loops", test_loops);
	g_test_add_func("/json/making", test_making);
	g_test_add_func("/json/errors", test_errors);
	return g_test_run();
}
