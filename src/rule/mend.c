/* The edits that a finding proposes. Here they only become bytes in the manner of the file; whether they mend anything
 * is proven by flow. */
#include "rule/rule.h"
#include "rule/sketch.h"

static void append_edit(Checker *checker, Finding *finding, Edit edit)
{
	for (uint32_t i = 0; i < finding->n_edits; i++)
		if (edit_equal(&finding->edits[i], &edit))
			return;
	if (finding->n_edits == finding->edits_room) {
		uint32_t room = MAX(2, finding->edits_room * 2);
		Edit *grown = ARENA_ARRAY(checker_arena(checker), Edit, room);
		if (finding->n_edits)
			memcpy(grown, finding->edits, sizeof(Edit) * finding->n_edits);
		finding->edits = grown;
		finding->edits_room = room;
	}
	finding->edits[finding->n_edits++] = edit;
}

/* True where the place is all that is wanted of an edit of whole lines. */
static bool sketch(Checker *checker, Finding *finding, Span span)
{
	if (checker_sketches(checker))
		append_edit(checker, finding, (Edit){span.file, span.start, span.end, {"", 0}});
	return checker_sketches(checker);
}

static Slice text_of(Checker *checker, Span span)
{
	return graph_file_bytes(checker_graph(checker), span.file);
}

void add_edit(Checker *checker, Finding *finding, Span span, Slice text)
{
	Slice kept = {arena_text(checker_arena(checker), text), text.length};
	append_edit(checker, finding, (Edit){span.file, span.start, span.end, kept});
}

void add_value_edit(Checker *checker, Finding *finding, Span span, const char *value)
{
	Slice old = graph_span_bytes(checker_graph(checker), span);
	Slice text = edit_scalar(old, slice_from(value), checker_arena(checker));
	append_edit(checker, finding, (Edit){span.file, span.start, span.end, text});
}

static bool is_word_byte(char c)
{
	return g_ascii_isalnum(c) || c == '_' || c == '-';
}

/* The one place where the word stands by itself; SIZE_MAX for none and for several. */
static size_t find_once(Slice text, Slice word)
{
	size_t found = SIZE_MAX;
	for (size_t at = 0; word.length && at + word.length <= text.length; at++) {
		bool begins = at == 0 || !is_word_byte(text.at[at - 1]);
		bool ends = at + word.length == text.length || !is_word_byte(text.at[at + word.length]);
		if (!begins || !ends || memcmp(text.at + at, word.at, word.length) != 0)
			continue;
		if (found != SIZE_MAX)
			return SIZE_MAX;
		found = at;
	}
	return found;
}

void add_rename(Checker *checker, Finding *finding, Span span, const char *old, const char *new)
{
	Slice bytes = graph_span_bytes(checker_graph(checker), span), word = slice_from(old);
	bool quoted = bytes.length >= 2 && strchr("\"'", bytes.at[0]) && bytes.at[bytes.length - 1] == bytes.at[0];
	if (slice_equal(bytes, word) || (quoted && slice_equal(slice_sub(bytes, 1, bytes.length - 1), word))) {
		add_value_edit(checker, finding, span, new);
		return;
	}
	size_t at = find_once(bytes, word);
	if (at != SIZE_MAX) {
		Span part = {span.file, span.start + (uint32_t)at, span.start + (uint32_t)(at + word.length)};
		add_edit(checker, finding, part, slice_from(new));
	}
}

void add_renumber(Checker *checker, Finding *finding, Span span, uint32_t old, uint32_t new)
{
	char was[16], now[16];
	g_snprintf(was, sizeof was, "%u", old);
	g_snprintf(now, sizeof now, "%u", new);
	add_rename(checker, finding, span, was, now);
}

/* Where the key of a block map begins in its line: `- key: value` is the first pair of a map whose others stand below.
 */
static size_t key_depth(Slice line)
{
	size_t depth = 0;
	while (depth < line.length && strchr(" -", line.at[depth]))
		depth++;
	return depth;
}

/* A byte of the last line of the block of that key, which stands as deep as the pair of the line at `at` and further
 * down in the same map; `at` where there is none. */
static uint32_t find_block_end(Slice text, uint32_t at, size_t depth, const char *key)
{
	uint32_t start, end, line_end;
	bool within = false;
	edit_line_span(text, at, at, &start, &end);
	for (uint32_t next = end, found = at;; next = line_end) {
		if (next >= text.length)
			return found;
		edit_line_span(text, next, next, &start, &line_end);
		Slice line = slice_sub(text, start, line_end), words = slice_trim(line);
		size_t indent = edit_indent(text, next).length;
		if (words.length == 0 || words.at[0] == '#')
			continue;
		if (indent < depth || (within && indent == depth && words.at[0] != '-'))
			return found;
		within |= indent == depth && slice_starts(words, key) && words.length > strlen(key) &&
		          words.at[strlen(key)] == ':';
		if (within)
			found = start;
	}
}

static void add_indented(Checker *checker, Finding *finding, Span span, size_t depth, const char *pair)
{
	g_auto(GStrv) lines = g_strsplit(pair, "\n", -1);
	g_autoptr(GString) text = g_string_new(NULL);
	for (char **at = lines; *at; at++)
		g_string_append_printf(text, "%s%*s%s", at == lines ? "" : "\n", (int)depth, "", *at);
	add_lines_below(checker, finding, span, text->str);
}

void add_pair_below(Checker *checker, Finding *finding, Span span, const char *pair)
{
	if (!sketch(checker, finding, span))
		add_indented(checker, finding, span, key_depth(graph_line_at(checker_graph(checker), span)), pair);
}

void add_pair_after(Checker *checker, Finding *finding, Span span, const char *key, const char *pair)
{
	if (sketch(checker, finding, span))
		return;
	size_t depth = key_depth(graph_line_at(checker_graph(checker), span));
	span.start = find_block_end(text_of(checker, span), span.start, depth, key);
	add_indented(checker, finding, span, depth, pair);
}

/* How deep the pairs of the block map stand that begins below the line of that byte; 0 where none does. */
static size_t depth_within(Slice text, uint32_t at)
{
	uint32_t start, end, line_end;
	edit_line_span(text, at, at, &start, &end);
	size_t depth = key_depth(slice_sub(text, start, end));
	for (uint32_t next = end; next < text.length; next = line_end) {
		edit_line_span(text, next, next, &start, &line_end);
		Slice words = slice_trim(slice_sub(text, start, line_end));
		size_t indent = edit_indent(text, next).length;
		if (words.length && words.at[0] != '#')
			return indent > depth && words.at[0] != '-' ? indent : 0;
	}
	return 0;
}

void add_pair_within(Checker *checker, Finding *finding, Span span, const char *key, const char *pair)
{
	if (sketch(checker, finding, span))
		return;
	size_t depth = depth_within(text_of(checker, span), span.start);
	if (depth == 0)
		return;
	span.start = find_block_end(text_of(checker, span), span.start, depth, key);
	add_indented(checker, finding, span, depth, pair);
}

void add_lines_below(Checker *checker, Finding *finding, Span span, const char *lines)
{
	if (sketch(checker, finding, span))
		return;
	append_edit(checker, finding,
	        edit_insert_below(
	                span.file, text_of(checker, span), span.start, slice_from(lines), checker_arena(checker)));
}

void add_lines_above(Checker *checker, Finding *finding, Span span, const char *lines)
{
	if (sketch(checker, finding, span))
		return;
	append_edit(checker, finding,
	        edit_insert_above(
	                span.file, text_of(checker, span), span.start, slice_from(lines), checker_arena(checker)));
}

void add_deletion(Checker *checker, Finding *finding, Span span)
{
	if (!sketch(checker, finding, span))
		append_edit(
		        checker, finding, edit_delete_lines(span.file, text_of(checker, span), span.start, span.end));
}

void add_block_deletion(Checker *checker, Finding *finding, Span span)
{
	uint32_t start, end;
	if (sketch(checker, finding, span))
		return;
	edit_block_span(text_of(checker, span), span.start, &start, &end);
	append_edit(checker, finding, (Edit){span.file, start, end, {"", 0}});
}

void add_tracked(Checker *checker, Finding *finding, const char *path)
{
	if (!finding->tracked)
		finding->tracked = checker_list(checker);
	for (guint i = 0; i < finding->tracked->len; i++)
		if (strcmp(finding->tracked->pdata[i], path) == 0)
			return;
	g_ptr_array_add(finding->tracked, arena_text(checker_arena(checker), slice_from(path)));
}

/* ---- nodes ---------------------------------------------------------------------------------------------- */

/* The line "containers:" of a block map, above its first container. */
static bool find_containers(Slice text, uint32_t container, uint32_t *ret_line)
{
	uint32_t at = container, end;
	while (at > 0) {
		edit_line_span(text, at - 1, at - 1, &at, &end);
		Slice line = slice_trim(slice_sub(text, at, end));
		if (slice_is(line, "containers:")) {
			*ret_line = at;
			return true;
		}
		if (line.length && line.at[0] != '#' && !slice_starts(line, "-"))
			return false;
	}
	return false;
}

/* What is said right above a key belongs to it. */
static uint32_t above_comments(Slice text, uint32_t line)
{
	uint32_t start, end;
	for (uint32_t at = line; at > 0; at = start) {
		edit_line_span(text, at - 1, at - 1, &start, &end);
		if (!slice_starts(slice_trim(slice_sub(text, start, end)), "#"))
			return at;
	}
	return line;
}

bool node_selector_edit(const Graph *graph, Node pod, const char *host, Arena *arena, Edit *ret_edit)
{
	Node container = graph_first_child(graph, pod, NODE_CONTAINER);
	uint32_t file = graph_file_of(graph, pod), line;
	Slice text = graph_file_bytes(graph, file);
	if (graph_has(graph, pod, FACT_NODE_SELECTOR) || !container ||
	        !find_containers(text, graph_place(graph, container).start, &line))
		return false;
	Slice indent = edit_indent(text, line);
	line = above_comments(text, line);
	const char *lines = arena_printf(arena, "%.*snodeSelector:\n%.*s  kubernetes.io/hostname: %s",
	        SLICE_ARGS(indent), SLICE_ARGS(indent), host);
	*ret_edit = edit_insert_above(file, text, line, slice_from(lines), arena);
	return true;
}

bool add_node_selector(Checker *checker, Finding *finding, Node pod, const char *host)
{
	Edit edit;
	if (!node_selector_edit(checker_graph(checker), pod, host, checker_arena(checker), &edit))
		return false;
	append_edit(checker, finding, edit);
	return true;
}
