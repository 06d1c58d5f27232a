/* Comments that silence a rule: `# labwright: ignore=rule-id,rule-id until=2027-01-31 -- why`, in any file that has
 * comments. Behind something, a comment speaks of its own line; alone on its line, of the next that is no such comment.
 *
 * Whether a file holds one is asked of every byte of every file, so the search is one memmem for the whole marker. */
#include "source/source.h"

#define MARKER "labwright:"

static bool matches(const SourceFile *file)
{
	return slice_find(file->bytes, MARKER, 0) != SIZE_MAX;
}

/* What opens a comment in the languages of a homelab; `*` is a line within one. */
static const char *const openers[] = {"<!--", "//", "--", "/*", "#", ";", "*"};

/* True if the text before the marker ends in a comment's beginning; alone if it is nothing else. */
static bool is_comment(Slice before, bool *ret_alone)
{
	before = slice_trim(before);
	for (size_t i = 0; i < G_N_ELEMENTS(openers); i++) {
		if (!slice_ends(before, openers[i]))
			continue;
		*ret_alone = slice_trim(slice_sub(before, 0, before.length - strlen(openers[i]))).length == 0;
		return true;
	}
	return false;
}

typedef struct Comment {
	Slice ids;   /* with commas */
	Slice until; /* empty: for ever */
	Slice reason;
	bool alone;
} Comment;

static bool is_id_byte(char c)
{
	return g_ascii_isalnum(c) || c == '-' || c == '_' || c == ',';
}

static Slice without_closer(Slice text)
{
	static const char *const closers[] = {"-->", "*/"};
	text = slice_trim(text);
	for (size_t i = 0; i < G_N_ELEMENTS(closers); i++)
		if (slice_ends(text, closers[i]))
			text = slice_trim(slice_sub(text, 0, text.length - strlen(closers[i])));
	return text;
}

/* What follows the marker, to the end of the line. */
static bool parse(Slice rest, Comment *comment)
{
	rest = slice_trim(rest);
	if (!slice_starts(rest, "ignore="))
		return false;
	rest = slice_sub(rest, strlen("ignore="), rest.length);
	size_t end = 0;
	while (end < rest.length && is_id_byte(rest.at[end]))
		end++;
	comment->ids = slice_sub(rest, 0, end);
	rest = slice_sub(rest, end, rest.length);
	for (Slice word; slice_next_word(&rest, &word);) {
		if (slice_starts(word, "until="))
			comment->until = slice_sub(word, strlen("until="), word.length);
		if (!slice_is(word, "--"))
			continue;
		comment->reason = without_closer(rest);
		break;
	}
	return comment->ids.length > 0;
}

static Slice line_around(Slice bytes, size_t at)
{
	const char *before = memrchr(bytes.at, '\n', at);
	size_t start = before ? (size_t)(before - bytes.at) + 1 : 0;
	size_t end = slice_find_byte(bytes, '\n', at);
	return slice_sub(bytes, start, end == SIZE_MAX ? bytes.length : end);
}

static bool read_comment(Slice line, size_t marker, Comment *ret_comment)
{
	*ret_comment = (Comment){0};
	return is_comment(slice_sub(line, 0, marker), &ret_comment->alone) &&
	       parse(slice_sub(line, marker + strlen(MARKER), line.length), ret_comment);
}

/* Lines of comments that stand alone, from the one that begins at `start`: those above the line they speak of. */
static uint32_t lines_to_skip(Slice bytes, size_t start)
{
	uint32_t skipped = 0;
	Slice rest = slice_sub(bytes, start, bytes.length), line;
	Comment comment;
	while (slice_next_line(&rest, &line)) {
		size_t marker = slice_find(line, MARKER, 0);
		if (marker == SIZE_MAX || !read_comment(line, marker, &comment) || !comment.alone)
			break;
		skipped++;
	}
	return skipped;
}

static void add_text(const SourceFile *file, Node node, FactKind kind, Slice text)
{
	size_t start = (size_t)(text.at - file->bytes.at);
	if (text.length)
		graph_add(file->builder, node, kind, text, start, start + text.length);
}

static void add_comment(const SourceFile *file, const Comment *comment, uint32_t line)
{
	Slice rest = comment->ids;
	while (rest.length) {
		size_t comma = slice_find_byte(rest, ',', 0), end = comma == SIZE_MAX ? rest.length : comma;
		Slice id = slice_sub(rest, 0, end);
		rest = slice_sub(rest, MIN(end + 1, rest.length), rest.length);
		if (!id.length)
			continue;
		size_t start = (size_t)(id.at - file->bytes.at);
		Node node = graph_add_node(file->builder, NODE_SUPPRESSION, file->node, id, start, start + id.length);
		graph_add_number(file->builder, node, FACT_SILENCES, line, start, start + id.length);
		add_text(file, node, FACT_UNTIL, comment->until);
		add_text(file, node, FACT_REASON, comment->reason);
	}
}

static void read_suppressions(const SourceFile *file)
{
	Slice bytes = file->bytes;
	uint32_t line_number = 1, block_end = 0, block_target = 0;
	size_t counted = 0;
	for (size_t at = 0; (at = slice_find(bytes, MARKER, at)) != SIZE_MAX;) {
		Slice line = line_around(bytes, at);
		size_t start = (size_t)(line.at - bytes.at), end = start + line.length;
		Comment comment;
		for (; counted < start; counted++)
			line_number += bytes.at[counted] == '\n';
		if (read_comment(line, at - start, &comment)) {
			uint32_t target = line_number;
			if (comment.alone && line_number < block_end)
				target = block_target;
			else if (comment.alone)
				target = line_number + 1 + lines_to_skip(bytes, MIN(end + 1, bytes.length));
			if (comment.alone) {
				block_target = target;
				block_end = target;
			}
			add_comment(file, &comment, target);
		}
		at = MAX(end, at + 1);
	}
}

const Source source_suppression = {"suppression", matches, read_suppressions};
