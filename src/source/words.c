/* Splitting shell: quotes, backslashes, comments, continuation lines, pipes and lists, assignments in front,
 * redirections, heredocs. Nothing is expanded, and substitutions stay part of their word.
 *
 * Text that is no shell after all (a stray apostrophe in a document) must not swallow the rest: a word whose quotes do
 * not end is taken as if they were letters. */
#include "source/words.h"

#define MOST_WORDS 200
#define MOST_COMMANDS 5000
#define MOST_NESTING 32
#define MOST_BRACES 400
#define MOST_NODES 20000
/* Bytes read in vain behind quotes that do not end, in one text. */
#define MOST_WASTE ((size_t)1024 * 1024)

typedef struct Splitter {
	const SourceFile *file;
	Node parent;
	Slice text, fence, heredoc; /* heredoc: the word that ends the body that follows this line */
	size_t at, waste;
	Word *words; /* room for MOST_WORDS */
	uint32_t count, commands;
	Word made[8]; /* redirected to */
	uint32_t n_made;
	size_t line;  /* where it begins */
	bool guarded; /* a mark before a command says that its failure does not matter */
} Splitter;

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool ends_command(char c)
{
	return c == '\n' || c == ';' || c == '|' || c == '&' || c == '(' || c == ')';
}

/* ---- words ----------------------------------------------------------------------------------------- */

/* `<name>` in a document is a place for the reader's own word. */
static size_t placeholder_end(Slice text, size_t at)
{
	size_t end = at + 1;
	if (end >= text.length || !g_ascii_isalpha(text.at[end]))
		return 0;
	while (end < text.length && (g_ascii_isalnum(text.at[end]) || strchr("-_. ", text.at[end])))
		end++;
	return end < text.length && text.at[end] == '>' && text.at[end - 1] != ' ' ? end + 1 : 0;
}

static bool ends_word(Slice text, size_t at)
{
	char c = text.at[at];
	return is_blank(c) || ends_command(c) || c == '>' || (c == '<' && placeholder_end(text, at) == 0);
}

typedef struct Nesting {
	char open[MOST_NESTING];
	uint32_t depth;
} Nesting;

static char innermost(const Nesting *nesting)
{
	return nesting->depth ? nesting->open[nesting->depth - 1] : '\0';
}

static void push(Nesting *nesting, char mark)
{
	if (nesting->depth < MOST_NESTING)
		nesting->open[nesting->depth++] = mark;
}

/* Past one character of a word, or one quoted part or substitution mark; SIZE_MAX if quotes do not end. */
static size_t step(Nesting *nesting, Slice text, size_t at)
{
	char c = text.at[at], in = innermost(nesting), next = at + 1 < text.length ? text.at[at + 1] : '\0';
	if (c == '\\')
		return at + 2;
	if (c == '\'' && in != '"') {
		size_t end = slice_find_byte(text, c, at + 1);
		return end == SIZE_MAX ? end : end + 1;
	}
	if (c == '$' && (next == '(' || next == '{')) {
		push(nesting, next);
		return at + 2;
	}
	if (((c == '"' || c == '`') && in != c) || (c == '(' && in == '('))
		push(nesting, c);
	else if (in && (c == in || (c == ')' && in == '(') || (c == '}' && in == '{')))
		nesting->depth--;
	return at + 1;
}

/* `{{ name }}` of a template that the shell never sees: the place behind it, or 0 where none begins. */
static size_t braces_end(Slice text, size_t at)
{
	if (text.at[at] != '{' || at + 1 >= text.length || text.at[at + 1] != '{')
		return 0;
	for (size_t i = at + 2; i + 1 < MIN(text.length, at + MOST_BRACES) && text.at[i] != '\n'; i++)
		if (text.at[i] == '}' && text.at[i + 1] == '}')
			return i + 2;
	return 0;
}

/* End of the word at `start`, or SIZE_MAX if its quotes do not end. */
static size_t find_word_end(Slice text, size_t start)
{
	Nesting nesting = {.depth = 0};
	size_t at = start;
	while (at < text.length) {
		size_t behind = braces_end(text, at);
		if (behind) {
			at = behind;
			continue;
		}
		if (nesting.depth == 0 && ends_word(text, at)) {
			size_t end = text.at[at] == '<' ? placeholder_end(text, at) : 0;
			if (!end)
				return at;
			at = end;
			continue;
		}
		at = step(&nesting, text, at);
		if (at == SIZE_MAX)
			return SIZE_MAX;
	}
	return nesting.depth ? SIZE_MAX : text.length;
}

/* The word without the quotes and backslashes that a shell takes off. Substitutions are left as they are. */
static Slice bare_word(Arena *arena, Slice word)
{
	bool plain = true;
	for (size_t i = 0; i < word.length && plain; i++)
		plain = !strchr("'\"\\", word.at[i]);
	if (plain)
		return word;
	char *text = arena_bytes(arena, word.length), quote = '\0';
	size_t length = 0;
	for (size_t i = 0; i < word.length; i++) {
		char c = word.at[i];
		if ((c == '"' || c == '\'') && (quote == '\0' || quote == c))
			quote = quote ? '\0' : c;
		else if (c == '\\' && quote != '\'' && i + 1 < word.length)
			text[length++] = word.at[++i];
		else
			text[length++] = c;
	}
	return (Slice){text, length};
}

static Word take_word(Splitter *splitter)
{
	Slice text = splitter->text;
	size_t start = splitter->at, end = find_word_end(text, start);
	if (end == SIZE_MAX) {
		splitter->waste += text.length - start;
		for (end = start; end < text.length && !ends_word(text, end);)
			end++;
	}
	end = MIN(MAX(end, start + 1), text.length);
	splitter->at = end;
	Slice word = slice_sub(text, start, end);
	size_t place = (size_t)(word.at - splitter->file->bytes.at);
	Slice bare = bare_word(splitter->file->arena, word);
	bool quoted = word.length >= 2 && strchr("'\"", word.at[0]) && bare.length == word.length - 2;
	return (Word){bare, place + quoted, place + word.length - quoted};
}

static void skip_blanks(Splitter *splitter)
{
	while (splitter->at < splitter->text.length && is_blank(splitter->text.at[splitter->at]))
		splitter->at++;
}

/* ---- commands -------------------------------------------------------------------------------------- */

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

#define IS_ONE_OF(word, words) slice_is_any((word), (words), G_N_ELEMENTS(words))

/* Words that only stand in front of the command that matters. */
static bool is_front_word(Slice word)
{
	static const char *const words[] = {"sudo", "then", "do", "else", "elif", "time", "exec", "env", "nohup", "!",
	        "{", "}", "$", "if", "while", "until", "command"};
	return IS_ONE_OF(word, words);
}

/* How many words stand before the program: assignments, keywords, sudo with its options. */
static uint32_t count_front(const Splitter *splitter)
{
	static const char *const valued[] = {"-u", "-g", "-h", "-C"};
	uint32_t i = 0;
	bool sudo = false;
	for (; i < splitter->count; i++) {
		Slice word = splitter->words[i].text;
		if (sudo && word.length && word.at[0] == '-')
			i += IS_ONE_OF(word, valued);
		else if (is_assignment(word) || is_front_word(word))
			sudo = sudo || slice_is(word, "sudo");
		else
			break;
	}
	return MIN(i, splitter->count);
}

/* A Makefile's marks before a command: @ is silent, - goes on after a failure. */
static void strip_recipe_marks(Splitter *splitter)
{
	Word *word = &splitter->words[0];
	const char *marks =
	        slice_ends(splitter->file->name, "akefile") || slice_ends(splitter->file->name, ".mk") ? "@-+" : "@";
	while (word->text.length > 1 && strchr(marks, word->text.at[0])) {
		splitter->guarded = splitter->guarded || word->text.at[0] == '-';
		word->text = slice_sub(word->text, 1, word->text.length);
		word->start++;
	}
}

/* End of the line, those that are continued with a backslash included. */
static size_t find_line_end(Slice text, size_t at)
{
	size_t end = at;
	while ((end = slice_find_byte(text, '\n', end)) != SIZE_MAX) {
		size_t before = end - (end > at && text.at[end - 1] == '\r');
		if (before == at || text.at[before - 1] != '\\')
			return end;
		end++;
	}
	return text.length;
}

/* It handles failure itself, or tests first. */
static bool is_guarded_line(const Splitter *splitter)
{
	Slice line = slice_sub(splitter->text, splitter->line, find_line_end(splitter->text, splitter->line));
	static const char *const marks[] = {"|| ", "[ -", "[[ -", "test -", "2>/dev/null", "--ignore-not-found"};
	for (size_t i = 0; i < G_N_ELEMENTS(marks); i++)
		if (slice_find(line, marks[i], 0) != SIZE_MAX)
			return true;
	return false;
}

static void end_command(Splitter *splitter)
{
	const SourceFile *file = splitter->file;
	if (splitter->count)
		strip_recipe_marks(splitter);
	uint32_t front = count_front(splitter), count = splitter->count - front;
	const Word *words = splitter->words + front;
	splitter->count = 0;
	for (uint32_t i = 0; i < front; i++)
		if (is_assignment(splitter->words[i].text) && splitter->commands < MOST_COMMANDS)
			read_assignment(file, splitter->parent, splitter->words[i]);
	if (count && splitter->commands < MOST_COMMANDS) {
		Node command = graph_add_node(
		        file->builder, NODE_COMMAND, splitter->parent, words[0].text, words[0].start, words[0].end);
		splitter->commands++;
		if (splitter->fence.length)
			graph_add(file->builder, command, FACT_FENCE, splitter->fence, words[0].start, words[0].end);
		if (splitter->guarded || is_guarded_line(splitter))
			graph_add_flag(file->builder, command, FACT_GUARDED, words[0].start, words[0].end);
		for (uint32_t i = 1; i < count; i++)
			graph_add(file->builder, command, FACT_WORD, words[i].text, words[i].start, words[i].end);
		read_command_paths(file, command, words, count);
		for (uint32_t i = 0; i < splitter->n_made; i++)
			add_command_path(file, command, "makes", splitter->made[i]);
	}
	splitter->n_made = 0;
}

/* ---- redirections and heredocs --------------------------------------------------------------------- */

static void take_heredoc(Splitter *splitter)
{
	if (splitter->at < splitter->text.length && splitter->text.at[splitter->at] == '-')
		splitter->at++;
	skip_blanks(splitter);
	if (splitter->at < splitter->text.length && !ends_command(splitter->text.at[splitter->at]))
		splitter->heredoc = take_word(splitter).text;
}

/* At `<` or `>`: past it and its target. A number just before it is the descriptor and no word. */
static void take_redirection(Splitter *splitter)
{
	Slice text = splitter->text;
	char first = text.at[splitter->at];
	size_t begin = splitter->at, place = (size_t)(text.at - splitter->file->bytes.at) + begin;
	uint32_t number;
	if (splitter->count) {
		const Word *last = &splitter->words[splitter->count - 1];
		splitter->count -= last->end == place && slice_to_number(last->text, &number);
	}
	while (splitter->at < text.length && text.at[splitter->at] == first)
		splitter->at++;
	size_t length = splitter->at - begin;
	if (first == '<' && length == 2) {
		take_heredoc(splitter);
		return;
	}
	if (splitter->at < text.length && strchr("&|", text.at[splitter->at]))
		splitter->at++;
	skip_blanks(splitter);
	if (splitter->at >= text.length || ends_word(text, splitter->at))
		return;
	Word target = take_word(splitter);
	if (first == '>' && splitter->n_made < G_N_ELEMENTS(splitter->made))
		splitter->made[splitter->n_made++] = target;
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

/* ---- lines ----------------------------------------------------------------------------------------- */

static void end_line(Splitter *splitter)
{
	end_command(splitter);
	splitter->at++;
	if (splitter->heredoc.length)
		skip_heredoc(splitter);
	if (splitter->at < splitter->text.length)
		splitter->line = splitter->at, splitter->guarded = false;
}

/* A backslash before a line end joins two lines. */
static bool skip_continuation(Splitter *splitter)
{
	Slice rest = slice_sub(splitter->text, splitter->at, splitter->text.length);
	size_t length = slice_starts(rest, "\\\n") ? 2 : slice_starts(rest, "\\\r\n") ? 3 : 0;
	splitter->at += length;
	return length != 0;
}

/* The items of `NAME=(…)` are kept for later and run by nobody here. Up to the end of the text where it does not close.
 */
static void skip_array(Splitter *splitter)
{
	Slice text = splitter->text;
	for (splitter->at++;
	        splitter->at < text.length && text.at[splitter->at] != ')' && splitter->waste < MOST_WASTE;) {
		char c = text.at[splitter->at];
		if (c == '#')
			splitter->at = MIN(slice_find_byte(text, '\n', splitter->at), text.length);
		else if (is_blank(c) || c == '\n' || ends_word(text, splitter->at))
			splitter->at++;
		else
			take_word(splitter);
	}
	splitter->at = MIN(splitter->at + 1, text.length);
}

static bool opens_array(const Splitter *splitter, Slice word)
{
	return splitter->at < splitter->text.length && splitter->text.at[splitter->at] == '(' &&
	       slice_ends(word, "=") && word.length > 1;
}

static void read_next(Splitter *splitter)
{
	Slice text = splitter->text;
	char c = text.at[splitter->at];
	if (c == '\n') {
		end_line(splitter);
	} else if (is_blank(c) || slice_starts(slice_sub(text, splitter->at, text.length), "&>")) {
		splitter->at++;
	} else if (c == '#') {
		splitter->at = MIN(slice_find_byte(text, '\n', splitter->at), text.length);
	} else if (ends_command(c)) {
		end_command(splitter);
		splitter->at++;
	} else if (c == '>' || (c == '<' && !placeholder_end(text, splitter->at))) {
		take_redirection(splitter);
	} else if (!skip_continuation(splitter)) {
		Word word = take_word(splitter);
		if (splitter->count < MOST_WORDS)
			splitter->words[splitter->count++] = word;
		if (opens_array(splitter, word.text))
			skip_array(splitter);
	}
}

void read_commands(const SourceFile *file, Node parent, Slice text, Slice fence)
{
	Word words[MOST_WORDS];
	Splitter splitter = {
	        .file = file, .parent = parent, .text = text, .fence = fence, .heredoc = {"", 0}, .words = words};
	if (graph_builder_nodes(file->builder) > MOST_NODES + file->bytes.length / 64)
		return; /* no text that people wrote has so many; aliases may name one script again and again */
	while (splitter.at < text.length && splitter.commands < MOST_COMMANDS && splitter.waste < MOST_WASTE)
		read_next(&splitter);
	end_command(&splitter);
}
