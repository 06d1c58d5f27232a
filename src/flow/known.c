/* Which findings were there before: at a commit, or when somebody wrote down what there was. They leave the list, so
 * that a check says only what a change brought. A commit is read and checked as it was; findings are then paired over
 * moved files and shifted lines, in doubt as old ones. What was written down are fingerprints, which hold no lines. */
#include "base/error.h"
#include "flow/past.h"
#include "report/report.h"

#include <string.h>

#define HEAD "# labwright: findings that are known. labwright check --write-baseline writes it again."
#define FINGERPRINT_LENGTH 32

/* Silenced findings stay: formats that show silences show them. */
static void keep_if(Check *check, bool (*is_new)(const Finding *finding, gpointer data), gpointer data)
{
	size_t kept = 0;
	for (size_t i = 0; i < check->count; i++)
		if (check->findings[i]->suppressed_by || is_new(check->findings[i], data))
			check->findings[kept++] = check->findings[i];
	check->count = kept;
}

/* ---- a commit ---------------------------------------------------------------------------------------------- */

static bool is_fresh(const Finding *finding, gpointer fresh)
{
	return g_hash_table_contains(fresh, finding);
}

static SummaryState state_of(const Scan *scan, const Check *check)
{
	return (SummaryState){.graph = scan->graph, .findings = check->findings, .count = check->count};
}

static void leave_known(Check *check, const Scan *scan, const Scan *old_scan, const Check *old, GHashTable *moved)
{
	SummaryState before = state_of(old_scan, old), after = state_of(scan, check);
	SummaryChange change = summary_compare(&before, &after, moved);
	g_autoptr(GHashTable) fresh = g_hash_table_new(NULL, NULL);
	for (guint i = 0; i < change.fresh->len; i++)
		g_hash_table_add(fresh, change.fresh->pdata[i]);
	summary_change_clear(&change);
	keep_if(check, is_fresh, fresh);
}

bool check_since(Check *check, const Scan *scan, const CheckOptions *options, const char *revision, GError **error)
{
	if (repo_view(scan->repo) == REPO_FOLDER) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE,
		        "what is new since %s cannot be told of a folder without Git", revision);
		error_add_help(error, "leave --root out, or compare with --baseline FILE");
		return false;
	}
	/* A hook that asks for the last commit runs before the first one, too. */
	if (strcmp(revision, "HEAD") == 0 && repo_is_unborn(scan->repo))
		return true;
	ScanOptions wanted = {
	        .path = repo_root(scan->repo), .view = REPO_REVISION, .revision = revision, .no_cache = scan->no_cache};
	CheckOptions same = {.only = options->only, .profile = options->profile};
	g_autoptr(Scan) old_scan = scan_new(&wanted, error);
	g_autoptr(Check) old = old_scan ? check_new(old_scan, &same, error) : NULL;
	if (!old)
		return false;
	bool commit = repo_view(scan->repo) == REPO_REVISION;
	g_autoptr(GHashTable) moved =
	        past_moved(scan->repo, repo_commit(old_scan->repo), commit ? repo_commit(scan->repo) : NULL);
	leave_known(check, scan, old_scan, old, moved);
	return true;
}

/* ---- a baseline ------------------------------------------------------------------------------------------------ */

typedef struct Baseline {
	const Graph *graph;
	GHashTable *lines; /* fingerprint → how often it is there */
} Baseline;

static bool is_fingerprint(Slice text)
{
	if (text.length != FINGERPRINT_LENGTH)
		return false;
	for (size_t i = 0; i < text.length; i++)
		if (!g_ascii_isxdigit(text.at[i]))
			return false;
	return true;
}

static bool read_line(Baseline *baseline, Slice line, const char *path, uint32_t number, GError **error)
{
	Slice word;
	line = slice_trim(line);
	if (line.length == 0 || line.at[0] == '#')
		return true;
	if (!slice_next_word(&line, &word) || !is_fingerprint(word)) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK,
		        "%s:%u: a baseline holds a fingerprint of 32 digits on each line", path, number);
		error_add_help(error, "labwright check --write-baseline %s writes it again", path);
		return false;
	}
	char *key = slice_dup(word);
	gpointer count = g_hash_table_lookup(baseline->lines, key);
	g_hash_table_replace(baseline->lines, key, GUINT_TO_POINTER(GPOINTER_TO_UINT(count) + 1));
	return true;
}

static bool read_baseline(Baseline *baseline, const char *path, GError **error)
{
	g_autofree char *text = NULL;
	gsize length;
	if (!g_file_get_contents(path, &text, &length, error)) {
		error_add_help(error, "labwright check --write-baseline %s writes one", path);
		return false;
	}
	Slice rest = {text, length}, line;
	for (uint32_t number = 1; slice_next_line(&rest, &line); number++)
		if (!read_line(baseline, line, path, number, error))
			return false;
	return true;
}

static bool is_unknown(const Finding *finding, gpointer data)
{
	Baseline *baseline = data;
	char *key = finding_fingerprint(baseline->graph, finding);
	guint left = GPOINTER_TO_UINT(g_hash_table_lookup(baseline->lines, key));
	if (left == 0) {
		g_free(key);
		return true;
	}
	g_hash_table_replace(baseline->lines, key, GUINT_TO_POINTER(left - 1));
	return false;
}

static uint32_t count_left(GHashTable *lines)
{
	uint32_t left = 0;
	GHashTableIter iter;
	gpointer count;
	g_hash_table_iter_init(&iter, lines);
	while (g_hash_table_iter_next(&iter, NULL, &count))
		left += GPOINTER_TO_UINT(count);
	return left;
}

bool check_baseline(Check *check, const Scan *scan, const char *path, uint32_t *ret_gone, GError **error)
{
	g_autoptr(GHashTable) lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	Baseline baseline = {scan->graph, lines};
	if (!read_baseline(&baseline, path, error))
		return false;
	keep_if(check, is_unknown, &baseline);
	*ret_gone = count_left(lines);
	return true;
}

static gint compare_lines(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void baseline_append(const Check *check, const Scan *scan, GString *out)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
	for (size_t i = 0; i < check->count; i++) {
		const Finding *finding = check->findings[i];
		if (finding->suppressed_by)
			continue;
		g_autofree char *fingerprint = finding_fingerprint(scan->graph, finding);
		g_autoptr(GString) line = g_string_new(fingerprint);
		g_string_append_printf(line, " %s ", finding->rule->id);
		report_append(line, graph_file_path(scan->graph, finding->span.file), true);
		g_ptr_array_add(lines, g_strdup(line->str));
	}
	g_ptr_array_sort(lines, compare_lines);
	g_string_append(out, HEAD "\n");
	for (guint i = 0; i < lines->len; i++)
		g_string_append_printf(out, "%s\n", (const char *)lines->pdata[i]);
}
