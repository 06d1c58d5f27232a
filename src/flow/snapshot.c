/* What a cluster says of itself: the lists of what rules ask about, each page of them a file whose name is the API's
 * path, read by the sources that files have. Kinds that a cluster does not have, and those that may not be read, are
 * left out: a rule then says nothing of them, and the second is told.
 *
 * Of ConfigMaps and Secrets only the names come over the network. Secrets that are certificates for TLS are read where
 * that is asked for; of those the end is worked out here, and nothing else of them is handed on. */
#include "flow/live.h"

#include "base/error.h"
#include "base/jsontext.h"
#include "source/source.h"

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
	bool certificates;
	GPtrArray *builders, *bytes;
	GPtrArray *ready;  /* char *: nodes, the first few of them */
	GString *withheld; /* "secrets, events": what may not be read */
	gint next, unseen; /* unseen: certificates in Secrets */
	GMutex lock;       /* over all of these */
	GError *error;
} Snapshot;

/* One thread of those that read. */
typedef struct Reading {
	Snapshot *snapshot;
	GraphBuilder *builder;
	Arena *arena;
	const Listing *listing;
	uint32_t page;
} Reading;

#define MOST_KUBELETS 100 /* that are asked one by one */

/* ---- one list -------------------------------------------------------------------------------------------- */

static char *list_path(const Listing *listing)
{
	return g_strdup_printf("%s/%s/%s%s", strchr(listing->version, '/') ? "/apis" : "/api", listing->version,
	        listing->plural, listing->query);
}

/* A text as a file of the cluster; both are kept as long as the graph. */
static void read_text(Reading *reading, char *take_path, char *take_text, size_t length)
{
	Snapshot *snapshot = reading->snapshot;
	Slice path = slice_from(take_path), text = {take_text, length};
	g_mutex_lock(&snapshot->lock);
	g_ptr_array_add(snapshot->bytes, take_path);
	g_ptr_array_add(snapshot->bytes, take_text);
	g_mutex_unlock(&snapshot->lock);
	SourceFile file = {.builder = reading->builder,
	        .node = graph_begin_file(reading->builder, path, text),
	        .path = path,
	        .name = path,
	        .bytes = text,
	        .arena = reading->arena};
	if (reading->listing)
		read_usage_list(&file, reading->listing->kind, reading->listing->version);
	else
		read_usage(&file);
	arena_reset(reading->arena);
}

static char *file_name(const Snapshot *snapshot, const char *name)
{
	return g_strdup_printf("cluster:%s/%s", cluster_access(snapshot->cluster)->context, name);
}

static void read_page(char *take_text, size_t length, void *data)
{
	Reading *reading = data;
	const Listing *listing = reading->listing;
	g_autofree char *name =
	        g_strdup_printf("%s/%s%s", listing->version, listing->plural, listing->form == ENDS ? "?tls" : "");
	g_autofree char *numbered = g_strdup_printf("%s/%u", name, ++reading->page);
	read_text(reading, file_name(reading->snapshot, reading->page == 1 ? name : numbered), take_text, length);
}

/* Which nodes have a kubelet that answers; no more are told than are asked one by one, and one. */
static void keep_ready(Snapshot *snapshot, Slice page)
{
	size_t at = 0;
	Slice items = jsontext_at(page, "items"), text;
	while (snapshot->ready->len <= MOST_KUBELETS && jsontext_next_item(items, &at, &text)) {
		g_autoptr(Json) node = json_parse(text, NULL);
		if (g_strcmp0(json_text_at(condition_of(node, "Ready"), "status"), "True") == 0)
			g_ptr_array_add(snapshot->ready, g_strdup(json_text_at(node, "metadata.name")));
	}
}

static void read_nodes(char *take_text, size_t length, void *data)
{
	Reading *reading = data;
	keep_ready(reading->snapshot, (Slice){take_text, length});
	read_page(take_text, length, data);
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

/* Certificates of which no Certificate of cert-manager tells. */
static void count_end(const Json *item, void *data)
{
	if (!json_get(json_at(item, "metadata.annotations"), "cert-manager.io/certificate-name"))
		g_atomic_int_inc((gint *)data);
}

/* What is handed on of Secrets is made here, item by item; who does not ask for it is told how many there are. */
static bool read_ends(Reading *reading, Cluster *cluster, const char *path, GError **error)
{
	if (!reading->snapshot->certificates)
		return cluster_list_metadata(cluster, path, count_end, &reading->snapshot->unseen, error);
	g_autoptr(Json) list = json_new_map();
	if (!cluster_list(cluster, path, append_end, json_list_in(list, "items"), NULL, error))
		return false;
	char *text = json_print(list);
	read_page(text, strlen(text), reading);
	return true;
}

static bool read_list(Reading *reading, Cluster *cluster, GError **error)
{
	const Listing *listing = reading->listing;
	g_autofree char *path = list_path(listing);
	if (listing->form == ENDS)
		return read_ends(reading, cluster, path, error);
	ClusterListing wanted = {.path = path,
	        .form = listing->form == NAMES ? LIST_METADATA : LIST_WHOLE,
	        .page = strcmp(listing->plural, "nodes") == 0 ? read_nodes : read_page,
	        .data = reading};
	if (cluster_read(cluster, &wanted, NULL))
		return true;
	g_propagate_error(error, wanted.error);
	return false;
}

/* ---- all of them ------------------------------------------------------------------------------------------ */

static void keep_failure(Snapshot *snapshot, const Listing *listing, GError *take_failure)
{
	g_autoptr(GError) failure = take_failure;
	bool refused = cluster_said(failure, 403), absent = cluster_said(failure, 404);
	g_mutex_lock(&snapshot->lock);
	if (refused && !listing->needed && !strstr(snapshot->withheld->str, listing->plural))
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
	Cluster *cluster = cluster_borrow(snapshot->cluster, &failure);
	g_autoptr(Arena) arena = arena_new();
	Reading reading = {.snapshot = snapshot, .builder = graph_builder_new(), .arena = arena};
	gint at;
	while (cluster && (at = g_atomic_int_add(&snapshot->next, 1)) < (gint)G_N_ELEMENTS(listings)) {
		g_autoptr(GError) unread = NULL;
		reading.listing = &listings[at];
		reading.page = 0;
		if (!read_list(&reading, cluster, &unread))
			keep_failure(snapshot, reading.listing, g_steal_pointer(&unread));
	}
	if (cluster)
		cluster_give_back(snapshot->cluster, cluster);
	else
		keep_failure(snapshot, &listings[0], g_steal_pointer(&failure));
	g_mutex_lock(&snapshot->lock);
	g_ptr_array_add(snapshot->builders, reading.builder);
	g_mutex_unlock(&snapshot->lock);
	return NULL;
}

/* ---- what is used ---------------------------------------------------------------------------------------- */

static void read_answer(const Json *answer, void *data)
{
	Reading *reading = data;
	const char *node = json_text_at(answer, "node.nodeName");
	g_autofree char *name =
	        node ? g_strdup_printf("v1/nodes/%s/stats", node) : g_strdup_printf("series/%u", ++reading->page);
	char *text = json_print(answer);
	read_text(reading, file_name(reading->snapshot, name), text, strlen(text));
}

/* Kubelets tell how full volumes are, which no metrics-server does; Prometheus tells of a week, and they of a moment.
 */
static void measure(Snapshot *snapshot)
{
	g_autoptr(Arena) arena = arena_new();
	Reading reading = {.snapshot = snapshot, .builder = graph_builder_new(), .arena = arena};
	if (snapshot->ready->len <= MOST_KUBELETS)
		cluster_summaries(snapshot->cluster, snapshot->ready, read_answer, &reading);
	cluster_series(snapshot->cluster, read_answer, &reading);
	g_ptr_array_add(snapshot->builders, reading.builder);
}

static void note_unread(const Snapshot *snapshot, GString *notes)
{
	if (notes && snapshot->unseen)
		g_string_append_printf(notes,
		        "note: %d certificates in Secrets are not looked at, since their keys would come along: "
		        "--tls-secrets\n",
		        snapshot->unseen);
	if (snapshot->withheld->len && notes)
		g_string_append_printf(notes, "note: what this user may not read of the cluster is not looked at: %s\n",
		        snapshot->withheld->str);
}

bool live_read(
        Cluster *cluster, bool certificates, GPtrArray *builders, GPtrArray *bytes, GString *notes, GError **error)
{
	GThread *threads[4];
	g_autoptr(GPtrArray) ready = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) withheld = g_string_new(NULL);
	Snapshot snapshot = {.cluster = cluster,
	        .certificates = certificates,
	        .builders = builders,
	        .bytes = bytes,
	        .ready = ready,
	        .withheld = withheld};
	g_mutex_init(&snapshot.lock);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("snapshot", read_some, &snapshot);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		g_thread_join(threads[i]);
	note_unread(&snapshot, notes);
	bool fine = !snapshot.error;
	if (fine)
		measure(&snapshot);
	else
		g_propagate_error(error, g_steal_pointer(&snapshot.error));
	g_mutex_clear(&snapshot.lock);
	return fine;
}
