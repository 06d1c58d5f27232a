/* What is left where the least pressure and the fewest moves are known but for one or two is a puzzle: room and pods
 * come out even to a few hundredths of a pod, and each change of place that is for the better makes it worse at first.
 * So the price is fixed here and not bettered, and what is annealed is what hosts hold too much. Most of the ways from
 * one placement to the next cost the same: two pods that are away from home change places, or one goes home and another
 * of that host takes its place. Such changes are what is proposed, and pods of hosts that hold too much come first.
 *
 * Placements that fit are found on the way and not at its end: while it is warm enough to leave a place, and cool
 * enough to see what is near. So it is cooled down in many short waves and not in one.
 *
 * Each resource counts in parts of the mean pod, so that none is more important. */
#include "place/fit.h"

#include <math.h>

#define POD (INT64_C(1) << 30) /* of the mean pod in each resource: what excess is counted in */
#define WARM 0.1               /* of a pod: each wave begins there, and ends at COLD */
#define COLD 0.002
#define WAVE 16u        /* temperatures */
#define WAVE_STEPS 500u /* proposals of a wave, by process */
#define CHUNK 1000u     /* proposals that are paid for at once */

/* Processes in no order. */
typedef struct Crew {
	uint32_t *of, n, most;
} Crew;

typedef struct Fit {
	const Course *course;
	const Reassignment *problem;
	bool any_price;
	uint32_t *at;
	Crew *members, *exiles; /* by machine: processes on it; those that are at home there and elsewhere now */
	Crew loose;             /* processes that may go elsewhere for nothing */
	uint32_t *slot, *exile_slot, *loose_slot; /* by process: its place in each */
	int32_t *over;                            /* [machine × stride + resource]: use less capacity */
	int64_t *excess;                          /* by machine, weighed */
	uint32_t *hot, *hot_at, n_hot;            /* machines with an excess, and where each is in that list */
	int64_t *weight;                          /* by resource: of one unit */
	int64_t price, limit, dear;               /* dear: what a price above the limit counts as excess */
	int64_t temperature;
	uint64_t chance;
} Fit;

/* xorshift64* (Vigna 2016). */
static uint32_t draw_below(Fit *fit, uint32_t n)
{
	uint64_t x = fit->chance;
	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	fit->chance = x;
	return (uint32_t)(((x * UINT64_C(2685821657736338717) >> 32) * n) >> 32);
}

static uint32_t draw_of(Fit *fit, const Crew *crew)
{
	return crew->of[draw_below(fit, crew->n)];
}

static void enlist(Crew *crew, uint32_t *slot, uint32_t process)
{
	if (crew->n == crew->most) {
		crew->most = crew->most * 2 + 8;
		crew->of = g_renew(uint32_t, crew->of, crew->most);
	}
	slot[process] = crew->n;
	crew->of[crew->n++] = process;
}

static void dismiss(Crew *crew, uint32_t *slot, uint32_t process)
{
	uint32_t last = crew->of[--crew->n];
	crew->of[slot[process]] = last;
	slot[last] = slot[process];
}

static int64_t price_at(const Fit *fit, uint32_t process, uint32_t machine)
{
	return machine == fit->problem->home[process] ? 0 : fit->problem->move_price[process];
}

/* What the machine would hold too much with one process less and another more; either may be UINT32_MAX. */
static int64_t excess_with(const Fit *fit, uint32_t machine, uint32_t less, uint32_t more)
{
	const Reassignment *problem = fit->problem;
	size_t stride = problem->stride;
	const int32_t *over = &fit->over[machine * stride];
	const int32_t *gone = less == UINT32_MAX ? NULL : &problem->need[less * stride];
	const int32_t *come = more == UINT32_MAX ? NULL : &problem->need[more * stride];
	int64_t sum = 0;
	for (uint32_t k = 0; k < problem->n_resources; k++) {
		int64_t then = (int64_t)over[k] - (gone ? gone[k] : 0) + (come ? come[k] : 0);
		sum += then > 0 ? then * fit->weight[k] : 0;
	}
	return sum;
}

static void set_excess(Fit *fit, uint32_t machine)
{
	int64_t now = excess_with(fit, machine, UINT32_MAX, UINT32_MAX), old = fit->excess[machine];
	fit->excess[machine] = now;
	if (now && !old) {
		fit->hot_at[machine] = fit->n_hot;
		fit->hot[fit->n_hot++] = machine;
	} else if (old && !now) {
		uint32_t last = fit->hot[--fit->n_hot];
		fit->hot[fit->hot_at[machine]] = last;
		fit->hot_at[last] = fit->hot_at[machine];
	}
}

static bool is_loose(const Fit *fit, uint32_t process)
{
	return fit->any_price || fit->at[process] != fit->problem->home[process] ||
	       fit->problem->move_price[process] == 0;
}

static void put(Fit *fit, uint32_t process, uint32_t machine)
{
	size_t stride = fit->problem->stride;
	uint32_t home = fit->problem->home[process];
	fit->at[process] = machine;
	enlist(&fit->members[machine], fit->slot, process);
	if (machine != home)
		enlist(&fit->exiles[home], fit->exile_slot, process);
	if (is_loose(fit, process))
		enlist(&fit->loose, fit->loose_slot, process);
	fit->price += price_at(fit, process, machine);
	for (uint32_t k = 0; k < fit->problem->n_resources; k++)
		fit->over[machine * stride + k] += fit->problem->need[process * stride + k];
}

static void take(Fit *fit, uint32_t process)
{
	size_t stride = fit->problem->stride;
	uint32_t machine = fit->at[process], home = fit->problem->home[process];
	dismiss(&fit->members[machine], fit->slot, process);
	if (machine != home)
		dismiss(&fit->exiles[home], fit->exile_slot, process);
	if (is_loose(fit, process))
		dismiss(&fit->loose, fit->loose_slot, process);
	fit->price -= price_at(fit, process, machine);
	for (uint32_t k = 0; k < fit->problem->n_resources; k++)
		fit->over[machine * stride + k] -= fit->problem->need[process * stride + k];
}

/* Above the limit by so much that hardly any chance would allow it; that is known before the excess is. */
static bool is_too_dear(const Fit *fit, int64_t price)
{
	int64_t above = fit->price + price - fit->limit;
	return price > 0 && above > 0 && above * fit->dear > POD / 2;
}

/* More excess, and price above the limit, as far as chance at this temperature allows. */
static bool may_change(Fit *fit, int64_t excess, int64_t price)
{
	int64_t now = MAX(fit->price - fit->limit, 0), then = MAX(fit->price + price - fit->limit, 0);
	int64_t worse = excess + (then - now) * fit->dear;
	if (worse <= 0)
		return true;
	int64_t chance = fit->course->log_table[draw_below(fit, LOG_STEPS)];
	return worse < (fit->temperature >> 8) * (chance >> 8);
}

static void try_shift(Fit *fit, uint32_t process, uint32_t to)
{
	uint32_t from = fit->at[process];
	if (from == to || !fit->problem->allowed[process][to])
		return;
	int64_t price = price_at(fit, process, to) - price_at(fit, process, from);
	if (is_too_dear(fit, price))
		return;
	int64_t excess = excess_with(fit, from, process, UINT32_MAX) + excess_with(fit, to, UINT32_MAX, process) -
	                 fit->excess[from] - fit->excess[to];
	if (!may_change(fit, excess, price))
		return;
	take(fit, process);
	put(fit, process, to);
	set_excess(fit, from);
	set_excess(fit, to);
}

static void try_swap(Fit *fit, uint32_t process, uint32_t other)
{
	uint32_t from = fit->at[process], to = fit->at[other];
	if (from == to || !fit->problem->allowed[process][to] || !fit->problem->allowed[other][from])
		return;
	int64_t price = price_at(fit, process, to) - price_at(fit, process, from) + price_at(fit, other, from) -
	                price_at(fit, other, to);
	if (is_too_dear(fit, price))
		return;
	int64_t excess = excess_with(fit, from, process, other) + excess_with(fit, to, other, process) -
	                 fit->excess[from] - fit->excess[to];
	if (!may_change(fit, excess, price))
		return;
	take(fit, process);
	take(fit, other);
	put(fit, process, to);
	put(fit, other, from);
	set_excess(fit, from);
	set_excess(fit, to);
}

/* A process of a machine that holds too much, or any that may change for nothing. */
static uint32_t draw_process(Fit *fit)
{
	if (fit->n_hot && draw_below(fit, 2)) {
		const Crew *crew = &fit->members[fit->hot[draw_below(fit, fit->n_hot)]];
		if (crew->n)
			return draw_of(fit, crew);
	}
	return fit->loose.n ? draw_of(fit, &fit->loose) : draw_below(fit, fit->problem->n_processes);
}

static void propose(Fit *fit)
{
	const Reassignment *problem = fit->problem;
	uint32_t process = draw_process(fit), kind = draw_below(fit, 16), home = problem->home[process];
	const Crew *exiles = &fit->exiles[home], *natives = &fit->members[home];
	if (kind < 3)
		try_shift(fit, process, draw_below(fit, 4) ? draw_below(fit, problem->n_machines) : home);
	else if (!is_loose(fit, process) && exiles->n)
		try_swap(fit, process, draw_of(fit, exiles));
	else if (kind < 9 && !fit->any_price && home != fit->at[process] && natives->n)
		try_swap(fit, process, draw_of(fit, natives));
	else if (fit->loose.n)
		try_swap(fit, process, draw_of(fit, &fit->loose));
}

static void set_weights(Fit *fit)
{
	const Reassignment *problem = fit->problem;
	uint32_t priced = 0;
	int64_t prices = 0;
	for (uint32_t k = 0; k < problem->n_resources; k++) {
		int64_t sum = 0;
		for (uint32_t p = 0; p < problem->n_processes; p++)
			sum += problem->need[(size_t)p * problem->stride + k];
		fit->weight[k] = MAX(POD / MAX(sum / problem->n_processes, 1), 1);
	}
	for (uint32_t p = 0; p < problem->n_processes; p++) {
		priced += problem->move_price[p] > 0;
		prices += problem->move_price[p];
	}
	fit->dear = priced ? POD / MAX(prices / priced, 1) : 0;
}

static void fit_init(Fit *fit, const Course *course, const uint32_t *at, int64_t limit, uint64_t seed)
{
	const Reassignment *problem = course->problem;
	size_t machines = problem->n_machines, stride = problem->stride;
	*fit = (Fit){.course = course,
	        .problem = problem,
	        .any_price = limit == ANY_PRICE,
	        .at = g_new0(uint32_t, problem->n_processes),
	        .members = g_new0(Crew, machines),
	        .exiles = g_new0(Crew, machines),
	        .slot = g_new0(uint32_t, problem->n_processes),
	        .exile_slot = g_new0(uint32_t, problem->n_processes),
	        .loose_slot = g_new0(uint32_t, problem->n_processes),
	        .over = g_new0(int32_t, machines * stride),
	        .excess = g_new0(int64_t, machines),
	        .hot = g_new0(uint32_t, machines),
	        .hot_at = g_new0(uint32_t, machines),
	        .weight = g_new0(int64_t, stride),
	        .limit = limit,
	        .chance = (seed + 1) * UINT64_C(0x9E3779B97F4A7C15) | 1};
	for (size_t i = 0; i < machines * stride; i++)
		fit->over[i] = -problem->capacity[i];
	for (uint32_t p = 0; p < problem->n_processes; p++)
		put(fit, p, at[p]);
	set_weights(fit);
	for (uint32_t m = 0; m < machines; m++)
		set_excess(fit, m);
}

static void fit_clear(Fit *fit)
{
	for (uint32_t m = 0; m < fit->problem->n_machines; m++) {
		g_free(fit->members[m].of);
		g_free(fit->exiles[m].of);
	}
	g_free(fit->loose.of);
	void *const owned[] = {fit->at, fit->members, fit->exiles, fit->slot, fit->exile_slot, fit->loose_slot,
	        fit->over, fit->excess, fit->hot, fit->hot_at, fit->weight};
	for (size_t i = 0; i < G_N_ELEMENTS(owned); i++)
		g_free(owned[i]);
}

/* From warm to cold, and again. */
static int64_t temperature_of(uint64_t round)
{
	return (int64_t)((double)POD * WARM * pow(COLD / WARM, (double)(round % WAVE) / (WAVE - 1)));
}

bool fit_find(const Course *course, uint32_t *at, int64_t price, uint64_t steps, uint64_t seed, Budget *budget)
{
	Fit fit;
	fit_init(&fit, course, at, price, seed);
	uint64_t round = MAX((uint64_t)course->problem->n_processes * WAVE_STEPS / WAVE, 1);
	bool found = fit.n_hot == 0 && fit.price <= fit.limit;
	for (uint64_t done = 0; done < steps && !found; done++) {
		if (done % CHUNK == 0 && !budget_take(budget, CHUNK * FIT_STEP_PRICE))
			break;
		if (done % round == 0)
			fit.temperature = temperature_of(done / round);
		propose(&fit);
		found = fit.n_hot == 0 && fit.price <= fit.limit;
	}
	if (found)
		memcpy(at, fit.at, sizeof *at * course->problem->n_processes);
	fit_clear(&fit);
	return found;
}
