/* What pods ask of nodes and of each other, where it contradicts itself: then they stay Pending, and no node is to
 * blame. Only what is certain counts. A label that a node of the list does not show may be there all the same, pods
 * that a chart brings may be the company that is wanted, and a value that a variable stands for is not known. */
#include "rule/cluster.h"
#include "rule/rule.h"

#include <stdlib.h>
#include <string.h>

#define HOSTNAME "kubernetes.io/hostname"

/* ---- requirements on one label ------------------------------------------------------------------------------------
 */

/* "key operator values": an expression of the files, or a single value that the label must have. */
typedef struct Requirement {
	Slice key;
	Node expression;   /* or NODE_NONE */
	const char *value; /* without an expression */
	Span place;
} Requirement;

static const char *operator_of(const Graph *graph, const Requirement *requirement)
{
	return requirement->expression ? graph_text(graph, requirement->expression, FACT_OPERATOR) : "In";
}

static bool is_among(const Graph *graph, const Requirement *requirement, const char *value)
{
	if (!requirement->expression)
		return strcmp(requirement->value, value) == 0;
	GRAPH_OF (graph, requirement->expression, FACT_VALUE, row)
		if (strcmp(graph_symbol_text(graph, row->object), value) == 0)
			return true;
	return false;
}

static bool is_open_requirement(const Graph *graph, const Requirement *requirement)
{
	if (!requirement->expression)
		return is_open_text(requirement->value) || strchr(requirement->value, '$');
	GRAPH_OF (graph, requirement->expression, FACT_VALUE, row)
		if (is_open_text(graph_symbol_text(graph, row->object)) ||
		        strchr(graph_symbol_text(graph, row->object), '$'))
			return true;
	return false;
}

/* A label of that value, or none where it is NULL, is what the requirement asks for. An operator that nobody knows asks
 * for nothing. */
static bool allows(const Graph *graph, const Requirement *requirement, const char *value)
{
	const char *word = operator_of(graph, requirement);
	if (strcmp(word, "In") == 0)
		return value && is_among(graph, requirement, value);
	if (strcmp(word, "NotIn") == 0)
		return !value || !is_among(graph, requirement, value);
	if (strcmp(word, "Exists") == 0)
		return value != NULL;
	if (strcmp(word, "DoesNotExist") == 0)
		return value == NULL;
	if (strcmp(word, "Gt") != 0 && strcmp(word, "Lt") != 0)
		return true;
	gint64 bound = g_ascii_strtoll(graph_text(graph, requirement->expression, FACT_VALUE), NULL, 10);
	gint64 number = value ? g_ascii_strtoll(value, NULL, 10) : 0;
	return value && (*word == 'G' ? number > bound : number < bound);
}

#define REQUIREMENT(list, i) (&g_array_index((list), Requirement, (i)))

static bool all_allow(const Graph *graph, const GArray *list, Slice key, const char *value)
{
	for (guint i = 0; i < list->len; i++)
		if (slice_equal(REQUIREMENT(list, i)->key, key) && !allows(graph, REQUIREMENT(list, i), value))
			return false;
	return true;
}

/* Some value of the label, or its absence, satisfies all that is asked of it. A value can be had from anywhere unless
 * one of the requirements lists those that may be. */
static bool is_satisfiable(const Graph *graph, const GArray *list, Slice key)
{
	const Requirement *listing = NULL;
	bool present = true;
	for (guint i = 0; i < list->len; i++) {
		const Requirement *requirement = REQUIREMENT(list, i);
		if (!slice_equal(requirement->key, key))
			continue;
		if (is_open_requirement(graph, requirement))
			return true;
		if (!listing && strcmp(operator_of(graph, requirement), "In") == 0)
			listing = requirement;
		present = present && strcmp(operator_of(graph, requirement), "DoesNotExist") != 0;
	}
	if (all_allow(graph, list, key, NULL))
		return true;
	if (!listing)
		return present;
	if (!listing->expression)
		return all_allow(graph, list, key, listing->value);
	GRAPH_OF (graph, listing->expression, FACT_VALUE, row)
		if (all_allow(graph, list, key, graph_symbol_text(graph, row->object)))
			return true;
	return false;
}

/* The first label of which more is asked than can be, or NULL. */
static const Requirement *first_contradiction(const Graph *graph, const GArray *list)
{
	for (guint i = 0; i < list->len; i++)
		if (!is_satisfiable(graph, list, REQUIREMENT(list, i)->key))
			return REQUIREMENT(list, i);
	return NULL;
}

/* ---- selector-contradiction ---------------------------------------------------------------------------------------
 */

static void add_pair(const Graph *graph, const Row *row, GArray *list)
{
	Slice pair = graph_symbol_slice(graph, row->object);
	size_t equals = slice_find_byte(pair, '=', 0);
	if (equals == SIZE_MAX)
		return;
	Requirement requirement = {slice_sub(pair, 0, equals), NODE_NONE, pair.at + equals + 1, graph_span(graph, row)};
	g_array_append_val(list, requirement);
}

/* What the pod asks of its node if it is to be let in by that term; term NODE_NONE: by its selector alone. */
static GArray *requirements_of(const Graph *graph, Node pod, Node term)
{
	GArray *list = g_array_new(FALSE, FALSE, sizeof(Requirement));
	GRAPH_OF (graph, pod, FACT_NODE_SELECTOR, row)
		add_pair(graph, row, list);
	if (term)
		GRAPH_CHILDREN (graph, term, NODE_EXPRESSION, expression) {
			Requirement requirement = {slice_from(graph_name(graph, expression)), expression, NULL,
			        graph_place(graph, expression)};
			g_array_append_val(list, requirement);
		}
	return list;
}

/* What is known of the labels of a machine, as requirements: each of them has that value and no other. */
static void add_labels(const Graph *graph, Node machine, GArray *list)
{
	GRAPH_OF (graph, machine, FACT_LABEL, row)
		add_pair(graph, row, list);
	GRAPH_OF (graph, machine, FACT_ARCHITECTURE, row) {
		Requirement arch = {SLICE("kubernetes.io/arch"), NODE_NONE, graph_symbol_text(graph, row->object),
		        graph_span(graph, row)};
		g_array_append_val(list, arch);
	}
	if (!graph_has(graph, machine, FACT_ALIAS)) {
		Requirement host = {
		        SLICE(HOSTNAME), NODE_NONE, graph_name(graph, machine), graph_place(graph, machine)};
		g_array_append_val(list, host);
	}
}

static char *requirement_text(const Graph *graph, const Requirement *requirement)
{
	if (!requirement->expression)
		return g_strdup_printf("%.*s=%s", SLICE_ARGS(requirement->key), requirement->value);
	g_autoptr(GString) text = g_string_new(NULL);
	g_string_append_printf(text, "%.*s %s", SLICE_ARGS(requirement->key), operator_of(graph, requirement));
	const char *sign = " ";
	GRAPH_OF (graph, requirement->expression, FACT_VALUE, row) {
		g_string_append_printf(text, "%s%s", sign, graph_symbol_text(graph, row->object));
		sign = ", ";
	}
	return g_strdup(text->str);
}

static void report_contradiction(Checker *checker, Node object, const GArray *list, const Requirement *first)
{
	const Graph *graph = checker_graph(checker);
	g_autofree char *one = requirement_text(graph, first);
	Finding *finding = report(checker, object, first->place,
	        "%s %s asks for a node with %s, and for more that no such node has: it stays Pending",
	        graph_text(graph, object, FACT_KIND), graph_name(graph, object), one);
	for (guint i = 0; i < list->len; i++) {
		const Requirement *other = REQUIREMENT(list, i);
		if (other == first || !slice_equal(other->key, first->key))
			continue;
		g_autofree char *text = requirement_text(graph, other);
		add_evidence(checker, finding, other->place, "it asks for %s too", text);
	}
}

/* The terms of required node affinity: one of them is enough. */
static GArray *node_terms(const Graph *graph, Node pod)
{
	GArray *terms = g_array_new(FALSE, FALSE, sizeof(Node));
	GRAPH_CHILDREN (graph, pod, NODE_TERM, term)
		if (strcmp(graph_name(graph, term), "node-affinity") == 0)
			g_array_append_val(terms, term);
	if (terms->len == 0) {
		Node none = NODE_NONE;
		g_array_append_val(terms, none);
	}
	return terms;
}

/* Every term contradicts the selector or itself. */
static bool check_terms(Checker *checker, Node pod, const GArray *terms)
{
	const Graph *graph = checker_graph(checker);
	for (guint i = 0; i < terms->len; i++) {
		g_autoptr(GArray) list = requirements_of(graph, pod, g_array_index(terms, Node, i));
		if (!first_contradiction(graph, list))
			return false;
	}
	g_autoptr(GArray) list = requirements_of(graph, pod, g_array_index(terms, Node, 0));
	report_contradiction(checker, graph_parent(graph, pod), list, first_contradiction(graph, list));
	return true;
}

/* What rules the machine out by any term: its label and what is asked of it; false where it may serve. */
static bool rules_out(const Graph *graph, Node pod, const GArray *terms, Node machine, Requirement *ret_asked)
{
	for (guint i = 0; i < terms->len; i++) {
		g_autoptr(GArray) list = requirements_of(graph, pod, g_array_index(terms, Node, i));
		guint asked = list->len;
		add_labels(graph, machine, list);
		const Requirement *first = first_contradiction(graph, list);
		if (!first || (guint)(first - REQUIREMENT(list, 0)) >= asked)
			return false;
		*ret_asked = *first;
	}
	return true;
}

/* Each node of the list is ruled out by what is known of it, and not all by one label alone: a label that no node has
 * may be missing in the list. */
static void check_machines(Checker *checker, Node pod, const GArray *terms)
{
	const Graph *graph = checker_graph(checker);
	Requirement first = {0}, asked;
	Node first_machine = NODE_NONE;
	bool differ = false;
	GRAPH_NODES (graph, NODE_MACHINE, machine) {
		if (!rules_out(graph, pod, terms, machine, &asked))
			return;
		differ |= first_machine && !slice_equal(first.key, asked.key);
		if (!first_machine) {
			first = asked;
			first_machine = machine;
		}
	}
	if (!first_machine || !differ)
		return;
	Node object = graph_parent(graph, pod);
	Finding *finding = report(checker, object, first.place,
	        "%s %s asks for what no node of the list has together: it stays Pending",
	        graph_text(graph, object, FACT_KIND), graph_name(graph, object));
	set_detail(checker, finding, "nodes");
	GRAPH_NODES (graph, NODE_MACHINE, machine)
		if (rules_out(graph, pod, terms, machine, &asked)) {
			g_autofree char *text = requirement_text(graph, &asked);
			add_evidence(checker, finding, graph_place(graph, machine), "%s lacks %s",
			        graph_name(graph, machine), text);
		}
}

static void check_selector_contradiction(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_NODES (graph, NODE_POD, pod) {
		Node object = graph_parent(graph, pod);
		if (is_quiet(graph, pod) || is_patch(graph, object) || has_patch(graph, object))
			continue;
		g_autoptr(GArray) terms = node_terms(graph, pod);
		if (!check_terms(checker, pod, terms))
			check_machines(checker, pod, terms);
	}
}

/* ---- affinity-cycle -----------------------------------------------------------------------------------------------
 */

typedef struct Waiting {
	Node pod;
	bool starts; /* nothing keeps the first of these pods from starting */
} Waiting;

#define WAITING(pods, i) (&g_array_index((pods), Waiting, (i)))

static const char *label_of(const Graph *graph, Node pod, Slice key)
{
	GRAPH_OF (graph, pod, FACT_LABEL, row) {
		Slice pair = graph_symbol_slice(graph, row->object);
		if (slice_find_byte(pair, '=', 0) == key.length && memcmp(pair.at, key.at, key.length) == 0)
			return pair.at + key.length + 1;
	}
	return NULL;
}

/* The term means pods with these labels; one without any condition means none. */
static bool selects(const Graph *graph, Node term, Node pod)
{
	g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(Requirement));
	GRAPH_OF (graph, term, FACT_SELECTOR, row)
		add_pair(graph, row, list);
	GRAPH_CHILDREN (graph, term, NODE_EXPRESSION, expression) {
		Requirement requirement = {
		        slice_from(graph_name(graph, expression)), expression, NULL, graph_place(graph, expression)};
		g_array_append_val(list, requirement);
	}
	for (guint i = 0; i < list->len; i++)
		if (!is_open_requirement(graph, REQUIREMENT(list, i)) &&
		        !allows(graph, REQUIREMENT(list, i), label_of(graph, pod, REQUIREMENT(list, i)->key)))
			return false;
	return list->len > 0;
}

/* Pods of the term that are known where it looks for them; those of other namespaces only where it names some. */
static bool may_mean(const Graph *graph, Node term, Node own, Node pod)
{
	return selects(graph, term, pod) &&
	       (graph_has(graph, term, FACT_NAMESPACE) ||
	               may_share_namespace(graph, graph_parent(graph, own), graph_parent(graph, pod)));
}

static bool is_company(const Graph *graph, Node term)
{
	return strcmp(graph_name(graph, term), "pod-affinity") == 0;
}

/* A term that means the pod itself lets the first one in; one that means nobody who is known may mean anybody. Pods of
 * any namespace count as company here: rather too many may start than too few. */
static bool may_start(const Graph *graph, const GArray *pods, Node pod)
{
	GRAPH_CHILDREN (graph, pod, NODE_TERM, term) {
		bool known = false, running = false;
		if (!is_company(graph, term) || selects(graph, term, pod))
			continue;
		for (guint i = 0; i < pods->len; i++) {
			known |= may_mean(graph, term, pod, WAITING(pods, i)->pod);
			running |= WAITING(pods, i)->starts && selects(graph, term, WAITING(pods, i)->pod);
		}
		if (known && !running)
			return false;
	}
	return true;
}

static bool wants_company(const Graph *graph, Node pod)
{
	GRAPH_CHILDREN (graph, pod, NODE_TERM, term)
		if (is_company(graph, term))
			return true;
	return false;
}

/* All that something applies; with *ret_any whether one of them wants company at all. */
static GArray *waiting_pods(const Graph *graph, bool *ret_any)
{
	GArray *pods = g_array_new(FALSE, FALSE, sizeof(Waiting));
	*ret_any = false;
	GRAPH_NODES (graph, NODE_POD, pod) {
		Node object = graph_parent(graph, pod);
		bool wants = wants_company(graph, pod);
		if (is_patch(graph, object))
			continue;
		Waiting waiting = {pod, !wants || is_quiet(graph, pod) || has_patch(graph, object)};
		*ret_any |= !waiting.starts;
		g_array_append_val(pods, waiting);
	}
	return pods;
}

/* The pod that this one waits for, of those that never start; its term in *ret_term. */
static guint next_in_circle(const Graph *graph, const GArray *pods, guint at, Node *ret_term)
{
	Node pod = WAITING(pods, at)->pod;
	GRAPH_CHILDREN (graph, pod, NODE_TERM, term)
		for (guint i = 0; i < pods->len && is_company(graph, term) && !selects(graph, term, pod); i++)
			if (!WAITING(pods, i)->starts && may_mean(graph, term, pod, WAITING(pods, i)->pod)) {
				*ret_term = term;
				return i;
			}
	return pods->len;
}

/* Walks from who waits to whom it waits for until somebody comes again: these are the circle. */
static void report_circle(Checker *checker, const GArray *pods, guint start, bool *seen)
{
	const Graph *graph = checker_graph(checker);
	g_autofree bool *walked = g_new0(bool, pods->len);
	Node term;
	guint at = start;
	for (; at < pods->len && !walked[at]; at = next_in_circle(graph, pods, at, &term)) {
		walked[at] = true;
		if (seen[at])
			return; /* it leads to a circle that is told already */
	}
	if (at == pods->len)
		return;
	guint first = at;
	Node object = graph_parent(graph, WAITING(pods, first)->pod);
	guint other = next_in_circle(graph, pods, first, &term);
	Node other_object = graph_parent(graph, WAITING(pods, other)->pod);
	Finding *finding = report(checker, object, graph_place(graph, term),
	        "%s %s starts only beside %s %s, which waits for it in turn: neither ever starts",
	        graph_text(graph, object, FACT_KIND), graph_name(graph, object),
	        graph_text(graph, other_object, FACT_KIND), graph_name(graph, other_object));
	for (at = other; at != first; at = next_in_circle(graph, pods, at, &term)) {
		Node next;
		guint to = next_in_circle(graph, pods, at, &next);
		add_evidence(checker, finding, graph_place(graph, next), "%s starts only beside %s",
		        graph_name(graph, graph_parent(graph, WAITING(pods, at)->pod)),
		        graph_name(graph, graph_parent(graph, WAITING(pods, to)->pod)));
	}
	for (guint i = 0; i < pods->len; i++)
		seen[i] = seen[i] || walked[i];
}

#define MOST_PODS 2000

static void check_affinity_cycle(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	bool any;
	g_autoptr(GArray) pods = waiting_pods(graph, &any);
	if (!any || pods->len > MOST_PODS)
		return;
	for (bool again = true; again;) {
		again = false;
		for (guint i = 0; i < pods->len; i++)
			if (!WAITING(pods, i)->starts && may_start(graph, pods, WAITING(pods, i)->pod))
				WAITING(pods, i)->starts = again = true;
	}
	g_autofree bool *seen = g_new0(bool, MAX(pods->len, 1));
	for (guint i = 0; i < pods->len; i++)
		if (!WAITING(pods, i)->starts && !seen[i])
			report_circle(checker, pods, i, seen);
}

static const Rule rules[] = {
        {
                .id = "selector-contradiction",
                .level = LEVEL_ERROR,
                .title = "a pod that asks for a node which cannot be",
                .why = "nodeSelector and required node affinity must both hold. Where they contradict each other, or "
                       "no node of the list has all that is asked for, the pod stays Pending.",
                .remedy = "Take one of the two away, or label a node so that it has both.",
                .check = check_selector_contradiction,
        },
        {
                .id = "affinity-cycle",
                .level = LEVEL_ERROR,
                .title = "pods that wait for each other",
                .why = "Required pod affinity lets a pod start only where one of the others runs already. In a circle "
                       "nobody is first: after a restart of the cluster all of them stay Pending.",
                .remedy = "Let one of them start alone: make its affinity a preference "
                          "(preferredDuringSchedulingIgnoredDuringExecution).",
                .check = check_affinity_cycle,
        },
};

const RuleSet rules_schedule = {"schedule", rules, G_N_ELEMENTS(rules)};
