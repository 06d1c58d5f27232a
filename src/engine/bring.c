/* Which image a container gets: the one that is here, a newer one, one that is built; each is brought once in a run. */
#include "engine/inner.h"

#include "base/error.h"

static const WantedImage *image_of(const Wanted *wanted, const char *image)
{
	for (guint i = 0; i < wanted->images->len; i++)
		if (strcmp(((WantedImage *)wanted->images->pdata[i])->image, image) == 0)
			return wanted->images->pdata[i];
	return NULL;
}

static void say_line(const char *line, void *data)
{
	work_tell(data, APPLY_IMAGE, line);
}

PullPolicy pull_policy(const Work *work)
{
	PullPolicy asked = work->applying->options->pull;
	return asked == PULL_MISSING ? work->step->unit->pull : asked;
}

static bool is_newest(PullPolicy policy)
{
	return policy == PULL_ALWAYS || policy == PULL_FLOATING;
}

/* A container that is started again keeps the image that it was made of; one whose image is to be the newest may need
 * another. */
bool is_outdated(const Work *work)
{
	const LiveContainer *live = work->step->live;
	if (!is_newest(pull_policy(work)) || !live->made_of)
		return false;
	g_autofree char *now = engine_image_id(work->engine, json_text_at(work->step->unit->body, "Image"));
	return now && strcmp(now, live->made_of) != 0;
}

static void set_never(const Work *work, const char *image, GError **error)
{
	bool settings = work->applying->options->pull == PULL_NEVER;
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "image %s is not on this machine, and %s", image,
	        settings ? "labwright.yaml says pull: never" : "what asks for it says that it is never pulled");
}

static bool bring_image(Work *work, const char *image, PullPolicy policy, GError **error)
{
	const WantedImage *made = image_of(work->applying->rollout->wanted, image);
	bool has = false;
	if (strcmp(image, PAUSE_IMAGE) == 0)
		return engine_make_pause(work->engine, error);
	if (!engine_has_image(work->engine, image, &has, error))
		return false;
	if (has && policy != PULL_ALWAYS && (made || policy != PULL_FLOATING))
		return true;
	if (!made && policy == PULL_NEVER) {
		set_never(work, image, error);
		return false;
	}
	g_autoptr(GError) problem = NULL;
	work_tell(work, APPLY_IMAGE, made ? "builds" : "pulls");
	if (made ? engine_build(work->engine, made, work->applying->options->root, say_line, work, &problem)
	         : engine_pull(work->engine, image, say_line, work, &problem))
		return true;
	if (has) { /* a machine without its registry starts what it has */
		g_autofree char *why = g_strdup_printf("the one that is here serves: %s", problem->message);
		work_tell(work, APPLY_IMAGE, why);
		return true;
	}
	g_propagate_prefixed_error(error, g_steal_pointer(&problem), "image %s: ", image);
	return false;
}

/* How far an image is in this run: a pull of somebody else is not repeated, one that is merely there may still be. */
typedef enum ImageState { IMAGE_UNKNOWN, IMAGE_BUSY, IMAGE_THERE, IMAGE_NEW } ImageState;

/* Waits for whoever is at it. True if there is nothing left to do; else it is this thread's. */
static bool take_image(Applying *applying, const char *image, ImageState enough)
{
	GHashTable *images = applying->rollout->images;
	ImageState state;
	g_mutex_lock(&applying->lock);
	while ((state = (ImageState)GPOINTER_TO_INT(g_hash_table_lookup(images, image))) == IMAGE_BUSY)
		g_cond_wait(&applying->changed, &applying->lock);
	if (state < enough)
		g_hash_table_replace(images, (char *)image, GINT_TO_POINTER(IMAGE_BUSY));
	g_mutex_unlock(&applying->lock);
	return state >= enough;
}

bool ensure_image(Work *work, GError **error)
{
	const char *image = json_text_at(work->step->unit->body, "Image");
	Applying *applying = work->applying;
	PullPolicy policy = pull_policy(work);
	ImageState enough = is_newest(policy) ? IMAGE_NEW : IMAGE_THERE;
	if (take_image(applying, image, enough))
		return true;
	bool fine = bring_image(work, image, policy, error);
	g_mutex_lock(&applying->lock);
	g_hash_table_replace(applying->rollout->images, (char *)image, GINT_TO_POINTER(fine ? enough : IMAGE_UNKNOWN));
	g_cond_broadcast(&applying->changed);
	g_mutex_unlock(&applying->lock);
	return fine;
}

/* ---- before anything else -----------------------------------------------------------------------------------------
 */

/* What ended as it should is not run again for a newer image. */
static bool can_be_renewed(const Change *step)
{
	bool over = step->live && step->live->state == LIVE_EXITED && step->unit && step->unit->once;
	return (step->kind == CHANGE_KEEP || step->kind == CHANGE_START) && !over;
}

static void renew(void *data, void *user)
{
	Applying *applying = user;
	Change *step = data;
	g_autoptr(Engine) engine = engine_again(applying->engine);
	Work work = {applying, engine, step, NULL, false};
	g_autoptr(GError) error = NULL;
	if (work_is_cancelled(&work))
		return;
	if (!ensure_image(&work, &error))
		work_tell(&work, APPLY_NOTES, error ? error->message : "?");
	else if (is_outdated(&work))
		*step = (Change){CHANGE_REPLACE, step->unit, step->live, "a newer image"};
}

void rollout_renew(Rollout *rollout, Engine *engine, const ApplyOptions *options)
{
	Applying applying = {.rollout = rollout, .engine = engine, .options = options};
	g_mutex_init(&applying.lock);
	g_cond_init(&applying.changed);
	GThreadPool *pool =
	        g_thread_pool_new(renew, &applying, options->parallel ? (gint)options->parallel : THREADS, FALSE, NULL);
	for (guint i = 0; i < rollout->steps->len; i++) {
		Change *step = &g_array_index(rollout->steps, Change, i);
		if (can_be_renewed(step))
			g_thread_pool_push(pool, step, NULL);
	}
	g_thread_pool_free(pool, FALSE, TRUE);
	g_mutex_clear(&applying.lock);
	g_cond_clear(&applying.changed);
	rollout_follow(rollout);
}
