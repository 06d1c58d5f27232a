/* The cluster as it is now: nodes with what is asked of them, pods, and what they use where the cluster measures it.
 * All lists are asked for at once, and read in their order, page by page; what is read is reduced at once. */
#include "cluster/inner.h"

typedef struct Surveying {
	Survey *survey;
	GHashTable *nodes;      /* name → ClusterNode */
	GHashTable *containers; /* id → LiveContainer; NULL until metrics come, which is after all pods */
} Surveying;

/* ---- nodes ----------------------------------------------------------------------------------------------- */

static void node_free(void *data)
{
	ClusterNode *node = data;
	g_free(node->name);
	g_free(node->version);
	g_free(node->architecture);
	g_free(node->address);
	g_free(node->problem);
	g_free(node);
}

/* The first condition that is not as it should be. */
static char *node_problem(const Json *json)
{
	const Json *ready = condition_of(json, "Ready");
	const char *status = json_text_at(ready, "status");
	if (g_strcmp0(status, "True") != 0)
		return g_strdup_printf("not ready: %s",
		        json_text_at(ready, "message") ? json_text_at(ready, "message") : "it has never been");
	JSON_EACH (json_at(json, "status.conditions"), condition) {
		const char *type = json_text_at(condition, "type"), *message = json_text_at(condition, "message");
		if (condition != ready && g_strcmp0(json_text_at(condition, "status"), "True") == 0 && type &&
		        (g_str_has_suffix(type, "Pressure") || strcmp(type, "NetworkUnavailable") == 0))
			return g_strdup_printf("%s%s%s", type, message ? ": " : "", message ? message : "");
	}
	return NULL;
}

static void add_node(const Json *json, void *data)
{
	Surveying *surveying = data;
	ClusterNode *node = g_new0(ClusterNode, 1);
	node->name = g_strdup(json_text_at(json, "metadata.name"));
	node->version = g_strdup(json_text_at(json, "status.nodeInfo.kubeletVersion"));
	node->architecture = g_strdup(json_text_at(json, "status.nodeInfo.architecture"));
	node->problem = node_problem(json);
	JSON_EACH (json_at(json, "status.addresses"), address)
		if (!node->address && g_strcmp0(json_text_at(address, "type"), "InternalIP") == 0)
			node->address = g_strdup(json_text_at(address, "address"));
	node->ready = g_strcmp0(json_text_at(condition_of(json, "Ready"), "status"), "True") == 0;
	node->cordoned = json_true_at(json, "spec.unschedulable", false);
	node->cpu = (double)amount_at(json, "status.allocatable.cpu", 1000) / 1000;
	node->memory = (uint64_t)amount_at(json, "status.allocatable.memory", 1);
	node->most_pods = (uint32_t)amount_at(json, "status.allocatable.pods", 1);
	node->cpu_used = -1;
	g_ptr_array_add(surveying->survey->nodes, node);
	g_hash_table_insert(surveying->nodes, node->name, node);
}

/* ---- pods ------------------------------------------------------------------------------------------------ */

static void add_pod(const Json *pod, void *data)
{
	Surveying *surveying = data;
	const char *name = json_text_at(pod, "spec.nodeName"), *phase = json_text_at(pod, "status.phase");
	ClusterNode *node = name ? g_hash_table_lookup(surveying->nodes, name) : NULL;
	bool over = g_strcmp0(phase, "Succeeded") == 0 || g_strcmp0(phase, "Failed") == 0;
	if (node && !over) {
		int64_t cpu, memory;
		pod_asks(pod, &cpu, &memory);
		node->cpu_asked += (double)cpu / 1000;
		node->memory_asked += (uint64_t)memory;
		node->pods++;
	}
	live_add_pod(surveying->survey->live, pod);
}

/* ---- metrics --------------------------------------------------------------------------------------------- */

static LiveContainer *find_container(Surveying *surveying, const char *id)
{
	const GPtrArray *all = surveying->survey->live->containers;
	if (!surveying->containers) {
		surveying->containers = g_hash_table_new(g_str_hash, g_str_equal);
		for (guint i = 0; i < all->len; i++) {
			LiveContainer *container = all->pdata[i];
			g_hash_table_insert(surveying->containers, container->id, container);
		}
	}
	return g_hash_table_lookup(surveying->containers, id);
}

static void add_pod_use(const Json *metrics, void *data)
{
	Surveying *surveying = data;
	JSON_EACH (json_get(metrics, "containers"), use) {
		g_autofree char *id = g_strdup_printf("%s/%s/%s", json_text_at(metrics, "metadata.namespace"),
		        json_text_at(metrics, "metadata.name"), json_text_at(use, "name"));
		LiveContainer *container = find_container(surveying, id);
		if (container) {
			container->memory = (uint64_t)amount_at(use, "usage.memory", 1);
			container->cpu = (double)amount_at(use, "usage.cpu", 1000) / 1000;
		}
	}
}

static void add_node_use(const Json *metrics, void *data)
{
	Surveying *surveying = data;
	const char *name = json_text_at(metrics, "metadata.name");
	ClusterNode *node = name ? g_hash_table_lookup(surveying->nodes, name) : NULL;
	if (!node)
		return;
	node->memory_used = (uint64_t)amount_at(metrics, "usage.memory", 1);
	node->cpu_used = (double)amount_at(metrics, "usage.cpu", 1000) / 1000;
	surveying->survey->measured = true;
}

/* The same by a kubelet: cores in billionths, and the working set, which is what counts against a limit. */
static void add_summary(const Json *summary, void *data)
{
	Surveying *surveying = data;
	const char *name = json_text_at(summary, "node.nodeName");
	ClusterNode *node = name ? g_hash_table_lookup(surveying->nodes, name) : NULL;
	if (node) {
		node->memory_used = (uint64_t)json_number_at(summary, "node.memory.workingSetBytes", 0);
		node->cpu_used = (double)json_number_at(summary, "node.cpu.usageNanoCores", 0) / 1e9;
		surveying->survey->measured = true;
	}
	JSON_EACH (json_get(summary, "pods"), pod)
		JSON_EACH (json_get(pod, "containers"), use) {
			g_autofree char *id = g_strdup_printf("%s/%s/%s", json_text_at(pod, "podRef.namespace"),
			        json_text_at(pod, "podRef.name"), json_text_at(use, "name"));
			LiveContainer *container = find_container(surveying, id);
			if (!container)
				continue;
			container->memory = (uint64_t)json_number_at(use, "memory.workingSetBytes", 0);
			container->cpu = (double)json_number_at(use, "cpu.usageNanoCores", 0) / 1e9;
		}
}

#define MOST_KUBELETS 100 /* that are asked one by one */

static void measure_by_kubelets(Surveying *surveying, Cluster *cluster)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	for (guint i = 0; i < surveying->survey->nodes->len; i++) {
		const ClusterNode *node = surveying->survey->nodes->pdata[i];
		if (node->ready)
			g_ptr_array_add(names, node->name);
	}
	if (names->len <= MOST_KUBELETS)
		cluster_summaries(cluster, names, add_summary, surveying);
}

/* ---- all ------------------------------------------------------------------------------------------------- */

static gint node_by_name(gconstpointer a, gconstpointer b)
{
	const ClusterNode *const *one = a, *const *other = b;
	return strcmp((*one)->name, (*other)->name);
}

void survey_add_list(
        GArray *listings, const char *group, const char *namespace, const char *plural, ClusterEach each, void *data)
{
	ClusterListing listing = {.path = namespace ? g_strdup_printf("%s/namespaces/%s/%s", group, namespace, plural)
	                                            : g_strdup_printf("%s/%s", group, plural),
	        .each = each,
	        .data = data};
	g_array_append_val(listings, listing);
}

static void listing_clear(void *data)
{
	ClusterListing *listing = data;
	g_free((char *)listing->path);
	g_clear_error(&listing->error);
}

/* Where they stand among the listings, and among those of what is used. */
enum { NODES, PODS };
enum { NODE_USE, POD_USE };

static void add_lists(Surveying *surveying, const SurveyOptions *options, GArray *listings)
{
	/* Most of what a pod says is how it is to be run. */
	static const char *const unread[] = {"volumes", "volumeMounts", "env", "envFrom", "tolerations", "affinity",
	        "ports", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "annotations", NULL};
	survey_add_list(listings, "/api/v1", NULL, "nodes", add_node, surveying);
	survey_add_list(listings, "/api/v1", options->namespace, "pods", add_pod, surveying);
	g_array_index(listings, ClusterListing, PODS).without = unread;
}

static void add_uses(Surveying *surveying, const SurveyOptions *options, GArray *listings)
{
	static const char metrics[] = "/apis/metrics.k8s.io/v1beta1";
	survey_add_list(listings, metrics, NULL, "nodes", add_node_use, surveying);
	survey_add_list(listings, metrics, options->namespace, "pods", add_pod_use, surveying);
}

/* Who may only read one namespace has no nodes to show. */
static bool is_read(Survey *survey, GArray *listings, GError **error)
{
	GError **nodes = &g_array_index(listings, ClusterListing, NODES).error,
	       **pods = &g_array_index(listings, ClusterListing, PODS).error;
	if (cluster_said(*nodes, 403)) {
		g_ptr_array_add(survey->notes, g_strdup_printf("nodes are not shown: %.*s",
		                                       (int)strcspn((*nodes)->message, "\n"), (*nodes)->message));
		g_clear_error(nodes);
	}
	GError **failure = *nodes ? nodes : pods;
	bool fine = !*failure;
	if (!fine)
		g_propagate_error(error, g_steal_pointer(failure));
	return fine;
}

static GArray *listings_new(void)
{
	GArray *listings = g_array_new(FALSE, TRUE, sizeof(ClusterListing));
	g_array_set_clear_func(listings, listing_clear);
	return listings;
}

static void keep_paths(Survey *survey, const GArray *listings)
{
	for (guint i = 0; i < listings->len; i++) {
		const ClusterListing *listing = &g_array_index(listings, ClusterListing, i);
		if (!listing->error)
			g_ptr_array_add(survey->paths, g_strdup(listing->path));
	}
}

/* Many clusters have no metrics server, which is no error. */
void survey_measure(Survey *survey, Cluster *cluster, const SurveyOptions *options)
{
	if (options->quick)
		return;
	g_autoptr(GHashTable) nodes = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GArray) listings = listings_new();
	Surveying surveying = {survey, nodes, NULL};
	for (guint i = 0; i < survey->nodes->len; i++) {
		ClusterNode *node = survey->nodes->pdata[i];
		g_hash_table_insert(nodes, node->name, node);
	}
	add_uses(&surveying, options, listings);
	cluster_gather(cluster, (ClusterListing *)listings->data, listings->len);
	if (g_array_index(listings, ClusterListing, NODE_USE).error)
		measure_by_kubelets(&surveying, cluster);
	g_clear_pointer(&surveying.containers, g_hash_table_unref);
}

Survey *survey_new(Cluster *cluster, const SurveyOptions *options, GError **error)
{
	g_autoptr(Survey) survey = g_new0(Survey, 1);
	survey->live = live_new_empty();
	survey->nodes = g_ptr_array_new_with_free_func(node_free);
	survey->notes = g_ptr_array_new_with_free_func(g_free);
	survey->paths = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GHashTable) nodes = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GArray) listings = listings_new();
	Surveying surveying = {survey, nodes, NULL};
	add_lists(&surveying, options, listings);
	Noting *noting = options->quick ? NULL : noting_new(survey, options->namespace, listings);
	cluster_gather(cluster, &g_array_index(listings, ClusterListing, 0), listings->len);
	if (noting)
		noting_finish(noting, listings);
	keep_paths(survey, listings);
	if (!is_read(survey, listings, error))
		return NULL;
	g_ptr_array_sort(survey->nodes, node_by_name);
	live_sort(survey->live);
	survey_measure(survey, cluster, options);
	return g_steal_pointer(&survey);
}

void survey_free(Survey *survey)
{
	if (!survey)
		return;
	live_free(survey->live);
	g_ptr_array_unref(survey->nodes);
	g_ptr_array_unref(survey->notes);
	g_ptr_array_unref(survey->paths);
	g_free(survey);
}
