/* Numbers that cannot come true: how many pods must stay while a node is emptied. Who scales a workload, and what a
 * patch or overlay makes of its replicas, is asked first: where more than the manifest decides, nothing is said. */
#include "rule/rule.h"

#include <stdlib.h>
#include <string.h>

/* ---- workloads ------------------------------------------------------------------------------------------------ */

/* One of the namespaces in which one is applied is one of the other's, or is not known. */
static bool may_share_namespace(const Graph *graph, Node one, Node other)
{
	GRAPH_OF (graph, one, FACT_IDENTITY, left) {
		g_auto(GStrv) a = g_strsplit(graph_symbol_text(graph, left->object), "/", 3);
		GRAPH_OF (graph, other, FACT_IDENTITY, right) {
			g_auto(GStrv) b = g_strsplit(graph_symbol_text(graph, right->object), "/", 3);
			if (g_strv_length(a) == 3 && g_strv_length(b) == 3 &&
			        (strcmp(a[1], b[1]) == 0 || !*a[1] || !*b[1]))
				return true;
		}
	}
	return false;
}

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

/* Some patch, in a file or within a kustomization, speaks of the object and of replicas. */
static bool is_patched(const Graph *graph, Node object)
{
	GRAPH_NAMED(graph, NODE_OBJECT, graph_name_symbol(graph, object), other)
	if (is_patch(graph, other) && graph_has(graph, other, FACT_REPLICAS))
		return true;
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
	if (is_patch(graph, object) || is_scaled_elsewhere(graph, object) || is_patched(graph, object))
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
	GRAPH_NODES (graph, NODE_POD, pod) {
		Node object = graph_parent(graph, pod);
		if (is_patch(graph, object) || !is_selected(graph, budget, pod) ||
		        !may_share_namespace(graph, budget, object))
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
		else
			check_min_available(checker, row->subject, row);
	}
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
};

const RuleSet rules_limits = {"limits", rules, G_N_ELEMENTS(rules)};
