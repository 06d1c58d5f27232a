/* The port that a program's own configuration has it listen on, against those that its container declares, its probes
 * ask, a Service sends to or compose publishes. Loki says it in a file (source/server.c), and has no other ports. */
#include "rule/listened.h"

#include "rule/reader.h"

#include <string.h>

#define USUAL_GRPC 9095
#define USUAL_GOSSIP 7946

typedef struct Listener {
	Checker *checker;
	const Graph *graph;
	const Row *row; /* the port that is configured */
	Node program;
	Finding *finding; /* NULL until something is wrong */
} Listener;

/* Ports beside the one for HTTP, as they are configured or as the program has them otherwise. */
static bool is_listened(const Listener *listener, uint32_t port)
{
	GRAPH_OF (listener->graph, listener->row->subject, FACT_LISTENS_BESIDE, row)
		if (row->object == port)
			return true;
	return port == listener->row->object || port == USUAL_GRPC || port == USUAL_GOSSIP;
}

/* What is wrong first is said, the rest is shown. */
static void say(Listener *listener, Span place, uint32_t port, const char *what)
{
	const Graph *graph = listener->graph;
	bool container = graph_node_type(graph, listener->program) == NODE_CONTAINER;
	if (!listener->finding) {
		g_autofree char *program =
		        container ? container_text(graph, listener->program)
		                  : g_strdup_printf("service %s", graph_name(graph, listener->program));
		listener->finding = report(listener->checker, listener->row->subject, graph_span(graph, listener->row),
		        "%s listens on %u by this configuration, but %s %u", program, listener->row->object, what,
		        port);
		set_detail(listener->checker, listener->finding, "%s", program);
	}
	add_evidence(listener->checker, listener->finding, place, "%s %u", what, port);
}

/* One of the declared ports may be the configured one; else the first that nothing listens on was meant to be. */
static void check_declared(Listener *listener, FactKind kind, const char *what)
{
	const Graph *graph = listener->graph;
	Node wrong = NODE_NONE;
	GRAPH_CHILDREN (graph, listener->program, NODE_PORT, port) {
		uint32_t first = graph_number(graph, port, kind);
		uint32_t last = MAX(first, graph_number(graph, port, FACT_TARGET_END));
		if (first == 0 || (first <= listener->row->object && listener->row->object <= last))
			return;
		if (!wrong && !is_listened(listener, first))
			wrong = port;
	}
	if (wrong)
		say(listener, graph_place(graph, wrong), graph_number(graph, wrong, kind), what);
}

/* Containers of a pod share their ports: the number may be another's. */
static bool is_of_other(const Listener *listener, uint32_t number)
{
	const Graph *graph = listener->graph;
	GRAPH_CHILDREN (graph, graph_parent(graph, listener->program), NODE_CONTAINER, container)
		if (container != listener->program) {
			if (!graph_first_child(graph, container, NODE_PORT))
				return true;
			GRAPH_CHILDREN (graph, container, NODE_PORT, port)
				if (graph_number(graph, port, FACT_NUMBER) == number)
					return true;
		}
	return false;
}

static void check_number(Listener *listener, const Row *number, const char *what)
{
	if (number && !is_listened(listener, number->object) && !is_of_other(listener, number->object))
		say(listener, graph_span(listener->graph, number), number->object, what);
}

static void check_probes(Listener *listener)
{
	const Graph *graph = listener->graph;
	GRAPH_CHILDREN (graph, listener->program, NODE_PROBE, probe) {
		g_autofree char *what = g_strdup_printf("its %s probe asks", graph_name(graph, probe));
		check_number(listener, graph_find(graph, probe, FACT_NUMBER), what);
	}
}

static void check_services(Listener *listener)
{
	const Graph *graph = listener->graph;
	GRAPH_TO (graph, FACT_SELECTS, graph_parent(graph, listener->program), row) {
		g_autofree char *what = g_strdup_printf("Service %s sends to", graph_name(graph, row->subject));
		GRAPH_CHILDREN (graph, row->subject, NODE_PORT, port) {
			const Row *target = graph_find(graph, port, FACT_TARGET_NUMBER);
			if (is_kind(graph, row->subject, "Service") && !graph_has(graph, port, FACT_TARGET_NAME))
				check_number(listener, target ? target : graph_find(graph, port, FACT_NUMBER), what);
		}
	}
}

static bool is_told_otherwise(const Graph *graph, Node program)
{
	GRAPH_OF (graph, program, FACT_ARGUMENT, row)
		if (strstr(graph_symbol_text(graph, row->object), "listen-port"))
			return true;
	return false;
}

static void check_listener(Node program, const Row *row, const char *config, void *data)
{
	Checker *checker = data;
	const Graph *graph = checker_graph(checker);
	Listener listener = {checker, graph, row, program, NULL};
	if (!starts_loki(graph, program, config) || is_told_otherwise(graph, program))
		return;
	if (graph_node_type(graph, program) == NODE_SERVICE) {
		if (!graph_has(graph, program, FACT_HOST_NETWORK))
			check_declared(&listener, FACT_TARGET_NUMBER, "it publishes");
	} else if (!has_patch(graph, graph_ancestor(graph, program, NODE_OBJECT))) {
		check_declared(&listener, FACT_NUMBER, "its container declares");
		check_probes(&listener);
		check_services(&listener);
	}
}

void check_listened_ports(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_EACH (graph, FACT_LISTENS_ON, row)
		if (!is_quiet(graph, row->subject))
			each_reader(graph, row, check_listener, checker);
}
