/* Bounds: what no placement can do better, from sums. They are weak against awkward sizes and cost next to nothing;
 * where one of them meets what the search found, that is the proof, and a sentence that people understand.
 *
 * Pressure: at so many steps each set of hosts has so much room; all that may run nowhere else must fit into it. Sets
 * are those that some group is restricted to, and all hosts. All bounds but that of wishes hold for placements in which
 * every pod runs. */
#include "place/inner.h"

#define MOST_SETS 64

typedef struct HostSet {
	const bool *hosts; /* a row of Problem.allowed, or NULL for all */
	uint32_t group;    /* whose row */
	Amounts wanted;    /* by what may run nowhere else; a resource that some host knows no capacity of is 0 */
} HostSet;

static bool holds(const HostSet *set, uint32_t host)
{
	return !set->hosts || set->hosts[host];
}

static bool is_subset(const Problem *problem, const bool *row, const HostSet *set)
{
	for (uint32_t h = 0; h < problem->n_hosts; h++)
		if (row[h] && !holds(set, h))
			return false;
	return true;
}

static bool is_known_set(const Problem *problem, const HostSet *sets, uint32_t n, const bool *row)
{
	for (uint32_t i = 1; i < n; i++)
		if (memcmp(sets[i].hosts, row, problem->n_hosts) == 0)
			return true;
	return false;
}

static void sum_wanted(const Facts *facts, HostSet *set)
{
	const Problem *problem = facts->problem;
	for (uint32_t h = 0; h < problem->n_hosts; h++)
		for (uint32_t r = 0; r < PRESSING && holds(set, h); r++)
			set->wanted.of[r] += problem->hosts[h].fixed.of[r];
	for (uint32_t g = 0; g < problem->n_groups; g++) {
		const PlaceGroup *group = &problem->groups[g];
		if (facts->choices[g] && is_subset(problem, &problem->allowed[(size_t)g * problem->n_hosts], set))
			for (uint32_t r = 0; r < PRESSING; r++)
				set->wanted.of[r] += group->demand.of[r] * group->count;
	}
	for (uint32_t h = 0; h < problem->n_hosts; h++)
		for (uint32_t r = 0; r < PRESSING && holds(set, h); r++)
			if (problem->hosts[h].capacity.of[r] == AMOUNT_UNKNOWN)
				set->wanted.of[r] = 0;
}

static uint32_t find_sets(const Facts *facts, HostSet *ret_sets)
{
	const Problem *problem = facts->problem;
	uint32_t n = 1;
	ret_sets[0] = (HostSet){NULL, UINT32_MAX, {{0}}};
	for (uint32_t g = 0; g < problem->n_groups && n < MOST_SETS; g++) {
		const bool *row = &problem->allowed[(size_t)g * problem->n_hosts];
		if (facts->choices[g] > 1 && facts->choices[g] < problem->n_hosts &&
		        !is_known_set(problem, ret_sets, n, row))
			ret_sets[n++] = (HostSet){row, g, {{0}}};
	}
	for (uint32_t i = 0; i < n; i++)
		sum_wanted(facts, &ret_sets[i]);
	return n;
}

/* The resource of which the set has too little at so many steps, or RESOURCES. */
static Resource lacking(const Facts *facts, const HostSet *set, int64_t steps)
{
	__int128 room[RESOURCES] = {0};
	for (uint32_t h = 0; h < facts->problem->n_hosts; h++) {
		if (!holds(set, h))
			continue;
		Amounts at = room_at(facts, h, steps);
		for (uint32_t r = 0; r < PRESSING; r++)
			room[r] += MAX(at.of[r], 0);
	}
	for (uint32_t r = 0; r < PRESSING; r++)
		if (set->wanted.of[r] > room[r])
			return (Resource)r;
	return RESOURCES;
}

/* What a pod of the group lacks on the roomiest host that it may run on beside what must be there, or RESOURCES. */
static Resource item_lacking(const Facts *facts, uint32_t group, int64_t steps)
{
	const Problem *problem = facts->problem;
	Resource missing = RESOURCES;
	for (uint32_t h = 0; h < problem->n_hosts; h++) {
		if (!problem->allowed[(size_t)group * problem->n_hosts + h])
			continue;
		Amounts room = room_at(facts, h, steps);
		Resource here = RESOURCES;
		for (uint32_t r = 0; r < PRESSING; r++) {
			int64_t demand = problem->groups[group].demand.of[r];
			if (demand && room.of[r] != AMOUNT_UNKNOWN && facts->floor[h].of[r] + demand > room.of[r])
				here = (Resource)r;
		}
		if (here == RESOURCES)
			return RESOURCES;
		missing = here;
	}
	return missing;
}

static bool is_possible(const Facts *facts, const HostSet *sets, uint32_t n, int64_t steps, Solution *ret_why)
{
	const Problem *problem = facts->problem;
	for (uint32_t i = 0; i < n; i++) {
		ret_why->sum_resource = lacking(facts, &sets[i], steps);
		if (ret_why->sum_resource == RESOURCES)
			continue;
		ret_why->proof[GOAL_PRESSURE] = PROOF_SUM;
		ret_why->sum_group = sets[i].group;
		return false;
	}
	for (uint32_t g = 0; g < problem->n_groups; g++) {
		if (problem->groups[g].count == 0 || facts->choices[g] < 2)
			continue;
		ret_why->sum_resource = item_lacking(facts, g, steps);
		if (ret_why->sum_resource == RESOURCES)
			continue;
		ret_why->proof[GOAL_PRESSURE] = PROOF_ITEM;
		ret_why->sum_group = g;
		return false;
	}
	return true;
}

int64_t bound_pressure(const Facts *facts, Solution *ret_why)
{
	HostSet sets[MOST_SETS];
	uint32_t n = find_sets(facts, sets);
	int64_t low = facts->problem->settings.enough / facts->problem->settings.step, high = low, full = 100;
	ret_why->proof[GOAL_PRESSURE] = PROOF_TRIVIAL;
	if (is_possible(facts, sets, n, low, ret_why))
		return low;
	while (high < full && !is_possible(facts, sets, n, high, ret_why)) {
		low = high;
		high = MIN(high * 2 + 1, full);
	}
	while (high - low > 1) { /* impossible at low, possible (or full) at high */
		int64_t middle = low + (high - low) / 2;
		*(is_possible(facts, sets, n, middle, ret_why) ? &high : &low) = middle;
	}
	is_possible(facts, sets, n, low, ret_why); /* why one step less is too little */
	return low + 1;
}

/* ---- moves ----------------------------------------------------------------------------------------- */

/* Fewest pods that must leave a host so that the others fit, times the price of the cheapest. A group of which there
 * are to be fewer pods than there are loses them for nothing. */
static int64_t excess_price(const Facts *facts, uint32_t host, Resource r, const Amounts *room)
{
	const Problem *problem = facts->problem;
	int64_t use = problem->hosts[host].fixed.of[r], cheapest = INT64_MAX, price = 0;
	g_autoptr(GArray) sizes = g_array_new(FALSE, FALSE, sizeof(int64_t));
	for (uint32_t g = 0; g < problem->n_groups; g++) {
		const PlaceGroup *group = &problem->groups[g];
		uint16_t now = problem->now[(size_t)g * problem->n_hosts + host];
		if (now == 0 || group->demand.of[r] == 0 || facts->known[g] > group->count ||
		        !problem->allowed[(size_t)g * problem->n_hosts + host])
			continue;
		use += group->demand.of[r] * now;
		cheapest = MIN(cheapest, (int64_t)group->price);
		for (uint16_t k = 0; k < now; k++)
			g_array_append_val(sizes, group->demand.of[r]);
	}
	while (use > room->of[r] && sizes->len) {
		guint largest = 0;
		for (guint i = 1; i < sizes->len; i++)
			if (g_array_index(sizes, int64_t, i) > g_array_index(sizes, int64_t, largest))
				largest = i;
		use -= g_array_index(sizes, int64_t, largest);
		g_array_remove_index_fast(sizes, largest);
		price += cheapest;
	}
	return price;
}

int64_t bound_moves(const Facts *facts, const Amounts *room)
{
	const Problem *problem = facts->problem;
	int64_t sum = 0;
	for (uint32_t h = 0; h < problem->n_hosts; h++) {
		int64_t most = 0;
		for (uint32_t r = 0; r < RESOURCES; r++)
			if (room[h].of[r] != AMOUNT_UNKNOWN)
				most = MAX(most, excess_price(facts, h, (Resource)r, &room[h]));
		sum += most;
		for (uint32_t g = 0; g < problem->n_groups; g++)
			if (!problem->allowed[(size_t)g * problem->n_hosts + h] &&
			        facts->known[g] <= problem->groups[g].count)
				sum += (int64_t)problem->now[(size_t)g * problem->n_hosts + h] *
				       problem->groups[g].price;
	}
	return sum;
}

/* ---- survival and wishes ----------------------------------------------------------------------------- */

/* Pods that must go down when the others have to do without a host: the largest ones, so that they are few. */
static int64_t pods_down(const Facts *facts, uint32_t lost, Resource r)
{
	const Problem *problem = facts->problem;
	__int128 over = 0;
	int64_t down = 0;
	for (uint32_t h = 0; h < problem->n_hosts; h++) {
		if (h == lost)
			continue;
		if (facts->room[h].of[r] == AMOUNT_UNKNOWN)
			return 0;
		over += problem->hosts[h].fixed.of[r] - facts->room[h].of[r];
	}
	g_autofree uint16_t *left = g_new(uint16_t, MAX(problem->n_groups, 1));
	for (uint32_t g = 0; g < problem->n_groups; g++) {
		bool bound = facts->choices[g] == 1 && problem->allowed[(size_t)g * problem->n_hosts + lost];
		left[g] = bound ? 0 : (uint16_t)problem->groups[g].count;
		over += (__int128)problem->groups[g].demand.of[r] * left[g];
	}
	while (over > 0) {
		uint32_t largest = UINT32_MAX;
		for (uint32_t g = 0; g < problem->n_groups; g++)
			if (left[g] && facts->choices[g] > 1 &&
			        (largest == UINT32_MAX ||
			                problem->groups[g].demand.of[r] > problem->groups[largest].demand.of[r]))
				largest = g;
		if (largest == UINT32_MAX || problem->groups[largest].demand.of[r] == 0)
			return down;
		left[largest]--;
		over -= problem->groups[largest].demand.of[r];
		down++;
	}
	return down;
}

/* Each weighs at least one. */
int64_t bound_survival(const Facts *facts)
{
	int64_t sum = 0;
	for (uint32_t h = 0; h < facts->problem->n_hosts; h++) {
		int64_t most = 0;
		for (uint32_t r = 0; r < RESOURCES; r++)
			most = MAX(most, pods_down(facts, h, (Resource)r));
		sum += most;
	}
	return sum;
}

int64_t bound_wishes(const Facts *facts)
{
	const Problem *problem = facts->problem;
	int64_t sum = 0;
	for (uint32_t g = 0; problem->dislike && g < problem->n_groups; g++) {
		uint16_t least = UINT16_MAX;
		for (uint32_t h = 0; h < problem->n_hosts; h++)
			if (problem->allowed[(size_t)g * problem->n_hosts + h])
				least = MIN(least, problem->dislike[(size_t)g * problem->n_hosts + h]);
		if (facts->choices[g])
			sum += (int64_t)least * problem->groups[g].count;
	}
	return sum;
}
