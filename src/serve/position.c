/* Bytes to positions and back. Of bytes that are no UTF-8 each counts as one unit, as an editor shows them. */
#include "serve/editor.h"

Lines lines_of(Slice text)
{
	Lines lines = {text, g_array_new(FALSE, FALSE, sizeof(uint32_t))};
	uint32_t start = 0;
	g_array_append_val(lines.starts, start);
	for (size_t i = 0; i < text.length; i++) {
		bool return_alone = text.at[i] == '\r' && !(i + 1 < text.length && text.at[i + 1] == '\n');
		if (text.at[i] != '\n' && !return_alone)
			continue;
		start = (uint32_t)i + 1;
		g_array_append_val(lines.starts, start);
	}
	return lines;
}

void lines_clear(Lines *lines)
{
	g_clear_pointer(&lines->starts, g_array_unref);
}

static uint32_t line_start(const Lines *lines, guint line)
{
	return g_array_index(lines->starts, uint32_t, line);
}

/* Without its end. */
static uint32_t line_end(const Lines *lines, guint line)
{
	if (line + 1 == lines->starts->len)
		return (uint32_t)lines->text.length;
	uint32_t end = line_start(lines, line + 1) - 1;
	bool pair = lines->text.at[end] == '\n' && end > line_start(lines, line) && lines->text.at[end - 1] == '\r';
	return end - pair;
}

static uint32_t line_at(const Lines *lines, uint32_t at)
{
	uint32_t low = 0, high = lines->starts->len;
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		if (line_start(lines, middle) <= at)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Bytes and units of UTF-16 of the character at the begin of the text, which is not empty. */
static uint32_t character_bytes(Slice text, uint32_t *ret_units)
{
	gunichar code = g_utf8_get_char_validated(text.at, (gssize)text.length);
	bool bad = code == (gunichar)-1 || code == (gunichar)-2 || code == 0;
	*ret_units = !bad && code > 0xffff ? 2 : 1;
	return bad ? 1 : (uint32_t)g_unichar_to_utf8(code, NULL);
}

Position lines_position(const Lines *lines, uint32_t at, bool utf8)
{
	at = (uint32_t)MIN(at, lines->text.length);
	Position position = {.line = line_at(lines, at)};
	uint32_t byte = line_start(lines, position.line), end = MIN(at, line_end(lines, position.line)), units;
	if (utf8)
		position.character = end - byte;
	while (!utf8 && byte < end) {
		byte += character_bytes(slice_sub(lines->text, byte, lines->text.length), &units);
		position.character += units;
	}
	return position;
}

uint32_t lines_offset(const Lines *lines, Position position, bool utf8)
{
	if (position.line >= lines->starts->len)
		return (uint32_t)lines->text.length;
	uint32_t byte = line_start(lines, position.line), end = line_end(lines, position.line), units;
	if (utf8)
		return (uint32_t)MIN((uint64_t)byte + position.character, end);
	for (uint32_t left = position.character; byte < end && left > 0; left -= MIN(units, left))
		byte += character_bytes(slice_sub(lines->text, byte, lines->text.length), &units);
	return MIN(byte, end);
}

Json *position_json(Position position)
{
	Json *object = json_new_map();
	json_set_number(object, "line", position.line);
	json_set_number(object, "character", position.character);
	return object;
}

Position position_of(const Json *position)
{
	int64_t line = json_number_at(position, "line", 0), character = json_number_at(position, "character", 0);
	return (Position){(uint32_t)CLAMP(line, 0, UINT32_MAX), (uint32_t)CLAMP(character, 0, UINT32_MAX)};
}
