/* Each object of the repository is held against the live one, field by field, with the owner of what differs. Only
 * fields that a file names count: the rest are the server's defaults and others' business.
 *
 * These are objects and not rows, since a row is kept only where a rule asks for it, and drift is of every field. */
#include "flow/live.h"

#include "base/error.h"

/* ---- drift ----------------------------------------------------------------------------------------------- */

void drift_free(void *data)
{
	Drift *drift = data;
	g_free(drift->title);
	g_free(drift->path);
	g_clear_pointer(&drift->changes, g_ptr_array_unref);
	g_clear_pointer(&drift->texts, g_ptr_array_unref);
	g_free(drift);
}

static Drift *drift_new(const Scan *scan, const Manifest *manifest, bool absent)
{
	Drift *drift = g_new0(Drift, 1);
	drift->path = g_strdup(graph_file_path(scan->graph, manifest->place.file));
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

typedef struct Comparing {
	Cluster *cluster;
	const Scan *scan;
	GPtrArray *drifts;
	uint32_t unread;
} Comparing;

static bool compare_one(Comparing *comparing, const Manifest *manifest, GError **error)
{
	Cluster *cluster = comparing->cluster;
	g_autoptr(GError) failure = NULL;
	g_autofree char *path = path_of(cluster, manifest->object, &failure);
	bool secret = g_strcmp0(json_text_at(manifest->object, "kind"), "Secret") == 0;
	g_autoptr(Json) live = !path    ? NULL
	                       : secret ? cluster_get_metadata(cluster, path, &failure)
	                                : cluster_get(cluster, path, &failure);
	if (!live && cluster_said(failure, 404)) {
		g_ptr_array_add(comparing->drifts, drift_new(comparing->scan, manifest, true));
		return true;
	}
	if (failure && !cluster_said(failure, 403)) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return false;
	}
	comparing->unread += live == NULL;
	if (!live || secret)
		return true;
	Drift *drift = drift_new(comparing->scan, manifest, false);
	object_drift(manifest->object, live, drift->changes);
	if (drift->changes->len)
		g_ptr_array_add(comparing->drifts, drift);
	else
		drift_free(drift);
	return true;
}

GPtrArray *live_drift(
        Cluster *cluster, const Scan *scan, const ObjectSet *objects, uint32_t *ret_unread, GError **error)
{
	g_autoptr(GPtrArray) drifts = g_ptr_array_new_with_free_func(drift_free);
	Comparing comparing = {cluster, scan, drifts, 0};
	for (guint i = 0; i < objects->manifests->len; i++) {
		const Manifest *manifest = &g_array_index(objects->manifests, Manifest, i);
		if (!object_has_twin(objects, manifest) && !compare_one(&comparing, manifest, error))
			return NULL;
	}
	*ret_unread = comparing.unread;
	return g_steal_pointer(&drifts);
}

/* ---- rows ------------------------------------------------------------------------------------------------ */

/* The object, or what generates it, by the name under which it is applied; else by its name in the file. The file
 * itself where a kustomization has made it what it is. */
static Node drift_node(const Scan *scan, const Drift *drift)
{
	const Graph *graph = scan->graph;
	Node file = graph_find_file(graph, slice_from(drift->path));
	g_auto(GStrv) parts = g_strsplit(drift->title, "/", 3);
	guint n = g_strv_length(parts);
	const char *kind = n == 3 ? parts[1] : parts[0], *namespace = n == 3 ? parts[0] : "", *name = parts[n - 1];
	g_autofree char *identity = g_strdup_printf("%s/%s/%s", kind, namespace, name);
	Symbol symbol;
	if (file && graph_find_symbol(graph, slice_from(identity), &symbol))
		GRAPH_TO (graph, FACT_IDENTITY, symbol, row)
			if (graph_file_of(graph, row->subject) == graph_file_of(graph, file))
				return row->subject;
	if (!file || !graph_find_symbol(graph, slice_from(name), &symbol))
		return file;
	Node service = drift->texts ? graph_next_named(graph, NODE_SERVICE, symbol, NODE_NONE) : NODE_NONE;
	for (; service; service = graph_next_named(graph, NODE_SERVICE, symbol, service))
		if (graph_file_of(graph, service) == graph_file_of(graph, file))
			return service;
	for (Node object = graph_next_named(graph, NODE_OBJECT, symbol, NODE_NONE); object;
	        object = graph_next_named(graph, NODE_OBJECT, symbol, object))
		if (graph_file_of(graph, object) == graph_file_of(graph, file) &&
		        strcmp(graph_text(graph, object, FACT_KIND), kind) == 0)
			return object;
	return file;
}

static void derive_drift(Scan *scan, Node node, const Drift *drift)
{
	Graph *graph = scan->graph;
	Span place = graph_place(graph, node);
	if (drift->absent)
		graph_derive(graph, node, FACT_DRIFTS, graph_intern(graph, SLICE("it is not on the cluster")), place);
	for (guint i = 0; drift->texts && i < drift->texts->len; i++)
		graph_derive(graph, node, FACT_RUNS_OTHERWISE, graph_intern(graph, slice_from(drift->texts->pdata[i])),
		        place);
	for (guint i = 0; drift->changes && i < drift->changes->len; i++) {
		const FieldChange *change = drift->changes->pdata[i];
		g_autofree char *text = g_strdup_printf("%s is %s on the cluster and %s here%s%s", change->path,
		        change->old ? change->old : "absent", change->now ? change->now : "absent",
		        change->owner ? "; set by " : "", change->owner ? change->owner : "");
		graph_derive(graph, node, FACT_DRIFTS, graph_intern(graph, slice_from(text)), place);
	}
}

void scan_drift(Scan *scan, const GPtrArray *drifts)
{
	scan->drifts = drifts;
	for (guint i = 0; drifts && i < drifts->len; i++) {
		Node node = drift_node(scan, drifts->pdata[i]);
		if (node)
			derive_drift(scan, node, drifts->pdata[i]);
	}
	if (drifts && drifts->len)
		graph_finish(scan->graph);
}
