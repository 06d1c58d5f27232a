/* Whether a workload's pods will come up by themselves. */
#include "cluster/inner.h"

#define PENDING_SECONDS 20 /* in which the scheduler may find a place, or an autoscaler start a machine */

typedef struct Looking {
	char *trouble;
} Looking;

static bool is_hopeless(const char *reason)
{
	static const char *const words[] = {"CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "ErrImageNeverPull",
	        "InvalidImageName", "CreateContainerConfigError", "CreateContainerError", "RunContainerError", NULL};
	return reason && g_strv_contains(words, reason);
}

static char *container_trouble(const Json *pod, const char *list)
{
	JSON_EACH (json_get(json_get(pod, "status"), list), status) {
		const char *reason = json_text_at(status, "state.waiting.reason"),
		           *message = json_text_at(status, "state.waiting.message");
		if (is_hopeless(reason))
			return g_strdup_printf("%s of pod %s: %s%s%s", json_text_at(status, "name"),
			        json_text_at(pod, "metadata.name"), reason, message ? ": " : "",
			        message ? message : "");
	}
	return NULL;
}

static void look(const Json *pod, void *data)
{
	Looking *looking = data;
	const Json *scheduled = condition_of(pod, "PodScheduled");
	if (looking->trouble || json_at(pod, "metadata.deletionTimestamp"))
		return;
	looking->trouble = container_trouble(pod, "initContainerStatuses");
	if (!looking->trouble)
		looking->trouble = container_trouble(pod, "containerStatuses");
	gint64 since = live_time(json_text_at(scheduled, "lastTransitionTime"));
	bool long_ago = since && g_get_real_time() / G_USEC_PER_SEC - since >= PENDING_SECONDS;
	if (!looking->trouble && long_ago && g_strcmp0(json_text_at(scheduled, "reason"), "Unschedulable") == 0)
		looking->trouble = g_strdup_printf("pod %s has no place: %s", json_text_at(pod, "metadata.name"),
		        json_text_at(scheduled, "message"));
}

/* The selector of labels as a query; NULL for what has no pods, or selects by expressions. */
static char *pods_path(const Json *workload)
{
	const Json *labels = json_at(workload, "spec.selector.matchLabels");
	const char *namespace = json_text_at(workload, "metadata.namespace");
	if (!json_at(workload, "spec.template.spec.containers") || !namespace || json_count(labels) == 0)
		return NULL;
	g_autoptr(GString) words = g_string_new(NULL);
	JSON_MEMBERS (labels, key, value)
		g_string_append_printf(words, "%s%s=%s", words->len ? "," : "", key, json_text(value));
	g_autofree char *selector = http_escape(words->str);
	return g_strdup_printf("/api/v1/namespaces/%s/pods?labelSelector=%s", namespace, selector);
}

/* Why no pod is made at all: a quota, an admission that refuses. */
static char *replica_trouble(const Json *workload)
{
	const Json *failure = condition_of(workload, "ReplicaFailure");
	return g_strcmp0(json_text_at(failure, "status"), "True") == 0 ? g_strdup(json_text_at(failure, "message"))
	                                                               : NULL;
}

char *workload_trouble(Cluster *cluster, const Json *workload)
{
	Looking looking = {replica_trouble(workload)};
	g_autofree char *path = looking.trouble ? NULL : pods_path(workload);
	if (path)
		cluster_list(cluster, path, look, &looking, NULL, NULL);
	return looking.trouble;
}
