/* Making it so.
 *
 * Units come sorted by their needs, and threads take them in that order, so whoever waits for another waits for one
 * that a thread has already taken: eight threads are enough for any number of units and cannot block each other. All
 * state is in the engine; a run that is killed leaves containers that the next run finds by their labels. */
#include "engine/inner.h"

#include "base/error.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define LONGEST_PAUSE 10   /* seconds between two tries */
#define LONGEST_RESTART 90 /* seconds; an engine has started again by then what it starts again at all */
#define STAYS 2            /* seconds after which a program without a probe has started */

void apply_result_clear(ApplyResult *result)
{
	g_clear_pointer(&result->failed, g_hash_table_unref);
	g_clear_pointer(&result->words, g_hash_table_unref);
}

void work_tell(const Work *work, ApplyPhase phase, const char *why)
{
	const ApplyOptions *options = work->applying->options;
	if (!options->tell)
		return;
	g_mutex_lock(&work->applying->lock);
	options->tell(work->step, phase, why, options->data);
	g_mutex_unlock(&work->applying->lock);
}

bool work_is_cancelled(const Work *work)
{
	return g_cancellable_is_cancelled(work->applying->options->cancellable);
}

static void set_state(const Work *work, UnitState state)
{
	g_mutex_lock(&work->applying->lock);
	g_hash_table_replace(work->applying->states, (char *)work->step->unit->name, GINT_TO_POINTER(state));
	g_cond_broadcast(&work->applying->changed);
	g_mutex_unlock(&work->applying->lock);
}

/* ---- waiting
 * ---------------------------------------------------------------------------------------------------------- */

static bool is_enough(UnitState state, NeedState wanted)
{
	return state == STATE_FAILED || state == STATE_DONE || (wanted == NEED_STARTED && state >= STATE_STARTED) ||
	       ((wanted == NEED_READY || wanted == NEED_HEALTHY) && state >= STATE_READY);
}

/* False where what is needed has failed and the other must not start without it. */
static bool wait_for(const Work *work, const UnitNeed *need)
{
	Applying *applying = work->applying;
	g_mutex_lock(&applying->lock);
	UnitState state;
	for (;;) {
		gpointer found;
		if (!g_hash_table_lookup_extended(applying->states, need->unit, NULL, &found)) {
			state = STATE_DONE; /* not part of this run */
			break;
		}
		state = (UnitState)GPOINTER_TO_INT(found);
		if (is_enough(state, need->state) || work_is_cancelled(work))
			break;
		g_cond_wait_until(&applying->changed, &applying->lock, g_get_monotonic_time() + G_TIME_SPAN_SECOND / 4);
	}
	g_mutex_unlock(&applying->lock);
	return state != STATE_FAILED || need->state == NEED_READY;
}

static bool wait_for_needs(const Work *work, GError **error)
{
	const Unit *unit = work->step->unit;
	for (guint i = 0; i < unit->needs->len; i++) {
		const UnitNeed *need = unit->needs->pdata[i];
		if (!wait_for(work, need) && work->step->kind != CHANGE_KEEP) { /* which runs */
			g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "it starts after %s, which failed",
			        need->unit);
			return false;
		}
	}
	if (work_is_cancelled(work)) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "interrupted");
		return false;
	}
	return true;
}

/* ---- until it is ready
 * -------------------------------------------------------------------------------------------------------- */

static void set_ended(Work *work, const LiveContainer *container, GError **error)
{
	g_free(work->words);
	work->ended = true;
	char *logs = work->words = engine_logs(work->engine, container->id, 60, NULL);
	const char *last = logs ? strrchr(g_strstrip(logs), '\n') : NULL;
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "it ended with %d%s%s%s", container->exit_code,
	        container->killed_for_memory ? " (killed for its memory limit)" : "", logs && *logs ? ": " : "",
	        last   ? last + 1
	        : logs ? logs
	               : "");
}

/* A Job's container that failed, and that the engine starts once more by itself. */
static bool engine_tries_again(const Unit *unit, const LiveContainer *container)
{
	const Json *policy = json_at(unit->body, "HostConfig.RestartPolicy");
	bool asked = g_strcmp0(json_text_at(policy, "Name"), "on-failure") == 0;
	gint64 since = g_get_real_time() / G_USEC_PER_SEC - container->finished;
	return asked && container->restarts < (uint32_t)json_number_at(policy, "MaximumRetryCount", 0) &&
	       since < LONGEST_RESTART;
}

/* One look at the container: STATE_WAITS while nothing is decided. */
static UnitState judge(Work *work, const LiveContainer *container, char **ret_why, GError **error)
{
	const Unit *unit = work->step->unit;
	bool over = container->state == LIVE_EXITED || container->state == LIVE_DEAD;
	if (unit->once && over && container->exit_code == 0)
		return STATE_DONE;
	if (unit->once && engine_tries_again(unit, container))
		return STATE_WAITS;
	if ((over && (unit->once || container->exit_code != 0 || !container->restarts)) || container->restarts >= 3) {
		set_ended(work, container, error);
		return STATE_FAILED;
	}
	if (unit->awaited || container->state != LIVE_RUNNING)
		return STATE_WAITS;
	/* Without a probe it has to stay for a while: what it replaces is given up for good, or it may soon be over. */
	if ((work->step->kind == CHANGE_REPLACE || (unit->once && !unit->repeated)) && unit->ready.kind == PROBE_NONE &&
	        unit->role == UNIT_MAIN && g_get_real_time() / G_USEC_PER_SEC - container->started < STAYS)
		return STATE_WAITS;
	engine_set_interrupt(work->engine, work->applying->options->cancellable);
	Readiness ready = probe_ask(work->engine, container, &unit->ready, ret_why);
	engine_set_interrupt(work->engine, NULL);
	return ready == READY_NO || work_is_cancelled(work) ? STATE_WAITS : STATE_READY;
}

/* Waits as long as the probes allow, at first in small steps: most are ready within a second. */
static UnitState watch_start(Work *work, GError **error)
{
	const Unit *unit = work->step->unit;
	gint64 end = g_get_monotonic_time() + (gint64)(unit->awaited ? 3600 : unit->patience) * G_TIME_SPAN_SECOND;
	g_autofree char *why = NULL;
	for (gulong pause = 20000; !work_is_cancelled(work); pause = MIN(pause * 3 / 2, 500000)) {
		g_autoptr(GError) problem = NULL;
		g_autoptr(Live) live = live_one(work->engine, unit->name, &problem);
		LiveContainer *container = live ? live->containers->pdata[0] : NULL;
		g_clear_pointer(&why, g_free);
		UnitState state = container ? judge(work, container, &why, error) : STATE_FAILED;
		if (engine_said(problem, 404))
			g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "somebody removed it");
		else if (!container)
			g_propagate_error(error, g_steal_pointer(&problem));
		if (state != STATE_WAITS)
			return state;
		work_tell(work, APPLY_PROBES, why);
		if (g_get_monotonic_time() > end) {
			g_free(work->words);
			work->words = engine_logs(work->engine, container->id, 60, NULL);
			break;
		}
		g_usleep(pause);
	}
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK,
	        work_is_cancelled(work) ? "interrupted" : "not ready after %u s%s%s", unit->patience, why ? ": " : "",
	        why ? why : "");
	return STATE_FAILED;
}

/* ---- steps
 * ----------------------------------------------------------------------------------------------------------------------
 */

static bool create_and_start(Work *work, GError **error)
{
	g_autofree char *id = container_create(work, work->step->unit->name, error);
	return id && container_start(work, id, error);
}

/* Sleeps in small steps. */
static void pause_for(const Work *work, uint32_t seconds)
{
	gint64 end = g_get_monotonic_time() + (gint64)seconds * G_TIME_SPAN_SECOND;
	while (g_get_monotonic_time() < end && !work_is_cancelled(work))
		g_usleep(100000);
}

/* A kubelet runs an init container that has failed once more, in a fresh container and after a longer pause each time,
 * unless the pod's restartPolicy is Never. It does so for ever; here that ends, so that `up` does. */
static UnitState watch_tries(Work *work, GError **error)
{
	const Unit *unit = work->step->unit;
	for (uint32_t tries = 1, pause = 1;; tries++, pause = MIN(pause * 2, LONGEST_PAUSE)) {
		g_autoptr(GError) problem = NULL;
		work->ended = false;
		UnitState state = watch_start(work, &problem);
		if (state != STATE_FAILED)
			return state;
		if (!work->ended || tries > unit->again || work_is_cancelled(work)) {
			g_propagate_error(error, g_steal_pointer(&problem));
			if (tries > 1)
				g_prefix_error(error, "tried %u times: ", tries);
			return STATE_FAILED;
		}
		g_autofree char *why = g_strdup_printf("%s; once more in %u s", problem->message, pause);
		work_tell(work, APPLY_NOTES, why);
		pause_for(work, pause);
		container_discard(work->engine, unit->name);
		if (work_is_cancelled(work) || !create_and_start(work, error)) {
			if (work_is_cancelled(work))
				g_set_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "interrupted");
			return STATE_FAILED;
		}
	}
}

/* A container beside the one that it is to replace, so that this one runs on where there can be no other. */
static char *create_beside(Work *work, const char *name, GError **error)
{
	const Live *live = work->applying->rollout->live;
	if (live && live_find(live, name)) /* of a run that was killed */
		container_discard(work->engine, name);
	char *id = container_create(work, name, error);
	if (!id) {
		container_discard(work->engine, name);
		if (work->step->live->state == LIVE_RUNNING)
			g_prefix_error(error, "the old container runs on, since there is no new one: ");
	}
	return id;
}

/* The new one takes the name of the old one, which stops and steps aside. */
static bool swap(Work *work, const char *id, GError **error)
{
	const Unit *unit = work->step->unit;
	const LiveContainer *old = work->step->live;
	if (old->state == LIVE_DEAD) /* one that the engine is removing has no further use */
		container_discard(work->engine, old->id);
	else if (!container_stop(work->engine, old, error) ||
	         !act(work->engine, error, "POST", "/containers/%s/rename?name=%s.old", old->id, unit->name))
		return false;
	return act(work->engine, error, "POST", "/containers/%s/rename?name=%s", id, unit->name);
}

/* swapped: the name is the new one's. */
static void bring_back(Work *work, const char *id, bool swapped, GError **error)
{
	const char *name = work->step->unit->name;
	const LiveContainer *old = work->step->live;
	container_discard(work->engine, swapped ? name : id);
	act(work->engine, NULL, "POST", "/containers/%s/rename?name=%s", old->id, name);
	bool back = act(work->engine, NULL, "POST", "/containers/%s/start", old->id);
	g_prefix_error(error, back ? "the old container runs again, since the new one failed: "
	                           : "the old container could not be brought back: ");
}

/* Podman keeps a container in whose network others live; these are made anew after it, so it goes at the end. */
static void discard_old(Work *work)
{
	const LiveContainer *old = work->step->live;
	if (container_discard(work->engine, old->id))
		return;
	g_mutex_lock(&work->applying->lock);
	g_ptr_array_add(work->applying->left, old->id);
	g_mutex_unlock(&work->applying->lock);
}

/* The old one comes back if its follower does not start and nobody said that it must not. */
static bool replace(Work *work, UnitState *ret_state, GError **error)
{
	const Unit *unit = work->step->unit;
	const LiveContainer *old = work->step->live;
	bool ran = old->state == LIVE_RUNNING && unit->role != UNIT_INIT;
	g_autofree char *beside = g_strconcat(unit->name, ".new", NULL);
	g_autofree char *id = create_beside(work, beside, error);
	if (!id)
		return false;
	bool swapped = swap(work, id, error);
	if (swapped && container_start(work, id, error) && (*ret_state = watch_tries(work, error)) != STATE_FAILED) {
		discard_old(work);
		return true;
	}
	if (ran && (work->applying->options->keep || !swapped || work_is_cancelled(work)))
		bring_back(work, id, swapped, error);
	else if (swapped)
		discard_old(work);
	else
		container_discard(work->engine, id);
	return false;
}

static bool do_step(Work *work, UnitState *ret_state, GError **error)
{
	const Change *step = work->step;
	*ret_state = STATE_WAITS;
	if (!wait_for_needs(work, error))
		return false;
	if (step->kind == CHANGE_KEEP) {
		*ret_state = step->unit->once ? STATE_DONE : STATE_READY;
		return step->unit->once || !work->applying->options->wait ||
		       (*ret_state = watch_start(work, error)) != STATE_FAILED;
	}
	if (!ensure_image(work, error))
		return false;
	if (step->kind == CHANGE_REPLACE || (step->kind == CHANGE_START && is_outdated(work)))
		return replace(work, ret_state, error);
	if (!(step->kind == CHANGE_CREATE ? create_and_start(work, error)
	                                  : container_start(work, step->live->id, error)))
		return false;
	set_state(work, STATE_STARTED);
	work_tell(work, APPLY_STARTED, NULL);
	return (*ret_state = watch_tries(work, error)) != STATE_FAILED;
}

static uint32_t *count_of(ApplyResult *result, ChangeKind kind)
{
	uint32_t *counts[] = {[CHANGE_KEEP] = &result->kept,
	        [CHANGE_CREATE] = &result->created,
	        [CHANGE_REPLACE] = &result->replaced,
	        [CHANGE_START] = &result->started,
	        [CHANGE_REMOVE] = &result->removed};
	return counts[kind];
}

static void run_step(void *data, void *user)
{
	Applying *applying = user;
	g_autoptr(Engine) engine = engine_again(applying->engine);
	Work work = {applying, engine, data, NULL, false};
	g_autoptr(GError) error = NULL;
	UnitState state;
	bool fine = do_step(&work, &state, &error);
	g_mutex_lock(&applying->lock);
	if (fine)
		++*count_of(applying->result, work.step->kind);
	else
		g_hash_table_replace(applying->result->failed, g_strdup(work.step->unit->name),
		        g_strdup(error ? error->message : "?"));
	if (!fine && work.words)
		g_hash_table_replace(applying->result->words, g_strdup(work.step->unit->name), g_strdup(work.words));
	g_mutex_unlock(&applying->lock);
	ApplyPhase phase = !fine ? APPLY_FAILED : state == STATE_DONE ? APPLY_DONE : APPLY_READY;
	work_tell(&work, phase, fine ? NULL : error ? error->message : NULL);
	set_state(&work, fine ? state : STATE_FAILED);
	g_free(work.words);
}

/* ---- what all of them need
 * ------------------------------------------------------------------------------------------------------- */

static bool make_networks(Applying *applying, GError **error)
{
	const Wanted *wanted = applying->rollout->wanted;
	for (guint i = 0; i < wanted->networks->len; i++) {
		const char *name = wanted->networks->pdata[i];
		g_autofree char *path = g_strconcat("/networks/", name, NULL);
		g_autoptr(GError) problem = NULL;
		g_autoptr(Json) there = engine_get(applying->engine, path, &problem), body = json_new_map();
		if (there)
			continue;
		json_set_text(body, "Name", name);
		json_set_text(body, "Driver", "bridge");
		json_set_bool(body, "CheckDuplicate", true);
		json_set_text(json_map_in(body, "Labels"), LABEL_PROJECT, wanted->project);
		if (!engine_send(applying->engine, "POST", "/networks/create", body, NULL, error)) {
			g_prefix_error(error, "network %s: ", name);
			return false;
		}
	}
	return true;
}

static bool make_volumes(Applying *applying, GError **error)
{
	const Wanted *wanted = applying->rollout->wanted;
	for (guint i = 0; i < wanted->volumes->len; i++) {
		const WantedVolume *volume = wanted->volumes->pdata[i];
		g_autofree char *path = g_strconcat("/volumes/", volume->name, NULL);
		g_autoptr(Json) there = engine_get(applying->engine, path, NULL);
		if (!there && !engine_send(applying->engine, "POST", "/volumes/create", volume->body, NULL, error)) {
			g_prefix_error(error, "volume %s: ", volume->name);
			return false;
		}
	}
	return true;
}

static void remove_unwanted(Applying *applying)
{
	for (guint i = 0; i < applying->rollout->steps->len; i++) {
		const Change *step = &g_array_index(applying->rollout->steps, Change, i);
		Work work = {applying, applying->engine, step, NULL, false};
		if (step->kind != CHANGE_REMOVE || g_cancellable_is_cancelled(applying->options->cancellable))
			continue;
		container_stop(applying->engine, step->live, NULL);
		container_discard(applying->engine, step->live->id);
		++applying->result->removed;
		work_tell(&work, APPLY_REMOVED, NULL);
	}
}

/* What has no probe counts as ready once it has stayed for a moment. What ended since, while others were waited for, is
 * still told. */
static void look_again(Applying *applying)
{
	const Rollout *rollout = applying->rollout;
	ApplyResult *result = applying->result;
	g_autoptr(GError) ignored = NULL;
	g_autoptr(Live) live = live_new(applying->engine, rollout->wanted->project, &ignored);
	for (guint i = 0; live && i < rollout->steps->len; i++) {
		const Change *step = &g_array_index(rollout->steps, Change, i);
		const LiveContainer *container = step->unit ? live_find(live, step->unit->name) : NULL;
		bool over = container && (container->state == LIVE_RESTARTING ||
		                                 (container->state == LIVE_EXITED && container->exit_code != 0));
		if (!over || step->kind == CHANGE_KEEP || step->unit->once ||
		        g_hash_table_contains(result->failed, step->unit->name))
			continue;
		Work work = {applying, applying->engine, step, NULL, false};
		g_autoptr(GError) error = NULL;
		set_ended(&work, container, &error);
		g_prefix_error(&error, "it started, and then ");
		--*count_of(result, step->kind);
		g_hash_table_replace(result->failed, g_strdup(step->unit->name), g_strdup(error->message));
		if (work.words)
			g_hash_table_replace(result->words, g_strdup(step->unit->name), work.words);
		work_tell(&work, APPLY_FAILED, error->message);
	}
}

bool rollout_apply(
        const Rollout *rollout, Engine *engine, const ApplyOptions *options, ApplyResult *ret_result, GError **error)
{
	Applying applying = {.rollout = rollout, .engine = engine, .options = options, .result = ret_result};
	*ret_result = (ApplyResult){.failed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
	        .words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free)};
	/* Containers that run hold their networks and volumes. */
	bool changes = rollout_changes(rollout) > 0;
	if (changes && (!make_networks(&applying, error) || !make_volumes(&applying, error)))
		return false;
	g_mutex_init(&applying.lock);
	g_cond_init(&applying.changed);
	applying.states = g_hash_table_new(g_str_hash, g_str_equal);
	applying.left = g_ptr_array_new();
	remove_unwanted(&applying);
	gint threads = options->parallel ? (gint)options->parallel : THREADS;
	GThreadPool *pool = g_thread_pool_new(run_step, &applying, threads, FALSE, NULL);
	for (guint i = 0; i < rollout->steps->len; i++) {
		Change *step = &g_array_index(rollout->steps, Change, i);
		if (step->unit)
			g_hash_table_replace(applying.states, step->unit->name, GINT_TO_POINTER(STATE_WAITS));
	}
	for (guint i = 0; i < rollout->steps->len; i++) {
		Change *step = &g_array_index(rollout->steps, Change, i);
		if (step->unit)
			g_thread_pool_push(pool, step, NULL);
	}
	g_thread_pool_free(pool, FALSE, TRUE);
	for (guint i = 0; i < applying.left->len; i++)
		container_discard(engine, applying.left->pdata[i]);
	g_ptr_array_unref(applying.left);
	if (changes)
		remove_fresh_volumes(engine, rollout->wanted->project);
	if (changes && !g_cancellable_is_cancelled(options->cancellable))
		look_again(&applying);
	g_hash_table_unref(applying.states);
	g_mutex_clear(&applying.lock);
	g_cond_clear(&applying.changed);
	return true;
}

bool jobs_apply(const Wanted *wanted, GPtrArray *units, Engine *engine, const ApplyOptions *options,
        ApplyResult *ret_result, GError **error)
{
	g_autoptr(GArray) steps = g_array_new(FALSE, FALSE, sizeof(Change));
	g_autoptr(GHashTable) images = g_hash_table_new(g_str_hash, g_str_equal);
	Rollout rollout = {.wanted = wanted, .steps = steps, .images = images};
	for (guint i = 0; i < units->len; i++) {
		const Unit *unit = units->pdata[i];
		Change change = {CHANGE_CREATE, unit, NULL, "by hand"};
		container_discard(engine, unit->name); /* what is left of the last run */
		g_array_append_val(steps, change);
	}
	return rollout_apply(&rollout, engine, options, ret_result, error);
}
