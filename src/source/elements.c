/* What the elements of an ApplicationSet's lists fill into its template. Other generators, and functions of Go's
 * templates, are not worked out. */
#include "source/elements.h"

bool is_element_list(const YamlNode *generator)
{
	return yaml_is_map(generator) && generator->count == 1 && yaml_is_sequence(yaml_at(generator, "list.elements"));
}

const char *fill_in_element(Arena *arena, Slice text, const YamlNode *element, const YamlNode **ret_at)
{
	g_autoptr(GString) out = g_string_new(NULL);
	*ret_at = NULL;
	for (size_t at = 0; at < text.length;) {
		size_t open = MIN(slice_find(text, "{{", at), text.length);
		g_string_append_len(out, text.at + at, (gssize)(open - at));
		if (open == text.length)
			break;
		size_t close = slice_find(text, "}}", open);
		if (close == SIZE_MAX)
			return NULL;
		Slice word = slice_trim(slice_sub(text, open + 2, close));
		g_autofree char *key = slice_dup(slice_starts(word, ".") ? slice_sub(word, 1, word.length) : word);
		const YamlNode *value = yaml_get(element, key);
		if (!yaml_is_scalar(value) || yaml_is_open(value->value))
			return NULL;
		*ret_at = value;
		g_string_append_len(out, value->value.at, (gssize)value->value.length);
		at = close + 2;
	}
	return arena_text(arena, (Slice){out->str, out->len});
}
