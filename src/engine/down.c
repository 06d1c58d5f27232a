/* Taking a project away: its containers, its networks, and its volumes where that is meant. */
#include "engine/inner.h"

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
	container_stop(engine, container, NULL);
	container_discard(engine, container->id);
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
	g_autoptr(Live) live = live_mended(engine, project, false, error);
	if (!live)
		return false;
	Ending ending = {.engine = engine, .options = options};
	g_mutex_init(&ending.lock);
	end_containers(&ending, live, only, true);
	end_containers(&ending, live, only, false);
	g_mutex_clear(&ending.lock);
	*ret_removed = ending.removed;
	if (only) {
		remove_fresh_volumes(engine, project);
		return true;
	}
	/* What is fresh with each pod goes with the pods. */
	return remove_labelled(engine, "networks", project, true, error) &&
	       remove_labelled(engine, "volumes", project, volumes, error);
}
