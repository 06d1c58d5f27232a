/* Edits: bytes of a text that become others, and nothing else. Everything outside the spans stays as it is: comments,
 * quoting, indentation, key order, line ends, byte order mark, a missing last line end.
 *
 * All functions are pure; texts are what base/slice.h borrows.
 */
#pragma once

#include "base/arena.h"
#include "base/slice.h"

/* Bytes [start, end) of a file become text; start == end inserts. file is whatever number the caller gives its files.
 */
typedef struct Edit {
	uint32_t file, start, end;
	Slice text;
} Edit;

/* By file, place, end, text; for qsort. */
int edit_compare(const void *a, const void *b);

/* Both say the same: one of them is enough. */
bool edit_equal(const Edit *a, const Edit *b);

/* They cannot both be made: their spans share a byte, or one inserts inside the other. Two insertions at one place can,
 * in the order of their texts; equal edits can. */
bool edit_conflicts(const Edit *a, const Edit *b);

/* Those of one file among sorted edits, NULL and 0 where it has none. */
const Edit *edits_of_file(const Edit *edits, size_t count, uint32_t file, size_t *ret_count);

/* The text after all edits of one file, in the arena and followed by a NUL. The edits are sorted, without doubles and
 * conflicts, and inside the text: false otherwise. */
bool edit_apply(Slice old, const Edit *edits, size_t count, Arena *arena, Slice *ret_text);

/* Where the byte at an old offset is in the new text; a byte that is replaced is where its replacement begins. edits
 * as above, of that file. */
uint32_t edit_map(const Edit *edits, size_t count, uint32_t at);

/* True if [start, end) shares a byte with an edit, touches an insertion, or holds it. */
bool edit_touches(const Edit *edits, size_t count, uint32_t start, uint32_t end);

/* The same for [start, end) of the new text and what the edits brought. */
bool edit_made_touches(const Edit *edits, size_t count, uint32_t start, uint32_t end);

/* ---- values ------------------------------------------------------------------------------------ */

/* value in the form that the scalar `old` has, which is written as YAML, JSON and .env files write one: quotes stay,
 * and a plain value that could be misread gets some. In the arena. */
Slice edit_scalar(Slice old, Slice value, Arena *arena);

/* ---- lines ------------------------------------------------------------------------------------- */

/* "\r\n" if the text's first line ends so, else "\n". */
const char *edit_newline(Slice text);

/* The bytes of the whole lines that [start, end) lies in, with the end of the last. */
void edit_line_span(Slice text, uint32_t start, uint32_t end, uint32_t *ret_start, uint32_t *ret_end);

/* Blanks at the beginning of the line that holds the byte. */
Slice edit_indent(Slice text, uint32_t at);

/* The whole line that holds the byte with all lines below it that are indented deeper: an item of a block sequence, or
 * a pair of a block map with its value. */
void edit_block_span(Slice text, uint32_t at, uint32_t *ret_start, uint32_t *ret_end);

/* Lines (without the last line end, "\n" between) below the line that holds the byte `at`, with the file's line ends; a
 * last line without an end stays one. */
Edit edit_insert_below(uint32_t file, Slice text, uint32_t at, Slice lines, Arena *arena);
/* The same above that line. */
Edit edit_insert_above(uint32_t file, Slice text, uint32_t at, Slice lines, Arena *arena);
/* The whole lines of a span go away, and one of the two blank lines around them. */
Edit edit_delete_lines(uint32_t file, Slice text, uint32_t start, uint32_t end);

/* ---- hunks ------------------------------------------------------------------------------------- */

/* edits[first] to edits[first + count - 1]. */
typedef struct Hunk {
	size_t first, count;
} Hunk;

/* The edits of one file, sorted as for edit_apply, in runs that have more than 2 * context lines between them; with 0,
 * as small as they can be. An array of Hunk; free with g_array_unref. */
GArray *hunks_new(Slice old, const Edit *edits, size_t count, uint32_t context);

/* A hunk as a unified diff has it: "@@ -3,7 +3,8 @@" and its lines, with so many around them as no other edit of the
 * file touches. The lines of the new text are counted as if all edits before it were made. */
void hunk_append(Slice old, const Edit *edits, size_t count, const Hunk *hunk, uint32_t context, GString *out);

/* ---- drawn trees ------------------------------------------------------------------------------- */

/* A tree of folders that a text draws with ├, └ and │, and one line of it that has a name. */
typedef struct Drawing Drawing;
typedef struct DrawnLine DrawnLine;

/* The drawing whose lines hold the byte. The text must outlive it; free with drawing_free. */
Drawing *drawing_new(Slice text, uint32_t at);
void drawing_free(Drawing *drawing);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Drawing, drawing_free)

/* The byte behind its last line. */
uint32_t drawing_end(const Drawing *drawing);

/* The line with a name that holds that byte of the text; NULL for none. The drawing's. */
DrawnLine *drawing_line(const Drawing *drawing, uint32_t at);

/* Something is drawn in the folder. NULL is the root, here and below. */
bool drawing_is_open(const Drawing *drawing, const DrawnLine *folder);

/* The line goes away, with all that is drawn below it. */
void drawing_erase(Drawing *drawing, DrawnLine *line);

/* A new line, the last one of the folder. */
DrawnLine *drawing_add(Drawing *drawing, DrawnLine *folder, const char *name);

/* The line becomes the last one of another folder, not of one within itself, with all that is drawn below it; under
 * another name unless that is NULL. The line that it is then. */
DrawnLine *drawing_move(Drawing *drawing, DrawnLine *line, DrawnLine *folder, const char *name);

/* Adds the edits (of that file) that make the text as it is drawn now. Their texts are in the arena. */
void drawing_append_edits(const Drawing *drawing, uint32_t file, Arena *arena, GArray *edits);
