/* What base/ignore decides, told as the PATTERN nodes that decide it. */
#include "rule/ignored.h"

#include "base/ignore.h"
#include "base/path.h"

struct Ignored {
	const Graph *graph;
	Arena *arena;
	IgnoreSet *git;
	Node docker_file; /* that docker was read from last */
	Slice context;
	const IgnoreFile *docker;
};

static Slice bytes_of(const Graph *graph, Node file)
{
	return graph_file_bytes(graph, graph_file_of(graph, file));
}

Ignored *ignored_new(const Graph *graph)
{
	Ignored *ignored = g_new0(Ignored, 1);
	Symbol format;
	*ignored = (Ignored){.graph = graph, .arena = arena_new(), .git = ignore_set_new()};
	if (!graph_find_symbol(graph, SLICE("gitignore"), &format))
		return ignored;
	GRAPH_TO (graph, FACT_FORMAT, format, row) {
		Slice folder = path_folder(slice_from(graph_name(graph, row->subject)));
		ignore_set_add(
		        ignored->git, ignore_read(IGNORE_GIT, bytes_of(graph, row->subject), folder, ignored->arena));
	}
	return ignored;
}

void ignored_free(Ignored *ignored)
{
	if (!ignored)
		return;
	ignore_set_free(ignored->git);
	arena_free(ignored->arena);
	g_free(ignored);
}

/* The node of a pattern is known by its place. */
static Node pattern_in(const Graph *graph, Node file, const IgnoreVerdict *verdict)
{
	if (!verdict->ignored || !file)
		return NODE_NONE;
	GRAPH_CHILDREN (graph, file, NODE_PATTERN, pattern)
		if (graph_place(graph, pattern).start == verdict->pattern->start)
			return pattern;
	return NODE_NONE;
}

/* ---- .gitignore --------------------------------------------------------------------------------------- */

Node ignoring_pattern(const Ignored *ignored, const char *path, bool folder)
{
	IgnoreVerdict verdict = ignore_decide(ignored->git, slice_from(path), folder);
	if (!verdict.ignored)
		return NODE_NONE;
	Slice where = verdict.file->folder;
	g_autofree char *name = g_strdup_printf("%.*s%s.gitignore", SLICE_ARGS(where), where.length ? "/" : "");
	return pattern_in(ignored->graph, graph_find_file(ignored->graph, slice_from(name)), &verdict);
}

/* "models/", "data", "*.tmp": matches at any depth, so that nobody had this place in mind. */
static bool is_unanchored(Slice pattern)
{
	if (pattern.length && pattern.at[pattern.length - 1] == '/')
		pattern.length--;
	if (slice_starts(pattern, "**/"))
		pattern = slice_sub(pattern, 3, pattern.length);
	return slice_find_byte(pattern, '/', 0) == SIZE_MAX && !slice_ends(pattern, ".py");
}

/* As a file, else as a package. */
static Node ignored_module(const Ignored *ignored, const char *path, char **ret_path)
{
	g_autofree char *file = g_strdup_printf("%s.py", path);
	g_autofree char *folder = g_strdup_printf("%s/", path);
	Node pattern = ignoring_pattern(ignored, file, false);
	if (pattern) {
		*ret_path = g_steal_pointer(&file);
		return pattern;
	}
	*ret_path = g_steal_pointer(&folder);
	return ignoring_pattern(ignored, path, true);
}

Node ignored_import(const Ignored *ignored, Node import, char **ret_path)
{
	const Graph *graph = ignored->graph;
	GRAPH_OF (graph, import, FACT_WANTS_PATH, row) {
		g_autofree char *path = NULL;
		Node pattern = ignored_module(ignored, graph_symbol_text(graph, row->object), &path);
		if (!pattern || !is_unanchored(slice_from(graph_name(graph, pattern))))
			continue;
		if (ret_path)
			*ret_path = g_steal_pointer(&path);
		return pattern;
	}
	return NODE_NONE;
}

bool is_ignored_script(const Ignored *ignored, const char *path)
{
	static const char *const ends[] = {"", ".ts", ".tsx", ".js", ".jsx", ".mjs", ".json", ".vue", ".svelte"};
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autofree char *file = g_strconcat(path, ends[i], NULL);
		if (ignoring_pattern(ignored, file, false))
			return true;
	}
	return ignoring_pattern(ignored, path, true) != NODE_NONE;
}

/* Below such a folder people keep sources and no step of a build puts its results. */
static bool is_source_folder(Slice name)
{
	static const char *const names[] = {"src", "app", "pages", "components"};
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (slice_is(name, names[i]))
			return true;
	return false;
}

Node ignored_script_folder(const Ignored *ignored, const char *path, char **ret_folder)
{
	Slice whole = slice_from(path);
	bool among_sources = false;
	for (size_t at = 0, slash; (slash = slice_find_byte(whole, '/', at)) != SIZE_MAX; at = slash + 1) {
		g_autofree char *folder = slice_dup(slice_sub(whole, 0, slash));
		Node pattern = among_sources ? ignoring_pattern(ignored, folder, true) : NODE_NONE;
		const char *written = pattern ? graph_name(ignored->graph, pattern) : "";
		if (pattern && is_unanchored(slice_from(written)) && !strpbrk(written, "*.")) {
			*ret_folder = g_strconcat(folder, "/", NULL);
			return pattern;
		}
		among_sources |= is_source_folder(slice_sub(whole, at, slash));
	}
	return NODE_NONE;
}

/* ---- .dockerignore ------------------------------------------------------------------------------------- */

Node docker_ignore_file(const Graph *graph, Node dockerfile, Slice context)
{
	static const char *const names[] = {".containerignore", ".dockerignore"};
	g_autofree char *own =
	        g_strconcat(graph_file_path(graph, graph_file_of(graph, dockerfile)), ".dockerignore", NULL);
	Node file = graph_find_file(graph, slice_from(own));
	for (size_t i = 0; !file && i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = path_resolve(context, slice_from(names[i]));
		file = path ? graph_find_file(graph, slice_from(path)) : NODE_NONE;
	}
	return file;
}

static Node docker_deciding(Ignored *ignored, Node ignore_file, Slice context, Slice path)
{
	if (ignored->docker_file != ignore_file || !slice_equal(ignored->context, context)) {
		ignored->docker_file = ignore_file;
		ignored->context = slice_from(arena_text(ignored->arena, context));
		ignored->docker = ignore_read(
		        IGNORE_DOCKER, bytes_of(ignored->graph, ignore_file), ignored->context, ignored->arena);
	}
	IgnoreVerdict verdict = ignore_decide_context(ignored->docker, path);
	return pattern_in(ignored->graph, ignore_file, &verdict);
}

Node docker_ignoring_pattern(Ignored *ignored, Node ignore_file, Slice context, const char *path)
{
	const Graph *graph = ignored->graph;
	Slice whole = slice_from(path);
	Node pattern = docker_deciding(ignored, ignore_file, context, whole);
	if (!pattern || graph_find_file(graph, whole))
		return pattern;
	for (uint32_t i = 0; i < graph_files(graph); i++) {
		Slice file = slice_from(graph_file_path(graph, i));
		if (path_is_below(file, whole) && !docker_deciding(ignored, ignore_file, context, file))
			return NODE_NONE;
	}
	return pattern;
}
