/* Which workload talks to which: what a container is told by its variables, its arguments and the ConfigMaps that it
 * reads, where that names a Service of the repository. A name counts as one where it can hardly be anything else: the
 * host of a URL, a host with a port that the Service has, a name that ends in .svc, and the whole value of a variable
 * that is called a host. What a NetworkPolicy allows is not what happens, and does not count. */
#include "place/model.h"

#include <stdlib.h>

#define MOST_TEXT 200000u
#define MOST_LINKS 2000u

typedef struct Finder {
	Model *model;
	GHashTable *services; /* "namespace/name" → Service's Node */
	const Workload *talker;
	uint32_t index; /* of the talker */
	Node place;
} Finder;

static bool is_placed(const Workload *workload)
{
	return !workload->daemon && !workload->run_to_end;
}

static void add_link(Finder *finder, uint32_t partner)
{
	GArray *links = finder->model->links;
	const Workload *other = MODEL_WORKLOAD(finder->model, partner);
	if (partner == finder->index || !is_placed(other) || links->len >= MOST_LINKS)
		return;
	for (guint i = links->len; i > 0; i--) {
		const TrafficLink *known = &g_array_index(links, TrafficLink, i - 1);
		if (known->from != finder->index)
			break;
		if (known->to == partner)
			return;
	}
	TrafficLink link = {finder->index, partner, finder->place};
	g_array_append_val(links, link);
}

/* Pods behind the Service that run in its namespace. */
static void add_service(Finder *finder, Node service, const char *namespace)
{
	const Graph *graph = finder->model->graph;
	GRAPH_OF (graph, service, FACT_SELECTS, row)
		for (guint i = 0; i < finder->model->workloads->len; i++) {
			const Workload *workload = MODEL_WORKLOAD(finder->model, i);
			if (workload->pod == row->object && strcmp(workload->namespace, namespace) == 0)
				add_link(finder, i);
		}
}

static bool has_port(const Graph *graph, Node service, Slice port)
{
	uint32_t number;
	if (!slice_to_number(port, &number))
		return false;
	GRAPH_CHILDREN (graph, service, NODE_PORT, node)
		if (graph_number(graph, node, FACT_NUMBER) == number)
			return true;
	return false;
}

/* name, name.namespace, each with .svc and .svc.cluster.local or without, and pod.name.namespace. With port only where
 * the Service has it. */
static void try_host(Finder *finder, Slice host, const Slice *port)
{
	size_t svc = slice_find(host, ".svc", 0);
	g_autofree char *name = slice_dup(svc == SIZE_MAX ? host : slice_sub(host, 0, svc));
	g_auto(GStrv) labels = g_strsplit(name, ".", 4);
	guint n = g_strv_length(labels);
	if (n == 0 || n > 3 || (n == 3 && svc == SIZE_MAX))
		return;
	const char *namespace = n == 1 ? finder->talker->namespace : labels[n - 1];
	g_autofree char *key = g_strdup_printf("%s/%s", namespace, labels[n == 3]);
	Node service = GPOINTER_TO_UINT(g_hash_table_lookup(finder->services, key));
	if (service && (!port || has_port(finder->model->graph, service, *port)))
		add_service(finder, service, namespace);
}

static bool is_host_byte(char c)
{
	return g_ascii_isalnum(c) || c == '-' || c == '.';
}

static size_t end_of(Slice text, size_t at, const char *stops)
{
	while (at < text.length && text.at[at] && !strchr(stops, text.at[at]))
		at++;
	return at;
}

/* The host of a URL whose authority begins here; user and password stand before an @. */
static size_t try_authority(Finder *finder, Slice text, size_t at)
{
	size_t end = end_of(text, at, "/?#\"'`,;<> \t\r\n\\"), start = at;
	for (size_t i = at; i < end; i++)
		if (text.at[i] == '@')
			start = i + 1;
	size_t stop = start;
	while (stop < end && is_host_byte(text.at[stop]))
		stop++;
	try_host(finder, slice_sub(text, start, stop), NULL);
	return end;
}

static void scan_text(Finder *finder, Slice text)
{
	text = slice_sub(text, 0, MIN(text.length, MOST_TEXT));
	for (size_t at = 0; at < text.length;) {
		if (!is_host_byte(text.at[at])) {
			at++;
			continue;
		}
		size_t end = at;
		while (end < text.length && is_host_byte(text.at[end]))
			end++;
		Slice word = slice_sub(text, at, end), rest = slice_sub(text, end, text.length);
		if (slice_starts(rest, "://")) {
			at = try_authority(finder, text, end + 3);
			continue;
		}
		size_t digits = 1;
		while (digits < rest.length && g_ascii_isdigit(rest.at[digits]))
			digits++;
		Slice port = slice_sub(rest, MIN(1, rest.length), digits);
		if (slice_find(word, ".svc", 0) != SIZE_MAX)
			try_host(finder, word, NULL);
		else if (slice_starts(rest, ":") && port.length)
			try_host(finder, word, &port);
		at = end;
	}
}

/* DB_HOST, REDIS_ADDR, smtp-server. */
static bool is_called_host(const char *variable)
{
	static const char *const words[] = {
	        "host", "hostname", "addr", "address", "server", "endpoint", "url", "uri", NULL};
	g_auto(GStrv) parts = g_strsplit_set(variable, "_-.", -1);
	for (char **part = parts; *part; part++)
		if (slice_is_any_nocase(slice_from(*part), words))
			return true;
	return false;
}

static void scan_value(Finder *finder, const char *variable, Node node)
{
	const Graph *graph = finder->model->graph;
	const Row *row = graph_find(graph, node, FACT_VALUE);
	if (!row)
		return;
	Slice value = graph_symbol_slice(graph, row->object);
	finder->place = node;
	if (is_called_host(variable))
		try_host(finder, slice_trim(value), NULL);
	scan_text(finder, value);
}

/* A ConfigMap, or the one key of it that is asked for. */
static void scan_reference(Finder *finder, const char *variable, Node reference)
{
	const Graph *graph = finder->model->graph;
	const char *wanted = graph_text(graph, reference, FACT_WANTS_KEY);
	if (strcmp(graph_text(graph, reference, FACT_WANTS_KIND), "ConfigMap") != 0)
		return;
	GRAPH_OF (graph, reference, FACT_REFERS_TO, row)
		GRAPH_CHILDREN (graph, row->object, NODE_KEY, key)
			if (!*wanted || strcmp(graph_name(graph, key), wanted) == 0)
				scan_value(finder, variable ? variable : graph_name(graph, key), key);
}

static void scan_references(Finder *finder, const char *variable, Node parent)
{
	GRAPH_CHILDREN (finder->model->graph, parent, NODE_REFERENCE, reference)
		scan_reference(finder, variable, reference);
}

static void scan_pod(Finder *finder)
{
	const Graph *graph = finder->model->graph;
	Node pod = finder->talker->pod;
	GRAPH_CHILDREN (graph, pod, NODE_CONTAINER, container) {
		GRAPH_CHILDREN (graph, container, NODE_ENV, env) {
			scan_value(finder, graph_name(graph, env), env);
			scan_references(finder, graph_name(graph, env), env);
		}
		scan_references(finder, NULL, container);
		GRAPH_OF (graph, container, FACT_ARGUMENT, row) {
			finder->place = container;
			scan_text(finder, graph_symbol_slice(graph, row->object));
		}
	}
	GRAPH_CHILDREN (graph, pod, NODE_VOLUME, volume)
		scan_references(finder, NULL, volume);
}

static void find_services(Finder *finder)
{
	const Graph *graph = finder->model->graph;
	GRAPH_EACH (graph, FACT_SELECTS, selects)
		GRAPH_OF (graph, selects->subject, FACT_IDENTITY, row) {
			const char *identity = graph_symbol_text(graph, row->object);
			const char *rest =
			        g_str_has_prefix(identity, "Service/") ? identity + strlen("Service/") : NULL;
			if (rest && !is_put_away(graph, selects->subject))
				g_hash_table_insert(
				        finder->services, (gpointer)rest, GUINT_TO_POINTER(selects->subject));
		}
}

void model_find_traffic(Model *model)
{
	g_autoptr(GHashTable) services = g_hash_table_new(g_str_hash, g_str_equal);
	Finder finder = {.model = model, .services = services};
	if (model->weight_traffic == 0)
		return;
	find_services(&finder);
	for (guint i = 0; i < model->workloads->len && g_hash_table_size(services); i++) {
		finder.talker = MODEL_WORKLOAD(model, i);
		finder.index = i;
		if (is_placed(finder.talker))
			scan_pod(&finder);
	}
}
