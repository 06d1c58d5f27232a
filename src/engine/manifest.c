/* From objects to units: which pods a workload has, in which order they start, and what no engine of one machine does.
 */
#include "engine/inner.h"

static char *object_key(const char *kind, const char *namespace, const char *name)
{
	return g_strconcat(kind, "/", namespace, "/", name, NULL);
}

static const char *namespace_of(const Json *object)
{
	const char *namespace = json_text_at(object, "metadata.namespace");
	return namespace && *namespace ? namespace : "default";
}

Json *making_find(const Making *making, const char *kind, const char *namespace, const char *name)
{
	g_autofree char *key = object_key(kind, namespace, name);
	return g_hash_table_lookup(making->objects, key);
}

char *container_name(const Making *making, const char *namespace, const char *pod, const char *container)
{
	g_autofree char *plain =
	        g_strcmp0(pod, container) == 0 || (g_str_has_prefix(pod, container) && pod[strlen(container)] == '-')
	                ? g_strdup_printf("%s-%s-%s", making->wanted->project, namespace, pod)
	                : g_strdup_printf("%s-%s-%s-%s", making->wanted->project, namespace, pod, container);
	return g_steal_pointer(&plain);
}

/* ---- workloads ---------------------------------------------------------------------------------------------- */

typedef struct Workload {
	const Json *object, *template;
	const char *kind, *namespace, *name;
	Span place;
} Workload;

static void order_pod(Making *making, const Workload *workload, const char *pod, bool once, bool job)
{
	g_autofree char *title = g_strconcat(workload->kind, "/", workload->name, NULL);
	const Json *spec = json_get(workload->object, "spec");
	PodOrder order = {.namespace = workload->namespace,
	        .workload = title,
	        .name = pod,
	        .template = workload->template,
	        .claims = json_get(spec, "volumeClaimTemplates"),
	        .place = workload->place,
	        .once = once,
	        .job = job,
	        .is_job = job || strcmp(workload->kind, "Job") == 0,
	        .retries = json_number_at(job ? json_at(spec, "jobTemplate.spec") : spec, "backoffLimit", 6)};
	make_pod(making, &order);
}

static void make_replicas(Making *making, const Workload *workload)
{
	int64_t replicas = json_number_at(workload->object, "spec.replicas", 1);
	bool ordinal = strcmp(workload->kind, "StatefulSet") == 0 || replicas > 1;
	if (replicas > 100) {
		wanted_problem(making->wanted, workload->place, true,
		        "%lld replicas on one machine are more than is meant", (long long)replicas);
		return;
	}
	for (int64_t i = 0; i < replicas; i++) {
		g_autofree char *pod =
		        ordinal ? g_strdup_printf("%s-%d", workload->name, (int)i) : g_strdup(workload->name);
		order_pod(making, workload, pod, false, false);
	}
}

static void make_workload(Making *making, const Json *object, Span place)
{
	Workload workload = {object, json_at(object, "spec.template"), json_text_at(object, "kind"),
	        namespace_of(object), json_text_at(object, "metadata.name"), place};
	static const char *const replicated[] = {
	        "Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", NULL};
	if (!workload.kind || !workload.name)
		return;
	if (g_strv_contains(replicated, workload.kind))
		make_replicas(making, &workload);
	else if (strcmp(workload.kind, "DaemonSet") == 0)
		order_pod(making, &workload, workload.name, false, false);
	else if (strcmp(workload.kind, "Job") == 0)
		order_pod(making, &workload, workload.name, true, false);
	else if (strcmp(workload.kind, "CronJob") == 0) {
		workload.template = json_at(object, "spec.jobTemplate.spec.template");
		order_pod(making, &workload, workload.name, true, true);
	} else if (strcmp(workload.kind, "Pod") == 0) {
		const char *restart = json_text_at(object, "spec.restartPolicy");
		workload.template = object;
		order_pod(making, &workload, workload.name, restart && strcmp(restart, "Always") != 0, false);
	}
}

/* Kinds that ask for something which one machine with an engine does not have; others have no effect on what runs. */
static void say_left_out(Making *making, const Json *object, Span place)
{
	static const struct {
		const char *kind, *why;
	} left_out[] = {{"Ingress", "routes are not made; its Services are reached by their published ports"},
	        {"IngressRoute", "routes are not made; its Services are reached by their published ports"},
	        {"HTTPRoute", "routes are not made; its Services are reached by their published ports"},
	        {"NetworkPolicy", "traffic between containers is not limited"},
	        {"HorizontalPodAutoscaler", "replicas stay as they are written"},
	        {"HelmRelease", "charts are not rendered; what it makes does not run here"},
	        {"HelmChart", "charts are not rendered; what it makes does not run here"},
	        {"Application", "what it brings in is run by naming its path"},
	        {"SealedSecret", "its values can only be read in the cluster; give the Secret by --secrets"},
	        {"ExternalSecret", "its values are elsewhere; give the Secret by --secrets"}};
	const char *kind = json_text_at(object, "kind");
	for (size_t i = 0; kind && i < G_N_ELEMENTS(left_out); i++)
		if (strcmp(kind, left_out[i].kind) == 0)
			wanted_problem(making->wanted, place, false, "%s: %s", kind, left_out[i].why);
}

/* ---- order ------------------------------------------------------------------------------------------------- */

static bool is_host_byte(char byte)
{
	return g_ascii_isalnum(byte) || byte == '-' || byte == '.';
}

/* Whether a text names a Service, as a host name by itself: "redis", "redis.core", "redis.core.svc.cluster.local". */
static bool names_host(const char *text, const char *service, const char *namespace, bool same_namespace)
{
	size_t length = strlen(service);
	for (const char *at = strstr(text, service); at; at = strstr(at + 1, service)) {
		if (at > text && is_host_byte(at[-1]))
			continue;
		const char *end = at + length;
		size_t space = strlen(namespace);
		if (*end == '.' && strncmp(end + 1, namespace, space) == 0 && !g_ascii_isalnum(end[1 + space]) &&
		        end[1 + space] != '-')
			return true;
		if (same_namespace && !is_host_byte(*end))
			return true;
	}
	return false;
}

static bool unit_names(const Unit *unit, const char *service, const char *namespace)
{
	bool same = g_strcmp0(unit->namespace, namespace) == 0;
	static const char *const fields[] = {"Env", "Cmd", "Entrypoint"};
	for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
		JSON_EACH (json_get(unit->body, fields[i]), word) {
			const char *text = json_text(word), *value = text && i == 0 ? strchr(text, '=') : text;
			if (value && names_host(value, service, namespace, same))
				return true;
		}
	return false;
}

/* Who names a Service in its environment or command starts after the pods behind it. */
static void order_by_services(Making *making, const GArray *manifests)
{
	for (guint i = 0; i < manifests->len; i++) {
		const Json *service = g_array_index(manifests, Manifest, i).object;
		const char *name = json_text_at(service, "metadata.name"), *namespace = namespace_of(service);
		if (g_strcmp0(json_text_at(service, "kind"), "Service") != 0 || !name)
			continue;
		for (guint p = 0; p < making->pods->len; p++) {
			MadePod *pod = making->pods->pdata[p];
			if (strcmp(pod->namespace, namespace) != 0 || !service_selects(service, pod->labels))
				continue;
			for (guint u = 0; u < making->wanted->units->len; u++) {
				Unit *unit = making->wanted->units->pdata[u];
				bool own = strcmp(unit->pod, pod->name) == 0 && strcmp(unit->namespace, namespace) == 0;
				if (!own && unit_names(unit, name, namespace))
					for (guint m = 0; m < pod->units->len; m++)
						unit_need(unit, ((Unit *)pod->units->pdata[m])->name, NEED_READY);
			}
		}
	}
}

/* ---- all ----------------------------------------------------------------------------------------------------- */

static void index_objects(GHashTable *objects, const GArray *manifests)
{
	for (guint i = 0; manifests && i < manifests->len; i++) {
		Json *object = g_array_index(manifests, Manifest, i).object;
		const char *kind = json_text_at(object, "kind"), *name = json_text_at(object, "metadata.name");
		if (kind && name)
			g_hash_table_replace(objects, object_key(kind, namespace_of(object), name), object);
	}
}

void wanted_add_manifests(Wanted *wanted, const WantedOptions *options, const Graph *graph, const GArray *manifests,
        const GArray *secrets)
{
	g_autoptr(GHashTable) objects = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GPtrArray) pods = g_ptr_array_new_with_free_func(made_pod_free);
	Making making = {wanted, options, graph, objects, pods};
	index_objects(objects, manifests);
	index_objects(objects, secrets);
	wanted_network(wanted, options->project);
	for (guint i = 0; i < manifests->len; i++) {
		const Manifest *manifest = &g_array_index(manifests, Manifest, i);
		make_workload(&making, manifest->object, manifest->place);
		say_left_out(&making, manifest->object, manifest->place);
	}
	order_by_services(&making, manifests);
	make_services(&making, manifests);
}
