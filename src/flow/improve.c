/* All of it in phases, each a set of proven edits and its commits. The order matters: what moves is moved first, so
 * that later edits are made where files stay; which volume a pod has is settled before a node is chosen for it, since
 * the volume may lie on one; where workloads run comes before addresses, which may name where they run.
 *
 * The work is done in a worktree within Git's own folder, on no branch: at the end of each phase the branch is set to
 * what it came to, so that a phase is there as a whole or not at all. The worktree is taken away at the end, and by the
 * next run if this one was interrupted; that one goes on from the branch, since a phase that is done finds nothing left
 * to do. */
#include "flow/git.h"

#include "base/error.h"

#include <time.h>

/* Topics and rules that belong to a phase; the last phase takes all others. */
static const struct {
	const char *name, *what;
	const char *topics;                /* between blanks */
	enum { MENDS, MOVES, PLACES } job; /* MOVES first organizes, PLACES at last places; all mend what is found */
} phases[IMPROVE_PHASES] = {
        {"structure", "folders, paths, what is applied", " docs paths orphan gitops objects ", MOVES},
        {"resources", "nodes, requests, volumes", " requests-missing measured storage pvc-missing ", PLACES},
        {"network", "addresses, ports, host names", " addresses hostname hostport ports services ", MENDS},
        {"reliability", "builds, references, images, probes, secrets", NULL, MENDS},
};

static bool names(const char *topics, const char *topic, const char *id)
{
	g_autofree char *by_topic = g_strdup_printf(" %s ", topic), *by_id = g_strdup_printf(" %s ", id);
	return topics && (strstr(topics, by_topic) || strstr(topics, by_id));
}

static bool is_of_phase(size_t phase, const char *topic, const char *id)
{
	bool elsewhere = false;
	for (size_t i = 0; i < IMPROVE_PHASES; i++)
		elsewhere = elsewhere || names(phases[i].topics, topic, id);
	return phases[phase].topics ? names(phases[phase].topics, topic, id) : !elsewhere;
}

/* NULL-terminated ids; free with g_free. */
static const char **rules_of(size_t phase)
{
	GPtrArray *ids = g_ptr_array_new();
	for (const RuleSet *const *set = rule_sets(); *set; set++)
		for (size_t i = 0; i < (*set)->count; i++)
			if (is_of_phase(phase, (*set)->topic, (*set)->rules[i].id))
				g_ptr_array_add(ids, (gpointer)(*set)->rules[i].id);
	g_ptr_array_add(ids, NULL);
	return (const char **)g_ptr_array_free(ids, FALSE);
}

/* ---- the worktree --------------------------------------------------------------------------------------- */

static bool git(const Repo *repo, char **ret_output, GError **error, ...) G_GNUC_NULL_TERMINATED;
static bool git(const Repo *repo, char **ret_output, GError **error, ...)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	va_list args;
	va_start(args, error);
	for (char *word; (word = va_arg(args, char *));)
		g_ptr_array_add(words, word);
	va_end(args);
	return git_run(repo, words, ret_output, error);
}

static bool has_branch(const Repo *repo, const char *branch)
{
	g_autofree char *reference = g_strconcat("refs/heads/", branch, NULL);
	return git(repo, NULL, NULL, "show-ref", "--verify", "--quiet", reference, NULL);
}

static void remove_folder(const char *folder)
{
	const char *const argv[] = {"rm", "-rf", "--", folder, NULL};
	if (g_file_test(folder, G_FILE_TEST_EXISTS))
		g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
}

/* A folder that an interrupted run left is taken away first. */
static bool try_worktree(
        const Repo *repo, const ImproveOptions *options, const Improve *improve, const char *folder, GError **error)
{
	git(repo, NULL, NULL, "worktree", "remove", "--force", "--force", folder, NULL);
	remove_folder(folder); /* where it was begun and is not known as a worktree yet */
	git(repo, NULL, NULL, "worktree", "prune", NULL);
	const char *start = improve->earlier ? improve->branch : improve->base;
	return git(repo, NULL, error, "worktree", "add", "--quiet", "--detach", folder, start, NULL);
}

/* Git refuses where the branch is checked out elsewhere. */
static bool keep(const ImproveOptions *options, const Improve *improve, const char *folder, GError **error)
{
	if (options->dry_run)
		return true;
	g_autoptr(Repo) repo = repo_open(folder, REPO_INDEX, NULL, error);
	if (repo && git(repo, NULL, error, "branch", "--quiet", "--no-track", "--force", improve->branch, "HEAD", NULL))
		return true;
	error_add_help(error, "--branch NAME names another branch to work on");
	return false;
}

/* The git of a run that was killed goes on for a moment, in the same folder. */
#define MOST_TRIES 30

static bool add_worktree(
        const Repo *repo, const ImproveOptions *options, const Improve *improve, const char *folder, GError **error)
{
	for (int tries = 1;; tries++) {
		g_autoptr(GError) cause = NULL;
		if (try_worktree(repo, options, improve, folder, &cause))
			return true;
		bool busy = strstr(cause->message, "exist");
		if (tries == MOST_TRIES || !busy) {
			g_propagate_error(error, g_steal_pointer(&cause));
			return false;
		}
		g_usleep(150000);
	}
}

/* One run: what it works on, and what it knows. */
typedef struct Run {
	const ImproveOptions *options;
	const Improve *improve;
	const Repo *checkout;
	const Usage *usage; /* or NULL */
	const char *folder; /* the worktree */
	const Graph *before;
} Run;

/* ---- phases --------------------------------------------------------------------------------------------- */

static Scan *scan_folder(const Run *run, GError **error)
{
	ScanOptions options = {.path = run->folder, .view = REPO_WORKTREE};
	Scan *scan = scan_new(&options, error);
	if (scan)
		scan_measure(scan, run->usage, NULL);
	return scan;
}

static ImproveCounts count_findings(Scan *scan)
{
	ImproveCounts counts = {0};
	CheckOptions all = {0};
	g_autoptr(Check) check = check_new(scan, &all, NULL);
	for (size_t i = 0; i < check->count; i++)
		if (!check->findings[i]->suppressed_by)
			counts.at[check->findings[i]->level]++;
	return counts;
}

static bool move_parts(const Run *run, ImprovePhase *phase, GError **error)
{
	uint32_t commits;
	CommitOptions options = {.phase = phase->name};
	g_autoptr(Scan) scan = scan_folder(run, error);
	if (!scan)
		return false;
	g_autoptr(Organize) organize = organize_new(scan);
	if (!organize_commit(organize, scan->repo, &options, &commits, error))
		return false;
	phase->moved += organize_layout(organize)->moves->len;
	phase->commits += commits;
	return true;
}

static uint32_t count_refused(const Fix *fix)
{
	uint32_t count = 0;
	const Check *check = fix_check(fix);
	for (size_t i = 0; i < check->count; i++)
		count += fix_refusal(fix, check->findings[i]) != NULL;
	return count;
}

static bool mend(const Run *run, const FixOptions *options, ImprovePhase *phase, GError **error)
{
	uint32_t commits;
	CommitOptions commit = {.phase = phase->name};
	g_autoptr(Scan) scan = scan_folder(run, error);
	g_autoptr(Fix) fix = scan ? fix_new(scan, options, error) : NULL;
	if (!fix || !fix_commit(fix, scan->repo, &commit, &commits, error))
		return false;
	uint32_t *made = options->proposed ? &phase->placed : &phase->mended;
	for (size_t i = 0; i < fix_rounds(fix); i++)
		*made += fix_round(fix, i)->mended->len;
	phase->commits += commits;
	phase->refused += count_refused(fix);
	return true;
}

static bool selects_host(const Graph *graph, Node pod)
{
	GRAPH_OF (graph, pod, FACT_NODE_SELECTOR, row)
		if (g_str_has_prefix(graph_symbol_text(graph, row->object), "kubernetes.io/hostname="))
			return true;
	return false;
}

/* The workload of a graph that is applied under that name. */
static Node pod_of_identity(const Graph *graph, const char *identity)
{
	Symbol symbol;
	if (!graph_find_symbol(graph, slice_from(identity), &symbol))
		return NODE_NONE;
	GRAPH_TO (graph, FACT_IDENTITY, symbol, row)
		if (graph_first_child(graph, row->subject, NODE_POD))
			return graph_first_child(graph, row->subject, NODE_POD);
	return NODE_NONE;
}

/* Pods to which an earlier phase of this run gave their node; a set of Node. */
static GHashTable *bound_by_us(const Run *run, const Graph *graph)
{
	GHashTable *pods = g_hash_table_new(NULL, NULL);
	GRAPH_EACH (graph, FACT_IDENTITY, row) {
		Node pod = graph_first_child(graph, row->subject, NODE_POD);
		if (!pod || !selects_host(graph, pod))
			continue;
		Node then = pod_of_identity(run->before, graph_symbol_text(graph, row->object));
		if (then && !selects_host(run->before, then))
			g_hash_table_add(pods, GUINT_TO_POINTER(pod));
	}
	return pods;
}

/* The edits that the plan makes, and no others beside them. Without a node of known size there is no plan. */
static bool place_workloads(const Run *run, const FixOptions *how, ImprovePhase *phase, GError **error)
{
	g_autoptr(Arena) arena = arena_new();
	g_autoptr(GError) unknown = NULL;
	g_autoptr(Scan) scan = scan_folder(run, error);
	if (!scan)
		return false;
	g_autoptr(GHashTable) ours = bound_by_us(run, scan->graph);
	PlacementOptions wanted = {.usage = run->usage, .unbound = ours};
	g_autoptr(Placement) placement = placement_new(scan, &wanted, &unknown);
	if (!placement && g_error_matches(unknown, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE))
		return true;
	if (!placement) {
		g_propagate_error(error, g_steal_pointer(&unknown));
		return false;
	}
	g_autoptr(GPtrArray) proposed = placement_findings(placement, run->options->replicas, arena);
	const char *const none[] = {NULL};
	FixOptions options = *how;
	options.only = none;
	options.proposed = proposed;
	return mend(run, &options, phase, error);
}

/* A phase that fails is taken back to where it began, and left out. */
static void run_phase(const Run *run, size_t number, ImprovePhase *phase)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *start = NULL;
	g_autoptr(Repo) repo = repo_open(run->folder, REPO_INDEX, NULL, &error);
	if (run->options->begun)
		run->options->begun(phase, run->options->data);
	bool good = repo && git(repo, &start, &error, "rev-parse", "HEAD", NULL);
	g_autofree const char **rules = rules_of(number);
	FixOptions how = {.only = rules, .derive = true, .history = true, .checkout = run->checkout};
	good = good && (phases[number].job != MOVES || move_parts(run, phase, &error)) &&
	       mend(run, &how, phase, &error) &&
	       (phases[number].job != PLACES || !run->usage || place_workloads(run, &how, phase, &error)) &&
	       keep(run->options, run->improve, run->folder, &error);
	if (good)
		return;
	phase->problem = g_strdup(error ? error->message : "it could not be done");
	phase->moved = phase->placed = phase->mended = phase->commits = phase->refused = 0; /* of this run of it */
	if (start)
		git(repo, NULL, NULL, "reset", "--quiet", "--hard", g_strstrip(start), NULL);
}

/* ---- the whole ------------------------------------------------------------------------------------------ */

static char *default_branch(void)
{
	char text[48];
	struct tm today;
	time_t now = time(NULL);
	strftime(text, sizeof text, "labwright/improve-%Y-%m-%d", localtime_r(&now, &today));
	return g_strdup(text);
}

/* A later phase may have tied a pod to a node, by a name that was mended or a volume that was found, or taken away what
 * an edit of this one could not be proven beside: the phase is done again, and nodes that this run chose itself are
 * chosen anew. What cannot be done is left as it was made before. */
static void place_again(const Run *run, size_t number, ImprovePhase *phase)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *start = NULL;
	g_autoptr(Repo) repo = repo_open(run->folder, REPO_INDEX, NULL, &error);
	ImprovePhase again = {.name = phase->name};
	g_autofree const char **rules = rules_of(number);
	FixOptions how = {.only = rules, .derive = true, .checkout = run->checkout};
	if (!run->usage || phase->problem || !repo || !git(repo, &start, &error, "rev-parse", "HEAD", NULL))
		return;
	if (!mend(run, &how, &again, &error) || !place_workloads(run, &how, &again, &error)) {
		git(repo, NULL, NULL, "reset", "--quiet", "--hard", g_strstrip(start), NULL);
		return;
	}
	phase->placed += again.placed;
	phase->mended += again.mended;
	phase->commits += again.commits;
	phase->refused = again.refused;
}

static bool improve_all(Run *run, Improve *improve, GError **error)
{
	const ImproveOptions *options = run->options;
	ScanOptions base = {.path = improve->root, .view = REPO_REVISION, .revision = improve->base};
	g_autoptr(Scan) before = scan_new(&base, error);
	if (!before || !keep(options, improve, run->folder, error))
		return false;
	run->before = before->graph;
	improve->before = count_findings(before);
	/* What is kept out of Git is fetched from the checkout, where it lies at its old path: so before anything
	 * moves.
	 */
	const char *const hidden[] = {"ignore-hides-source", NULL};
	FixOptions how = {.only = hidden, .derive = true, .checkout = run->checkout};
	mend(run, &how, &improve->phases[IMPROVE_PHASES - 1], NULL);
	improve->phases[IMPROVE_PHASES - 1].refused = 0; /* its phase asks again */
	for (size_t i = 0; i < IMPROVE_PHASES; i++)
		run_phase(run, i, &improve->phases[i]);
	for (size_t i = 0; i < IMPROVE_PHASES; i++)
		if (phases[i].job == PLACES)
			place_again(run, i, &improve->phases[i]);
	if (!keep(options, improve, run->folder, error))
		return false;
	g_autoptr(Scan) after = scan_folder(run, error);
	if (!after)
		return false;
	improve->after = count_findings(after);
	improve->empty = strcmp(repo_commit(after->repo), improve->base) == 0;
	if (options->dry_run)
		return git(after->repo, &improve->diffstat, error, "log", "--reverse", "--stat=100", "--format=%n%s",
		        "-M", arena_printf(after->arenas->pdata[0], "%s..HEAD", improve->base), NULL);
	return true;
}

/* Before anything is done: a checkout, and a name for the commits. */
static bool is_ready(const Repo *checkout, GError **error)
{
	g_autofree char *bare = NULL;
	g_autoptr(GError) nobody = NULL;
	if (!git(checkout, &bare, error, "rev-parse", "--is-bare-repository", NULL))
		return false;
	if (g_str_has_prefix(bare, "true")) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE,
		        "%s is a bare repository, without a checkout", repo_root(checkout));
		error_add_help(error, "git clone it, and improve the clone");
		return false;
	}
	if (git(checkout, NULL, &nobody, "var", "GIT_AUTHOR_IDENT", NULL) &&
	        git(checkout, NULL, &nobody, "var", "GIT_COMMITTER_IDENT", NULL))
		return true;
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "git does not know who makes the commits");
	error_add_help(error, "git config user.name 'Your Name' and git config user.email you@example.org");
	return false;
}

/* An interrupted run's branch is gone on with; one that was merged begins anew. */
static bool find_earlier(const Repo *checkout, Improve *improve, GError **error)
{
	g_autofree char *count = NULL, *range = g_strdup_printf("%s..%s", improve->base, improve->branch);
	if (!has_branch(checkout, improve->branch) ||
	        git(checkout, NULL, NULL, "merge-base", "--is-ancestor", improve->branch, improve->base, NULL))
		return true;
	if (git(checkout, NULL, NULL, "merge-base", "--is-ancestor", improve->base, improve->branch, NULL)) {
		if (!git(checkout, &count, error, "rev-list", "--count", range, NULL))
			return false;
		improve->earlier = (uint32_t)g_ascii_strtoull(count, NULL, 10);
		return true;
	}
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE,
	        "branch %s is of an earlier run, and lacks commits that you made since", improve->branch);
	error_add_help(
	        error, "merge it, or delete it (git branch -D %s), or name another: --branch NAME", improve->branch);
	return false;
}

static bool begin(const ImproveOptions *options, const Repo *checkout, Improve *improve, GError **error)
{
	g_autofree char *status = NULL;
	if (repo_view(checkout) == REPO_FOLDER || !repo_commit(checkout)) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "%s has no commit to begin at",
		        repo_root(checkout));
		error_add_help(error, "git init, git add and git commit first; improve works on a branch");
		return false;
	}
	if (!is_ready(checkout, error))
		return false;
	improve->root = g_strdup(repo_root(checkout));
	improve->base = g_strdup(repo_commit(checkout));
	improve->branch = options->branch ? g_strdup(options->branch) : default_branch();
	if (!options->dry_run && !find_earlier(checkout, improve, error))
		return false;
	if (!git(checkout, &status, error, "status", "--porcelain", "--untracked-files=no", NULL))
		return false;
	improve->unsaved = *status != '\0';
	for (size_t i = 0; i < IMPROVE_PHASES; i++) {
		improve->phases[i].name = phases[i].name;
		improve->phases[i].what = phases[i].what;
	}
	return true;
}

Improve *improve_new(const ImproveOptions *options, GError **error)
{
	g_autoptr(Improve) improve = g_new0(Improve, 1);
	g_autoptr(Repo) checkout = repo_open(options->path, REPO_INDEX, NULL, error);
	if (!checkout || !begin(options, checkout, improve, error))
		return NULL;
	g_autoptr(Usage) usage = options->usage ? usage_new(options->usage, error) : NULL;
	if (options->usage && !usage)
		return NULL;
	g_autofree char *folder = repo_private_file(checkout, "labwright-improve");
	if (!add_worktree(checkout, options, improve, folder, error))
		return NULL;
	Run run = {options, improve, checkout, usage, folder, NULL};
	bool good = improve_all(&run, improve, error);
	git(checkout, NULL, NULL, "worktree", "remove", "--force", "--force", folder, NULL);
	if (good && improve->empty && !options->dry_run)
		git(checkout, NULL, NULL, "branch", "--quiet", "--delete", "--force", improve->branch, NULL);
	return good ? g_steal_pointer(&improve) : NULL;
}

void improve_free(Improve *improve)
{
	if (!improve)
		return;
	for (size_t i = 0; i < IMPROVE_PHASES; i++)
		g_free(improve->phases[i].problem);
	g_free(improve->root);
	g_free(improve->branch);
	g_free(improve->base);
	g_free(improve->diffstat);
	g_free(improve);
}
