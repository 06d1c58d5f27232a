/* What the Gateway API lets across namespaces: a listener takes routes of its own namespace alone unless it says
 * otherwise, and a route may lead to a Service elsewhere only where a ReferenceGrant over there says so. Both are
 * refused without an event where the route is: its status says it, and nobody reads that.
 *
 * Only namespaces that are known on both sides are compared. */
#include "base/near.h"
#include "rule/rule.h"
#include "rule/search.h"

#include <string.h>

/* The namespace of Kind/namespace/name; empty where it is not known. */
static Slice namespace_of(const Graph *graph, Symbol identity)
{
	const char *text = graph_symbol_text(graph, identity), *start = strchr(text, '/');
	return start ? (Slice){start + 1, strcspn(start + 1, "/")} : (Slice){"", 0};
}

/* The one namespace in which an object is applied, however often; empty for none, several and those with variables. */
static Slice only_namespace(const Graph *graph, Node object)
{
	Slice found = {"", 0};
	GRAPH_OF (graph, object, FACT_IDENTITY, row) {
		Slice one = namespace_of(graph, row->object);
		if (one.length == 0 || slice_find_byte(one, '$', 0) != SIZE_MAX ||
		        (found.length && !slice_equal(found, one)))
			return (Slice){"", 0};
		found = one;
	}
	return found;
}

/* ---- route-not-admitted --------------------------------------------------------------------------------------- */

/* The listener that keeps the route out, of those that it asks for; NULL where some listener takes it, or may. */
static const Row *closed_listener(const Graph *graph, Node gateway, Node reference)
{
	const char *wanted = graph_text(graph, reference, FACT_WANTS_PORT_NAME);
	const Row *closed = NULL;
	GRAPH_OF (graph, gateway, FACT_ADMITS, row) {
		const char *text = graph_symbol_text(graph, row->object), *equals = strrchr(text, '=');
		if (*wanted &&
		        (strlen(wanted) != (size_t)(equals - text) || strncmp(wanted, text, strlen(wanted)) != 0))
			continue;
		if (strcmp(equals + 1, "Same") != 0)
			return NULL;
		closed = closed ? closed : row;
	}
	return closed;
}

static bool is_gateway(const Graph *graph, Node reference)
{
	return graph_node_type(graph, reference) == NODE_REFERENCE && has_role(graph, reference, "gateway") &&
	       !is_quiet(graph, reference) && !is_open_text(graph_text(graph, reference, FACT_WANTS_PORT_NAME));
}

/* A patch bears the Gateway's name, or a kustomization aims one at it: either may add a listener. */
static bool may_be_patched(const Graph *graph, Node gateway)
{
	if (has_patch(graph, gateway))
		return true;
	GRAPH_NODES (graph, NODE_REFERENCE, reference)
		if (has_role(graph, reference, "patch-target") &&
		        graph_symbol(graph, reference, FACT_WANTS_KIND) == graph_symbol(graph, gateway, FACT_KIND))
			return true;
	return false;
}

static void check_parent(Checker *checker, Node reference, Node gateway)
{
	const Graph *graph = checker_graph(checker);
	Node route = graph_ancestor(graph, reference, NODE_OBJECT);
	Slice own = only_namespace(graph, route), other = only_namespace(graph, gateway);
	const Row *listener = closed_listener(graph, gateway, reference);
	if (!listener || own.length == 0 || other.length == 0 || slice_equal(own, other) ||
	        may_be_patched(graph, gateway))
		return;
	Finding *finding = report(checker, reference, graph_place(graph, reference),
	        "%s %s is in namespace %.*s, and Gateway %s takes routes of %.*s alone",
	        graph_text(graph, route, FACT_KIND), graph_name(graph, route), SLICE_ARGS(own),
	        graph_name(graph, gateway), SLICE_ARGS(other));
	add_evidence(checker, finding, graph_span(graph, listener), "this listener says from: Same, or nothing");
	set_hint(checker, finding,
	        "write `allowedRoutes: {namespaces: {from: All}}` at the listener, or move the route");
}

static Slice listener_name(const Graph *graph, const Row *row)
{
	const char *text = graph_symbol_text(graph, row->object);
	return (Slice){text, (size_t)(strrchr(text, '=') - text)};
}

/* The section that a route asks for is no listener of the Gateway, and nearly the name of one. */
static void check_section(Checker *checker, Node reference, Node gateway)
{
	const Graph *graph = checker_graph(checker);
	const Row *wanted = graph_find(graph, reference, FACT_WANTS_PORT_NAME);
	if (!wanted || !graph_has(graph, gateway, FACT_ADMITS))
		return;
	Slice name = graph_symbol_slice(graph, wanted->object);
	NearSearch search = near_search(name, near_limit(name));
	GRAPH_OF (graph, gateway, FACT_ADMITS, row) {
		if (slice_equal(listener_name(graph, row), name) || is_open_text(graph_symbol_text(graph, row->object)))
			return;
		near_offer(&search, listener_name(graph, row));
	}
	if (near_result(&search) == SIZE_MAX || may_be_patched(graph, gateway))
		return;
	Node route = graph_ancestor(graph, reference, NODE_OBJECT);
	Finding *finding = report(checker, reference, graph_span(graph, wanted),
	        "%s %s asks for the listener '%.*s' of Gateway %s, which has none of that name",
	        graph_text(graph, route, FACT_KIND), graph_name(graph, route), SLICE_ARGS(name),
	        graph_name(graph, gateway));
	set_detail(checker, finding, "listener %.*s", SLICE_ARGS(name));
	add_evidence(checker, finding, graph_place(graph, gateway), "the Gateway");
	g_autofree char *old = slice_dup(name), *new = slice_dup(search.best);
	set_hint(checker, finding, "write %s", new);
	set_because(checker, finding, FIX_VALUE, "no other listener has a name so near");
	add_rename(checker, finding, graph_span(graph, wanted), old, new);
}

static bool has_one_target(const Graph *graph, Node reference)
{
	Rows rows = graph_rows_of(graph, reference, FACT_REFERS_TO);
	return rows.end - rows.at == 1;
}

static void check_route_not_admitted(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_EACH (graph, FACT_REFERS_TO, row)
		if (is_gateway(graph, row->subject) && has_one_target(graph, row->subject) &&
		        graph_node_type(graph, row->object) == NODE_OBJECT) {
			check_parent(checker, row->subject, row->object);
			check_section(checker, row->subject, row->object);
		}
}

/* ---- reference-not-granted -------------------------------------------------------------------------------------- */

static bool is_granted_by(const Graph *graph, const Row *grant, const char *from, const char *to)
{
	const char *text = graph_symbol_text(graph, grant->object), *arrow = strchr(text, '>');
	const char *name = arrow ? strchr(arrow, '/') : NULL;
	if (!name || is_open_text(text))
		return true;
	bool same = strlen(from) == (size_t)(arrow - text) && strncmp(text, from, strlen(from)) == 0;
	return same && (strcmp(name + 1, "*") == 0 || strcmp(arrow + 1, to) == 0);
}

#define MOST_GRANTS 2000

/* A grant in that namespace, or in one that is not known; NULL for to only asks whether there is one at all. */
static bool is_granted(const Graph *graph, Slice namespace, const char *from, const char *to)
{
	uint32_t left = MOST_GRANTS;
	GRAPH_EACH (graph, FACT_GRANTS, row) {
		if (left-- == 0)
			return true;
		Slice own = only_namespace(graph, row->subject);
		if ((own.length == 0 || slice_equal(own, namespace)) && is_granted_by(graph, row, from, to))
			return true;
	}
	return false;
}

/* Charts may bring their grants along. */
static bool may_be_granted(const Graph *graph, Slice namespace)
{
	Symbol symbol;
	if (!graph_find_symbol(graph, namespace, &symbol))
		return false;
	Rows rows = graph_rows_to(graph, FACT_OPAQUE, symbol);
	return rows.at != rows.end;
}

/* Nothing of the repository is in that namespace: what is there, and its grants, lie elsewhere. */
static bool is_foreign(const Graph *graph, Slice namespace)
{
	Symbol symbol;
	if (!graph_find_symbol(graph, namespace, &symbol))
		return true;
	GRAPH_NODES (graph, NODE_OBJECT, object)
		if (slice_equal(only_namespace(graph, object), namespace))
			return false;
	return true;
}

static bool is_gateway_route(const Graph *graph, Node object)
{
	return g_str_has_prefix(graph_text(graph, object, FACT_API_VERSION), "gateway.networking.k8s.io/") &&
	       graph_first_child(graph, object, NODE_ROUTE);
}

static void check_backend(Checker *checker, Node reference, const Row *written, GHashTable *known)
{
	const Graph *graph = checker_graph(checker);
	Node object = graph_ancestor(graph, reference, NODE_OBJECT);
	Slice own = only_namespace(graph, object), other = graph_symbol_slice(graph, written->object);
	if (own.length == 0 || slice_equal(own, other) || is_open_text(graph_symbol_text(graph, written->object)))
		return;
	const char *kind = graph_text(graph, object, FACT_KIND), *name = graph_name(graph, reference);
	g_autofree char *from = g_strdup_printf("%s/%.*s", kind, SLICE_ARGS(own));
	g_autofree char *to = g_strdup_printf("Service/%s", name);
	if (is_granted(graph, other, from, to) || is_foreign(graph, other) ||
	        !g_hash_table_add(known,
	                g_strdup_printf("%s/%s>%.*s/%s", from, graph_name(graph, object), SLICE_ARGS(other), to)))
		return;
	Finding *finding = report_at(checker, may_be_granted(graph, other) ? LEVEL_WARNING : LEVEL_ERROR, reference,
	        graph_span(graph, written),
	        "%s %s leads to Service %s of namespace %.*s, and no ReferenceGrant there allows it", kind,
	        graph_name(graph, object), name, SLICE_ARGS(other));
	set_detail(checker, finding, "%.*s/%s", SLICE_ARGS(other), name);
	set_hint(checker, finding,
	        "add a ReferenceGrant to namespace %.*s: from %s in %.*s, to Service %s; or move the route there",
	        SLICE_ARGS(other), kind, SLICE_ARGS(own), name);
}

static void check_reference_not_granted(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GRAPH_EACH (graph, FACT_NAMESPACE, row) {
		Node reference = row->subject;
		if (graph_node_type(graph, reference) != NODE_REFERENCE || !has_role(graph, reference, "backend") ||
		        is_quiet(graph, reference) || is_patch(graph, reference))
			continue;
		Node object = graph_ancestor(graph, reference, NODE_OBJECT);
		if (object && is_gateway_route(graph, object))
			check_backend(checker, reference, row, known);
	}
}

static const Rule rules[] = {
        {
                .id = "route-not-admitted",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a route asks a Gateway that does not take it",
                .why = "The Gateway does not attach the route (NotAllowedByListeners or NoMatchingParent in the "
                       "route's status), and the host answers 404.",
                .remedy = "Let the listener take routes of other namespaces, put the route into the Gateway's, or "
                          "write the name of the listener.",
                .check = check_route_not_admitted,
        },
        {
                .id = "reference-not-granted",
                .level = LEVEL_ERROR,
                .fix = FIX_NONE,
                .title = "a route leads to a Service of another namespace, and no ReferenceGrant allows it",
                .why = "The route is attached without that backend (RefNotPermitted in its status), and its requests "
                       "are answered with 500.",
                .remedy = "Add a ReferenceGrant to the Service's namespace, or put the route there.",
                .check = check_reference_not_granted,
        },
};

const RuleSet rules_gateway = {"gateway", rules, G_N_ELEMENTS(rules)};
