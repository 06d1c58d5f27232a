/* labwright up: the homelab of the repository running on this machine's container engine, or on the cluster that is
 * named. */
#include "command/command.h"

#include "base/error.h"
#include "flow/record.h"

#include <stdio.h>

extern const Command command_up;

typedef struct UpArguments {
	ScanArguments scan;
	HomelabArguments homelab;
	char *format;
	gboolean pull, no_keep;
	ObjectArguments objects; /* dry_run and no_wait are for both kinds of engines */
} UpArguments;

static void up_arguments_clear(UpArguments *arguments)
{
	scan_arguments_clear(&arguments->scan);
	homelab_arguments_clear(&arguments->homelab);
	g_free(arguments->format);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(UpArguments, up_arguments_clear)

/* ---- what is said before anything starts ------------------------------------------------------------------------- */

static bool say_problems(const Homelab *homelab)
{
	const Graph *graph = homelab->scan->graph;
	bool blocked = false;
	for (guint i = 0; i < homelab->wanted->problems->len; i++) {
		const WantedProblem *problem = &g_array_index(homelab->wanted->problems, WantedProblem, i);
		uint32_t line, column;
		graph_position(graph, problem->place, &line, &column);
		g_printerr("%s:%u: %s: %s\n", graph_file_path(graph, problem->place.file), line,
		        problem->blocking ? "error" : "note", problem->text);
		blocked |= problem->blocking;
	}
	return !blocked;
}

static void say_step(const Change *step)
{
	static const char *const marks[] = {"=", "+", "~", ">", "-"};
	const char *name = step->unit ? step->unit->name : step->live->name;
	printf("%s %-44s %s\n", marks[step->kind], name,
	        step->kind == CHANGE_CREATE ? json_text_at(step->unit->body, "Image") : step->why);
}

static int dry_run_json(const Homelab *homelab)
{
	g_autoptr(Json) json = wanted_json(homelab->wanted, homelab->scan->graph);
	g_autofree char *text = json_print_pretty(json);
	puts(text);
	return EXIT_CLEAN;
}

/* What changes between how it last ran well and now. */
static void say_differences(const Json *record, const Change *step)
{
	const Json *before = step->kind == CHANGE_REPLACE ? record_before(record, step->unit) : NULL;
	if (!before)
		return;
	g_autoptr(Json) now = unit_shown(step->unit);
	g_autoptr(GPtrArray) differences = record_differences(json_get(before, "body"), now, 20);
	for (guint i = 0; i < differences->len; i++)
		printf("    %s\n", (char *)differences->pdata[i]);
	if (differences->len == 0)
		puts("    a file that it mounts, a value of a Secret, or a label");
}

static int dry_run(const Homelab *homelab, const Rollout *rollout, const UpArguments *arguments, bool fine)
{
	g_autoptr(Json) record = record_read(homelab->project);
	for (guint i = 0; i < rollout->steps->len; i++) {
		say_step(&g_array_index(rollout->steps, Change, i));
		say_differences(record, &g_array_index(rollout->steps, Change, i));
	}
	for (guint i = 0; i < homelab->wanted->jobs->len; i++)
		printf("  %-44s by `labwright run` only\n", ((Unit *)homelab->wanted->jobs->pdata[i])->name);
	printf("%u to do; + made, ~ made anew, > started, - removed, = kept\n", rollout_changes(rollout));
	if (arguments->pull)
		puts("and what has a newer image, which is known once it is pulled");
	if (!fine)
		puts("but up would start nothing: mend what is called an error above");
	return fine ? EXIT_CLEAN : EXIT_FINDINGS;
}

/* ---- progress -------------------------------------------------------------------------------------------------------
 */

typedef struct Telling {
	gint64 began;
	GHashTable *said; /* image lines that were said already */
	Ticker *ticker;
} Telling;

static void say_phase(const Change *step, ApplyPhase phase, const char *why, Telling *telling)
{
	const char *name = step->unit ? step->unit->name : step->live->name;
	double seconds = (double)(g_get_monotonic_time() - telling->began) / G_TIME_SPAN_SECOND;
	bool fine = phase == APPLY_READY || phase == APPLY_DONE;
	if (fine && step->kind != CHANGE_KEEP)
		printf("  ✓ %-44s %-7s %6.1f s\n", name, phase == APPLY_DONE ? "done" : "ready", seconds);
	else if (phase == APPLY_FAILED)
		printf("  ✗ %-44s %s\n", name, why ? why : "failed");
	else if (phase == APPLY_NOTES)
		printf("  … %-44s %s\n", name, why);
	else if (phase == APPLY_REMOVED)
		printf("  - %-44s removed %6.1f s\n", name, seconds);
	else if (phase == APPLY_IMAGE && why && g_hash_table_add(telling->said, g_strdup(why)))
		printf("    %s: %s\n", json_text_at(step->unit->body, "Image"), why);
}

static void tick(const Change *step, ApplyPhase phase, const char *why, Ticker *ticker)
{
	static const char *const doings[] = {[APPLY_IMAGE] = "gets its image",
	        [APPLY_CREATES] = "is made",
	        [APPLY_STARTS] = "starts",
	        [APPLY_PROBES] = "gets ready",
	        [APPLY_NOTES] = "goes on",
	        [APPLY_STARTED] = "gets ready"};
	if (!step->unit)
		return;
	g_autofree char *waits = phase == APPLY_PROBES && why ? g_strdup_printf("is not ready (%s)", why) : NULL;
	const char *doing = (size_t)phase < G_N_ELEMENTS(doings) ? doings[phase] : NULL;
	ticker_set(ticker, step->unit->name, waits ? waits : doing);
}

static void tell(const Change *step, ApplyPhase phase, const char *why, void *data)
{
	Telling *telling = data;
	ticker_wipe(telling->ticker);
	say_phase(step, phase, why, telling);
	tick(step, phase, why, telling->ticker);
	ticker_show(telling->ticker);
	fflush(stdout);
}

/* ---- the work
 * ---------------------------------------------------------------------------------------------------------- */

/* The first that failed, those that others need before them. */
static const Unit *first_failed(const Homelab *homelab, const ApplyResult *result)
{
	for (guint i = 0; i < homelab->wanted->units->len; i++)
		if (g_hash_table_contains(result->failed, ((Unit *)homelab->wanted->units->pdata[i])->name))
			return homelab->wanted->units->pdata[i];
	return NULL;
}

/* What `explain` would say of it, since that is what anybody asks next. */
static void explain_failure(const Homelab *homelab, Scan *scan, Engine *engine, const ApplyResult *result)
{
	const Unit *unit = first_failed(homelab, result);
	CheckOptions options = {0};
	g_autoptr(Check) check = unit ? check_new(scan, &options, NULL) : NULL;
	g_autoptr(Cause) cause = check ? cause_new(homelab, check, engine, unit->name, NULL) : NULL;
	g_autoptr(GString) out = g_string_new("\n");
	if (cause)
		cause_append(out, cause);
	fputs(cause ? out->str : "", stdout);
	for (guint i = 0; unit && i < homelab->wanted->units->len; i++) {
		const Unit *other = homelab->wanted->units->pdata[i];
		if (other != unit && g_hash_table_contains(result->failed, other->name)) {
			printf("next: labwright explain %s/%s\n", other->namespace, other->pod);
			return;
		}
	}
	printf("next: labwright %s\n", cause ? "status" : "explain");
}

static int report_end(const Homelab *homelab, const ApplyResult *result, const Telling *telling)
{
	double seconds = (double)(g_get_monotonic_time() - telling->began) / G_TIME_SPAN_SECOND;
	guint failed = g_hash_table_size(result->failed);
	uint32_t done = result->created + result->replaced + result->started;
	printf("%s%u of %u as wanted (%u made, %u made anew, %u started, %u removed) in %.1f s\n",
	        failed || done ? "\n" : "", done + result->kept, done + result->kept + failed, result->created,
	        result->replaced, result->started, result->removed, seconds);
	return failed ? EXIT_FINDINGS : EXIT_CLEAN;
}

static int apply(UpArguments *arguments, Homelab *homelab, Scan *scan, Engine *engine, Rollout *rollout, GError **error)
{
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	Telling telling = {.began = g_get_monotonic_time(),
	        .said = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
	        .ticker = ticker_new(homelab->wanted->units->len)};
	ApplyOptions options = {repo_root(homelab->scan->repo), !arguments->objects.no_wait, !arguments->no_keep,
	        arguments->pull ? PULL_ALWAYS : homelab->choice.pull, homelab->choice.parallel, tell, &telling,
	        cancellable};
	Interrupt *interrupt = interrupt_new(cancellable);
	g_auto(ApplyResult) result = {0};
	if (arguments->pull)
		rollout_renew(rollout, engine, &options);
	bool fine = homelab_write_files(homelab, error) && rollout_apply(rollout, engine, &options, &result, error);
	interrupt_free(interrupt);
	g_hash_table_unref(telling.said);
	ticker_free(telling.ticker);
	if (!fine)
		return EXIT_WORK;
	int code = report_end(homelab, &result, &telling);
	if (g_cancellable_is_cancelled(cancellable)) {
		puts("interrupted: labwright up goes on from here");
		return EXIT_WORK;
	}
	record_write(homelab, rollout, &result, NULL); /* for `explain`; a run is no worse without it */
	if (code != EXIT_CLEAN)
		explain_failure(homelab, scan, engine, &result);
	else
		puts("next: labwright status");
	return code;
}

static bool is_for_engine(const ObjectArguments *arguments, GError **error)
{
	if (!arguments->force && !arguments->prune && !arguments->rollback && !arguments->no_record)
		return true;
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE,
	        "--force-conflicts, --prune, --rollback and --no-record are for a cluster, and none is named");
	error_add_help(error, "--context NAME, or cluster: {context: NAME} in labwright.yaml");
	return false;
}

static bool is_for_cluster(const UpArguments *arguments, GError **error)
{
	if (!arguments->pull && !arguments->no_keep)
		return true;
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE,
	        "--pull and --no-keep are for Docker or Podman on this machine, and a cluster is named");
	error_add_help(error, "what a cluster pulls and keeps is in the manifests: imagePullPolicy, strategy");
	return false;
}

static bool know_names(const Homelab *homelab, const char *const *names, GError **error)
{
	const GPtrArray *units = homelab->wanted->units;
	for (; names && *names; names++) {
		const char *const one[] = {*names, NULL};
		bool found = false;
		for (guint i = 0; i < units->len && !found; i++)
			found = unit_is_meant(units->pdata[i], one);
		if (found)
			continue;
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE,
		        "'%s' is neither a file or folder nor anything that runs here", *names);
		error_add_help(error, "labwright up --dry-run lists what does");
		return false;
	}
	return true;
}

/* What runs; nothing where no engine answers and nothing is to be done either. */
static Live *look(const UpArguments *arguments, Homelab *homelab, Engine **ret_engine, GError **error)
{
	g_autoptr(GError) problem = NULL;
	*ret_engine = engine_open(&homelab->choice, &problem);
	if (*ret_engine && arguments->objects.dry_run)
		return live_new(*ret_engine, homelab->project, error);
	if (*ret_engine)
		return homelab_lock(homelab, error) ? live_mended(*ret_engine, homelab->project, true, error) : NULL;
	if (arguments->objects.dry_run) {
		g_autofree char *first = g_strndup(problem->message, strcspn(problem->message, "\n"));
		g_printerr("note: %s, so this is what up would make where nothing runs yet\n", first);
		return live_new_empty();
	}
	g_propagate_error(error, g_steal_pointer(&problem));
	return NULL;
}

static int up(UpArguments *arguments, GError **error)
{
	g_autoptr(Scan) scan = NULL;
	g_autoptr(Cluster) cluster = NULL;
	if (!homelab_arguments_cluster(&arguments->homelab, &arguments->scan, &cluster, error))
		return EXIT_WORK;
	arguments->objects.format = arguments->format;
	if (cluster && !is_for_cluster(arguments, error))
		return EXIT_USAGE;
	if (cluster)
		return objects_up(cluster, &arguments->homelab, &arguments->scan, &arguments->objects, error);
	if (!is_for_engine(&arguments->objects, error))
		return EXIT_USAGE;
	g_autoptr(Homelab) homelab = homelab_arguments_read(&arguments->homelab, &arguments->scan, &scan, error);
	if (!homelab || !know_names(homelab, (const char *const *)arguments->homelab.names, error))
		return EXIT_WORK;
	bool fine = say_problems(homelab);
	if (arguments->objects.dry_run && arguments->format)
		return dry_run_json(homelab);
	g_autoptr(Engine) engine = NULL;
	g_autoptr(Live) live = look(arguments, homelab, &engine, error);
	if (!live)
		return EXIT_WORK;
	g_autoptr(Rollout) rollout = rollout_new(homelab->wanted, live, (const char *const *)arguments->homelab.names);
	if (arguments->objects.dry_run)
		return dry_run(homelab, rollout, arguments, fine);
	if (!fine) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "nothing was started");
		error_add_help(error, "mend what is called an error above");
		return EXIT_WORK;
	}
	if (homelab->wanted->units->len == 0) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "there is nothing here to run");
		error_add_help(error, "name a folder of manifests or a compose file: labwright up PATH");
		return EXIT_WORK;
	}
	printf("%s on %s, %u containers, %u to do\n\n", homelab->project, engine_name(engine),
	        homelab->wanted->units->len, rollout_changes(rollout));
	return apply(arguments, homelab, scan, engine, rollout, error);
}

static int run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_auto(UpArguments) arguments = {.objects.patience = 300};
	const GOptionEntry own[] = {
	        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &arguments.objects.dry_run, "Say what would be done", NULL},
	        {"format", 0, 0, G_OPTION_ARG_STRING, &arguments.format,
	                "With --dry-run: json says all that is wanted; no engine is asked", "json"},
	        {"wait", 0, G_OPTION_FLAG_REVERSE, G_OPTION_ARG_NONE, &arguments.objects.no_wait,
	                "Until all are ready, which is done without it, too", NULL},
	        {"no-wait", 0, 0, G_OPTION_ARG_NONE, &arguments.objects.no_wait,
	                "Do not ask containers that run already whether they are ready", NULL},
	        {"force-conflicts", 0, 0, G_OPTION_ARG_NONE, &arguments.objects.force,
	                "On a cluster: take over fields that somebody else keeps at another value", NULL},
	        {"prune", 0, 0, G_OPTION_ARG_NONE, &arguments.objects.prune,
	                "On a cluster: remove what was applied before and is in no file any more", NULL},
	        {"rollback", 0, 0, G_OPTION_ARG_NONE, &arguments.objects.rollback, "On a cluster: undo the last up",
	                NULL},
	        {"no-record", 0, 0, G_OPTION_ARG_NONE, &arguments.objects.no_record,
	                "On a cluster: keep nothing for --rollback", NULL},
	        {"patience", 0, 0, G_OPTION_ARG_INT, &arguments.objects.patience,
	                "On a cluster: how long each wave may take to become ready; 300 without it", "SECONDS"},
	        {"pull", 0, 0, G_OPTION_ARG_NONE, &arguments.pull, "Pull or build images even where they are there",
	                NULL},
	        {"keep", 0, G_OPTION_FLAG_REVERSE, G_OPTION_ARG_NONE, &arguments.no_keep,
	                "A container that does not start leaves the old one running, which is so without it, too",
	                NULL},
	        {"no-keep", 0, 0, G_OPTION_ARG_NONE, &arguments.no_keep,
	                "A container that does not start replaces the old one all the same", NULL},
	        {NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	if (!homelab_arguments_parse(&arguments.homelab, &arguments.scan, own, &command_up, &argc, &argv, &error))
		return command_fail(error);
	homelab_arguments_take_names(&arguments.homelab, &arguments.scan, argv + 1);
	int code = up(&arguments, &error);
	return error ? command_fail(error) : code;
}

const Command command_up = {
        "up", "run", "[PATH…] [NAME…]", "run the homelab on Docker, Podman or a Kubernetes cluster", run};
