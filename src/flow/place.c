/* Placement of a scan: what the cluster said of itself goes through the same readers, into a graph beside. */
#include "flow/flow.h"
#include "source/source.h"

#include "base/error.h"

#define MOST_USAGE ((gsize)256 * 1024 * 1024)

static bool read_file(GraphBuilder *builder, Arena *arena, const char *path, GPtrArray *bytes, GError **error)
{
	char *text;
	gsize length;
	if (!g_file_get_contents(path, &text, &length, error))
		return false;
	g_ptr_array_add(bytes, text);
	if (length > MOST_USAGE) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "%s is larger than 256 MiB", path);
		return false;
	}
	Slice name = slice_from(path);
	SourceFile file = {.builder = builder,
	        .node = graph_begin_file(builder, name, (Slice){text, length}),
	        .path = name,
	        .name = name,
	        .bytes = {text, length},
	        .arena = arena};
	read_usage(&file);
	arena_reset(arena);
	return true;
}

/* A file that says nothing was not what the user meant. */
static bool says_something(const Graph *graph, GError **error)
{
	GRAPH_NODES (graph, NODE_PROBLEM, problem) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "%s: %s",
		        graph_file_path(graph, graph_file_of(graph, problem)),
		        graph_text(graph, problem, FACT_MESSAGE));
		return false;
	}
	if (graph_first_node(graph, NODE_USAGE) || graph_first_node(graph, NODE_MACHINE))
		return true;
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "the usage files name no pod and no node");
	error_add_help(error, "kubectl get --raw /apis/metrics.k8s.io/v1beta1/pods, kubectl get pods -A -o json, "
	                      "kubectl get nodes -o json, or the answer of a Prometheus query");
	return false;
}

static Graph *read_usage_files(const char *const *paths, GPtrArray *bytes, GError **error)
{
	g_autoptr(GraphBuilder) builder = graph_builder_new();
	g_autoptr(Arena) arena = arena_new();
	for (; *paths; paths++)
		if (!read_file(builder, arena, *paths, bytes, error))
			return NULL;
	g_autoptr(Graph) graph = graph_seal(&builder, 1);
	graph_finish(graph);
	return says_something(graph, error) ? g_steal_pointer(&graph) : NULL;
}

Placement *placement_new(const Scan *scan, const PlacementOptions *options, GError **error)
{
	g_autoptr(Placement) placement = g_new0(Placement, 1);
	placement->bytes = g_ptr_array_new_with_free_func(g_free);
	if (options->usage) {
		placement->usage = read_usage_files(options->usage, placement->bytes, error);
		if (!placement->usage)
			return NULL;
	}
	ModelOptions model = {placement->usage, options->what_if, options->paths, options->migrate};
	placement->model = model_new(scan->graph, &model, error);
	if (!placement->model)
		return NULL;
	PlaceLimits limits = {0, 0};
	if (options->seconds > 0) {
		limits.steps = UINT64_MAX / 4;
		limits.deadline = g_get_monotonic_time() + (int64_t)options->seconds * G_USEC_PER_SEC;
	}
	placement->plan = plan_new(placement->model, &limits);
	return g_steal_pointer(&placement);
}

void placement_free(Placement *placement)
{
	if (!placement)
		return;
	plan_free(placement->plan);
	model_free(placement->model);
	graph_free(placement->usage);
	g_ptr_array_unref(placement->bytes);
	g_free(placement);
}
