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

#define THREADS 8
#define STAYS 2 /* seconds after which a program without a probe has started */

typedef enum UnitState { STATE_WAITS, STATE_STARTED, STATE_READY, STATE_DONE, STATE_FAILED } UnitState;

typedef struct Applying {
	const Rollout *rollout;
	Engine *engine;
	const ApplyOptions *options;
	ApplyResult *result;
	GMutex lock;
	GCond changed;
	GHashTable *states; /* unit name → UnitState */
	GHashTable *images; /* image → 1 while a thread sees to it, 2 there */
} Applying;

typedef struct Work {
	Applying *applying;
	Engine *engine;
	const Change *step;
	char *words; /* the last lines that a container wrote which failed */
} Work;

void apply_result_clear(ApplyResult *result)
{
	g_clear_pointer(&result->failed, g_hash_table_unref);
	g_clear_pointer(&result->words, g_hash_table_unref);
}

static void tell(const Work *work, ApplyPhase phase, const char *why)
{
	const ApplyOptions *options = work->applying->options;
	if (!options->tell)
		return;
	g_mutex_lock(&work->applying->lock);
	options->tell(work->step, phase, why, options->data);
	g_mutex_unlock(&work->applying->lock);
}

static bool is_cancelled(const Work *work)
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
	       (wanted == NEED_READY && state >= STATE_READY);
}

/* False where a need that must be done has failed; one that is only asked to be ready may fail: the program then finds
 * out for itself, as it would in a cluster. */
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
		if (is_enough(state, need->state) || is_cancelled(work))
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
		if (!wait_for(work, need)) {
			g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "it starts after %s, which failed",
			        need->unit);
			return false;
		}
	}
	if (is_cancelled(work)) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "interrupted");
		return false;
	}
	return true;
}

/* ---- images
 * ------------------------------------------------------------------------------------------------------------- */

static const WantedImage *image_of(const Wanted *wanted, const char *image)
{
	for (guint i = 0; i < wanted->images->len; i++)
		if (strcmp(((WantedImage *)wanted->images->pdata[i])->image, image) == 0)
			return wanted->images->pdata[i];
	return NULL;
}

static void say_line(const char *line, void *data)
{
	tell(data, APPLY_IMAGE, line);
}

static bool bring_image(Work *work, const char *image, GError **error)
{
	const WantedImage *made = image_of(work->applying->rollout->wanted, image);
	bool has = false;
	if (strcmp(image, PAUSE_IMAGE) == 0)
		return engine_make_pause(work->engine, error);
	if (!engine_has_image(work->engine, image, &has, error))
		return false;
	PullPolicy pull = work->applying->options->pull;
	if (has && pull != PULL_ALWAYS)
		return true;
	if (!made && pull == PULL_NEVER) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK,
		        "image %s is not on this machine, and labwright.yaml says pull: never", image);
		return false;
	}
	tell(work, APPLY_IMAGE, made ? "builds" : "pulls");
	bool fine = made ? engine_build(work->engine, made, work->applying->options->root, say_line, work, error)
	                 : engine_pull(work->engine, image, say_line, work, error);
	if (!fine && has) { /* a newer one cannot be had: the one that is here serves */
		g_clear_error(error);
		return true;
	}
	if (!fine)
		g_prefix_error(error, "image %s: ", image);
	return fine;
}

/* Several units may want one image: the first brings it, the others wait. */
static bool ensure_image(Work *work, GError **error)
{
	const char *image = json_text_at(work->step->unit->body, "Image");
	Applying *applying = work->applying;
	g_mutex_lock(&applying->lock);
	while (GPOINTER_TO_INT(g_hash_table_lookup(applying->images, image)) == 1)
		g_cond_wait(&applying->changed, &applying->lock);
	bool there = g_hash_table_lookup(applying->images, image) != NULL;
	if (!there)
		g_hash_table_replace(applying->images, (char *)image, GINT_TO_POINTER(1));
	g_mutex_unlock(&applying->lock);
	if (there)
		return true;
	bool fine = bring_image(work, image, error);
	g_mutex_lock(&applying->lock);
	if (fine)
		g_hash_table_replace(applying->images, (char *)image, GINT_TO_POINTER(2));
	else
		g_hash_table_remove(applying->images, image);
	g_cond_broadcast(&applying->changed);
	g_mutex_unlock(&applying->lock);
	return fine;
}

/* ---- containers
 * ------------------------------------------------------------------------------------------------------------ */

static bool act(Engine *engine, GError **error, const char *method, const char *format, ...) G_GNUC_PRINTF(4, 5);

/* A status of 304 or 404 where there is nothing left to do is no error. */
static bool act(Engine *engine, GError **error, const char *method, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *path = g_strdup_vprintf(format, args);
	va_end(args);
	return engine_send(engine, method, path, NULL, NULL, error);
}

/* The body as the engine is to see it: folders that are to be made are, and the mark is gone. */
static Json *body_for_engine(const Unit *unit)
{
	Json *body = json_clone(unit->body);
	JSON_EACH (json_at(body, "HostConfig.Mounts"), mount) {
		const char *source = json_text_at(mount, "Source");
		bool makes = json_true_at(json_get(mount, LABEL_CREATE), "", false);
		if (makes && source && !g_file_test(source, G_FILE_TEST_EXISTS))
			g_mkdir_with_parents(source, 0755);
		json_remove(mount, LABEL_CREATE);
	}
	return body;
}

/* One folder, as "path gid", in a container that was made and not started. Docker passes over an entry that is called
 * ".", Podman does not see the volumes below a path: each is asked in its own way. */
static bool own_folder(Engine *engine, const char *id, const char *owned, GError **error)
{
	const char *space = strrchr(owned, ' ');
	int group = (int)g_ascii_strtoll(space + 1, NULL, 10);
	bool itself = engine_is_podman(engine);
	g_autofree char *path = g_strndup(owned, (size_t)(space - owned)),
	                *name = itself ? g_strdup("./") : g_path_get_basename(path),
	                *above = itself ? g_strdup(path) : g_path_get_dirname(path), *escaped = escape(above);
	g_autoptr(GBytes) tar = archive_folder(name, group >= 0 ? 02775 : 0777, group);
	g_autofree char *to = g_strdup_printf("/containers/%s/archive?path=%s", id, escaped);
	return engine_put(engine, "PUT", to, tar, "application/x-tar", error);
}

/* Engines write nothing into a container whose own files are read-only: another one with its volumes stands in. */
static char *make_stand_in(Work *work, const char *id, GError **error)
{
	g_autoptr(Json) body = json_new_map(), answer = NULL;
	g_autofree char *path = g_strconcat("/containers/create?name=", work->step->unit->name, ".own", NULL);
	json_set_text(body, "Image", PAUSE_IMAGE);
	json_append_text(json_list_in(body, "Entrypoint"), "/pause");
	json_append_text(json_list_in(json_map_in(body, "HostConfig"), "VolumesFrom"), id);
	json_set_text(json_map_in(body, "Labels"), LABEL_PROJECT, work->applying->rollout->wanted->project);
	if (!engine_make_pause(work->engine, error) || !engine_send(work->engine, "POST", path, body, &answer, error))
		return NULL;
	return g_strdup(json_text_at(answer, "Id"));
}

static bool own_folders(Work *work, const char *id, GError **error)
{
	const Unit *unit = work->step->unit;
	bool read_only = json_true_at(unit->body, "HostConfig.ReadonlyRootfs", false), fine = true;
	if (!unit->owned->len)
		return true;
	g_autofree char *stand_in = read_only ? make_stand_in(work, id, error) : NULL;
	if (read_only && !stand_in)
		return false;
	for (guint i = 0; fine && i < unit->owned->len; i++)
		fine = own_folder(work->engine, stand_in ? stand_in : id, unit->owned->pdata[i], error);
	if (stand_in)
		act(work->engine, NULL, "DELETE", "/containers/%s?force=true", stand_in);
	return fine;
}

static char *create(Work *work, const char *name, GError **error)
{
	const Unit *unit = work->step->unit;
	g_autoptr(Json) body = body_for_engine(unit), answer = NULL;
	g_autofree char *path = g_strconcat("/containers/create?name=", name, NULL);
	tell(work, APPLY_CREATES, NULL);
	if (!engine_send(work->engine, "POST", path, body, &answer, error))
		return NULL;
	g_autofree char *id = g_strdup(json_text_at(answer, "Id"));
	for (guint i = 0; i < unit->networks->len; i++) {
		const char *word = unit->networks->pdata[i];
		g_autofree char *network = g_strndup(word, strcspn(word, " ")),
		                *to = g_strdup_printf("/networks/%s/connect", network);
		g_autoptr(Json) join = json_new_map();
		json_set_text(join, "Container", id);
		if (strchr(word, ' '))
			json_append_text(
			        json_list_in(json_map_in(join, "EndpointConfig"), "Aliases"), strchr(word, ' ') + 1);
		if (!engine_send(work->engine, "POST", to, join, NULL, error))
			return NULL;
	}
	return own_folders(work, id, error) ? g_steal_pointer(&id) : NULL;
}

static void run_hook(Engine *engine, const char *id, char **words, uint32_t seconds)
{
	g_autofree char *output = NULL;
	g_autoptr(GError) ignored = NULL; /* as in a cluster: a hook that fails stops nothing */
	int code;
	if (words && *words)
		engine_exec(engine, id, (const char *const *)words, MAX(1, seconds), &code, &output, &ignored);
}

static bool stop(Engine *engine, const LiveContainer *container, uint32_t grace, GError **error)
{
	if (container->state == LIVE_RUNNING)
		run_hook(engine, container->id, container->before_stop, grace);
	g_autoptr(GError) problem = NULL;
	if (act(engine, &problem, "POST", "/containers/%s/stop?t=%u", container->id, grace) ||
	        engine_said(problem, 404))
		return true;
	g_propagate_error(error, g_steal_pointer(&problem));
	return false;
}

static bool start(Work *work, const char *id, GError **error)
{
	tell(work, APPLY_STARTS, NULL);
	if (!act(work->engine, error, "POST", "/containers/%s/start", id))
		return false;
	/* Podman gives a fresh volume to the user of the first container that starts with it. */
	if (engine_is_podman(work->engine) && !own_folders(work, id, error))
		return false;
	run_hook(work->engine, id, work->step->unit->after_start, 30);
	return true;
}

static void discard(Engine *engine, const char *id)
{
	act(engine, NULL, "DELETE", "/containers/%s?force=true&v=true", id);
}

/* ---- until it is ready
 * -------------------------------------------------------------------------------------------------------- */

static void set_ended(Work *work, const LiveContainer *container, GError **error)
{
	g_free(work->words);
	char *logs = work->words = engine_logs(work->engine, container->id, 60, NULL);
	const char *last = logs ? strrchr(g_strstrip(logs), '\n') : NULL;
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "it ended with %d%s%s%s", container->exit_code,
	        container->killed_for_memory ? " (killed for its memory limit)" : "", logs && *logs ? ": " : "",
	        last   ? last + 1
	        : logs ? logs
	               : "");
}

/* One look at the container: STATE_WAITS while nothing is decided. */
static UnitState judge(Work *work, const LiveContainer *container, char **ret_why, GError **error)
{
	const Unit *unit = work->step->unit;
	bool over = container->state == LIVE_EXITED || container->state == LIVE_DEAD;
	if (unit->once && over && container->exit_code == 0)
		return STATE_DONE;
	if ((over && (unit->once || container->exit_code != 0 || !container->restarts)) || container->restarts >= 3) {
		set_ended(work, container, error);
		return STATE_FAILED;
	}
	if (unit->once || container->state != LIVE_RUNNING)
		return STATE_WAITS;
	/* The one that it replaces is given up for good: without a probe it has to stay for a while first. */
	if (work->step->kind == CHANGE_REPLACE && unit->ready.kind == PROBE_NONE && unit->role == UNIT_MAIN &&
	        g_get_real_time() / G_USEC_PER_SEC - container->started < STAYS)
		return STATE_WAITS;
	return probe_ask(work->engine, container, &unit->ready, ret_why) == READY_NO ? STATE_WAITS : STATE_READY;
}

/* Waits as long as the probes allow, at first in small steps: most are ready within a second. */
static UnitState watch_start(Work *work, GError **error)
{
	const Unit *unit = work->step->unit;
	gint64 end = g_get_monotonic_time() + (gint64)(unit->once ? 3600 : unit->patience) * G_TIME_SPAN_SECOND;
	g_autofree char *why = NULL;
	for (gulong pause = 20000; !is_cancelled(work); pause = MIN(pause * 3 / 2, 500000)) {
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
		tell(work, APPLY_PROBES, why);
		if (g_get_monotonic_time() > end) {
			g_free(work->words);
			work->words = engine_logs(work->engine, container->id, 60, NULL);
			break;
		}
		g_usleep(pause);
	}
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK,
	        is_cancelled(work) ? "interrupted" : "not ready after %u s%s%s", unit->patience, why ? ": " : "",
	        why ? why : "");
	return STATE_FAILED;
}

/* ---- steps
 * ----------------------------------------------------------------------------------------------------------------------
 */

static bool create_and_start(Work *work, GError **error)
{
	g_autofree char *id = create(work, work->step->unit->name, error);
	return id && start(work, id, error);
}

/* The old one steps aside, and comes back if its follower does not start. */
static bool replace(Work *work, UnitState *ret_state, GError **error)
{
	const char *name = work->step->unit->name;
	const LiveContainer *old = work->step->live;
	g_autofree char *aside = g_strconcat(name, ".old", NULL);
	bool ran = old->state == LIVE_RUNNING;
	if (!stop(work->engine, old, work->step->unit->grace, error))
		return false;
	if (!act(work->engine, error, "POST", "/containers/%s/rename?name=%s", old->id, aside))
		return false;
	if (create_and_start(work, error) && (*ret_state = watch_start(work, error)) != STATE_FAILED) {
		discard(work->engine, old->id);
		return true;
	}
	if (ran && work->step->unit->role != UNIT_INIT) {
		discard(work->engine, name);
		bool back = act(work->engine, NULL, "POST", "/containers/%s/rename?name=%s", old->id, name) &&
		            act(work->engine, NULL, "POST", "/containers/%s/start", old->id);
		g_prefix_error(error, back ? "the old container runs again, since the new one failed: "
		                           : "the old container could not be brought back: ");
	} else {
		discard(work->engine, old->id);
	}
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
	if (step->kind == CHANGE_REPLACE)
		return replace(work, ret_state, error);
	if (!(step->kind == CHANGE_CREATE ? create_and_start(work, error) : start(work, step->live->id, error)))
		return false;
	set_state(work, STATE_STARTED);
	tell(work, APPLY_STARTED, NULL);
	return (*ret_state = watch_start(work, error)) != STATE_FAILED;
}

static void count_step(ApplyResult *result, ChangeKind kind)
{
	uint32_t *counts[] = {[CHANGE_KEEP] = &result->kept,
	        [CHANGE_CREATE] = &result->created,
	        [CHANGE_REPLACE] = &result->replaced,
	        [CHANGE_START] = &result->started,
	        [CHANGE_REMOVE] = &result->removed};
	++*counts[kind];
}

static void run_step(void *data, void *user)
{
	Applying *applying = user;
	g_autoptr(Engine) engine = engine_again(applying->engine);
	Work work = {applying, engine, data, NULL};
	g_autoptr(GError) error = NULL;
	UnitState state;
	bool fine = do_step(&work, &state, &error);
	g_mutex_lock(&applying->lock);
	if (fine)
		count_step(applying->result, work.step->kind);
	else
		g_hash_table_replace(applying->result->failed, g_strdup(work.step->unit->name),
		        g_strdup(error ? error->message : "?"));
	if (!fine && work.words)
		g_hash_table_replace(applying->result->words, g_strdup(work.step->unit->name), g_strdup(work.words));
	g_mutex_unlock(&applying->lock);
	tell(&work, fine ? APPLY_READY : APPLY_FAILED, fine ? NULL : error ? error->message : NULL);
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
		Work work = {applying, applying->engine, step, NULL};
		if (step->kind != CHANGE_REMOVE || g_cancellable_is_cancelled(applying->options->cancellable))
			continue;
		stop(applying->engine, step->live, 10, NULL);
		discard(applying->engine, step->live->id);
		count_step(applying->result, CHANGE_REMOVE);
		tell(&work, APPLY_REMOVED, NULL);
	}
}

bool rollout_apply(
        const Rollout *rollout, Engine *engine, const ApplyOptions *options, ApplyResult *ret_result, GError **error)
{
	Applying applying = {.rollout = rollout, .engine = engine, .options = options, .result = ret_result};
	*ret_result = (ApplyResult){.failed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
	        .words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free)};
	if (!make_networks(&applying, error) || !make_volumes(&applying, error))
		return false;
	g_mutex_init(&applying.lock);
	g_cond_init(&applying.changed);
	applying.states = g_hash_table_new(g_str_hash, g_str_equal);
	applying.images = g_hash_table_new(g_str_hash, g_str_equal);
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
	g_hash_table_unref(applying.states);
	g_hash_table_unref(applying.images);
	g_mutex_clear(&applying.lock);
	g_cond_clear(&applying.changed);
	return true;
}

bool jobs_apply(const Wanted *wanted, GPtrArray *units, Engine *engine, const ApplyOptions *options,
        ApplyResult *ret_result, GError **error)
{
	g_autoptr(GArray) steps = g_array_new(FALSE, FALSE, sizeof(Change));
	Rollout rollout = {.wanted = wanted, .steps = steps};
	for (guint i = 0; i < units->len; i++) {
		const Unit *unit = units->pdata[i];
		Change change = {CHANGE_CREATE, unit, NULL, "by hand"};
		discard(engine, unit->name); /* what is left of the last run */
		g_array_append_val(steps, change);
	}
	return rollout_apply(&rollout, engine, options, ret_result, error);
}

/* ---- down
 * -------------------------------------------------------------------------------------------------------------------------
 */

typedef struct Ending {
	Engine *engine;
	const ApplyOptions *options;
	GMutex lock;
	uint32_t removed;
} Ending;

static void end_one(void *data, void *user)
{
	Ending *ending = user;
	const LiveContainer *container = data;
	g_autoptr(Engine) engine = engine_again(ending->engine);
	Change step = {CHANGE_REMOVE, NULL, container, "down"};
	stop(engine, container, 30, NULL);
	discard(engine, container->id);
	g_mutex_lock(&ending->lock);
	ending->removed++;
	if (ending->options && ending->options->tell)
		ending->options->tell(&step, APPLY_REMOVED, NULL, ending->options->data);
	g_mutex_unlock(&ending->lock);
}

/* Those that live in another's network go first, since the engine keeps that one while they are there. */
static void end_containers(Ending *ending, const Live *live, const char *const *only, bool joined)
{
	GThreadPool *pool = g_thread_pool_new(end_one, ending, THREADS, FALSE, NULL);
	for (guint i = 0; i < live->containers->len; i++) {
		LiveContainer *container = live->containers->pdata[i];
		if ((container->network && g_str_has_prefix(container->network, "container:")) == joined &&
		        container_is_meant(container, only))
			g_thread_pool_push(pool, container, NULL);
	}
	g_thread_pool_free(pool, FALSE, TRUE);
}

/* Networks or volumes of the project. What is to go is told here and not by the engine's filter, since Podman takes
 * two labels for one or the other where Docker takes both: with data at stake each label is looked at. */
static bool remove_labelled(Engine *engine, const char *what, const char *project, bool precious, GError **error)
{
	g_autofree char *path = g_strconcat("/", what, NULL);
	g_autoptr(Json) answer = engine_get(engine, path, error);
	if (!answer)
		return false;
	const Json *list = json_get(answer, "Volumes") ? json_get(answer, "Volumes") : answer;
	JSON_EACH (list, item) {
		const Json *labels = json_get(item, "Labels");
		const char *owner = json_text(json_get(labels, LABEL_PROJECT)),
		           *word = json_text(json_get(labels, LABEL_PRECIOUS));
		g_autoptr(GError) problem = NULL;
		if (g_strcmp0(owner, project) != 0 || (!precious && g_strcmp0(word, "true") == 0))
			continue;
		if (!act(engine, &problem, "DELETE", "/%s/%s", what, json_text_at(item, "Name")) &&
		        !engine_said(problem, 404)) {
			g_propagate_prefixed_error(
			        error, g_steal_pointer(&problem), "%s: ", json_text_at(item, "Name"));
			return false;
		}
	}
	return true;
}

bool engine_down(Engine *engine, const char *project, const char *const *only, bool volumes,
        const ApplyOptions *options, uint32_t *ret_removed, GError **error)
{
	g_autoptr(Live) live = engine_recover(engine, project, error) ? live_new(engine, project, error) : NULL;
	if (!live)
		return false;
	Ending ending = {.engine = engine, .options = options};
	g_mutex_init(&ending.lock);
	end_containers(&ending, live, only, true);
	end_containers(&ending, live, only, false);
	g_mutex_clear(&ending.lock);
	*ret_removed = ending.removed;
	if (only)
		return true;
	/* What is fresh with each pod goes with the pods. */
	return remove_labelled(engine, "networks", project, true, error) &&
	       remove_labelled(engine, "volumes", project, volumes, error);
}
