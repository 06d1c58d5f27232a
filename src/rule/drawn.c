/* Names taken out of a drawn tree. A drawing is lines of text whose strokes say what belongs where: with a name goes
 * all that hangs below it, and where it was the last one of its folder, the one before becomes the last: its ├ becomes
 * └, and the stroke that led past what is below it ends. */
#include "rule/drawn.h"

#define FORK "├"
#define LAST "└"
#define PAST "│"

typedef struct Line {
	uint32_t start, end; /* with the line end */
	uint32_t fork;       /* column of the stroke that leads to its name; UINT32_MAX where it has no name */
	bool last;           /* it is the last of its folder */
	bool drawn, says;    /* something is drawn; there is more than strokes and blanks */
	bool erased, named;  /* it goes away; by its own name */
} Line;

typedef struct Drawing {
	Slice text;
	GArray *lines; /* Line */
} Drawing;

static Line *line_of(const Drawing *drawing, guint index)
{
	return &g_array_index(drawing->lines, Line, index);
}

/* Bytes of the character at a place. */
static uint32_t length_at(Slice text, uint32_t at)
{
	uint32_t end = at + 1;
	while (end < text.length && ((unsigned char)text.at[end] & 0xc0) == 0x80)
		end++;
	return end - at;
}

static Line read_line(Slice text, uint32_t start)
{
	Line line = {.fork = UINT32_MAX};
	edit_line_span(text, start, start, &line.start, &line.end);
	uint32_t column = 0, at = line.start;
	for (; at < line.end && text.at[at] != '\n' && text.at[at] != '\r'; at += length_at(text, at), column++) {
		Slice rest = slice_sub(text, at, line.end);
		bool fork = slice_starts(rest, FORK), last = slice_starts(rest, LAST);
		if (!fork && !last && !slice_starts(rest, PAST) && !strchr(" \t", *rest.at) &&
		        !slice_starts(rest, "\xc2\xa0"))
			break;
		line.drawn = line.drawn || fork || last || slice_starts(rest, PAST);
		if (!fork && !last)
			continue;
		line.fork = column;
		line.last = last;
		line.says = true;
		return line;
	}
	line.says = at < line.end && text.at[at] != '\n' && text.at[at] != '\r';
	return line;
}

/* All lines of the block that holds a place: up and down to a line of text without strokes. */
static Drawing drawing_at(Slice text, uint32_t at)
{
	Drawing drawing = {text, g_array_new(FALSE, FALSE, sizeof(Line))};
	uint32_t first, end;
	edit_line_span(text, at, at, &first, &end);
	while (first > 0) {
		Line above = read_line(text, first - 1);
		if (!above.drawn && above.says)
			break;
		first = above.start;
	}
	for (uint32_t next = first; next < text.length;) {
		Line line = read_line(text, next);
		if (!line.drawn && line.says)
			break;
		g_array_append_val(drawing.lines, line);
		next = line.end;
	}
	return drawing;
}

/* The name, what is drawn below it, and what is said of either on lines of its own. */
static void erase(const Drawing *drawing, guint index)
{
	Line *line = line_of(drawing, index);
	guint end = index + 1;
	line->named = true;
	for (guint next = end; next < drawing->lines->len; next++) {
		const Line *below = line_of(drawing, next);
		if (below->fork != UINT32_MAX && below->fork <= line->fork)
			break;
		if (below->says)
			end = next + 1;
	}
	for (; index < end; index++)
		line_of(drawing, index)->erased = true;
}

/* Place and length of the character in a column; false where the line is shorter. */
static bool find_column(Slice text, const Line *line, uint32_t column, uint32_t *ret_at)
{
	uint32_t at = line->start;
	for (; column && at < line->end && text.at[at] != '\n' && text.at[at] != '\r'; column--)
		at += length_at(text, at);
	*ret_at = at;
	return column == 0 && at < line->end && text.at[at] != '\n' && text.at[at] != '\r';
}

/* The name above that is the last one now, and the strokes that led past what hangs below it. */
static void close_above(Checker *checker, Finding *finding, const Drawing *drawing, guint index)
{
	uint32_t file = finding->span.file, column = line_of(drawing, index)->fork, at;
	for (guint above = index; above-- > 0;) {
		const Line *line = line_of(drawing, above);
		if (line->erased || !find_column(drawing->text, line, column, &at))
			continue;
		Slice rest = slice_sub(drawing->text, at, line->end);
		Span stroke = {file, at, at + length_at(drawing->text, at)};
		if (slice_starts(rest, PAST))
			add_edit(checker, finding, stroke, SLICE(" "));
		else if (slice_starts(rest, FORK))
			add_edit(checker, finding, stroke, SLICE(LAST));
		if (!slice_starts(rest, PAST))
			return;
	}
}

static bool is_in(const Line *line, uint32_t at)
{
	return line->start <= at && at < line->end;
}

static void erase_from(Checker *checker, Finding *finding, const Drawing *drawing, const GArray *names)
{
	const Graph *graph = checker_graph(checker);
	for (guint i = 0; i < drawing->lines->len; i++)
		for (guint k = 0; k < names->len && line_of(drawing, i)->fork != UINT32_MAX; k++)
			if (is_in(line_of(drawing, i), graph_place(graph, g_array_index(names, Node, k)).start))
				erase(drawing, i);
	for (guint i = 0; i < drawing->lines->len; i++) {
		const Line *line = line_of(drawing, i);
		if (!line->erased)
			continue;
		add_edit(checker, finding, (Span){finding->span.file, line->start, line->end}, SLICE(""));
		if (line->named && line->last)
			close_above(checker, finding, drawing, i);
	}
}

void erase_drawn(Checker *checker, Finding *finding, const GArray *names)
{
	const Graph *graph = checker_graph(checker);
	Slice text = graph_file_bytes(graph, finding->span.file);
	uint32_t done = 0;
	for (guint i = 0; i < names->len; i++) {
		uint32_t at = graph_place(graph, g_array_index(names, Node, i)).start;
		if (at < done)
			continue;
		Drawing drawing = drawing_at(text, at);
		if (drawing.lines->len) {
			done = line_of(&drawing, drawing.lines->len - 1)->end;
			erase_from(checker, finding, &drawing, names);
		}
		g_array_unref(drawing.lines);
	}
	set_because(
	        checker, finding, FIX_VALUE, "what is not there needs no place on the map; the rest stays as drawn");
}
