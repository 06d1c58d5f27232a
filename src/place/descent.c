/* Steps of local search, each judged before it is kept: a pod goes elsewhere, two change places, one makes room for
 * another. Told from the two hosts alone where that is enough, as most steps are no good. */
#include "place/descent.h"

Budget budget_share(const Budget *budget, uint32_t numerator, uint32_t denominator)
{
	Budget share = *budget;
	share.used = 0;
	share.left = budget->left / denominator * numerator;
	if (budget->deadline) {
		int64_t now = g_get_monotonic_time();
		share.deadline = now + MAX(budget->deadline - now, 0) / denominator * numerator;
	}
	return share;
}

void budget_return(Budget *budget, const Budget *share)
{
	budget_take(budget, MIN(share->used, budget->left));
}

bool budget_take(Budget *budget, uint64_t steps)
{
	budget->used += steps;
	if (budget->left < steps || (budget->stop && *budget->stop)) {
		budget->left = 0;
		return false;
	}
	budget->left -= steps;
	/* The clock is asked each time that a million steps are full. */
	if (budget->deadline && (budget->used >> 20) != ((budget->used - steps) >> 20) &&
	        g_get_monotonic_time() > budget->deadline)
		budget->left = 0;
	return true;
}

/* ---- putting one pod somewhere --------------------------------------------------------------------- */

static bool stays_right(State *state, uint32_t group, uint32_t host)
{
	if (!state->facts->rules[group])
		return true;
	state_add(state, group, host);
	bool right = state_bonds_hold(state, group);
	state_remove(state, group, host);
	return right;
}

typedef struct Choice {
	State *state;
	const Amounts *room;
	bool homes_first;
	uint32_t group, best;
	int64_t least;
} Choice;

/* The less pressed the better, and at home where that is as good. */
static void offer_host(Choice *choice, uint32_t host)
{
	State *state = choice->state;
	const Problem *problem = state->problem;
	if (!state_fits(state, choice->group, host, choice->room))
		return;
	Amounts use = state->use[host];
	for (uint32_t r = 0; r < RESOURCES; r++)
		use.of[r] += problem->groups[choice->group].demand.of[r];
	bool home = is_home(state, choice->group, host);
	int64_t price = place_pressure(problem, host, &use, NULL) * 2 + !home;
	if (choice->homes_first && home)
		price = -1;
	if (price < choice->least && stays_right(state, choice->group, host)) {
		choice->least = price;
		choice->best = host;
	}
}

uint32_t best_host(State *state, uint32_t group, const Amounts *room, bool homes_first)
{
	const Problem *problem = state->problem;
	uint32_t n = problem->n_hosts;
	Choice choice = {state, room, homes_first, group, n, INT64_MAX};
	if (n > WIDE) {
		for (uint32_t i = 0; i < problem->now->n_spots[group]; i++)
			offer_host(&choice, problem->now->spots[group][i].host);
		if (homes_first && choice.least == -1)
			return choice.best;
		for (uint32_t i = 0; i < WINDOW; i++)
			offer_host(&choice, (state->turn + i) % n);
		state->turn = (state->turn + WINDOW) % n;
	}
	for (uint32_t h = 0; h < n && choice.best == n; h++)
		offer_host(&choice, h);
	for (uint32_t h = choice.best < n ? choice.best + 1 : n; h < n && n <= WIDE; h++)
		offer_host(&choice, h);
	return choice.best;
}

static uint32_t count_placed(const State *state, uint32_t group)
{
	uint32_t placed = 0;
	for (uint32_t i = 0; i < state->counts->n_spots[group]; i++)
		placed += state->counts->spots[group][i].pods;
	return placed;
}

void place_rest(State *state, const uint32_t *order, const Amounts *room, bool homes_first)
{
	const Problem *problem = state->problem;
	for (uint32_t i = 0; i < problem->n_groups; i++) {
		uint32_t g = order[i], placed = count_placed(state, g) + state_count(state, g, problem->n_hosts);
		for (; placed < problem->groups[g].count; placed++) {
			uint32_t h = room ? best_host(state, g, room, homes_first) : problem->n_hosts;
			state_add(state, g, h < problem->n_hosts ? h : best_host(state, g, NULL, homes_first && !room));
		}
	}
}

void retry_unplaced(State *state)
{
	const Problem *problem = state->problem;
	for (uint32_t i = 0; i < problem->n_groups; i++) {
		uint32_t g = state->facts->by_size[i];
		while (state_count(state, g, problem->n_hosts)) {
			uint32_t h = best_host(state, g, NULL, true);
			if (h == problem->n_hosts)
				break;
			state_remove(state, g, problem->n_hosts);
			state_add(state, g, h);
		}
	}
}

/* ---- descent ------------------------------------------------------------------------------------------ */

Heat heat_of(const State *state)
{
	return (Heat){state->unplaced, state_pressure(state), state->squares};
}

int heat_compare(const Heat *a, const Heat *b)
{
	if (a->unplaced != b->unplaced)
		return a->unplaced < b->unplaced ? -1 : 1;
	if (a->pressure != b->pressure)
		return a->pressure < b->pressure ? -1 : 1;
	return a->squares < b->squares ? -1 : a->squares > b->squares;
}

bool rules_hold(const State *state, uint32_t group)
{
	return !state->facts->rules[group] || state_bonds_hold(state, group);
}

static bool accept_cooler(Descent *descent);

static int64_t steps_with(const State *state, uint32_t group, uint32_t host, int64_t sign)
{
	Amounts use = state->use[host];
	for (uint32_t r = 0; r < RESOURCES; r++)
		use.of[r] += sign * state->problem->groups[group].demand.of[r];
	return goal_steps(state->facts, host, &use);
}

/* Told from the two hosts alone, before anything is changed: most shifts heat up more than they cool. */
static bool may_cool(const Descent *descent, uint32_t group, uint32_t from, uint32_t to)
{
	const State *state = descent->state;
	if (from == state->problem->n_hosts)
		return true;
	int64_t there = steps_with(state, group, to, 1), here = steps_with(state, group, from, -1);
	int64_t old_there = state->steps[to], old_here = state->steps[from];
	if (there > descent->heat.pressure)
		return false;
	return there * there - old_there * old_there + here * here - old_here * old_here < 0 ||
	       (old_here == descent->heat.pressure && here < old_here);
}

bool try_shift(Descent *descent, uint32_t group, uint32_t from, uint32_t to)
{
	State *state = descent->state;
	if (!state_has_room(state, group, to, UINT32_MAX, descent->room) ||
	        (descent->accept == accept_cooler && !may_cool(descent, group, from, to)))
		return false;
	state_remove(state, group, from);
	if (state_fits(state, group, to, descent->room)) {
		state_add(state, group, to);
		if (rules_hold(state, group) && descent->accept(descent))
			return true;
		state_remove(state, group, to);
	}
	state_add(state, group, from);
	return false;
}

bool try_eject(Descent *descent, uint32_t group, uint32_t from, uint32_t to, uint32_t other, uint32_t third)
{
	State *state = descent->state;
	if (!state_has_room(state, group, to, other, descent->room) ||
	        !state_has_room(state, other, third, third == from ? group : UINT32_MAX, descent->room))
		return false;
	state_remove(state, group, from);
	state_remove(state, other, to);
	if (state_fits(state, group, to, descent->room)) {
		state_add(state, group, to);
		if (state_fits(state, other, third, descent->room)) {
			state_add(state, other, third);
			if (rules_hold(state, group) && rules_hold(state, other) && descent->accept(descent))
				return true;
			state_remove(state, other, third);
		}
		state_remove(state, group, to);
	}
	state_add(state, other, to);
	state_add(state, group, from);
	return false;
}

bool is_movable(const State *state, uint32_t group, uint32_t host)
{
	return state_count(state, group, host) &&
	       state->facts->choices[group] > (host == state->problem->n_hosts ? 0 : 1);
}

/* Any better swap of a pod that is on the host with one that is elsewhere. */
static bool swap_from(Descent *descent, uint32_t group, uint32_t host)
{
	const State *state = descent->state;
	const Problem *problem = state->problem;
	for (uint32_t to = 0; to < problem->n_hosts; to++) {
		if (to == host || !problem->allowed[group][to])
			continue;
		uint32_t n;
		g_autofree uint32_t *others = state_groups(state, to, &n);
		if (!budget_take(descent->budget, n + 1))
			return false;
		for (uint32_t i = 0; i < n; i++)
			if (others[i] != group && is_movable(state, others[i], to) &&
			        problem->allowed[others[i]][host] &&
			        try_eject(descent, group, host, to, others[i], host))
				return true;
	}
	return false;
}

bool relieve_host(Descent *descent, uint32_t host)
{
	const State *state = descent->state;
	const Problem *problem = state->problem;
	uint32_t n;
	g_autofree uint32_t *groups = state_groups(state, host, &n);
	for (uint32_t i = 0; i < n; i++) {
		if (!is_movable(state, groups[i], host))
			continue;
		if (!budget_take(descent->budget, problem->n_hosts * 2))
			return false;
		for (uint32_t to = 0; to < problem->n_hosts; to++)
			if (to != host && try_shift(descent, groups[i], host, to))
				return true;
	}
	for (uint32_t i = 0; i < n && host < problem->n_hosts; i++)
		if (is_movable(state, groups[i], host) && swap_from(descent, groups[i], host))
			return true;
	return false;
}

static bool accept_cooler(Descent *descent)
{
	Heat heat = heat_of(descent->state);
	if (heat_compare(&heat, &descent->heat) >= 0)
		return false;
	descent->heat = heat;
	return true;
}

void cool(State *state, int64_t bound, Budget *budget)
{
	Descent descent = {.state = state, .budget = budget, .accept = accept_cooler, .heat = heat_of(state)};
	bool better = true;
	while (better && budget->left && (descent.heat.unplaced || descent.heat.pressure > bound)) {
		budget_take(budget, state->problem->n_hosts);
		better = descent.heat.unplaced && relieve_host(&descent, state->problem->n_hosts);
		for (uint32_t h = 0; h < state->problem->n_hosts && !better; h++)
			if (state->steps[h] == descent.heat.pressure)
				better = relieve_host(&descent, h);
	}
}
