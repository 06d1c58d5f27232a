/* Placement of a scan. What a document says that a node has is taken where nothing better is known: of machines that
 * pods ask for by name, and of those that the document calls nodes of a cluster; a NAS has memory as well. */
#include "flow/flow.h"
#include "flow/live.h"

#include "rule/capacity.h"

static void stated_clear(gpointer data)
{
	Stated *stated = data;
	g_free(stated->name);
	g_free(stated->cpu);
	g_free(stated->memory);
	g_free(stated->where);
	g_free(stated->other);
}

/* "README.md:7"; with two places "README.md:7, docs/nodes.md:6". NULL for none. Free with g_free. */
static char *write_places(const Graph *graph, Span first, Span second)
{
	uint32_t line, column;
	if (!first.end)
		return NULL;
	graph_position(graph, first, &line, &column);
	g_autofree char *rest = write_places(graph, second, (Span){0, 0, 0});
	return g_strdup_printf(
	        "%s:%u%s%s", graph_file_path(graph, first.file), line, rest ? ", " : "", rest ? rest : "");
}

/* hosts->places knows what named a host first: pods come before documents. */
static bool is_named_by_pods(const Hosts *hosts, const char *host)
{
	Node first = GPOINTER_TO_UINT(g_hash_table_lookup(hosts->places, host));
	return first && graph_node_type(hosts->graph, first) != NODE_MENTION;
}

static int compare_stated(const void *a, const void *b)
{
	return strcmp(((const Stated *)a)->name, ((const Stated *)b)->name);
}

/* Ordered by name; free with g_array_unref. */
static GArray *read_stated(const Graph *graph)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(Stated));
	g_array_set_clear_func(all, stated_clear);
	Hosts hosts = hosts_new(graph);
	g_autoptr(GHashTable) capacities = capacities_new(&hosts);
	GHashTableIter iter;
	gpointer key, value;
	g_hash_table_iter_init(&iter, capacities);
	while (g_hash_table_iter_next(&iter, &key, &value)) {
		const Capacity *capacity = value;
		if (!capacity->node && !is_named_by_pods(&hosts, key))
			continue;
		Stated stated = {g_strdup(key), g_strdup(capacity->cpu), g_strdup(capacity->memory),
		        write_places(graph, capacity->place, capacity->more),
		        write_places(graph, capacity->other, (Span){0, 0, 0})};
		g_array_append_val(all, stated);
	}
	g_array_sort(all, compare_stated);
	hosts_clear(&hosts);
	return all;
}

void placement_ask(Scan *scan, const Usage *usage, GString *notes)
{
	if (usage) {
		held_derive(scan->graph, usage->graph);
		graph_finish(scan->graph);
	}
	scan_online(scan, notes);
}

Placement *placement_new(const Scan *scan, const PlacementOptions *options, GError **error)
{
	g_autoptr(Placement) placement = g_new0(Placement, 1);
	ModelOptions model = {.usage = options->usage ? options->usage->graph : NULL,
	        .what_if = options->what_if,
	        .paths = options->paths,
	        .migrate = options->migrate,
	        .read_stated = read_stated,
	        .unbound = options->unbound};
	placement->model = model_new(scan->graph, &model, error);
	if (!placement->model)
		return NULL;
	PlaceLimits limits = {.seed = options->seed, .stop = options->stop};
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
	g_free(placement);
}
