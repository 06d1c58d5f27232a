/* Dockerfiles: stages and instructions as BuildKit cuts them.
 *
 * A logical line is put together first, with continuations, comments and empty lines between them taken out; each of
 * its bytes remembers where it stands in the file, so that every word has an exact place. Variables are not replaced:
 * a value with `$` is not literal and rules leave it alone. */
#include "source/source.h"

/* What people write has some kilobytes; a larger one is data under that name. */
#define MOST_BYTES ((size_t)1024 * 1024)

typedef struct Line {
	char *text;
	uint32_t *place; /* offset in the file of each byte of text */
	size_t length;
	size_t end; /* offset in the file behind the line, heredocs included */
} Line;

typedef struct Word {
	Slice text;
	size_t start, end; /* bytes of the file, quotes included */
} Word;

typedef struct Reader {
	const SourceFile *file;
	size_t at;
	char escape;
	Line line;
	GArray *words;
	char *decoded; /* texts of the words in hand without their quotes: no longer than the line */
	size_t n_decoded;
	Node dockerfile;
	Node stage; /* the DOCKERFILE node before the first FROM */
	uint32_t stages;
} Reader;

/* ---- which files ------------------------------------------------------------------------------------- */

static bool matches(const SourceFile *file)
{
	static const char *const other_ends[] = {
	        ".dockerignore", ".containerignore", ".j2", ".md", ".tmpl", ".tpl", ".erb", ".in", ".m4"};
	Slice name = file->name;
	if (file->bytes.length > MOST_BYTES)
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(other_ends); i++)
		if (slice_ends(name, other_ends[i]))
			return false;
	if (slice_is_nocase(name, "Dockerfile") || slice_is_nocase(name, "Containerfile"))
		return true;
	return slice_starts(name, "Dockerfile.") || slice_starts(name, "Dockerfile-") ||
	       slice_starts(name, "Containerfile.") || slice_ends(name, ".Dockerfile") ||
	       slice_ends(name, ".dockerfile") || slice_ends(name, ".Containerfile");
}

/* ---- logical lines ------------------------------------------------------------------------------------ */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static size_t line_end(const Reader *reader, size_t at)
{
	return MIN(slice_find_byte(reader->file->bytes, '\n', at), reader->file->bytes.length);
}

/* Appends [start, end) and says whether the line goes on: it ends in the escape character, but not in two. */
static bool append_physical(Reader *reader, size_t start, size_t end)
{
	const char *bytes = reader->file->bytes.at;
	while (end > start && is_blank(bytes[end - 1]))
		end--;
	bool goes_on = end > start && bytes[end - 1] == reader->escape &&
	               !(end - 1 > start && bytes[end - 2] == reader->escape);
	end -= goes_on;
	for (size_t i = start; i < end; i++) {
		reader->line.text[reader->line.length] = bytes[i];
		reader->line.place[reader->line.length++] = (uint32_t)i;
	}
	return goes_on;
}

/* The next logical line; false at the end of the file. */
static bool next_line(Reader *reader)
{
	Slice bytes = reader->file->bytes;
	reader->line.length = 0;
	bool goes_on = false;
	while (reader->at < bytes.length) {
		size_t start = reader->at, end = line_end(reader, start), first = start;
		while (first < end && is_blank(bytes.at[first]))
			first++;
		reader->at = end + 1;
		if (first == end || bytes.at[first] == '#')
			continue;
		goes_on = append_physical(reader, goes_on ? start : first, end);
		reader->line.end = end;
		if (!goes_on)
			break;
	}
	while (reader->line.length && is_blank(reader->line.text[reader->line.length - 1]))
		reader->line.length--;
	return reader->line.length > 0 || reader->at < bytes.length;
}

/* `# escape=X` counts only among the comments of the form `# name=value` that begin the file. */
static void read_directives(Reader *reader)
{
	Slice rest = reader->file->bytes, line;
	if (slice_starts(rest, "\xef\xbb\xbf")) {
		rest = slice_sub(rest, 3, rest.length);
		reader->at = 3;
	}
	while (slice_next_line(&rest, &line)) {
		line = slice_trim(line);
		size_t equals = slice_find_byte(line, '=', 0);
		if (!slice_starts(line, "#") || equals == SIZE_MAX)
			return;
		Slice name = slice_trim(slice_sub(line, 1, equals));
		Slice value = slice_trim(slice_sub(line, equals + 1, line.length));
		if (slice_find_byte(name, ' ', 0) != SIZE_MAX)
			return;
		if (slice_is_nocase(name, "escape") && slice_is(value, "`"))
			reader->escape = '`';
	}
}

/* ---- words ---------------------------------------------------------------------------------------------- */

static size_t skip_blanks(const Line *line, size_t at)
{
	while (at < line->length && (is_blank(line->text[at]) || line->text[at] == '\n'))
		at++;
	return at;
}

static size_t word_end(const Line *line, size_t at)
{
	while (at < line->length && !is_blank(line->text[at]))
		at++;
	return at;
}

static Slice line_slice(const Line *line, size_t start, size_t end)
{
	return (Slice){line->text + start, end - start};
}

static Word word_of(const Line *line, size_t start, size_t end)
{
	Word word = {.text = line_slice(line, start, end)};
	if (end > start) {
		word.start = line->place[start];
		word.end = (size_t)line->place[end - 1] + 1;
	}
	return word;
}

static const Word *word_at(const Reader *reader, size_t i)
{
	return i < reader->words->len ? &g_array_index(reader->words, Word, i) : NULL;
}

/* Words between blanks, as FROM and EXPOSE read them. */
static void split_blanks(Reader *reader, size_t at)
{
	g_array_set_size(reader->words, 0);
	while ((at = skip_blanks(&reader->line, at)) < reader->line.length) {
		size_t end = word_end(&reader->line, at);
		Word word = word_of(&reader->line, at, end);
		g_array_append_val(reader->words, word);
		at = end;
	}
}

static bool is_operator_byte(char c)
{
	return c && strchr(";|&()", c);
}

/* One shell word from at, quotes taken off; operators are words of their own. Returns the place behind it. */
static size_t next_shell_word(Reader *reader, size_t at, bool operators)
{
	const Line *line = &reader->line;
	size_t start = at, length = 0;
	char *text = reader->decoded + reader->n_decoded, quote = '\0';
	if (operators && is_operator_byte(line->text[at])) {
		while (at < line->length && is_operator_byte(line->text[at]))
			text[length++] = line->text[at++];
	} else {
		for (; at < line->length; at++) {
			char c = line->text[at];
			if (!quote && (is_blank(c) || (operators && is_operator_byte(c))))
				break;
			if (c == reader->escape && quote != '\'' && at + 1 < line->length)
				text[length++] = line->text[++at];
			else if (quote ? c == quote : (c == '"' || c == '\''))
				quote = quote ? '\0' : c;
			else
				text[length++] = c;
		}
	}
	Word word = word_of(line, start, at);
	word.text = (Slice){text, length};
	reader->n_decoded += length;
	g_array_append_val(reader->words, word);
	return at;
}

/* A line with this many words is data: what comes behind is not read. */
#define MOST_WORDS 4000

static void clear_words(Reader *reader)
{
	g_array_set_size(reader->words, 0);
	reader->n_decoded = 0;
}

static void split_shell(Reader *reader, size_t at, bool operators)
{
	clear_words(reader);
	while ((at = skip_blanks(&reader->line, at)) < reader->line.length && reader->words->len < MOST_WORDS)
		at = next_shell_word(reader, at, operators);
}

/* A JSON string from the quote at `at`; returns the place behind it or SIZE_MAX. */
static size_t next_json_string(Reader *reader, size_t at)
{
	const Line *line = &reader->line;
	size_t start = at++, close = at;
	while (close < line->length && line->text[close] != '"')
		close += line->text[close] == '\\' ? 2 : 1;
	if (close >= line->length)
		return SIZE_MAX;
	char *text = reader->decoded + reader->n_decoded;
	size_t length = 0;
	for (; at < close; at++) {
		if (line->text[at] == '\\' && at + 1 < close) {
			char c = line->text[++at];
			text[length++] = c == 'n' ? '\n' : c == 't' ? '\t' : c;
		} else {
			text[length++] = line->text[at];
		}
	}
	Word word = word_of(line, start, close + 1);
	word.text = (Slice){text, length};
	reader->n_decoded += length;
	g_array_append_val(reader->words, word);
	return close + 1;
}

/* The JSON form; false where the text is none, which makes it the shell form. */
static bool split_json(Reader *reader, size_t at)
{
	const Line *line = &reader->line;
	clear_words(reader);
	at = skip_blanks(line, at);
	if (at >= line->length || line->text[at] != '[')
		return false;
	for (at = skip_blanks(line, at + 1); at < line->length && line->text[at] == '"';) {
		at = next_json_string(reader, at);
		if (at == SIZE_MAX)
			return false;
		at = skip_blanks(line, at);
		if (at < line->length && line->text[at] == ',')
			at = skip_blanks(line, at + 1);
	}
	return at < line->length && line->text[at] == ']' && skip_blanks(line, at + 1) == line->length;
}

/* ---- heredocs -------------------------------------------------------------------------------------------- */

/* `<<EOF`, `<<-"EOF"`, `3<<EOF`: the name it ends with, or nothing. */
static Slice heredoc_name(Slice word, bool *ret_tabs)
{
	size_t at = 0;
	while (at < word.length && g_ascii_isdigit(word.at[at]))
		at++;
	if (!slice_starts(slice_sub(word, at, word.length), "<<"))
		return (Slice){NULL, 0};
	at += 2;
	*ret_tabs = at < word.length && word.at[at] == '-';
	at += *ret_tabs;
	size_t end = word.length;
	if (end - at >= 2 && (word.at[at] == '"' || word.at[at] == '\'') && word.at[end - 1] == word.at[at]) {
		at++;
		end--;
	}
	for (size_t i = at; i < end; i++)
		if (!g_ascii_isalnum(word.at[i]) && !strchr("_.-", word.at[i]))
			return (Slice){NULL, 0};
	return slice_sub(word, at, end);
}

/* Goes behind the line that ends the heredoc; one that nobody ends takes the rest of the file, as it does for Docker.
 */
static void skip_heredoc(Reader *reader, Slice name, bool tabs)
{
	Slice bytes = reader->file->bytes;
	while (reader->at < bytes.length) {
		size_t start = reader->at, end = line_end(reader, start);
		reader->at = end + 1;
		reader->line.end = end;
		while (tabs && start < end && bytes.at[start] == '\t')
			start++;
		size_t stop = end > start && bytes.at[end - 1] == '\r' ? end - 1 : end;
		if (slice_equal(slice_sub(bytes, start, stop), name))
			return;
	}
}

static void skip_heredocs(Reader *reader, size_t at)
{
	const Line *line = &reader->line;
	while ((at = skip_blanks(line, at)) < line->length) {
		size_t end = word_end(line, at);
		bool tabs = false;
		Slice name = heredoc_name(line_slice(line, at, end), &tabs);
		if (name.length)
			skip_heredoc(reader, name, tabs);
		at = end;
	}
}

/* ---- instructions ------------------------------------------------------------------------------------------ */

static void add_word(Reader *reader, Node node, FactKind kind, const Word *word)
{
	graph_add(reader->file->builder, node, kind, word->text, word->start, word->end);
}

static void read_words(Reader *reader, size_t at, Node node)
{
	if (!split_json(reader, at))
		split_shell(reader, at, true);
	for (size_t i = 0; i < reader->words->len; i++)
		add_word(reader, node, FACT_ARGUMENT, word_at(reader, i));
}

/* The flags `--name=value` in front; returns where the rest begins. */
static size_t read_flags(Reader *reader, size_t at, Node node)
{
	const Line *line = &reader->line;
	for (;;) {
		at = skip_blanks(line, at);
		size_t end = word_end(line, at);
		Slice word = line_slice(line, at, end);
		if (!slice_starts(word, "--"))
			return at;
		if (slice_starts(word, "--from=") && word.length > 7) {
			Word value = word_of(line, at + 7, end);
			add_word(reader, node, FACT_FROM_STAGE, &value);
		} else if (slice_starts(word, "--parents") || slice_starts(word, "--exclude")) {
			Word flag = word_of(line, at, end);
			add_word(reader, node, FACT_VALUE, &flag);
		}
		at = end;
	}
}

static void read_copy(Reader *reader, size_t at, Node node)
{
	at = read_flags(reader, at, node);
	if (!split_json(reader, at))
		split_shell(reader, at, false);
	for (size_t i = 0; i + 1 < reader->words->len; i++)
		if (!slice_starts(word_at(reader, i)->text, "<<"))
			add_word(reader, node, FACT_SOURCE, word_at(reader, i));
	if (reader->words->len > 1)
		add_word(reader, node, FACT_DESTINATION, word_at(reader, reader->words->len - 1));
}

static void read_rest(Reader *reader, size_t at, Node node, FactKind kind)
{
	at = skip_blanks(&reader->line, at);
	Word word = word_of(&reader->line, at, reader->line.length);
	size_t n = word.text.length;
	if (n >= 2 && (word.text.at[0] == '"' || word.text.at[0] == '\'') && word.text.at[n - 1] == word.text.at[0])
		word.text = slice_sub(word.text, 1, n - 1);
	if (word.text.length)
		add_word(reader, node, kind, &word);
}

/* `ENV A=1 B="2 3"`, `ARG A`, and the old `ENV A rest of the line`. */
static void read_assignments(Reader *reader, size_t at, Node node, bool old_form)
{
	split_shell(reader, at, false);
	const Word *first = word_at(reader, 0);
	if (!first)
		return;
	if (old_form && slice_find_byte(first->text, '=', 0) == SIZE_MAX) {
		size_t name = skip_blanks(&reader->line, at), name_end = word_end(&reader->line, name);
		size_t value = skip_blanks(&reader->line, name_end);
		Slice key = line_slice(&reader->line, name, name_end);
		Slice text = line_slice(&reader->line, value, reader->line.length);
		char *pair = arena_printf(reader->file->arena, "%.*s=%.*s", SLICE_ARGS(key), SLICE_ARGS(text));
		Word whole = word_of(&reader->line, name, reader->line.length);
		whole.text = slice_from(pair);
		add_word(reader, node, FACT_ASSIGNS, &whole);
		return;
	}
	for (size_t i = 0; i < reader->words->len; i++)
		add_word(reader, node, FACT_ASSIGNS, word_at(reader, i));
}

/* 8080, 8080/udp, 8000-8010; a variable has a name and no number. */
static void read_expose(Reader *reader, size_t at, Node node)
{
	GraphBuilder *builder = reader->file->builder;
	split_blanks(reader, at);
	for (size_t i = 0; i < reader->words->len; i++) {
		const Word *word = word_at(reader, i);
		size_t slash = MIN(slice_find_byte(word->text, '/', 0), word->text.length);
		Slice numbers = slice_sub(word->text, 0, slash);
		size_t dash = MIN(slice_find_byte(numbers, '-', 0), numbers.length);
		Node port = graph_add_node(builder, NODE_PORT, node, word->text, word->start, word->end);
		uint32_t number;
		if (slice_to_number(slice_sub(numbers, 0, dash), &number))
			graph_add_number(builder, port, FACT_NUMBER, number, word->start, word->end);
		if (dash < numbers.length && slice_to_number(slice_sub(numbers, dash + 1, numbers.length), &number))
			graph_add_number(builder, port, FACT_TARGET_END, number, word->start, word->end);
		bool udp = slash < word->text.length &&
		           slice_is_nocase(slice_sub(word->text, slash + 1, word->text.length), "udp");
		graph_add(builder, port, FACT_PROTOCOL, slice_from(udp ? "UDP" : "TCP"), word->start, word->end);
	}
}

/* http://localhost:8080/health in the command of a health check. */
static void read_probe_url(Reader *reader, Node probe)
{
	Slice text = {reader->line.text, reader->line.length};
	size_t at = slice_find(text, "://localhost:", 0), skip = strlen("://localhost:");
	if (at == SIZE_MAX) {
		at = slice_find(text, "://127.0.0.1:", 0);
		skip = strlen("://127.0.0.1:");
	}
	if (at == SIZE_MAX)
		return;
	size_t start = at + skip, end = start;
	while (end < text.length && g_ascii_isdigit(text.at[end]))
		end++;
	uint32_t number;
	if (!slice_to_number(slice_sub(text, start, end), &number))
		return;
	Word word = word_of(&reader->line, start, end);
	graph_add_number(reader->file->builder, probe, FACT_NUMBER, number, word.start, word.end);
	for (start = end; end < text.length && !is_blank(text.at[end]) && !strchr("\"'|;)&>", text.at[end]);)
		end++;
	word = word_of(&reader->line, start, end);
	if (end > start && text.at[start] == '/')
		add_word(reader, probe, FACT_PATH, &word);
}

static void read_healthcheck(Reader *reader, size_t at, Node node)
{
	const Line *line = &reader->line;
	size_t command = read_flags(reader, at, node), end = word_end(line, command);
	if (!slice_is_nocase(line_slice(line, command, end), "CMD"))
		return;
	Word word = word_of(line, command, end);
	Node probe =
	        graph_add_node(reader->file->builder, NODE_PROBE, node, SLICE("healthcheck"), word.start, word.end);
	graph_add(reader->file->builder, probe, FACT_TYPE, SLICE("exec"), word.start, word.end);
	read_words(reader, end, probe);
	read_probe_url(reader, probe);
}

/* ---- pip ---------------------------------------------------------------------------------------------------- */

static bool is_operator(Slice word)
{
	return word.length && is_operator_byte(word.at[0]);
}

static bool is_pip(Slice word)
{
	size_t slash = word.length;
	while (slash > 0 && word.at[slash - 1] != '/')
		slash--;
	Slice name = slice_sub(word, slash, word.length);
	if (!slice_starts(name, "pip"))
		return false;
	for (size_t i = 3; i < name.length; i++)
		if (!g_ascii_isdigit(name.at[i]) && name.at[i] != '.')
			return false;
	return true;
}

/* Options of pip that take the next word; -r and -e are read by themselves. */
static bool takes_word(Slice option)
{
	static const char *const options[] = {"-c", "--constraint", "-i", "--index-url", "--extra-index-url", "-f",
	        "--find-links", "-t", "--target", "--trusted-host", "--prefix", "--root", "--platform",
	        "--progress-bar", "--python-version", "--timeout", "--retries", "--upgrade-strategy", "--no-binary",
	        "--only-binary", "--config-settings", "--python", "-p"};
	for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
		if (slice_is(option, options[i]))
			return true;
	return false;
}

/* A package by its name, or a path, URL or variable, of which nothing more is known. */
static void add_package(Reader *reader, Node node, const Word *word)
{
	Slice text = word->text;
	size_t end = 0;
	while (end < text.length && (g_ascii_isalnum(text.at[end]) || strchr("._-", text.at[end])))
		end++;
	bool path = text.length == 0 || end == 0 || text.at[0] == '.' || slice_find_byte(text, '/', 0) != SIZE_MAX ||
	            slice_find_byte(text, '$', 0) != SIZE_MAX;
	if (path) {
		add_word(reader, node, FACT_FILE_ENTRY, word);
		return;
	}
	Node requirement = graph_add_node(
	        reader->file->builder, NODE_REQUIREMENT, node, slice_sub(text, 0, end), word->start, word->end);
	if (end < text.length)
		graph_add(reader->file->builder, requirement, FACT_PINNED, slice_sub(text, end, text.length),
		        word->start, word->end);
}

/* The words of `pip install` from i; returns where the command ends. */
static size_t read_pip(Reader *reader, Node node, size_t i)
{
	for (const Word *word; (word = word_at(reader, i)) && !is_operator(word->text); i++) {
		Slice text = word->text;
		bool file = slice_is(text, "-r") || slice_is(text, "--requirement") || slice_is(text, "-e") ||
		            slice_is(text, "--editable");
		if (file && word_at(reader, i + 1))
			add_word(reader, node, FACT_FILE_ENTRY, word_at(reader, ++i));
		else if (slice_starts(text, "-r") && !slice_starts(text, "--") && text.length > 2)
			graph_add(reader->file->builder, node, FACT_FILE_ENTRY, slice_sub(text, 2, text.length),
			        word->start, word->end);
		else if (takes_word(text))
			i++;
		else if (!slice_starts(text, "-"))
			add_package(reader, node, word);
	}
	return i;
}

static void read_run(Reader *reader, size_t at, Node node)
{
	at = read_flags(reader, at, node);
	if (!split_json(reader, at))
		split_shell(reader, at, true);
	for (size_t i = 0; i + 1 < reader->words->len; i++)
		if (is_pip(word_at(reader, i)->text) && slice_is(word_at(reader, i + 1)->text, "install"))
			i = read_pip(reader, node, i + 2);
}

/* ---- the file ------------------------------------------------------------------------------------------------- */

static void read_from(Reader *reader, size_t at)
{
	Word first = word_of(&reader->line, 0, reader->line.length);
	split_blanks(reader, at);
	size_t i = 0;
	while (word_at(reader, i) && slice_starts(word_at(reader, i)->text, "--"))
		i++;
	const Word *image = word_at(reader, i), *as = word_at(reader, i + 1), *name = word_at(reader, i + 2);
	if (!image)
		return;
	char *number = arena_printf(reader->file->arena, "%u", reader->stages++);
	bool named = as && name && slice_is_nocase(as->text, "AS");
	reader->stage = graph_add_node(reader->file->builder, NODE_STAGE, reader->dockerfile,
	        named ? name->text : slice_from(number), first.start, first.end);
	add_word(reader, reader->stage, FACT_FROM, image);
}

static bool is_instruction(const char *word)
{
	static const char *const words[] = {"ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM",
	        "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME",
	        "WORKDIR"};
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

static void read_arguments(Reader *reader, const char *word, size_t at, Node node)
{
	if (g_str_equal(word, "COPY") || g_str_equal(word, "ADD"))
		read_copy(reader, at, node);
	else if (g_str_equal(word, "RUN"))
		read_run(reader, at, node);
	else if (g_str_equal(word, "CMD") || g_str_equal(word, "ENTRYPOINT"))
		read_words(reader, at, node);
	else if (g_str_equal(word, "ENV") || g_str_equal(word, "ARG"))
		read_assignments(reader, at, node, g_str_equal(word, "ENV"));
	else if (g_str_equal(word, "WORKDIR"))
		read_rest(reader, at, node, FACT_PATH);
	else if (g_str_equal(word, "EXPOSE"))
		read_expose(reader, at, node);
	else if (g_str_equal(word, "HEALTHCHECK"))
		read_healthcheck(reader, at, node);
	else if (g_str_equal(word, "USER"))
		read_rest(reader, at, node, FACT_VALUE);
}

static void read_instruction(Reader *reader)
{
	const Line *line = &reader->line;
	size_t start = 0, end = word_end(line, 0);
	char *word = g_ascii_strup(line->text, (gssize)end);
	bool on_build = g_str_equal(word, "ONBUILD");
	if (on_build) {
		g_free(word);
		start = skip_blanks(line, end);
		end = word_end(line, start);
		word = g_ascii_strup(line->text + start, (gssize)(end - start));
	}
	if (g_str_equal(word, "FROM") && !on_build) {
		read_from(reader, end);
	} else if (is_instruction(word)) {
		if (g_str_equal(word, "COPY") || g_str_equal(word, "ADD") || g_str_equal(word, "RUN"))
			skip_heredocs(reader, end);
		Node node = graph_add_node(reader->file->builder, NODE_INSTRUCTION, reader->stage, slice_from(word),
		        line->place[0], MAX(line->end, line->place[0]));
		if (on_build)
			graph_add_flag(reader->file->builder, node, FACT_ON_BUILD, line->place[0], line->place[0]);
		read_arguments(reader, word, end, node);
	}
	g_free(word);
}

static void read_dockerfile(const SourceFile *file)
{
	Reader reader = {.file = file,
	        .escape = '\\',
	        .line = {.text = arena_bytes(file->arena, file->bytes.length + 1),
	                .place = ARENA_ARRAY(file->arena, uint32_t, file->bytes.length + 1)},
	        .decoded = arena_bytes(file->arena, file->bytes.length + 1),
	        .words = g_array_new(FALSE, FALSE, sizeof(Word))};
	graph_add(file->builder, file->node, FACT_FORMAT, SLICE("dockerfile"), 0, 0);
	reader.dockerfile = graph_add_node(file->builder, NODE_DOCKERFILE, file->node, file->name, 0, 0);
	reader.stage = reader.dockerfile;
	read_directives(&reader);
	while (next_line(&reader))
		if (reader.line.length)
			read_instruction(&reader);
	g_array_unref(reader.words);
}

const Source source_dockerfile = {"dockerfile", matches, read_dockerfile};
