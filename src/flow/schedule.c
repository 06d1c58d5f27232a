/* Why a pod has no place. The scheduler says how many nodes fail by which of its filters; here each node is named with
 * what it lacks, since "didn't match node affinity" does not say whose, and a volume that lies elsewhere is no fault of
 * the pod. The same filters in the same order: taints, selectors, resources, volumes. */
#include "flow/reason.h"

#define MOST_NODES 8 /* that are told one by one */

typedef struct NodeRoom {
	const Json *json;
	int64_t cpu, memory, pods; /* that are free: millicores, bytes, pods */
} NodeRoom;

typedef struct Placing {
	Reason *reason;
	const Json *pod;
	const Json *node;
	NodeRoom room;
} Placing;

/* ---- filters: each gives what the node lacks, or NULL ----------------------------------------------------- */

static bool tolerates(const Json *pod, const Json *taint)
{
	const char *key = json_text_at(taint, "key"), *value = json_text_at(taint, "value"),
	           *effect = json_text_at(taint, "effect");
	JSON_EACH (json_at(pod, "spec.tolerations"), toleration) {
		const char *own_key = json_text_at(toleration, "key"), *own_effect = json_text_at(toleration, "effect"),
		           *own_value = json_text_at(toleration, "value");
		bool exists = g_strcmp0(json_text_at(toleration, "operator"), "Exists") == 0;
		bool same = exists ? !own_key || !*own_key || g_strcmp0(own_key, key) == 0
		                   : g_strcmp0(own_key, key) == 0 &&
		                             g_strcmp0(own_value ? own_value : "", value ? value : "") == 0;
		if (same && (!own_effect || !*own_effect || g_strcmp0(own_effect, effect) == 0))
			return true;
	}
	return false;
}

static char *lacks_toleration(const Placing *placing)
{
	if (json_true_at(placing->node, "spec.unschedulable", false))
		return g_strdup("is cordoned");
	JSON_EACH (json_at(placing->node, "spec.taints"), taint) {
		const char *effect = json_text_at(taint, "effect"), *value = json_text_at(taint, "value");
		if (g_strcmp0(effect, "PreferNoSchedule") != 0 && !tolerates(placing->pod, taint))
			return g_strdup_printf("has the taint %s%s%s:%s, which the pod does not tolerate",
			        json_text_at(taint, "key"), value ? "=" : "", value ? value : "", effect);
	}
	return NULL;
}

/* One expression of a node selector. */
static bool expression_fits(const Json *labels, const Json *expression)
{
	const char *key = json_text_at(expression, "key"), *how = json_text_at(expression, "operator");
	const char *value = key ? json_text(json_get(labels, key)) : NULL;
	bool among = false;
	JSON_EACH (json_get(expression, "values"), item)
		among |= g_strcmp0(json_text(item), value) == 0;
	if (g_strcmp0(how, "In") == 0)
		return value && among;
	if (g_strcmp0(how, "NotIn") == 0)
		return !value || !among;
	if (g_strcmp0(how, "Exists") == 0)
		return value != NULL;
	if (g_strcmp0(how, "DoesNotExist") == 0)
		return value == NULL;
	const char *limit = json_text(json_item(json_get(expression, "values"), 0));
	gint64 number = value ? g_ascii_strtoll(value, NULL, 10) : 0,
	       other = limit ? g_ascii_strtoll(limit, NULL, 10) : 0;
	return value && (g_strcmp0(how, "Gt") == 0 ? number > other : number < other);
}

static bool term_fits(const Json *node, const Json *term)
{
	const Json *labels = json_at(node, "metadata.labels");
	g_autoptr(Json) fields = json_new_map();
	json_set_text(fields, "metadata.name", json_text_at(node, "metadata.name"));
	JSON_EACH (json_get(term, "matchExpressions"), expression)
		if (!expression_fits(labels, expression))
			return false;
	JSON_EACH (json_get(term, "matchFields"), expression)
		if (!expression_fits(fields, expression))
			return false;
	return json_count(json_get(term, "matchExpressions")) + json_count(json_get(term, "matchFields")) > 0;
}

static bool any_term_fits(const Json *node, const Json *terms)
{
	JSON_EACH (terms, term)
		if (term_fits(node, term))
			return true;
	return json_count(terms) == 0;
}

/* The first label of a set of terms, as people write it: "kubernetes.io/hostname=asuna". */
static char *terms_text(const Json *terms)
{
	const Json *expression = json_item(json_get(json_item(terms, 0), "matchExpressions"), 0);
	const Json *values = json_get(expression, "values");
	GString *out = g_string_new(json_text_at(expression, "key"));
	JSON_EACH (values, value)
		g_string_append_printf(out, "%s%s", value_at == 0 ? "=" : " or ", json_text(value));
	return g_string_free(out, FALSE);
}

static char *lacks_label(const Placing *placing)
{
	const Json *labels = json_at(placing->node, "metadata.labels");
	JSON_MEMBERS (json_at(placing->pod, "spec.nodeSelector"), key, value)
		if (g_strcmp0(json_text(json_get(labels, key)), json_text(value)) != 0)
			return g_strdup_printf(
			        "is not %s=%s, which the pod's nodeSelector asks", key, json_text(value));
	const Json *terms = json_at(placing->pod,
	        "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms");
	if (any_term_fits(placing->node, terms))
		return NULL;
	g_autofree char *text = terms_text(terms);
	return g_strdup_printf("is not %s, which the pod's affinity asks", text);
}

static char *lacks_room(const Placing *placing)
{
	int64_t cpu, memory;
	pod_asks(placing->pod, &cpu, &memory);
	if (memory > placing->room.memory)
		return g_strdup_printf("has %.1f Gi of memory free, and %.1f Gi are asked",
		        (double)placing->room.memory / (1 << 30), (double)memory / (1 << 30));
	if (cpu > placing->room.cpu)
		return g_strdup_printf("has %.1f processors free, and %.1f are asked", (double)placing->room.cpu / 1000,
		        (double)cpu / 1000);
	return placing->room.pods < 1 ? g_strdup("runs as many pods as it may") : NULL;
}

/* The volume of a claim, which may lie on one machine only. */
static Json *volume_of(Reason *reason, const char *namespace, const Json *volume, char **ret_claim)
{
	const char *claim = json_text_at(volume, "persistentVolumeClaim.claimName");
	g_autoptr(Json) object =
	        claim ? reason_get(reason, "/api/v1/namespaces/%s/persistentvolumeclaims/%s", namespace, claim) : NULL;
	const char *name = json_text_at(object, "spec.volumeName");
	*ret_claim = g_strdup(claim);
	return name ? reason_get(reason, "/api/v1/persistentvolumes/%s", name) : NULL;
}

static char *lacks_volume(const Placing *placing)
{
	const char *namespace = json_text_at(placing->pod, "metadata.namespace");
	JSON_EACH (json_at(placing->pod, "spec.volumes"), volume) {
		g_autofree char *claim = NULL;
		g_autoptr(Json) object = volume_of(placing->reason, namespace, volume, &claim);
		const Json *terms = json_at(object, "spec.nodeAffinity.required.nodeSelectorTerms");
		if (any_term_fits(placing->node, terms))
			continue;
		g_autofree char *text = terms_text(terms);
		return g_strdup_printf("does not hold the bytes of claim %s: volume %s is on %s", claim,
		        json_text_at(object, "metadata.name"), text);
	}
	return NULL;
}

/* ---- nodes ----------------------------------------------------------------------------------------------- */

static void take_room(const Json *pod, void *data)
{
	const char *name = json_text_at(pod, "spec.nodeName"), *phase = json_text_at(pod, "status.phase");
	NodeRoom *room = name ? g_hash_table_lookup(data, name) : NULL;
	if (!room || g_strcmp0(phase, "Succeeded") == 0 || g_strcmp0(phase, "Failed") == 0)
		return;
	int64_t cpu, memory;
	pod_asks(pod, &cpu, &memory);
	room->cpu -= cpu;
	room->memory -= memory;
	room->pods--;
}

static void add_node(const Json *node, void *data)
{
	NodeRoom *room = g_new0(NodeRoom, 1);
	*room = (NodeRoom){json_clone(node), amount_at(node, "status.allocatable.cpu", 1000),
	        amount_at(node, "status.allocatable.memory", 1), amount_at(node, "status.allocatable.pods", 1)};
	g_hash_table_insert(data, g_strdup(json_text_at(node, "metadata.name")), room);
}

static void room_free(void *data)
{
	NodeRoom *room = data;
	json_drop((Json *)room->json);
	g_free(room);
}

typedef char *Filter(const Placing *placing);
static Filter *const filters[] = {lacks_toleration, lacks_label, lacks_room, lacks_volume};

/* The bytes are on one machine and the selector means another: that contradiction is the cause. */
static bool explain_contradiction(Reason *reason, const Json *pod, GHashTable *rooms, GList *names)
{
	for (GList *name = names; name; name = name->next) {
		const NodeRoom *room = g_hash_table_lookup(rooms, name->data);
		Placing placing = {reason, pod, room->json, *room};
		g_autofree char *label = lacks_label(&placing), *volume = lacks_volume(&placing),
		                *taint = lacks_toleration(&placing);
		if (!volume || label || taint)
			continue;
		g_autofree char *workload = pod_workload(pod);
		reason_step(reason, reason_workload_place(reason, json_text_at(pod, "metadata.namespace"), workload),
		        "the pod is meant for %s, which %s", (char *)name->data, volume);
		reason_mend(reason,
		        "let the pod run where its volume is, or copy the volume's bytes to %s and bind the claim to a "
		        "volume there",
		        (char *)name->data);
		return true;
	}
	return false;
}

static void explain_nodes(Reason *reason, const Json *pod, GHashTable *rooms)
{
	GList *names = g_list_sort(g_hash_table_get_keys(rooms), (GCompareFunc)strcmp);
	guint told = 0;
	for (GList *name = names; name && told < MOST_NODES; name = name->next) {
		const NodeRoom *room = g_hash_table_lookup(rooms, name->data);
		Placing placing = {reason, pod, room->json, *room};
		g_autofree char *lack = NULL;
		for (size_t i = 0; !lack && i < G_N_ELEMENTS(filters); i++)
			lack = filters[i](&placing);
		if (lack)
			reason_step(reason, NULL, "node %s %s", (char *)name->data, lack);
		told += lack != NULL;
	}
	if (!explain_contradiction(reason, pod, rooms, names) && told)
		reason_mend(reason, "labwright place says what fits where");
	g_list_free(names);
}

/* A claim without a volume holds back every node. */
static bool explain_claims(Reason *reason, const Json *pod)
{
	const char *namespace = json_text_at(pod, "metadata.namespace");
	JSON_EACH (json_at(pod, "spec.volumes"), volume) {
		const char *name = json_text_at(volume, "persistentVolumeClaim.claimName");
		if (!name)
			continue;
		g_autoptr(Json) claim =
		        reason_get(reason, "/api/v1/namespaces/%s/persistentvolumeclaims/%s", namespace, name);
		if (!claim) {
			g_autofree char *workload = pod_workload(pod);
			reason_step(reason, reason_workload_place(reason, namespace, workload),
			        "there is no claim %s in %s", name, namespace);
			reason_mend(reason, "make PersistentVolumeClaim %s", name);
			return true;
		}
		g_autoptr(Json) class = reason_get(reason, "/apis/storage.k8s.io/v1/storageclasses/%s",
		        json_text_at(claim, "spec.storageClassName") ? json_text_at(claim, "spec.storageClassName")
		                                                     : "-");
		bool later = g_strcmp0(json_text_at(class, "volumeBindingMode"), "WaitForFirstConsumer") == 0;
		if (g_strcmp0(json_text_at(claim, "status.phase"), "Bound") != 0 && !later) {
			explain_claim(reason, claim);
			return true;
		}
	}
	return false;
}

void explain_pending(Reason *reason, const Json *pod)
{
	g_autoptr(GHashTable) rooms = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, room_free);
	if (!pod || explain_claims(reason, pod) ||
	        !cluster_list(reason->cluster, "/api/v1/nodes", add_node, rooms, NULL, NULL) ||
	        !cluster_list(reason->cluster, "/api/v1/pods", take_room, rooms, NULL, NULL))
		return;
	explain_nodes(reason, pod, rooms);
}
