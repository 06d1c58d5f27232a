/* What runs: containers of the project as their labels and the engine tell of them. */
#include "engine/inner.h"

#include "base/error.h"
#include "base/http.h"

#define USUAL_GRACE 10      /* seconds that engines give what says nothing */
#define MOST_BROKEN 100     /* containers that are taken away in one run */
#define RESTARTS 3          /* so many are no accident */
#define LONGEST_LOOK 3      /* seconds for one container that does not answer */
#define RESTARTED_LATELY 10 /* seconds, in which a program that stays is still told from one that ends */

static void container_free(void *data)
{
	LiveContainer *container = data;
	char *texts[] = {container->id, container->name, container->image, container->hash, container->namespace,
	        container->workload, container->pod, container->container, container->error, container->address,
	        container->network, container->why, container->word, container->node, container->made_of};
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		g_free(texts[i]);
	g_ptr_array_unref(container->ports);
	g_strfreev(container->before_stop);
	probe_clear(&container->probe);
	g_free(container);
}

void live_free(Live *live)
{
	if (!live)
		return;
	g_ptr_array_unref(live->containers);
	g_free(live);
}

LiveContainer *live_find(const Live *live, const char *name)
{
	for (guint i = 0; i < live->containers->len; i++) {
		LiveContainer *container = live->containers->pdata[i];
		if (strcmp(container->name, name) == 0)
			return container;
	}
	return NULL;
}

char *escape(const char *word)
{
	return http_escape(word);
}

/* ---- reading one
 * ----------------------------------------------------------------------------------------------------- */

/* A word of ours for each state first, then those that Podman says instead. */
static const struct {
	const char *word;
	LiveState state;
} states[] = {{"created", LIVE_CREATED}, {"running", LIVE_RUNNING}, {"paused", LIVE_PAUSED},
        {"restarting", LIVE_RESTARTING}, {"exited", LIVE_EXITED}, {"dead", LIVE_DEAD}, {"initialized", LIVE_CREATED},
        {"configured", LIVE_CREATED}, {"stopped", LIVE_EXITED}, {"stopping", LIVE_EXITED}, {"removing", LIVE_DEAD}};

const char *live_state_word(LiveState state)
{
	return states[state].word;
}

static LiveState state_of(const char *word)
{
	for (size_t i = 0; word && i < G_N_ELEMENTS(states); i++)
		if (strcmp(states[i].word, word) == 0)
			return states[i].state;
	return LIVE_DEAD;
}

bool live_is_well(const LiveContainer *container)
{
	bool done = container->once && container->state == LIVE_EXITED && container->exit_code == 0;
	return done || (container->state == LIVE_RUNNING && container->ready != READY_NO);
}

gint64 live_time(const char *text)
{
	g_autoptr(GDateTime) time =
	        text && !g_str_has_prefix(text, "0001") ? g_date_time_new_from_iso8601(text, NULL) : NULL;
	return time ? g_date_time_to_unix(time) : 0;
}

static UnitRole role_of(const char *word)
{
	return !word || strcmp(word, "main") == 0 ? UNIT_MAIN
	       : strcmp(word, "init") == 0        ? UNIT_INIT
	       : strcmp(word, "pause") == 0       ? UNIT_PAUSE
	                                          : UNIT_PROXY;
}

static void read_ports(LiveContainer *container, const Json *bindings)
{
	JSON_MEMBERS (bindings, port, list)
		JSON_EACH (list, binding) {
			const char *address = json_text_at(binding, "HostIp"),
			           *number = json_text_at(binding, "HostPort");
			if (!address || !*address)
				address = "0.0.0.0";
			char *text = g_strdup_printf("%s:%s->%s", address, number, port);
			if (g_ptr_array_find_with_equal_func(container->ports, text, g_str_equal, NULL))
				g_free(text);
			else
				g_ptr_array_add(container->ports, text);
		}
}

static void read_state(LiveContainer *container, const Json *json)
{
	const Json *state = json_get(json, "State");
	container->state = state_of(json_text_at(state, "Status"));
	container->exit_code = (int)json_number_at(state, "ExitCode", 0);
	container->killed_for_memory = json_true_at(state, "OOMKilled", false);
	container->restarts = (uint32_t)json_number_at(json, "RestartCount", 0);
	container->started = live_time(json_text_at(state, "StartedAt"));
	container->finished = live_time(json_text_at(state, "FinishedAt"));
	/* Podman starts at once what ended, so that a program that always ends is running whenever one looks. */
	gint64 age = g_get_real_time() / G_USEC_PER_SEC - container->started;
	if (container->state == LIVE_RUNNING && container->restarts >= RESTARTS && age < RESTARTED_LATELY)
		container->state = LIVE_RESTARTING;
	const char *error = json_text_at(state, "Error");
	container->error = error && *error ? g_strdup(error) : NULL;
	const Json *health = json_get(state, "Health") ? json_get(state, "Health") : json_get(state, "Healthcheck");
	const char *word = json_text_at(health, "Status");
	const Json *log = json_get(health, "Log");
	const char *output = json_count(log) ? json_text_at(json_item(log, json_count(log) - 1), "Output") : NULL;
	if (container->probe.kind != PROBE_ENGINE || !word)
		return;
	container->ready = strcmp(word, "healthy") == 0 ? READY_YES : READY_NO;
	if (container->ready == READY_NO)
		container->why = g_strdup_printf(
		        "health check: %s%s%s", word, output && *output ? ": " : "", output ? output : "");
}

static char **words_of_label(const char *text)
{
	g_autoptr(Json) list = text ? json_parse(slice_from(text), NULL) : NULL;
	if (!list)
		return NULL;
	GPtrArray *words = g_ptr_array_new();
	JSON_EACH (list, word)
		g_ptr_array_add(words, g_strdup(json_text(word) ? json_text(word) : ""));
	g_ptr_array_add(words, NULL);
	return (char **)g_ptr_array_free(words, FALSE);
}

Live *live_new_empty(void)
{
	Live *live = g_new0(Live, 1);
	live->containers = g_ptr_array_new_with_free_func(container_free);
	return live;
}

LiveContainer *live_add(Live *live)
{
	LiveContainer *container = g_new0(LiveContainer, 1);
	container->ports = g_ptr_array_new_with_free_func(g_free);
	container->cpu = -1;
	g_ptr_array_add(live->containers, container);
	return container;
}

static const char *label_of(const Json *labels, const char *name)
{
	return json_text(json_get(labels, name));
}

static void read_labels(LiveContainer *container, const Json *labels)
{
	container->hash = g_strdup(label_of(labels, LABEL_HASH));
	container->namespace = g_strdup(label_of(labels, LABEL_NAMESPACE));
	container->workload = g_strdup(label_of(labels, LABEL_WORKLOAD));
	container->pod = g_strdup(label_of(labels, LABEL_POD));
	container->container = g_strdup(label_of(labels, LABEL_CONTAINER));
	container->role = role_of(label_of(labels, LABEL_ROLE));
	container->once = g_strcmp0(label_of(labels, LABEL_ONCE), "true") == 0;
	container->before_stop = words_of_label(label_of(labels, LABEL_BEFORE_STOP));
	container->probe = probe_parse(label_of(labels, LABEL_PROBE));
}

static const char *without_slash(const char *name)
{
	return name + (*name == '/');
}

const char *live_name(const Json *there)
{
	const char *name = json_text_at(there, "Name");
	return name ? without_slash(name) : "";
}

static LiveContainer *read_container(Live *live, const Json *json)
{
	LiveContainer *container = live_add(live);
	container->id = g_strdup(json_text_at(json, "Id"));
	container->name = g_strdup(live_name(json));
	container->image = g_strdup(json_text_at(json, "Config.Image"));
	container->made_of = image_id(json_text_at(json, "Image"));
	read_labels(container, json_at(json, "Config.Labels"));
	container->memory_limit = (uint64_t)json_number_at(json, "HostConfig.Memory", 0);
	container->network = g_strdup(json_text_at(json, "HostConfig.NetworkMode"));
	container->grace = (uint32_t)json_number_at(json, "Config.StopTimeout", USUAL_GRACE);
	JSON_MEMBERS (json_at(json, "NetworkSettings.Networks"), network, entry) {
		const char *address = json_text_at(entry, "IPAddress");
		if (!container->address && address && *address && network)
			container->address = g_strdup(address);
	}
	read_ports(container, json_at(json, "HostConfig.PortBindings"));
	read_state(container, json);
	return container;
}

/* A container in the network of another has its address. */
static void share_addresses(Live *live)
{
	for (guint i = 0; i < live->containers->len; i++) {
		LiveContainer *container = live->containers->pdata[i];
		if (container->address || !container->network || !g_str_has_prefix(container->network, "container:"))
			continue;
		const char *other = container->network + strlen("container:");
		for (guint o = 0; o < live->containers->len; o++) {
			const LiveContainer *owner = live->containers->pdata[o];
			if (strcmp(owner->id, other) == 0 || strcmp(owner->name, other) == 0)
				container->address = g_strdup(owner->address);
		}
	}
}

static gint by_name(gconstpointer a, gconstpointer b)
{
	const LiveContainer *const *one = a, *const *other = b;
	return strcmp((*one)->name, (*other)->name);
}

void live_sort(Live *live)
{
	g_ptr_array_sort(live->containers, by_name);
}

static Json *list_containers(Engine *engine, const char *project, GError **error)
{
	g_autofree char *label = project ? g_strdup_printf("{\"label\":[\"" LABEL_PROJECT "=%s\"]}", project)
	                                 : g_strdup("{\"label\":[\"" LABEL_PROJECT "\"]}");
	g_autofree char *filter = escape(label),
	                *path = g_strconcat("/containers/json?all=true&filters=", filter, NULL);
	return engine_get(engine, path, error);
}

/* The id in: getting container from store "ID": container not known. Free with g_free. */
static char *broken_id(const GError *error)
{
	static const char start[] = "container from store \"";
	const char *found = error ? strstr(error->message, start) : NULL;
	size_t length = found ? strspn(found + strlen(start), "0123456789abcdef") : 0;
	return length == 64 ? g_strndup(found + strlen(start), length) : NULL;
}

/* The list, once what the engine has lost is taken away. */
static Json *list_mended(Engine *engine, const char *project, GError **error)
{
	for (uint32_t i = 0;; i++) {
		g_autoptr(GError) problem = NULL;
		Json *list = list_containers(engine, project, &problem);
		g_autofree char *id = i < MOST_BROKEN ? broken_id(problem) : NULL;
		if (!id) {
			if (!list)
				g_propagate_error(error, g_steal_pointer(&problem));
			return list;
		}
		g_autofree char *path = g_strdup_printf("/containers/%s?force=true", id);
		if (!engine_send(engine, "DELETE", path, NULL, NULL, error)) {
			g_prefix_error(error, "a container that the engine has lost cannot be removed: ");
			return NULL;
		}
	}
}

/* The name of its own among those that the list has: Docker adds what others call it by links ("/web/db"). */
static const char *listed_name(const Json *item)
{
	JSON_EACH (json_get(item, "Names"), entry) {
		const char *name = json_text(entry) ? without_slash(json_text(entry)) : "";
		if (*name && !strchr(name, '/'))
			return name;
	}
	return NULL;
}

/* False where the list does not tell all that a rollout asks: of what does not run, how it ended; and the image has
 * a name in it only while no other image has taken that. */
static bool read_listed(Live *live, const Json *item)
{
	const char *name = listed_name(item), *image = json_text_at(item, "Image");
	if (!name || !image || state_of(json_text_at(item, "State")) != LIVE_RUNNING ||
	        g_str_has_prefix(image, "sha256:"))
		return false;
	LiveContainer *container = live_add(live);
	container->id = g_strdup(json_text_at(item, "Id"));
	container->name = g_strdup(name);
	container->image = g_strdup(image);
	container->made_of = image_id(json_text_at(item, "ImageID"));
	container->state = LIVE_RUNNING;
	read_labels(container, json_get(item, "Labels"));
	return true;
}

static Live *live_of(Engine *engine, const Json *list, bool brief)
{
	Live *live = live_new_empty();
	JSON_EACH (list, item) {
		if (brief && read_listed(live, item))
			continue;
		g_autofree char *one = g_strdup_printf("/containers/%s/json", json_text_at(item, "Id"));
		g_autoptr(GError) gone = NULL;
		g_autoptr(Json) json = engine_get(engine, one, &gone);
		if (json) /* it may have gone since the list was made */
			read_container(live, json);
	}
	live_sort(live);
	share_addresses(live);
	return live;
}

Live *live_new(Engine *engine, const char *project, GError **error)
{
	g_autoptr(GError) problem = NULL;
	g_autoptr(Json) list = list_containers(engine, project, &problem);
	g_autofree char *broken = broken_id(problem);
	if (list)
		return live_of(engine, list, false);
	g_propagate_error(error, g_steal_pointer(&problem));
	if (broken)
		error_add_help(error, "labwright up takes away what an engine that was killed has left");
	return NULL;
}

Live *live_mended(Engine *engine, const char *project, bool brief, GError **error)
{
	g_autoptr(Json) list = list_mended(engine, project, error);
	return list ? live_of(engine, list, brief) : NULL;
}

Live *live_one(Engine *engine, const char *name, GError **error)
{
	g_autofree char *path = g_strdup_printf("/containers/%s/json", name);
	g_autoptr(Json) json = engine_get(engine, path, error);
	if (!json)
		return NULL;
	Live *live = live_new_empty();
	LiveContainer *container = read_container(live, json);
	if (!container->address && container->network && g_str_has_prefix(container->network, "container:")) {
		g_autoptr(Live) owner = live_one(engine, container->network + strlen("container:"), NULL);
		if (owner)
			container->address = g_strdup(((LiveContainer *)owner->containers->pdata[0])->address);
	}
	return live;
}

/* ---- what it takes
 * ------------------------------------------------------------------------------------------------------ */

typedef struct Asking {
	Engine *engine;
	void (*ask)(Engine *engine, LiveContainer *container);
} Asking;

static void ask_one(void *data, void *user)
{
	const Asking *asking = user;
	g_autoptr(Engine) engine = engine_again(asking->engine);
	asking->ask(engine, data);
}

static void ask_all(Live *live, Engine *engine, void (*ask)(Engine *, LiveContainer *))
{
	Asking asking = {engine, ask};
	GThreadPool *pool = g_thread_pool_new(ask_one, &asking, 8, FALSE, NULL);
	for (guint i = 0; i < live->containers->len; i++) {
		LiveContainer *container = live->containers->pdata[i];
		if (container->state == LIVE_RUNNING && container->role != UNIT_PAUSE)
			g_thread_pool_push(pool, container, NULL);
	}
	g_thread_pool_free(pool, FALSE, TRUE);
}

static void probe_one(Engine *engine, LiveContainer *container)
{
	UnitProbe quick = container->probe;
	if (quick.kind == PROBE_NONE || (quick.kind == PROBE_ENGINE && !engine_is_podman(engine)))
		return; /* Docker has run its check by its own clock; Podman has none */
	for (uint32_t left = LONGEST_LOOK;; left -= quick.timeout) {
		quick.timeout = MIN(container->probe.timeout, left);
		gint64 end = g_get_monotonic_time() + (gint64)quick.timeout * G_TIME_SPAN_SECOND;
		g_clear_pointer(&container->why, g_free);
		container->ready = probe_ask(engine, container, &quick, &container->why);
		/* One answer that is late says little on a busy machine: kubelets want three of them, too. */
		if (container->ready != READY_NO || g_get_monotonic_time() < end || left <= quick.timeout)
			break;
	}
}

void live_probe(Live *live, Engine *engine)
{
	for (guint i = 0; i < live->containers->len; i++) {
		LiveContainer *container = live->containers->pdata[i];
		if (container->state == LIVE_RUNNING && container->probe.kind == PROBE_NONE)
			container->ready = READY_YES;
		else if (container->state != LIVE_RUNNING)
			container->ready = READY_NO;
	}
	ask_all(live, engine, probe_one);
}

/* Use of one processor since the sample before, as `docker stats` reckons it. */
static double cpu_of(const Json *stats)
{
	double used = (double)(json_number_at(stats, "cpu_stats.cpu_usage.total_usage", 0) -
	                       json_number_at(stats, "precpu_stats.cpu_usage.total_usage", 0));
	double all = (double)(json_number_at(stats, "cpu_stats.system_cpu_usage", 0) -
	                      json_number_at(stats, "precpu_stats.system_cpu_usage", 0));
	double processors = (double)json_number_at(stats, "cpu_stats.online_cpus", 1);
	return all > 0 && used >= 0 ? used / all * processors : -1;
}

static void measure_one(Engine *engine, LiveContainer *container)
{
	g_autofree char *path = g_strdup_printf("/containers/%s/stats?stream=false", container->id);
	g_autoptr(GError) gone = NULL;
	g_autoptr(Json) stats = engine_get(engine, path, &gone);
	int64_t used = json_number_at(stats, "memory_stats.usage", 0);
	/* File pages that could be dropped are not what the program needs. */
	int64_t pages = json_number_at(stats, "memory_stats.stats.total_inactive_file",
	        json_number_at(stats, "memory_stats.stats.inactive_file", 0));
	container->memory = (uint64_t)MAX(0, used - pages);
	container->cpu = cpu_of(stats);
}

void live_measure(Live *live, Engine *engine)
{
	ask_all(live, engine, measure_one);
}
