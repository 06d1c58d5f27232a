/* One container: made with its networks and folders, started and stopped with its hooks, thrown away. */
#include "engine/inner.h"

#include "base/error.h"

#define MOST_NAME_TRIES 40 /* a quarter of a second each, for an engine that is still making what was asked before */
#define HOOK_TIME 60       /* seconds that a postStart hook is waited for at least */

bool act(Engine *engine, GError **error, const char *method, const char *format, ...)
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

/* ---- made -------------------------------------------------------------------------------------------------------- */

/* A volume that lives as long as its container. One without a name would be lost where the engine is killed while it
 * makes or removes that; by its labels the next run finds it. */
static bool make_fresh_volumes(Work *work, Json *body, GError **error)
{
	JSON_EACH (json_at(body, "HostConfig.Mounts"), mount) {
		if (g_strcmp0(json_text_at(mount, "Type"), "volume") != 0 || json_text_at(mount, "Source"))
			continue;
		g_autoptr(Json) volume = json_new_map();
		g_autofree char *name = g_strdup_printf("%s-%08x", work->step->unit->name, g_random_int());
		Json *labels = json_map_in(volume, "Labels");
		json_set_text(volume, "Name", name);
		json_set_text(labels, LABEL_PROJECT, work->applying->rollout->wanted->project);
		json_set_text(labels, LABEL_PRECIOUS, "false");
		json_set_text(labels, LABEL_FRESH, "true");
		if (!engine_send(work->engine, "POST", "/volumes/create", volume, NULL, error)) {
			g_prefix_error(error, "volume %s: ", name);
			return false;
		}
		json_set_text(mount, "Source", name);
	}
	return true;
}

void remove_fresh_volumes(Engine *engine, const char *project)
{
	g_autofree char *filter = escape("{\"dangling\":[\"true\"]}"),
	                *path = g_strconcat("/volumes?filters=", filter, NULL);
	g_autoptr(GError) ignored = NULL;
	g_autoptr(Json) answer = engine_get(engine, path, &ignored);
	JSON_EACH (json_get(answer, "Volumes"), volume) {
		const Json *labels = json_get(volume, "Labels");
		if (g_strcmp0(json_text(json_get(labels, LABEL_PROJECT)), project) == 0 &&
		        g_strcmp0(json_text(json_get(labels, LABEL_FRESH)), "true") == 0)
			act(engine, NULL, "DELETE", "/volumes/%s", json_text_at(volume, "Name"));
	}
}

static bool is_own(const Work *work, const Json *container)
{
	const char *owner = json_text(json_get(json_at(container, "Config.Labels"), LABEL_PROJECT));
	return g_strcmp0(owner, work->applying->rollout->wanted->project) == 0;
}

/* There and back, so that Podman writes its name to both places that hold it. */
static bool name_again(const Work *work, const char *id, const char *taken)
{
	g_autofree char *path = g_strdup_printf("/containers/%s/json", id);
	g_autoptr(Json) there = engine_get(work->engine, path, NULL);
	const char *name = live_name(there);
	return *name && is_own(work, there) && strcmp(name, taken) != 0 &&
	       act(work->engine, NULL, "POST", "/containers/%s/rename?name=%s", id, taken) &&
	       act(work->engine, NULL, "POST", "/containers/%s/rename?name=%s", id, name);
}

/* A Podman that was killed while it made a container may have its files and no container: the name is taken by what no
 * list shows. One that was killed while it gave a container another name has the old one still with its files. True
 * where either was so and is no more. */
static bool free_name(const Work *work, const char *name, const GError *problem)
{
	static const char words[] = "is already in use by ";
	Engine *engine = work->engine;
	const char *found = problem && engine_is_podman(engine) ? strstr(problem->message, words) : NULL;
	found = found ? found + strlen(words) : NULL;
	found = found && *found == '"' ? found + 1 : found;
	if (!found || strspn(found, "0123456789abcdef") != 64)
		return false;
	g_autofree char *id = g_strndup(found, 64), *path = g_strdup_printf("/libpod/containers/%s/exists", id);
	g_autoptr(GError) missing = NULL;
	json_drop(engine_get(engine, path, &missing));
	return engine_said(missing, 404) ? act(engine, NULL, "DELETE", "/containers/%s?force=true", id)
	                                 : name_again(work, id, name);
}

/* A labwright that was killed may have asked for a container that the engine makes only after this run has looked. The
 * project is locked, so what has its label and a name that is to be made is such a one; while the engine is still at
 * it, only the name is taken. */
static bool take_name(Work *work, const char *name, const GError *problem)
{
	if (!engine_said(problem, 409) && !strstr(problem->message, "already in use"))
		return false;
	g_autofree char *path = g_strdup_printf("/containers/%s/json", name);
	g_autoptr(GError) missing = NULL;
	g_autoptr(Json) there = engine_get(work->engine, path, &missing);
	if (!there)
		g_usleep(G_USEC_PER_SEC / 4);
	return there ? is_own(work, there) && container_discard(work->engine, json_text_at(there, "Id"))
	             : engine_said(missing, 404);
}

/* The id, or NULL. */
static char *send_body(Work *work, const char *name, const Json *body, GError **error)
{
	g_autofree char *path = g_strconcat("/containers/create?name=", name, NULL);
	for (uint32_t tries = 0;; tries++) {
		g_autoptr(GError) problem = NULL;
		g_autoptr(Json) answer = NULL;
		if (engine_send(work->engine, "POST", path, body, &answer, &problem))
			return g_strdup(json_text_at(answer, "Id"));
		if (tries < MOST_NAME_TRIES && !work_is_cancelled(work) &&
		        (free_name(work, name, problem) || take_name(work, name, problem)))
			continue;
		g_propagate_error(error, g_steal_pointer(&problem));
		return NULL;
	}
}

static bool join_networks(Work *work, const char *id, GError **error)
{
	const Unit *unit = work->step->unit;
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
			return false;
	}
	return true;
}

char *container_create(Work *work, const char *name, GError **error)
{
	g_autoptr(Json) body = body_for_engine(work->step->unit);
	work_tell(work, APPLY_CREATES, NULL);
	g_autofree char *id = make_fresh_volumes(work, body, error) ? send_body(work, name, body, error) : NULL;
	return id && join_networks(work, id, error) && own_folders(work, id, error) ? g_steal_pointer(&id) : NULL;
}

/* ---- started, stopped, gone -------------------------------------------------------------------------------------- */

static void run_before_stop(Engine *engine, const LiveContainer *container)
{
	char **words = container->before_stop;
	g_autofree char *output = NULL;
	g_autoptr(GError) ignored = NULL; /* as in a cluster: it stops all the same */
	int code;
	if (container->state == LIVE_RUNNING && words && *words)
		engine_exec(engine, container->id, (const char *const *)words, MAX(1, container->grace), &code, &output,
		        &ignored);
}

/* As in a cluster: a container whose postStart hook fails is stopped again. One that takes its time goes on by itself,
 * and that is said; of a program that has ended its own words tell more than the hook that went with it. */
static bool run_after_start(Work *work, const char *id, GError **error)
{
	const Unit *unit = work->step->unit;
	g_autofree char *output = NULL;
	g_autoptr(GError) problem = NULL;
	int code = 0;
	if (!unit->after_start || !*unit->after_start)
		return true;
	engine_set_interrupt(work->engine, work->applying->options->cancellable);
	bool ended = engine_exec(work->engine, id, (const char *const *)unit->after_start,
	        MAX(HOOK_TIME, unit->patience), &code, &output, &problem);
	engine_set_interrupt(work->engine, NULL);
	if (!ended) {
		g_autofree char *why = g_strdup_printf("its postStart hook: %s", problem->message);
		work_tell(work, APPLY_NOTES, why);
		return true;
	}
	g_autoptr(Live) live = code == 0 ? NULL : live_one(work->engine, id, NULL);
	if (!live || ((LiveContainer *)live->containers->pdata[0])->state != LIVE_RUNNING)
		return true;
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "its postStart hook ended with %d: %s", code,
	        g_strstrip(output));
	act(work->engine, NULL, "POST", "/containers/%s/stop?t=%u", id, unit->grace);
	return false;
}

bool container_stop(Engine *engine, const LiveContainer *container, GError **error)
{
	run_before_stop(engine, container);
	g_autoptr(GError) problem = NULL;
	if (act(engine, &problem, "POST", "/containers/%s/stop", container->id) || engine_said(problem, 404))
		return true;
	g_propagate_error(error, g_steal_pointer(&problem));
	return false;
}

bool container_start(Work *work, const char *id, GError **error)
{
	work_tell(work, APPLY_STARTS, NULL);
	g_autoptr(GError) problem = NULL;
	if (!act(work->engine, &problem, "POST", "/containers/%s/start", id) &&
	        !engine_was_surprised(work->engine, problem)) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	/* Podman gives a fresh volume to the user of the first container that starts with it. */
	if (engine_is_podman(work->engine) && !own_folders(work, id, error))
		return false;
	return run_after_start(work, id, error);
}

bool container_discard(Engine *engine, const char *id)
{
	return act(engine, NULL, "DELETE", "/containers/%s?force=true&v=true", id);
}
