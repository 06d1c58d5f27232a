/* `ports: ["8081:80"]` opens 8081 on the machine; between containers the service answers on 80 alone. Who asks is the
 * compose file itself, or a configuration that a service of it has mounted or in its image. */
#include "rule/published.h"

#include "rule/configured.h"
#include "rule/mentioned.h"

/* The service's PORT that is published as `port` and listens on another; NODE_NONE where it may listen on that, too. */
static Node published_as(const Graph *graph, Node service, uint32_t port)
{
	Node found = NODE_NONE;
	GRAPH_CHILDREN (graph, service, NODE_PORT, child) {
		uint32_t target = graph_number(graph, child, FACT_TARGET_NUMBER);
		if (target == 0 || target == port || graph_has(graph, child, FACT_TARGET_END))
			return NODE_NONE;
		if (graph_number(graph, child, FACT_HOST_PORT) == port)
			found = child;
	}
	return found;
}

static void report_published(Checker *checker, const Row *row, Node service, Node port)
{
	const Graph *graph = checker_graph(checker);
	uint32_t target = graph_number(graph, port, FACT_TARGET_NUMBER);
	Finding *finding = report(checker, row->subject, graph_span(graph, row),
	        "%s is asked on port %u, which is the host's; between containers it is %u",
	        graph_name(graph, row->subject), row->object, target);
	set_detail(checker, finding, "%u", row->object);
	add_evidence(checker, finding, graph_place(graph, port), "%s is published here", graph_name(graph, service));
	set_hint(checker, finding, "write %u", target);
	set_because(checker, finding, FIX_VALUE, "it is the container's port behind the published one");
	add_renumber(checker, finding, graph_span(graph, row), row->object, target);
}

static Node neighbour_of(const Graph *graph, Node service, Symbol name)
{
	GRAPH_CHILDREN (graph, graph_parent(graph, service), NODE_SERVICE, other)
		if (graph_name_symbol(graph, other) == name)
			return other;
	return NODE_NONE;
}

/* A row of a port that is asked in a configuration, and who is asked: the first project's. */
typedef struct Question {
	Node service, port; /* port is NODE_NONE where a project that reads the file has it right */
} Question;

typedef struct Questions {
	const Graph *graph;
	GHashTable *by_row; /* Row → Question, owned */
} Questions;

static void ask_file(Node service, Node file, bool copied, void *data)
{
	Questions *questions = data;
	const Graph *graph = questions->graph;
	if (graph_has(graph, service, FACT_NETWORK_MODE) || is_quiet(graph, file) ||
	        !is_configuration(slice_from(graph_name(graph, file))))
		return;
	GRAPH_CHILDREN (graph, file, NODE_MENTION, mention) {
		const Row *row = graph_find(graph, mention, FACT_NUMBER);
		Node asked = row ? neighbour_of(graph, service, graph_name_symbol(graph, mention)) : NODE_NONE;
		Question *known = g_hash_table_lookup(questions->by_row, row);
		if (!asked || asked == service)
			continue;
		Node port = published_as(graph, asked, row->object);
		if (known) {
			known->port = port ? known->port : NODE_NONE;
			continue;
		}
		known = g_new(Question, 1);
		*known = (Question){asked, port};
		g_hash_table_insert(questions->by_row, (gpointer)row, known);
	}
}

/* In what is mounted in a service, or copied into its image. */
static void check_configured_ports(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Questions questions = {graph, g_hash_table_new_full(NULL, NULL, NULL, g_free)};
	each_configured(graph, ask_file, &questions);
	GRAPH_EACH (graph, FACT_NUMBER, row) {
		const Question *question = g_hash_table_lookup(questions.by_row, row);
		if (question && question->port)
			report_published(checker, row, question->service, question->port);
	}
	g_hash_table_unref(questions.by_row);
}

static void check_own_ports(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_EACH (graph, FACT_NUMBER, row) {
		Node mention = row->subject;
		if (graph_node_type(graph, mention) != NODE_MENTION || is_quiet(graph, mention))
			continue;
		Node service = composed_service(graph, mention);
		Node port = service ? published_as(graph, service, row->object) : NODE_NONE;
		if (port)
			report_published(checker, row, service, port);
	}
}

void check_published_ports(Checker *checker)
{
	check_own_ports(checker);
	check_configured_ports(checker);
}
