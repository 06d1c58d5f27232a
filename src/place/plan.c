/* The way from what runs to what should: pods of a group that are too many on one host go where there are too few. A
 * step is taken when its pod has room beside the old one, so that no node is overloaded on the way; where no step can
 * be taken, the cheapest pod stops first and starts again when there is room. */
#include "place/place.h"

int64_t amount_percent(int64_t amount, int64_t capacity)
{
	if (amount <= 0)
		return 0;
	if (capacity <= 0)
		return 1000;
	return (int64_t)(((__int128)amount * 100 + capacity - 1) / capacity);
}

typedef struct Planner {
	Plan *plan;
	const Model *model;
	const Problem *problem;
	Amounts *use;
	GArray *waiting; /* Step with pods 1 */
} Planner;

static void change(Planner *planner, uint32_t host, uint32_t group, int64_t sign)
{
	for (uint32_t r = 0; r < RESOURCES && host != NOWHERE; r++)
		planner->use[host].of[r] += sign * planner->problem->groups[group].demand.of[r];
}

static uint16_t then_of(const Planner *planner, uint32_t group, uint32_t host)
{
	return planner->plan->solution->count[(size_t)group * (planner->problem->n_hosts + 1) + host];
}

/* What was only assumed to run is not said to stop. */
static uint16_t now_of(const Planner *planner, uint32_t group, uint32_t host)
{
	uint16_t now = planner->problem->now[(size_t)group * planner->problem->n_hosts + host];
	return planner->model->group_assumed[group] ? MIN(now, then_of(planner, group, host)) : now;
}

/* ---- which pods move --------------------------------------------------------------------------------- */

static uint32_t next_host(const Planner *planner, const int32_t *spare, uint32_t from, bool surplus)
{
	while (from < planner->problem->n_hosts && (surplus ? spare[from] <= 0 : spare[from] >= 0))
		from++;
	return from;
}

static void add_waiting(Planner *planner, StepKind kind, uint32_t group, uint32_t from, uint32_t to)
{
	Step step = {.kind = kind,
	        .workload = planner->model->group_workload[group],
	        .group = group,
	        .pods = 1,
	        .from = from,
	        .to = to};
	g_array_append_val(planner->waiting, step);
}

static void pair_group(Planner *planner, uint32_t group)
{
	const Problem *problem = planner->problem;
	g_autofree int32_t *spare = g_new(int32_t, MAX(problem->n_hosts, 1));
	for (uint32_t h = 0; h < problem->n_hosts; h++)
		spare[h] = (int32_t)now_of(planner, group, h) - then_of(planner, group, h);
	for (uint32_t to = 0; (to = next_host(planner, spare, to, false)) < problem->n_hosts;) {
		uint32_t from = next_host(planner, spare, 0, true);
		spare[to]++;
		if (from == problem->n_hosts) {
			add_waiting(planner, STEP_START, group, NOWHERE, to);
			continue;
		}
		spare[from]--;
		add_waiting(planner, STEP_MOVE, group, from, to);
	}
	for (uint32_t from = 0; (from = next_host(planner, spare, from, true)) < problem->n_hosts;) {
		spare[from]--;
		add_waiting(planner, STEP_REMOVE, group, from, NOWHERE);
	}
}

/* ---- in which order ------------------------------------------------------------------------------------ */

static bool has_room(const Planner *planner, const Step *step)
{
	const Amounts *demand = &planner->problem->groups[step->group].demand;
	if (step->to == NOWHERE)
		return true;
	for (uint32_t r = 0; r < RESOURCES; r++) {
		int64_t capacity = planner->problem->hosts[step->to].capacity.of[r];
		if (capacity != AMOUNT_UNKNOWN && demand->of[r] &&
		        planner->use[step->to].of[r] + demand->of[r] > capacity)
			return false;
	}
	return true;
}

/* Pods that hold each other off a host (one host port, anti-affinity) cannot be there together even for a moment. */
static bool meets_rival(const Planner *planner, const Step *step)
{
	const Problem *problem = planner->problem;
	for (guint i = 0; i < planner->waiting->len; i++) {
		const Step *other = &g_array_index(planner->waiting, Step, i);
		if (other == step || other->from == NOWHERE || other->from != step->to)
			continue;
		for (uint32_t b = 0; b < problem->n_bonds; b++) {
			const PlaceBond *bond = &problem->bonds[b];
			if (bond->kind != BOND_APART || bond->weight)
				continue;
			for (uint32_t k = 0; k < bond->n_others; k++)
				if ((bond->group == step->group && bond->others[k] == other->group) ||
				        (bond->group == other->group && bond->others[k] == step->group))
					return true;
		}
	}
	return false;
}

static Resource fullest(const Planner *planner, uint32_t host)
{
	Resource best = RESOURCE_MEMORY;
	int64_t most = -1;
	for (uint32_t r = 0; r < PRESSING; r++) {
		int64_t capacity = planner->problem->hosts[host].capacity.of[r];
		int64_t percent = capacity == AMOUNT_UNKNOWN ? -1 : amount_percent(planner->use[host].of[r], capacity);
		if (percent > most) {
			most = percent;
			best = (Resource)r;
		}
	}
	return best;
}

static int64_t percent_of(const Planner *planner, uint32_t host, Resource resource)
{
	int64_t capacity = planner->problem->hosts[host].capacity.of[resource];
	return capacity == AMOUNT_UNKNOWN ? 0 : amount_percent(planner->use[host].of[resource], capacity);
}

static void take_step(Planner *planner, Step step, bool leaves, bool arrives)
{
	uint32_t at = step.from != NOWHERE && leaves ? step.from : step.to != NOWHERE ? step.to : step.from;
	step.resource = fullest(planner, at);
	step.before = percent_of(planner, at, step.resource);
	step.free = AMOUNT_UNKNOWN;
	if (step.to != NOWHERE && planner->problem->hosts[step.to].capacity.of[step.resource] != AMOUNT_UNKNOWN)
		step.free = MAX(planner->problem->hosts[step.to].capacity.of[step.resource] -
		                        planner->use[step.to].of[step.resource],
		        0);
	if (arrives)
		change(planner, step.to, step.group, 1);
	if (leaves)
		change(planner, step.from, step.group, -1);
	step.after = percent_of(planner, at, step.resource);
	g_array_append_val(planner->plan->steps, step);
	planner->plan->n_moves += step.kind == STEP_MOVE || (step.kind == STEP_STOP && leaves);
	planner->plan->n_stops += step.kind == STEP_STOP;
}

static bool take_any(Planner *planner)
{
	static const StepKind order[] = {STEP_REMOVE, STEP_START, STEP_MOVE};
	for (size_t kind = 0; kind < G_N_ELEMENTS(order); kind++)
		for (guint i = 0; i < planner->waiting->len; i++) {
			const Step *step = &g_array_index(planner->waiting, Step, i);
			if (step->kind != order[kind] || !has_room(planner, step) || meets_rival(planner, step))
				continue;
			take_step(planner, *step, step->kind != STEP_START, step->kind != STEP_REMOVE);
			g_array_remove_index(planner->waiting, i);
			return true;
		}
	return false;
}

/* The least important and then the cheapest pod makes room. Without any left to stop, all that is left is starts on
 * hosts that are overloaded by what must be there. */
static bool stop_one(Planner *planner)
{
	const PlaceGroup *groups = planner->problem->groups;
	guint best = planner->waiting->len;
	for (guint i = 0; i < planner->waiting->len; i++) {
		const Step *step = &g_array_index(planner->waiting, Step, i);
		if (step->kind != STEP_MOVE)
			continue;
		const Step *other = best < planner->waiting->len ? &g_array_index(planner->waiting, Step, best) : NULL;
		if (!other || groups[step->group].priority < groups[other->group].priority ||
		        (groups[step->group].priority == groups[other->group].priority &&
		                groups[step->group].price < groups[other->group].price))
			best = i;
	}
	if (best == planner->waiting->len)
		return false;
	Step *step = &g_array_index(planner->waiting, Step, best);
	Step stop = *step;
	stop.kind = STEP_STOP;
	take_step(planner, stop, true, false);
	step = &g_array_index(planner->waiting, Step, best);
	step->kind = STEP_START;
	return true;
}

/* Steps of alike pods between the same hosts that follow each other are one. */
static void join_steps(Plan *plan)
{
	guint kept = 0;
	for (guint i = 0; i < plan->steps->len; i++) {
		Step *step = &g_array_index(plan->steps, Step, i);
		Step *last = kept ? &g_array_index(plan->steps, Step, kept - 1) : NULL;
		if (last && last->kind == step->kind && last->group == step->group && last->from == step->from &&
		        last->to == step->to && (last->resource == step->resource || step->from == NOWHERE)) {
			last->pods++;
			last->after = step->after;
			continue;
		}
		g_array_index(plan->steps, Step, kept++) = *step;
	}
	g_array_set_size(plan->steps, kept);
}

static void order_steps(Planner *planner)
{
	while (planner->waiting->len) {
		if (take_any(planner) || stop_one(planner))
			continue;
		Step step = g_array_index(planner->waiting, Step, 0);
		take_step(planner, step, false, true);
		g_array_remove_index(planner->waiting, 0);
	}
	join_steps(planner->plan);
}

/* ---- the plan ------------------------------------------------------------------------------------------ */

Plan *plan_new(const Model *model, const PlaceLimits *limits)
{
	const Problem *problem = &model->problem;
	Plan *plan = g_new0(Plan, 1);
	size_t hosts = MAX(problem->n_hosts, 1);
	plan->model = model;
	plan->solution = place_solve(problem, limits);
	plan->steps = g_array_new(FALSE, FALSE, sizeof(Step));
	plan->before = g_new0(Amounts, hosts);
	plan->after = g_new0(Amounts, hosts);
	Planner planner = {plan, model, problem, g_new0(Amounts, hosts), g_array_new(FALSE, FALSE, sizeof(Step))};
	for (uint32_t h = 0; h < problem->n_hosts; h++) {
		planner.use[h] = problem->hosts[h].fixed;
		for (uint32_t g = 0; g < problem->n_groups; g++)
			for (uint16_t k = now_of(&planner, g, h); k > 0; k--)
				change(&planner, h, g, 1);
		plan->before[h] = planner.use[h];
		plan->after[h] = place_use(problem, plan->solution->count, h);
	}
	for (uint32_t g = 0; g < problem->n_groups; g++)
		pair_group(&planner, g);
	order_steps(&planner);
	g_free(planner.use);
	g_array_unref(planner.waiting);
	return plan;
}

/* Pods of a group as they are on each host, without those that may not be there, and where these go. */
static void force_group(const Plan *plan, uint32_t group, uint16_t *count)
{
	const Problem *problem = &plan->model->problem;
	const uint16_t *wanted = plan->solution->count + (size_t)group * (problem->n_hosts + 1);
	uint32_t room = problem->groups[group].count, displaced = 0;
	for (uint32_t h = 0; h < problem->n_hosts; h++) {
		size_t at = (size_t)group * problem->n_hosts + h;
		uint16_t here = (uint16_t)MIN(problem->now[at], room);
		count[h] = problem->allowed[at] ? here : 0;
		displaced += here - count[h];
		room -= here;
	}
	for (uint32_t h = 0; h < problem->n_hosts; h++) {
		uint16_t more = (uint16_t)MIN(displaced, (uint32_t)MAX(wanted[h] - count[h], 0));
		count[h] += more;
		displaced -= more;
	}
	count[problem->n_hosts] = (uint16_t)displaced;
}

Amounts *plan_forced(const Plan *plan)
{
	const Problem *problem = &plan->model->problem;
	g_autofree uint16_t *count = g_new0(uint16_t, (size_t)problem->n_groups * (problem->n_hosts + 1) + 1);
	Amounts *use = g_new0(Amounts, MAX(problem->n_hosts, 1));
	for (uint32_t g = 0; g < problem->n_groups; g++)
		force_group(plan, g, count + (size_t)g * (problem->n_hosts + 1));
	for (uint32_t h = 0; h < problem->n_hosts; h++)
		use[h] = place_use(problem, count, h);
	return use;
}

void plan_free(Plan *plan)
{
	if (!plan)
		return;
	solution_free(plan->solution);
	g_array_unref(plan->steps);
	g_free(plan->before);
	g_free(plan->after);
	g_free(plan);
}
