/* Pods as containers: what the kubelet says of each, in the shape that Docker's take, so that one screen shows both.
 * Source: kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle. */
#include "cluster/inner.h"

#include "base/quantity.h"

int64_t amount_at(const Json *value, const char *path, int64_t scale)
{
	g_autofree char *text = json_scalar(json_at(value, path));
	int64_t amount = 0;
	return text && quantity_parse(slice_from(text), scale, &amount) ? amount : 0;
}

const Json *condition_of(const Json *object, const char *type)
{
	JSON_EACH (json_at(object, "status.conditions"), condition)
		if (g_strcmp0(json_text_at(condition, "type"), type) == 0)
			return condition;
	return NULL;
}

/* ---- whose ----------------------------------------------------------------------------------------------- */

char *pod_workload(const Json *pod)
{
	const char *hash = json_text(json_get(json_at(pod, "metadata.labels"), "pod-template-hash"));
	JSON_EACH (json_at(pod, "metadata.ownerReferences"), owner) {
		const char *kind = json_text_at(owner, "kind"), *name = json_text_at(owner, "name");
		g_autofree char *tail = hash ? g_strconcat("-", hash, NULL) : NULL;
		if (!json_true_at(owner, "controller", false) || !kind || !name || strcmp(kind, "Node") == 0)
			continue;
		if (strcmp(kind, "ReplicaSet") == 0 && tail && g_str_has_suffix(name, tail))
			return g_strdup_printf("Deployment/%.*s", (int)(strlen(name) - strlen(tail)), name);
		return g_strdup_printf("%s/%s", kind, name);
	}
	return g_strdup_printf("Pod/%s", json_text_at(pod, "metadata.name"));
}

/* ---- what it asks ---------------------------------------------------------------------------------------- */

static void add_requests(const Json *container, int64_t *cpu, int64_t *memory)
{
	*cpu += amount_at(container, "resources.requests.cpu", 1000);
	*memory += amount_at(container, "resources.requests.memory", 1);
}

static bool is_sidecar(const Json *container)
{
	return g_strcmp0(json_text_at(container, "restartPolicy"), "Always") == 0;
}

/* Init containers run one after the other, beside the sidecars that started before them. */
void pod_asks(const Json *pod, int64_t *ret_cpu, int64_t *ret_memory)
{
	int64_t cpu = 0, memory = 0, side_cpu = 0, side_memory = 0, most_cpu = 0, most_memory = 0;
	JSON_EACH (json_at(pod, "spec.containers"), container)
		add_requests(container, &cpu, &memory);
	JSON_EACH (json_at(pod, "spec.initContainers"), container) {
		int64_t own_cpu = 0, own_memory = 0;
		add_requests(container, &own_cpu, &own_memory);
		most_cpu = MAX(most_cpu, side_cpu + own_cpu);
		most_memory = MAX(most_memory, side_memory + own_memory);
		if (is_sidecar(container)) {
			side_cpu += own_cpu;
			side_memory += own_memory;
		}
	}
	*ret_cpu = MAX(cpu + side_cpu, most_cpu);
	*ret_memory = MAX(memory + side_memory, most_memory);
	if (json_at(pod, "spec.resources.requests.cpu"))
		*ret_cpu = amount_at(pod, "spec.resources.requests.cpu", 1000);
	if (json_at(pod, "spec.resources.requests.memory"))
		*ret_memory = amount_at(pod, "spec.resources.requests.memory", 1);
	*ret_cpu += amount_at(pod, "spec.overhead.cpu", 1000);
	*ret_memory += amount_at(pod, "spec.overhead.memory", 1);
}

/* ---- how it is ------------------------------------------------------------------------------------------- */

static const Json *status_of(const Json *pod, const char *list, const char *name)
{
	JSON_EACH (json_get(json_get(pod, "status"), list), status)
		if (g_strcmp0(json_text_at(status, "name"), name) == 0)
			return status;
	return NULL;
}

static void read_ended(LiveContainer *container, const Json *ended)
{
	const char *reason = json_text_at(ended, "reason"), *message = json_text_at(ended, "message");
	container->exit_code = (int)json_number_at(ended, "exitCode", 0);
	container->killed_for_memory = g_strcmp0(reason, "OOMKilled") == 0;
	container->finished = live_time(json_text_at(ended, "finishedAt"));
	if (message && *message && !container->why)
		container->why = g_strdup(message);
}

static void read_waiting(LiveContainer *container, const Json *status)
{
	const Json *waiting = json_at(status, "state.waiting");
	const char *reason = json_text_at(waiting, "reason"), *message = json_text_at(waiting, "message");
	bool again = g_strcmp0(reason, "CrashLoopBackOff") == 0;
	container->state = again ? LIVE_RESTARTING : LIVE_CREATED;
	container->word = g_strdup(reason ? reason : "waiting");
	if (message && *message && !again)
		container->why = g_strdup(message);
	read_ended(container, json_at(status, "lastState.terminated"));
	if (again && container->killed_for_memory && !container->why)
		container->why = g_strdup("its memory limit ended it");
}

static void read_status(LiveContainer *container, const Json *status)
{
	const Json *running = json_at(status, "state.running"), *ended = json_at(status, "state.terminated");
	container->restarts = (uint32_t)json_number_at(status, "restartCount", 0);
	container->ready = json_true_at(status, "ready", false) ? READY_YES : READY_NO;
	if (running) {
		container->state = LIVE_RUNNING;
		container->started = live_time(json_text_at(running, "startedAt"));
		if (container->role == UNIT_INIT) /* a sidecar, or at work */
			container->ready = READY_UNKNOWN;
	} else if (ended) {
		container->state = LIVE_EXITED;
		read_ended(container, ended);
	} else {
		read_waiting(container, status);
	}
}

/* What the pod as a whole says goes before what its container does. */
static void read_whole(LiveContainer *container, const Json *pod)
{
	const char *phase = json_text_at(pod, "status.phase"), *reason = json_text_at(pod, "status.reason"),
	           *message = json_text_at(pod, "status.message");
	const Json *scheduled = condition_of(pod, "PodScheduled");
	if (json_at(pod, "metadata.deletionTimestamp")) {
		g_free(container->word);
		container->word = g_strdup(g_strcmp0(reason, "NodeLost") == 0 ? "Unknown" : "Terminating");
	} else if (g_strcmp0(phase, "Failed") == 0 && reason) { /* Evicted, UnexpectedAdmissionError, … */
		g_free(container->word);
		container->word = g_strdup(reason);
		container->state = LIVE_DEAD;
	} else if (g_strcmp0(json_text_at(scheduled, "status"), "False") == 0) {
		container->word = g_strdup("Pending");
		message = json_text_at(scheduled, "message");
	} else if (!container->word && container->state == LIVE_CREATED) {
		container->word = g_strdup(phase ? phase : "Pending");
	}
	if (message && *message && !container->why)
		container->why = g_strdup(message);
}

static void add_container(Live *live, const Json *pod, const Json *spec, bool init)
{
	LiveContainer *container = live_add(live);
	const char *name = json_text_at(spec, "name"), *policy = json_text_at(pod, "spec.restartPolicy");
	container->namespace = g_strdup(json_text_at(pod, "metadata.namespace"));
	container->pod = g_strdup(json_text_at(pod, "metadata.name"));
	container->container = g_strdup(name);
	container->name = g_strdup_printf("%s/%s/%s", container->namespace, container->pod, name);
	container->id = g_strdup(container->name);
	container->image = g_strdup(json_text_at(spec, "image"));
	container->workload = pod_workload(pod);
	container->node = g_strdup(json_text_at(pod, "spec.nodeName"));
	container->role = init ? UNIT_INIT : UNIT_MAIN;
	container->once = (init && !is_sidecar(spec)) || (policy && strcmp(policy, "Always") != 0);
	container->memory_limit = (uint64_t)amount_at(spec, "resources.limits.memory", 1);
	container->ready = READY_NO;
	const Json *status = status_of(pod, init ? "initContainerStatuses" : "containerStatuses", name);
	if (status)
		read_status(container, status);
	read_whole(container, pod);
}

void live_add_pod(Live *live, const Json *pod)
{
	JSON_EACH (json_at(pod, "spec.initContainers"), container)
		add_container(live, pod, container, true);
	JSON_EACH (json_at(pod, "spec.containers"), container)
		add_container(live, pod, container, false);
}
