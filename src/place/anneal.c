/* The search for a good reassignment: simulated annealing, several workers, in three parts of the time.
 *
 * What makes the difference between instances is not known beforehand, so it is tried: pilots, short annealings in
 * different styles, say which style the long annealing is to have (a fifth of the time). The long one takes half, each
 * worker with a chance of its own. What is left goes to reheating the best of all workers, again and again.
 *
 * A style is how hot it begins; how much processes are drawn home (at high temperature one would be anywhere else, and
 * hold its transient resources at home for nothing; a bias of the logarithm of the number of machines makes up for
 * that); whether capacities may be exceeded at a price, which rises until nothing exceeds them any more; and how often
 * a large process is put where others must leave for it.
 *
 * Determinism: workers meet at the end of each part and nowhere else, so a number of steps and a seed fix the answer.
 * With a clock instead, temperature follows the clock, and the answer depends on how far each worker came.
 *
 * Sources: Kirkpatrick, Gelatt and Vecchi (Optimization by simulated annealing, 1983); Portal, Ritt, Borba and Buriol
 * (2016) for its use here; Gavranović, Buljubašić and Demirović (2012) for rearrangements round large processes. */
#include "base/error.h"
#include "place/walk.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#define CHUNK 20000     /* steps between two looks at the clock */
#define PILOT_SHARE 0.2 /* of the time */
#define LONG_SHARE 0.55
#define COLD 1e-3         /* of the first temperature: where most is settled */
#define COOLING_SHARE 0.8 /* of an annealing until then; in the rest it cools to 1 */
#define STEEPER 100.0     /* how many times dearer excess becomes */

typedef struct Style {
	double heat;          /* of the instance's scale */
	double bias;          /* temperatures that it costs to leave home */
	double excess_weight; /* at the beginning, in the mean load weight; 0: capacities hold always */
	uint32_t rearranging; /* of 256 steps */
} Style;

static const Style styles[] = {
        {1, 0, 0, 1},
        {1, 5, 0, 4},
        {1, 0, 4, 0},
        {0.1, 5, 0, 2},
        {1, 1, 0, 2},
        {0.1, 2, 0, 6},
};

#define STYLES ((uint32_t)G_N_ELEMENTS(styles))

static const double reheats[] = {1e-2, 3e-3, 1e-3, 3e-2};

typedef struct Search {
	const Reassignment *problem;
	const AnnealOptions *options;
	struct Worker *workers;
	pthread_barrier_t meeting;
	double scale;             /* a temperature at which most moves are made */
	double load_weight;       /* mean */
	int64_t of_style[STYLES]; /* what each pilot reached */
} Search;

typedef struct Worker {
	Search *search;
	uint32_t number;
	Walk *walk;
	uint64_t steps;
	uint32_t *best;
	int64_t best_cost; /* of this worker */
} Worker;

/* ---- one annealing ---------------------------------------------------------------------------------- */

/* Of all work, from 0 to 1. */
static double progress(const Worker *worker)
{
	const AnnealOptions *options = worker->search->options;
	if (options->stop && *options->stop)
		return 1;
	if (options->steps)
		return (double)worker->steps / (double)options->steps;
	return (double)(g_get_monotonic_time() - options->start) / 1e6 / options->seconds;
}

static void keep_best(Worker *worker)
{
	const Walk *walk = worker->walk;
	if (walk->excess || walk->cost >= worker->best_cost)
		return;
	worker->best_cost = walk->cost;
	memcpy(worker->best, walk->at, sizeof *walk->at * walk->problem->n_processes);
}

static double temperature_at(double hot, double part)
{
	double cold = MAX(hot * COLD, 1);
	if (part < COOLING_SHARE)
		return hot * pow(cold / hot, part / COOLING_SHARE);
	return cold * pow(1 / cold, (part - COOLING_SHARE) / (1 - COOLING_SHARE));
}

static int64_t excess_weight_at(const Worker *worker, const Style *style, double part)
{
	double weight = style->excess_weight * worker->search->load_weight;
	if (style->excess_weight <= 0 || (part > 0.6 && worker->walk->excess == 0))
		return 0;
	return (int64_t)(weight * pow(STEEPER, CLAMP((part - 0.5) / 0.25, 0, 1))) + 1;
}

/* From what the walk stands at, until all work has come so far. Gives the last cost, or INT64_MAX where capacities are
 * exceeded still. */
static int64_t anneal(Worker *worker, const Style *style, double hot, double until)
{
	Walk *walk = worker->walk;
	double from = progress(worker), at = from;
	walk->rearranging = style->rearranging;
	for (; at < until; at = progress(worker)) {
		double part = (at - from) / (until - from), temperature = temperature_at(hot, part);
		walk->bias = (int64_t)(temperature * style->bias);
		if (part > COOLING_SHARE && walk->excess)
			walk_repair(walk);
		walk->excess_weight = excess_weight_at(worker, style, part);
		walk_on(walk, (int64_t)(temperature * 256), CHUNK);
		worker->steps += CHUNK;
		keep_best(worker);
	}
	return walk->excess ? INT64_MAX : walk->cost;
}

/* ---- the three parts ---------------------------------------------------------------------------------- */

static void run_pilots(Worker *worker)
{
	Search *search = worker->search;
	uint32_t workers = search->options->workers, rounds = (STYLES + workers - 1) / workers;
	for (uint32_t round = 0; round < rounds; round++) {
		uint32_t i = round * workers + worker->number;
		const Style *style = &styles[i % STYLES];
		walk_set(worker->walk, search->problem->home);
		int64_t cost = anneal(worker, style, style->heat * search->scale, PILOT_SHARE * (round + 1) / rounds);
		if (i < STYLES)
			search->of_style[i] = cost;
	}
}

static const Style *best_style(const Search *search)
{
	uint32_t best = 0;
	for (uint32_t i = 1; i < STYLES; i++)
		if (search->of_style[i] < search->of_style[best])
			best = i;
	return &styles[best];
}

static const Worker *best_worker(const Search *search)
{
	const Worker *best = &search->workers[0];
	for (uint32_t i = 1; i < search->options->workers; i++)
		if (search->workers[i].best_cost < best->best_cost)
			best = &search->workers[i];
	return best;
}

/* All see the same best: nobody changes his own between the two meetings. */
static void take_best(Worker *worker)
{
	Search *search = worker->search;
	pthread_barrier_wait(&search->meeting);
	walk_set(worker->walk, best_worker(search)->best);
	pthread_barrier_wait(&search->meeting);
}

static gpointer work(gpointer data)
{
	Worker *worker = data;
	Search *search = worker->search;
	run_pilots(worker);
	pthread_barrier_wait(&search->meeting);
	Style style = *best_style(search);
	walk_set(worker->walk, search->problem->home);
	anneal(worker, &style, style.heat * search->scale, PILOT_SHARE + LONG_SHARE);
	style.excess_weight = 0;
	style.rearranging = MAX(style.rearranging, 2);
	double done = PILOT_SHARE + LONG_SHARE;
	for (uint32_t i = 0; i < G_N_ELEMENTS(reheats); i++) {
		take_best(worker);
		double hot = MAX(style.heat * search->scale * reheats[i], 2);
		anneal(worker, &style, hot, done + (1 - done) * (i + 1) / G_N_ELEMENTS(reheats));
	}
	return NULL;
}

/* Six times the load of an average process in an average resource: hardly a move costs more. */
static void set_scale(Search *search)
{
	const Reassignment *problem = search->problem;
	double load = 0, weights = 0, counted = 0;
	for (uint32_t r = 0; r < problem->n_resources; r++) {
		weights += (double)problem->load_weight[r];
		counted += problem->load_weight[r] > 0;
	}
	for (uint32_t p = 0; p < problem->n_processes; p++)
		for (uint32_t r = 0; r < problem->n_resources; r++)
			load += (double)problem->need[(size_t)p * problem->stride + r] *
			        (double)problem->load_weight[r];
	search->load_weight = counted > 0 ? weights / counted : 1;
	search->scale = MAX(6 * load / MAX(counted, 1) / MAX(problem->n_processes, 1), 100);
}

static bool start_worker(Worker *worker, Search *search, const Course *course, uint32_t number)
{
	const Reassignment *problem = search->problem;
	worker->search = search;
	worker->number = number;
	worker->walk = walk_new(course, search->options->seed * 64 + number);
	worker->best = g_memdup2(problem->home, sizeof *worker->best * MAX(problem->n_processes, 1));
	bool good = walk_set(worker->walk, problem->home);
	worker->best_cost = worker->walk->cost;
	return good;
}

static void run_workers(Search *search)
{
	uint32_t n = search->options->workers;
	g_autofree GThread **threads = g_new(GThread *, n);
	pthread_barrier_init(&search->meeting, NULL, n);
	for (uint32_t i = 0; i < n; i++)
		threads[i] = g_thread_new("anneal", work, &search->workers[i]);
	for (uint32_t i = 0; i < n; i++)
		g_thread_join(threads[i]);
	pthread_barrier_destroy(&search->meeting);
}

bool reassignment_solve(
        const Reassignment *problem, const AnnealOptions *options, uint32_t *ret_at, int64_t *ret_cost, GError **error)
{
	g_autoptr(Course) course = course_new(problem);
	g_autofree Worker *workers = g_new0(Worker, options->workers);
	Search search = {.problem = problem, .options = options, .workers = workers};
	bool good = true;
	set_scale(&search);
	for (uint32_t i = 0; i < options->workers; i++)
		good = start_worker(&workers[i], &search, course, i) && good;
	if (good && problem->n_processes && problem->n_machines > 1)
		run_workers(&search);
	if (good) {
		const Worker *best = best_worker(&search);
		*ret_cost = best->best_cost;
		memcpy(ret_at, best->best, sizeof *ret_at * problem->n_processes);
	} else {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE,
		        "the present assignment breaks a constraint: a machine is too full, or a service is not spread "
		        "as "
		        "it must be");
	}
	for (uint32_t i = 0; i < options->workers; i++) {
		walk_free(workers[i].walk);
		g_free(workers[i].best);
	}
	return good;
}
