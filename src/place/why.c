/* Reasons in sentences: why a pod moves, why it cannot run there, why nothing is better. */
#include "place/model.h"

static const char *host_name(const Plan *plan, uint32_t host)
{
	return MODEL_MACHINE(plan->model, plan->model->hosts[host])->name;
}

const char *origin_mark(const Workload *workload, Resource resource)
{
	static const char *const marks[] = {"", " (measured)", " (estimated)", " (nobody says; assumed)"};
	return marks[workload->origin[resource]];
}

/* What one pod takes of a resource: "asks 8Gi", "takes 9Gi (measured)". */
static char *asks(const Plan *plan, const Step *step)
{
	const Workload *workload = MODEL_WORKLOAD(plan->model, step->workload);
	g_autofree char *amount = amount_text(step->resource, workload->demand.of[step->resource] * step->pods);
	bool written = workload->origin[step->resource] == ORIGIN_REQUEST;
	return g_strdup_printf("%s %s%s",
	        written ? (step->pods > 1 ? "they ask" : "it asks") : (step->pods > 1 ? "they take" : "it takes"),
	        amount, origin_mark(workload, step->resource));
}

static uint32_t count_on(const Plan *plan, uint32_t workload, uint32_t host)
{
	uint32_t pods = 0;
	for (uint32_t g = 0; g < plan->model->problem.n_groups; g++)
		if (plan->model->group_workload[g] == workload)
			pods += counts_of(plan->solution->counts, g, host);
	return pods;
}

const char *plan_company(const Plan *plan, uint32_t workload, uint32_t host)
{
	const GArray *links = plan->model->links;
	for (guint i = 0; i < links->len; i++) {
		const TrafficLink *link = &g_array_index(links, TrafficLink, i);
		uint32_t other = link->from == workload ? link->to : link->to == workload ? link->from : NOWHERE;
		if (other != NOWHERE && count_on(plan, other, host))
			return MODEL_WORKLOAD(plan->model, other)->name;
	}
	return NULL;
}

char *plan_reason(const Plan *plan, const Step *step, bool unicode)
{
	const char *arrow = unicode ? "→" : "->", *what = resource_word(step->resource);
	g_autofree char *amount = asks(plan, step), *room = amount_text(step->resource, step->free);
	uint32_t at = step->from != NOWHERE && step->kind != STEP_START ? step->from : step->to;
	GString *out = g_string_new(NULL);
	if (step->kind == STEP_STOP)
		g_string_append(out, "no node has room for it twice; ");
	g_string_append_printf(out, "%s's %s %" G_GINT64_FORMAT " %% %s %" G_GINT64_FORMAT " %%: %s",
	        host_name(plan, at), what, step->before, arrow, step->after, amount);
	if (step->to != NOWHERE && step->free != AMOUNT_UNKNOWN && at != step->to)
		g_string_append_printf(out, ", %s has %s free", host_name(plan, step->to), room);
	const char *company = step->to == NOWHERE ? NULL : plan_company(plan, step->workload, step->to);
	if (company)
		g_string_append_printf(out, "; talks to %s on the same node", company);
	return g_string_free(out, FALSE);
}

/* ---- what does not fit ---------------------------------------------------------------------------------- */

/* A group that an anti-affinity or a host port holds off the host, by what is there after. */
static const Workload *rival_on(const Plan *plan, uint32_t group, uint32_t host)
{
	const Problem *problem = &plan->model->problem;
	for (uint32_t b = 0; b < problem->n_bonds; b++) {
		const PlaceBond *bond = &problem->bonds[b];
		if (bond->kind != BOND_APART || bond->weight)
			continue;
		const uint32_t *part = &problem->part[(size_t)bond->topology * problem->n_hosts];
		for (uint32_t i = 0; i < bond->n_others; i++) {
			uint32_t other = bond->group == group       ? bond->others[i]
			                 : bond->others[i] == group ? bond->group
			                                            : NOWHERE;
			for (uint32_t h = 0; h < problem->n_hosts && other != NOWHERE; h++)
				if (part[h] == part[host] && counts_of(plan->solution->counts, other, h))
					return MODEL_WORKLOAD(plan->model, plan->model->group_workload[other]);
		}
	}
	return NULL;
}

/* A port of the host that both pods take, or 0. */
static uint32_t shared_port(const Graph *graph, Node pod, Node other)
{
	GRAPH_CHILDREN (graph, pod, NODE_CONTAINER, container)
		GRAPH_CHILDREN (graph, container, NODE_PORT, port)
			GRAPH_CHILDREN (graph, other, NODE_CONTAINER, neighbour)
				GRAPH_CHILDREN (graph, neighbour, NODE_PORT, taken) {
					uint32_t number = port_on_host(graph, pod, port);
					if (number && number == port_on_host(graph, other, taken) &&
					        strcmp(graph_text(graph, port, FACT_PROTOCOL),
					                graph_text(graph, taken, FACT_PROTOCOL)) == 0)
						return number;
				}
	return 0;
}

char *plan_why_not(const Plan *plan, uint32_t group, uint32_t host)
{
	const Problem *problem = &plan->model->problem;
	const Workload *workload = MODEL_WORKLOAD(plan->model, plan->model->group_workload[group]);
	const char *clause = workload->why_not[plan->model->hosts[host]];
	if (clause)
		return g_strdup(clause);
	if (!problem->allowed[group][host])
		return g_strdup("its volume lies elsewhere");
	for (uint32_t r = 0; r < RESOURCES; r++) {
		int64_t capacity = problem->hosts[host].capacity.of[r], demand = problem->groups[group].demand.of[r];
		int64_t room = capacity - plan->after[host].of[r];
		if (capacity == AMOUNT_UNKNOWN || demand == 0 || demand <= room)
			continue;
		g_autofree char *wanted = amount_text((Resource)r, demand);
		g_autofree char *left = amount_text((Resource)r, MAX(room, 0));
		return g_strdup_printf("%s: needs %s%s, %s free", resource_word((Resource)r), wanted,
		        origin_mark(workload, (Resource)r), left);
	}
	const Workload *rival = rival_on(plan, group, host);
	uint32_t shared = rival ? shared_port(plan->model->graph, workload->pod, rival->pod) : 0;
	if (shared)
		return g_strdup_printf("host port %u is taken by %s", shared, rival->name);
	if (rival)
		return g_strdup_printf("%s is there, which it must not share a node with", rival->name);
	return g_strdup("a rule of spread or company would be broken");
}

/* ---- proofs ------------------------------------------------------------------------------------------------ */

static char *prove_pressure(const Plan *plan)
{
	const Solution *solution = plan->solution;
	const Model *model = plan->model;
	int64_t percent = solution->score.at[GOAL_PRESSURE] * model->settings.step;
	int64_t bound = solution->bound.at[GOAL_PRESSURE] * model->settings.step;
	const char *what = solution->sum_resource < RESOURCES ? resource_word(solution->sum_resource) : "";
	switch (solution->proof[GOAL_PRESSURE]) {
	case PROOF_SUM:
		if (solution->sum_group == UINT32_MAX)
			return g_strdup_printf(
			        "no placement has less: that much %s is asked of all nodes together", what);
		return g_strdup_printf("no placement has less: that much %s is asked of the nodes that %s may run on",
		        what, MODEL_WORKLOAD(model, model->group_workload[solution->sum_group])->name);
	case PROOF_ITEM:
		return g_strdup_printf("no placement has less: %s needs that much %s wherever it may run",
		        MODEL_WORKLOAD(model, model->group_workload[solution->sum_group])->name, what);
	case PROOF_SEARCH:
		return g_strdup("no placement has less: every other one was ruled out");
	case PROOF_NONE:
		return g_strdup_printf("not proven: none has less than %" G_GINT64_FORMAT
		                       " %%, a gap of %" G_GINT64_FORMAT,
		        bound, percent - bound);
	default:
		return g_strdup("nothing can be less");
	}
}

char *plan_proof(const Plan *plan, Goal goal)
{
	const Solution *solution = plan->solution;
	if (goal == GOAL_PRESSURE)
		return prove_pressure(plan);
	switch (solution->proof[goal]) {
	case PROOF_NONE:
		return g_strdup_printf("not proven: at least %" G_GINT64_FORMAT, solution->bound.at[goal]);
	case PROOF_EXCESS:
		return g_strdup("so much must leave the nodes that hold too much now");
	case PROOF_ELSEWHERE:
		return g_strdup("with less, some node would hold too much");
	case PROOF_SEARCH:
		return g_strdup("every other placement was ruled out");
	case PROOF_SUM:
		return g_strdup("the sums allow no less");
	default:
		return g_strdup("nothing can be less");
	}
}
