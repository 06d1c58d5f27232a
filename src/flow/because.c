/* From a symptom to its cause: for each kind of symptom the links that follow, each asked of what is wanted, what runs,
 * or a finding of `check`, which knows both sides of a fault already. */
#include "flow/chain.h"

#include "base/near.h"
#include "flow/registry.h"

#include <sys/statvfs.h>

#define MOST_DEPTH 4 /* containers that wait for each other */

static void add_asked_by(Chain *chain, const Unit *unit, const char *host)
{
	g_autofree char *name = NULL;
	if (unit && variable_with(unit, host, &name))
		add_step(chain, place_of(chain, unit->place), "its variable %s names %s", name, host);
}

static void explain_module(Chain *chain, const LiveContainer *container, const char *module)
{
	static const char *const rules[] = {"ignore-hides-source", "copy-ignored-file", "copy-missing",
	        "import-unresolved", "requirement-missing", NULL};
	g_auto(GStrv) parts = g_strsplit(module ? module : "", ".", -1);
	g_autofree char *path = g_strjoinv("/", parts);
	const char *words[] = {path, module ? module : "", parts[0] ? parts[0] : "", NULL};
	if (!add_found(chain, rules, words))
		add_step(chain, NULL, "no file of the repository explains why %s is not in the image %s", module,
		        container->image);
}

static void explain_file(Chain *chain, const char *path)
{
	static const char *const rules[] = {
	        "copy-ignored-file", "copy-missing", "ignore-hides-source", "lacks-start", "build-file-missing", NULL};
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	const char *words[] = {path, name, NULL};
	if (!add_found(chain, rules, words))
		add_step(chain, NULL,
		        "%s is not in the image or in a volume, and no file of the repository says that it should be",
		        path);
}

/* The named thing is not well itself: why that is so is the cause. */
static bool explain_other(Chain *chain, const Unit *other)
{
	const LiveContainer *container = live_find(chain->live, other->name);
	if (!container || container->state != LIVE_RUNNING || container->ready == READY_NO) {
		add_step(chain, place_of(chain, other->place), "%s/%s, which answers to that name, is itself not well",
		        other->namespace, other->pod);
		if (container && chain->depth < MOST_DEPTH)
			explain_container(chain, container);
		else if (!container)
			set_mend(chain, "labwright up --only %s/%s", other->namespace, other->pod);
		return true;
	}
	return false;
}

static char *pairs_text(const Json *map)
{
	GString *out = g_string_new(NULL);
	JSON_MEMBERS (map, key, value) {
		g_autofree char *text = json_scalar(value);
		g_string_append_printf(out, "%s%s=%s", out->len ? "," : "", key, text ? text : "");
	}
	return g_string_free(out, FALSE);
}

/* The object whose pods share most labels with a selector without having them all, of the Service's namespace. */
static const Manifest *nearest_workload(const Chain *chain, const Json *service)
{
	const Json *selector = json_at(service, "spec.selector");
	const char *name = json_text_at(service, "metadata.name"),
	           *namespace = json_text_at(service, "metadata.namespace");
	const Manifest *found = NULL;
	for (guint i = 0; i < chain->homelab->renders->len; i++) {
		const GArray *manifests = ((const Render *)chain->homelab->renders->pdata[i])->manifests;
		for (guint m = 0; m < manifests->len; m++) {
			const Manifest *manifest = &g_array_index(manifests, Manifest, m);
			const Json *labels = json_at(manifest->object, "spec.template.metadata.labels");
			bool same = g_strcmp0(json_text_at(manifest->object, "metadata.namespace"), namespace) == 0,
			     called = g_strcmp0(json_text_at(manifest->object, "metadata.name"), name) == 0;
			JSON_MEMBERS (selector, key, value)
				if (labels && same && (json_same(json_get(labels, key), value) || (called && !found)))
					found = manifest;
		}
	}
	return found;
}

bool explain_selector(Chain *chain, const Json *service, Span place)
{
	const char *name = json_text_at(service, "metadata.name"),
	           *namespace = json_text_at(service, "metadata.namespace");
	namespace = namespace && *namespace ? namespace : "default";
	g_autofree char *selector = pairs_text(json_at(service, "spec.selector"));
	if (!*selector || unit_for_host(chain, name, namespace))
		return false;
	const Manifest *near = nearest_workload(chain, service);
	g_autofree char *labels = near ? pairs_text(json_at(near->object, "spec.template.metadata.labels")) : NULL;
	add_step(chain, place_of(chain, place), "the Service %s/%s selects %s, and no pod has these labels", namespace,
	        name, selector);
	if (near)
		add_step(chain, place_of(chain, near->place), "the pods of %s have %s",
		        json_text_at(near->object, "metadata.name"), labels);
	set_mend(chain, "let the selector of the Service and the labels of its pods agree");
	return true;
}

/* The Service exists and is asked for under the wrong namespace, or from another one without its own. */
static bool explain_namespace(Chain *chain, const LiveContainer *container, const char *host)
{
	const char *namespace = NULL, *dot = strchr(host, '.');
	const Unit *elsewhere = unit_elsewhere(chain, host, &namespace);
	if (!elsewhere)
		return false;
	g_autofree char *first = g_strndup(host, strcspn(host, ".")),
	                *asked = dot ? g_strndup(dot + 1, strcspn(dot + 1, ".")) : NULL;
	add_step(chain, place_of(chain, elsewhere->place), "the Service %s is in namespace %s, and %s asks %s %s",
	        first, namespace, container->pod, asked ? "for namespace" : "from",
	        asked ? asked : container->namespace);
	set_mend(chain, "name it as %s.%s", first, namespace);
	return true;
}

/* Nobody has that name; one that is meant may be near. */
static void explain_nobody(Chain *chain, const char *host, const char *namespace)
{
	g_autofree char *near = nearest_host(chain, host, namespace);
	add_step(chain, NULL, "nothing that runs here answers to %s: no service has that name", host);
	if (near)
		set_mend(chain, "%s is answered to; name that, if it is meant", near);
	else
		set_mend(chain, "name a service that exists, or add one called %s", host);
}

static void explain_host(Chain *chain, const LiveContainer *container, const char *host)
{
	static const char *const rules[] = {"service-dns-wrong", "hostname-drift", NULL};
	const Unit *unit = unit_of(chain, container);
	g_autofree char *variable = NULL, *asked = unit && !host ? unanswered_host(chain, unit, &variable) : NULL;
	host = host ? host : asked;
	if (!host) {
		add_step(chain, NULL,
		        "which name it asked for it does not say, and all that its variables name is answered to");
		return;
	}
	const char *words[] = {host, NULL};
	Span place;
	if (asked)
		add_step(chain, place_of(chain, unit->place),
		        "it does not say which name it asked for; of those in its variables, %s in %s is the one that "
		        "nobody here answers to",
		        host, variable);
	else
		add_asked_by(chain, unit, host);
	if (add_found(chain, rules, words))
		return;
	const Unit *known = unit_for_host(chain, host, container->namespace);
	const Json *service = known ? NULL : service_called(chain, host, container->namespace, &place);
	if (service && explain_selector(chain, service, place))
		return;
	if (!known && explain_namespace(chain, container, host))
		return;
	if (known && explain_other(chain, known))
		return;
	if (!known)
		explain_nobody(chain, host, container->namespace);
}

/* A line of /proc/net/tcp: "0: 0100007F:1F90 00000000:0000 0A …", hexadecimal, 0A for one that listens. 0 for others,
 * and for Docker's own name server. */
static guint listening_port(Slice line)
{
	Slice number, local, remote, state;
	if (!slice_next_word(&line, &number) || !slice_next_word(&line, &local) || !slice_next_word(&line, &remote) ||
	        !slice_next_word(&line, &state) || !slice_is(state, "0A") || slice_starts(local, "0B00007F"))
		return 0;
	size_t colon = slice_find_byte(local, ':', 0);
	g_autofree char *port = colon == SIZE_MAX ? NULL : slice_dup(slice_sub(local, colon + 1, local.length));
	return port ? (guint)g_ascii_strtoull(port, NULL, 16) : 0;
}

static bool has_port(const GArray *ports, guint port)
{
	for (guint i = 0; i < ports->len; i++)
		if (g_array_index(ports, guint, i) == port)
			return true;
	return false;
}

/* Ports that a container listens on, asked of its own kernel table; empty where it cannot be asked. */
static GArray *listening(Engine *engine, const LiveContainer *container)
{
	GArray *ports = g_array_new(FALSE, FALSE, sizeof(guint));
	const char *const command[] = {"cat", "/proc/net/tcp", "/proc/net/tcp6", NULL};
	g_autofree char *text = NULL;
	int code;
	if (!engine_exec(engine, container->id, command, 3, &code, &text, NULL))
		return ports;
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++) {
		guint port = listening_port(slice_from(*line));
		if (port && !has_port(ports, port))
			g_array_append_val(ports, port);
	}
	return ports;
}

static char *ports_text(const GArray *ports)
{
	GString *out = g_string_new(NULL);
	for (guint i = 0; i < ports->len; i++)
		g_string_append_printf(out, "%s%u", i ? ", " : "", g_array_index(ports, guint, i));
	return g_string_free(out, FALSE);
}

void explain_port(Chain *chain, const LiveContainer *other, guint port)
{
	static const char *const rules[] = {"port-drift", "service-port-mismatch", "probe-port-mismatch",
	        "port-not-exposed", "route-port-is-nodeport", "nodeport-drift", NULL};
	g_autofree char *number = g_strdup_printf("%u", port);
	const char *words[] = {number, NULL};
	g_autoptr(GArray) ports = listening(chain->engine, other);
	g_autofree char *text = ports_text(ports);
	gint64 age = g_get_real_time() / G_USEC_PER_SEC - other->started;
	if (has_port(ports, port)) {
		add_step(chain, g_strdup("its kernel's table"), "%s listens on %u by now, %d s after its start",
		        other->pod, port, (int)age);
		return;
	}
	if (!ports->len && other->started && other->probe.port == port && other->restarts == 0) {
		const Unit *unit = unit_of(chain, other);
		add_step(chain, g_strdup("its kernel's table"), "%s listens on nothing yet, %d s after its start",
		        other->pod, (int)age);
		add_step(chain, unit ? place_of(chain, unit->place) : NULL,
		        "its probe asks %u from the start and gives it %u s", port, unit ? unit->patience : 0);
		set_mend(chain, "give it a startupProbe that waits longer, if it comes up in the end");
		return;
	}
	if (ports->len)
		add_step(chain, g_strdup("its kernel's table"), "%s listens on %s and not on %u", other->pod, text,
		        port);
	else
		add_step(chain, NULL, "nothing in %s listens on %u", other->pod, port);
	if (!add_found(chain, rules, words) && ports->len)
		set_mend(chain, "ask port %s, or let the program listen on %u", text, port);
}

static void explain_refused(Chain *chain, const LiveContainer *container, const Symptom *symptom)
{
	const char *host = symptom->subject ? symptom->subject : "";
	const Unit *unit = unit_for_host(chain, host, container->namespace ? container->namespace : "");
	const LiveContainer *other = unit ? live_find(chain->live, unit->name) : container_at(chain, host);
	if (strcmp(host, "localhost") == 0 || g_str_has_prefix(host, "127.")) {
		add_asked_by(chain, unit_of(chain, container), host);
		add_step(chain, NULL, "%s is the container itself, where nothing listens on %u", host, symptom->port);
		set_mend(chain, "name the Service instead of %s", host);
		return;
	}
	if (unit)
		add_asked_by(chain, unit_of(chain, container), host);
	const Unit *answers = unit ? unit : other ? unit_of(chain, other) : NULL;
	if (answers && explain_other(chain, answers))
		return;
	if (other && symptom->port)
		explain_port(chain, other, symptom->port);
	else if (!other)
		add_step(chain, NULL, "%s is nothing that labwright runs here; whether it is up is not known", host);
}

/* The unit that this one asks and that has Secrets of its own: it waits for it, since it names its Service. */
static const Unit *server_of(const Chain *chain, const Unit *unit)
{
	for (guint i = 0; unit && i < unit->needs->len; i++) {
		const UnitNeed *need = unit->needs->pdata[i];
		const Unit *other = wanted_find(chain->homelab->wanted, need->unit);
		if (other && other->hidden->len)
			return other;
	}
	return NULL;
}

/* Whether a value that the server has out of a Secret stands among what the client is given. */
static bool share_secret(const Unit *server, const Unit *client)
{
	static const char *const fields[] = {"Env", "Cmd", "Entrypoint"};
	for (guint i = 0; i < server->hidden->len; i++) {
		const char *value = variable_named(server, server->hidden->pdata[i]);
		for (size_t f = 0; value && *value && f < G_N_ELEMENTS(fields); f++)
			JSON_EACH (json_get(client->body, fields[f]), word)
				if (json_text(word) && strstr(json_text(word), value))
					return true;
	}
	return false;
}

static const char *volume_of(const Unit *unit)
{
	JSON_EACH (json_at(unit->body, "HostConfig.Mounts"), mount)
		if (g_strcmp0(json_text_at(mount, "Type"), "volume") == 0 && json_text_at(mount, "Source"))
			return json_text_at(mount, "Source");
	return NULL;
}

static void explain_password(Chain *chain, const LiveContainer *container, const Symptom *symptom)
{
	static const char *const rules[] = {"credential-name-drift", NULL};
	const char *user = symptom->subject ? symptom->subject : "";
	const char *words[] = {user, NULL};
	const Unit *client = unit_of(chain, container), *server = server_of(chain, client);
	const char *volume = server ? volume_of(server) : NULL;
	if (*user && add_found(chain, rules, words))
		return;
	add_step(chain, NULL, "the server does not take the password that %s gives%s%s", container->pod,
	        *user ? " for " : "", user);
	if (server && !share_secret(server, client)) {
		add_step(chain, place_of(chain, server->place),
		        "%s/%s has its password out of a Secret, and no value of that is among what %s is given",
		        server->namespace, server->pod, container->pod);
		set_mend(chain, "give both the same key of one Secret, or the same value");
		return;
	}
	if (server && !volume) {
		add_step(chain, place_of(chain, server->place),
		        "%s/%s is given the same value: it may run with an older one", server->namespace, server->pod);
		set_mend(chain, "labwright up makes anew what was given another value");
		return;
	}
	add_step(chain, NULL,
	        "a database keeps the password of its first start in its volume%s%s; one that was changed since is not "
	        "taken over",
	        volume ? " " : "", volume ? volume : "");
	set_mend(chain, "change it in the database too (ALTER USER … PASSWORD), or give the client the old one");
}

static void explain_permission(Chain *chain, const LiveContainer *container, const char *path)
{
	const Unit *unit = unit_of(chain, container);
	const char *user = unit ? json_text_at(unit->body, "User") : NULL;
	JSON_EACH (unit ? json_at(unit->body, "HostConfig.Mounts") : NULL, mount) {
		const char *target = json_text_at(mount, "Target"), *source = json_text_at(mount, "Source");
		if (!target || !path || !g_str_has_prefix(path, target))
			continue;
		add_step(chain, place_of(chain, unit->place),
		        "%s lies in the mount %s of %s, and the program runs as user %s", path, target,
		        source ? source : "a volume", user ? user : "of its image");
		if (json_true_at(mount, "ReadOnly", false))
			set_mend(
			        chain, "the mount is read-only: mount it writable, or let the program write elsewhere");
		else
			set_mend(chain, "let the volume belong to that user: securityContext.fsGroup, or chown %s",
			        source ? source : "it");
		return;
	}
	add_step(chain, NULL, "%s is part of the image, which the program's user %s may not write",
	        path ? path : "the path", user ? user : "");
	set_mend(chain, "mount a volume there, or let the program run as the user that owns it");
}

void explain_memory(Chain *chain, const LiveContainer *container)
{
	const Unit *unit = unit_of(chain, container);
	g_autofree char *limit = g_strdup_printf("%.0f Mi", (double)container->memory_limit / (1 << 20));
	if (!container->memory_limit) {
		add_step(chain, NULL,
		        "it has no memory limit of its own; the kernel's log (dmesg) tells whether the machine had "
		        "none left");
		return;
	}
	add_step(
	        chain, unit ? place_of(chain, unit->place) : NULL, "its memory limit is %s, and it needed more", limit);
	set_mend(chain, "raise resources.limits.memory, or let the program use less");
}

static void explain_taken(Chain *chain, const Symptom *symptom, const LiveContainer *container)
{
	g_autofree char *part = g_strdup_printf(":%u->", symptom->port);
	g_autoptr(Live) all = live_new(chain->engine, NULL, NULL);
	for (guint i = 0; all && symptom->port && i < all->containers->len; i++) {
		const LiveContainer *other = all->containers->pdata[i];
		for (guint p = 0; p < other->ports->len; p++)
			if (strcmp(other->name, container ? container->name : "") != 0 &&
			        other->state == LIVE_RUNNING && strstr(other->ports->pdata[p], part)) {
				add_step(chain, g_strdup("the engine"), "port %u belongs to the container %s",
				        symptom->port, other->name);
				set_mend(chain, "stop that one, or publish another port");
				return;
			}
	}
	add_step(chain, NULL, "port %u of this machine belongs to a program that is no container of labwright",
	        symptom->port);
	set_mend(chain, "see who has it: ss -ltnp 'sport = :%u'", symptom->port);
}

/* The mount that a path lies in; without a path the only one that has a size. */
static const Json *sized_mount(const Unit *unit, const char *path)
{
	const Json *found = NULL;
	JSON_EACH (unit ? json_at(unit->body, "HostConfig.Mounts") : NULL, mount) {
		const char *target = json_text_at(mount, "Target");
		if (!json_number_at(mount, "TmpfsOptions.SizeBytes", 0) || !target)
			continue;
		if (path ? g_str_has_prefix(path, target) : !found)
			found = mount;
		else if (!path)
			return NULL;
	}
	return found;
}

static void explain_disk(Chain *chain, const LiveContainer *container, const char *path)
{
	const Unit *unit = unit_of(chain, container);
	const Json *mount = sized_mount(unit, path);
	if (mount) {
		g_autofree char *size = g_format_size_full(
		        (guint64)json_number_at(mount, "TmpfsOptions.SizeBytes", 0), G_FORMAT_SIZE_IEC_UNITS);
		add_step(chain, place_of(chain, unit->place), "its volume at %s is memory of %s, and that is full",
		        json_text_at(mount, "Target"), size);
		set_mend(chain, "raise the sizeLimit of that emptyDir, or let the program keep less there");
		return;
	}
	g_autoptr(Json) info = engine_get(chain->engine, "/info", NULL);
	const char *root = json_text_at(info, "DockerRootDir");
	struct statvfs disk;
	if (root && statvfs(root, &disk) == 0) {
		g_autofree char *left =
		        g_format_size_full((guint64)disk.f_bavail * disk.f_frsize, G_FORMAT_SIZE_IEC_UNITS);
		add_step(chain, g_strdup(root), "%s are left on the disk of the engine's data", left);
	}
	set_mend(chain, "make room (docker system prune shows what is unused), or move the volume");
}

/* Podman writes where short names come from, Docker does not. */
static const char *short_image(const char *name)
{
	static const char *const prefixes[] = {"docker.io/library/", "docker.io/", "localhost/"};
	for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++)
		if (g_str_has_prefix(name, prefixes[i]))
			return name + strlen(prefixes[i]);
	return name;
}

/* The image that was meant: one that is here or is built here, else a tag of those that the registry has, which has
 * just answered the engine that it lacks this one. */
static bool explain_near_image(Chain *chain, const char *image)
{
	const char *name = short_image(image);
	g_autoptr(GPtrArray) here = engine_images(chain->engine);
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal); /* two of one name would be a tie */
	for (guint i = 0; i < here->len; i++)
		g_hash_table_add(names, (char *)short_image(here->pdata[i]));
	for (guint i = 0; i < chain->homelab->wanted->images->len; i++)
		g_hash_table_add(
		        names, (char *)short_image(((WantedImage *)chain->homelab->wanted->images->pdata[i])->image));
	NearSearch search = near_search(slice_from(name), near_limit(slice_from(name)));
	g_autoptr(GList) keys = g_hash_table_get_keys(names);
	for (GList *at = keys; at; at = at->next)
		near_offer(&search, slice_from(at->data));
	if (near_result(&search) != SIZE_MAX && !slice_is(search.best, name)) {
		add_step(chain, NULL, "there is an image %.*s on this machine or built here", SLICE_ARGS(search.best));
		set_mend(chain, "write %.*s, or build or push %s", SLICE_ARGS(search.best), image);
		return true;
	}
	bool answered = chain->said && (strstr(chain->said, "manifest unknown") || strstr(chain->said, "not found"));
	g_autofree char *tag = answered ? registry_near_tag(image) : NULL;
	if (!tag)
		return false;
	add_step(chain, g_strdup("its registry"), "it has no such tag; the nearest that it has is %s", tag);
	set_mend(chain, "write the tag %s", tag);
	return true;
}

void explain_image(Chain *chain, const char *image)
{
	static const char *const rules[] = {
	        "image-never-built", "build-file-missing", "image-without-registry", "tag-drift", "tag-floating", NULL};
	const char *words[] = {image ? image : "", NULL};
	if (image && (add_found(chain, rules, words) || explain_near_image(chain, image)))
		return;
	set_mend(chain, "correct the name or tag, or build it: a compose service with build:, or docker build -t %s",
	        image ? image : "NAME");
}

static void explain_variable(Chain *chain, const LiveContainer *container, const char *name)
{
	const Unit *unit = unit_of(chain, container);
	add_step(chain, unit ? place_of(chain, unit->place) : NULL, "the container has no variable %s", name);
	set_mend(chain, "set %s in its env, or take it from a Secret or ConfigMap", name);
}

void explain_symptom(Chain *chain, const LiveContainer *container, const Symptom *symptom)
{
	switch (symptom->kind) {
	case SYMPTOM_MODULE:
		explain_module(chain, container, symptom->subject);
		break;
	case SYMPTOM_FILE:
	case SYMPTOM_COPY:
	case SYMPTOM_PROGRAM:
		explain_file(chain, symptom->subject ? symptom->subject : "");
		break;
	case SYMPTOM_HOST:
		explain_host(chain, container, symptom->subject);
		break;
	case SYMPTOM_REFUSED:
	case SYMPTOM_TIMEOUT:
		explain_refused(chain, container, symptom);
		break;
	case SYMPTOM_PASSWORD:
	case SYMPTOM_DATABASE:
		explain_password(chain, container, symptom);
		break;
	case SYMPTOM_PERMISSION:
		explain_permission(chain, container, symptom->subject);
		break;
	case SYMPTOM_DISK:
		explain_disk(chain, container, symptom->subject);
		break;
	case SYMPTOM_PORT:
		explain_taken(chain, symptom, container);
		break;
	case SYMPTOM_MEMORY:
		explain_memory(chain, container);
		break;
	case SYMPTOM_IMAGE:
		explain_image(chain, symptom->subject ? symptom->subject : container->image);
		break;
	case SYMPTOM_ARCHITECTURE:
		add_step(chain, NULL, "the image %s is for another processor than %s", container->image,
		        engine_architecture(chain->engine));
		set_mend(chain, "use an image for %s", engine_architecture(chain->engine));
		break;
	case SYMPTOM_VARIABLE:
		explain_variable(chain, container, symptom->subject);
		break;
	default:
		break;
	}
}
