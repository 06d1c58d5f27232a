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

static uint32_t then_of(const Planner *planner, uint32_t group, uint32_t host)
{
	return counts_of(planner->plan->solution->counts, group, host);
}

/* What was only assumed to run is not said to stop. */
static uint32_t now_of(const Planner *planner, uint32_t group, uint32_t host)
{
	uint32_t now = counts_of(planner->problem->now, group, host);
	return planner->model->group_assumed[group] ? MIN(now, then_of(planner, group, host)) : now;
}

/* ---- which pods move --------------------------------------------------------------------------------- */

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

/* Pods that a host has too many of, or too few where that is below 0. */
typedef struct Spare {
	uint32_t host;
	int64_t pods;
} Spare;

static int compare_spare(const void *a, const void *b)
{
	const Spare *left = a, *right = b;
	return left->host < right->host ? -1 : left->host > right->host;
}

/* Of the hosts that the group runs on now or then, in their order. */
static GArray *find_spare(const Planner *planner, uint32_t group)
{
	GArray *spare = g_array_new(FALSE, FALSE, sizeof(Spare));
	const PlaceCounts *sides[] = {planner->problem->now, planner->plan->solution->counts};
	for (uint32_t side = 0; side < G_N_ELEMENTS(sides); side++)
		for (uint32_t i = 0; i < sides[side]->n_spots[group]; i++) {
			uint32_t host = sides[side]->spots[group][i].host;
			Spare of = {host, (int64_t)now_of(planner, group, host) - then_of(planner, group, host)};
			if (of.pods && (side == 0 || counts_of(sides[0], group, host) == 0))
				g_array_append_val(spare, of);
		}
	g_array_sort(spare, compare_spare);
	return spare;
}

static Spare *next_spare(GArray *spare, bool surplus)
{
	for (guint i = 0; i < spare->len; i++) {
		Spare *of = &g_array_index(spare, Spare, i);
		if (surplus ? of->pods > 0 : of->pods < 0)
			return of;
	}
	return NULL;
}

static void pair_group(Planner *planner, uint32_t group)
{
	g_autoptr(GArray) spare = find_spare(planner, group);
	Spare *from, *to;
	while ((to = next_spare(spare, false))) {
		from = next_spare(spare, true);
		to->pods++;
		if (from)
			from->pods--;
		add_waiting(planner, from ? STEP_MOVE : STEP_START, group, from ? from->host : NOWHERE, to->host);
	}
	while ((from = next_spare(spare, true))) {
		from->pods--;
		add_waiting(planner, STEP_REMOVE, group, from->host, NOWHERE);
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
	plan->after = place_use(problem, plan->solution->counts);
	Planner planner = {plan, model, problem, g_new0(Amounts, hosts), g_array_new(FALSE, FALSE, sizeof(Step))};
	for (uint32_t h = 0; h < problem->n_hosts; h++)
		planner.use[h] = problem->hosts[h].fixed;
	for (uint32_t g = 0; g < problem->n_groups; g++)
		for (uint32_t i = 0; i < problem->now->n_spots[g]; i++) {
			uint32_t host = problem->now->spots[g][i].host;
			change(&planner, host, g, now_of(&planner, g, host));
		}
	memcpy(plan->before, planner.use, sizeof(Amounts) * problem->n_hosts);
	for (uint32_t g = 0; g < problem->n_groups; g++)
		pair_group(&planner, g);
	order_steps(&planner);
	g_free(planner.use);
	g_array_unref(planner.waiting);
	return plan;
}

/* Pods of a group as they are on each host, without those that may not be there, and where these go. */
static void force_group(const Plan *plan, uint32_t group, PlaceCounts *counts)
{
	const Problem *problem = &plan->model->problem;
	const PlaceCounts *now = problem->now, *wanted = plan->solution->counts;
	uint32_t room = problem->groups[group].count, displaced = 0;
	for (uint32_t i = 0; i < now->n_spots[group]; i++) {
		const PlaceSpot *spot = &now->spots[group][i];
		uint32_t here = MIN(spot->pods, room);
		if (problem->allowed[group][spot->host] && here)
			counts_change(counts, group, spot->host, (int32_t)here);
		else
			displaced += here;
		room -= here;
	}
	for (uint32_t i = 0; i < wanted->n_spots[group]; i++) {
		const PlaceSpot *spot = &wanted->spots[group][i];
		uint32_t here = counts_of(counts, group, spot->host);
		uint32_t more = here < spot->pods ? MIN(displaced, spot->pods - here) : 0;
		if (more)
			counts_change(counts, group, spot->host, (int32_t)more);
		displaced -= more;
	}
}

Amounts *plan_forced(const Plan *plan)
{
	const Problem *problem = &plan->model->problem;
	g_autoptr(PlaceCounts) counts = counts_new(problem->n_groups);
	for (uint32_t g = 0; g < problem->n_groups; g++)
		force_group(plan, g, counts);
	return place_use(problem, counts);
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
