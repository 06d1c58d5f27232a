/* Which pods a Service selects: every pair of its selector among the labels of the pod, in one namespace as far as it
 * is known. Labels that a kustomization adds to selectors and templates alike count as there. Where a part that cannot
 * be read may make pods in that namespace, that is said too. */
#include "link/linker.h"

#define MOST_NAMESPACES 16

static bool is_added_by_kustomization(const Graph *graph, Symbol pair)
{
	GRAPH_TO (graph, FACT_LABEL, pair, row)
		if (graph_node_type(graph, row->subject) == NODE_KUSTOMIZATION)
			return true;
	return false;
}

static bool share_namespace(const Linker *linker, Node service, Node object)
{
	Symbol left[MOST_NAMESPACES], right[MOST_NAMESPACES];
	uint32_t n_left = link_namespaces(linker, service, left, MOST_NAMESPACES);
	uint32_t n_right = link_namespaces(linker, object, right, MOST_NAMESPACES);
	for (uint32_t i = 0; i < n_left; i++)
		for (uint32_t j = 0; j < n_right; j++)
			if (!left[i] || !right[j] || left[i] == right[j])
				return true;
	return false;
}

static bool matches(const Graph *graph, Node service, Node pod)
{
	GRAPH_OF (graph, service, FACT_SELECTOR, row)
		if (!graph_says(graph, pod, FACT_LABEL, row->object) && !is_added_by_kustomization(graph, row->object))
			return false;
	return true;
}

/* The pair by which pods are looked up: the rarest of those that they carry themselves. */
static const Row *key_pair(const Graph *graph, Node service)
{
	const Row *key = NULL;
	ptrdiff_t fewest = 0;
	GRAPH_OF (graph, service, FACT_SELECTOR, row) {
		Rows rows = graph_rows_to(graph, FACT_LABEL, row->object);
		if (is_added_by_kustomization(graph, row->object) || (key && rows.end - rows.at >= fewest))
			continue;
		key = row;
		fewest = rows.end - rows.at;
	}
	return key;
}

static bool may_select(const Linker *linker, Node service)
{
	const Graph *graph = linker->graph;
	Symbol namespaces[MOST_NAMESPACES];
	GRAPH_OF (graph, service, FACT_SELECTOR, row)
		if (link_is_open(graph_symbol_text(graph, row->object)))
			return true;
	uint32_t count = link_namespaces(linker, service, namespaces, MOST_NAMESPACES);
	for (uint32_t i = 0; i < count; i++)
		if (link_may_be_opaque(linker, namespaces[i], "Pod"))
			return true;
	return !key_pair(graph, service);
}

static void link_service(Linker *linker, Node service)
{
	Graph *graph = linker->graph;
	const Row *key = key_pair(graph, service);
	if (!graph_has(graph, service, FACT_SELECTOR))
		return;
	if (key)
		GRAPH_TO (graph, FACT_LABEL, key->object, row) {
			Node pod = row->subject;
			if (graph_node_type(graph, pod) == NODE_POD && !link_is_patch(graph, pod) &&
			        matches(graph, service, pod) &&
			        share_namespace(linker, service, graph_parent(graph, pod)))
				graph_derive(graph, service, FACT_SELECTS, pod, graph_place(graph, pod));
		}
	if (may_select(linker, service))
		graph_derive(graph, service, FACT_MAY_SELECT, 0, graph_place(graph, service));
}

void link_selectors(Linker *linker)
{
	const Graph *graph = linker->graph;
	GRAPH_NODES (graph, NODE_OBJECT, object)
		if (link_is_kind(graph, object, "Service") && !link_is_patch(graph, object))
			link_service(linker, object);
}
