/* Python programs: what they import, and the port on which they start a server.
 *
 * A tokeniser that knows strings, brackets and line ends is enough: statements are told by their first word, blocks by
 * their column. An import that sits in `try` or under a condition is flagged, since its failure is expected. */
#include "source/source.h"

typedef enum TokenKind { TOKEN_END, TOKEN_NEWLINE, TOKEN_NAME, TOKEN_NUMBER, TOKEN_STRING, TOKEN_OTHER } TokenKind;

typedef struct Token {
	TokenKind kind;
	size_t start, end;
	size_t column; /* bytes from the begin of the line; of the first token of a line only */
	bool first;    /* first of a logical line */
} Token;

typedef enum BlockKind { BLOCK_PLAIN, BLOCK_GUARD, BLOCK_LAZY } BlockKind;

typedef struct Block {
	size_t column;
	BlockKind kind;
} Block;

#define MOST_BLOCKS 100 /* as CPython itself */

typedef struct Reader {
	const SourceFile *file;
	Slice text;
	size_t at;
	size_t line; /* begin of the physical line */
	uint32_t depth;
	bool fresh; /* the next token is the first of a logical line */
	Token token;
	Block blocks[MOST_BLOCKS];
	size_t n_blocks;
} Reader;

static bool matches(const SourceFile *file)
{
	return slice_ends(file->name, ".py");
}

/* ---- tokens ------------------------------------------------------------------------------------------- */

static bool is_name_byte(char c)
{
	return g_ascii_isalnum(c) || c == '_' || (unsigned char)c >= 0x80;
}

static bool is_one_of(char c, const char *bytes)
{
	return c != '\0' && strchr(bytes, c) != NULL;
}

static char byte_at(const Reader *reader, size_t at)
{
	return at < reader->text.length ? reader->text.at[at] : '\0';
}

/* Behind the string whose opening quote stands at `at`. One that is not closed ends with its line. */
static size_t string_end(const Reader *reader, size_t at)
{
	char quote = byte_at(reader, at);
	bool triple = byte_at(reader, at + 1) == quote && byte_at(reader, at + 2) == quote;
	for (at += triple ? 3 : 1; at < reader->text.length; at++) {
		char c = reader->text.at[at];
		if (c == '\\')
			at += byte_at(reader, at + 1) == '\r' && byte_at(reader, at + 2) == '\n' ? 2 : 1;
		else if (c == '\n' && !triple)
			return at;
		else if (c == quote && !triple)
			return at + 1;
		else if (c == quote && byte_at(reader, at + 1) == quote && byte_at(reader, at + 2) == quote)
			return at + 3;
	}
	return reader->text.length;
}

static bool is_string_prefix(Slice name)
{
	if (name.length > 2)
		return false;
	for (size_t i = 0; i < name.length; i++)
		if (!is_one_of(name.at[i], "rbufRBUFtT"))
			return false;
	return true;
}

static Token token_of(Reader *reader, TokenKind kind, size_t end)
{
	Token token = {kind, reader->at, end, reader->at - reader->line, reader->fresh};
	reader->at = end;
	reader->fresh = kind == TOKEN_NEWLINE;
	return token;
}

/* Blanks, comments, continuations and, within brackets, line ends; false where a logical line ends here. */
static bool skip_space(Reader *reader)
{
	for (; reader->at < reader->text.length; reader->at++) {
		char c = reader->text.at[reader->at];
		if (c == '#') {
			size_t end = slice_find_byte(reader->text, '\n', reader->at);
			reader->at = MIN(end, reader->text.length) - 1;
		} else if (c == '\n') {
			if (reader->depth == 0 && !reader->fresh)
				return false;
			reader->line = reader->at + 1;
		} else if (c == '\\' && is_one_of(byte_at(reader, reader->at + 1), "\r\n")) {
			reader->at +=
			        byte_at(reader, reader->at + 1) == '\r' && byte_at(reader, reader->at + 2) == '\n';
			reader->at++;
			reader->line = reader->at + 1;
		} else if (!is_one_of(c, " \t\r\f\v")) {
			return true;
		}
	}
	return true;
}

static Token name_or_string(Reader *reader)
{
	size_t end = reader->at;
	while (end < reader->text.length && is_name_byte(reader->text.at[end]))
		end++;
	char next = byte_at(reader, end);
	if ((next == '"' || next == '\'') && is_string_prefix(slice_sub(reader->text, reader->at, end)))
		return token_of(reader, TOKEN_STRING, string_end(reader, end));
	bool digit = g_ascii_isdigit(reader->text.at[reader->at]);
	return token_of(reader, digit ? TOKEN_NUMBER : TOKEN_NAME, end);
}

static Token scan_token(Reader *reader)
{
	if (!skip_space(reader)) {
		Token token = token_of(reader, TOKEN_NEWLINE, reader->at + 1);
		reader->line = reader->at;
		return token;
	}
	if (reader->at >= reader->text.length) {
		reader->at = reader->text.length;
		return token_of(reader, TOKEN_END, reader->at);
	}
	char c = reader->text.at[reader->at];
	if (is_name_byte(c))
		return name_or_string(reader);
	if (c == '"' || c == '\'')
		return token_of(reader, TOKEN_STRING, string_end(reader, reader->at));
	if (is_one_of(c, "([{"))
		reader->depth++;
	else if (is_one_of(c, ")]}") && reader->depth > 0)
		reader->depth--;
	bool walrus = c == ':' && byte_at(reader, reader->at + 1) == '=';
	return token_of(reader, TOKEN_OTHER, reader->at + (walrus ? 2 : 1));
}

static void next_token(Reader *reader)
{
	reader->token = scan_token(reader);
}

static Slice token_text(const Reader *reader)
{
	return slice_sub(reader->text, reader->token.start, reader->token.end);
}

static bool token_is(const Reader *reader, const char *text)
{
	return reader->token.kind != TOKEN_STRING && slice_is(token_text(reader), text);
}

static bool at_line_end(const Reader *reader)
{
	return reader->token.kind == TOKEN_NEWLINE || reader->token.kind == TOKEN_END;
}

/* ---- imports ------------------------------------------------------------------------------------------- */

static void add_flags(Reader *reader, Node import, size_t start, size_t end)
{
	bool guarded = false, lazy = false;
	for (size_t i = 0; i < reader->n_blocks; i++) {
		guarded |= reader->blocks[i].kind == BLOCK_GUARD;
		lazy |= reader->blocks[i].kind == BLOCK_LAZY;
	}
	if (guarded)
		graph_add_flag(reader->file->builder, import, FACT_GUARDED, start, end);
	if (lazy)
		graph_add_flag(reader->file->builder, import, FACT_LAZY, start, end);
}

/* Dots and names in a row, as they are written: "a.b", "..x". Stops behind them. */
static size_t read_dotted(Reader *reader, uint32_t *ret_dots)
{
	size_t end = reader->token.start;
	bool named = false, name_next = true;
	*ret_dots = 0;
	for (;; next_token(reader)) {
		if (token_is(reader, ".")) {
			*ret_dots += !named;
			name_next = true;
		} else if (reader->token.kind == TOKEN_NAME && name_next && !token_is(reader, "import")) {
			named = true;
			name_next = false;
		} else {
			return end;
		}
		end = reader->token.end;
	}
}

static Node add_import(Reader *reader, size_t start, size_t end, uint32_t dots)
{
	Node import = graph_add_node(reader->file->builder, NODE_IMPORT, reader->file->node,
	        slice_sub(reader->text, start, end), start, end);
	if (dots)
		graph_add_number(reader->file->builder, import, FACT_RELATIVE_LEVEL, dots, start, start + dots);
	add_flags(reader, import, start, end);
	return import;
}

static void skip_alias(Reader *reader)
{
	if (!token_is(reader, "as"))
		return;
	next_token(reader);
	if (!at_line_end(reader))
		next_token(reader);
}

/* import a.b as c, d */
static void read_import(Reader *reader)
{
	do {
		next_token(reader);
		size_t start = reader->token.start;
		uint32_t dots;
		size_t end = read_dotted(reader, &dots);
		if (end == start || dots)
			return;
		add_import(reader, start, end, 0);
		skip_alias(reader);
	} while (token_is(reader, ","));
}

/* from .a import (b as c, d) */
static void read_from(Reader *reader)
{
	next_token(reader);
	size_t start = reader->token.start;
	uint32_t dots;
	size_t end = read_dotted(reader, &dots);
	if (end == start || !token_is(reader, "import"))
		return;
	Node import = add_import(reader, start, end, dots);
	next_token(reader);
	if (token_is(reader, "("))
		next_token(reader);
	while (reader->token.kind == TOKEN_NAME || token_is(reader, "*")) {
		graph_add(reader->file->builder, import, FACT_IMPORTED_NAME, token_text(reader), reader->token.start,
		        reader->token.end);
		next_token(reader);
		skip_alias(reader);
		if (!token_is(reader, ","))
			break;
		next_token(reader);
	}
}

/* ---- starts --------------------------------------------------------------------------------------------- */

/* What a literal port or a variable with a fallback is made of. */
static bool is_plain_part(const Reader *reader)
{
	static const char *const names[] = {"int", "os", "environ", "get", "getenv"};
	if (reader->token.kind == TOKEN_OTHER)
		return is_one_of(reader->text.at[reader->token.start], "(),.[]");
	for (size_t i = 0; reader->token.kind == TOKEN_NAME && i < G_N_ELEMENTS(names); i++)
		if (token_is(reader, names[i]))
			return true;
	return reader->token.kind != TOKEN_NAME;
}

/* The number that the tokens behind `port=` come to, up to the argument's end: 8000, int(os.getenv("PORT", "8000")).
 * The variable it may come from is written to `port` too. */
static void read_port_value(Reader *reader, Node port, uint32_t depth)
{
	uint32_t number = 0;
	size_t start = 0, end = 0;
	bool simple = true;
	for (next_token(reader); reader->token.kind != TOKEN_END && reader->depth >= depth; next_token(reader)) {
		Token token = reader->token;
		if (reader->depth == depth && token_is(reader, ","))
			break;
		Slice text = token_text(reader);
		if (token.kind == TOKEN_STRING && text.length > 2)
			text = slice_sub(text, 1, text.length - 1);
		if (token.kind == TOKEN_STRING && text.length && g_ascii_isupper(text.at[0]))
			graph_add(reader->file->builder, port, FACT_NEARBY_NAME, text, token.start, token.end);
		if (token.kind != TOKEN_NAME && slice_to_number(text, &number)) {
			start = token.start;
			end = token.end;
		}
		simple &= is_plain_part(reader);
	}
	if (simple && end && number > 0 && number < 65536)
		graph_add_number(reader->file->builder, port, FACT_NUMBER, number, start, end);
}

/* uvicorn.run("main:app"): the string is as good as an import. */
static void add_application(Reader *reader)
{
	size_t start = reader->token.start + 1, end = start;
	while (end < reader->token.end && (is_name_byte(reader->text.at[end]) || reader->text.at[end] == '.'))
		end++;
	if (end > start && end < reader->token.end && reader->text.at[end] == ':')
		add_import(reader, start, end, 0);
}

/* The arguments of x.run( … port=… ): the token is the bracket. */
static void read_start(Reader *reader, size_t start, size_t end)
{
	uint32_t depth = reader->depth;
	next_token(reader);
	if (reader->token.kind == TOKEN_STRING && slice_is(slice_sub(reader->text, start, end), "uvicorn.run"))
		add_application(reader);
	for (; reader->token.kind != TOKEN_END && reader->depth >= depth; next_token(reader)) {
		if (reader->depth != depth || !token_is(reader, "port"))
			continue;
		next_token(reader);
		if (!token_is(reader, "="))
			continue;
		Node port = graph_add_node(reader->file->builder, NODE_PORT, reader->file->node,
		        slice_sub(reader->text, start, end), start, end);
		read_port_value(reader, port, depth);
		return;
	}
}

/* What matters within other statements: sys.path that is changed, servers that are started. */
static void read_dotted_use(Reader *reader)
{
	size_t start = reader->token.start, last = start, end = start;
	for (bool name_next = true;; next_token(reader), name_next = !name_next) {
		if (name_next ? reader->token.kind != TOKEN_NAME : !token_is(reader, "."))
			break;
		if (name_next) {
			last = reader->token.start;
			end = reader->token.end;
		}
	}
	Slice whole = slice_sub(reader->text, start, end), name = slice_sub(reader->text, last, end);
	bool changed = slice_is(whole, "sys.path.insert") || slice_is(whole, "sys.path.append") ||
	               slice_is(whole, "sys.path.extend") || slice_is(whole, "site.addsitedir") ||
	               (slice_is(whole, "sys.path") &&
	                       (token_is(reader, "=") || token_is(reader, "[") || token_is(reader, "+")));
	if (changed)
		graph_add_flag(reader->file->builder, reader->file->node, FACT_SEARCH_PATH, start, end);
	if (last > start && token_is(reader, "(") &&
	        (slice_is(name, "run") || slice_is(name, "run_app") || slice_is(name, "run_simple")))
		read_start(reader, start, end);
}

static void read_expression(Reader *reader)
{
	while (!at_line_end(reader) && !(reader->depth == 0 && token_is(reader, ";"))) {
		if (reader->token.kind == TOKEN_NAME)
			read_dotted_use(reader);
		else
			next_token(reader);
	}
}

/* ---- statements ------------------------------------------------------------------------------------------ */

static bool opens_block(const Reader *reader, BlockKind *ret_kind)
{
	static const struct {
		const char *word;
		BlockKind kind;
	} words[] = {{"try", BLOCK_GUARD}, {"except", BLOCK_GUARD}, {"if", BLOCK_GUARD}, {"elif", BLOCK_GUARD},
	        {"else", BLOCK_GUARD}, {"finally", BLOCK_PLAIN}, {"def", BLOCK_LAZY}, {"async", BLOCK_LAZY},
	        {"class", BLOCK_PLAIN}, {"for", BLOCK_PLAIN}, {"while", BLOCK_GUARD}, {"with", BLOCK_PLAIN}};
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
		if (token_is(reader, words[i].word)) {
			*ret_kind = words[i].kind;
			return true;
		}
	}
	return false;
}

/* The head of a compound statement up to its colon; what is suppressed by `with` is a guard, and the block that only
 * runs where the file is the program is not reached by an import. */
static void read_head(Reader *reader, size_t column, BlockKind kind)
{
	while (!at_line_end(reader) && !(reader->depth == 0 && token_is(reader, ":"))) {
		if (token_is(reader, "__name__"))
			kind = BLOCK_LAZY;
		else if (token_is(reader, "suppress"))
			kind = BLOCK_GUARD;
		next_token(reader);
	}
	if (!at_line_end(reader))
		next_token(reader);
	if (reader->n_blocks < MOST_BLOCKS)
		reader->blocks[reader->n_blocks++] = (Block){column, kind};
}

static void read_statement(Reader *reader)
{
	BlockKind kind;
	if (reader->token.first)
		while (reader->n_blocks && reader->blocks[reader->n_blocks - 1].column >= reader->token.column)
			reader->n_blocks--;
	size_t column = reader->token.column;
	if (opens_block(reader, &kind)) {
		read_head(reader, column, kind);
		return;
	}
	if (token_is(reader, "import"))
		read_import(reader);
	else if (token_is(reader, "from"))
		read_from(reader);
	read_expression(reader);
	if (!at_line_end(reader))
		next_token(reader);
}

static void read_python(const SourceFile *file)
{
	Reader reader = {.file = file, .text = file->bytes, .fresh = true};
	if (slice_starts(file->bytes, "\xef\xbb\xbf"))
		reader.at = reader.line = 3;
	graph_add(file->builder, file->node, FACT_FORMAT, SLICE("python"), 0, 0);
	for (next_token(&reader); reader.token.kind != TOKEN_END;) {
		if (reader.token.kind == TOKEN_NEWLINE)
			next_token(&reader);
		else
			read_statement(&reader);
	}
}

const Source source_python = {"python", matches, read_python};
