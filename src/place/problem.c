/* What a problem means: pressure, what must be where, which pods count more than others, who binds whom. */
#include "place/inner.h"

#include <stdlib.h>

const char *resource_word(Resource resource)
{
	static const char *const words[] = {"cpu", "memory", "ephemeral-storage", "storage", "pods", "gpu"};
	return words[resource];
}

const char *goal_word(Goal goal)
{
	static const char *const words[] = {"unplaced", "pressure", "survival", "wishes", "moves", "traffic"};
	return words[goal];
}

/* ---- pressure ------------------------------------------------------------------------------------ */

/* use × 100 / (capacity × step), rounded up; what is large enough takes wide numbers. */
static int64_t steps_of(int64_t use, int64_t capacity, uint32_t step)
{
	if (use < INT64_MAX / 200 && capacity < INT64_MAX / 200) {
		int64_t whole = capacity * step;
		return (use * 100 + whole - 1) / whole;
	}
	__int128 whole = (__int128)capacity * step, steps = ((__int128)use * 100 + whole - 1) / whole;
	return (int64_t)MIN(steps, INT64_MAX);
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
			steps = steps_of(use->of[r], capacity, problem->settings.step);
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

int64_t enough_steps(const Problem *problem)
{
	return problem->settings.enough / problem->settings.step;
}

/* As the goal counts it: nothing where a host holds no more than it must. */
int64_t goal_steps(const Facts *facts, uint32_t host, const Amounts *use)
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

Amounts *place_use(const Problem *problem, const PlaceCounts *counts)
{
	Amounts *use = g_new(Amounts, MAX(problem->n_hosts, 1));
	for (uint32_t h = 0; h < problem->n_hosts; h++)
		use[h] = problem->hosts[h].fixed;
	for (uint32_t g = 0; g < problem->n_groups; g++)
		for (uint32_t i = 0; i < counts->n_spots[g]; i++)
			for (uint32_t r = 0; r < RESOURCES; r++)
				use[counts->spots[g][i].host].of[r] +=
				        problem->groups[g].demand.of[r] * counts->spots[g][i].pods;
	return use;
}

/* ---- facts --------------------------------------------------------------------------------------- */

static void find_choices(Facts *facts)
{
	const Problem *problem = facts->problem;
	for (uint32_t g = 0; g < problem->n_groups; g++) {
		/* The row of the group before is very often the same. */
		if (g && problem->allowed[g] == problem->allowed[g - 1])
			facts->choices[g] = facts->choices[g - 1];
		else
			for (uint32_t h = 0; h < problem->n_hosts; h++)
				facts->choices[g] += problem->allowed[g][h];
	}
}

static void find_runs(Facts *facts)
{
	const PlaceCounts *now = facts->problem->now;
	for (uint32_t g = 0; g < facts->problem->n_groups; g++)
		for (uint32_t i = 0; i < now->n_spots[g]; i++) {
			GArray **runs = &facts->runs[now->spots[g][i].host];
			Run run = {g, now->spots[g][i].pods};
			if (!*runs)
				*runs = g_array_new(FALSE, FALSE, sizeof(Run));
			g_array_append_val(*runs, run);
			facts->known[g] += run.pods;
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
		while (!problem->allowed[g][h])
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
		if (bond->traffic)
			continue;
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
	facts->floor = g_new0(Amounts, hosts);
	facts->room = g_new0(Amounts, hosts);
	facts->weight = g_new0(int64_t, groups);
	facts->choices = g_new0(uint32_t, groups);
	facts->known = g_new0(int64_t, groups);
	facts->rivals = g_new0(GArray *, groups);
	facts->rules = g_new0(GArray *, groups);
	facts->size = g_new0(int64_t, groups);
	facts->by_size = g_new0(uint32_t, groups);
	facts->rank = g_new0(uint32_t, groups);
	facts->runs = g_new0(GArray *, hosts);
	find_choices(facts);
	find_runs(facts);
	find_floors(facts);
	find_weights(facts);
	find_sizes(facts);
	find_bonds(facts);
	for (uint32_t g = 0; g < problem->n_groups; g++)
		facts->by_size[g] = g;
	g_qsort_with_data(facts->by_size, (gint)problem->n_groups, sizeof(uint32_t), compare_size, facts);
	for (uint32_t i = 0; i < problem->n_groups; i++)
		facts->rank[facts->by_size[i]] = i;
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
	for (uint32_t h = 0; h < facts->problem->n_hosts; h++)
		if (facts->runs[h])
			g_array_unref(facts->runs[h]);
	g_free(facts->runs);
	g_free(facts->rank);
	g_free(facts->by_size);
	g_free(facts);
}
