/* A tree of folders that a document draws, as lines that can be taken out, put elsewhere and added. The strokes of a
 * line say what it belongs to: with a name goes all that hangs below it; what was the last one of its folder leaves the
 * one before it as the last (its ├ becomes └, and the stroke that led past what is below it ends), and the other way
 * round. What stands behind a name is kept in its column. Lines that nothing changes stay byte for byte. */
#include "edit/edit.h"

#define FORK "├"
#define LAST "└"
#define PAST "│"
/* Columns from a folder's stroke to the strokes of what lies in it, where none is drawn. */
#define STEP 4

struct DrawnLine {
	uint32_t start, end; /* in the old text, with the line end; an added line has start == end */
	GString *now;        /* the line as it is now, without its end */
	bool changed, gone;
	/* what its strokes say */
	uint32_t fork;    /* column of the stroke that leads to its name; UINT32_MAX where it has no name */
	bool drawn, says; /* something is drawn; there is more than strokes and blanks */
};

struct Drawing {
	Slice text;
	GPtrArray *lines; /* DrawnLine, from top to bottom */
	GString *indent;  /* what stands before the strokes at the top */
};

/* ---- reading ----------------------------------------------------------------------------------------------- */

static void line_free(gpointer data)
{
	DrawnLine *line = data;
	g_string_free(line->now, TRUE);
	g_free(line);
}

/* Bytes of the character at a place. */
static size_t length_at(Slice text, size_t at)
{
	size_t end = at + 1;
	while (end < text.length && ((unsigned char)text.at[end] & 0xc0) == 0x80)
		end++;
	return end - at;
}

static bool is_blank(Slice rest)
{
	return *rest.at == ' ' || *rest.at == '\t' || slice_starts(rest, "\xc2\xa0");
}

static void read_strokes(DrawnLine *line)
{
	Slice text = {line->now->str, line->now->len};
	size_t at = 0;
	line->fork = UINT32_MAX;
	line->drawn = false;
	for (uint32_t column = 0; at < text.length && line->fork == UINT32_MAX; at += length_at(text, at), column++) {
		Slice rest = slice_sub(text, at, text.length);
		bool fork = slice_starts(rest, FORK) || slice_starts(rest, LAST), past = slice_starts(rest, PAST);
		if (!fork && !past && !is_blank(rest))
			break;
		line->drawn |= fork || past;
		line->fork = fork ? column : UINT32_MAX;
	}
	line->says = line->fork != UINT32_MAX || at < text.length;
}

static DrawnLine *read_line(Slice text, uint32_t at)
{
	DrawnLine *line = g_new0(DrawnLine, 1);
	edit_line_span(text, at, at, &line->start, &line->end);
	size_t end = line->end;
	while (end > line->start && (text.at[end - 1] == '\n' || text.at[end - 1] == '\r'))
		end--;
	line->now = g_string_new_len(text.at + line->start, (gssize)(end - line->start));
	read_strokes(line);
	return line;
}

void drawing_free(Drawing *drawing)
{
	if (!drawing)
		return;
	g_ptr_array_unref(drawing->lines);
	g_string_free(drawing->indent, TRUE);
	g_free(drawing);
}

static DrawnLine *line_of(const Drawing *drawing, guint index)
{
	return drawing->lines->pdata[index];
}

static guint index_of(const Drawing *drawing, const DrawnLine *line)
{
	guint index = 0;
	g_ptr_array_find(drawing->lines, line, &index);
	return index;
}

/* Place of the character in a column; false where the line is shorter. */
static bool find_column(const DrawnLine *line, uint32_t column, size_t *ret_at)
{
	Slice text = {line->now->str, line->now->len};
	size_t at = 0;
	for (; column && at < text.length; column--)
		at += length_at(text, at);
	*ret_at = at;
	return column == 0 && at < text.length;
}

/* The first line drawn in a folder (NULL: at the top), or NULL. */
static DrawnLine *first_in(const Drawing *drawing, const DrawnLine *folder)
{
	for (guint i = folder ? index_of(drawing, folder) + 1 : 0; i < drawing->lines->len; i++) {
		DrawnLine *line = line_of(drawing, i);
		if (line->gone || line->fork == UINT32_MAX)
			continue;
		return folder && line->fork <= folder->fork ? NULL : line;
	}
	return NULL;
}

/* Up and down to a line of text without strokes. */
Drawing *drawing_new(Slice text, uint32_t at)
{
	Drawing *drawing = g_new0(Drawing, 1);
	uint32_t first, end;
	drawing->text = text;
	drawing->lines = g_ptr_array_new_with_free_func(line_free);
	edit_line_span(text, at, at, &first, &end);
	while (first > 0) {
		DrawnLine *above = read_line(text, first - 1);
		bool outside = !above->drawn && above->says;
		if (!outside)
			first = above->start;
		line_free(above);
		if (outside)
			break;
	}
	for (uint32_t next = first; next < text.length;) {
		DrawnLine *line = read_line(text, next);
		if (!line->drawn && line->says) {
			line_free(line);
			break;
		}
		next = line->end;
		g_ptr_array_add(drawing->lines, line);
	}
	const DrawnLine *top = first_in(drawing, NULL);
	size_t length = 0;
	if (top)
		find_column(top, top->fork, &length);
	drawing->indent = g_string_new_len(top ? top->now->str : "", (gssize)length);
	return drawing;
}

DrawnLine *drawing_line(const Drawing *drawing, uint32_t at)
{
	for (guint i = 0; i < drawing->lines->len; i++) {
		DrawnLine *line = line_of(drawing, i);
		if (line->start <= at && at < line->end && line->fork != UINT32_MAX)
			return line;
	}
	return NULL;
}

uint32_t drawing_end(const Drawing *drawing)
{
	return drawing->lines->len ? line_of(drawing, drawing->lines->len - 1)->end : 0;
}

/* ---- strokes ----------------------------------------------------------------------------------------------- */

static bool has_stroke(const DrawnLine *line, uint32_t column, const char *stroke)
{
	size_t at;
	return find_column(line, column, &at) && g_str_has_prefix(line->now->str + at, stroke);
}

static void set_stroke(DrawnLine *line, uint32_t column, const char *stroke)
{
	size_t at;
	if (!find_column(line, column, &at))
		return;
	g_string_erase(line->now, (gssize)at, (gssize)length_at((Slice){line->now->str, line->now->len}, at));
	g_string_insert(line->now, (gssize)at, stroke);
	line->changed = true;
}

/* One behind the last line of what is drawn at and below a name; with the lines that say something of it. */
static guint end_of(const Drawing *drawing, guint index)
{
	const DrawnLine *line = line_of(drawing, index);
	guint end = index + 1;
	for (guint next = end; next < drawing->lines->len; next++) {
		const DrawnLine *below = line_of(drawing, next);
		if (below->fork != UINT32_MAX && below->fork <= line->fork)
			break;
		if (below->says)
			end = next + 1;
	}
	return end;
}

/* The line above that is drawn in the same folder, or NULL. */
static DrawnLine *sibling_above(const Drawing *drawing, guint index, uint32_t column)
{
	for (guint above = index; above-- > 0;) {
		DrawnLine *line = line_of(drawing, above);
		if (!line->gone && line->fork != UINT32_MAX && line->fork <= column)
			return line->fork == column ? line : NULL;
	}
	return NULL;
}

/* The name above the line is the last one of its folder now, or is not any more. */
static void mark_last(const Drawing *drawing, guint index, uint32_t column, bool last)
{
	DrawnLine *line = sibling_above(drawing, index, column);
	if (!line)
		return;
	set_stroke(line, column, last ? LAST : FORK);
	for (guint below = index_of(drawing, line) + 1; below < index; below++)
		if (!line_of(drawing, below)->gone && has_stroke(line_of(drawing, below), column, last ? PAST : " "))
			set_stroke(line_of(drawing, below), column, last ? " " : PAST);
}

/* ---- taking out ---------------------------------------------------------------------------------------------- */

/* Lines of strokes alone part groups of names: none is left at the beginning, and no two in a row. */
static void close_gap(const Drawing *drawing, guint index)
{
	guint above = index, below = index;
	while (above > 0 && line_of(drawing, above - 1)->gone)
		above--;
	while (below < drawing->lines->len && line_of(drawing, below)->gone)
		below++;
	if (below == drawing->lines->len || line_of(drawing, below)->says || !line_of(drawing, below)->drawn)
		return;
	if (above == 0 || !line_of(drawing, above - 1)->says)
		line_of(drawing, below)->gone = true;
}

void drawing_erase(Drawing *drawing, DrawnLine *line)
{
	guint index = index_of(drawing, line), end = end_of(drawing, index);
	bool last = has_stroke(line, line->fork, LAST);
	for (guint i = index; i < end; i++)
		line_of(drawing, i)->gone = true;
	if (last)
		mark_last(drawing, index, line->fork, true);
	close_gap(drawing, index);
}

/* ---- putting in ------------------------------------------------------------------------------------------------ */

bool drawing_is_open(const Drawing *drawing, const DrawnLine *folder)
{
	return first_in(drawing, folder) != NULL;
}

/* Columns from a stroke to those below it, as the drawing has them. */
static uint32_t step_of(const Drawing *drawing)
{
	for (guint i = 0; i < drawing->lines->len; i++)
		for (guint k = i + 1; k < drawing->lines->len && line_of(drawing, i)->fork != UINT32_MAX; k++) {
			uint32_t below = line_of(drawing, k)->fork;
			if (below != UINT32_MAX && below > line_of(drawing, i)->fork)
				return below - line_of(drawing, i)->fork;
			if (below != UINT32_MAX)
				break;
		}
	return STEP;
}

static uint32_t width_of(const GString *strokes)
{
	return (uint32_t)g_utf8_strlen(strokes->str, (gssize)strokes->len);
}

/* What stands before the strokes of a folder. */
static GString *strokes_in(const Drawing *drawing, const DrawnLine *folder)
{
	const DrawnLine *like = first_in(drawing, folder);
	size_t at;
	if (like && find_column(like, like->fork, &at))
		return g_string_new_len(like->now->str, (gssize)at);
	if (!folder || !find_column(folder, folder->fork, &at))
		return g_string_new_len(drawing->indent->str, (gssize)drawing->indent->len);
	GString *strokes = g_string_new_len(folder->now->str, (gssize)at);
	g_string_append(strokes, has_stroke(folder, folder->fork, LAST) ? " " : PAST);
	for (uint32_t i = 1; i < step_of(drawing); i++)
		g_string_append_c(strokes, ' ');
	return strokes;
}

/* Where the next line of a folder goes. */
static guint end_in(const Drawing *drawing, const DrawnLine *folder)
{
	if (folder)
		return end_of(drawing, index_of(drawing, folder));
	guint end = 0;
	for (guint i = 0; i < drawing->lines->len; i++)
		if (line_of(drawing, i)->says)
			end = i + 1;
	return end;
}

static DrawnLine *insert(Drawing *drawing, guint index, GString *now)
{
	DrawnLine *line = g_new0(DrawnLine, 1);
	line->start = line->end = index ? line_of(drawing, index - 1)->end : line_of(drawing, 0)->start;
	line->now = now;
	line->changed = true;
	read_strokes(line);
	g_ptr_array_insert(drawing->lines, (gint)index, line);
	return line;
}

DrawnLine *drawing_add(Drawing *drawing, DrawnLine *folder, const char *name)
{
	GString *now = strokes_in(drawing, folder);
	guint index = end_in(drawing, folder);
	mark_last(drawing, index, width_of(now), false);
	g_string_append_printf(now, LAST "── %s", name);
	return insert(drawing, index, now);
}

/* Blanks between a name and what is said of it keep that in its column, but for two that stay. */
static void keep_column(GString *now, size_t from, int64_t moved)
{
	size_t end = from, said;
	while (end < now->len && now->str[end] != ' ')
		end++;
	for (said = end; said < now->len && now->str[said] == ' ';)
		said++;
	if (said - end < 2 || said == now->len)
		return;
	int64_t blanks = MAX((int64_t)(said - end) - moved, 2);
	g_string_erase(now, (gssize)end, (gssize)(said - end));
	for (; blanks > 0; blanks--)
		g_string_insert_c(now, (gssize)end, ' ');
}

/* The line with other strokes before its own, and another name at a place of it if one is given. */
static GString *drawn_at(
        const DrawnLine *line, uint32_t old_column, const GString *strokes, const char *stroke, const char *name)
{
	size_t at, start;
	GString *now = g_string_new_len(strokes->str, (gssize)strokes->len);
	int64_t moved = (int64_t)width_of(strokes) - old_column;
	if (!find_column(line, old_column, &at))
		return now;
	Slice old = {line->now->str, line->now->len}, rest = slice_sub(old, at + length_at(old, at), old.length);
	g_string_append(now, stroke);
	g_string_append_len(now, rest.at, (gssize)rest.length);
	if (line->fork == UINT32_MAX || !find_column(line, line->fork, &start))
		return now;
	/* behind "├── " of its own */
	start += now->len - old.length;
	while (start < now->len && !g_ascii_isalnum(now->str[start]) && !strchr("._-~@", now->str[start]))
		start++;
	if (name) {
		size_t length = strcspn(now->str + start, " /\t#");
		moved += (int64_t)strlen(name) - (int64_t)length;
		g_string_erase(now, (gssize)start, (gssize)length);
		g_string_insert(now, (gssize)start, name);
	}
	keep_column(now, start, moved);
	return now;
}

DrawnLine *drawing_move(Drawing *drawing, DrawnLine *line, DrawnLine *folder, const char *name)
{
	guint first = index_of(drawing, line), count = end_of(drawing, first) - first;
	g_autoptr(GPtrArray) moved = g_ptr_array_new();
	for (guint i = 0; i < count; i++)
		if (!line_of(drawing, first + i)->gone)
			g_ptr_array_add(moved, line_of(drawing, first + i));
	drawing_erase(drawing, line);
	g_autoptr(GString) strokes = strokes_in(drawing, folder);
	guint index = end_in(drawing, folder);
	mark_last(drawing, index, width_of(strokes), false);
	for (guint i = 0; i < moved->len; i++)
		insert(drawing, index + i,
		        drawn_at(moved->pdata[i], line->fork, strokes, i ? " " : LAST, i ? NULL : name));
	return line_of(drawing, index);
}

/* ---- edits ------------------------------------------------------------------------------------------------------- */

/* What differs between the line and what it was, cut at whole characters. */
static Edit edit_of(const Drawing *drawing, const DrawnLine *line, uint32_t file, Arena *arena)
{
	const char *old = drawing->text.at + line->start;
	size_t length = line->end - line->start, same = 0, tail = 0;
	while (length && strchr("\r\n", old[length - 1]))
		length--;
	while (same < length && same < line->now->len && old[same] == line->now->str[same])
		same++;
	while (same > 0 && ((unsigned char)line->now->str[same] & 0xc0) == 0x80)
		same--;
	while (tail < MIN(length, line->now->len) - same &&
	        old[length - tail - 1] == line->now->str[line->now->len - tail - 1])
		tail++;
	while (tail > 0 && ((unsigned char)old[length - tail] & 0xc0) == 0x80)
		tail--;
	Slice text = {line->now->str + same, line->now->len - tail - same};
	return (Edit){file, line->start + (uint32_t)same, line->start + (uint32_t)(length - tail),
	        {arena_text(arena, text), text.length}};
}

/* Added lines that follow each other are one insertion. */
static guint append_added(const Drawing *drawing, guint index, uint32_t file, Arena *arena, GArray *edits)
{
	const char *newline = edit_newline(drawing->text);
	g_autoptr(GString) text = g_string_new(NULL);
	uint32_t at = line_of(drawing, index)->start;
	bool open = at > 0 && drawing->text.at[at - 1] != '\n';
	for (; index < drawing->lines->len && line_of(drawing, index)->start == line_of(drawing, index)->end; index++)
		if (!line_of(drawing, index)->gone)
			g_string_append_printf(text, "%s%s%s", open ? newline : "", line_of(drawing, index)->now->str,
			        open ? "" : newline);
	Edit edit = {file, at, at, {arena_text(arena, (Slice){text->str, text->len}), text->len}};
	if (text->len)
		g_array_append_val(edits, edit);
	return index;
}

void drawing_append_edits(const Drawing *drawing, uint32_t file, Arena *arena, GArray *edits)
{
	for (guint i = 0; i < drawing->lines->len;) {
		const DrawnLine *line = line_of(drawing, i);
		if (line->start == line->end) {
			i = append_added(drawing, i, file, arena, edits);
			continue;
		}
		Edit edit = {file, line->start, line->end, {"", 0}};
		if (!line->gone && line->changed)
			edit = edit_of(drawing, line, file, arena);
		if (line->gone || line->changed)
			g_array_append_val(edits, edit);
		i++;
	}
}
