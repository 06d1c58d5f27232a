/* Several requests at a time. Each thread has a connection of its own, since a server works on requests of one
 * connection one after the other; connections are kept for the next who needs some, since a handshake costs both sides
 * as much as several requests. */
#include "cluster/inner.h"

#define MOST_THREADS 16u

/* ---- connections ----------------------------------------------------------------------------------------- */

Cluster *cluster_borrow(Cluster *cluster, GError **error)
{
	g_mutex_lock(&cluster->lock);
	guint idle = cluster->idle ? cluster->idle->len : 0;
	Cluster *other = idle ? g_ptr_array_steal_index(cluster->idle, idle - 1) : NULL;
	g_mutex_unlock(&cluster->lock);
	if (!other)
		return cluster_again(cluster, error);
	other->patience = cluster->patience;
	other->cancellable = cluster->cancellable;
	return other;
}

void cluster_give_back(Cluster *cluster, Cluster *take_other)
{
	g_mutex_lock(&cluster->lock);
	cluster->count.requests += take_other->count.requests;
	cluster->count.bytes += take_other->count.bytes;
	take_other->count = (ClusterCount){0};
	if (!cluster->idle)
		cluster->idle = g_ptr_array_new();
	g_ptr_array_add(cluster->idle, take_other);
	g_mutex_unlock(&cluster->lock);
}

/* ---- work ------------------------------------------------------------------------------------------------ */

typedef struct Sharing {
	Cluster *cluster;
	gint n, next;
	ClusterWork work;
	void *data;
	GMutex lock; /* over error */
	GError *error;
} Sharing;

/* The first that fails is told of; what has not begun by then is left. */
static void stop(Sharing *sharing, GError *take_failure)
{
	g_autoptr(GError) failure = take_failure;
	g_atomic_int_set(&sharing->next, sharing->n);
	g_mutex_lock(&sharing->lock);
	if (!sharing->error)
		sharing->error = g_steal_pointer(&failure);
	g_mutex_unlock(&sharing->lock);
}

static void work_by(Sharing *sharing, Cluster *connection)
{
	GError *failure = NULL;
	gint at;
	while (!failure && (at = g_atomic_int_add(&sharing->next, 1)) < sharing->n)
		sharing->work(connection, (size_t)at, sharing->data, &failure);
	if (failure)
		stop(sharing, failure);
}

static void *work_beside(void *data)
{
	Sharing *sharing = data;
	GError *failure = NULL;
	Cluster *connection = cluster_borrow(sharing->cluster, &failure);
	if (!connection) {
		stop(sharing, failure);
		return NULL;
	}
	work_by(sharing, connection);
	cluster_give_back(sharing->cluster, connection);
	return NULL;
}

bool cluster_share(Cluster *cluster, size_t n, uint32_t most, ClusterWork work, void *data, GError **error)
{
	GThread *threads[MOST_THREADS];
	Sharing sharing = {.cluster = cluster, .n = (gint)n, .work = work, .data = data};
	guint count = (guint)MIN(n, MIN(most, MOST_THREADS));
	g_mutex_init(&sharing.lock);
	for (guint i = 1; i < count; i++)
		threads[i] = g_thread_new("requests", work_beside, &sharing);
	if (count)
		work_by(&sharing, cluster);
	for (guint i = 1; i < count; i++)
		g_thread_join(threads[i]);
	g_mutex_clear(&sharing.lock);
	if (sharing.error)
		g_propagate_error(error, sharing.error);
	return sharing.error == NULL;
}
