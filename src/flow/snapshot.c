/* What a cluster says of itself, as texts that `kubectl get -o json` would print: the lists of what rules ask about,
 * each with the API's path as its name. Kinds that a cluster does not have, and those that may not be read, are left
 * out: a rule then says nothing of them, and the second is told.
 *
 * Of ConfigMaps and Secrets only the names come over the network, but for Secrets that are certificates for TLS: of
 * those the end is worked out here, and nothing else of them is handed on. What `kubectl apply` keeps in an annotation
 * would hold values as well, and goes from every object. */
#include "flow/live.h"

#include "base/error.h"
#include "base/http.h"

typedef enum Form { WHOLE, NAMES, ENDS } Form;

typedef struct Listing {
	const char *version, *plural, *kind, *query;
	Form form;
	bool needed; /* without it nothing can be said */
} Listing;

static const Listing listings[] = {
        {"v1", "nodes", "Node", "", WHOLE, true},
        {"v1", "pods", "Pod", "", WHOLE, true},
        {"v1", "namespaces", "Namespace", "", WHOLE, false},
        {"v1", "services", "Service", "", WHOLE, false},
        {"v1", "persistentvolumeclaims", "PersistentVolumeClaim", "", WHOLE, false},
        {"v1", "persistentvolumes", "PersistentVolume", "", WHOLE, false},
        {"v1", "resourcequotas", "ResourceQuota", "", WHOLE, false},
        {"v1", "events", "Event", "?fieldSelector=type%3DWarning", WHOLE, false},
        {"v1", "configmaps", "ConfigMap", "", NAMES, false},
        {"v1", "secrets", "Secret", "", NAMES, false},
        {"v1", "serviceaccounts", "ServiceAccount", "", NAMES, false},
        {"v1", "secrets", "Secret", "?fieldSelector=type%3Dkubernetes.io%2Ftls", ENDS, false},
        {"apps/v1", "deployments", "Deployment", "", WHOLE, false},
        {"apps/v1", "statefulsets", "StatefulSet", "", WHOLE, false},
        {"apps/v1", "daemonsets", "DaemonSet", "", WHOLE, false},
        {"batch/v1", "jobs", "Job", "", WHOLE, false},
        {"batch/v1", "cronjobs", "CronJob", "", WHOLE, false},
        {"autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", "", WHOLE, false},
        {"discovery.k8s.io/v1", "endpointslices", "EndpointSlice", "", WHOLE, false},
        {"networking.k8s.io/v1", "ingresses", "Ingress", "", WHOLE, false},
        {"networking.k8s.io/v1", "ingressclasses", "IngressClass", "", WHOLE, false},
        {"storage.k8s.io/v1", "storageclasses", "StorageClass", "", WHOLE, false},
        {"scheduling.k8s.io/v1", "priorityclasses", "PriorityClass", "", WHOLE, false},
        {"rbac.authorization.k8s.io/v1", "roles", "Role", "", NAMES, false},
        {"rbac.authorization.k8s.io/v1", "clusterroles", "ClusterRole", "", NAMES, false},
        {"cert-manager.io/v1", "certificates", "Certificate", "", WHOLE, false},
        {"cert-manager.io/v1", "issuers", "Issuer", "", NAMES, false},
        {"cert-manager.io/v1", "clusterissuers", "ClusterIssuer", "", NAMES, false},
        {"traefik.io/v1alpha1", "middlewares", "Middleware", "", NAMES, false},
        {"helm.cattle.io/v1", "helmcharts", "HelmChart", "", WHOLE, false},
        {"helm.cattle.io/v1", "helmchartconfigs", "HelmChartConfig", "", NAMES, false},
        {"metrics.k8s.io/v1beta1", "pods", "PodMetrics", "", WHOLE, false},
};

typedef struct Snapshot {
	Cluster *cluster;
	LiveText *texts[G_N_ELEMENTS(listings)];
	GString *withheld; /* "secrets, events": what may not be read */
	gint next;
	GMutex lock;
	GError *error;
} Snapshot;

/* ---- one list -------------------------------------------------------------------------------------------- */

static char *list_path(const Listing *listing)
{
	return g_strdup_printf("%s/%s/%s%s", strchr(listing->version, '/') ? "/apis" : "/api", listing->version,
	        listing->plural, listing->query);
}

static void append_item(const Json *item, void *items)
{
	Json *copy = json_clone(item), *metadata = json_get(copy, "metadata");
	if (metadata)
		json_remove(metadata, "managedFields");
	if (json_get(metadata, "annotations"))
		json_remove(json_get(metadata, "annotations"), "kubectl.kubernetes.io/last-applied-configuration");
	json_append(items, copy);
}

/* Nothing but what it is called, and who made it. */
static Json *named(const Json *item)
{
	static const char *const kept[] = {"name", "namespace", "labels", "ownerReferences"};
	Json *out = json_new_map(), *metadata = json_map_in(out, "metadata");
	for (size_t i = 0; i < G_N_ELEMENTS(kept); i++) {
		const Json *value = json_get(json_get(item, "metadata"), kept[i]);
		if (value)
			json_set(metadata, kept[i], json_clone(value));
	}
	return out;
}

static void append_name(const Json *item, void *items)
{
	json_append(items, named(item));
}

/* The day on which a certificate ends; those that cert-manager keeps are told of by their Certificate. */
static void append_end(const Json *item, void *items)
{
	const char *encoded = json_text(json_get(json_get(item, "data"), "tls.crt"));
	gsize length = 0;
	g_autofree guchar *bytes = encoded ? g_base64_decode(encoded, &length) : NULL;
	g_autoptr(GTlsCertificate) certificate =
	        bytes ? g_tls_certificate_new_from_pem((const char *)bytes, (gssize)length, NULL) : NULL;
	g_autoptr(GDateTime) end = certificate ? g_tls_certificate_get_not_valid_after(certificate) : NULL;
	g_autofree char *day = end ? g_date_time_format(end, "%Y-%m-%d") : NULL;
	const Json *notes = json_at(item, "metadata.annotations");
	if (!day || json_get(notes, "cert-manager.io/certificate-name"))
		return;
	Json *out = named(item);
	json_set_text(json_map_in(out, "status"), "notAfter", day);
	json_append(items, out);
}

static bool read_list(Cluster *cluster, const Listing *listing, char **ret_text, GError **error)
{
	g_autofree char *path = list_path(listing), *kind = g_strconcat(listing->kind, "List", NULL);
	g_autoptr(Json) list = json_new_map();
	json_set_text(list, "kind", kind);
	json_set_text(list, "apiVersion", listing->version);
	Json *items = json_list_in(list, "items");
	bool read = listing->form == NAMES
	                    ? cluster_list_metadata(cluster, path, append_name, items, error)
	                    : cluster_list(cluster, path, listing->form == ENDS ? append_end : append_item, items, NULL,
	                              error);
	*ret_text = read ? json_print(list) : NULL;
	return read;
}

/* ---- all of them ------------------------------------------------------------------------------------------ */

void live_text_free(void *data)
{
	LiveText *text = data;
	g_free(text->path);
	g_free(text->text);
	g_free(text);
}

static LiveText *live_text_new(const Cluster *cluster, const char *name, char *take_text)
{
	LiveText *text = g_new0(LiveText, 1);
	text->path = g_strdup_printf("cluster:%s/%s", cluster_access(cluster)->context, name);
	text->text = take_text;
	return text;
}

static void keep_failure(Snapshot *snapshot, const Listing *listing, GError *take_failure)
{
	g_autoptr(GError) failure = take_failure;
	bool refused = cluster_said(failure, 403), absent = cluster_said(failure, 404);
	g_mutex_lock(&snapshot->lock);
	if (refused && !listing->needed && listing->form != ENDS)
		g_string_append_printf(
		        snapshot->withheld, "%s%s", snapshot->withheld->len ? ", " : "", listing->plural);
	else if (!snapshot->error && !absent && !(refused && !listing->needed) &&
	         !(listing->kind && strcmp(listing->kind, "PodMetrics") == 0))
		snapshot->error = g_steal_pointer(&failure);
	g_mutex_unlock(&snapshot->lock);
}

static void *read_some(void *data)
{
	Snapshot *snapshot = data;
	g_autoptr(GError) failure = NULL;
	g_autoptr(Cluster) cluster = cluster_again(snapshot->cluster, &failure);
	gint at;
	while (cluster && (at = g_atomic_int_add(&snapshot->next, 1)) < (gint)G_N_ELEMENTS(listings)) {
		const Listing *listing = &listings[at];
		char *text;
		g_autoptr(GError) unread = NULL;
		g_autofree char *name = g_strdup_printf(
		        "%s/%s%s", listing->version, listing->plural, listing->form == ENDS ? "?tls" : "");
		if (read_list(cluster, listing, &text, &unread))
			snapshot->texts[at] = live_text_new(cluster, name, text);
		else
			keep_failure(snapshot, listing, g_steal_pointer(&unread));
	}
	if (failure)
		keep_failure(snapshot, &listings[0], g_steal_pointer(&failure));
	return NULL;
}

static GPtrArray *texts_of(Snapshot *snapshot)
{
	GPtrArray *texts = g_ptr_array_new_with_free_func(live_text_free);
	for (size_t i = 0; i < G_N_ELEMENTS(listings); i++)
		if (snapshot->texts[i])
			g_ptr_array_add(texts, snapshot->texts[i]);
	return texts;
}

/* ---- what is used ---------------------------------------------------------------------------------------- */

#define MOST_KUBELETS 100 /* that are asked one by one */

typedef struct Measuring {
	const Cluster *cluster;
	GPtrArray *texts;
	const char *what;
} Measuring;

static void add_answer(const Json *answer, void *data)
{
	Measuring *measuring = data;
	const char *node = json_text_at(answer, "node.nodeName");
	g_autofree char *name = node ? g_strdup_printf("v1/nodes/%s/stats", node)
	                             : g_strdup_printf("%s/%u", measuring->what, measuring->texts->len);
	g_ptr_array_add(measuring->texts, live_text_new(measuring->cluster, name, json_print(answer)));
}

/* Kubelets tell how full volumes are, which no metrics-server does; Prometheus tells of a week, and they of a moment.
 */
static void measure(Cluster *cluster, GPtrArray *texts)
{
	const LiveText *list = texts->len ? texts->pdata[0] : NULL;
	g_autoptr(Json) nodes = list ? json_parse(slice_from(list->text), NULL) : NULL;
	g_autoptr(GPtrArray) ready = g_ptr_array_new();
	Measuring measuring = {cluster, texts, "series"};
	JSON_EACH (json_get(nodes, "items"), node)
		if (g_strcmp0(json_text_at(condition_of(node, "Ready"), "status"), "True") == 0)
			g_ptr_array_add(ready, (char *)json_text_at(node, "metadata.name"));
	if (ready->len <= MOST_KUBELETS)
		cluster_summaries(cluster, ready, add_answer, &measuring);
	cluster_series(cluster, add_answer, &measuring);
}

GPtrArray *live_texts(Cluster *cluster, GString *notes, GError **error)
{
	GThread *threads[4];
	Snapshot snapshot = {.cluster = cluster, .withheld = g_string_new(NULL)};
	g_mutex_init(&snapshot.lock);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("snapshot", read_some, &snapshot);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		g_thread_join(threads[i]);
	g_mutex_clear(&snapshot.lock);
	if (snapshot.withheld->len && notes)
		g_string_append_printf(notes, "note: what this user may not read of the cluster is not looked at: %s\n",
		        snapshot.withheld->str);
	g_string_free(snapshot.withheld, TRUE);
	g_autoptr(GPtrArray) texts = texts_of(&snapshot);
	if (!snapshot.error) {
		measure(cluster, texts);
		return g_steal_pointer(&texts);
	}
	g_propagate_error(error, snapshot.error);
	return NULL;
}
