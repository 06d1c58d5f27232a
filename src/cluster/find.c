/* Objects that are known by name, by lists: one request for each kind, and not for each object. It is the list of one
 * namespace where all that are sought are in one, else that of all; only what is sought is parsed. Who may get objects
 * and not list them asks for each by itself. */
#include "cluster/inner.h"

#include "base/jsontext.h"

/* What is sought of one kind. */
typedef struct Group {
	ClusterWish *wishes;
	ClusterFound found;
	void *data;
	const ClusterWish *first;
	GHashTable *members; /* "namespace/name" → its place in wishes, and one: numbers are never zero */
	bool several;        /* namespaces */
} Group;

static void group_free(void *data)
{
	Group *group = data;
	g_hash_table_unref(group->members);
	g_free(group);
}

static char *key_of(Slice namespace, Slice name)
{
	return g_strdup_printf("%.*s/%.*s", SLICE_ARGS(namespace), SLICE_ARGS(name));
}

static Slice text_or_none(const char *text)
{
	return slice_from(text ? text : "");
}

static size_t place_of(const Group *group, Slice namespace, Slice name)
{
	g_autofree char *key = key_of(namespace, name);
	return GPOINTER_TO_SIZE(g_hash_table_lookup(group->members, key));
}

static bool is_sought(Slice item, void *data)
{
	return place_of(data, jsontext_text(jsontext_at(item, "metadata.namespace")),
	               jsontext_text(jsontext_at(item, "metadata.name"))) > 0;
}

static void take_item(const Json *item, void *data)
{
	Group *group = data;
	size_t place = place_of(group, text_or_none(json_text_at(item, "metadata.namespace")),
	        text_or_none(json_text_at(item, "metadata.name")));
	if (place)
		group->found(place - 1, item, group->data);
}

/* ---- groups ---------------------------------------------------------------------------------------------- */

static void add_wish(GHashTable *groups, ClusterWish *wishes, size_t at, ClusterFound found, void *data)
{
	const ClusterWish *wish = &wishes[at];
	Group *group = g_hash_table_lookup(groups, wish->kind);
	if (!group) {
		group = g_new0(Group, 1);
		*group = (Group){
		        wishes, found, data, wish, g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL), false};
		g_hash_table_insert(groups, (void *)wish->kind, group);
	}
	group->several |= g_strcmp0(group->first->namespace, wish->namespace) != 0;
	g_hash_table_insert(group->members, key_of(text_or_none(wish->namespace), slice_from(wish->name)),
	        GSIZE_TO_POINTER(at + 1));
}

/* One alone is a list of one. */
static char *group_path(const Group *group)
{
	char *path = kind_path(group->first->kind, group->several ? NULL : group->first->namespace, NULL);
	if (g_hash_table_size(group->members) > 1)
		return path;
	g_autofree char *whole = path, *name = http_escape(group->first->name);
	return g_strdup_printf("%s?fieldSelector=metadata.name%%3D%s", whole, name);
}

static ClusterListing group_listing(Group *group)
{
	return (ClusterListing){.path = group_path(group),
	        .form = group->first->metadata ? LIST_METADATA | LIST_OWNERS : LIST_OWNERS,
	        .each = take_item,
	        .wanted = is_sought,
	        .data = group};
}

/* ---- one by one ------------------------------------------------------------------------------------------ */

static bool ask_for_one(Cluster *cluster, const Group *group, size_t at, GError **error)
{
	ClusterWish *wish = &group->wishes[at];
	g_autoptr(GError) failure = NULL;
	g_autofree char *path = kind_path(wish->kind, wish->namespace, wish->name);
	g_autoptr(Json) live =
	        wish->metadata ? cluster_get_metadata(cluster, path, &failure) : cluster_get(cluster, path, &failure);
	if (live)
		group->found(at, live, group->data);
	wish->refused = cluster_said(failure, 403);
	if (live || wish->refused || cluster_said(failure, 404))
		return true;
	g_propagate_error(error, g_steal_pointer(&failure));
	return false;
}

static bool ask_one_by_one(Cluster *cluster, const Group *group, GError **error)
{
	GHashTableIter iter;
	void *place;
	g_hash_table_iter_init(&iter, group->members);
	while (g_hash_table_iter_next(&iter, NULL, &place))
		if (!ask_for_one(cluster, group, GPOINTER_TO_SIZE(place) - 1, error))
			return false;
	return true;
}

/* A kind that is gone since it was told of has no objects; 405 is that of kinds that can only be got by name. */
static bool settle(Cluster *cluster, ClusterListing *listing, GError **error)
{
	if (!listing->error || cluster_said(listing->error, 404))
		return true;
	if (cluster_said(listing->error, 403) || cluster_said(listing->error, 405))
		return ask_one_by_one(cluster, listing->data, error);
	g_propagate_error(error, g_steal_pointer(&listing->error));
	return false;
}

bool cluster_find(Cluster *cluster, ClusterWish *wishes, size_t n, ClusterFound found, void *data, GError **error)
{
	g_autoptr(GHashTable) groups = g_hash_table_new_full(NULL, NULL, NULL, group_free);
	g_autoptr(GArray) listings = g_array_new(FALSE, FALSE, sizeof(ClusterListing));
	bool fine = true;
	for (size_t i = 0; i < n; i++)
		add_wish(groups, wishes, i, found, data);
	GHashTableIter iter;
	void *group;
	g_hash_table_iter_init(&iter, groups);
	while (g_hash_table_iter_next(&iter, NULL, &group)) {
		ClusterListing listing = group_listing(group);
		g_array_append_val(listings, listing);
	}
	cluster_gather(cluster, (ClusterListing *)listings->data, listings->len);
	for (guint i = 0; i < listings->len; i++) {
		ClusterListing *listing = &g_array_index(listings, ClusterListing, i);
		fine = fine && settle(cluster, listing, error);
		g_clear_error(&listing->error);
		g_free((char *)listing->path);
	}
	return fine;
}
