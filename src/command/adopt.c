/* labwright adopt: what was changed on the cluster by hand, taken into the files, in their own style. */
#include "command/command.h"

#include "base/error.h"
#include "flow/live.h"
#include "report/report.h"

#include <stdio.h>

extern const Command command_adopt;

static void append_diffs(const Fix *fix, bool colour, GString *out)
{
	ReportInput input = {.graph = fix_scan(fix)->graph, .colour = colour, .unicode = g_get_charset(NULL)};
	for (size_t i = 0; i < fix_files(fix); i++) {
		const FixFile *file = fix_file(fix, i);
		g_autofree char *diff = repo_diff(file->path, &file->old, &file->now);
		report_append_diff(&input, diff, out);
	}
}

static uint32_t count_made(const Fix *fix)
{
	uint32_t count = 0;
	for (size_t i = 0; i < fix_rounds(fix); i++)
		count += fix_round(fix, i)->mended->len;
	return count;
}

static int adopt_drift(Scan *scan, const GPtrArray *drifts, bool write, GError **error)
{
	static const char *const only[] = {NULL}; /* no rule mends along */
	uint32_t left;
	bool colour;
	g_autoptr(Arena) arena = arena_new();
	g_autoptr(GPtrArray) findings = adopt_findings(scan, drifts, arena, &left);
	FixOptions options = {.only = only, .derive = true, .proposed = findings};
	g_autoptr(Fix) fix = fix_new(scan, &options, error);
	if (!fix || !command_colour(NULL, &colour, error) || (write && !fix_write(fix, scan->repo, error)))
		return EXIT_WORK;
	g_autoptr(GString) out = g_string_new(NULL);
	uint32_t made = count_made(fix);
	if (!write)
		append_diffs(fix, colour, out);
	g_string_append_printf(
	        out, "%u values %s\n", made, write ? "taken into the files" : "would be taken into the files");
	if (left + findings->len - made)
		g_string_append_printf(out,
		        "%u differ where no edit of a file is certain: labwright check --live names them\n",
		        left + findings->len - made);
	if (!write && made)
		g_string_append(out, "next: labwright adopt --write\n");
	return command_write(NULL, out, error) ? EXIT_CLEAN : EXIT_WORK;
}

static int adopt(const HomelabArguments *homelab, ScanArguments *arguments, bool write, GError **error)
{
	g_auto(GStrv) paths = NULL;
	g_autoptr(Cluster) cluster = NULL;
	uint32_t unread;
	arguments->worktree = TRUE; /* what is written is what is read */
	if (!homelab_arguments_cluster(homelab, arguments, &cluster, error))
		return EXIT_WORK;
	if (!cluster) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "adopt needs a cluster, and none is named");
		error_add_help(error, "--context NAME, or cluster: {context: NAME} in labwright.yaml");
		return EXIT_USAGE;
	}
	g_autoptr(Scan) scan = scan_arguments_read(arguments, error);
	if (!scan || !scan_arguments_below(arguments, scan, &paths, error) ||
	        (write && !recover_interrupted(scan->repo, "git diff", error)))
		return EXIT_WORK;
	HomelabOptions options = homelab_arguments_options(homelab, paths);
	g_autoptr(ObjectSet) objects = object_set_new(scan, &options, (const char *const *)homelab->names, error);
	g_autoptr(GPtrArray) drifts = objects ? live_drift(cluster, scan, objects, &unread, error) : NULL;
	return drifts ? adopt_drift(scan, drifts, write, error) : EXIT_WORK;
}

static int run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_auto(HomelabArguments) homelab = {0};
	g_auto(ScanArguments) scan = {0};
	gboolean write = FALSE;
	const GOptionEntry own[] = {
	        {"write", 0, 0, G_OPTION_ARG_NONE, &write, "Write the files instead of printing the diff", NULL},
	        {NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	if (!homelab_arguments_parse(&homelab, &scan, own, &command_adopt, &argc, &argv, &error))
		return command_fail(error);
	int code = adopt(&homelab, &scan, write, &error);
	return error ? command_fail(error) : code;
}

const Command command_adopt = {
        "adopt", "change", "[--write] [PATH…]", "take what was set on the cluster into the files", run};
