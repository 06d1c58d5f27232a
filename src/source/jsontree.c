/* JSON as the same tree that YAML becomes: what a cluster says of itself is JSON that a program wrote, by tens of
 * megabytes, and libyaml's events take most of the time that it takes to read them. JSON is YAML, so the trees are
 * equal, but that duplicate keys are not told of. What is not JSON to the letter is not read here. */
#include "source/yaml.h"

#include "base/jsontext.h"

#define MOST_DEPTH 100

typedef struct JsonReader {
	Slice bytes;
	size_t at;
	Arena *arena;
	const char *left; /* a key of the outermost object whose value is left as text, or NULL */
	Slice *ret_left;
} JsonReader;

static YamlNode *read_value(JsonReader *reader, uint32_t depth);

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

static void skip_blanks(JsonReader *reader)
{
	while (reader->at < reader->bytes.length && is_blank(reader->bytes.at[reader->at]))
		reader->at++;
}

static bool take(JsonReader *reader, char byte)
{
	skip_blanks(reader);
	if (reader->at >= reader->bytes.length || reader->bytes.at[reader->at] != byte)
		return false;
	reader->at++;
	return true;
}

static YamlNode *node_new(JsonReader *reader, YamlKind kind, YamlStyle style, size_t start)
{
	YamlNode *node = ARENA_NEW(reader->arena, YamlNode);
	*node = (YamlNode){.kind = kind,
	        .style = style,
	        .start = start,
	        .size = 1,
	        .value = {"", 0},
	        .tag = {"", 0},
	        .anchor = {"", 0}};
	return node;
}

/* ---- texts ----------------------------------------------------------------------------------------------- */

static bool read_hex(Slice bytes, size_t at, gunichar *ret_unit)
{
	*ret_unit = 0;
	for (size_t i = at; i < at + 4; i++) {
		int digit = i < bytes.length ? g_ascii_xdigit_value(bytes.at[i]) : -1;
		if (digit < 0)
			return false;
		*ret_unit = *ret_unit * 16 + (gunichar)digit;
	}
	return true;
}

/* The character of a \u at `at`, which goes behind it; halves of a pair and zero become the one for what is broken. */
static bool read_unit(Slice bytes, size_t *at, gunichar *ret_character)
{
	gunichar high, low;
	if (!read_hex(bytes, *at + 2, &high))
		return false;
	*at += 6;
	if (high >= 0xd800 && high < 0xdc00 && *at + 6 <= bytes.length && bytes.at[*at] == '\\' &&
	        bytes.at[*at + 1] == 'u' && read_hex(bytes, *at + 2, &low) && low >= 0xdc00 && low < 0xe000) {
		*at += 6;
		high = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
	}
	*ret_character = high == 0 || (high >= 0xd800 && high < 0xe000) ? 0xfffd : high;
	return true;
}

static bool decode(JsonReader *reader, Slice raw, Slice *ret_text)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	char *out = arena_bytes(reader->arena, raw.length + 1), *end = out;
	for (size_t at = 0; at < raw.length;) {
		if (raw.at[at] != '\\') {
			*end++ = raw.at[at++];
			continue;
		}
		gunichar character;
		const char *known = at + 1 < raw.length ? strchr(from, raw.at[at + 1]) : NULL;
		if (known && *known) {
			*end++ = to[known - from];
			at += 2;
		} else if (at + 1 < raw.length && raw.at[at + 1] == 'u' && read_unit(raw, &at, &character)) {
			end += g_unichar_to_utf8(character, end);
		} else {
			return false;
		}
	}
	*end = '\0';
	*ret_text = (Slice){out, (size_t)(end - out)};
	return true;
}

static YamlNode *read_text(JsonReader *reader)
{
	skip_blanks(reader);
	size_t start = reader->at;
	if (start >= reader->bytes.length || reader->bytes.at[start] != '"')
		return NULL;
	size_t end = jsontext_skip(reader->bytes, start);
	if (end == SIZE_MAX)
		return NULL;
	YamlNode *node = node_new(reader, YAML_SCALAR, YAML_DOUBLE, start);
	Slice raw = slice_sub(reader->bytes, start + 1, end - 1);
	for (size_t i = 0; i < raw.length; i++)
		if ((unsigned char)raw.at[i] < ' ')
			return NULL;
	reader->at = node->end = end;
	if (raw.length && !memchr(raw.at, '\\', raw.length))
		node->value = (Slice){arena_text(reader->arena, raw), raw.length};
	else if (raw.length && !decode(reader, raw, &node->value))
		return NULL;
	return node;
}

/* ---- values ---------------------------------------------------------------------------------------------- */

static bool is_number(Slice text)
{
	size_t first = text.at[0] == '-' ? 1 : 0;
	for (size_t i = first; i < text.length; i++)
		if (!g_ascii_isdigit(text.at[i]) && (i == first || !strchr("+-.eE", text.at[i])))
			return false;
	return text.length > first;
}

static YamlNode *read_plain(JsonReader *reader)
{
	static const char *const words[] = {"true", "false", "null"};
	size_t start = reader->at, end = jsontext_skip(reader->bytes, start);
	if (end == SIZE_MAX)
		return NULL;
	Slice text = slice_sub(reader->bytes, start, end);
	if (!slice_is_any(text, words, G_N_ELEMENTS(words)) && !is_number(text))
		return NULL;
	YamlNode *node = node_new(reader, YAML_SCALAR, YAML_PLAIN, start);
	node->value = (Slice){arena_text(reader->arena, text), text.length};
	reader->at = node->end = end;
	return node;
}

static void append(JsonReader *reader, YamlNode *parent, YamlNode *key, YamlNode *value)
{
	YamlEntry *entry = ARENA_NEW(reader->arena, YamlEntry);
	*entry = (YamlEntry){key, value, NULL, value->start, value->end};
	yaml_link(parent, entry);
	parent->size += value->size + (key ? 1 : 0);
}

/* The value is stepped over where it is to be left as it is. */
static bool is_left(JsonReader *reader, const YamlNode *key, uint32_t depth)
{
	if (depth > 0 || !reader->left || !slice_is(key->value, reader->left))
		return false;
	skip_blanks(reader);
	size_t end = jsontext_skip(reader->bytes, reader->at);
	if (end == SIZE_MAX)
		return false;
	*reader->ret_left = slice_sub(reader->bytes, reader->at, end);
	reader->at = end;
	return true;
}

static bool read_member(JsonReader *reader, YamlNode *map, uint32_t depth)
{
	YamlNode *key = read_text(reader), *value;
	if (!key || !take(reader, ':'))
		return false;
	if (is_left(reader, key, depth))
		return true;
	value = read_value(reader, depth + 1);
	if (value)
		append(reader, map, key, value);
	return value != NULL;
}

static bool read_item(JsonReader *reader, YamlNode *list, uint32_t depth)
{
	YamlNode *value = read_value(reader, depth + 1);
	if (value)
		append(reader, list, NULL, value);
	return value != NULL;
}

static YamlNode *read_collection(JsonReader *reader, bool map, uint32_t depth)
{
	YamlNode *node = node_new(reader, map ? YAML_MAP : YAML_SEQUENCE, YAML_FLOW, reader->at++);
	char close = map ? '}' : ']';
	if (!take(reader, close)) {
		do {
			if (map ? !read_member(reader, node, depth) : !read_item(reader, node, depth))
				return NULL;
		} while (take(reader, ','));
		if (!take(reader, close))
			return NULL;
	}
	node->end = reader->at;
	return node;
}

static YamlNode *read_value(JsonReader *reader, uint32_t depth)
{
	skip_blanks(reader);
	if (reader->at >= reader->bytes.length || depth > MOST_DEPTH)
		return NULL;
	char byte = reader->bytes.at[reader->at];
	if (byte == '{' || byte == '[')
		return read_collection(reader, byte == '{', depth);
	return byte == '"' ? read_text(reader) : read_plain(reader);
}

YamlNode *yaml_read_json(Slice bytes, size_t start, Arena *arena)
{
	JsonReader reader = {.bytes = bytes, .at = start, .arena = arena};
	return read_value(&reader, 0);
}

YamlNode *yaml_read_json_but(Slice bytes, const char *key, Slice *ret_value, Arena *arena)
{
	JsonReader reader = {.bytes = bytes, .arena = arena, .left = key, .ret_left = ret_value};
	*ret_value = (Slice){"", 0};
	YamlNode *root = read_value(&reader, 0);
	skip_blanks(&reader);
	return reader.at == bytes.length ? root : NULL;
}
