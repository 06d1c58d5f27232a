/* Inside of src/place: pods are packed into what there is room for, at a given price of moves. */
#pragma once

#include "place/inner.h"
#include "place/walk.h"

#define FIT_STEP_PRICE 4 /* of a change that is proposed, in steps of the budget */

/* A price at which moves do not count. */
#define ANY_PRICE (INT64_MAX / 2)

/* Looks for an assignment in which no machine holds more than its capacity and the processes that are not at home cost
 * no more than that. Begins with `at`; true where one was found, which `at` then is. So many changes are proposed at
 * most. */
bool fit_find(const Course *course, uint32_t *at, int64_t price, uint64_t steps, uint64_t seed, Budget *budget);
