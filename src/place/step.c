/* The moves of a walk: shifts, swaps, returns and rearrangements, the first three judged in O(resources).
 *
 * The cost of a move is asked first, the services' constraints (location, neighbourhood) only of what would be
 * accepted: most proposals end at a full machine. The loops are compiled for the usual lengths of rows.
 *
 * Neighbourhoods after Gavranović, Buljubašić and Demirović (Variable neighborhood search for Google machine
 * reassignment, 2012) and Portal, Ritt, Borba and Buriol (Simulated annealing for the machine reassignment problem,
 * 2016). Acceptance is Metropolis', with logarithms from a table.
 */
/* Clang takes minutes for this file once all its branches are counted and checked. */
#if defined(FUZZING) && defined(__clang__)
#pragma clang attribute push(__attribute__((no_sanitize("address", "undefined", "coverage"))), apply_to = function)
#endif

#include "place/step.h"

/* xorshift64* (Vigna 2016). */
ALWAYS uint32_t chance_draw(Walk *walk)
{
	uint64_t x = walk->chance;
	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	walk->chance = x;
	return (uint32_t)((x * UINT64_C(2685821657736338717)) >> 32);
}

ALWAYS uint32_t chance_below(Walk *walk, uint32_t n)
{
	return (uint32_t)(((uint64_t)chance_draw(walk) * n) >> 32);
}

ALWAYS bool may_run(const Reassignment *problem, uint32_t process, uint32_t machine)
{
	return !problem->allowed || problem->allowed[process][machine];
}

ALWAYS void leave(Walk *walk, uint32_t process, uint32_t machine)
{
	uint32_t last = walk->members[machine][--walk->n_members[machine]];
	walk->members[machine][walk->slot[process]] = last;
	walk->slot[last] = walk->slot[process];
}

/* ---- moves ----------------------------------------------------------------------------------------------- */

/* What of a process counts as room of a machine when it comes or goes: all, but on its old machine what is not
 * transient. */
ALWAYS const int32_t *mask_of(const Walk *walk, uint32_t process, uint32_t machine)
{
	return walk->problem->home[process] == machine ? walk->course->still : walk->course->all;
}

ALWAYS int64_t balances_delta(const Walk *walk, uint32_t machine, const int32_t *come, const int32_t *go)
{
	const Reassignment *problem = walk->problem;
	const int32_t *over = &walk->over[(size_t)machine * problem->stride];
	const int32_t *slack = &walk->course->slack[(size_t)machine * problem->stride];
	int64_t delta = 0;
	for (uint32_t b = 0; b < problem->n_balances; b++) {
		const Balance *balance = &problem->balances[b];
		uint32_t one = balance->resource, two = balance->other;
		int64_t left = slack[one] - over[one], other = slack[two] - over[two];
		delta -= balance_price(balance, left, other);
		left += (go ? go[one] : 0) - (come ? come[one] : 0);
		other += (go ? go[two] : 0) - (come ? come[two] : 0);
		delta += balance_price(balance, left, other);
	}
	return delta;
}

ALWAYS int64_t load_delta(const Walk *walk, uint32_t machine, const int32_t *come, const int32_t *go, uint32_t stride)
{
	const int32_t *over = &walk->over[(size_t)machine * stride];
	const int64_t *weight = walk->problem->load_weight;
	int64_t delta = 0;
	for (uint32_t r = 0; r < stride; r++) {
		int32_t new = over[r] + (come ? come[r] : 0) - (go ? go[r] : 0);
		delta += (int64_t)(MAX(new, 0) - MAX(over[r], 0)) * weight[r];
	}
	return delta;
}

ALWAYS bool fits(const Walk *walk, uint32_t machine, const int32_t *come, const int32_t *come_mask, const int32_t *go,
        const int32_t *go_mask, uint32_t stride)
{
	const int32_t *room = &walk->room[(size_t)machine * stride];
	int32_t lacking = 0;
	for (uint32_t r = 0; r < stride; r++)
		lacking |= room[r] - (come[r] & come_mask[r]) + (go ? go[r] & go_mask[r] : 0);
	return lacking >= 0;
}

/* Price of what is used beyond the capacity, where that is allowed. */
ALWAYS int64_t excess_delta(const Walk *walk, uint32_t machine, const int32_t *come, const int32_t *come_mask,
        const int32_t *go, const int32_t *go_mask, uint32_t stride)
{
	const int32_t *room = &walk->room[(size_t)machine * stride];
	int64_t delta = 0;
	for (uint32_t r = 0; r < stride; r++) {
		int32_t new = room[r] - (come ? come[r] & come_mask[r] : 0) + (go ? go[r] & go_mask[r] : 0);
		delta += MAX(-new, 0) - MAX(-room[r], 0);
	}
	return delta;
}

ALWAYS int64_t service_delta(const Walk *walk, uint32_t service, bool moves, bool returns)
{
	uint32_t n = walk->moved_of[service];
	if (moves && n == walk->moved_most)
		return walk->problem->service_move_weight;
	if (returns && n == walk->moved_most && walk->moved_hist[n] == 1)
		return -walk->problem->service_move_weight;
	return 0;
}

ALWAYS void carry(Walk *walk, uint32_t process, uint32_t from, uint32_t to, uint32_t stride)
{
	const int32_t *need = &walk->problem->need[(size_t)process * stride];
	const int32_t *from_mask = mask_of(walk, process, from), *to_mask = mask_of(walk, process, to);
	for (uint32_t r = 0; r < stride; r++) {
		walk->over[(size_t)from * stride + r] -= need[r];
		walk->over[(size_t)to * stride + r] += need[r];
		walk->room[(size_t)from * stride + r] += need[r] & from_mask[r];
		walk->room[(size_t)to * stride + r] -= need[r] & to_mask[r];
	}
	uint32_t home = walk->problem->home[process];
	leave(walk, process, from);
	walk_join(walk, process, to);
	walk->at[process] = to;
	if (from == home || to == home)
		walk_count_moved(walk, process, from == home);
}

ALWAYS void count_shift(Walk *walk, uint32_t service, uint32_t from, uint32_t to)
{
	count_place(walk, service, from, -1);
	count_place(walk, service, to, 1);
}

ALWAYS void note_present(Walk *walk, uint32_t service, uint32_t from, uint32_t to)
{
	uint32_t crowd = walk->course->crowd[service];
	if (crowd == UINT32_MAX)
		return;
	flip_present(walk, crowd, from);
	flip_present(walk, crowd, to);
}

ALWAYS bool may_join(const Walk *walk, uint32_t service, uint32_t to)
{
	uint32_t crowd = walk->course->crowd[service];
	return crowd == UINT32_MAX || !is_present(walk, crowd, to);
}

ALWAYS bool try_shift(Walk *walk, uint32_t process, uint32_t to, int64_t limit, uint32_t stride, bool soft)
{
	const Reassignment *problem = walk->problem;
	uint32_t from = walk->at[process], service = problem->service[process], home = problem->home[process];
	const int32_t *need = &problem->need[(size_t)process * stride];
	if (from == to || !may_run(problem, process, to))
		return false;
	int64_t excess = 0;
	if (!soft && !fits(walk, to, need, mask_of(walk, process, to), NULL, NULL, stride))
		return false;
	if (soft)
		excess = excess_delta(walk, to, need, mask_of(walk, process, to), NULL, NULL, stride) +
		         excess_delta(walk, from, NULL, NULL, need, mask_of(walk, process, from), stride);
	int64_t delta = load_delta(walk, to, need, NULL, stride) + load_delta(walk, from, NULL, need, stride);
	if (problem->n_balances)
		delta += balances_delta(walk, to, need, NULL) + balances_delta(walk, from, NULL, need);
	delta += move_price(problem, process, to) - move_price(problem, process, from);
	delta += service_delta(walk, service, from == home, to == home);
	if (from == home)
		limit -= walk->bias;
	if (to == home)
		limit += walk->bias;
	if (delta + excess * walk->excess_weight > limit || !may_join(walk, service, to))
		return false;
	count_shift(walk, service, from, to);
	if (!walk_services_hold(walk, service, from, to)) {
		count_shift(walk, service, to, from);
		return false;
	}
	note_present(walk, service, from, to);
	carry(walk, process, from, to, stride);
	walk->cost += delta;
	walk->excess += excess;
	return true;
}

ALWAYS bool swap_holds(Walk *walk, uint32_t one, uint32_t two, uint32_t at_one, uint32_t at_two)
{
	if (one == two)
		return true;
	if (!may_join(walk, one, at_two) || !may_join(walk, two, at_one))
		return false;
	count_shift(walk, one, at_one, at_two);
	count_shift(walk, two, at_two, at_one);
	if (walk_services_hold(walk, one, at_one, at_two) && walk_services_hold(walk, two, at_two, at_one)) {
		note_present(walk, one, at_one, at_two);
		note_present(walk, two, at_two, at_one);
		return true;
	}
	count_shift(walk, one, at_two, at_one);
	count_shift(walk, two, at_one, at_two);
	return false;
}

ALWAYS bool try_swap(Walk *walk, uint32_t one, uint32_t two, int64_t limit, uint32_t stride, bool soft)
{
	const Reassignment *problem = walk->problem;
	uint32_t a = walk->at[one], b = walk->at[two];
	if (a == b || !may_run(problem, one, b) || !may_run(problem, two, a))
		return false;
	const int32_t *need_one = &problem->need[(size_t)one * stride],
	              *need_two = &problem->need[(size_t)two * stride];
	if (!soft && (!fits(walk, a, need_two, mask_of(walk, two, a), need_one, mask_of(walk, one, a), stride) ||
	                     !fits(walk, b, need_one, mask_of(walk, one, b), need_two, mask_of(walk, two, b), stride)))
		return false;
	int64_t excess = 0;
	if (soft) {
		excess =
		        excess_delta(
		                walk, a, need_two, mask_of(walk, two, a), need_one, mask_of(walk, one, a), stride) +
		        excess_delta(walk, b, need_one, mask_of(walk, one, b), need_two, mask_of(walk, two, b), stride);
		limit -= excess * walk->excess_weight;
	}
	int64_t delta =
	        load_delta(walk, a, need_two, need_one, stride) + load_delta(walk, b, need_one, need_two, stride);
	if (problem->n_balances)
		delta += balances_delta(walk, a, need_two, need_one) + balances_delta(walk, b, need_one, need_two);
	delta += move_price(problem, one, b) - move_price(problem, one, a);
	delta += move_price(problem, two, a) - move_price(problem, two, b);
	if (problem->home[one] == a)
		limit -= walk->bias;
	if (problem->home[one] == b)
		limit += walk->bias;
	if (problem->home[two] == b)
		limit -= walk->bias;
	if (problem->home[two] == a)
		limit += walk->bias;
	/* How many of a service moved is known for certain only once both have gone. */
	if (delta - problem->service_move_weight > limit ||
	        !swap_holds(walk, problem->service[one], problem->service[two], a, b))
		return false;
	int64_t most = walk->moved_most;
	carry(walk, one, a, b, stride);
	carry(walk, two, b, a, stride);
	delta += (walk->moved_most - most) * problem->service_move_weight;
	walk->cost += delta;
	walk->excess += excess;
	if (delta <= limit)
		return true;
	/* Nobody else was there meanwhile: the way back is always open. */
	swap_holds(walk, problem->service[one], problem->service[two], b, a);
	carry(walk, one, b, a, stride);
	carry(walk, two, a, b, stride);
	walk->cost -= delta;
	walk->excess -= excess;
	return false;
}

/* ---- rearrangements: a large process goes where others must make room for it ------------------------------- */

static void force(Walk *walk, uint32_t process, uint32_t to)
{
	uint32_t from = walk->at[process], service = walk->problem->service[process];
	count_shift(walk, service, from, to);
	note_present(walk, service, from, to);
	carry(walk, process, from, to, walk->problem->stride);
}

static void undo_steps(Walk *walk)
{
	for (guint i = walk->log->len; i-- > 0;) {
		const WalkStep *step = &g_array_index(walk->log, WalkStep, i);
		force(walk, step->process, step->from);
	}
}

static void note_step(Walk *walk, uint32_t process, uint32_t from, uint32_t to)
{
	WalkStep step = {process, from, to};
	g_array_append_val(walk->log, step);
}

static bool relieves(const Walk *walk, uint32_t machine, uint32_t process)
{
	const int32_t *room = &walk->room[(size_t)machine * walk->problem->stride];
	const int32_t *need = &walk->problem->need[(size_t)process * walk->problem->stride];
	const int32_t *mask = mask_of(walk, process, machine);
	bool helps = false;
	for (uint32_t r = 0; r < walk->problem->stride; r++)
		helps = helps || (room[r] < 0 && (need[r] & mask[r]));
	return helps;
}

/* What one shift would cost; INT64_MAX where there is no room for it. */
static int64_t shift_price(const Walk *walk, uint32_t process, uint32_t to)
{
	const Reassignment *problem = walk->problem;
	uint32_t stride = problem->stride, from = walk->at[process];
	const int32_t *need = &problem->need[(size_t)process * stride];
	if (to == from || !may_run(problem, process, to) || !may_join(walk, problem->service[process], to) ||
	        !fits(walk, to, need, mask_of(walk, process, to), NULL, NULL, stride))
		return INT64_MAX;
	return load_delta(walk, to, need, NULL, stride) + balances_delta(walk, to, need, NULL) +
	       move_price(problem, process, to);
}

/* Another machine for one that has to leave: where it came from, the gap that was left, or the best of some. */
static bool evict(Walk *walk, uint32_t process, uint32_t gap)
{
	const Reassignment *problem = walk->problem;
	uint32_t from = walk->at[process], best = from;
	int64_t least = INT64_MAX;
	for (uint32_t i = 0; i < 8; i++) {
		uint32_t to = i == 0 ? gap : i == 1 ? problem->home[process] : chance_below(walk, problem->n_machines);
		int64_t price = shift_price(walk, process, to);
		if (price < least) {
			least = price;
			best = to;
		}
	}
	if (least == INT64_MAX || !try_shift(walk, process, best, INT64_MAX / 2, problem->stride, false))
		return false;
	note_step(walk, process, from, best);
	return true;
}

static bool has_excess(const Walk *walk, uint32_t machine)
{
	const int32_t *room = &walk->room[(size_t)machine * walk->problem->stride];
	int32_t lacking = 0;
	for (uint32_t r = 0; r < walk->problem->stride; r++)
		lacking |= room[r];
	return lacking < 0;
}

/* Any large process, or one of a machine that costs much. */
static uint32_t choose_large(Walk *walk)
{
	const Reassignment *problem = walk->problem;
	if (chance_below(walk, 2)) {
		uint32_t process = chance_below(walk, chance_below(walk, problem->n_processes) + 1);
		return walk->course->by_size[process];
	}
	uint32_t hot = chance_below(walk, problem->n_machines);
	int64_t price = walk_machine_price(walk, hot);
	for (uint32_t i = 0; i < 7; i++) {
		uint32_t machine = chance_below(walk, problem->n_machines);
		int64_t other = walk_machine_price(walk, machine);
		if (other > price && walk->n_members[machine]) {
			hot = machine;
			price = other;
		}
	}
	if (!walk->n_members[hot])
		return chance_below(walk, problem->n_processes);
	return walk->members[hot][chance_below(walk, walk->n_members[hot])];
}

static void rearrange(Walk *walk, uint32_t process, uint32_t to, int64_t limit)
{
	const Reassignment *problem = walk->problem;
	uint32_t from = walk->at[process], service = problem->service[process];
	const int32_t *need = &problem->need[(size_t)process * problem->stride];
	if (from == to || !may_run(problem, process, to) || !may_join(walk, service, to))
		return;
	int64_t before = walk->cost, most = walk->moved_most;
	g_array_set_size(walk->log, 0);
	int64_t delta = load_delta(walk, to, need, NULL, problem->stride) +
	                load_delta(walk, from, NULL, need, problem->stride) + balances_delta(walk, to, need, NULL) +
	                balances_delta(walk, from, NULL, need) + move_price(problem, process, to) -
	                move_price(problem, process, from);
	force(walk, process, to);
	walk->cost += delta + (walk->moved_most - most) * problem->service_move_weight;
	note_step(walk, process, from, to);
	bool good = walk_services_hold(walk, service, from, to);
	for (uint32_t tries = walk->n_members[to] * 2; good && has_excess(walk, to); tries--) {
		uint32_t other = walk->members[to][chance_below(walk, walk->n_members[to])];
		good = tries > 0;
		if (other != process && relieves(walk, to, other))
			evict(walk, other, from);
	}
	if (good && walk->cost - before <= limit)
		return;
	undo_steps(walk);
	walk->cost = before;
}

void walk_repair(Walk *walk)
{
	const Reassignment *problem = walk->problem;
	for (uint32_t m = 0; m < problem->n_machines; m++) {
		for (uint32_t tries = 0; tries < 4 * problem->n_machines && has_excess(walk, m); tries++) {
			if (!walk->n_members[m])
				break;
			uint32_t process = walk->members[m][chance_below(walk, walk->n_members[m])];
			if (relieves(walk, m, process))
				rearrange(walk, process, chance_below(walk, problem->n_machines), INT64_MAX / 2);
		}
	}
	g_autofree uint32_t *at = g_memdup2(walk->at, sizeof *at * problem->n_processes);
	walk_set(walk, at);
}

ALWAYS void walk_loop(Walk *walk, int64_t temperature, uint64_t steps, uint32_t stride, bool soft)
{
	const Reassignment *problem = walk->problem;
	for (uint64_t i = 0; i < steps; i++) {
		uint32_t draw = chance_draw(walk);
		int64_t limit = (temperature * walk->course->log_table[draw % LOG_STEPS]) >> 24;
		uint32_t kind = (draw >> 12) % 256, process = chance_below(walk, problem->n_processes);
		if (kind < 120) {
			try_shift(walk, process, chance_below(walk, problem->n_machines), limit, stride, soft);
		} else if (kind < 248) {
			try_swap(walk, process, chance_below(walk, problem->n_processes), limit, stride, soft);
		} else if (kind < 248 + walk->rearranging) {
			process = choose_large(walk);
			rearrange(walk, process, chance_below(walk, problem->n_machines), limit);
		} else if (walk->n_moved) {
			process = walk->moved[chance_below(walk, walk->n_moved)];
			try_shift(walk, process, problem->home[process], limit, stride, soft);
		}
	}
}

ALWAYS void walk_rows(Walk *walk, int64_t temperature, uint64_t steps, uint32_t stride)
{
	if (walk->excess_weight)
		walk_loop(walk, temperature, steps, stride, true);
	else
		walk_loop(walk, temperature, steps, stride, false);
}

/* Rows of four, eight and twelve are unrolled. */
void walk_on(Walk *walk, int64_t temperature, uint64_t steps)
{
	if (walk->problem->stride == 4)
		walk_rows(walk, temperature, steps, 4);
	else if (walk->problem->stride == 8)
		walk_rows(walk, temperature, steps, 8);
	else if (walk->problem->stride == 12)
		walk_rows(walk, temperature, steps, 12);
	else
		walk_loop(walk, temperature, steps, walk->problem->stride, walk->excess_weight > 0);
}

#if defined(FUZZING) && defined(__clang__)
#pragma clang attribute pop
#endif
