/* Reassignment: items on machines, each machine with hard capacities and with levels that are better not exceeded.
 *
 * The model is that of the ROADEF/EURO challenge 2012 (Google: Machine Reassignment, Problem definition): every process
 * runs on one machine, from where it may move at a price. docs/decisions/0007-reassignment.md says what of it labwright
 * place uses, and what not.
 *
 * Hard: capacity; processes of a service on different machines; a service in at least so many locations; a process of
 * a service that depends on another has one of it in its neighbourhood; a transient resource is held on the old machine
 * too. Cost: load above the safety level, unbalanced leftovers, moves by process, by service and by pair of machines.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Amounts are below this, so that differences fit into 32 bits. */
#define REASSIGN_MOST (INT32_C(1) << 30)

typedef struct Balance {
	uint32_t resource, other; /* target times what is left of resource should be left of other */
	int64_t target, weight;
} Balance;

/* Rows of resources are `stride` long, padded with zeroes. All arrays are owned by the instance. */
typedef struct Reassignment {
	uint32_t n_resources, stride, n_machines, n_services, n_processes, n_balances;
	uint32_t n_neighbourhoods, n_locations;
	bool *transient;                    /* by resource */
	int64_t *load_weight;               /* by resource */
	uint32_t *neighbourhood, *location; /* by machine, dense from 0 */
	int32_t *capacity, *safety;         /* [machine × stride + resource] */
	int32_t *machine_move;              /* [from × n_machines + to], or NULL: moves cost the same everywhere */
	const bool *const *allowed; /* by process: a row of machines that it may run on; NULL: all may run anywhere */
	uint32_t *spread;           /* by service: fewest locations */
	uint32_t *depends_first, *depends_on; /* by service s: depends_on[depends_first[s] … depends_first[s + 1]) */
	uint32_t *service;                    /* by process */
	int32_t *need;                        /* [process × stride + resource] */
	int64_t *move_price;                  /* by process */
	Balance *balances;
	int64_t process_move_weight, service_move_weight, machine_move_weight;
	uint32_t *home; /* by process: the machine it runs on */
} Reassignment;

void reassignment_free(Reassignment *problem);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Reassignment, reassignment_free)

/* No assignment costs less. */
int64_t reassignment_bound(const Reassignment *problem);

typedef struct AnnealOptions {
	double seconds; /* of the clock, reading included if `start` was taken before it */
	int64_t start;  /* of g_get_monotonic_time */
	uint64_t steps; /* of each worker instead of the clock; 0: none */
	uint64_t seed;
	uint32_t workers;
	const volatile int *stop; /* ends the search when it becomes other than 0; may be NULL */
	/* Called from one thread at a time, with the best cost so far; may be NULL. */
	void (*report)(int64_t cost, void *data);
	void *data;
} AnnealOptions;

/* Fills ret_at with the best machine of each process and gives its cost. Fails where the present assignment breaks a
 * hard constraint. */
bool reassignment_solve(
        const Reassignment *problem, const AnnealOptions *options, uint32_t *ret_at, int64_t *ret_cost, GError **error);
