/* From the roots down: in which namespaces and under which names the files of a repository are applied.
 *
 * A root is a carrier that no other brings in. What it does to names is handed on to all it reaches; a file that is
 * reached in several ways has several contexts, up to a number that no real overlay needs. Flux' own first
 * Kustomization usually brings in the file that it stands in: circles are entered at the shortest path. */
#include "base/path.h"
#include "link/linker.h"

#define DEEPEST_COMPONENT 8

Contexts link_contexts(const Linker *linker, uint32_t file)
{
	const GArray *contexts = linker->file_contexts[file];
	return contexts ? (Contexts){(const Context *)(const void *)contexts->data, contexts->len}
	                : (Contexts){NULL, 0};
}

Carrier *link_find_carrier(const Linker *linker, Node node)
{
	return g_hash_table_lookup(linker->carriers, GUINT_TO_POINTER(node));
}

static bool same_context(const Context *a, const Context *b)
{
	return a->namespace == b->namespace && a->fallback == b->fallback && a->prefix == b->prefix &&
	       a->suffix == b->suffix && a->root == b->root && a->applier == b->applier;
}

/* False if it is there already or there are too many. */
static bool add_context(GArray *contexts, const Context *context)
{
	if (contexts->len >= LINK_MOST_CONTEXTS)
		return false;
	for (guint i = 0; i < contexts->len; i++)
		if (same_context(&g_array_index(contexts, Context, i), context))
			return false;
	g_array_append_vals(contexts, context, 1);
	return true;
}

static Symbol join(Graph *graph, Symbol first, Symbol second)
{
	if (!first || !second)
		return first ? first : second;
	Slice left = graph_symbol_slice(graph, first), right = graph_symbol_slice(graph, second);
	if (left.length + right.length > 253)
		return first;
	g_autofree char *text = g_strdup_printf("%.*s%.*s", SLICE_ARGS(left), SLICE_ARGS(right));
	return graph_intern(graph, slice_from(text));
}

/* The inner change first, the outer one over it. */
static Context combine(Graph *graph, const Context *outer, const Context *inner)
{
	return (Context){.namespace = outer->namespace ? outer->namespace : inner->namespace,
	        .fallback = outer->fallback ? outer->fallback : inner->fallback,
	        .prefix = join(graph, outer->prefix, inner->prefix),
	        .suffix = join(graph, inner->suffix, outer->suffix),
	        .root = outer->root,
	        .applier = outer->applier};
}

static Node substituting(const Graph *graph, Node node)
{
	return graph_node_type(graph, node) == NODE_OBJECT && link_has_substitutes(graph, node) ? node : NODE_NONE;
}

/* ---- what a kustomization does ------------------------------------------------------------------- */

static bool is_component(const Graph *graph, Node node)
{
	return graph_node_type(graph, node) == NODE_KUSTOMIZATION && graph_has(graph, node, FACT_COMPONENT);
}

static Context written_change(const Graph *graph, Node node)
{
	Symbol namespace = graph_symbol(graph, node, FACT_NAMESPACE);
	if (namespace && link_is_open(graph_symbol_text(graph, namespace)))
	namespace = LINK_UNKNOWN_NAMESPACE;
	return (Context){.namespace = namespace,
	        .prefix = graph_symbol(graph, node, FACT_PREFIX),
	        .suffix = graph_symbol(graph, node, FACT_SUFFIX)};
}

/* Components change what the kustomization that lists them has gathered. Each carrier is asked once; one that is asked
 * again while it still answers is in a circle. */
static Context own_change(const Linker *linker, Carrier *carrier, uint32_t depth)
{
	if (carrier->asked || depth > DEEPEST_COMPONENT)
		return carrier->own;
	carrier->asked = true;
	Context own = written_change(linker->graph, carrier->node);
	for (guint i = 0; i < carrier->edges->len; i++) {
		Node target = g_array_index(carrier->edges, Edge, i).target;
		if (!is_component(linker->graph, target))
			continue;
		Context change = own_change(linker, link_find_carrier(linker, target), depth + 1);
		own = combine(linker->graph, &own, &change);
	}
	return carrier->own = own;
}

/* ---- spreading ----------------------------------------------------------------------------------- */

typedef struct Visit {
	Carrier *carrier;
	Context context;
} Visit;

static void enter(GQueue *queue, Carrier *carrier, const Context *context)
{
	if (!add_context(carrier->contexts, context))
		return;
	Visit *visit = g_new(Visit, 1);
	*visit = (Visit){carrier, *context};
	g_queue_push_tail(queue, visit);
}

/* Appliers in a file begin anew: only the root is handed on, and that not to another cluster. */
static void enter_appliers(Linker *linker, GQueue *queue, uint32_t file, Node root)
{
	const Graph *graph = linker->graph;
	GRAPH_CHILDREN (graph, graph_file_node(graph, file), NODE_DOCUMENT, document)
		GRAPH_CHILDREN (graph, document, NODE_OBJECT, object) {
			Carrier *carrier = link_find_carrier(linker, object);
			Context fresh = {.root = graph_has(graph, object, FACT_CLUSTER) ? object : root,
			        .applier = substituting(graph, object)};
			if (carrier)
				enter(queue, carrier, &fresh);
		}
}

static void reach_file(Linker *linker, GQueue *queue, Node node, const Context *context)
{
	uint32_t file = graph_file_of(linker->graph, node);
	GArray **contexts = &linker->file_contexts[file];
	if (!*contexts)
		*contexts = g_array_new(FALSE, FALSE, sizeof(Context));
	if (add_context(*contexts, context))
		enter_appliers(linker, queue, file, context->root);
}

static void follow_edges(Linker *linker, GQueue *queue, const Visit *visit)
{
	Graph *graph = linker->graph;
	for (guint i = 0; i < visit->carrier->edges->len; i++) {
		const Edge *edge = &g_array_index(visit->carrier->edges, Edge, i);
		if (edge->closes)
			continue;
		Context context = combine(graph, &visit->context, &edge->change);
		Carrier *inner = link_find_carrier(linker, edge->target);
		if (!inner) {
			reach_file(linker, queue, edge->target, &context);
			continue;
		}
		if (!is_component(graph, edge->target))
			context = combine(graph, &context, &inner->own);
		enter(queue, inner, &context);
	}
}

static void spread_from(Linker *linker, Carrier *root)
{
	g_autoptr(GQueue) queue = g_queue_new();
	Context context = {.root = root->root, .applier = substituting(linker->graph, root->node)};
	context = combine(linker->graph, &context, &root->own);
	enter(queue, root, &context);
	for (Visit *visit; (visit = g_queue_pop_head(queue));) {
		/* the carrier's own file: that is where the kustomization and its generators stand */
		uint32_t file = graph_file_of(linker->graph, visit->carrier->node);
		if (graph_node_type(linker->graph, visit->carrier->node) == NODE_KUSTOMIZATION) {
			if (!linker->file_contexts[file])
				linker->file_contexts[file] = g_array_new(FALSE, FALSE, sizeof(Context));
			add_context(linker->file_contexts[file], &visit->context);
		}
		follow_edges(linker, queue, visit);
		g_free(visit);
	}
}

/* ---- roots --------------------------------------------------------------------------------------- */

static void find_parents(Linker *linker)
{
	const Graph *graph = linker->graph;
	for (guint i = 0; i < linker->in_order->len; i++) {
		const Carrier *carrier = linker->in_order->pdata[i];
		for (guint j = 0; !carrier->silent && j < carrier->edges->len; j++) {
			Carrier *inner = link_find_carrier(linker, g_array_index(carrier->edges, Edge, j).target);
			if (inner && inner != carrier)
				inner->has_parent = true;
		}
	}
	for (guint i = 0; i < linker->in_order->len; i++) {
		Carrier *carrier = linker->in_order->pdata[i];
		if (graph_node_type(graph, carrier->node) == NODE_OBJECT)
			carrier->has_parent = linker->taken[graph_file_of(graph, carrier->node)];
	}
}

/* Flux' first Kustomization stands below its own path; of several, the shortest path is the outermost. */
static size_t circle_rank(const Graph *graph, Node object)
{
	Node entry = graph_first_child(graph, object, NODE_ENTRY);
	Slice path = entry ? graph_symbol_slice(graph, graph_name_symbol(graph, entry)) : (Slice){"", 0};
	g_autofree char *folder = path_resolve((Slice){"", 0}, path);
	bool own = folder && path_is_below(graph_folder_of(graph, object), slice_from(folder));
	return path.length + (own ? 0 : 1 << 20);
}

static int compare_circle_ranks(const void *a, const void *b, void *data)
{
	const Carrier *left = *(Carrier *const *)a, *right = *(Carrier *const *)b;
	size_t x = circle_rank(data, left->node), y = circle_rank(data, right->node);
	if (x != y)
		return x < y ? -1 : 1;
	return left->node < right->node ? -1 : 1;
}

/* Carriers that only circles reach: appliers by their paths, then kustomizations. */
static void spread_circles(Linker *linker)
{
	Graph *graph = linker->graph;
	g_autoptr(GPtrArray) left = g_ptr_array_new();
	for (guint i = 0; i < linker->in_order->len; i++) {
		Carrier *carrier = linker->in_order->pdata[i];
		if (carrier->contexts->len == 0 && graph_node_type(graph, carrier->node) == NODE_OBJECT)
			g_ptr_array_add(left, carrier);
	}
	if (left->len > 1)
		g_qsort_with_data(left->pdata, (gint)left->len, sizeof(void *), compare_circle_ranks, graph);
	for (guint i = 0; i < linker->in_order->len; i++) {
		Carrier *carrier = linker->in_order->pdata[i];
		if (carrier->contexts->len == 0 && graph_node_type(graph, carrier->node) == NODE_KUSTOMIZATION)
			g_ptr_array_add(left, carrier);
	}
	for (guint i = 0; i < left->len; i++) {
		Carrier *carrier = left->pdata[i];
		if (carrier->contexts->len == 0)
			spread_from(linker, carrier);
	}
}

static void derive_roots(Linker *linker)
{
	Graph *graph = linker->graph;
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		Contexts contexts = link_contexts(linker, file);
		for (uint32_t i = 0; i < contexts.count; i++) {
			bool known = false;
			for (uint32_t j = 0; j < i; j++)
				known = known || contexts.at[j].root == contexts.at[i].root;
			if (!known)
				graph_derive(graph, graph_file_node(graph, file), FACT_ROOT, contexts.at[i].root,
				        graph_place(graph, contexts.at[i].root));
		}
	}
}

void link_reach(Linker *linker)
{
	linker->file_contexts = g_new0(GArray *, MAX(graph_files(linker->graph), 1));
	for (guint i = 0; i < linker->in_order->len; i++) {
		Carrier *carrier = linker->in_order->pdata[i];
		if (graph_node_type(linker->graph, carrier->node) == NODE_KUSTOMIZATION)
			own_change(linker, carrier, 0);
	}
	find_parents(linker);
	for (guint i = 0; i < linker->in_order->len; i++) {
		Carrier *carrier = linker->in_order->pdata[i];
		if (!carrier->has_parent && !carrier->silent)
			spread_from(linker, carrier);
	}
	spread_circles(linker);
	derive_roots(linker);
}

void link_reach_clear(Linker *linker)
{
	for (guint i = 0; i < linker->in_order->len; i++) {
		Carrier *carrier = linker->in_order->pdata[i];
		g_array_unref(carrier->edges);
		g_array_unref(carrier->contexts);
		g_free(carrier);
	}
	for (uint32_t file = 0; file < graph_files(linker->graph); file++)
		if (linker->file_contexts[file])
			g_array_unref(linker->file_contexts[file]);
	g_hash_table_unref(linker->made_names);
	g_hash_table_unref(linker->open_names);
	g_hash_table_unref(linker->opaque);
	g_hash_table_unref(linker->foreign);
	g_free(linker->file_contexts);
	g_free(linker->taken);
	g_ptr_array_unref(linker->in_order);
	g_hash_table_unref(linker->carriers);
}
