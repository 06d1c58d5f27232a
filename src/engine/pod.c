/* One pod as containers.
 *
 * A pod with one container is that container. Several share the network of a pause container, as in a cluster, so that
 * any of them may restart. Init containers run one after the other before, each in a network place of its own: nothing
 * of them is left when the next begins. */
#include "engine/inner.h"

#include "base/quantity.h"

#define INIT_TRIES 8 /* further ones, which takes a minute; a kubelet has no end */

uint16_t port_number(const Json *spec, const Json *port)
{
	int64_t number = json_number_at(port, "", 0);
	const char *name = json_text(port);
	uint32_t digits;
	if (name && slice_to_number(slice_from(name), &digits))
		number = digits;
	if (name && !number)
		JSON_EACH (json_get(spec, "containers"), container)
			JSON_EACH (json_get(container, "ports"), declared)
				if (g_strcmp0(json_text_at(declared, "name"), name) == 0)
					number = json_number_at(declared, "containerPort", 0);
	return number > 0 && number < 65536 ? (uint16_t)number : 0;
}

static char **words_of(const Json *list)
{
	GPtrArray *words = g_ptr_array_new();
	JSON_EACH (list, word) {
		char *text = json_scalar(word);
		g_ptr_array_add(words, text ? text : g_strdup(""));
	}
	g_ptr_array_add(words, NULL);
	return (char **)g_ptr_array_free(words, FALSE);
}

/* ---- probes --------------------------------------------------------------------------------------------------- */

static UnitProbe read_probe(Making *making, const PodOrder *order, const Json *container, const Json *json)
{
	UnitProbe probe = {.kind = PROBE_NONE,
	        .delay = (uint32_t)json_number_at(json, "initialDelaySeconds", 0),
	        .period = (uint32_t)MAX(1, json_number_at(json, "periodSeconds", 10)),
	        .timeout = (uint32_t)MAX(1, json_number_at(json, "timeoutSeconds", 1)),
	        .failures = (uint32_t)MAX(1, json_number_at(json, "failureThreshold", 3))};
	const Json *spec = json_get(order->template, "spec");
	if (json_get(json, "exec")) {
		probe.kind = PROBE_EXEC;
		probe.command = words_of(json_at(json, "exec.command"));
	} else if (json_get(json, "httpGet")) {
		const char *path = json_text_at(json, "httpGet.path"), *scheme = json_text_at(json, "httpGet.scheme");
		probe.kind = PROBE_HTTP;
		probe.path = g_strdup(path && *path == '/' ? path : "/");
		probe.tls = scheme && g_ascii_strcasecmp(scheme, "https") == 0;
		probe.port = port_number(spec, json_at(json, "httpGet.port"));
	} else if (json_get(json, "tcpSocket")) {
		probe.kind = PROBE_TCP;
		probe.port = port_number(spec, json_at(json, "tcpSocket.port"));
	} else if (json_get(json, "grpc")) {
		wanted_problem(making->wanted, order->place, false,
		        "probe of %s: gRPC is not asked; it counts as ready once its port answers",
		        json_text_at(container, "name"));
		probe.kind = PROBE_TCP;
		probe.port = (uint16_t)json_number_at(json, "grpc.port", 0);
	}
	return probe;
}

/* Seconds until a start that never succeeds has failed for good. */
static uint32_t probe_patience(const Json *json)
{
	return json ? (uint32_t)CLAMP(json_number_at(json, "initialDelaySeconds", 0) +
	                                      json_number_at(json, "periodSeconds", 10) *
	                                              json_number_at(json, "failureThreshold", 3),
	                      0, 3600)
	            : 0;
}

static void make_probes(Making *making, const PodOrder *order, const Json *container, Unit *unit)
{
	const Json *readiness = json_get(container, "readinessProbe"), *startup = json_get(container, "startupProbe");
	unit->ready = read_probe(making, order, container, readiness ? readiness : startup);
	/* A kubelet ends what its startup probe gives up; one that is not ready it lets be. */
	uint32_t allowed = probe_patience(startup) + probe_patience(readiness);
	unit->patience = startup ? MAX(1, allowed) : MAX(60, allowed);
	if (json_get(container, "livenessProbe"))
		wanted_problem(making->wanted, order->place, false,
		        "liveness probes: the engine restarts what ends, not what hangs");
}

/* ---- security and resources ------------------------------------------------------------------------------------ */

static const Json *security(const Json *container, const Json *spec, const char *field)
{
	const Json *own = json_get(json_get(container, "securityContext"), field);
	return own ? own : json_get(json_get(spec, "securityContext"), field);
}

static void make_security(const Json *container, const Json *spec, Unit *unit, Json *host)
{
	g_autofree char *user = json_scalar(security(container, spec, "runAsUser")),
	                *group = json_scalar(security(container, spec, "runAsGroup"));
	if (user || group) {
		g_autofree char *both = g_strconcat(user ? user : "0", group ? ":" : "", group ? group : "", NULL);
		json_set_text(unit->body, "User", both);
	}
	const Json *own = json_get(container, "securityContext"), *fs_group = json_at(spec, "securityContext.fsGroup");
	if (json_true_at(own, "privileged", false))
		json_set_bool(host, "Privileged", true);
	if (json_true_at(own, "readOnlyRootFilesystem", false))
		json_set_bool(host, "ReadonlyRootfs", true);
	if (!json_true_at(own, "allowPrivilegeEscalation", true))
		json_append_text(json_list_in(host, "SecurityOpt"), "no-new-privileges");
	if (g_strcmp0(json_text_at(own, "seccompProfile.type"), "Unconfined") == 0)
		json_append_text(json_list_in(host, "SecurityOpt"), "seccomp=unconfined");
	if (json_at(own, "capabilities.add"))
		json_set(host, "CapAdd", json_clone(json_at(own, "capabilities.add")));
	if (json_at(own, "capabilities.drop"))
		json_set(host, "CapDrop", json_clone(json_at(own, "capabilities.drop")));
	g_autofree char *number = json_scalar(fs_group);
	if (number)
		json_append_text(json_list_in(host, "GroupAdd"), number);
	JSON_EACH (json_at(spec, "securityContext.supplementalGroups"), extra) {
		g_autofree char *text = json_scalar(extra);
		json_append_text(json_list_in(host, "GroupAdd"), text);
	}
	JSON_EACH (json_at(spec, "securityContext.sysctls"), setting)
		json_set_text(
		        json_map_in(host, "Sysctls"), json_text_at(setting, "name"), json_text_at(setting, "value"));
}

int64_t amount(const Json *map, const char *name, int64_t scale)
{
	int64_t value = 0;
	g_autofree char *text = json_scalar(json_get(map, name));
	return text && quantity_parse(slice_from(text), scale, &value) ? value : 0;
}

static void make_resources(Making *making, const PodOrder *order, const Json *container, Json *host)
{
	const Json *limits = json_at(container, "resources.limits"),
	           *requests = json_at(container, "resources.requests");
	int64_t memory = amount(limits, "memory", 1), cpu = amount(limits, "cpu", 1000),
	        share = amount(requests, "cpu", 1000), gpus = amount(limits, "nvidia.com/gpu", 1);
	if (memory) {
		json_set_number(host, "Memory", MAX(memory, 6 << 20));     /* the engines' own minimum */
		json_set_number(host, "MemorySwap", MAX(memory, 6 << 20)); /* as in a cluster: no swap beyond it */
	}
	if (cpu)
		json_set_number(host, "NanoCpus", MIN(cpu, (int64_t)g_get_num_processors() * 1000) * 1000000);
	if (share)
		json_set_number(host, "CpuShares", MAX(2, share * 1024 / 1000));
	if (gpus) {
		Json *device = json_new_map(), *words = json_new_list();
		json_append_text(words, "gpu");
		json_set_text(device, "Driver", "nvidia");
		json_set_number(device, "Count", gpus);
		json_append(json_list_in(device, "Capabilities"), words);
		json_append(json_list_in(host, "DeviceRequests"), device);
	}
	JSON_MEMBERS (limits, name, value)
		if (strchr(name, '/') && strcmp(name, "nvidia.com/gpu") != 0 && value)
			wanted_problem(making->wanted, order->place, false,
			        "the resource %s is not given by the engine", name);
}

/* ---- network -------------------------------------------------------------------------------------------------- */

/* A short name is looked for in the namespace, as in a pod. Unlike there, a name with a dot is first taken as it is:
 * all forms of a Service's name are names of its container, and no other name goes out with our suffixes. */
static void join_network(Making *making, const PodOrder *order, Unit *unit, Json *host)
{
	const Json *spec = json_get(order->template, "spec");
	if (json_true_at(spec, "hostNetwork", false)) {
		json_set_text(host, "NetworkMode", "host");
		return;
	}
	g_autofree char *search = g_strconcat(order->namespace, ".svc.cluster.local", NULL);
	const char *network = making->options->project;
	json_set_text(host, "NetworkMode", network);
	json_append_text(json_list_in(host, "DnsSearch"), search);
	json_append_text(json_list_in(host, "DnsSearch"), "svc.cluster.local");
	JSON_EACH (json_get(spec, "hostAliases"), entry)
		JSON_EACH (json_get(entry, "hostnames"), name) {
			g_autofree char *line = g_strconcat(json_text(name), ":", json_text_at(entry, "ip"), NULL);
			json_append_text(json_list_in(host, "ExtraHosts"), line);
		}
	json_list_in(json_map_in(json_map_in(json_map_in(unit->body, "NetworkingConfig"), "EndpointsConfig"), network),
	        "Aliases");
	const char *hostname = json_text_at(spec, "hostname");
	json_set_text(unit->body, "Hostname", hostname ? hostname : order->name);
}

/* In the machine's own network a port is the machine's already. */
static void publish_host_ports(Making *making, const PodOrder *order, Unit *unit)
{
	if (json_true_at(order->template, "spec.hostNetwork", false))
		return;
	JSON_EACH (json_at(order->template, "spec.containers"), container)
		JSON_EACH (json_get(container, "ports"), port) {
			int64_t on_host = json_number_at(port, "hostPort", 0),
			        inside = json_number_at(port, "containerPort", 0);
			const char *protocol = json_text_at(port, "protocol"), *address = json_text_at(port, "hostIP");
			if (on_host > 0 && inside > 0)
				publish_port(unit, (uint16_t)inside, protocol,
				        address ? address : making->options->listen, (uint16_t)on_host);
		}
}

/* ---- containers ------------------------------------------------------------------------------------------------ */

/* Where nothing is said, a tag that moves is pulled whenever the container starts, as in a cluster. */
static PullPolicy read_pull(const Json *container)
{
	const char *policy = json_text_at(container, "imagePullPolicy"), *image = json_text_at(container, "image"),
	           *slash = image ? strrchr(image, '/') : NULL,
	           *tag = image ? strchr(slash ? slash : image, ':') : NULL;
	if (policy)
		return strcmp(policy, "Always") == 0  ? PULL_ALWAYS
		       : strcmp(policy, "Never") == 0 ? PULL_NEVER
		                                      : PULL_MISSING;
	bool moves = image && !strchr(image, '@') && (!tag || strcmp(tag, ":latest") == 0);
	return moves ? PULL_FLOATING : PULL_MISSING;
}

/* A main container is restarted by the engine. One that others wait for is made anew by `up` when it has failed, which
 * has to see it end anyway; so is the pod of a Job whose containers are not restarted. */
static void set_restart(const PodOrder *order, Unit *unit, Json *host)
{
	const char *policy = json_text_at(order->template, "spec.restartPolicy");
	bool never = g_strcmp0(policy, "Never") == 0, init = unit->role == UNIT_INIT;
	Json *restart = json_new_map();
	if (init && !never)
		unit->again = INIT_TRIES;
	else if (!init && order->once && never && order->is_job)
		unit->again = (uint32_t)CLAMP(order->retries, 0, 100);
	if (init || (order->once && (g_strcmp0(policy, "OnFailure") != 0 || order->retries <= 0))) {
		json_set_text(restart, "Name", "no");
	} else if (order->once) {
		json_set_text(restart, "Name", "on-failure");
		json_set_number(restart, "MaximumRetryCount", order->retries);
	} else {
		json_set_text(restart, "Name", "unless-stopped");
	}
	json_set(host, "RestartPolicy", restart);
}

static char **hook(Making *making, const PodOrder *order, const Json *container, const char *name)
{
	const Json *lifecycle = json_get(json_get(container, "lifecycle"), name);
	if (json_at(lifecycle, "exec.command"))
		return words_of(json_at(lifecycle, "exec.command"));
	if (lifecycle)
		wanted_problem(making->wanted, order->place, false,
		        "lifecycle hook %s: only commands are run, no HTTP requests", name);
	return NULL;
}

static Unit *make_container(Making *making, const PodOrder *order, const Json *container, UnitRole role, bool shared)
{
	const Json *spec = json_get(order->template, "spec");
	const char *name = json_text_at(container, "name"), *image = json_text_at(container, "image");
	g_autofree char *full = container_name(making, order->namespace, order->name, name ? name : "container");
	Unit *unit = unit_new(full, order->place);
	Json *host = json_map_in(unit->body, "HostConfig");
	unit->namespace = g_strdup(order->namespace);
	unit->workload = g_strdup(order->workload);
	unit->pod = g_strdup(order->name);
	unit->container = g_strdup(name ? name : "container");
	unit->role = role;
	unit->once = role == UNIT_INIT || order->once;
	unit->awaited = role == UNIT_INIT || order->is_job;
	unit->grace = (uint32_t)CLAMP(json_number_at(spec, "terminationGracePeriodSeconds", 30), 0, 3600);
	if (!image)
		wanted_problem(making->wanted, order->place, true, "container %s has no image", unit->container);
	json_set_text(unit->body, "Image", image);
	json_set_text(unit->body, "WorkingDir", json_text_at(container, "workingDir"));
	if (json_true_at(container, "tty", false))
		json_set_bool(unit->body, "Tty", true);
	if (json_true_at(container, "stdin", false))
		json_set_bool(unit->body, "OpenStdin", true);
	make_environment(making, order, container, unit);
	make_security(container, spec, unit, host);
	make_resources(making, order, container, host);
	make_mounts(making, order, container, shared, unit);
	unit->pull = read_pull(container);
	set_restart(order, unit, host);
	if (role == UNIT_MAIN) {
		make_probes(making, order, container, unit);
		unit->after_start = hook(making, order, container, "postStart");
		unit->before_stop = hook(making, order, container, "preStop");
	}
	if (json_true_at(spec, "hostPID", false))
		json_set_text(host, "PidMode", "host");
	if (json_true_at(spec, "hostIPC", false))
		json_set_text(host, "IpcMode", "host");
	return unit;
}

static Unit *make_pause(Making *making, const PodOrder *order)
{
	g_autofree char *name = container_name(making, order->namespace, order->name, "pause");
	Unit *pause = unit_new(name, order->place);
	pause->namespace = g_strdup(order->namespace);
	pause->workload = g_strdup(order->workload);
	pause->pod = g_strdup(order->name);
	pause->container = g_strdup("pause");
	pause->role = UNIT_PAUSE;
	json_set_text(pause->body, "Image", PAUSE_IMAGE);
	json_append_text(json_list_in(pause->body, "Entrypoint"), "/pause");
	json_set_text(pause->body, "StopSignal", "SIGKILL"); /* it waits and hears nothing */
	Json *restart = json_map_in(json_map_in(pause->body, "HostConfig"), "RestartPolicy");
	json_set_text(restart, "Name", "unless-stopped");
	return pause;
}

static void add_unit(Making *making, const PodOrder *order, Unit *unit)
{
	g_ptr_array_add(order->job ? making->wanted->jobs : making->wanted->units, unit);
}

/* A container that stays beside the others, though it is listed with those that run before: restartPolicy Always. */
static bool is_sidecar(const Json *container)
{
	return g_strcmp0(json_text_at(container, "restartPolicy"), "Always") == 0;
}

static Unit *make_inits(Making *making, const PodOrder *order, bool shared)
{
	Unit *before = NULL;
	JSON_EACH (json_at(order->template, "spec.initContainers"), container) {
		if (is_sidecar(container))
			continue;
		Unit *unit = make_container(making, order, container, UNIT_INIT, shared);
		join_network(making, order, unit, json_get(unit->body, "HostConfig"));
		if (before)
			unit_need(unit, before->name, NEED_DONE);
		add_unit(making, order, unit);
		before = unit;
	}
	return before;
}

static void add_main(
        Making *making, const PodOrder *order, const Json *container, bool shared, MadePod *pod, const Unit *init)
{
	Unit *unit = make_container(making, order, container, UNIT_MAIN, shared);
	if (init)
		unit_need(unit, init->name, NEED_DONE);
	if (!pod->network) {
		pod->network = unit;
		join_network(making, order, unit, json_get(unit->body, "HostConfig"));
		publish_host_ports(making, order, unit);
	} else {
		g_autofree char *mode = g_strconcat("container:", pod->network->name, NULL);
		json_set_text(json_get(unit->body, "HostConfig"), "NetworkMode", mode);
		unit_need(unit, pod->network->name, NEED_STARTED);
	}
	g_ptr_array_add(pod->units, unit);
	add_unit(making, order, unit);
}

void made_pod_free(void *data)
{
	MadePod *pod = data;
	g_free(pod->namespace);
	g_free(pod->name);
	g_ptr_array_unref(pod->units);
	g_free(pod);
}

void make_pod(Making *making, const PodOrder *order)
{
	const Json *spec = json_get(order->template, "spec"), *inits = json_get(spec, "initContainers");
	size_t mains = json_count(json_get(spec, "containers")), sidecars = 0;
	JSON_EACH (inits, container)
		sidecars += is_sidecar(container);
	bool several = mains + sidecars > 1;
	MadePod *pod = g_new0(MadePod, 1);
	pod->namespace = g_strdup(order->namespace);
	pod->name = g_strdup(order->name);
	pod->labels = json_at(order->template, "metadata.labels");
	pod->spec = spec;
	pod->place = order->place;
	pod->units = g_ptr_array_new();
	Unit *init = make_inits(making, order, mains + json_count(inits) > 1);
	if (several) {
		pod->network = make_pause(making, order);
		join_network(making, order, pod->network, json_get(pod->network->body, "HostConfig"));
		publish_host_ports(making, order, pod->network);
		add_unit(making, order, pod->network);
	}
	JSON_EACH (inits, container)
		if (is_sidecar(container))
			add_main(making, order, container, true, pod, NULL);
	JSON_EACH (json_get(spec, "containers"), container)
		add_main(making, order, container, mains + json_count(inits) > 1, pod, init);
	if (order->job)
		made_pod_free(pod); /* no Service leads to what runs by a clock */
	else
		g_ptr_array_add(making->pods, pod);
}
