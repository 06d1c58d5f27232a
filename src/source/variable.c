/* Variables that compose replaces, as facts with exact places, and texts with their defaults filled in. */
#include "source/compose.h"

#include "base/variable.h"

/* Has a fallback, or replaces a value that is there: ${NAME:-x}, ${NAME:+x}. */
static bool is_optional(const Variable *use)
{
	return use->op == '-' || use->op == '+';
}

void add_variables(const SourceFile *file, Node parent, size_t start, size_t end)
{
	Slice text = slice_sub(file->bytes, start, end);
	size_t at = 0, word_end = 0;
	for (Variable use; variable_next(text, &at, &use);) {
		size_t from = start + use.start, to = start + use.end;
		bool nested = use.start < word_end;
		Node node = graph_add_node(file->builder, NODE_VARIABLE, parent, use.name, from, to);
		if (is_optional(&use) || nested)
			graph_add(
			        file->builder, node, FACT_DEFAULT, use.op == '-' ? use.word : (Slice){"", 0}, from, to);
		if (use.op == '?')
			graph_add_flag(file->builder, node, FACT_REQUIRED, from, to);
		if (use.inner < use.end)
			word_end = MAX(word_end, use.end);
	}
}

/* One pass: the outermost variables. */
static bool expand_once(Slice text, GString *out)
{
	size_t at = 0, copied = 0;
	bool changed = false;
	for (Variable use; variable_next(text, &at, &use); at = copied = use.end) {
		g_string_append_len(out, text.at + copied, (gssize)(use.start - copied));
		if (use.op == '-')
			g_string_append_len(out, use.word.at, (gssize)use.word.length);
		else
			g_string_append_printf(out, "${%.*s}", SLICE_ARGS(use.name));
		changed |= use.op == '-';
	}
	g_string_append_len(out, text.at + copied, (gssize)(text.length - copied));
	return changed;
}

Slice expand_defaults(Arena *arena, Slice text)
{
	if (slice_find_byte(text, '$', 0) == SIZE_MAX)
		return text;
	Slice expanded = text;
	bool changed = true;
	for (int pass = 0; changed && pass < 4; pass++) {
		g_autoptr(GString) out = g_string_sized_new(expanded.length);
		changed = expand_once(expanded, out);
		expanded = (Slice){arena_text(arena, (Slice){out->str, out->len}), out->len};
	}
	return expanded;
}
