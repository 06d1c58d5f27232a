/* What the history did to the numbers. The state at the end of each week (or month, of a long history) is read and
 * checked; where two neighbours differ, the way between them is halved, the greatest difference first, until the commit
 * is found or as many states have been read as one should have to wait for. So no change is put down to a commit that
 * did not make it: what could not be narrowed down says how many commits it came in. */
#include "flow/timeline.h"

#include "flow/past.h"

#include <stdio.h>

/* More columns than that are too narrow to be told apart. */
#define MOST_WEEKS 110
/* States that are read where nobody asked for all of it: a few seconds' worth, by the files of the last one. */
#define MOST_STATES 160
#define LEAST_STATES 24
#define MOST_FILES 120000

typedef struct State {
	bool is_read;
	GArray *traces; /* SummaryTrace, of errors and warnings */
	uint32_t errors, warnings;
} State;

/* From the state behind one commit to that behind another; -1 is the empty repository. */
typedef struct Way {
	int from, to;
	uint32_t weight;
} Way;

typedef struct Timeline {
	const ReportOptions *options;
	const GArray *line; /* SummaryCommit, the oldest first */
	State *states;      /* of each commit of the line, behind that of the empty repository */
	GArray *ways;
	uint32_t budget;
} Timeline;

static State *state_at(const Timeline *timeline, int index)
{
	return &timeline->states[index + 1];
}

static const SummaryCommit *commit_at(const GArray *line, int index)
{
	return &g_array_index(line, SummaryCommit, index);
}

/* ---- states --------------------------------------------------------------------------------------------------- */

static void add_traces(State *state, const Scan *scan, const Check *check)
{
	g_autoptr(GPtrArray) active = g_ptr_array_new();
	for (size_t i = 0; i < check->count; i++) {
		const Finding *finding = check->findings[i];
		if (finding->suppressed_by || finding->level < LEVEL_WARNING)
			continue;
		g_ptr_array_add(active, (gpointer)finding);
		state->errors += finding->level == LEVEL_ERROR;
		state->warnings += finding->level == LEVEL_WARNING;
	}
	SummaryState summary = {
	        .graph = scan->graph, .findings = (Finding *const *)active->pdata, .count = active->len};
	state->traces = summary_traces(&summary, NULL);
}

/* A commit that cannot be read counts as one without findings. */
static State *read_state(Timeline *timeline, int index)
{
	State *state = state_at(timeline, index);
	if (state->is_read)
		return state;
	ScanOptions wanted = {.path = timeline->options->path,
	        .view = REPO_REVISION,
	        .revision = commit_at(timeline->line, index)->id};
	CheckOptions all = {0};
	g_autoptr(Scan) scan = scan_new(&wanted, NULL);
	g_autoptr(Check) check = scan ? check_new(scan, &all, NULL) : NULL;
	if (check)
		add_traces(state, scan, check);
	else
		state->traces = g_array_new(FALSE, FALSE, sizeof(SummaryTrace));
	state->is_read = true;
	timeline->budget -= timeline->budget > 0;
	if (timeline->options->progress)
		g_atomic_int_inc(&timeline->options->progress->read);
	return state;
}

typedef struct Difference {
	uint32_t brought, gone;
	bool *paired_before, *paired_after;
} Difference;

static Difference compare(const State *before, const State *after)
{
	Difference difference = {.paired_before = g_new0(bool, before->traces->len + 1),
	        .paired_after = g_new0(bool, after->traces->len + 1)};
	summary_pair(before->traces, after->traces, true, difference.paired_before, difference.paired_after);
	for (guint i = 0; i < before->traces->len; i++)
		difference.gone += !difference.paired_before[i];
	for (guint i = 0; i < after->traces->len; i++)
		difference.brought += !difference.paired_after[i];
	return difference;
}

static void difference_clear(Difference *difference)
{
	g_free(difference->paired_before);
	g_free(difference->paired_after);
}

/* ---- weeks ---------------------------------------------------------------------------------------------------- */

static int day_of(const SummaryCommit *commit)
{
	unsigned year, month, day;
	if (sscanf(commit->date, "%4u-%2u-%2u", &year, &month, &day) != 3 ||
	        !g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year))
		return 0;
	GDate date;
	g_date_clear(&date, 1);
	g_date_set_dmy(&date, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
	return (int)g_date_get_julian(&date);
}

/* Number of the week or month that a day is in. Day 1 of the calendar is a Monday. */
static int period_of(int day, bool months)
{
	if (!months || day <= 0)
		return (day - 1) / 7;
	GDate date;
	g_date_clear(&date, 1);
	g_date_set_julian(&date, (guint32)day);
	return (int)g_date_get_year(&date) * 12 + (int)g_date_get_month(&date) - 1;
}

static const char *start_of(int period, bool months, Arena *arena)
{
	if (months)
		return arena_printf(arena, "%04d-%02d-01", period / 12, period % 12 + 1);
	GDate date;
	g_date_clear(&date, 1);
	g_date_set_julian(&date, (guint32)(period * 7 + 1));
	return arena_printf(arena, "%04d-%02d-%02d", (int)g_date_get_year(&date), (int)g_date_get_month(&date),
	        (int)g_date_get_day(&date));
}

static void add_way(Timeline *timeline, int from, int to, uint32_t weight)
{
	Way way = {from, to, weight};
	if (weight)
		g_array_append_val(timeline->ways, way);
}

static void add_period(Timeline *timeline, Summary *summary, const char *start, int from, int to)
{
	const State *before = state_at(timeline, from), *after = read_state(timeline, to);
	Difference difference = compare(before, after);
	SummaryPeriod period = {.start = start,
	        .commits = (uint32_t)(to - from),
	        .errors = after->errors,
	        .warnings = after->warnings,
	        .brought = difference.brought,
	        .gone = difference.gone};
	add_way(timeline, from, to, difference.brought + difference.gone);
	difference_clear(&difference);
	g_array_append_val(summary->periods, period);
}

/* Weeks without a commit are as the one before them. Dates of commits may go back: these stay in the week they are in.
 */
static void add_periods(Timeline *timeline, Summary *summary)
{
	const GArray *line = timeline->line;
	int first = day_of(commit_at(line, 0)), last = first;
	for (guint i = 0; i < line->len; i++)
		last = MAX(last, day_of(commit_at(line, (int)i)));
	bool months = summary->months = period_of(last, false) - period_of(first, false) >= MOST_WEEKS;
	int from = -1, at = 0, now = period_of(first, months);
	for (; now <= period_of(last, months); now++) {
		while (at < (int)line->len && period_of(day_of(commit_at(line, at)), months) <= now)
			at++;
		add_period(timeline, summary, start_of(now, months, summary->arena), from, MAX(at - 1, 0));
		from = MAX(at - 1, 0);
	}
}

/* ---- commits -------------------------------------------------------------------------------------------------- */

static int heaviest(const GArray *ways)
{
	int found = -1;
	for (guint i = 0; i < ways->len; i++) {
		const Way *way = &g_array_index(ways, Way, i);
		if (way->to - way->from > 1 &&
		        (found < 0 || way->weight > g_array_index(ways, Way, (guint)found).weight))
			found = (int)i;
	}
	return found;
}

static void add_half(Timeline *timeline, int from, int to)
{
	Difference difference = compare(state_at(timeline, from), state_at(timeline, to));
	add_way(timeline, from, to, difference.brought + difference.gone);
	difference_clear(&difference);
}

static void narrow(Timeline *timeline)
{
	for (int index; timeline->budget && (index = heaviest(timeline->ways)) >= 0;) {
		Way way = g_array_index(timeline->ways, Way, (guint)index);
		g_array_remove_index_fast(timeline->ways, (guint)index);
		int middle = way.from + (way.to - way.from) / 2;
		read_state(timeline, middle);
		add_half(timeline, way.from, middle);
		add_half(timeline, middle, way.to);
	}
}

/* ---- what they did -------------------------------------------------------------------------------------------- */

typedef struct Count {
	const Rule *rule;
	uint32_t count;
} Count;

static gint compare_counts(gconstpointer a, gconstpointer b)
{
	const Count *left = a, *right = b;
	if (left->count != right->count)
		return left->count > right->count ? -1 : 1;
	return strcmp(left->rule->id, right->rule->id);
}

/* "3 tag-floating, 1 port-drift" of those without a partner. */
static const char *tell_rules(const GArray *traces, const bool *paired, Arena *arena)
{
	g_autoptr(GArray) counts = g_array_new(FALSE, FALSE, sizeof(Count));
	for (guint i = 0; i < traces->len; i++) {
		const Rule *rule = g_array_index(traces, SummaryTrace, i).rule;
		guint at = 0;
		while (at < counts->len && g_array_index(counts, Count, at).rule != rule)
			at++;
		Count none = {rule, 0};
		if (!paired[i] && at == counts->len)
			g_array_append_val(counts, none);
		if (!paired[i])
			g_array_index(counts, Count, at).count++;
	}
	g_array_sort(counts, compare_counts);
	g_autoptr(GString) text = g_string_new(NULL);
	for (guint i = 0; i < counts->len; i++) {
		const Count *one = &g_array_index(counts, Count, i);
		g_string_append_printf(text, "%s%u %s", i ? ", " : "", one->count, one->rule->id);
	}
	return arena_text(arena, (Slice){text->str, text->len});
}

static void add_step(const Timeline *timeline, Summary *summary, const Way *way)
{
	const State *before = state_at(timeline, way->from), *after = state_at(timeline, way->to);
	Difference difference = compare(before, after);
	SummaryStep step = {.commit = commit_at(timeline->line, way->to),
	        .commits = (uint32_t)(way->to - way->from),
	        .errors_before = before->errors,
	        .errors = after->errors,
	        .warnings_before = before->warnings,
	        .warnings = after->warnings,
	        .brought = difference.brought,
	        .gone = difference.gone,
	        .brought_rules = tell_rules(after->traces, difference.paired_after, summary->arena),
	        .gone_rules = tell_rules(before->traces, difference.paired_before, summary->arena)};
	difference_clear(&difference);
	g_array_append_val(summary->steps, step);
}

static gint compare_ways(gconstpointer a, gconstpointer b)
{
	return ((const Way *)a)->to - ((const Way *)b)->to;
}

/* ---- the whole ------------------------------------------------------------------------------------------------ */

static uint32_t budget_of(const ReportOptions *options, const GArray *line, uint32_t files)
{
	if (options->history)
		return line->len;
	return MIN(line->len, CLAMP(MOST_FILES / MAX(files, 1), LEAST_STATES, MOST_STATES));
}

void timeline_add(Summary *summary, const ReportOptions *options)
{
	const GArray *line = summary->line;
	Timeline timeline = {.options = options,
	        .line = line,
	        .states = g_new0(State, line->len + 1),
	        .ways = g_array_new(FALSE, FALSE, sizeof(Way)),
	        .budget = budget_of(options, line, summary->after.files)};
	timeline.states[0] = (State){true, g_array_new(FALSE, FALSE, sizeof(SummaryTrace)), 0, 0};
	if (options->progress)
		g_atomic_int_add(&options->progress->total, (gint)timeline.budget);
	add_periods(&timeline, summary);
	narrow(&timeline);
	g_array_sort(timeline.ways, compare_ways);
	for (guint i = 0; i < timeline.ways->len; i++)
		add_step(&timeline, summary, &g_array_index(timeline.ways, Way, i));
	for (guint i = 0; i <= line->len; i++) {
		summary->checked += i && timeline.states[i].is_read;
		if (timeline.states[i].traces)
			g_array_unref(timeline.states[i].traces);
	}
	g_array_unref(timeline.ways);
	g_free(timeline.states);
}
