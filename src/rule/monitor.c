/* Monitors that ask nobody: what Prometheus or VictoriaMetrics is told to take figures from, and what there is. A
 * monitor that selects nothing is silent, and so is the alert that would need its figures. */
#include "rule/rule.h"

static bool takes_pods(const Graph *graph, Node monitor)
{
	return is_kind(graph, monitor, "PodMonitor") || is_kind(graph, monitor, "VMPodScrape");
}

static bool is_monitor(const Graph *graph, Node object)
{
	return is_kind(graph, object, "ServiceMonitor") || is_kind(graph, object, "VMServiceScrape") ||
	       takes_pods(graph, object);
}

/* One that carries a label of the same key, in the monitor's own file or folder. */
static const Row *other_value(const Graph *graph, Node monitor, const char *pair)
{
	size_t key = strcspn(pair, "=") + 1;
	g_autofree char *folder = g_path_get_dirname(graph_file_path(graph, graph_file_of(graph, monitor)));
	GRAPH_NODES (graph, takes_pods(graph, monitor) ? NODE_POD : NODE_OBJECT, node) {
		g_autofree char *other = g_path_get_dirname(graph_file_path(graph, graph_file_of(graph, node)));
		bool wanted = takes_pods(graph, monitor) || is_kind(graph, node, "Service");
		if (!wanted || strcmp(folder, other) != 0)
			continue;
		GRAPH_OF (graph, node, FACT_LABEL, row)
			if (strncmp(graph_symbol_text(graph, row->object), pair, key) == 0)
				return row;
	}
	return NULL;
}

/* Operators make Services and pods of their own: where none beside the monitor has such a label, theirs may be meant.
 */
static void report_nothing(Checker *checker, Node monitor)
{
	const Graph *graph = checker_graph(checker);
	const Row *selector = graph_find(graph, monitor, FACT_SELECTOR);
	const char *pair = graph_symbol_text(graph, selector->object),
	           *what = takes_pods(graph, monitor) ? "pod" : "Service";
	const Row *other = other_value(graph, monitor, pair);
	if (!other)
		return;
	const char *there = graph_symbol_text(graph, other->object);
	Finding *finding = report(checker, monitor, graph_span(graph, selector),
	        "%s %s selects %s, and no %s that it looks at has that label", graph_text(graph, monitor, FACT_KIND),
	        graph_name(graph, monitor), pair, what);
	if (strcmp(there, pair) == 0)
		add_evidence(checker, finding, graph_span(graph, other),
		        "the %s beside it has that label, but not all of them, or in another namespace", what);
	else
		add_evidence(checker, finding, graph_span(graph, other), "the %s beside it has %s", what, there);
}

static bool has_port_named(const Graph *graph, Node owner, Symbol name)
{
	GRAPH_CHILDREN (graph, owner, NODE_PORT, port)
		if (graph_symbol(graph, port, FACT_PORT_NAME) == name)
			return true;
	GRAPH_CHILDREN (graph, owner, NODE_CONTAINER, container)
		if (has_port_named(graph, container, name))
			return true;
	return false;
}

static Node first_port(const Graph *graph, Node owner)
{
	Node port = graph_first_child(graph, owner, NODE_PORT);
	GRAPH_CHILDREN (graph, owner, NODE_CONTAINER, container)
		if (!port)
			port = graph_first_child(graph, container, NODE_PORT);
	return port;
}

static void check_port(Checker *checker, Node monitor, const Row *wanted)
{
	const Graph *graph = checker_graph(checker);
	const char *name = graph_symbol_text(graph, wanted->object);
	Node taken = NODE_NONE;
	if (is_open_text(name))
		return;
	GRAPH_OF (graph, monitor, FACT_MONITORS, row) {
		if (has_port_named(graph, row->object, wanted->object))
			return;
		taken = row->object;
	}
	Finding *finding = report(checker, monitor, graph_span(graph, wanted),
	        "%s %s asks port '%s', which nothing that it selects has", graph_text(graph, monitor, FACT_KIND),
	        graph_name(graph, monitor), name);
	set_detail(checker, finding, "%s", name);
	Node port = first_port(graph, taken);
	if (!port)
		return;
	const char *there = graph_text(graph, port, FACT_PORT_NAME);
	add_evidence(
	        checker, finding, graph_place(graph, port), *there ? "it has '%s'" : "its port has no name%s", there);
	if (!*there || graph_next_child(graph, port, NODE_PORT))
		return;
	set_hint(checker, finding, "write %s", there);
	set_because(checker, finding, FIX_VALUE, "it is the only port there");
	add_rename(checker, finding, graph_span(graph, wanted), name, there);
}

static void check_dangling_servicemonitor(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_NODES (graph, NODE_OBJECT, monitor) {
		if (!is_monitor(graph, monitor) || is_quiet(graph, monitor) || is_patch(graph, monitor) ||
		        graph_has(graph, monitor, FACT_MAY_SELECT) || !graph_has(graph, monitor, FACT_SELECTOR))
			continue;
		if (!graph_has(graph, monitor, FACT_MONITORS)) {
			report_nothing(checker, monitor);
			continue;
		}
		GRAPH_OF (graph, monitor, FACT_WANTS_PORT_NAME, row)
			check_port(checker, monitor, row);
	}
}

static const Rule rules[] = {
        {
                .id = "dangling-servicemonitor",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "a monitor that selects nothing, or a port that nobody has",
                .why = "Prometheus takes no figures from it and says so nowhere: graphs stay empty, and an alert on "
                       "figures that do not come never fires.",
                .remedy = "Select labels of the Service itself (not of its pods), in its namespace, and name the port "
                          "as the Service names it.",
                .peers = "kube-linter: dangling-servicemonitor",
                .check = check_dangling_servicemonitor,
        },
};

const RuleSet rules_monitor = {"monitor", rules, G_N_ELEMENTS(rules)};
