/* Which Python files the commands of an image start: the words of a command, and the shell scripts that they name, say
 * a file, a module or an application. A file that is not in the image is kept as a fact only if nothing unknown can
 * provide it. */
#include "base/path.h"
#include "link/program.h"

/* What one image may cost; real ones stay far below. */
#define MOST_SCRIPTS 20
#define MOST_SCRIPT_BYTES ((size_t)64 * 1024)

typedef struct Command {
	const char *cwd;
	bool python, runner;
	uint32_t depth;
} Command;

static bool is_runner(Slice name)
{
	static const char *const names[] = {"uvicorn", "gunicorn", "hypercorn", "daphne", "granian", "waitress-serve",
	        "uwsgi", "flask", "celery", "fastapi", "dramatiq", "arq", "rq", "taskiq", "streamlit", "robyn"};
	return slice_is_any(name, names, G_N_ELEMENTS(names));
}

static bool is_python(Slice name)
{
	return slice_is(name, "python") || slice_is(name, "python3") || slice_starts(name, "python3.") ||
	       slice_is(name, "pypy3");
}

static bool is_module_name(Slice text)
{
	if (text.length == 0 || g_ascii_isdigit(text.at[0]))
		return false;
	for (size_t i = 0; i < text.length; i++)
		if (!g_ascii_isalnum(text.at[i]) && text.at[i] != '_' && text.at[i] != '.')
			return false;
	return true;
}

/* Programs are copied into the folder, so that one that is not there is missed, and is neither the base image's nor
 * mounted when the container runs. */
static bool has_programs(const Program *program, const char *folder)
{
	size_t length = strlen(folder);
	for (guint i = 0; i < program->image->layers->len; i++) {
		const Layer *layer = &g_array_index(program->image->layers, Layer, i);
		size_t at = strlen(layer->at);
		bool covers = strncmp(folder, layer->at, at) == 0 && (folder[at] == '/' || folder[at] == '\0');
		bool within = strncmp(layer->at, folder, length) == 0 && layer->at[length] == '/';
		if (covers || (within && g_str_has_suffix(layer->at, ".py")))
			return true;
	}
	return false;
}

/* What follows the folder in a path, or nothing. */
static Slice rest_of(const char *path, const char *folder)
{
	size_t length = strlen(folder);
	bool within = strncmp(path, folder, length) == 0 && path[length] == '/';
	return within ? slice_from(path + length + 1) : (Slice){"", 0};
}

/* Something is mounted at the folder or above it when the container runs. */
static bool may_be_mounted(const Graph *graph, const char *folder)
{
	GRAPH_NODES (graph, NODE_MOUNT, mount) {
		const char *at = graph_text(graph, mount, FACT_DESTINATION);
		if (*at && strcmp(at, "/") != 0 && path_is_below(slice_from(folder), slice_from(at)))
			return true;
	}
	return false;
}

/* An image of Python itself has no programs of ours. */
static bool is_bare_base(const Graph *graph, Node stage)
{
	Slice image = path_name(slice_from(graph_text(graph, stage, FACT_FROM)));
	return slice_starts(image, "python:") || slice_is(image, "python");
}

/* Nothing at all is copied to where the program is started, and it lies beside the Dockerfile: its COPY was forgotten.
 * Returns its path in the repository, in the arena, or NULL. */
static const char *forgotten(const Program *program, Node dockerfile, const char *at)
{
	const Graph *graph = program_graph(program);
	const Image *image = program->image;
	Slice below = rest_of(at, image->workdir);
	g_autofree char *path = below.length ? path_resolve(graph_folder_of(graph, dockerfile), below) : NULL;
	if (!path || !graph_find_file(graph, slice_from(path)) || image->open || !is_bare_base(graph, image->stage) ||
	        may_be_mounted(graph, image->workdir))
		return NULL;
	return arena_text(image->arena, slice_from(path));
}

/* The file that a command of the Dockerfile starts is not in the image. */
static void add_missing_start(Program *program, const char *at)
{
	const Graph *graph = program_graph(program);
	Slice name = path_name(slice_from(at));
	g_autofree char *stem = slice_dup(slice_sub(name, 0, MIN(slice_find_byte(name, '.', 0), name.length)));
	Node dockerfile = program->command ? graph_ancestor(graph, program->command, NODE_DOCKERFILE) : NODE_NONE;
	if (!dockerfile || !*stem || link_may_be_made(graph, dockerfile, stem))
		return;
	const char *origin = has_programs(program, program_parent(program, at)) ? image_origin(program->image, at)
	                                                                        : forgotten(program, dockerfile, at);
	if (!origin && !has_programs(program, program_parent(program, at)))
		return;
	program->missing_start = (Start){program->command, origin ? origin : at};
}

/* A module that a command names is looked for as an import is, from the working directory. False if nothing was found.
 */
static bool start_module(Program *program, Slice name, const char *cwd)
{
	guint before = program->modules->len;
	program_add_root(program, cwd);
	for (size_t at = 0; at <= name.length; at++) {
		if (at < name.length && name.at[at] != '.')
			continue;
		g_autofree char *path = g_strdelimit(slice_dup(slice_sub(name, 0, at)), ".", '/');
		program_add_module(program, program_below(program, cwd, slice_from(path), "/__init__.py"));
		program_add_module(program, program_below(program, cwd, slice_from(path), ".py"));
		program_add_module(program, program_below(program, cwd, slice_from(path), "/__main__.py"));
	}
	return program->modules->len > before;
}

static void read_words(Program *program, Slice *words, size_t n, Command *command);

static void read_script_line(Program *program, Slice line, Command *command)
{
	Slice words[64], word;
	size_t n = 0;
	while (n < G_N_ELEMENTS(words) && slice_next_word(&line, &word)) {
		while (word.length && strchr("\"'", word.at[0]))
			word = slice_sub(word, 1, word.length);
		while (word.length && strchr("\"';\\", word.at[word.length - 1]))
			word.length--;
		words[n++] = word;
	}
	read_words(program, words, n, command);
}

/* A shell script of the repository that the image runs. */
static void read_script(Program *program, const char *at, Command command)
{
	const Graph *graph = program_graph(program);
	const char *repo = image_find_file(program->image, at);
	Node file = repo ? graph_find_file(graph, slice_from(repo)) : NODE_NONE;
	if (!file || command.depth > 3 || program->scripts >= MOST_SCRIPTS)
		return;
	Slice text = graph_file_bytes(graph, graph_file_of(graph, file)), line;
	if (!slice_starts(text, "#!") || text.length > MOST_SCRIPT_BYTES)
		return;
	program->scripts++;
	command.depth++;
	while (slice_next_line(&text, &line)) {
		if (!slice_starts(slice_trim(line), "#"))
			read_script_line(program, line, &command);
	}
}

/* A value of uvicorn and its kin: main:app, src.main:create_app(). */
static bool start_application(Program *program, Slice word, const Command *command)
{
	size_t colon = slice_find_byte(word, ':', 0);
	if (!command->runner || colon == SIZE_MAX || colon + 1 == word.length)
		return false;
	if (!is_module_name(slice_sub(word, 0, colon)) || !g_ascii_isalpha(word.at[colon + 1]))
		return false;
	Slice module = slice_sub(word, 0, colon),
	      top = slice_sub(module, 0, MIN(slice_find_byte(module, '.', 0), colon));
	const char *at;
	bool own = top.length == colon || program_find_part(program, command->cwd, top, &at) != FOUND_NOTHING;
	if (start_module(program, module, command->cwd) || !own || command->depth > 0)
		return true;
	g_autofree char *path = g_strdelimit(slice_dup(module), ".", '/');
	if (program_find_part(program, command->cwd, slice_from(path), &at) == FOUND_NOTHING)
		add_missing_start(program, program_below(program, command->cwd, slice_from(path), ".py"));
	return true;
}

static void read_word(Program *program, Slice word, Command *command)
{
	Slice name = path_name(word);
	if (word.length && strchr(";|&", word.at[0])) {
		command->python = command->runner = false;
	} else if (is_python(name)) {
		command->python = true;
	} else if (is_runner(name)) {
		command->runner = true;
	} else if (slice_ends(word, ".py")) {
		const char *at = container_path(program->image->arena, command->cwd, word);
		if (image_find_file(program->image, at)) {
			program_add_root(program, program_parent(program, at));
			program_add_module(program, at);
		} else if (command->python && command->depth == 0) {
			add_missing_start(program, at);
		}
	} else if (!start_application(program, word, command) && slice_find_byte(word, '=', 0) == SIZE_MAX) {
		read_script(program, container_path(program->image->arena, command->cwd, word), *command);
	}
}

/* Words that name what the next one is; returns whether both were read. */
static bool read_option(Program *program, Slice word, Slice next, Command *command)
{
	static const char *const folders[] = {"--app-dir", "--chdir", "--pythonpath"};
	static const char *const modules[] = {"-A", "--app"};
	if (slice_is_any(word, folders, G_N_ELEMENTS(folders))) {
		command->cwd = container_path(program->image->arena, command->cwd, next);
		program_add_root(program, command->cwd);
	} else if (slice_is(word, "cd")) {
		command->cwd = container_path(program->image->arena, command->cwd, next);
	} else if (slice_is(word, "-m") && command->python) {
		if (is_runner(next))
			command->runner = true;
		else if (is_module_name(next))
			start_module(program, next, command->cwd);
		command->python = false;
	} else if (slice_is_any(word, modules, G_N_ELEMENTS(modules)) && command->runner && is_module_name(next)) {
		start_module(program, next, command->cwd);
	} else {
		return false;
	}
	return true;
}

static void read_words(Program *program, Slice *words, size_t n, Command *command)
{
	for (size_t i = 0; i < n; i++) {
		const char *word = image_expand(program->image, words[i]);
		const char *next = i + 1 < n ? image_expand(program->image, words[i + 1]) : NULL;
		if (!word)
			continue;
		if (next && read_option(program, slice_from(word), slice_from(next), command)) {
			i++;
		} else if (strpbrk(word, " \t\n") && command->depth < 3) {
			Slice text = slice_from(word), line;
			command->depth++;
			while (slice_next_line(&text, &line))
				read_script_line(program, line, command);
			command->depth--;
		} else {
			read_word(program, slice_from(word), command);
		}
	}
}

void program_read_command(Program *program, Node node)
{
	const Graph *graph = program_graph(program);
	Rows rows = graph_rows_of(graph, node, FACT_ARGUMENT);
	size_t n = MIN((size_t)(rows.end - rows.at), 200);
	g_autofree Slice *words = g_new0(Slice, MAX(n, 1));
	for (size_t i = 0; i < n; i++)
		words[i] = graph_symbol_slice(graph, rows.at[i].object);
	Command command = {.cwd = program->image->workdir};
	read_words(program, words, n, &command);
}
