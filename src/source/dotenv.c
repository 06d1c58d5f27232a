/* .env files and their examples: NAME=value lines as compose, direnv and shells read them.
 *
 * A value runs to the end of its line, or over several lines while a quote is open. In an example nothing is a secret
 * and nothing is in effect, so the two are told apart by their format. */
#include "source/source.h"

static bool has_part(Slice name, const char *word)
{
	size_t length = strlen(word);
	for (size_t at = 0; (at = slice_find(name, word, at)) != SIZE_MAX; at++) {
		bool starts = at == 0 || strchr(".-_", name.at[at - 1]);
		bool ends = at + length == name.length || strchr(".-_", name.at[at + length]);
		if (starts && ends)
			return true;
	}
	return false;
}

static bool is_example(Slice name)
{
	static const char *const words[] = {"example", "sample", "template", "dist", "tmpl", "tpl"};
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (has_part(name, words[i]))
			return true;
	return false;
}

/* Ends of names such as .env.d.ts or env.py that are programs and documents. */
static bool has_other_type(Slice name)
{
	static const char *const ends[] = {".ts", ".js", ".mjs", ".cjs", ".py", ".sh", ".yaml", ".yml", ".json", ".md",
	        ".go", ".rb", ".toml", ".nix", ".tf", ".php", ".lua", ".zsh", ".bash", ".fish", ".ps1", ".txt", ".j2",
	        ".age", ".gpg", ".html", ".rs", ".xml", ".conf", ".ini", ".service"};
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
		if (slice_ends(name, ends[i]))
			return true;
	return false;
}

static bool matches(const SourceFile *file)
{
	Slice name = file->name;
	if (has_other_type(name))
		return false;
	if (slice_starts(name, ".env"))
		return name.length == 4 || strchr(".-_", name.at[4]) != NULL;
	if (slice_ends(name, ".env") || slice_find(name, ".env.", 0) != SIZE_MAX)
		return true;
	return has_part(name, "env") && is_example(name);
}

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

/* A quote that nobody closes is part of its line's value, so that it does not take the rest of the file along. `closed`
 * is false once a quote of that kind was open to the end: no later one is closed either, and none is searched again. */
static size_t add_value(const SourceFile *file, Node env, size_t at, bool *closed)
{
	Slice text = file->bytes;
	size_t end = line_end(text, at);
	char first = at < end ? text.at[at] : '\0';
	if ((first == '"' && closed[0]) || (first == '\'' && closed[1])) {
		size_t close = quote_end(text, at);
		if (close != SIZE_MAX) {
			graph_add(file->builder, env, FACT_VALUE, slice_sub(text, at + 1, close - 1), at, close);
			return line_end(text, close);
		}
		closed[first == '\''] = false;
	}
	size_t stop = plain_end(text, at, end);
	graph_add(file->builder, env, FACT_VALUE, slice_sub(text, at, stop), at, stop);
	return end;
}

static size_t name_end_of(Slice text, size_t at, size_t end)
{
	while (at < end && (g_ascii_isalnum(text.at[at]) || strchr("_.-", text.at[at])))
		at++;
	return at;
}

/* `# NAME=value` offers a variable that need not be set; a comment of words does not look so. */
static void read_comment(const SourceFile *file, size_t at, size_t end)
{
	Slice text = file->bytes;
	while (at < end && strchr("# \t", text.at[at]))
		at++;
	size_t stop = name_end_of(text, at, end);
	if (stop > at && stop < end && text.at[stop] == '=' && !g_ascii_isdigit(text.at[at]))
		graph_add(file->builder, file->node, FACT_OFFERS, slice_sub(text, at, stop), at, stop);
}

/* One line from `at`; returns its end. A line without `=` names a variable that is passed through. */
static size_t read_line(const SourceFile *file, size_t at, bool *closed)
{
	Slice text = file->bytes;
	size_t end = line_end(text, at);
	at = skip_blanks(text, at);
	if (slice_starts(slice_sub(text, at, end), "export "))
		at = skip_blanks(text, at + strlen("export "));
	if (at < end && text.at[at] == '#')
		read_comment(file, at, end);
	size_t name = at;
	at = name_end_of(text, at, end);
	if (at == name || g_ascii_isdigit(text.at[name]))
		return end;
	size_t name_end = at;
	at = skip_blanks(text, at);
	if (at >= end || text.at[at] != '=')
		return end;
	Node env = graph_add_node(file->builder, NODE_ENV, file->node, slice_sub(text, name, name_end), name, name_end);
	return add_value(file, env, skip_blanks(text, at + 1), closed);
}

static void read_dotenv(const SourceFile *file)
{
	const char *format = is_example(file->name) ? "dotenv-example" : "dotenv";
	graph_add(file->builder, file->node, FACT_FORMAT, slice_from(format), 0, 0);
	bool closed[2] = {true, true};
	size_t at = slice_starts(file->bytes, "\xef\xbb\xbf") ? 3 : 0;
	while (at < file->bytes.length)
		at = read_line(file, at, closed) + 1;
}

const Source source_dotenv = {"dotenv", matches, read_dotenv};
