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

static Symbol namespace_in(const Graph *graph, Node node, const Context *context);

/* The object that a chart makes this one for, or NODE_NONE. */
static Node maker(const Graph *graph, Node node)
{
	Node parent = graph_parent(graph, node);
	return parent && graph_node_type(graph, parent) == NODE_OBJECT ? parent : NODE_NONE;
}

static Symbol known_namespace(const Graph *graph, Symbol written)
{
	return link_is_open(graph_symbol_text(graph, written)) ? 0 : written;
}

/* 0 also where no other fact mentions the namespace, and so none can be compared with it. */
static Symbol substituted(const Graph *graph, Node applier, Symbol written)
{
	g_autofree char *text = link_substitute(graph, applier, graph_symbol_text(graph, written));
	Symbol symbol;
	return graph_find_symbol(graph, slice_from(text), &symbol) ? known_namespace(graph, symbol) : 0;
}

/* What a release makes goes where the release says, or where it stands; an Application always says it. An
 * ApplicationSet has a namespace for each Application, which is written into what is rendered of it. */
static Symbol made_in(const Graph *graph, Node node, Node release, const Context *context)
{
	Symbol target = graph_symbol(graph, release, FACT_TARGET_NAMESPACE);
	if (link_is_kind(graph, release, "ApplicationSet"))
		return known_namespace(graph, graph_symbol(graph, node, FACT_NAMESPACE));
	if (target)
		return link_is_open(graph_symbol_text(graph, target)) ? 0 : target;
	return link_is_kind(graph, release, "Application") ? 0 : namespace_in(graph, release, context);
}

/* What a patch of a kustomization that lists the object's file says of it; NULL where none does. */
static const char *patched(const Graph *graph, Node node, FactKind kind)
{
	Rows all = graph_rows(graph, kind);
	if (all.at == all.end)
		return NULL;
	g_autofree char *start = g_strdup_printf("%s/%s=", graph_text(graph, node, FACT_KIND), graph_name(graph, node));
	GRAPH_OF (graph, graph_file_node(graph, graph_file_of(graph, node)), FACT_REACHED_BY, by)
		GRAPH_OF (graph, by->object, kind, row)
			if (g_str_has_prefix(graph_symbol_text(graph, row->object), start))
				return graph_symbol_text(graph, row->object) + strlen(start);
	return NULL;
}

static Symbol namespace_in(const Graph *graph, Node node, const Context *context)
{
	const char *moved = context ? patched(graph, node, FACT_MOVES) : NULL;
	if (maker(graph, node))
		return made_in(graph, node, maker(graph, node), context);

	Symbol written = graph_symbol(graph, node, FACT_NAMESPACE);
	if (context && context->namespace)
		return context->namespace == LINK_UNKNOWN_NAMESPACE ? 0 : context->namespace;
	if (moved)
		return graph_find_symbol(graph, slice_from(moved), &written) ? written : 0;
	if (written)
		return context && context->applier ? substituted(graph, context->applier, written)
		                                   : known_namespace(graph, written);
	return context && context->fallback != LINK_UNKNOWN_NAMESPACE ? context->fallback : 0;
}

static bool has_no_namespace(const Graph *graph, Node node)
{
	return kind_is_cluster_wide(graph_text(graph, node, FACT_KIND)) &&
	       !(link_is_custom_group(link_group(graph, node)) && graph_has(graph, node, FACT_NAMESPACE));
}

/* A replacement gives the object the name that stands in another one. */
static bool is_renamed(const Graph *graph, Node node)
{
	Rows all = graph_rows(graph, FACT_RENAMES);
	g_autofree char *text = NULL;
	Symbol symbol;
	if (all.at == all.end)
		return false;
	text = g_strdup_printf("%s/%s", graph_text(graph, node, FACT_KIND), graph_name(graph, node));
	if (!graph_find_symbol(graph, slice_from(text), &symbol))
		return false;
	Rows rows = graph_rows_to(graph, FACT_RENAMES, symbol);
	return rows.at != rows.end;
}

static char *applied_name(const Graph *graph, Node node, const Context *context)
{
	const char *kind = graph_text(graph, node, FACT_KIND), *name = graph_name(graph, node);
	if (is_renamed(graph, node))
		return g_strdup_printf("${%s}", name);
	if (context && context->namespace && strcmp(kind, "Namespace") == 0)
		return g_strdup(context->namespace == LINK_UNKNOWN_NAMESPACE
		                        ? "${namespace}"
		                        : graph_symbol_text(graph, context->namespace));
	if (!context)
		return g_strdup(name);
	const char *given = patched(graph, node, FACT_NAMES_AS);
	name = given ? given : name;
	if (keeps_name(kind) || maker(graph, node))
		return link_substitute(graph, context->applier, name);
	g_autofree char *whole = g_strdup_printf(
	        "%s%s%s", graph_symbol_text(graph, context->prefix), name, graph_symbol_text(graph, context->suffix));
	return link_substitute(graph, context->applier, whole);
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
	if (count == max)
		ret[0] = 0; /* there may be more, so that any is possible */
	return count;
}

/* ---- names with ${NAME} in them --------------------------------------------------------------------- */

/* Each is held against every name that is missed; with more, anything may be meant. */
#define MOST_OPEN_NAMES 1000

static void note_name(Linker *linker, const char *kind, const char *written, const Context *context)
{
	g_autofree char *name = link_substitute(linker->graph, context ? context->applier : NODE_NONE, written);
	GHashTable *names = link_is_open(name) ? linker->open_names : linker->made_names;
	if (names == linker->made_names || g_hash_table_size(names) < MOST_OPEN_NAMES)
		g_hash_table_add(names, g_strdup_printf("%s/%s", kind, name));
}

/* What the object is called, and what it provides, where that is more than what is written. */
static void note_names(Linker *linker, Node node, Contexts contexts)
{
	const Graph *graph = linker->graph;
	uint32_t ways = contexts.count < LINK_MOST_CONTEXTS ? MAX(contexts.count, 1) : 1;
	bool plain = contexts.count == 0 || contexts.count == LINK_MOST_CONTEXTS;
	bool renamed = is_renamed(graph, node);
	const char *name = renamed ? "${name}" : graph_name(graph, node);
	if (link_is_open(name))
		for (uint32_t i = 0; i < ways; i++)
			note_name(linker, graph_text(graph, node, FACT_KIND), name, plain ? NULL : &contexts.at[i]);
	GRAPH_OF (graph, node, FACT_PROVIDES, row) {
		g_auto(GStrv) parts = g_strsplit(graph_symbol_text(graph, row->object), "/", 2);
		for (uint32_t i = 0; i < ways && parts[0] && parts[1] && link_is_open(parts[1]); i++)
			note_name(linker, parts[0], parts[1], plain ? NULL : &contexts.at[i]);
	}
}

/* The text with something in place of each ${…} and {{…}}. */
static bool may_become(const char *open, const char *name)
{
	size_t fixed = strcspn(open, "${");
	if (strncmp(open, name, fixed) != 0)
		return false;
	const char *last = strrchr(open, '}');
	return !last || g_str_has_suffix(name + fixed, last + 1);
}

bool link_may_be_named(const Linker *linker, const char *kind, const char *name)
{
	size_t length = strlen(kind);
	g_autofree char *whole = g_strdup_printf("%s/%s", kind, name);
	GHashTableIter names;
	gpointer made;
	if (g_hash_table_contains(linker->made_names, whole) ||
	        g_hash_table_size(linker->open_names) == MOST_OPEN_NAMES)
		return true;
	g_hash_table_iter_init(&names, linker->open_names);
	while (g_hash_table_iter_next(&names, &made, NULL)) {
		const char *text = made;
		if (strncmp(text, kind, length) == 0 && text[length] == '/' && may_become(text + length + 1, name))
			return true;
	}
	return false;
}

/* ---- rows ------------------------------------------------------------------------------------------ */

static void derive_identities(Linker *linker, Node node)
{
	Graph *graph = linker->graph;
	Contexts contexts = link_contexts(linker, graph_file_of(graph, node));
	Symbol known[LINK_MOST_CONTEXTS];
	uint32_t count = 0;
	if (!graph_name_symbol(graph, node) || link_is_patch(graph, node) ||
	        (maker(graph, node) && graph_has(graph, maker(graph, node), FACT_MISREAD)))
		return;
	note_names(linker, node, contexts);
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
	linker->made_names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	linker->open_names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GRAPH_NODES (graph, NODE_OBJECT, object)
		derive_identities(linker, object);
	GRAPH_NODES (graph, NODE_GENERATED, generated)
		if (makes_object(graph, generated))
			derive_identities(linker, generated);
}

void link_cluster(Graph *graph)
{
	GRAPH_NODES (graph, NODE_OBJECT, object)
		graph_derive(
		        graph, object, FACT_IDENTITY, link_identity(graph, object, NULL), graph_place(graph, object));
	graph_finish(graph);
}
