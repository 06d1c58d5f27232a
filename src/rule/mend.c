/* The edits that a finding proposes. Here they only become bytes in the manner of the file; whether they mend anything
 * is proven by flow. */
#include "rule/rule.h"

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

/* `- key: value` begins a map whose other keys stand below its first key. */
void add_pair_below(Checker *checker, Finding *finding, Span span, const char *pair)
{
	Slice line = graph_line_at(checker_graph(checker), span);
	size_t depth = 0;
	while (depth < line.length && strchr(" -", line.at[depth]))
		depth++;
	g_auto(GStrv) lines = g_strsplit(pair, "\n", -1);
	g_autoptr(GString) text = g_string_new(NULL);
	for (char **at = lines; *at; at++)
		g_string_append_printf(text, "%s%*s%s", at == lines ? "" : "\n", (int)depth, "", *at);
	add_lines_below(checker, finding, span, text->str);
}

void add_lines_below(Checker *checker, Finding *finding, Span span, const char *lines)
{
	append_edit(checker, finding,
	        edit_insert_below(
	                span.file, text_of(checker, span), span.start, slice_from(lines), checker_arena(checker)));
}

void add_lines_above(Checker *checker, Finding *finding, Span span, const char *lines)
{
	append_edit(checker, finding,
	        edit_insert_above(
	                span.file, text_of(checker, span), span.start, slice_from(lines), checker_arena(checker)));
}

void add_deletion(Checker *checker, Finding *finding, Span span)
{
	append_edit(checker, finding, edit_delete_lines(span.file, text_of(checker, span), span.start, span.end));
}

void add_block_deletion(Checker *checker, Finding *finding, Span span)
{
	uint32_t start, end;
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
