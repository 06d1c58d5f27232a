/* Variables that compose replaces, found in the raw bytes so that the place of each use is exact. */
#include "source/compose.h"

/* A fallback longer than this is no fallback but a brace that nobody closed. */
#define MOST_FALLBACK 4096

typedef struct Use {
	Slice name;
	Slice fallback; /* what stands after the operator; at is NULL where there is none */
	bool required;  /* ${NAME:?message} */
	bool optional;  /* has a fallback, or replaces a value that is there: ${NAME:-x}, ${NAME:+x} */
	bool plus;
	size_t start, end, inner; /* of the whole use; where the fallback begins, or end */
} Use;

static bool is_name_start(char c)
{
	return g_ascii_isalpha(c) || c == '_';
}

static size_t name_end(Slice text, size_t at)
{
	while (at < text.length && (g_ascii_isalnum(text.at[at]) || text.at[at] == '_'))
		at++;
	return at;
}

/* The brace that closes the one whose inside begins at `at`; SIZE_MAX where there is none near. */
static size_t closing_brace(Slice text, size_t at)
{
	size_t limit = MIN(text.length, at + MOST_FALLBACK);
	for (int depth = 1; at < limit; at++) {
		if (text.at[at] == '{')
			depth++;
		else if (text.at[at] == '}' && --depth == 0)
			return at;
	}
	return SIZE_MAX;
}

/* What stands between the name and the closing brace. */
static bool read_operator(Slice text, size_t at, size_t close, Use *use)
{
	if (at == close) {
		use->inner = use->end;
		return true;
	}
	if (text.at[at] == ':' && at + 1 < close)
		at++;
	char op = text.at[at];
	if (!strchr("-+?", op))
		return false;
	use->inner = at + 1;
	use->plus = op == '+';
	use->required = op == '?';
	use->optional = !use->required;
	if (op == '-')
		use->fallback = slice_sub(text, at + 1, close);
	return true;
}

/* The next use at or after *at; *at moves behind its operator, so that uses within a fallback come next. */
static bool next_use(Slice text, size_t *at, Use *use)
{
	for (size_t i = *at; (i = slice_find_byte(text, '$', i)) != SIZE_MAX; i++) {
		*use = (Use){.start = i};
		size_t name = i + 1;
		if (name >= text.length)
			return false;
		if (text.at[name] == '$') {
			i++;
			continue;
		}
		bool braced = text.at[name] == '{';
		name += braced;
		if (name >= text.length || !is_name_start(text.at[name]))
			continue;
		size_t end = name_end(text, name);
		use->name = slice_sub(text, name, end);
		use->end = use->inner = end;
		if (braced) {
			size_t close = closing_brace(text, end);
			if (close == SIZE_MAX)
				continue;
			use->end = close + 1;
			if (!read_operator(text, end, close, use))
				continue;
		}
		*at = use->inner;
		return true;
	}
	return false;
}

void add_variables(const SourceFile *file, Node parent, size_t start, size_t end)
{
	Slice text = slice_sub(file->bytes, start, end);
	size_t at = 0, fallback_end = 0;
	for (Use use; next_use(text, &at, &use);) {
		size_t from = start + use.start, to = start + use.end;
		bool nested = use.start < fallback_end;
		Node node = graph_add_node(file->builder, NODE_VARIABLE, parent, use.name, from, to);
		if (use.optional || nested)
			graph_add(file->builder, node, FACT_DEFAULT, use.fallback.at ? use.fallback : (Slice){"", 0},
			        from, to);
		if (use.required)
			graph_add_flag(file->builder, node, FACT_REQUIRED, from, to);
		if (use.inner < use.end)
			fallback_end = MAX(fallback_end, use.end);
	}
}

/* One pass: the outermost variables. */
static bool expand_once(Slice text, GString *out)
{
	size_t at = 0, copied = 0;
	bool changed = false;
	for (Use use; next_use(text, &at, &use); at = copied = use.end) {
		g_string_append_len(out, text.at + copied, (gssize)(use.start - copied));
		if (use.fallback.at)
			g_string_append_len(out, use.fallback.at, (gssize)use.fallback.length);
		else
			g_string_append_printf(out, "${%.*s}", SLICE_ARGS(use.name));
		changed |= use.fallback.at != NULL;
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
