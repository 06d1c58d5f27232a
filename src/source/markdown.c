/* Markdown: where it links to, which paths it names in code, which commands it tells the reader to type. Only what a
 * dead path can hide in is read; headings, tables and emphasis are text. */
#include "source/words.h"

typedef struct Document {
	const SourceFile *file;
	size_t at;         /* of the line */
	Slice fence;       /* language of the open fence */
	size_t fence_body; /* where its text begins */
	char fence_mark;
	size_t fence_length;
} Document;

static bool matches(const SourceFile *file)
{
	return slice_ends(file->name, ".md") || slice_ends(file->name, ".markdown");
}

static size_t place_of(const Document *document, Slice text)
{
	return (size_t)(text.at - document->file->bytes.at);
}

static void add_link(const Document *document, const char *role, Slice target)
{
	size_t start = place_of(document, target), end = start + target.length;
	if (target.length == 0 || target.length > 300)
		return;
	Node link = graph_add_node(document->file->builder, NODE_LINK, document->file->node, target, start, end);
	graph_add(document->file->builder, link, FACT_ROLE, slice_from(role), start, end);
}

/* `](target "title")`: the target, which may stand in angle brackets. */
static void read_links(const Document *document, Slice line)
{
	for (size_t at = 0; (at = slice_find(line, "](", at)) != SIZE_MAX;) {
		size_t start = at + 2, end, depth = 0;
		bool angle = start < line.length && line.at[start] == '<';
		start += angle;
		for (end = start; end < line.length; end++) {
			char c = line.at[end];
			if (angle ? c == '>' : (c == ' ' || (c == ')' && depth == 0)))
				break;
			depth += c == '(';
			depth -= c == ')' && depth;
		}
		if (end < line.length)
			add_link(document, "link", slice_sub(line, start, end));
		at = end;
	}
}

/* `[name]: target` at the start of a line. */
static void read_definition(const Document *document, Slice line)
{
	Slice text = slice_trim(line);
	size_t mark = slice_find(text, "]:", 0);
	if (text.length == 0 || text.at[0] != '[' || mark == SIZE_MAX || slice_starts(text, "[^"))
		return;
	Slice rest = slice_sub(text, mark + 2, text.length), word;
	if (slice_next_word(&rest, &word))
		add_link(document, "link", word);
}

/* `code` that has no space in it may be a path. */
static void read_code_spans(const Document *document, Slice line)
{
	for (size_t at = 0; (at = slice_find_byte(line, '`', at)) != SIZE_MAX;) {
		size_t ticks = 1;
		while (at + ticks < line.length && line.at[at + ticks] == '`')
			ticks++;
		size_t end = slice_find_byte(line, '`', at + ticks);
		if (end == SIZE_MAX)
			return;
		Slice code = slice_sub(line, at + ticks, end);
		bool linked = at > 0 && line.at[at - 1] == '[' && end + 2 < line.length && line.at[end + ticks] == ']';
		if (!linked && slice_find_byte(code, ' ', 0) == SIZE_MAX && slice_find_byte(code, '/', 0) != SIZE_MAX)
			add_link(document, "code-path", code);
		at = end + ticks;
	}
}

static bool is_shell_fence(Slice language)
{
	static const char *const names[] = {"sh", "bash", "shell", "zsh", "console", "shell-session"};
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (slice_is_nocase(language, names[i]))
			return true;
	return false;
}

static void close_fence(Document *document, size_t end)
{
	Slice body = slice_sub(document->file->bytes, document->fence_body, MAX(end, document->fence_body));
	if (is_shell_fence(document->fence))
		read_commands(document->file, document->file->node, body, document->fence);
	document->fence_mark = 0;
}

/* Opens or closes a fence; true if the line is one. */
static bool read_fence(Document *document, Slice line, size_t next)
{
	Slice text = slice_trim(line);
	size_t length = 0;
	while (length < text.length && (text.at[length] == '`' || text.at[length] == '~') &&
	        text.at[length] == text.at[0])
		length++;
	if (length < 3)
		return false;
	if (document->fence_mark) {
		if (text.at[0] != document->fence_mark || length < document->fence_length || length != text.length)
			return false;
		close_fence(document, document->at);
		return true;
	}
	Slice language = slice_trim(slice_sub(text, length, text.length));
	size_t space = slice_find_byte(language, ' ', 0);
	document->fence = slice_sub(language, 0, space == SIZE_MAX ? language.length : space);
	document->fence_mark = text.at[0];
	document->fence_length = length;
	document->fence_body = next;
	return true;
}

static void read_markdown(const SourceFile *file)
{
	Document document = {.file = file, .fence = {"", 0}};
	Slice rest = file->bytes, line;
	graph_add(file->builder, file->node, FACT_FORMAT, SLICE("markdown"), 0, 0);
	while (document.at = file->bytes.length - rest.length, slice_next_line(&rest, &line)) {
		if (read_fence(&document, line, file->bytes.length - rest.length) || document.fence_mark)
			continue;
		read_links(&document, line);
		read_definition(&document, line);
		read_code_spans(&document, line);
	}
	if (document.fence_mark)
		close_fence(&document, file->bytes.length);
}

const Source source_markdown = {"markdown", matches, read_markdown};
