/* The exact search: depth first over pods, for a placement that betters one goal and keeps those before it. When it
 * ends without one, that is the proof.
 *
 * - The next pod is of the group with the fewest hosts left to it; hosts are tried home first, then the least pressed.
 * - Replicas are alike: pods of one group go to hosts of rising numbers. Hosts that are alike and hold the same are
 * tried once, unless the remaining pods of some group tell them apart by that rule. Survival breaks ties by number, so
 * hosts are not taken for alike while it counts.
 * - A branch ends when some group has fewer places than pods, when what is left does not fit into what can be filled,
 * or when the goals cannot be met any more: pods whose homes are taken must move, and so must some of those whose homes
 *   are there for one of them but not for all.
 */
#include "place/dual.h"

#include <stdlib.h>

typedef struct Option {
	int64_t key;
	uint32_t host;
} Option;

typedef struct Exact {
	const Facts *facts;
	const Problem *problem;
	State *state, *best;
	Amounts *room;
	uint32_t level, n_left;
	int64_t limit[GOALS];
	bool limited[GOALS], with_classes, found, stopped;
	uint32_t *left, *last, *class; /* last: pods of the group go to hosts from here on */
	uint32_t *now, *here;          /* [group × n_hosts + host]: pods that are there now, and in this placement */
	const Dual *dual;
	uint16_t *least_dislike;
	uint32_t *slots; /* [group × n_hosts + host]: pods of the group that have room there, each group alone */
	Option *options; /* n_hosts for each depth */
	Budget *budget;
	uint64_t *tried;
} Exact;

static size_t cell_of(const Exact *exact, uint32_t group, uint32_t host)
{
	return (size_t)group * exact->problem->n_hosts + host;
}

/* ---- hosts that are alike --------------------------------------------------------------------------- */

static bool is_part_alone(const Problem *problem, uint32_t topology, uint32_t host)
{
	const uint32_t *part = &problem->part[(size_t)topology * problem->n_hosts];
	for (uint32_t h = 0; h < problem->n_hosts; h++)
		if (h != host && part[h] == part[host] && part[h] != NO_PART)
			return false;
	return part[host] != NO_PART;
}

static bool are_alike(const Problem *problem, uint32_t a, uint32_t b)
{
	if (memcmp(&problem->hosts[a], &problem->hosts[b], sizeof(PlaceHost)) != 0)
		return false;
	for (uint32_t g = 0; g < problem->n_groups; g++) {
		const uint16_t *dislike = problem->dislike ? problem->dislike[g] : NULL;
		if (problem->allowed[g][a] != problem->allowed[g][b] ||
		        counts_of(problem->now, g, a) != counts_of(problem->now, g, b) ||
		        (dislike && dislike[a] != dislike[b]))
			return false;
	}
	for (uint32_t t = 0; t < problem->n_topologies; t++) {
		const uint32_t *part = &problem->part[(size_t)t * problem->n_hosts];
		if (part[a] != part[b] && !(is_part_alone(problem, t, a) && is_part_alone(problem, t, b)))
			return false;
	}
	return true;
}

static void find_classes(Exact *exact)
{
	for (uint32_t h = 0; h < exact->problem->n_hosts; h++) {
		exact->class[h] = h;
		for (uint32_t k = 0; k < h; k++)
			if (exact->class[k] == k && are_alike(exact->problem, k, h)) {
				exact->class[h] = k;
				break;
			}
	}
}

/* a < b. */
static bool are_same_now(const Exact *exact, uint32_t a, uint32_t b)
{
	if (!exact->with_classes || exact->class[a] != exact->class[b])
		return false;
	for (uint32_t g = 0; g < exact->problem->n_groups; g++) {
		if (exact->here[cell_of(exact, g, a)] != exact->here[cell_of(exact, g, b)])
			return false;
		if (exact->left[g] && exact->last[g] > a && exact->last[g] <= b)
			return false;
	}
	return true;
}

/* ---- what is still possible ---------------------------------------------------------------------------- */

/* One pod of the group keeps others of it off the host. */
static bool is_own_rival(const Exact *exact, uint32_t group, uint32_t host)
{
	const GArray *rivals = exact->facts->rivals[group];
	for (guint i = 0; rivals && i < rivals->len; i++) {
		const Rival *rival = &g_array_index(rivals, Rival, i);
		if (rival->group == group &&
		        exact->problem->part[(size_t)rival->topology * exact->problem->n_hosts + host] != NO_PART)
			return true;
	}
	return false;
}

static uint32_t slots_on(const Exact *exact, uint32_t group, uint32_t host)
{
	const Amounts *demand = &exact->problem->groups[group].demand, *use = &exact->state->use[host];
	if (host < exact->last[group] || !state_fits(exact->state, group, host, exact->room))
		return 0;
	int64_t slots = is_own_rival(exact, group, host) ? 1 : exact->left[group];
	if (exact->dual) {
		int64_t most = dual_most(exact->dual, group, host);
		slots = MIN(slots, MAX(most - (int64_t)exact->here[cell_of(exact, group, host)], 0));
	}
	for (uint32_t r = 0; r < RESOURCES; r++)
		if (demand->of[r] > 0 && exact->room[host].of[r] != AMOUNT_UNKNOWN)
			slots = MIN(slots, (exact->room[host].of[r] - use->of[r]) / demand->of[r]);
	return (uint32_t)slots;
}

/* Fills in slots and chooses the group to go on with; false where some pods can have no place any more. */
static bool find_slots(Exact *exact, uint32_t *ret_group)
{
	const Problem *problem = exact->problem;
	int64_t lost = 0;
	uint32_t fewest = UINT32_MAX;
	for (uint32_t i = 0; i < problem->n_groups; i++) {
		uint32_t g = exact->facts->by_size[i], places = 0, hosts = 0;
		if (exact->left[g] == 0)
			continue;
		for (uint32_t h = 0; h < problem->n_hosts; h++) {
			uint32_t slots = slots_on(exact, g, h);
			exact->slots[cell_of(exact, g, h)] = slots;
			places += slots;
			hosts += slots > 0;
		}
		if (places < exact->left[g])
			lost += exact->facts->weight[g] * (exact->left[g] - places);
		if (hosts < fewest) {
			fewest = hosts;
			*ret_group = g;
		}
	}
	return exact->state->unplaced + lost <= exact->limit[GOAL_UNPLACED];
}

static bool may_unplace(const Exact *exact)
{
	for (uint32_t g = 0; g < exact->problem->n_groups; g++)
		if (exact->left[g] && exact->state->unplaced + exact->facts->weight[g] <= exact->limit[GOAL_UNPLACED])
			return true;
	return false;
}

/* All that is left, in each resource, against what can be filled of each host. */
static bool fits_in_sum(const Exact *exact)
{
	const Problem *problem = exact->problem;
	__int128 wanted[RESOURCES] = {0}, room[RESOURCES] = {0};
	bool open[RESOURCES] = {false};
	for (uint32_t g = 0; g < problem->n_groups; g++)
		for (uint32_t r = 0; r < RESOURCES; r++)
			wanted[r] += (__int128)problem->groups[g].demand.of[r] * exact->left[g];
	for (uint32_t h = 0; h < problem->n_hosts; h++) {
		__int128 fill[RESOURCES] = {0};
		for (uint32_t g = 0; g < problem->n_groups; g++) {
			uint32_t slots = exact->left[g] ? exact->slots[cell_of(exact, g, h)] : 0;
			for (uint32_t r = 0; r < RESOURCES && slots; r++)
				fill[r] += (__int128)problem->groups[g].demand.of[r] * slots;
		}
		for (uint32_t r = 0; r < RESOURCES; r++) {
			if (exact->room[h].of[r] == AMOUNT_UNKNOWN)
				open[r] |= fill[r] > 0;
			else
				room[r] += MIN(fill[r], MAX(exact->room[h].of[r] - exact->state->use[h].of[r], 0));
		}
	}
	for (uint32_t r = 0; r < RESOURCES; r++)
		if (!open[r] && wanted[r] > room[r])
			return false;
	return true;
}

/* ---- moves ------------------------------------------------------------------------------------------------ */

static uint32_t homes_on(const Exact *exact, uint32_t group, uint32_t host)
{
	size_t cell = cell_of(exact, group, host);
	return exact->here[cell] < exact->now[cell] ? MIN(exact->now[cell] - exact->here[cell], exact->slots[cell]) : 0;
}

/* Fewest pods that cannot stay on the host although each of them could, times the price of the cheapest. */
static int64_t crowded_out(const Exact *exact, uint32_t host, const bool *tight)
{
	const Problem *problem = exact->problem;
	int64_t worst = 0;
	for (uint32_t r = 0; r < RESOURCES; r++) {
		__int128 use = exact->state->use[host].of[r];
		int64_t largest = 0, cheapest = INT64_MAX;
		if (exact->room[host].of[r] == AMOUNT_UNKNOWN)
			continue;
		for (uint32_t g = 0; g < problem->n_groups; g++) {
			int64_t demand = problem->groups[g].demand.of[r];
			uint32_t homes = tight[g] && demand ? homes_on(exact, g, host) : 0;
			if (homes == 0)
				continue;
			use += (__int128)demand * homes;
			largest = MAX(largest, demand);
			cheapest = MIN(cheapest, (int64_t)problem->groups[g].price);
		}
		__int128 over = use - exact->room[host].of[r];
		if (over > 0 && largest > 0)
			worst = MAX(worst, (int64_t)((over + largest - 1) / largest) * cheapest);
	}
	return worst;
}

static bool is_cheap_enough(const Exact *exact)
{
	const Problem *problem = exact->problem;
	if (!exact->limited[GOAL_MOVES])
		return true;
	int64_t price = exact->state->price, limit = exact->limit[GOAL_MOVES];
	if (price > limit)
		return false;
	g_autofree bool *tight = g_new0(bool, MAX(problem->n_groups, 1));
	for (uint32_t g = 0; g < problem->n_groups; g++) {
		uint32_t homes = 0;
		for (uint32_t h = 0; h < problem->n_hosts && exact->left[g]; h++)
			homes += homes_on(exact, g, h);
		/* A credit for pods of unknown place that is not used up yet is taken off by the price itself. */
		int64_t unknown = MAX((int64_t)problem->groups[g].count - exact->facts->known[g], 0);
		int64_t fresh = exact->state->fresh[g] + exact->left[g] - MIN(homes, exact->left[g]);
		int64_t least = problem->groups[g].price * MAX(fresh - unknown, 0);
		int64_t counted = problem->groups[g].price * MAX(exact->state->fresh[g] - unknown, 0);
		price += least - counted;
		tight[g] = exact->left[g] && homes <= exact->left[g] && fresh >= unknown;
	}
	for (uint32_t h = 0; h < problem->n_hosts && price <= limit; h++)
		price += crowded_out(exact, h, tight);
	return price <= limit;
}

static bool is_liked_enough(const Exact *exact)
{
	if (!exact->limited[GOAL_WISHES])
		return true;
	int64_t sum = exact->state->dislike;
	for (uint32_t g = 0; exact->least_dislike && g < exact->problem->n_groups; g++)
		sum += (int64_t)exact->least_dislike[g] * exact->left[g];
	return sum <= exact->limit[GOAL_WISHES];
}

/* Pods of the bond's group that nobody they talk to can be beside any more, where others may still come. */
static uint32_t count_apart(const Exact *exact, const PlaceBond *bond)
{
	const Problem *problem = exact->problem;
	uint32_t apart = 0;
	bool rest = false;
	for (uint32_t h = 0; h < problem->n_hosts; h++) {
		bool near = false;
		for (uint32_t i = 0; i < bond->n_others && !near; i++) {
			uint32_t other = bond->others[i];
			near = exact->here[cell_of(exact, other, h)] > 0 ||
			       (exact->left[other] && exact->slots[cell_of(exact, other, h)]);
		}
		apart += near ? 0 : exact->here[cell_of(exact, bond->group, h)];
		rest = rest || (near && exact->slots[cell_of(exact, bond->group, h)]);
	}
	return apart + (rest ? 0 : exact->left[bond->group]);
}

static bool is_near_enough(const Exact *exact)
{
	const Problem *problem = exact->problem;
	int64_t sum = 0;
	if (!exact->limited[GOAL_TRAFFIC])
		return true;
	/* A pod that runs nowhere talks to nobody. */
	if (exact->limit[GOAL_UNPLACED] > 0)
		return true;
	for (uint32_t b = 0; b < problem->n_bonds && sum <= exact->limit[GOAL_TRAFFIC]; b++)
		if (problem->bonds[b].traffic)
			sum += (int64_t)problem->bonds[b].weight * count_apart(exact, &problem->bonds[b]);
	return sum <= exact->limit[GOAL_TRAFFIC];
}

/* ---- the search --------------------------------------------------------------------------------------------- */

static void take_leaf(Exact *exact)
{
	const Goal *order = exact->problem->settings.order;
	if (!state_bonds_hold(exact->state, UINT32_MAX))
		return;
	for (uint32_t i = 0; i <= exact->level; i++) {
		if (order[i] == GOAL_SURVIVAL)
			budget_take(exact->budget, (uint64_t)exact->problem->n_groups * exact->problem->n_hosts);
		if (state_goal(exact->state, order[i]) > exact->limit[order[i]])
			return;
	}
	state_set(exact->best, exact->state);
	exact->found = true;
}

static int compare_options(const void *a, const void *b)
{
	const Option *left = a, *right = b;
	if (left->key != right->key)
		return left->key < right->key ? -1 : 1;
	return left->host < right->host ? -1 : 1;
}

static uint32_t find_options(const Exact *exact, uint32_t group, Option *options)
{
	const Problem *problem = exact->problem;
	uint32_t n = 0;
	for (uint32_t h = 0; h < problem->n_hosts; h++) {
		if (exact->slots[cell_of(exact, group, h)] == 0)
			continue;
		Amounts use = exact->state->use[h];
		for (uint32_t r = 0; r < RESOURCES; r++)
			use.of[r] += problem->groups[group].demand.of[r];
		bool home = exact->here[cell_of(exact, group, h)] < exact->now[cell_of(exact, group, h)];
		options[n++] = (Option){home ? -1 : place_pressure(problem, h, &use, NULL), h};
	}
	if (n > 1)
		qsort(options, n, sizeof *options, compare_options);
	return n;
}

static void search(Exact *exact);

static void search_with(Exact *exact, uint32_t group, uint32_t host)
{
	uint32_t last = exact->last[group];
	++*exact->tried;
	exact->last[group] = host;
	exact->left[group]--;
	exact->n_left--;
	state_add(exact->state, group, host);
	if (host < exact->problem->n_hosts)
		exact->here[cell_of(exact, group, host)]++;
	search(exact);
	if (host < exact->problem->n_hosts)
		exact->here[cell_of(exact, group, host)]--;
	state_remove(exact->state, group, host);
	exact->n_left++;
	exact->left[group]++;
	exact->last[group] = last;
}

static bool was_tried(const Exact *exact, const Option *options, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (options[i].host < options[n].host && are_same_now(exact, options[i].host, options[n].host))
			return true;
	return false;
}

/* As deep as there are pods, which exact_better bounds. */
static void search(Exact *exact)
{
	const Problem *problem = exact->problem;
	uint32_t group = 0;
	if (exact->n_left == 0) {
		take_leaf(exact);
		return;
	}
	if (!budget_take(exact->budget, (uint64_t)(problem->n_groups + 1) * problem->n_hosts)) {
		exact->stopped = true;
		return;
	}
	if (!find_slots(exact, &group))
		return;
	bool unplace = may_unplace(exact);
	if (!is_cheap_enough(exact) || !is_liked_enough(exact) || !is_near_enough(exact) ||
	        (!unplace && !fits_in_sum(exact)))
		return;
	Option *options = exact->options + (size_t)exact->n_left * problem->n_hosts;
	uint32_t n = find_options(exact, group, options);
	for (uint32_t i = 0; i < n && !exact->found && !exact->stopped; i++)
		if (!was_tried(exact, options, i))
			search_with(exact, group, options[i].host);
	if (!exact->found && !exact->stopped &&
	        exact->state->unplaced + exact->facts->weight[group] <= exact->limit[GOAL_UNPLACED])
		search_with(exact, group, problem->n_hosts);
}

static void set_limits(Exact *exact, int64_t below)
{
	const Problem *problem = exact->problem;
	const Goal *order = problem->settings.order;
	int64_t steps = -1;
	exact->limit[GOAL_UNPLACED] = INT64_MAX / 4;
	exact->with_classes = true;
	for (uint32_t i = 0; i <= exact->level; i++) {
		Goal goal = order[i];
		exact->limited[goal] = true;
		exact->limit[goal] = i == exact->level ? below - 1 : state_goal(exact->best, goal);
		if (goal == GOAL_PRESSURE)
			steps = exact->limit[goal];
		if (goal == GOAL_SURVIVAL)
			exact->with_classes = false;
	}
	for (uint32_t h = 0; h < problem->n_hosts; h++)
		exact->room[h] = steps < 0 ? exact->facts->room[h] : room_at(exact->facts, h, steps);
}

static void set_pods(Exact *exact)
{
	const Problem *problem = exact->problem;
	for (uint32_t g = 0; g < problem->n_groups; g++) {
		exact->left[g] = problem->groups[g].count;
		for (uint32_t i = 0; i < problem->now->n_spots[g]; i++) {
			PlaceSpot spot = problem->now->spots[g][i];
			exact->now[cell_of(exact, g, spot.host)] = spot.pods;
		}
		if (!exact->least_dislike)
			continue;
		uint16_t least = problem->dislike[g] ? UINT16_MAX : 0;
		for (uint32_t h = 0; h < problem->n_hosts && least; h++)
			if (problem->allowed[g][h])
				least = MIN(least, problem->dislike[g][h]);
		/* A pod that runs nowhere dislikes nothing. */
		exact->least_dislike[g] = exact->limit[GOAL_UNPLACED] > 0 || least == UINT16_MAX ? 0 : least;
	}
}

#define MOST_PODS 5000
#define MOST_OPTIONS 400000

static void exact_clear(Exact *exact)
{
	void *const owned[] = {exact->room, exact->left, exact->last, exact->class, exact->now, exact->here,
	        exact->slots, exact->least_dislike, exact->options};
	for (size_t i = 0; i < G_N_ELEMENTS(owned); i++)
		g_free(owned[i]);
	state_free(exact->state);
}

bool exact_better(
        State *best, uint32_t level, int64_t below, const Dual *dual, Budget *budget, bool *ret_done, uint64_t *tried)
{
	const Problem *problem = best->problem;
	size_t groups = MAX(problem->n_groups, 1), hosts = MAX(problem->n_hosts, 1);
	Exact exact = {.facts = best->facts,
	        .problem = problem,
	        .best = best,
	        .level = level,
	        .dual = dual && dual_supposes(dual, below - 1) ? dual : NULL,
	        .budget = budget,
	        .tried = tried};
	for (uint32_t g = 0; g < problem->n_groups; g++)
		exact.n_left += problem->groups[g].count;
	*ret_done = false;
	if (exact.n_left > MOST_PODS || (exact.n_left + 1) * hosts > MOST_OPTIONS)
		return false;
	exact.state = state_new(best->facts);
	exact.room = g_new0(Amounts, hosts);
	exact.left = g_new0(uint32_t, groups);
	exact.last = g_new0(uint32_t, groups);
	exact.class = g_new0(uint32_t, hosts);
	exact.now = g_new0(uint32_t, groups * hosts);
	exact.here = g_new0(uint32_t, groups * hosts);
	exact.slots = g_new0(uint32_t, groups * hosts);
	exact.least_dislike = problem->dislike ? g_new0(uint16_t, groups) : NULL;
	exact.options = g_new(Option, (exact.n_left + 1) * hosts);
	set_limits(&exact, below);
	set_pods(&exact);
	find_classes(&exact);
	search(&exact);
	*ret_done = !exact.stopped;
	exact_clear(&exact);
	return exact.found;
}
