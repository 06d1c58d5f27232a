/* Files that two objects of Flux or Argo CD bring in. Where one of the two brings in the other as well, its path is too
 * wide: however many it takes from, that is one finding. */
#include "rule/apply.h"
#include "rule/owner.h"
#include "rule/rule.h"
#include "rule/search.h"

static const char *kind_of(const Graph *graph, Node object)
{
	return graph_text(graph, object, FACT_KIND);
}

/* An object that has one name whoever applies it. */
static Node single_object(const Graph *graph, Node file)
{
	GRAPH_CHILDREN (graph, file, NODE_DOCUMENT, document)
		GRAPH_CHILDREN (graph, document, NODE_OBJECT, object) {
			Rows rows = graph_rows_of(graph, object, FACT_IDENTITY);
			if (rows.end - rows.at == 1 && !strstr(graph_name(graph, object), "${"))
				return object;
		}
	return NODE_NONE;
}

static bool is_applier(const Graph *graph, Node node)
{
	return graph_node_type(graph, node) == NODE_OBJECT;
}

/* A FluxInstance makes the Kustomization that is called as its namespace, which may lie here as well. */
static bool is_made_by_instance(const Graph *graph, Node one, Node other)
{
	return (is_kind(graph, one, "FluxInstance") && is_kind(graph, other, "Kustomization") &&
	               strcmp(graph_text(graph, one, FACT_NAMESPACE), graph_name(graph, other)) == 0) ||
	       (is_kind(graph, other, "FluxInstance") && is_kind(graph, one, "Kustomization") &&
	               strcmp(graph_text(graph, other, FACT_NAMESPACE), graph_name(graph, one)) == 0);
}

/* The first two owners of the same cluster, both objects of Flux or Argo CD. */
static bool find_rivals(const Graph *graph, const Owners *owners, Node *ret_one, Node *ret_other)
{
	for (uint32_t i = 0; i < owners->count; i++)
		for (uint32_t j = i + 1; j < owners->count; j++) {
			Node one = owners->at[i], other = owners->at[j];
			if (!is_applier(graph, one) || !is_applier(graph, other) ||
			        is_made_by_instance(graph, one, other) ||
			        graph_symbol(graph, one, FACT_CLUSTER) != graph_symbol(graph, other, FACT_CLUSTER) ||
			        !(share_root(graph, file_node_of(graph, one), file_node_of(graph, other)) ||
			                file_node_of(graph, one) == file_node_of(graph, other)))
				continue;
			*ret_one = one;
			*ret_other = other;
			return true;
		}
	return false;
}

static bool brings_in(const Graph *graph, Node owner, Node object)
{
	Owners owners = owners_of(graph, file_node_of(graph, object));
	for (uint32_t i = 0; i < owners.count; i++)
		if (owners.at[i] == owner)
			return true;
	return false;
}

/* The one that brings in the other itself, with what that applies: a path that is too wide. NODE_NONE where neither
 * does. */
static Node outer_of(const Graph *graph, Node one, Node other)
{
	return brings_in(graph, other, one) ? other : brings_in(graph, one, other) ? one : NODE_NONE;
}

typedef struct Rivals {
	Node one, other, outer;
	GArray *objects; /* Node: that both apply, one of each file */
} Rivals;

static void rivals_free(void *data)
{
	Rivals *rivals = data;
	g_array_unref(rivals->objects);
	g_free(rivals);
}

static Node object_of(const Rivals *rivals, guint index)
{
	return g_array_index(rivals->objects, Node, index);
}

static void report_rivals(Checker *checker, const Rivals *rivals)
{
	const Graph *graph = checker_graph(checker);
	Node one = rivals->one, other = rivals->other, object = object_of(rivals, 0);
	Finding *finding = report(checker, one, graph_place(graph, one), "%s %s and %s %s both apply %s %s",
	        kind_of(graph, one), graph_name(graph, one), kind_of(graph, other), graph_name(graph, other),
	        kind_of(graph, object), graph_name(graph, object));
	add_evidence(checker, finding, graph_place(graph, other), "the other owner");
	set_detail(checker, finding, "%s", graph_name(graph, other));
	for (guint i = 0; i < rivals->objects->len; i++) {
		Span place = graph_place(graph, object_of(rivals, i));
		add_evidence(checker, finding, place, "both bring in %s", graph_file_path(graph, place.file));
	}
}

#define LEAST_INNER 3 /* with fewer it may be these whose path is wrong */
#define MOST_INNER 12 /* so many are named */

/* A path that is too wide takes from many: one finding. */
static void report_outer(Checker *checker, Node outer, const GPtrArray *all)
{
	const Graph *graph = checker_graph(checker);
	Finding *finding = report(checker, outer, graph_place(graph, outer),
	        "%s %s applies what %u others apply, too: its path brings in theirs", kind_of(graph, outer),
	        graph_name(graph, outer), all->len);
	set_hint(checker, finding,
	        "let it bring in the objects of the others alone: list them in a kustomization.yaml, or keep them in a "
	        "folder apart from what they apply");
	for (guint i = 0; i < MIN(all->len, MOST_INNER); i++) {
		const Rivals *rivals = all->pdata[i];
		Node inner = rivals->one == outer ? rivals->other : rivals->one, object = object_of(rivals, 0);
		add_evidence(checker, finding, graph_place(graph, inner), "%s %s applies %s %s", kind_of(graph, inner),
		        graph_name(graph, inner), kind_of(graph, object), graph_name(graph, object));
	}
}

static void add_outer(GHashTable *outers, Rivals *rivals)
{
	GPtrArray *inner = g_hash_table_lookup(outers, GUINT_TO_POINTER(rivals->outer));
	if (!inner)
		g_hash_table_insert(outers, GUINT_TO_POINTER(rivals->outer), inner = g_ptr_array_new());
	g_ptr_array_add(inner, rivals);
}

static Rivals *rivals_new(const Graph *graph, Node one, Node other)
{
	Rivals *rivals = g_new(Rivals, 1);
	*rivals = (Rivals){one, other, outer_of(graph, one, other), g_array_new(FALSE, FALSE, sizeof(Node))};
	return rivals;
}

/* Each pair of owners once, in the order of the first file that both bring in. */
static GPtrArray *find_all_rivals(const Graph *graph, GHashTable *outers)
{
	g_autoptr(GHashTable) pairs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GPtrArray *all = g_ptr_array_new_with_free_func(rivals_free);
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		Node node = graph_file_node(graph, file), object = single_object(graph, node), one, other;
		if (!object || !graph_has(graph, node, FACT_REACHED_BY))
			continue;
		Owners owners = owners_of(graph, node);
		if (!find_rivals(graph, &owners, &one, &other))
			continue;
		g_autofree char *pair = g_strdup_printf("%u/%u", one, other);
		Rivals *rivals = g_hash_table_lookup(pairs, pair);
		if (!rivals) {
			rivals = rivals_new(graph, one, other);
			g_ptr_array_add(all, rivals);
			g_hash_table_insert(pairs, g_steal_pointer(&pair), rivals);
			add_outer(outers, rivals);
		}
		g_array_append_val(rivals->objects, object);
	}
	return all;
}

static void check_gitops_owned_twice(Checker *checker)
{
	g_autoptr(GHashTable) outers = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref);
	g_autoptr(GPtrArray) all = find_all_rivals(checker_graph(checker), outers);
	for (guint i = 0; i < all->len; i++) {
		const Rivals *rivals = all->pdata[i];
		const GPtrArray *inner = g_hash_table_lookup(outers, GUINT_TO_POINTER(rivals->outer));
		if (!rivals->outer || inner->len < LEAST_INNER)
			report_rivals(checker, rivals);
		else if (inner->pdata[0] == rivals)
			report_outer(checker, rivals->outer, inner);
	}
}

static const Rule rules[] = {
        {
                .id = "gitops-owned-twice",
                .level = LEVEL_WARNING,
                .fix = FIX_PROPOSAL,
                .title = "two Flux or Argo CD objects apply the same manifest",
                .why = "Each takes the object for its own: they undo one another's changes, and when one of them is "
                       "removed its pruning deletes what the other still wants.",
                .remedy = "Let one of them bring the file in, and take its folder out of the other.",
                .check = check_gitops_owned_twice,
        },
};

const RuleSet rules_rivals = {"rivals", rules, G_N_ELEMENTS(rules)};
