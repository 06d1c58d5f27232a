/* Inside of src/place: a bound on the moves of all hosts together, and what it rules out. */
#pragma once

#include "place/inner.h"

typedef struct MovesFound {
	int64_t value; /* the price of the moves that were found */
	int64_t step;  /* all prices are multiples of it */
} MovesFound;

typedef struct Dual Dual;

/* No placement within the room (and with a place for all pods where all_run) has a lower price than *ret_bound. NULL
 * where the problem is too large to be looked at. All but the budget is borrowed for as long as it lives. Free with
 * dual_free. */
Dual *dual_new(const Facts *facts, const Amounts *room, bool all_run, const MovesFound *found, Budget *budget,
        int64_t *ret_bound);
void dual_free(Dual *dual);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Dual, dual_free)

/* Supposes that some placement costs no more than that, and rules out what it cannot have; true: there is none. */
bool dual_suppose(Dual *dual, int64_t limit, Budget *budget);
/* What was supposed last holds for all placements of that price. */
bool dual_supposes(const Dual *dual, int64_t price);
/* How many pods of the group are on the host at most in such a placement. */
uint32_t dual_most(const Dual *dual, uint32_t group, uint32_t host);
