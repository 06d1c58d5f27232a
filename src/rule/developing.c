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
