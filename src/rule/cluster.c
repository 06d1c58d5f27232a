/* Nothing in a manifest says which cluster it is for: what brings it in does, and the folders that people keep one
 * cluster each in. Where neither tells, a repository is taken for one cluster. */
#include "rule/cluster.h"

#include "base/path.h"
#include "rule/owner.h"
#include "rule/rule.h"

/* Folders whose children are alternatives. */
static bool holds_alternatives(Slice folder)
{
	static const char *const names[] = {"clusters", "cluster", "hosts", "overlays", "overlay", "environments",
	        "environment", "envs", "env", "machines", "sites", "stages", "regions", "tenants", "profiles",
	        "variants", NULL};
	return slice_is_any_nocase(folder, names);
}

static bool is_stage(Slice folder)
{
	static const char *const names[] = {"dev", "development", "stage", "staging", "prod", "production", "live",
	        "test", "testing", "qa", "uat", "local", "minikube", "kind", "k3d", "sandbox", "preview", "canary",
	        "base", "main", NULL};
	return slice_is_any_nocase(folder, names);
}

static bool is_production(Slice folder)
{
	static const char *const names[] = {"prod", "production", NULL};
	return slice_is_any_nocase(folder, names);
}

/* dev, staging-cluster, k8s.test. */
static bool names_other_stage(Slice folder)
{
	static const char *const names[] = {"dev", "development", "stage", "staging", "test", "testing", "qa", "uat",
	        "preview", "sandbox", "canary", NULL};
	for (size_t start = 0; start <= folder.length;) {
		size_t end = start;
		while (end < folder.length && !strchr("-_.", folder.at[end]))
			end++;
		if (slice_is_any_nocase(slice_sub(folder, start, end), names))
			return true;
		start = end + 1;
	}
	return false;
}

static GHashTable *find_parents(const Graph *graph)
{
	GHashTable *parents = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		Slice path = slice_from(graph_file_path(graph, file));
		for (size_t start = 0, end; (end = slice_find_byte(path, '/', start)) != SIZE_MAX; start = end + 1)
			if (names_other_stage(slice_sub(path, start, end)))
				g_hash_table_add(parents, g_strndup(path.at, start));
	}
	return parents;
}

bool is_production_area(Stages *stages, Slice folder)
{
	Slice name = path_name(folder);
	if (!is_production(name))
		return false;
	if (!stages->parents)
		stages->parents = find_parents(stages->graph);
	g_autofree char *parent = g_strndup(folder.at, folder.length - name.length);
	return !g_hash_table_contains(stages->parents, parent);
}

void stages_clear(Stages *stages)
{
	g_clear_pointer(&stages->parents, g_hash_table_unref);
}

static bool names_cluster(Slice folder)
{
	g_autofree char *lower = g_ascii_strdown(folder.at, (gssize)folder.length);
	return strstr(lower, "cluster") != NULL;
}

static Slice part_at(Slice path, size_t start)
{
	return slice_sub(path, start, MIN(slice_find_byte(path, '/', start), path.length));
}

/* Manifests are kept by distribution where one machine runs the one or the other. */
static bool is_distribution(Slice folder)
{
	static const char *const names[] = {"k3s", "k0s", "rke2", "microk8s", "minikube", "kind", "k3d", "talos",
	        "kubeadm", "openshift", "docker-desktop", "eks", "gke", "aks", NULL};
	return slice_is_any_nocase(folder, names);
}

/* The folders in which two paths part, and the folder above them; false where one of them is a file. */
static bool find_parting(Slice one, Slice other, Slice *ret_parent, Slice *ret_left, Slice *ret_right)
{
	size_t start = 0, above = 0;
	for (size_t i = 0; i < one.length && i < other.length && one.at[i] == other.at[i]; i++) {
		if (one.at[i] != '/')
			continue;
		above = start;
		start = i + 1;
	}
	*ret_parent = start ? slice_sub(one, above, start - 1) : (Slice){"", 0};
	*ret_left = part_at(one, start);
	*ret_right = part_at(other, start);
	return start + ret_left->length < one.length && start + ret_right->length < other.length;
}

bool are_for_two_distributions(Slice one, Slice other)
{
	Slice parent, left, right;
	return find_parting(one, other, &parent, &left, &right) && is_distribution(left) && is_distribution(right);
}

static bool paths_part(Slice one, Slice other)
{
	Slice parent, left, right;
	if (!find_parting(one, other, &parent, &left, &right))
		return false;
	return holds_alternatives(parent) || (is_stage(left) && is_stage(right)) ||
	       (is_distribution(left) && is_distribution(right)) || names_cluster(left) || names_cluster(right);
}

static Node root_of(const Graph *graph, Node file)
{
	const Row *root = graph_find(graph, file, FACT_ROOT);
	return root ? root->object : NODE_NONE;
}

bool share_cluster(const Graph *graph, Node one, Node other)
{
	Node left = graph_file_node(graph, graph_file_of(graph, one));
	Node right = graph_file_node(graph, graph_file_of(graph, other));
	if (paths_part(slice_from(graph_name(graph, left)), slice_from(graph_name(graph, right))))
		return false;
	Node left_root = root_of(graph, left), right_root = root_of(graph, right);
	if (!left_root || !right_root || share_root(graph, left, right))
		return true;
	/* Kustomizations that people build by hand are one for each app; the roots of GitOps are one for each cluster.
	 */
	return !has_appliers(graph) && !paths_part(slice_from(graph_file_path(graph, graph_file_of(graph, left_root))),
	                                       slice_from(graph_file_path(graph, graph_file_of(graph, right_root))));
}

bool may_share_namespace(const Graph *graph, Node one, Node other)
{
	GRAPH_OF (graph, one, FACT_IDENTITY, left) {
		g_auto(GStrv) a = g_strsplit(graph_symbol_text(graph, left->object), "/", 3);
		GRAPH_OF (graph, other, FACT_IDENTITY, right) {
			g_auto(GStrv) b = g_strsplit(graph_symbol_text(graph, right->object), "/", 3);
			if (g_strv_length(a) == 3 && g_strv_length(b) == 3 &&
			        (strcmp(a[1], b[1]) == 0 || !*a[1] || !*b[1]))
				return true;
		}
	}
	return false;
}

/* ---- collections ------------------------------------------------------------------------------------------------ */

/* In so many files stands one object, and there are so many such objects. */
#define FILES_OF_COLLECTION 4
#define OBJECTS_OF_COLLECTION 3

static uint32_t files_with(const Graph *graph, Symbol identity)
{
	uint32_t count = 0, last = UINT32_MAX;
	GRAPH_TO (graph, FACT_IDENTITY, identity, row) {
		uint32_t file = graph_file_of(graph, row->subject);
		count += file != last && !is_patch(graph, row->subject) && !is_kind(graph, row->subject, "Namespace");
		last = file;
	}
	return count;
}

bool is_collection(const Graph *graph)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_direct_hash, g_direct_equal);
	uint32_t objects = 0;
	if (has_appliers(graph))
		return false;
	GRAPH_EACH (graph, FACT_IDENTITY, row)
		if (g_hash_table_add(seen, GUINT_TO_POINTER(row->object)))
			objects += files_with(graph, row->object) >= FILES_OF_COLLECTION;
	return objects >= OBJECTS_OF_COLLECTION;
}
