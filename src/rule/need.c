/* Lists are found by the names that RUN gives them, within the build's context. What poetry, uv, conda and their kin
 * install stands in their own files there. One list that cannot be found or read to its end leaves all open. */
#include "rule/need.h"

#include "base/package.h"
#include "base/path.h"

const char *build_context(const Graph *graph, Node dockerfile, bool *ret_said)
{
	const Row *row = graph_find(graph, dockerfile, FACT_CONTEXT);
	*ret_said = row && graph_span(graph, row).file != graph_file_of(graph, dockerfile);
	return row ? graph_symbol_text(graph, row->object) : "";
}

Span start_span(const Graph *graph, Node dockerfile)
{
	Span span = graph_place(graph, dockerfile);
	GRAPH_CHILDREN (graph, dockerfile, NODE_STAGE, stage)
		GRAPH_CHILDREN (graph, stage, NODE_INSTRUCTION, instruction) {
			const char *word = graph_name(graph, instruction);
			if (strcmp(word, "CMD") == 0 || strcmp(word, "ENTRYPOINT") == 0)
				span = graph_place(graph, instruction);
		}
	return span;
}

/* ---- the base image --------------------------------------------------------------------------------- */

Slice base_image(const Graph *graph, Node dockerfile)
{
	Slice from = {"", 0};
	GRAPH_CHILDREN (graph, dockerfile, NODE_STAGE, stage)
		from = slice_from(graph_text(graph, stage, FACT_FROM));
	for (uint32_t depth = 0; depth < 20; depth++) {
		Node found = NODE_NONE;
		GRAPH_CHILDREN (graph, dockerfile, NODE_STAGE, stage)
			if (slice_is_nocase(from, graph_name(graph, stage)))
				found = stage;
		if (!found)
			break;
		from = slice_from(graph_text(graph, found, FACT_FROM));
	}
	return from;
}

/* Official images of Python and of bare systems, under any mirror. */
static bool is_plain_base(Slice image)
{
	static const char *const names[] = {"python", "debian", "ubuntu", "alpine", "uv"};
	size_t at = MIN(slice_find_byte(image, '@', 0), image.length);
	Slice path = slice_sub(image, 0, at), name = path_name(path), folder = path_name(path_folder(path));
	name = slice_sub(name, 0, MIN(slice_find_byte(name, ':', 0), name.length));
	if (slice_is(folder, "playwright"))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (slice_is(name, names[i]))
			return true;
	return false;
}

/* ---- lists -------------------------------------------------------------------------------------------- */

#define MOST_LISTS 64

/* "uvicorn[standard]" is kept as "uvicorn[]": which extras it has is not asked. */
static void add_requirements(const Graph *graph, Needs *needs, Node parent)
{
	GRAPH_CHILDREN (graph, parent, NODE_REQUIREMENT, requirement) {
		Span place = graph_place(graph, requirement);
		Slice bytes = graph_file_bytes(graph, place.file);
		const char *name = graph_name(graph, requirement);
		size_t after = place.start + strlen(name);
		bool extras = (after < bytes.length && bytes.at[after] == '[') ||
		              graph_text(graph, requirement, FACT_PINNED)[0] == '[';
		g_ptr_array_add(needs->names, extras ? g_strconcat(name, "[]", NULL) : g_strdup(name));
	}
}

static void add_list(const Graph *graph, Needs *needs, Node file)
{
	for (guint i = 0; i < needs->files->len; i++)
		if (g_array_index(needs->files, Node, i) == file)
			return;
	if (needs->files->len >= MOST_LISTS) {
		needs->open = true;
		return;
	}
	g_array_append_val(needs->files, file);
	needs->open |= graph_has(graph, file, FACT_INCOMPLETE);
	add_requirements(graph, needs, file);
}

/* The lists that a list names with -r, the ones these name, and so on. */
static void add_included(const Graph *graph, Needs *needs)
{
	for (guint i = 0; i < needs->files->len; i++) {
		Node file = g_array_index(needs->files, Node, i);
		Slice folder = path_folder(slice_from(graph_name(graph, file)));
		GRAPH_OF (graph, file, FACT_INCLUDES, row) {
			g_autofree char *path = path_resolve(folder, graph_symbol_slice(graph, row->object));
			Node other = path ? graph_find_file(graph, slice_from(path)) : NODE_NONE;
			if (other && graph_first_child(graph, other, NODE_REQUIREMENT))
				add_list(graph, needs, other);
			else
				needs->open = true; /* missing, or a list by a name that no reader knows */
		}
	}
}

static bool is_project_file(Slice name)
{
	return slice_is(name, "pyproject.toml") || slice_is(name, "setup.py") || slice_is(name, "setup.cfg") ||
	       slice_is(name, "Pipfile") || slice_starts(name, "environment.y") || slice_starts(name, "conda.y");
}

/* All lists below the context that have the name, or that belong to projects where the name is NULL. */
static bool add_lists_named(const Graph *graph, Needs *needs, Slice context, const Slice *name)
{
	Symbol format;
	bool found = false;
	if (!graph_find_symbol(graph, SLICE("requirements"), &format))
		return false;
	GRAPH_TO (graph, FACT_FORMAT, format, row) {
		Slice path = slice_from(graph_name(graph, row->subject));
		bool wanted = name ? slice_equal(path_name(path), *name) : is_project_file(path_name(path));
		if (!wanted || !path_is_below(path, context))
			continue;
		add_list(graph, needs, row->subject);
		found = true;
	}
	return found;
}

/* -r LIST, -e FOLDER, `.` or a URL of pip install. */
static void add_entry(const Graph *graph, Needs *needs, Slice context, Slice entry)
{
	if (slice_find_byte(entry, '$', 0) != SIZE_MAX || slice_find_byte(entry, ':', 0) != SIZE_MAX) {
		needs->open = true;
		return;
	}
	Slice name = path_name(entry);
	bool list = slice_ends(name, ".txt") || slice_ends(name, ".in");
	if (!add_lists_named(graph, needs, context, list ? &name : NULL))
		needs->open = true;
}

static bool has_any(Slice text, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_find(text, words[i], 0) != SIZE_MAX)
			return true;
	return false;
}

static void read_run(const Graph *graph, Needs *needs, Slice context, Node run)
{
	static const char *const managers[] = {
	        "poetry ", "uv sync", "uv run", "pdm ", "pipenv ", "conda ", "mamba ", "hatch ", "pixi "};
	static const char *const unknown[] = {"easy_install", "pip-sync", "pipx ", "python3-pip install"};
	Slice text = graph_span_bytes(graph, graph_place(graph, run));
	add_requirements(graph, needs, run);
	GRAPH_OF (graph, run, FACT_FILE_ENTRY, row)
		add_entry(graph, needs, context, graph_symbol_slice(graph, row->object));
	if (has_any(text, managers, G_N_ELEMENTS(managers)) && !add_lists_named(graph, needs, context, NULL))
		needs->open = true;
	needs->open |= has_any(text, unknown, G_N_ELEMENTS(unknown));
}

void needs_read(const Graph *graph, Node dockerfile, Needs *ret_needs)
{
	bool said;
	Slice context = slice_from(build_context(graph, dockerfile, &said));
	*ret_needs = (Needs){.names = g_ptr_array_new_with_free_func(g_free),
	        .files = g_array_new(FALSE, FALSE, sizeof(Node)),
	        .plain_base = is_plain_base(base_image(graph, dockerfile))};
	GRAPH_CHILDREN (graph, dockerfile, NODE_STAGE, stage)
		GRAPH_CHILDREN (graph, stage, NODE_INSTRUCTION, run)
			if (strcmp(graph_name(graph, run), "RUN") == 0)
				read_run(graph, ret_needs, context, run);
	add_included(graph, ret_needs);
}

void needs_clear(Needs *needs)
{
	g_ptr_array_unref(needs->names);
	g_array_unref(needs->files);
}

bool needs_name(const Needs *needs, Slice top)
{
	for (guint i = 0; i < needs->names->len; i++)
		if (package_may_give(slice_from(needs->names->pdata[i]), top))
			return true;
	return false;
}

bool needs_give(const Needs *needs, Slice top)
{
	bool all_known = true;
	if (needs->open || needs_name(needs, top))
		return true;
	for (guint i = 0; i < needs->names->len; i++) {
		Slice name = slice_from(needs->names->pdata[i]);
		if (package_brings(name, top))
			return true;
		all_known &= package_is_known(name);
	}
	return !all_known && package_is_common(top);
}
