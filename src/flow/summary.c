/* Two states of a repository, read from their commits, and the commits between them. */
#include "flow/past.h"
#include "flow/timeline.h"

#include "base/error.h"

#include <time.h>

/* Commits of the way that are read and checked one by one; a longer way is told by weeks alone. */
#define MOST_POINTS 60

struct Report {
	Summary summary;
	Scan *scans[2];
	Check *checks[2];
	Usage *usage; /* or NULL */
	Placement *placements[2];
};

/* ---- states ------------------------------------------------------------------------------------------------ */

/* revision NULL: what is staged on top of the commit. */
static bool read_state(Report *report, size_t index, const ReportOptions *options, const char *revision, GError **error)
{
	int64_t start = g_get_monotonic_time();
	Arena *arena = report->summary.arena;
	ScanOptions wanted = {
	        .path = options->path, .view = revision ? REPO_REVISION : REPO_INDEX, .revision = revision};
	Scan *scan = report->scans[index] = scan_new(&wanted, error);
	if (!scan)
		return false;
	CheckOptions all = {0};
	Check *check = report->checks[index] = check_new(scan, &all, NULL);
	SummaryState *state = index ? &report->summary.after : &report->summary.before;
	Finding **active = ARENA_ARRAY(arena, Finding *, MAX(check->count, 1));
	*state = (SummaryState){.graph = scan->graph,
	        .findings = active,
	        .commit = arena_text(arena, slice_from(repo_commit(scan->repo))),
	        .files = graph_files(scan->graph),
	        .bytes = scan->bytes};
	for (size_t i = 0; i < check->count; i++)
		if (!check->findings[i]->suppressed_by)
			active[state->count++] = check->findings[i];
	state->microseconds = g_get_monotonic_time() - start;
	state->staged = revision ? 0 : past_staged(scan->repo);
	state->command =
	        state->staged ? "labwright check" : arena_printf(arena, "labwright check --rev %.10s", state->commit);
	return true;
}

/* ---- the way --------------------------------------------------------------------------------------------------- */

static SummaryPoint point_of(const char *id, const char *date, const char *subject, const Check *check)
{
	SummaryPoint point = {id, date, subject, 0, 0};
	for (size_t i = 0; i < check->count; i++) {
		point.errors += !check->findings[i]->suppressed_by && check->findings[i]->level == LEVEL_ERROR;
		point.warnings += !check->findings[i]->suppressed_by && check->findings[i]->level == LEVEL_WARNING;
	}
	return point;
}

static void add_point(GArray *points, const ReportOptions *options, const SummaryCommit *commit)
{
	ScanOptions wanted = {.path = options->path, .view = REPO_REVISION, .revision = commit->id};
	g_autoptr(Scan) scan = scan_new(&wanted, NULL);
	if (!scan)
		return;
	CheckOptions all = {0};
	g_autoptr(Check) check = check_new(scan, &all, NULL);
	SummaryPoint point = point_of(commit->id, commit->date, commit->subject, check);
	g_array_append_val(points, point);
}

static uint32_t count_on_line(const GArray *commits)
{
	uint32_t count = 0;
	for (guint i = 0; i < commits->len; i++)
		count += g_array_index(commits, SummaryCommit, i).on_line;
	return count;
}

static void add_points(GArray *points, const ReportOptions *options, const GArray *commits)
{
	if (options->progress)
		g_atomic_int_add(&options->progress->total, (gint)count_on_line(commits));
	for (guint i = 0; i < commits->len; i++) {
		const SummaryCommit *commit = &g_array_index(commits, SummaryCommit, i);
		if (!commit->on_line)
			continue;
		add_point(points, options, commit);
		if (options->progress)
			g_atomic_int_inc(&options->progress->read);
	}
}

/* Between the ends, which are read already. */
static void add_way(Report *report, const ReportOptions *options)
{
	Summary *summary = &report->summary;
	if (summary->single || count_on_line(summary->commits) > MOST_POINTS)
		return;
	SummaryPoint first = point_of(arena_printf(summary->arena, "%.10s", summary->before.commit), "",
	        "the state before", report->checks[0]);
	g_array_append_val(summary->points, first);
	add_points(summary->points, options, summary->commits);
	if (summary->after.staged) {
		SummaryPoint last = point_of("staged", "", "what is staged", report->checks[1]);
		g_array_append_val(summary->points, last);
	}
}

static bool add_history(Report *report, const ReportOptions *options, const Repo *repo, GError **error)
{
	Summary *summary = &report->summary;
	if (!past_line(repo, summary->after.commit, summary->arena, summary->line, error))
		return false;
	if (summary->line->len)
		timeline_add(summary, options);
	return true;
}

/* ---- placement ------------------------------------------------------------------------------------------------ */

static int percent_of(const Model *model, uint32_t host, const Amounts *use, Resource resource)
{
	return (int)MIN(amount_percent(use->of[resource], model->problem.hosts[host].capacity.of[resource]), 100000);
}

/* The host of that name in the other state, or NOWHERE. */
static uint32_t find_host(const Model *model, const char *name)
{
	for (uint32_t h = 0; h < model->problem.n_hosts; h++)
		if (strcmp(MODEL_MACHINE(model, model->hosts[h])->name, name) == 0)
			return h;
	return NOWHERE;
}

static void add_uses(Report *report)
{
	Summary *summary = &report->summary;
	const Plan *now = report->placements[1]->plan, *old = report->placements[0] ? report->placements[0]->plan : now;
	const Model *model = now->model;
	g_autofree Amounts *forced = plan_forced(now);
	for (uint32_t h = 0; h < model->problem.n_hosts; h++)
		for (Resource r = 0; r < RESOURCES; r++) {
			const Machine *machine = MODEL_MACHINE(model, model->hosts[h]);
			const char *name = machine->name;
			uint32_t was = find_host(old->model, name);
			int64_t capacity = model->problem.hosts[h].capacity.of[r];
			if (capacity == AMOUNT_UNKNOWN || r == RESOURCE_PODS ||
			        (r > RESOURCE_MEMORY && !now->before[h].of[r] && !now->after[h].of[r]))
				continue;
			g_autofree char *whole = amount_text(r, capacity);
			SummaryUse use = {arena_text(summary->arena, slice_from(name)), resource_word(r),
			        arena_text(summary->arena, slice_from(whole)), machine->stated,
			        was == NOWHERE ? -1 : percent_of(old->model, was, &old->before[was], r),
			        percent_of(model, h, &forced[h], r), percent_of(model, h, &now->after[h], r)};
			g_array_append_val(summary->uses, use);
		}
}

static uint32_t count_unplaced(const Plan *plan)
{
	const Problem *problem = &plan->model->problem;
	uint32_t pods = 0;
	for (uint32_t g = 0; g < problem->n_groups; g++)
		pods += plan->solution->counts->nowhere[g];
	for (guint i = 0; i < plan->model->unfit->len; i++)
		pods += g_array_index(plan->model->unfit, Unfit, i).pods;
	return pods;
}

/* Of a state that gives no node a capacity nothing is known, and the report says so. */
static bool add_placement(Report *report, const ReportOptions *options, GError **error)
{
	Summary *summary = &report->summary;
	g_autoptr(GError) unknown = NULL;
	if (options->usage && !(report->usage = usage_new(options->usage, error)))
		return false;
	PlacementOptions wanted = {.usage = report->usage};
	report->placements[1] = placement_new(report->scans[1], &wanted, &unknown);
	if (!report->placements[1] && options->usage) {
		g_propagate_error(error, g_steal_pointer(&unknown));
		return false;
	}
	if (!report->placements[1])
		return true;
	report->placements[0] = placement_new(report->scans[0], &wanted, NULL);
	g_autoptr(GString) text = g_string_new(NULL);
	PlaceStyle style = {.unicode = true};
	plan_text(report->placements[1]->plan, &style, text);
	summary->plan = arena_text(summary->arena, (Slice){text->str, text->len});
	summary->usage = options->usage != NULL;
	summary->unplaced = count_unplaced(report->placements[1]->plan);
	add_uses(report);
	return true;
}

/* ---- the whole ------------------------------------------------------------------------------------------------- */

static const char *today(Arena *arena)
{
	char text[48];
	struct tm local;
	time_t now = time(NULL);
	strftime(text, sizeof text, "%Y-%m-%d %H:%M %z", localtime_r(&now, &local));
	return arena_text(arena, slice_from(text));
}

/* What the user calls a revision, in forty digits. Free with g_free. */
static char *resolve(const ReportOptions *options, const char *revision, GError **error)
{
	g_autoptr(Repo) repo = repo_open(options->path ? options->path : ".", REPO_REVISION, revision, error);
	return repo ? g_strdup(repo_commit(repo)) : NULL;
}

static bool fill(Report *report, const ReportOptions *options, const Repo *repo, GError **error)
{
	Summary *summary = &report->summary;
	/* A bare repository has nothing staged. */
	bool staged = !options->to && !past_is_bare(repo);
	g_autofree char *to = options->to ? resolve(options, options->to, error) : g_strdup(repo_commit(repo));
	if (options->to && !to)
		return false;
	g_autofree char *from = NULL;
	if (options->from)
		from = resolve(options, options->from, error);
	else if (to)
		from = past_start(repo, to);
	if (options->from && !from)
		return false;
	if (!from) {
		g_set_error(
		        error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "%s has no commit to begin at", repo_root(repo));
		error_add_help(error, "name one: --from REV");
		return false;
	}
	summary->root = arena_text(summary->arena, slice_from(repo_root(repo)));
	summary->date = today(summary->arena);
	if (!read_state(report, 0, options, from, error) ||
	        !read_state(report, 1, options, staged ? NULL : to, error) ||
	        !past_read(repo, from, to, summary->arena, summary->commits, error) ||
	        !add_placement(report, options, error) || !add_history(report, options, repo, error))
		return false;
	summary->moved = past_moved(repo, from, staged ? NULL : to);
	summary->single = strcmp(summary->before.commit, summary->after.commit) == 0 && !summary->after.staged;
	add_way(report, options);
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
	report->summary.line = g_array_new(FALSE, FALSE, sizeof(SummaryCommit));
	report->summary.periods = g_array_new(FALSE, FALSE, sizeof(SummaryPeriod));
	report->summary.steps = g_array_new(FALSE, FALSE, sizeof(SummaryStep));
	report->summary.uses = g_array_new(FALSE, FALSE, sizeof(SummaryUse));
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
	for (size_t i = 0; i < G_N_ELEMENTS(report->scans); i++) {
		placement_free(report->placements[i]);
		check_free(report->checks[i]);
		scan_free(report->scans[i]);
	}
	usage_free(report->usage);
	g_array_unref(report->summary.commits);
	g_array_unref(report->summary.points);
	g_array_unref(report->summary.line);
	g_array_unref(report->summary.periods);
	g_array_unref(report->summary.steps);
	g_array_unref(report->summary.uses);
	g_clear_pointer(&report->summary.moved, g_hash_table_unref);
	arena_free(report->summary.arena);
	g_free(report);
}
