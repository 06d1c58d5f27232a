/* What labwright applied before and is not wanted any more: objects with the project's label of which it owns fields.
 * The label alone is not enough, since controllers copy labels to what they make. What holds data, and what takes
 * others down with it, stays. */
#include "cluster/inner.h"

typedef struct Removing {
	ClusterPlan *plan;
	const ClusterKind *kind;
	GHashTable *wanted;
} Removing;

static bool is_ours(const Json *object)
{
	JSON_EACH (json_at(object, "metadata.managedFields"), entry)
		if (g_strcmp0(json_text_at(entry, "manager"), CLUSTER_MANAGER) == 0 &&
		        g_strcmp0(json_text_at(entry, "operation"), "Apply") == 0)
			return true;
	return false;
}

static void add_removal(const Json *item, void *data)
{
	Removing *removing = data;
	g_autofree char *path = kind_path(
	        removing->kind, json_text_at(item, "metadata.namespace"), json_text_at(item, "metadata.name"));
	if (!is_ours(item) || json_at(item, "metadata.deletionTimestamp") ||
	        g_hash_table_contains(removing->wanted, path))
		return;
	g_autoptr(Json) object = json_new_map();
	json_set_text(object, "kind", removing->kind->kind);
	json_set_text(object, "apiVersion", removing->kind->version);
	json_set_text(json_map_in(object, "metadata"), "name", json_text_at(item, "metadata.name"));
	json_set_text(json_map_in(object, "metadata"), "namespace", json_text_at(item, "metadata.namespace"));
	ClusterStep *step = step_new(OBJECT_REMOVE, object);
	step->path = g_steal_pointer(&path);
	step->wave = object_wave(object, true);
	g_ptr_array_add(removing->plan->steps, step);
}

/* Namespaces and definitions take with them what others put there; claims and volumes hold data. */
static bool is_removable(const ClusterKind *kind, bool volumes)
{
	static const char *const kept[] = {"Namespace", "CustomResourceDefinition", NULL};
	static const char *const data[] = {"PersistentVolumeClaim", "PersistentVolume", NULL};
	return kind->listable && kind->writable && !g_strv_contains(kept, kind->kind) &&
	       (volumes || !g_strv_contains(data, kind->kind));
}

/* A kind is told in each of its versions, the preferred one first. */
static bool is_first(GHashTable *seen, const ClusterKind *kind)
{
	const char *slash = strchr(kind->version, '/');
	return g_hash_table_add(seen,
	        g_strdup_printf("%.*s/%s", slash ? (int)(slash - kind->version) : 0, kind->version, kind->plural));
}

bool plan_removals(Cluster *cluster, ClusterPlan *plan, GHashTable *wanted, bool volumes, GError **error)
{
	const GPtrArray *kinds = cluster_kinds(cluster, error);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autofree char *label = g_strdup_printf(CLUSTER_LABEL "=%s", plan->project), *selector = http_escape(label);
	for (guint i = 0; kinds && i < kinds->len; i++) {
		Removing removing = {plan, kinds->pdata[i], wanted};
		if (!is_removable(removing.kind, volumes) || !is_first(seen, removing.kind))
			continue;
		g_autofree char *list = kind_path(removing.kind, NULL, NULL),
		                *path = g_strdup_printf("%s?labelSelector=%s", list, selector);
		g_autoptr(GError) failure = NULL;
		if (cluster_list_metadata(cluster, path, add_removal, &removing, &failure) ||
		        cluster_said(failure, 403) || cluster_said(failure, 404) || cluster_said(failure, 405))
			continue;
		g_propagate_error(error, g_steal_pointer(&failure));
		return false;
	}
	return kinds != NULL;
}
