/* labwright run: a CronJob now, by hand; its output, and its exit code. */
#include "command/command.h"

#include "base/error.h"

#include <stdio.h>

extern const Command command_run;

/* All containers of a job, the init ones first, as they were made. */
static GPtrArray *units_of(const Homelab *homelab, const char *name)
{
	const char *plain = strncmp(name, "cronjob/", 8) == 0 ? name + 8 : name;
	const char *const only[] = {plain, NULL};
	GPtrArray *units = g_ptr_array_new();
	for (guint i = 0; i < homelab->wanted->jobs->len; i++)
		if (unit_is_meant(homelab->wanted->jobs->pdata[i], only))
			g_ptr_array_add(units, homelab->wanted->jobs->pdata[i]);
	return units;
}

static void tell(const Change *change, ApplyPhase phase, const char *why, void *data)
{
	if (phase == APPLY_READY || phase == APPLY_DONE || phase == APPLY_FAILED)
		printf("  %s %s%s%s\n", phase == APPLY_FAILED ? "✗" : "✓", change->unit->name, why ? "  " : "",
		        why ? why : "");
}

static int run_job(
        const HomelabArguments *arguments, const ScanArguments *scan_arguments, const char *name, GError **error)
{
	g_autoptr(Scan) scan = NULL;
	g_autoptr(Homelab) homelab = homelab_arguments_read(arguments, scan_arguments, &scan, error);
	g_autoptr(GPtrArray) units = homelab ? units_of(homelab, name) : NULL;
	g_autoptr(Engine) engine = units ? engine_open(&homelab->choice, error) : NULL;
	g_auto(ApplyResult) result = {0};
	if (!engine)
		return EXIT_WORK;
	if (units->len == 0) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "no CronJob is called '%s'", name);
		error_add_help(error, "labwright up --dry-run lists them");
		return EXIT_USAGE;
	}
	ApplyOptions options = {
	        .root = repo_root(scan->repo), .wait = true, .pull = homelab->choice.pull, .tell = tell};
	if (!homelab_lock(homelab, error) || !homelab_write_files(homelab, error) ||
	        !jobs_apply(homelab->wanted, units, engine, &options, &result, error))
		return EXIT_WORK;
	const Unit *last = units->pdata[units->len - 1];
	g_autofree char *logs = engine_logs(engine, last->name, 200, NULL);
	if (logs)
		fputs(logs, stdout);
	return g_hash_table_size(result.failed) ? EXIT_FINDINGS : EXIT_CLEAN;
}

static int run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_auto(HomelabArguments) homelab = {0};
	g_auto(ScanArguments) scan = {0};
	const GOptionEntry own[] = {{NULL, 0, 0, 0, NULL, NULL, NULL}};
	if (!homelab_arguments_parse(&homelab, &scan, own, &command_run, &argc, &argv, &error))
		return command_fail(error);
	if (argc < 2)
		return command_misused("labwright run cronjob/NAME [PATH…]", "run needs the name of a CronJob");
	char *none[] = {NULL};
	scan.paths = argc > 2 ? (const char *const *)argv + 2 : (const char *const *)none;
	scan.path = argc > 2 ? argv[2] : scan.root ? scan.root : ".";
	int code = run_job(&homelab, &scan, argv[1], &error);
	return error ? command_fail(error) : code;
}

const Command command_run = {"run", "run", "cronjob/NAME [PATH…]", "run a CronJob now", run};
