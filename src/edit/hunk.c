/* Edits as hunks: the lines that change with those around them, as a unified diff shows them and a person is asked
 * about them. A hunk is made of its own edits alone, so that what is shown is what an answer decides. */
#include "edit/edit.h"

typedef struct Lines {
	uint32_t start, end; /* bytes of whole lines of the old text */
} Lines;

static bool begins_line(Slice text, uint32_t at)
{
	return at == 0 || text.at[at - 1] == '\n';
}

/* The whole lines that an edit replaces; none where it puts whole lines in. */
static Lines lines_of(Slice old, const Edit *edit)
{
	Lines lines;
	bool ended = edit->text.length ? edit->text.at[edit->text.length - 1] == '\n' : begins_line(old, edit->start);
	edit_line_span(old, edit->start, edit->start, &lines.start, &lines.end);
	if (ended && begins_line(old, edit->end))
		lines.end = edit->end;
	else if (edit->end > edit->start)
		edit_line_span(old, edit->end, edit->end, &(uint32_t){0}, &lines.end);
	return lines;
}

/* What the edits make of the bytes before `end` ends with a line end; they are those of one run. */
static bool ends_line(Slice old, const Edit *edits, size_t count, uint32_t end)
{
	for (size_t i = count; i > 0; i--) {
		const Edit *edit = &edits[i - 1];
		if (edit->end < end)
			break;
		if (edit->text.length)
			return edit->text.at[edit->text.length - 1] == '\n';
		end = edit->start;
	}
	return begins_line(old, end);
}

/* The lines of the edits from `first` on that touch each other; *ret_next is the first that does not. */
static Lines run_of(Slice old, const Edit *edits, size_t first, size_t end, size_t *ret_next)
{
	Lines run = lines_of(old, &edits[first]);
	size_t at = first + 1;
	for (;;) {
		for (Lines next; at < end && (next = lines_of(old, &edits[at])).start <= run.end; at++)
			run.end = MAX(run.end, next.end);
		if (run.end == old.length || ends_line(old, edits + first, at - first, run.end))
			break;
		edit_line_span(old, run.end, run.end, &(uint32_t){0}, &run.end);
	}
	*ret_next = at;
	return run;
}

static uint32_t count_lines(Slice text, uint32_t start, uint32_t end)
{
	uint32_t count = 0;
	for (uint32_t at = start; at < end; at++)
		count += text.at[at] == '\n';
	return count;
}

GArray *hunks_new(Slice old, const Edit *edits, size_t count, uint32_t context)
{
	GArray *hunks = g_array_new(FALSE, FALSE, sizeof(Hunk));
	uint32_t before = 0;
	for (size_t at = 0, next; at < count; at = next) {
		Lines run = run_of(old, edits, at, count, &next);
		if (hunks->len && count_lines(old, before, run.start) <= 2 * context)
			g_array_index(hunks, Hunk, hunks->len - 1).count += next - at;
		else
			g_array_append_val(hunks, ((Hunk){at, next - at}));
		before = run.end;
	}
	return hunks;
}

/* ---- text --------------------------------------------------------------------------------------------- */

typedef struct Writer {
	GString *body;
	uint32_t old_lines, new_lines;
} Writer;

static void write_lines(Writer *writer, char mark, Slice text)
{
	for (size_t at = 0; at < text.length;) {
		size_t end = slice_find_byte(text, '\n', at);
		bool ended = end != SIZE_MAX;
		end = ended ? end + 1 : text.length;
		g_string_append_c(writer->body, mark);
		g_string_append_len(writer->body, text.at + at, (gssize)(end - at));
		if (!ended)
			g_string_append(writer->body, "\n\\ No newline at end of file\n");
		writer->old_lines += mark != '+';
		writer->new_lines += mark != '-';
		at = end;
	}
}

/* Bytes of the first line, its end included. */
static size_t first_line(Slice text)
{
	size_t end = slice_find_byte(text, '\n', 0);
	return end == SIZE_MAX ? text.length : end + 1;
}

static size_t last_line(Slice text)
{
	size_t start = text.length ? text.length - 1 : 0;
	while (start > 0 && text.at[start - 1] != '\n')
		start--;
	return text.length - start;
}

/* What replaces the run, with lines that stay taken off at both ends. */
static void write_run(Writer *writer, Slice old, Slice now)
{
	Slice behind = {old.at + old.length, 0};
	for (size_t length = first_line(old);
	        old.length && length == first_line(now) && memcmp(old.at, now.at, length) == 0;
	        length = first_line(old)) {
		write_lines(writer, ' ', slice_sub(old, 0, length));
		old = slice_sub(old, length, old.length);
		now = slice_sub(now, length, now.length);
	}
	for (size_t length = last_line(old);
	        old.length && length == last_line(now) &&
	        memcmp(old.at + old.length - length, now.at + now.length - length, length) == 0;
	        length = last_line(old)) {
		old.length -= length;
		now.length -= length;
		behind = (Slice){old.at + old.length, behind.length + length};
	}
	write_lines(writer, '-', old);
	write_lines(writer, '+', now);
	write_lines(writer, ' ', behind);
}

/* Up to so many lines before a place, no further up than `least`. */
static uint32_t lines_before(Slice text, uint32_t at, uint32_t least, uint32_t lines)
{
	for (; lines && at > least; lines--)
		for (at--; at > least && text.at[at - 1] != '\n'; at--)
			;
	return at;
}

static uint32_t lines_behind(Slice text, uint32_t at, uint32_t most, uint32_t lines)
{
	for (; lines && at < most; lines--) {
		size_t end = slice_find_byte(text, '\n', at);
		at = end == SIZE_MAX ? most : MIN((uint32_t)end + 1, most);
	}
	return at;
}

/* The new text of the lines of a run. */
static Slice made_of(Slice old, Lines run, const Edit *edits, size_t count, Arena *arena)
{
	Edit *own = ARENA_ARRAY(arena, Edit, count);
	for (size_t i = 0; i < count; i++)
		own[i] = (Edit){0, edits[i].start - run.start, edits[i].end - run.start, edits[i].text};
	Slice lines = slice_sub(old, run.start, run.end), text = lines;
	edit_apply(lines, own, count, arena, &text);
	return text;
}

/* How many lines more the text has by the edits. */
static int64_t lines_brought(Slice old, const Edit *edits, size_t count)
{
	int64_t lines = 0;
	for (size_t i = 0; i < count; i++)
		lines += (int64_t)count_lines(edits[i].text, 0, (uint32_t)edits[i].text.length) -
		         count_lines(old, edits[i].start, edits[i].end);
	return lines;
}

/* As "3,7"; an empty range stands behind the line before it. */
static void append_range(GString *out, int64_t line, uint32_t lines)
{
	g_string_append_printf(out, "%" G_GINT64_FORMAT ",%u", lines ? line + 1 : line, lines);
}

/* Where the lines end that the first edits change, which are whole runs. */
static uint32_t end_of(Slice old, const Edit *edits, size_t count)
{
	uint32_t end = 0;
	for (size_t at = 0; at < count;)
		end = run_of(old, edits, at, count, &at).end;
	return end;
}

void hunk_append(Slice old, const Edit *edits, size_t count, const Hunk *hunk, uint32_t context, GString *out)
{
	g_autoptr(Arena) arena = arena_new();
	g_autoptr(GString) body = g_string_new(NULL);
	Writer writer = {.body = body};
	size_t end = hunk->first + hunk->count, next;
	uint32_t least = end_of(old, edits, hunk->first);
	uint32_t most = end < count ? lines_of(old, &edits[end]).start : (uint32_t)old.length;
	uint32_t at = lines_before(old, lines_of(old, &edits[hunk->first]).start, least, context), start = at;
	for (size_t i = hunk->first; i < end; i = next) {
		Lines run = run_of(old, edits, i, end, &next);
		write_lines(&writer, ' ', slice_sub(old, at, run.start));
		write_run(&writer, slice_sub(old, run.start, run.end), made_of(old, run, edits + i, next - i, arena));
		at = run.end;
	}
	write_lines(&writer, ' ', slice_sub(old, at, lines_behind(old, at, MAX(at, most), context)));
	int64_t line = count_lines(old, 0, start);
	g_string_append(out, "@@ -");
	append_range(out, line, writer.old_lines);
	g_string_append(out, " +");
	append_range(out, line + lines_brought(old, edits, hunk->first), writer.new_lines);
	g_string_append(out, " @@\n");
	g_string_append_len(out, body->str, (gssize)body->len);
}
