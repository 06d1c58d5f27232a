/* Placement of made-up clusters: time, what is proven, and the fullest node beside two ways that know no second
 * thought: first-fit-decreasing, and kube-scheduler's default scoring (LeastAllocated and
 * NodeResourcesBalancedAllocation, equal weights) with pods in the order of their names. Rows of a table, a cluster
 * each:
 *
 *     bench-place [PODS…]
 *
 * pods | nodes | ms of a processor | peak MB | percent of the fullest node | of the fullest with a choice | its bound |
 * moves | their bound | all proven | first-fit: fullest, unplaced | scheduler: fullest, unplaced */
#include "place/place.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct Random {
	uint64_t state;
} Random;

static uint32_t below(Random *random, uint32_t n)
{
	random->state = random->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(random->state >> 33) % n;
}

typedef struct Made {
	Problem problem;
	PlaceHost *hosts;
	PlaceGroup *groups;
	bool *rows, *alone; /* of hosts that a group may run on; alone[n - h …] is the row of host h */
	uint32_t n_rows;
	const bool **allowed;
	PlaceCounts *now;
} Made;

/* Large clusters have so many kinds of selectors at most. */
#define MOST_ROWS 2000

#define GI (INT64_C(1) << 30)
#define MI (INT64_C(1) << 20)

static void make_hosts(Made *made, Random *random, uint32_t pods)
{
	static const int64_t sizes[] = {8, 16, 16, 32, 64};
	for (uint32_t h = 0; h < made->problem.n_hosts; h++) {
		int64_t size = pods > 200 ? 64 : sizes[below(random, G_N_ELEMENTS(sizes))];
		for (uint32_t r = 0; r < RESOURCES; r++)
			made->hosts[h].capacity.of[r] = AMOUNT_UNKNOWN;
		made->hosts[h].capacity.of[RESOURCE_MEMORY] = size * GI;
		made->hosts[h].capacity.of[RESOURCE_CPU] = size < 16 ? 4000 : size * 300;
		made->hosts[h].capacity.of[RESOURCE_PODS] = 110;
		made->hosts[h].fixed.of[RESOURCE_MEMORY] = 300 * MI;
		made->hosts[h].fixed.of[RESOURCE_CPU] = 150;
		made->hosts[h].fixed.of[RESOURCE_PODS] = 3;
	}
}

/* Most pods are small, some are large, a tenth is bound to a node, and replicas are two or three for a fifth. */
static uint32_t make_groups(Made *made, Random *random, uint32_t pods)
{
	static const int64_t memory[] = {64, 128, 128, 256, 256, 512, 512, 1024, 1500, 2048, 4096};
	uint32_t g = 0, hosts = made->problem.n_hosts;
	for (uint32_t left = pods; left > 0; g++) {
		PlaceGroup *group = &made->groups[g];
		group->demand.of[RESOURCE_MEMORY] =
		        memory[below(random, G_N_ELEMENTS(memory))] * MI + below(random, 50) * MI;
		group->demand.of[RESOURCE_CPU] = 10 + below(random, 8) * 50;
		group->demand.of[RESOURCE_PODS] = 1;
		group->request = group->demand;
		uint32_t replicas = below(random, 5) ? 1 : 2 + below(random, 2);
		group->count = MIN(replicas, left);
		group->price = 10;
		left -= group->count;
		bool bound = below(random, 10) == 0;
		uint32_t only = below(random, hosts), fresh = made->n_rows < MOST_ROWS;
		uint32_t row = fresh ? made->n_rows : below(random, MOST_ROWS);
		made->allowed[g] = bound ? &made->alone[hosts - only] : &made->rows[(size_t)row * hosts];
		for (uint32_t h = 0; h < hosts && !bound && fresh; h++)
			made->rows[(size_t)row * hosts + h] = below(random, 12) != 0;
		made->n_rows += fresh && !bound;
		for (uint32_t k = 0; k < group->count; k++)
			counts_change(made->now, g, bound ? only : below(random, (hosts + 1) / 2), 1);
	}
	return g;
}

static Made make(uint32_t pods)
{
	Random random = {pods};
	Made made = {0};
	uint32_t hosts = pods <= 10 ? 2 : pods <= 50 ? 4 : pods <= 200 ? 20 : pods / (pods < 50000 ? 20 : 10);
	made.problem.n_hosts = hosts;
	made.hosts = g_new0(PlaceHost, hosts);
	made.groups = g_new0(PlaceGroup, pods);
	made.rows = g_new0(bool, (size_t)MIN(pods, MOST_ROWS) * hosts);
	made.alone = g_new0(bool, (size_t)hosts * 2 + 1);
	made.alone[hosts] = true;
	made.allowed = g_new0(const bool *, pods);
	made.now = counts_new(pods);
	make_hosts(&made, &random, pods);
	made.problem.n_groups = make_groups(&made, &random, pods);
	made.problem.hosts = made.hosts;
	made.problem.groups = made.groups;
	made.problem.allowed = made.allowed;
	made.problem.now = made.now;
	made.problem.settings =
	        (PlaceSettings){1, 0, {GOAL_UNPLACED, GOAL_PRESSURE, GOAL_SURVIVAL, GOAL_WISHES, GOAL_MOVES, GOAL_TRAFFIC}};
	return made;
}

/* ---- without a second thought -------------------------------------------------------------------------- */

static bool has_room(const Made *made, uint32_t group, uint32_t host, const Amounts *use)
{
	if (!made->allowed[group][host])
		return false;
	for (uint32_t r = 0; r < RESOURCES; r++)
		if (made->hosts[host].capacity.of[r] != AMOUNT_UNKNOWN &&
		        use[host].of[r] + made->groups[group].demand.of[r] > made->hosts[host].capacity.of[r])
			return false;
	return true;
}

/* Of 200: what is left free on average, and how alike cpu and memory are used. */
static double default_score(const Made *made, uint32_t group, uint32_t host, const Amounts *use)
{
	double part[2];
	for (uint32_t r = 0; r < 2; r++)
		part[r] = (double)(use[host].of[r] + made->groups[group].demand.of[r]) /
		          (double)made->hosts[host].capacity.of[r];
	double mean = (part[0] + part[1]) / 2, half = part[0] > mean ? part[0] - mean : mean - part[0];
	return 100 * (1 - mean) + 100 * (1 - half);
}

static int compare_memory(const void *a, const void *b, void *data)
{
	const Made *made = data;
	int64_t left = made->groups[*(const uint32_t *)a].demand.of[RESOURCE_MEMORY];
	int64_t right = made->groups[*(const uint32_t *)b].demand.of[RESOURCE_MEMORY];
	return left > right ? -1 : left < right;
}

/* How many nodes with room kube-scheduler scores before it takes the best of them: all of 100, of more a part that
 * shrinks from half to a twentieth (numFeasibleNodesToFind, with percentageOfNodesToScore left at 0). */
static uint32_t nodes_to_score(uint32_t hosts)
{
	uint32_t percent = hosts / 125 < 45 ? 50 - hosts / 125 : 5;
	return hosts < 100 ? hosts : MAX(hosts * percent / 100, 100);
}

typedef struct Once {
	const Made *made;
	Amounts *use;
	uint32_t next; /* the node that kube-scheduler looks at first */
} Once;

static uint32_t first_fit(const Once *once, uint32_t group)
{
	uint32_t h = 0;
	while (h < once->made->problem.n_hosts && !has_room(once->made, group, h, once->use))
		h++;
	return h;
}

static uint32_t best_score(Once *once, uint32_t group)
{
	uint32_t n = once->made->problem.n_hosts, best = n, found = 0, looked = 0;
	double score = -1;
	for (; looked < n && found < nodes_to_score(n); looked++) {
		uint32_t h = (once->next + looked) % n;
		if (!has_room(once->made, group, h, once->use))
			continue;
		found++;
		double here = default_score(once->made, group, h, once->use);
		best = here > score ? h : best;
		score = MAX(score, here);
	}
	once->next = n < 100 ? 0 : (once->next + looked) % n;
	return best;
}

/* Percent of the fullest node; *ret_unplaced pods found no room. */
static int64_t place_once(const Made *made, bool decreasing, uint32_t *ret_unplaced)
{
	const Problem *problem = &made->problem;
	g_autofree Amounts *use = g_new(Amounts, problem->n_hosts);
	g_autofree uint32_t *order = g_new(uint32_t, problem->n_groups);
	Once once = {made, use, 0};
	int64_t worst = 0;
	*ret_unplaced = 0;
	for (uint32_t h = 0; h < problem->n_hosts; h++)
		use[h] = made->hosts[h].fixed;
	for (uint32_t g = 0; g < problem->n_groups; g++)
		order[g] = g;
	if (decreasing)
		g_qsort_with_data(order, (gint)problem->n_groups, sizeof *order, compare_memory, (void *)made);
	for (uint32_t i = 0; i < problem->n_groups; i++)
		for (uint32_t k = 0; k < made->groups[order[i]].count; k++) {
			uint32_t best = decreasing ? first_fit(&once, order[i]) : best_score(&once, order[i]);
			*ret_unplaced += best == problem->n_hosts;
			for (uint32_t r = 0; r < RESOURCES && best < problem->n_hosts; r++)
				use[best].of[r] += made->groups[order[i]].demand.of[r];
		}
	for (uint32_t h = 0; h < problem->n_hosts; h++)
		worst = MAX(worst, place_pressure(problem, h, &use[h], NULL));
	return worst;
}

static int64_t fullest(const Made *made, const PlaceCounts *counts)
{
	int64_t worst = 0;
	g_autofree Amounts *use = place_use(&made->problem, counts);
	for (uint32_t h = 0; h < made->problem.n_hosts; h++)
		worst = MAX(worst, place_pressure(&made->problem, h, &use[h], NULL));
	return worst;
}

/* Of the process so far, in megabytes of 2^20 bytes; rusage would count what the parent had when it forked. */
static long peak_memory(void)
{
	g_autofree char *status = NULL;
	const char *line =
	        g_file_get_contents("/proc/self/status", &status, NULL, NULL) ? strstr(status, "VmHWM:") : NULL;
	return line ? strtol(line + strlen("VmHWM:"), NULL, 10) / 1024 : 0;
}

static void bench(uint32_t pods)
{
	Made made = make(pods);
	clock_t start = clock();
	g_autoptr(Solution) solution = place_solve(&made.problem, NULL);
	double ms = (double)(clock() - start) * 1000 / CLOCKS_PER_SEC;
	uint32_t ffd_lost, default_lost, moved = (uint32_t)(solution->score.at[GOAL_MOVES] / 10);
	int64_t ffd = place_once(&made, true, &ffd_lost), scored = place_once(&made, false, &default_lost);
	printf("| %u | %u | %.0f | %ld | %d | %d | %d | %u | %u | %s | %d, %u | %d, %u |\n", pods, made.problem.n_hosts,
	        ms, peak_memory(), (int)fullest(&made, solution->counts), (int)solution->score.at[GOAL_PRESSURE],
	        (int)solution->bound.at[GOAL_PRESSURE], moved, (uint32_t)(solution->bound.at[GOAL_MOVES] / 10),
	        solution->optimal ? "yes" : "no", (int)ffd, ffd_lost, (int)scored, default_lost);
	fflush(stdout);
	g_free(made.hosts);
	g_free(made.groups);
	g_free(made.rows);
	g_free(made.alone);
	g_free(made.allowed);
	counts_free(made.now);
}

int main(int argc, char **argv)
{
	static const uint32_t sizes[] = {10, 50, 200, 1000};
	for (int i = 1; i < argc; i++)
		bench((uint32_t)strtoul(argv[i], NULL, 10));
	for (size_t i = 0; i < G_N_ELEMENTS(sizes) && argc == 1; i++)
		bench(sizes[i]);
	return 0;
}
