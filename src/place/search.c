/* Local search: a good placement in little time, which the exact search then betters or proves.
 *
 * Construction keeps what runs where it runs and puts the rest on the host that it presses least, the largest first.
 * Then pods leave the fullest hosts by shifts and swaps, judged by (unplaced, pressure, sum of squares of the
 * pressures), and where that ends, some hosts are emptied and filled again in another order (large neighbourhood
 * search). The other goals are bettered one after the other with those before them kept as they are. Chance is a fixed
 * sequence.
 */
#include "place/inner.h"

typedef struct Chance {
	uint64_t state;
} Chance;

/* xorshift64* (Vigna 2016). */
static uint32_t chance_below(Chance *chance, uint32_t n)
{
	chance->state ^= chance->state >> 12;
	chance->state ^= chance->state << 25;
	chance->state ^= chance->state >> 27;
	return (uint32_t)((chance->state * UINT64_C(2685821657736338717)) >> 33) % MAX(n, 1);
}

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

/* The host that the pod presses least, its home where that is as good; n_hosts where it fits nowhere. */
static uint32_t best_host(State *state, uint32_t group, const Amounts *room, bool homes_first)
{
	const Problem *problem = state->problem;
	uint32_t best = problem->n_hosts;
	int64_t least = INT64_MAX;
	for (uint32_t h = 0; h < problem->n_hosts; h++) {
		if (!state_fits(state, group, h, room))
			continue;
		Amounts use = state->use[h];
		for (uint32_t r = 0; r < RESOURCES; r++)
			use.of[r] += problem->groups[group].demand.of[r];
		int64_t price = place_pressure(problem, h, &use, NULL) * 2 + !is_home(state, group, h);
		if (homes_first && is_home(state, group, h))
			price = -1;
		if (price < least && stays_right(state, group, h)) {
			least = price;
			best = h;
		}
	}
	return best;
}

static uint32_t count_placed(const State *state, uint32_t group)
{
	uint32_t placed = 0;
	for (uint32_t h = 0; h < state->problem->n_hosts; h++)
		placed += *state_count(state, group, h);
	return placed;
}

/* With room, pods go home first where they keep within it, and beyond it only where nothing else is left. */
static void place_rest(State *state, const uint32_t *order, const Amounts *room, bool homes_first)
{
	const Problem *problem = state->problem;
	for (uint32_t i = 0; i < problem->n_groups; i++) {
		uint32_t g = order[i], placed = count_placed(state, g) + *state_count(state, g, problem->n_hosts);
		for (; placed < problem->groups[g].count; placed++) {
			uint32_t h = room ? best_host(state, g, room, homes_first) : problem->n_hosts;
			state_add(state, g, h < problem->n_hosts ? h : best_host(state, g, NULL, homes_first && !room));
		}
	}
}

/* Pods whose company came later than they. */
static void retry_unplaced(State *state)
{
	const Problem *problem = state->problem;
	for (uint32_t i = 0; i < problem->n_groups; i++) {
		uint32_t g = state->facts->by_size[i];
		while (*state_count(state, g, problem->n_hosts)) {
			uint32_t h = best_host(state, g, NULL, true);
			if (h == problem->n_hosts)
				break;
			state_remove(state, g, problem->n_hosts);
			state_add(state, g, h);
		}
	}
}

/* ---- descent ------------------------------------------------------------------------------------------ */

typedef struct Heat {
	int64_t unplaced, pressure;
	__int128 squares;
} Heat;

static Heat heat_of(const State *state)
{
	Heat heat = {state->unplaced, state_pressure(state), 0};
	for (uint32_t h = 0; h < state->problem->n_hosts; h++)
		heat.squares += (__int128)state->steps[h] * state->steps[h];
	return heat;
}

static int heat_compare(const Heat *a, const Heat *b)
{
	if (a->unplaced != b->unplaced)
		return a->unplaced < b->unplaced ? -1 : 1;
	if (a->pressure != b->pressure)
		return a->pressure < b->pressure ? -1 : 1;
	return a->squares < b->squares ? -1 : a->squares > b->squares;
}

typedef struct Descent {
	State *state;
	Budget *budget;
	const Amounts *room; /* NULL: the facts' */
	/* True if the state, just changed, is better than it was. */
	bool (*accept)(struct Descent *descent);
	Heat heat;      /* as it was */
	uint32_t level; /* of the goal that is bettered */
	Score score;    /* as it was: goals up to level */
} Descent;

static bool rules_hold(const State *state, uint32_t group)
{
	return !state->facts->rules[group] || state_bonds_hold(state, group);
}

/* Moves one pod and keeps that if it is better. from may be nowhere. */
static bool try_shift(Descent *descent, uint32_t group, uint32_t from, uint32_t to)
{
	State *state = descent->state;
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

/* A pod goes to where another makes room for it, which goes to a third host or takes its place. */
static bool try_eject(Descent *descent, uint32_t group, uint32_t from, uint32_t to, uint32_t other, uint32_t third)
{
	State *state = descent->state;
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

static bool is_movable(const State *state, uint32_t group, uint32_t host)
{
	return *state_count(state, group, host) &&
	       state->facts->choices[group] > (host == state->problem->n_hosts ? 0 : 1);
}

/* Any better shift or swap of a pod that is on the host (or nowhere). */
static bool relieve_host(Descent *descent, uint32_t host)
{
	const State *state = descent->state;
	const Problem *problem = state->problem;
	for (uint32_t i = 0; i < problem->n_groups; i++) {
		uint32_t g = state->facts->by_size[i];
		if (!is_movable(state, g, host))
			continue;
		if (!budget_take(descent->budget, problem->n_hosts * 8))
			return false;
		for (uint32_t to = 0; to < problem->n_hosts; to++)
			if (to != host && problem->allowed[(size_t)g * problem->n_hosts + to] &&
			        try_shift(descent, g, host, to))
				return true;
	}
	for (uint32_t i = 0; i < problem->n_groups && host < problem->n_hosts; i++) {
		uint32_t g = state->facts->by_size[i];
		if (!is_movable(state, g, host))
			continue;
		if (!budget_take(descent->budget, (uint64_t)problem->n_hosts * problem->n_groups))
			return false;
		for (uint32_t other = 0; other < problem->n_groups; other++)
			for (uint32_t to = 0; to < problem->n_hosts && other != g; to++)
				if (to != host && is_movable(state, other, to) &&
				        problem->allowed[(size_t)g * problem->n_hosts + to] &&
				        problem->allowed[(size_t)other * problem->n_hosts + host] &&
				        try_eject(descent, g, host, to, other, host))
					return true;
	}
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

/* Takes pods off the fullest hosts until nothing helps or the bound is met. */
static void cool(State *state, int64_t bound, Budget *budget)
{
	Descent descent = {.state = state, .budget = budget, .accept = accept_cooler, .heat = heat_of(state)};
	bool better = true;
	while (better && budget->left && (descent.heat.unplaced || descent.heat.pressure > bound)) {
		better = descent.heat.unplaced && relieve_host(&descent, state->problem->n_hosts);
		for (uint32_t h = 0; h < state->problem->n_hosts && !better; h++)
			if (state->steps[h] == descent.heat.pressure)
				better = relieve_host(&descent, h);
	}
}

/* ---- large neighbourhoods -------------------------------------------------------------------------------- */

static void empty_host(State *state, uint32_t host)
{
	for (uint32_t g = 0; g < state->problem->n_groups; g++)
		while (is_movable(state, g, host))
			state_remove(state, g, host);
}

/* By size, with some neighbours swapped. */
static void shuffle_order(const Facts *facts, Chance *chance, uint32_t *ret_order)
{
	uint32_t n = facts->problem->n_groups;
	memcpy(ret_order, facts->by_size, sizeof *ret_order * n);
	for (uint32_t i = 0; i + 1 < n; i++) {
		if (chance_below(chance, 3))
			continue;
		uint32_t swap = ret_order[i];
		ret_order[i] = ret_order[i + 1];
		ret_order[i + 1] = swap;
	}
}

static void refill_some(State *state, Chance *chance, uint32_t *order, const Amounts *room)
{
	const Problem *problem = state->problem;
	int64_t pressure = state_pressure(state);
	for (uint32_t h = 0; h < problem->n_hosts; h++)
		if (state->steps[h] >= pressure && chance_below(chance, 4))
			empty_host(state, h);
	uint32_t more = 1 + chance_below(chance, MAX(MIN(problem->n_hosts / 3, 4), 1));
	for (uint32_t i = 0; i < more; i++)
		empty_host(state, chance_below(chance, problem->n_hosts));
	empty_host(state, problem->n_hosts);
	shuffle_order(state->facts, chance, order);
	place_rest(state, order, room, room != NULL);
}

static void cool_further(State *best, int64_t bound, const Amounts *room, Budget *budget)
{
	const Problem *problem = best->problem;
	if (problem->n_hosts == 0 || problem->n_groups == 0)
		return;
	Chance chance = {(budget->seed + 1) * UINT64_C(0x9E3779B97F4A7C15) | 1};
	g_autoptr(State) state = state_copy(best);
	g_autofree uint32_t *order = g_new(uint32_t, problem->n_groups);
	Heat least = heat_of(best);
	uint32_t rounds = 0, most = 60 + problem->n_groups;
	for (; rounds < most && (least.unplaced || least.pressure > bound); rounds++) {
		if (!budget_take(budget, (uint64_t)problem->n_groups * problem->n_hosts * 4))
			break;
		refill_some(state, &chance, order, room);
		cool(state, bound, budget);
		Heat heat = heat_of(state);
		int order_of = state_bonds_hold(state, UINT32_MAX) ? heat_compare(&heat, &least) : 1;
		if (order_of > 0) {
			state_set(state, best);
			continue;
		}
		if (heat.unplaced < least.unplaced || heat.pressure < least.pressure)
			rounds = 0;
		least = heat;
		state_set(best, state);
	}
}

/* Pods that break a required bond have no place: which of them would have one is left to later steps. */
static void drop_wrong(State *state)
{
	const Problem *problem = state->problem;
	for (bool again = true; again;) {
		again = false;
		for (uint32_t g = 0; g < problem->n_groups; g++) {
			if (rules_hold(state, g))
				continue;
			for (uint32_t h = 0; h < problem->n_hosts; h++)
				while (*state_count(state, g, h)) {
					state_remove(state, g, h);
					state_add(state, g, problem->n_hosts);
					again = true;
				}
		}
	}
}

State *search_start(const Facts *facts, int64_t pressure_bound, Budget *budget)
{
	State *state = state_new(facts), *other = state_new(facts);
	bool pressed = facts->problem->settings.order[1] == GOAL_PRESSURE;
	place_rest(state, facts->by_size, NULL, true);
	retry_unplaced(state);
	drop_wrong(state);
	place_rest(other, facts->by_size, NULL, false);
	retry_unplaced(other);
	drop_wrong(other);
	int64_t bound = pressed ? pressure_bound : INT64_MAX / 2;
	cool(state, bound, budget);
	cool(other, bound, budget);
	Heat one = heat_of(state), two = heat_of(other);
	bool swap = pressed ? heat_compare(&two, &one) < 0 : two.unplaced < one.unplaced;
	if (swap && (two.unplaced < one.unplaced || two.pressure < one.pressure))
		state_set(state, other);
	cool_further(state, bound, NULL, budget);
	state_free(other);
	return state;
}

/* ---- the other goals --------------------------------------------------------------------------------------- */

/* What is cheap to ask comes first: survival takes a simulation. */
static bool accept_better(Descent *descent)
{
	const State *state = descent->state;
	const Goal *order = state->problem->settings.order;
	Goal goal = order[descent->level];
	for (uint32_t dear = 0; dear < 2; dear++)
		for (uint32_t i = 0; i <= descent->level; i++) {
			if ((order[i] == GOAL_SURVIVAL) != (dear == 1))
				continue;
			if (dear)
				budget_take(
				        descent->budget, (uint64_t)state->problem->n_groups * state->problem->n_hosts);
			int64_t value = state_goal(state, order[i]);
			if (value > descent->score.at[order[i]] ||
			        (order[i] == goal && value == descent->score.at[goal]))
				return false;
		}
	for (uint32_t i = 0; i <= descent->level; i++)
		descent->score.at[order[i]] = state_goal(state, order[i]);
	return true;
}

Amounts *search_room(const State *state, uint32_t level)
{
	const Problem *problem = state->problem;
	for (uint32_t i = 0; i < level; i++) {
		if (problem->settings.order[i] != GOAL_PRESSURE)
			continue;
		Amounts *room = g_new(Amounts, MAX(problem->n_hosts, 1));
		int64_t steps = state_pressure(state);
		for (uint32_t h = 0; h < problem->n_hosts; h++)
			room[h] = room_at(state->facts, h, steps);
		return room;
	}
	return NULL;
}

/* A pod that was moved goes home, and if need be another makes room for it. */
static bool send_home(Descent *descent, uint32_t group, uint32_t host, uint32_t home)
{
	const State *state = descent->state;
	const Problem *problem = state->problem;
	if (try_shift(descent, group, host, home))
		return true;
	for (uint32_t other = 0; other < problem->n_groups; other++) {
		if (other == group || !is_movable(state, other, home))
			continue;
		if (!budget_take(descent->budget, problem->n_hosts * 8))
			return false;
		for (uint32_t third = 0; third < problem->n_hosts; third++)
			if (third != home && problem->allowed[(size_t)other * problem->n_hosts + third] &&
			        try_eject(descent, group, host, home, other, third))
				return true;
	}
	return false;
}

static bool undo_a_move(Descent *descent)
{
	const State *state = descent->state;
	const Problem *problem = state->problem;
	for (uint32_t g = 0; g < problem->n_groups; g++)
		for (uint32_t h = 0; h < problem->n_hosts; h++) {
			if (*state_count(state, g, h) <= problem->now[(size_t)g * problem->n_hosts + h])
				continue;
			for (uint32_t home = 0; home < problem->n_hosts; home++)
				if (home != h && is_home(state, g, home) && send_home(descent, g, h, home))
					return true;
		}
	return false;
}

/* ---- few moves ------------------------------------------------------------------------------------------------ */

/* What runs stays where it is, however full that makes a host. */
static void keep_now(State *state)
{
	const Problem *problem = state->problem;
	for (uint32_t g = 0; g < problem->n_groups; g++) {
		uint32_t left = problem->groups[g].count;
		for (uint32_t h = 0; h < problem->n_hosts; h++) {
			uint32_t now = problem->now[(size_t)g * problem->n_hosts + h];
			if (!problem->allowed[(size_t)g * problem->n_hosts + h])
				continue;
			for (uint32_t k = MIN(now, left); k > 0; k--, left--)
				state_add(state, g, h);
		}
	}
}

/* The resource that a host has most too much of, and how much; RESOURCES where it is not too full. */
static Resource excess_of(const State *state, uint32_t host, const Amounts *room, int64_t *ret_excess)
{
	Resource worst = RESOURCES;
	__int128 most = 0;
	for (uint32_t r = 0; r < RESOURCES; r++) {
		int64_t over = state->use[host].of[r] - room[host].of[r];
		if (room[host].of[r] == AMOUNT_UNKNOWN || over <= 0)
			continue;
		__int128 share = ((__int128)over << 20) / MAX(room[host].of[r], 1);
		if (share >= most) {
			most = share;
			worst = (Resource)r;
			*ret_excess = over;
		}
	}
	return worst;
}

/* One pod that is enough and no larger than it must be, else the largest: so few leave. Among those that were not
 * tried. */
static uint32_t choose_leaver(const State *state, uint32_t host, Resource r, int64_t excess, const bool *tried)
{
	const Problem *problem = state->problem;
	uint32_t best = problem->n_groups;
	for (uint32_t g = 0; g < problem->n_groups; g++) {
		int64_t demand = problem->groups[g].demand.of[r];
		if (tried[g] || demand == 0 || !is_movable(state, g, host))
			continue;
		int64_t known = best < problem->n_groups ? problem->groups[best].demand.of[r] : 0;
		bool enough = demand >= excess, known_enough = best < problem->n_groups && known >= excess;
		if (best == problem->n_groups || (enough && (!known_enough || demand < known)) ||
		        (!enough && !known_enough && demand > known))
			best = g;
	}
	return best;
}

static void relieve_now(State *state, uint32_t host, const Amounts *room, Budget *budget)
{
	const Problem *problem = state->problem;
	int64_t excess = 0;
	Resource r = RESOURCES;
	g_autofree bool *tried = g_new0(bool, MAX(problem->n_groups, 1));
	while ((r = excess_of(state, host, room, &excess)) != RESOURCES) {
		uint32_t g = choose_leaver(state, host, r, excess, tried);
		if (g == problem->n_groups || !budget_take(budget, problem->n_groups + (uint64_t)problem->n_hosts * 8))
			return;
		state_remove(state, g, host);
		uint32_t to = best_host(state, g, room, false);
		state_add(state, g, to < problem->n_hosts ? to : host);
		tried[g] = to == problem->n_hosts || to == host;
	}
}

/* From what runs now, no more pods leave each host than must, and then such as cool the rest. */
static State *relieve_all(const State *state, const Amounts *room, Budget *budget)
{
	const Problem *problem = state->problem;
	State *fresh = state_new(state->facts);
	keep_now(fresh);
	for (uint32_t h = 0; h < problem->n_hosts; h++)
		relieve_now(fresh, h, room, budget);
	place_rest(fresh, state->facts->by_size, room, true);
	cool(fresh, state_pressure(state), budget);
	cool_further(fresh, state_pressure(state), room, budget);
	return fresh;
}

static void descend(State *state, uint32_t level, const Amounts *room, Budget *budget)
{
	Descent descent = {.state = state, .budget = budget, .accept = accept_better, .room = room, .level = level};
	Goal goal = state->problem->settings.order[level];
	for (uint32_t i = 0; i <= level; i++)
		descent.score.at[state->problem->settings.order[i]] =
		        state_goal(state, state->problem->settings.order[i]);
	bool better = true;
	while (better && budget->left && descent.score.at[goal] > 0) {
		better = goal == GOAL_MOVES && undo_a_move(&descent);
		for (uint32_t h = 0; h < state->problem->n_hosts && !better && goal != GOAL_MOVES; h++)
			better = relieve_host(&descent, h);
	}
}

/* Moves are looked for from both sides: undoing those that are not needed, and making those that are. */
static void improve_moves(State *state, uint32_t level, const Amounts *room, Budget *budget)
{
	const Problem *problem = state->problem;
	Budget half = budget_share(budget, 1, 2);
	g_autoptr(State) fresh = relieve_all(state, room, &half);
	descend(fresh, level, room, &half);
	budget_return(budget, &half);
	descend(state, level, room, budget);
	Score old = state_score(state), new;
	/* Rivals that run on one host now are not seen by the rules above. And nothing that was proven may be undone,
	 * not even for a goal before it. */
	bool better = place_score(problem, fresh->count, &new) && new.at[GOAL_MOVES] < old.at[GOAL_MOVES];
	for (uint32_t i = 0; i < level; i++)
		better = better && new.at[problem->settings.order[i]] <= old.at[problem->settings.order[i]];
	if (better)
		state_set(state, fresh);
}

void search_improve(State *state, uint32_t level, Budget *budget)
{
	g_autofree Amounts *room = search_room(state, level);
	if (state->problem->settings.order[level] == GOAL_MOVES)
		improve_moves(state, level, room ? room : state->facts->room, budget);
	else
		descend(state, level, room, budget);
}
