/* An assignment that changes pod by pod, with all that the goals need kept up to date, so that a step is judged in the
 * number of resources and not of hosts. What fits and what a placement is worth is said here and nowhere else. */
#include "place/inner.h"

#include <stdlib.h>

static uint32_t level_of(int64_t steps)
{
	return (uint32_t)MIN(steps, (int64_t)MOST_LEVELS);
}

static void set_steps(State *state, uint32_t host, int64_t steps)
{
	int64_t old = state->steps[host];
	state->squares += steps * steps - old * old;
	state->hosts_at[level_of(old)]--;
	state->hosts_at[level_of(steps)]++;
	state->steps[host] = steps;
	state->top = MAX(state->top, level_of(steps));
	while (state->top && !state->hosts_at[state->top])
		state->top--;
}

static Wishes *wishes_new(uint32_t n_bonds)
{
	Wishes *wishes = g_new0(Wishes, 1);
	wishes->worth = g_new0(int64_t, MAX(n_bonds, 1));
	wishes->stale = g_new0(bool, MAX(n_bonds, 1));
	wishes->list = g_new0(uint32_t, MAX(n_bonds, 1));
	return wishes;
}

static void wishes_set(Wishes *wishes, const Wishes *from, uint32_t n_bonds)
{
	memcpy(wishes->worth, from->worth, sizeof(int64_t) * n_bonds);
	memcpy(wishes->stale, from->stale, sizeof(bool) * n_bonds);
	memcpy(wishes->list, from->list, sizeof(uint32_t) * from->n);
	wishes->sum = from->sum;
	wishes->n = from->n;
}

static void wishes_free(Wishes *wishes)
{
	g_free(wishes->worth);
	g_free(wishes->stale);
	g_free(wishes->list);
	g_free(wishes);
}

State *state_new(const Facts *facts)
{
	const Problem *problem = facts->problem;
	State *state = g_new0(State, 1);
	size_t hosts = MAX(problem->n_hosts, 1);
	state->facts = facts;
	state->problem = problem;
	state->counts = counts_new(problem->n_groups);
	state->use = g_new0(Amounts, hosts);
	state->steps = g_new0(int64_t, hosts);
	state->hosts_at = g_new0(uint32_t, MOST_LEVELS + 1);
	state->members = g_new0(uint32_t *, hosts);
	state->n_members = g_new0(uint32_t, hosts);
	state->most_members = g_new0(uint32_t, hosts);
	state->fresh = g_new0(int64_t, MAX(problem->n_groups, 1));
	state->wishes = wishes_new(problem->n_bonds);
	state->hosts_at[0] = problem->n_hosts;
	for (uint32_t h = 0; h < problem->n_hosts; h++) {
		state->use[h] = problem->hosts[h].fixed;
		set_steps(state, h, goal_steps(facts, h, &state->use[h]));
	}
	return state;
}

static void add_member(State *state, uint32_t host, uint32_t group)
{
	uint32_t *n = &state->n_members[host], *most = &state->most_members[host];
	if (*n == *most) {
		*most = *most * 2 + 4;
		state->members[host] = g_renew(uint32_t, state->members[host], *most);
	}
	state->members[host][(*n)++] = group;
}

static void remove_member(State *state, uint32_t host, uint32_t group)
{
	uint32_t *members = state->members[host], *n = &state->n_members[host], i = 0;
	while (members[i] != group)
		i++;
	members[i] = members[--*n];
}

void state_set(State *state, const State *from)
{
	const Problem *problem = state->problem;
	counts_set(state->counts, from->counts);
	memcpy(state->use, from->use, sizeof(Amounts) * problem->n_hosts);
	memcpy(state->steps, from->steps, sizeof(int64_t) * problem->n_hosts);
	memcpy(state->hosts_at, from->hosts_at, sizeof(uint32_t) * (MOST_LEVELS + 1));
	memcpy(state->fresh, from->fresh, sizeof(int64_t) * problem->n_groups);
	for (uint32_t h = 0; h < problem->n_hosts; h++) {
		state->n_members[h] = 0;
		for (uint32_t i = 0; i < from->n_members[h]; i++)
			add_member(state, h, from->members[h][i]);
	}
	wishes_set(state->wishes, from->wishes, problem->n_bonds);
	state->top = from->top;
	state->squares = from->squares;
	state->unplaced = from->unplaced;
	state->dislike = from->dislike;
	state->price = from->price;
	state->turn = from->turn;
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
	for (uint32_t h = 0; h < state->problem->n_hosts; h++)
		g_free(state->members[h]);
	void *const owned[] = {state->use, state->steps, state->hosts_at, state->members, state->n_members,
	        state->most_members, state->fresh};
	for (size_t i = 0; i < G_N_ELEMENTS(owned); i++)
		g_free(owned[i]);
	wishes_free(state->wishes);
	counts_free(state->counts);
	g_free(state);
}

static int compare_rank_of(const void *a, const void *b, void *data)
{
	const uint32_t *rank = data, left = rank[*(const uint32_t *)a], right = rank[*(const uint32_t *)b];
	return left < right ? -1 : left > right;
}

uint32_t *state_groups(const State *state, uint32_t host, uint32_t *ret_n)
{
	const Problem *problem = state->problem;
	bool nowhere = host == problem->n_hosts;
	uint32_t n = nowhere ? problem->n_groups : state->n_members[host], kept = 0;
	uint32_t *groups = g_new(uint32_t, MAX(n, 1));
	for (uint32_t i = 0; i < n; i++) {
		uint32_t group = nowhere ? state->facts->by_size[i] : state->members[host][i];
		if (!nowhere || state->counts->nowhere[group])
			groups[kept++] = group;
	}
	if (!nowhere && kept > 1)
		g_qsort_with_data(groups, (gint)kept, sizeof *groups, compare_rank_of, state->facts->rank);
	*ret_n = kept;
	return groups;
}

static void change_use(State *state, uint32_t group, uint32_t host, int64_t sign)
{
	const Amounts *demand = &state->problem->groups[group].demand;
	for (uint32_t r = 0; r < RESOURCES; r++)
		state->use[host].of[r] += sign * demand->of[r];
	set_steps(state, host, goal_steps(state->facts, host, &state->use[host]));
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

static uint16_t dislike_of(const Problem *problem, uint32_t group, uint32_t host)
{
	return problem->dislike && problem->dislike[group] ? problem->dislike[group][host] : 0;
}

/* Preferred bonds that the group's pods count in. */
static void set_stale(const State *state, uint32_t group)
{
	const GArray *rules = state->facts->rules[group];
	Wishes *wishes = state->wishes;
	for (guint i = 0; rules && i < rules->len; i++) {
		uint32_t bond = g_array_index(rules, uint32_t, i);
		if (state->problem->bonds[bond].weight == 0 || wishes->stale[bond])
			continue;
		wishes->stale[bond] = true;
		wishes->list[wishes->n++] = bond;
	}
}

void state_add(State *state, uint32_t group, uint32_t host)
{
	if (host == state->problem->n_hosts) {
		state->unplaced += state->facts->weight[group];
		state->counts->nowhere[group]++;
		change_price(state, group, 1);
		return;
	}
	if (!is_home(state, group, host))
		change_price(state, group, 1);
	state->dislike += dislike_of(state->problem, group, host);
	change_use(state, group, host, 1);
	counts_change(state->counts, group, host, 1);
	set_stale(state, group);
	if (counts_of(state->counts, group, host) == 1)
		add_member(state, host, group);
}

void state_remove(State *state, uint32_t group, uint32_t host)
{
	if (host == state->problem->n_hosts) {
		state->unplaced -= state->facts->weight[group];
		state->counts->nowhere[group]--;
		change_price(state, group, -1);
		return;
	}
	counts_change(state->counts, group, host, -1);
	set_stale(state, group);
	if (counts_of(state->counts, group, host) == 0)
		remove_member(state, host, group);
	if (!is_home(state, group, host))
		change_price(state, group, -1);
	state->dislike -= dislike_of(state->problem, group, host);
	change_use(state, group, host, -1);
}

/* ---- bonds --------------------------------------------------------------------------------------- */

static uint32_t part_of(const Problem *problem, uint32_t topology, uint32_t host)
{
	return problem->part[(size_t)topology * problem->n_hosts + host];
}

static uint32_t count_in_part(const State *state, uint32_t group, uint32_t topology, uint32_t part)
{
	const PlaceSpot *spots = state->counts->spots[group];
	uint32_t count = 0;
	for (uint32_t i = 0; i < state->counts->n_spots[group]; i++)
		if (part_of(state->problem, topology, spots[i].host) == part)
			count += spots[i].pods;
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
		if (part == NO_PART || !problem->allowed[bond->group][h])
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
	for (uint32_t k = 0; k < state->counts->n_spots[bond->group]; k++) {
		const PlaceSpot *spot = &state->counts->spots[bond->group][k];
		uint32_t count = spot->pods, part = part_of(problem, bond->topology, spot->host);
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
	bool all = group == UINT32_MAX;
	for (uint32_t g = all ? 0 : group; g < (all ? state->problem->n_groups : group + 1); g++) {
		for (guint i = 0; facts->rules[g] && i < facts->rules[g]->len; i++) {
			const PlaceBond *bond = &state->problem->bonds[g_array_index(facts->rules[g], uint32_t, i)];
			if (bond->weight == 0 && count_broken(state, bond))
				return false;
		}
	}
	return true;
}

bool state_has_room(const State *state, uint32_t group, uint32_t host, uint32_t without, const Amounts *room)
{
	static const Amounts nothing = {{0}};
	const PlaceGroup *groups = state->problem->groups;
	const Amounts *demand = &groups[group].demand, *use = &state->use[host];
	const Amounts *gone = without == UINT32_MAX ? &nothing : &groups[without].demand;
	if (!state->problem->allowed[group][host])
		return false;
	const Amounts *limit = room ? &room[host] : &state->facts->room[host];
	for (uint32_t r = 0; r < RESOURCES; r++)
		if (demand->of[r] && limit->of[r] != AMOUNT_UNKNOWN &&
		        use->of[r] - gone->of[r] + demand->of[r] > limit->of[r])
			return false;
	return true;
}

bool state_fits(const State *state, uint32_t group, uint32_t host, const Amounts *room)
{
	return state_has_room(state, group, host, UINT32_MAX, room) && !has_rival(state, group, host);
}

/* ---- goals --------------------------------------------------------------------------------------- */

int64_t state_unplaced(const State *state)
{
	return state->unplaced;
}

int64_t state_pressure(const State *state)
{
	int64_t worst = MAX(enough_steps(state->problem), (int64_t)state->top);
	for (uint32_t h = 0; h < state->problem->n_hosts && state->top == MOST_LEVELS; h++)
		worst = MAX(worst, state->steps[h]);
	return worst;
}

int64_t state_wishes(const State *state)
{
	const PlaceBond *bonds = state->problem->bonds;
	Wishes *wishes = state->wishes;
	while (wishes->n) {
		uint32_t bond = wishes->list[--wishes->n];
		int64_t worth = (int64_t)bonds[bond].weight * count_broken(state, &bonds[bond]);
		wishes->sum += worth - wishes->worth[bond];
		wishes->worth[bond] = worth;
		wishes->stale[bond] = false;
	}
	return state->dislike + wishes->sum;
}

int64_t state_traffic(const State *state)
{
	const Problem *problem = state->problem;
	int64_t sum = 0;
	for (uint32_t b = 0; b < problem->n_bonds; b++)
		if (problem->bonds[b].traffic)
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
	case GOAL_TRAFFIC:
		return state_traffic(state);
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
bool place_score(const Problem *problem, const PlaceCounts *counts, Score *ret_score)
{
	g_autoptr(Facts) facts = facts_new(problem);
	g_autoptr(State) state = state_new(facts);
	bool right = true;
	for (uint32_t g = 0; g < problem->n_groups; g++) {
		uint32_t all = counts->nowhere[g];
		for (uint32_t k = 0; k < counts->nowhere[g]; k++)
			state_add(state, g, problem->n_hosts);
		for (uint32_t i = 0; i < counts->n_spots[g]; i++) {
			const PlaceSpot *spot = &counts->spots[g][i];
			all += spot->pods;
			for (uint32_t k = 0; k < spot->pods; k++) {
				right = right && state_fits(state, g, spot->host, NULL);
				state_add(state, g, spot->host);
			}
		}
		right = right && all == problem->groups[g].count;
	}
	right = right && state_bonds_hold(state, UINT32_MAX);
	*ret_score = state_score(state);
	return right;
}
