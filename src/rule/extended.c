/* `extends: {file: base.yml, service: common}`: such files hold services to be made of, with an image only because
 * compose asks for one. Whether a service of the very same file runs by itself is not known, so those count as running.
 */
#include "rule/extended.h"

#include "base/path.h"

Node compose_at(const Graph *graph, Node from, Slice path)
{
	Slice folder = graph_folder_of(graph, from);
	g_autofree char *full = path_resolve(folder, path);
	Node file = full ? graph_find_file(graph, slice_from(full)) : NODE_NONE;
	Node document = file ? graph_first_child(graph, file, NODE_DOCUMENT) : NODE_NONE;
	return document ? graph_first_child(graph, document, NODE_COMPOSE) : NODE_NONE;
}

/* The service of another file that the row names as FILE:SERVICE. */
static Node extended_elsewhere(const Graph *graph, const Row *row)
{
	Slice text = graph_symbol_slice(graph, row->object);
	size_t colon = slice_find_byte(text, ':', 0);
	if (colon == SIZE_MAX || colon == 0)
		return NODE_NONE;
	Node compose = compose_at(graph, row->subject, slice_sub(text, 0, colon));
	Slice name = slice_sub(text, colon + 1, text.length);
	GRAPH_CHILDREN (graph, compose, NODE_SERVICE, service)
		if (slice_equal(graph_symbol_slice(graph, graph_name_symbol(graph, service)), name))
			return service;
	return NODE_NONE;
}

bool is_extended(const Graph *graph, Node service)
{
	g_autofree char *name = g_path_get_basename(graph_file_path(graph, graph_file_of(graph, service)));
	g_autofree char *ending = g_strdup_printf("%s:%s", name, graph_name(graph, service));
	GRAPH_EACH (graph, FACT_EXTENDS, row)
		if (slice_ends(graph_symbol_slice(graph, row->object), ending) &&
		        graph_file_of(graph, row->subject) != graph_file_of(graph, service))
			return true;
	return false;
}

GHashTable *images_replaced(const Graph *graph)
{
	GHashTable *replaced = g_hash_table_new(NULL, NULL);
	g_autoptr(GHashTable) kept = g_hash_table_new(NULL, NULL);
	GRAPH_EACH (graph, FACT_EXTENDS, row) {
		Node service = extended_elsewhere(graph, row);
		bool own = graph_has(graph, row->subject, FACT_IMAGE) ||
		           graph_has(graph, row->subject, FACT_BUILD_CONTEXT);
		if (service)
			g_hash_table_add(own ? replaced : kept, GUINT_TO_POINTER(service));
	}
	GHashTableIter iter;
	gpointer service;
	g_hash_table_iter_init(&iter, kept);
	while (g_hash_table_iter_next(&iter, &service, NULL))
		g_hash_table_remove(replaced, service);
	return replaced;
}
