/* What dual.c supposes, against brute force: where it says that no placement has a price there is none, and what it
 * rules out no placement of that price has. Homes hold too much in most cases, so that pods have to leave. */
#include "place/dual.h"

#include <glib.h>

#define HOSTS 4
#define GROUPS 6
#define CASES 200
#define PRICE 5 /* all prices are multiples of it */

typedef struct Random {
	uint64_t state;
} Random;

static uint32_t below(Random *random, uint32_t n)
{
	random->state = random->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(random->state >> 33) % n;
}

typedef struct Case {
	Problem problem;
	PlaceHost hosts[HOSTS];
	PlaceGroup groups[GROUPS];
	bool allowed[GROUPS][HOSTS];
	const bool *rows[GROUPS];
	PlaceCounts *now;
} Case;

static void make_case(Case *c, uint64_t seed)
{
	Random random = {seed};
	*c = (Case){
	        .problem = {.n_hosts = 2 + below(&random, HOSTS - 1), .n_groups = GROUPS}, .now = counts_new(GROUPS)};
	Problem *problem = &c->problem;
	bool one_price = below(&random, 2);
	for (uint32_t h = 0; h < problem->n_hosts; h++) {
		for (uint32_t r = 0; r < RESOURCES; r++)
			c->hosts[h].capacity.of[r] = AMOUNT_UNKNOWN;
		c->hosts[h].capacity.of[RESOURCE_CPU] = 10 + below(&random, 14);
		c->hosts[h].capacity.of[RESOURCE_MEMORY] = 14 + below(&random, 20);
		c->hosts[h].fixed.of[RESOURCE_MEMORY] = below(&random, 3);
	}
	for (uint32_t g = 0; g < GROUPS; g++) {
		PlaceGroup *group = &c->groups[g];
		group->demand.of[RESOURCE_CPU] = 1 + below(&random, 7);
		group->demand.of[RESOURCE_MEMORY] = 1 + below(&random, 10);
		group->count = 1 + (below(&random, 4) == 0);
		group->price = PRICE * (one_price ? 3 : 1 + below(&random, 3));
		for (uint32_t h = 0; h < problem->n_hosts; h++)
			c->allowed[g][h] = h == 0 || below(&random, 5) > 0;
		c->rows[g] = c->allowed[g];
		uint32_t known = below(&random, 8) ? group->count : group->count - 1;
		for (uint32_t k = 0; k < known; k++)
			counts_change(c->now, g, below(&random, (problem->n_hosts + 1) / 2), 1);
	}
	problem->hosts = c->hosts;
	problem->groups = c->groups;
	problem->allowed = c->rows;
	problem->now = c->now;
	problem->settings = (PlaceSettings){
	        1, 0, {GOAL_UNPLACED, GOAL_MOVES, GOAL_PRESSURE, GOAL_SURVIVAL, GOAL_WISHES, GOAL_TRAFFIC}};
}

/* ---- all placements ---------------------------------------------------------------------------------- */

/* Pods on each host of the placements of some price, the most of all; and the least price there is. */
typedef struct Brute {
	const Problem *problem;
	int64_t limit, least;
	uint32_t at[GROUPS][HOSTS], most[GROUPS][HOSTS];
} Brute;

static bool has_room(const Brute *brute, uint32_t host)
{
	for (uint32_t r = 0; r <= RESOURCE_MEMORY; r++) {
		int64_t use = brute->problem->hosts[host].fixed.of[r];
		for (uint32_t g = 0; g < GROUPS; g++)
			use += brute->problem->groups[g].demand.of[r] * brute->at[g][host];
		if (use > brute->problem->hosts[host].capacity.of[r])
			return false;
	}
	return true;
}

/* Pods that nobody knows the place of cost nothing, whichever of their group they are. */
static int64_t price_of(const Brute *brute)
{
	int64_t price = 0;
	for (uint32_t g = 0; g < GROUPS; g++) {
		const PlaceGroup *group = &brute->problem->groups[g];
		uint32_t known = 0, fresh = 0;
		for (uint32_t h = 0; h < brute->problem->n_hosts; h++) {
			uint32_t now = counts_of(brute->problem->now, g, h);
			known += now;
			fresh += brute->at[g][h] > now ? brute->at[g][h] - now : 0;
		}
		uint32_t unknown = group->count - known;
		price += (int64_t)group->price * (fresh > unknown ? fresh - unknown : 0);
	}
	return price;
}

static void enumerate(Brute *brute, uint32_t group, uint32_t host, uint32_t left)
{
	if (group == GROUPS) {
		int64_t price = price_of(brute);
		brute->least = MIN(brute->least, price);
		for (uint32_t g = 0; g < GROUPS && price <= brute->limit; g++)
			for (uint32_t h = 0; h < brute->problem->n_hosts; h++)
				brute->most[g][h] = MAX(brute->most[g][h], brute->at[g][h]);
		return;
	}
	if (left == 0)
		enumerate(brute, group + 1, 0, group + 1 < GROUPS ? brute->problem->groups[group + 1].count : 0);
	if (left == 0 || host == brute->problem->n_hosts)
		return;
	enumerate(brute, group, host + 1, left);
	for (uint32_t n = 1; n <= left && brute->problem->allowed[group][host]; n++) {
		brute->at[group][host] = n;
		if (has_room(brute, host))
			enumerate(brute, group, host + 1, left - n);
	}
	brute->at[group][host] = 0;
}

static Brute try_all(const Problem *problem, int64_t limit)
{
	Brute brute = {.problem = problem, .limit = limit, .least = INT64_MAX};
	enumerate(&brute, 0, 0, problem->groups[0].count);
	return brute;
}

/* ---- the test ---------------------------------------------------------------------------------------- */

typedef struct Tally {
	uint32_t refuted, met, ruled_out;
} Tally;

static void check_supposed(Dual *dual, const Problem *problem, int64_t limit, Tally *tally)
{
	Brute brute = try_all(problem, limit);
	Budget budget = {.left = 100000000};
	bool refuted = dual_suppose(dual, limit, &budget);
	if (refuted)
		g_assert_cmpint(brute.least, >, limit);
	tally->refuted += refuted;
	tally->met += brute.least == limit;
	g_assert_true(dual_supposes(dual, limit));
	g_assert_false(dual_supposes(dual, limit + 1));
	for (uint32_t g = 0; g < GROUPS && !refuted; g++)
		for (uint32_t h = 0; h < problem->n_hosts; h++) {
			g_assert_cmpuint(brute.most[g][h], <=, dual_most(dual, g, h));
			tally->ruled_out += problem->allowed[g][h] && dual_most(dual, g, h) == 0;
		}
}

static void test_supposed(void)
{
	Tally tally = {0};
	for (uint64_t seed = 0; seed < CASES; seed++) {
		Case c;
		make_case(&c, seed);
		g_autoptr(Facts) facts = facts_new(&c.problem);
		Budget budget = {.left = 100000000};
		int64_t least = try_all(&c.problem, -1).least, bound;
		int64_t value = least == INT64_MAX ? PRICE : least + 2 * PRICE;
		MovesFound found = {value, PRICE};
		g_autoptr(Dual) dual = dual_new(facts, facts->room, true, &found, &budget, &bound);
		g_assert_nonnull(dual);
		g_assert_cmpint(bound, <=, least);
		for (int64_t limit = 0; limit < value; limit += PRICE)
			check_supposed(dual, &c.problem, limit, &tally);
		counts_free(c.now);
	}
	g_test_message("%u refuted, %u met, %u ruled out", tally.refuted, tally.met, tally.ruled_out);
	g_assert_cmpuint(tally.refuted, >, CASES / 2);
	g_assert_cmpuint(tally.met, >, CASES / 4);
	g_assert_cmpuint(tally.ruled_out, >, CASES * 4);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dual/supposed", test_supposed);
	return g_test_run();
}
