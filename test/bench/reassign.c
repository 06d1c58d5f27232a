/* The ROADEF/EURO challenge 2012 as a program, called as its rules say:
 *
 *     reassign -t SECONDS -p MODEL -i ASSIGNMENT -o OUT -s SEED
 *
 * The best assignment found is written to OUT, as machines in the order of the processes. SIGTERM and SIGINT end the
 * search early. With -n STEPS instead of -t the same seed gives the same answer on every machine. */
#include "instance.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static volatile int stop;

static void on_signal(int number)
{
	stop = number;
}

static bool write_assignment(const char *path, const Reassignment *problem, const uint32_t *at, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	for (uint32_t p = 0; p < problem->n_processes; p++)
		g_string_append_printf(text, "%s%u", p ? " " : "", at[p]);
	g_string_append_c(text, '\n');
	return g_file_set_contents(path, text->str, (gssize)text->len, error);
}

typedef struct Arguments {
	double seconds;
	char *model, *assignment, *out;
	gint64 seed, steps;
	int workers;
} Arguments;

static bool parse(Arguments *arguments, int *argc, char ***argv, GError **error)
{
	const GOptionEntry entries[] = {
	        {"time", 't', 0, G_OPTION_ARG_DOUBLE, &arguments->seconds, "Seconds of the clock", "SECONDS"},
	        {"problem", 'p', 0, G_OPTION_ARG_FILENAME, &arguments->model, "The instance", "MODEL"},
	        {"initial", 'i', 0, G_OPTION_ARG_FILENAME, &arguments->assignment, "Where processes run", "ASSIGNMENT"},
	        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &arguments->out, "Where the answer goes", "OUT"},
	        {"seed", 's', 0, G_OPTION_ARG_INT64, &arguments->seed, "Of chance (1)", "SEED"},
	        {"steps", 'n', 0, G_OPTION_ARG_INT64, &arguments->steps,
	                "Moves proposed by each worker, instead of time: the same on every machine", "STEPS"},
	        {"workers", 'w', 0, G_OPTION_ARG_INT, &arguments->workers, "Threads that search (2)", "N"},
	        {NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	g_autoptr(GOptionContext) context = g_option_context_new("- reassign processes to machines");
	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, argc, argv, error))
		return false;
	if (*argc > 1 || !arguments->model || !arguments->assignment || !arguments->out ||
	        (arguments->seconds <= 0 && arguments->steps <= 0) || arguments->workers < 1 ||
	        arguments->workers > 64) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		        "needed are -p MODEL -i ASSIGNMENT -o OUT, and -t SECONDS or -n STEPS above 0");
		return false;
	}
	return true;
}

static bool solve(const Arguments *arguments, int64_t start, GError **error)
{
	g_autoptr(Reassignment) problem = instance_read(arguments->model, arguments->assignment, error);
	if (!problem)
		return false;
	AnnealOptions options = {.seconds = arguments->seconds,
	        .start = start,
	        .steps = (uint64_t)arguments->steps,
	        .seed = (uint64_t)arguments->seed,
	        .workers = (uint32_t)arguments->workers,
	        .stop = &stop};
	g_autofree uint32_t *at = g_new(uint32_t, MAX(problem->n_processes, 1));
	int64_t cost;
	if (!reassignment_solve(problem, &options, at, &cost, error) ||
	        !write_assignment(arguments->out, problem, at, error))
		return false;
	int64_t bound = reassignment_bound(problem);
	printf("cost %" PRId64 "  bound %" PRId64 "  gap %.4f %%  seconds %.1f\n", cost, bound,
	        cost ? 100.0 * (double)(cost - bound) / (double)cost : 0.0,
	        (double)(g_get_monotonic_time() - start) / 1e6);
	return true;
}

int main(int argc, char **argv)
{
	Arguments arguments = {.seed = 1, .workers = 2};
	g_autoptr(GError) error = NULL;
	int64_t start = g_get_monotonic_time();
	struct sigaction action = {.sa_handler = on_signal};
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	bool good = parse(&arguments, &argc, &argv, &error);
	int status = good ? solve(&arguments, start, &error) ? 0 : 3 : 2;
	if (status)
		fprintf(stderr, "reassign: %s\n", error->message);
	g_free(arguments.model);
	g_free(arguments.assignment);
	g_free(arguments.out);
	return status;
}
