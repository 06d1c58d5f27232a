/* The state of a walk: an assignment with its cost, and what the moves of step.c need to know of it.
 *
 * Arrays are flat, rows of resources are padded to four so that they are compared several at a time.
 */
#include "place/step.h"

#include <string.h>

Walk *walk_new(const Course *course, uint64_t seed)
{
	const Reassignment *problem = course->problem;
	Walk *walk = g_new0(Walk, 1);
	size_t amounts = MAX((size_t)problem->n_machines * problem->stride, 1),
	       processes = MAX(problem->n_processes, 1);
	walk->course = course;
	walk->problem = problem;
	walk->at = g_new(uint32_t, processes);
	walk->room = g_new(int32_t, amounts);
	walk->over = g_new(int32_t, amounts);
	walk->present = g_new(uint64_t, MAX((size_t)course->n_crowds * course->words, 1));
	walk->locations = g_new(uint16_t, MAX((size_t)course->n_places * problem->n_locations, 1));
	walk->spreads = g_new(uint16_t, MAX(course->n_places, 1));
	walk->neighbours = g_new(uint16_t, MAX((size_t)course->n_bonds * problem->n_neighbourhoods, 1));
	walk->moved_of = g_new(uint16_t, MAX(problem->n_services, 1));
	walk->moved_hist = g_new(uint32_t, processes + 1);
	walk->moved = g_new(uint32_t, processes);
	walk->moved_at = g_new(uint32_t, processes);
	walk->members = g_new0(uint32_t *, MAX(problem->n_machines, 1));
	walk->n_members = g_new0(uint32_t, MAX(problem->n_machines, 1));
	walk->most_members = g_new0(uint32_t, MAX(problem->n_machines, 1));
	walk->slot = g_new(uint32_t, processes);
	walk->log = g_array_new(FALSE, FALSE, sizeof(WalkStep));
	walk->chance = (seed + 1) * UINT64_C(0x9E3779B97F4A7C15) | 1;
	return walk;
}

void walk_free(Walk *walk)
{
	if (!walk)
		return;
	for (uint32_t m = 0; m < walk->problem->n_machines; m++)
		g_free(walk->members[m]);
	g_free(walk->members);
	g_free(walk->n_members);
	g_free(walk->most_members);
	g_free(walk->slot);
	g_array_free(walk->log, TRUE);
	g_free(walk->at);
	g_free(walk->room);
	g_free(walk->over);
	g_free(walk->present);
	g_free(walk->locations);
	g_free(walk->spreads);
	g_free(walk->neighbours);
	g_free(walk->moved_of);
	g_free(walk->moved_hist);
	g_free(walk->moved);
	g_free(walk->moved_at);
	g_free(walk);
}

int64_t walk_machine_price(const Walk *walk, uint32_t machine)
{
	const Reassignment *problem = walk->problem;
	const int32_t *over = &walk->over[(size_t)machine * problem->stride];
	const int32_t *slack = &walk->course->slack[(size_t)machine * problem->stride];
	int64_t price = 0;
	for (uint32_t r = 0; r < problem->n_resources; r++)
		price += MAX(over[r], 0) * problem->load_weight[r];
	for (uint32_t b = 0; b < problem->n_balances; b++) {
		const Balance *balance = &problem->balances[b];
		price += balance_price(balance, slack[balance->resource] - over[balance->resource],
		        slack[balance->other] - over[balance->other]);
	}
	return price;
}

static void clear_counts(Walk *walk)
{
	const Course *course = walk->course;
	const Reassignment *problem = walk->problem;
	memset(walk->present, 0, sizeof *walk->present * course->n_crowds * course->words);
	memset(walk->locations, 0, sizeof *walk->locations * course->n_places * problem->n_locations);
	memset(walk->spreads, 0, sizeof *walk->spreads * course->n_places);
	memset(walk->neighbours, 0, sizeof *walk->neighbours * course->n_bonds * problem->n_neighbourhoods);
	memset(walk->moved_of, 0, sizeof *walk->moved_of * problem->n_services);
	memset(walk->moved_hist, 0, sizeof *walk->moved_hist * (problem->n_processes + 1));
	walk->moved_hist[0] = problem->n_services;
	walk->moved_most = walk->n_moved = 0;
	memset(walk->n_members, 0, sizeof *walk->n_members * problem->n_machines);
	walk->cost = walk->excess = 0;
}

void walk_count_moved(Walk *walk, uint32_t process, bool moved)
{
	uint32_t service = walk->problem->service[process];
	uint16_t *n = &walk->moved_of[service];
	walk->moved_hist[*n]--;
	*n = (uint16_t)(*n + (moved ? 1 : -1));
	walk->moved_hist[*n]++;
	if (*n > walk->moved_most)
		walk->moved_most = *n;
	while (walk->moved_most && !walk->moved_hist[walk->moved_most])
		walk->moved_most--;
	if (moved) {
		walk->moved_at[process] = walk->n_moved;
		walk->moved[walk->n_moved++] = process;
		return;
	}
	uint32_t last = walk->moved[--walk->n_moved];
	walk->moved[walk->moved_at[process]] = last;
	walk->moved_at[last] = walk->moved_at[process];
}

bool walk_services_hold(const Walk *walk, uint32_t service, uint32_t from, uint32_t to)
{
	const Course *course = walk->course;
	const Reassignment *problem = walk->problem;
	if (course->places[service] != UINT32_MAX && walk->spreads[course->places[service]] < problem->spread[service])
		return false;
	uint32_t row = course->bonds[service], n = problem->n_neighbourhoods;
	uint32_t there = problem->neighbourhood[to], here = problem->neighbourhood[from];
	if (row == UINT32_MAX)
		return true;
	if (walk->neighbours[(size_t)row * n + there])
		for (uint32_t i = problem->depends_first[service]; i < problem->depends_first[service + 1]; i++)
			if (!walk->neighbours[(size_t)course->bonds[problem->depends_on[i]] * n + there])
				return false;
	if (!walk->neighbours[(size_t)row * n + here])
		for (uint32_t i = course->needed_first[service]; i < course->needed_first[service + 1]; i++)
			if (walk->neighbours[(size_t)course->bonds[course->needed_by[i]] * n + here])
				return false;
	return true;
}

void walk_join(Walk *walk, uint32_t process, uint32_t machine)
{
	uint32_t *n = &walk->n_members[machine], *most = &walk->most_members[machine];
	if (*n == *most) {
		*most = *most * 2 + 8;
		walk->members[machine] = g_renew(uint32_t, walk->members[machine], *most);
	}
	walk->slot[process] = *n;
	walk->members[machine][(*n)++] = process;
}

static int64_t sum_excess(const Walk *walk)
{
	int64_t excess = 0;
	for (size_t i = 0; i < (size_t)walk->problem->n_machines * walk->problem->stride; i++)
		excess -= MIN(walk->room[i], 0);
	return excess;
}

static bool all_services_hold(const Walk *walk)
{
	const Reassignment *problem = walk->problem;
	for (uint32_t p = 0; p < problem->n_processes; p++)
		if (!walk_services_hold(walk, problem->service[p], walk->at[p], walk->at[p]))
			return false;
	return true;
}

bool walk_set(Walk *walk, const uint32_t *at)
{
	const Course *course = walk->course;
	const Reassignment *problem = walk->problem;
	uint32_t stride = problem->stride;
	bool distinct = true;
	clear_counts(walk);
	memcpy(walk->at, at, sizeof *at * problem->n_processes);
	memcpy(walk->room, problem->capacity, sizeof *walk->room * problem->n_machines * stride);
	for (size_t i = 0; i < (size_t)problem->n_machines * stride; i++)
		walk->over[i] = -problem->safety[i];
	for (uint32_t p = 0; p < problem->n_processes; p++) {
		const int32_t *need = &problem->need[(size_t)p * stride];
		uint32_t home = problem->home[p], service = problem->service[p];
		for (uint32_t r = 0; r < stride; r++) {
			walk->over[(size_t)at[p] * stride + r] += need[r];
			walk->room[(size_t)at[p] * stride + r] -= need[r];
			if (home != at[p])
				walk->room[(size_t)home * stride + r] -= need[r] & ~course->still[r];
		}
		if (course->crowd[service] != UINT32_MAX) {
			distinct = distinct && !is_present(walk, course->crowd[service], at[p]);
			flip_present(walk, course->crowd[service], at[p]);
		}
		walk_join(walk, p, at[p]);
		count_place(walk, service, at[p], 1);
		if (home != at[p])
			walk_count_moved(walk, p, true);
		walk->cost += move_price(problem, p, at[p]);
	}
	for (uint32_t m = 0; m < problem->n_machines; m++)
		walk->cost += walk_machine_price(walk, m);
	walk->cost += walk->moved_most * problem->service_move_weight;
	walk->excess = sum_excess(walk);
	return distinct && walk->excess == 0 && all_services_hold(walk);
}
