/* YAML as people write it, line by line and with nothing in between: block maps and lists, plain and quoted scalars of
 * one line, literal blocks, flow collections of one line. That is nine documents in ten, at a fifth of what a parser
 * costs.
 *
 * Whatever is not surely one of these (anchors, tags, escapes, folded text, tabs, an indent that fits nowhere, anything
 * that may be an error) is refused as a whole, and libyaml reads the document: it has the last word on what is YAML,
 * and the tree must be the one that it would have made. test/unit/plain.c and the fuzzer hold this reader to it. */
#include "source/tree.h"

#include <glib.h>

/* libyaml's own limit is 1024 characters. */
#define LONGEST_KEY 1000

typedef struct Plain {
	Tree *tree;
	const char *bytes;
	size_t end;    /* of the document */
	size_t line;   /* where the line at hand begins */
	size_t at;     /* its text; within a line, what is read next */
	size_t indent; /* of it; 0 at the end of the document */
	bool ended;    /* there is no such line */
} Plain;

static bool is_blank_at(const Plain *plain, size_t at)
{
	return at >= plain->end || plain->bytes[at] == ' ' || plain->bytes[at] == '\n';
}

static size_t skip_spaces(const Plain *plain, size_t at)
{
	while (at < plain->end && plain->bytes[at] == ' ')
		at++;
	return at;
}

static size_t line_end(const Plain *plain, size_t at)
{
	const char *found = memchr(plain->bytes + at, '\n', plain->end - at);
	return found ? (size_t)(found - plain->bytes) : plain->end;
}

/* The first line from here on that is neither blank nor a comment; false where it is none of a tree. */
static bool find_line(Plain *plain, size_t line)
{
	size_t at;
	for (;; line = at + 1) {
		at = skip_spaces(plain, line);
		if (at < plain->end && plain->bytes[at] == '#')
			at = line_end(plain, at);
		else if (at < plain->end && plain->bytes[at] != '\n')
			break;
		if (at >= plain->end) {
			plain->ended = true;
			plain->indent = 0;
			return true;
		}
	}
	plain->line = line;
	plain->at = at;
	plain->indent = at - line;
	const char *text = plain->bytes + at;
	bool marks = at + 3 <= plain->end && (memcmp(text, "---", 3) == 0 || memcmp(text, "...", 3) == 0);
	return plain->indent > 0 || (*text != '%' && !(marks && is_blank_at(plain, at + 3)));
}

/* On to the next line, where nothing but a comment stands behind a value that ends here. */
static bool end_line(Plain *plain, size_t at)
{
	size_t next = skip_spaces(plain, at);
	if (next < plain->end && plain->bytes[next] != '\n' && (plain->bytes[next] != '#' || next == at))
		return false;
	return find_line(plain, MIN(line_end(plain, next) + 1, plain->end));
}

/* The line at hand belongs to a collection of this column or one further out. */
static bool is_outside(const Plain *plain, size_t column)
{
	return plain->ended || plain->indent <= column;
}

static bool is_dash(const Plain *plain, size_t at)
{
	return plain->bytes[at] == '-' && is_blank_at(plain, at + 1);
}

/* ---- scalars ---------------------------------------------------------------------------------------------- */

static void add_scalar(Plain *plain, YamlStyle style, size_t start, size_t end, size_t quote)
{
	YamlNode *node = tree_node(plain->tree, YAML_SCALAR, style, start, end);
	node->value = tree_keep(plain->tree, plain->bytes + start + quote, end - start - 2 * quote);
	tree_place(plain->tree, node, start, end);
}

static void add_empty(Plain *plain, size_t at)
{
	add_scalar(plain, YAML_PLAIN, at, at, 0);
}

static bool is_plain_start(const Plain *plain, size_t at)
{
	return !strchr(",[]{}#&*!|>'\"%@`?:", plain->bytes[at]) && !is_dash(plain, at);
}

/* The quote that ends what begins at `at`, where the text between is as it reads. */
static bool find_quote(const Plain *plain, size_t at, size_t *ret_end)
{
	char quote = plain->bytes[at];
	for (at++; at < plain->end && plain->bytes[at] != '\n'; at++) {
		if (quote == '"' && plain->bytes[at] == '\\')
			return false;
		if (plain->bytes[at] != quote)
			continue;
		*ret_end = at + 1;
		return quote == '"' || at + 1 == plain->end || plain->bytes[at + 1] != '\'';
	}
	return false;
}

/* Where a key ends that begins at `at`: at its colon. */
static bool find_key(const Plain *plain, size_t at, size_t *ret_end)
{
	const char *bytes = plain->bytes;
	size_t start = at;
	if (bytes[at] == '"' || bytes[at] == '\'') {
		if (!find_quote(plain, at, &at) || at >= plain->end || bytes[at] != ':' || !is_blank_at(plain, at + 1))
			return false;
	} else {
		if (!is_plain_start(plain, at))
			return false;
		for (; at < plain->end && bytes[at] != '\n'; at++)
			if ((bytes[at] == ':' && is_blank_at(plain, at + 1)) ||
			        (bytes[at] == '#' && bytes[at - 1] == ' '))
				break;
		if (at >= plain->end || bytes[at] != ':' || bytes[at - 1] == ' ')
			return false;
	}
	*ret_end = at;
	return at - start <= LONGEST_KEY;
}

static void add_key(Plain *plain, size_t start, size_t end)
{
	char first = plain->bytes[start];
	if (first == '"' || first == '\'')
		add_scalar(plain, first == '"' ? YAML_DOUBLE : YAML_SINGLE, start, end, 1);
	else
		add_scalar(plain, YAML_PLAIN, start, end, 0);
}

static bool read_quoted(Plain *plain, size_t *at)
{
	size_t end;
	if (!find_quote(plain, *at, &end))
		return false;
	add_scalar(plain, plain->bytes[*at] == '"' ? YAML_DOUBLE : YAML_SINGLE, *at, end, 1);
	*at = end;
	return true;
}

static bool read_plain(Plain *plain)
{
	const char *bytes = plain->bytes;
	size_t start = plain->at, at = start, end = start;
	if (!is_plain_start(plain, at))
		return false;
	for (; at < plain->end && bytes[at] != '\n' && (bytes[at] != '#' || bytes[at - 1] != ' '); at++) {
		if (bytes[at] == ':' && is_blank_at(plain, at + 1))
			return false;
		if (bytes[at] != ' ')
			end = at + 1;
	}
	add_scalar(plain, YAML_PLAIN, start, end, 0);
	return end_line(plain, end);
}

/* ---- literal blocks ------------------------------------------------------------------------------------------ */

/* The column of a block's text, which is that of its first line; false where blank lines before it reach further. */
static bool find_block_column(const Plain *plain, size_t line, size_t parent, size_t *ret_column)
{
	size_t widest = 0;
	while (line < plain->end) {
		size_t text = skip_spaces(plain, line);
		if (text < plain->end && plain->bytes[text] != '\n') {
			*ret_column = text - line;
			return text - line > parent && text - line >= widest;
		}
		widest = MAX(widest, text - line);
		line = text + 1;
	}
	return false;
}

/* Nothing but spaces, that do not reach beyond the column. */
static bool is_blank_line(const Plain *plain, size_t line, size_t column, size_t *ret_text, size_t *ret_stop)
{
	*ret_text = skip_spaces(plain, line);
	*ret_stop = line_end(plain, *ret_text);
	return *ret_text == *ret_stop && *ret_text - line <= column;
}

/* Where the first line begins that is not of the block. */
static size_t find_block_end(const Plain *plain, size_t line, size_t column)
{
	while (line < plain->end) {
		size_t text, stop;
		if (!is_blank_line(plain, line, column, &text, &stop) && text - line < column)
			break;
		line = MIN(stop + 1, plain->end);
	}
	return line;
}

/* The lines of the block, without what stands before the column. */
static Slice take_block(Plain *plain, size_t line, size_t end, size_t column, char chomping)
{
	char *value = arena_bytes(plain->tree->arena, end - line + 1);
	size_t length = 0, last = 0; /* of the value; of it up to the last line that has text */
	while (line < end) {
		size_t text, stop;
		if (!is_blank_line(plain, line, column, &text, &stop)) {
			memcpy(value + length, plain->bytes + line + column, stop - line - column);
			length += stop - line - column;
			last = length;
		}
		if (stop < plain->end)
			value[length++] = '\n';
		line = stop + 1;
	}
	if (chomping == '-')
		length = last;
	else if (chomping != '+')
		length = MIN(length, last + 1);
	value[length] = '\0';
	return (Slice){value, length};
}

static bool read_literal(Plain *plain, size_t parent)
{
	size_t start = plain->at, at = start + 1, column, end;
	char chomping = at < plain->end ? plain->bytes[at] : '\n';
	at += chomping == '-' || chomping == '+';
	size_t text = skip_spaces(plain, at);
	if (text >= plain->end || (plain->bytes[text] != '\n' && (plain->bytes[text] != '#' || text == at)))
		return false;
	size_t line = line_end(plain, text) + 1;
	if (line >= plain->end || !find_block_column(plain, line, parent, &column))
		return false;
	YamlNode *node = tree_node(plain->tree, YAML_SCALAR, YAML_LITERAL, start, start);
	end = find_block_end(plain, line, column);
	node->value = take_block(plain, line, end, column, chomping);
	node->end = tree_block_scalar_end(plain->tree, start, end);
	tree_place(plain->tree, node, node->start, node->end);
	return find_line(plain, end);
}

/* ---- flow collections of one line ---------------------------------------------------------------------------- */

static bool is_flow_byte(char c)
{
	return g_ascii_isalnum(c) || (c && strchr("_./+-@=~();$", c));
}

/* Words that cannot be anything else. */
static bool read_flow_plain(Plain *plain, size_t *at)
{
	const char *bytes = plain->bytes;
	size_t start = *at, i = start, end = start;
	if (!is_flow_byte(bytes[i]) || bytes[i] == '@' || (bytes[i] == '-' && !g_ascii_isalnum(bytes[i + 1])))
		return false;
	for (; i < plain->end; i++) {
		bool colon = bytes[i] == ':' && i + 1 < plain->end && is_flow_byte(bytes[i + 1]);
		if (is_flow_byte(bytes[i]) || colon)
			end = i + 1;
		else if (bytes[i] != ' ')
			break;
	}
	add_scalar(plain, YAML_PLAIN, start, end, 0);
	*at = end;
	return true;
}

static bool read_flow(Plain *plain, size_t *at);

static bool read_flow_value(Plain *plain, size_t *at)
{
	if (*at >= plain->end)
		return false;
	switch (plain->bytes[*at]) {
	case '"':
	case '\'':
		return read_quoted(plain, at);
	case '{':
	case '[':
		return read_flow(plain, at);
	default:
		return read_flow_plain(plain, at);
	}
}

static bool read_flow_pair(Plain *plain, size_t *at)
{
	size_t start = *at;
	char first = plain->bytes[start];
	if (first == '{' || first == '[' || !read_flow_value(plain, at) || *at - start > LONGEST_KEY)
		return false;
	if (*at + 1 >= plain->end || plain->bytes[*at] != ':' || plain->bytes[*at + 1] != ' ')
		return false;
	*at = skip_spaces(plain, *at + 1);
	return read_flow_value(plain, at);
}

static bool read_flow(Plain *plain, size_t *at)
{
	bool map = plain->bytes[*at] == '{';
	char closing = map ? '}' : ']';
	YamlNode *node = tree_node(plain->tree, map ? YAML_MAP : YAML_SEQUENCE, YAML_FLOW, *at, plain->end);
	if (!tree_open(plain->tree, node))
		return false;
	*at = skip_spaces(plain, *at + 1);
	for (bool first = true; *at < plain->end && plain->bytes[*at] != closing; first = false) {
		if (!first) {
			if (plain->bytes[*at] != ',')
				return false;
			*at = skip_spaces(plain, *at + 1);
		}
		if (*at >= plain->end || !(map ? read_flow_pair(plain, at) : read_flow_value(plain, at)))
			return false;
		*at = skip_spaces(plain, *at);
	}
	if (*at >= plain->end)
		return false;
	tree_close(plain->tree, ++*at);
	return true;
}

/* ---- blocks ------------------------------------------------------------------------------------------------------ */

static bool read_map(Plain *plain, size_t column);
static bool read_list(Plain *plain, size_t column);

/* A value that begins on this line, in a collection of the column; what follows must not go on with it. */
static bool read_value(Plain *plain, size_t column)
{
	size_t at = plain->at;
	bool good;
	switch (plain->bytes[at]) {
	case '|':
		good = read_literal(plain, column);
		break;
	case '"':
	case '\'':
		good = read_quoted(plain, &at) && end_line(plain, at);
		break;
	case '{':
	case '[':
		good = read_flow(plain, &at) && end_line(plain, at);
		break;
	default:
		good = read_plain(plain);
	}
	return good && is_outside(plain, column);
}

static bool read_block(Plain *plain, size_t column)
{
	return is_dash(plain, plain->at) ? read_list(plain, column) : read_map(plain, column);
}

/* What stands below a key or a dash that has nothing behind it. */
static bool read_below(Plain *plain, size_t column, size_t after, bool is_key)
{
	if (!plain->ended && plain->indent > column)
		return read_block(plain, plain->indent);
	if (is_key && !plain->ended && plain->indent == column && is_dash(plain, plain->at))
		return read_list(plain, column);
	add_empty(plain, after);
	return true;
}

static bool is_line_over(const Plain *plain, size_t at, size_t after)
{
	return at >= plain->end || plain->bytes[at] == '\n' || (plain->bytes[at] == '#' && at > after);
}

static bool read_pair(Plain *plain, size_t column)
{
	size_t end;
	if (!find_key(plain, plain->at, &end))
		return false;
	add_key(plain, plain->at, end);
	size_t after = end + 1, value = skip_spaces(plain, after);
	if (is_line_over(plain, value, after))
		return end_line(plain, after) && read_below(plain, column, after, true);
	plain->at = value;
	return read_value(plain, column);
}

static bool read_map(Plain *plain, size_t column)
{
	YamlNode *node = tree_node(plain->tree, YAML_MAP, YAML_BLOCK, plain->at, plain->end);
	if (!tree_open(plain->tree, node))
		return false;
	do {
		if (!read_pair(plain, column))
			return false;
	} while (!plain->ended && plain->indent == column && !is_dash(plain, plain->at));
	tree_close(plain->tree, 0);
	return is_outside(plain, column);
}

static bool read_item(Plain *plain, size_t column)
{
	size_t after = plain->at + 1, value = skip_spaces(plain, after), end;
	if (is_line_over(plain, value, after))
		return end_line(plain, after) && read_below(plain, column, after, false);
	plain->at = value;
	if (is_dash(plain, value) || find_key(plain, value, &end))
		return read_block(plain, value - plain->line);
	return read_value(plain, column);
}

static bool read_list(Plain *plain, size_t column)
{
	YamlNode *node = tree_node(plain->tree, YAML_SEQUENCE, YAML_BLOCK, plain->at, plain->end);
	if (!tree_open(plain->tree, node))
		return false;
	do {
		if (!read_item(plain, column))
			return false;
	} while (!plain->ended && plain->indent == column && is_dash(plain, plain->at));
	tree_close(plain->tree, 0);
	return is_outside(plain, column);
}

/* ---- the document
 * ---------------------------------------------------------------------------------------------------- */

/* Bytes that mean something else to a parser than to who reads them here: tabs, line ends of other systems, characters
 * that are not printed or break lines. */
static bool has_plain_bytes(Slice text)
{
	unsigned char high = 0;
	for (size_t i = 0; i < text.length; i++) {
		unsigned char c = (unsigned char)text.at[i];
		if ((c < ' ' && c != '\n') || c == 0x7f)
			return false;
		high |= c;
	}
	if (high < 0x80)
		return true;
	static const char *const odd[] = {
	        "\xe2\x80\xa8", "\xe2\x80\xa9", "\xef\xbb\xbf", "\xef\xbf\xbe", "\xef\xbf\xbf"};
	for (size_t i = 0; i < G_N_ELEMENTS(odd); i++)
		if (slice_find(text, odd[i], 0) != SIZE_MAX)
			return false;
	for (size_t at = 0; (at = slice_find_byte(text, '\xc2', at)) != SIZE_MAX; at++)
		if (at + 1 < text.length && (unsigned char)text.at[at + 1] < 0xa0)
			return false;
	return g_utf8_validate(text.at, (gssize)text.length, NULL);
}

bool plain_read(Tree *tree)
{
	Plain plain = {.tree = tree, .bytes = tree->bytes.at, .end = tree->end};
	if (!has_plain_bytes(slice_sub(tree->bytes, tree->base, tree->end)))
		return false;
	bool good = find_line(&plain, tree->base);
	if (!good && !plain.ended && plain.bytes[plain.at] == '-')
		good = end_line(&plain, plain.at + 3);
	return good && !plain.ended && read_block(&plain, plain.indent) && plain.ended;
}
