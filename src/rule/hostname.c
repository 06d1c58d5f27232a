/* Host names that miss a route by one letter. Only a slip counts: one label, one letter, no digit (node1 and node2 are
 * two machines), and a name that stands nowhere else, for else it is a name of its own. */
#include "base/near.h"
#include "rule/rule.h"
#include "rule/search.h"

#define LEAST_LABEL 5
#define MOST_SLIPS 3

/* A repository with more is one that was made to be slow. */
#define MOST_ROUTES 1000
#define MOST_SEARCHES 50

static bool has_digit(Slice label)
{
	for (size_t i = 0; i < label.length; i++)
		if (g_ascii_isdigit(label.at[i]))
			return true;
	return false;
}

static bool is_web(const Graph *graph, Node mention)
{
	static const char *const schemes[] = {"http", "https", "ws", "wss", NULL};
	return g_strv_contains(schemes, graph_text(graph, mention, FACT_SCHEME)) &&
	       !graph_has(graph, mention, FACT_ADDRESS);
}

static bool may_slip(Slice label)
{
	return label.length >= LEAST_LABEL && !has_digit(label);
}

static bool is_slip(Slice one, Slice other)
{
	return !slice_equal(one, other) && may_slip(one) && may_slip(other) && near_distance(one, other, 1) == 1;
}

/* The same labels but for one, which differs by one letter. */
static bool is_one_letter_off(Slice host, Slice route)
{
	uint32_t slips = 0;
	while (host.length || route.length) {
		size_t left = MIN(slice_find_byte(host, '.', 0), host.length);
		size_t right = MIN(slice_find_byte(route, '.', 0), route.length);
		Slice one = slice_sub(host, 0, left), other = slice_sub(route, 0, right);
		if (is_slip(one, other))
			slips++;
		else if (!slice_equal(one, other))
			return false;
		if ((left == host.length) != (right == route.length))
			return false;
		host = slice_sub(host, MIN(left + 1, host.length), host.length);
		route = slice_sub(route, MIN(right + 1, route.length), route.length);
	}
	return slips == 1;
}

/* Quickly false for almost all names: one step leaves at most two bytes between what both begin and end with. */
static bool may_be_near(Slice one, Slice other)
{
	size_t shorter = MIN(one.length, other.length), longer = MAX(one.length, other.length), head = 0, tail = 0;
	if (longer - shorter > 1)
		return false;
	while (head < shorter && one.at[head] == other.at[head])
		head++;
	while (head + tail < shorter && one.at[one.length - 1 - tail] == other.at[other.length - 1 - tail])
		tail++;
	return longer - head - tail <= 2;
}

/* Hosts of routes as names → their first ROUTE. */
static GHashTable *collect_routes(const Graph *graph)
{
	GHashTable *routes = g_hash_table_new(g_direct_hash, g_direct_equal);
	GRAPH_NODES (graph, NODE_ROUTE, route) {
		const char *host = graph_name(graph, route);
		if (g_hash_table_size(routes) == MOST_ROUTES)
			break;
		if (strchr(host, '.') && !strpbrk(host, "${}<>*()") && !is_quiet(graph, route) &&
		        !g_hash_table_contains(routes, GUINT_TO_POINTER(graph_name_symbol(graph, route))))
			g_hash_table_insert(
			        routes, GUINT_TO_POINTER(graph_name_symbol(graph, route)), GUINT_TO_POINTER(route));
	}
	return routes;
}

/* What is left of a host without one of its labels, as a number: names that differ in this label alone share it. */
static gpointer rest_of(Slice host, size_t start, size_t end)
{
	uint64_t rest = slice_hash(slice_sub(host, 0, start)) ^ slice_hash(slice_sub(host, end, host.length)) * 3;
	return GUINT_TO_POINTER((guint)(rest ^ rest >> 32));
}

/* The next label of *start on in which there can be a slip; false at the end. */
static bool next_label(Slice host, size_t *start, size_t *ret_end)
{
	for (; *start < host.length; *start = *ret_end + 1) {
		*ret_end = MIN(slice_find_byte(host, '.', *start), host.length);
		if (may_slip(slice_sub(host, *start, *ret_end)))
			return true;
	}
	return false;
}

/* The routes by what is left of their hosts without each of the labels: numbers of rest_of → GArray of Node. */
static GHashTable *index_routes(const Graph *graph, GHashTable *routes)
{
	GHashTable *index = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, (GDestroyNotify)g_array_unref);
	GHashTableIter iter;
	gpointer name, route;
	g_hash_table_iter_init(&iter, routes);
	while (g_hash_table_iter_next(&iter, &name, &route)) {
		Slice host = graph_symbol_slice(graph, GPOINTER_TO_UINT(name));
		Node node = GPOINTER_TO_UINT(route);
		for (size_t start = 0, end; next_label(host, &start, &end); start = end + 1) {
			GArray *nodes = g_hash_table_lookup(index, rest_of(host, start, end));
			if (!nodes)
				g_hash_table_insert(index, rest_of(host, start, end),
				        nodes = g_array_new(FALSE, FALSE, sizeof(Node)));
			g_array_append_val(nodes, node);
		}
	}
	return index;
}

static Node near_route(const Graph *graph, GHashTable *index, Slice host)
{
	Node found = NODE_NONE;
	for (size_t start = 0, end; next_label(host, &start, &end); start = end + 1) {
		const GArray *nodes = g_hash_table_lookup(index, rest_of(host, start, end));
		for (guint i = 0; nodes && i < nodes->len; i++) {
			Node node = g_array_index(nodes, Node, i);
			Slice other = graph_symbol_slice(graph, graph_name_symbol(graph, node));
			if (may_be_near(host, other) && (!found || node < found) && is_one_letter_off(host, other))
				found = node;
		}
	}
	return found;
}

/* Not in a URL: a record, a certificate, a list of hosts. */
static bool stands_by_itself(const Graph *graph, Span word, void *data)
{
	Slice bytes = graph_file_bytes(graph, word.file);
	return word.start < 3 || memcmp(bytes.at + word.start - 3, "://", 3) != 0;
}

/* The file speaks of the route as well: who knows both means two programs, radarr and readarr. */
static bool is_beside(const Graph *graph, Symbol host, Node mention)
{
	GRAPH_NAMED(graph, NODE_MENTION, host, other)
	if (graph_file_of(graph, other) == graph_file_of(graph, mention))
		return true;
	return false;
}

static uint32_t count_mentions(const Graph *graph, Symbol host)
{
	uint32_t count = 0;
	GRAPH_NAMED(graph, NODE_MENTION, host, mention)
	count++;
	return count;
}

static void check_host(Checker *checker, GHashTable *index, Symbol host, uint32_t *searches)
{
	const Graph *graph = checker_graph(checker);
	Slice name = graph_symbol_slice(graph, host);
	Node route = near_route(graph, index, name);
	Span elsewhere;
	if (!route || count_mentions(graph, host) > MOST_SLIPS || ++*searches > MOST_SEARCHES ||
	        search_word(graph, name, NULL, stands_by_itself, NULL, &elsewhere))
		return;
	GRAPH_NAMED(graph, NODE_MENTION, host, mention)
	{
		if (is_beside(graph, graph_name_symbol(graph, route), mention))
			continue;
		Finding *finding = report(checker, mention, graph_place(graph, mention),
		        "no route leads to %s; %s is one letter away", name.at, graph_name(graph, route));
		add_evidence(
		        checker, finding, graph_place(graph, route), "%s is routed here", graph_name(graph, route));
		set_detail(checker, finding, "%s", name.at);
		set_hint(checker, finding, "write %s", graph_name(graph, route));
		set_because(checker, finding, FIX_VALUE, "no other route is so near, and nothing else knows the name");
		add_rename(checker, finding, graph_place(graph, mention), name.at, graph_name(graph, route));
	}
}

static void check_hostname_drift(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) routes = collect_routes(graph);
	g_autoptr(GHashTable) asked = g_hash_table_new(g_direct_hash, g_direct_equal);
	uint32_t searches = 0;
	if (g_hash_table_size(routes) == 0)
		return;
	g_autoptr(GHashTable) index = index_routes(graph, routes);
	GRAPH_EACH (graph, FACT_SCHEME, row) {
		Node mention = row->subject;
		if (graph_node_type(graph, mention) != NODE_MENTION || !is_web(graph, mention) ||
		        is_quiet(graph, mention))
			continue;
		Symbol host = graph_name_symbol(graph, mention);
		if (g_hash_table_add(asked, GUINT_TO_POINTER(host)) &&
		        !g_hash_table_contains(routes, GUINT_TO_POINTER(host)))
			check_host(checker, index, host, &searches);
	}
}

static const Rule rules[] = {
        {
                .id = "hostname-drift",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "a URL misses the name of a route by one letter",
                .why = "The name resolves to nothing, or a wildcard record leads it to a proxy that knows no such "
                       "host and answers 404.",
                .remedy = "Write the host as the Ingress or route has it, or give the route that name.",
                .check = check_hostname_drift,
        },
};

const RuleSet rules_hostname = {"hostname", rules, G_N_ELEMENTS(rules)};
