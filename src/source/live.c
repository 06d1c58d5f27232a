/* What a cluster says of its objects beyond what files can say: phases, conditions, states of containers, events. The
 * object itself is read by the reader that files have, so that both sides are rows of the same words. */
#include "source/kubernetes.h"

static void add_phase(const SourceFile *file, const YamlNode *root, Node object)
{
	const YamlNode *status = yaml_get(root, "status");
	add_scalar_of(file, object, FACT_PHASE, status, "phase");
	add_scalar_of(file, object, FACT_REASON, status, "reason");
	add_scalar_of(file, object, FACT_MESSAGE, status, "message");
}

/* Conditions that say something is not so, or not yet. */
static void read_conditions(const SourceFile *file, const YamlNode *root, Node object)
{
	YAML_EACH_ITEM (yaml_at(root, "status.conditions"), condition) {
		const YamlNode *type = yaml_get(condition, "type");
		if (!yaml_is_scalar(type))
			continue;
		Node state = add_named(file, NODE_STATE, object, type);
		add_scalar_of(file, state, FACT_PHASE, condition, "status");
		add_scalar_of(file, state, FACT_REASON, condition, "reason");
		add_scalar_of(file, state, FACT_MESSAGE, condition, "message");
	}
}

/* ---- pods ------------------------------------------------------------------------------------------------ */

/* "waiting", "running" or "terminated" with what is said of it; an end before the present start goes with it. */
static void read_state(const SourceFile *file, const YamlNode *status, Node pod)
{
	const YamlNode *name = yaml_get(status, "name"), *last = yaml_at(status, "lastState.terminated");
	if (!yaml_is_scalar(name))
		return;
	Node state = add_named(file, NODE_STATE, pod, name);
	for (YamlPairs pairs = yaml_pairs(yaml_get(status, "state")); yaml_next_pair(&pairs);) {
		add_scalar(file, state, FACT_PHASE, pairs.key);
		add_scalar_of(file, state, FACT_REASON, pairs.value, "reason");
		add_scalar_of(file, state, FACT_MESSAGE, pairs.value, "message");
		if (yaml_get(pairs.value, "exitCode"))
			last = pairs.value;
	}
	add_number(file, state, FACT_RESTARTS, yaml_get(status, "restartCount"));
	add_number(file, state, FACT_EXIT_CODE, yaml_get(last, "exitCode"));
	if (slice_is(yaml_text_of(last, "reason"), "OOMKilled"))
		add_scalar_of(file, state, FACT_KILLED, last, "reason");
}

static void read_pod_state(const SourceFile *file, const YamlNode *root, Node object)
{
	static const char *const lists[] = {"status.initContainerStatuses", "status.containerStatuses"};
	add_phase(file, root, object);
	read_conditions(file, root, object);
	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
		YAML_EACH_ITEM (yaml_at(root, lists[i]), item)
			read_state(file, item, object);
}

/* ---- other kinds ----------------------------------------------------------------------------------------- */

static void read_controller(const SourceFile *file, const YamlNode *root, Node object)
{
	const YamlNode *ready = yaml_at(root, "status.readyReplicas");
	add_number(file, object, FACT_READY, ready ? ready : yaml_at(root, "status.numberReady"));
	read_conditions(file, root, object);
}

static void read_event(const SourceFile *file, const YamlNode *root, Node object)
{
	const YamlNode *about = yaml_get(root, "involvedObject");
	Slice kind = yaml_text_of(about, "kind");
	add_scalar_of(file, object, FACT_REASON, root, "reason");
	add_scalar_of(file, object, FACT_MESSAGE, root, "message");
	if (kind.length)
		add_reference_in(file, object, "event", kind.at, yaml_get(about, "name"), yaml_get(about, "namespace"));
}

static void read_endpoints(const SourceFile *file, const YamlNode *root, Node object)
{
	const YamlNode *endpoints = yaml_get(root, "endpoints");
	uint32_t ready = 0;
	YAML_EACH_ITEM (endpoints, endpoint)
		ready += !slice_is(yaml_text(yaml_at(endpoint, "conditions.ready")), "false");
	if (endpoints)
		graph_add_number(file->builder, object, FACT_READY, ready, endpoints->start, endpoints->start);
}

static void read_node_state(const SourceFile *file, const YamlNode *root, Node object)
{
	read_conditions(file, root, object);
	YAML_EACH_ITEM (yaml_at(root, "status.images"), image)
		YAML_EACH_ITEM (yaml_get(image, "names"), name)
			add_scalar(file, object, FACT_HAS_IMAGE, name);
}

static void read_quota_use(const SourceFile *file, const YamlNode *root, Node object)
{
	add_pairs(file, object, FACT_USED, yaml_at(root, "status.used"));
}

/* cert-manager says it of its Certificates; of a Secret that holds one flow says it, and hands over nothing else. */
static void read_end(const SourceFile *file, const YamlNode *root, Node object)
{
	const YamlNode *ends = yaml_at(root, "status.notAfter");
	if (yaml_is_scalar(ends) && ends->value.length >= strlen("2026-01-01"))
		graph_add(file->builder, object, FACT_ENDS, slice_sub(ends->value, 0, strlen("2026-01-01")),
		        ends->start, ends->end);
	read_conditions(file, root, object);
}

static void read_class(const SourceFile *file, const YamlNode *root, Node object)
{
	add_scalar_of(file, object, FACT_BINDING, root, "volumeBindingMode");
}

static const struct {
	const char *kind;
	KindReader *read;
} kinds[] = {
        {"Pod", read_pod_state},
        {"Deployment", read_controller},
        {"StatefulSet", read_controller},
        {"DaemonSet", read_controller},
        {"ReplicaSet", read_controller},
        {"Job", read_conditions},
        {"PersistentVolumeClaim", add_phase},
        {"PersistentVolume", add_phase},
        {"Namespace", add_phase},
        {"StorageClass", read_class},
        {"Event", read_event},
        {"EndpointSlice", read_endpoints},
        {"Node", read_node_state},
        {"ResourceQuota", read_quota_use},
        {"HorizontalPodAutoscaler", read_conditions},
        {"Certificate", read_end},
        {"Secret", read_end},
};

static void read_owners(const SourceFile *file, const YamlNode *root, Node object)
{
	YAML_EACH_ITEM (yaml_at(root, "metadata.ownerReferences"), owner) {
		const YamlNode *name = yaml_get(owner, "name");
		Slice kind = yaml_text_of(owner, "kind");
		if (!yaml_is_scalar(name) || !slice_is(yaml_text_of(owner, "controller"), "true"))
			continue;
		char *text = arena_printf(file->arena, "%.*s/%s", SLICE_ARGS(kind), name->value.at);
		graph_add(file->builder, object, FACT_OWNER, slice_from(text), name->start, name->end);
	}
}

void read_live_object(const SourceFile *file, const YamlNode *root, Slice kind, Slice version, Node parent)
{
	Node object = read_listed_object(file, root, kind, version, parent);
	if (!object)
		return;
	const YamlNode *going = yaml_at(root, "metadata.deletionTimestamp");
	if (going)
		graph_add_flag(file->builder, object, FACT_DELETED, going->start, going->end);
	read_owners(file, root, object);
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (slice_is(kind, kinds[i].kind))
			kinds[i].read(file, root, object);
}
