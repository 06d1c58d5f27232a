/* YAML by libyaml's events, with exact byte places.
 *
 * Three corrections make libyaml's marks exact. They count characters, so a cursor walks the UTF-8 bytes along. An
 * event begins at its anchor or tag, so those are stepped over. A block scalar ends after the blank and comment lines
 * that follow it, so its end is moved back to its last line of text. See docs/decisions/0001-yaml-events.md.
 *
 * `key: {{ template }}` is a flow map of a flow map to any YAML parser; here it is a scalar with its raw text.
 */
#include "source/tree.h"

#include <yaml.h>

#define MOST_EXPANDED 1000000u

typedef struct Reader {
	Tree tree;
	bool ascii;     /* characters are bytes */
	size_t char_at; /* cursor: this character … */
	size_t byte_at; /* … is at this byte, both from base */
} Reader;

/* ---- places -------------------------------------------------------------------------------- */

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Byte offset in the file of a libyaml mark; marks come nearly in order, so a cursor that walks both ways is enough. */
static size_t byte_of(Reader *reader, size_t character)
{
	if (reader->ascii)
		return MIN(reader->tree.base + character, reader->tree.end);
	const char *bytes = reader->tree.bytes.at + reader->tree.base;
	size_t length = reader->tree.end - reader->tree.base;
	while (reader->char_at < character && reader->byte_at < length) {
		reader->byte_at++;
		while (reader->byte_at < length && is_continuation(bytes[reader->byte_at]))
			reader->byte_at++;
		reader->char_at++;
	}
	while (reader->char_at > character) {
		reader->byte_at--;
		while (is_continuation(bytes[reader->byte_at]))
			reader->byte_at--;
		reader->char_at--;
	}
	return reader->tree.base + reader->byte_at;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Past the anchor and tag, and the space and comments after each, that an event's place begins with. */
static size_t skip_properties(const Reader *reader, size_t at, size_t end)
{
	const char *bytes = reader->tree.bytes.at;
	while (at < end && (bytes[at] == '&' || bytes[at] == '!')) {
		while (at < end && !is_space(bytes[at]))
			at++;
		while (at < end && (is_space(bytes[at]) || bytes[at] == '#')) {
			if (bytes[at] == '#') {
				while (at < end && bytes[at] != '\n')
					at++;
			} else {
				at++;
			}
		}
	}
	return at;
}

/* ---- events ---------------------------------------------------------------------------------- */

static YamlNode *node_new(Reader *reader, YamlKind kind, YamlStyle style, const yaml_event_t *event)
{
	size_t start = byte_of(reader, event->start_mark.index);
	return tree_node(&reader->tree, kind, style, start, byte_of(reader, event->end_mark.index));
}

static void set_properties(Reader *reader, YamlNode *node, const yaml_char_t *tag, const yaml_char_t *anchor)
{
	if (!tag && !anchor)
		return;
	node->tag = tree_keep(&reader->tree, tag, tag ? strlen((const char *)tag) : 0);
	node->anchor = tree_keep(&reader->tree, anchor, anchor ? strlen((const char *)anchor) : 0);
	node->start = skip_properties(reader, node->start, node->end > node->start ? node->end : reader->tree.end);
	if (node->start > node->end)
		node->start = node->end;
}

static YamlNode *scalar_new(Reader *reader, const yaml_event_t *event)
{
	static const YamlStyle styles[] = {
	        [YAML_ANY_SCALAR_STYLE] = YAML_PLAIN,
	        [YAML_PLAIN_SCALAR_STYLE] = YAML_PLAIN,
	        [YAML_SINGLE_QUOTED_SCALAR_STYLE] = YAML_SINGLE,
	        [YAML_DOUBLE_QUOTED_SCALAR_STYLE] = YAML_DOUBLE,
	        [YAML_LITERAL_SCALAR_STYLE] = YAML_LITERAL,
	        [YAML_FOLDED_SCALAR_STYLE] = YAML_FOLDED,
	};
	YamlNode *node = node_new(reader, YAML_SCALAR, styles[event->data.scalar.style], event);
	node->value = tree_keep(&reader->tree, event->data.scalar.value, event->data.scalar.length);
	set_properties(reader, node, event->data.scalar.tag, event->data.scalar.anchor);
	if (node->style == YAML_LITERAL || node->style == YAML_FOLDED)
		node->end = tree_block_scalar_end(&reader->tree, node->start, node->end);
	return node;
}

/* What an alias stands for: the newest anchor of the name (YAML 1.2 allows a second one). An unknown anchor, one that
 * is still open and one too many of a bomb become an empty scalar. */
static YamlNode *follow_alias(Reader *reader, const yaml_event_t *event, size_t start, size_t end)
{
	Slice name = slice_from((const char *)event->data.alias.anchor);
	for (Anchor *anchor = reader->tree.anchors; anchor; anchor = anchor->next) {
		if (!slice_equal(anchor->name, name))
			continue;
		if (anchor->node && anchor->node->size > MOST_EXPANDED)
			reader->tree.document->bomb = true;
		else if (anchor->node)
			return tree_alias(&reader->tree, anchor);
		break;
	}
	return tree_node(&reader->tree, YAML_SCALAR, YAML_PLAIN, start, end);
}

/* Takes one event into the tree; false ends the document. */
static bool take_event(Reader *reader, const yaml_event_t *event)
{
	YamlNode *node;
	switch (event->type) {
	case YAML_SCALAR_EVENT: {
		node = scalar_new(reader, event);
		Anchor *anchor = tree_anchor(&reader->tree, node);
		if (anchor)
			anchor->node = node;
		tree_place(&reader->tree, node, node->start, node->end);
		return true;
	}
	case YAML_ALIAS_EVENT: {
		size_t start = byte_of(reader, event->start_mark.index), end = byte_of(reader, event->end_mark.index);
		tree_place(&reader->tree, follow_alias(reader, event, start, end), start, end);
		return true;
	}
	case YAML_MAPPING_START_EVENT:
		node = node_new(reader, YAML_MAP,
		        event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE ? YAML_FLOW : YAML_BLOCK, event);
		node->end = reader->tree.end;
		set_properties(reader, node, event->data.mapping_start.tag, event->data.mapping_start.anchor);
		return tree_open(&reader->tree, node);
	case YAML_SEQUENCE_START_EVENT:
		node = node_new(reader, YAML_SEQUENCE,
		        event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE ? YAML_FLOW : YAML_BLOCK, event);
		node->end = reader->tree.end;
		set_properties(reader, node, event->data.sequence_start.tag, event->data.sequence_start.anchor);
		return tree_open(&reader->tree, node);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		tree_close(&reader->tree, byte_of(reader, event->end_mark.index));
		return true;
	case YAML_STREAM_END_EVENT:
		return false;
	default:
		return true;
	}
}

static void report_parser_error(Reader *reader, const yaml_parser_t *parser)
{
	bool decoding = parser->error == YAML_READER_ERROR;
	size_t at = decoding ? reader->tree.base + parser->problem_offset : byte_of(reader, parser->problem_mark.index);
	const char *problem = parser->problem ? parser->problem : "not YAML";
	char *message = parser->context && !decoding
	                        ? arena_printf(reader->tree.arena, "%s %s", problem, parser->context)
	                        : arena_printf(reader->tree.arena, "%s", problem);
	tree_fail(&reader->tree, at, message);
}

static void read_document(Reader *reader)
{
	yaml_parser_t parser;
	if (!yaml_parser_initialize(&parser))
		g_error("out of memory");
	yaml_parser_set_input_string(&parser, (const unsigned char *)reader->tree.bytes.at + reader->tree.base,
	        reader->tree.end - reader->tree.base);
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	for (bool more = true; more;) {
		yaml_event_t event;
		if (!yaml_parser_parse(&parser, &event)) {
			report_parser_error(reader, &parser);
			break;
		}
		more = take_event(reader, &event);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	if (reader->tree.document->error)
		reader->tree.document->root = NULL;
}

/* ---- cutting the stream ------------------------------------------------------------------------ */

static bool is_document_start(Slice bytes, size_t line)
{
	if (bytes.length - line < 3 || memcmp(bytes.at + line, "---", 3) != 0)
		return false;
	return line + 3 == bytes.length || is_space(bytes.at[line + 3]);
}

/* Only blank lines, comments and %DIRECTIVES: such a head belongs to the document after it. */
static bool is_head_only(Slice part)
{
	Slice line;
	while (slice_next_line(&part, &line)) {
		line = slice_trim(line);
		if (line.length && line.at[0] != '#' && line.at[0] != '%')
			return false;
	}
	return true;
}

/* Where the document that begins at start ends: before the next `---` line, or at the end of the file. */
static size_t document_end(Slice bytes, size_t start)
{
	for (size_t at = start; (at = slice_find(bytes, "\n---", at)) != SIZE_MAX; at++) {
		if (is_document_start(bytes, at + 1) && !is_head_only(slice_sub(bytes, start, at + 1)))
			return at + 1;
	}
	return bytes.length;
}

static YamlDocument *document_new(Slice bytes, Arena *arena, size_t start, size_t end, uint32_t number)
{
	YamlDocument *document = ARENA_NEW(arena, YamlDocument);
	Reader *reader = ARENA_NEW(arena, Reader);
	unsigned char high = 0;
	for (size_t i = start; i < end; i++)
		high |= (unsigned char)bytes.at[i];
	*document = (YamlDocument){.number = number, .start = start, .end = end};
	reader->tree = (Tree){.arena = arena, .bytes = bytes, .base = start, .end = end, .document = document};
	reader->ascii = high < 0x80;
	read_document(reader);
	return document;
}

YamlDocument *yaml_read_part(Slice bytes, size_t start, size_t end, Arena *arena)
{
	return document_new(bytes, arena, start, end, 1);
}

YamlDocument *yaml_read(Slice bytes, Arena *arena)
{
	YamlDocument *first = NULL, **next = &first;
	size_t start = bytes.length >= 3 && memcmp(bytes.at, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	for (uint32_t number = 1; start < bytes.length; number++) {
		size_t end = document_end(bytes, start);
		*next = document_new(bytes, arena, start, end, number);
		next = &(*next)->next;
		start = end;
	}
	return first;
}
