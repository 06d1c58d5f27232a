/* A client that asks a port which a Service of several ports no longer has meant one of them. Which, the history tells:
 * earlier contents of the Service's own file are read by the same sources, and a port of the same name (or the only
 * one) that had another number once had that one. */
#include "flow/former.h"

#include "base/path.h"
#include "base/trail.h"
#include "link/link.h"
#include "source/source.h"

/* Commits that are looked at. */
#define MOST_COMMITS 1000

/* One number that one port of one Service had. Texts are of the scan's first arena. */
typedef struct Former {
	const char *path, *service, *port; /* port: its name, or "" for the only one */
	const char *until;
	uint32_t number, node_port;
} Former;

static bool is_service(const Graph *graph, Node object)
{
	return strcmp(graph_text(graph, object, FACT_KIND), "Service") == 0 &&
	       graph_first_child(graph, object, NODE_PORT);
}

static const char *port_name(const Graph *graph, Node port)
{
	return graph_text(graph, port, FACT_PORT_NAME);
}

/* ---- reading versions -------------------------------------------------------------------------------- */

typedef struct History {
	Scan *scan;
	Arena *scratch;
} History;

static void keep_port(const History *history, const Graph *old, Node service, Node port, const RepoVersion *version)
{
	Arena *arena = history->scan->arenas->pdata[0];
	bool only = !graph_next_child(old, graph_first_child(old, service, NODE_PORT), NODE_PORT);
	Former former = {.path = arena_text(arena, slice_from(version->path)),
	        .service = arena_text(arena, slice_from(graph_name(old, service))),
	        .port = only ? "" : arena_text(arena, slice_from(port_name(old, port))),
	        .until = arena_printf(arena, "%s, %s", version->commit, version->subject),
	        .number = graph_number(old, port, FACT_NUMBER),
	        .node_port = graph_number(old, port, FACT_NODE_PORT)};
	g_array_append_val(history->scan->former, former);
}

static void read_version(const RepoVersion *version, void *data)
{
	const History *history = data;
	g_autoptr(GraphBuilder) builder = graph_builder_new();
	Slice path = slice_from(version->path),
	      bytes = {arena_text(history->scratch, version->bytes), version->bytes.length};
	SourceFile file = {.builder = builder,
	        .node = graph_begin_file(builder, path, bytes),
	        .path = path,
	        .name = path_name(path),
	        .bytes = bytes,
	        .arena = history->scratch};
	source_read(&file);
	g_autoptr(Graph) old = graph_seal(&builder, 1);
	graph_finish(old);
	GRAPH_NODES (old, NODE_OBJECT, object)
		if (is_service(old, object))
			GRAPH_CHILDREN (old, object, NODE_PORT, port)
				keep_port(history, old, object, port, version);
	arena_reset(history->scratch);
}

void scan_history(Scan *scan)
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new();
	if (scan->former || !scan->repo)
		return;
	scan->former = g_array_new(FALSE, FALSE, sizeof(Former));
	GRAPH_NODES (scan->graph, NODE_OBJECT, object) {
		const char *path = graph_file_path(scan->graph, graph_file_of(scan->graph, object));
		bool known = paths->len && paths->pdata[paths->len - 1] == path;
		if (!known && is_service(scan->graph, object))
			g_ptr_array_add(paths, (gpointer)path);
	}
	g_ptr_array_add(paths, NULL);
	History history = {scan, arena_new()};
	repo_versions(scan->repo, (const char *const *)paths->pdata, MOST_COMMITS, read_version, &history);
	arena_free(history.scratch);
	former_derive(scan);
}

/* ---- what it says of the Services of today --------------------------------------------------------------- */

static bool has_number(const Graph *graph, Node service, FactKind kind, uint32_t number)
{
	GRAPH_CHILDREN (graph, service, NODE_PORT, port)
		if (graph_number(graph, port, kind) == number)
			return true;
	return false;
}

static void derive_port(Graph *graph, Node service, Node port, const Former *former)
{
	Span place = graph_place(graph, port);
	bool number = former->number && !has_number(graph, service, FACT_NUMBER, former->number);
	bool node_port = former->node_port && graph_number(graph, port, FACT_NODE_PORT) &&
	                 !has_number(graph, service, FACT_NODE_PORT, former->node_port);
	if (number)
		graph_derive(graph, port, FACT_FORMER_NUMBER, former->number, place);
	if (node_port)
		graph_derive(graph, port, FACT_FORMER_NODE_PORT, former->node_port, place);
	if (number || node_port)
		graph_derive(graph, port, FACT_FORMER_UNTIL, graph_intern(graph, slice_from(former->until)), place);
}

void former_derive(Scan *scan)
{
	Graph *graph = scan->graph;
	for (guint i = 0; scan->former && i < scan->former->len; i++) {
		const Former *former = &g_array_index(scan->former, Former, i);
		GRAPH_NODES (graph, NODE_OBJECT, object) {
			Node file = graph_file_node(graph, graph_file_of(graph, object));
			if (strcmp(graph_name(graph, object), former->service) != 0 || !is_service(graph, object) ||
			        strcmp(graph_name(graph, file), former->path) != 0)
				continue;
			Node first = graph_first_child(graph, object, NODE_PORT);
			bool only = !graph_next_child(graph, first, NODE_PORT);
			GRAPH_CHILDREN (graph, object, NODE_PORT, port)
				if (only || (*former->port && strcmp(port_name(graph, port), former->port) == 0) ||
				        (*former->port == '\0' && port == first))
					derive_port(graph, object, port, former);
		}
	}
	graph_finish(graph);
}
