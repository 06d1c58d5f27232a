/* Told by the names of folders and files, and by the files that package managers want beside sources. */
#include "rule/developing.h"

#include "base/path.h"
#include "rule/search.h"

static bool is_beside_sources(const Graph *graph, Slice folder)
{
	static const char *const names[] = {
	        "package.json", "go.mod", "pyproject.toml", "Cargo.toml", "pom.xml", "build.gradle", "composer.json"};
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = path_resolve(folder, slice_from(names[i]));
		if (path && graph_find_file(graph, slice_from(path)))
			return true;
	}
	return false;
}

bool is_for_developing(const Graph *graph, Node node)
{
	static const char *const parts[] = {
	        "dev", "test", "local", "debug", "e2e", "playground", "sandbox", "experiment", NULL};
	const char *path = graph_file_path(graph, graph_file_of(graph, node));
	return text_has_part(path, parts) ||
	       (graph_ancestor(graph, node, NODE_COMPOSE) && is_beside_sources(graph, path_folder(slice_from(path))));
}

/* So many projects want one port, and there are so many such ports. */
#define PROJECTS_OF_COLLECTION 4
#define PORTS_OF_COLLECTION 4

bool is_compose_collection(const Graph *graph)
{
	g_autoptr(GHashTable) projects = g_hash_table_new(NULL, NULL);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	uint32_t ports = 0;
	GRAPH_EACH (graph, FACT_HOST_PORT, row) {
		Node service = graph_parent(graph, row->subject);
		uint32_t file = graph_file_of(graph, row->subject);
		if (row->object == 0 || graph_node_type(graph, service) != NODE_SERVICE ||
		        !g_hash_table_add(seen, g_strdup_printf("%u %u", row->object, file)))
			continue;
		gpointer port = GUINT_TO_POINTER(row->object);
		uint32_t count = GPOINTER_TO_UINT(g_hash_table_lookup(projects, port)) + 1;
		g_hash_table_insert(projects, port, GUINT_TO_POINTER(count));
		ports += count == PROJECTS_OF_COLLECTION;
	}
	return ports >= PORTS_OF_COLLECTION;
}
