/* Placement against brute force: on thousands of small random problems the optimum of every goal is the same, what is
 * called proven is, and no bound lies above the optimum. The checker below is written apart from the solver. */
#include "place/place.h"

#include <glib.h>

#define HOSTS 4
#define GROUPS 5
#define BONDS 3

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
	PlaceBond bonds[BONDS];
	uint32_t others[BONDS][2];
	bool allowed[GROUPS][HOSTS];
	uint16_t dislike[GROUPS][HOSTS];
	const bool *allowed_rows[GROUPS];
	const uint16_t *dislike_rows[GROUPS];
	PlaceCounts *now;
	uint32_t part[2 * HOSTS];
} Case;

static void case_clear(Case *c)
{
	counts_free(c->now);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Case, case_clear)

static void make_hosts(Case *c, Random *random)
{
	bool alike = below(random, 3) == 0;
	for (uint32_t h = 0; h < c->problem.n_hosts; h++) {
		PlaceHost *host = &c->hosts[h];
		for (uint32_t r = 0; r < RESOURCES; r++)
			host->capacity.of[r] = AMOUNT_UNKNOWN;
		host->capacity.of[RESOURCE_CPU] = alike ? 12 : 6 + below(random, 12);
		host->capacity.of[RESOURCE_MEMORY] = alike ? 20 : 10 + below(random, 20);
		if (below(random, 4) == 0)
			host->capacity.of[RESOURCE_PODS] = 2 + below(random, 3);
		if (!alike && below(random, 3) == 0)
			host->fixed.of[RESOURCE_MEMORY] = below(random, 5);
		c->part[h] = h;
		c->part[c->problem.n_hosts + h] = below(random, 5) == 0 ? NO_PART : h / 2;
	}
}

static void make_groups(Case *c, Random *random)
{
	uint32_t hosts = c->problem.n_hosts, pods = 0;
	for (uint32_t g = 0; g < c->problem.n_groups; g++) {
		PlaceGroup *group = &c->groups[g];
		group->demand.of[RESOURCE_CPU] = below(random, 6);
		group->demand.of[RESOURCE_MEMORY] = 1 + below(random, 9);
		group->demand.of[RESOURCE_PODS] = 1;
		group->request = group->demand;
		if (below(random, 5) == 0)
			group->request.of[RESOURCE_MEMORY] /= 2;
		group->count = MIN(1 + below(random, 3), 7 - MIN(pods, 7));
		group->priority = below(random, 4) == 0 ? 1000 : 0;
		group->price = 10 + below(random, 3) * 5;
		pods += group->count;
		uint32_t placed = 0;
		for (uint32_t h = 0; h < hosts; h++) {
			c->allowed[g][h] = below(random, 4) != 0;
			c->dislike[g][h] = below(random, 3) ? 0 : (uint16_t)below(random, 4);
			if (below(random, 2) && placed < group->count + (below(random, 8) == 0)) {
				counts_change(c->now, g, h, 1);
				placed++;
			}
		}
		c->allowed_rows[g] = c->allowed[g];
		c->dislike_rows[g] = below(random, 5) ? c->dislike[g] : NULL;
	}
}

static void make_bonds(Case *c, Random *random)
{
	for (uint32_t b = 0; b < c->problem.n_bonds; b++) {
		PlaceBond *bond = &c->bonds[b];
		bond->kind = (BondKind)below(random, 3);
		bond->group = below(random, c->problem.n_groups);
		bond->topology = below(random, 2);
		bond->skew = 1 + below(random, 2);
		bond->weight = below(random, 2) ? 0 : 1 + below(random, 3);
		bond->traffic = bond->kind == BOND_TOGETHER && bond->weight && below(random, 2);
		bond->n_others = 1 + below(random, 2);
		bond->others = c->others[b];
		for (uint32_t i = 0; i < bond->n_others; i++)
			c->others[b][i] = i == 0 && below(random, 2) ? bond->group : below(random, c->problem.n_groups);
		if (bond->n_others == 2 && c->others[b][0] == c->others[b][1])
			bond->n_others = 1;
	}
}

static void make_case(Case *c, uint64_t seed)
{
	Random random = {seed};
	below(&random, 2);
	*c = (Case){0};
	Problem *problem = &c->problem;
	problem->n_hosts = 2 + below(&random, HOSTS - 1);
	problem->n_groups = 1 + below(&random, GROUPS);
	problem->n_topologies = 2;
	problem->n_bonds = below(&random, 3) ? 0 : 1 + below(&random, BONDS);
	problem->hosts = c->hosts;
	problem->groups = c->groups;
	problem->bonds = c->bonds;
	problem->allowed = c->allowed_rows;
	problem->now = c->now = counts_new(problem->n_groups);
	problem->dislike = below(&random, 2) ? c->dislike_rows : NULL;
	problem->part = c->part;
	problem->settings = (PlaceSettings){1 + below(&random, 2) * 4, below(&random, 3) * 30,
	        {GOAL_UNPLACED, GOAL_PRESSURE, GOAL_SURVIVAL, GOAL_WISHES, GOAL_MOVES, GOAL_TRAFFIC}};
	for (uint32_t i = 1; i < GOALS && below(&random, 3) == 0; i++) {
		uint32_t k = 1 + below(&random, GOALS - 1);
		Goal goal = problem->settings.order[i];
		problem->settings.order[i] = problem->settings.order[k];
		problem->settings.order[k] = goal;
	}
	make_hosts(c, &random);
	make_groups(c, &random);
	make_bonds(c, &random);
}

/* ---- the checker -------------------------------------------------------------------------------------- */

static uint32_t pods_in(
        const Problem *problem, const PlaceCounts *counts, uint32_t group, uint32_t topology, uint32_t part)
{
	uint32_t sum = 0;
	for (uint32_t h = 0; h < problem->n_hosts; h++)
		if (problem->part[topology * problem->n_hosts + h] == part)
			sum += counts_of(counts, group, h);
	return sum;
}

/* Of required bonds, as their definitions say. */
static bool bond_holds(const Problem *problem, const PlaceCounts *counts, const PlaceBond *bond)
{
	uint32_t least = UINT32_MAX, most = 0;
	for (uint32_t h = 0; h < problem->n_hosts; h++) {
		uint32_t part = problem->part[bond->topology * problem->n_hosts + h], others = 0, own = 0;
		uint32_t here = counts_of(counts, bond->group, h);
		bool itself = false;
		for (uint32_t i = 0; i < bond->n_others && part != NO_PART; i++) {
			uint32_t in = pods_in(problem, counts, bond->others[i], bond->topology, part);
			others += in;
			if (bond->others[i] == bond->group) {
				itself = true;
				own = in;
			}
		}
		if (bond->kind == BOND_EVEN && part != NO_PART && problem->allowed[bond->group][h]) {
			least = MIN(least, others);
			most = MAX(most, others);
		}
		if (bond->kind == BOND_APART && here && others > (itself ? 1 : 0) && part != NO_PART)
			return false;
		if (bond->kind == BOND_APART && here && itself && own > 1)
			return false;
		if (bond->kind == BOND_TOGETHER && here && others == 0)
			return false;
	}
	return bond->kind != BOND_EVEN || least == UINT32_MAX || most <= least + bond->skew;
}

static bool is_right(const Problem *problem, const PlaceCounts *counts)
{
	for (uint32_t h = 0; h < problem->n_hosts; h++) {
		int64_t use[RESOURCES], forgiven[RESOURCES] = {0};
		for (uint32_t r = 0; r < RESOURCES; r++)
			use[r] = problem->hosts[h].fixed.of[r];
		for (uint32_t g = 0; g < problem->n_groups; g++) {
			uint32_t n = counts_of(counts, g, h), choices = 0;
			if (n && !problem->allowed[g][h])
				return false;
			for (uint32_t k = 0; k < problem->n_hosts; k++)
				choices += problem->allowed[g][k];
			for (uint32_t r = 0; r < RESOURCES; r++) {
				use[r] += problem->groups[g].demand.of[r] * n;
				if (choices == 1 && problem->allowed[g][h])
					forgiven[r] +=
					        (problem->groups[g].demand.of[r] - problem->groups[g].request.of[r]) *
					        problem->groups[g].count;
			}
		}
		for (uint32_t r = 0; r < RESOURCES; r++)
			if (problem->hosts[h].capacity.of[r] != AMOUNT_UNKNOWN &&
			        use[r] > problem->hosts[h].capacity.of[r] + forgiven[r])
				return false;
	}
	for (uint32_t b = 0; b < problem->n_bonds; b++)
		if (problem->bonds[b].weight == 0 && !bond_holds(problem, counts, &problem->bonds[b]))
			return false;
	return true;
}

/* ---- brute force ---------------------------------------------------------------------------------------- */

typedef struct Brute {
	const Problem *problem;
	PlaceCounts *counts;
	Score best;
	bool found;
} Brute;

static bool is_less(const Problem *problem, const Score *a, const Score *b)
{
	for (uint32_t i = 0; i < GOALS; i++) {
		Goal goal = problem->settings.order[i];
		if (a->at[goal] != b->at[goal])
			return a->at[goal] < b->at[goal];
	}
	return false;
}

static void enumerate(Brute *brute, uint32_t group, uint32_t host, uint32_t left)
{
	const Problem *problem = brute->problem;
	if (group == problem->n_groups) {
		Score score;
		if (place_score(problem, brute->counts, &score) &&
		        (!brute->found || is_less(problem, &score, &brute->best))) {
			brute->best = score;
			brute->found = true;
		}
		return;
	}
	if (host == problem->n_hosts) {
		brute->counts->nowhere[group] = left;
		enumerate(brute, group + 1, 0, group + 1 < problem->n_groups ? problem->groups[group + 1].count : 0);
		return;
	}
	enumerate(brute, group, host + 1, left);
	uint32_t most = problem->allowed[group][host] ? left : 0;
	for (uint32_t n = 1; n <= most; n++) {
		counts_change(brute->counts, group, host, 1);
		enumerate(brute, group, host + 1, left - n);
	}
	if (most)
		counts_change(brute->counts, group, host, -(int32_t)most);
}

static void check_case(uint64_t seed)
{
	g_auto(Case) c = {0};
	make_case(&c, seed);
	g_autoptr(PlaceCounts) counts = counts_new(c.problem.n_groups);
	Brute brute = {.problem = &c.problem, .counts = counts};
	enumerate(&brute, 0, 0, c.groups[0].count);
	g_assert_true(brute.found);
	g_autoptr(Solution) solution = place_solve(&c.problem, NULL);
	Score again;
	if (!place_score(&c.problem, solution->counts, &again) || !is_right(&c.problem, solution->counts))
		g_error("seed %" G_GUINT64_FORMAT ": what was answered breaks a hard constraint", seed);
	g_assert_true(solution->optimal);
	for (uint32_t i = 0; i < GOALS; i++) {
		Goal goal = c.problem.settings.order[i];
		g_assert_cmpint(again.at[goal], ==, solution->score.at[goal]);
		if (solution->score.at[goal] != brute.best.at[goal] || solution->bound.at[goal] > brute.best.at[goal])
			g_error("seed %" G_GUINT64_FORMAT ", %s: answered %" G_GINT64_FORMAT ", bound %" G_GINT64_FORMAT
			        ", proof %d, best %" G_GINT64_FORMAT,
			        seed, goal_word(goal), solution->score.at[goal], solution->bound.at[goal],
			        solution->proof[goal], brute.best.at[goal]);
	}
}

static void test_brute_force(void)
{
	const char *times = g_getenv("PLACE_CASES");
	uint64_t n = times ? g_ascii_strtoull(times, NULL, 10) : 1200;
	for (uint64_t seed = 1; seed <= n; seed++)
		check_case(seed);
}

/* What is called proven is so however little work is allowed, and no bound lies above the optimum. */
static void test_short_of_work(void)
{
	for (uint64_t seed = 1; seed <= 500; seed++) {
		g_auto(Case) c = {0};
		make_case(&c, seed);
		PlaceLimits little = {.steps = 1 + seed % 7 * 150};
		g_autoptr(Solution) cut = place_solve(&c.problem, &little);
		Solution *full = place_solve(&c.problem, NULL);
		g_assert_true(is_right(&c.problem, cut->counts));
		bool same = true;
		for (uint32_t i = 0; i < GOALS && same; i++) {
			Goal goal = c.problem.settings.order[i];
			g_assert_cmpint(cut->bound.at[goal], <=, full->score.at[goal]);
			if (cut->proof[goal] != PROOF_NONE)
				g_assert_cmpint(cut->score.at[goal], ==, full->score.at[goal]);
			same = cut->score.at[goal] == full->score.at[goal];
		}
		solution_free(full);
	}
}

#define PLANTED_HOSTS 5
#define PLANTED_PODS 8 /* on each */

/* What is said of it is so: the score is that of the counts, proven is what meets its bound, no host holds more than
 * that pressure, and who is not on the host that all are on now has moved. */
static void check_planted(const Problem *problem, const Solution *solution)
{
	Score score;
	g_assert_true(place_score(problem, solution->counts, &score));
	bool optimal = true;
	for (uint32_t goal = 0; goal < GOALS; goal++) {
		g_assert_cmpint(score.at[goal], ==, solution->score.at[goal]);
		g_assert_cmpint(solution->bound.at[goal], <=, score.at[goal]);
		bool proven = solution->proof[goal] != PROOF_NONE;
		g_assert_true(proven == (solution->bound.at[goal] == score.at[goal]));
		optimal = optimal && proven;
	}
	g_assert_true(solution->optimal == optimal);
	int64_t stay = 0, room = 20 * solution->score.at[GOAL_PRESSURE];
	Amounts *use = place_use(problem, solution->counts);
	for (uint32_t h = 0; h < problem->n_hosts; h++)
		for (uint32_t r = 0; r < 2; r++)
			g_assert_cmpint(use[h].of[r], <=, room);
	g_free(use);
	for (uint32_t g = 0; g < problem->n_groups; g++)
		stay += counts_of(solution->counts, g, 0);
	g_assert_cmpint(score.at[GOAL_MOVES], ==, (problem->n_groups - stay) * 10);
}

/* A puzzle with a known answer: pods that fill half of each host to the last unit, in two resources, all of them on
 * one host now. The half is the least pressure there can be, and only a few placements have it. */
static void test_planted(void)
{
	for (uint64_t seed = 1; seed <= 4; seed++) {
		Random random = {seed};
		PlaceHost hosts[PLANTED_HOSTS] = {0};
		PlaceGroup groups[PLANTED_HOSTS * PLANTED_PODS] = {0};
		const bool everywhere[PLANTED_HOSTS] = {true, true, true, true, true};
		const bool *allowed[PLANTED_HOSTS * PLANTED_PODS];
		g_autoptr(PlaceCounts) now = counts_new(PLANTED_HOSTS * PLANTED_PODS);
		for (uint32_t h = 0; h < PLANTED_HOSTS; h++) {
			for (uint32_t r = 0; r < RESOURCES; r++)
				hosts[h].capacity.of[r] = r < 2 ? 2000 : AMOUNT_UNKNOWN;
			int64_t left[2] = {1000, 1000};
			for (uint32_t k = 0; k < PLANTED_PODS; k++) {
				PlaceGroup *group = &groups[h * PLANTED_PODS + k];
				for (uint32_t r = 0; r < 2; r++) {
					int64_t most = left[r] / (PLANTED_PODS - k) * 2 - 1;
					int64_t part =
					        k + 1 < PLANTED_PODS ? 1 + below(&random, (uint32_t)most) : left[r];
					group->demand.of[r] = part;
					left[r] -= part;
				}
				group->request = group->demand;
				group->count = 1;
				group->price = 10;
				allowed[h * PLANTED_PODS + k] = everywhere;
				counts_change(now, h * PLANTED_PODS + k, 0, 1);
			}
		}
		Problem problem = {.n_hosts = PLANTED_HOSTS,
		        .n_groups = PLANTED_HOSTS * PLANTED_PODS,
		        .hosts = hosts,
		        .groups = groups,
		        .allowed = allowed,
		        .now = now,
		        .settings = {1, 0,
		                {GOAL_UNPLACED, GOAL_PRESSURE, GOAL_MOVES, GOAL_SURVIVAL, GOAL_WISHES, GOAL_TRAFFIC}}};
		g_autoptr(Solution) solution = place_solve(&problem, NULL);
		g_assert_cmpint(solution->score.at[GOAL_UNPLACED], ==, 0);
		g_assert_cmpint(solution->bound.at[GOAL_PRESSURE], ==, 50);
		g_assert_cmpint(solution->score.at[GOAL_PRESSURE], <=, 51);
		/* What was planted moves all pods but those of one host. */
		g_assert_cmpint(solution->bound.at[GOAL_MOVES], <=, (PLANTED_HOSTS - 1) * PLANTED_PODS * 10);
		check_planted(&problem, solution);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/place/brute-force", test_brute_force);
	g_test_add_func("/place/short-of-work", test_short_of_work);
	g_test_add_func("/place/planted", test_planted);
	return g_test_run();
}
