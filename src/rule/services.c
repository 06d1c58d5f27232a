/* Services, the pods behind them and the ports between: what keeps a program that runs from being reached. */
#include "base/near.h"
#include "rule/cluster.h"
#include "rule/owner.h"
#include "rule/rule.h"

static bool is_core_service(const Graph *graph, Node object)
{
	return is_kind(graph, object, "Service") && strcmp(graph_text(graph, object, FACT_API_VERSION), "v1") == 0;
}

/* ---- selectors ------------------------------------------------------------------------------------------ */

/* Labels that an operator sets on pods it makes: they name its API group. Those that people write by hand are plain
 * words, or in the groups that Kubernetes recommends. */
static bool is_operator_label(const char *pair)
{
	const char *slash = strchr(pair, '/'), *equals = strchr(pair, '=');
	if (!slash || (equals && slash > equals))
		return false;
	return !g_str_has_prefix(pair, "app.kubernetes.io/") && !g_str_has_prefix(pair, "k8s-app");
}

static bool selects_by_hand(const Graph *graph, Node service)
{
	GRAPH_OF (graph, service, FACT_SELECTOR, row) {
		const char *pair = graph_symbol_text(graph, row->object);
		if (is_operator_label(pair) || is_open_text(pair) ||
		        g_str_has_prefix(pair, "statefulset.kubernetes.io/"))
			return false;
	}
	return graph_has(graph, service, FACT_SELECTOR);
}

/* What stands behind the "=" of "key=value". */
static const char *pair_value(const char *pair)
{
	const char *equals = strchr(pair, '=');
	return equals ? equals + 1 : pair;
}

/* Another Service sends to the pod: it is not the one that is missed. */
static bool is_taken(const Graph *graph, Node pod)
{
	GRAPH_TO (graph, FACT_SELECTS, pod, row)
		return true;
	return false;
}

static bool is_beside(const Graph *graph, Node service, Node pod)
{
	g_autofree char *folder = g_path_get_dirname(graph_file_path(graph, graph_file_of(graph, service)));
	g_autofree char *other = g_path_get_dirname(graph_file_path(graph, graph_file_of(graph, pod)));
	return strcmp(folder, other) == 0;
}

/* The label of the same key that the selector was probably meant for, of a pod of the same folder: the one with a value
 * so near, else the only one that no Service selects yet. */
static const Row *candidate_label(const Graph *graph, Node service, const Row *selector)
{
	const char *wanted = graph_symbol_text(graph, selector->object), *equals = strchr(wanted, '=');
	Slice value = slice_from(equals ? equals + 1 : wanted);
	NearSearch search = near_search(value, MIN(near_limit(value), 2));
	g_autoptr(GPtrArray) labels = g_ptr_array_new();
	const Row *found = NULL;
	uint32_t others = 0;
	GRAPH_NODES (graph, NODE_POD, pod) {
		if (!equals || !is_beside(graph, service, pod))
			continue;
		GRAPH_OF (graph, pod, FACT_LABEL, row) {
			const char *pair = graph_symbol_text(graph, row->object);
			if (strncmp(pair, wanted, (size_t)(equals - wanted) + 1) != 0)
				continue;
			near_offer(&search, slice_from(pair_value(pair)));
			g_ptr_array_add(labels, (gpointer)row);
			if (is_taken(graph, pod))
				continue;
			others += found && found->object != row->object;
			found = row;
		}
	}
	size_t best = near_result(&search);
	if (best != SIZE_MAX)
		return labels->pdata[best];
	return others ? NULL : found;
}

static bool has_pod_in_folder(const Graph *graph, Node service)
{
	GRAPH_NODES (graph, NODE_POD, pod)
		if (is_beside(graph, service, pod))
			return true;
	return false;
}

static bool selects_none(const Graph *graph, Node service)
{
	return is_core_service(graph, service) && !is_patch(graph, service) && selects_by_hand(graph, service) &&
	       !graph_has(graph, service, FACT_SELECTS) && !graph_has(graph, service, FACT_MAY_SELECT) &&
	       !is_quiet(graph, service);
}

static void check_service_selects_nothing(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_NODES (graph, NODE_OBJECT, service) {
		if (!selects_none(graph, service))
			continue;
		const Row *selector = graph_find(graph, service, FACT_SELECTOR);
		const Row *candidate = candidate_label(graph, service, selector);
		if (!candidate && !has_pod_in_folder(graph, service))
			continue; /* its pods are made by something that is not read here */
		Finding *finding = report_at(checker, candidate ? LEVEL_ERROR : LEVEL_WARNING, service,
		        graph_span(graph, selector),
		        "Service %s selects %s, and no pod of this repository has that label",
		        graph_name(graph, service), graph_symbol_text(graph, selector->object));
		if (candidate) {
			add_evidence(checker, finding, graph_span(graph, candidate), "the pod beside it has %s",
			        graph_symbol_text(graph, candidate->object));
			set_hint(checker, finding, "select %s", graph_symbol_text(graph, candidate->object));
			set_because(checker, finding, FIX_VALUE,
			        "no other pod beside it is so near, or waits for a Service");
			add_rename(checker, finding, graph_span(graph, selector),
			        pair_value(graph_symbol_text(graph, selector->object)),
			        pair_value(graph_symbol_text(graph, candidate->object)));
		}
	}
}

/* ---- policies ------------------------------------------------------------------------------------------- */

/* So many pods are looked at for each policy. */
#define MOST_PODS 2000

/* The label of the same key on a pod of the same namespace whose value is so near; NULL for none and for two. */
static const Row *near_label(const Graph *graph, Node policy, const Row *selector)
{
	const char *wanted = graph_symbol_text(graph, selector->object);
	size_t key = strcspn(wanted, "=");
	Slice value = slice_from(pair_value(wanted));
	NearSearch search = near_search(value, MIN(near_limit(value), 2));
	g_autoptr(GPtrArray) labels = g_ptr_array_new();
	uint32_t left = MOST_PODS;
	GRAPH_NODES (graph, NODE_POD, pod) {
		if (left-- == 0)
			break;
		if (is_patch(graph, pod) ||
		        !may_share_namespace(graph, policy, graph_ancestor(graph, pod, NODE_OBJECT)))
			continue;
		GRAPH_OF (graph, pod, FACT_LABEL, row) {
			const char *pair = graph_symbol_text(graph, row->object);
			if (strncmp(pair, wanted, key + 1) != 0)
				continue;
			near_offer(&search, slice_from(pair_value(pair)));
			g_ptr_array_add(labels, (gpointer)row);
		}
	}
	size_t best = near_result(&search);
	return best == SIZE_MAX ? NULL : labels->pdata[best];
}

/* Some pod of the repository is in a namespace of the policy: its pods are made here, and not by an operator. */
static bool has_pod_in_namespace(const Graph *graph, Node policy)
{
	GRAPH_NODES (graph, NODE_POD, pod)
		if (!is_patch(graph, pod) && graph_has(graph, graph_ancestor(graph, pod, NODE_OBJECT), FACT_IDENTITY) &&
		        may_share_namespace(graph, policy, graph_ancestor(graph, pod, NODE_OBJECT)))
			return true;
	return false;
}

/* An object of an operator's kind is called as the selector says, and lies in the namespace: the operator makes pods
 * for it, and labels them with its name. */
static bool may_be_of_operator(const Graph *graph, Node policy)
{
	GRAPH_OF (graph, policy, FACT_SELECTOR, row) {
		Symbol name;
		if (!graph_find_symbol(graph, slice_from(pair_value(graph_symbol_text(graph, row->object))), &name))
			continue;
		GRAPH_NAMED(graph, NODE_OBJECT, name, object)
		{
			const char *version = graph_text(graph, object, FACT_API_VERSION);
			Slice group = {version, strcspn(version, "/")};
			if (slice_find_byte(group, '.', 0) != SIZE_MAX && !slice_ends(group, ".k8s.io") &&
			        !slice_ends(group, ".fluxcd.io") && !slice_is(group, "argoproj.io") &&
			        graph_has(graph, object, FACT_IDENTITY) && may_share_namespace(graph, policy, object))
				return true;
		}
	}
	return false;
}

static void report_policy(Checker *checker, Node policy)
{
	const Graph *graph = checker_graph(checker);
	const Row *selector = graph_find(graph, policy, FACT_SELECTOR);
	const Row *near = near_label(graph, policy, selector);
	Finding *finding = report_at(checker, near ? LEVEL_ERROR : LEVEL_WARNING, policy, graph_span(graph, selector),
	        "%s %s selects %s, and no pod of its namespace has that label", graph_text(graph, policy, FACT_KIND),
	        graph_name(graph, policy), graph_symbol_text(graph, selector->object));
	if (!near)
		return;
	const char *meant = graph_symbol_text(graph, near->object);
	add_evidence(checker, finding, graph_span(graph, near), "this pod has %s", meant);
	set_hint(checker, finding, "select %s", meant);
	set_because(checker, finding, FIX_VALUE, "no other pod of the namespace has a label so near");
	add_rename(checker, finding, graph_span(graph, selector),
	        pair_value(graph_symbol_text(graph, selector->object)), pair_value(meant));
}

static void check_policy_selects_nothing(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_NODES (graph, NODE_OBJECT, policy) {
		bool policies =
		        is_kind(graph, policy, "NetworkPolicy") || is_kind(graph, policy, "PodDisruptionBudget");
		if (policies && !is_patch(graph, policy) && selects_by_hand(graph, policy) &&
		        !graph_has(graph, policy, FACT_SELECTOR_EXPRESSION) && !graph_has(graph, policy, FACT_COVERS) &&
		        !graph_has(graph, policy, FACT_MAY_SELECT) && !is_quiet(graph, policy) &&
		        has_pod_in_namespace(graph, policy) && !may_be_of_operator(graph, policy))
			report_policy(checker, policy);
	}
}

/* ---- controllers ---------------------------------------------------------------------------------------- */

/* The selector of a running controller cannot be changed, so the template follows it. */
static void mend_label(Checker *checker, Finding *finding, Node pod, const Row *first, const char *pair)
{
	const Graph *graph = checker_graph(checker);
	size_t key = strcspn(pair, "=");
	set_because(checker, finding, FIX_VALUE, "a selector cannot be changed once it is applied, so its pods follow");
	GRAPH_OF (graph, pod, FACT_LABEL, label) {
		const char *other = graph_symbol_text(graph, label->object);
		if (strncmp(other, pair, key + 1) != 0)
			continue;
		add_rename(checker, finding, graph_span(graph, label), pair_value(other), pair_value(pair));
		return;
	}
	g_autofree char *line = g_strdup_printf("%.*s: %s", (int)key, pair, pair_value(pair));
	add_pair_below(checker, finding, graph_span(graph, first), line);
}

/* The line above a place that says just the key, with nothing shallower between; depth is its indentation. */
static bool find_key_above(Slice text, uint32_t at, const char *key, size_t depth, uint32_t *ret_line)
{
	uint32_t start, end;
	*ret_line = at;
	for (edit_line_span(text, at, at, &start, &end); start > 0;) {
		edit_line_span(text, start - 1, start - 1, &start, &end);
		Slice line = slice_trim(slice_sub(text, start, end));
		size_t indent = edit_indent(text, start).length;
		*ret_line = start;
		if (slice_is(line, key) && (depth == SIZE_MAX || indent == depth))
			return true;
		if (line.length && line.at[0] != '#' && (depth == SIZE_MAX || indent < depth))
			return false;
	}
	return false;
}

/* A template without labels gets those that are selected, in the metadata that it has or in one of its own. */
static void mend_bare_template(Checker *checker, Finding *finding, Node object, Node pod)
{
	const Graph *graph = checker_graph(checker);
	Span place = graph_place(graph, pod);
	Slice text = graph_file_bytes(graph, place.file);
	uint32_t spec, metadata;
	if (!find_key_above(text, place.start, "spec:", SIZE_MAX, &spec))
		return;
	int depth = (int)edit_indent(text, spec).length;
	bool has = find_key_above(text, spec, "metadata:", (size_t)depth, &metadata);
	g_autoptr(GString) lines = g_string_new(NULL);
	if (!has)
		g_string_append_printf(lines, "%*smetadata:\n", depth, "");
	g_string_append_printf(lines, "%*slabels:", depth + 2, "");
	GRAPH_OF (graph, object, FACT_SELECTOR, row) {
		const char *pair = graph_symbol_text(graph, row->object);
		Slice value = edit_scalar(SLICE("a"), slice_from(pair_value(pair)), checker_arena(checker));
		g_string_append_printf(
		        lines, "\n%*s%.*s: %.*s", depth + 4, "", (int)strcspn(pair, "="), pair, SLICE_ARGS(value));
	}
	set_because(checker, finding, FIX_VALUE, "a selector cannot be changed once it is applied, so its pods follow");
	if (has)
		add_lines_below(checker, finding, (Span){place.file, metadata, metadata}, lines->str);
	else
		add_lines_above(checker, finding, (Span){place.file, spec, spec}, lines->str);
}

/* The API server refuses a template that its own selector does not match. A kustomization may give labels. */
static void check_bare_template(Checker *checker, Node object, Node pod)
{
	const Graph *graph = checker_graph(checker);
	const Row *row = graph_find(graph, object, FACT_SELECTOR);
	if (!row || graph_has(graph, object, FACT_SELECTOR_EXPRESSION) ||
	        is_open_text(graph_symbol_text(graph, row->object)) || is_quiet(graph, object))
		return;
	GRAPH_NODES (graph, NODE_KUSTOMIZATION, list)
		if (graph_has(graph, list, FACT_LABEL))
			return;
	Finding *finding = report(checker, object, graph_span(graph, row),
	        "%s %s selects %s, and its pod template has no labels at all", graph_text(graph, object, FACT_KIND),
	        graph_name(graph, object), graph_symbol_text(graph, row->object));
	set_detail(checker, finding, "bare");
	mend_bare_template(checker, finding, object, pod);
}

/* A kustomization adds the label to the template: with the selector, or without it. */
static bool is_added_to_template(const Graph *graph, Symbol pair)
{
	static const FactKind kinds[] = {FACT_POD_LABEL, FACT_SELECTOR};
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		GRAPH_TO (graph, kinds[i], pair, row)
			if (graph_node_type(graph, row->subject) == NODE_KUSTOMIZATION)
				return true;
	return false;
}

static void check_selector_template_mismatch(Checker *checker)
{
	static const char *const kinds[] = {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"};
	const Graph *graph = checker_graph(checker);
	GRAPH_NODES (graph, NODE_OBJECT, object) {
		bool controller = false;
		for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
			controller = controller || is_kind(graph, object, kinds[i]);
		Node pod = graph_first_child(graph, object, NODE_POD);
		if (!controller || !pod || is_patch(graph, object))
			continue;
		if (!graph_has(graph, pod, FACT_LABEL)) {
			check_bare_template(checker, object, pod);
			continue;
		}
		GRAPH_OF (graph, object, FACT_SELECTOR, row) {
			const char *pair = graph_symbol_text(graph, row->object);
			if (graph_says(graph, pod, FACT_LABEL, row->object) || is_open_text(pair) ||
			        is_added_to_template(graph, row->object))
				continue;
			Finding *finding = report(checker, object, graph_span(graph, row),
			        "%s %s selects %s, and its own pods do not have that label",
			        graph_text(graph, object, FACT_KIND), graph_name(graph, object), pair);
			set_detail(checker, finding, "%s", pair);
			const Row *label = graph_find(graph, pod, FACT_LABEL);
			add_evidence(checker, finding, graph_span(graph, label), "the pod template has %s",
			        graph_symbol_text(graph, label->object));
			mend_label(checker, finding, pod, label, pair);
		}
	}
}

/* ---- ports ----------------------------------------------------------------------------------------------- */

/* How many ports the pod declares; *ret_only is one of them. */
static uint32_t count_ports(const Graph *graph, Node pod, Node *ret_only)
{
	uint32_t count = 0;
	GRAPH_CHILDREN (graph, pod, NODE_CONTAINER, container)
		GRAPH_CHILDREN (graph, container, NODE_PORT, port) {
			*ret_only = port;
			count++;
		}
	return count;
}

static bool pod_has_port(const Graph *graph, Node pod, const Row *number, const Row *name)
{
	GRAPH_CHILDREN (graph, pod, NODE_CONTAINER, container)
		GRAPH_CHILDREN (graph, container, NODE_PORT, port) {
			if (number && graph_number(graph, port, FACT_NUMBER) == number->object)
				return true;
			if (name && graph_symbol(graph, port, FACT_PORT_NAME) == name->object)
				return true;
		}
	return false;
}

static bool container_says(const Graph *graph, Node container, uint32_t number)
{
	char text[16];
	g_snprintf(text, sizeof text, "%u", number);
	GRAPH_OF (graph, container, FACT_ARGUMENT, row)
		if (strstr(graph_symbol_text(graph, row->object), text))
			return true;
	GRAPH_CHILDREN (graph, container, NODE_ENV, env)
		if (strstr(graph_text(graph, env, FACT_VALUE), text))
			return true;
	return false;
}

/* Some Service sends to the port already, so that another number may well be another port. */
static bool is_reached(const Graph *graph, Node pod, Node declared)
{
	uint32_t number = graph_number(graph, declared, FACT_NUMBER);
	Symbol name = graph_symbol(graph, declared, FACT_PORT_NAME);
	GRAPH_TO (graph, FACT_SELECTS, pod, row)
		GRAPH_CHILDREN (graph, row->subject, NODE_PORT, port) {
			const Row *target = graph_find(graph, port, FACT_TARGET_NUMBER);
			Symbol target_name = graph_symbol(graph, port, FACT_TARGET_NAME);
			if (target_name ? target_name == name
			                : (target ? target->object : graph_number(graph, port, FACT_NUMBER)) == number)
				return true;
		}
	return false;
}

/* The number was meant: the Service has it as its own port, too, or another Service sends there as well. */
static bool is_said_twice(const Graph *graph, Node pod, Node said, uint32_t number)
{
	if (graph_number(graph, said, FACT_NUMBER) == number)
		return true;
	GRAPH_TO (graph, FACT_SELECTS, pod, row)
		GRAPH_CHILDREN (graph, row->subject, NODE_PORT, port) {
			const Row *target = graph_find(graph, port, FACT_TARGET_NUMBER);
			if (port != said &&
			        (target ? target->object : graph_number(graph, port, FACT_NUMBER)) == number)
				return true;
		}
	return false;
}

/* One digit more, less or other, as slips of the hand are: 8081 for 8080. */
static bool is_slip(uint32_t number, uint32_t declared)
{
	char one[16], other[16];
	g_snprintf(one, sizeof one, "%u", number);
	g_snprintf(other, sizeof other, "%u", declared);
	return near_distance(slice_from(one), slice_from(other), 1) <= 1;
}

/* Declared ports are only information to Kubernetes: a number that is not declared may still be listened on. It is an
 * error for a name, which must be declared, and for a number only where the pod declares exactly one other, which no
 * Service sends to, and where the number is said once: who wrote it twice may have declared the wrong one. Where one
 * does, the program may listen on both, unless the number is but a slip away, or one of those that nodes open. */
static void check_service_port(Checker *checker, Node service, Node port, Node pod)
{
	const Graph *graph = checker_graph(checker);
	const Row *number = graph_find(graph, port, FACT_TARGET_NUMBER),
	          *name = graph_find(graph, port, FACT_TARGET_NAME);
	Node only = NODE_NONE;
	uint32_t count = count_ports(graph, pod, &only);
	if (!number && !name)
		number = graph_find(graph, port, FACT_NUMBER); /* targetPort defaults to port */
	if ((name && is_open_text(graph_symbol_text(graph, name->object))) || pod_has_port(graph, pod, number, name))
		return;
	Node container = graph_first_child(graph, pod, NODE_CONTAINER);
	if (!name && (!number || count != 1 || graph_next_child(graph, container, NODE_CONTAINER) ||
	                     container_says(graph, container, number->object)))
		return;
	Carriers carriers = carriers_of(graph, file_node_of(graph, pod));
	if (is_patched_with(graph, &carriers, "containerPort"))
		return;
	bool other = !name && is_reached(graph, pod, only);
	bool of_node = number && number->object >= 30000 && number->object <= 32767;
	if (other && !of_node && !is_slip(number->object, graph_number(graph, only, FACT_NUMBER)))
		return;
	g_autofree char *target = name ? g_strdup_printf("'%s'", graph_symbol_text(graph, name->object))
	                               : g_strdup_printf("%u", number->object);
	bool doubt = !name && is_said_twice(graph, pod, port, number->object);
	Finding *finding = report_at(checker, other || doubt ? LEVEL_WARNING : LEVEL_ERROR, service,
	        graph_span(graph, name ? name : number),
	        "Service %s sends to port %s of its pods, which is not among their ports", graph_name(graph, service),
	        target);
	set_detail(checker, finding, "%s", target);
	if (!only) {
		add_evidence(checker, finding, graph_place(graph, pod), "the pods declare no port");
		return;
	}
	const char *only_name = graph_text(graph, only, FACT_PORT_NAME);
	add_evidence(checker, finding, graph_place(graph, only), "the pods declare %u%s%s",
	        graph_number(graph, only, FACT_NUMBER), *only_name ? ", named " : "", only_name);
	bool alone = graph_first_child(graph, service, NODE_PORT) == port && !graph_next_child(graph, port, NODE_PORT);
	if (count != 1 || other || !alone) {
		if (name)
			set_hint(checker, finding,
			        "declare a port %s in the pods, or leave this one out of the Service", target);
		return;
	}
	uint32_t target_number = graph_number(graph, only, FACT_NUMBER);
	if (doubt)
		set_hint(checker, finding, "set targetPort to %u; or containerPort to %s, if the program listens there",
		        target_number, target);
	else
		set_hint(checker, finding, "set targetPort to %u", target_number);
	set_because(checker, finding, doubt ? FIX_PROPOSAL : FIX_VALUE, "it is the only port of the pods");
	if (name && *only_name)
		add_rename(
		        checker, finding, graph_span(graph, name), graph_symbol_text(graph, name->object), only_name);
	else if (name)
		add_edit(checker, finding, graph_span(graph, name),
		        slice_from(arena_printf(checker_arena(checker), "%u", target_number)));
	else if (number->kind == FACT_TARGET_NUMBER)
		add_renumber(checker, finding, graph_span(graph, number), number->object, target_number);
	else
		add_pair_below(checker, finding, graph_span(graph, number),
		        arena_printf(checker_arena(checker), "targetPort: %u", target_number));
}

/* The pods of a Service; where a slip in its selector finds none, those that it was meant for, so that one error does
 * not hide the other. */
static Node pod_behind(const Graph *graph, Node service)
{
	Rows pods = graph_rows_of(graph, service, FACT_SELECTS);
	if (pods.end - pods.at == 1)
		return pods.at->object;
	if (!selects_none(graph, service))
		return NODE_NONE;
	const Row *candidate = candidate_label(graph, service, graph_find(graph, service, FACT_SELECTOR));
	return candidate ? candidate->subject : NODE_NONE;
}

static void check_service_port_mismatch(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_NODES (graph, NODE_OBJECT, service) {
		Node pod = is_core_service(graph, service) ? pod_behind(graph, service) : NODE_NONE;
		if (!pod)
			continue;
		GRAPH_CHILDREN (graph, service, NODE_PORT, port)
			check_service_port(checker, service, port, pod);
	}
}

/* Many programs answer probes on a port of its own, which need not be declared: only a number that a slip makes of a
 * declared one looks wrong. */
static Level probe_level(const Graph *graph, Node container, const Row *wrong)
{
	if (wrong->kind == FACT_PORT_NAME)
		return LEVEL_ERROR;
	GRAPH_CHILDREN (graph, container, NODE_PORT, port)
		if (is_slip(wrong->object, graph_number(graph, port, FACT_NUMBER)))
			return LEVEL_WARNING;
	return LEVEL_INFO;
}

/* A probe may ask a port that is not declared; by name it may not. A number that no declared port has is worth a word
 * only if no argument or variable says the number. */
static const Row *wrong_probe_port(const Graph *graph, Node container, Node probe)
{
	const Row *number = graph_find(graph, probe, FACT_NUMBER), *name = graph_find(graph, probe, FACT_PORT_NAME);
	uint32_t declared = 0;
	if (!number && !name)
		return NULL;
	GRAPH_CHILDREN (graph, container, NODE_PORT, port) {
		declared++;
		if ((number && graph_number(graph, port, FACT_NUMBER) == number->object) ||
		        (name && graph_symbol(graph, port, FACT_PORT_NAME) == name->object))
			return NULL;
	}
	if (name)
		return is_open_text(graph_symbol_text(graph, name->object)) ? NULL : name;
	return declared && !container_says(graph, container, number->object) ? number : NULL;
}

static void mend_probe(Checker *checker, Finding *finding, const Row *wrong, Node declared)
{
	const Graph *graph = checker_graph(checker);
	const char *name = graph_text(graph, declared, FACT_PORT_NAME);
	uint32_t number = graph_number(graph, declared, FACT_NUMBER);
	set_because(checker, finding, FIX_VALUE, "it is the only port of the container");
	if (wrong->kind == FACT_NUMBER)
		add_renumber(checker, finding, graph_span(graph, wrong), wrong->object, number);
	else if (*name)
		add_rename(checker, finding, graph_span(graph, wrong), graph_symbol_text(graph, wrong->object), name);
	else
		add_edit(checker, finding, graph_span(graph, wrong),
		        slice_from(arena_printf(checker_arena(checker), "%u", number)));
}

static void check_probe_port_mismatch(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_NODES (graph, NODE_PROBE, probe) {
		Node container = graph_parent(graph, probe);
		if (graph_node_type(graph, container) != NODE_CONTAINER || is_patch(graph, container))
			continue;
		const Row *wrong = wrong_probe_port(graph, container, probe);
		if (!wrong)
			continue;
		bool by_name = wrong->kind == FACT_PORT_NAME;
		g_autofree char *port = by_name ? g_strdup_printf("'%s'", graph_symbol_text(graph, wrong->object))
		                                : g_strdup_printf("%u", wrong->object);
		Node object = graph_ancestor(graph, probe, NODE_OBJECT),
		     declared = graph_first_child(graph, container, NODE_PORT);
		Finding *finding =
		        report_at(checker, probe_level(graph, container, wrong), probe, graph_span(graph, wrong),
		                "the %s probe of %s %s asks port %s, which container %s does not declare",
		                graph_name(graph, probe), graph_text(graph, object, FACT_KIND),
		                graph_name(graph, object), port, graph_name(graph, container));
		if (declared)
			add_evidence(checker, finding, graph_place(graph, declared), "it declares %u",
			        graph_number(graph, declared, FACT_NUMBER));
		if (declared && !graph_next_child(graph, declared, NODE_PORT) &&
		        probe_level(graph, container, wrong) != LEVEL_INFO)
			mend_probe(checker, finding, wrong, declared);
	}
}

static const Rule rules[] = {
        {
                .id = "service-selects-nothing",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a Service selects no pod",
                .why = "The Service exists and has an address, but no endpoint: every connection is refused or times "
                       "out.",
                .remedy = "Write the labels of the pod template into the selector, all of them equal to the letter.",
                .peers = "kube-linter: dangling-service; kube-score: service-targets-pod; Kubescape: C-0293",
                .check = check_service_selects_nothing,
        },
        {
                .id = "policy-selects-nothing",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "a NetworkPolicy or PodDisruptionBudget that selects no pod",
                .why = "It protects nothing: the pods that it was written for are open to all, or go all at once when "
                       "a node is drained.",
                .remedy = "Select a label that the pod template has.",
                .peers = "kube-score: networkpolicy-targets-pod; kube-linter: dangling-networkpolicy",
                .check = check_policy_selects_nothing,
        },
        {
                .id = "selector-template-mismatch",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a controller does not select its own pods",
                .why = "The API server refuses it: `selector` does not match template `labels`.",
                .remedy = "Copy the selector's labels into the pod template. The selector of a controller that runs "
                          "cannot be changed.",
                .peers = "kube-linter: mismatching-selector; kube-score: "
                         "deployment-pod-selector-labels-match-template-metadata-labels, "
                         "statefulset-pod-selector-labels-match-template-metadata-labels; Kubescape: C-0296",
                .check = check_selector_template_mismatch,
        },
        {
                .id = "service-port-mismatch",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a Service sends to a port that its pods do not have",
                .why = "A port name that no container declares gives the Service no endpoint for it; a wrong number is "
                       "refused by the pod.",
                .remedy = "Set targetPort to the name or number of the container's port.",
                .check = check_service_port_mismatch,
        },
        {
                .id = "probe-port-mismatch",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a probe asks a port that the container does not declare",
                .why = "By name the probe cannot be resolved and fails for ever: the pod is never ready, or is "
                       "restarted in a loop. A number "
                       "that is not declared is legal, but more often a slip.",
                .remedy = "Use the name or number of the port that the program listens on.",
                .peers = "kube-linter: liveness-port, readiness-port, startup-port",
                .check = check_probe_port_mismatch,
        },
};

const RuleSet rules_services = {"services", rules, G_N_ELEMENTS(rules)};
