/* What pods stand on and what stands on them: workloads that get none, Services without endpoints, claims, nodes, and
 * objects that do not go away. */
#include "flow/reason.h"

#include "base/near.h"

/* ---- workloads ------------------------------------------------------------------------------------------- */

/* 'exceeded quota: limits, requested: requests.memory=2Gi, used: …, limited: …' */
static void explain_quota(Reason *reason, const char *namespace, const char *message)
{
	const char *start = strstr(message, "exceeded quota: ");
	g_autofree char *name =
	        g_strndup(start + strlen("exceeded quota: "), strcspn(start + strlen("exceeded quota: "), ","));
	g_autoptr(Json) quota = reason_get(reason, "/api/v1/namespaces/%s/resourcequotas/%s", namespace, name);
	JSON_MEMBERS (json_at(quota, "status.hard"), key, most) {
		g_autofree char *limit = json_scalar(most),
		                *used = json_scalar(json_get(json_at(quota, "status.used"), key));
		reason_step(reason, reason_place(reason, "ResourceQuota", namespace, name),
		        "quota %s allows %s %s, and %s are used", name, limit, key, used);
	}
	reason_mend(reason, "ask for less, or raise quota %s of namespace %s", name, namespace);
}

/* 'failed calling webhook "x.example.org": … Post "https://policy.security.svc:443/…": …' */
static void explain_webhook(Reason *reason, const char *message)
{
	g_autoptr(GRegex) address = g_regex_new("https://([a-z0-9-]+)\\.([a-z0-9-]+)\\.svc", 0, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;
	if (!g_regex_match(address, message, 0, &match))
		return;
	g_autofree char *name = g_match_info_fetch(match, 1), *namespace = g_match_info_fetch(match, 2);
	g_autoptr(Json) service = reason_get(reason, "/api/v1/namespaces/%s/services/%s", namespace, name);
	reason_step(reason, NULL, "an admission webhook is asked at Service %s/%s%s", namespace, name,
	        service ? "" : ", which does not exist");
	if (service)
		explain_service(reason, service);
	reason_mend(reason, "get %s/%s to run again, or take its webhook configuration away", namespace, name);
}

typedef struct Newest {
	const char *owner;
	Json *set;
} Newest;

static void take_newest(const Json *set, void *data)
{
	Newest *newest = data;
	JSON_EACH (json_at(set, "metadata.ownerReferences"), owner)
		if (g_strcmp0(json_text_at(owner, "uid"), newest->owner) == 0 &&
		        g_strcmp0(json_text_at(set, "metadata.creationTimestamp"),
		                json_text_at(newest->set, "metadata.creationTimestamp")) >= 0) {
			json_drop(newest->set);
			newest->set = json_clone(set);
		}
}

/* Why the controller cannot make pods: its own condition or event, or those of the Deployment's newest ReplicaSet. */
static char *failure_of(Reason *reason, const Json *workload, const char *kind)
{
	const char *namespace = json_text_at(workload, "metadata.namespace"),
	           *name = json_text_at(workload, "metadata.name");
	const Json *failed = condition_of(workload, "ReplicaFailure");
	if (g_strcmp0(json_text_at(failed, "status"), "True") == 0)
		return g_strdup(json_text_at(failed, "message"));
	char *event = reason_event(reason, namespace, kind, name);
	if (event || strcmp(kind, "Deployment") != 0)
		return event;
	g_autofree char *path = g_strdup_printf("/apis/apps/v1/namespaces/%s/replicasets", namespace);
	Newest newest = {json_text_at(workload, "metadata.uid"), NULL};
	cluster_list(reason->cluster, path, take_newest, &newest, NULL, NULL);
	if (newest.set)
		event = reason_event(reason, namespace, "ReplicaSet", json_text_at(newest.set, "metadata.name"));
	json_drop(newest.set);
	return event;
}

void explain_workload(Reason *reason, const Json *workload)
{
	const char *namespace = json_text_at(workload, "metadata.namespace"),
	           *name = json_text_at(workload, "metadata.name");
	const char *kind = json_at(workload, "spec.serviceName")     ? "StatefulSet"
	                   : json_at(workload, "spec.strategy")      ? "Deployment"
	                   : json_at(workload, "spec.completions")   ? "Job"
	                   : json_at(workload, "status.numberReady") ? "DaemonSet"
	                                                             : "ReplicaSet";
	if (json_number_at(workload, "spec.replicas", 1) == 0) {
		reason_step(reason, reason_place(reason, kind, namespace, name), "no pod is asked for: replicas is 0");
		return;
	}
	g_autofree char *message = failure_of(reason, workload, kind);
	if (!message)
		return;
	reason_step(reason, g_strdup("its controller"), "%s", message);
	if (strstr(message, "exceeded quota: "))
		explain_quota(reason, namespace, message);
	else if (strstr(message, "webhook"))
		explain_webhook(reason, message);
}

/* ---- Services -------------------------------------------------------------------------------------------- */

typedef struct Answering {
	const Json *selector;
	uint32_t selected, ready;
	uint32_t likeness; /* of the pod below */
	char *near;        /* the pod whose labels are most like those that are asked */
	char *near_label;  /* which of them it has otherwise */
	char *first;       /* a selected pod that is not ready */
	Json *pod;         /* a selected one */
} Answering;

/* Of a label: the same value counts most, one that holds the other ("api", "api-server") or a slip some. */
static uint32_t likeness_of(const char *asked, const char *has)
{
	if (!has)
		return 0;
	if (strcmp(asked, has) == 0)
		return 4;
	Slice known = slice_from(has);
	bool slip = near_find(slice_from(asked), &known, 1, near_limit(slice_from(asked))) == 0;
	return strstr(asked, has) || strstr(has, asked) || slip ? 2 : 0;
}

static void look_near(Answering *answering, const Json *pod)
{
	const Json *labels = json_at(pod, "metadata.labels");
	const char *other = NULL;
	uint32_t likeness = 0;
	JSON_MEMBERS (answering->selector, key, value) {
		uint32_t one = likeness_of(json_text(value), json_text(json_get(labels, key)));
		likeness += one;
		other = one < 4 && json_get(labels, key) ? key : other;
	}
	if (likeness <= answering->likeness || !other)
		return;
	g_free(answering->near);
	g_free(answering->near_label);
	answering->likeness = likeness;
	answering->near = g_strdup(json_text_at(pod, "metadata.name"));
	answering->near_label = g_strdup_printf("%s=%s", other, json_text(json_get(labels, other)));
}

static void look_at(const Json *pod, void *data)
{
	Answering *answering = data;
	const Json *labels = json_at(pod, "metadata.labels");
	bool ready = g_strcmp0(json_text_at(condition_of(pod, "Ready"), "status"), "True") == 0;
	JSON_MEMBERS (answering->selector, key, value)
		if (g_strcmp0(json_text(json_get(labels, key)), json_text(value)) != 0) {
			look_near(answering, pod);
			return;
		}
	answering->selected++;
	answering->ready += ready;
	if (!ready && !answering->first)
		answering->first = g_strdup(json_text_at(pod, "metadata.name"));
	if (!answering->pod)
		answering->pod = json_clone(pod);
}

static char *selector_text(const Json *selector)
{
	GString *out = g_string_new(NULL);
	JSON_MEMBERS (selector, key, value)
		g_string_append_printf(out, "%s%s=%s", out->len ? "," : "", key, json_text(value));
	return g_string_free(out, FALSE);
}

static bool has_port(const Json *pod, const Json *port)
{
	bool named = json_kind(port) == JSON_TEXT, any = false;
	JSON_EACH (json_at(pod, "spec.containers"), container)
		JSON_EACH (json_get(container, "ports"), own) {
			any = true;
			if (named ? g_strcmp0(json_text_at(own, "name"), json_text(port)) == 0
			          : json_same(json_get(own, "containerPort"), port))
				return true;
		}
	return !named && !any; /* numbers need not be declared */
}

/* A named port that no container has gives an endpoint without it; a number only a connection that is refused. */
static void explain_ports(Reason *reason, const Json *service, const Json *pod)
{
	const char *namespace = json_text_at(service, "metadata.namespace"),
	           *name = json_text_at(service, "metadata.name");
	JSON_EACH (json_at(service, "spec.ports"), port) {
		const Json *target =
		        json_get(port, "targetPort") ? json_get(port, "targetPort") : json_get(port, "port");
		g_autofree char *text = json_scalar(target);
		if (has_port(pod, target))
			continue;
		reason_step(reason, reason_place(reason, "Service", namespace, name),
		        "it sends to port %s, which no container of pod %s has", text,
		        json_text_at(pod, "metadata.name"));
		reason_mend(reason, "set targetPort of Service %s to a port of its pods", name);
	}
}

static void explain_selection(Reason *reason, const Json *service, const Answering *answering)
{
	const char *namespace = json_text_at(service, "metadata.namespace"),
	           *name = json_text_at(service, "metadata.name");
	g_autofree char *selector = selector_text(answering->selector);
	char *place = reason_place(reason, "Service", namespace, name);
	if (answering->selected == 0) {
		reason_step(reason, place, "no pod of namespace %s has the labels %s that it asks for", namespace,
		        selector);
		if (answering->near)
			reason_step(reason, NULL, "pod %s has %s instead", answering->near, answering->near_label);
		reason_mend(reason, "make the selector of Service %s and the labels of its pods the same", name);
	} else if (answering->ready == 0) {
		reason_step(reason, place, "it selects %u pods by %s, and none of them is ready", answering->selected,
		        selector);
		reason_mend(reason, "labwright explain %s/%s", namespace, answering->first);
	} else {
		reason_step(reason, place, "%u of %u pods that it selects are ready", answering->ready,
		        answering->selected);
	}
}

void explain_service(Reason *reason, const Json *service)
{
	Answering answering = {.selector = json_at(service, "spec.selector")};
	g_autofree char *path =
	        g_strdup_printf("/api/v1/namespaces/%s/pods", json_text_at(service, "metadata.namespace"));
	if (json_count(answering.selector) == 0) {
		reason_step(reason, NULL, "it has no selector: its endpoints are made by somebody else");
		return;
	}
	cluster_list(reason->cluster, path, look_at, &answering, NULL, NULL);
	explain_selection(reason, service, &answering);
	if (answering.pod) {
		explain_ports(reason, service, answering.pod);
		explain_policies(reason, service, answering.pod);
	}
	g_free(answering.near);
	g_free(answering.near_label);
	g_free(answering.first);
	json_drop(answering.pod);
}

/* ---- claims, nodes --------------------------------------------------------------------------------------- */

void explain_claim(Reason *reason, const Json *claim)
{
	const char *namespace = json_text_at(claim, "metadata.namespace"), *name = json_text_at(claim, "metadata.name"),
	           *class = json_text_at(claim, "spec.storageClassName"), *phase = json_text_at(claim, "status.phase");
	char *place = reason_place(reason, "PersistentVolumeClaim", namespace, name);
	if (g_strcmp0(phase, "Bound") == 0) {
		reason_step(
		        reason, place, "claim %s is bound to volume %s", name, json_text_at(claim, "spec.volumeName"));
		return;
	}
	reason_step(reason, place, "claim %s is %s", name, phase ? phase : "not bound");
	g_autoptr(Json) found = class ? reason_get(reason, "/apis/storage.k8s.io/v1/storageclasses/%s", class) : NULL;
	if (class && *class && !found) {
		reason_step(reason, NULL, "the cluster has no storage class %s", class);
		reason_mend(reason, "name a storage class that there is, or make %s", class);
		return;
	}
	g_autofree char *event = reason_event(reason, namespace, "PersistentVolumeClaim", name);
	if (event)
		reason_step(reason, g_strdup("the volume controller"), "%s", event);
	const char *provisioner = json_text_at(found, "provisioner");
	if (g_strcmp0(provisioner, "kubernetes.io/no-provisioner") == 0) {
		reason_step(reason, reason_place(reason, "StorageClass", NULL, class),
		        "storage class %s makes no volumes by itself", class);
		reason_mend(
		        reason, "make a PersistentVolume of class %s that is large enough for claim %s", class, name);
	}
}

void explain_node(Reason *reason, const Json *node)
{
	const char *name = json_text_at(node, "metadata.name");
	const Json *ready = condition_of(node, "Ready");
	if (g_strcmp0(json_text_at(ready, "status"), "True") != 0) {
		reason_step(reason, g_strdup_printf("node %s", name), "node %s is not ready since %s: %s", name,
		        json_text_at(ready, "lastTransitionTime"), json_text_at(ready, "message"));
		reason_mend(reason, "look at the machine %s: is it on, is its network up, does the kubelet run?", name);
	}
	JSON_EACH (json_at(node, "status.conditions"), item) {
		const char *type = json_text_at(item, "type"), *message = json_text_at(item, "message");
		if (item == ready || g_strcmp0(json_text_at(item, "status"), "True") != 0 || !type)
			continue;
		reason_step(reason, g_strdup_printf("node %s", name), "node %s has %s: %s", name, type,
		        message ? message : "");
		if (g_str_has_suffix(type, "Pressure"))
			reason_mend(reason, "free %s on %s, or move pods away: labwright place",
			        strcmp(type, "DiskPressure") == 0 ? "its disk" : "resources", name);
	}
	if (json_true_at(node, "spec.unschedulable", false))
		reason_step(reason, NULL, "node %s is cordoned: it gets no new pods", name);
}

/* ---- what does not go ------------------------------------------------------------------------------------ */

static void explain_namespace(Reason *reason, const Json *namespace)
{
	static const char *const types[] = {"NamespaceContentRemaining", "NamespaceFinalizersRemaining",
	        "NamespaceDeletionDiscoveryFailure", "NamespaceDeletionContentFailure"};
	for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
		const Json *item = condition_of(namespace, types[i]);
		if (g_strcmp0(json_text_at(item, "status"), "True") == 0)
			reason_step(reason, g_strdup("the namespace"), "%s", json_text_at(item, "message"));
	}
}

bool explain_deletion(Reason *reason, const char *kind, const Json *object)
{
	const char *since = json_text_at(object, "metadata.deletionTimestamp");
	const Json *finalizers = json_at(object, "metadata.finalizers");
	if (!since)
		return false;
	reason_step(reason, NULL, "it is being deleted since %s", since);
	if (strcmp(kind, "Namespace") == 0)
		explain_namespace(reason, object);
	JSON_EACH (finalizers, finalizer) {
		const char *name = json_text(finalizer);
		reason_step(reason, NULL, "the finalizer %s holds it: whoever set it has to clean up first", name);
		if (strcmp(name, "kubernetes.io/pvc-protection") == 0)
			reason_mend(reason, "stop the pods that use it");
		else if (strcmp(name, "kubernetes.io/pv-protection") == 0)
			reason_mend(reason, "remove the claim that is bound to it");
		else
			reason_mend(reason,
			        "get the controller of %s to run; take the finalizer away by hand only if it is gone "
			        "for good",
			        name);
	}
	return true;
}
