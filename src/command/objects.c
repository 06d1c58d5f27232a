/* up and down on a cluster: what would change is shown, by field and owner, before anything does; a conflict or an
 * object that Flux or Argo CD applies ends it there. */
#include "command/command.h"

#include "base/error.h"

#include <stdio.h>

#define PATIENCE 60 /* seconds for an API server that is away */

/* ---- what would change ----------------------------------------------------------------------------------- */

static void print_place(const Graph *graph, const ClusterStep *step)
{
	if (!graph || step->place.end == 0)
		return;
	uint32_t line, column;
	graph_position(graph, step->place, &line, &column);
	printf("  %s:%u", graph_file_path(graph, step->place.file), line);
}

static void print_change(const FieldChange *change)
{
	printf("    %s: %s → %s", change->path, change->old ? change->old : "-", change->now ? change->now : "-");
	if (change->owner && strcmp(change->owner, CLUSTER_MANAGER) != 0)
		printf("  (set by %s)", change->owner);
	puts("");
}

static void print_step(const Graph *graph, const ClusterStep *step)
{
	static const char marks[] = "=+~-";
	if (step->kind == OBJECT_KEEP && !step->conflicts->len && !step->problem && !step->unready)
		return;
	printf("%c %s", step->problem || step->conflicts->len ? '!' : marks[step->kind], step->title);
	print_place(graph, step);
	puts("");
	if (step->unready)
		printf("    stays as it is, and is not ready: %s\n", step->unready);
	if (step->problem)
		printf("    error: %s\n", step->problem);
	if (step->keeper && step->kind != OBJECT_KEEP)
		printf("    applied by %s\n", step->keeper);
	for (guint i = 0; i < step->conflicts->len; i++) {
		const FieldChange *conflict = step->conflicts->pdata[i];
		printf("    conflict: %s keeps %s at another value\n", conflict->owner, conflict->path);
	}
	for (guint i = 0; i < step->changes->len; i++)
		print_change(step->changes->pdata[i]);
}

static Json *change_json(const FieldChange *change)
{
	Json *out = json_new_map();
	json_set_text(out, "path", change->path);
	json_set_text(out, "old", change->old);
	json_set_text(out, "new", change->now);
	json_set_text(out, "owner", change->owner);
	return out;
}

static Json *objects_json(const ClusterPlan *plan)
{
	static const char *const words[] = {"keep", "create", "change", "remove"};
	Json *out = json_new_map(), *list = json_list_in(out, "objects");
	for (guint i = 0; i < plan->steps->len; i++) {
		const ClusterStep *step = plan->steps->pdata[i];
		Json *item = json_new_map();
		json_set_text(item, "object", step->title);
		json_set_text(item, "change", words[step->kind]);
		json_set_text(item, "wave", cluster_wave_word(step->wave));
		json_set_text(item, "problem", step->problem);
		json_set_text(item, "appliedBy", step->keeper);
		json_set_text(item, "unready", step->unready);
		for (guint c = 0; c < step->changes->len; c++)
			json_append(json_list_in(item, "fields"), change_json(step->changes->pdata[c]));
		for (guint c = 0; c < step->conflicts->len; c++)
			json_append(json_list_in(item, "conflicts"), change_json(step->conflicts->pdata[c]));
		json_append(list, item);
	}
	return out;
}

static void print_plan(const Graph *graph, const ClusterPlan *plan)
{
	for (guint i = 0; i < plan->steps->len; i++)
		print_step(graph, plan->steps->pdata[i]);
	printf("%u of %u objects to do; + made, ~ changed, - removed, ! cannot be\n", plan->to_do, plan->steps->len);
}

/* ---- what stops it --------------------------------------------------------------------------------------- */

static const ClusterStep *first_kept(const ClusterPlan *plan)
{
	for (guint i = 0; i < plan->steps->len; i++) {
		const ClusterStep *step = plan->steps->pdata[i];
		if (step->keeper && step->kind != OBJECT_KEEP)
			return step;
	}
	return NULL;
}

static bool may_apply(const ClusterPlan *plan, const ObjectArguments *arguments, GError **error)
{
	const ClusterStep *kept = first_kept(plan);
	if (plan->problems) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK,
		        "the cluster refuses %u of %u objects; nothing was changed", plan->problems, plan->steps->len);
		error_add_help(error, "mend what is called an error above");
	} else if (kept) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK,
		        "%u objects are applied from Git by others, %s by %s, which would undo this; nothing was "
		        "changed",
		        plan->kept_by_others, kept->title, kept->keeper);
		error_add_help(error, "git commit and push: the change is applied from there");
	} else if (plan->conflicts && !arguments->force) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK,
		        "somebody else keeps fields of %u objects at another value; nothing was changed",
		        plan->conflicts);
		error_add_help(error, "take the fields out of the files, or take them over with --force-conflicts");
	} else {
		return true;
	}
	return false;
}

static bool say_problems(const ObjectSet *set, const Graph *graph)
{
	bool blocked = false;
	for (guint i = 0; i < set->problems->len; i++) {
		const WantedProblem *problem = &g_array_index(set->problems, WantedProblem, i);
		uint32_t line, column;
		graph_position(graph, problem->place, &line, &column);
		g_printerr("%s:%u: %s: %s\n", graph_file_path(graph, problem->place.file), line,
		        problem->blocking ? "error" : "note", problem->text);
		blocked |= problem->blocking;
	}
	if (set->compose && set->manifests->len == 0)
		g_printerr("note: compose files are for Docker and Podman: labwright up --local\n");
	return !blocked;
}

/* ---- progress -------------------------------------------------------------------------------------------- */

typedef struct Telling {
	gint64 began;
	uint32_t applied, removed;
	bool quiet;
} Telling;

static void tell(const ClusterStep *step, ClusterPhase phase, const char *why, void *data)
{
	Telling *telling = data;
	double seconds = (double)(g_get_monotonic_time() - telling->began) / G_TIME_SPAN_SECOND;
	telling->applied += phase == PHASE_APPLIED;
	telling->removed += phase == PHASE_REMOVED;
	if (phase == PHASE_WAVE && step->kind == OBJECT_REMOVE)
		puts("removals");
	else if (phase == PHASE_WAVE)
		printf("%s\n", cluster_wave_word(step->wave));
	else if (phase == PHASE_KEPT)
		puts("what was there before");
	else if (phase == PHASE_READY)
		printf("  ✓ %-50s %6.1f s\n", step->title, seconds);
	else if (phase == PHASE_REMOVED)
		printf("  - %-50s %6.1f s\n", step->title, seconds);
	else if (phase == PHASE_WAITS && why)
		printf("    %-50s %6.1f s  %s\n", step->title, seconds, why);
	else if (phase == PHASE_FAILED)
		printf("  ✗ %s\n", step->title);
	fflush(stdout);
}

static int apply(
        Cluster *cluster, const ClusterPlan *plan, const ObjectArguments *arguments, bool record, GError **error)
{
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	Interrupt *interrupt = interrupt_new(cancellable);
	Telling telling = {.began = g_get_monotonic_time()};
	ClusterApply options = {!arguments->no_wait, arguments->force, record, (uint32_t)MAX(arguments->patience, 1),
	        tell, &telling, cancellable};
	cluster_set_cancellable(cluster, cancellable);
	bool fine = cluster_apply(cluster, plan, &options, error);
	cluster_set_cancellable(cluster, NULL);
	interrupt_free(interrupt);
	ClusterCount count = cluster_count(cluster);
	printf("\n%u applied, %u removed in %.1f s (%" G_GUINT64_FORMAT " requests)\n", telling.applied,
	        telling.removed, (double)(g_get_monotonic_time() - telling.began) / G_TIME_SPAN_SECOND, count.requests);
	if (!fine && record && telling.applied)
		error_add_help(error, "what was applied stays; labwright up --rollback takes it back");
	return fine ? EXIT_CLEAN : EXIT_WORK;
}

/* ---- up -------------------------------------------------------------------------------------------------- */

static int show_or_apply(Cluster *cluster, const Graph *graph, const ClusterPlan *plan,
        const ObjectArguments *arguments, bool record, GError **error)
{
	if (arguments->format && strcmp(arguments->format, "json") == 0) {
		g_autoptr(Json) json = objects_json(plan);
		g_autofree char *text = json_print_pretty(json);
		puts(text);
	} else {
		print_plan(graph, plan);
	}
	fflush(stdout);
	if (!may_apply(plan, arguments, error))
		return EXIT_WORK;
	if (arguments->dry_run || (plan->to_do == 0 && (plan->unready == 0 || arguments->no_wait)))
		return EXIT_CLEAN;
	puts("");
	return apply(cluster, plan, arguments, record, error);
}

static int roll_back(Cluster *cluster, const char *project, const ObjectArguments *arguments, GError **error)
{
	g_autoptr(ClusterPlan) plan = cluster_plan_back(cluster, project, error);
	if (!plan)
		return EXIT_WORK;
	int code = show_or_apply(cluster, NULL, plan, arguments, false, error);
	if (code == EXIT_CLEAN && !arguments->dry_run && !cluster_forget_record(cluster, project, error))
		return EXIT_WORK;
	return code;
}

int objects_up(Cluster *cluster, const HomelabArguments *homelab, const ScanArguments *scan_arguments,
        const ObjectArguments *arguments, GError **error)
{
	g_auto(GStrv) paths = NULL;
	g_autofree char *project = homelab_arguments_project(homelab, scan_arguments, error);
	bool text = !arguments->format || strcmp(arguments->format, "json") != 0;
	cluster_set_patience(cluster, PATIENCE);
	if (project && (text || arguments->rollback))
		printf("%s on %s\n\n", project, cluster_title(cluster));
	if (project && arguments->rollback)
		return roll_back(cluster, project, arguments, error);
	g_autoptr(Scan) scan = project ? scan_arguments_read(scan_arguments, error) : NULL;
	if (!scan || !scan_arguments_below(scan_arguments, scan, &paths, error))
		return EXIT_WORK;
	HomelabOptions options = homelab_arguments_options(homelab, paths);
	g_autoptr(ObjectSet) set = object_set_new(scan, &options, (const char *const *)homelab->names, error);
	if (!set)
		return EXIT_WORK;
	bool fine = say_problems(set, scan->graph);
	if (arguments->prune && (!set->whole || set->problems->len)) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE,
		        "--prune is for the whole repository, all of it understood: what is left out would be removed");
		return EXIT_USAGE;
	}
	if (!fine || set->manifests->len == 0) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK,
		        fine ? "there is nothing here to apply" : "nothing was changed");
		return EXIT_WORK;
	}
	ClusterPlanOptions planning = {project, arguments->force, arguments->prune};
	g_autoptr(ClusterPlan) plan = cluster_plan_new(cluster, set->manifests, &planning, error);
	return plan ? show_or_apply(cluster, scan->graph, plan, arguments, !arguments->no_record, error) : EXIT_WORK;
}

/* ---- down ------------------------------------------------------------------------------------------------ */

int objects_down(Cluster *cluster, const char *project, bool volumes, GError **error)
{
	ObjectArguments arguments = {.patience = 120};
	cluster_set_patience(cluster, PATIENCE);
	g_autoptr(ClusterPlan) plan = cluster_plan_down(cluster, project, volumes, error);
	if (!plan)
		return EXIT_WORK;
	printf("%s on %s\n\n", project, cluster_title(cluster));
	if (plan->steps->len == 0) {
		printf("nothing there was applied for %s\n", project);
		return EXIT_CLEAN;
	}
	int code = apply(cluster, plan, &arguments, false, error);
	puts("namespaces, definitions of kinds and, without --volumes, claims stay");
	return code == EXIT_CLEAN && !cluster_forget_record(cluster, project, error) ? EXIT_WORK : code;
}
