/* Whole lines put in and taken out, in the manner of the lines around them. */
#include "edit/edit.h"

const char *edit_newline(Slice text)
{
	size_t end = slice_find_byte(text, '\n', 0);
	return end != SIZE_MAX && end > 0 && text.at[end - 1] == '\r' ? "\r\n" : "\n";
}

static uint32_t line_start(Slice text, uint32_t at)
{
	while (at > 0 && text.at[at - 1] != '\n')
		at--;
	return at;
}

/* Behind the line end, or the end of the text. */
static uint32_t line_end(Slice text, uint32_t at)
{
	while (at < text.length && text.at[at] != '\n')
		at++;
	return at < text.length ? at + 1 : at;
}

void edit_line_span(Slice text, uint32_t start, uint32_t end, uint32_t *ret_start, uint32_t *ret_end)
{
	*ret_start = line_start(text, start);
	/* A span that ends with its line end holds no byte of the next line. */
	bool whole = end > start && text.at[end - 1] == '\n';
	*ret_end = whole ? end : line_end(text, end);
}

Slice edit_indent(Slice text, uint32_t at)
{
	uint32_t start = line_start(text, at), end = start;
	while (end < text.length && (text.at[end] == ' ' || text.at[end] == '\t'))
		end++;
	return slice_sub(text, start, end);
}

void edit_block_span(Slice text, uint32_t at, uint32_t *ret_start, uint32_t *ret_end)
{
	uint32_t start = line_start(text, at), end = line_end(text, start);
	size_t depth = edit_indent(text, at).length;
	/* Blank lines at the end do not belong to it. */
	for (uint32_t next = end; next < text.length; next = line_end(text, next)) {
		Slice indent = edit_indent(text, next);
		size_t first = next + indent.length;
		bool blank = first >= text.length || text.at[first] == '\n' || text.at[first] == '\r';
		if (!blank && indent.length <= depth)
			break;
		if (!blank)
			end = line_end(text, next);
	}
	*ret_start = start;
	*ret_end = end;
}

/* The lines with the file's line ends, each ended but for the last; before and after are put around. */
static Slice join_lines(const char *before, Slice lines, const char *newline, const char *after, Arena *arena)
{
	g_autoptr(GString) text = g_string_new(before);
	Slice line;
	for (bool first = true; slice_next_line(&lines, &line); first = false)
		g_string_append_printf(text, "%s%.*s", first ? "" : newline, SLICE_ARGS(line));
	g_string_append(text, after);
	return (Slice){arena_text(arena, (Slice){text->str, text->len}), text->len};
}

Edit edit_insert_below(uint32_t file, Slice text, uint32_t at, Slice lines, Arena *arena)
{
	uint32_t end = line_end(text, at);
	const char *newline = edit_newline(text);
	bool open = end > 0 && text.at[end - 1] != '\n'; /* the last line has no end */
	Slice bytes = join_lines(open ? newline : "", lines, newline, open || end == 0 ? "" : newline, arena);
	return (Edit){file, end, end, bytes};
}

Edit edit_insert_above(uint32_t file, Slice text, uint32_t at, Slice lines, Arena *arena)
{
	uint32_t start = line_start(text, at);
	const char *newline = edit_newline(text);
	return (Edit){file, start, start, join_lines("", lines, newline, newline, arena)};
}

static bool is_blank_line(Slice text, uint32_t at)
{
	return slice_trim(slice_sub(text, line_start(text, at), line_end(text, at))).length == 0;
}

Edit edit_delete_lines(uint32_t file, Slice text, uint32_t start, uint32_t end)
{
	Edit edit = {.file = file, .text = {"", 0}};
	edit_line_span(text, start, end, &edit.start, &edit.end);
	bool blank_above = edit.start == 0 || is_blank_line(text, edit.start - 1);
	if (blank_above && edit.end < text.length && is_blank_line(text, edit.end))
		edit.end = line_end(text, edit.end);
	return edit;
}
