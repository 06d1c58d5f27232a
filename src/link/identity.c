/* What an object is called once it is applied: Kind/namespace/name, one for each way in which its file is brought in.
 * A kind of an operator's group carries the group, since two operators may use one word. Where nothing says the
 * namespace it is left empty, which means unknown: `kubectl apply` takes the one of the moment, Flux takes default. */
#include "link/linker.h"

#include "base/kind.h"

bool link_is_kind(const Graph *graph, Node object, const char *kind)
{
	return strcmp(graph_text(graph, object, FACT_KIND), kind) == 0;
}

Slice link_group(const Graph *graph, Node object)
{
	Slice version = graph_symbol_slice(graph, graph_symbol(graph, object, FACT_API_VERSION));
	size_t slash = slice_find_byte(version, '/', 0);
	return slash == SIZE_MAX ? (Slice){"", 0} : slice_sub(version, 0, slash);
}

bool link_is_custom_group(Slice group)
{
	return slice_find_byte(group, '.', 0) != SIZE_MAX && !slice_ends(group, ".k8s.io");
}

bool link_is_patch(const Graph *graph, Node node)
{
	Node document = graph_ancestor(graph, node, NODE_DOCUMENT);
	return document && graph_has(graph, document, FACT_IS_PATCH);
}

/* kustomize leaves the names of these as they are, but for a Namespace, which takes the name of the namespace that is
 * set: people keep one file for all of them. */
static bool keeps_name(const char *kind)
{
	return strcmp(kind, "Namespace") == 0 || strcmp(kind, "CustomResourceDefinition") == 0 ||
	       strcmp(kind, "APIService") == 0;
}

static Symbol namespace_in(const Graph *graph, Node node, const Context *context)
{
	Symbol written = graph_symbol(graph, node, FACT_NAMESPACE);
	if (context && context->namespace)
		return context->namespace == LINK_UNKNOWN_NAMESPACE ? 0 : context->namespace;
	if (written)
		return link_is_open(graph_symbol_text(graph, written)) ? 0 : written;
	return context && context->fallback != LINK_UNKNOWN_NAMESPACE ? context->fallback : 0;
}

static bool has_no_namespace(const Graph *graph, Node node)
{
	return kind_is_cluster_wide(graph_text(graph, node, FACT_KIND)) &&
	       !(link_is_custom_group(link_group(graph, node)) && graph_has(graph, node, FACT_NAMESPACE));
}

static char *applied_name(const Graph *graph, Node node, const Context *context)
{
	const char *kind = graph_text(graph, node, FACT_KIND), *name = graph_name(graph, node);
	if (context && context->namespace && strcmp(kind, "Namespace") == 0)
		return g_strdup(context->namespace == LINK_UNKNOWN_NAMESPACE
		                        ? "${namespace}"
		                        : graph_symbol_text(graph, context->namespace));
	if (!context || keeps_name(kind))
		return g_strdup(name);
	return g_strdup_printf(
	        "%s%s%s", graph_symbol_text(graph, context->prefix), name, graph_symbol_text(graph, context->suffix));
}

Symbol link_identity(Graph *graph, Node node, const Context *context)
{
	Symbol namespace = has_no_namespace(graph, node) ? 0 : namespace_in(graph, node, context);
	Slice group = link_group(graph, node);
	bool custom = link_is_custom_group(group);
	g_autofree char *name = applied_name(graph, node, context);
	g_autofree char *text = g_strdup_printf("%s%s%.*s/%s/%s", graph_text(graph, node, FACT_KIND), custom ? "." : "",
	        custom ? (int)group.length : 0, group.at, graph_symbol_text(graph, namespace), name);
	return graph_intern(graph, slice_from(text));
}

/* ---- namespaces ------------------------------------------------------------------------------------ */

static void add_unique(Symbol *symbols, uint32_t *count, uint32_t max, Symbol symbol)
{
	for (uint32_t i = 0; i < *count; i++)
		if (symbols[i] == symbol)
			return;
	if (*count < max)
		symbols[(*count)++] = symbol;
}

static void add_in_contexts(const Linker *linker, Node node, uint32_t file, Symbol *ret, uint32_t *count, uint32_t max)
{
	Contexts contexts = link_contexts(linker, file);
	for (uint32_t i = 0; i < contexts.count; i++)
		add_unique(ret, count, max, namespace_in(linker->graph, node, &contexts.at[i]));
}

uint32_t link_namespaces(const Linker *linker, Node object, Symbol *ret, uint32_t max)
{
	const Graph *graph = linker->graph;
	uint32_t count = 0, file = graph_file_of(graph, object);
	add_in_contexts(linker, object, file, ret, &count, max);
	if (count == 0)
		GRAPH_OF (graph, graph_file_node(graph, file), FACT_REACHED_BY, row)
			add_in_contexts(linker, object, graph_file_of(graph, row->object), ret, &count, max);
	if (count == 0)
		add_unique(ret, &count, max, namespace_in(graph, object, NULL));
	return count;
}

/* ---- rows ------------------------------------------------------------------------------------------ */

static void derive_identities(Linker *linker, Node node)
{
	Graph *graph = linker->graph;
	Contexts contexts = link_contexts(linker, graph_file_of(graph, node));
	Symbol known[64];
	uint32_t count = 0;
	if (!graph_name_symbol(graph, node) || link_is_patch(graph, node))
		return;
	if (contexts.count == 0)
		add_unique(known, &count, G_N_ELEMENTS(known), link_identity(graph, node, NULL));
	for (uint32_t i = 0; i < contexts.count; i++)
		add_unique(known, &count, G_N_ELEMENTS(known), link_identity(graph, node, &contexts.at[i]));
	for (uint32_t i = 0; i < count; i++)
		graph_derive(graph, node, FACT_IDENTITY, known[i], graph_place(graph, node));
}

/* merge and replace change an object that another generator makes. */
static bool makes_object(const Graph *graph, Node generated)
{
	const char *behavior = graph_text(graph, generated, FACT_BEHAVIOR);
	return *behavior == '\0' || strcmp(behavior, "create") == 0 || strcmp(behavior, "unspecified") == 0;
}

void link_identities(Linker *linker)
{
	const Graph *graph = linker->graph;
	GRAPH_NODES (graph, NODE_OBJECT, object)
		derive_identities(linker, object);
	GRAPH_NODES (graph, NODE_GENERATED, generated)
		if (makes_object(graph, generated))
			derive_identities(linker, generated);
}
