/* A bound on the price of the moves by Lagrangian relaxation: that each pod runs somewhere is no longer asked, but paid
 * for. With a reward for each pod the hosts are on their own: each holds what is worth the most to it (pack.c), a pod
 * that is at home there its reward, another what its reward exceeds the price of its move by. The rewards of all pods
 * less what the hosts take of them is a bound, whatever the rewards are. They begin as the prices, which is how many
 * pods can stay on each host. Then a pod that too many hosts hold is worth less and one that none holds is worth more
 * (Held and Karp 1971), which brings in that who leaves has to fit elsewhere.
 *
 * Then a price is supposed, and all placements that are dearer are left out of it. A pod on a host is ruled out where
 * the bound with it there is above that price, and so is a pod elsewhere where the bound without it at home is. Where
 * the price is no more than each host alone has to pay, that settles most pods: hosts must lose as few as they can, so
 * most of those that may leave are known, and many that must. What is ruled out makes the bound of the rest better,
 * until that itself is above the price, and no placement has it; or what is left is little to search in.
 *
 * Rewards are whole numbers, fractions of a price. Bonds between pods are left out, which keeps the bound true. */
#include "place/dual.h"
#include "place/pack.h"

#define MOST_REWARD (INT64_C(1) << 27)
#define SCALE_TO (INT64_C(1) << 22)
#define MOST_CELLS 40000u /* groups × hosts */
#define MOST_PACKED 5000u /* pods */
#define MOST_ROUNDS 600u
#define HALF_WAY 120u
#define MOST_PASSES 8u
#define PASS_ROUNDS 120u
#define SMALL_PACE 0.05
#define LONGER_PACE 0.2

struct Dual {
	const Facts *facts;
	const Problem *problem;
	const Amounts *room;
	bool all_run;
	int64_t scale, step;                   /* all prices are multiples of the step */
	int64_t *price, *reward, *best_reward; /* by group, times scale */
	int64_t *missing;                      /* by group: pods that no host holds; below 0 where too many do */
	double *course;                        /* by group: what was missing, the last rounds most */
	int64_t *taken;                        /* by host: of the rewards */
	bool climbed;                          /* best_reward gives a better bound than the prices */
	int64_t limit;                         /* of the price: what is supposed; INT64_MAX: nothing */
	uint32_t *whole, *most; /* [group × n_hosts + host]: pods that may be there, and so where that is supposed */
	int64_t *loss;          /* by group of one pod: what the bound rises by where it is not at home */
	int32_t (*sizes)[RESOURCES]; /* [group × n_hosts + host]: of one pod, in the host's tight resources */
	Pack *packs;                 /* by host */
	Budget *budget;
};

/* ---- what there is ----------------------------------------------------------------------------------- */

/* A pod costs nothing to move where some of its group are nowhere yet. */
static void set_prices(Dual *dual)
{
	const Problem *problem = dual->problem;
	int64_t most = 1;
	for (uint32_t g = 0; g < problem->n_groups; g++)
		most = MAX(most, (int64_t)problem->groups[g].price);
	dual->scale = MAX(SCALE_TO / most, 1);
	for (uint32_t g = 0; g < problem->n_groups; g++) {
		const PlaceGroup *group = &problem->groups[g];
		dual->price[g] = dual->facts->known[g] < group->count ? 0 : group->price * dual->scale;
		dual->reward[g] = dual->best_reward[g] = MIN(dual->price[g], MOST_REWARD);
	}
}

/* What pods may use of a host in that resource. */
static int64_t free_of(const Dual *dual, uint32_t host, uint32_t r)
{
	return MAX(dual->room[host].of[r] - dual->problem->hosts[host].fixed.of[r], 0);
}

static bool is_tight(const Dual *dual, uint32_t host, uint32_t r)
{
	const Problem *problem = dual->problem;
	__int128 wanted = 0;
	if (dual->room[host].of[r] == AMOUNT_UNKNOWN)
		return false;
	for (uint32_t g = 0; g < problem->n_groups; g++)
		if (problem->allowed[g][host])
			wanted += (__int128)problem->groups[g].demand.of[r] * problem->groups[g].count;
	return wanted > free_of(dual, host, r);
}

static void set_sizes(Dual *dual, uint32_t host, const Resource *tight, uint32_t n_tight)
{
	const Problem *problem = dual->problem;
	for (uint32_t g = 0; g < problem->n_groups; g++) {
		size_t cell = (size_t)g * problem->n_hosts + host;
		bool may = problem->allowed[g][host];
		for (uint32_t k = 0; k < n_tight && may; k++) {
			int64_t demand = problem->groups[g].demand.of[tight[k]], room = free_of(dual, host, tight[k]);
			may = demand <= room;
			dual->sizes[cell][k] = may && demand > 0 ? (int32_t)((__int128)demand * PACK_ROOM / room) : 0;
		}
		dual->whole[cell] = dual->most[cell] = may ? problem->groups[g].count : 0;
	}
}

static uint32_t count_pods(const Problem *problem)
{
	uint32_t pods = 0;
	for (uint32_t g = 0; g < problem->n_groups; g++)
		pods += problem->groups[g].count;
	return pods;
}

static void set_hosts(Dual *dual)
{
	const Problem *problem = dual->problem;
	uint32_t pods = count_pods(problem);
	for (uint32_t h = 0; h < problem->n_hosts; h++) {
		Resource tight[RESOURCES];
		uint32_t n = 0;
		for (uint32_t r = 0; r < RESOURCES; r++)
			if (is_tight(dual, h, r))
				tight[n++] = (Resource)r;
		set_sizes(dual, h, tight, n);
		pack_init(&dual->packs[h], pods, n);
	}
}

/* ---- one round --------------------------------------------------------------------------------------- */

static uint32_t homes_of(const Dual *dual, uint32_t group, uint32_t host)
{
	return MIN(
	        counts_of(dual->problem->now, group, host), dual->most[(size_t)group * dual->problem->n_hosts + host]);
}

static void add_items(Pack *pack, const int32_t *sizes, uint32_t group, int64_t profit, uint32_t n)
{
	for (uint32_t k = 0; k < n && profit > 0; k++) {
		PackItem *item = &pack->items[pack->n++];
		item->group = group;
		item->profit = profit;
		memcpy(item->sizes, sizes, sizeof(int32_t) * pack->n_tight);
	}
}

/* All that the host may hold, but for one pod of a group that is there already (or UINT32_MAX). */
static void fill_pack(Dual *dual, uint32_t host, uint32_t held, bool held_at_home)
{
	Pack *pack = &dual->packs[host];
	pack->n = 0;
	for (uint32_t r = 0; r < pack->n_tight; r++)
		pack->room[r] = PACK_ROOM;
	for (uint32_t g = 0; g < dual->problem->n_groups; g++) {
		size_t cell = (size_t)g * dual->problem->n_hosts + host;
		uint32_t homes = homes_of(dual, g, host), others = dual->most[cell] - homes;
		if (g == held) {
			*(held_at_home ? &homes : &others) -= 1;
			for (uint32_t r = 0; r < pack->n_tight; r++)
				pack->room[r] -= dual->sizes[cell][r];
		}
		add_items(pack, dual->sizes[cell], g, dual->reward[g], homes);
		add_items(pack, dual->sizes[cell], g, dual->reward[g] - dual->price[g], others);
	}
}

static bool pay_for(Dual *dual, const Pack *pack)
{
	return budget_take(dual->budget, (uint64_t)(pack->tries + 16) * (pack->n + 1) / 8 + dual->problem->n_groups);
}

/* The bound of these rewards, times scale, where all profits are multiples of the grain; false where the budget is used
 * up. */
static bool find_bound(Dual *dual, int64_t grain, int64_t tolerance, int64_t *ret_bound)
{
	const Problem *problem = dual->problem;
	*ret_bound = 0;
	for (uint32_t g = 0; g < problem->n_groups; g++) {
		int64_t count = problem->groups[g].count, nowhere = MAX(dual->reward[g] - dual->price[g], 0);
		dual->missing[g] = count;
		*ret_bound += (dual->reward[g] - (dual->all_run ? 0 : nowhere)) * count;
	}
	for (uint32_t h = 0; h < problem->n_hosts; h++) {
		Pack *pack = &dual->packs[h];
		fill_pack(dual, h, UINT32_MAX, false);
		dual->taken[h] = pack_solve(pack, tolerance, INT64_MAX) / grain * grain;
		*ret_bound -= dual->taken[h];
		for (uint32_t i = 0; i < pack->n; i++)
			dual->missing[pack->items[i].group] -= pack->chosen[i];
		if (!pay_for(dual, pack))
			return false;
	}
	return true;
}

/* Along what is missing now and, less and less, was before (Camerini, Fratta and Maffioli 1975), as far as would lead
 * to the goal if all went well. */
static void change_rewards(Dual *dual, int64_t gap, double pace)
{
	const Problem *problem = dual->problem;
	double norm = 0;
	for (uint32_t g = 0; g < problem->n_groups; g++) {
		dual->course[g] = 0.7 * dual->course[g] + 0.3 * (double)dual->missing[g];
		norm += dual->course[g] * dual->course[g];
	}
	for (uint32_t g = 0; g < problem->n_groups && norm > 0; g++) {
		int64_t change = (int64_t)(pace * (double)gap * dual->course[g] / norm);
		dual->reward[g] = CLAMP(dual->reward[g] + change, 0, MOST_REWARD);
	}
}

/* Where the climb is a whole step below the bound of the prices after some rounds, or not above it after twice as many,
 * it mostly never is: on large problems, where pods fit into each other's gaps. */
static bool is_hopeless(uint32_t round, int64_t height, int64_t best, int64_t step)
{
	return (round >= HALF_WAY && height <= best - step) || (round >= 2 * HALF_WAY && height < best);
}

/* Slower where nothing is gained for some rounds, faster while it goes well. The height of the first round does not
 * count for that: prices as rewards are a point from which all ways lead down at first. Beginning with the prices it
 * goes for the bound of what was found; beyond what is supposed of the price nothing is asked for. */
static int64_t climb(Dual *dual, int64_t goal, double *pace, uint32_t rounds)
{
	int64_t best = INT64_MIN, height = INT64_MIN, step = dual->step * dual->scale, bound;
	uint32_t lost = 0, won = 0;
	double quick = *pace * 2, slow = *pace / 100;
	for (uint32_t round = 0; round < rounds && best <= goal - step && *pace > slow; round++) {
		bool prices = !dual->climbed && round == 0;
		int64_t tolerance = prices ? step - 1 : step / (25 * (int64_t)dual->problem->n_hosts);
		if (is_hopeless(round, height, best, step) || !find_bound(dual, prices ? step : 1, tolerance, &bound))
			break;
		best = MAX(best, bound);
		bool better = bound > height;
		if (better && round > 0) {
			height = bound;
			memcpy(dual->best_reward, dual->reward, sizeof(int64_t) * dual->problem->n_groups);
		}
		won = better ? won + 1 : 0;
		lost = better ? 0 : lost + 1;
		if (won > 3)
			*pace = MIN(*pace * 1.1, quick);
		if (lost > 0 && lost % 12 == 0)
			*pace *= 0.8;
		change_rewards(dual, MIN(goal - bound, goal - best), *pace);
	}
	return best;
}

/* ---- what is ruled out ------------------------------------------------------------------------------- */

/* With one such pod on the host the bound is above the limit. */
static bool is_too_dear(Dual *dual, uint32_t group, uint32_t host, bool at_home, int64_t grain, int64_t spare)
{
	Pack *pack = &dual->packs[host];
	int64_t profit = dual->reward[group] - (at_home ? 0 : dual->price[group]);
	int64_t enough = dual->taken[host] - (spare - (at_home ? 0 : dual->loss[group])) - profit;
	if (enough > dual->taken[host])
		return true;
	fill_pack(dual, host, group, at_home);
	int64_t worth = pack_solve(pack, grain - 1, MAX(enough, 0)) / grain * grain;
	return pay_for(dual, pack) && worth < enough;
}
/* What the bound rises by where one pod of the group less is at home on the host. */
static int64_t loss_without(Dual *dual, uint32_t group, uint32_t host, int64_t grain)
{
	Pack *pack = &dual->packs[host];
	fill_pack(dual, host, group, true);
	for (uint32_t r = 0; r < pack->n_tight; r++)
		pack->room[r] = PACK_ROOM;
	int64_t worth = pack_solve(pack, grain - 1, INT64_MAX) / grain * grain;
	return pay_for(dual, pack) ? MAX(dual->taken[host] - worth, 0) : 0;
}

static bool lower(uint32_t *most, uint32_t to)
{
	bool any = *most > to;
	*most = MIN(*most, to);
	return any;
}

/* Pods that are needed where they are at home are nowhere else. */
static bool keep_home(Dual *dual, uint32_t group, int64_t grain, int64_t spare)
{
	const Problem *problem = dual->problem;
	uint32_t stay = 0, count = problem->groups[group].count;
	bool any = false;
	dual->loss[group] = 0;
	for (uint32_t i = 0; i < problem->now->n_spots[group]; i++) {
		uint32_t h = problem->now->spots[group][i].host, homes = homes_of(dual, group, h);
		int64_t loss = homes ? loss_without(dual, group, h, grain) : 0;
		stay += loss > spare ? homes : 0;
		dual->loss[group] = count == 1 ? loss : 0;
	}
	for (uint32_t h = 0; h < problem->n_hosts && stay > 0; h++) {
		uint32_t homes = counts_of(problem->now, group, h);
		any |= lower(&dual->most[(size_t)group * problem->n_hosts + h], homes + count - MIN(stay, count));
	}
	return any;
}

static bool leave_out(Dual *dual, uint32_t group, uint32_t host, int64_t grain, int64_t spare)
{
	uint32_t *most = &dual->most[(size_t)group * dual->problem->n_hosts + host],
	         homes = homes_of(dual, group, host);
	bool any = *most > homes && is_too_dear(dual, group, host, false, grain, spare) && lower(most, homes);
	return (homes > 0 && is_too_dear(dual, group, host, true, grain, spare) && lower(most, 0)) || any;
}

/* With the best rewards. *ret_refuted: the bound itself is above the limit. True if anything was ruled out. */
static bool rule_out(Dual *dual, bool *ret_refuted)
{
	const Problem *problem = dual->problem;
	int64_t bound, grain = dual->climbed ? 1 : dual->step * dual->scale;
	bool any = false;
	memcpy(dual->reward, dual->best_reward, sizeof(int64_t) * problem->n_groups);
	if (!find_bound(dual, grain, grain - 1, &bound))
		return false;
	*ret_refuted = bound > dual->limit;
	for (uint32_t g = 0; g < problem->n_groups && !*ret_refuted && dual->budget->left; g++)
		any |= keep_home(dual, g, grain, dual->limit - bound);
	for (uint32_t g = 0; g < problem->n_groups && !*ret_refuted; g++)
		for (uint32_t h = 0; h < problem->n_hosts && dual->budget->left; h++)
			any |= leave_out(dual, g, h, grain, dual->limit - bound);
	return any;
}

/* What is ruled out makes the bound of the rest better, and that rules out more. Where nothing more is ruled out it
 * takes a longer climb, once. */
bool dual_suppose(Dual *dual, int64_t limit, Budget *budget)
{
	size_t cells = (size_t)dual->problem->n_groups * dual->problem->n_hosts;
	int64_t goal = (limit + dual->step) * dual->scale;
	double pace = SMALL_PACE;
	bool refuted = false;
	dual->budget = budget;
	dual->limit = limit * dual->scale;
	memcpy(dual->most, dual->whole, sizeof *dual->most * cells);
	memset(dual->course, 0, sizeof *dual->course * dual->problem->n_groups);
	for (uint32_t pass = 0, longer = 0; pass < MOST_PASSES && budget->left && !refuted; pass++) {
		longer += !rule_out(dual, &refuted);
		if (refuted || longer > 1)
			break;
		pace = longer ? LONGER_PACE : MIN(pace * 2, SMALL_PACE);
		memcpy(dual->reward, dual->best_reward, sizeof(int64_t) * dual->problem->n_groups);
		refuted = climb(dual, goal, &pace, longer ? MOST_ROUNDS : PASS_ROUNDS) > dual->limit;
		dual->climbed = true;
	}
	return refuted;
}

/* ---- the whole --------------------------------------------------------------------------------------- */

uint32_t dual_most(const Dual *dual, uint32_t group, uint32_t host)
{
	return dual->most[(size_t)group * dual->problem->n_hosts + host];
}

bool dual_supposes(const Dual *dual, int64_t price)
{
	return price <= dual->limit / dual->scale;
}

/* From the prices to as much as all hosts say together. */
static int64_t climb_first(Dual *dual, int64_t value)
{
	size_t size = sizeof(int64_t) * MAX(dual->problem->n_groups, 1);
	int64_t step = dual->step * dual->scale, bound;
	g_autofree int64_t *prices = g_memdup2(dual->reward, size);
	double pace = 1;
	if (!find_bound(dual, step, step - 1, &bound))
		return 0;
	if (bound + step >= value * dual->scale)
		return bound;
	int64_t best = climb(dual, value * dual->scale, &pace, MOST_ROUNDS);
	dual->climbed = best > bound;
	if (!dual->climbed)
		memcpy(dual->best_reward, prices, size);
	return MAX(best, bound);
}

Dual *dual_new(const Facts *facts, const Amounts *room, bool all_run, const MovesFound *found, Budget *budget,
        int64_t *ret_bound)
{
	const Problem *problem = facts->problem;
	size_t groups = MAX(problem->n_groups, 1), hosts = MAX(problem->n_hosts, 1);
	*ret_bound = 0;
	if (groups * hosts > MOST_CELLS || count_pods(problem) > MOST_PACKED)
		return NULL;
	Dual *dual = g_new(Dual, 1);
	*dual = (Dual){.facts = facts,
	        .problem = problem,
	        .room = room,
	        .all_run = all_run,
	        .step = found->step,
	        .price = g_new0(int64_t, groups),
	        .reward = g_new0(int64_t, groups),
	        .best_reward = g_new0(int64_t, groups),
	        .missing = g_new0(int64_t, groups),
	        .course = g_new0(double, groups),
	        .taken = g_new0(int64_t, hosts),
	        .limit = INT64_MAX,
	        .whole = g_new0(uint32_t, groups * hosts),
	        .most = g_new0(uint32_t, groups * hosts),
	        .loss = g_new0(int64_t, groups),
	        .sizes = g_malloc0(sizeof *dual->sizes * groups * hosts),
	        .packs = g_new0(Pack, hosts),
	        .budget = budget};
	set_prices(dual);
	set_hosts(dual);
	int64_t bound = climb_first(dual, found->value);
	*ret_bound = (bound + dual->scale - 1) / dual->scale;
	return dual;
}

void dual_free(Dual *dual)
{
	if (!dual)
		return;
	for (uint32_t h = 0; h < dual->problem->n_hosts; h++)
		pack_clear(&dual->packs[h]);
	void *const owned[] = {dual->price, dual->reward, dual->best_reward, dual->missing, dual->course, dual->taken,
	        dual->whole, dual->most, dual->loss, dual->sizes, dual->packs, dual};
	for (size_t i = 0; i < G_N_ELEMENTS(owned); i++)
		g_free(owned[i]);
}
