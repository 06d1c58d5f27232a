/* The cluster as sources of the line: its lists become the text that --usage reads from files as well, so that there is
 * one reader for both; and each object of the repository is held against the live one, field by field, with the owner
 * of what differs. Only fields that a file names count: the rest are the server's defaults and others' business. */
#include "flow/live.h"

#include "base/error.h"

/* ---- lists ----------------------------------------------------------------------------------------------- */

/* Without the bookkeeping, which is half of each object and of no use here. */
static void append_item(const Json *item, void *items)
{
	Json *copy = json_clone(item), *metadata = json_get(copy, "metadata");
	if (metadata)
		json_remove(metadata, "managedFields");
	json_append(items, copy);
}

static char *list_text(Cluster *cluster, const char *path, const char *kind, GError **error)
{
	g_autoptr(Json) list = json_new_map();
	json_set_text(list, "kind", kind);
	return cluster_list(cluster, path, append_item, json_list_in(list, "items"), NULL, error) ? json_print(list)
	                                                                                          : NULL;
}

GPtrArray *live_lists(const char *context, GError **error)
{
	static const struct {
		const char *path, *kind;
		bool wanted; /* a cluster without metrics is one all the same */
	} lists[] = {{"/api/v1/nodes", "NodeList", true}, {"/api/v1/pods", "PodList", true},
	        {"/apis/metrics.k8s.io/v1beta1/pods", "PodMetricsList", false}};
	g_autoptr(Cluster) cluster = cluster_open(NULL, context, error);
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
	for (size_t i = 0; cluster && i < G_N_ELEMENTS(lists); i++) {
		g_autoptr(GError) failure = NULL;
		char *text = list_text(cluster, lists[i].path, lists[i].kind, &failure);
		if (text)
			g_ptr_array_add(texts, text);
		else if (lists[i].wanted) {
			g_propagate_error(error, g_steal_pointer(&failure));
			return NULL;
		}
	}
	return cluster ? g_steal_pointer(&texts) : NULL;
}

/* ---- drift ----------------------------------------------------------------------------------------------- */

static void drift_free(void *data)
{
	Drift *drift = data;
	g_free(drift->title);
	g_ptr_array_unref(drift->changes);
	g_free(drift);
}

static Drift *drift_new(const Manifest *manifest, bool absent)
{
	Drift *drift = g_new0(Drift, 1);
	drift->title = object_title(manifest->object);
	drift->place = manifest->place;
	drift->absent = absent;
	drift->changes = g_ptr_array_new_with_free_func(field_change_free);
	return drift;
}

static char *path_of(Cluster *cluster, const Json *object, GError **error)
{
	const char *version = json_text_at(object, "apiVersion"), *kind = json_text_at(object, "kind"),
	           *namespace = json_text_at(object, "metadata.namespace"),
	           *name = json_text_at(object, "metadata.name");
	const ClusterKind *known = version && kind && name ? cluster_kind(cluster, version, kind, error) : NULL;
	if (!known)
		return NULL;
	return kind_path(
	        known, known->namespaced ? (namespace ? namespace : cluster_access(cluster)->namespace) : NULL, name);
}

static bool compare_one(Cluster *cluster, const Manifest *manifest, GPtrArray *drifts, uint32_t *unread, GError **error)
{
	g_autoptr(GError) failure = NULL;
	g_autofree char *path = path_of(cluster, manifest->object, &failure);
	bool secret = g_strcmp0(json_text_at(manifest->object, "kind"), "Secret") == 0;
	g_autoptr(Json) live = !path    ? NULL
	                       : secret ? cluster_get_metadata(cluster, path, &failure)
	                                : cluster_get(cluster, path, &failure);
	if (!live && cluster_said(failure, 404)) {
		g_ptr_array_add(drifts, drift_new(manifest, true));
		return true;
	}
	if (failure && !cluster_said(failure, 403)) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return false;
	}
	*unread += live == NULL;
	if (!live || secret)
		return true;
	Drift *drift = drift_new(manifest, false);
	object_drift(manifest->object, live, drift->changes);
	if (drift->changes->len)
		g_ptr_array_add(drifts, drift);
	else
		drift_free(drift);
	return true;
}

GPtrArray *live_drift(Cluster *cluster, const ObjectSet *objects, uint32_t *ret_unread, GError **error)
{
	g_autoptr(GPtrArray) drifts = g_ptr_array_new_with_free_func(drift_free);
	*ret_unread = 0;
	for (guint i = 0; i < objects->manifests->len; i++)
		if (!compare_one(cluster, &g_array_index(objects->manifests, Manifest, i), drifts, ret_unread, error))
			return NULL;
	return g_steal_pointer(&drifts);
}
