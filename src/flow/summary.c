/* Two states of a repository, read from their commits, and the commits between them. */
#include "flow/git.h"

#include "base/error.h"

#include <time.h>

/* Commits for the picture: each is read and checked. */
#define MOST_POINTS 60

struct Report {
	Summary summary;
	Scan *scans[2];
	Check *checks[2];
	Placement *placement;
};

/* ---- states ------------------------------------------------------------------------------------------------ */

static bool read_state(Report *report, size_t index, const ReportOptions *options, const char *revision, GError **error)
{
	int64_t start = g_get_monotonic_time();
	ScanOptions wanted = {
	        .path = options->path, .view = revision ? REPO_REVISION : REPO_INDEX, .revision = revision};
	Scan *scan = report->scans[index] = scan_new(&wanted, error);
	if (!scan)
		return false;
	CheckOptions all = {0};
	Check *check = report->checks[index] = check_new(scan, &all, NULL);
	SummaryState *state = index ? &report->summary.after : &report->summary.before;
	Finding **active = ARENA_ARRAY(report->summary.arena, Finding *, MAX(check->count, 1));
	*state = (SummaryState){.graph = scan->graph,
	        .findings = active,
	        .revision = revision ? revision : "HEAD",
	        .commit = repo_commit(scan->repo) ? repo_commit(scan->repo) : "",
	        .files = graph_files(scan->graph),
	        .bytes = scan->bytes};
	for (size_t i = 0; i < check->count; i++)
		if (!check->findings[i]->suppressed_by)
			active[state->count++] = check->findings[i];
	state->microseconds = g_get_monotonic_time() - start;
	return true;
}

/* ---- commits ------------------------------------------------------------------------------------------------- */

static char *run(const Repo *repo, GError **error, const char *const *words)
{
	char *output = NULL;
	g_autoptr(GPtrArray) all = git_words(words);
	return git_run(repo, all, &output, error) ? output : NULL;
}

/* Fields end with the unit separator, commits with the record separator: neither stands in a message that git takes. */
static bool read_commits(Report *report, const Repo *repo, const char *range, GError **error)
{
	Arena *arena = report->summary.arena;
	g_autofree char *log = run(repo, error,
	        (const char *const[]){"log", "--reverse", "--first-parent",
	                "--format=%h%x1f%s%x1f%b%x1f%(trailers:key=Labwright-Phase,valueonly,separator=%x20)%x1e",
	                "--abbrev=10", range, NULL});
	if (!log)
		return false;
	g_auto(GStrv) records = g_strsplit(log, "\x1e", -1);
	for (char **record = records; *record; record++) {
		g_auto(GStrv) fields = g_strsplit(g_strstrip(*record), "\x1f", -1);
		if (g_strv_length(fields) != 4)
			continue;
		SummaryCommit commit = {arena_text(arena, slice_from(fields[0])),
		        arena_text(arena, slice_from(fields[1])), arena_text(arena, slice_from(fields[2])),
		        arena_text(arena, slice_from(g_strstrip(fields[3])))};
		g_array_append_val(report->summary.commits, commit);
	}
	return true;
}

static void add_point(Report *report, const ReportOptions *options, const char *id, const char *subject)
{
	ScanOptions wanted = {.path = options->path, .view = REPO_REVISION, .revision = id};
	g_autoptr(Scan) scan = scan_new(&wanted, NULL);
	if (!scan)
		return;
	CheckOptions all = {0};
	SummaryPoint point = {id, subject, 0, 0};
	g_autoptr(Check) check = check_new(scan, &all, NULL);
	for (size_t i = 0; i < check->count; i++) {
		point.errors += !check->findings[i]->suppressed_by && check->findings[i]->level == LEVEL_ERROR;
		point.warnings += !check->findings[i]->suppressed_by && check->findings[i]->level == LEVEL_WARNING;
	}
	g_array_append_val(report->summary.points, point);
}

/* Where there are more commits than points, every so-manieth of them, the last one always. */
static void add_points(Report *report, const ReportOptions *options)
{
	const GArray *commits = report->summary.commits;
	guint step = commits->len / MOST_POINTS + 1;
	if (commits->len == 0)
		return;
	add_point(report, options, report->summary.before.commit, "before");
	for (guint i = 0; i < commits->len; i++) {
		const SummaryCommit *commit = &g_array_index(commits, SummaryCommit, i);
		if (i % step == step - 1 || i + 1 == commits->len)
			add_point(report, options, commit->id, commit->subject);
	}
	/* Ten digits in the picture, too. */
	SummaryPoint *first = &g_array_index(report->summary.points, SummaryPoint, 0);
	first->id = arena_printf(report->summary.arena, "%.10s", first->id);
}

/* ---- placement ------------------------------------------------------------------------------------------------ */

static bool add_placement(Report *report, const ReportOptions *options, GError **error)
{
	g_autoptr(GError) none = NULL;
	PlacementOptions wanted = {.usage = options->usage};
	report->placement = placement_new(report->scans[0], &wanted, &none);
	if (!report->placement) {
		if (!options->usage)
			return true; /* no node has a capacity: said in the report */
		g_propagate_error(error, g_steal_pointer(&none));
		return false;
	}
	g_autoptr(GString) text = g_string_new(NULL), svg = g_string_new(NULL);
	PlaceStyle style = {.unicode = true};
	plan_text(report->placement->plan, &style, text);
	place_svg(report->placement->plan, svg);
	report->summary.place.text = arena_text(report->summary.arena, (Slice){text->str, text->len});
	report->summary.place.svg = arena_text(report->summary.arena, (Slice){svg->str, svg->len});
	return true;
}

/* ---- the whole ------------------------------------------------------------------------------------------------- */

/* Where an improvement began: the parent of the first commit with a phase; else where the branch left the default one;
 * else the first commit. */
static char *find_start(const Repo *repo, const char *to)
{
	const char *end = to ? to : "HEAD";
	g_autofree char *phases = run(repo, NULL,
	        (const char *const[]){
	                "log", "--reverse", "--first-parent", "--format=%H", "--grep=^Labwright-Phase: ", end, NULL});
	if (phases && *phases) {
		phases[strcspn(phases, "\n")] = '\0';
		g_autofree char *parent = g_strconcat(phases, "^", NULL);
		char *start = run(repo, NULL, (const char *const[]){"rev-parse", "--verify", "--quiet", parent, NULL});
		if (start)
			return g_strstrip(start);
	}
	static const char *const branches[] = {"main", "master", "trunk"};
	for (size_t i = 0; i < G_N_ELEMENTS(branches); i++) {
		g_autofree char *here = run(repo, NULL, (const char *const[]){"rev-parse", end, NULL});
		char *base = run(repo, NULL, (const char *const[]){"merge-base", branches[i], end, NULL});
		if (base && here && strcmp(base, here) != 0)
			return g_strstrip(base);
		g_free(base);
	}
	char *first =
	        run(repo, NULL, (const char *const[]){"rev-list", "--max-parents=0", "--first-parent", end, NULL});
	if (first)
		first[strcspn(first, "\n")] = '\0';
	return first;
}

static const char *today(Arena *arena)
{
	char text[32];
	struct tm local;
	time_t now = time(NULL);
	strftime(text, sizeof text, "%Y-%m-%d %H:%M", localtime_r(&now, &local));
	return arena_text(arena, slice_from(text));
}

static bool fill(Report *report, const ReportOptions *options, const Repo *repo, GError **error)
{
	Summary *summary = &report->summary;
	g_autofree char *start = options->from ? g_strdup(options->from) : find_start(repo, options->to);
	if (!start) {
		g_set_error(
		        error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "%s has no commit to begin at", repo_root(repo));
		error_add_help(error, "name one: --from REV");
		return false;
	}
	const char *from = arena_text(summary->arena, slice_from(start));
	summary->root = arena_text(summary->arena, slice_from(repo_root(repo)));
	summary->date = today(summary->arena);
	g_autofree char *range = g_strdup_printf("%s..%s", start, options->to ? options->to : "HEAD");
	if (!read_state(report, 0, options, from, error) || !read_state(report, 1, options, options->to, error) ||
	        !read_commits(report, repo, range, error) || !add_placement(report, options, error))
		return false;
	add_points(report, options);
	return true;
}

Report *report_new(const ReportOptions *options, GError **error)
{
	g_autoptr(Repo) repo = repo_open(options->path ? options->path : ".", REPO_INDEX, NULL, error);
	if (!repo)
		return NULL;
	if (repo_view(repo) == REPO_FOLDER) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "%s is no Git repository", repo_root(repo));
		return NULL;
	}
	g_autoptr(Report) report = g_new0(Report, 1);
	report->summary.arena = arena_new();
	report->summary.commits = g_array_new(FALSE, FALSE, sizeof(SummaryCommit));
	report->summary.points = g_array_new(FALSE, FALSE, sizeof(SummaryPoint));
	return fill(report, options, repo, error) ? g_steal_pointer(&report) : NULL;
}

const Summary *report_summary(const Report *report)
{
	return &report->summary;
}

void report_free(Report *report)
{
	if (!report)
		return;
	placement_free(report->placement);
	for (size_t i = 0; i < G_N_ELEMENTS(report->scans); i++) {
		check_free(report->checks[i]);
		scan_free(report->scans[i]);
	}
	g_array_unref(report->summary.commits);
	g_array_unref(report->summary.points);
	arena_free(report->summary.arena);
	g_free(report);
}
