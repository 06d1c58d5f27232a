/* Up from a file through the kustomizations that list one another, to the objects that apply them. */
#include "rule/owner.h"

/* Higher than anybody stacks kustomizations. */
#define MOST_SEEN 500

Node file_node_of(const Graph *graph, Node node)
{
	return graph_file_node(graph, graph_file_of(graph, node));
}

static void add_owner(Owners *owners, Node owner)
{
	for (uint32_t i = 0; i < owners->count; i++)
		if (owners->at[i] == owner)
			return;
	if (owners->count < MOST_OWNERS)
		owners->at[owners->count++] = owner;
}

/* The kustomization of a file that nothing brings in is its own owner. */
static void look_up(const Graph *graph, Node file, GQueue *files, GHashTable *seen, Owners *owners)
{
	GRAPH_OF (graph, file, FACT_REACHED_BY, row) {
		Node carrier = row->object, above = file_node_of(graph, carrier);
		bool applier = graph_node_type(graph, carrier) != NODE_KUSTOMIZATION;
		if (applier || !graph_has(graph, above, FACT_REACHED_BY))
			add_owner(owners, carrier);
		else if (g_hash_table_add(seen, GUINT_TO_POINTER(above)))
			g_queue_push_tail(files, GUINT_TO_POINTER(above));
	}
}

/* A kustomization that nothing brings in owns what it generates itself. */
static void add_own_kustomization(const Graph *graph, Node file, Owners *owners)
{
	GRAPH_CHILDREN (graph, file, NODE_DOCUMENT, document) {
		Node list = graph_first_child(graph, document, NODE_KUSTOMIZATION);
		if (list)
			add_owner(owners, list);
	}
}

Owners owners_of(const Graph *graph, Node file)
{
	Owners owners = {.count = 0};
	if (!graph_has(graph, file, FACT_REACHED_BY))
		add_own_kustomization(graph, file, &owners);
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
	g_autoptr(GQueue) files = g_queue_new();
	g_hash_table_add(seen, GUINT_TO_POINTER(file));
	g_queue_push_tail(files, GUINT_TO_POINTER(file));
	while (!g_queue_is_empty(files) && owners.count < MOST_OWNERS && g_hash_table_size(seen) < MOST_SEEN)
		look_up(graph, GPOINTER_TO_UINT(g_queue_pop_head(files)), files, seen, &owners);
	return owners;
}

static void add_carrier(Carriers *carriers, Node list)
{
	for (uint32_t i = 0; i < carriers->count; i++)
		if (carriers->at[i] == list)
			return;
	if (carriers->count < MOST_CARRIERS)
		carriers->at[carriers->count++] = list;
}

Carriers carriers_of(const Graph *graph, Node file)
{
	Carriers carriers = {.count = 0};
	for (uint32_t next = 0;; next++) {
		GRAPH_OF (graph, file, FACT_REACHED_BY, row)
			if (graph_node_type(graph, row->object) == NODE_KUSTOMIZATION)
				add_carrier(&carriers, row->object);
		if (next >= carriers.count)
			return carriers;
		file = file_node_of(graph, carriers.at[next]);
	}
}

static bool patch_has(const Graph *graph, Node entry, const char *word)
{
	const Row *target = graph_find(graph, entry, FACT_REFERS_TO);
	if (strcmp(graph_text(graph, entry, FACT_ROLE), "inline-patch") == 0)
		return slice_find(graph_span_bytes(graph, graph_place(graph, entry)), word, 0) != SIZE_MAX;
	return strcmp(graph_text(graph, entry, FACT_ROLE), "patch") == 0 && target &&
	       slice_find(graph_file_bytes(graph, graph_file_of(graph, target->object)), word, 0) != SIZE_MAX;
}

bool is_patched_with(const Graph *graph, const Carriers *carriers, const char *word)
{
	for (uint32_t i = 0; i < carriers->count; i++)
		GRAPH_CHILDREN (graph, carriers->at[i], NODE_ENTRY, entry)
			if (patch_has(graph, entry, word))
				return true;
	return false;
}

bool owners_share(const Owners *a, const Owners *b)
{
	for (uint32_t i = 0; i < a->count; i++)
		for (uint32_t j = 0; j < b->count; j++)
			if (a->at[i] == b->at[j])
				return true;
	return false;
}

/* What an ApplicationSet fills into its path where it brings the file in: the element of a list that was followed, or
 * what stands in the path up to the next slash. */
static Slice filled_part(const Graph *graph, Node file, Node set)
{
	Slice path = slice_from(graph_file_path(graph, graph_file_of(graph, file)));
	GRAPH_OF (graph, file, FACT_REACHED_BY, row) {
		if (row->object != set)
			continue;
		Slice pattern = graph_span_bytes(graph, graph_span(graph, row));
		while (pattern.length && strchr("\"'./", pattern.at[0]))
			pattern = slice_sub(pattern, 1, pattern.length);
		size_t start = slice_find(pattern, "{{", 0);
		if (start == SIZE_MAX)
			return pattern;
		if (start < path.length && slice_equal(slice_sub(pattern, 0, start), slice_sub(path, 0, start)))
			return slice_sub(path, start, MIN(slice_find_byte(path, '/', start), path.length));
	}
	return (Slice){"", 0};
}

/* `path: clusters/{{cluster}}` beside `name: '{{cluster}}'` of the destination: each value is of another cluster. */
static bool are_of_two_clusters(const Graph *graph, Node file, Node other, Node root)
{
	const char *cluster = graph_text(graph, root, FACT_CLUSTER);
	Slice document = graph_span_bytes(graph, graph_place(graph, graph_ancestor(graph, root, NODE_DOCUMENT))), line;
	bool by_path = false;
	if (!strstr(cluster, "{{"))
		return false;
	while (!by_path && slice_next_line(&document, &line))
		by_path = slice_find(line, "path:", 0) != SIZE_MAX && slice_find(line, cluster, 0) != SIZE_MAX;
	Slice one = filled_part(graph, file, root), two = filled_part(graph, other, root);
	return by_path && one.length && two.length && !slice_equal(one, two);
}

bool share_root(const Graph *graph, Node file, Node other)
{
	GRAPH_OF (graph, file, FACT_ROOT, row)
		if (graph_says(graph, other, FACT_ROOT, row->object) &&
		        !are_of_two_clusters(graph, file, other, row->object))
			return true;
	return false;
}

bool is_built_by_cluster(const Graph *graph, Node file)
{
	Owners owners = owners_of(graph, file);
	for (uint32_t i = 0; i < owners.count; i++)
		if (graph_node_type(graph, owners.at[i]) == NODE_OBJECT)
			return true;
	return false;
}

GHashTable *live_roots(const Graph *graph)
{
	GHashTable *roots = g_hash_table_new(NULL, NULL);
	GRAPH_EACH (graph, FACT_REACHED_BY, row) {
		if (graph_node_type(graph, row->object) != NODE_OBJECT ||
		        !g_hash_table_add(roots, GUINT_TO_POINTER(row->object)))
			continue;
		GRAPH_OF (graph, file_node_of(graph, row->object), FACT_ROOT, root)
			g_hash_table_add(roots, GUINT_TO_POINTER(root->object));
	}
	return roots;
}

bool is_live(const Graph *graph, GHashTable *roots, Node file)
{
	GRAPH_OF (graph, file, FACT_ROOT, row)
		if (g_hash_table_contains(roots, GUINT_TO_POINTER(row->object)))
			return true;
	return false;
}

bool has_appliers(const Graph *graph)
{
	GRAPH_EACH (graph, FACT_REACHED_BY, row)
		if (graph_node_type(graph, row->object) == NODE_OBJECT)
			return true;
	return false;
}
