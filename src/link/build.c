/* In which folder a Dockerfile is built: what compose says, or else the nearest folder above it that has most of what
 * it copies. Everything that is said of a build's files rests on that. */
#include "link/build.h"

#include "base/path.h"
#include "link/link.h"

static Slice file_path(const Graph *graph, Node node)
{
	return slice_from(graph_file_path(graph, graph_file_of(graph, node)));
}

/* ---- said by compose ----------------------------------------------------------------------------------- */

static Node dockerfile_in(const Graph *graph, Node file)
{
	return file ? graph_first_child(graph, file, NODE_DOCKERFILE) : NODE_NONE;
}

/* The Dockerfile of a service's build if the context is taken from this folder. */
static Node build_file_from(const Graph *graph, Node service, Slice folder, char **ret_context)
{
	static const char *const names[] = {"Dockerfile", "Containerfile", "dockerfile"};
	const char *written = graph_text(graph, service, FACT_BUILD_FILE);
	g_autofree char *context = path_resolve(folder, slice_from(graph_text(graph, service, FACT_BUILD_CONTEXT)));
	for (size_t i = 0; context && i < (*written ? 1 : G_N_ELEMENTS(names)); i++) {
		g_autofree char *path = path_resolve(slice_from(context), slice_from(*written ? written : names[i]));
		Node file = path ? graph_find_file(graph, slice_from(path)) : NODE_NONE;
		if (dockerfile_in(graph, file)) {
			*ret_context = g_steal_pointer(&context);
			return dockerfile_in(graph, file);
		}
	}
	return NODE_NONE;
}

/* Compose takes the context from the folder of the first file, which may lie above the one that holds the service. */
static void add_service_build(const Graph *graph, Node service, GArray *builds, Arena *arena)
{
	const Row *row = graph_find(graph, service, FACT_BUILD_CONTEXT);
	if (!row || graph_has(graph, service, FACT_BUILD_INLINE))
		return;
	Slice folder = path_folder(file_path(graph, service));
	for (;; folder = path_folder(folder)) {
		g_autofree char *context = NULL;
		Node dockerfile = build_file_from(graph, service, folder, &context);
		if (dockerfile) {
			Build build = {
			        dockerfile, arena_text(arena, slice_from(context)), service, graph_span(graph, row)};
			g_array_append_val(builds, build);
			return;
		}
		if (folder.length == 0)
			return;
	}
}

/* ---- guessed ----------------------------------------------------------------------------------------------- */

static bool is_literal_source(Slice source)
{
	for (size_t i = 0; i < source.length; i++)
		if (strchr("$*?[<", source.at[i]))
			return false;
	return source.length && !slice_is(source, ".") && !slice_is(source, "./") &&
	       slice_find(source, "://", 0) == SIZE_MAX;
}

static bool has_path(const Graph *graph, Slice context, Slice source)
{
	while (source.length && source.at[0] == '/')
		source = slice_sub(source, 1, source.length);
	g_autofree char *path = path_resolve(context, source);
	return path && (graph_find_file(graph, slice_from(path)) || graph_has_folder(graph, slice_from(path)));
}

/* How many literal sources of COPY and ADD the folder has. */
static uint32_t count_sources(const Graph *graph, Node dockerfile, Slice context)
{
	uint32_t count = 0;
	GRAPH_CHILDREN (graph, dockerfile, NODE_STAGE, stage)
		GRAPH_CHILDREN (graph, stage, NODE_INSTRUCTION, instruction) {
			if (graph_has(graph, instruction, FACT_FROM_STAGE))
				continue;
			GRAPH_OF (graph, instruction, FACT_SOURCE, row) {
				Slice source = graph_symbol_slice(graph, row->object);
				count += is_literal_source(source) && has_path(graph, context, source);
			}
		}
	return count;
}

static Build guess_build(const Graph *graph, Node dockerfile, Arena *arena)
{
	Slice folder = path_folder(file_path(graph, dockerfile)), best = folder;
	uint32_t most = 0;
	for (;; folder = path_folder(folder)) {
		uint32_t count = count_sources(graph, dockerfile, folder);
		if (count > most) {
			most = count;
			best = folder;
		}
		if (folder.length == 0)
			break;
	}
	Span span = {graph_file_of(graph, dockerfile), 0, 0};
	return (Build){dockerfile, arena_text(arena, best), NODE_NONE, span};
}

/* ---- all of them ---------------------------------------------------------------------------------------------- */

static void find_builds(const Graph *graph, GArray *builds, Arena *arena)
{
	GRAPH_NODES (graph, NODE_SERVICE, service)
		add_service_build(graph, service, builds, arena);
	g_autoptr(GHashTable) built = g_hash_table_new(NULL, NULL);
	for (guint i = 0; i < builds->len; i++)
		g_hash_table_add(built, GUINT_TO_POINTER(g_array_index(builds, Build, i).dockerfile));
	GRAPH_NODES (graph, NODE_DOCKERFILE, dockerfile) {
		if (g_hash_table_contains(built, GUINT_TO_POINTER(dockerfile)))
			continue;
		Build build = guess_build(graph, dockerfile, arena);
		g_array_append_val(builds, build);
	}
}

void link_builds(Graph *graph)
{
	g_autoptr(Arena) arena = arena_new();
	g_autoptr(GArray) builds = g_array_new(FALSE, FALSE, sizeof(Build));
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
	g_autoptr(GHashTable) scripts = g_hash_table_new(NULL, NULL);
	g_autoptr(GHashTable) told = g_hash_table_new(NULL, NULL);
	find_builds(graph, builds, arena);
	for (guint i = 0; i < builds->len; i++) {
		const Build *build = &g_array_index(builds, Build, i);
		graph_derive(graph, build->dockerfile, FACT_CONTEXT, graph_intern(graph, slice_from(build->context)),
		        build->said);
		link_programs(graph, build, seen);
		link_modules(graph, build, scripts, told);
	}
	Symbol python;
	if (!graph_find_symbol(graph, SLICE("python"), &python))
		return;
	GRAPH_TO (graph, FACT_FORMAT, python, row)
		if (!g_hash_table_contains(seen, GUINT_TO_POINTER(row->subject)))
			link_relative_imports(graph, row->subject);
}
