/* Compose services as units, by the Compose Specification: what nearly all files of homelabs use. What is not done is
 * said.
 *
 * A service is one container on a network of the file's project, called by the service's name. Bind mounts are paths of
 * this machine beside the file, as `docker compose` takes them. */
#include "engine/inner.h"

#include "base/path.h"

typedef ComposeProject Compose;
typedef ComposeService Service;

Span compose_place(const Compose *compose, const char *name)
{
	gpointer node = g_hash_table_lookup(compose->places, name);
	return node ? graph_place(compose->graph, GPOINTER_TO_UINT(node)) : compose->place;
}

static void problem(const Compose *compose, bool blocking, const char *service, const char *text)
{
	wanted_problem(compose->wanted, compose_place(compose, service), blocking, "service %s: %s", service, text);
}

/* ---- small shapes
 * ------------------------------------------------------------------------------------------------------ */

/* A list of "NAME=value" or a map: called for each; value is NULL for a bare name. */
static void each_pair(const Json *pairs, void (*found)(const char *name, const char *value, void *data), void *data)
{
	JSON_EACH (pairs, item) {
		g_autofree char *text = json_scalar(item);
		char *equals = text ? strchr(text, '=') : NULL;
		if (equals)
			*equals = '\0';
		if (text)
			found(text, equals ? equals + 1 : NULL, data);
	}
	if (json_kind(pairs) == JSON_MAP)
		JSON_MEMBERS (pairs, name, member) {
			g_autofree char *text = json_scalar(member);
			found(name, text, data);
		}
}

static void append_words(const Compose *compose, Unit *unit, const char *field, const Json *words, const char *service)
{
	const char *text = json_text(words);
	if (text) {
		g_auto(GStrv) parts = NULL;
		g_autoptr(GError) error = NULL;
		if (*text && !g_shell_parse_argv(text, NULL, &parts, &error))
			problem(compose, true, service, error->message);
		for (char **part = parts; part && *part; part++)
			json_append_text(json_list_in(unit->body, field), *part);
		return;
	}
	JSON_EACH (words, word) {
		g_autofree char *scalar = json_scalar(word);
		json_append_text(json_list_in(unit->body, field), scalar);
	}
}

/* "1m30s", "10s", "500ms" in nanoseconds. */
static int64_t duration(const Json *value)
{
	const char *text = json_text(value);
	double sum = 0;
	while (text && *text) {
		char *end;
		double number = g_ascii_strtod(text, &end);
		double unit = g_str_has_prefix(end, "ms")   ? 1e6
		              : g_str_has_prefix(end, "us") ? 1e3
		              : *end == 'm'                 ? 6e10
		              : *end == 'h'                 ? 3.6e12
		                                            : 1e9;
		if (end == text)
			break;
		sum += number * unit;
		while (g_ascii_isalpha(*end))
			end++;
		text = end;
	}
	return (int64_t)sum;
}

/* Compose writes bytes as 512m, 1g, 1gb; powers of 1024. */
static int64_t byte_count(const Json *value)
{
	g_autofree char *text = json_scalar(value);
	char *end;
	double number = text ? g_ascii_strtod(text, &end) : 0;
	if (!text || end == text)
		return 0;
	switch (g_ascii_tolower(*end)) {
	case 'k':
		return (int64_t)(number * 1024);
	case 'm':
		return (int64_t)(number * 1048576);
	case 'g':
		return (int64_t)(number * 1073741824);
	default:
		return (int64_t)number;
	}
}

/* ---- parts of a service
 * --------------------------------------------------------------------------------------------------- */

static void set_environment(const char *name, const char *value, void *data)
{
	g_hash_table_replace(data, g_strdup(name), g_strdup(value));
}

static void make_compose_environment(const Service *service)
{
	g_autoptr(GHashTable) values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	const Json *files = json_get(service->json, "env_file");
	g_autoptr(Json) one = json_new_list();
	if (json_text(files))
		json_append(one, json_clone(files));
	JSON_EACH (json_text(files) ? one : files, entry) {
		const char *path = json_text(entry) ? json_text(entry) : json_text_at(entry, "path");
		if (path && !compose_read_env(service->compose, path, values) &&
		        json_true_at(entry, "required", true)) {
			g_autofree char *text = g_strdup_printf("env_file %s does not exist", path);
			problem(service->compose, true, service->name, text);
		}
	}
	each_pair(json_get(service->json, "environment"), set_environment, values);
	g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(values), (GCompareFunc)strcmp);
	for (GList *at = names; at; at = at->next) {
		const char *value = g_hash_table_lookup(values, at->data);
		if (!value) /* a bare name is taken from where labwright runs */
			value = g_hash_table_lookup(service->compose->variables, at->data);
		g_autofree char *line = value ? g_strconcat(at->data, "=", value, NULL) : NULL;
		json_append_text(json_list_in(service->unit->body, "Env"), line);
	}
}

static void add_volume_mount(const Service *service, const char *source, const char *target, bool read_only)
{
	Json *mount = json_new_map();
	bool is_path = source && (*source == '.' || *source == '/' || *source == '~');
	json_set_text(mount, "Target", target);
	if (read_only)
		json_set_bool(mount, "ReadOnly", true);
	if (!source || !*source) {
		json_set_text(mount, "Type", "volume");
	} else if (is_path) {
		g_autofree char *home =
		        *source == '~' ? g_strconcat(g_get_home_dir(), source + 1, NULL) : g_strdup(source);
		g_autofree char *folder =
		        g_build_filename(service->compose->options->root, service->compose->folder, NULL);
		g_autofree char *whole = g_canonicalize_filename(home, folder);
		json_set_text(mount, "Type", "bind");
		json_set_text(mount, "Source", whole);
		json_set_bool(mount, LABEL_CREATE, true); /* as `docker compose` does for the short form */
	} else {
		const Json *volumes = json_get(service->compose->root, "volumes"), *own = json_get(volumes, source);
		const char *external = json_true_at(own, "external", false) ? source : NULL,
		           *called = json_text_at(own, "name");
		g_autofree char *name = called     ? g_strdup(called)
		                        : external ? g_strdup(external)
		                                   : g_strdup_printf("%s_%s", service->compose->project, source);
		Json *body = json_new_map();
		json_set_text(body, "Driver", json_text_at(own, "driver"));
		if (json_get(own, "driver_opts"))
			json_set(body, "DriverOpts", json_clone(json_get(own, "driver_opts")));
		if (external)
			json_drop(body);
		else
			wanted_volume(service->compose->wanted, name, body, true);
		json_set_text(mount, "Type", "volume");
		json_set_text(mount, "Source", name);
	}
	json_append(json_list_in(service->host, "Mounts"), mount);
}

static void make_compose_mounts(const Service *service)
{
	JSON_EACH (json_get(service->json, "volumes"), entry) {
		const char *text = json_text(entry);
		if (text) {
			g_auto(GStrv) parts = g_strsplit(text, ":", 3);
			bool read_only = parts[1] && parts[2] && strstr(parts[2], "ro") != NULL;
			add_volume_mount(
			        service, parts[1] ? parts[0] : NULL, parts[1] ? parts[1] : parts[0], read_only);
		} else if (g_strcmp0(json_text_at(entry, "type"), "tmpfs") == 0) {
			json_set_text(json_map_in(service->host, "Tmpfs"), json_text_at(entry, "target"), "");
		} else {
			add_volume_mount(service, json_text_at(entry, "source"), json_text_at(entry, "target"),
			        json_true_at(entry, "read_only", false));
		}
	}
	const Json *tmpfs = json_get(service->json, "tmpfs");
	if (json_text(tmpfs))
		json_set_text(json_map_in(service->host, "Tmpfs"), json_text(tmpfs), "");
	JSON_EACH (tmpfs, path)
		if (json_text(path))
			json_set_text(json_map_in(service->host, "Tmpfs"), json_text(path), "");
}

/* "service", "service:ro", "container:name:ro": all mounts of another container, which has to be there first. */
static void make_volumes_from(const Service *service)
{
	JSON_EACH (json_get(service->json, "volumes_from"), entry) {
		const char *text = json_text(entry) ? json_text(entry) : "";
		if (g_str_has_prefix(text, "container:")) {
			json_append_text(json_list_in(service->host, "VolumesFrom"), text + strlen("container:"));
			continue;
		}
		g_auto(GStrv) parts = g_strsplit(text, ":", 2);
		g_autofree char *other = g_strdup_printf("%s-%s", service->compose->project, parts[0] ? parts[0] : ""),
		                *whole = g_strconcat(other, parts[0] && parts[1] ? ":" : NULL, parts[1], NULL);
		json_append_text(json_list_in(service->host, "VolumesFrom"), whole);
		unit_need(service->unit, other, NEED_STARTED);
	}
}

/* What the project says that a secret or config holds: its content, or a variable. Free with g_free. */
static char *content_of(const Service *service, const Json *own)
{
	const char *text = json_text_at(own, "content"), *variable = json_text_at(own, "environment");
	if (!text && variable)
		text = g_hash_table_lookup(service->compose->variables, variable);
	return g_strdup(text);
}

/* A file in the store; in memory, if it is a secret's. */
static void add_file_mount(const Service *service, const char *kind, const char *name, char *take_content,
        const char *target, uint32_t mode)
{
	const Compose *compose = service->compose;
	bool secret = strcmp(kind, "secrets") == 0;
	g_autofree char *store = g_strdup_printf("%s/%s/%s", compose->project, kind, name);
	g_autofree char *source =
	        g_strconcat(secret ? compose->options->secrets : compose->options->store, "/", store, NULL);
	wanted_file(compose->wanted, store, g_bytes_new_take(take_content, strlen(take_content)), mode, secret);
	Json *mount = json_new_map();
	json_set_text(mount, "Type", "bind");
	json_set_text(mount, "Source", source);
	json_set_text(mount, "Target", target);
	json_set_bool(mount, "ReadOnly", true);
	json_append(json_list_in(service->host, "Mounts"), mount);
}

static void say_no_content(const Service *service, const char *kind, const char *name, const Json *own)
{
	const char *variable = json_text_at(own, "environment");
	g_autofree char *text =
	        variable ? g_strdup_printf("%s of %s: the variable %s is not set", name, kind, variable)
	        : json_get(own, "external")
	                ? g_strdup_printf("%s of %s is external: only a swarm keeps such; write file: or environment:",
	                          name, kind)
	        : own ? g_strdup_printf("%s of %s has neither file: nor environment: nor content:", name, kind)
	              : g_strdup_printf("%s is not among the %s of the file", name, kind);
	problem(service->compose, true, service->name, text);
}

/* secrets and configs, read-only, where the specification puts them. */
static void make_compose_files(const Service *service, const char *kind, const char *where)
{
	JSON_EACH (json_get(service->json, kind), entry) {
		const char *name = json_text(entry) ? json_text(entry) : json_text_at(entry, "source"),
		           *target = json_text_at(entry, "target");
		const Json *own = name ? json_get(json_get(service->compose->root, kind), name) : NULL;
		const char *file = json_text_at(own, "file");
		if (!name)
			continue;
		g_autofree char *path =
		        target && *target == '/' ? g_strdup(target) : g_strconcat(where, target ? target : name, NULL);
		g_autofree char *beside =
		        file ? g_strconcat(*file == '.' || *file == '/' ? "" : "./", file, NULL) : NULL;
		g_autofree char *content = file ? NULL : content_of(service, own);
		if (file)
			add_volume_mount(service, beside, path, true);
		else if (content && is_sane_key(name))
			add_file_mount(service, kind, name, g_steal_pointer(&content), path,
			        (uint32_t)json_number_at(entry, "mode", 0444));
		else
			say_no_content(service, kind, name, own);
	}
}

static void make_healthcheck(const Service *service)
{
	const Json *check = json_get(service->json, "healthcheck"), *test = json_get(check, "test");
	if (!check)
		return;
	if (json_true_at(check, "disable", false)) {
		json_append_text(json_list_in(json_map_in(service->unit->body, "Healthcheck"), "Test"), "NONE");
		return;
	}
	Json *out = json_map_in(service->unit->body, "Healthcheck");
	if (json_text(test)) {
		json_append_text(json_list_in(out, "Test"), "CMD-SHELL");
		json_append_text(json_list_in(out, "Test"), json_text(test));
	} else if (test) {
		json_set(out, "Test", json_clone(test));
	}
	int64_t interval = duration(json_get(check, "interval")), timeout = duration(json_get(check, "timeout")),
	        start = duration(json_get(check, "start_period"));
	int64_t retries = json_number_at(check, "retries", 3);
	if (interval)
		json_set_number(out, "Interval", interval);
	if (timeout)
		json_set_number(out, "Timeout", timeout);
	if (start)
		json_set_number(out, "StartPeriod", start);
	json_set_number(out, "Retries", retries);
	service->unit->ready =
	        (UnitProbe){.kind = PROBE_ENGINE, .period = 1, .timeout = 5, .failures = (uint32_t)retries};
	service->unit->patience =
	        (uint32_t)MAX(60, (start + (interval ? interval : 30000000000) * (retries + 1)) / 1000000000);
}

static void copy_list(const Service *service, const char *from, const char *to)
{
	JSON_EACH (json_get(service->json, from), item) {
		g_autofree char *text = json_scalar(item);
		json_append_text(json_list_in(service->host, to), text);
	}
}

static void set_pair(const char *name, const char *value, void *map)
{
	json_set_text(map, name, value ? value : "");
}

static void add_host(const char *name, const char *value, void *host)
{
	g_autofree char *line = value ? g_strconcat(name, ":", value, NULL) : g_strdup(name);
	json_append_text(json_list_in(host, "ExtraHosts"), line);
}

static void add_devices(const Service *service)
{
	JSON_EACH (json_get(service->json, "devices"), entry) {
		const char *text = json_text(entry);
		g_auto(GStrv) parts = g_strsplit(text ? text : "", ":", 3);
		Json *device = json_new_map();
		json_set_text(device, "PathOnHost", parts[0]);
		json_set_text(device, "PathInContainer", parts[0] && parts[1] ? parts[1] : parts[0]);
		json_set_text(device, "CgroupPermissions", parts[0] && parts[1] && parts[2] ? parts[2] : "rwm");
		json_append(json_list_in(service->host, "Devices"), device);
	}
}

static void add_ulimits(const Service *service)
{
	JSON_MEMBERS (json_get(service->json, "ulimits"), name, value) {
		Json *limit = json_new_map();
		json_set_text(limit, "Name", name);
		json_set_number(limit, "Soft", json_number_at(value, json_kind(value) == JSON_MAP ? "soft" : "", 0));
		json_set_number(limit, "Hard", json_number_at(value, json_kind(value) == JSON_MAP ? "hard" : "", 0));
		json_append(json_list_in(service->host, "Ulimits"), limit);
	}
}

static void make_limits(const Service *service)
{
	const Json *deploy = json_at(service->json, "deploy.resources.limits");
	int64_t memory = byte_count(json_get(deploy, "memory")), old = byte_count(json_get(service->json, "mem_limit"));
	g_autofree char *cpus =
	        json_scalar(json_get(deploy, "cpus") ? json_get(deploy, "cpus") : json_get(service->json, "cpus"));
	if (memory || old)
		json_set_number(service->host, "Memory", memory ? memory : old);
	if (cpus)
		json_set_number(service->host, "NanoCpus", (int64_t)(g_ascii_strtod(cpus, NULL) * 1e9));
	if (byte_count(json_get(service->json, "shm_size")))
		json_set_number(service->host, "ShmSize", byte_count(json_get(service->json, "shm_size")));
	if (json_get(service->json, "pids_limit"))
		json_set_number(service->host, "PidsLimit", json_number_at(service->json, "pids_limit", 0));
	JSON_EACH (json_at(service->json, "deploy.resources.reservations.devices"), entry) {
		Json *device = json_new_map();
		bool all = g_strcmp0(json_text_at(entry, "count"), "all") == 0 || !json_get(entry, "count");
		json_set_text(device, "Driver", json_text_at(entry, "driver"));
		json_set_number(device, "Count", all ? -1 : json_number_at(entry, "count", -1));
		json_append(json_list_in(device, "Capabilities"), json_clone(json_get(entry, "capabilities")));
		json_append(json_list_in(service->host, "DeviceRequests"), device);
	}
}

/* What compose calls build is done whenever it starts, too; daily and its like are taken as missing. */
static void make_pull(const Service *service)
{
	const char *policy = json_text_at(service->json, "pull_policy");
	bool always = g_strcmp0(policy, "always") == 0 || g_strcmp0(policy, "build") == 0;
	service->unit->pull = always ? PULL_ALWAYS : g_strcmp0(policy, "never") == 0 ? PULL_NEVER : PULL_MISSING;
}

static void make_restart(const Service *service)
{
	const char *restart = json_text_at(service->json, "restart");
	Json *policy = json_map_in(service->host, "RestartPolicy");
	g_auto(GStrv) parts = g_strsplit(restart ? restart : "no", ":", 2);
	json_set_text(policy, "Name", parts[0]);
	service->unit->once = service->unit->repeated = strcmp(parts[0], "no") == 0;
	if (parts[1])
		json_set_number(policy, "MaximumRetryCount", (int64_t)g_ascii_strtoll(parts[1], NULL, 10));
}

static void make_needs(const Service *service)
{
	const Json *depends = json_get(service->json, "depends_on");
	JSON_EACH (depends, name) {
		g_autofree char *other =
		        json_text(name) ? g_strdup_printf("%s-%s", service->compose->project, json_text(name)) : NULL;
		if (other)
			unit_need(service->unit, other, NEED_STARTED);
	}
	if (json_kind(depends) == JSON_MAP)
		JSON_MEMBERS (depends, name, entry) {
			const char *condition = json_text_at(entry, "condition");
			g_autofree char *other = g_strdup_printf("%s-%s", service->compose->project, name);
			bool required = json_true_at(entry, "required", true);
			unit_need(service->unit, other,
			        g_strcmp0(condition, "service_healthy") == 0 ? (required ? NEED_HEALTHY : NEED_READY)
			        : g_strcmp0(condition, "service_completed_successfully") == 0 ? NEED_DONE
			                                                                      : NEED_STARTED);
		}
}

/* ---- a service
 * --------------------------------------------------------------------------------------------------------------------
 */

/* The image that a service has: as written, or called like the service where it is built here. */
static char *image_of(const Compose *compose, const char *name, const Json *service)
{
	const char *image = json_text_at(service, "image");
	return image ? g_strdup(image) : g_strdup_printf("%s-%s", compose->project, name);
}

static bool is_built(const Wanted *wanted, const char *image)
{
	for (guint i = 0; i < wanted->images->len; i++)
		if (strcmp(((WantedImage *)wanted->images->pdata[i])->image, image) == 0)
			return true;
	return false;
}

static void add_build(const Compose *compose, const Json *build, char *take_image, Span place)
{
	const char *context = json_text(build) ? json_text(build) : json_text_at(build, "context"),
	           *file = json_text_at(build, "dockerfile"), *target = json_text_at(build, "target");
	g_autofree char *whole = g_build_filename(compose->folder, context ? context : ".", NULL),
	                *plain = g_canonicalize_filename(whole, "/");
	WantedImage *made = g_new0(WantedImage, 1);
	made->image = take_image;
	made->context = g_strdup(plain + 1);
	made->dockerfile = g_strdup(file ? file : "Dockerfile");
	made->target = g_strdup(target);
	made->place = place;
	made->arguments = json_new_map();
	each_pair(json_get(build, "args"), set_pair, made->arguments);
	g_ptr_array_add(compose->wanted->images, made);
}

static void make_image(const Service *service)
{
	const Compose *compose = service->compose;
	const Json *build = json_get(service->json, "build");
	g_autofree char *image = image_of(compose, service->name, service->json);
	json_set_text(service->unit->body, "Image", image);
	if (build)
		add_build(compose, build, g_steal_pointer(&image), service->unit->place);
	else if (!json_text_at(service->json, "image"))
		problem(compose, true, service->name, "neither image nor build");
}

/* Keys that change what runs and are not followed; all others of the specification are, or change nothing here. */
static void say_not_followed(const Service *service)
{
	static const char *const keys[] = {"external_links", "cgroup_parent", "credential_spec", "isolation", "runtime",
	        "scale", "provider", "models", NULL};
	for (const char *const *key = keys; *key; key++)
		if (json_get(service->json, *key)) {
			g_autofree char *text = g_strdup_printf("%s is not followed here", *key);
			problem(service->compose, false, service->name, text);
		}
}

static void make_simple(const Service *service)
{
	static const struct {
		const char *from, *to;
	} texts[] = {{"user", "User"}, {"working_dir", "WorkingDir"}, {"stop_signal", "StopSignal"},
	        {"mac_address", "MacAddress"}, {"domainname", "Domainname"}};
	static const struct {
		const char *from, *to;
	} flags[] = {{"privileged", "Privileged"}, {"read_only", "ReadonlyRootfs"}, {"init", "Init"}};
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *text = json_scalar(json_get(service->json, texts[i].from));
		json_set_text(service->unit->body, texts[i].to, text);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(flags); i++)
		if (json_true_at(service->json, flags[i].from, false))
			json_set_bool(service->host, flags[i].to, true);
	if (json_true_at(service->json, "tty", false))
		json_set_bool(service->unit->body, "Tty", true);
	if (json_true_at(service->json, "stdin_open", false))
		json_set_bool(service->unit->body, "OpenStdin", true);
	copy_list(service, "cap_add", "CapAdd");
	copy_list(service, "cap_drop", "CapDrop");
	copy_list(service, "security_opt", "SecurityOpt");
	copy_list(service, "group_add", "GroupAdd");
	copy_list(service, "dns", "Dns");
	copy_list(service, "dns_search", "DnsSearch");
	if (json_text_at(service->json, "dns"))
		json_append_text(json_list_in(service->host, "Dns"), json_text_at(service->json, "dns"));
	json_set_text(service->host, "PidMode", json_text_at(service->json, "pid"));
	json_set_text(service->host, "IpcMode", json_text_at(service->json, "ipc"));
	each_pair(json_get(service->json, "extra_hosts"), add_host, service->host);
	each_pair(json_get(service->json, "labels"), set_pair, json_map_in(service->unit->body, "Labels"));
	if (json_get(service->json, "sysctls"))
		each_pair(json_get(service->json, "sysctls"), set_pair, json_map_in(service->host, "Sysctls"));
	if (json_at(service->json, "logging.driver")) {
		Json *log = json_map_in(service->host, "LogConfig");
		json_set_text(log, "Type", json_text_at(service->json, "logging.driver"));
		if (json_at(service->json, "logging.options"))
			json_set(log, "Config", json_clone(json_at(service->json, "logging.options")));
	}
}

static bool is_in_profile(const Compose *compose, const Json *service)
{
	const Json *profiles = json_get(service, "profiles");
	if (json_count(profiles) == 0)
		return true;
	JSON_EACH (profiles, profile)
		if (compose->options->profiles && json_text(profile) &&
		        g_strv_contains(compose->options->profiles, json_text(profile)))
			return true;
	return false;
}

static void make_service(const Compose *compose, const char *name, const Json *json)
{
	g_autofree char *full = g_strdup_printf("%s-%s", compose->project, name);
	Unit *unit = unit_new(full, compose_place(compose, name));
	Service service = {compose, name, json, unit, json_map_in(unit->body, "HostConfig")};
	unit->namespace = g_strdup(compose->project);
	unit->workload = g_strconcat("compose/", name, NULL);
	unit->pod = g_strdup(name);
	unit->container = g_strdup(name);
	unit->role = UNIT_MAIN;
	int64_t grace = duration(json_get(json, "stop_grace_period"));
	unit->grace = grace ? (uint32_t)(grace / 1000000000) : 10;
	make_image(&service);
	append_words(compose, unit, "Entrypoint", json_get(json, "entrypoint"), name);
	append_words(compose, unit, "Cmd", json_get(json, "command"), name);
	make_compose_environment(&service);
	compose_publish(&service);
	make_compose_mounts(&service);
	make_compose_files(&service, "secrets", "/run/secrets/");
	make_compose_files(&service, "configs", "/");
	make_healthcheck(&service);
	make_limits(&service);
	make_restart(&service);
	make_pull(&service);
	make_simple(&service);
	add_devices(&service);
	add_ulimits(&service);
	make_volumes_from(&service);
	compose_join(&service);
	make_needs(&service);
	say_not_followed(&service);
	g_ptr_array_add(compose->wanted->units, unit);
}

/* ---- a file
 * -----------------------------------------------------------------------------------------------------------------------
 */

static char *project_of(const WantedOptions *options, const char *folder)
{
	g_autofree char *last = g_path_get_basename(*folder ? folder : options->root);
	GString *out = g_string_new(options->project);
	if (!*folder)
		return g_string_free(out, FALSE);
	g_string_append_c(out, '-');
	for (const char *at = last; *at; at++)
		g_string_append_c(out, g_ascii_isalnum(*at) ? g_ascii_tolower(*at) : '-');
	return g_string_free(out, FALSE);
}

static void compose_clear(Compose *compose)
{
	g_free(compose->folder);
	g_free(compose->project);
	json_drop(compose->root);
	g_clear_pointer(&compose->variables, g_hash_table_unref);
	g_hash_table_unref(compose->places);
	g_hash_table_unref(compose->included);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Compose, compose_clear)

/* The file with all that it brings in; free with compose_clear in any case. */
static bool compose_init(Compose *compose, Wanted *wanted, const WantedOptions *options, const Graph *graph,
        const char *path, GError **error)
{
	*compose = (Compose){.wanted = wanted,
	        .options = options,
	        .graph = graph,
	        .path = path,
	        .folder = slice_dup(path_folder(slice_from(path))),
	        .places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
	        .included = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
	        .place = graph_place(graph, graph_find_file(graph, slice_from(path)))};
	compose->project = project_of(options, compose->folder);
	return compose_assemble(compose, error);
}

bool wanted_add_compose(
        Wanted *wanted, const WantedOptions *options, const Graph *graph, const char *path, GError **error)
{
	g_auto(Compose) compose;
	if (!compose_init(&compose, wanted, options, graph, path, error))
		return false;
	JSON_MEMBERS (json_get(compose.root, "services"), name, service)
		if (json_kind(service) == JSON_MAP && is_in_profile(&compose, service))
			make_service(&compose, name, service);
	return true;
}

static bool is_wanted_image(const Wanted *wanted, const char *image)
{
	for (guint i = 0; i < wanted->units->len; i++)
		if (g_strcmp0(json_text_at(((const Unit *)wanted->units->pdata[i])->body, "Image"), image) == 0)
			return true;
	return false;
}

void wanted_add_builds(Wanted *wanted, const WantedOptions *options, const Graph *graph, const char *path)
{
	g_autoptr(Wanted) aside = wanted_new(options); /* takes the problems */
	g_autoptr(GError) ignored = NULL;
	g_auto(Compose) compose;
	if (!compose_init(&compose, aside, options, graph, path, &ignored))
		return;
	compose.wanted = wanted;
	JSON_MEMBERS (json_get(compose.root, "services"), name, service) {
		g_autofree char *image = image_of(&compose, name, service);
		if (json_get(service, "build") && is_wanted_image(wanted, image) && !is_built(wanted, image))
			add_build(&compose, json_get(service, "build"), g_steal_pointer(&image),
			        compose_place(&compose, name));
	}
}
