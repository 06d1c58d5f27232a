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
	if (has && policy != PULL_ALWAYS)
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
	ImageState state;
	g_mutex_lock(&applying->lock);
	while ((state = (ImageState)GPOINTER_TO_INT(g_hash_table_lookup(applying->images, image))) == IMAGE_BUSY)
		g_cond_wait(&applying->changed, &applying->lock);
	if (state < enough)
		g_hash_table_replace(applying->images, (char *)image, GINT_TO_POINTER(IMAGE_BUSY));
	g_mutex_unlock(&applying->lock);
	return state >= enough;
}

bool ensure_image(Work *work, GError **error)
{
	const char *image = json_text_at(work->step->unit->body, "Image");
	Applying *applying = work->applying;
	PullPolicy policy = pull_policy(work);
	ImageState enough = policy == PULL_ALWAYS ? IMAGE_NEW : IMAGE_THERE;
	if (take_image(applying, image, enough))
		return true;
	bool fine = bring_image(work, image, policy, error);
	g_mutex_lock(&applying->lock);
	g_hash_table_replace(applying->images, (char *)image, GINT_TO_POINTER(fine ? enough : IMAGE_UNKNOWN));
	g_cond_broadcast(&applying->changed);
	g_mutex_unlock(&applying->lock);
	return fine;
}
