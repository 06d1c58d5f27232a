/* What is wrong with a cluster beside its pods. Each list is asked for by itself, since a role may hold back any. */
#include "cluster/inner.h"

#define ALMOST 0.9 /* of a quota */

typedef struct Noting {
	Survey *survey;
	GHashTable *answered; /* "namespace/service" → itself: has an endpoint that is ready */
} Noting;

static void note(Survey *survey, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void note(Survey *survey, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_ptr_array_add(survey->notes, g_strdup_vprintf(format, args));
	va_end(args);
}

static char *title_of(const Json *object)
{
	return g_strdup_printf(
	        "%s/%s", json_text_at(object, "metadata.namespace"), json_text_at(object, "metadata.name"));
}

static void note_claim(const Json *claim, void *data)
{
	g_autofree char *title = title_of(claim);
	const char *phase = json_text_at(claim, "status.phase"), *class = json_text_at(claim, "spec.storageClassName");
	if (g_strcmp0(phase, "Pending") == 0)
		note(((Noting *)data)->survey, "claim %s waits for a volume%s%s", title, class ? " of " : "",
		        class ? class : "");
	else if (g_strcmp0(phase, "Lost") == 0)
		note(((Noting *)data)->survey, "claim %s has lost its volume %s", title,
		        json_text_at(claim, "spec.volumeName"));
}

static void note_slice(const Json *slice, void *data)
{
	const char *service = json_text(json_get(json_at(slice, "metadata.labels"), "kubernetes.io/service-name"));
	JSON_EACH (json_get(slice, "endpoints"), endpoint)
		if (service && json_true_at(endpoint, "conditions.ready", true))
			g_hash_table_add(((Noting *)data)->answered,
			        g_strdup_printf("%s/%s", json_text_at(slice, "metadata.namespace"), service));
}

static void note_service(const Json *service, void *data)
{
	g_autofree char *title = title_of(service);
	if (json_count(json_at(service, "spec.selector")) && !g_hash_table_contains(((Noting *)data)->answered, title))
		note(((Noting *)data)->survey, "Service %s has nobody who answers for it", title);
}

static void note_quota(const Json *quota, void *data)
{
	g_autofree char *title = title_of(quota);
	const Json *used = json_at(quota, "status.used");
	JSON_MEMBERS (json_at(quota, "status.hard"), name, most) {
		g_autofree char *most_text = json_scalar(most), *used_text = json_scalar(json_get(used, name));
		g_autoptr(Json) pair = json_new_map();
		json_set_text(pair, "most", most_text);
		json_set_text(pair, "used", used_text);
		double limit = (double)amount_at(pair, "most", 1000), now = (double)amount_at(pair, "used", 1000);
		if (limit > 0 && now >= limit * ALMOST)
			note(((Noting *)data)->survey, "quota %s: %s of %s %s", title, used_text, most_text, name);
	}
}

static void note_scaler(const Json *scaler, void *data)
{
	static const char *const types[] = {"AbleToScale", "ScalingActive"};
	g_autofree char *title = title_of(scaler);
	for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
		const Json *condition = condition_of(scaler, types[i]);
		if (g_strcmp0(json_text_at(condition, "status"), "False") == 0 &&
		        g_strcmp0(json_text_at(condition, "reason"), "ScalingDisabled") != 0)
			note(((Noting *)data)->survey, "scaler %s does not work: %s", title,
			        json_text_at(condition, "message"));
	}
}

static void note_namespace(const Json *namespace, void *data)
{
	const char *since = json_text_at(namespace, "metadata.deletionTimestamp");
	if (since)
		note(((Noting *)data)->survey, "namespace %s is being deleted since %s",
		        json_text_at(namespace, "metadata.name"), since);
}

void survey_notes(Survey *survey, Cluster *cluster, const char *namespace)
{
	static const struct {
		const char *group, *plural;
		ClusterEach each;
	} lists[] = {{"/api/v1", "persistentvolumeclaims", note_claim},
	        {"/apis/discovery.k8s.io/v1", "endpointslices", note_slice}, {"/api/v1", "services", note_service},
	        {"/api/v1", "resourcequotas", note_quota},
	        {"/apis/autoscaling/v2", "horizontalpodautoscalers", note_scaler}};
	g_autoptr(GHashTable) answered = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	Noting noting = {survey, answered};
	bool slices = true;
	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
		g_autofree char *path =
		        namespace ? g_strdup_printf("%s/namespaces/%s/%s", lists[i].group, namespace, lists[i].plural)
		                  : g_strdup_printf("%s/%s", lists[i].group, lists[i].plural);
		if (lists[i].each == note_service && !slices)
			continue;
		bool read = cluster_list(cluster, path, lists[i].each, &noting, NULL, NULL);
		slices &= read || lists[i].each != note_slice;
	}
	if (!namespace)
		cluster_list(cluster, "/api/v1/namespaces", note_namespace, &noting, NULL, NULL);
}
