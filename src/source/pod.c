/* Pod templates: containers, what they mount, what they name. */
#include "source/kubernetes.h"

static void read_keys(const SourceFile *file, const YamlNode *items, Node reference)
{
	YAML_EACH_ITEM (items, item)
		add_scalar_of(file, reference, FACT_WANTS_KEY, item, "key");
}

/* configMap, secret and their kin in a volume: the reference, its keys and whether it may be missing. */
static void read_volume_reference(
        const SourceFile *file, const YamlNode *source, const char *kind, const char *name_key, Node volume)
{
	Node reference = add_reference(file, volume, "volume", kind, yaml_get(source, name_key));
	if (!reference)
		return;
	add_if_true(file, reference, FACT_OPTIONAL, yaml_get(source, "optional"));
	read_keys(file, yaml_get(source, "items"), reference);
}

static void read_projected(const SourceFile *file, const YamlNode *sources, Node volume)
{
	YAML_EACH_ITEM (sources, source) {
		read_volume_reference(file, yaml_get(source, "configMap"), "ConfigMap", "name", volume);
		read_volume_reference(file, yaml_get(source, "secret"), "Secret", "name", volume);
	}
}

static void read_volume(const SourceFile *file, const YamlNode *map, Node pod)
{
	const YamlNode *name = yaml_get(map, "name");
	if (!yaml_is_scalar(name))
		return;
	Node volume = add_named(file, NODE_VOLUME, pod, name);
	for (const YamlEntry *entry = map->first; entry; entry = entry->next) {
		const YamlNode *key = entry->key, *source = entry->value;
		if (!yaml_is_scalar(key) || slice_is(key->value, "name"))
			continue;
		add_scalar(file, volume, FACT_TYPE, key);
		if (slice_is(key->value, "emptyDir") || slice_is(key->value, "ephemeral"))
			graph_add_flag(file->builder, volume, FACT_EPHEMERAL, key->start, key->end);
		else if (slice_is(key->value, "hostPath"))
			add_scalar_of(file, volume, FACT_HOST_PATH, source, "path");
		else if (slice_is(key->value, "projected"))
			read_projected(file, yaml_get(source, "sources"), volume);
	}
	read_volume_reference(file, yaml_get(map, "configMap"), "ConfigMap", "name", volume);
	read_volume_reference(file, yaml_get(map, "secret"), "Secret", "secretName", volume);
	add_reference(file, volume, "volume", "PersistentVolumeClaim", yaml_at(map, "persistentVolumeClaim.claimName"));
	add_if_true(file, volume, FACT_READ_ONLY, yaml_at(map, "persistentVolumeClaim.readOnly"));
}

/* ---- containers ---------------------------------------------------------------------------------- */

static void read_value_from(const SourceFile *file, const YamlNode *from, Node env)
{
	static const struct {
		const char *key, *kind;
	} sources[] = {{"configMapKeyRef", "ConfigMap"}, {"secretKeyRef", "Secret"}};
	for (size_t i = 0; i < G_N_ELEMENTS(sources); i++) {
		const YamlNode *source = yaml_get(from, sources[i].key);
		Node reference = add_reference(file, env, "env", sources[i].kind, yaml_get(source, "name"));
		if (!reference)
			continue;
		add_scalar_of(file, reference, FACT_WANTS_KEY, source, "key");
		add_if_true(file, reference, FACT_OPTIONAL, yaml_get(source, "optional"));
	}
}

static void read_env(const SourceFile *file, const YamlNode *list, Node container)
{
	YAML_EACH_ITEM (list, item) {
		const YamlNode *name = yaml_get(item, "name");
		if (!yaml_is_scalar(name))
			continue;
		Node env = add_named(file, NODE_ENV, container, name);
		add_scalar_of(file, env, FACT_VALUE, item, "value");
		read_value_from(file, yaml_get(item, "valueFrom"), env);
	}
}

static void read_env_from(const SourceFile *file, const YamlNode *list, Node container)
{
	YAML_EACH_ITEM (list, item) {
		const YamlNode *map = yaml_get(item, "configMapRef"), *secret = yaml_get(item, "secretRef");
		Node reference = add_reference(file, container, "env-from", secret ? "Secret" : "ConfigMap",
		        yaml_get(secret ? secret : map, "name"));
		if (!reference)
			continue;
		add_scalar_of(file, reference, FACT_PREFIX, item, "prefix");
		add_if_true(file, reference, FACT_OPTIONAL, yaml_get(secret ? secret : map, "optional"));
	}
}

static void read_container_ports(const SourceFile *file, const YamlNode *list, Node container)
{
	YAML_EACH_ITEM (list, item) {
		const YamlNode *number = yaml_get(item, "containerPort"), *name = yaml_get(item, "name");
		if (!yaml_is_map(item))
			continue;
		Node port = add_named(file, NODE_PORT, container, name ? name : item);
		add_number(file, port, FACT_NUMBER, number);
		add_scalar(file, port, FACT_PORT_NAME, name);
		add_number(file, port, FACT_HOST_PORT, yaml_get(item, "hostPort"));
		add_scalar_of(file, port, FACT_HOST_IP, item, "hostIP");
		add_scalar_of(file, port, FACT_PROTOCOL, item, "protocol");
	}
}

static void read_mounts(const SourceFile *file, const YamlNode *list, Node container)
{
	YAML_EACH_ITEM (list, item) {
		const YamlNode *name = yaml_get(item, "name");
		if (!yaml_is_scalar(name))
			continue;
		Node mount = add_named(file, NODE_MOUNT, container, name);
		add_scalar_of(file, mount, FACT_DESTINATION, item, "mountPath");
		add_if_true(file, mount, FACT_READ_ONLY, yaml_get(item, "readOnly"));
	}
}

static void add_port_or_name(const SourceFile *file, Node node, const YamlNode *port)
{
	uint32_t number;
	if (yaml_number(port, &number))
		add_number(file, node, FACT_NUMBER, port);
	else
		add_scalar(file, node, FACT_PORT_NAME, port);
}

#define DAY 86400u

/* As the kubelet counts: a first delay of 0 s, then three failures 10 s apart, unless it is told otherwise. */
static void add_patience(const SourceFile *file, const YamlNode *map, Node probe)
{
	static const char *const keys[] = {"initialDelaySeconds", "periodSeconds", "failureThreshold"};
	uint32_t numbers[] = {0, 10, 3};
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		const YamlNode *number = yaml_get(map, keys[i]);
		if (number && !yaml_number(number, &numbers[i]))
			return;
		numbers[i] = MIN(numbers[i], DAY);
	}
	uint64_t seconds = numbers[0] + (uint64_t)numbers[1] * numbers[2];
	graph_add_number(file->builder, probe, FACT_PATIENCE, (uint32_t)MIN(seconds, DAY), map->start, map->end);
}

static void read_probe(
        const SourceFile *file, const YamlNode *container, const char *key, const char *name, Node parent)
{
	const YamlEntry *entry = yaml_get_entry(container, key);
	const YamlNode *map = entry ? entry->value : yaml_get(container, key);
	if (!yaml_is_map(map))
		return;
	Node probe = graph_add_node(file->builder, NODE_PROBE, parent, slice_from(name), map->start, map->end);
	add_patience(file, map, probe);
	static const char *const actions[] = {"httpGet", "tcpSocket", "grpc", "exec"};
	for (size_t i = 0; i < G_N_ELEMENTS(actions); i++) {
		const YamlNode *action = yaml_get(map, actions[i]);
		if (!action)
			continue;
		graph_add(file->builder, probe, FACT_TYPE, slice_from(actions[i]), action->start, action->end);
		add_port_or_name(file, probe, yaml_get(action, "port"));
		add_scalar_of(file, probe, FACT_PATH, action, "path");
	}
}

static void read_resources(const SourceFile *file, const YamlNode *resources, Node container)
{
	add_pairs(file, container, FACT_REQUEST, yaml_get(resources, "requests"));
	add_pairs(file, container, FACT_LIMIT, yaml_get(resources, "limits"));
}

static void read_words(const SourceFile *file, const YamlNode *list, Node container)
{
	YAML_EACH_ITEM (list, word)
		add_scalar(file, container, FACT_ARGUMENT, word);
}

/* Of a pod or a container. */
static void read_user(const SourceFile *file, const YamlNode *context, Node node)
{
	const YamlNode *refused = yaml_get(context, "runAsNonRoot");
	bool refuses = false;
	add_scalar_of(file, node, FACT_RUNS_AS, context, "runAsUser");
	if (yaml_is_bool(refused, &refuses) && refuses)
		graph_add(file->builder, node, FACT_RUNS_AS, SLICE("non-root"), refused->start, refused->end);
}

static void read_security(const SourceFile *file, const YamlNode *context, Node container)
{
	read_user(file, context, container);
	add_if_true(file, container, FACT_PRIVILEGED, yaml_get(context, "privileged"));
	add_scalar_of(file, container, FACT_ESCALATION, context, "allowPrivilegeEscalation");
	YAML_EACH_ITEM (yaml_at(context, "capabilities.add"), capability)
		add_scalar(file, container, FACT_CAPABILITY, capability);
	YAML_EACH_ITEM (yaml_at(context, "capabilities.drop"), capability)
		add_scalar(file, container, FACT_DROPPED, capability);
}

static void read_container(const SourceFile *file, const YamlNode *map, Node pod, bool init)
{
	const YamlNode *name = yaml_get(map, "name");
	if (!yaml_is_map(map))
		return;
	Node container = add_named(file, NODE_CONTAINER, pod, name ? name : map);
	add_scalar_of(file, container, FACT_IMAGE, map, "image");
	add_scalar_of(file, container, FACT_PULL_POLICY, map, "imagePullPolicy");
	if (init)
		graph_add_flag(file->builder, container, FACT_INIT, map->start, map->start);
	const YamlNode *restart = yaml_get(map, "restartPolicy");
	if (init && slice_is(yaml_text(restart), "Always"))
		graph_add_flag(file->builder, container, FACT_SIDECAR, restart->start, restart->end);
	read_words(file, yaml_get(map, "command"), container);
	read_words(file, yaml_get(map, "args"), container);
	read_container_ports(file, yaml_get(map, "ports"), container);
	read_env(file, yaml_get(map, "env"), container);
	read_env_from(file, yaml_get(map, "envFrom"), container);
	read_mounts(file, yaml_get(map, "volumeMounts"), container);
	read_resources(file, yaml_get(map, "resources"), container);
	read_security(file, yaml_get(map, "securityContext"), container);
	read_probe(file, map, "readinessProbe", "readiness", container);
	read_probe(file, map, "livenessProbe", "liveness", container);
	read_probe(file, map, "startupProbe", "startup", container);
}

/* ---- the pod --------------------------------------------------------------------------------------- */

void read_pod(const SourceFile *file, const YamlNode *template, Node object)
{
	const YamlNode *spec = yaml_get(template, "spec");
	if (!yaml_is_map(spec))
		return;
	Node pod = graph_add_node(file->builder, NODE_POD, object, (Slice){"", 0}, spec->start, spec->end);
	add_pairs(file, pod, FACT_LABEL, yaml_at(template, "metadata.labels"));
	add_pairs(file, pod, FACT_ANNOTATION, yaml_at(template, "metadata.annotations"));
	read_placement(file, spec, pod);
	read_user(file, yaml_get(spec, "securityContext"), pod);
	read_resources(file, yaml_get(spec, "resources"), pod);
	add_pairs(file, pod, FACT_OVERHEAD, yaml_get(spec, "overhead"));
	add_reference(file, pod, "service-account", "ServiceAccount", yaml_get(spec, "serviceAccountName"));
	add_scalar_of(file, pod, FACT_MOUNTS_TOKEN, spec, "automountServiceAccountToken");
	add_reference(file, pod, "priority-class", "PriorityClass", yaml_get(spec, "priorityClassName"));
	YAML_EACH_ITEM (yaml_get(spec, "imagePullSecrets"), secret)
		add_reference(file, pod, "pull-secret", "Secret", yaml_get(secret, "name"));
	YAML_EACH_ITEM (yaml_get(spec, "volumes"), volume)
		read_volume(file, volume, pod);
	YAML_EACH_ITEM (yaml_get(spec, "initContainers"), init)
		read_container(file, init, pod, true);
	YAML_EACH_ITEM (yaml_get(spec, "containers"), container)
		read_container(file, container, pod, false);
}
