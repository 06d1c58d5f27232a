/* Lists in pages, and watches that outlive what happens to servers: streams are cut, versions grow too old (410), the
 * server restarts. Pages keep the memory of the largest cluster that of a few of them, and the next one is asked for
 * while this one is read: where it begins stands before the items. Of several lists, four are asked for at a time, each
 * by a connection of its own. */
#include "cluster/inner.h"

#include "base/error.h"
#include "base/jsontext.h"

#define PAGE 500
#define AHEAD 2            /* pages of a list that wait to be read */
#define THREADS 4          /* that ask */
#define WATCH_SECONDS 240u /* then the server ends it, and it is asked anew from the last bookmark */

/* ---- one page -------------------------------------------------------------------------------------------- */

static char *page_path(const char *path, const char *more)
{
	g_autofree char *token = more && *more ? http_escape(more) : NULL;
	return g_strdup_printf("%s%climit=%d%s%s", path, strchr(path, '?') ? '&' : '?', PAGE, token ? "&continue=" : "",
	        token ? token : "");
}

static char *page_text(Slice page, const char *path)
{
	g_autoptr(Json) text = json_parse(jsontext_at(page, path), NULL);
	return g_strdup(json_text(text));
}

static Slice slice_of(GBytes *bytes)
{
	gsize length;
	const char *at = g_bytes_get_data(bytes, &length);
	return (Slice){at, length};
}

/* An answer of 410 holds where to go on from, at a later state of the cluster. */
static bool page_expired(const HttpReply *reply, char **more)
{
	g_autofree char *next = reply->status == 410 ? page_text(slice_of(reply->body), "metadata.continue") : NULL;
	if (!next || !*next || !*more)
		return false;
	g_free(*more);
	*more = g_steal_pointer(&next);
	return true;
}

/* The page at *more, and where the next one begins: NULL or empty after the last. */
static GBytes *fetch_page(Cluster *cluster, const ClusterListing *listing, char **more, GError **error)
{
	static const char metadata_only[] =
	        "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json";
	const char *accept = listing->form & LIST_METADATA ? metadata_only : NULL;
	for (;;) {
		g_autofree char *page = page_path(listing->path, *more);
		g_auto(HttpReply) reply = {0};
		if (!cluster_ask(cluster, "GET", page, NULL, NULL, accept, &reply, error))
			return NULL;
		if (reply.status >= 400 && page_expired(&reply, more))
			continue;
		if (reply.status >= 400) {
			cluster_refused(cluster, &reply, error);
			return NULL;
		}
		g_free(*more);
		*more = page_text(slice_of(reply.body), "metadata.continue");
		return g_steal_pointer(&reply.body);
	}
}

/* ---- pages ahead ----------------------------------------------------------------------------------------- */

/* What is known of a list while it is asked for. */
typedef struct Feed {
	GQueue pages; /* GBytes */
	char *more;   /* of the next page */
	bool done;
	GError *error;
} Feed;

typedef struct Gathering {
	Cluster *cluster;
	const ClusterListing *listings;
	size_t n;
	Feed *feeds;
	gint next;
	GMutex lock; /* over the feeds */
	GCond changed;
} Gathering;

static void feed_list(Gathering *gathering, Cluster *cluster, size_t at)
{
	Feed *feed = &gathering->feeds[at];
	GError *failure = NULL;
	do {
		GBytes *page = fetch_page(cluster, &gathering->listings[at], &feed->more, &failure);
		g_mutex_lock(&gathering->lock);
		while (page && g_queue_get_length(&feed->pages) >= AHEAD)
			g_cond_wait(&gathering->changed, &gathering->lock);
		if (page)
			g_queue_push_tail(&feed->pages, page);
		feed->error = failure;
		feed->done = !page || !feed->more || !*feed->more;
		g_cond_broadcast(&gathering->changed);
		g_mutex_unlock(&gathering->lock);
	} while (!feed->done);
}

static void fail_feed(Gathering *gathering, size_t at, const GError *failure)
{
	g_mutex_lock(&gathering->lock);
	gathering->feeds[at].error = g_error_copy(failure);
	gathering->feeds[at].done = true;
	g_cond_broadcast(&gathering->changed);
	g_mutex_unlock(&gathering->lock);
}

static void *feed_lists(void *data)
{
	Gathering *gathering = data;
	g_autoptr(GError) failure = NULL;
	Cluster *cluster = cluster_borrow(gathering->cluster, &failure);
	gint at;
	while ((at = g_atomic_int_add(&gathering->next, 1)) < (gint)gathering->n) {
		if (cluster)
			feed_list(gathering, cluster, (size_t)at);
		else
			fail_feed(gathering, (size_t)at, failure);
	}
	if (cluster)
		cluster_give_back(gathering->cluster, cluster);
	return NULL;
}

/* The next page of a list as it comes; NULL at its end. */
static GBytes *take_page(Gathering *gathering, Feed *feed)
{
	g_mutex_lock(&gathering->lock);
	while (g_queue_is_empty(&feed->pages) && !feed->done)
		g_cond_wait(&gathering->changed, &gathering->lock);
	GBytes *page = g_queue_pop_head(&feed->pages);
	g_cond_broadcast(&gathering->changed);
	g_mutex_unlock(&gathering->lock);
	return page;
}

/* ---- reading them ---------------------------------------------------------------------------------------- */

/* Who owns which field is half of an object, and of no use to who reads thousands; what `kubectl apply` keeps in an
 * annotation is the object once more. Both are cut out before anything is made of the text. */
static const char *const *cut_of(const ClusterListing *listing)
{
	static const char *const applied[] = {"kubectl.kubernetes.io/last-applied-configuration", NULL};
	static const char *const whole[] = {"managedFields", "kubectl.kubernetes.io/last-applied-configuration", NULL};
	static const char *const names[] = {"managedFields", "annotations", NULL};
	return listing->form & LIST_OWNERS ? applied : listing->form & LIST_METADATA ? names : whole;
}

/* As the object would be by itself: in a list the kind is only said once, at its head. */
static void name_kind(Json *item, Slice page)
{
	g_autofree char *list = page_text(page, "kind"), *version = page_text(page, "apiVersion");
	if (json_get(item, "kind") || !list || !g_str_has_suffix(list, "List"))
		return;
	list[strlen(list) - strlen("List")] = '\0';
	json_set_text(item, "kind", list);
	json_set_text(item, "apiVersion", version);
}

static bool read_items(const ClusterListing *listing, Slice page, GError **error)
{
	size_t at = 0;
	Slice items = jsontext_at(page, "items"), text;
	if (!items.length) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "%s: the answer is no list", listing->path);
		return false;
	}
	while (jsontext_next_item(items, &at, &text)) {
		if (listing->wanted && !listing->wanted(text, listing->data))
			continue;
		g_autoptr(Json) item = json_parse(text, error);
		if (!item)
			return false;
		if (listing->form & LIST_OWNERS)
			name_kind(item, page);
		listing->each(item, listing->data);
	}
	return true;
}

static bool read_page(const ClusterListing *listing, Slice page, GError **error)
{
	size_t length;
	char *less = jsontext_without(page, cut_of(listing), &length);
	if (listing->without)
		length = jsontext_cut(less, length, listing->without);
	if (listing->page) {
		listing->page(less, length, listing->data);
		return true;
	}
	bool read = read_items(listing, (Slice){less, length}, error);
	g_free(less);
	return read;
}

/* All pages of a list that is being asked for; those after one that cannot be read are only taken. */
static bool read_feed(Gathering *gathering, size_t at, char **version, GError **error)
{
	Feed *feed = &gathering->feeds[at];
	GError *failure = NULL;
	for (;;) {
		g_autoptr(GBytes) page = take_page(gathering, feed);
		if (!page)
			break;
		if (version) {
			g_free(*version);
			*version = page_text(slice_of(page), "metadata.resourceVersion");
		}
		if (!failure)
			read_page(&gathering->listings[at], slice_of(page), &failure);
	}
	if (!failure)
		failure = g_steal_pointer(&feed->error);
	g_clear_error(&feed->error);
	g_free(feed->more);
	if (failure)
		g_propagate_error(error, failure);
	return failure == NULL;
}

/* first and more: what is known already of the first list, are taken, or NULL. */
static void gather(
        Cluster *cluster, ClusterListing *listings, size_t n, GBytes *take_first, char *take_more, char **version)
{
	GThread *threads[THREADS];
	g_autofree Feed *feeds = g_new0(Feed, n);
	Gathering gathering = {.cluster = cluster, .listings = listings, .n = n, .feeds = feeds};
	size_t workers = MIN(n, THREADS);
	g_mutex_init(&gathering.lock);
	g_cond_init(&gathering.changed);
	feeds[0].more = take_more;
	if (take_first)
		g_queue_push_tail(&feeds[0].pages, take_first);
	for (size_t i = 0; i < workers; i++)
		threads[i] = g_thread_new("list", feed_lists, &gathering);
	for (size_t i = 0; i < n; i++)
		read_feed(&gathering, i, version, &listings[i].error);
	for (size_t i = 0; i < workers; i++)
		g_thread_join(threads[i]);
	g_mutex_clear(&gathering.lock);
	g_cond_clear(&gathering.changed);
}

/* Most lists have one page, which this connection asks for; only what is more is asked for beside reading it. */
bool cluster_read(Cluster *cluster, ClusterListing *listing, char **ret_version)
{
	g_autofree char *more = NULL, *version = NULL;
	g_autoptr(GBytes) page = fetch_page(cluster, listing, &more, &listing->error);
	if (!page)
		return false;
	version = page_text(slice_of(page), "metadata.resourceVersion");
	if (more && *more)
		gather(cluster, listing, 1, g_steal_pointer(&page), g_steal_pointer(&more), &version);
	else
		read_page(listing, slice_of(page), &listing->error);
	if (ret_version)
		*ret_version = g_steal_pointer(&version);
	return listing->error == NULL;
}

void cluster_gather(Cluster *cluster, ClusterListing *listings, size_t n)
{
	if (n == 1)
		cluster_read(cluster, listings, NULL);
	else if (n)
		gather(cluster, listings, n, NULL, NULL, NULL);
}

static bool list_as(Cluster *cluster, const char *path, ListForm form, ClusterEach each, void *data, char **ret_version,
        GError **error)
{
	ClusterListing listing = {.path = path, .form = form, .each = each, .data = data};
	if (cluster_read(cluster, &listing, ret_version))
		return true;
	g_propagate_error(error, listing.error);
	return false;
}

bool cluster_list(Cluster *cluster, const char *path, ClusterEach each, void *data, char **ret_version, GError **error)
{
	return list_as(cluster, path, LIST_WHOLE, each, data, ret_version, error);
}

bool cluster_list_metadata(Cluster *cluster, const char *path, ClusterEach each, void *data, GError **error)
{
	return list_as(cluster, path, LIST_METADATA | LIST_OWNERS, each, data, NULL, error);
}

/* ---- watching -------------------------------------------------------------------------------------------- */

typedef struct Watch {
	Cluster *cluster;
	const char *path;
	ClusterSeen seen;
	void *data;
	GCancellable *cancellable;
	char *version; /* NULL: everything has to be told anew */
	bool begun, wanted;
	bool changes_only; /* items are told as they change, and not those that are there */
	gint64 until;      /* of the monotonic clock, or 0 */
} Watch;

/* Seconds that are left, at least one. */
static uint32_t seconds_left(const Watch *watch)
{
	gint64 left = (watch->until - g_get_monotonic_time()) / G_TIME_SPAN_SECOND;
	return watch->until ? (uint32_t)CLAMP(left, 1, WATCH_SECONDS) : WATCH_SECONDS;
}

static bool is_over(const Watch *watch)
{
	return !watch->wanted || g_cancellable_is_cancelled(watch->cancellable) ||
	       (watch->until && g_get_monotonic_time() >= watch->until);
}

static void tell_item(const Json *item, void *data)
{
	Watch *watch = data;
	if (watch->wanted)
		watch->wanted = watch->seen(WATCH_ADDED, item, watch->data);
}

/* Where to watch from, by a list of one. */
static bool find_version(Watch *watch, GError **error)
{
	g_autofree char *path = g_strdup_printf("%s%climit=1", watch->path, strchr(watch->path, '?') ? '&' : '?');
	g_autoptr(Json) list = cluster_get(watch->cluster, path, error);
	watch->version = g_strdup(json_text_at(list, "metadata.resourceVersion"));
	return list != NULL;
}

static bool tell_all(Watch *watch, GError **error)
{
	if (watch->begun || watch->changes_only)
		watch->wanted = watch->seen(WATCH_ANEW, NULL, watch->data);
	watch->begun = true;
	if (watch->changes_only)
		return find_version(watch, error);
	return cluster_list(watch->cluster, watch->path, tell_item, watch, &watch->version, error);
}

static bool is_too_old(const GError *error, const Json *object)
{
	return json_number_at(object, "code", 0) == 410 || (error && g_str_has_prefix(error->message, "410 "));
}

/* One line of the stream; false where it is not to be read any further. */
static bool read_event(Watch *watch, const char *line, size_t length)
{
	static const char *const words[] = {"ADDED", "MODIFIED", "DELETED"};
	g_autoptr(Json) event = json_parse((Slice){line, length}, NULL);
	const char *type = json_text_at(event, "type"),
	           *version = json_text_at(event, "object.metadata.resourceVersion");
	const Json *object = json_get(event, "object");
	if (!type)
		return false; /* cut in the middle */
	if (strcmp(type, "ERROR") == 0) {
		if (is_too_old(NULL, object))
			g_clear_pointer(&watch->version, g_free);
		return false;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(words) && watch->wanted; i++)
		if (strcmp(type, words[i]) == 0)
			watch->wanted = watch->seen((WatchEvent)i, object, watch->data);
	if (version) {
		g_free(watch->version);
		watch->version = g_strdup(version);
	}
	return watch->wanted;
}

/* Until the stream ends, which it always does at some time. False where nothing was read at all. */
static bool read_stream(Watch *watch, GError **error)
{
	g_autofree char *path =
	        g_strdup_printf("%s%cwatch=true&allowWatchBookmarks=true&timeoutSeconds=%u&resourceVersion=%s",
	                watch->path, strchr(watch->path, '?') ? '&' : '?', seconds_left(watch), watch->version);
	g_autoptr(GInputStream) stream = cluster_stream(watch->cluster, path, watch->cancellable, error);
	if (!stream) {
		if (is_too_old(error ? *error : NULL, NULL))
			g_clear_pointer(&watch->version, g_free);
		return false;
	}
	g_autoptr(GDataInputStream) lines = g_data_input_stream_new(stream);
	bool any = false, more = true;
	while (more) {
		gsize length;
		g_autofree char *line = g_data_input_stream_read_line(lines, &length, watch->cancellable, NULL);
		more = line && read_event(watch, line, length);
		any |= line != NULL;
	}
	return any;
}

static bool watch_on(Watch *watch, GError **error)
{
	bool fine = true;
	uint32_t empty = 0;
	while (fine && !is_over(watch)) {
		g_autoptr(GError) cut = NULL;
		if (!watch->version && (!(fine = tell_all(watch, error)) || is_over(watch)))
			break;
		empty = read_stream(watch, &cut) ? 0 : empty + 1;
		if (empty && !is_over(watch))
			g_usleep(MIN(100u << MIN(empty, 5), 2000) * 1000);
		if (empty >= 3) /* the list says what is wrong, after as much patience as there is */
			g_clear_pointer(&watch->version, g_free);
	}
	g_free(watch->version);
	return fine;
}

static Watch watch_of(Cluster *cluster, const char *path, ClusterSeen seen, void *data, GCancellable *cancellable)
{
	return (Watch){.cluster = cluster,
	        .path = path,
	        .seen = seen,
	        .data = data,
	        .cancellable = cancellable,
	        .wanted = true};
}

bool cluster_watch(Cluster *cluster, const char *path, uint32_t seconds, ClusterSeen seen, void *data,
        GCancellable *cancellable, GError **error)
{
	Watch watch = watch_of(cluster, path, seen, data, cancellable);
	watch.until = seconds ? g_get_monotonic_time() + (gint64)seconds * G_TIME_SPAN_SECOND : 0;
	return watch_on(&watch, error);
}

bool cluster_watch_changes(
        Cluster *cluster, const char *path, ClusterSeen seen, void *data, GCancellable *cancellable, GError **error)
{
	Watch watch = watch_of(cluster, path, seen, data, cancellable);
	watch.changes_only = true;
	return watch_on(&watch, error);
}
