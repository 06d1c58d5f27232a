/* Keys of the values that the app-template chart does not have. From version 3 on the chart brings a schema that closes
 * most of its maps, so that one wrong key stops the release. Which keys there are differs between versions, and a
 * release often names its chart in another file: so this says only from which version to which a key is known, and
 * rule/chart.c what that means. Maps that the chart hands on as they are (resources, probes' spec) are left to those
 * who check the objects that it makes. */
#include "source/apptemplate.h"

#include "base/near.h"

/* keys: NAME[=SHAPE][+SINCE][<BEFORE], SHAPE with a * for each map of any names and a # for each list on the way to it.
 * Versions are 100 times the first number and the second. What came after 4.1 is marked +402, whenever that was. An
 * open map takes other keys as well, without a word. */
typedef struct Shape {
	const char *name;
	bool open;
	const char *keys;
} Shape;

#define NAMED "nameOverride<400 forceRename+400 prefix+400 suffix+400 enabled annotations labels "

static const Shape shapes[] = {
        {"values", true,
                "global=global defaultPodOptionsStrategy+400 defaultPodOptions=pod controllers=*controller "
                "serviceAccount=oldAccount<400 serviceAccount=*account+400 configMaps=*configMap secrets=*secret "
                "ingress=*ingress route=*route service=*service serviceMonitor=*monitor networkpolicies=*policy "
                "persistence=*persistence rawResources=*raw+303 enforceServiceAccountCreation+305<400 rbac=rbac+400 "
                "configMapsFromFolder+402 secretsFromFolder+402 externalSecrets+402 podMonitor+402 listenerSets+402 "
                "defaultExternalSecretStoreRef+402 ciliumNetworkPolicies+402 ciliumClusterwideNetworkPolicies+402"},
        {"global", true,
                "nameOverride fullnameOverride labels annotations propagateGlobalMetadataToPods+306 "
                "alwaysAppendIdentifierToResourceName+401 createDefaultServiceAccount+402 templateEvaluation+402"},
        {"controller", false,
                NAMED "type pod=pod replicas revisionHistoryLimit rollingUpdate strategy cronjob=cronjob job=job "
                      "statefulset=statefulset containers=*container initContainers=*container serviceAccount+305 "
                      "applyDefaultContainerOptionsToInitContainers+304 defaultContainerOptionsStrategy+304 "
                      "defaultContainerOptions=containerDefaults+304 extraSelectorLabels+402 "
                      "podDisruptionBudget+402 horizontalPodAutoscaler+402"},
        {"cronjob", false,
                "activeDeadlineSeconds+302 backoffLimit concurrencyPolicy failedJobsHistory parallelism schedule "
                "startingDeadlineSeconds successfulJobsHistory suspend timeZone ttlSecondsAfterFinished"},
        {"job", false,
                "activeDeadlineSeconds+302 backoffLimit completionMode completions parallelism suspend "
                "ttlSecondsAfterFinished"},
        {"statefulset", false,
                "podManagementPolicy volumeClaimTemplates=#claimTemplate serviceName+401 startOrdinal+402 "
                "persistentVolumeClaimRetentionPolicy=retention+303"},
        {"retention", false, "whenDeleted whenScaled"},
        {"claimTemplate", false,
                "enabled accessMode advancedMounts=*#mount annotations dataSource=source dataSourceRef=source "
                "globalMounts=#mount labels name size storageClass"},
        {"containerDefaults", false, "args command env envFrom=#envFrom image=image resources securityContext"},
        {"container", false,
                "args command dependsOn enabled env envFrom=#envFrom image=image lifecycle nameOverride ports "
                "probes=probes resources restartPolicy securityContext stdin+303 tty+303 terminationMessagePath "
                "terminationMessagePolicy workingDir volumeDevices+402 resizePolicy+402"},
        {"envFrom", false, "configMap configMapRef=bulk prefix secret secretRef=bulk"},
        {"bulk", false, "identifier name optional"},
        {"image", false, "pullPolicy repository tag digest+402"},
        {"probes", false, "liveness=probe readiness=probe startup=probe"},
        {"probe", false, "custom enabled path port spec=probeSpec type service+307 command+402"},
        {"probeSpec", true,
                "exec failureThreshold grpc httpGet initialDelaySeconds periodSeconds successThreshold tcpSocket "
                "terminationGracePeriodSeconds timeoutSeconds"},
        {"pod", false,
                "affinity annotations automountServiceAccountToken dnsConfig dnsPolicy enableServiceLinks hostAliases "
                "hostIPC hostNetwork hostPID hostname imagePullSecrets labels nodeSelector priorityClassName "
                "restartPolicy runtimeClassName schedulerName securityContext terminationGracePeriodSeconds "
                "tolerations topologySpreadConstraints hostUsers+306 shareProcessNamespace+307 resources+400 "
                "resourceClaims+402 resizePolicy+402 schedulingGates+402"},
        {"oldAccount", false, "annotations create labels name extraServiceAccounts+305"},
        {"account", false, NAMED "staticToken"},
        {"configMap", false, NAMED "data binaryData+305 includeInChecksum+302 includeChecksumInControllers+402"},
        {"secret", false, NAMED "stringData type includeInChecksum+302 includeChecksumInControllers+402"},
        {"ingress", false, NAMED "className defaultBackend hosts=#ingressHost tls=#ingressTls"},
        {"ingressHost", false, "host paths=#ingressPath"},
        {"ingressPath", false, "path pathType service=ingressService"},
        {"ingressService", false, "identifier name port"},
        {"ingressTls", false, "hosts secretName"},
        {"route", false,
                NAMED "hostnames kind parentRefs=#parent rules=#routeRule namespaceOverride+402 referenceGrant+402"},
        {"parent", false, "group kind name namespace sectionName port+400 identifier+402"},
        {"routeRule", false, "backendRefs=#backend filters matches timeouts sessionPersistence+400 name+402"},
        {"backend", false, "group kind name namespace port weight identifier+400 filters+402"},
        {"service", false,
                NAMED "allocateLoadBalancerNodePorts clusterIP controller externalIPs externalTrafficPolicy "
                      "extraSelectorLabels ipFamilies ipFamilyPolicy loadBalancerIP loadBalancerSourceRanges "
                      "ports=*port primary publishNotReadyAddresses sessionAffinity sessionAffinityConfig type "
                      "externalName+303 loadBalancerClass+304 internalTrafficPolicy+305 trafficDistribution+402"},
        {"port", false, "appProtocol enabled nodePort port primary protocol targetPort portRange+402"},
        {"monitor", false, NAMED "endpoints selector serviceName targetLabels service=monitored+401 jobLabel+402"},
        {"monitored", false, "identifier name"},
        {"policy", false, NAMED "controller podSelector policyTypes rules=policyRules"},
        {"policyRules", false, "egress ingress"},
        {"persistence", false,
                NAMED "accessMode advancedMounts=**#mount dataSource=source dataSourceRef=source defaultMode "
                      "existingClaim globalMounts=#mount hostPath hostPathType identifier items medium name path "
                      "retain server size sizeLimit storageClass type volumeSpec volumeName+301 image+402 "
                      "pullPolicy+402 sources+402 externalSecretRef+402"},
        {"mount", false, "mountPropagation path readOnly subPath subPathExpr+400"},
        {"source", false, "apiGroup kind name namespace+402"},
        {"raw", false, NAMED "apiVersion kind spec manifest+402"},
        {"rbac", false, "bindings=*binding roles=*role"},
        {"role", false, NAMED "rules type"},
        {"binding", false, NAMED "roleRef subjects type"},
};

typedef struct Key {
	Slice name, shape;
	uint32_t since, before; /* versions; 0 for all from version 3 on, and for those to come */
} Key;

typedef struct Walk {
	const AppTemplate *app;
	Node parent;
	GString *path;
	uint32_t left; /* problems that may still be said */
} Walk;

static const Shape *find_shape(Slice name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++)
		if (slice_is(name, shapes[i].name))
			return &shapes[i];
	return NULL;
}

static bool next_key(const char **at, Key *ret_key)
{
	size_t length = strcspn(*at, " "), name = strcspn(*at, " =+<");
	if (length == 0)
		return false;
	Slice word = {*at, length};
	*ret_key = (Key){.name = {*at, name}};
	for (size_t start = name; start < length;) {
		size_t end = start + 1 + strcspn(*at + start + 1, " =+<");
		Slice part = slice_sub(word, start + 1, end);
		if (word.at[start] == '=')
			ret_key->shape = part;
		else
			slice_to_number(part, word.at[start] == '+' ? &ret_key->since : &ret_key->before);
		start = end;
	}
	*at += length + strspn(*at + length, " ");
	return true;
}

/* Where the version is not known, any. */
static bool is_known_in(const Key *key, uint32_t version)
{
	return version == 0 || (version >= key->since && (key->before == 0 || version < key->before));
}

/* The key that was meant; not one that stands beside it. */
static Slice meant(const Walk *walk, const Shape *shape, const YamlNode *map, Slice wrong)
{
	NearSearch search = near_search(wrong, MIN(near_limit(wrong), 2));
	Key key;
	for (const char *at = shape->keys; next_key(&at, &key);) {
		g_autofree char *name = slice_dup(key.name);
		if (is_known_in(&key, walk->app->version) && !yaml_get(map, name))
			near_offer(&search, key.name);
	}
	return near_result(&search) == SIZE_MAX ? SLICE("") : search.best;
}

static void add_problem(Walk *walk, const Shape *shape, const YamlNode *map, const YamlNode *at, const Key *known)
{
	GraphBuilder *builder = walk->app->file->builder;
	Slice near = meant(walk, shape, map, at->value);
	if (walk->left == 0 || (shape->open && near.length == 0))
		return;
	walk->left--;
	Node problem = graph_add_problem(builder, walk->parent, "chart-key",
	        walk->path->len ? walk->path->str : "the values", NULL, at->start, at->end);
	graph_add(builder, problem, FACT_VALUE, at->value, at->start, at->end);
	if (shape->open)
		graph_add_flag(builder, problem, FACT_OPTIONAL, at->start, at->end);
	if (near.length)
		graph_add(builder, problem, FACT_NEAR, near, at->start, at->end);
	if (known && known->since)
		graph_add_number(builder, problem, FACT_KNOWN_SINCE, known->since, at->start, at->end);
	if (known && known->before)
		graph_add_number(builder, problem, FACT_KNOWN_BEFORE, known->before, at->start, at->end);
}

static void walk_map(Walk *walk, const Shape *shape, const YamlNode *map);

/* Through the maps and lists that the shape's name begins with. */
static void walk_value(Walk *walk, Slice shape, const YamlNode *value)
{
	if (shape.length == 0 || !value)
		return;
	Slice rest = slice_sub(shape, 1, shape.length);
	size_t length = walk->path->len;
	if (shape.at[0] == '#') {
		YAML_EACH_ITEM (value, item)
			walk_value(walk, rest, item);
	} else if (shape.at[0] == '*') {
		for (YamlPairs pairs = yaml_pairs(value); yaml_is_map(value) && yaml_next_pair(&pairs);) {
			if (!yaml_is_scalar(pairs.key))
				continue;
			g_string_append_printf(walk->path, ".%s", pairs.key->value.at);
			walk_value(walk, rest, pairs.value);
			g_string_truncate(walk->path, length);
		}
	} else if (yaml_is_map(value)) {
		walk_map(walk, find_shape(shape), value);
	}
}

/* A null takes a key out of the values before anyone looks at them. */
static bool is_judged(const YamlNode *key, const YamlNode *value)
{
	return yaml_is_scalar(key) && key->value.length && !yaml_is_open(key->value) && !yaml_is_null(value);
}

/* Two keys of one name, of different versions, have each its own shape. */
static void walk_pair(Walk *walk, const Shape *shape, const YamlNode *map, const YamlPairs *pair)
{
	Key key, found = {.name = {NULL, 0}};
	bool several = false;
	for (const char *at = shape->keys; next_key(&at, &key);) {
		if (!slice_equal(key.name, pair->key->value))
			continue;
		several = found.name.length > 0 && walk->app->version == 0;
		if (!found.name.length || is_known_in(&key, walk->app->version))
			found = key;
	}
	bool ranged = !several && (found.since || found.before);
	if (!found.name.length)
		add_problem(walk, shape, map, pair->key, NULL);
	else if (ranged && (walk->app->version == 0 || !is_known_in(&found, walk->app->version)))
		add_problem(walk, shape, map, pair->key, &found);
	size_t length = walk->path->len;
	g_string_append_printf(walk->path, "%s%s", length ? "." : "", pair->key->value.at);
	if (found.name.length && !several)
		walk_value(walk, found.shape, pair->value);
	g_string_truncate(walk->path, length);
}

static void walk_map(Walk *walk, const Shape *shape, const YamlNode *map)
{
	for (YamlPairs pairs = yaml_pairs(map); yaml_next_pair(&pairs);)
		if (is_judged(pairs.key, pairs.value))
			walk_pair(walk, shape, map, &pairs);
}

void app_check_keys(const AppTemplate *app, Node parent)
{
	g_autoptr(GString) path = g_string_new(NULL);
	Walk walk = {app, parent, path, 100};
	walk_map(&walk, find_shape(SLICE("values")), app->values);
}
