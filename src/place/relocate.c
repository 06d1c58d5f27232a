/* Few moves, by the walk of the reassignment instances (place/walk.h): pods are its processes, what leaving home costs
 * is the price of the move, and what a host may hold at the pressure that was reached is its capacity. It begins with
 * what runs now, where some hosts hold too much; excess is cheap at first and dear in the end, so that few pods leave,
 * and such as fit elsewhere.
 *
 * The walk knows no bonds between pods: those that have some stay where the placement has them, and so do wishes that
 * are met (a pod goes nowhere that it likes less). What comes out is held against every goal before it is taken.
 *
 * What is then left of the gap to the bound is closed by fit.c, which looks for a placement at a price that is fixed:
 * half way between the bound and what was found, until they meet. The same finds a place for all pods at less pressure,
 * at any price.
 *
 * Amounts are whole units of what all demands are multiples of, so that what fits is not a question of rounding; only
 * where such units are too small for 32 bits they are coarser, and demands are rounded up. */
#include "place/dual.h"
#include "place/fit.h"

#include <math.h>

#define NOT_LIMITED (REASSIGN_MOST - 1)
#define USUAL_DEMAND 100000 /* units of each resource that a pod needs on average, about */
#define USUAL_PRICE 200000
#define CHUNK 2000
#define STEP_PRICE 8 /* of the walk, in steps of the budget */

typedef struct Relocation {
	const State *state;
	const Problem *problem;
	const Amounts *room;
	const Dual *dual;    /* what it rules out is not looked at; or NULL */
	bool any_price;      /* what pods like and where they are does not count */
	Reassignment walked; /* only what the walk asks for is filled in */
	uint32_t *group;     /* by process */
	GArray *rows;        /* bool *, owned: where wishes leave fewer hosts than are allowed */
	const bool **allowed;
	uint32_t *at;
} Relocation;

static bool is_walked(const State *state, uint32_t group)
{
	return state->facts->choices[group] > 1 && !state->facts->rules[group] && !state->facts->rivals[group] &&
	       !state->counts->nowhere[group];
}

/* ---- which pods, and where ----------------------------------------------------------------------------------------
 */

/* Hosts that the pod likes no less than the one it is on, and that are not ruled out. */
static const bool *row_of(Relocation *relocation, uint32_t group, uint32_t host)
{
	const Problem *problem = relocation->problem;
	const Dual *dual = relocation->dual;
	const uint16_t *dislike = problem->dislike && !relocation->any_price ? problem->dislike[group] : NULL;
	if (!dislike && !dual)
		return problem->allowed[group];
	bool *row = g_new(bool, problem->n_hosts);
	for (uint32_t h = 0; h < problem->n_hosts; h++)
		row[h] = problem->allowed[group][h] && (!dislike || dislike[h] <= dislike[host]) &&
		         (!dual || dual_most(dual, group, h) > 0);
	g_array_append_val(relocation->rows, row);
	return row;
}

/* Where it is ruled out that the pod is anywhere but here, there is nothing to look for. */
static bool is_settled(const Relocation *relocation, const bool *row, uint32_t host)
{
	for (uint32_t h = 0; h < relocation->problem->n_hosts; h++)
		if (row[h] != (h == host))
			return false;
	return true;
}

/* One pod of the group that is on the host. A home that it may not go back to is no home, and costs nothing to leave.
 */
static void add_process(Relocation *relocation, uint32_t group, uint32_t host, uint32_t home)
{
	Reassignment *walked = &relocation->walked;
	const bool *row = row_of(relocation, group, host);
	if (relocation->dual && is_settled(relocation, row, host))
		return;
	uint32_t p = walked->n_processes++;
	bool homely = home < relocation->problem->n_hosts && row[home];
	relocation->group[p] = group;
	relocation->allowed[p] = row;
	relocation->at[p] = host;
	walked->service[p] = p;
	walked->home[p] = homely ? home : host;
	walked->move_price[p] = homely ? relocation->problem->groups[group].price : 0;
}

/* Pods that are at home first; the others of the group have what homes are left, in their order. */
static void add_processes(Relocation *relocation, uint32_t group)
{
	const PlaceCounts *counts = relocation->state->counts, *now = relocation->problem->now;
	uint32_t n_now = now->n_spots[group], next = 0;
	g_autofree uint32_t *free_homes = g_new0(uint32_t, MAX(n_now, 1));
	for (uint32_t i = 0; i < n_now; i++) {
		const PlaceSpot *spot = &now->spots[group][i];
		uint32_t stay = MIN(spot->pods, counts_of(counts, group, spot->host));
		free_homes[i] = spot->pods - stay;
		for (uint32_t k = 0; k < stay; k++)
			add_process(relocation, group, spot->host, spot->host);
	}
	for (uint32_t i = 0; i < counts->n_spots[group]; i++) {
		const PlaceSpot *spot = &counts->spots[group][i];
		for (uint32_t k = counts_of(now, group, spot->host); k < spot->pods; k++) {
			while (next < n_now && free_homes[next] == 0)
				next++;
			uint32_t home = next < n_now ? now->spots[group][next].host : relocation->problem->n_hosts;
			if (next < n_now)
				free_homes[next]--;
			add_process(relocation, group, spot->host, home);
		}
	}
}

/* ---- amounts -------------------------------------------------------------------------------------------------------
 */

static int64_t common_divisor(int64_t a, int64_t b)
{
	while (b) {
		int64_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

/* A resource is asked for by some pod and limited on some host. */
static bool counts_for_walk(const Relocation *relocation, uint32_t r)
{
	bool limited = false, asked = false;
	for (uint32_t h = 0; h < relocation->problem->n_hosts; h++)
		limited |= relocation->room[h].of[r] != AMOUNT_UNKNOWN;
	for (uint32_t p = 0; p < relocation->walked.n_processes; p++)
		asked |= relocation->problem->groups[relocation->group[p]].demand.of[r] > 0;
	return limited && asked;
}

/* What walked pods may use of a host: its room without all that stays there. */
static int64_t free_for_walk(const Relocation *relocation, const Amounts *walked_use, uint32_t host, uint32_t r)
{
	int64_t stays = relocation->state->use[host].of[r] - walked_use[host].of[r];
	return MAX(relocation->room[host].of[r] - stays, 0);
}

/* The k-th resource of the walk is r: units of the largest common divisor, made finer or coarser to be of use. */
static void set_amounts(Relocation *relocation, const Amounts *walked_use, uint32_t r, uint32_t k)
{
	Reassignment *walked = &relocation->walked;
	const PlaceGroup *groups = relocation->problem->groups;
	int64_t unit = 0, most = 1;
	__int128 sum = 0;
	for (uint32_t p = 0; p < walked->n_processes; p++) {
		unit = common_divisor(unit, groups[relocation->group[p]].demand.of[r]);
		sum += groups[relocation->group[p]].demand.of[r];
	}
	for (uint32_t h = 0; h < walked->n_machines; h++)
		if (relocation->room[h].of[r] != AMOUNT_UNKNOWN)
			most = MAX(most, free_for_walk(relocation, walked_use, h, r));
	most = MAX(most, (int64_t)MIN(sum, (__int128)INT64_MAX / 4));
	unit = MAX(MAX(unit, 1), most / (REASSIGN_MOST / 2) + 1);
	bool exact = true;
	for (uint32_t p = 0; p < walked->n_processes && exact; p++)
		exact = groups[relocation->group[p]].demand.of[r] % unit == 0;
	int64_t mean = MAX((int64_t)(sum / MAX(walked->n_processes, 1)) / unit, 1);
	int64_t finer = CLAMP(USUAL_DEMAND / mean, 1, MAX(REASSIGN_MOST / 2 / MAX(most / unit, 1), 1));
	for (uint32_t h = 0; h < walked->n_machines; h++) {
		bool limited = relocation->room[h].of[r] != AMOUNT_UNKNOWN;
		int64_t free = limited ? free_for_walk(relocation, walked_use, h, r) / unit * finer : NOT_LIMITED;
		walked->capacity[(size_t)h * walked->stride + k] = (int32_t)MIN(free, NOT_LIMITED);
	}
	for (uint32_t p = 0; p < walked->n_processes; p++) {
		int64_t demand = groups[relocation->group[p]].demand.of[r];
		walked->need[(size_t)p * walked->stride + k] = (int32_t)((demand + unit - 1) / unit * finer);
	}
}

static Amounts *sum_walked(const Relocation *relocation)
{
	Amounts *use = g_new0(Amounts, MAX(relocation->problem->n_hosts, 1));
	for (uint32_t p = 0; p < relocation->walked.n_processes; p++)
		for (uint32_t r = 0; r < RESOURCES; r++)
			use[relocation->at[p]].of[r] += relocation->problem->groups[relocation->group[p]].demand.of[r];
	return use;
}

static void set_resources(Relocation *relocation)
{
	Reassignment *walked = &relocation->walked;
	uint32_t kept[RESOURCES];
	g_autofree Amounts *walked_use = sum_walked(relocation);
	for (uint32_t r = 0; r < RESOURCES; r++)
		if (counts_for_walk(relocation, r))
			kept[walked->n_resources++] = r;
	walked->stride = MAX((walked->n_resources + 3) / 4 * 4, 4);
	size_t machines = (size_t)walked->n_machines * walked->stride,
	       processes = (size_t)walked->n_processes * walked->stride;
	walked->transient = g_new0(bool, walked->stride);
	walked->load_weight = g_new0(int64_t, walked->stride);
	walked->capacity = g_new0(int32_t, MAX(machines, 1));
	walked->need = g_new0(int32_t, MAX(processes, 1));
	for (uint32_t k = 0; k < walked->n_resources; k++)
		set_amounts(relocation, walked_use, kept[k], k);
	walked->safety = g_memdup2(walked->capacity, sizeof *walked->safety * MAX(machines, 1));
}

/* ---- the whole -----------------------------------------------------------------------------------------------------
 */

static void scale_prices(Reassignment *walked)
{
	int64_t sum = 0, priced = 0;
	for (uint32_t p = 0; p < walked->n_processes; p++) {
		sum += walked->move_price[p];
		priced += walked->move_price[p] > 0;
	}
	walked->process_move_weight = priced ? MAX(USUAL_PRICE / MAX(sum / priced, 1), 1) : 1;
}

static void relocation_init(
        Relocation *relocation, const State *state, const Amounts *room, const Dual *dual, bool any_price)
{
	const Problem *problem = state->problem;
	uint32_t most = 0;
	*relocation =
	        (Relocation){.state = state, .problem = problem, .room = room, .dual = dual, .any_price = any_price};
	for (uint32_t g = 0; g < problem->n_groups; g++)
		most += problem->groups[g].count;
	relocation->rows = g_array_new(FALSE, FALSE, sizeof(bool *));
	relocation->group = g_new0(uint32_t, MAX(most, 1));
	relocation->allowed = g_new(const bool *, MAX(most, 1));
	relocation->at = g_new0(uint32_t, MAX(most, 1));
	Reassignment *walked = &relocation->walked;
	walked->n_machines = problem->n_hosts;
	walked->n_neighbourhoods = walked->n_locations = 1;
	walked->neighbourhood = g_new0(uint32_t, MAX(problem->n_hosts, 1));
	walked->location = g_new0(uint32_t, MAX(problem->n_hosts, 1));
	walked->service = g_new(uint32_t, MAX(most, 1));
	walked->home = g_new(uint32_t, MAX(most, 1));
	walked->move_price = g_new(int64_t, MAX(most, 1));
	for (uint32_t g = 0; g < problem->n_groups; g++)
		if (is_walked(state, g))
			add_processes(relocation, g);
	walked->allowed = relocation->allowed;
	walked->n_services = walked->n_processes;
	walked->spread = g_new0(uint32_t, MAX(most, 1));
	walked->depends_first = g_new0(uint32_t, walked->n_services + 1);
	walked->depends_on = g_new0(uint32_t, 1);
	set_resources(relocation);
	scale_prices(walked);
}

static void relocation_clear(Relocation *relocation)
{
	Reassignment *walked = &relocation->walked;
	for (guint i = 0; i < relocation->rows->len; i++)
		g_free(g_array_index(relocation->rows, bool *, i));
	g_array_unref(relocation->rows);
	void *owned[] = {relocation->group, relocation->allowed, relocation->at, walked->neighbourhood,
	        walked->location, walked->service, walked->home, walked->move_price, walked->spread,
	        walked->depends_first, walked->depends_on, walked->transient, walked->load_weight, walked->capacity,
	        walked->safety, walked->need};
	for (size_t i = 0; i < G_N_ELEMENTS(owned); i++)
		g_free(owned[i]);
}

/* Warm to cold, excess from cheap to dear; what is still too full in the end is emptied by force. */
static void anneal(Walk *walk, const Reassignment *walked, uint64_t steps, Budget *budget)
{
	walk->rearranging = 4;
	for (uint64_t done = 0; done < steps && budget_take(budget, CHUNK * STEP_PRICE); done += CHUNK) {
		double part = (double)done / (double)steps;
		double temperature = USUAL_PRICE * pow(0.01, part);
		walk->bias = (int64_t)(temperature * log(walked->n_machines) / 2);
		if (part > 0.85 && walk->excess)
			walk_repair(walk);
		walk->excess_weight = part > 0.7 && walk->excess == 0 ? 0 : (int64_t)(pow(300, MIN(part / 0.7, 1)));
		walk_on(walk, (int64_t)(temperature * 256), CHUNK);
	}
	if (walk->excess)
		walk_repair(walk);
}

/* The state with the walked pods where the walk has them. */
static State *state_of_walk(const Relocation *relocation, const uint32_t *at)
{
	State *state = state_copy(relocation->state);
	for (uint32_t p = 0; p < relocation->walked.n_processes; p++)
		if (at[p] != relocation->at[p]) {
			state_remove(state, relocation->group[p], relocation->at[p]);
			state_add(state, relocation->group[p], at[p]);
		}
	return state;
}

#define RUNS 4
#define USUAL_STEPS 4000u /* by pod */
#define LEAST_STEPS 400u  /* with fewer nothing comes of it */
#define MOST_STEPS UINT64_C(60000000)

/* Of one annealing: it has to come to its end, so what is left of the budget is asked before. */
static uint64_t steps_within(const Budget *budget, uint32_t pods)
{
	uint64_t steps = MIN((uint64_t)pods * USUAL_STEPS, MOST_STEPS);
	return MIN(steps, budget->left / (STEP_PRICE + 1));
}

static State *walk_once(
        const Relocation *relocation, const Course *course, uint64_t steps, uint64_t seed, Budget *budget)
{
	g_autoptr(Walk) walk = walk_new(course, seed);
	walk_set(walk, relocation->walked.home);
	anneal(walk, &relocation->walked, steps, budget);
	return walk->excess ? NULL : state_of_walk(relocation, walk->at);
}

State *relocate(const State *state, const Amounts *room, int64_t enough, Budget *budget)
{
	Relocation relocation;
	State *best = NULL;
	relocation_init(&relocation, state, room, NULL, false);
	const Reassignment *walked = &relocation.walked;
	uint32_t pods = walked->n_processes;
	g_autoptr(Course) course = pods && walked->n_machines > 1 ? course_new(walked) : NULL;
	for (uint32_t run = 0; course && run < RUNS && (!best || state_moves(best) > enough); run++) {
		uint64_t steps = steps_within(budget, pods);
		if (steps < (uint64_t)pods * LEAST_STEPS)
			break;
		State *found = walk_once(&relocation, course, steps, budget->seed * RUNS + run, budget);
		if (!found || (best && state_moves(found) >= state_moves(best))) {
			state_free(found);
			continue;
		}
		state_free(best);
		best = found;
	}
	relocation_clear(&relocation);
	return best;
}

/* ---- a fixed price ------------------------------------------------------------------------------------------------
 */

#define FIT_STEPS 20000u      /* by pod */
#define LEAST_FIT_STEPS 1000u /* with fewer nothing comes of it */
#define LEAST_FIT_PODS 16u    /* fewer are soon all tried by the exact search */
#define SUPPOSED_RUN 7u       /* apart from the chance of other searches */
#define WITHIN_RUNS 3u        /* that come to nothing, if any price will do */

static uint64_t fit_steps(const Budget *budget, uint32_t pods)
{
	uint64_t steps = MIN((uint64_t)pods * FIT_STEPS, budget->left / FIT_STEP_PRICE);
	return pods < LEAST_FIT_PODS || steps < (uint64_t)pods * LEAST_FIT_STEPS ? 0 : steps;
}

static int64_t walked_price(const Relocation *relocation)
{
	const Reassignment *walked = &relocation->walked;
	int64_t sum = 0;
	for (uint32_t p = 0; p < walked->n_processes; p++)
		sum += relocation->at[p] == walked->home[p] ? 0 : walked->move_price[p];
	return sum;
}

/* One search, at that price of all pods; NULL where it found nothing. A search that was cut short is none. */
static State *fit_once(const Relocation *relocation, const Course *course, int64_t price, uint64_t seed, Budget *budget)
{
	uint32_t pods = relocation->walked.n_processes;
	uint64_t steps = fit_steps(budget, pods);
	int64_t others = state_moves(relocation->state) - walked_price(relocation);
	g_autofree uint32_t *at = g_memdup2(relocation->at, sizeof *at * MAX(pods, 1));
	int64_t limit = relocation->any_price ? ANY_PRICE : price - others;
	bool found = steps && fit_find(course, at, limit, steps, seed, budget);
	return found ? state_of_walk(relocation, at) : NULL;
}

State *fit_cheaper(const State *state, const Amounts *room, int64_t bound, int64_t step, uint32_t runs, Budget *budget)
{
	Relocation relocation;
	State *best = NULL;
	int64_t value = state_moves(state);
	uint32_t lost = 0;
	relocation_init(&relocation, state, room, NULL, false);
	const Reassignment *walked = &relocation.walked;
	g_autoptr(Course) course = walked->n_processes && walked->n_machines > 1 ? course_new(walked) : NULL;
	for (uint64_t run = 0; course && bound < value && (lost < runs || budget->deadline); run++) {
		if (!fit_steps(budget, walked->n_processes) || !budget_take(budget, walked->n_processes))
			break;
		int64_t price = bound + (value - bound) / 2 / step * step;
		State *found = fit_once(&relocation, course, price, (budget->seed * 16 + runs) * 64 + run, budget);
		if (!found || state_moves(found) >= value) {
			state_free(found);
			/* Half way again, until only the last price is left to be tried some more. */
			lost += price + step >= value;
			bound = MIN(price + step, value - step);
			continue;
		}
		state_free(best);
		best = found;
		value = state_moves(best);
	}
	relocation_clear(&relocation);
	return best;
}

State *fit_within(const State *state, const Amounts *room, Budget *budget)
{
	Relocation relocation;
	State *found = NULL;
	relocation_init(&relocation, state, room, NULL, true);
	const Reassignment *walked = &relocation.walked;
	g_autoptr(Course) course = walked->n_processes && walked->n_machines > 1 ? course_new(walked) : NULL;
	for (uint64_t run = 0; course && !found && run < WITHIN_RUNS; run++)
		found = fit_once(&relocation, course, 0, budget->seed * 64 + run, budget);
	relocation_clear(&relocation);
	return found;
}

/* ---- what is not ruled out ----------------------------------------------------------------------------------------
 */

/* A host that the pod is not ruled out on, its home if it can be; n_hosts where there is none. */
static uint32_t other_host(const State *state, const Dual *dual, uint32_t group, uint32_t host)
{
	const Problem *problem = state->problem;
	const uint16_t *dislike = problem->dislike ? problem->dislike[group] : NULL;
	uint32_t other = problem->n_hosts;
	for (uint32_t h = 0; h < problem->n_hosts; h++) {
		if (!problem->allowed[group][h] || (dislike && dislike[h] > dislike[host]) ||
		        counts_of(state->counts, group, h) >= dual_most(dual, group, h))
			continue;
		if (is_home(state, group, h))
			return h;
		other = MIN(other, h);
	}
	return other;
}

/* Pods leave where they are ruled out, whatever room there is elsewhere. */
static void leave_ruled_out(State *state, const Dual *dual)
{
	const Problem *problem = state->problem;
	for (uint32_t g = 0; g < problem->n_groups; g++)
		for (uint32_t h = 0; h < problem->n_hosts && is_walked(state, g); h++)
			while (counts_of(state->counts, g, h) > dual_most(dual, g, h)) {
				uint32_t other = other_host(state, dual, g, h);
				if (other == problem->n_hosts)
					break;
				state_remove(state, g, h);
				state_add(state, g, other);
			}
}

State *fit_supposed(
        const State *state, const Amounts *room, const Dual *dual, int64_t price, uint32_t runs, Budget *budget)
{
	Relocation relocation;
	State *found = NULL;
	g_autoptr(State) start = state_copy(state);
	leave_ruled_out(start, dual);
	relocation_init(&relocation, start, room, dual, false);
	const Reassignment *walked = &relocation.walked;
	g_autoptr(Course) course = walked->n_processes && walked->n_machines > 1 ? course_new(walked) : NULL;
	for (uint64_t run = 0; course && !found && (run < runs || budget->deadline) && budget->left; run++)
		found = fit_once(&relocation, course, price, (budget->seed * 16 + SUPPOSED_RUN) * 64 + run, budget);
	relocation_clear(&relocation);
	return found;
}
