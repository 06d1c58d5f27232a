/* SURVIVAL: a host is lost, its pods are put on the others one after the other, the highest priority and then the
 * largest first, each on the host that it presses least; what finds no room stays down. Kubernetes does much the same.
 * Rules of even spread and of company are not asked then: what they mean with a node gone is left to the scheduler. */
#include "place/inner.h"

#include <stdlib.h>

/* Hosts by their pressure as it is before any is lost: it only grows while pods of a lost one come to them. */
typedef struct Order {
	uint32_t host;
	int64_t steps;
} Order;

static int compare_order(const void *a, const void *b)
{
	const Order *left = a, *right = b;
	if (left->steps != right->steps)
		return left->steps < right->steps ? -1 : 1;
	return left->host < right->host ? -1 : 1;
}

static Order *order_hosts(const State *state)
{
	uint32_t n = state->problem->n_hosts;
	Order *order = g_new(Order, MAX(n, 1));
	for (uint32_t h = 0; h < n; h++)
		order[h] = (Order){h, place_pressure(state->problem, h, &state->use[h], NULL)};
	if (n > 1)
		qsort(order, n, sizeof *order, compare_order);
	return order;
}

/* The host that a pod of a lost one goes to, the first of the least pressed ones, or n_hosts. */
static uint32_t next_home(const State *state, uint32_t group, uint32_t lost, const Order *order)
{
	const Problem *problem = state->problem;
	uint32_t best = problem->n_hosts;
	int64_t least = INT64_MAX;
	for (uint32_t i = 0; i < problem->n_hosts && order[i].steps <= least; i++) {
		uint32_t h = order[i].host;
		if (h == lost || !state_fits(state, group, h, NULL))
			continue;
		Amounts use = state->use[h];
		for (uint32_t r = 0; r < RESOURCES; r++)
			use.of[r] += problem->groups[group].demand.of[r];
		int64_t steps = place_pressure(problem, h, &use, NULL);
		if (steps < least || (steps == least && h < best)) {
			least = steps;
			best = h;
		}
	}
	return best;
}

/* Weight of what stays down when a host is lost. The state is as it was afterwards. */
static int64_t lose_host(State *state, uint32_t lost, const Order *order)
{
	const Facts *facts = state->facts;
	uint32_t n, n_hosts = state->problem->n_hosts;
	int64_t down = 0;
	g_autofree uint32_t *groups = state_groups(state, lost, &n);
	g_autofree uint32_t *held = g_new(uint32_t, MAX(n, 1));
	g_autoptr(GArray) put = g_array_new(FALSE, FALSE, sizeof(PlaceSpot)); /* host and group */
	for (uint32_t i = 0; i < n; i++) {
		held[i] = counts_of(state->counts, groups[i], lost);
		counts_change(state->counts, groups[i], lost, -(int32_t)held[i]);
	}
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < held[i] && facts->choices[groups[i]] > 1; k++) {
			uint32_t home = next_home(state, groups[i], lost, order);
			if (home == n_hosts) {
				down += facts->weight[groups[i]] * (held[i] - k);
				break;
			}
			state_add(state, groups[i], home);
			PlaceSpot pair = {home, groups[i]};
			g_array_append_val(put, pair);
		}
	for (guint i = 0; i < put->len; i++)
		state_remove(state, g_array_index(put, PlaceSpot, i).pods, g_array_index(put, PlaceSpot, i).host);
	for (uint32_t i = 0; i < n; i++)
		counts_change(state->counts, groups[i], lost, (int32_t)held[i]);
	return down;
}

/* More hosts than any lost one has pods have room for the largest pod of all that may run on just these hosts: then
 * each pod finds one, whatever the others took, since each takes one at most. Saves the simulation where there is room.
 */
static bool has_spare_hosts(const State *state, uint32_t pods)
{
	const Problem *problem = state->problem;
	g_autoptr(GHashTable) largest = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	for (uint32_t g = 0; g < problem->n_groups; g++) {
		if (state->facts->choices[g] < 2)
			continue;
		if (state->facts->rivals[g])
			return false;
		Amounts *most = g_hash_table_lookup(largest, problem->allowed[g]);
		if (!most) {
			most = g_new0(Amounts, 1);
			g_hash_table_insert(largest, (gpointer)problem->allowed[g], most);
		}
		for (uint32_t r = 0; r < RESOURCES; r++)
			most->of[r] = MAX(most->of[r], problem->groups[g].demand.of[r]);
	}
	GHashTableIter iter;
	gpointer row, most;
	g_hash_table_iter_init(&iter, largest);
	while (g_hash_table_iter_next(&iter, &row, &most)) {
		uint32_t spare = 0;
		for (uint32_t h = 0; h < problem->n_hosts && spare <= pods; h++) {
			bool room = ((const bool *)row)[h];
			for (uint32_t r = 0; r < RESOURCES && room; r++) {
				int64_t limit = state->facts->room[h].of[r], demand = ((const Amounts *)most)->of[r];
				room = limit == AMOUNT_UNKNOWN || demand == 0 || state->use[h].of[r] + demand <= limit;
			}
			spare += room;
		}
		if (spare <= pods) /* one of them may be the lost one */
			return false;
	}
	return true;
}

static uint32_t most_pods(const State *state)
{
	uint32_t most = 0;
	for (uint32_t h = 0; h < state->problem->n_hosts; h++) {
		uint32_t pods = 0;
		for (uint32_t i = 0; i < state->n_members[h]; i++)
			pods += counts_of(state->counts, state->members[h][i], h);
		most = MAX(most, pods);
	}
	return most;
}

int64_t state_survival(const State *state)
{
	State *changed = (State *)state; /* and changed back */
	int64_t sum = 0;
	if (state->problem->n_hosts > 32 && has_spare_hosts(state, most_pods(state)))
		return 0;
	g_autofree Order *order = order_hosts(state);
	for (uint32_t h = 0; h < state->problem->n_hosts; h++)
		sum += lose_host(changed, h, order);
	return sum;
}
