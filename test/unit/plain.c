/* The reader of plain documents gives the tree that libyaml gives, for every document that it does not refuse: for all
 * that the other tests hold, and for what comes of these when bytes are put in, taken out and cut off. */
#include "source/yaml.h"

#include <glib.h>

/* ---- trees as text --------------------------------------------------------------------------------------------- */

static void describe(const YamlNode *node, GString *out)
{
	if (!node) {
		g_string_append(out, "nothing\n");
		return;
	}
	g_string_append_printf(out, "%d %d [%zu, %zu) %u %u '%.*s' '%.*s' '%.*s'\n", node->kind, node->style, node->start,
	        node->end, node->count, node->size, SLICE_ARGS(node->tag), SLICE_ARGS(node->anchor),
	        SLICE_ARGS(node->value));
	for (const YamlEntry *entry = node->size > 10000 ? NULL : node->first; entry; entry = entry->next) {
		g_string_append_printf(out, "[%zu, %zu)\n", entry->use_start, entry->use_end);
		if (entry->key)
			describe(entry->key, out);
		describe(entry->value, out);
	}
}

static char *description(const YamlDocument *document)
{
	GString *out = g_string_new(NULL);
	for (; document; document = document->next) {
		g_string_append_printf(out, "%u [%zu, %zu) %s %zu %d %d\n", document->number, document->start,
		        document->end, document->error ? document->error : "", document->error_at, document->bomb,
		        document->template_text);
		describe(document->root, out);
		for (const YamlDuplicate *at = document->duplicates; at; at = at->next)
			g_string_append_printf(out, "twice %zu %zu\n", at->first->start, at->second->start);
	}
	return g_string_free(out, FALSE);
}

static void assert_same(Slice text)
{
	g_autoptr(Arena) arena = arena_new();
	g_autofree char *copy = slice_dup(text); /* of its very length, so that a read past its end is seen */
	Slice file = {copy, text.length};
	g_autofree char *ours = description(yaml_read(file, arena)),
	                *theirs = description(yaml_read_by_parser(file, arena));
	if (strcmp(ours, theirs) != 0)
		g_printerr("%.*s\n", SLICE_ARGS(text));
	g_assert_cmpstr(ours, ==, theirs);
}

/* ---- what is tried ------------------------------------------------------------------------------------------------ */

static const char *const written[] = {
        "a: 1\nb:\n  - x\n  - y: 'it is'\n    z: \"q\"\n  -\n  - - 1\n    - 2\nc:\n- 1\n- b: 2\n  c:\n  - 3\nd: {}\n",
        "# head\n---  # mark\nkey: |\n  one\n\n    two  \n   \n# after\nother: |-\n    text\n\n\nlast: |+\n  kept\n\n",
        "f: {a: b c, d: [1, 'x, y', \"z\"], e: {}, g: http://h:1/x}\nempty:\nnext: -1\nurl: http://a.b:80/#x # y\n",
        "  indented:\n    deep: true\n  more: [a, b]\n", "- name: café — «x»\n  run: |\n    échapper: é\n- [[], {}]\n",
        "a: b\n  c\n", "a: 'b\n  c'\n", "a: &x 1\nb: *x\n", "a: b: c\n", "a:\n  b: 1\n c: 2\n", "a: 1\na: 2\n",
        "a: \"\\n\"\n", "a: >-\n  folded\n  text\n", "? a\n: b\n", "{{ x }}: y\n", "a: {{ x }}\n", "a: x\n...\nb: y\n",
        "%YAML 1.1\n---\na: 1\n", "a: 1\n---\n---\nb: 2\n", "a:\tb\n", "a: 1\r\nb: 2\r\n", "a: |2\n   x\n", "a: |\nb: 1\n",
        "a: |\n     \n  x\n", "- |\n x\n-\n", "a: [1,\n  2]\n", "a: [b: c]\n", "\"a\": 1\n'b': 2\n'c' : 3\n", "a: 'it''s'\n",
        "a: -\n", "a: - b\n", "-\n", "- - -\n", "a: #b\n", "a: b#c\n", "a: @b\n", "a:b\n", "a", "", "---", "--- a\n", "a:",
        "a: \"b\" c\n", "a: [b] c\n", "a: {b: c,}\n", "a: |\n  x", "a: |+\n  x\n \n", "a: |-\n  x\n   ", "- a:\n  - b\n- c\n",
};

static const char *const parts[] = {"- ", ": ", "\n", " ", "  ", "#", " #", "'", "\"", "{", "}", "[", "]", ",", "|", ">",
        "|-\n", "a", "key: ", "\n\n", "---\n", "...", "&a ", "*a", "!t ", "\t", "?", "? ", ":", "-", "\\", "é", "\r\n", "%",
        "@", "`", "<<: ", "{{ x }}", "|+\n", "- - ", "''", "\xe2\x80\xa8", "\xef\xbb\xbf", "\x7f"};

static void change(GString *text, GRand *chance)
{
	gsize at = (gsize)g_rand_int_range(chance, 0, (gint32)text->len + 1);
	switch (g_rand_int_range(chance, 0, 3)) {
	case 0:
		g_string_insert(text, (gssize)at, parts[g_rand_int_range(chance, 0, G_N_ELEMENTS(parts))]);
		break;
	case 1:
		g_string_erase(text, (gssize)at, (gssize)MIN(3, text->len - at));
		break;
	default:
		if (g_rand_int_range(chance, 0, 4) == 0)
			g_string_truncate(text, at);
	}
}

static void assert_same_changed(const char *written_text, int rounds, GRand *chance)
{
	for (int round = 0; round < rounds; round++) {
		g_autoptr(GString) text = g_string_new(written_text);
		for (int changes = g_rand_int_range(chance, 1, 4); changes > 0; changes--)
			change(text, chance);
		assert_same((Slice){text->str, text->len});
	}
}

static void test_written(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(written); i++)
		assert_same(slice_from(written[i]));
}

static void test_changed(void)
{
	g_autoptr(GRand) chance = g_rand_new_with_seed(20);
	for (size_t i = 0; i < G_N_ELEMENTS(written); i++)
		assert_same_changed(written[i], 300, chance);
}

/* Literal blocks, the longest of which must not cost more than they hold. */
static void test_many_blocks(void)
{
	g_autoptr(GString) text = g_string_new(NULL);
	for (int i = 0; i < 3000; i++)
		g_string_append_printf(text, "k%d: |\n  some text\n", i);
	g_autoptr(Arena) arena = arena_new();
	g_assert_null(yaml_read((Slice){text->str, text->len}, arena)->error);
	g_assert_cmpuint(arena_size(arena), <, 4000000);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/plain/as-written", test_written);
	g_test_add_func("/plain/changed", test_changed);
	g_test_add_func("/plain/many-blocks", test_many_blocks);
	return g_test_run();
}
