/* Places: the bytes at a scalar's place are the scalar as it is written. */
#include "source/yaml.h"

#include <glib.h>

static void assert_bytes(Slice file, const YamlNode *node, const char *expected)
{
	g_assert_nonnull(node);
	g_autofree char *got = slice_dup(slice_sub(file, node->start, node->end));
	g_assert_cmpstr(got, ==, expected);
}

static void test_places(void)
{
	g_autoptr(Arena) arena = arena_new();
	Slice file = SLICE("\xef\xbb\xbf# caf\xc3\xa9\r\na: &x 80 # port\r\nb: 'it''s'\nc: !!str \"q\\n\"\nd: |-  # "
	                   "note\n  one\n\n  two\n"
	                   "# after\ne: *x\nf: {g: [1, \"2\"]}\nh: =\ni: !vault |\n  abc\n\n");
	YamlDocument *document = yaml_read(file, arena);
	g_assert_null(document->error);
	const YamlNode *root = document->root;
	assert_bytes(file, yaml_get(root, "a"), "80");
	assert_bytes(file, yaml_get(root, "b"), "'it''s'");
	assert_bytes(file, yaml_get(root, "c"), "\"q\\n\"");
	assert_bytes(file, yaml_get(root, "d"), "|-  # note\n  one\n\n  two");
	assert_bytes(file, yaml_get(root, "f"), "{g: [1, \"2\"]}");
	assert_bytes(file, yaml_get(root, "h"), "=");
	assert_bytes(file, yaml_get(root, "i"), "|\n  abc");
	g_assert_true(yaml_get(root, "e") == yaml_get(root, "a"));
	YamlEntry *alias = yaml_get_entry(root, "e");
	g_assert_cmpmem(file.at + alias->use_start, alias->use_end - alias->use_start, "*x", 2);
}

static void test_broken_document_spares_its_neighbours(void)
{
	g_autoptr(Arena) arena = arena_new();
	YamlDocument *document = yaml_read(SLICE("a: 1\n---\nb: [\n---\nc: 3\n"), arena);
	g_assert_null(document->error);
	g_assert_nonnull(document->next->error);
	g_assert_true(slice_is(yaml_text_of(document->next->next->root, "c"), "3"));
}

static void test_anchor_twice_and_merge(void)
{
	g_autoptr(Arena) arena = arena_new();
	YamlDocument *document = yaml_read(SLICE("a: &x {k: 1, l: 5}\nb: &x {k: 2}\nc:\n  <<: *x\n  m: 3\nd:\n  <<: "
	                                         "[{k: 7}, {k: 8, z: 9}]\n  k: 6\n"),
	        arena);
	g_assert_null(document->error);
	const YamlNode *root = document->root;
	g_assert_true(slice_is(yaml_text(yaml_at(root, "c.k")), "2"));
	g_assert_true(slice_is(yaml_text(yaml_at(root, "d.k")), "6"));
	g_assert_true(slice_is(yaml_text(yaml_at(root, "d.z")), "9"));
	g_assert_null(yaml_at(root, "c.l"));
}

static void test_bomb_is_cut(void)
{
	g_autoptr(Arena) arena = arena_new();
	g_autoptr(GString) text = g_string_new("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
	for (int i = 1; i < 12; i++) {
		g_string_append_printf(text, "a%d: &a%d [", i, i);
		for (int k = 0; k < 10; k++)
			g_string_append_printf(text, "%s*a%d", k ? ", " : "", i - 1);
		g_string_append(text, "]\n");
	}
	YamlDocument *document = yaml_read((Slice){text->str, text->len}, arena);
	g_assert_true(document->bomb);
	g_assert_cmpuint(document->root->size, <, 30000000);
}

static void test_cycle_and_depth(void)
{
	g_autoptr(Arena) arena = arena_new();
	YamlDocument *document = yaml_read(SLICE("a: &a [*a, 1]\n"), arena);
	g_assert_true(yaml_is_null(yaml_get(document->root, "a")->first->value));
	g_autoptr(GString) deep = g_string_new(NULL);
	for (int i = 0; i < 20000; i++)
		g_string_append_c(deep, '[');
	g_assert_nonnull(yaml_read((Slice){deep->str, deep->len}, arena)->error);
}

static void test_template_expression_is_text(void)
{
	g_autoptr(Arena) arena = arena_new();
	YamlDocument *document = yaml_read(SLICE("a: {{ .Values.x }}\nb: 1\n"), arena);
	g_assert_true(slice_is(yaml_text_of(document->root, "a"), "{{ .Values.x }}"));
	g_assert_true(document->template_text);
}

/* Longer than what a thread holds for libyaml, among short ones, and in several documents after each other. */
static void test_long_texts(void)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *wide = g_strnfill(700000, 'w');
	for (int document = 0; document < 3; document++) {
		g_string_append(text, "---\nshort: a\n");
		g_string_append_printf(text, "quoted: \"%s\\n\"\nblock: |\n  %s\nplain: %s\n", wide, wide, wide);
		for (int key = 0; key < 3000; key++)
			g_string_append_printf(text, "key%d: &anchor%d [value %d, 'x']\n", key, key, key);
	}
	g_autoptr(Arena) arena = arena_new();
	uint32_t documents = 0;
	for (YamlDocument *at = yaml_read((Slice){text->str, text->len}, arena); at; at = at->next) {
		g_assert_null(at->error);
		g_assert_cmpuint(yaml_text_of(at->root, "quoted").length, ==, 700001);
		g_assert_cmpuint(yaml_text_of(at->root, "block").length, ==, 700001);
		g_assert_cmpstr(yaml_text_of(at->root, "plain").at, ==, wide);
		g_assert_cmpstr(yaml_text(yaml_get(at->root, "key2999")->first->value).at, ==, "value 2999");
		documents++;
	}
	g_assert_cmpuint(documents, ==, 3);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/yaml/places", test_places);
	g_test_add_func("/yaml/broken-document", test_broken_document_spares_its_neighbours);
	g_test_add_func("/yaml/anchor-twice-and-merge", test_anchor_twice_and_merge);
	g_test_add_func("/yaml/bomb", test_bomb_is_cut);
	g_test_add_func("/yaml/cycle-and-depth", test_cycle_and_depth);
	g_test_add_func("/yaml/template", test_template_expression_is_text);
	g_test_add_func("/yaml/long-texts", test_long_texts);
	return g_test_run();
}
