/* Kubernetes objects: what all of them share, and a table that says who reads the rest. A kind that is not in the table
 * is an object with a name, and the texts in it that may name other objects are kept. */
#include "source/kubernetes.h"
#include "source/rendered.h"
#include "source/schema.h"

/* A document is an object when it says so; values files and templates that happen to hold `kind` have no apiVersion.
 * What SOPS has sealed with its kind and name is not known to be any. */
static bool claims(const SourceFile *file, const YamlDocument *document)
{
	const YamlNode *kind = yaml_get(document->root, "kind");
	return yaml_is_scalar(yaml_get(document->root, "apiVersion")) && yaml_is_scalar(kind) &&
	       !slice_starts(kind->value, "ENC[");
}

Node add_reference(const SourceFile *file, Node parent, const char *role, const char *kind, const YamlNode *name)
{
	if (!yaml_is_scalar(name) || name->value.length == 0)
		return NODE_NONE;
	Node reference = add_named(file, NODE_REFERENCE, parent, name);
	graph_add(file->builder, reference, FACT_WANTS_KIND, slice_from(kind), name->start, name->end);
	graph_add(file->builder, reference, FACT_ROLE, slice_from(role), name->start, name->end);
	return reference;
}

Node add_reference_in(const SourceFile *file, Node parent, const char *role, const char *kind, const YamlNode *name,
        const YamlNode *namespace)
{
	Node reference = add_reference(file, parent, role, kind, name);
	if (reference)
		add_scalar(file, reference, FACT_NAMESPACE, namespace);
	return reference;
}

void add_database_label(const SourceFile *file, const YamlNode *labels, Node parent)
{
	add_reference(file, parent, "database", "Cluster", yaml_get(labels, "cnpg.io/cluster"));
}

/* ---- kinds ------------------------------------------------------------------------------------ */

/* Selectors come as matchLabels, or (Service, ReplicationController) as bare pairs. */
static void read_selector(const SourceFile *file, const YamlNode *selector, Node object)
{
	const YamlNode *labels = yaml_get(selector, "matchLabels"),
	               *expressions = yaml_get(selector, "matchExpressions");
	add_pairs(file, object, FACT_SELECTOR, labels || expressions ? labels : selector);
	add_database_label(file, labels || expressions ? labels : selector, object);
	if (expressions)
		graph_add_flag(file->builder, object, FACT_SELECTOR_EXPRESSION, expressions->start, expressions->start);
}

static void read_claim_templates(const SourceFile *file, const YamlNode *templates, Node object)
{
	YAML_EACH_ITEM (templates, template) {
		const YamlNode *name = yaml_at(template, "metadata.name"), *spec = yaml_get(template, "spec");
		if (!yaml_is_scalar(name))
			continue;
		Node volume = add_named(file, NODE_VOLUME, object, name);
		graph_add(file->builder, volume, FACT_TYPE, SLICE("claim-template"), name->start, name->end);
		add_scalar_of(file, volume, FACT_CLASS_NAME, spec, "storageClassName");
		add_scalar(file, volume, FACT_CAPACITY, yaml_at(spec, "resources.requests.storage"));
	}
}

static void read_workload(const SourceFile *file, const YamlNode *root, Node object)
{
	const YamlNode *spec = yaml_get(root, "spec");
	add_number(file, object, FACT_REPLICAS, yaml_get(spec, "replicas"));
	read_selector(file, yaml_get(spec, "selector"), object);
	add_scalar(file, object, FACT_STRATEGY, yaml_at(spec, "strategy.type"));
	add_scalar(file, object, FACT_SURGE, yaml_at(spec, "strategy.rollingUpdate.maxSurge"));
	add_scalar_of(file, object, FACT_SERVICE_NAME, spec, "serviceName");
	add_reference(file, object, "governing-service", "Service", yaml_get(spec, "serviceName"));
	read_claim_templates(file, yaml_get(spec, "volumeClaimTemplates"), object);
	read_pod(file, yaml_get(spec, "template"), object);
}

static void read_cron_job(const SourceFile *file, const YamlNode *root, Node object)
{
	const YamlNode *spec = yaml_get(root, "spec");
	add_scalar_of(file, object, FACT_SCHEDULE, spec, "schedule");
	add_scalar_of(file, object, FACT_TIME_ZONE, spec, "timeZone");
	add_scalar_of(file, object, FACT_CONCURRENCY, spec, "concurrencyPolicy");
	read_pod(file, yaml_at(spec, "jobTemplate.spec.template"), object);
}

static void read_bare_pod(const SourceFile *file, const YamlNode *root, Node object)
{
	read_pod(file, root, object);
}

static void read_service_account(const SourceFile *file, const YamlNode *root, Node object)
{
	add_scalar_of(file, object, FACT_MOUNTS_TOKEN, root, "automountServiceAccountToken");
	YAML_EACH_ITEM (yaml_get(root, "imagePullSecrets"), secret)
		add_reference(file, object, "pull-secret", "Secret", yaml_get(secret, "name"));
}

static void read_binding(const SourceFile *file, const YamlNode *root, Node object)
{
	const YamlNode *role = yaml_get(root, "roleRef");
	Slice kind = yaml_text_of(role, "kind");
	if (kind.length)
		add_reference(file, object, "role", kind.at, yaml_get(role, "name"));
	YAML_EACH_ITEM (yaml_get(root, "subjects"), subject)
		if (slice_is(yaml_text_of(subject, "kind"), "ServiceAccount"))
			add_reference_in(file, object, "subject", "ServiceAccount", yaml_get(subject, "name"),
			        yaml_get(subject, "namespace"));
}

static void read_autoscaler(const SourceFile *file, const YamlNode *root, Node object)
{
	const YamlNode *target = yaml_at(root, "spec.scaleTargetRef");
	Slice kind = yaml_text_of(target, "kind");
	if (kind.length)
		add_reference(file, object, "scale-target", kind.at, yaml_get(target, "name"));
}

static void read_selecting(const SourceFile *file, const YamlNode *root, Node object)
{
	const YamlNode *spec = yaml_get(root, "spec");
	const YamlNode *selector = yaml_get(spec, "selector");
	read_selector(file, selector ? selector : yaml_get(spec, "podSelector"), object);
}

static void read_endpoint_policy(const SourceFile *file, const YamlNode *root, Node object)
{
	add_database_label(file, yaml_at(root, "spec.endpointSelector.matchLabels"), object);
}

/* What belongs to a cluster of CloudNativePG: its backups, poolers and databases. */
static void read_of_database(const SourceFile *file, const YamlNode *root, Node object)
{
	add_reference(file, object, "database", "Cluster", yaml_at(root, "spec.cluster.name"));
}

/* What Prometheus or VictoriaMetrics asks for figures: by labels, in which namespaces, at which named ports. */
static void read_monitor(const SourceFile *file, const YamlNode *root, Node object)
{
	const YamlNode *spec = yaml_get(root, "spec"), *space = yaml_get(spec, "namespaceSelector"), *ports;
	const YamlNode *any = yaml_get(space, "any");
	read_selecting(file, root, object);
	YAML_EACH_ITEM (yaml_get(space, "matchNames"), name)
		add_scalar(file, object, FACT_WATCHES, name);
	if (slice_is(yaml_text(any), "true"))
		graph_add(file->builder, object, FACT_WATCHES, SLICE("*"), any->start, any->end);
	ports = yaml_get(spec, "endpoints");
	YAML_EACH_ITEM (ports ? ports : yaml_get(spec, "podMetricsEndpoints"), endpoint)
		add_scalar_of(file, object, FACT_WANTS_PORT_NAME, endpoint, "port");
}

static void read_budget(const SourceFile *file, const YamlNode *root, Node object)
{
	const YamlNode *spec = yaml_get(root, "spec");
	read_selecting(file, root, object);
	add_scalar_of(file, object, FACT_MIN_AVAILABLE, spec, "minAvailable");
	add_scalar_of(file, object, FACT_MAX_UNAVAILABLE, spec, "maxUnavailable");
}

/* A quota of scopes counts some pods and not others. */
static void read_quota(const SourceFile *file, const YamlNode *root, Node object)
{
	const YamlNode *spec = yaml_get(root, "spec");
	if (!yaml_get(spec, "scopes") && !yaml_get(spec, "scopeSelector"))
		add_pairs(file, object, FACT_QUOTA, yaml_get(spec, "hard"));
}

static void read_storage_class(const SourceFile *file, const YamlNode *root, Node object)
{
	add_scalar_of(file, object, FACT_TYPE, root, "provisioner");
}

static void read_taint(const SourceFile *file, const YamlNode *taint, Node node)
{
	Slice key = yaml_text_of(taint, "key"), value = yaml_text_of(taint, "value"),
	      effect = yaml_text_of(taint, "effect");
	if (key.length == 0 || effect.length == 0)
		return;
	char *text = arena_printf(file->arena, "%.*s%s%.*s:%.*s", SLICE_ARGS(key), value.length ? "=" : "",
	        (int)value.length, value.length ? value.at : "", SLICE_ARGS(effect));
	graph_add(file->builder, node, FACT_TAINT, slice_from(text), taint->start, taint->end);
}

void add_node_facts(const SourceFile *file, const YamlNode *root, Node node)
{
	add_pairs(file, node, FACT_CAPACITY, yaml_at(root, "status.capacity"));
	add_pairs(file, node, FACT_ALLOCATABLE, yaml_at(root, "status.allocatable"));
	add_scalar(file, node, FACT_ARCHITECTURE, yaml_at(root, "status.nodeInfo.architecture"));
	YAML_EACH_ITEM (yaml_at(root, "spec.taints"), taint)
		read_taint(file, taint, node);
}

static void read_priority_class(const SourceFile *file, const YamlNode *root, Node object)
{
	add_scalar_of(file, object, FACT_PRIORITY, root, "value");
}

/* group NULL: any. Kinds of that name in other groups are custom objects. */
static const struct {
	const char *kind, *group;
	KindReader *read;
} kinds[] = {
        {"Deployment", "apps", read_workload},
        {"StatefulSet", "apps", read_workload},
        {"DaemonSet", "apps", read_workload},
        {"ReplicaSet", "apps", read_workload},
        {"Deployment", "extensions", read_workload},
        {"DaemonSet", "extensions", read_workload},
        {"ReplicationController", "", read_workload},
        {"Job", "batch", read_workload},
        {"Rollout", "argoproj.io", read_workload},
        {"CronJob", "batch", read_cron_job},
        {"Pod", "", read_bare_pod},
        {"Service", "", read_service},
        {"Ingress", NULL, read_ingress},
        {"IngressRoute", NULL, read_ingress_route},
        {"IngressRouteTCP", NULL, read_ingress_route},
        {"IngressRouteUDP", NULL, read_ingress_route},
        {"HTTPRoute", "gateway.networking.k8s.io", read_http_route},
        {"GRPCRoute", "gateway.networking.k8s.io", read_http_route},
        {"TLSRoute", "gateway.networking.k8s.io", read_http_route},
        {"TCPRoute", "gateway.networking.k8s.io", read_http_route},
        {"UDPRoute", "gateway.networking.k8s.io", read_http_route},
        {"Gateway", "gateway.networking.k8s.io", read_gateway},
        {"ReferenceGrant", "gateway.networking.k8s.io", read_reference_grant},
        {"ConfigMap", "", read_config_map},
        {"Secret", "", read_secret},
        {"SealedSecret", NULL, read_sealed_secret},
        {"ExternalSecret", NULL, read_external_secret},
        {"Certificate", "cert-manager.io", read_certificate},
        {"PersistentVolumeClaim", "", read_claim},
        {"PersistentVolume", "", read_persistent_volume},
        {"StorageClass", "storage.k8s.io", read_storage_class},
        {"Node", "", add_node_facts},
        {"ResourceQuota", "", read_quota},
        {"PriorityClass", "scheduling.k8s.io", read_priority_class},
        {"CustomResourceDefinition", "apiextensions.k8s.io", read_definition},
        {"ServiceAccount", "", read_service_account},
        {"RoleBinding", "rbac.authorization.k8s.io", read_binding},
        {"ClusterRoleBinding", "rbac.authorization.k8s.io", read_binding},
        {"HorizontalPodAutoscaler", "autoscaling", read_autoscaler},
        {"PodDisruptionBudget", "policy", read_budget},
        {"NetworkPolicy", "networking.k8s.io", read_selecting},
        {"CiliumNetworkPolicy", "cilium.io", read_endpoint_policy},
        {"Backup", "postgresql.cnpg.io", read_of_database},
        {"ScheduledBackup", "postgresql.cnpg.io", read_of_database},
        {"Pooler", "postgresql.cnpg.io", read_of_database},
        {"Database", "postgresql.cnpg.io", read_of_database},
        {"ServiceMonitor", "monitoring.coreos.com", read_monitor},
        {"PodMonitor", "monitoring.coreos.com", read_monitor},
        {"VMServiceScrape", "operator.victoriametrics.com", read_monitor},
        {"VMPodScrape", "operator.victoriametrics.com", read_monitor},
        {"IPAddressPool", NULL, read_address_pool},
        {"CiliumLoadBalancerIPPool", NULL, read_address_pool},
};

/* ---- custom objects ------------------------------------------------------------------------------ */

static bool may_be_name(Slice text)
{
	if (text.length < 2 || text.length > 253)
		return false;
	for (size_t i = 0; i < text.length; i++)
		if (!g_ascii_islower(text.at[i]) && !g_ascii_isdigit(text.at[i]) && text.at[i] != '-' &&
		        text.at[i] != '.')
			return false;
	return g_ascii_isalnum(text.at[0]);
}

#define MOST_NAMES 4000

/* Depth is bounded by the YAML reader, the number of texts here. */
static void collect_names(const SourceFile *file, const YamlNode *node, Node object, uint32_t *left)
{
	if (*left == 0)
		return;
	if (yaml_is_scalar(node)) {
		if (may_be_name(node->value)) {
			--*left;
			add_scalar(file, object, FACT_NAMES, node);
		}
		return;
	}
	for (const YamlEntry *entry = node->first; entry && *left; entry = entry->next)
		collect_names(file, entry->value, object, left);
}

void add_names(const SourceFile *file, const YamlNode *node, Node object)
{
	uint32_t left = MOST_NAMES;
	if (node)
		collect_names(file, node, object, &left);
}

static void read_custom(const SourceFile *file, const YamlNode *root, Node object)
{
	uint32_t left = MOST_NAMES;
	const YamlNode *selector = yaml_at(root, "spec.selector");
	if (yaml_get(selector, "matchLabels"))
		read_selector(file, selector, object);
	for (const YamlEntry *entry = root->first; entry; entry = entry->next)
		if (yaml_is_scalar(entry->key) && !slice_is(entry->key->value, "metadata"))
			collect_names(file, entry->value, object, &left);
}

static bool is_custom_group(Slice group)
{
	return slice_find_byte(group, '.', 0) != SIZE_MAX && !slice_ends(group, ".k8s.io");
}

/* ---- objects ------------------------------------------------------------------------------------- */

static Slice group_of(Slice api_version)
{
	size_t slash = slice_find_byte(api_version, '/', 0);
	return slash == SIZE_MAX ? (Slice){"", 0} : slice_sub(api_version, 0, slash);
}

static void read_metadata(const SourceFile *file, const YamlNode *metadata, Node object)
{
	add_scalar_of(file, object, FACT_NAMESPACE, metadata, "namespace");
	add_pairs(file, object, FACT_LABEL, yaml_get(metadata, "labels"));
	add_pairs(file, object, FACT_ANNOTATION, yaml_get(metadata, "annotations"));
}

static void read_kind(const SourceFile *file, const YamlNode *root, Node object, Slice kind, Slice group)
{
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (slice_is(kind, kinds[i].kind) && (!kinds[i].group || slice_is(group, kinds[i].group))) {
			kinds[i].read(file, root, object);
			return;
		}
	}
	if (is_custom_group(group) && !read_flux(file, root, object))
		read_custom(file, root, object);
}

/* NODE_NONE where the kind is no text. */
static Node begin_object(const SourceFile *file, const YamlNode *root, Node parent)
{
	const YamlNode *kind = yaml_get(root, "kind"), *metadata = yaml_get(root, "metadata");
	const YamlNode *name = yaml_get(metadata, "name");
	if (!yaml_is_scalar(kind))
		return NODE_NONE;
	Node object = add_named(file, NODE_OBJECT, parent, yaml_is_scalar(name) ? name : root);
	add_scalar(file, object, FACT_KIND, kind);
	add_scalar_of(file, object, FACT_API_VERSION, root, "apiVersion");
	read_metadata(file, metadata, object);
	if (yaml_is_map(yaml_get(root, "sops")))
		graph_add_flag(file->builder, object, FACT_ENCRYPTED, kind->start, kind->end);
	return object;
}

static void finish_object(const SourceFile *file, const YamlNode *root, Node object)
{
	read_kind(file, root, object, yaml_text_of(root, "kind"), group_of(yaml_text_of(root, "apiVersion")));
}

static void read_one(const SourceFile *file, const YamlNode *written, Node parent)
{
	const YamlNode *root = rendered_object(file, written);
	Node object = begin_object(file, root, parent);
	if (!object)
		return;
	check_schema(file, root, object, false);
	finish_object(file, root, object);
}

Node read_made_object(const SourceFile *file, const YamlNode *root, Node parent)
{
	Node object = begin_object(file, root, parent);
	if (!object)
		return NODE_NONE;
	check_schema(file, root, object, true);
	finish_object(file, root, object);
	return object;
}

Node read_listed_object(const SourceFile *file, const YamlNode *root, Slice kind, Slice version, Node parent)
{
	const YamlNode *metadata = yaml_get(root, "metadata"), *name = yaml_get(metadata, "name");
	if (!yaml_is_scalar(name) || kind.length == 0)
		return NODE_NONE;
	Node object = add_named(file, NODE_OBJECT, parent, name);
	graph_add(file->builder, object, FACT_KIND, kind, name->start, name->end);
	graph_add(file->builder, object, FACT_API_VERSION, version, name->start, name->end);
	read_metadata(file, metadata, object);
	read_kind(file, root, object, kind, group_of(version));
	return object;
}

static void read_document(const SourceFile *file, const YamlDocument *document, Node node)
{
	const YamlNode *items = yaml_get(document->root, "items");
	if (!slice_ends(yaml_text_of(document->root, "kind"), "List") || !items) {
		read_one(file, document->root, node);
		return;
	}
	YAML_EACH_ITEM (items, item)
		if (yaml_is_map(item))
			read_one(file, item, node);
}

const Dialect dialect_kubernetes = {"kubernetes", claims, read_document};
