/* The instance itself, and what no assignment can do better.
 *
 * Load above safety is convex in the use of each machine, so its sum is at least what the totals exceed each other by;
 * the same holds for each balance cost. */
#include "place/reassign.h"

void reassignment_free(Reassignment *problem)
{
	if (!problem)
		return;
	void *arrays[] = {problem->transient, problem->load_weight, problem->neighbourhood, problem->location,
	        problem->capacity, problem->safety, problem->machine_move, problem->spread, problem->depends_first,
	        problem->depends_on, problem->service, problem->need, problem->move_price, problem->balances,
	        problem->home};
	for (size_t i = 0; i < G_N_ELEMENTS(arrays); i++)
		g_free(arrays[i]);
	g_free(problem);
}

static void sum_up(const Reassignment *problem, uint32_t resource, int64_t *ret_over, int64_t *ret_left)
{
	*ret_over = *ret_left = 0;
	for (uint32_t m = 0; m < problem->n_machines; m++) {
		*ret_over -= problem->safety[(size_t)m * problem->stride + resource];
		*ret_left += problem->capacity[(size_t)m * problem->stride + resource];
	}
	for (uint32_t p = 0; p < problem->n_processes; p++) {
		*ret_over += problem->need[(size_t)p * problem->stride + resource];
		*ret_left -= problem->need[(size_t)p * problem->stride + resource];
	}
}

int64_t reassignment_bound(const Reassignment *problem)
{
	int64_t bound = 0;
	g_autofree int64_t *left = g_new(int64_t, problem->n_resources);
	for (uint32_t r = 0; r < problem->n_resources; r++) {
		int64_t over;
		sum_up(problem, r, &over, &left[r]);
		bound += MAX(over, 0) * problem->load_weight[r];
	}
	for (uint32_t b = 0; b < problem->n_balances; b++) {
		const Balance *balance = &problem->balances[b];
		bound += MAX(balance->target * left[balance->resource] - left[balance->other], 0) * balance->weight;
	}
	return bound;
}
