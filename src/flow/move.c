/* A plan of placement as edits: the node selector of each workload that moves as a whole. A workload whose data lies on
 * its node is left: its data has to move first, and no edit does that. Pods of one workload that end on several nodes
 * are the scheduler's to spread. */
#include "flow/flow.h"

#define HOSTNAME "kubernetes.io/hostname"

static const Rule rule_placement = {.id = "placement",
        .level = LEVEL_INFO,
        .fix = FIX_VALUE,
        .title = "a workload runs where there is no room, or where more is lost with its node",
        .why = "The fullest resource of the fullest node decides when pods are killed.",
        .remedy = "Bind it to the node that the plan names."};

/* The host that all pods of a group are on, or NOWHERE. */
static uint32_t only_host(const Plan *plan, uint32_t group)
{
	const PlaceCounts *counts = plan->solution->counts;
	return counts->n_spots[group] == 1 && !counts->nowhere[group] ? counts->spots[group][0].host : NOWHERE;
}

static void add_edit_to(Finding *finding, Edit edit, Arena *arena)
{
	finding->edits = ARENA_NEW(arena, Edit);
	finding->edits[0] = edit;
	finding->n_edits = 1;
}

/* False where the template is written in a way that takes no line. */
static bool select_host(const Graph *graph, Node pod, const char *host, Finding *finding, Arena *arena)
{
	GRAPH_OF (graph, pod, FACT_NODE_SELECTOR, row) {
		const char *pair = graph_symbol_text(graph, row->object);
		Span span = graph_span(graph, row);
		if (!g_str_has_prefix(pair, HOSTNAME "="))
			continue;
		Slice text = edit_scalar(graph_span_bytes(graph, span), slice_from(host), arena);
		add_edit_to(finding, (Edit){span.file, span.start, span.end, text}, arena);
		return true;
	}
	Edit edit;
	if (!node_selector_edit(graph, pod, host, arena, &edit))
		return false;
	add_edit_to(finding, edit, arena);
	return true;
}

/* because: in the arena. NULL where the template is written in a way that takes no line. */
static Finding *finding_for(
        const Graph *graph, const Workload *workload, const char *host, const char *because, Arena *arena)
{
	Finding *finding = ARENA_NEW(arena, Finding);
	*finding = (Finding){.rule = &rule_placement,
	        .level = LEVEL_INFO,
	        .fix = FIX_VALUE,
	        .subject = workload->object,
	        .span = graph_place(graph, workload->object),
	        .message = arena_printf(arena, "%s %s has its place on %s", workload->kind, workload->name, host),
	        .because = because,
	        .detail = arena_text(arena, slice_from(host))};
	return select_host(graph, workload->pod, host, finding, arena) ? finding : NULL;
}

static const char *selected_host(const Graph *graph, Node pod)
{
	GRAPH_OF (graph, pod, FACT_NODE_SELECTOR, row)
		if (g_str_has_prefix(graph_symbol_text(graph, row->object), HOSTNAME "="))
			return graph_symbol_text(graph, row->object) + strlen(HOSTNAME "=");
	return "";
}

/* A node that was chosen before and is chosen anew: what the plan says now. */
static void add_unbound(const Plan *plan, Arena *arena, GPtrArray *findings)
{
	const Model *model = plan->model;
	for (uint32_t g = 0; model->unbound && g < model->problem.n_groups; g++) {
		const Workload *workload = MODEL_WORKLOAD(model, model->group_workload[g]);
		uint32_t host = only_host(plan, g);
		if (host == NOWHERE || !g_hash_table_contains(model->unbound, GUINT_TO_POINTER(workload->pod)))
			continue;
		const char *name = MODEL_MACHINE(model, model->hosts[host])->name;
		if (strcmp(selected_host(model->graph, workload->pod), name) == 0)
			continue;
		Finding *finding = finding_for(model->graph, workload, name,
		        "another workload was tied to a node since its own was chosen", arena);
		if (finding)
			g_ptr_array_add(findings, finding);
	}
}

/* ---- replicas ------------------------------------------------------------------------------------------- */

static const Rule rule_replicas = {.id = "placement-replicas",
        .level = LEVEL_INFO,
        .fix = FIX_VALUE,
        .title = "more replicas than there is room for",
        .why = "Pods that find no node stay Pending, and a rolling update waits for them.",
        .remedy = "As many as fit, or a node more."};

/* Replicas of a workload that have a place. */
static uint32_t count_placed(const Plan *plan, uint32_t workload)
{
	const Problem *problem = &plan->model->problem;
	uint32_t placed = 0;
	for (uint32_t g = 0; g < problem->n_groups; g++)
		if (plan->model->group_workload[g] == workload)
			placed += problem->groups[g].count - plan->solution->counts->nowhere[g];
	return placed;
}

/* As many as have a place, where that is some of them: the others would stay Pending. */
static void add_replicas(const Plan *plan, Arena *arena, GPtrArray *findings)
{
	const Model *model = plan->model;
	const Graph *graph = model->graph;
	for (guint i = 0; i < model->workloads->len; i++) {
		const Workload *workload = MODEL_WORKLOAD(model, i);
		const Row *row = graph_find(graph, workload->object, FACT_REPLICAS);
		uint32_t placed = count_placed(plan, i);
		if (workload->daemon || workload->run_to_end || !row || placed == 0 || placed >= workload->replicas ||
		        row->object != workload->replicas)
			continue;
		Finding *finding = ARENA_NEW(arena, Finding);
		*finding = (Finding){.rule = &rule_replicas,
		        .level = LEVEL_INFO,
		        .fix = FIX_VALUE,
		        .subject = workload->object,
		        .span = graph_span(graph, row),
		        .message = arena_printf(arena, "%s %s wants %u replicas, and there is room for %u",
		                workload->kind, workload->name, workload->replicas, placed),
		        .because = "no node has room for another one: labwright place says why, node by node",
		        .detail = ""};
		g_autofree char *number = g_strdup_printf("%u", placed);
		Slice text = edit_scalar(graph_span_bytes(graph, finding->span), slice_from(number), arena);
		add_edit_to(finding, (Edit){finding->span.file, finding->span.start, finding->span.end, text}, arena);
		g_ptr_array_add(findings, finding);
	}
}

GPtrArray *placement_findings(const Placement *placement, bool replicas, Arena *arena)
{
	GPtrArray *findings = g_ptr_array_new();
	const Plan *plan = placement->plan;
	const Model *model = placement->model;
	if (replicas)
		add_replicas(plan, arena, findings);
	add_unbound(plan, arena, findings);
	for (guint i = 0; i < plan->steps->len; i++) {
		const Step *step = &g_array_index(plan->steps, Step, i);
		const Workload *workload = MODEL_WORKLOAD(model, step->workload);
		bool moves = (step->kind == STEP_MOVE || step->kind == STEP_STOP) && step->from != NOWHERE;
		uint32_t host = moves ? only_host(plan, step->group) : NOWHERE;
		bool unbound = model->unbound && g_hash_table_contains(model->unbound, GUINT_TO_POINTER(workload->pod));
		if (host == NOWHERE || host == step->from || workload->local_volume || workload->host_path || unbound)
			continue;
		bool known = false;
		for (guint k = 0; k < findings->len; k++)
			known = known || (((const Finding *)findings->pdata[k])->subject == workload->object &&
			                         ((const Finding *)findings->pdata[k])->rule == &rule_placement);
		g_autofree char *reason = plan_reason(plan, step, false);
		Finding *finding =
		        known ? NULL
		              : finding_for(model->graph, workload, MODEL_MACHINE(model, model->hosts[host])->name,
		                        arena_text(arena, slice_from(reason)), arena);
		if (finding)
			g_ptr_array_add(findings, finding);
	}
	return findings;
}
