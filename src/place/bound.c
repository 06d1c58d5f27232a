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
		if (sets[i].hosts == row || memcmp(sets[i].hosts, row, problem->n_hosts) == 0)
			return true;
	return false;
}

static void sum_wanted(const Facts *facts, HostSet *set)
{
	const Problem *problem = facts->problem;
	for (uint32_t h = 0; h < problem->n_hosts; h++)
		for (uint32_t r = 0; r < PRESSING && holds(set, h); r++)
			set->wanted.of[r] += problem->hosts[h].fixed.of[r];
	bool inside = false;
	for (uint32_t g = 0; g < problem->n_groups; g++) {
		const PlaceGroup *group = &problem->groups[g];
		if (g == 0 || problem->allowed[g] != problem->allowed[g - 1])
			inside = is_subset(problem, problem->allowed[g], set);
		if (facts->choices[g] && inside)
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
		const bool *row = problem->allowed[g];
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
		if (!problem->allowed[group][h])
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

static int compare_down(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
	return left > right ? -1 : left < right;
}

/* Fewest pods that must leave a host so that the others fit, times the price of the cheapest. A group of which there
 * are to be fewer pods than there are loses them for nothing. */
static int64_t excess_price(const Facts *facts, uint32_t host, Resource r, const Amounts *room)
{
	const Problem *problem = facts->problem;
	int64_t use = problem->hosts[host].fixed.of[r], cheapest = INT64_MAX, price = 0;
	g_autoptr(GArray) sizes = g_array_new(FALSE, FALSE, sizeof(int64_t));
	for (guint i = 0; facts->runs[host] && i < facts->runs[host]->len; i++) {
		const Run *run = &g_array_index(facts->runs[host], Run, i);
		const PlaceGroup *group = &problem->groups[run->group];
		if (group->demand.of[r] == 0 || facts->known[run->group] > group->count ||
		        !problem->allowed[run->group][host])
			continue;
		use += group->demand.of[r] * run->pods;
		cheapest = MIN(cheapest, (int64_t)group->price);
		for (uint32_t k = 0; k < run->pods; k++)
			g_array_append_val(sizes, group->demand.of[r]);
	}
	g_array_sort(sizes, compare_down);
	for (guint i = 0; use > room->of[r] && i < sizes->len; i++) {
		use -= g_array_index(sizes, int64_t, i);
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
		for (guint i = 0; facts->runs[h] && i < facts->runs[h]->len; i++) {
			const Run *run = &g_array_index(facts->runs[h], Run, i);
			const PlaceGroup *group = &problem->groups[run->group];
			if (!problem->allowed[run->group][h] && facts->known[run->group] <= group->count)
				sum += (int64_t)run->pods * group->price;
		}
	}
	return sum;
}

/* ---- survival and wishes ----------------------------------------------------------------------------- */

/* What all hosts are asked for beyond their room, by resource, if none is lost; and by host what is bound to it. */
typedef struct Totals {
	__int128 over[RESOURCES];
	bool open[RESOURCES]; /* some host has no limit */
	Amounts *bound;
} Totals;

static Totals sum_totals(const Facts *facts)
{
	const Problem *problem = facts->problem;
	Totals totals = {.bound = g_new0(Amounts, MAX(problem->n_hosts, 1))};
	for (uint32_t h = 0; h < problem->n_hosts; h++)
		for (uint32_t r = 0; r < RESOURCES; r++) {
			totals.open[r] |= facts->room[h].of[r] == AMOUNT_UNKNOWN;
			totals.over[r] += problem->hosts[h].fixed.of[r] - facts->room[h].of[r];
			totals.bound[h].of[r] = facts->floor[h].of[r] - problem->hosts[h].fixed.of[r];
		}
	for (uint32_t g = 0; g < problem->n_groups; g++)
		for (uint32_t r = 0; r < RESOURCES; r++)
			totals.over[r] += (__int128)problem->groups[g].demand.of[r] * problem->groups[g].count;
	return totals;
}

/* Pods that must go down when the others have to do without a host: the largest ones, so that they are few. */
static int64_t pods_down(const Facts *facts, const Totals *totals, uint32_t lost, Resource r)
{
	const Problem *problem = facts->problem;
	__int128 over = totals->over[r] - (problem->hosts[lost].fixed.of[r] - facts->room[lost].of[r]) -
	                totals->bound[lost].of[r];
	int64_t down = 0;
	bool others_open = facts->room[lost].of[r] != AMOUNT_UNKNOWN && totals->open[r];
	for (uint32_t h = 0; h < problem->n_hosts && facts->room[lost].of[r] == AMOUNT_UNKNOWN; h++)
		others_open |= h != lost && facts->room[h].of[r] == AMOUNT_UNKNOWN;
	if (others_open || over <= 0)
		return 0;
	g_autoptr(GArray) sizes = g_array_new(FALSE, FALSE, sizeof(int64_t));
	for (uint32_t g = 0; g < problem->n_groups; g++)
		for (uint32_t k = 0; k < problem->groups[g].count && facts->choices[g] > 1; k++)
			g_array_append_val(sizes, problem->groups[g].demand.of[r]);
	g_array_sort(sizes, compare_down);
	for (guint i = 0; i < sizes->len && over > 0 && g_array_index(sizes, int64_t, i) > 0; i++) {
		over -= g_array_index(sizes, int64_t, i);
		down++;
	}
	return down;
}

/* Each weighs at least one. */
int64_t bound_survival(const Facts *facts)
{
	int64_t sum = 0;
	Totals totals = sum_totals(facts);
	for (uint32_t h = 0; h < facts->problem->n_hosts; h++) {
		int64_t most = 0;
		for (uint32_t r = 0; r < RESOURCES; r++)
			most = MAX(most, pods_down(facts, &totals, h, (Resource)r));
		sum += most;
	}
	g_free(totals.bound);
	return sum;
}

int64_t bound_wishes(const Facts *facts)
{
	const Problem *problem = facts->problem;
	int64_t sum = 0;
	for (uint32_t g = 0; problem->dislike && g < problem->n_groups; g++) {
		uint16_t least = problem->dislike[g] ? UINT16_MAX : 0;
		for (uint32_t h = 0; h < problem->n_hosts && least; h++)
			if (problem->allowed[g][h])
				least = MIN(least, problem->dislike[g][h]);
		if (facts->choices[g])
			sum += (int64_t)least * problem->groups[g].count;
	}
	return sum;
}
