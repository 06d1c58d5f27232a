/* Goal by goal: a bound, a good placement, and then the exact search until one meets the other or the work is used up.
 * What a goal is worth is fixed before the next one is looked at, so each proof is "given the goals before it". */
#include "place/dual.h"

#define DEFAULT_STEPS UINT64_C(150000000)
#define SOME_RUNS 2u
#define MORE_RUNS 4u

typedef struct Solver {
	const Facts *facts;
	const Problem *problem;
	State *state;
	Solution *solution;
	Budget budget;
	uint64_t total;
} Solver;

/* The bound of a goal from sums, and which kind of proof it would be. */
static int64_t bound_of(Solver *solver, uint32_t level, GoalProof *ret_proof)
{
	Goal goal = solver->problem->settings.order[level];
	bool all_run = state_unplaced(solver->state) == 0;
	int64_t bound = 0;
	if (goal == GOAL_PRESSURE && all_run) {
		bound = bound_pressure(solver->facts, solver->solution);
		*ret_proof = solver->solution->proof[GOAL_PRESSURE];
		return bound;
	}
	if (goal == GOAL_PRESSURE) {
		*ret_proof = PROOF_TRIVIAL;
		return solver->problem->settings.enough / solver->problem->settings.step;
	}
	if (goal == GOAL_SURVIVAL && all_run)
		bound = bound_survival(solver->facts);
	if (goal == GOAL_WISHES && all_run)
		bound = bound_wishes(solver->facts);
	if (goal == GOAL_TRAFFIC && all_run)
		bound = bound_traffic(solver->facts);
	if (goal == GOAL_MOVES) {
		g_autofree Amounts *room = search_room(solver->state, level);
		bound = bound_moves(solver->facts, room ? room : solver->facts->room);
	}
	*ret_proof = bound == 0 ? PROOF_TRIVIAL : goal == GOAL_MOVES ? PROOF_EXCESS : PROOF_SUM;
	return bound;
}

/* The exact search is as deep as there are pods: with many it ends soon or never. */
static uint32_t exact_part(const Solver *solver)
{
	uint64_t pods = 0;
	for (uint32_t g = 0; g < solver->problem->n_groups; g++)
		pods += solver->problem->groups[g].count;
	return (uint32_t)CLAMP(pods / 16, 3, 64);
}

/* Where there was no time to rule out all that is better, perhaps there is for what is much better. */
static int64_t raise_bound(Solver *solver, uint32_t level, const Dual *dual, int64_t bound, int64_t value)
{
	Budget share = budget_share(&solver->budget, 1, exact_part(solver) + 1);
	g_autoptr(State) state = state_copy(solver->state);
	while (bound + 1 < value) {
		bool done;
		if (exact_better(state, level, bound + 1, dual, &share, &done, &solver->solution->tried) || !done)
			break;
		bound++;
	}
	budget_return(&solver->budget, &share);
	return bound;
}

/* All prices are multiples of it, and so is their sum. */
static int64_t price_step(const Problem *problem)
{
	int64_t step = 0;
	for (uint32_t g = 0; g < problem->n_groups; g++)
		for (int64_t other = problem->groups[g].price; other;) {
			int64_t rest = step % other;
			step = other;
			other = rest;
		}
	return MAX(step, 1);
}

/* The more there is that may go anywhere, the closer each host alone comes to the bound of all. */
static uint32_t dual_part(const Solver *solver)
{
	uint64_t cells = (uint64_t)solver->problem->n_groups * solver->problem->n_hosts;
	return (uint32_t)CLAMP(cells / 400, 3, 64);
}

/* What all hosts say together, where each alone leaves a gap. */
static Dual *find_dual(Solver *solver, const Amounts *room, int64_t *bound, GoalProof *ret_proof)
{
	int64_t together;
	MovesFound found = {state_moves(solver->state), price_step(solver->problem)};
	Budget share = budget_share(&solver->budget, 1, dual_part(solver));
	Dual *dual = dual_new(solver->facts, room, state_unplaced(solver->state) == 0, &found, &share, &together);
	budget_return(&solver->budget, &share);
	if (together > *bound) {
		*bound = together;
		*ret_proof = PROOF_ELSEWHERE;
	}
	return dual;
}

/* By another search: less pressure, half way to the bound each time. */
static void fit_tighter(Solver *solver, uint32_t level, int64_t bound)
{
	const Problem *problem = solver->problem;
	Budget share = budget_share(&solver->budget, 1, 3);
	g_autofree Amounts *room = g_new(Amounts, MAX(problem->n_hosts, 1));
	while (state_pressure(solver->state) > bound && share.left) {
		int64_t value = state_pressure(solver->state), steps = bound + (value - bound) / 2;
		for (uint32_t h = 0; h < problem->n_hosts; h++)
			room[h] = room_at(solver->facts, h, steps);
		g_autoptr(State) found = fit_within(solver->state, room, &share);
		if (found)
			search_take(solver->state, found, level);
		if (state_pressure(solver->state) == value)
			bound = steps + 1;
	}
	budget_return(&solver->budget, &share);
}

static void fit_fewer(Solver *solver, uint32_t level, const Amounts *room, int64_t bound, uint32_t runs, Budget *budget)
{
	Budget share = budget_share(budget, 1, 2);
	g_autoptr(State) found = fit_cheaper(solver->state, room, bound, price_step(solver->problem), runs, &share);
	if (found)
		search_take(solver->state, found, level);
	budget_return(budget, &share);
}

/* No placement has that price, or one is looked for among those that are then not ruled out. */
static bool try_price(Solver *solver, uint32_t level, const Amounts *room, Dual *dual, int64_t price, Budget *budget)
{
	Budget part = budget_share(budget, 1, 2);
	bool refuted = dual_suppose(dual, price, &part);
	budget_return(budget, &part);
	g_autoptr(State) found = refuted ? NULL : fit_supposed(solver->state, room, dual, price, MORE_RUNS, budget);
	if (found)
		search_take(solver->state, found, level);
	return refuted;
}

/* From the bound up, until a price is met. That is begun with; what is far above the bound is bettered first. */
static void meet_bound(
        Solver *solver, uint32_t level, const Amounts *room, Dual *dual, int64_t *bound, GoalProof *ret_proof)
{
	int64_t step = price_step(solver->problem);
	bool bettered = false;
	Budget share = budget_share(&solver->budget, 2, 3);
	for (int64_t price = *bound; price < state_moves(solver->state) && share.left; price += step) {
		if (try_price(solver, level, room, dual, price, &share)) {
			*bound = price + step;
			*ret_proof = PROOF_ELSEWHERE;
		} else if (!bettered && state_moves(solver->state) > price + step) {
			fit_fewer(solver, level, room, price, MORE_RUNS, &share);
			bettered = true;
		}
	}
	budget_return(&solver->budget, &share);
}

/* Mostly what was found is too dear and not the bound too low, so that is looked at first. */
static Dual *solve_moves(Solver *solver, uint32_t level, const Amounts *room, int64_t *bound, GoalProof *ret_proof)
{
	int64_t step = price_step(solver->problem);
	fit_fewer(solver, level, room, *bound, SOME_RUNS, &solver->budget);
	if (state_moves(solver->state) <= *bound)
		return NULL;
	Dual *dual = find_dual(solver, room, bound, ret_proof);
	*bound = (*bound + step - 1) / step * step;
	if (dual)
		meet_bound(solver, level, room, dual, bound, ret_proof);
	else
		fit_fewer(solver, level, room, *bound, MORE_RUNS, &solver->budget);
	return dual;
}

/* By search: a placement that meets the bound, or a bound that meets what was found. */
static GoalProof close_gap(Solver *solver, uint32_t level, const Dual *dual, int64_t *bound, GoalProof proof)
{
	Goal goal = solver->problem->settings.order[level];
	int64_t value = state_goal(solver->state, goal);
	bool done = false, found = true;
	Budget share = budget_share(&solver->budget, 2, exact_part(solver));
	while (value > *bound && found) {
		found = exact_better(solver->state, level, value, dual, &share, &done, &solver->solution->tried);
		value = state_goal(solver->state, goal);
	}
	budget_return(&solver->budget, &share);
	if (value <= *bound)
		return proof;
	*bound = done && !found ? value : raise_bound(solver, level, dual, *bound, value);
	return *bound >= value ? PROOF_SEARCH : PROOF_NONE;
}

static void solve_goal(Solver *solver, uint32_t level)
{
	Solution *solution = solver->solution;
	Goal goal = solver->problem->settings.order[level];
	GoalProof proof = PROOF_NONE;
	int64_t bound = bound_of(solver, level, &proof), step = goal == GOAL_MOVES ? price_step(solver->problem) : 1;
	if (level > 1 || goal != GOAL_PRESSURE) {
		Budget local = budget_share(&solver->budget, goal == GOAL_MOVES ? 2 : 1, 3);
		search_improve(solver->state, level, bound, &local);
		budget_return(&solver->budget, &local);
	}
	g_autofree Amounts *room = search_room(solver->state, level);
	g_autoptr(Dual) dual = NULL;
	bound = (bound + step - 1) / step * step;
	if (goal == GOAL_MOVES && state_goal(solver->state, goal) > bound)
		dual = solve_moves(solver, level, room ? room : solver->facts->room, &bound, &proof);
	if (goal == GOAL_PRESSURE && state_goal(solver->state, goal) > bound)
		fit_tighter(solver, level, bound);
	if (state_goal(solver->state, goal) > bound)
		proof = close_gap(solver, level, dual, &bound, proof);
	int64_t value = state_goal(solver->state, goal);
	bound = (bound + step - 1) / step * step;
	solution->bound.at[goal] = MIN(bound, value);
	solution->proof[goal] = bound >= value && proof == PROOF_NONE ? PROOF_SEARCH : proof;
	solution->optimal = solution->optimal && solution->proof[goal] != PROOF_NONE;
}

/* In a large cluster each pod wants to be looked at on many hosts. */
static uint64_t default_steps(const Problem *problem)
{
	return DEFAULT_STEPS + (uint64_t)problem->n_groups * (problem->n_hosts * 2 + 10000);
}

/* With a bound that is above what can be met the search for less pressure would never end early, which is all that it
 * is used for; so it serves although nobody knows yet whether all pods have a place. */
Solution *place_solve(const Problem *problem, const PlaceLimits *limits)
{
	g_autoptr(Facts) facts = facts_new(problem);
	Solution *solution = g_new0(Solution, 1);
	Solver solver = {.facts = facts, .problem = problem, .solution = solution};
	static const PlaceLimits usual = {0};
	limits = limits ? limits : &usual;
	solver.budget = (Budget){limits->steps ? limits->steps : default_steps(problem), 0, limits->deadline,
	        limits->seed, limits->stop};
	solution->optimal = true;
	Budget share = budget_share(&solver.budget, 1, 2);
	solver.state = search_start(facts, bound_pressure(facts, solution), &share);
	budget_return(&solver.budget, &share);
	for (uint32_t level = 0; level < GOALS; level++)
		solve_goal(&solver, level);
	solution->score = state_score(solver.state);
	solution->counts = counts_new(problem->n_groups);
	counts_set(solution->counts, solver.state->counts);
	solution->stopped = limits->stop && *limits->stop;
	state_free(solver.state);
	return solution;
}

void solution_free(Solution *solution)
{
	if (!solution)
		return;
	counts_free(solution->counts);
	g_free(solution);
}
