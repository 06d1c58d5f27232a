/* Numbers that cannot come true: how many pods must stay while a node is emptied, how many nodes they want for
 * themselves, what they ask of a namespace that gives less. Who scales a workload, and what a
 * patch or overlay makes of its replicas, is asked first: where more than the manifest decides, nothing is said. */
#include "base/quantity.h"
#include "rule/cluster.h"
#include "rule/rule.h"
#include "rule/search.h"

#include <stdlib.h>
#include <string.h>

/* ---- workloads ------------------------------------------------------------------------------------------------ */

/* KEDA and its kin name what they scale in objects of their own; a kustomization can set the number as well. */
static bool is_scaled_elsewhere(const Graph *graph, Node object)
{
	GRAPH_TO (graph, FACT_REFERS_TO, object, row)
		if (has_role(graph, row->subject, "scale-target"))
			return true;
	GRAPH_TO (graph, FACT_NAMES, graph_name_symbol(graph, object), row)
		if (is_kind(graph, row->subject, "ScaledObject"))
			return true;
	GRAPH_NAMED(graph, NODE_REFERENCE, graph_name_symbol(graph, object), reference)
	if (graph_has(graph, reference, FACT_REPLICAS))
		return true;
	return false;
}

/* Some patch within a kustomization sets a number of pods: of which workload is not read. */
static bool has_inline_replicas(const Graph *graph)
{
	GRAPH_NODES (graph, NODE_ENTRY, entry)
		if (has_role(graph, entry, "inline-patch") &&
		        slice_find(graph_span_bytes(graph, graph_place(graph, entry)), "replicas", 0) != SIZE_MAX)
			return true;
	return false;
}

/* How many pods the workload has, told by itself alone; false where something else may say otherwise. */
static bool knows_replicas(const Graph *graph, Node object, uint32_t *ret_replicas)
{
	const Row *replicas = graph_find(graph, object, FACT_REPLICAS);
	if (is_patch(graph, object) || is_scaled_elsewhere(graph, object) || has_patch(graph, object))
		return false;
	*ret_replicas = replicas ? replicas->object : 1;
	return is_kind(graph, object, "Deployment") || is_kind(graph, object, "StatefulSet") ||
	       is_kind(graph, object, "ReplicaSet");
}

/* ---- pdb-blocks-drain ------------------------------------------------------------------------------------------- */

static bool is_selected(const Graph *graph, Node budget, Node pod)
{
	GRAPH_OF (graph, budget, FACT_SELECTOR, row)
		if (!graph_says(graph, pod, FACT_LABEL, row->object))
			return false;
	return true;
}

/* The workload whose pods the budget keeps; NODE_NONE where there are none or several, as their pods count together. */
static Node kept_workload(const Graph *graph, Node budget)
{
	Node found = NODE_NONE;
	if (!graph_has(graph, budget, FACT_SELECTOR) || graph_has(graph, budget, FACT_SELECTOR_EXPRESSION))
		return NODE_NONE;
	GRAPH_TO (graph, FACT_LABEL, graph_symbol(graph, budget, FACT_SELECTOR), row) {
		Node pod = row->subject, object = graph_parent(graph, pod);
		if (graph_node_type(graph, pod) != NODE_POD || is_patch(graph, object) ||
		        !is_selected(graph, budget, pod) || !may_share_namespace(graph, budget, object))
			continue;
		if (found)
			return NODE_NONE;
		found = object;
	}
	return found;
}

/* The number of pods that "2" or "50%" of them are, rounded up as the cluster does; false for other texts. */
static bool read_share(const char *text, uint32_t replicas, uint32_t *ret_number)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);
	if (end == text || number > 10000)
		return false;
	*ret_number = *end == '%' ? (uint32_t)((number * replicas + 99) / 100) : (uint32_t)number;
	return *end == '\0' || (*end == '%' && end[1] == '\0');
}

static void report_none_may_go(Checker *checker, Node budget, const Row *row)
{
	const Graph *graph = checker_graph(checker);
	bool most = row->kind == FACT_MAX_UNAVAILABLE;
	Finding *finding = report(checker, budget, graph_span(graph, row),
	        "PodDisruptionBudget %s lets no pod go: a node that runs one is never emptied",
	        graph_name(graph, budget));
	set_hint(checker, finding, most ? "maxUnavailable: 1" : "maxUnavailable: 1 in place of minAvailable");
	set_because(checker, finding, FIX_VALUE, "one pod at a time is the least that lets a node be emptied");
	if (most)
		add_value_edit(checker, finding, graph_span(graph, row), "1");
}

static void check_min_available(Checker *checker, Node budget, const Row *row)
{
	const Graph *graph = checker_graph(checker);
	const char *least = graph_symbol_text(graph, row->object);
	uint32_t replicas, kept;
	Node object = kept_workload(graph, budget);
	if (!object || !knows_replicas(graph, object, &replicas) || replicas == 0 || replicas > 1000 ||
	        !read_share(least, replicas, &kept) || kept < replicas)
		return;
	const char *kind = graph_text(graph, object, FACT_KIND), *name = graph_name(graph, object);
	Finding *finding = report(checker, budget, graph_span(graph, row),
	        "PodDisruptionBudget %s lets no pod of %s %s go: %s must stay, and there %s %u",
	        graph_name(graph, budget), kind, name, least, replicas == 1 ? "is" : "are", replicas);
	const Row *said = graph_find(graph, object, FACT_REPLICAS);
	add_evidence(checker, finding, said ? graph_span(graph, said) : graph_place(graph, object),
	        said ? "%s %s has %u" : "%s %s does not say how many, which is %u", kind, name, replicas);
	if (replicas == 1) {
		set_hint(checker, finding, "delete the budget: one pod cannot both stay and move");
		return;
	}
	set_hint(checker, finding, "minAvailable: %u", replicas - 1);
	set_because(checker, finding, FIX_VALUE, "one pod at a time is the least that lets a node be emptied");
	add_value_edit(
	        checker, finding, graph_span(graph, row), arena_printf(checker_arena(checker), "%u", replicas - 1));
}

static void check_pdb_blocks_drain(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	bool open = has_inline_replicas(graph);
	GRAPH_EACH (graph, FACT_MAX_UNAVAILABLE, row) {
		const char *most = graph_symbol_text(graph, row->object);
		if (!is_patch(graph, row->subject) && (strcmp(most, "0") == 0 || strcmp(most, "0%") == 0))
			report_none_may_go(checker, row->subject, row);
	}
	GRAPH_EACH (graph, FACT_MIN_AVAILABLE, row) {
		if (is_patch(graph, row->subject))
			continue;
		if (strcmp(graph_symbol_text(graph, row->object), "100%") == 0)
			report_none_may_go(checker, row->subject, row);
		else if (!open)
			check_min_available(checker, row->subject, row);
	}
}

/* ---- anti-affinity-impossible ----------------------------------------------------------------------------------- */

/* The term is about the workload's own pods: each of them keeps the others off its node. */
static bool is_about_itself(const Graph *graph, Node term, Node pod)
{
	bool asks = false;
	GRAPH_OF (graph, term, FACT_SELECTOR, row) {
		if (!graph_says(graph, pod, FACT_LABEL, row->object))
			return false;
		asks = true;
	}
	GRAPH_CHILDREN (graph, term, NODE_EXPRESSION, expression) {
		bool met = false;
		GRAPH_OF (graph, expression, FACT_VALUE, value) {
			g_autofree char *pair = g_strdup_printf(
			        "%s=%s", graph_name(graph, expression), graph_symbol_text(graph, value->object));
			Symbol label;
			met |= graph_find_symbol(graph, slice_from(pair), &label) &&
			       graph_says(graph, pod, FACT_LABEL, label);
		}
		if (!met || strcmp(graph_text(graph, expression, FACT_OPERATOR), "In") != 0)
			return false;
		asks = true;
	}
	return asks;
}

static Node own_term(const Graph *graph, Node pod)
{
	GRAPH_CHILDREN (graph, pod, NODE_TERM, term)
		if (strcmp(graph_name(graph, term), "pod-anti-affinity") == 0 &&
		        strcmp(graph_text(graph, term, FACT_TOPOLOGY), "kubernetes.io/hostname") == 0 &&
		        is_about_itself(graph, term, pod))
			return term;
	return NODE_NONE;
}

#define REQUIRED "requiredDuringSchedulingIgnoredDuringExecution"

/* The lines of the one term, deeper by what a wish stands around it. Comments go along. */
static void append_as_wish(GString *out, Slice item, size_t dash, size_t depth, const char *newline)
{
	Slice line;
	for (bool first = true; slice_next_line(&item, &line); first = false) {
		if (first)
			g_string_append_printf(out, "%*s-%*sweight: 100%s%*spodAffinityTerm:%s%*s%.*s%s", (int)dash, "",
			        (int)(depth - dash - 1), "", newline, (int)depth, "", newline, (int)depth + 2, "",
			        SLICE_ARGS(slice_sub(line, depth, line.length)), newline);
		else
			g_string_append_printf(
			        out, "%s%.*s%s", slice_trim(line).length ? "  " : "", SLICE_ARGS(line), newline);
	}
}

/* A rule of one term becomes a wish with all its weight: on other nodes as long as there are some. */
static void mend_anti_affinity(Checker *checker, Finding *finding, Node term)
{
	const Graph *graph = checker_graph(checker);
	Span place = graph_place(graph, term);
	Slice text = graph_file_bytes(graph, place.file);
	uint32_t start, end, key, key_end;
	edit_block_span(text, place.start, &start, &end);
	edit_line_span(text, start ? start - 1 : 0, start ? start - 1 : 0, &key, &key_end);
	size_t dash = edit_indent(text, start).length, depth = place.start - start;
	bool is_item = text.at[start + dash] == '-' && slice_is(slice_trim(slice_sub(text, start, place.start)), "-");
	bool is_last = edit_indent(text, end).length < dash || end >= text.length || text.at[end + dash] != '-';
	if (!is_item || !is_last || !slice_is(slice_trim(slice_sub(text, key, key_end)), REQUIRED ":"))
		return;
	g_autoptr(GString) wish = g_string_new(NULL);
	const char *newline = edit_newline(text);
	g_string_append_printf(wish, "%.*spreferredDuringSchedulingIgnoredDuringExecution:%s",
	        SLICE_ARGS(edit_indent(text, key)), newline);
	append_as_wish(wish, slice_sub(text, start, end), dash, depth, newline);
	if (end > 0 && text.at[end - 1] != '\n')
		g_string_truncate(wish, wish->len - strlen(newline));
	set_because(checker, finding, FIX_VALUE, "as a wish it still spreads the pods over the nodes that are there");
	add_edit(checker, finding, (Span){place.file, key, end}, (Slice){wish->str, wish->len});
}

/* Machines of the inventory may be no nodes, so that there are rather fewer; where none is listed nothing is known. */
static void check_anti_affinity_impossible(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Node first = graph_first_node(graph, NODE_MACHINE);
	uint32_t machines = 0, replicas;
	GRAPH_NODES (graph, NODE_MACHINE, machine)
		machines++;
	if (!first || has_inline_replicas(graph))
		return;
	GRAPH_NODES (graph, NODE_POD, pod) {
		Node object = graph_parent(graph, pod), term = own_term(graph, pod);
		if (!term || !knows_replicas(graph, object, &replicas) || replicas <= machines)
			continue;
		const Row *said = graph_find(graph, object, FACT_REPLICAS);
		Finding *finding = report(checker, object, graph_span(graph, said),
		        "%s %s wants %u pods on as many nodes, and there are %u: %u stay Pending",
		        graph_text(graph, object, FACT_KIND), graph_name(graph, object), replicas, machines,
		        replicas - machines);
		add_evidence(checker, finding, graph_place(graph, term), "no two of them may share a node");
		add_evidence(checker, finding, graph_place(graph, first), "the nodes are listed here");
		set_hint(checker, finding,
		        "replicas: %u, or preferredDuringSchedulingIgnoredDuringExecution, which is a wish", machines);
		mend_anti_affinity(checker, finding, term);
	}
}

/* ---- quota-blocks ----------------------------------------------------------------------------------------------- */

/* What a quota counts, in units of 1/scale. */
static const struct {
	const char *name, *resource;
	FactKind kind, otherwise; /* a request that is not written is taken from the limit */
	int64_t scale;
} counted[] = {
        {"requests.memory", "memory", FACT_REQUEST, FACT_LIMIT, 1},
        {"memory", "memory", FACT_REQUEST, FACT_LIMIT, 1},
        {"limits.memory", "memory", FACT_LIMIT, FACT_LIMIT, 1},
        {"requests.cpu", "cpu", FACT_REQUEST, FACT_LIMIT, 1000},
        {"cpu", "cpu", FACT_REQUEST, FACT_LIMIT, 1000},
        {"limits.cpu", "cpu", FACT_LIMIT, FACT_LIMIT, 1000},
};

/* The value behind "resource=" of a container; false where it says nothing that can be read, which *ret_said tells
 * apart: a variable is something. */
static bool amount_of(const Graph *graph, Node container, size_t what, int64_t *ret_amount, bool *ret_said)
{
	const FactKind kinds[] = {counted[what].kind, counted[what].otherwise};
	size_t length = strlen(counted[what].resource);
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		GRAPH_OF (graph, container, kinds[i], row) {
			const char *pair = graph_symbol_text(graph, row->object);
			if (strncmp(pair, counted[what].resource, length) != 0 || pair[length] != '=')
				continue;
			*ret_said = true;
			return quantity_parse(slice_from(pair + length + 1), counted[what].scale, ret_amount);
		}
	*ret_said = false;
	return false;
}

/* The namespace that an object is surely applied in; NULL where there is none or several. */
static char *only_namespace(const Graph *graph, Node object)
{
	Rows rows = graph_rows_of(graph, object, FACT_IDENTITY);
	if (rows.end - rows.at != 1)
		return NULL;
	g_auto(GStrv) parts = g_strsplit(graph_symbol_text(graph, rows.at->object), "/", 3);
	return g_strv_length(parts) == 3 && *parts[1] ? g_strdup(parts[1]) : NULL;
}

/* Gives pods that say nothing what they ask for. Policies that make one are objects of other kinds, in any file. */
static bool has_limit_range(const Graph *graph)
{
	Span span;
	return search_word(graph, SLICE("LimitRange"), NULL, NULL, NULL, &span);
}

#define MOST_QUOTAS 1000

/* The pods of each namespace: char * → GArray of Node. */
static GHashTable *pods_by_namespace(const Graph *graph)
{
	GHashTable *table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref);
	GRAPH_NODES (graph, NODE_POD, pod) {
		Node object = graph_parent(graph, pod);
		char *namespace =
		        is_patch(graph, object) || is_quiet(graph, object) ? NULL : only_namespace(graph, object);
		GArray *pods = namespace ? g_hash_table_lookup(table, namespace) : NULL;
		if (!namespace)
			continue;
		if (!pods) {
			pods = g_array_new(FALSE, FALSE, sizeof(Node));
			g_hash_table_insert(table, g_strdup(namespace), pods);
		}
		g_array_append_val(pods, pod);
		g_free(namespace);
	}
	return table;
}

/* Pods that say nothing of what the quota counts are refused. */
static void check_silent_pods(
        Checker *checker, Node quota, const Row *row, size_t what, const char *namespace, const GArray *pods)
{
	const Graph *graph = checker_graph(checker);
	Finding *finding = NULL;
	for (guint i = 0; i < pods->len; i++) {
		Node pod = g_array_index(pods, Node, i), object = graph_parent(graph, pod);
		if (!share_cluster(graph, object, quota) || has_patch(graph, object))
			continue;
		GRAPH_CHILDREN (graph, pod, NODE_CONTAINER, container) {
			int64_t amount;
			bool said;
			amount_of(graph, container, what, &amount, &said);
			if (said)
				continue;
			if (!finding) {
				finding = report(checker, quota, graph_span(graph, row),
				        "ResourceQuota %s refuses pods of %s that do not say their %s",
				        graph_name(graph, quota), namespace, counted[what].name);
				set_detail(checker, finding, "silent %s", counted[what].name);
			}
			add_evidence(checker, finding, graph_place(graph, container), "container %s of %s %s does not",
			        graph_name(graph, container), graph_text(graph, object, FACT_KIND),
			        graph_name(graph, object));
		}
	}
}

/* What the workloads that run all the time ask for together; false where one of them cannot be counted. */
static bool sum_of(const Graph *graph, Node quota, const GArray *pods, size_t what, int64_t *ret_sum)
{
	*ret_sum = 0;
	for (guint i = 0; i < pods->len; i++) {
		Node pod = g_array_index(pods, Node, i), object = graph_parent(graph, pod);
		uint32_t replicas;
		if (!share_cluster(graph, object, quota) || !knows_replicas(graph, object, &replicas) ||
		        has_patch(graph, object))
			continue;
		GRAPH_CHILDREN (graph, pod, NODE_CONTAINER, container) {
			int64_t amount;
			bool said;
			if (graph_has(graph, container, FACT_INIT) ||
			        !amount_of(graph, container, what, &amount, &said))
				continue;
			if (replicas > 1000 || amount > INT64_MAX / 4096 / MAX(replicas, 1) || *ret_sum > INT64_MAX / 2)
				return false;
			*ret_sum += amount * replicas;
		}
	}
	return true;
}

static void check_quota(Checker *checker, const Row *row, bool silent, GHashTable *table)
{
	const Graph *graph = checker_graph(checker);
	const char *pair = graph_symbol_text(graph, row->object), *equals = strchr(pair, '=');
	g_autofree char *namespace = only_namespace(graph, row->subject);
	const GArray *pods = namespace ? g_hash_table_lookup(table, namespace) : NULL;
	if (!equals || !pods || is_quiet(graph, row->subject) || is_patch(graph, row->subject))
		return;
	for (size_t what = 0; what < G_N_ELEMENTS(counted); what++) {
		int64_t most, sum;
		if (strlen(counted[what].name) != (size_t)(equals - pair) ||
		        strncmp(pair, counted[what].name, (size_t)(equals - pair)) != 0 ||
		        !quantity_parse(slice_from(equals + 1), counted[what].scale, &most))
			continue;
		if (silent)
			check_silent_pods(checker, row->subject, row, what, namespace, pods);
		if (!sum_of(graph, row->subject, pods, what, &sum) || sum <= most)
			continue;
		g_autofree char *asked = quantity_format(sum, counted[what].scale);
		Finding *finding = report(checker, row->subject, graph_span(graph, row),
		        "ResourceQuota %s gives %s %s of %s, and its workloads ask for %s",
		        graph_name(graph, row->subject), namespace, equals + 1, counted[what].name, asked);
		set_detail(checker, finding, "%s", counted[what].name);
		set_because(
		        checker, finding, FIX_VALUE, "that is what the workloads of this repository ask for together");
		add_value_edit(checker, finding, graph_span(graph, row), asked);
	}
}

static void check_quota_blocks(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Rows rows = graph_rows(graph, FACT_QUOTA);
	if (rows.at == rows.end || rows.end - rows.at > MOST_QUOTAS || has_inline_replicas(graph))
		return;
	bool silent = !has_limit_range(graph);
	g_autoptr(GHashTable) table = pods_by_namespace(graph);
	GRAPH_EACH (graph, FACT_QUOTA, row)
		check_quota(checker, row, silent, table);
}

static const Rule rules[] = {
        {
                .id = "pdb-blocks-drain",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "a disruption budget that lets no pod go",
                .why = "`kubectl drain` asks the budget before it moves a pod, and waits. With a budget that never "
                       "agrees it waits for ever: an upgrade of the node hangs until somebody deletes the pod by hand.",
                .remedy = "Let one pod go at a time (`maxUnavailable: 1`). A single pod cannot be kept by a budget: "
                          "delete that one.",
                .peers = "kube-linter: pdb-max-unavailable, pdb-min-available",
                .check = check_pdb_blocks_drain,
        },
        {
                .id = "anti-affinity-impossible",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "more pods than nodes, and no two may share one",
                .why = "Required anti-affinity is a rule without exception: the pods beyond the number of nodes stay "
                       "Pending, and so does a rolling update, which starts one more.",
                .remedy = "As many replicas as there are nodes, less one for updates; or make it a preference.",
                .check = check_anti_affinity_impossible,
        },
        {
                .id = "quota-blocks",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "a quota that its own workloads do not fit into",
                .why = "The API server counts requests and limits against the quota, and refuses each pod that goes "
                       "beyond it, or that does not say what the quota counts. The Deployment looks applied, and its "
                       "pods never come.",
                .remedy = "Raise the quota or lower the requests; give each container its own, or the namespace a "
                          "LimitRange that does.",
                .check = check_quota_blocks,
        },
};

const RuleSet rules_limits = {"limits", rules, G_N_ELEMENTS(rules)};
