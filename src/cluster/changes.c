/* When something has changed. A screen that is drawn every two seconds would ask for all of a cluster every two
 * seconds, though it changes in minutes; a watch says so, and costs nothing until it does. What comes by it is not put
 * into the survey: a change is rare, and reading all anew is the one way in which it is known to be right. */
#include "cluster/inner.h"

struct Changes {
	Cluster *cluster;
	GPtrArray *threads, *watches; /* GThread, ListWatch */
	GCancellable *cancellable;
	GMutex lock; /* over what follows */
	GCond some;
	bool changed, unwatched;
};

typedef struct ListWatch {
	Changes *changes;
	char *path;
} ListWatch;

static void watch_free(void *data)
{
	ListWatch *watch = data;
	g_free(watch->path);
	g_free(watch);
}

static bool note_change(WatchEvent event, const Json *item, void *data)
{
	Changes *changes = data;
	g_mutex_lock(&changes->lock);
	changes->changed = true;
	g_cond_signal(&changes->some);
	g_mutex_unlock(&changes->lock);
	return true;
}

/* Who may list and not watch, or a server that is gone: the next survey says what is wrong, if anything is. */
static void *watch_list(void *data)
{
	const ListWatch *watch = data;
	Changes *changes = watch->changes;
	Cluster *connection = cluster_borrow(changes->cluster, NULL);
	bool fine = connection &&
	            cluster_watch_changes(connection, watch->path, note_change, changes, changes->cancellable, NULL);
	if (!fine) {
		g_mutex_lock(&changes->lock);
		changes->unwatched = true;
		g_cond_signal(&changes->some);
		g_mutex_unlock(&changes->lock);
	}
	if (connection)
		cluster_give_back(changes->cluster, connection);
	return NULL;
}

Changes *changes_new(Cluster *cluster, const Survey *survey)
{
	Changes *changes = g_new0(Changes, 1);
	changes->cluster = cluster;
	changes->cancellable = g_cancellable_new();
	changes->threads = g_ptr_array_new();
	changes->watches = g_ptr_array_new_with_free_func(watch_free);
	g_mutex_init(&changes->lock);
	g_cond_init(&changes->some);
	for (guint i = 0; i < survey->paths->len; i++) {
		ListWatch *watch = g_new0(ListWatch, 1);
		watch->changes = changes;
		watch->path = g_strdup(survey->paths->pdata[i]);
		g_ptr_array_add(changes->watches, watch);
		g_ptr_array_add(changes->threads, g_thread_new("watch", watch_list, watch));
	}
	return changes;
}

bool changes_wait(Changes *changes, uint32_t milliseconds)
{
	gint64 until = g_get_monotonic_time() + (gint64)milliseconds * 1000;
	g_mutex_lock(&changes->lock);
	while (!changes->changed && g_cond_wait_until(&changes->some, &changes->lock, until))
		;
	bool changed = changes->changed || changes->unwatched;
	changes->changed = false;
	g_mutex_unlock(&changes->lock);
	return changed;
}

void changes_free(Changes *changes)
{
	if (!changes)
		return;
	g_cancellable_cancel(changes->cancellable);
	for (guint i = 0; i < changes->threads->len; i++)
		g_thread_join(changes->threads->pdata[i]);
	g_ptr_array_unref(changes->threads);
	g_ptr_array_unref(changes->watches);
	g_object_unref(changes->cancellable);
	g_mutex_clear(&changes->lock);
	g_cond_clear(&changes->some);
	g_free(changes);
}
