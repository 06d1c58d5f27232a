/* Bounds: what no placement can do better, from sums. They are weak against awkward sizes and cost next to nothing;
 * where one of them meets what the search found, that is the proof, and a sentence that people understand.
 *
 * Pressure: at so many steps each set of hosts has so much room; all that may run nowhere else must fit into it. Sets
 * are those that some group is restricted to, and all hosts. All bounds but that of wishes hold for placements in which
 * every pod runs. */
#include "place/inner.h"

#include <stdlib.h>

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

/* More pods on one host, or more that must leave it, are told apart by their largest alone. */
#define MOST_LEAVERS 24u
#define MOST_TRIES 50000u

/* Pods of a host that could leave, and what is too much there. */
typedef struct Crowd {
	uint32_t n, tries;
	Amounts *pods;
	int64_t cheapest;
	Amounts over;
	int64_t (*most)[RESOURCES]; /* [pod × (MOST_LEAVERS + 1) + k]: the largest k of this pod and those behind it,
	                               summed */
} Crowd;

static int compare_amounts(const void *a, const void *b)
{
	const Amounts *left = a, *right = b;
	for (uint32_t r = 0; r < RESOURCES; r++)
		if (left->of[r] != right->of[r])
			return left->of[r] > right->of[r] ? -1 : 1;
	return 0;
}

/* A group of which there are to be fewer pods than there are loses them for nothing, so it does not count. */
static void find_crowd(const Facts *facts, uint32_t host, const Amounts *room, Crowd *crowd)
{
	const Problem *problem = facts->problem;
	const GArray *runs = facts->runs[host];
	uint32_t pods = 0;
	for (guint i = 0; runs && i < runs->len; i++)
		pods += g_array_index(runs, Run, i).pods;
	*crowd = (Crowd){.pods = g_new(Amounts, MAX(pods, 1)), .cheapest = INT64_MAX};
	for (uint32_t r = 0; r < RESOURCES; r++)
		crowd->over.of[r] =
		        room->of[r] == AMOUNT_UNKNOWN ? INT64_MIN / 2 : problem->hosts[host].fixed.of[r] - room->of[r];
	for (guint i = 0; runs && i < runs->len; i++) {
		const Run *run = &g_array_index(runs, Run, i);
		const PlaceGroup *group = &problem->groups[run->group];
		if (facts->known[run->group] > group->count || !problem->allowed[run->group][host])
			continue;
		for (uint32_t r = 0; r < RESOURCES; r++)
			crowd->over.of[r] += group->demand.of[r] * run->pods;
		for (uint32_t k = 0; k < run->pods && facts->choices[run->group] > 1; k++)
			crowd->pods[crowd->n++] = group->demand;
		if (facts->choices[run->group] > 1)
			crowd->cheapest = MIN(crowd->cheapest, (int64_t)group->price);
	}
	if (crowd->n > 1)
		qsort(crowd->pods, crowd->n, sizeof *crowd->pods, compare_amounts);
}

/* Fewest pods that must leave so that one resource alone is enough; n where not even all would do. */
static uint32_t fewest_of(const Crowd *crowd, uint32_t r)
{
	g_autofree int64_t *sizes = g_new(int64_t, MAX(crowd->n, 1));
	int64_t over = crowd->over.of[r];
	uint32_t few = 0;
	for (uint32_t i = 0; i < crowd->n; i++)
		sizes[i] = crowd->pods[i].of[r];
	if (crowd->n > 1)
		qsort(sizes, crowd->n, sizeof *sizes, compare_down);
	for (; over > 0 && few < crowd->n; few++)
		over -= sizes[few];
	return few;
}

static void find_most(Crowd *crowd)
{
	size_t width = MOST_LEAVERS + 1;
	crowd->most = g_malloc0(sizeof *crowd->most * width * (crowd->n + 1));
	for (uint32_t r = 0; r < RESOURCES; r++) {
		int64_t largest[MOST_LEAVERS] = {0};
		for (uint32_t i = crowd->n; i-- > 0;) {
			int64_t size = crowd->pods[i].of[r];
			for (uint32_t k = 0; k < MOST_LEAVERS && size > 0; k++)
				if (size > largest[k]) {
					int64_t smaller = largest[k];
					largest[k] = size;
					size = smaller;
				}
			for (uint32_t k = 0; k < MOST_LEAVERS; k++)
				crowd->most[i * width + k + 1][r] = crowd->most[i * width + k][r] + largest[k];
		}
	}
}

/* So many of the pods from here on can take away all that is too much; also true where that was too long to find out.
 */
static bool can_relieve(Crowd *crowd, uint32_t from, uint32_t leavers, const Amounts *over)
{
	bool enough = true;
	for (uint32_t r = 0; r < RESOURCES; r++) {
		if (over->of[r] > crowd->most[from * (size_t)(MOST_LEAVERS + 1) + leavers][r])
			return false;
		enough = enough && over->of[r] <= 0;
	}
	if (enough || ++crowd->tries > MOST_TRIES)
		return true;
	if (leavers == 0 || from == crowd->n)
		return false;
	Amounts less = *over;
	for (uint32_t r = 0; r < RESOURCES; r++)
		less.of[r] -= crowd->pods[from].of[r];
	return can_relieve(crowd, from + 1, leavers - 1, &less) || can_relieve(crowd, from + 1, leavers, over);
}

/* Fewest pods that must leave a host so that the others fit, in all resources together, times the price of the
 * cheapest.
 */
static int64_t excess_price(const Facts *facts, uint32_t host, const Amounts *room)
{
	Crowd crowd;
	uint32_t few = 0;
	find_crowd(facts, host, room, &crowd);
	for (uint32_t r = 0; r < RESOURCES; r++)
		few = MAX(few, fewest_of(&crowd, r));
	if (few > 0 && few < crowd.n) {
		find_most(&crowd);
		while (few <= MOST_LEAVERS && few < crowd.n && !can_relieve(&crowd, 0, few, &crowd.over))
			few++;
	}
	g_free(crowd.most);
	g_free(crowd.pods);
	return few ? few * crowd.cheapest : 0;
}

int64_t bound_moves(const Facts *facts, const Amounts *room)
{
	const Problem *problem = facts->problem;
	int64_t sum = 0;
	for (uint32_t h = 0; h < problem->n_hosts; h++) {
		sum += excess_price(facts, h, &room[h]);
		for (guint i = 0; facts->runs[h] && i < facts->runs[h]->len; i++) {
			const Run *run = &g_array_index(facts->runs[h], Run, i);
			const PlaceGroup *group = &problem->groups[run->group];
			if (!problem->allowed[run->group][h] && facts->known[run->group] <= group->count)
				sum += (int64_t)run->pods * group->price;
		}
	}
	return sum;
}

/* ---- survival, wishes and traffic ----------------------------------------------------------------------------- */

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

static bool may_meet(const Problem *problem, const PlaceBond *bond)
{
	for (uint32_t i = 0; i < bond->n_others; i++)
		for (uint32_t h = 0; h < problem->n_hosts; h++)
			if (problem->allowed[bond->group][h] && problem->allowed[bond->others[i]][h])
				return true;
	return false;
}

/* Those that no node may hold both of. */
int64_t bound_traffic(const Facts *facts)
{
	const Problem *problem = facts->problem;
	int64_t sum = 0;
	for (uint32_t b = 0; b < problem->n_bonds; b++) {
		const PlaceBond *bond = &problem->bonds[b];
		if (bond->traffic && !may_meet(problem, bond))
			sum += (int64_t)bond->weight * problem->groups[bond->group].count;
	}
	return sum;
}
