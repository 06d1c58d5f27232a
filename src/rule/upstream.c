/* Hosts that a compose service asks for and that no service is called: in its variables, and in the tracked files that
 * are mounted in it or copied into its image (nginx, Caddy, Prometheus, Grafana and their kin name hosts with ports in
 * the same way).
 *
 * Names of one part are resolved by compose first and by the network of the house after that, so a name that no
 * service has may well be a machine. It is wrong where it is one slip away from a service of the same project, and
 * likely so where only an archived file still has the service. A fallback, ${URL:-http://name:80}, is a name that the
 * owner expects to be a service where he names its neighbours in the same way. */
#include "base/near.h"
#include "base/variable.h"
#include "rule/configured.h"
#include "rule/rule.h"
#include "rule/search.h"

typedef struct Upstreams {
	Checker *checker;
	GHashTable *names; /* Symbols that are a host somewhere */
	GHashTable *seen;  /* mentions that are judged already */
	uint32_t left;     /* hosts that may still be judged */
} Upstreams;

/* Each is held against all services of its file; nobody names more of one part that no service has. */
#define MOST_HOSTS 1000

static void add_names(const Graph *graph, Node node, GHashTable *names)
{
	static const FactKind kinds[] = {FACT_CONTAINER_NAME, FACT_ALIAS};
	g_hash_table_add(names, GUINT_TO_POINTER(graph_name_symbol(graph, node)));
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		GRAPH_OF (graph, node, kinds[i], row)
			g_hash_table_add(names, GUINT_TO_POINTER(row->object));
}

/* All that may answer to a name of one part. */
static void collect_names(Upstreams *upstreams)
{
	const Graph *graph = checker_graph(upstreams->checker);
	GRAPH_NODES (graph, NODE_SERVICE, service)
		if (!is_quiet(graph, service))
			add_names(graph, service, upstreams->names);
	GRAPH_NODES (graph, NODE_MACHINE, machine)
		add_names(graph, machine, upstreams->names);
	GRAPH_NODES (graph, NODE_OBJECT, object)
		if (is_kind(graph, object, "Service"))
			add_names(graph, object, upstreams->names);
}

/* One part, as services are called; what compose and container engines answer themselves is none. */
static bool is_service_host(const char *host)
{
	static const char *const own[] = {"localhost", "host", "gateway", NULL};
	for (const char *at = host; *at; at++)
		if (!g_ascii_isalnum(*at) && *at != '-' && *at != '_')
			return false;
	return strlen(host) > 2 && !slice_is_any_nocase(slice_from(host), own) &&
	       strspn(host, "0123456789") != strlen(host);
}

/* Networks of other projects have services that stand elsewhere, and the host's own has none at all. */
static bool is_closed(const Graph *graph, Node service)
{
	Node compose = graph_parent(graph, service);
	if (graph_node_type(graph, compose) != NODE_COMPOSE || graph_has(graph, compose, FACT_INCLUDES) ||
	        graph_has(graph, service, FACT_NETWORK_MODE) || graph_has(graph, service, FACT_EXTENDS))
		return false;
	GRAPH_CHILDREN (graph, compose, NODE_COMPOSE_NETWORK, network)
		if (graph_has(graph, network, FACT_EXTERNAL) || graph_has(graph, network, FACT_NETWORK_NAME))
			return false;
	return true;
}

/* ---- what was meant ------------------------------------------------------------------------------------- */

static Node near_service(const Graph *graph, Node service, Slice host)
{
	NearSearch search = near_search(host, MIN(near_limit(host), host.length < 9 ? 1 : 2));
	g_autoptr(GArray) nodes = g_array_new(FALSE, FALSE, sizeof(Node));
	GRAPH_CHILDREN (graph, graph_parent(graph, service), NODE_SERVICE, other) {
		near_offer(&search, graph_symbol_slice(graph, graph_name_symbol(graph, other)));
		g_array_append_val(nodes, other);
	}
	size_t best = near_result(&search);
	return best == SIZE_MAX ? NODE_NONE : g_array_index(nodes, Node, best);
}

static Node archived_service(const Graph *graph, Symbol host)
{
	GRAPH_NAMED(graph, NODE_SERVICE, host, service)
	if (is_quiet(graph, service))
		return service;
	return NODE_NONE;
}

/* extra_hosts, hostname, links: the name stands in the compose file for another reason. */
static bool is_given_otherwise(const Graph *graph, Node service, const char *host)
{
	static const char *const keys[] = {"extra_hosts", "hostname", "links", "external_links", "upstream", NULL};
	Slice bytes = graph_file_bytes(graph, graph_file_of(graph, service));
	for (size_t at = 0; (at = slice_find(bytes, host, at)) != SIZE_MAX; at++) {
		Slice line = graph_line_at(graph, (Span){graph_file_of(graph, service), (uint32_t)at, (uint32_t)at});
		for (size_t i = 0; keys[i]; i++)
			if (text_has(line, keys[i]))
				return true;
	}
	return text_has(bytes, "extra_hosts");
}

static bool is_in_comment(const Graph *graph, Span place)
{
	Slice line = graph_line_at(graph, place), bytes = graph_file_bytes(graph, place.file);
	Slice before = {line.at, (size_t)(bytes.at + place.start - line.at)};
	return slice_find_byte(before, '#', 0) != SIZE_MAX || text_has(before, "//  ");
}

/* subject is where the host stands: a mention, or a variable with the span of its value. */
static void judge(Upstreams *upstreams, Node service, Node subject, Symbol symbol, Span place)
{
	Checker *checker = upstreams->checker;
	const Graph *graph = checker_graph(checker);
	const char *host = graph_symbol_text(graph, symbol);
	if (upstreams->left == 0 || !is_service_host(host) ||
	        g_hash_table_contains(upstreams->names, GUINT_TO_POINTER(symbol)) || is_in_comment(graph, place) ||
	        !g_hash_table_add(upstreams->seen, GUINT_TO_POINTER(subject)))
		return;
	upstreams->left--;
	Node near = near_service(graph, service, slice_from(host)),
	     old = near ? NODE_NONE : archived_service(graph, symbol);
	/* Names are looked up whatever the case of their letters. */
	if ((!near && !old) || (near && slice_is_nocase(slice_from(host), graph_name(graph, near))) ||
	        is_given_otherwise(graph, service, host))
		return;
	Finding *finding = report_at(checker, near ? LEVEL_ERROR : LEVEL_WARNING, subject, place,
	        "service %s asks %s, and no service is called so", graph_name(graph, service), host);
	if (old) {
		add_evidence(checker, finding, graph_place(graph, old), "it was one once: this file is not in use");
		return;
	}
	add_evidence(checker, finding, graph_place(graph, near), "there is %s", graph_name(graph, near));
	set_hint(checker, finding, "write %s", graph_name(graph, near));
	set_because(checker, finding, FIX_VALUE, "no other service of the file has a name so near");
	add_rename(checker, finding, place, host, graph_name(graph, near));
}

static void judge_mention(Upstreams *upstreams, Node service, Node mention)
{
	const Graph *graph = checker_graph(upstreams->checker);
	if (!graph_has(graph, mention, FACT_ADDRESS) && graph_has(graph, mention, FACT_NUMBER))
		judge(upstreams, service, mention, graph_name_symbol(graph, mention), graph_place(graph, mention));
}

/* DB_HOST, SMTP_SERVER and their kin hold a host and nothing else. */
static bool holds_host(const char *name)
{
	static const char *const ends[] = {"HOST", "HOSTNAME", "_SERVER", "_host", "_hostname"};
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
		if (g_str_has_suffix(name, ends[i]))
			return true;
	return false;
}

static void judge_hosts(Upstreams *upstreams, Node service)
{
	const Graph *graph = checker_graph(upstreams->checker);
	GRAPH_CHILDREN (graph, service, NODE_ENV, env) {
		const Row *value = graph_find(graph, env, FACT_VALUE);
		if (value && holds_host(graph_name(graph, env)))
			judge(upstreams, service, env, value->object, graph_span(graph, value));
	}
}

/* ---- where hosts are named --------------------------------------------------------------------------------- */

static void judge_file(Node service, Node file, bool copied, void *data)
{
	Upstreams *upstreams = data;
	const Graph *graph = checker_graph(upstreams->checker);
	if (is_closed(graph, service))
		GRAPH_CHILDREN (graph, file, NODE_MENTION, mention)
			judge_mention(upstreams, service, mention);
}

typedef struct Value {
	Span span;
	Node service;
} Value;

static gint by_place(gconstpointer left, gconstpointer right)
{
	const Value *one = left, *other = right;
	return one->span.start < other->span.start ? -1 : one->span.start > other->span.start;
}

static void add_values(const Graph *graph, Node service, GArray *values)
{
	GRAPH_CHILDREN (graph, service, NODE_ENV, env) {
		const Row *row = graph_find(graph, env, FACT_VALUE);
		if (!row)
			continue;
		Value value = {graph_span(graph, row), service};
		g_array_append_val(values, value);
	}
}

/* The value that holds the place, of those in the order of places. */
static const Value *value_at(const GArray *values, Span place)
{
	guint low = 0, high = values->len;
	while (low < high) {
		guint middle = low + (high - low) / 2;
		if (g_array_index(values, Value, middle).span.start <= place.start)
			low = middle + 1;
		else
			high = middle;
	}
	const Value *value = low ? &g_array_index(values, Value, low - 1) : NULL;
	return value && place.end <= value->span.end ? value : NULL;
}

static void judge_variables(Upstreams *upstreams, Node compose)
{
	const Graph *graph = checker_graph(upstreams->checker);
	g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(Value));
	GRAPH_CHILDREN (graph, compose, NODE_SERVICE, service)
		if (is_closed(graph, service))
			add_values(graph, service, values);
	if (values->len == 0)
		return;
	g_array_sort(values, by_place);
	GRAPH_CHILDREN (graph, graph_file_node(graph, graph_file_of(graph, compose)), NODE_MENTION, mention) {
		const Value *value = value_at(values, graph_place(graph, mention));
		if (value)
			judge_mention(upstreams, value->service, mention);
	}
}

/* ---- fallbacks --------------------------------------------------------------------------------------------------- */

/* Where so many hosts of a service's variables are services of the repository, it asks its neighbours by their names.
 */
#define LEAST_NEIGHBOURS 3

/* The value of a variable is nothing but ${NAME:-word}. */
static bool is_fallback(const Graph *graph, Node env, Slice *ret_name)
{
	size_t at = 0;
	Variable use;
	Slice value = graph_symbol_slice(graph, graph_symbol(graph, env, FACT_VALUE));
	if (!graph_has(graph, env, FACT_VALUE) || !variable_next(value, &at, &use) || use.op != '-' || use.start != 0 ||
	        use.end != value.length)
		return false;
	*ret_name = use.name;
	return true;
}

/* A .env file or an example of one gives the variable a value, so that the fallback is not what is used. */
static bool is_set_in_file(const Graph *graph, Slice name)
{
	Symbol symbol;
	if (!graph_find_symbol(graph, name, &symbol))
		return false;
	GRAPH_NAMED(graph, NODE_ENV, symbol, env)
	if (graph_node_type(graph, graph_parent(graph, env)) == NODE_FILE && *graph_text(graph, env, FACT_VALUE))
		return true;
	return false;
}

/* What people call machines, and not programs. */
static bool may_be_machine(Slice host)
{
	static const char *const words[] = {"nas", "server", "pc", "desktop", "laptop", "router", "nuc", "mini", "pi",
	        "node", "proxmox", "truenas", "synology", "unraid", "home", "lab", "host", "vm", "mac"};
	for (size_t start = 0; start < host.length;) {
		size_t end = start;
		while (end < host.length && g_ascii_isalpha(host.at[end]))
			end++;
		Slice part = slice_sub(host, start, end);
		for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
			if (slice_is_nocase(part, words[i]) || (strlen(words[i]) > 2 && slice_ends(part, words[i])))
				return true;
		start = end + 1;
	}
	return false;
}

/* The mention of a host of one part with its port within a value, or NODE_NONE. */
static Node host_within(const Graph *graph, Node env)
{
	Span span = graph_span(graph, graph_find(graph, env, FACT_VALUE));
	GRAPH_CHILDREN (graph, graph_file_node(graph, span.file), NODE_MENTION, mention) {
		Span place = graph_place(graph, mention);
		if (place.start >= span.end)
			return NODE_NONE;
		if (place.start >= span.start && !graph_has(graph, mention, FACT_ADDRESS) &&
		        graph_has(graph, mention, FACT_NUMBER) && is_service_host(graph_name(graph, mention)))
			return mention;
	}
	return NODE_NONE;
}

static void judge_fallback(Upstreams *upstreams, Node service, Node env, Node mention)
{
	Checker *checker = upstreams->checker;
	const Graph *graph = checker_graph(checker);
	const char *host = graph_name(graph, mention);
	Slice name = {"", 0};
	if (!is_fallback(graph, env, &name) || is_set_in_file(graph, name) || may_be_machine(slice_from(host)) ||
	        is_given_otherwise(graph, service, host) || is_in_comment(graph, graph_place(graph, mention)) ||
	        !g_hash_table_add(upstreams->seen, GUINT_TO_POINTER(mention)))
		return;
	Finding *finding = report_at(checker, LEVEL_WARNING, mention, graph_place(graph, mention),
	        "service %s asks %s unless %.*s is set, and no service of the repository is called so",
	        graph_name(graph, service), host, SLICE_ARGS(name));
	set_hint(checker, finding, "add the service, or write ${%.*s:?} so that somebody has to say where it is",
	        SLICE_ARGS(name));
}

/* Of one service: its neighbours are counted first. */
static void judge_fallbacks(Upstreams *upstreams, Node service)
{
	const Graph *graph = checker_graph(upstreams->checker);
	g_autoptr(GHashTable) neighbours = g_hash_table_new(NULL, NULL);
	g_autoptr(GArray) strange = g_array_new(FALSE, FALSE, sizeof(Node));
	Slice name;
	GRAPH_CHILDREN (graph, service, NODE_ENV, env) {
		Node mention =
		        graph_has(graph, env, FACT_VALUE) && upstreams->left ? host_within(graph, env) : NODE_NONE;
		if (!mention)
			continue;
		upstreams->left--;
		gpointer symbol = GUINT_TO_POINTER(graph_name_symbol(graph, mention));
		if (g_hash_table_contains(upstreams->names, symbol))
			g_hash_table_add(neighbours, symbol);
		else if (is_fallback(graph, env, &name))
			g_array_append_val(strange, env);
	}
	for (guint i = 0; i < strange->len && g_hash_table_size(neighbours) >= LEAST_NEIGHBOURS; i++) {
		Node env = g_array_index(strange, Node, i);
		judge_fallback(upstreams, service, env, host_within(graph, env));
	}
}

static void check_upstream_missing(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) names = g_hash_table_new(NULL, NULL);
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
	Upstreams upstreams = {checker, names, seen, MOST_HOSTS};
	collect_names(&upstreams);
	GRAPH_NODES (graph, NODE_COMPOSE, compose)
		if (!is_quiet(graph, compose))
			judge_variables(&upstreams, compose);
	GRAPH_NODES (graph, NODE_SERVICE, service) {
		if (is_quiet(graph, service))
			continue;
		judge_fallbacks(&upstreams, service);
		if (is_closed(graph, service))
			judge_hosts(&upstreams, service);
	}
	each_configured(graph, judge_file, &upstreams);
}

static const Rule rules[] = {
        {
                .id = "upstream-missing",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a host that no service of the project is called",
                .why = "The name does not resolve: a proxy answers 502 or does not start at all, a client retries "
                       "forever, a scrape target stays down.",
                .remedy = "Name the service as compose does: by its key, its container_name or an alias.",
                .check = check_upstream_missing,
        },
};

const RuleSet rules_upstream = {"upstream", rules, G_N_ELEMENTS(rules)};
