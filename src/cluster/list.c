/* Lists in pages, and watches that outlive what happens to servers: streams are cut, versions grow too old (410), the
 * server restarts. Pages keep the memory of the largest cluster that of one page. */
#include "cluster/inner.h"

#include "base/error.h"

#define PAGE 500
#define WATCH_SECONDS 240u /* then the server ends it, and it is asked anew from the last bookmark */

static char *page_path(const char *path, const char *more)
{
	g_autofree char *token = more && *more ? http_escape(more) : NULL;
	return g_strdup_printf("%s%climit=%d%s%s", path, strchr(path, '?') ? '&' : '?', PAGE, token ? "&continue=" : "",
	        token ? token : "");
}

/* An answer of 410 holds where to go on from, at a later state of the cluster. */
static bool page_expired(const HttpReply *reply, char **more)
{
	gsize length;
	const char *bytes = g_bytes_get_data(reply->body, &length);
	g_autoptr(Json) status = reply->status == 410 ? json_parse((Slice){bytes, length}, NULL) : NULL;
	const char *next = json_text_at(status, "metadata.continue");
	if (!next || !*next || !*more)
		return false;
	g_free(*more);
	*more = g_strdup(next);
	return true;
}

/* Where a list that begins at `at` ends; texts may hold brackets. */
static size_t skip_list(Slice bytes, size_t at)
{
	uint32_t depth = 0;
	bool text = false;
	for (; at < bytes.length; at++) {
		char byte = bytes.at[at];
		if (text && byte == '\\')
			at++;
		else if (byte == '"')
			text = !text;
		else if (!text && (byte == '[' || byte == ']') && (depth += byte == '[' ? 1 : (uint32_t)-1) == 0)
			return at + 1;
	}
	return bytes.length;
}

/* Who owns which field is half of an object, and of no use to who reads thousands: it is cut out before it is parsed.
 * In a text its quotes would have a backslash before them, so that this finds the key only. */
static char *without_owners(Slice bytes, size_t *ret_length)
{
	static const char key[] = "\"managedFields\":[";
	char *out = g_malloc(bytes.length + 1), *to = out;
	size_t at = 0, found;
	while ((found = slice_find(bytes, key, at)) != SIZE_MAX) {
		size_t end = skip_list(bytes, found + sizeof(key) - 2);
		memcpy(to, bytes.at + at, found + sizeof(key) - 1 - at);
		to += found + sizeof(key) - 1 - at;
		*to++ = ']';
		at = end;
	}
	memcpy(to, bytes.at + at, bytes.length - at);
	*ret_length = (size_t)(to - out) + bytes.length - at;
	return out;
}

static bool read_page(
        const HttpReply *reply, bool owners, ClusterEach each, void *data, char **more, char **version, GError **error)
{
	gsize length;
	const char *bytes = g_bytes_get_data(reply->body, &length);
	g_autofree char *less = owners ? NULL : without_owners((Slice){bytes, length}, &length);
	g_autoptr(Json) list = json_parse((Slice){less ? less : bytes, length}, error);
	if (!list)
		return false;
	JSON_EACH (json_get(list, "items"), item)
		each(item, data);
	g_free(*more);
	g_free(*version);
	*more = g_strdup(json_text_at(list, "metadata.continue"));
	*version = g_strdup(json_text_at(list, "metadata.resourceVersion"));
	return true;
}

bool cluster_list_as(Cluster *cluster, const char *path, const char *accept, ClusterEach each, void *data,
        char **ret_version, GError **error)
{
	g_autofree char *more = NULL, *version = NULL;
	do {
		g_autofree char *page = page_path(path, more);
		g_auto(HttpReply) reply = {0};
		if (!cluster_ask(cluster, "GET", page, NULL, NULL, accept, &reply, error))
			return false;
		if (reply.status >= 400 && page_expired(&reply, &more))
			continue;
		if (reply.status >= 400) {
			cluster_refused(cluster, &reply, error);
			return false;
		}
		if (!read_page(&reply, accept != NULL, each, data, &more, &version, error))
			return false;
	} while (more && *more);
	if (ret_version)
		*ret_version = g_steal_pointer(&version);
	return true;
}

bool cluster_list(Cluster *cluster, const char *path, ClusterEach each, void *data, char **ret_version, GError **error)
{
	return cluster_list_as(cluster, path, NULL, each, data, ret_version, error);
}

bool cluster_list_metadata(Cluster *cluster, const char *path, ClusterEach each, void *data, GError **error)
{
	static const char metadata_only[] =
	        "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json";
	return cluster_list_as(cluster, path, metadata_only, each, data, NULL, error);
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
	gint64 until; /* of the monotonic clock, or 0 */
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

static bool tell_all(Watch *watch, GError **error)
{
	if (watch->begun)
		watch->wanted = watch->seen(WATCH_ANEW, NULL, watch->data);
	watch->begun = true;
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

bool cluster_watch(Cluster *cluster, const char *path, uint32_t seconds, ClusterSeen seen, void *data,
        GCancellable *cancellable, GError **error)
{
	gint64 until = seconds ? g_get_monotonic_time() + (gint64)seconds * G_TIME_SPAN_SECOND : 0;
	Watch watch = {cluster, path, seen, data, cancellable, NULL, false, true, until};
	bool fine = true;
	uint32_t empty = 0;
	while (fine && !is_over(&watch)) {
		g_autoptr(GError) cut = NULL;
		if (!watch.version && (!(fine = tell_all(&watch, error)) || is_over(&watch)))
			break;
		empty = read_stream(&watch, &cut) ? 0 : empty + 1;
		if (empty && !is_over(&watch))
			g_usleep(MIN(100u << MIN(empty, 5), 2000) * 1000);
		if (empty >= 3) /* the list says what is wrong, after as much patience as there is */
			g_clear_pointer(&watch.version, g_free);
	}
	g_free(watch.version);
	return fine;
}
