/* labwright fix: what can be mended for certain, as a diff; with --write it is written, with --commit committed. */
#include "command/command.h"

#include "base/error.h"
#include "base/path.h"
#include "report/report.h"

#include <stdio.h>
#include <unistd.h>

extern const Command command_fix;

typedef struct FixArguments {
	ScanArguments scan;
	char **only, **usage, *colour;
	gboolean place, replicas, derive, write, commit, with_changes, interactive, explain, quiet;
	bool with_colour;
} FixArguments;

static void fix_arguments_clear(FixArguments *arguments)
{
	scan_arguments_clear(&arguments->scan);
	g_strfreev(arguments->only);
	g_strfreev(arguments->usage);
	g_free(arguments->colour);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FixArguments, fix_arguments_clear)

static ReportInput input_for(const FixArguments *arguments, const Graph *graph)
{
	return (ReportInput){.graph = graph,
	        .all = arguments->explain,
	        .colour = arguments->with_colour,
	        .unicode = g_get_charset(NULL)};
}

/* ---- what is said ------------------------------------------------------------------------------------- */

static uint32_t count_mended(const Fix *fix)
{
	uint32_t count = 0;
	for (size_t i = 0; i < fix_rounds(fix); i++)
		count += fix_round(fix, i)->mended->len;
	return count;
}

static void append_mended(const FixArguments *arguments, const Fix *fix, GString *out)
{
	for (size_t i = 0; i < fix_rounds(fix); i++) {
		const FixRound *round = fix_round(fix, i);
		ReportInput input = input_for(arguments, round->scan->graph);
		for (guint k = 0; k < round->mended->len; k++)
			report_append_mended(&input, round->mended->pdata[k], out);
	}
}

static void append_diffs(const FixArguments *arguments, const Fix *fix, GString *out)
{
	ReportInput input = input_for(arguments, fix_scan(fix)->graph);
	for (size_t i = 0; i < fix_files(fix); i++) {
		const FixFile *file = fix_file(fix, i);
		g_autofree char *diff = file->tracked ? g_strdup_printf("git add %s\n", file->path)
		                                      : repo_diff(file->path, &file->old, &file->now);
		report_append_diff(&input, diff, out);
	}
}

typedef struct Left {
	uint32_t proposals, derivable, refused, open;
} Left;

/* What stays: edits that were refused are told each with the reason, the rest is counted. */
static Left append_left(const FixArguments *arguments, const Fix *fix, char **paths, GString *out)
{
	Left left = {0};
	const Graph *graph = fix_scan(fix)->graph;
	const Check *check = fix_check(fix);
	ReportInput input = input_for(arguments, graph);
	for (size_t i = 0; i < check->count; i++) {
		const Finding *finding = check->findings[i];
		if (finding->suppressed_by || finding->level < LEVEL_WARNING ||
		        (arguments->only &&
		                !g_strv_contains((const char *const *)arguments->only, finding->rule->id)) ||
		        !path_is_below_any(
		                slice_from(graph_file_path(graph, finding->span.file)), (const char *const *)paths))
			continue;
		const char *why = fix_refusal(fix, finding);
		left.derivable += !why && finding->n_edits && finding->fix == FIX_VALUE && !arguments->derive;
		left.proposals += !why && finding->hint != NULL;
		left.open++;
		if (!why)
			continue;
		if (left.refused++ == 0)
			g_string_append(out, "\nNO SAFE FIX\n");
		report_append_place(&input, finding->span, out);
		g_string_append(out, ": ");
		report_append(out, finding->message, input.unicode);
		g_string_append_printf(out, " [%s]\n  ", finding->rule->id);
		report_append(out, why, input.unicode);
		g_string_append_c(out, '\n');
	}
	return left;
}

static void append_count(GString *out, uint32_t count, const char *one)
{
	g_string_append_printf(out, "%u %s%s", count, one, count == 1 ? "" : "s");
}

static void append_summary(const Fix *fix, const Left *left, const char *done, GString *out)
{
	uint32_t mended = count_mended(fix);
	g_string_append_c(out, '\n');
	append_count(out, mended, "finding");
	g_string_append_printf(out, " %s in ", done);
	append_count(out, (uint32_t)fix_files(fix), "file");
	if (mended)
		g_string_append(out, ", proven: each is gone, nothing new came, all else says what it said");
	g_string_append_printf(out, "\n%u left to you", left->open);
	if (left->refused)
		g_string_append_printf(out, ", %u of them with edits that could not be proven", left->refused);
	g_string_append_c(out, '\n');
}

static void append_next(const FixArguments *arguments, const Fix *fix, const Left *left, GString *out)
{
	ScanArguments asked = arguments->scan;
	asked.worktree = FALSE; /* goes without saying */
	g_autofree char *scanned = scan_arguments_again(&asked);
	g_autoptr(GString) measured = g_string_new(NULL);
	for (char **file = arguments->usage; file && *file; file++)
		g_string_append_printf(measured, " --usage %s", *file);
	g_autoptr(GString) only = g_string_new(NULL);
	for (char **rule = arguments->only; rule && *rule; rule++)
		g_string_append_printf(only, " --only %s", *rule);
	g_autofree char *again = g_strconcat(only->str, arguments->place ? " --place" : "",
	        arguments->replicas ? " --replicas" : "", measured->str, scanned, NULL);
	const char *derive = arguments->derive ? " --derive" : "";
	bool written = arguments->write || arguments->commit || arguments->interactive;
	if (!written && fix_files(fix))
		g_string_append_printf(out, "next: labwright fix --write%s%s\n", derive, again);
	else if (left->derivable)
		g_string_append_printf(out, "next: labwright fix --derive%s (%u more, by values that evidence tells)\n",
		        again, left->derivable);
	else if (written && fix_files(fix) && !arguments->commit)
		g_string_append(out, "next: git diff\n");
	else
		g_string_append_printf(out, "next: labwright check%s%s\n", measured->str, scanned);
}

/* ---- the command --------------------------------------------------------------------------------------- */

static bool recover(const FixArguments *arguments, const Scan *scan, GError **error)
{
	bool writes = arguments->write || arguments->commit || arguments->interactive;
	return !writes || recover_interrupted(scan->repo, "git diff", error);
}

static bool write_all(const FixArguments *arguments, const Fix *fix, const Scan *scan, GString *out, GError **error)
{
	uint32_t commits = 0;
	if (arguments->commit) {
		if (!fix_commit(fix, scan->repo, &(CommitOptions){.with_changes = arguments->with_changes}, &commits,
		            error))
			return false;
		append_count(out, commits, "commit");
		g_string_append(out, " made\n");
		return true;
	}
	return fix_write(fix, scan->repo, error);
}

/* What labwright place would have moved, and where. */
static GPtrArray *find_moves(const FixArguments *arguments, const Scan *scan, const Usage *usage,
        const char *const *paths, Arena *arena, GError **error)
{
	PlacementOptions options = {.usage = usage, .paths = paths};
	g_autoptr(Placement) placement = placement_new(scan, &options, error);
	return placement ? placement_findings(placement, arguments->replicas, arena) : NULL;
}

/* What labwright place proposes goes by names of its own, and is asked for by --place: they are taken out. */
static void drop_moves(FixArguments *arguments)
{
	char **kept = arguments->only;
	for (char **at = arguments->only; arguments->place && at && *at; at++) {
		if (g_str_has_prefix(*at, "placement"))
			g_free(*at);
		else
			*kept++ = *at;
	}
	if (arguments->place && arguments->only)
		*kept = NULL;
}

static int fix_all(const FixArguments *arguments, GError **error)
{
	g_auto(GStrv) paths = NULL;
	bool writes = arguments->write || arguments->commit || arguments->interactive;
	g_autoptr(Arena) arena = arena_new();
	g_autoptr(GPtrArray) moves = NULL;
	g_autoptr(Usage) usage = arguments->usage ? usage_new((const char *const *)arguments->usage, error) : NULL;
	if (arguments->usage && !usage)
		return EXIT_WORK;
	g_autoptr(Scan) scan = scan_arguments_read(&arguments->scan, error);
	if (!scan || !scan_arguments_below(&arguments->scan, scan, &paths, error) || !recover(arguments, scan, error))
		return EXIT_WORK;
	scan_measure(scan, usage, NULL);
	if (arguments->place && !(moves = find_moves(arguments, scan, usage, (const char *const *)paths, arena, error)))
		return EXIT_WORK;
	HunkQuestions questions = {.colour = arguments->with_colour, .unicode = g_get_charset(NULL)};
	FixOptions options = {.only = (const char *const *)arguments->only,
	        .also = (const char *const *)arguments->only,
	        .paths = (const char *const *)paths,
	        .derive = arguments->derive,
	        .proposed = moves,
	        .history = arguments->derive,
	        .ask = arguments->interactive ? ask_hunks : NULL,
	        .ask_data = &questions};
	g_autoptr(Fix) fix = fix_new(scan, &options, error);
	if (!fix)
		return EXIT_USAGE;
	g_autoptr(GString) out = g_string_new(NULL);
	if (!arguments->interactive)
		append_mended(arguments, fix, out);
	if (!writes && fix_files(fix)) {
		g_string_append_c(out, '\n');
		append_diffs(arguments, fix, out);
	}
	if (writes && !write_all(arguments, fix, scan, out, error))
		return EXIT_WORK;
	Left left = append_left(arguments, fix, paths, out);
	append_summary(fix, &left, writes ? "mended" : "would be mended", out);
	append_next(arguments, fix, &left, out);
	return command_write(NULL, out, error) ? EXIT_CLEAN : EXIT_WORK;
}

static bool fits_together(const FixArguments *arguments, GError **error)
{
	if (arguments->scan.revision && (arguments->write || arguments->commit || arguments->interactive)) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "a commit of the past cannot be written");
		error_add_help(error, "leave --rev out, or leave --write out to see the diff");
		return false;
	}
	if (arguments->replicas && !arguments->place) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "--replicas needs --place");
		error_add_help(error, "which of them have a place is what it finds out");
		return false;
	}
	return true;
}

static int run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_auto(FixArguments) arguments = {0};
	const GOptionEntry entries[] = {
	        {"only", 0, 0, G_OPTION_ARG_STRING_ARRAY, &arguments.only, "Only this rule; may be repeated", "RULE"},
	        {"derive", 0, 0, G_OPTION_ARG_NONE, &arguments.derive,
	                "Values that shown evidence tells, too, not only what is right in any case", NULL},
	        {"usage", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &arguments.usage,
	                "What a cluster measured, as for place: requests and limits are set by it; may be repeated",
	                "FILE"},
	        {"place", 0, 0, G_OPTION_ARG_NONE, &arguments.place,
	                "Node selectors, too, for what labwright place moves", NULL},
	        {"replicas", 0, 0, G_OPTION_ARG_NONE, &arguments.replicas,
	                "With --place, fewer replicas where not all have a place", NULL},
	        {"write", 'w', 0, G_OPTION_ARG_NONE, &arguments.write, "Write the files", NULL},
	        {"interactive", 'i', 0, G_OPTION_ARG_NONE, &arguments.interactive, "Ask for each hunk, then write",
	                NULL},
	        {"commit", 0, 0, G_OPTION_ARG_NONE, &arguments.commit, "Write, and make one commit for each rule",
	                NULL},
	        {"with-changes", 0, 0, G_OPTION_ARG_NONE, &arguments.with_changes,
	                "Commit although the files hold changes of yours", NULL},
	        {"explain", 0, 0, G_OPTION_ARG_NONE, &arguments.explain,
	                "Show all places and the evidence of each edit", NULL},
	        {"color", 0, 0, G_OPTION_ARG_STRING, &arguments.colour, "auto, always or never", "WHEN"},
	        {NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	if (!scan_arguments_parse(&arguments.scan, entries, &command_fix, &argc, &argv, &error) ||
	        !command_colour(arguments.colour, &arguments.with_colour, &error) || !fits_together(&arguments, &error))
		return command_fail(error);
	/* What is edited is what the owner's editor shows, so that is what is read. */
	if (!arguments.scan.revision)
		arguments.scan.worktree = TRUE;
	drop_moves(&arguments);
	int code = fix_all(&arguments, &error);
	return error ? command_fail(error) : code;
}

const Command command_fix = {
        "fix", "change", "[--write|--commit] [PATH…]", "mend what can be mended, with edits that are proven", run};
