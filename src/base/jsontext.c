/* A text is walked by its quotes and brackets alone. Lists of a cluster are tens of megabytes of which most is thrown
 * away; a tree of all that takes ten times the memory, and most of the time. */
#include "base/jsontext.h"

#include <glib.h>

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

static size_t past_blanks(Slice text, size_t at)
{
	while (at < text.length && is_blank(text.at[at]))
		at++;
	return at;
}

/* Behind the closing quote of the text whose opening quote stands at `at`. A quote ends it unless an odd number of
 * backslashes stands before it. */
static size_t text_end(Slice text, size_t at)
{
	size_t start = at + 1;
	for (at = start; at < text.length;) {
		const char *found = memchr(text.at + at, '"', text.length - at);
		if (!found)
			break;
		size_t quote = (size_t)(found - text.at), back = quote;
		while (back > start && text.at[back - 1] == '\\')
			back--;
		at = quote + 1;
		if ((quote - back) % 2 == 0)
			return at;
	}
	return SIZE_MAX;
}

static size_t collection_end(Slice text, size_t at)
{
	for (size_t depth = 0; at < text.length; at++) {
		char byte = text.at[at];
		if (byte == '"') {
			size_t end = text_end(text, at);
			if (end == SIZE_MAX)
				return end;
			at = end - 1;
		} else if (byte == '{' || byte == '[') {
			depth++;
		} else if ((byte == '}' || byte == ']') && --depth == 0) {
			return at + 1;
		}
	}
	return SIZE_MAX;
}

size_t jsontext_skip(Slice text, size_t at)
{
	at = past_blanks(text, at);
	if (at >= text.length)
		return SIZE_MAX;
	if (text.at[at] == '"')
		return text_end(text, at);
	if (text.at[at] == '{' || text.at[at] == '[')
		return collection_end(text, at);
	size_t start = at;
	while (at < text.length && (g_ascii_isalnum(text.at[at]) || strchr("+-.", text.at[at])))
		at++;
	return at > start ? at : SIZE_MAX;
}

/* Past the bracket that opens a collection, or the comma between its items; false at its end. */
static bool next_place(Slice text, size_t *at, char open)
{
	bool first = *at == 0;
	size_t here = past_blanks(text, *at);
	if (here >= text.length || text.at[here] != (first ? open : ','))
		return false;
	*at = past_blanks(text, here + 1);
	return *at < text.length;
}

static bool take_value(Slice text, size_t *at, Slice *ret_value)
{
	size_t start = past_blanks(text, *at), end = jsontext_skip(text, start);
	if (end == SIZE_MAX)
		return false;
	*ret_value = slice_sub(text, start, end);
	*at = end;
	return true;
}

bool jsontext_next_item(Slice array, size_t *at, Slice *ret_item)
{
	return next_place(array, at, '[') && take_value(array, at, ret_item);
}

bool jsontext_next_member(Slice object, size_t *at, Slice *ret_key, Slice *ret_value)
{
	Slice key;
	if (!next_place(object, at, '{') || object.at[*at] != '"' || !take_value(object, at, &key))
		return false;
	*ret_key = slice_sub(key, 1, key.length - 1);
	*at = past_blanks(object, *at);
	if (*at >= object.length || object.at[*at] != ':')
		return false;
	++*at;
	return take_value(object, at, ret_value);
}

Slice jsontext_at(Slice object, const char *path)
{
	while (*path) {
		size_t length = strcspn(path, "."), at = 0;
		Slice key, value, wanted = {path, length}, found = {"", 0};
		while (!found.length && jsontext_next_member(object, &at, &key, &value))
			if (slice_equal(key, wanted))
				found = value;
		object = found;
		path += length + (path[length] == '.');
	}
	return object;
}

Slice jsontext_text(Slice value)
{
	return value.length >= 2 && value.at[0] == '"' ? slice_sub(value, 1, value.length - 1) : (Slice){"", 0};
}

/* ---- without --------------------------------------------------------------------------------------------- */

/* Where the next `"key":` stands; within a text its quotes would have a backslash before them. */
static size_t find_key(Slice text, const char *needle, size_t length, size_t from, size_t *ret_value)
{
	for (size_t found; (found = slice_find(text, needle, from)) != SIZE_MAX; from = found + length) {
		size_t colon = past_blanks(text, found + length);
		if (colon < text.length && text.at[colon] == ':' && (found == 0 || text.at[found - 1] != '\\')) {
			*ret_value = past_blanks(text, colon + 1);
			return found;
		}
	}
	return SIZE_MAX;
}

static size_t cut_key(char *bytes, size_t length, const char *key)
{
	g_autofree char *needle = g_strdup_printf("\"%s\"", key);
	size_t needle_length = strlen(needle), from = 0, to = 0, value;
	Slice text = {bytes, length};
	while (find_key(text, needle, needle_length, from, &value) != SIZE_MAX) {
		size_t end = jsontext_skip(text, value);
		if (end == SIZE_MAX)
			break;
		char open = bytes[value], close = bytes[end - 1];
		memmove(bytes + to, bytes + from, value - from);
		to += value - from;
		from = end;
		if (open == '"' || open == '{' || open == '[') {
			bytes[to++] = open;
			bytes[to++] = close;
		} else {
			bytes[to++] = '0';
		}
	}
	if (from)
		memmove(bytes + to, bytes + from, length - from);
	return to + length - from;
}

size_t jsontext_cut(char *text, size_t length, const char *const *keys)
{
	for (; *keys; keys++)
		length = cut_key(text, length, *keys);
	text[length] = '\0';
	return length;
}

char *jsontext_without(Slice text, const char *const *keys, size_t *ret_length)
{
	char *bytes = g_malloc(text.length + 1);
	memcpy(bytes, text.at, text.length);
	*ret_length = jsontext_cut(bytes, text.length, keys);
	return bytes;
}
