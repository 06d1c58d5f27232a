/* JavaScript and TypeScript programs: what they import.
 *
 * A tokeniser that knows strings, templates, comments and (by what stands before a slash) regular expressions is
 * enough: static imports stand outside of all braces and begin with a word of their own. Imports of types alone are
 * erased when the program is built, so they lead nowhere that matters. What is no literal is not known and not kept. */
#include "source/source.h"

#define MOST_BYTES ((size_t)1024 * 1024) /* of one file that people wrote; larger ones are bundles */
#define MOST_IMPORTS 2000
#define MOST_TEMPLATES 32
#define MOST_TRIES 64

typedef enum TokenKind { TOKEN_END, TOKEN_NAME, TOKEN_STRING, TOKEN_OTHER } TokenKind;

typedef struct Token {
	TokenKind kind;
	size_t start, end;
} Token;

typedef struct Reader {
	const SourceFile *file;
	Slice text;
	size_t at;
	uint32_t depth;                     /* of braces */
	uint32_t templates[MOST_TEMPLATES]; /* depth at which each open ${ began */
	uint32_t n_templates;
	uint32_t tries[MOST_TRIES]; /* depth of the braces of each open `try` */
	uint32_t n_tries;
	Token token, before;
	uint32_t imports;
} Reader;

static bool matches(const SourceFile *file)
{
	static const char *const ends[] = {".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx"};
	if (file->bytes.length > MOST_BYTES || slice_ends(file->name, ".min.js") || slice_ends(file->name, ".d.ts"))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
		if (slice_ends(file->name, ends[i]))
			return true;
	return false;
}

/* ---- tokens ------------------------------------------------------------------------------------------- */

static bool is_name_byte(char c)
{
	return g_ascii_isalnum(c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

static char byte_at(const Reader *reader, size_t at)
{
	return at < reader->text.length ? reader->text.at[at] : '\0';
}

static Slice text_of(const Reader *reader, Token token)
{
	return slice_sub(reader->text, token.start, token.end);
}

static bool is_word(const Reader *reader, Token token, const char *word)
{
	return token.kind == TOKEN_NAME && slice_is(text_of(reader, token), word);
}

static bool is_sign(const Reader *reader, Token token, char sign)
{
	return token.kind == TOKEN_OTHER && reader->text.at[token.start] == sign;
}

/* Behind the string whose quote stands at `at`. One that is not closed ends with its line. */
static size_t string_end(const Reader *reader, size_t at)
{
	char quote = byte_at(reader, at);
	for (at++; at < reader->text.length; at++) {
		char c = reader->text.at[at];
		if (c == '\\')
			at++;
		else if (c == '\n')
			return at;
		else if (c == quote)
			return at + 1;
	}
	return reader->text.length;
}

/* Behind the text of a template that goes on at `at`: its closing quote, or the ${ that opens code within it. */
static size_t template_end(Reader *reader, size_t at)
{
	for (; at < reader->text.length; at++) {
		char c = reader->text.at[at];
		if (c == '\\') {
			at++;
		} else if (c == '`') {
			return at + 1;
		} else if (c == '$' && byte_at(reader, at + 1) == '{') {
			if (reader->n_templates == MOST_TEMPLATES)
				return reader->text.length;
			reader->templates[reader->n_templates++] = reader->depth++;
			return at + 2;
		}
	}
	return reader->text.length;
}

/* A slash divides where a value has ended before it; behind anything else a regular expression begins. */
static bool follows_value(const Reader *reader)
{
	static const char *const words[] = {"return", "typeof", "case", "in", "of", "delete", "void", "throw", "new",
	        "else", "do", "await", "yield", "default"};
	Token before = reader->before;
	for (size_t i = 0; before.kind == TOKEN_NAME && i < G_N_ELEMENTS(words); i++)
		if (is_word(reader, before, words[i]))
			return false;
	return before.kind == TOKEN_NAME || before.kind == TOKEN_STRING || is_sign(reader, before, ')') ||
	       is_sign(reader, before, ']') || is_sign(reader, before, '}');
}

static size_t expression_end(const Reader *reader, size_t at)
{
	bool set = false;
	for (at++; at < reader->text.length && reader->text.at[at] != '\n'; at++) {
		char c = reader->text.at[at];
		if (c == '\\')
			at++;
		else if (c == '[' || c == ']')
			set = c == '[';
		else if (c == '/' && !set)
			return at + 1;
	}
	return MIN(at, reader->text.length);
}

static void skip_space(Reader *reader)
{
	Slice text = reader->text;
	while (reader->at < text.length) {
		char c = text.at[reader->at], next = byte_at(reader, reader->at + 1);
		if (c == '/' && next == '/') {
			reader->at = MIN(slice_find_byte(text, '\n', reader->at), text.length);
		} else if (c == '/' && next == '*') {
			size_t end = slice_find(text, "*/", reader->at + 2);
			reader->at = end == SIZE_MAX ? text.length : end + 2;
		} else if (g_ascii_isspace(c)) {
			reader->at++;
		} else {
			return;
		}
	}
}

static void close_brace(Reader *reader)
{
	reader->depth -= reader->depth > 0;
	while (reader->n_tries && reader->tries[reader->n_tries - 1] >= reader->depth)
		reader->n_tries--;
}

static void open_brace(Reader *reader)
{
	if (is_word(reader, reader->before, "try") && reader->n_tries < MOST_TRIES)
		reader->tries[reader->n_tries++] = reader->depth;
	reader->depth++;
}

static size_t other_end(Reader *reader)
{
	char c = byte_at(reader, reader->at);
	if (c == '{') {
		open_brace(reader);
	} else if (c == '}') {
		close_brace(reader);
		if (reader->n_templates && reader->templates[reader->n_templates - 1] == reader->depth) {
			reader->n_templates--;
			return template_end(reader, reader->at + 1);
		}
	} else if (c == '/' && !follows_value(reader)) {
		return expression_end(reader, reader->at);
	}
	return reader->at + 1;
}

static void next_token(Reader *reader)
{
	reader->before = reader->token;
	skip_space(reader);
	size_t start = reader->at, end = start;
	TokenKind kind = TOKEN_OTHER;
	char c = byte_at(reader, start);
	if (start >= reader->text.length) {
		kind = TOKEN_END;
		end = start = reader->text.length;
	} else if (is_name_byte(c)) {
		kind = TOKEN_NAME;
		while (end < reader->text.length && is_name_byte(reader->text.at[end]))
			end++;
	} else if (c == '"' || c == '\'') {
		kind = TOKEN_STRING;
		end = string_end(reader, start);
	} else if (c == '`') {
		end = template_end(reader, start + 1);
	} else {
		end = other_end(reader);
	}
	reader->token = (Token){kind, start, MIN(end, reader->text.length)};
	reader->at = reader->token.end;
}

/* ---- imports -------------------------------------------------------------------------------------------- */

/* The string is the token. */
static void add_import(Reader *reader, bool lazy)
{
	Token token = reader->token;
	if (token.end - token.start < 3 || reader->imports == MOST_IMPORTS)
		return;
	Slice name = slice_sub(reader->text, token.start + 1, token.end - 1);
	if (byte_at(reader, token.end - 1) != byte_at(reader, token.start) || memchr(name.at, '\\', name.length))
		return;
	GraphBuilder *builder = reader->file->builder;
	Node import = graph_add_node(builder, NODE_IMPORT, reader->file->node, name, token.start + 1, token.end - 1);
	reader->imports++;
	if (lazy)
		graph_add_flag(builder, import, FACT_LAZY, token.start + 1, token.end - 1);
	if (reader->n_tries)
		graph_add_flag(builder, import, FACT_GUARDED, token.start + 1, token.end - 1);
}

/* { a, type B, type C as D }: false where all that is named is a type. The token is the brace; stops at the other one.
 */
static bool names_values(Reader *reader)
{
	bool any = false, values = false;
	uint32_t depth = reader->depth;
	next_token(reader);
	while (reader->token.kind != TOKEN_END && reader->depth >= depth) {
		bool type = is_word(reader, reader->token, "type");
		any = true;
		next_token(reader);
		/* `type` alone, and `type as x`, name a value that is called so. */
		type = type && reader->token.kind == TOKEN_NAME && !is_word(reader, reader->token, "as");
		values |= !type;
		while (reader->token.kind != TOKEN_END && reader->depth >= depth &&
		        !is_sign(reader, reader->token, ','))
			next_token(reader);
		if (is_sign(reader, reader->token, ','))
			next_token(reader);
	}
	return values || !any;
}

/* Up to the string behind `from`; stops on what cannot stand there. */
static void read_clause(Reader *reader, bool types)
{
	bool values = false;
	while (reader->token.kind != TOKEN_END && reader->token.kind != TOKEN_STRING) {
		bool from = is_word(reader, reader->token, "from");
		if (is_sign(reader, reader->token, '{'))
			values |= names_values(reader);
		else if (reader->token.kind == TOKEN_NAME || is_sign(reader, reader->token, '*'))
			values |= !from && !is_word(reader, reader->token, "as");
		else if (!is_sign(reader, reader->token, ','))
			return;
		next_token(reader);
		if (from && reader->token.kind == TOKEN_STRING && values && !types)
			add_import(reader, false);
	}
}

static void read_import(Reader *reader)
{
	bool top = reader->depth == 0;
	next_token(reader);
	if (is_sign(reader, reader->token, '(')) {
		next_token(reader);
		if (reader->token.kind == TOKEN_STRING)
			add_import(reader, true);
		return;
	}
	if (!top)
		return;
	if (reader->token.kind == TOKEN_STRING) {
		add_import(reader, false);
		return;
	}
	bool types = is_word(reader, reader->token, "typeof");
	if (types || is_word(reader, reader->token, "type")) {
		next_token(reader);
		/* `import type from "x"` names a value that is called so. */
		types = types || !is_word(reader, reader->token, "from");
		if (!types) {
			next_token(reader);
			if (reader->token.kind == TOKEN_STRING)
				add_import(reader, false);
			return;
		}
	}
	read_clause(reader, types);
}

static void read_export(Reader *reader)
{
	bool top = reader->depth == 0;
	next_token(reader);
	bool types = is_word(reader, reader->token, "type");
	if (types)
		next_token(reader);
	if (top && (is_sign(reader, reader->token, '{') || is_sign(reader, reader->token, '*')))
		read_clause(reader, types);
}

static void read_require(Reader *reader)
{
	next_token(reader);
	if (!is_sign(reader, reader->token, '('))
		return;
	next_token(reader);
	if (reader->token.kind == TOKEN_STRING && byte_at(reader, reader->token.end) == ')')
		add_import(reader, reader->depth > 0);
}

static void read_javascript(const SourceFile *file)
{
	Reader reader = {.file = file, .text = file->bytes};
	if (slice_starts(file->bytes, "#!"))
		reader.at = MIN(slice_find_byte(file->bytes, '\n', 0), file->bytes.length);
	graph_add(file->builder, file->node, FACT_FORMAT, SLICE("javascript"), 0, 0);
	for (next_token(&reader); reader.token.kind != TOKEN_END;) {
		bool member = is_sign(&reader, reader.before, '.');
		if (!member && is_word(&reader, reader.token, "import"))
			read_import(&reader);
		else if (!member && is_word(&reader, reader.token, "export"))
			read_export(&reader);
		else if (!member && is_word(&reader, reader.token, "require"))
			read_require(&reader);
		else
			next_token(&reader);
	}
}

const Source source_javascript = {"javascript", matches, read_javascript};
