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
	if (!phase->commits) {
		g_string_append(out, phase->refused ? "nothing mended" : "nothing to mend");
	} else {
		if (phase->mended || phase->moved || phase->placed) {
			append_count(out, phase->mended, "finding");
			g_string_append(out, " mended in ");
		}
		append_count(out, phase->commits, "commit");
	}
	if (phase->refused)
		g_string_append_printf(out, ", %u not proven", phase->refused);
	g_string_append_c(out, '\n');
}

static void append_findings(const Improve *improve, GString *out)
{
	const ImproveCounts *before = &improve->before, *after = &improve->after;
	g_string_append(out, "\n  findings     ");
	append_count(out, before->at[LEVEL_ERROR], "error");
	g_string_append(out, ", ");
	append_count(out, before->at[LEVEL_WARNING], "warning");
	if (improve->empty)
		g_string_append(out, "\n");
	else
		g_string_append_printf(
		        out, " before; %u and %u after\n", after->at[LEVEL_ERROR], after->at[LEVEL_WARNING]);
}

static void append_next(const Improve *improve, GString *out)
{
	if (improve->empty) {
		g_string_append(out, "\nNothing here can be mended for certain, so no branch was made.\n"
		                     "next: labwright check, labwright report\n");
		return;
	}
	g_string_append_printf(out,
	        "\nYour checkout and its branch are as they were. All of it is on branch %s.\n"
	        "next: labwright report --to %s\n"
	        "      git log --stat %.10s..%s\n"
	        "      git merge %s\n",
	        improve->branch, improve->branch, improve->base, improve->branch, improve->branch);
}

static void append_improve(const ImproveOptions *options, const Improve *improve, GString *out)
{
	g_string_append_printf(out, "improved %s, from commit %.10s\n\n", improve->root, improve->base);
	if (improve->earlier) {
		g_string_append(out, "  ");
		append_count(out, improve->earlier, "commit");
		g_string_append_printf(out, " of an earlier run on branch %s; since then:\n", improve->branch);
	}
	for (size_t i = 0; i < IMPROVE_PHASES; i++)
		append_phase(&improve->phases[i], out);
	append_findings(improve, out);
	if (improve->unsaved)
		g_string_append(out, "\nChanges of yours that are not committed were not looked at.\n");
	if (options->dry_run) {
		g_string_append_printf(
		        out, "\nA dry run: no branch was made. The commits would be:\n%s\n", improve->diffstat);
		return;
	}
	append_next(improve, out);
}

/* Every phase was left out. */
static bool has_failed(const Improve *improve)
{
	for (size_t i = 0; i < IMPROVE_PHASES; i++)
		if (!improve->phases[i].problem)
			return false;
	return true;
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
	if (!command_write(NULL, out, &error))
		return command_fail(error);
	return has_failed(improve) ? EXIT_WORK : EXIT_CLEAN;
}

const Command command_improve = {
        "improve", "change", "[--dry-run] [PATH]", "all that can be proven, in phases, on a branch of its own", run};
