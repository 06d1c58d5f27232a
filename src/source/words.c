/* Splitting shell: quotes, backslashes, comments, continuation lines, pipes and lists, assignments in front, heredocs.
 * Nothing is expanded, and nested substitutions stay part of their word. */
#include "source/words.h"

#define MOST_WORDS 200
#define MOST_COMMANDS 5000

typedef struct Splitter {
	const SourceFile *file;
	Node parent, command;
	Slice text, fence, heredoc; /* heredoc: the word that ends the body that follows this line */
	size_t at;
	uint32_t words, commands;
	bool guarded; /* the line handles failure itself, or tests first */
} Splitter;

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool ends_command(char c)
{
	return c == '\n' || c == ';' || c == '|' || c == '&' || c == '(' || c == ')';
}

/* Past one word; *ret_word is the word without its quotes if it is quoted as a whole, else as written. */
static void take_word(Splitter *splitter, Slice *ret_word)
{
	Slice text = splitter->text;
	size_t start = splitter->at;
	uint32_t depth = 0;
	for (; splitter->at < text.length; splitter->at++) {
		char c = text.at[splitter->at];
		if (c == '\\') {
			splitter->at += splitter->at + 1 < text.length;
		} else if (c == '\'' || c == '"') {
			size_t end = slice_find_byte(text, c, splitter->at + 1);
			if (end == SIZE_MAX)
				break;
			splitter->at = end;
		} else if (c == '$' && splitter->at + 1 < text.length && text.at[splitter->at + 1] == '(') {
			depth++;
			splitter->at++;
		} else if (depth && c == ')') {
			depth--;
		} else if (!depth && (is_blank(c) || ends_command(c))) {
			break;
		}
	}
	if (splitter->at == start)
		splitter->at++;
	splitter->at = MIN(splitter->at, text.length);
	Slice word = slice_sub(text, start, splitter->at);
	if (word.length >= 2 && (word.at[0] == '"' || word.at[0] == '\'') && word.at[word.length - 1] == word.at[0])
		word = slice_sub(word, 1, word.length - 1);
	*ret_word = word;
}

static bool is_assignment(Slice word)
{
	size_t equals = slice_find_byte(word, '=', 0);
	if (equals == SIZE_MAX || equals == 0)
		return false;
	for (size_t i = 0; i < equals; i++)
		if (!g_ascii_isalnum(word.at[i]) && word.at[i] != '_')
			return false;
	return true;
}

/* Words that only stand in front of the command that matters. */
static bool is_front_word(Slice word)
{
	static const char *const words[] = {
	        "sudo", "then", "do", "else", "time", "exec", "env", "nohup", "!", "{", "$", "if", "while", "until"};
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (slice_is(word, words[i]))
			return true;
	return false;
}

static void take_heredoc(Splitter *splitter, Slice word)
{
	size_t mark = slice_find(word, "<<", 0);
	if (mark == SIZE_MAX || slice_find(word, "<<<", 0) != SIZE_MAX)
		return;
	Slice name = slice_sub(word, mark + 2, word.length);
	if (name.length && name.at[0] == '-')
		name = slice_sub(name, 1, name.length);
	if (name.length == 0) { /* `<< EOF` */
		while (splitter->at < splitter->text.length && is_blank(splitter->text.at[splitter->at]))
			splitter->at++;
		if (splitter->at < splitter->text.length && splitter->text.at[splitter->at] != '\n')
			take_word(splitter, &name);
	}
	while (name.length && strchr("'\"\\", name.at[0]))
		name = slice_sub(name, 1, name.length);
	while (name.length && strchr("'\"", name.at[name.length - 1]))
		name.length--;
	splitter->heredoc = name;
}

static void add_word(Splitter *splitter, Slice word)
{
	size_t start = (size_t)(word.at - splitter->file->bytes.at), end = start + word.length;
	GraphBuilder *builder = splitter->file->builder;
	if (splitter->words == 0 && (is_assignment(word) || is_front_word(word)))
		return;
	if (splitter->words == 0) {
		splitter->command = graph_add_node(builder, NODE_COMMAND, splitter->parent, word, start, end);
		splitter->commands++;
		if (splitter->fence.length)
			graph_add(builder, splitter->command, FACT_FENCE, splitter->fence, start, end);
		if (splitter->guarded)
			graph_add_flag(builder, splitter->command, FACT_GUARDED, start, end);
	} else if (splitter->words < MOST_WORDS) {
		graph_add(builder, splitter->command, FACT_WORD, word, start, end);
	}
	splitter->words++;
}

static void skip_heredoc(Splitter *splitter)
{
	Slice rest = slice_sub(splitter->text, splitter->at, splitter->text.length), line;
	while (slice_next_line(&rest, &line)) {
		splitter->at = splitter->text.length - rest.length;
		if (slice_equal(slice_trim(line), splitter->heredoc))
			break;
	}
	splitter->heredoc = (Slice){"", 0};
}

static bool is_guarded_line(const Splitter *splitter)
{
	size_t end = slice_find_byte(splitter->text, '\n', splitter->at);
	Slice line = slice_sub(splitter->text, splitter->at, end == SIZE_MAX ? splitter->text.length : end);
	static const char *const marks[] = {"|| ", "[ -", "[[ -", "test -", "2>/dev/null", "--ignore-not-found"};
	for (size_t i = 0; i < G_N_ELEMENTS(marks); i++)
		if (slice_find(line, marks[i], 0) != SIZE_MAX)
			return true;
	return false;
}

static void end_line(Splitter *splitter)
{
	splitter->words = 0;
	splitter->at++;
	if (splitter->heredoc.length)
		skip_heredoc(splitter);
	if (splitter->at < splitter->text.length)
		splitter->guarded = is_guarded_line(splitter);
}

void read_commands(const SourceFile *file, Node parent, Slice text, Slice fence)
{
	Splitter splitter = {.file = file, .parent = parent, .text = text, .fence = fence, .heredoc = {"", 0}};
	if (text.length)
		splitter.guarded = is_guarded_line(&splitter);
	while (splitter.at < text.length && splitter.commands < MOST_COMMANDS) {
		char c = text.at[splitter.at];
		if (c == '\n') {
			end_line(&splitter);
		} else if (c == '\\' && splitter.at + 1 < text.length &&
		           (text.at[splitter.at + 1] == '\n' || text.at[splitter.at + 1] == '\r')) {
			splitter.at += text.at[splitter.at + 1] == '\r' ? 3 : 2;
		} else if (is_blank(c)) {
			splitter.at++;
		} else if (c == '#') {
			size_t end = slice_find_byte(text, '\n', splitter.at);
			splitter.at = end == SIZE_MAX ? text.length : end;
		} else if (ends_command(c)) {
			splitter.words = 0;
			splitter.at++;
		} else {
			Slice word;
			take_word(&splitter, &word);
			if (slice_find(word, "<<", 0) != SIZE_MAX)
				take_heredoc(&splitter, word);
			else
				add_word(&splitter, word);
		}
	}
}
