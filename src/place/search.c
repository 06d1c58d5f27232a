/* Local search: a good placement in little time, which the exact search then betters or proves.
 *
 * Construction keeps what runs where it runs and puts the rest on the host that it presses least, the largest first.
 * Then pods leave the fullest hosts by shifts and swaps, judged by (unplaced, pressure, sum of squares of the
 * pressures), and where that ends, some hosts are emptied and filled again in another order (large neighbourhood
 * search). The other goals are bettered one after the other with those before them kept as they are. Chance is a fixed
 * sequence.
 *
 * Of a large cluster there is no time for all that. There what runs stays where it is, and the least pressure is looked
 * for at which those that must leave find room elsewhere: few moves and a low pressure come from one and the same walk.
 */
#include "place/descent.h"

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

/* ---- large neighbourhoods -------------------------------------------------------------------------------- */

static void empty_host(State *state, uint32_t host)
{
	uint32_t n;
	g_autofree uint32_t *groups = state_groups(state, host, &n);
	for (uint32_t i = 0; i < n; i++)
		while (is_movable(state, groups[i], host))
			state_remove(state, groups[i], host);
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

/* A round builds up what it tears down, and copies the state. */
static uint64_t round_price(const Problem *problem)
{
	return ((uint64_t)problem->n_groups + problem->n_hosts) * MIN(problem->n_hosts, WINDOW) * 2;
}

/* So many that come to nothing. For pods that nothing binds to others fit.c finds in less time what is missed here. */
static uint32_t most_rounds(const Facts *facts)
{
	uint32_t rounds = 40;
	for (uint32_t g = 0; g < facts->problem->n_groups; g++)
		rounds += facts->rules[g] || facts->rivals[g];
	return rounds;
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
	uint32_t rounds = 0, most = most_rounds(best->facts);
	for (; rounds < most && (least.unplaced || least.pressure > bound); rounds++) {
		if (!budget_take(budget, round_price(problem)))
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

/* ---- from what runs now ---------------------------------------------------------------------------------- */

/* What runs stays where it is, however full that makes a host. */
static void keep_now(State *state)
{
	const Problem *problem = state->problem;
	for (uint32_t g = 0; g < problem->n_groups; g++) {
		uint32_t left = problem->groups[g].count;
		for (uint32_t i = 0; i < problem->now->n_spots[g]; i++) {
			const PlaceSpot *spot = &problem->now->spots[g][i];
			if (!problem->allowed[g][spot->host])
				continue;
			for (uint32_t k = MIN(spot->pods, left); k > 0; k--, left--)
				state_add(state, g, spot->host);
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
 * tried; n_groups where there is none. */
static uint32_t choose_leaver(const State *state, const uint32_t *groups, uint32_t n, uint32_t host, Resource r,
        int64_t excess, const bool *tried)
{
	const Problem *problem = state->problem;
	uint32_t best = n;
	for (uint32_t i = 0; i < n; i++) {
		int64_t demand = problem->groups[groups[i]].demand.of[r];
		if (tried[i] || demand == 0 || !is_movable(state, groups[i], host))
			continue;
		int64_t known = best < n ? problem->groups[groups[best]].demand.of[r] : 0;
		bool enough = demand >= excess, known_enough = best < n && known >= excess;
		if (best == n || (enough && (!known_enough || demand < known)) ||
		        (!enough && !known_enough && demand > known))
			best = i;
	}
	return best;
}

static void relieve_now(State *state, uint32_t host, const Amounts *room, Budget *budget)
{
	const Problem *problem = state->problem;
	int64_t excess = 0;
	uint32_t n;
	Resource r = RESOURCES;
	g_autofree uint32_t *groups = state_groups(state, host, &n);
	g_autofree bool *tried = g_new0(bool, MAX(n, 1));
	while ((r = excess_of(state, host, room, &excess)) != RESOURCES) {
		uint32_t i = choose_leaver(state, groups, n, host, r, excess, tried);
		if (i == n || !budget_take(budget, n + (uint64_t)MIN(problem->n_hosts, WINDOW) * 8))
			return;
		state_remove(state, groups[i], host);
		uint32_t to = best_host(state, groups[i], room, false);
		state_add(state, groups[i], to < problem->n_hosts ? to : host);
		tried[i] = to == problem->n_hosts || to == host;
	}
}

/* From what runs now no more pods leave each host than must so that it keeps within room; what runs nowhere comes too.
 */
static void leave_crowded(State *state, const Amounts *room, Budget *budget)
{
	keep_now(state);
	for (uint32_t h = 0; h < state->problem->n_hosts; h++)
		relieve_now(state, h, room, budget);
	place_rest(state, state->facts->by_size, room, true);
}

/* ---- the start --------------------------------------------------------------------------------------------- */

/* Pods that break a required bond have no place: which of them would have one is left to later steps. */
static void drop_wrong(State *state)
{
	const Problem *problem = state->problem;
	for (bool again = true; again;) {
		again = false;
		for (uint32_t g = 0; g < problem->n_groups; g++) {
			if (rules_hold(state, g))
				continue;
			while (state->counts->n_spots[g]) {
				state_remove(state, g, state->counts->spots[g][0].host);
				state_add(state, g, problem->n_hosts);
				again = true;
			}
		}
	}
}

static bool is_large(const Problem *problem)
{
	return (uint64_t)problem->n_groups * problem->n_hosts > 200000;
}

/* What runs now, with as few moves as make the pressure no more than that; NULL where that does not succeed. */
static State *start_at(const Facts *facts, int64_t steps, Budget *budget)
{
	const Problem *problem = facts->problem;
	State *state = state_new(facts);
	g_autofree Amounts *room = g_new(Amounts, MAX(problem->n_hosts, 1));
	for (uint32_t h = 0; h < problem->n_hosts; h++)
		room[h] = room_at(facts, h, steps);
	Budget share = budget_share(budget, 1, 4);
	share.left = MIN(share.left, ((uint64_t)problem->n_groups + problem->n_hosts) * WINDOW * 4);
	leave_crowded(state, room, &share);
	retry_unplaced(state);
	drop_wrong(state);
	cool(state, steps, &share);
	budget_return(budget, &share);
	if (state->unplaced == 0 && state_pressure(state) <= steps)
		return state;
	state_free(state);
	return NULL;
}

/* Of a large cluster there is no time to try many placements: what runs there stays, but for what must leave so that
 * the pressure is as low as it then can be. */
static State *start_from_now(const Facts *facts, int64_t bound, Budget *budget)
{
	int64_t low = MAX(bound, 1) - 1, high = low, width = 1, most = 100 / facts->problem->settings.step + 1;
	State *best = NULL;
	while (!best && high < most) {
		low = high;
		high = MIN(high + width, most);
		width *= 2;
		best = start_at(facts, high, budget);
	}
	while (best && high - low > 1) {
		int64_t middle = low + (high - low) / 2;
		State *state = start_at(facts, middle, budget);
		*(state ? &high : &low) = middle;
		if (state) {
			state_free(best);
			best = state;
		}
	}
	return best;
}

static int compare_worth(const void *a, const void *b, void *data)
{
	const Facts *facts = data;
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	if (facts->weight[left] != facts->weight[right])
		return facts->weight[left] > facts->weight[right] ? -1 : 1;
	if (facts->size[left] != facts->size[right])
		return facts->size[left] < facts->size[right] ? -1 : 1;
	return left < right ? -1 : 1;
}

/* Where there is too little room for all: what weighs most stays or comes first, and of that the smallest, so that most
 * pods run. Kept if it is better than the state. */
static void try_small_first(State *state)
{
	const Facts *facts = state->facts;
	uint32_t n = facts->problem->n_groups;
	g_autofree uint32_t *order = g_memdup2(facts->by_size, sizeof *order * n);
	g_autoptr(State) other = state_new(facts);
	g_qsort_with_data(order, (gint)n, sizeof *order, compare_worth, (gpointer)facts);
	place_rest(other, order, NULL, true);
	retry_unplaced(other);
	drop_wrong(other);
	if (other->unplaced < state->unplaced)
		state_set(state, other);
}

State *search_start(const Facts *facts, int64_t pressure_bound, Budget *budget)
{
	bool goes_first = facts->problem->settings.order[1] == GOAL_PRESSURE;
	State *large = goes_first && is_large(facts->problem) ? start_from_now(facts, pressure_bound, budget) : NULL;
	if (large)
		return large;
	State *state = state_new(facts), *other = state_new(facts);
	bool pressed = goes_first;
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
	if (state->unplaced)
		try_small_first(state);
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
	for (uint32_t dear = 0; dear < (descent->hasty && goal != GOAL_SURVIVAL ? 1 : 2); dear++)
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
		if (!descent->hasty || order[i] != GOAL_SURVIVAL || order[i] == goal)
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
	uint32_t n, thirds = problem->n_hosts > WIDE ? WINDOW : problem->n_hosts;
	if (try_shift(descent, group, host, home))
		return true;
	g_autofree uint32_t *others = state_groups(state, home, &n);
	for (uint32_t i = 0; i < n; i++) {
		if (others[i] == group || !is_movable(state, others[i], home))
			continue;
		if (!budget_take(descent->budget, thirds * 2))
			return false;
		uint32_t third = problem->n_hosts > WIDE ? descent->state->turn : 0;
		for (uint32_t k = 0; k < thirds; k++) {
			if (third != home && problem->allowed[others[i]][third] &&
			        try_eject(descent, group, host, home, others[i], third))
				return true;
			third = third + 1 < problem->n_hosts ? third + 1 : 0;
		}
		descent->state->turn = third;
	}
	return false;
}

static bool undo_a_move_of(Descent *descent, uint32_t group)
{
	const State *state = descent->state;
	const PlaceCounts *now = state->problem->now;
	for (uint32_t i = 0; i < state->counts->n_spots[group]; i++) {
		PlaceSpot spot = state->counts->spots[group][i];
		if (spot.pods <= counts_of(now, group, spot.host))
			continue;
		for (uint32_t k = 0; k < now->n_spots[group]; k++) {
			uint32_t home = now->spots[group][k].host;
			if (home != spot.host && is_home(state, group, home) &&
			        send_home(descent, group, spot.host, home))
				return true;
		}
	}
	return false;
}

static bool undo_moves(Descent *descent)
{
	bool any = false;
	for (uint32_t g = 0; g < descent->state->problem->n_groups && descent->budget->left; g++)
		while (descent->budget->left && undo_a_move_of(descent, g))
			any = true;
	return any;
}

/* ---- few moves ------------------------------------------------------------------------------------------------ */

/* From what runs now, no more pods leave each host than must, and then such as cool the rest. */
static State *relieve_all(const State *state, const Amounts *room, Budget *budget)
{
	State *fresh = state_new(state->facts);
	leave_crowded(fresh, room, budget);
	cool(fresh, state_pressure(state), budget);
	cool_further(fresh, state_pressure(state), room, budget);
	return fresh;
}

static void descend(State *state, uint32_t level, const Amounts *room, Budget *budget)
{
	Descent descent = {.state = state,
	        .budget = budget,
	        .accept = accept_better,
	        .room = room,
	        .level = level,
	        .hasty = is_large(state->problem)};
	Goal goal = state->problem->settings.order[level];
	for (uint32_t i = 0; i <= level; i++)
		descent.score.at[state->problem->settings.order[i]] =
		        state_goal(state, state->problem->settings.order[i]);
	bool better = true;
	while (better && budget->left && descent.score.at[goal] > 0) {
		better = goal == GOAL_MOVES && undo_moves(&descent);
		for (uint32_t h = 0; h < state->problem->n_hosts && !better && goal != GOAL_MOVES; h++)
			better = relieve_host(&descent, h);
	}
}

/* Where not every step asked for survival, the whole may have cost some. */
static void descend_safely(State *state, uint32_t level, const Amounts *room, Budget *budget)
{
	const Goal *order = state->problem->settings.order;
	if (!is_large(state->problem)) {
		descend(state, level, room, budget);
		return;
	}
	g_autoptr(State) before = state_copy(state);
	descend(state, level, room, budget);
	for (uint32_t i = 0; i < level; i++)
		if (state_goal(state, order[i]) > state_goal(before, order[i])) {
			state_set(state, before);
			return;
		}
}

/* Rivals that run on one host now are not seen by the steps above. And nothing that was proven may be undone, not even
 * for a goal before it. */
void search_take(State *state, const State *other, uint32_t level)
{
	const Problem *problem = state->problem;
	Goal goal = problem->settings.order[level];
	Score old = state_score(state), new;
	bool better = place_score(problem, other->counts, &new) && new.at[goal] < old.at[goal];
	for (uint32_t i = 0; i < level; i++)
		better = better && new.at[problem->settings.order[i]] <= old.at[problem->settings.order[i]];
	if (better)
		state_set(state, other);
}

/* Moves are looked for from both sides: undoing those that are not needed, and making those that are; then by a walk
 * through what is neither. */
static void improve_moves(State *state, uint32_t level, const Amounts *room, int64_t bound, Budget *budget)
{
	Budget half = budget_share(budget, 1, 3);
	g_autoptr(State) fresh = relieve_all(state, room, &half);
	descend(fresh, level, room, &half);
	budget_return(budget, &half);
	descend_safely(state, level, room, budget);
	search_take(state, fresh, level);
	g_autoptr(State) walked = state_moves(state) > bound ? relocate(state, room, bound, budget) : NULL;
	if (walked)
		search_take(state, walked, level);
}

void search_improve(State *state, uint32_t level, int64_t bound, Budget *budget)
{
	g_autofree Amounts *room = search_room(state, level);
	if (state->problem->settings.order[level] == GOAL_MOVES)
		improve_moves(state, level, room ? room : state->facts->room, bound, budget);
	else
		descend_safely(state, level, room, budget);
}
