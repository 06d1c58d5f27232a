/* In which order objects are applied, and when each is as far as those after it need it to be. */
#include "cluster/inner.h"

enum { WAVE_NAMESPACES, WAVE_DEFINITIONS, WAVE_CONFIGURATION, WAVE_STORAGE, WAVE_WORKLOADS, WAVE_REST };

typedef struct Wave {
	const char *kind;
	uint32_t wave, rank;
} Wave;

static const Wave waves[] = {{"Namespace", WAVE_NAMESPACES, 0}, {"PriorityClass", WAVE_NAMESPACES, 0},
        {"RuntimeClass", WAVE_NAMESPACES, 0}, {"CustomResourceDefinition", WAVE_DEFINITIONS, 0},
        {"ConfigMap", WAVE_CONFIGURATION, 0}, {"ServiceAccount", WAVE_CONFIGURATION, 0},
        {"Role", WAVE_CONFIGURATION, 0}, {"ClusterRole", WAVE_CONFIGURATION, 0},
        {"ResourceQuota", WAVE_CONFIGURATION, 0}, {"LimitRange", WAVE_CONFIGURATION, 0},
        {"NetworkPolicy", WAVE_CONFIGURATION, 0}, {"Service", WAVE_CONFIGURATION, 0}, {"Secret", WAVE_CONFIGURATION, 1},
        {"RoleBinding", WAVE_CONFIGURATION, 1}, {"ClusterRoleBinding", WAVE_CONFIGURATION, 1},
        {"StorageClass", WAVE_STORAGE, 0}, {"VolumeSnapshotClass", WAVE_STORAGE, 0},
        {"PersistentVolume", WAVE_STORAGE, 0}, {"PersistentVolumeClaim", WAVE_STORAGE, 1},
        {"Deployment", WAVE_WORKLOADS, 0}, {"StatefulSet", WAVE_WORKLOADS, 0}, {"DaemonSet", WAVE_WORKLOADS, 0},
        {"ReplicaSet", WAVE_WORKLOADS, 0}, {"Pod", WAVE_WORKLOADS, 0}, {"Job", WAVE_WORKLOADS, 0},
        {"CronJob", WAVE_WORKLOADS, 0}, {"IngressClass", WAVE_REST, 0}, {"Ingress", WAVE_REST, 1},
        {"HorizontalPodAutoscaler", WAVE_REST, 0}, {"PodDisruptionBudget", WAVE_REST, 0}, {"APIService", WAVE_REST, 1},
        {"ValidatingWebhookConfiguration", WAVE_REST, 2}, {"MutatingWebhookConfiguration", WAVE_REST, 2}};

const char *cluster_wave_word(uint32_t wave)
{
	static const char *const words[] = {
	        "namespaces", "definitions", "configuration", "storage", "workloads", "the rest"};
	return words[wave];
}

static const Wave *wave_of(const Json *object)
{
	const char *kind = json_text_at(object, "kind");
	for (size_t i = 0; i < G_N_ELEMENTS(waves); i++)
		if (strcmp(kind, waves[i].kind) == 0)
			return &waves[i];
	return NULL;
}

/* Objects of a kind whose definition comes in the same go are for an operator that comes, too: they are last. Those of
 * a cluster's own kinds often make Secrets that workloads wait for. */
uint32_t object_wave(const Json *object, bool own_definition)
{
	const Wave *wave = wave_of(object);
	return wave ? wave->wave : own_definition ? WAVE_REST : WAVE_CONFIGURATION;
}

/* Within a wave: bindings want their roles, tokens their accounts, claims and Ingresses the class that is the default;
 * objects of other kinds may be held against any of them. Webhooks would ask of all that comes after them. */
uint32_t object_rank(const Json *object)
{
	const Wave *wave = wave_of(object);
	return wave ? wave->rank : 1;
}

char *object_title(const Json *object)
{
	const char *kind = json_text_at(object, "kind"), *name = json_text_at(object, "metadata.name"),
	           *namespace = json_text_at(object, "metadata.namespace");
	return g_strdup_printf("%s%s%s/%s", namespace ? namespace : "", namespace ? "/" : "", kind, name);
}

/* ---- ready ----------------------------------------------------------------------------------------------- */

static bool is_true(const Json *object, const char *type)
{
	return g_strcmp0(json_text_at(condition_of(object, type), "status"), "True") == 0;
}

static char *message_of(const Json *object, const char *type)
{
	const char *message = json_text_at(condition_of(object, type), "message");
	return g_strdup(message ? message : type);
}

static bool is_seen(const Json *object)
{
	return json_number_at(object, "status.observedGeneration", 0) >=
	       json_number_at(object, "metadata.generation", 0);
}

static bool counts(const Json *object, const char *have, const char *want, int64_t otherwise, char **ret_why)
{
	int64_t wanted = json_number_at(object, want, otherwise), there = json_number_at(object, have, 0);
	if (is_seen(object) && there >= wanted)
		return true;
	*ret_why = g_strdup_printf("%d of %d ready", (int)MIN(there, wanted), (int)wanted);
	return false;
}

static bool deployment_ready(const Json *object, char **ret_why, bool *ret_broken)
{
	const Json *progress = condition_of(object, "Progressing");
	if (is_seen(object) && g_strcmp0(json_text_at(progress, "reason"), "ProgressDeadlineExceeded") == 0) {
		*ret_why = message_of(object, "Progressing");
		*ret_broken = true;
		return false;
	}
	return counts(object, "status.updatedReplicas", "spec.replicas", 1, ret_why) &&
	       counts(object, "status.availableReplicas", "spec.replicas", 1, ret_why) &&
	       json_number_at(object, "status.replicas", 0) <= json_number_at(object, "spec.replicas", 1);
}

static bool stateful_ready(const Json *object, char **ret_why, bool *ret_broken)
{
	if (!counts(object, "status.readyReplicas", "spec.replicas", 1, ret_why))
		return false;
	bool by_hand = g_strcmp0(json_text_at(object, "spec.updateStrategy.type"), "OnDelete") == 0 ||
	               json_number_at(object, "spec.updateStrategy.rollingUpdate.partition", 0) > 0;
	return by_hand || counts(object, "status.updatedReplicas", "spec.replicas", 1, ret_why);
}

static bool daemon_ready(const Json *object, char **ret_why, bool *ret_broken)
{
	return counts(object, "status.numberReady", "status.desiredNumberScheduled", 0, ret_why) &&
	       (g_strcmp0(json_text_at(object, "spec.updateStrategy.type"), "OnDelete") == 0 ||
	               counts(object, "status.updatedNumberScheduled", "status.desiredNumberScheduled", 0, ret_why));
}

static bool job_ready(const Json *object, char **ret_why, bool *ret_broken)
{
	if (is_true(object, "Failed")) {
		*ret_why = message_of(object, "Failed");
		*ret_broken = true;
		return false;
	}
	return is_true(object, "Complete") || json_true_at(object, "spec.suspend", false);
}

static bool pod_ready(const Json *object, char **ret_why, bool *ret_broken)
{
	const char *phase = json_text_at(object, "status.phase");
	*ret_broken = g_strcmp0(phase, "Failed") == 0;
	return is_true(object, "Ready") || g_strcmp0(phase, "Succeeded") == 0;
}

/* A claim that waits for its first pod is as far as it can be; the server says so in an event only, and the class is
 * another object: claims of the right size in a class that exists bind at once or with their pod. */
static bool claim_ready(const Json *object, char **ret_why, bool *ret_broken)
{
	*ret_broken = g_strcmp0(json_text_at(object, "status.phase"), "Lost") == 0;
	if (*ret_broken)
		*ret_why = g_strdup("its volume is gone");
	return !*ret_broken;
}

static bool definition_ready(const Json *object, char **ret_why, bool *ret_broken)
{
	if (g_strcmp0(json_text_at(condition_of(object, "NamesAccepted"), "status"), "False") == 0) {
		*ret_why = message_of(object, "NamesAccepted");
		*ret_broken = true;
		return false;
	}
	return is_true(object, "Established");
}

static bool service_ready(const Json *object, char **ret_why, bool *ret_broken)
{
	return is_true(object, "Available");
}

static bool namespace_ready(const Json *object, char **ret_why, bool *ret_broken)
{
	if (json_at(object, "metadata.deletionTimestamp"))
		*ret_why = g_strdup("it is being deleted");
	return !json_at(object, "metadata.deletionTimestamp");
}

bool object_is_ready(const char *kind, const Json *object, char **ret_why, bool *ret_broken)
{
	static const struct {
		const char *kind;
		bool (*ready)(const Json *object, char **ret_why, bool *ret_broken);
	} kinds[] = {{"Deployment", deployment_ready}, {"StatefulSet", stateful_ready}, {"DaemonSet", daemon_ready},
	        {"Job", job_ready}, {"Pod", pod_ready}, {"PersistentVolumeClaim", claim_ready},
	        {"CustomResourceDefinition", definition_ready}, {"APIService", service_ready},
	        {"Namespace", namespace_ready}};
	*ret_why = NULL;
	*ret_broken = false;
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (strcmp(kind, kinds[i].kind) == 0)
			return kinds[i].ready(object, ret_why, ret_broken);
	return true;
}
