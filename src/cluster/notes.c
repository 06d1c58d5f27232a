/* What is wrong with a cluster beside its pods. Each list stands for itself, since a role may hold back any. */
#include "cluster/inner.h"

#define ALMOST 0.9 /* of a quota */

struct Noting {
	Survey *survey;
	GHashTable *answered; /* "namespace/service" → itself: has an endpoint that is ready */
	GPtrArray *services;  /* char *: those that choose pods */
	guint slices;         /* which of the listings tells who answers */
};

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
	if (json_count(json_at(service, "spec.selector")))
		g_ptr_array_add(((Noting *)data)->services, title_of(service));
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

Noting *noting_new(Survey *survey, const char *namespace, GArray *listings)
{
	static const struct {
		const char *group, *plural;
		ClusterEach each;
	} lists[] = {{"/api/v1", "persistentvolumeclaims", note_claim},
	        {"/apis/discovery.k8s.io/v1", "endpointslices", note_slice}, {"/api/v1", "services", note_service},
	        {"/api/v1", "resourcequotas", note_quota},
	        {"/apis/autoscaling/v2", "horizontalpodautoscalers", note_scaler}};
	Noting *noting = g_new0(Noting, 1);
	noting->survey = survey;
	noting->answered = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	noting->services = g_ptr_array_new_with_free_func(g_free);
	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
		if (lists[i].each == note_slice)
			noting->slices = listings->len;
		survey_add_list(listings, lists[i].group, namespace, lists[i].plural, lists[i].each, noting);
	}
	if (!namespace)
		survey_add_list(listings, "/api/v1", NULL, "namespaces", note_namespace, noting);
	return noting;
}

void noting_finish(Noting *noting, const GArray *listings)
{
	bool known = !g_array_index(listings, ClusterListing, noting->slices).error;
	for (guint i = 0; known && i < noting->services->len; i++) {
		const char *title = noting->services->pdata[i];
		if (!g_hash_table_contains(noting->answered, title))
			note(noting->survey, "Service %s has nobody who answers for it", title);
	}
	g_hash_table_unref(noting->answered);
	g_ptr_array_unref(noting->services);
	g_free(noting);
}
