/* What the history says of a port decides between several: a number that was one port's is no other's. */
#include "rule/former.h"

#include "base/ip.h"

void mend_former(Checker *checker, Finding *finding, Span place, uint32_t old, Node port, FactKind kind)
{
	const Graph *graph = checker_graph(checker);
	set_because(checker, finding, FIX_VALUE, "the Service's port was %u until commit %s", old,
	        graph_text(graph, port, FACT_FORMER_UNTIL));
	add_renumber(checker, finding, place, old, graph_number(graph, port, kind));
}

Node port_that_was(const Graph *graph, Node service, FactKind kind, uint32_t number)
{
	GRAPH_CHILDREN (graph, service, NODE_PORT, port)
		if (graph_says(graph, port, kind, number))
			return port;
	return NODE_NONE;
}

/* ---- mentions --------------------------------------------------------------------------------------------- */

/* The name with any of the letters that stand for its dashes in variables and titles. */
static bool holds_name(Slice text, const char *name)
{
	size_t length = strlen(name);
	for (size_t at = 0; at + length <= text.length; at++) {
		size_t same = 0;
		while (same < length && (g_ascii_tolower(text.at[at + same]) == g_ascii_tolower(name[same]) ||
		                                (name[same] == '-' && strchr("_ ", text.at[at + same]))))
			same++;
		bool begins = at == 0 || !g_ascii_isalnum(text.at[at - 1]);
		if (same == length && begins && (at + length == text.length || !g_ascii_isalnum(text.at[at + length])))
			return true;
	}
	return false;
}

/* Short names are part of many paths. */
static bool is_telling(const char *name)
{
	return strlen(name) > 5 || strchr(name, '-');
}

/* The host is the Service's name, or an address of the network with the name on its line, in its variable or in the
 * path of its file. */
static bool means_service(const Graph *graph, Node mention, const char *name)
{
	Slice host = graph_symbol_slice(graph, graph_name_symbol(graph, mention));
	if (slice_is(host, name))
		return true;
	IpScope scope;
	Ip ip;
	const Row *address = graph_find(graph, mention, FACT_ADDRESS);
	if (!address || !ip_parse(graph_symbol_slice(graph, address->object), &ip))
		return false;
	scope = ip_scope(&ip);
	Span place = graph_place(graph, mention);
	return (scope == IP_PRIVATE || scope == IP_SHARED) &&
	       (holds_name(graph_line_at(graph, place), name) ||
	               holds_name(slice_from(graph_text(graph, mention, FACT_NEARBY_NAME)), name) ||
	               (is_telling(name) && holds_name(slice_from(graph_file_path(graph, place.file)), name)));
}

/* A compose file that publishes the number itself means its own. */
static bool is_own_of_compose(const Graph *graph, Node mention, uint32_t number)
{
	uint32_t file = graph_file_of(graph, mention);
	GRAPH_TO (graph, FACT_HOST_PORT, number, row)
		if (graph_file_of(graph, row->subject) == file)
			return true;
	return false;
}

static void check_former(Checker *checker, Node port, uint32_t number, Node (*of)(const Graph *graph, Node mention))
{
	const Graph *graph = checker_graph(checker);
	Node service = graph_parent(graph, port);
	const char *name = graph_name(graph, service);
	Finding *finding = NULL;
	GRAPH_TO (graph, FACT_NUMBER, number, row) {
		Node mention = row->subject;
		if (graph_node_type(graph, mention) != NODE_MENTION || is_quiet(graph, mention) ||
		        of(graph, mention) == service || !means_service(graph, mention, name) ||
		        is_own_of_compose(graph, mention, number))
			continue;
		if (finding)
			add_evidence(checker, finding, graph_span(graph, row), "asked here too");
		else
			finding = report(checker, mention, graph_span(graph, row),
			        "%s is asked on port %u, which it had until commit %s", name, number,
			        graph_text(graph, port, FACT_FORMER_UNTIL));
		mend_former(checker, finding, graph_span(graph, row), number, port, FACT_NUMBER);
	}
	if (!finding)
		return;
	set_detail(checker, finding, "%s %u", name, number);
	add_evidence(
	        checker, finding, graph_place(graph, port), "now it is %u", graph_number(graph, port, FACT_NUMBER));
}

void check_former_ports(Checker *checker, Node (*of)(const Graph *graph, Node mention))
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) done = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GRAPH_EACH (graph, FACT_FORMER_NUMBER, row) {
		char *key = g_strdup_printf("%u %u", row->subject, row->object);
		if (g_hash_table_add(done, key) && !is_quiet(graph, row->subject))
			check_former(checker, row->subject, row->object, of);
	}
}
