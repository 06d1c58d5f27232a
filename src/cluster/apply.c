/* Wave by wave, so that nothing is started whose configuration, storage or namespace is not there. A wave that does not
 * become ready ends the work: what comes after it would only fail in more places. */
#include "cluster/inner.h"

#include "base/error.h"

#define ROUND 3      /* seconds after which pods are looked at, too */
#define ROUNDS_BAD 2 /* so many rounds a pod may look hopeless: kubelets try a few things twice */

typedef struct Applying {
	Cluster *cluster;
	const ClusterPlan *plan;
	const ClusterApply *options;
} Applying;

static void tell(const Applying *applying, const ClusterStep *step, ClusterPhase phase, const char *why)
{
	if (applying->options->tell)
		applying->options->tell(step, phase, why, applying->options->data);
}

static bool is_cancelled(const Applying *applying, GError **error)
{
	return g_cancellable_set_error_if_cancelled(applying->options->cancellable, error);
}

/* ---- one object ------------------------------------------------------------------------------------------ */

/* A kind whose definition was applied a wave ago, and that the server may take a moment to serve. */
static bool find_path(const Applying *applying, ClusterStep *step, GError **error)
{
	const char *version = json_text_at(step->object, "apiVersion"), *name = json_text_at(step->object, "kind");
	for (uint32_t tried = 0; !step->path && tried < 50; tried++) {
		g_autoptr(GError) failure = NULL;
		const ClusterKind *kind = cluster_kind(applying->cluster, version, name, &failure);
		if (failure) {
			g_propagate_error(error, g_steal_pointer(&failure));
			return false;
		}
		if (kind)
			step->path = kind_path(kind,
			        kind->namespaced ? json_text_at(step->object, "metadata.namespace") : NULL,
			        json_text_at(step->object, "metadata.name"));
		else
			g_usleep(200 * 1000);
		if (!kind)
			cluster_forget_kinds(applying->cluster);
	}
	if (!step->path)
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "the cluster does not serve %s of %s", name,
		        version);
	return step->path != NULL;
}

static bool apply_one(const Applying *applying, ClusterStep *step, GError **error)
{
	if (!find_path(applying, step, error))
		return false;
	g_autofree char *path = apply_path(step->path, false, applying->options->force);
	g_autoptr(Json) answer = cluster_send(applying->cluster, "PATCH", path, step->object, APPLY_TYPE, error);
	if (!answer)
		return false;
	if (strcmp(json_text_at(step->object, "kind"), "CustomResourceDefinition") == 0)
		cluster_forget_kinds(applying->cluster);
	tell(applying, step, PHASE_APPLIED, NULL);
	return true;
}

/* ---- waiting --------------------------------------------------------------------------------------------- */

typedef struct Waiting {
	const char *kind;
	bool ready, broken, gone;
	char *why;
	Json *object; /* as it was seen last */
} Waiting;

static bool look(WatchEvent event, const Json *item, void *data)
{
	Waiting *waiting = data;
	if (event == WATCH_ANEW)
		return true;
	g_clear_pointer(&waiting->why, g_free);
	waiting->gone = event == WATCH_GONE;
	waiting->ready = !waiting->gone && object_is_ready(waiting->kind, item, &waiting->why, &waiting->broken);
	json_drop(waiting->object);
	waiting->object = json_clone(item);
	return !waiting->ready && !waiting->broken && !waiting->gone;
}

/* "…/deployments/api" as a list of one, which can be watched. */
static char *watch_path(const char *path)
{
	const char *slash = strrchr(path, '/');
	return g_strdup_printf("%.*s?fieldSelector=metadata.name%%3D%s", (int)(slash - path), path, slash + 1);
}

static bool broken(const ClusterStep *step, const char *why, GError **error)
{
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "%s does not become ready: %s", step->title,
	        why ? why : "no reason is known");
	return false;
}

static bool wait_for(const Applying *applying, const ClusterStep *step, gint64 until, GError **error)
{
	g_autofree char *path = watch_path(step->path), *why = NULL;
	Waiting waiting = {.kind = json_text_at(step->object, "kind")};
	uint32_t bad = 0;
	bool fine = true;
	while (fine && !waiting.ready && !waiting.broken) {
		fine = !is_cancelled(applying, error) && cluster_watch(applying->cluster, path, ROUND, look, &waiting,
		                                                 applying->options->cancellable, error);
		if (!fine || waiting.ready || waiting.broken)
			break;
		g_free(why);
		why = waiting.object ? workload_trouble(applying->cluster, waiting.object) : NULL;
		bad = why ? bad + 1 : 0;
		tell(applying, step, PHASE_WAITS, why ? why : waiting.why);
		bool late = g_get_monotonic_time() >= until;
		if (late || bad >= ROUNDS_BAD)
			fine = broken(step, why ? why : waiting.why, error);
	}
	if (fine && waiting.broken)
		fine = broken(step, waiting.why, error);
	g_free(waiting.why);
	json_drop(waiting.object);
	return fine;
}

/* ---- removing -------------------------------------------------------------------------------------------- */

static bool wait_until_gone(const Applying *applying, const ClusterStep *step, GError **error)
{
	gint64 until = g_get_monotonic_time() + (gint64)applying->options->patience * G_TIME_SPAN_SECOND;
	g_autoptr(Json) live = NULL;
	do {
		g_autoptr(GError) absent = NULL;
		json_drop(g_steal_pointer(&live));
		live = cluster_get(applying->cluster, step->path, &absent);
		if (cluster_said(absent, 404))
			return true;
		if (is_cancelled(applying, error))
			return false;
		g_usleep(200 * 1000);
	} while (g_get_monotonic_time() < until);
	g_autofree char *finalizers = json_print(json_at(live, "metadata.finalizers"));
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "%s does not go away: finalizers %s", step->title,
	        finalizers);
	error_add_help(error, "labwright explain %s says who should take them away", step->title);
	return false;
}

static bool remove_one(const Applying *applying, const ClusterStep *step, GError **error)
{
	g_autoptr(Json) body = json_new_map();
	json_set_text(body, "kind", "DeleteOptions");
	json_set_text(body, "apiVersion", "v1");
	json_set_text(body, "propagationPolicy", "Foreground");
	g_autoptr(GError) failure = NULL;
	g_autoptr(Json) answer =
	        cluster_send(applying->cluster, "DELETE", step->path, body, "application/json", &failure);
	if (!answer && !cluster_said(failure, 404)) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return false;
	}
	if (applying->options->wait && !wait_until_gone(applying, step, error))
		return false;
	tell(applying, step, PHASE_REMOVED, NULL);
	return true;
}

/* ---- waves ----------------------------------------------------------------------------------------------- */

static bool fail(const Applying *applying, const ClusterStep *step, GError *take_failure, GError **error)
{
	tell(applying, step, PHASE_FAILED, take_failure ? take_failure->message : NULL);
	if (take_failure && !strstr(take_failure->message, step->title))
		g_prefix_error(&take_failure, "%s: ", step->title);
	if (take_failure)
		g_propagate_error(error, take_failure);
	return false;
}

static bool apply_wave(const Applying *applying, guint from, guint to, GError **error)
{
	gint64 until = g_get_monotonic_time() + (gint64)applying->options->patience * G_TIME_SPAN_SECOND;
	for (guint i = from; i < to; i++) {
		ClusterStep *step = applying->plan->steps->pdata[i];
		if (is_cancelled(applying, error))
			return false;
		if (step->kind == OBJECT_KEEP)
			continue;
		GError *failure = NULL;
		if (step->kind == OBJECT_REMOVE ? !remove_one(applying, step, &failure)
		                                : !apply_one(applying, step, &failure))
			return fail(applying, step, failure, error);
	}
	for (guint i = from; i < to && applying->options->wait; i++) {
		const ClusterStep *step = applying->plan->steps->pdata[i];
		if (step->kind != OBJECT_CREATE && step->kind != OBJECT_CHANGE)
			continue;
		GError *failure = NULL;
		if (!wait_for(applying, step, until, &failure))
			return fail(applying, step, failure, error);
		tell(applying, step, PHASE_READY, NULL);
	}
	return true;
}

static bool same_wave(const ClusterStep *one, const ClusterStep *other)
{
	return one->wave == other->wave && (one->kind == OBJECT_REMOVE) == (other->kind == OBJECT_REMOVE);
}

bool cluster_apply(Cluster *cluster, const ClusterPlan *plan, const ClusterApply *options, GError **error)
{
	Applying applying = {cluster, plan, options};
	GError *failure = NULL;
	if (options->keep_record && plan->to_do && !undo_write(cluster, plan, error))
		return false;
	for (guint from = 0, to; from < plan->steps->len && !failure; from = to) {
		const ClusterStep *first = plan->steps->pdata[from];
		for (to = from + 1; to < plan->steps->len && same_wave(first, plan->steps->pdata[to]);)
			to++;
		bool any = false;
		for (guint i = from; i < to; i++)
			any |= ((ClusterStep *)plan->steps->pdata[i])->kind != OBJECT_KEEP;
		if (any)
			tell(&applying, first, PHASE_WAVE, NULL);
		apply_wave(&applying, from, to, &failure);
	}
	if (failure)
		g_propagate_error(error, failure);
	return failure == NULL;
}
