/* Where what stands under the cursor leads: over references that were linked, from a selector to the pods that have the
 * label, from a port to the container's, from a host to its Service or node, from a path to its file. */
#include "serve/editor.h"

#include "base/path.h"
#include "rule/mentioned.h"

typedef struct Search {
	const Graph *graph;
	Span place;
	GArray *found; /* Span */
} Search;

static void add(const Search *search, Span span)
{
	for (guint i = 0; i < search->found->len; i++) {
		Span other = g_array_index(search->found, Span, i);
		if (other.file == span.file && other.start == span.start)
			return;
	}
	g_array_append_val(search->found, span);
}

static void add_node(const Search *search, Node node)
{
	if (node)
		add(search, graph_place(search->graph, node));
}

static bool is_here(const Search *search, const Row *row)
{
	return span_holds(graph_span(search->graph, row), search->place);
}

/* The same, or on the key of the pair whose value the row stands at. */
static bool is_on_pair(const Search *search, const Row *row)
{
	Span span = graph_span(search->graph, row);
	Slice bytes = graph_file_bytes(search->graph, span.file);
	size_t at = span.start;
	while (at > 0 && strchr(" :\"'", bytes.at[at - 1]))
		at--;
	while (at > 0 && (g_ascii_isalnum(bytes.at[at - 1]) || strchr("-_./", bytes.at[at - 1])))
		at--;
	span.start = (uint32_t)at;
	return span_holds(span, search->place);
}

/* ---- references ------------------------------------------------------------------------------------------ */

static void find_references(const Search *search)
{
	const Graph *graph = search->graph;
	GRAPH_EACH (graph, FACT_REFERS_TO, row)
		if (is_here(search, row) || span_holds(graph_place(graph, row->subject), search->place))
			add_node(search, row->object);
}

/* The key that a reference names within its object. */
static void find_keys(const Search *search)
{
	const Graph *graph = search->graph;
	GRAPH_EACH (graph, FACT_WANTS_KEY, row) {
		if (!is_here(search, row))
			continue;
		GRAPH_OF (graph, row->subject, FACT_REFERS_TO, reference)
			GRAPH_CHILDREN (graph, reference->object, NODE_KEY, key)
				if (graph_name_symbol(graph, key) == row->object)
					add_node(search, key);
	}
}

/* ---- Services and pods ------------------------------------------------------------------------------------ */

/* The label of the pod that the selector names, or the pod. */
static void add_label(const Search *search, Node pod, Symbol pair)
{
	GRAPH_OF (search->graph, pod, FACT_LABEL, label)
		if (label->object == pair) {
			add(search, graph_span(search->graph, label));
			return;
		}
	add_node(search, pod);
}

static void find_selected(const Search *search)
{
	const Graph *graph = search->graph;
	GRAPH_EACH (graph, FACT_SELECTOR, row) {
		if (!is_on_pair(search, row))
			continue;
		GRAPH_OF (graph, row->subject, FACT_SELECTS, selected)
			add_label(search, selected->object, row->object);
		Node own = graph_first_child(graph, row->subject, NODE_POD);
		if (own)
			add_label(search, own, row->object);
	}
}

static bool is_target(const Graph *graph, Node port, const Row *target)
{
	if (target->kind == FACT_TARGET_NAME)
		return graph_symbol(graph, port, FACT_PORT_NAME) == target->object;
	return graph_number(graph, port, FACT_NUMBER) == target->object;
}

/* From a Service's port to that of the container behind it. */
static void find_target(const Search *search, FactKind kind)
{
	const Graph *graph = search->graph;
	GRAPH_EACH (graph, kind, row) {
		Node service = graph_ancestor(graph, row->subject, NODE_OBJECT);
		if (!is_here(search, row) || !service)
			continue;
		GRAPH_OF (graph, service, FACT_SELECTS, selected)
			GRAPH_CHILDREN (graph, selected->object, NODE_CONTAINER, container)
				GRAPH_CHILDREN (graph, container, NODE_PORT, port)
					if (is_target(graph, port, row))
						add_node(search, port);
	}
}

/* ---- hosts ----------------------------------------------------------------------------------------------- */

/* The Service's port where the cursor is on one, else the Service. */
static void add_service(const Search *search, Node service, Node mention)
{
	const Graph *graph = search->graph;
	const Row *number = mention ? graph_find(graph, mention, FACT_NUMBER) : NULL;
	bool on_port = number && is_here(search, number) && !span_holds(graph_place(graph, mention), search->place);
	bool found = false;
	GRAPH_CHILDREN (graph, service, NODE_PORT, port) {
		if (!on_port || graph_number(graph, port, FACT_NUMBER) != number->object)
			continue;
		add_node(search, port);
		found = true;
	}
	if (!found)
		add_node(search, service);
}

/* A node that labwright.yaml or an inventory gives the address or the name to. */
static void find_machine(const Search *search, Node mention)
{
	const Graph *graph = search->graph;
	const Row *address = graph_find(graph, mention, FACT_ADDRESS);
	if (address)
		GRAPH_TO (graph, FACT_ADDRESS, address->object, row)
			if (graph_node_type(graph, row->subject) == NODE_MACHINE)
				add_node(search, row->subject);
	GRAPH_NAMED(graph, NODE_MACHINE, graph_name_symbol(graph, mention), machine)
	add_node(search, machine);
}

static bool holds_mention(const Search *search, Node mention)
{
	const Graph *graph = search->graph;
	Span span = graph_place(graph, mention);
	const Row *number = graph_find(graph, mention, FACT_NUMBER), *scheme = graph_find(graph, mention, FACT_SCHEME);
	if (number)
		span.end = MAX(span.end, graph_span(graph, number).end);
	if (scheme)
		span.start = MIN(span.start, graph_span(graph, scheme).start);
	return span_holds(span, search->place);
}

static void find_mentioned(const Search *search)
{
	const Graph *graph = search->graph;
	Node file = graph_file_node(graph, search->place.file);
	GRAPH_CHILDREN (graph, file, NODE_MENTION, mention) {
		if (!holds_mention(search, mention))
			continue;
		Node service = mentioned_service(graph, mention);
		service = service ? service : composed_service(graph, mention);
		if (service)
			add_service(search, service, mention);
		find_machine(search, mention);
	}
}

/* The whole value of a variable or a key that is the name of a Service: DB_HOST: postgres. */
static void find_named_host(const Search *search)
{
	const Graph *graph = search->graph;
	GRAPH_EACH (graph, FACT_VALUE, row) {
		if (!is_here(search, row))
			continue;
		Node service = host_service(graph, graph_symbol_text(graph, row->object), graph_span(graph, row));
		if (service)
			add_node(search, service);
		Node compose = graph_ancestor(graph, row->subject, NODE_COMPOSE);
		GRAPH_CHILDREN (graph, compose, NODE_SERVICE, other)
			if (compose && graph_name_symbol(graph, other) == row->object)
				add_node(search, other);
	}
}

/* ---- compose --------------------------------------------------------------------------------------------- */

static void find_sibling(const Search *search, FactKind kind)
{
	const Graph *graph = search->graph;
	GRAPH_EACH (graph, kind, row) {
		Node compose = graph_ancestor(graph, row->subject, NODE_COMPOSE);
		if (!compose || !is_here(search, row))
			continue;
		GRAPH_CHILDREN (graph, compose, NODE_SERVICE, other)
			if (graph_name_symbol(graph, other) == row->object)
				add_node(search, other);
	}
}

/* ---- paths ----------------------------------------------------------------------------------------------- */

/* As seen from the folder of the file, or from the root; of a folder its kustomization or README. */
static void add_path(const Search *search, const char *text)
{
	static const char *const within[] = {"", "/kustomization.yaml", "/Dockerfile", "/README.md"};
	const Graph *graph = search->graph;
	Slice folder = path_folder(slice_from(graph_file_path(graph, search->place.file)));
	const Slice from[] = {folder, SLICE("")};
	g_autofree char *plain = g_strndup(text, strcspn(text, "#?"));
	for (size_t i = 0; i < G_N_ELEMENTS(from); i++) {
		g_autofree char *path = path_resolve(from[i], slice_from(plain));
		for (size_t k = 0; path && k < G_N_ELEMENTS(within); k++) {
			g_autofree char *whole = g_strconcat(path, within[k], NULL);
			Node file = graph_find_file(graph, slice_from(*path || k == 0 ? whole : whole + 1));
			if (!file)
				continue;
			add_node(search, file);
			return;
		}
	}
}

static void find_paths(const Search *search)
{
	static const FactKind kinds[] = {FACT_BUILD_CONTEXT, FACT_BUILD_FILE, FACT_ENV_FILE, FACT_ENV_FILE_OPTIONAL,
	        FACT_INCLUDES, FACT_SOURCE, FACT_FILE_ENTRY, FACT_HOST_PATH};
	static const NodeType types[] = {NODE_LINK, NODE_ENTRY};
	const Graph *graph = search->graph;
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		GRAPH_EACH (graph, kinds[i], row)
			if (is_here(search, row))
				add_path(search, graph_symbol_text(graph, row->object));
	for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
		GRAPH_NODES (graph, types[i], node)
			if (span_holds(graph_place(graph, node), search->place))
				add_path(search, graph_name(graph, node));
}

GArray *definition_find(const Graph *graph, Span place)
{
	Search search = {graph, place, g_array_new(FALSE, FALSE, sizeof(Span))};
	find_references(&search);
	find_keys(&search);
	find_selected(&search);
	find_target(&search, FACT_TARGET_NAME);
	find_target(&search, FACT_TARGET_NUMBER);
	find_mentioned(&search);
	find_sibling(&search, FACT_DEPENDS_ON);
	find_sibling(&search, FACT_WAITS_FOR);
	if (search.found->len == 0)
		find_named_host(&search);
	if (search.found->len == 0)
		find_paths(&search);
	return search.found;
}
