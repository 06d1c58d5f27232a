/* Which files configure a compose service. What is mounted in it is; of what is copied into its image, files that are
 * called like configurations: the rest is programs, and `COPY . .` takes everything. A folder of very many files is
 * data.
 */
#include "rule/configured.h"

#include "base/path.h"
#include "rule/rule.h"

#include <string.h>

#define MOST_FILES 200

typedef struct Walk {
	const Graph *graph;
	ConfiguredFile *take;
	void *data;
	Node service;
	bool copied;
} Walk;

bool is_configuration(Slice path)
{
	static const char *const ends[] = {".conf", ".cfg", ".template", ".tmpl", ".yml", ".yaml", ".toml", ".ini",
	        ".alloy", "Caddyfile", "Corefile"};
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
		if (slice_ends(path, ends[i]))
			return true;
	return slice_starts(path_name(path), "Caddyfile");
}

static bool is_compose(const Graph *graph, Node file)
{
	Node document = graph_first_child(graph, file, NODE_DOCUMENT);
	return document && graph_first_child(graph, document, NODE_COMPOSE);
}

/* What a browser is given is no configuration of who serves it. */
static bool is_page(Slice path)
{
	static const char *const ends[] = {".js", ".mjs", ".css", ".html", ".htm", ".map", ".svg", ".md"};
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
		if (slice_ends(path, ends[i]))
			return true;
	return false;
}

static void take_file(const Walk *walk, uint32_t file)
{
	const Graph *graph = walk->graph;
	Node node = graph_file_node(graph, file);
	Slice path = slice_from(graph_file_path(graph, file));
	if (!is_compose(graph, node) && !is_page(path) && (!walk->copied || is_configuration(path)))
		walk->take(walk->service, node, walk->copied, walk->data);
}

static void take_path(const Walk *walk, const char *path)
{
	const Graph *graph = walk->graph;
	Node whole = graph_find_file(graph, slice_from(path));
	if (whole) {
		take_file(walk, graph_file_of(graph, whole));
		return;
	}
	g_autofree char *below = g_strconcat(path, "/", NULL);
	uint32_t first = graph_first_file(graph, below), end = first;
	while (end < graph_files(graph) && end - first <= MOST_FILES &&
	        g_str_has_prefix(graph_file_path(graph, end), below))
		end++;
	for (uint32_t file = first; file < end && end - first <= MOST_FILES; file++)
		take_file(walk, file);
}

static void take_mounts(const Walk *walk)
{
	const Graph *graph = walk->graph;
	Slice folder = graph_folder_of(graph, walk->service);
	GRAPH_CHILDREN (graph, walk->service, NODE_MOUNT, mount)
		GRAPH_OF (graph, mount, FACT_HOST_PATH, row) {
			g_autofree char *path = path_resolve(folder, graph_symbol_slice(graph, row->object));
			if (path && *path && !slice_equal(slice_from(path), folder))
				take_path(walk, path);
		}
}

/* `COPY . .` names the context itself. */
static void take_copies(const Walk *walk, Node dockerfile, Slice context)
{
	const Graph *graph = walk->graph;
	GRAPH_CHILDREN (graph, dockerfile, NODE_STAGE, stage)
		GRAPH_CHILDREN (graph, stage, NODE_INSTRUCTION, instruction) {
			if (graph_has(graph, instruction, FACT_FROM_STAGE))
				continue;
			GRAPH_OF (graph, instruction, FACT_SOURCE, row) {
				const char *written = graph_symbol_text(graph, row->object);
				g_autofree char *path =
				        path_resolve(context, slice_from(written + strspn(written, "/")));
				if (path && !strpbrk(path, "*?[$") && !slice_equal(slice_from(path), context))
					take_path(walk, path);
			}
		}
}

/* The place of a context is where the service says it, if one does. */
static void take_images(Walk *walk)
{
	const Graph *graph = walk->graph;
	const Row *build = graph_find(graph, walk->service, FACT_BUILD_CONTEXT);
	if (!build)
		return;
	Span said = graph_span(graph, build);
	GRAPH_EACH (graph, FACT_CONTEXT, row) {
		Span place = graph_span(graph, row);
		if (place.file == said.file && place.start == said.start)
			take_copies(walk, row->subject, graph_symbol_slice(graph, row->object));
	}
}

void each_configured(const Graph *graph, ConfiguredFile *take, void *data)
{
	GRAPH_NODES (graph, NODE_SERVICE, service) {
		Walk walk = {graph, take, data, service, false};
		if (is_quiet(graph, service))
			continue;
		take_mounts(&walk);
		walk.copied = true;
		take_images(&walk);
	}
}
