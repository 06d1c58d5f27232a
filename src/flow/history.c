/* How many findings there were, week by week: the last commit of each week is read and checked as it was. */
#include "base/error.h"
#include "flow/past.h"

#include <stdio.h>

static void week_clear(gpointer data)
{
	g_hash_table_unref(((HistoryWeek *)data)->rules);
}

/* The Monday of the week that a date lies in, as a number of days; 0 for what is no date. */
static guint32 monday_of(const char *date)
{
	GDate day;
	int year, month, number;
	if (sscanf(date, "%4d-%2d-%2d", &year, &month, &number) != 3 ||
	        !g_date_valid_dmy((GDateDay)number, (GDateMonth)month, (GDateYear)year))
		return 0;
	g_date_clear(&day, 1);
	g_date_set_dmy(&day, (GDateDay)number, (GDateMonth)month, (GDateYear)year);
	return g_date_get_julian(&day) - (g_date_get_weekday(&day) - G_DATE_MONDAY);
}

/* The year is that of the week's Thursday, as ISO 8601 has it. */
static const char *week_name(guint32 monday, Arena *arena)
{
	GDate day;
	g_date_clear(&day, 1);
	g_date_set_julian(&day, monday);
	guint number = g_date_get_iso8601_week_of_year(&day);
	g_date_set_julian(&day, monday + 3);
	return arena_printf(arena, "%04u-W%02u", (guint)g_date_get_year(&day), number);
}

/* The last commit of each week. A clock that goes back makes no new week. */
static GArray *weeks_of(const GArray *line, Arena *arena)
{
	GArray *weeks = g_array_new(FALSE, TRUE, sizeof(HistoryWeek));
	guint32 newest = 0;
	for (guint i = 0; i < line->len; i++) {
		const PastCommit *commit = &g_array_index(line, PastCommit, i);
		guint32 monday = monday_of(commit->date);
		if (monday > newest || weeks->len == 0) {
			HistoryWeek week = {.week = week_name(MAX(monday, 1), arena)};
			g_array_append_val(weeks, week);
			newest = monday;
		}
		HistoryWeek *week = &g_array_index(weeks, HistoryWeek, weeks->len - 1);
		week->commit = commit->id;
		week->date = commit->date;
	}
	return weeks;
}

static bool count_week(const HistoryOptions *options, Pool *pool, HistoryWeek *week, GError **error)
{
	ScanOptions wanted = {.path = options->path, .view = REPO_REVISION, .revision = week->commit, .pool = pool};
	g_autoptr(Scan) scan = scan_new(&wanted, error);
	g_autoptr(Check) check = scan ? check_new(scan, &options->check, error) : NULL;
	for (size_t i = 0; check && i < check->count; i++) {
		const Finding *finding = check->findings[i];
		if (finding->suppressed_by)
			continue;
		week->levels[finding->level]++;
		guint before = GPOINTER_TO_UINT(g_hash_table_lookup(week->rules, finding->rule));
		g_hash_table_insert(week->rules, (gpointer)finding->rule, GUINT_TO_POINTER(before + 1));
	}
	return check != NULL;
}

GArray *history_new(const HistoryOptions *options, Arena *arena, GError **error)
{
	g_autoptr(Repo) repo =
	        repo_open(options->path, REPO_REVISION, options->revision ? options->revision : "HEAD", error);
	g_autoptr(GArray) line = repo ? past_commits(repo, repo_commit(repo), arena, error) : NULL;
	if (!line)
		return NULL;
	g_autoptr(GArray) weeks = weeks_of(line, arena);
	g_autoptr(Pool) pool = pool_new(false);
	if (options->weeks && weeks->len > options->weeks)
		g_array_remove_range(weeks, 0, weeks->len - options->weeks);
	for (guint i = 0; i < weeks->len; i++)
		g_array_index(weeks, HistoryWeek, i).rules = g_hash_table_new(NULL, NULL);
	g_array_set_clear_func(weeks, week_clear);
	if (options->progress)
		g_atomic_int_set(&options->progress->total, (gint)weeks->len);
	for (guint i = 0; i < weeks->len; i++) {
		if (!count_week(options, pool, &g_array_index(weeks, HistoryWeek, i), error))
			return NULL;
		if (options->progress)
			g_atomic_int_inc(&options->progress->read);
	}
	return g_steal_pointer(&weeks);
}
