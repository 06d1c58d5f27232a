/* Inside of the walk: what the state (walk.c) and its moves (step.c) share. What each move asks for is inlined. */
#pragma once

#include "place/walk.h"

#define ALWAYS static inline __attribute__((always_inline))

ALWAYS bool is_present(const Walk *walk, uint32_t crowd, uint32_t machine)
{
	return walk->present[(size_t)crowd * walk->course->words + machine / 64] >> (machine % 64) & 1;
}

ALWAYS void flip_present(Walk *walk, uint32_t crowd, uint32_t machine)
{
	walk->present[(size_t)crowd * walk->course->words + machine / 64] ^= UINT64_C(1) << (machine % 64);
}

ALWAYS int64_t balance_price(const Balance *balance, int64_t left, int64_t other)
{
	int64_t missing = balance->target * left - other;
	return missing > 0 ? missing * balance->weight : 0;
}

ALWAYS int64_t move_price(const Reassignment *problem, uint32_t process, uint32_t to)
{
	uint32_t home = problem->home[process];
	if (home == to)
		return 0;
	int64_t price = problem->move_price[process] * problem->process_move_weight;
	if (problem->machine_move)
		price += problem->machine_move[(size_t)home * problem->n_machines + to] * problem->machine_move_weight;
	return price;
}

ALWAYS void count_place(Walk *walk, uint32_t service, uint32_t machine, int by)
{
	const Course *course = walk->course;
	const Reassignment *problem = walk->problem;
	if (course->places[service] != UINT32_MAX) {
		uint32_t row = course->places[service];
		uint16_t *n = &walk->locations[(size_t)row * problem->n_locations + problem->location[machine]];
		bool before = *n > 0;
		*n = (uint16_t)(*n + by);
		walk->spreads[row] = (uint16_t)(walk->spreads[row] + (*n > 0) - before);
	}
	if (course->bonds[service] != UINT32_MAX)
		walk->neighbours[(size_t)course->bonds[service] * problem->n_neighbourhoods +
		                 problem->neighbourhood[machine]] += (uint16_t)by;
}

/* Of a rearrangement. */
typedef struct WalkStep {
	uint32_t process, from, to;
} WalkStep;

/* Of load above the safety levels and of unbalanced leftovers. */
int64_t walk_machine_price(const Walk *walk, uint32_t machine);
/* A process left its home, or came back. */
void walk_count_moved(Walk *walk, uint32_t process, bool moved);
/* Of a process that came to the machine or left it: enough locations, and company in the neighbourhood for it and for
 * those that need it. */
bool walk_services_hold(const Walk *walk, uint32_t service, uint32_t from, uint32_t to);
void walk_join(Walk *walk, uint32_t process, uint32_t machine);
