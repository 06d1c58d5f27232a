/* Finds uses of variables by their bytes, so that the place of each is exact. A brace that nobody closes nearby opens
 * no use, and the search never goes over a byte more than a bounded number of times. */
#include "base/variable.h"

#include <glib.h>

/* A word longer than this is no word but a brace that nobody closed. */
#define MOST_WORD 4096

static bool is_name_start(char c)
{
	return g_ascii_isalpha(c) || c == '_';
}

static size_t name_end(Slice text, size_t at)
{
	while (at < text.length && (g_ascii_isalnum(text.at[at]) || text.at[at] == '_'))
		at++;
	return at;
}

/* The brace that closes the one whose inside begins at `at`; SIZE_MAX where there is none near. */
static size_t closing_brace(Slice text, size_t at)
{
	size_t limit = MIN(text.length, at + MOST_WORD);
	for (int depth = 1; at < limit; at++) {
		if (text.at[at] == '{')
			depth++;
		else if (text.at[at] == '}' && --depth == 0)
			return at;
	}
	return SIZE_MAX;
}

/* What stands between the name and the closing brace. */
static bool read_operator(Slice text, size_t at, size_t close, Variable *use)
{
	if (at == close) {
		use->inner = use->end;
		return true;
	}
	use->colon = text.at[at] == ':' && at + 1 < close;
	at += use->colon;
	if (!strchr("-+?", text.at[at]))
		return false;
	use->op = text.at[at];
	use->inner = at + 1;
	use->word = slice_sub(text, at + 1, close);
	return true;
}

bool variable_next(Slice text, size_t *at, Variable *ret)
{
	for (size_t i = *at; (i = slice_find_byte(text, '$', i)) != SIZE_MAX; i++) {
		*ret = (Variable){.start = i};
		size_t name = i + 1;
		if (name >= text.length)
			return false;
		if (text.at[name] == '$') {
			i++;
			continue;
		}
		bool braced = text.at[name] == '{';
		name += braced;
		if (name >= text.length || !is_name_start(text.at[name]))
			continue;
		size_t end = name_end(text, name);
		ret->name = slice_sub(text, name, end);
		ret->end = ret->inner = end;
		if (braced) {
			size_t close = closing_brace(text, end);
			if (close == SIZE_MAX)
				continue;
			ret->end = close + 1;
			if (!read_operator(text, end, close, ret))
				continue;
		}
		*at = ret->inner;
		return true;
	}
	return false;
}

bool variable_is_name(Slice text)
{
	for (size_t i = 0; i < text.length; i++)
		if (!g_ascii_isupper(text.at[i]) && !g_ascii_isdigit(text.at[i]) && text.at[i] != '_')
			return false;
	return text.length > 0 && !g_ascii_isdigit(text.at[0]);
}
