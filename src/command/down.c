/* labwright down: stops what up made. Volumes stay unless their loss is asked for and confirmed. */
#include "command/command.h"

#include "base/error.h"
#include "flow/record.h"

#include <stdio.h>
#include <unistd.h>

extern const Command command_down;

static void tell(const Change *step, ApplyPhase phase, const char *why, void *data)
{
	printf("  - %s\n", step->live->name);
	fflush(stdout);
}

/* Data is gone for good: the project's name has to be typed, or --yes given by a script that means it. */
static bool confirm(const char *project, bool yes, GError **error)
{
	char line[256];
	if (yes)
		return true;
	if (!isatty(STDIN_FILENO)) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE,
		        "--volumes removes data for good and needs --yes without a terminal");
		return false;
	}
	g_printerr("This removes all volumes of %s with their data. Type the project's name to go on: ", project);
	if (fgets(line, sizeof(line), stdin) && strcmp(g_strstrip(line), project) == 0)
		return true;
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "nothing was removed");
	return false;
}

/* Only some of it: volumes, networks and files of the others stay. */
static bool can_be_part(const HomelabArguments *arguments, const Ground *ground, bool volumes, GError **error)
{
	if (!arguments->names || (!volumes && !ground->cluster))
		return true;
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE,
	        volumes ? "--volumes is for all of the project, and names are for a part of it"
	                : "names are for this machine's engine; on a cluster down takes all of the project away");
	return false;
}

/* A folder is no part that could go alone: whoever names one does not mean all of the project. */
static bool is_whole(const ScanArguments *scan, const char *project, GError **error)
{
	g_autoptr(Repo) repo = *scan->paths ? repo_open(scan->path, REPO_INDEX, NULL, error) : NULL;
	g_autofree char *below = repo ? repo_relative(repo, scan->path) : NULL;
	if (!*scan->paths || (below && !*below))
		return true;
	if (repo)
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE,
		        "'%s' is a part of %s, and down knows only what runs by its name", *scan->paths, project);
	error_add_help(error, "labwright status lists the names; labwright down without any takes all away");
	return false;
}

static int down(HomelabArguments *arguments, ScanArguments *scan, bool volumes, bool yes, GError **error)
{
	g_auto(Ground) ground = {0};
	uint32_t removed = 0;
	if (!homelab_arguments_ground(arguments, scan, &ground, error) || !is_whole(scan, ground.project, error) ||
	        !can_be_part(arguments, &ground, volumes, error) || (volumes && !confirm(ground.project, yes, error)))
		return EXIT_WORK;
	const char *const *only = (const char *const *)arguments->names;
	if (ground.cluster)
		return objects_down(ground.cluster, ground.project, volumes, error);
	ApplyOptions options = {.tell = tell};
	if (homelab_lock_project(ground.project, error) < 0) /* until the end of the program */
		return EXIT_WORK;
	record_forget(ground.project, only);
	if (!engine_down(ground.engine, ground.project, only, volumes, &options, &removed, error))
		return EXIT_WORK;
	if (only && removed == 0) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "nothing that runs is called '%s'", *only);
		error_add_help(error, "labwright status lists the names");
		return EXIT_USAGE;
	}
	if (!only)
		homelab_forget(ground.project);
	if (removed)
		printf("%u containers of %s removed, volumes %s\n", removed, ground.project, volumes ? "too" : "kept");
	else
		printf("nothing of %s ran on %s%s\n", ground.project, engine_name(ground.engine),
		        volumes ? "; its volumes are gone" : "");
	return EXIT_CLEAN;
}

static int run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_auto(HomelabArguments) arguments = {0};
	g_auto(ScanArguments) scan = {0};
	gboolean volumes = FALSE, yes = FALSE;
	const GOptionEntry own[] = {
	        {"volumes", 0, 0, G_OPTION_ARG_NONE, &volumes, "Remove the volumes too: their data is gone", NULL},
	        {"yes", 0, 0, G_OPTION_ARG_NONE, &yes, "Do not ask", NULL},
	        {NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	if (!homelab_arguments_parse(&arguments, &scan, own, &command_down, &argc, &argv, &error))
		return command_fail(error);
	homelab_arguments_take_names(&arguments, &scan, argv + 1);
	int code = down(&arguments, &scan, volumes, yes, &error);
	return error ? command_fail(error) : code;
}

const Command command_down = {"down", "run", "[NAME…] [--volumes]", "stop what up made; volumes stay", run};
