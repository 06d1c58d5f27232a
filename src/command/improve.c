/* labwright improve: everything that can be proven, in phases, on a branch of its own. */
#include "command/command.h"

#include "base/error.h"
#include "report/report.h"

#include <unistd.h>

extern const Command command_improve;

static void say_begun(const ImprovePhase *phase, void *data)
{
	if (isatty(STDERR_FILENO))
		g_printerr("%s: %s\n", phase->name, phase->what);
}

static void append_count(GString *out, uint32_t count, const char *one)
{
	g_string_append_printf(out, "%u %s%s", count, one, count == 1 ? "" : "s");
}

static void append_phase(const ImprovePhase *phase, GString *out)
{
	g_string_append_printf(out, "  %-12s ", phase->name);
	if (phase->problem) {
		g_string_append(out, "left out: ");
		report_append(out, phase->problem, g_get_charset(NULL));
		g_string_append_c(out, '\n');
		return;
	}
	if (phase->moved) {
		append_count(out, phase->moved, "part");
		g_string_append(out, " moved, ");
	}
	if (phase->placed) {
		append_count(out, phase->placed, "workload");
		g_string_append(out, " placed, ");
	}
	append_count(out, phase->mended, "finding");
	g_string_append(out, " mended in ");
	append_count(out, phase->commits, "commit");
	if (phase->refused)
		g_string_append_printf(out, ", %u not proven", phase->refused);
	g_string_append_c(out, '\n');
}

static void append_improve(const ImproveOptions *options, const Improve *improve, GString *out)
{
	const ImproveCounts *before = &improve->before, *after = &improve->after;
	g_string_append_printf(out, "improved %s, from commit %.10s\n\n", improve->root, improve->base);
	for (size_t i = 0; i < IMPROVE_PHASES; i++)
		append_phase(&improve->phases[i], out);
	g_string_append_printf(out, "\n  findings     %u errors, %u warnings before; %u and %u after\n",
	        before->at[LEVEL_ERROR], before->at[LEVEL_WARNING], after->at[LEVEL_ERROR], after->at[LEVEL_WARNING]);
	if (improve->unsaved)
		g_string_append(out, "\nChanges of yours that are not committed were not looked at.\n");
	if (options->dry_run) {
		g_string_append_printf(
		        out, "\nA dry run: no branch was made. The commits would be:\n%s\n", improve->diffstat);
		return;
	}
	g_string_append_printf(out,
	        "\nYour checkout and its branch are as they were. All of it is on branch %s.\n"
	        "next: labwright report --to %s, git log --stat %.10s..%s, then git merge %s\n",
	        improve->branch, improve->branch, improve->base, improve->branch, improve->branch);
}

static int run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	gboolean dry_run = FALSE, replicas = FALSE;
	g_autofree char *branch = NULL;
	g_auto(GStrv) usage = NULL;
	const GOptionEntry entries[] = {
	        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &dry_run, "Show the commits and leave no branch behind", NULL},
	        {"usage", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &usage,
	                "What the cluster says of itself, as for place: workloads are moved and sized by it; may be "
	                "repeated",
	                "FILE"},
	        {"replicas", 0, 0, G_OPTION_ARG_NONE, &replicas, "Fewer replicas, where not all have a place", NULL},
	        {"branch", 0, 0, G_OPTION_ARG_STRING, &branch, "The branch to make or go on with", "NAME"},
	        {NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	if (!command_parse(&command_improve, entries, &argc, &argv, &error))
		return command_fail(error);
	if (argc > 2)
		return command_misused("labwright improve [PATH]", "one repository at a time");
	ImproveOptions options = {.path = argc > 1 ? argv[1] : ".",
	        .branch = branch,
	        .dry_run = dry_run,
	        .replicas = replicas,
	        .usage = (const char *const *)usage,
	        .begun = say_begun};
	g_autoptr(Improve) improve = improve_new(&options, &error);
	if (!improve)
		return command_fail(error);
	g_autoptr(GString) out = g_string_new(NULL);
	append_improve(&options, improve, out);
	return command_write(NULL, out, &error) ? EXIT_CLEAN : command_fail(error);
}

const Command command_improve = {
        "improve", "change", "[--dry-run] [PATH]", "all that can be proven, in phases, on a branch of its own", run};
