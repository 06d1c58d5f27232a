/* Inside of src/place: which pods a single host would best hold. */
#pragma once

#include "place/place.h"

/* The room of a host in each resource, and what sizes are parts of. */
#define PACK_ROOM (INT32_C(1) << 24)

typedef struct PackItem {
	uint32_t group;
	int64_t profit;           /* above 0 and below 2^28 */
	int64_t size;             /* of all resources, weighed */
	int32_t sizes[RESOURCES]; /* of PACK_ROOM, rounded down; of the resources that are tight alone */
} PackItem;

typedef struct Pack {
	/* The caller's to fill before each pack_solve, which puts the items in order. */
	uint32_t n;
	PackItem *items;
	int32_t room[RESOURCES]; /* PACK_ROOM at most */
	uint32_t n_tight;
	bool *taken, *chosen; /* chosen: the best found, by item */
	int32_t weight[RESOURCES];
	int64_t best, open, tolerance, enough;
	uint32_t tries;
} Pack;

/* For at most so many items, in so many resources. Clear with pack_clear. */
void pack_init(Pack *pack, uint32_t most, uint32_t n_tight);
void pack_clear(Pack *pack);
/* No choice of items is worth more than what this gives; that is off by the tolerance at most, unless it took too long,
 * or what was found is worth `enough` and nobody wants to know how much more. */
int64_t pack_solve(Pack *pack, int64_t tolerance, int64_t enough);
