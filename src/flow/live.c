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

/* ---- comparing -------------------------------------------------------------------------------------------- */

typedef struct Comparing {
	const Scan *scan;
	GPtrArray *manifests; /* Manifest, borrowed, of each wish */
	GArray *wishes;       /* ClusterWish */
	GHashTable *sought;   /* "kind of ClusterKind/namespace/name" → itself */
	Drift **drifts;       /* of each wish, or NULL */
	bool *seen;
	uint32_t unread;
} Comparing;

/* Of a Secret it only counts that it is there. */
static void compare(size_t at, const Json *live, void *data)
{
	const Comparing *comparing = data;
	const Manifest *manifest = comparing->manifests->pdata[at];
	if (comparing->seen[at])
		return;
	comparing->seen[at] = true;
	if (g_array_index(comparing->wishes, ClusterWish, at).metadata)
		return;
	Drift *drift = drift_new(comparing->scan, manifest, false);
	object_drift(manifest->object, live, drift->changes);
	if (drift->changes->len)
		comparing->drifts[at] = drift;
	else
		drift_free(drift);
}

static bool want(Comparing *comparing, Cluster *cluster, const Manifest *manifest, GError **error)
{
	const char *version = json_text_at(manifest->object, "apiVersion"),
	           *name = json_text_at(manifest->object, "metadata.name"),
	           *word = json_text_at(manifest->object, "kind"),
	           *namespace = json_text_at(manifest->object, "metadata.namespace");
	g_autoptr(GError) failure = NULL;
	const ClusterKind *kind = version && word && name ? cluster_kind(cluster, version, word, &failure) : NULL;
	if (failure) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return false;
	}
	if (!kind) {
		comparing->unread++;
		return true;
	}
	namespace = !kind->namespaced ? NULL : namespace ? namespace : cluster_access(cluster)->namespace;
	char *key = g_strdup_printf("%p/%s/%s", (const void *)kind, namespace ? namespace : "", name);
	if (!g_hash_table_add(comparing->sought, key))
		return true;
	ClusterWish wish = {
	        .kind = kind, .namespace = namespace, .name = name, .metadata = strcmp(word, "Secret") == 0};
	g_array_append_val(comparing->wishes, wish);
	g_ptr_array_add(comparing->manifests, (void *)manifest);
	return true;
}

/* Those that differ and those that are not there, in the order of the files. */
static GPtrArray *take_drifts(Comparing *comparing)
{
	GPtrArray *drifts = g_ptr_array_new_with_free_func(drift_free);
	for (guint i = 0; i < comparing->wishes->len; i++) {
		bool refused = g_array_index(comparing->wishes, ClusterWish, i).refused;
		if (comparing->drifts[i])
			g_ptr_array_add(drifts, comparing->drifts[i]);
		else if (!comparing->seen[i] && !refused)
			g_ptr_array_add(drifts, drift_new(comparing->scan, comparing->manifests->pdata[i], true));
		comparing->unread += refused;
	}
	return drifts;
}

GPtrArray *live_drift(
        Cluster *cluster, const Scan *scan, const ObjectSet *objects, uint32_t *ret_unread, GError **error)
{
	g_autoptr(GPtrArray) manifests = g_ptr_array_new();
	g_autoptr(GArray) wishes = g_array_new(FALSE, TRUE, sizeof(ClusterWish));
	g_autoptr(GHashTable) sought = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	Comparing comparing = {.scan = scan, .manifests = manifests, .wishes = wishes, .sought = sought};
	for (guint i = 0; i < objects->manifests->len; i++) {
		const Manifest *manifest = &g_array_index(objects->manifests, Manifest, i);
		if (!object_has_twin(objects, manifest) && !want(&comparing, cluster, manifest, error))
			return NULL;
	}
	g_autofree Drift **drifts = g_new0(Drift *, wishes->len + 1);
	g_autofree bool *seen = g_new0(bool, wishes->len + 1);
	comparing.drifts = drifts;
	comparing.seen = seen;
	bool fine = cluster_find(cluster, (ClusterWish *)wishes->data, wishes->len, compare, &comparing, error);
	g_autoptr(GPtrArray) found = take_drifts(&comparing);
	*ret_unread = comparing.unread;
	return fine ? g_steal_pointer(&found) : NULL;
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
