/* One row for each thing that runs. What selects it, leads to it and mounts into it is followed by the graph's own
 * rows, so that the catalogue says what the files say, and nothing that was meant. */
#include "report/catalogue.h"

#include "base/path.h"
#include "rule/coverage.h"
#include "rule/rule.h"
#include "rule/storage.h"

typedef struct List {
	GString *text;
	GHashTable *seen;
} List;

static List list_new(void)
{
	return (List){g_string_new(NULL), g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
}

static void list_add(List *list, const char *item)
{
	if (*item && g_hash_table_add(list->seen, g_strdup(item)))
		g_string_append_printf(list->text, "%s%s", list->text->len ? ", " : "", item);
}

static const char *list_end(List *list, Arena *arena)
{
	const char *text = arena_text(arena, (Slice){list->text->str, list->text->len});
	g_string_free(list->text, TRUE);
	g_hash_table_unref(list->seen);
	return text;
}

/* ---- what a service is made of ------------------------------------------------------------------------------ */

static const char *join_facts(const Graph *graph, Node parent, NodeType type, FactKind kind, Arena *arena)
{
	List list = list_new();
	GRAPH_CHILDREN (graph, parent, type, child)
		if (!graph_has(graph, child, FACT_INIT))
			GRAPH_OF (graph, child, kind, row)
				list_add(&list, graph_symbol_text(graph, row->object));
	return list_end(&list, arena);
}

static const char *join_probes(const Graph *graph, Node pod, Arena *arena)
{
	List list = list_new();
	GRAPH_CHILDREN (graph, pod, NODE_CONTAINER, container)
		GRAPH_CHILDREN (graph, container, NODE_PROBE, probe)
			list_add(&list, graph_name(graph, probe));
	return list_end(&list, arena);
}

/* Ports of the node itself; where no Service offers any, those that the containers name. */
static void add_own_ports(const Graph *graph, Node pod, bool offered, List *ports, Arena *arena)
{
	GRAPH_CHILDREN (graph, pod, NODE_CONTAINER, container)
		GRAPH_CHILDREN (graph, container, NODE_PORT, port) {
			uint32_t number = graph_number(graph, port, FACT_NUMBER),
			         host = graph_number(graph, port, FACT_HOST_PORT);
			if (host)
				list_add(ports, arena_printf(arena, "%u (host)", host));
			else if (number && !offered)
				list_add(ports, arena_printf(arena, "%u (pod)", number));
		}
}

/* hostname labels of the selector, the affinity or nodeName. */
static const char *node_of(const Graph *graph, Node pod, Arena *arena)
{
	static const FactKind kinds[] = {FACT_NODE_SELECTOR, FACT_NODE_AFFINITY};
	List list = list_new();
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		GRAPH_OF (graph, pod, kinds[i], row) {
			const char *pair = graph_symbol_text(graph, row->object), *equals = strchr(pair, '=');
			if (!g_str_has_prefix(pair, "kubernetes.io/os=")) /* all of them */
				list_add(&list, g_str_has_prefix(pair, "kubernetes.io/hostname=") ? equals + 1 : pair);
		}
	list_add(&list, graph_text(graph, pod, FACT_NODE_NAME));
	return list_end(&list, arena);
}

/* A file of the repository, or a folder of such: configuration, and no data. */
static bool is_tracked(const Graph *graph, const char *composed, const char *name)
{
	g_autofree char *path = *name == '.' ? path_resolve(path_folder(slice_from(composed)), slice_from(name)) : NULL;
	if (!path)
		return false;
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		Slice other = slice_from(graph_file_path(graph, file));
		if (slice_is(other, path) || path_is_below(other, slice_from(path)))
			return true;
	}
	return false;
}

static void add_path(List *list, const char *path)
{
	if (!is_machine_path(path))
		list_add(list, path);
}

static const char *data_of(const Graph *graph, Node pod, Node object, Arena *arena)
{
	List list = list_new();
	GRAPH_CHILDREN (graph, pod, NODE_VOLUME, volume) {
		if (graph_has(graph, volume, FACT_EPHEMERAL))
			continue;
		add_path(&list, graph_text(graph, volume, FACT_HOST_PATH));
		GRAPH_CHILDREN (graph, volume, NODE_REFERENCE, reference)
			if (strcmp(graph_text(graph, reference, FACT_WANTS_KIND), "PersistentVolumeClaim") == 0)
				list_add(&list, arena_printf(arena, "claim %s", graph_name(graph, reference)));
	}
	GRAPH_CHILDREN (graph, object, NODE_VOLUME, template)
		list_add(&list, arena_printf(arena, "claim %s", graph_name(graph, template)));
	return list_end(&list, arena);
}

static const char *backup_of(const Graph *graph, Node pod, Arena *arena)
{
	List list = list_new();
	GRAPH_CHILDREN (graph, pod, NODE_CONTAINER, container)
		GRAPH_CHILDREN (graph, container, NODE_MOUNT, mount) {
			const char *job = graph_has(graph, mount, FACT_READ_ONLY) ? "" : copied_by(graph, mount);
			if (*job)
				list_add(&list, job);
		}
	return list_end(&list, arena);
}

static const char *area_of(const Graph *graph, const char *path, Arena *arena)
{
	GRAPH_NODES (graph, NODE_AREA, area)
		GRAPH_OF (graph, area, FACT_PATH, row)
			if (path_matches(graph_symbol_text(graph, row->object), path))
				return graph_name(graph, area);
	const char *slash = strchr(path, '/'), *second = slash ? strchr(slash + 1, '/') : NULL;
	return slash ? arena_text(arena, (Slice){path, (size_t)((second ? second : slash) - path)}) : "";
}

/* ---- what leads to it ------------------------------------------------------------------------------------------ */

static void add_ports(const Graph *graph, Node service, List *ports, Arena *arena)
{
	GRAPH_CHILDREN (graph, service, NODE_PORT, port) {
		uint32_t node_port = graph_number(graph, port, FACT_NODE_PORT),
		         number = graph_number(graph, port, FACT_NUMBER);
		if (number)
			list_add(ports, node_port ? arena_printf(arena, "%u (node %u)", number, node_port)
			                          : arena_printf(arena, "%u", number));
	}
}

/* Host names of routes whose backend is the Service. */
static void add_routes(const Graph *graph, Node service, List *hosts)
{
	GRAPH_TO (graph, FACT_REFERS_TO, service, row) {
		Node object = graph_ancestor(graph, row->subject, NODE_OBJECT);
		if (graph_node_type(graph, row->subject) != NODE_REFERENCE || !has_role(graph, row->subject, "backend"))
			continue;
		Node route = graph_ancestor(graph, row->subject, NODE_ROUTE);
		if (route)
			list_add(hosts, graph_name(graph, route));
		else
			GRAPH_CHILDREN (graph, object, NODE_ROUTE, other)
				list_add(hosts, graph_name(graph, other));
	}
}

static void add_services(const Graph *graph, Node pod, List *ports, List *hosts, Arena *arena)
{
	GRAPH_TO (graph, FACT_SELECTS, pod, row) {
		add_ports(graph, row->subject, ports, arena);
		add_routes(graph, row->subject, hosts);
		GRAPH_OF (graph, row->subject, FACT_LOAD_BALANCER_IP, address)
			list_add(hosts, graph_symbol_text(graph, address->object));
	}
}

/* ---- rows ----------------------------------------------------------------------------------------------------- */

/* Of an Application, that of one of its sources; else as the release says it, or where it takes it from. */
static const char *chart_of(const Graph *graph, Node object)
{
	GRAPH_CHILDREN (graph, object, NODE_ENTRY, entry)
		if (is_kind(graph, object, "Application") && graph_has(graph, entry, FACT_CHART))
			return graph_text(graph, entry, FACT_CHART);
	if (is_kind(graph, object, "Application"))
		return "";
	const char *chart = graph_text(graph, object, FACT_CHART);
	return *chart ? chart : graph_text(graph, object, FACT_SOURCE_REF);
}

static bool is_listed(const Graph *graph, Node object)
{
	static const char *const kinds[] = {"Deployment", "StatefulSet", "DaemonSet", "CronJob"};
	bool listed = is_kind(graph, object, "HelmRelease") ||
	              (is_kind(graph, object, "HelmChart") && graph_has(graph, object, FACT_OPAQUE)) ||
	              (is_kind(graph, object, "Application") && *chart_of(graph, object));
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		listed = listed || is_kind(graph, object, kinds[i]);
	return listed && !is_quiet(graph, object) && !is_patch(graph, object);
}

static void add_workload(Catalogue *catalogue, const Graph *graph, Node object)
{
	Arena *arena = catalogue->arena;
	Node pod = graph_first_child(graph, object, NODE_POD);
	List ports = list_new(), hosts = list_new();
	const Row *replicas = graph_find(graph, object, FACT_REPLICAS);
	const char *path = graph_file_path(graph, graph_file_of(graph, object));
	if (pod) {
		add_services(graph, pod, &ports, &hosts, arena);
		add_own_ports(graph, pod, ports.text->len > 0, &ports, arena);
	}
	Service service = {.name = graph_name(graph, object),
	        .kind = graph_text(graph, object, FACT_KIND),
	        .area = area_of(graph, path, arena),
	        .node = node_of(graph, pod, arena),
	        .images = join_facts(graph, pod, NODE_CONTAINER, FACT_IMAGE, arena),
	        .ports = list_end(&ports, arena),
	        .hosts = list_end(&hosts, arena),
	        .probes = join_probes(graph, pod, arena),
	        .requests = join_facts(graph, pod, NODE_CONTAINER, FACT_REQUEST, arena),
	        .limits = join_facts(graph, pod, NODE_CONTAINER, FACT_LIMIT, arena),
	        .data = data_of(graph, pod, object, arena),
	        .backup = pod ? backup_of(graph, pod, arena) : "",
	        .chart = pod ? "" : chart_of(graph, object),
	        .file = path,
	        .replicas = replicas                                      ? replicas->object
	                    : pod && !is_kind(graph, object, "DaemonSet") ? 1
	                                                                  : REPLICAS_UNKNOWN,
	        .opaque = graph_has(graph, object, FACT_OPAQUE),
	        .subject = object};
	g_array_append_val(catalogue->services, service);
}

static void add_composed(Catalogue *catalogue, const Graph *graph, Node node)
{
	Arena *arena = catalogue->arena;
	List ports = list_new(), data = list_new(), hosts = list_new();
	const char *path = graph_file_path(graph, graph_file_of(graph, node));
	GRAPH_CHILDREN (graph, node, NODE_PORT, port)
		list_add(&ports, graph_name(graph, port));
	GRAPH_CHILDREN (graph, node, NODE_ROUTE, route)
		list_add(&hosts, graph_name(graph, route));
	GRAPH_CHILDREN (graph, node, NODE_MOUNT, mount)
		if (!graph_has(graph, mount, FACT_EPHEMERAL) && !is_tracked(graph, path, graph_name(graph, mount)))
			add_path(&data, graph_name(graph, mount));
	Service service = {.name = graph_name(graph, node),
	        .kind = "compose",
	        .area = area_of(graph, path, arena),
	        .node = "",
	        .images = graph_text(graph, node, FACT_IMAGE),
	        .ports = list_end(&ports, arena),
	        .hosts = list_end(&hosts, arena),
	        .probes = graph_first_child(graph, node, NODE_PROBE) ? "healthcheck" : "",
	        .requests = "",
	        .limits = "",
	        .chart = "",
	        .backup = "",
	        .data = list_end(&data, arena),
	        .file = path,
	        .replicas = 1,
	        .subject = node};
	g_array_append_val(catalogue->services, service);
}

static int compare_services(const void *a, const void *b)
{
	const Service *left = a, *right = b;
	int order = strcmp(left->area, right->area);
	order = order ? order : strcmp(left->name, right->name);
	return order ? order : strcmp(left->file, right->file);
}

/* A build under a profile, and nothing that a container would have: it is there to be built. */
static bool is_only_built(const Graph *graph, Node service)
{
	return graph_has(graph, service, FACT_BUILD_CONTEXT) && graph_has(graph, service, FACT_PROFILE) &&
	       !graph_has(graph, service, FACT_RESTART) && !graph_first_child(graph, service, NODE_PORT) &&
	       !graph_first_child(graph, service, NODE_MOUNT) && !graph_first_child(graph, service, NODE_ENV);
}

Catalogue *catalogue_new(const Graph *graph)
{
	Catalogue *catalogue = g_new0(Catalogue, 1);
	catalogue->services = g_array_new(FALSE, FALSE, sizeof(Service));
	catalogue->arena = arena_new();
	GRAPH_NODES (graph, NODE_OBJECT, object)
		if (is_listed(graph, object))
			add_workload(catalogue, graph, object);
	GRAPH_NODES (graph, NODE_SERVICE, service)
		if (!is_quiet(graph, service) && !is_only_built(graph, service))
			add_composed(catalogue, graph, service);
	g_array_sort(catalogue->services, compare_services);
	return catalogue;
}

void catalogue_free(Catalogue *catalogue)
{
	if (!catalogue)
		return;
	g_array_unref(catalogue->services);
	arena_free(catalogue->arena);
	g_free(catalogue);
}
