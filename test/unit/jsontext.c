/* JSON as text, and as the tree that YAML becomes: the tree is held against libyaml's of the same bytes. */
#include "base/jsontext.h"
#include "source/yaml.h"

#include <glib.h>

static void test_walk(void)
{
	Slice text = SLICE(" {\"a\" : [1, \"x\\\"]\" , {\"b\":[]} ], \"c\\\\\":null,\"d\":{\"e\":-1.5e3} } ");
	size_t at = 0;
	Slice key, value, item;
	g_assert_true(jsontext_next_member(text, &at, &key, &value));
	g_assert_true(slice_is(key, "a") && slice_is(value, "[1, \"x\\\"]\" , {\"b\":[]} ]"));
	size_t inner = 0;
	g_assert_true(jsontext_next_item(value, &inner, &item) && slice_is(item, "1"));
	g_assert_true(jsontext_next_item(value, &inner, &item) && slice_is(jsontext_text(item), "x\\\"]"));
	g_assert_true(jsontext_next_item(value, &inner, &item) && slice_is(item, "{\"b\":[]}"));
	g_assert_false(jsontext_next_item(value, &inner, &item));
	g_assert_true(jsontext_next_member(text, &at, &key, &value) && slice_is(value, "null"));
	g_assert_true(jsontext_next_member(text, &at, &key, &value) && slice_is(key, "d"));
	g_assert_false(jsontext_next_member(text, &at, &key, &value));
	g_assert_true(slice_is(jsontext_at(text, "d.e"), "-1.5e3"));
	g_assert_cmpuint(jsontext_at(text, "d.f").length, ==, 0);
	g_assert_cmpuint(jsontext_at(text, "a.b").length, ==, 0);
}

static void test_broken(void)
{
	static const char *const texts[] = {"", " ", "{", "{\"", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":\"", "{\"a\":[",
	        "{\"a\":[1", "[", "[1", "[,", "]", "{]"};
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *copy = g_memdup2(texts[i], MAX(strlen(texts[i]), 1)); /* no byte behind it is ours */
		Slice text = {copy, strlen(texts[i])}, key, value;
		size_t at = 0, length;
		for (uint32_t n = 0; jsontext_next_member(text, &at, &key, &value); n++)
			g_assert_cmpuint(n, <, 10);
		for (at = 0; jsontext_next_item(text, &at, &value);)
			g_assert_true(value.length > 0);
		static const char *const keys[] = {"a", NULL};
		g_autofree char *less = jsontext_without(text, keys, &length);
		g_assert_nonnull(less);
		g_assert_cmpuint(length, <=, text.length);
		g_autoptr(Arena) arena = arena_new();
		g_assert_null(yaml_read_json(text, 0, arena));
	}
}

static void check_without(const char *text, const char *expected)
{
	static const char *const keys[] = {"x", "y/z", NULL};
	size_t length;
	g_autofree char *less = jsontext_without(slice_from(text), keys, &length);
	g_assert_cmpstr(less, ==, expected);
	g_assert_cmpuint(length, ==, strlen(expected));
}

static void test_without(void)
{
	check_without("{\"x\":[{\"a\":\"]\"}],\"b\":1}", "{\"x\":[],\"b\":1}");
	check_without("{\"a\":{\"x\": {\"x\":1} },\"x\":\"long\"}", "{\"a\":{\"x\": {} },\"x\":\"\"}");
	check_without("{\"a\":\"\\\"x\\\":[1]\",\"y/z\":\"{\\\"x\\\":1}\"}", "{\"a\":\"\\\"x\\\":[1]\",\"y/z\":\"\"}");
	check_without("{\"b\":\"x\",\"c\":[\"x\",\"y/z\"]}", "{\"b\":\"x\",\"c\":[\"x\",\"y/z\"]}");
	check_without("{\"x\":[1", "{\"x\":[1");
}

static void same_tree(const YamlNode *one, const YamlNode *other)
{
	g_assert_cmpint(one->kind, ==, other->kind);
	g_assert_cmpint(one->style, ==, other->style);
	g_assert_cmpuint(one->start, ==, other->start);
	g_assert_cmpuint(one->end, ==, other->end);
	g_assert_cmpuint(one->count, ==, other->count);
	g_assert_cmpuint(one->size, ==, other->size);
	g_assert_cmpmem(one->value.at, one->value.length, other->value.at, other->value.length);
	g_assert_cmpuint(one->tag.length, ==, other->tag.length);
	const YamlEntry *left = one->first, *right = other->first;
	for (; left && right; left = left->next, right = right->next) {
		g_assert_cmpuint(left->use_start, ==, right->use_start);
		g_assert_cmpuint(left->use_end, ==, right->use_end);
		g_assert_true((left->key == NULL) == (right->key == NULL));
		if (left->key)
			same_tree(left->key, right->key);
		same_tree(left->value, right->value);
	}
	g_assert_true(!left && !right);
}

static void test_tree(void)
{
	static const char *const texts[] = {"{}", "[]", "{\"a\":1}", "{\"a\":[1,-2.5,true,false,null,\"\"]}",
	        "{\"a\": \"\\u00e4\\n\\t\\\"\\\\\\/\" , \"\xc3\xa4\":{\"b\":{},\"c\":[[],[{}]]}}",
	        "{\n  \"kind\": \"List\",\n  \"items\": [\n    {\"a\": \"0755\"},\n    {\"a\": 1e5}\n  ]\n}\n"};
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(Arena) arena = arena_new();
		const YamlDocument *document = yaml_read(slice_from(texts[i]), arena);
		const YamlNode *root = yaml_read_json(slice_from(texts[i]), 0, arena);
		g_test_message("%s", texts[i]);
		g_assert_nonnull(root);
		g_assert_nonnull(document->root);
		same_tree(root, document->root);
	}
}

/* Pairs of halves, which libyaml refuses. */
static void test_halves(void)
{
	g_autoptr(Arena) arena = arena_new();
	const YamlNode *pair = yaml_read_json(SLICE("\"\\ud83d\\ude00\""), 0, arena),
	               *half = yaml_read_json(SLICE("\"\\ud83d!\\u0000\""), 0, arena);
	g_assert_cmpstr(pair->value.at, ==, "\xf0\x9f\x98\x80");
	g_assert_cmpstr(half->value.at, ==, "\xef\xbf\xbd!\xef\xbf\xbd");
}

static void test_refused(void)
{
	static const char *const texts[] = {"{a: 1}", "{\"a\":b}", "{\"a\":1,}", "[1 2]", "{\"a\" 1}",
	        "{\"a\":\"\\x\"}", "{\"a\":\"\n\"}", "{\"a\":'b'}", "- a", "-", "1a"};
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(Arena) arena = arena_new();
		g_test_message("%s", texts[i]);
		g_assert_null(yaml_read_json(slice_from(texts[i]), 0, arena));
	}
	g_autoptr(Arena) arena = arena_new();
	g_autoptr(GString) deep = g_string_new(NULL);
	for (uint32_t i = 0; i < 100000; i++)
		g_string_append_c(deep, '[');
	for (uint32_t i = 0; i < 100000; i++)
		g_string_append_c(deep, ']');
	g_assert_null(yaml_read_json((Slice){deep->str, deep->len}, 0, arena));
}

static void test_but(void)
{
	Slice text = SLICE("{\"kind\":\"PodList\",\"items\":[{\"a\":1},{\"items\":2}],\"b\":{\"items\":3}}"), items;
	g_autoptr(Arena) arena = arena_new();
	const YamlNode *root = yaml_read_json_but(text, "items", &items, arena);
	g_assert_true(slice_is(items, "[{\"a\":1},{\"items\":2}]"));
	g_assert_true(slice_is(yaml_text_of(root, "kind"), "PodList"));
	g_assert_null(yaml_get(root, "items"));
	g_assert_true(slice_is(yaml_text(yaml_at(root, "b.items")), "3"));
	g_assert_null(yaml_read_json_but(SLICE("{} {}"), "items", &items, arena));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/jsontext/walk", test_walk);
	g_test_add_func("/jsontext/broken", test_broken);
	g_test_add_func("/jsontext/without", test_without);
	g_test_add_func("/jsontext/tree", test_tree);
	g_test_add_func("/jsontext/halves", test_halves);
	g_test_add_func("/jsontext/refused", test_refused);
	g_test_add_func("/jsontext/but", test_but);
	return g_test_run();
}
