/* A value runs to the end of its line, or over several lines while a quote is open. A quote that nobody closes is part
 * of its line's value, so that it does not take the rest of the file along, and is searched for once only. */
#include "base/dotenv.h"

#include <glib.h>

static size_t skip_blanks(Slice text, size_t at)
{
	while (at < text.length && (text.at[at] == ' ' || text.at[at] == '\t'))
		at++;
	return at;
}

static size_t line_end(Slice text, size_t at)
{
	return MIN(slice_find_byte(text, '\n', at), text.length);
}

/* Behind the quote that closes the one at `at`; SIZE_MAX where there is none. */
static size_t quote_end(Slice text, size_t at)
{
	char quote = text.at[at++];
	for (; at < text.length; at++) {
		if (text.at[at] == '\\' && quote == '"')
			at++;
		else if (text.at[at] == quote)
			return at + 1;
	}
	return SIZE_MAX;
}

/* The value without a comment behind it and without blanks at its end. */
static size_t plain_end(Slice text, size_t start, size_t end)
{
	for (size_t at = start; at < end; at++) {
		if (text.at[at] == '#' && (at == start || strchr(" \t", text.at[at - 1]))) {
			end = at;
			break;
		}
	}
	while (end > start && strchr(" \t\r", text.at[end - 1]))
		end--;
	return end;
}

/* Reads the value at `at`; returns the end of its last line. */
static size_t read_value(DotenvReader *reader, size_t at, DotenvEntry *ret)
{
	Slice text = reader->text;
	size_t end = line_end(text, at);
	char first = at < end ? text.at[at] : '\0';
	bool *open = &reader->open[first == '\''];
	if ((first == '"' || first == '\'') && !*open) {
		size_t close = quote_end(text, at);
		if (close != SIZE_MAX) {
			ret->quote = first == '"' ? DOTENV_DOUBLE : DOTENV_SINGLE;
			ret->value = slice_sub(text, at + 1, close - 1);
			ret->start = at;
			ret->end = close;
			return line_end(text, close);
		}
		*open = true;
	}
	ret->start = at;
	ret->end = plain_end(text, at, end);
	ret->value = slice_sub(text, at, ret->end);
	return end;
}

static size_t name_end_of(Slice text, size_t at, size_t end)
{
	while (at < end && (g_ascii_isalnum(text.at[at]) || strchr("_.-", text.at[at])))
		at++;
	return at;
}

/* `# NAME=value` offers a variable; a comment of words does not look so. */
static bool read_comment(Slice text, size_t at, size_t end, DotenvEntry *ret)
{
	while (at < end && strchr("# \t", text.at[at]))
		at++;
	size_t stop = name_end_of(text, at, end);
	ret->offered = true;
	ret->name = slice_sub(text, at, stop);
	return stop > at && stop < end && text.at[stop] == '=' && !g_ascii_isdigit(text.at[at]);
}

/* One line; the reader moves behind it. False where it holds no variable. */
static bool read_line(DotenvReader *reader, DotenvEntry *ret)
{
	Slice text = reader->text;
	size_t end = line_end(text, reader->at), at = skip_blanks(text, reader->at);
	*ret = (DotenvEntry){.quote = DOTENV_BARE};
	reader->at = end + 1;
	if (slice_starts(slice_sub(text, at, end), "export "))
		at = skip_blanks(text, at + strlen("export "));
	if (at < end && text.at[at] == '#')
		return read_comment(text, at, end, ret);
	size_t stop = name_end_of(text, at, end);
	if (stop == at || g_ascii_isdigit(text.at[at]))
		return false;
	ret->name = slice_sub(text, at, stop);
	at = skip_blanks(text, stop);
	if (at >= end || text.at[at] != '=')
		return false;
	reader->at = read_value(reader, skip_blanks(text, at + 1), ret) + 1;
	return true;
}

DotenvReader dotenv_reader(Slice text)
{
	return (DotenvReader){.text = text, .at = slice_starts(text, "\xef\xbb\xbf") ? 3 : 0};
}

bool dotenv_next(DotenvReader *reader, DotenvEntry *ret)
{
	while (reader->at < reader->text.length)
		if (read_line(reader, ret))
			return true;
	return false;
}
