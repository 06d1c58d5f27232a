/* Which pods a Service or a policy selects, and which Services or pods a monitor: every pair of its selector among the
 * labels of the pod, in one namespace as far as it is known. Labels that a kustomization adds to selectors and
 * templates alike count as there. Where a part that cannot be read may make pods in that namespace, that is said too.
 */
#include "link/linker.h"

#define MOST_NAMESPACES 64
#define MOST_OPEN 1000 /* labels with ${NAME}: with more, any of them may be meant */
#define MOST_PODS 512  /* with one label: beyond that which of them are selected is left open */

typedef struct Selector {
	Linker *linker;
	GHashTable *added; /* Symbols of labels that a kustomization or the pod template of a patch adds */
	GPtrArray *open;   /* Row: labels of pods that Flux fills in */
} Selector;

static void collect_added(Selector *selector)
{
	const Graph *graph = selector->linker->graph;
	GRAPH_EACH (graph, FACT_LABEL, row) {
		NodeType type = graph_node_type(graph, row->subject);
		if (type == NODE_KUSTOMIZATION || (type == NODE_POD && link_is_patch(graph, row->subject)))
			g_hash_table_add(selector->added, GUINT_TO_POINTER(row->object));
	}
}

static void collect_open(Selector *selector)
{
	const Graph *graph = selector->linker->graph;
	GRAPH_EACH (graph, FACT_LABEL, row)
		if (graph_node_type(graph, row->subject) == NODE_POD &&
		        link_is_open(graph_symbol_text(graph, row->object)))
			g_ptr_array_add(selector->open, (gpointer)row);
}

static bool is_added(const Selector *selector, Symbol pair)
{
	return g_hash_table_contains(selector->added, GUINT_TO_POINTER(pair));
}

/* A patch within a kustomization is not read; one that holds the value may add the label. */
static bool is_in_inline_patch(const Graph *graph, Symbol pair)
{
	const char *value = strchr(graph_symbol_text(graph, pair), '=');
	GRAPH_NODES (graph, NODE_ENTRY, entry)
		if (value && value[1] && link_has_role(graph, entry, "inline-patch") &&
		        slice_find(graph_span_bytes(graph, graph_place(graph, entry)), value + 1, 0) != SIZE_MAX)
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

/* The label of a pod that is the pair once it is filled in, in some way in which its file is applied; or that may be
 * it. */
static bool may_become(const Linker *linker, const Row *label, const char *pair)
{
	const Graph *graph = linker->graph;
	const char *text = graph_symbol_text(graph, label->object);
	size_t key = strcspn(pair, "=");
	Contexts contexts = link_contexts(linker, graph_file_of(graph, label->subject));
	if (strncmp(text, pair, key + 1) != 0)
		return false;
	for (uint32_t i = 0; i < contexts.count; i++) {
		g_autofree char *filled = link_substitute(graph, contexts.at[i].applier, text);
		if (link_is_open(filled) || strcmp(filled, pair) == 0)
			return true;
	}
	return contexts.count == 0;
}

/* Some pod of a namespace of the Service may come to have the label. */
static bool may_be_filled(const Selector *selector, Node service, Symbol pair)
{
	const Graph *graph = selector->linker->graph;
	for (guint i = 0; i < MIN(selector->open->len, MOST_OPEN); i++) {
		const Row *label = selector->open->pdata[i];
		if (may_become(selector->linker, label, graph_symbol_text(graph, pair)) &&
		        share_namespace(selector->linker, service, graph_parent(graph, label->subject)))
			return true;
	}
	return selector->open->len > MOST_OPEN;
}

static bool matches(const Selector *selector, Node service, Node pod)
{
	const Graph *graph = selector->linker->graph;
	GRAPH_OF (graph, service, FACT_SELECTOR, row)
		if (!graph_says(graph, pod, FACT_LABEL, row->object) && !is_added(selector, row->object))
			return false;
	return true;
}

/* The pair by which pods are looked up: the rarest of those that they carry themselves. */
static const Row *key_pair(const Selector *selector, Node service)
{
	const Graph *graph = selector->linker->graph;
	const Row *key = NULL;
	ptrdiff_t fewest = 0;
	GRAPH_OF (graph, service, FACT_SELECTOR, row) {
		Rows rows = graph_rows_to(graph, FACT_LABEL, row->object);
		if (is_added(selector, row->object) || (key && rows.end - rows.at >= fewest))
			continue;
		key = row;
		fewest = rows.end - rows.at;
	}
	return key;
}

static bool may_select(const Selector *selector, Node service, bool found)
{
	const Linker *linker = selector->linker;
	const Graph *graph = linker->graph;
	Symbol namespaces[MOST_NAMESPACES];
	GRAPH_OF (graph, service, FACT_SELECTOR, row)
		if (link_is_open(graph_symbol_text(graph, row->object)) ||
		        (!found && (is_in_inline_patch(graph, row->object) ||
		                           may_be_filled(selector, service, row->object))))
			return true;
	uint32_t count = link_namespaces(linker, service, namespaces, MOST_NAMESPACES);
	for (uint32_t i = 0; i < count; i++)
		if (link_may_be_opaque(linker, namespaces[i], "Pod", NULL) ||
		        strcmp(graph_symbol_text(graph, namespaces[i]), "kube-system") == 0)
			return true;
	return !key_pair(selector, service);
}

/* True if some pod is selected. */
static bool link_pods(const Selector *selector, Node service, FactKind kind, Rows labelled)
{
	Graph *graph = selector->linker->graph;
	bool found = false;
	for (const Row *row = labelled.at; row != labelled.end; row++) {
		Node pod = row->subject;
		if (graph_node_type(graph, pod) != NODE_POD || link_is_patch(graph, pod) ||
		        !matches(selector, service, pod) ||
		        !share_namespace(selector->linker, service, graph_parent(graph, pod)))
			continue;
		graph_derive(graph, service, kind, pod, graph_place(graph, pod));
		found = true;
	}
	return found;
}

/* kind: SELECTS of a Service, COVERS of a policy. */
static void link_service(const Selector *selector, Node service, FactKind kind)
{
	Graph *graph = selector->linker->graph;
	const Row *key = key_pair(selector, service);
	if (!graph_has(graph, service, FACT_SELECTOR) || graph_has(graph, service, FACT_SELECTOR_EXPRESSION))
		return;
	Rows labelled = key ? graph_rows_to(graph, FACT_LABEL, key->object) : (Rows){NULL, NULL};
	bool many = labelled.end - labelled.at > MOST_PODS;
	bool found = !many && link_pods(selector, service, kind, labelled);
	if (many || may_select(selector, service, found))
		graph_derive(graph, service, FACT_MAY_SELECT, 0, graph_place(graph, service));
}

/* ---- monitors ------------------------------------------------------------------------------------------- */

typedef enum Takes { TAKES_NOTHING, TAKES_SERVICES, TAKES_PODS } Takes;

static Takes taken_by(const Graph *graph, Node object)
{
	if (link_is_kind(graph, object, "ServiceMonitor") || link_is_kind(graph, object, "VMServiceScrape"))
		return TAKES_SERVICES;
	bool pods = link_is_kind(graph, object, "PodMonitor") || link_is_kind(graph, object, "VMPodScrape");
	return pods ? TAKES_PODS : TAKES_NOTHING;
}

/* The namespaces that a monitor takes from: 0 is one that is not known, or any. */
static uint32_t watched(const Linker *linker, Node monitor, Symbol *ret)
{
	const Graph *graph = linker->graph;
	uint32_t count = 0;
	GRAPH_OF (graph, monitor, FACT_WATCHES, row) {
		const char *name = graph_symbol_text(graph, row->object);
		if (count < MOST_NAMESPACES)
			ret[count++] = strcmp(name, "*") == 0 || link_is_open(name) ? 0 : row->object;
	}
	return count ? count : link_namespaces(linker, monitor, ret, MOST_NAMESPACES);
}

static bool is_watched(const Linker *linker, Node object, const Symbol *spaces, uint32_t n_spaces)
{
	Symbol own[MOST_NAMESPACES];
	uint32_t n_own = link_namespaces(linker, object, own, MOST_NAMESPACES);
	for (uint32_t i = 0; i < n_own; i++)
		for (uint32_t j = 0; j < n_spaces; j++)
			if (!own[i] || !spaces[j] || own[i] == spaces[j])
				return true;
	return false;
}

/* The node carries the labels itself: a Service's own, or a pod template's. */
static bool is_taken(const Graph *graph, Node node, Takes takes)
{
	if (link_is_patch(graph, node))
		return false;
	return takes == TAKES_PODS
	               ? graph_node_type(graph, node) == NODE_POD
	               : graph_node_type(graph, node) == NODE_OBJECT && link_is_kind(graph, node, "Service");
}

static bool may_take(const Selector *selector, Node monitor, const Symbol *spaces, uint32_t n_spaces)
{
	const Graph *graph = selector->linker->graph;
	if (graph_has(graph, monitor, FACT_SELECTOR_EXPRESSION) || !key_pair(selector, monitor))
		return true;
	GRAPH_OF (graph, monitor, FACT_SELECTOR, row)
		if (link_is_open(graph_symbol_text(graph, row->object)) || is_in_inline_patch(graph, row->object))
			return true;
	for (uint32_t i = 0; i < n_spaces; i++)
		if (link_may_be_opaque(selector->linker, spaces[i], NULL, NULL) ||
		        strcmp(graph_symbol_text(graph, spaces[i]), "kube-system") == 0)
			return true;
	return false;
}

static void link_monitor(const Selector *selector, Node monitor, Takes takes)
{
	Graph *graph = selector->linker->graph;
	Symbol spaces[MOST_NAMESPACES];
	uint32_t n_spaces = watched(selector->linker, monitor, spaces), found = 0;
	const Row *key = key_pair(selector, monitor);
	Rows labelled = key ? graph_rows_to(graph, FACT_LABEL, key->object) : (Rows){NULL, NULL};
	for (const Row *row = labelled.at; row != labelled.end && found < MOST_PODS; row++) {
		Node node = row->subject;
		if (!is_taken(graph, node, takes) || !matches(selector, monitor, node) ||
		        !is_watched(selector->linker, takes == TAKES_PODS ? graph_parent(graph, node) : node, spaces,
		                n_spaces))
			continue;
		graph_derive(graph, monitor, FACT_MONITORS, node, graph_place(graph, node));
		found++;
	}
	if (found == MOST_PODS || may_take(selector, monitor, spaces, n_spaces))
		graph_derive(graph, monitor, FACT_MAY_SELECT, 0, graph_place(graph, monitor));
}

void link_selectors(Linker *linker)
{
	const Graph *graph = linker->graph;
	g_autoptr(GHashTable) added = g_hash_table_new(NULL, NULL);
	g_autoptr(GPtrArray) open = g_ptr_array_new();
	Selector selector = {linker, added, open};
	collect_added(&selector);
	collect_open(&selector);
	GRAPH_NODES (graph, NODE_OBJECT, object) {
		if (link_is_patch(graph, object))
			continue;
		if (link_is_kind(graph, object, "Service"))
			link_service(&selector, object, FACT_SELECTS);
		else if (link_is_kind(graph, object, "NetworkPolicy") ||
		         link_is_kind(graph, object, "PodDisruptionBudget"))
			link_service(&selector, object, FACT_COVERS);
		else if (taken_by(graph, object))
			link_monitor(&selector, object, taken_by(graph, object));
	}
}
