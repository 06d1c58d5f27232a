/* Running the rules over a scan: what labwright.yaml turns off is not run, what it sets to another level gets that,
 * what the owner silences is marked, and what was not asked for is left out.
 *
 * A rule only reads the graph and knows of no other rule, so threads take them from one counter, each with a checker of
 * its own. Findings are ordered afterwards by where and what they are; only rules that look at what others found wait.
 */
#include "base/error.h"
#include "base/path.h"
#include "flow/compile.h"
#include "flow/structure.h"
#include "rule/sketch.h"

#include <time.h>

static bool is_asked_rule(const CheckOptions *options, const Rule *rule)
{
	return !options->only || g_strv_contains(options->only, rule->id);
}

/* ---- settings -------------------------------------------------------------------------------------- */

static Level level_find(const char *word, Level otherwise)
{
	for (Level level = LEVEL_OFF; level <= LEVEL_ERROR; level++)
		if (strcmp(level_word(level), word) == 0)
			return level;
	return otherwise;
}

/* The level that labwright.yaml sets for the rule; `otherwise` where it sets none. The last word counts. */
static Level set_level(const Graph *graph, const Rule *rule, Level otherwise)
{
	Symbol name;
	Level level = otherwise;
	if (!graph_find_symbol(graph, slice_from(rule->id), &name))
		return level;
	GRAPH_NAMED(graph, NODE_SETTING, name, setting)
	level = level_find(graph_text(graph, setting, FACT_LEVEL), level);
	return level;
}

/* The profile that the command line asks for, else the one of labwright.yaml, else the first. */
static Profile profile_of(const Graph *graph, const CheckOptions *options)
{
	Profile profile = PROFILE_HOMELAB;
	Node file = graph_find_file(graph, SLICE("labwright.yaml"));
	if (options->profile)
		profile_find(options->profile, &profile);
	else if (file)
		profile_find(graph_text(graph, graph_first_child(graph, file, NODE_DOCUMENT), FACT_PROFILE), &profile);
	return profile;
}

/* ---- running ----------------------------------------------------------------------------------------- */

typedef struct Run {
	const Graph *graph;
	const CheckOptions *options;
	Check *check;
	Profile profile;
	uint32_t threads;
	bool all; /* a rule that was asked for looks at what all others find */
} Run;

static bool is_run(const Run *run, const Rule *rule)
{
	if (run->options->only && is_asked_rule(run->options, rule))
		return true;
	if (run->options->also && g_strv_contains(run->options->also, rule->id))
		return true;
	Level usual = rule->profile <= run->profile ? rule->level : LEVEL_OFF;
	return (run->all || !run->options->only) && set_level(run->graph, rule, usual) != LEVEL_OFF;
}

static RuleTime time_rule(Checker *checker, const Rule *rule)
{
	RuleTime time = {rule, g_get_monotonic_time()};
	checker_run(checker, rule);
	time.microseconds = g_get_monotonic_time() - time.microseconds;
	return time;
}

static void run_rule(const Run *run, const Rule *rule)
{
	RuleTime time = time_rule(run->check->checker, rule);
	g_array_append_val(run->check->times, time);
}

typedef struct Worker {
	Checker *checker;
	const GPtrArray *rules;
	gint *next;
	RuleTime *times; /* one for each rule, each written by one thread */
} Worker;

static gpointer work(gpointer data)
{
	const Worker *worker = data;
	for (guint index; (index = (guint)g_atomic_int_add(worker->next, 1)) < worker->rules->len;)
		worker->times[index] = time_rule(worker->checker, worker->rules->pdata[index]);
	return NULL;
}

static Checker *new_checker(const Run *run)
{
	Checker *checker = checker_new(run->graph, run->check->today);
	if (run->options->sketch)
		checker_sketch(checker);
	return checker;
}

static void run_in_threads(const Run *run, const GPtrArray *rules, uint32_t n)
{
	gint next = 0;
	g_autofree RuleTime *times = g_new(RuleTime, MAX(rules->len, 1));
	g_autofree Worker *workers = g_new(Worker, n);
	g_autofree GThread **threads = g_new0(GThread *, n);
	for (uint32_t i = 0; i < n; i++) {
		workers[i] = (Worker){run->check->checker, rules, &next, times};
		if (i == 0)
			continue;
		workers[i].checker = new_checker(run);
		threads[i] = g_thread_new("check", work, &workers[i]);
	}
	work(&workers[0]);
	for (uint32_t i = 1; i < n; i++) {
		g_thread_join(threads[i]);
		checker_join(run->check->checker, workers[i].checker);
	}
	g_array_append_vals(run->check->times, times, rules->len);
}

/* All but the one that has to wait; NULL for none. */
static void run_rules(const Run *run, bool after_all, const Rule *later)
{
	g_autoptr(GPtrArray) rules = g_ptr_array_new();
	for (const RuleSet *const *set = rule_sets(); *set; set++) {
		for (size_t i = 0; i < (*set)->count; i++) {
			const Rule *rule = &(*set)->rules[i];
			if (rule->after_all == after_all && rule != later && is_run(run, rule))
				g_ptr_array_add(rules, (gpointer)rule);
		}
	}
	run_in_threads(run, rules, after_all ? 1 : CLAMP(rules->len, 1, run->threads));
}

/* Python reads the programs of images while the other rules run. */
static void run_with_programs(const Run *run, Scan *scan)
{
	const Rule *rule = rule_find("source-syntax");
	if (!is_run(run, rule)) {
		run_rules(run, false, NULL);
		return;
	}
	Compiling *compiling = compile_begin(scan);
	run_rules(run, false, rule);
	compile_end(scan, compiling);
	run_rule(run, rule);
}

/* A setting speaks of the rule as a whole, so it also outweighs the level that a rule gave to one finding. */
static void set_levels(const Run *run)
{
	if (!graph_first_node(run->graph, NODE_SETTING))
		return;
	Findings all = checker_findings(run->check->checker);
	for (size_t i = 0; i < all.count; i++) {
		Level level = set_level(run->graph, all.at[i]->rule, LEVEL_OFF);
		if (level != LEVEL_OFF)
			all.at[i]->level = level;
	}
}

static void keep_asked(const Run *run)
{
	Check *check = run->check;
	Findings all = checker_findings(check->checker);
	check->findings = g_new0(Finding *, MAX(all.count, 1));
	for (size_t i = 0; i < all.count; i++) {
		Finding *finding = all.at[i];
		if (is_asked_rule(run->options, finding->rule) &&
		        path_is_below_any(
		                slice_from(graph_file_path(run->graph, finding->span.file)), run->options->paths))
			check->findings[check->count++] = finding;
	}
}

bool check_knows(const char *const *only, GError **error)
{
	for (const char *const *id = only; id && *id; id++) {
		if (rule_find(*id))
			continue;
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "no rule is called '%s'", *id);
		const Rule *near = rule_near(slice_from(*id));
		if (near)
			error_add_help(error, "did you mean '%s'?", near->id);
		else
			error_add_help(error, "labwright rules lists them");
		return false;
	}
	return true;
}

static bool needs_all(const char *const *only)
{
	for (const char *const *id = only; id && *id; id++)
		if (rule_find(*id)->after_all)
			return true;
	return false;
}

/* By the C library: GLib reads the whole history of the time zone for it. */
static char *local_date(void)
{
	char text[16];
	struct tm today;
	time_t now = time(NULL);
	strftime(text, sizeof text, "%Y-%m-%d", localtime_r(&now, &today));
	return g_strdup(text);
}

Check *check_new(Scan *scan, const CheckOptions *options, GError **error)
{
	int64_t start = g_get_monotonic_time();
	Run run = {.graph = scan->graph,
	        .options = options,
	        .profile = profile_of(scan->graph, options),
	        .threads = MAX(scan->threads, 1)};
	if (!check_knows(options->only, error))
		return NULL;
	run.all = needs_all(options->only);
	Check *check = run.check = g_new0(Check, 1);
	check->today = local_date();
	check->also = options->also;
	check->times = g_array_new(FALSE, FALSE, sizeof(RuleTime));
	check->checker = new_checker(&run);
	run_with_programs(&run, scan);
	checker_silence(check->checker);
	run_rules(&run, true, NULL);
	set_levels(&run);
	keep_asked(&run);
	structure_propose(scan, check);
	scan->timing.check = g_get_monotonic_time() - start;
	return check;
}

void check_free(Check *check)
{
	if (!check)
		return;
	checker_free(check->checker);
	g_array_unref(check->times);
	g_free(check->findings);
	g_free(check->today);
	g_free(check);
}
