/* What a problem means: what fits, what a placement is worth. Everything else in this folder asks here.
 *
 * SURVIVAL: a host is lost, its pods are put on the others one after the other, the highest priority and then the
 * largest first, each on the host that it presses least; what finds no room stays down. Kubernetes does much the same.
 * Rules of even spread and of company are not asked then: what they mean with a node gone is left to the scheduler.
 */
#include "place/inner.h"

#include <stdlib.h>

const char *resource_word(Resource resource)
{
	static const char *const words[] = {"cpu", "memory", "ephemeral-storage", "storage", "pods", "gpu"};
	return words[resource];
}

const char *goal_word(Goal goal)
{
	static const char *const words[] = {"unplaced", "pressure", "survival", "wishes", "moves"};
	return words[goal];
}

/* ---- pressure ------------------------------------------------------------------------------------ */

static int64_t ceil_divide(__int128 a, __int128 b)
{
	return (int64_t)((a + b - 1) / b);
}

/* A host without capacity that is used all the same is as full as can be said. */
#define MOST_STEPS INT64_C(100000)

int64_t place_pressure(const Problem *problem, uint32_t host, const Amounts *use, Resource *ret_resource)
{
	int64_t worst = 0;
	for (uint32_t r = 0; r < PRESSING; r++) {
		int64_t capacity = problem->hosts[host].capacity.of[r], steps = 0;
		if (capacity == AMOUNT_UNKNOWN || use->of[r] == 0)
			continue;
		if (capacity > 0)
			steps = ceil_divide((__int128)use->of[r] * 100, (__int128)capacity * problem->settings.step);
		if (capacity == 0 || steps > MOST_STEPS)
			steps = MOST_STEPS;
		if (steps > worst && ret_resource)
			*ret_resource = (Resource)r;
		worst = MAX(worst, steps);
	}
	return worst;
}

static bool is_within(const Amounts *use, const Amounts *room)
{
	for (uint32_t r = 0; r < RESOURCES; r++)
		if (room->of[r] != AMOUNT_UNKNOWN && use->of[r] > room->of[r])
			return false;
	return true;
}

static int64_t enough_steps(const Problem *problem)
{
	return problem->settings.enough / problem->settings.step;
}

/* As the goal counts it: nothing where a host holds no more than it must. */
static int64_t goal_steps(const Facts *facts, uint32_t host, const Amounts *use)
{
	if (is_within(use, &facts->floor[host]))
		return 0;
	return place_pressure(facts->problem, host, use, NULL);
}

Amounts room_at(const Facts *facts, uint32_t host, int64_t steps)
{
	const Problem *problem = facts->problem;
	Amounts room = facts->room[host];
	for (uint32_t r = 0; r < PRESSING; r++) {
		int64_t capacity = problem->hosts[host].capacity.of[r];
		if (capacity == AMOUNT_UNKNOWN)
			continue;
		__int128 share = (__int128)capacity * steps * problem->settings.step / 100;
		room.of[r] = MIN(room.of[r], MAX((int64_t)MIN(share, INT64_MAX / 4), facts->floor[host].of[r]));
	}
	return room;
}

Amounts place_use(const Problem *problem, const uint16_t *count, uint32_t host)
{
	Amounts use = problem->hosts[host].fixed;
	for (uint32_t g = 0; g < problem->n_groups; g++)
		for (uint32_t r = 0; r < RESOURCES; r++)
			use.of[r] += problem->groups[g].demand.of[r] * count[(size_t)g * (problem->n_hosts + 1) + host];
	return use;
}

/* ---- facts --------------------------------------------------------------------------------------- */

static void find_choices(Facts *facts)
{
	const Problem *problem = facts->problem;
	for (uint32_t g = 0; g < problem->n_groups; g++)
		for (uint32_t h = 0; h < problem->n_hosts; h++) {
			facts->choices[g] += problem->allowed[(size_t)g * problem->n_hosts + h];
			facts->known[g] += problem->now[(size_t)g * problem->n_hosts + h];
		}
}

/* What must be on a host is never too much for it beyond what Kubernetes would admit: a peak that was measured there
 * shows that it runs. */
static void find_floors(Facts *facts)
{
	const Problem *problem = facts->problem;
	for (uint32_t h = 0; h < problem->n_hosts; h++) {
		facts->floor[h] = problem->hosts[h].fixed;
		facts->room[h] = problem->hosts[h].capacity;
		for (uint32_t r = 0; r < RESOURCES; r++)
			if (facts->room[h].of[r] != AMOUNT_UNKNOWN)
				facts->room[h].of[r] = MAX(facts->room[h].of[r], problem->hosts[h].fixed.of[r]);
	}
	for (uint32_t g = 0; g < problem->n_groups; g++) {
		const PlaceGroup *group = &problem->groups[g];
		if (facts->choices[g] != 1)
			continue;
		uint32_t h = 0;
		while (!problem->allowed[(size_t)g * problem->n_hosts + h])
			h++;
		for (uint32_t r = 0; r < RESOURCES; r++) {
			int64_t over = MAX(group->demand.of[r] - group->request.of[r], 0);
			facts->floor[h].of[r] += group->demand.of[r] * group->count;
			if (facts->room[h].of[r] != AMOUNT_UNKNOWN)
				facts->room[h].of[r] += over * group->count;
		}
	}
	/* Beyond the capacity only the floor may go, and other pods must not use what was let pass for it. */
	for (uint32_t h = 0; h < problem->n_hosts; h++)
		for (uint32_t r = 0; r < RESOURCES; r++)
			if (facts->room[h].of[r] != AMOUNT_UNKNOWN)
				facts->room[h].of[r] = MAX(problem->hosts[h].capacity.of[r],
				        MIN(facts->room[h].of[r], facts->floor[h].of[r]));
}

/* Among equals what runs counts more than what does not: Kubernetes would not stop it either. */
static int compare_rank(const Facts *facts, uint32_t a, uint32_t b)
{
	const PlaceGroup *groups = facts->problem->groups;
	if (groups[a].priority != groups[b].priority)
		return groups[a].priority < groups[b].priority ? -1 : 1;
	return (facts->known[a] > 0) - (facts->known[b] > 0);
}

static int compare_ranks(const void *a, const void *b, void *data)
{
	return compare_rank(data, *(const uint32_t *)a, *(const uint32_t *)b);
}

/* One pod of a rank weighs more than all of lower ones; beyond what 60 bits hold the highest are taken as one. */
static void find_weights(Facts *facts)
{
	const Problem *problem = facts->problem;
	g_autofree uint32_t *order = g_new(uint32_t, MAX(problem->n_groups, 1));
	for (uint32_t g = 0; g < problem->n_groups; g++)
		order[g] = g;
	g_qsort_with_data(order, (gint)problem->n_groups, sizeof *order, compare_ranks, facts);
	int64_t weight = 1, below = 0;
	for (uint32_t i = 0; i < problem->n_groups; i++) {
		const PlaceGroup *group = &problem->groups[order[i]];
		bool higher = i && compare_rank(facts, order[i], order[i - 1]) > 0;
		if (higher && below < ((int64_t)1 << 44))
			weight = below + 1;
		facts->weight[order[i]] = weight;
		below += weight * group->count;
	}
}

static void find_sizes(Facts *facts)
{
	const Problem *problem = facts->problem;
	__int128 total[RESOURCES] = {0};
	for (uint32_t h = 0; h < problem->n_hosts; h++)
		for (uint32_t r = 0; r < RESOURCES; r++)
			total[r] += MAX(problem->hosts[h].capacity.of[r], 0);
	for (uint32_t g = 0; g < problem->n_groups; g++)
		for (uint32_t r = 0; r < RESOURCES; r++) {
			if (total[r] == 0 || r == RESOURCE_PODS)
				continue;
			__int128 share =
			        ((__int128)problem->groups[g].demand.of[r] << 20) * problem->n_hosts / total[r];
			facts->size[g] = MAX(facts->size[g], (int64_t)MIN(share, (__int128)1 << 40));
		}
}

static int compare_size(const void *a, const void *b, void *data)
{
	const Facts *facts = data;
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	const PlaceGroup *groups = facts->problem->groups;
	if (groups[left].priority != groups[right].priority)
		return groups[left].priority > groups[right].priority ? -1 : 1;
	if (facts->size[left] != facts->size[right])
		return facts->size[left] > facts->size[right] ? -1 : 1;
	return left < right ? -1 : 1;
}

static void add_rival(Facts *facts, uint32_t group, uint32_t other, uint32_t topology)
{
	if (!facts->rivals[group])
		facts->rivals[group] = g_array_new(FALSE, FALSE, sizeof(Rival));
	Rival rival = {other, topology};
	for (guint i = 0; i < facts->rivals[group]->len; i++) {
		const Rival *known = &g_array_index(facts->rivals[group], Rival, i);
		if (known->group == other && known->topology == topology)
			return;
	}
	g_array_append_val(facts->rivals[group], rival);
}

static void add_rule(Facts *facts, uint32_t group, uint32_t bond)
{
	if (!facts->rules[group])
		facts->rules[group] = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	for (guint i = 0; i < facts->rules[group]->len; i++)
		if (g_array_index(facts->rules[group], uint32_t, i) == bond)
			return;
	g_array_append_val(facts->rules[group], bond);
}

static void find_bonds(Facts *facts)
{
	const Problem *problem = facts->problem;
	for (uint32_t b = 0; b < problem->n_bonds; b++) {
		const PlaceBond *bond = &problem->bonds[b];
		bool rival = bond->kind == BOND_APART && bond->weight == 0;
		if (!rival)
			add_rule(facts, bond->group, b);
		for (uint32_t i = 0; i < bond->n_others; i++) {
			if (rival) {
				add_rival(facts, bond->group, bond->others[i], bond->topology);
				add_rival(facts, bond->others[i], bond->group, bond->topology);
			} else {
				add_rule(facts, bond->others[i], b);
			}
		}
	}
}

Facts *facts_new(const Problem *problem)
{
	Facts *facts = g_new0(Facts, 1);
	size_t groups = MAX(problem->n_groups, 1), hosts = MAX(problem->n_hosts, 1);
	facts->problem = problem;
	facts->columns = problem->n_hosts + 1;
	facts->floor = g_new0(Amounts, hosts);
	facts->room = g_new0(Amounts, hosts);
	facts->weight = g_new0(int64_t, groups);
	facts->choices = g_new0(uint32_t, groups);
	facts->known = g_new0(int64_t, groups);
	facts->rivals = g_new0(GArray *, groups);
	facts->rules = g_new0(GArray *, groups);
	facts->size = g_new0(int64_t, groups);
	facts->by_size = g_new0(uint32_t, groups);
	find_choices(facts);
	find_floors(facts);
	find_weights(facts);
	find_sizes(facts);
	find_bonds(facts);
	for (uint32_t g = 0; g < problem->n_groups; g++)
		facts->by_size[g] = g;
	g_qsort_with_data(facts->by_size, (gint)problem->n_groups, sizeof(uint32_t), compare_size, facts);
	return facts;
}

void facts_free(Facts *facts)
{
	if (!facts)
		return;
	for (uint32_t g = 0; g < facts->problem->n_groups; g++) {
		if (facts->rivals[g])
			g_array_unref(facts->rivals[g]);
		if (facts->rules[g])
			g_array_unref(facts->rules[g]);
	}
	g_free(facts->floor);
	g_free(facts->room);
	g_free(facts->weight);
	g_free(facts->choices);
	g_free(facts->known);
	g_free(facts->rivals);
	g_free(facts->rules);
	g_free(facts->size);
	g_free(facts->by_size);
	g_free(facts);
}

/* ---- states -------------------------------------------------------------------------------------- */

State *state_new(const Facts *facts)
{
	const Problem *problem = facts->problem;
	State *state = g_new0(State, 1);
	state->facts = facts;
	state->problem = problem;
	state->count = g_new0(uint16_t, (size_t)MAX(problem->n_groups, 1) * facts->columns);
	state->use = g_new0(Amounts, MAX(problem->n_hosts, 1));
	state->steps = g_new0(int64_t, MAX(problem->n_hosts, 1));
	state->fresh = g_new0(int64_t, MAX(problem->n_groups, 1));
	for (uint32_t h = 0; h < problem->n_hosts; h++) {
		state->use[h] = problem->hosts[h].fixed;
		state->steps[h] = goal_steps(facts, h, &state->use[h]);
	}
	return state;
}

void state_set(State *state, const State *from)
{
	const Problem *problem = state->problem;
	memcpy(state->count, from->count, sizeof(uint16_t) * problem->n_groups * state->facts->columns);
	memcpy(state->use, from->use, sizeof(Amounts) * problem->n_hosts);
	memcpy(state->steps, from->steps, sizeof(int64_t) * problem->n_hosts);
	memcpy(state->fresh, from->fresh, sizeof(int64_t) * problem->n_groups);
	state->unplaced = from->unplaced;
	state->dislike = from->dislike;
	state->price = from->price;
}

State *state_copy(const State *state)
{
	State *copy = state_new(state->facts);
	state_set(copy, state);
	return copy;
}

void state_free(State *state)
{
	if (!state)
		return;
	g_free(state->count);
	g_free(state->use);
	g_free(state->steps);
	g_free(state->fresh);
	g_free(state);
}

static void change_use(State *state, uint32_t group, uint32_t host, int64_t sign)
{
	const Amounts *demand = &state->problem->groups[group].demand;
	for (uint32_t r = 0; r < RESOURCES; r++)
		state->use[host].of[r] += sign * demand->of[r];
	state->steps[host] = goal_steps(state->facts, host, &state->use[host]);
}

/* A pod that leaves its host costs as much whether it finds another or none. Of a group's pods that are where none was,
 * those of which nobody knows where they are come for nothing. */
static int64_t price_of(const State *state, uint32_t group)
{
	const PlaceGroup *of = &state->problem->groups[group];
	int64_t unknown = MAX((int64_t)of->count - state->facts->known[group], 0);
	return of->price * MAX(state->fresh[group] - unknown, 0);
}

static void change_price(State *state, uint32_t group, int64_t sign)
{
	state->price -= price_of(state, group);
	state->fresh[group] += sign;
	state->price += price_of(state, group);
}

void state_add(State *state, uint32_t group, uint32_t host)
{
	const Problem *problem = state->problem;
	if (host == problem->n_hosts) {
		state->unplaced += state->facts->weight[group];
		change_price(state, group, 1);
	} else {
		if (!is_home(state, group, host))
			change_price(state, group, 1);
		if (problem->dislike)
			state->dislike += problem->dislike[(size_t)group * problem->n_hosts + host];
		change_use(state, group, host, 1);
	}
	++*state_count(state, group, host);
}

void state_remove(State *state, uint32_t group, uint32_t host)
{
	const Problem *problem = state->problem;
	--*state_count(state, group, host);
	if (host == problem->n_hosts) {
		state->unplaced -= state->facts->weight[group];
		change_price(state, group, -1);
		return;
	}
	if (!is_home(state, group, host))
		change_price(state, group, -1);
	if (problem->dislike)
		state->dislike -= problem->dislike[(size_t)group * problem->n_hosts + host];
	change_use(state, group, host, -1);
}

/* ---- bonds --------------------------------------------------------------------------------------- */

static uint32_t part_of(const Problem *problem, uint32_t topology, uint32_t host)
{
	return problem->part[(size_t)topology * problem->n_hosts + host];
}

static uint32_t count_in_part(const State *state, uint32_t group, uint32_t topology, uint32_t part)
{
	uint32_t count = 0;
	for (uint32_t h = 0; h < state->problem->n_hosts; h++)
		if (part_of(state->problem, topology, h) == part)
			count += *state_count(state, group, h);
	return count;
}

static uint32_t count_others(const State *state, const PlaceBond *bond, uint32_t part)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < bond->n_others; i++)
		count += count_in_part(state, bond->others[i], bond->topology, part);
	return count;
}

static bool has_rival(const State *state, uint32_t group, uint32_t host)
{
	const GArray *rivals = state->facts->rivals[group];
	for (guint i = 0; rivals && i < rivals->len; i++) {
		const Rival *rival = &g_array_index(rivals, Rival, i);
		uint32_t part = part_of(state->problem, rival->topology, host);
		if (part != NO_PART && count_in_part(state, rival->group, rival->topology, part))
			return true;
	}
	return false;
}

/* Fewest and most pods in the parts that the group of an even bond may run in. */
static void count_range(const State *state, const PlaceBond *bond, uint32_t *ret_least, uint32_t *ret_most)
{
	const Problem *problem = state->problem;
	*ret_least = UINT32_MAX;
	*ret_most = 0;
	for (uint32_t h = 0; h < problem->n_hosts; h++) {
		uint32_t part = part_of(problem, bond->topology, h);
		if (part == NO_PART || !problem->allowed[(size_t)bond->group * problem->n_hosts + h])
			continue;
		uint32_t count = count_others(state, bond, part);
		*ret_least = MIN(*ret_least, count);
		*ret_most = MAX(*ret_most, count);
	}
	if (*ret_least == UINT32_MAX)
		*ret_least = 0;
}

/* How many pods of the bond's group break it. */
static uint32_t count_broken(const State *state, const PlaceBond *bond)
{
	const Problem *problem = state->problem;
	uint32_t broken = 0, least, most;
	if (bond->kind == BOND_EVEN) {
		count_range(state, bond, &least, &most);
		return most > least + bond->skew ? most - least - bond->skew : 0;
	}
	for (uint32_t h = 0; h < problem->n_hosts; h++) {
		uint32_t count = *state_count(state, bond->group, h), part = part_of(problem, bond->topology, h);
		if (count == 0)
			continue;
		uint32_t others = part == NO_PART ? 0 : count_others(state, bond, part);
		bool itself = false;
		for (uint32_t i = 0; i < bond->n_others; i++)
			itself |= bond->others[i] == bond->group;
		if (bond->kind == BOND_APART)
			broken += others > (itself ? 1 : 0) ? count : 0;
		else
			broken += others ? 0 : count;
	}
	return broken;
}

bool state_bonds_hold(const State *state, uint32_t group)
{
	const Facts *facts = state->facts;
	for (uint32_t g = 0; g < state->problem->n_groups; g++) {
		if (group != UINT32_MAX && g != group)
			continue;
		for (guint i = 0; facts->rules[g] && i < facts->rules[g]->len; i++) {
			const PlaceBond *bond = &state->problem->bonds[g_array_index(facts->rules[g], uint32_t, i)];
			if (bond->weight == 0 && count_broken(state, bond))
				return false;
		}
	}
	return true;
}

bool state_fits(const State *state, uint32_t group, uint32_t host, const Amounts *room)
{
	const Problem *problem = state->problem;
	const Amounts *demand = &problem->groups[group].demand, *use = &state->use[host];
	if (!problem->allowed[(size_t)group * problem->n_hosts + host])
		return false;
	const Amounts *limit = room ? &room[host] : &state->facts->room[host];
	for (uint32_t r = 0; r < RESOURCES; r++)
		if (demand->of[r] && limit->of[r] != AMOUNT_UNKNOWN && use->of[r] + demand->of[r] > limit->of[r])
			return false;
	return !has_rival(state, group, host);
}

/* ---- goals --------------------------------------------------------------------------------------- */

int64_t state_unplaced(const State *state)
{
	return state->unplaced;
}

int64_t state_pressure(const State *state)
{
	int64_t worst = enough_steps(state->problem);
	for (uint32_t h = 0; h < state->problem->n_hosts; h++)
		worst = MAX(worst, state->steps[h]);
	return worst;
}

/* The host that a pod of a lost one goes to, or n_hosts. */
static uint32_t next_home(const State *state, uint32_t group, uint32_t lost)
{
	const Problem *problem = state->problem;
	uint32_t best = problem->n_hosts;
	int64_t least = INT64_MAX;
	for (uint32_t h = 0; h < problem->n_hosts; h++) {
		if (h == lost || !state_fits(state, group, h, NULL))
			continue;
		Amounts use = state->use[h];
		for (uint32_t r = 0; r < RESOURCES; r++)
			use.of[r] += problem->groups[group].demand.of[r];
		int64_t steps = place_pressure(problem, h, &use, NULL);
		if (steps < least) {
			least = steps;
			best = h;
		}
	}
	return best;
}

/* Weight of what stays down when a host is lost. The state is as it was afterwards. */
static int64_t lose_host(State *state, uint32_t lost)
{
	const Problem *problem = state->problem;
	const Facts *facts = state->facts;
	uint32_t moved = 0;
	int64_t down = 0;
	g_autoptr(GArray) put = g_array_new(FALSE, FALSE, sizeof(uint32_t[2]));
	g_autofree uint16_t *held = g_new(uint16_t, MAX(problem->n_groups, 1));
	for (uint32_t g = 0; g < problem->n_groups; g++) {
		held[g] = *state_count(state, g, lost);
		*state_count(state, g, lost) = 0;
	}
	for (uint32_t i = 0; i < problem->n_groups; i++) {
		uint32_t g = facts->by_size[i];
		for (uint32_t k = 0; k < held[g] && facts->choices[g] > 1; k++) {
			uint32_t home = next_home(state, g, lost);
			if (home == problem->n_hosts) {
				down += facts->weight[g] * (held[g] - k);
				break;
			}
			state_add(state, g, home);
			uint32_t pair[2] = {g, home};
			g_array_append_val(put, pair);
			moved++;
		}
	}
	for (uint32_t i = 0; i < moved; i++) {
		const uint32_t *pair = (const uint32_t *)(void *)put->data + (size_t)2 * i;
		state_remove(state, pair[0], pair[1]);
	}
	for (uint32_t g = 0; g < problem->n_groups; g++)
		*state_count(state, g, lost) = held[g];
	return down;
}

int64_t state_survival(const State *state)
{
	State *changed = (State *)state; /* and changed back */
	int64_t sum = 0;
	for (uint32_t h = 0; h < state->problem->n_hosts; h++)
		sum += lose_host(changed, h);
	return sum;
}

int64_t state_wishes(const State *state)
{
	const Problem *problem = state->problem;
	int64_t sum = state->dislike;
	for (uint32_t b = 0; b < problem->n_bonds; b++)
		if (problem->bonds[b].weight)
			sum += (int64_t)problem->bonds[b].weight * count_broken(state, &problem->bonds[b]);
	return sum;
}

int64_t state_moves(const State *state)
{
	return state->price;
}

int64_t state_goal(const State *state, Goal goal)
{
	switch (goal) {
	case GOAL_UNPLACED:
		return state_unplaced(state);
	case GOAL_PRESSURE:
		return state_pressure(state);
	case GOAL_SURVIVAL:
		return state_survival(state);
	case GOAL_WISHES:
		return state_wishes(state);
	default:
		return state_moves(state);
	}
}

Score state_score(const State *state)
{
	Score score;
	for (uint32_t goal = 0; goal < GOALS; goal++)
		score.at[goal] = state_goal(state, (Goal)goal);
	return score;
}

/* Rivals are looked for pod by pod, so the assignment is built up again. */
bool place_score(const Problem *problem, const uint16_t *count, Score *ret_score)
{
	g_autoptr(Facts) facts = facts_new(problem);
	g_autoptr(State) state = state_new(facts);
	bool right = true;
	for (uint32_t g = 0; g < problem->n_groups; g++) {
		uint32_t all = 0;
		for (uint32_t h = 0; h <= problem->n_hosts; h++) {
			uint16_t here = count[(size_t)g * facts->columns + h];
			all += here;
			for (uint16_t k = 0; k < here; k++) {
				right = right && (h == problem->n_hosts || state_fits(state, g, h, NULL));
				state_add(state, g, h);
			}
		}
		right = right && all == problem->groups[g].count;
	}
	right = right && state_bonds_hold(state, UINT32_MAX);
	*ret_score = state_score(state);
	return right;
}
