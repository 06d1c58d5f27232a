/* Wave by wave, so that nothing is started whose configuration, storage or namespace is not there. A wave that does not
 * become ready ends the work: what comes after it would only fail in more places. Within a wave objects are applied
 * side by side, but for those that others of it lean on (see object_rank), and then waited for side by side. */
#include "cluster/inner.h"

#include "base/error.h"

#define MOST_WATCHES 12 /* of the kinds of one namespace each */
#define ROUND 3         /* seconds after which pods are looked at, too */
#define ROUNDS_BAD 2    /* so many rounds a pod may look hopeless: kubelets try a few things twice */

typedef struct Applying {
	Cluster *cluster;
	const ClusterPlan *plan;
	const ClusterApply *options;
	GMutex lock;           /* over what is told */
	GCancellable *stopped; /* the wave is broken, or options->cancellable is cancelled */
	guint from;        /* the first step of those that are worked on, which are of one rank, or the wave's groups */
	GPtrArray *groups; /* Group */
	bool *ready;       /* of each step of the plan */
} Applying;

static void tell(Applying *applying, const ClusterStep *step, ClusterPhase phase, const char *why)
{
	g_mutex_lock(&applying->lock);
	if (applying->options->tell)
		applying->options->tell(step, phase, why, applying->options->data);
	g_mutex_unlock(&applying->lock);
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

/* Most objects are as far as they have to be once the server has them, which its answer says. */
static bool apply_one(Applying *applying, Cluster *connection, guint at, GError **error)
{
	const ClusterStep *step = applying->plan->steps->pdata[at];
	const char *kind = json_text_at(step->object, "kind");
	g_autofree char *path = apply_path(step->path, false, applying->options->force), *why = NULL;
	g_autoptr(Json) answer = cluster_send(connection, "PATCH", path, step->object, APPLY_TYPE, error);
	bool hopeless;
	if (!answer)
		return false;
	tell(applying, step, PHASE_APPLIED, NULL);
	applying->ready[at] = object_is_ready(kind, answer, &why, &hopeless);
	if (applying->ready[at] && applying->options->wait)
		tell(applying, step, PHASE_READY, NULL);
	return true;
}

/* ---- waiting --------------------------------------------------------------------------------------------- */

/* Steps of one wave that one list of the API holds, so that one watch tells of all of them. */
typedef struct Group {
	char *path;         /* of the list */
	GPtrArray *waiting; /* Waiting */
} Group;

typedef struct Waiting {
	const ClusterStep *step;
	bool *ready;
	bool broken;
	uint32_t bad; /* rounds in which its pods looked hopeless */
	char *why;
	Json *object; /* as it was seen last, or NULL */
} Waiting;

typedef struct Looking {
	Applying *applying;
	const Group *group;
} Looking;

static void waiting_free(void *data)
{
	Waiting *waiting = data;
	g_free(waiting->why);
	json_drop(waiting->object);
	g_free(waiting);
}

static void group_free(void *data)
{
	Group *group = data;
	g_ptr_array_unref(group->waiting);
	g_free(group->path);
	g_free(group);
}

/* The first that is broken, else the first that is not ready; NULL once all are. */
static Waiting *first_open(const Group *group)
{
	Waiting *open = NULL;
	for (guint i = 0; i < group->waiting->len; i++) {
		Waiting *waiting = group->waiting->pdata[i];
		if (waiting->broken)
			return waiting;
		if (!open && !*waiting->ready)
			open = waiting;
	}
	return open;
}

static void see(Applying *applying, Waiting *waiting, const Json *item, bool gone)
{
	g_clear_pointer(&waiting->why, g_free);
	json_drop(g_steal_pointer(&waiting->object));
	if (gone)
		return;
	waiting->object = json_clone(item);
	*waiting->ready =
	        object_is_ready(json_text_at(waiting->step->object, "kind"), item, &waiting->why, &waiting->broken);
	if (*waiting->ready)
		tell(applying, waiting->step, PHASE_READY, NULL);
}

static bool look(WatchEvent event, const Json *item, void *data)
{
	const Looking *looking = data;
	const char *name = json_text_at(item, "metadata.name");
	for (guint i = 0; event != WATCH_ANEW && name && i < looking->group->waiting->len; i++) {
		Waiting *waiting = looking->group->waiting->pdata[i];
		if (!*waiting->ready && strcmp(name, json_text_at(waiting->step->object, "metadata.name")) == 0)
			see(looking->applying, waiting, item, event == WATCH_GONE);
	}
	const Waiting *open = first_open(looking->group);
	return open && !open->broken;
}

/* "…/deployments", or "…/deployments?fieldSelector=metadata.name%3Dapi" for one alone. */
static char *watch_path(const Group *group)
{
	const Waiting *first = group->waiting->pdata[0];
	return group->waiting->len == 1 ? g_strdup_printf("%s?fieldSelector=metadata.name%%3D%s", group->path,
	                                          strrchr(first->step->path, '/') + 1)
	                                : g_strdup(group->path);
}

static void fail(Applying *applying, const ClusterStep *step, GError *take_failure, GError **error)
{
	tell(applying, step, PHASE_FAILED, take_failure->message);
	if (!strstr(take_failure->message, step->title))
		g_prefix_error(&take_failure, "%s: ", step->title);
	g_propagate_error(error, take_failure);
	g_cancellable_cancel(applying->stopped);
}

static void fail_broken(Applying *applying, const Waiting *waiting, const char *why, GError **error)
{
	const char *last = why ? why : waiting->why;
	fail(applying, waiting->step,
	        g_error_new(LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "%s does not become ready: %s", waiting->step->title,
	                last ? last : "no reason is known"),
	        error);
}

/* After a round of watching: whether those that are not ready may still become so. */
static bool have_hope(Applying *applying, Cluster *connection, const Group *group, gint64 until, GError **error)
{
	for (guint i = 0; i < group->waiting->len; i++) {
		Waiting *waiting = group->waiting->pdata[i];
		if (*waiting->ready)
			continue;
		g_autofree char *why = waiting->object ? workload_trouble(connection, waiting->object) : NULL;
		waiting->bad = why ? waiting->bad + 1 : 0;
		tell(applying, waiting->step, PHASE_WAITS, why ? why : waiting->why);
		if (g_get_monotonic_time() >= until || waiting->bad >= ROUNDS_BAD) {
			fail_broken(applying, waiting, why, error);
			return false;
		}
	}
	return true;
}

typedef struct WaitingFor {
	Applying *applying;
	gint64 until;
} WaitingFor;

static void wait_for_group(Cluster *connection, size_t at, void *data, GError **error)
{
	const WaitingFor *waiting_for = data;
	Applying *applying = waiting_for->applying;
	const Group *group = applying->groups->pdata[at];
	g_autofree char *path = watch_path(group);
	Looking looking = {applying, group};
	const Waiting *open;
	while ((open = first_open(group)) && !g_cancellable_is_cancelled(applying->stopped)) {
		GError *failure = NULL;
		if (!cluster_watch(connection, path, ROUND, look, &looking, applying->stopped, &failure)) {
			fail(applying, open->step, failure, error);
			return;
		}
		open = first_open(group);
		if (open && open->broken) {
			fail_broken(applying, open, NULL, error);
			return;
		}
		if (!g_cancellable_is_cancelled(applying->stopped) &&
		        !have_hope(applying, connection, group, waiting_for->until, error))
			return;
	}
}

static void add_waiting(Applying *applying, GHashTable *by_path, guint at)
{
	const ClusterStep *step = applying->plan->steps->pdata[at];
	g_autofree char *path = g_strndup(step->path, (gsize)(strrchr(step->path, '/') - step->path));
	Group *group = g_hash_table_lookup(by_path, path);
	if (!group) {
		group = g_new0(Group, 1);
		group->path = g_steal_pointer(&path);
		group->waiting = g_ptr_array_new_with_free_func(waiting_free);
		g_hash_table_insert(by_path, group->path, group);
		g_ptr_array_add(applying->groups, group);
	}
	Waiting *waiting = g_new0(Waiting, 1);
	waiting->step = step;
	waiting->ready = &applying->ready[at];
	g_ptr_array_add(group->waiting, waiting);
}

static bool is_applied(const ClusterStep *step)
{
	return step->kind == OBJECT_CREATE || step->kind == OBJECT_CHANGE;
}

static bool is_unready(const ClusterStep *step)
{
	return step->unready != NULL;
}

/* For those of steps [from, to) that are meant. */
static bool wait_for(Applying *applying, guint from, guint to, bool (*meant)(const ClusterStep *step), GError **error)
{
	gint64 until = g_get_monotonic_time() + (gint64)applying->options->patience * G_TIME_SPAN_SECOND;
	g_autoptr(GHashTable) by_path = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GPtrArray) groups = g_ptr_array_new_with_free_func(group_free);
	applying->groups = groups;
	for (guint i = from; i < to; i++)
		if (!applying->ready[i] && meant(applying->plan->steps->pdata[i]))
			add_waiting(applying, by_path, i);
	WaitingFor waiting_for = {applying, until};
	bool fine = cluster_share(applying->cluster, groups->len, MOST_WATCHES, wait_for_group, &waiting_for, error);
	return fine && !is_cancelled(applying, error);
}

/* ---- removing -------------------------------------------------------------------------------------------- */

static bool wait_until_gone(const Applying *applying, Cluster *connection, const ClusterStep *step, GError **error)
{
	gint64 until = g_get_monotonic_time() + (gint64)applying->options->patience * G_TIME_SPAN_SECOND;
	g_autoptr(Json) live = NULL;
	do {
		g_autoptr(GError) absent = NULL;
		json_drop(g_steal_pointer(&live));
		live = cluster_get(connection, step->path, &absent);
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

static bool remove_one(Applying *applying, Cluster *connection, const ClusterStep *step, GError **error)
{
	g_autoptr(Json) body = json_new_map();
	json_set_text(body, "kind", "DeleteOptions");
	json_set_text(body, "apiVersion", "v1");
	json_set_text(body, "propagationPolicy", "Foreground");
	g_autoptr(GError) failure = NULL;
	g_autoptr(Json) answer = cluster_send(connection, "DELETE", step->path, body, "application/json", &failure);
	if (!answer && !cluster_said(failure, 404)) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return false;
	}
	if (applying->options->wait && !wait_until_gone(applying, connection, step, error))
		return false;
	tell(applying, step, PHASE_REMOVED, NULL);
	return true;
}

/* ---- waves ----------------------------------------------------------------------------------------------- */

static void work_on(Cluster *connection, size_t number, void *data, GError **error)
{
	Applying *applying = data;
	guint at = applying->from + (guint)number;
	const ClusterStep *step = applying->plan->steps->pdata[at];
	GError *failure = NULL;
	if (step->kind == OBJECT_KEEP || is_cancelled(applying, error))
		return;
	if (step->kind == OBJECT_REMOVE ? !remove_one(applying, connection, step, &failure)
	                                : !apply_one(applying, connection, at, &failure))
		fail(applying, step, failure, error);
}

/* Steps [from, to), of which none leans on another. */
static bool work_on_rank(Applying *applying, guint from, guint to, GError **error)
{
	bool kinds = false;
	for (guint i = from; i < to; i++) {
		ClusterStep *step = applying->plan->steps->pdata[i];
		GError *failure = NULL;
		if (step->kind == OBJECT_KEEP || step->kind == OBJECT_REMOVE)
			continue;
		kinds |= strcmp(json_text_at(step->object, "kind"), "CustomResourceDefinition") == 0;
		if (!find_path(applying, step, &failure)) {
			fail(applying, step, failure, error);
			return false;
		}
	}
	applying->from = from;
	bool fine = cluster_share(applying->cluster, to - from, MOST_REQUESTS, work_on, applying, error);
	if (kinds)
		cluster_forget_kinds(applying->cluster);
	return fine;
}

static guint end_of(
        const ClusterPlan *plan, guint from, guint to, bool (*same)(const ClusterStep *, const ClusterStep *))
{
	guint at = from + 1;
	while (at < to && same(plan->steps->pdata[from], plan->steps->pdata[at]))
		at++;
	return at;
}

static bool same_rank(const ClusterStep *one, const ClusterStep *other)
{
	return one->kind == OBJECT_REMOVE || one->rank == other->rank;
}

static bool apply_wave(Applying *applying, guint from, guint to, GError **error)
{
	for (guint at = from, end; at < to; at = end) {
		end = end_of(applying->plan, at, to, same_rank);
		if (!work_on_rank(applying, at, end, error))
			return false;
	}
	return !applying->options->wait || wait_for(applying, from, to, is_applied, error);
}

static bool same_wave(const ClusterStep *one, const ClusterStep *other)
{
	return one->wave == other->wave && (one->kind == OBJECT_REMOVE) == (other->kind == OBJECT_REMOVE);
}

/* Last, so that one workload that has long been broken does not keep the rest from being mended. */
static bool wait_for_kept(Applying *applying, GError **error)
{
	const ClusterPlan *plan = applying->plan;
	if (!plan->unready || !applying->options->wait)
		return true;
	tell(applying, NULL, PHASE_KEPT, NULL);
	return wait_for(applying, 0, plan->steps->len, is_unready, error);
}

static bool has_work(const ClusterPlan *plan, guint from, guint to)
{
	for (guint i = from; i < to; i++)
		if (((const ClusterStep *)plan->steps->pdata[i])->kind != OBJECT_KEEP)
			return true;
	return false;
}

static void stop_too(GCancellable *cancellable, void *stopped)
{
	g_cancellable_cancel(stopped);
}

bool cluster_apply(Cluster *cluster, const ClusterPlan *plan, const ClusterApply *options, GError **error)
{
	bool fine = !options->keep_record || !plan->to_do || undo_write(cluster, plan, error);
	if (!fine)
		return false;
	g_autofree bool *ready = g_new0(bool, plan->steps->len + 1);
	g_autoptr(GCancellable) stopped = g_cancellable_new();
	Applying applying = {.cluster = cluster, .plan = plan, .options = options, .stopped = stopped, .ready = ready};
	gulong stopping = options->cancellable
	                          ? g_cancellable_connect(options->cancellable, G_CALLBACK(stop_too), stopped, NULL)
	                          : 0;
	g_mutex_init(&applying.lock);
	for (guint from = 0, to; from < plan->steps->len && fine; from = to) {
		to = end_of(plan, from, plan->steps->len, same_wave);
		if (!has_work(plan, from, to))
			continue;
		tell(&applying, plan->steps->pdata[from], PHASE_WAVE, NULL);
		fine = apply_wave(&applying, from, to, error);
	}
	fine = fine && wait_for_kept(&applying, error);
	g_mutex_clear(&applying.lock);
	g_cancellable_disconnect(options->cancellable, stopping);
	return fine;
}
