/* YAML by libyaml's events, with exact byte places.
 *
 * Three corrections make libyaml's marks exact. They count characters, so a cursor walks the UTF-8 bytes along. An
 * event begins at its anchor or tag, so those are stepped over. A block scalar ends after the blank and comment lines
 * that follow it, so its end is moved back to its last line of text. See docs/decisions/0001-yaml-events.md.
 *
 * `key: {{ template }}` is a flow map of a flow map to any YAML parser; here it is a scalar with its raw text.
 */
#include "source/yaml.h"

#include <yaml.h>

#define MOST_DEPTH 100
#define MOST_EXPANDED 1000000u

typedef struct Anchor {
	Slice name, key;    /* key: of what it is the value; of an extension ("x-app") that of the first alias */
	YamlNode *node;     /* NULL while the node is still open: an alias to it would be a cycle */
	YamlShared *shared; /* NULL as long as it has no alias */
	struct Anchor *next;
} Anchor;

typedef struct Frame {
	YamlNode *node;
	YamlNode *key; /* of a map: waits for its value */
	Anchor *anchor;
} Frame;

typedef struct Reader {
	Arena *arena;
	Slice bytes;    /* the whole file */
	size_t base;    /* where the document's bytes begin */
	size_t end;     /* and end */
	bool ascii;     /* characters are bytes */
	size_t char_at; /* cursor: this character … */
	size_t byte_at; /* … is at this byte, both from base */
	YamlDocument *document;
	Anchor *anchors;
	Frame frames[MOST_DEPTH];
	uint32_t depth;
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
		return MIN(reader->base + character, reader->end);
	const char *bytes = reader->bytes.at + reader->base;
	size_t length = reader->end - reader->base;
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
	return reader->base + reader->byte_at;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Past the anchor and tag, and the space and comments after each, that an event's place begins with. */
static size_t skip_properties(const Reader *reader, size_t at, size_t end)
{
	const char *bytes = reader->bytes.at;
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

/* Column of the first character on the line that holds a byte, in bytes. */
static size_t line_indent(Slice bytes, size_t at)
{
	size_t start = at;
	while (start > 0 && bytes.at[start - 1] != '\n')
		start--;
	size_t indent = start;
	while (indent < bytes.length && bytes.at[indent] == ' ')
		indent++;
	return indent - start;
}

/* The end of a block scalar: the last line that is indented deeper than the line with its header. */
static size_t block_scalar_end(const Reader *reader, size_t start, size_t end)
{
	const char *bytes = reader->bytes.at;
	size_t header = line_indent(reader->bytes, start), line = start, last = start;
	while (line < end && bytes[line] != '\n')
		line++;
	last = line;
	while (line < end) {
		size_t text = ++line, stop;
		while (text < end && bytes[text] == ' ')
			text++;
		for (stop = text; stop < end && bytes[stop] != '\n';)
			stop++;
		if (stop > text && bytes[text] != '\r' && (text - line > header || bytes[text] != '#'))
			last = stop;
		line = stop;
	}
	return last;
}

/* ---- building the tree ----------------------------------------------------------------------- */

static Slice keep(Reader *reader, const void *text, size_t length)
{
	if (!text)
		return (Slice){"", 0};
	return (Slice){arena_text(reader->arena, (Slice){text, length}), length};
}

static void fail(Reader *reader, size_t at, const char *message)
{
	reader->document->error = arena_text(reader->arena, slice_from(message));
	reader->document->error_at = MIN(at, reader->end);
}

static YamlNode *node_new(Reader *reader, YamlKind kind, const yaml_event_t *event)
{
	YamlNode *node = ARENA_NEW(reader->arena, YamlNode);
	node->kind = kind;
	node->size = 1;
	node->start = byte_of(reader, event->start_mark.index);
	node->end = byte_of(reader, event->end_mark.index);
	return node;
}

static void set_properties(Reader *reader, YamlNode *node, const yaml_char_t *tag, const yaml_char_t *anchor)
{
	node->tag = keep(reader, tag, tag ? strlen((const char *)tag) : 0);
	node->anchor = keep(reader, anchor, anchor ? strlen((const char *)anchor) : 0);
	if (tag || anchor)
		node->start = skip_properties(reader, node->start, node->end > node->start ? node->end : reader->end);
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
	YamlNode *node = node_new(reader, YAML_SCALAR, event);
	node->style = styles[event->data.scalar.style];
	node->value = keep(reader, event->data.scalar.value, event->data.scalar.length);
	set_properties(reader, node, event->data.scalar.tag, event->data.scalar.anchor);
	if (node->style == YAML_LITERAL || node->style == YAML_FOLDED)
		node->end = block_scalar_end(reader, node->start, node->end);
	return node;
}

static void check_duplicate(Reader *reader, const YamlNode *map, const YamlNode *key, const YamlNode *value)
{
	if (key->kind != YAML_SCALAR || slice_is(key->value, "<<"))
		return;
	for (YamlEntry *entry = map->first; entry; entry = entry->next) {
		if (entry->key->kind != YAML_SCALAR || !slice_equal(entry->key->value, key->value))
			continue;
		YamlDuplicate *duplicate = ARENA_NEW(reader->arena, YamlDuplicate);
		*duplicate = (YamlDuplicate){entry->key, key, entry->value, value, reader->document->duplicates};
		reader->document->duplicates = duplicate;
		return;
	}
}

/* Quadratic key comparison is left to maps of a size that people write. */
#define MOST_COMPARED 1000

void yaml_link(YamlNode *parent, YamlEntry *entry)
{
	if (parent->last)
		parent->last->next = entry;
	else
		parent->first = entry;
	parent->last = entry;
	parent->count++;
}

static void append(Reader *reader, YamlNode *parent, YamlNode *key, YamlNode *value, size_t start, size_t end)
{
	YamlEntry *entry = ARENA_NEW(reader->arena, YamlEntry);
	*entry = (YamlEntry){key, value, NULL, start, end};
	if (key && parent->count < MOST_COMPARED)
		check_duplicate(reader, parent, key, value);
	yaml_link(parent, entry);
}

/* Hands a complete node, used at [start, end), to the collection that is open. */
static void place(Reader *reader, YamlNode *node, size_t start, size_t end)
{
	if (reader->depth == 0) {
		reader->document->root = node;
		return;
	}
	Frame *frame = &reader->frames[reader->depth - 1];
	if (frame->node->kind == YAML_SEQUENCE) {
		append(reader, frame->node, NULL, node, start, end);
	} else if (!frame->key) {
		frame->key = node;
	} else {
		append(reader, frame->node, frame->key, node, start, end);
		frame->key = NULL;
	}
	uint64_t size = (uint64_t)frame->node->size + node->size;
	frame->node->size = (uint32_t)MIN(size, UINT32_MAX);
}

/* The key whose value begins here, or the list of it. */
static Slice key_here(const Reader *reader)
{
	for (uint32_t i = reader->depth; i-- > 0;)
		if (reader->frames[i].key)
			return reader->frames[i].key->value;
	return (Slice){"", 0};
}

static Anchor *anchor_add(Reader *reader, const YamlNode *node)
{
	if (node->anchor.length == 0)
		return NULL;
	Anchor *anchor = ARENA_NEW(reader->arena, Anchor);
	*anchor = (Anchor){.name = node->anchor, .key = key_here(reader), .next = reader->anchors};
	reader->anchors = anchor;
	return anchor;
}

static YamlNode *count_alias(const Reader *reader, Anchor *anchor)
{
	Slice key = key_here(reader);
	if (!anchor->shared) {
		bool extension = slice_starts(anchor->key, "x-") || slice_starts(anchor->key, ".");
		anchor->key = extension ? key : anchor->key;
		anchor->shared = ARENA_NEW(reader->arena, YamlShared);
		*anchor->shared = (YamlShared){anchor->node, 0, false, reader->document->shared};
		reader->document->shared = anchor->shared;
	}
	anchor->shared->aliases++;
	anchor->shared->several_keys |= !slice_equal(anchor->key, key);
	return anchor->node;
}

/* What an alias stands for: the newest anchor of the name (YAML 1.2 allows a second one). An unknown anchor, one that
 * is still open and one too many of a bomb become an empty scalar. */
static YamlNode *follow_alias(Reader *reader, const yaml_event_t *event, size_t start, size_t end)
{
	Slice name = slice_from((const char *)event->data.alias.anchor);
	for (Anchor *anchor = reader->anchors; anchor; anchor = anchor->next) {
		if (!slice_equal(anchor->name, name))
			continue;
		if (anchor->node && anchor->node->size > MOST_EXPANDED)
			reader->document->bomb = true;
		else if (anchor->node)
			return count_alias(reader, anchor);
		break;
	}
	YamlNode *empty = ARENA_NEW(reader->arena, YamlNode);
	*empty = (YamlNode){.style = YAML_PLAIN, .start = start, .end = end, .value = {"", 0}, .size = 1};
	return empty;
}

static bool open_collection(Reader *reader, YamlNode *node)
{
	if (reader->depth == MOST_DEPTH) {
		fail(reader, node->start, "nested deeper than 100 levels");
		return false;
	}
	Anchor *anchor = anchor_add(reader, node);
	reader->frames[reader->depth++] = (Frame){node, NULL, anchor};
	return true;
}

/* `{{ name }}` read as a map in a map: back to the text that was meant. */
static bool is_template_map(const Reader *reader, const YamlNode *node)
{
	const char *bytes = reader->bytes.at;
	return node->kind == YAML_MAP && node->style == YAML_FLOW && node->end - node->start >= 4 &&
	       bytes[node->start] == '{' && bytes[node->start + 1] == '{' && bytes[node->end - 2] == '}';
}

static void close_collection(Reader *reader, const yaml_event_t *event)
{
	Frame frame = reader->frames[--reader->depth];
	YamlNode *node = frame.node;
	size_t end = byte_of(reader, event->end_mark.index);
	if (node->style == YAML_FLOW) {
		node->end = end;
	} else {
		YamlEntry *last = node->last;
		node->end = last ? MAX(last->use_end, node->start) : node->start;
	}
	if (is_template_map(reader, node)) {
		reader->document->template_text = true;
		*node = (YamlNode){.kind = YAML_SCALAR,
		        .style = YAML_PLAIN,
		        .start = node->start,
		        .end = node->end,
		        .value = keep(reader, reader->bytes.at + node->start, node->end - node->start),
		        .size = 1};
	}
	if (frame.anchor)
		frame.anchor->node = node;
	place(reader, node, node->start, node->end);
}

/* Takes one event into the tree; false ends the document. */
static bool take_event(Reader *reader, const yaml_event_t *event)
{
	YamlNode *node;
	switch (event->type) {
	case YAML_SCALAR_EVENT: {
		node = scalar_new(reader, event);
		Anchor *anchor = anchor_add(reader, node);
		if (anchor)
			anchor->node = node;
		place(reader, node, node->start, node->end);
		return true;
	}
	case YAML_ALIAS_EVENT: {
		size_t start = byte_of(reader, event->start_mark.index), end = byte_of(reader, event->end_mark.index);
		place(reader, follow_alias(reader, event, start, end), start, end);
		return true;
	}
	case YAML_MAPPING_START_EVENT:
		node = node_new(reader, YAML_MAP, event);
		node->style = event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE ? YAML_FLOW : YAML_BLOCK;
		node->end = reader->end;
		set_properties(reader, node, event->data.mapping_start.tag, event->data.mapping_start.anchor);
		return open_collection(reader, node);
	case YAML_SEQUENCE_START_EVENT:
		node = node_new(reader, YAML_SEQUENCE, event);
		node->style = event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE ? YAML_FLOW : YAML_BLOCK;
		node->end = reader->end;
		set_properties(reader, node, event->data.sequence_start.tag, event->data.sequence_start.anchor);
		return open_collection(reader, node);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		close_collection(reader, event);
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
	size_t at = decoding ? reader->base + parser->problem_offset : byte_of(reader, parser->problem_mark.index);
	const char *problem = parser->problem ? parser->problem : "not YAML";
	char *message = parser->context && !decoding ? arena_printf(reader->arena, "%s %s", problem, parser->context)
	                                             : arena_printf(reader->arena, "%s", problem);
	fail(reader, at, message);
}

static void read_document(Reader *reader)
{
	yaml_parser_t parser;
	if (!yaml_parser_initialize(&parser))
		g_error("out of memory");
	yaml_parser_set_input_string(
	        &parser, (const unsigned char *)reader->bytes.at + reader->base, reader->end - reader->base);
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
	if (reader->document->error)
		reader->document->root = NULL;
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
	*document = (YamlDocument){.number = number, .start = start, .end = end};
	Reader *reader = ARENA_NEW(arena, Reader);
	reader->arena = arena;
	reader->bytes = bytes;
	reader->base = start;
	reader->end = end;
	reader->document = document;
	unsigned char high = 0;
	for (size_t i = start; i < end; i++)
		high |= (unsigned char)bytes.at[i];
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

/* ---- reading the tree -------------------------------------------------------------------------- */

bool yaml_is_map(const YamlNode *node)
{
	return node && node->kind == YAML_MAP;
}

bool yaml_is_sequence(const YamlNode *node)
{
	return node && node->kind == YAML_SEQUENCE;
}

bool yaml_is_scalar(const YamlNode *node)
{
	return node && node->kind == YAML_SCALAR;
}

YamlEntry *yaml_get_entry(const YamlNode *map, const char *key)
{
	if (!yaml_is_map(map))
		return NULL;
	YamlEntry *found = NULL;
	size_t length = strlen(key);
	for (YamlEntry *entry = map->first; entry; entry = entry->next) {
		const YamlNode *name = entry->key;
		if (name->kind == YAML_SCALAR && name->value.length == length &&
		        memcmp(name->value.at, key, length) == 0)
			found = entry; /* the last one wins, as in every YAML reader that accepts a second one */
	}
	return found;
}

YamlNode *yaml_get(const YamlNode *map, const char *key)
{
	if (!yaml_is_map(map))
		return NULL;
	YamlEntry *entry = yaml_get_entry(map, key);
	if (entry)
		return entry->value;
	if (!yaml_get_entry(map, "<<"))
		return NULL;
	for (YamlPairs pairs = yaml_pairs(map); yaml_next_pair(&pairs);)
		if (yaml_is_scalar(pairs.key) && slice_is(pairs.key->value, key))
			return pairs.value;
	return NULL;
}

YamlNode *yaml_at(const YamlNode *map, const char *path)
{
	char key[64];
	while (map) {
		size_t length = strcspn(path, ".");
		g_assert(length < sizeof key);
		memcpy(key, path, length);
		key[length] = '\0';
		YamlNode *value = yaml_get(map, key);
		if (path[length] == '\0')
			return value;
		path += length + 1;
		map = value;
	}
	return NULL;
}

Slice yaml_text(const YamlNode *node)
{
	return yaml_is_scalar(node) ? node->value : (Slice){"", 0};
}

Slice yaml_text_of(const YamlNode *map, const char *key)
{
	return yaml_text(yaml_get(map, key));
}

bool yaml_is_null(const YamlNode *node)
{
	return yaml_is_scalar(node) && node->style == YAML_PLAIN && node->tag.length == 0 &&
	       (node->value.length == 0 || slice_is(node->value, "~") || slice_is_nocase(node->value, "null"));
}

bool yaml_is_bool(const YamlNode *node, bool *ret_value)
{
	if (!yaml_is_scalar(node) || node->style != YAML_PLAIN)
		return false;
	*ret_value = slice_is_nocase(node->value, "true");
	return *ret_value || slice_is_nocase(node->value, "false");
}

bool yaml_number(const YamlNode *node, uint32_t *ret_number)
{
	return yaml_is_scalar(node) && slice_to_number(node->value, ret_number);
}

bool yaml_is_open(Slice text)
{
	for (size_t i = 0; i + 1 < text.length; i++) {
		char c = text.at[i], next = text.at[i + 1];
		if ((c == '$' && (next == '{' || next == '(')) || (c == '{' && next == '{'))
			return true;
		if (c == '<' && slice_find_byte(text, '>', i) != SIZE_MAX)
			return true;
	}
	return false;
}

YamlPairs yaml_pairs(const YamlNode *map)
{
	return (YamlPairs){.map = map, .at = yaml_is_map(map) ? map->first : NULL};
}

/* Begins the maps that a merge key names; deeper nesting than the iterator has room for is left out. */
static void begin_merge(YamlPairs *pairs, const YamlNode *source)
{
	if (pairs->depth == G_N_ELEMENTS(pairs->merged))
		return;
	if (yaml_is_map(source) || yaml_is_sequence(source)) {
		pairs->merged[pairs->depth].map = source;
		pairs->merged[pairs->depth++].at = source->first;
	}
}

static bool is_merge_key(const YamlEntry *entry)
{
	return entry->key && entry->key->kind == YAML_SCALAR && entry->key->style == YAML_PLAIN &&
	       slice_is(entry->key->value, "<<");
}

/* A map has its own keys before those it merges, and those of an earlier map in a list before a later one's. */
static bool is_overridden(const YamlPairs *pairs, const char *key)
{
	if (yaml_get_entry(pairs->map, key))
		return true;
	for (uint32_t i = 0; i + 1 < pairs->depth; i++) {
		const YamlNode *outer = pairs->merged[i].map;
		if (yaml_is_map(outer) && yaml_get_entry(outer, key))
			return true;
		for (YamlEntry *item = yaml_is_sequence(outer) ? outer->first : NULL;
		        item && item->next != pairs->merged[i].at; item = item->next)
			if (yaml_get(item->value, key))
				return true;
	}
	return false;
}

static bool next_merged(YamlPairs *pairs)
{
	while (pairs->depth) {
		YamlEntry *entry = pairs->merged[pairs->depth - 1].at;
		if (!entry) {
			pairs->depth--;
			continue;
		}
		pairs->merged[pairs->depth - 1].at = entry->next;
		if (!entry->key || is_merge_key(entry)) {
			begin_merge(pairs, entry->value);
			continue;
		}
		if (entry->key->kind == YAML_SCALAR && is_overridden(pairs, entry->key->value.at))
			continue;
		pairs->key = entry->key;
		pairs->value = entry->value;
		return true;
	}
	return false;
}

bool yaml_next_pair(YamlPairs *pairs)
{
	while (pairs->at) {
		YamlEntry *entry = pairs->at;
		pairs->at = entry->next;
		if (is_merge_key(entry))
			continue;
		pairs->key = entry->key;
		pairs->value = entry->value;
		return true;
	}
	if (pairs->map && !pairs->merged[0].map) {
		for (YamlEntry *entry = yaml_is_map(pairs->map) ? pairs->map->first : NULL; entry; entry = entry->next)
			if (is_merge_key(entry))
				begin_merge(pairs, entry->value);
		if (!pairs->merged[0].map)
			pairs->map = NULL;
	}
	return pairs->map ? next_merged(pairs) : false;
}
