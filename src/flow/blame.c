/* Which commit brought a finding in. The line of a file says little: what is wrong stands between files, and the commit
 * that made it wrong may have touched the other one, or taken one away. So old states are checked as they were, by
 * halves: of all findings that are looked for between two commits, those that the one in the middle has are looked for
 * before it, the others after it; of a merge its branch is searched in the same way. A commit is checked once for all
 * of them, and of its blobs only those are read that no other commit had. */
#include "base/error.h"
#include "flow/past.h"

/* A commit, read and checked. */
typedef struct State {
	Scan *scan;
	Check *check;
	SummaryState summary;
} State;

typedef struct Trace {
	const Repo *repo;
	const CheckOptions *options;
	Pool *pool;
	GArray *line;   /* PastCommit */
	GArray *blames; /* Blame */
	Arena *arena;
	ScanProgress *counter;
} Trace;

/* A finding of the newer end of what is searched, and the blame that is its. */
typedef struct Wanted {
	const Finding *finding;
	guint blame;
} Wanted;

static void state_clear(State *state)
{
	check_free(state->check);
	scan_free(state->scan);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(State, state_clear)

static bool state_read(const Trace *trace, const char *commit, State *state, GError **error)
{
	ScanOptions wanted = {
	        .path = repo_root(trace->repo), .view = REPO_REVISION, .revision = commit, .pool = trace->pool};
	CheckOptions same = {.only = trace->options->only, .profile = trace->options->profile};
	state->scan = scan_new(&wanted, error);
	state->check = state->scan ? check_new(state->scan, &same, error) : NULL;
	if (!state->check)
		return false;
	state->summary = (SummaryState){.graph = state->scan->graph,
	        .findings = state->check->findings,
	        .count = state->check->count,
	        .commit = commit};
	return true;
}

static bool has_all(const SummaryChange *change, const GArray *wanted)
{
	for (guint i = 0; i < wanted->len; i++)
		if (!g_hash_table_contains(change->pairs, g_array_index(wanted, Wanted, i).finding))
			return false;
	return true;
}

/* Git is asked what has moved only where a finding is missed. `to` NULL: what is staged. */
static SummaryChange compare(
        const Trace *trace, const SummaryState *old, const SummaryState *now, const char *to, const GArray *wanted)
{
	SummaryChange change = summary_compare(old, now, NULL);
	if (has_all(&change, wanted))
		return change;
	g_autoptr(GHashTable) moved = past_moved(trace->repo, old->commit, to);
	if (g_hash_table_size(moved) == 0)
		return change;
	summary_change_clear(&change);
	return summary_compare(old, now, moved);
}

/* Those that the old state has go to `before`, as they are there; the others to `after`. */
static void part(const SummaryChange *change, const GArray *wanted, GArray *before, GArray *after)
{
	for (guint i = 0; i < wanted->len; i++) {
		Wanted one = g_array_index(wanted, Wanted, i);
		const Finding *old = g_hash_table_lookup(change->pairs, one.finding);
		if (old) {
			one.finding = old;
			g_array_append_val(before, one);
		} else {
			g_array_append_val(after, one);
		}
	}
}

static void name_all(Trace *trace, size_t index, const GArray *wanted)
{
	const PastCommit *commit = &g_array_index(trace->line, PastCommit, index);
	for (guint i = 0; i < wanted->len; i++) {
		Blame *blame = &g_array_index(trace->blames, Blame, g_array_index(wanted, Wanted, i).blame);
		blame->commit = commit->id;
		blame->author = commit->author;
		blame->date = commit->date;
		blame->subject = commit->subject;
	}
}

static void count(const Trace *trace, size_t commits)
{
	if (trace->counter)
		g_atomic_int_add(&trace->counter->read, (gint)commits);
}

static bool search(
        Trace *trace, size_t first, size_t last, const SummaryState *now, const GArray *wanted, GError **error);

/* Of what a merge brought, all that the tip of its branch has is looked for there; the rest is of the merge's making.
 */
static bool search_branch(
        const Trace *trace, size_t index, const SummaryState *now, const GArray *wanted, GError **error)
{
	const char *merge = g_array_index(trace->line, PastCommit, index).id;
	g_autoptr(GArray) line = past_branch(trace->repo, merge, trace->arena, error);
	if (!line || line->len == 0)
		return line != NULL;
	g_autoptr(GArray) before = g_array_new(FALSE, FALSE, sizeof(Wanted));
	g_autoptr(GArray) own = g_array_new(FALSE, FALSE, sizeof(Wanted));
	g_auto(State) tip = {0};
	Trace branch = *trace;
	branch.line = line;
	branch.counter = NULL;
	if (!state_read(trace, g_array_index(line, PastCommit, line->len - 1).id, &tip, error))
		return false;
	SummaryChange change = compare(trace, &tip.summary, now, now->commit, wanted);
	part(&change, wanted, before, own);
	summary_change_clear(&change);
	return before->len == 0 || search(&branch, 0, line->len - 1, &tip.summary, before, error);
}

/* They are in the commit `last`, whose state is given, and not in the one before `first`. */
static bool search(
        Trace *trace, size_t first, size_t last, const SummaryState *now, const GArray *wanted, GError **error)
{
	if (wanted->len == 0 || first == last) {
		name_all(trace, last, wanted);
		count(trace, last - first + 1);
		bool merges = wanted->len && g_array_index(trace->line, PastCommit, last).merges;
		return !merges || search_branch(trace, last, now, wanted, error);
	}
	size_t middle = first + (last - first) / 2;
	g_autoptr(GArray) before = g_array_new(FALSE, FALSE, sizeof(Wanted));
	g_autoptr(GArray) after = g_array_new(FALSE, FALSE, sizeof(Wanted));
	g_auto(State) state = {0};
	if (!state_read(trace, g_array_index(trace->line, PastCommit, middle).id, &state, error))
		return false;
	SummaryChange change = compare(trace, &state.summary, now, now->commit, wanted);
	part(&change, wanted, before, after);
	summary_change_clear(&change);
	return search(trace, first, middle, &state.summary, before, error) &&
	       search(trace, middle + 1, last, now, after, error);
}

/* ---- the whole ------------------------------------------------------------------------------------------------ */

static void add_blames(const Check *check, GArray *blames, GArray *wanted)
{
	for (size_t i = 0; i < check->count; i++) {
		Blame blame = {.finding = check->findings[i]};
		Wanted one = {check->findings[i], blames->len};
		if (blame.finding->suppressed_by)
			continue;
		g_array_append_val(blames, blame);
		g_array_append_val(wanted, one);
	}
}

/* What the newest commit does not have is not committed. */
static bool search_all(Trace *trace, const Scan *scan, const Check *check, const GArray *wanted, GError **error)
{
	g_autoptr(GArray) before = g_array_new(FALSE, FALSE, sizeof(Wanted));
	g_autoptr(GArray) fresh = g_array_new(FALSE, FALSE, sizeof(Wanted));
	g_auto(State) state = {0};
	size_t last = trace->line->len - 1;
	if (!state_read(trace, g_array_index(trace->line, PastCommit, last).id, &state, error))
		return false;
	SummaryState now = {.graph = scan->graph, .findings = check->findings, .count = check->count};
	SummaryChange change = compare(trace, &state.summary, &now, NULL, wanted);
	part(&change, wanted, before, fresh);
	summary_change_clear(&change);
	return search(trace, 0, last, &state.summary, before, error);
}

GArray *blames_new(const Scan *scan, const Check *check, const CheckOptions *options, Arena *arena,
        ScanProgress *counter, GError **error)
{
	const char *head = repo_commit(scan->repo);
	if (repo_view(scan->repo) == REPO_FOLDER) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE,
		        "%s is no Git repository, so nothing has an author", repo_root(scan->repo));
		return NULL;
	}
	g_autoptr(GArray) blames = g_array_new(FALSE, FALSE, sizeof(Blame));
	g_autoptr(GArray) wanted = g_array_new(FALSE, FALSE, sizeof(Wanted));
	add_blames(check, blames, wanted);
	if (!head || wanted->len == 0)
		return g_steal_pointer(&blames);
	g_autoptr(GArray) line = past_commits(scan->repo, head, arena, error);
	g_autoptr(Pool) pool = pool_new(scan->no_cache);
	Trace trace = {scan->repo, options, pool, line, blames, arena, counter};
	if (!line)
		return NULL;
	if (counter)
		g_atomic_int_set(&counter->total, (gint)line->len);
	return line->len == 0 || search_all(&trace, scan, check, wanted, error) ? g_steal_pointer(&blames) : NULL;
}
