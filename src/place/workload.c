/* Which pods there are: every controller that the repository applies, once for each name under which it is applied.
 * Files that are archived, examples, tests and the like are left out, as are patches: they say nothing of a pod by
 * themselves. */
#include "place/model.h"

#include "base/path.h"

#include <stdlib.h>

static bool is_quiet(const Graph *graph, Node node)
{
	Node file = graph_file_node(graph, graph_file_of(graph, node));
	return graph_has(graph, file, FACT_CLASS) || graph_has(graph, file, FACT_QUIET);
}

bool is_put_away(const Graph *graph, Node object)
{
	Node document = graph_ancestor(graph, object, NODE_DOCUMENT);
	return is_quiet(graph, object) || (document && graph_has(graph, document, FACT_IS_PATCH));
}

static bool is_asked(const Graph *graph, Node object, const char *const *paths)
{
	Node file = graph_file_node(graph, graph_file_of(graph, object));
	for (const char *const *path = paths; path && *path; path++) {
		if (path_is_below(slice_from(graph_name(graph, file)), slice_from(*path)))
			return true;
		GRAPH_OF (graph, file, FACT_ROOT, row)
			if (path_is_below(slice_from(graph_file_path(graph, graph_file_of(graph, row->object))),
			            slice_from(*path)))
				return true;
	}
	return !paths;
}

static bool is_controller(const char *kind)
{
	static const char *const kinds[] = {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet",
	        "ReplicationController", "Rollout", "Pod", "Job", "CronJob", NULL};
	return g_strv_contains(kinds, kind);
}

static int32_t priority_of(const Graph *graph, Node pod)
{
	GRAPH_CHILDREN (graph, pod, NODE_REFERENCE, reference) {
		if (strcmp(graph_text(graph, reference, FACT_ROLE), "priority-class") != 0)
			continue;
		const char *name = graph_name(graph, reference);
		/* The two that Kubernetes makes itself. */
		if (strcmp(name, "system-cluster-critical") == 0)
			return 2000000000;
		if (strcmp(name, "system-node-critical") == 0)
			return 2000001000;
		GRAPH_OF (graph, reference, FACT_REFERS_TO, row)
			return (int32_t)CLAMP(g_ascii_strtoll(graph_text(graph, row->object, FACT_PRIORITY), NULL, 10),
			        -1000000000, 1000000000);
	}
	return 0;
}

#define MOST_REPLICAS 1000

static uint32_t replicas_of(Model *model, Node object)
{
	const Graph *graph = model->graph;
	if (!graph_has(graph, object, FACT_REPLICAS))
		return 1;
	uint32_t replicas = graph_number(graph, object, FACT_REPLICAS);
	if (replicas > MOST_REPLICAS)
		model_note(model, object, "%s asks for %u replicas; %u are placed", graph_name(graph, object), replicas,
		        MOST_REPLICAS);
	return MIN(replicas, MOST_REPLICAS);
}

/* identity: Kind/namespace/name. */
static void add_workload(Model *model, Node object, Node pod, const char *identity)
{
	const Graph *graph = model->graph;
	g_auto(GStrv) parts = g_strsplit(identity, "/", 3);
	const char *kind = graph_text(graph, object, FACT_KIND);
	if (g_strv_length(parts) != 3 || !*parts[2])
		return;
	Workload workload = {.namespace = arena_text(model->arena, slice_from(parts[1])),
	        .kind = kind,
	        .name = arena_text(model->arena, slice_from(parts[2])),
	        .object = object,
	        .pod = pod,
	        .replicas = strcmp(kind, "Pod") == 0 ? 1 : replicas_of(model, object),
	        .priority = priority_of(graph, pod),
	        .daemon = strcmp(kind, "DaemonSet") == 0,
	        .run_to_end = strcmp(kind, "Job") == 0 || strcmp(kind, "CronJob") == 0};
	g_array_append_val(model->workloads, workload);
}

static bool is_open_name(const char *text)
{
	return strstr(text, "${") || strstr(text, "{{") || strstr(text, "$(");
}

/* Two objects of one name are one workload: which of them counts is a question for check. */
static void add_identities(Model *model, Node object, Node pod, GHashTable *known)
{
	const Graph *graph = model->graph;
	GRAPH_OF (graph, object, FACT_IDENTITY, row) {
		const char *identity = graph_symbol_text(graph, row->object);
		if (is_open_name(identity))
			continue;
		Node first = GPOINTER_TO_UINT(g_hash_table_lookup(known, GUINT_TO_POINTER(row->object)));
		if (first && first != object) {
			model_note(model, object, "%s is defined twice; the one in %s is placed", identity,
			        graph_file_path(graph, graph_file_of(graph, first)));
		} else if (!first) {
			g_hash_table_insert(known, GUINT_TO_POINTER(row->object), GUINT_TO_POINTER(object));
			add_workload(model, object, pod, identity);
		}
	}
}

#define MOST_WORKLOADS 200000u
#define LEAST_WORKLOADS 20000u
#define MOST_CELLS 40000000u /* workloads times machines: ten bytes of memory each */

static int compare_workloads(const void *a, const void *b)
{
	const Workload *left = a, *right = b;
	int order = strcmp(left->name, right->name);
	if (order == 0)
		order = strcmp(left->namespace, right->namespace);
	if (order == 0)
		order = strcmp(left->kind, right->kind);
	return order ? order : left->object < right->object ? -1 : left->object > right->object;
}

void model_add_workloads(Model *model, const char *const *paths)
{
	const Graph *graph = model->graph;
	g_autoptr(GHashTable) known = g_hash_table_new(NULL, NULL);
	uint32_t left_out = 0, most = CLAMP(MOST_CELLS / MAX(model->machines->len, 1), LEAST_WORKLOADS, MOST_WORKLOADS);
	/* What something brings in counts before what lies about. */
	for (int reached = 1; reached >= 0; reached--)
		GRAPH_NODES (graph, NODE_OBJECT, object) {
			Node pod = graph_first_child(graph, object, NODE_POD);
			Node file = graph_file_node(graph, graph_file_of(graph, object));
			if (!pod || !is_controller(graph_text(graph, object, FACT_KIND)) ||
			        is_put_away(graph, object) || !is_asked(graph, object, paths) ||
			        graph_has(graph, file, FACT_REACHED_BY) != (reached == 1))
				continue;
			if (model->workloads->len < most)
				add_identities(model, object, pod, known);
			else
				left_out++;
		}
	if (left_out)
		model_note(model, NODE_NONE, "%u workloads beyond the first %u are left out", left_out, most);
	if (model->workloads->len > 1)
		qsort(model->workloads->data, model->workloads->len, sizeof(Workload), compare_workloads);
	GRAPH_EACH (graph, FACT_OPAQUE, row)
		model->n_opaque += !is_quiet(graph, row->subject);
}

const char *workload_label(const void *graph_and_pod, const char *key)
{
	const PodLabels *labels = graph_and_pod;
	size_t length = strlen(key);
	GRAPH_OF (labels->graph, labels->pod, FACT_LABEL, row) {
		const char *pair = graph_symbol_text(labels->graph, row->object);
		if (strncmp(pair, key, length) == 0 && pair[length] == '=')
			return pair + length + 1;
	}
	return NULL;
}

bool pod_is_of(const char *pod, const char *kind, const char *name)
{
	size_t length = strlen(name);
	if (strncmp(pod, name, length) != 0)
		return false;
	const char *tail = pod + length;
	if (strcmp(kind, "Pod") == 0)
		return *tail == '\0';
	if (*tail != '-' || !tail[1])
		return false;
	const char *dash = strchr(tail + 1, '-');
	if (strcmp(kind, "StatefulSet") == 0)
		return tail[1 + strspn(tail + 1, "0123456789")] == '\0';
	if (strcmp(kind, "Deployment") == 0 || strcmp(kind, "Rollout") == 0 || strcmp(kind, "CronJob") == 0)
		return dash && dash > tail + 1 && dash[1] && !strchr(dash + 1, '-');
	return !dash;
}
