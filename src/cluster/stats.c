/* What is used, where no metrics-server says it: by the kubelets' summaries, and by Prometheus or VictoriaMetrics in
 * the cluster, both through the API server. Either needs rights that are more than to look (nodes/proxy,
 * services/proxy), so a refusal is no error, and the first one ends the asking. */
#include "cluster/inner.h"

#define THREADS 4u

/* ---- kubelets -------------------------------------------------------------------------------------------- */

typedef struct Summaries {
	const GPtrArray *nodes;
	Json **answers; /* of each node, or NULL */
} Summaries;

static void ask_kubelet(Cluster *connection, size_t at, void *data, GError **error)
{
	Summaries *asking = data;
	g_autoptr(GError) failure = NULL;
	g_autofree char *path =
	        g_strdup_printf("/api/v1/nodes/%s/proxy/stats/summary", (char *)asking->nodes->pdata[at]);
	asking->answers[at] = cluster_get(connection, path, &failure);
	if (cluster_said(failure, 403))
		g_propagate_error(error, g_steal_pointer(&failure));
}

bool cluster_summaries(Cluster *cluster, const GPtrArray *nodes, ClusterEach each, void *data)
{
	g_autofree Json **answers = g_new0(Json *, MAX(nodes->len, 1));
	Summaries asking = {nodes, answers};
	g_autoptr(GError) refused = NULL;
	bool any = false;
	cluster_share(cluster, nodes->len, THREADS, ask_kubelet, &asking, &refused);
	for (guint i = 0; i < nodes->len; i++) {
		if (answers[i])
			each(answers[i], data);
		any |= answers[i] != NULL;
		json_drop(answers[i]);
	}
	return any;
}

/* ---- Prometheus ------------------------------------------------------------------------------------------ */

/* The path of a server's API behind the API server, as the first Service with the label has it. */
static void keep_server(const Json *service, void *data)
{
	static const char *const names[] = {"http", "web", "http-web"};
	char **server = data;
	const Json *chosen = json_item(json_at(service, "spec.ports"), 0);
	if (*server || json_count(json_at(service, "spec.ports")) == 0)
		return;
	JSON_EACH (json_at(service, "spec.ports"), port)
		for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
			if (g_strcmp0(json_text_at(port, "name"), names[i]) == 0)
				chosen = port;
	*server = g_strdup_printf("/api/v1/namespaces/%s/services/%s:%d/proxy",
	        json_text_at(service, "metadata.namespace"), json_text_at(service, "metadata.name"),
	        (int)json_number_at(chosen, "port", 9090));
}

/* By the labels that their charts and operators give them. */
static char *find_server(Cluster *cluster)
{
	static const char *const labels[] = {"operated-prometheus=true",
	        "app.kubernetes.io/name=prometheus,app.kubernetes.io/component!=alertmanager", "app=prometheus",
	        "app.kubernetes.io/name=vmsingle", "app.kubernetes.io/name=victoria-metrics-single"};
	char *server = NULL;
	for (size_t i = 0; !server && i < G_N_ELEMENTS(labels); i++) {
		g_autofree char *selector = http_escape(labels[i]),
		                *path = g_strdup_printf("/api/v1/services?labelSelector=%s", selector);
		g_autoptr(GError) failure = NULL;
		if (!cluster_list(cluster, path, keep_server, &server, NULL, &failure))
			break;
	}
	return server;
}

bool cluster_series(Cluster *cluster, ClusterEach each, void *data)
{
	static const char *const queries[] = {"max by (namespace,pod,container,__name__) "
	                                      "(container_memory_working_set_bytes{container!=\"\",pod!=\"\"})",
	        "sum by (namespace,pod,container) "
	        "(rate(container_cpu_usage_seconds_total{container!=\"\",pod!=\"\"}[10m]))"};
	const gint64 week = 7 * 86400;
	gint64 now = g_get_real_time() / G_USEC_PER_SEC;
	g_autofree char *server = find_server(cluster);
	bool any = false;
	for (size_t i = 0; server && i < G_N_ELEMENTS(queries); i++) {
		g_autofree char *query = http_escape(queries[i]);
		g_autofree char *path = g_strdup_printf("%s/api/v1/query_range?query=%s&start=%" G_GINT64_FORMAT
		                                        "&end=%" G_GINT64_FORMAT "&step=1800",
		        server, query, now - week, now);
		g_autoptr(GError) failure = NULL;
		g_autoptr(Json) answer = cluster_get(cluster, path, &failure);
		if (json_count(json_at(answer, "data.result")) > 0) {
			each(answer, data);
			any = true;
		}
	}
	return any;
}
