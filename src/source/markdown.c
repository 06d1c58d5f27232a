/* Markdown: where it links to, which paths it names in code, which commands it tells the reader to type, and which
 * trees of folders it draws. Only what a dead path can hide in is read; headings, tables and emphasis are text. Links
 * within code and comments are none. */
#include "source/words.h"

#define MOST_DEPTH 32
/* Tags and code spans end within this many bytes, and a document draws no more names than this. */
#define MOST_SPAN ((size_t)2000)
#define MOST_DRAWN 2000

/* Open brackets of text, which may go on over lines of a paragraph. */
typedef struct Brackets {
	bool image[MOST_DEPTH];
	uint32_t depth;
} Brackets;

typedef struct Document {
	const SourceFile *file;
	size_t at;         /* of the line */
	Slice fence;       /* language of the open fence */
	size_t fence_body; /* where its text begins */
	char fence_mark;
	size_t fence_length;
	Brackets brackets;
	bool comment;   /* within <!-- --> */
	uint32_t drawn; /* names of trees */
} Document;

static bool matches(const SourceFile *file)
{
	return slice_ends(file->name, ".md") || slice_ends(file->name, ".markdown") || slice_ends(file->name, ".mdx");
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

/* ---- text ---------------------------------------------------------------------------------------------- */

/* `](target "title")` with `at` behind the parenthesis: the target may stand in angle brackets. Returns its end. */
static size_t read_target(const Document *document, Slice line, size_t at, const char *role)
{
	bool angle = at < line.length && line.at[at] == '<';
	size_t start = at + angle, end, depth = 0;
	for (end = start; end < line.length; end++) {
		char c = line.at[end];
		if (angle ? c == '>' : (c == ' ' || (c == ')' && depth == 0)))
			break;
		depth += c == '(';
		depth -= c == ')' && depth;
	}
	if (end < line.length)
		add_link(document, role, slice_sub(line, start, end));
	return end;
}

/* A path in `code`, or a command with one. */
static void read_code(const Document *document, Slice code, bool linked)
{
	bool spaces = slice_find_byte(code, ' ', 0) != SIZE_MAX;
	if (spaces && begins_with_program(code))
		read_commands(document->file, document->file->node, code, SLICE("inline"));
	else if (!spaces && !linked && slice_find_byte(code, '/', 0) != SIZE_MAX)
		add_link(document, "code-path", code);
}

/* A code span that begins at `at`; returns its end, or what follows the ticks where it does not end on the line. */
static size_t read_code_span(const Document *document, Slice line, size_t at)
{
	size_t ticks = 1, run = 0, end;
	line.length = MIN(line.length, at + MOST_SPAN);
	while (at + ticks < line.length && line.at[at + ticks] == '`')
		ticks++;
	for (end = at + ticks; end < line.length && run < ticks; end++)
		run = line.at[end] == '`' ? run + 1 : 0;
	if (run < ticks)
		return at + ticks;
	/* Part of the text of a link, whose target says where it leads. */
	bool linked = document->brackets.depth && slice_find(line, "](", end) != SIZE_MAX;
	read_code(document, slice_trim(slice_sub(line, at + ticks, end - ticks)), linked);
	return end;
}

/* <img src="…"> and <a href="…">: returns the end of the attribute, or at + 1 for all else. */
static size_t read_tag(const Document *document, Slice line, size_t at)
{
	static const struct {
		const char *tag, *attribute, *role;
	} tags[] = {{"<img ", "src=\"", "image"}, {"<a ", "href=\"", "link"}, {"<source ", "srcset=\"", "image"}};
	Slice rest = slice_sub(line, at, MIN(line.length, at + MOST_SPAN));
	for (size_t i = 0; i < G_N_ELEMENTS(tags); i++) {
		if (!slice_starts(rest, tags[i].tag))
			continue;
		size_t close = slice_find_byte(rest, '>', 0), start = slice_find(rest, tags[i].attribute, 0);
		if (start == SIZE_MAX || start > close)
			break;
		start += strlen(tags[i].attribute);
		size_t end = slice_find_byte(rest, '"', start);
		if (end == SIZE_MAX)
			break;
		add_link(document, tags[i].role, slice_sub(rest, start, end));
		return at + end;
	}
	return at + 1;
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

/* Past one character of text, or one code span, link target, tag or comment. */
static size_t read_inline(Document *document, Slice line, size_t at)
{
	Brackets *brackets = &document->brackets;
	char c = line.at[at];
	if (c == '\\')
		return at + 2;
	if (c == '`')
		return read_code_span(document, line, at);
	if (c == '[' && brackets->depth < MOST_DEPTH)
		brackets->image[brackets->depth++] = at > 0 && line.at[at - 1] == '!';
	if (c == ']' && brackets->depth) {
		bool image = brackets->image[--brackets->depth];
		if (at + 1 < line.length && line.at[at + 1] == '(')
			return read_target(document, line, at + 2, image ? "image" : "link");
	}
	if (c != '<')
		return at + 1;
	if (!slice_starts(slice_sub(line, at, line.length), "<!--"))
		return read_tag(document, line, at);
	document->comment = true;
	return at + 4;
}

static void read_text(Document *document, Slice line)
{
	if (slice_trim(line).length == 0)
		document->brackets.depth = 0;
	for (size_t at = 0; at < line.length;) {
		if (document->comment) {
			size_t end = slice_find(line, "-->", at);
			document->comment = end == SIZE_MAX;
			at = end == SIZE_MAX ? line.length : end + 3;
		} else {
			at = read_inline(document, line, at);
		}
	}
}

/* ---- fences: commands ---------------------------------------------------------------------------------- */

static bool is_shell(Slice language)
{
	static const char *const names[] = {"sh", "bash", "shell", "zsh", "console", "shell-session", "shellsession"};
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (slice_is_nocase(language, names[i]))
			return true;
	return false;
}

static Slice without_prompt(Slice line)
{
	Slice text = slice_trim(line);
	return slice_starts(text, "$ ") ? slice_sub(text, 2, text.length) : (Slice){"", 0};
}

static bool has_prompts(Slice body)
{
	Slice line;
	while (slice_next_line(&body, &line))
		if (without_prompt(line).length)
			return true;
	return false;
}

/* From a place in a line to its end, with the lines that a backslash joins to it. */
static Slice whole_command(Slice body, Slice command, Slice *rest)
{
	Slice line = command;
	while (line.length && line.at[line.length - 1] == '\\' && slice_next_line(rest, &line))
		continue;
	size_t start = (size_t)(command.at - body.at), end = (size_t)(line.at - body.at) + line.length;
	return slice_sub(body, start, end);
}

/* Where prompts stand, what has none is output. A fence of no language holds commands where its lines begin so. */
static void read_session(const Document *document, Slice body, bool prompts)
{
	Slice rest = body, line;
	while (slice_next_line(&rest, &line)) {
		Slice command = prompts ? without_prompt(line) : slice_trim(line);
		if (command.length && (prompts || begins_with_program(command)))
			read_commands(document->file, document->file->node, whole_command(body, command, &rest),
			        document->fence.length ? document->fence : SLICE("text"));
	}
}

/* ---- fences: trees of folders -------------------------------------------------------------------------- */

/* How many columns stand before the name, lines of the drawing included; 0 where none is drawn. */
static size_t tree_indent(Slice line, size_t *ret_bytes)
{
	static const char *const marks[] = {"├", "└", "│", "─", "\xc2\xa0", "|", "`", "-", "+", " "};
	size_t at = 0, columns = 0;
	bool drawn = false;
	for (bool more = true; more;) {
		more = false;
		for (size_t i = 0; i < G_N_ELEMENTS(marks) && !more; i++) {
			if (!slice_starts(slice_sub(line, at, line.length), marks[i]))
				continue;
			at += strlen(marks[i]);
			columns++;
			drawn = drawn || i < 2 ||
			        (i >= 5 && i <= 6 && slice_starts(slice_sub(line, at, line.length), "--"));
			more = true;
		}
	}
	*ret_bytes = at;
	return drawn ? columns : 0;
}

typedef struct Tree {
	Document *document;
	size_t indents[MOST_DEPTH];
	Slice names[MOST_DEPTH];
	uint32_t depth;
} Tree;

/* The name at the start of a text, without what is said of it. */
static Slice tree_name(Slice text)
{
	Slice word;
	if (!slice_next_word(&text, &word))
		return (Slice){"", 0};
	word.length = MIN(word.length, slice_find_byte(word, '#', 0));
	while (word.length && word.at[word.length - 1] == '/')
		word.length--;
	return word;
}

/* A LINK whose name is the whole path below the root of the tree, placed at its last part. */
static void add_tree_entry(Tree *tree, size_t indent, Slice name)
{
	const SourceFile *file = tree->document->file;
	while (tree->depth && tree->indents[tree->depth - 1] >= indent)
		tree->depth--;
	if (tree->depth == MOST_DEPTH || name.length == 0 || name.length > 100 || ++tree->document->drawn > MOST_DRAWN)
		return;
	tree->indents[tree->depth] = indent;
	tree->names[tree->depth++] = name;
	g_autoptr(GString) path = g_string_new(NULL);
	for (uint32_t i = 0; i < tree->depth; i++)
		g_string_append_printf(path, "%s%.*s", i ? "/" : "", SLICE_ARGS(tree->names[i]));
	size_t start = place_of(tree->document, name), end = start + name.length;
	Node link = graph_add_node(file->builder, NODE_LINK, file->node, (Slice){path->str, path->len}, start, end);
	graph_add(file->builder, link, FACT_ROLE, SLICE("tree"), start, end);
}

static void read_tree(Document *document, Slice body)
{
	Tree tree = {.document = document};
	Slice before = {"", 0}, line;
	while (slice_next_line(&body, &line)) {
		size_t bytes, indent = tree_indent(line, &bytes);
		if (indent == 0 && slice_starts(slice_trim(line), "│"))
			continue; /* what is said of the name before */
		if (indent == 0) {
			tree.depth = 0;
			before = slice_trim(line);
			continue;
		}
		Slice root = tree_name(before);
		if (root.length)
			add_link(document, "tree-root", root);
		before = (Slice){"", 0};
		add_tree_entry(&tree, indent, tree_name(slice_sub(line, bytes, line.length)));
	}
}

/* ---- lines --------------------------------------------------------------------------------------------- */

static void close_fence(Document *document, size_t end)
{
	Slice body = slice_sub(document->file->bytes, document->fence_body, MAX(end, document->fence_body));
	bool prompts = has_prompts(body);
	document->fence_mark = 0;
	if (slice_find(body, "├", 0) != SIZE_MAX || slice_find(body, "└", 0) != SIZE_MAX)
		read_tree(document, body);
	else if (is_shell(document->fence) && !prompts)
		read_commands(document->file, document->file->node, body, document->fence);
	else if (is_shell(document->fence) || document->fence.length == 0)
		read_session(document, body, prompts);
}

/* Opens or closes a fence; true if the line is one. */
static bool read_fence(Document *document, Slice line, size_t next)
{
	Slice text = slice_trim(line);
	while (slice_starts(text, ">"))
		text = slice_trim(slice_sub(text, 1, text.length));
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
	if (slice_find_byte(language, '`', 0) != SIZE_MAX)
		return false; /* a code span */
	size_t end = 0;
	while (end < language.length && !strchr(" {,", language.at[end]))
		end++;
	document->fence = slice_sub(language, 0, end);
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
		if (!document.comment && read_fence(&document, line, file->bytes.length - rest.length))
			continue;
		if (document.fence_mark)
			continue;
		if (!document.comment)
			read_definition(&document, line);
		read_text(&document, line);
	}
	if (document.fence_mark)
		close_fence(&document, file->bytes.length);
}

const Source source_markdown = {"markdown", matches, read_markdown};
