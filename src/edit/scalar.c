/* One value in the form that another has. Only what every reader of YAML 1.1 and 1.2 takes for the same plain text is
 * written without quotes. */
#include "edit/edit.h"

static bool is_quoted(Slice text, char quote)
{
	return text.length >= 2 && text.at[0] == quote && text.at[text.length - 1] == quote;
}

static bool is_number(Slice text)
{
	bool digit = false;
	for (size_t i = 0; i < text.length; i++) {
		if (g_ascii_isdigit(text.at[i]))
			digit = true;
		else if (!strchr("+-._eExXoOabcdfABCDF:", text.at[i]))
			return false;
	}
	return digit && (g_ascii_isdigit(text.at[0]) || strchr("+-.", text.at[0]));
}

static bool is_word_of_yaml(Slice text)
{
	static const char *const words[] = {"true", "false", "yes", "no", "on", "off", "y", "n", "null", "~"};
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (slice_is_nocase(text, words[i]))
			return true;
	return false;
}

/* Something other than a text for some reader. */
static bool is_typed(Slice text)
{
	return is_number(text) || is_word_of_yaml(text);
}

static bool wants_quotes(Slice old, Slice value)
{
	if (value.length == 0 || strchr(" \t-?:,[]{}#&*!|>'\"%@`", value.at[0]))
		return true;
	if (strchr(" \t:", value.at[value.length - 1]))
		return true;
	for (size_t i = 0; i < value.length; i++)
		if ((unsigned char)value.at[i] < ' ' || strchr(",[]{}", value.at[i]) ||
		        (value.at[i] == '#' && i > 0 && value.at[i - 1] == ' ') ||
		        (value.at[i] == ':' && i + 1 < value.length && value.at[i + 1] == ' '))
			return true;
	return is_typed(value) && !is_typed(old);
}

static Slice in_single(Slice value, Arena *arena)
{
	char *text = arena_bytes(arena, value.length * 2 + 2), *at = text;
	*at++ = '\'';
	for (size_t i = 0; i < value.length; i++) {
		if (value.at[i] == '\'')
			*at++ = '\'';
		*at++ = value.at[i];
	}
	*at++ = '\'';
	return (Slice){text, (size_t)(at - text)};
}

static Slice in_double(Slice value, Arena *arena)
{
	char *text = arena_bytes(arena, value.length * 4 + 2), *at = text;
	*at++ = '"';
	for (size_t i = 0; i < value.length; i++) {
		unsigned char c = (unsigned char)value.at[i];
		if (c < ' ') {
			at += g_snprintf(at, 5, "\\x%02x", c);
			continue;
		}
		if (c == '"' || c == '\\')
			*at++ = '\\';
		*at++ = (char)c;
	}
	*at++ = '"';
	return (Slice){text, (size_t)(at - text)};
}

Slice edit_scalar(Slice old, Slice value, Arena *arena)
{
	if (is_quoted(old, '\''))
		return in_single(value, arena);
	if (is_quoted(old, '"') || wants_quotes(old, value))
		return in_double(value, arena);
	return (Slice){arena_text(arena, value), value.length};
}
