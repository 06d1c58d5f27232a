/* What runs beside what is wanted, field by field: what somebody has changed by hand, what is older than its file, and
 * who runs here that no file asks for.
 *
 * Only what both engines tell in the same way is compared, and what an image or an engine adds of itself does not
 * count: a difference that is none would make all others worthless. Values of variables are shown only where they are
 * no secret by their source or their name. */
#include "engine/inner.h"

#include "base/credential.h"
#include "base/path.h"

#define LONGEST 80 /* characters of a value that are shown */
#define COMPOSE "com.docker.compose."

typedef struct Comparing {
	Engine *engine;
	const Wanted *wanted;
	const char *root;
	bool complete; /* all Secrets are known */
	EngineDrift *out;
	GHashTable *images; /* name or id → Json */
	GHashTable *seen;   /* Unit: a container of it is there */
} Comparing;

/* A container and the unit that it is of. */
typedef struct Pair {
	Comparing *comparing;
	const Unit *unit;
	const Json *live;
	bool own; /* labwright made it */
} Pair;

static void difference_free(void *data)
{
	UnitDrift *drift = data;
	g_free(drift->text);
	g_free(drift);
}

static void stranger_free(void *data)
{
	Stranger *stranger = data;
	g_free(stranger->name);
	g_free(stranger->image);
	g_free(stranger->origin);
	g_free(stranger);
}

void engine_drift_clear(EngineDrift *drift)
{
	g_clear_pointer(&drift->units, g_ptr_array_unref);
	g_clear_pointer(&drift->strangers, g_ptr_array_unref);
}

/* ---- saying it ------------------------------------------------------------------------------------------- */

static const char *label_of(const Json *live, const char *name)
{
	return json_text(json_get(json_at(live, "Config.Labels"), name));
}

static bool is_of_hash(const Pair *pair)
{
	return g_strcmp0(label_of(pair->live, LABEL_HASH), unit_hash(pair->unit)) == 0;
}

static UnitDrift *add_drift(Comparing *comparing, const Unit *unit, char *take_text)
{
	UnitDrift *drift = g_new0(UnitDrift, 1);
	drift->unit = unit;
	drift->text = take_text;
	g_ptr_array_add(comparing->out->units, drift);
	return drift;
}

static char *unit_words(const Unit *unit)
{
	bool alone = !unit->container || g_str_has_prefix(unit->pod, unit->container);
	return alone ? g_strdup(unit->pod) : g_strdup_printf("%s (%s)", unit->pod, unit->container);
}

static void add_text(const Pair *pair, char *take_text)
{
	UnitDrift *drift = add_drift(pair->comparing, pair->unit, take_text);
	const char *tool = label_of(pair->live, COMPOSE "project");
	drift->made = live_time(json_text_at(pair->live, "Created"));
	drift->by_hand = pair->own && is_of_hash(pair);
	drift->by_compose = !pair->own && tool;
}

static const char *shown(const char *value, char **ret_cut)
{
	if (!value || !*value)
		return "absent";
	if (g_utf8_validate(value, -1, NULL) && g_utf8_strlen(value, -1) > LONGEST) {
		g_autofree char *start = g_utf8_substring(value, 0, LONGEST);
		return *ret_cut = g_strconcat(start, "…", NULL);
	}
	return value;
}

static void add(const Pair *pair, const char *field, const char *live, const char *wanted)
{
	g_autofree char *cut_live = NULL, *cut_wanted = NULL, *who = unit_words(pair->unit);
	if (g_strcmp0(live && *live ? live : NULL, wanted && *wanted ? wanted : NULL) == 0)
		return;
	add_text(pair, g_strdup_printf("%s: %s is %s on this machine and %s here", who, field, shown(live, &cut_live),
	                       shown(wanted, &cut_wanted)));
}

/* ---- images ------------------------------------------------------------------------------------------------- */

/* One spelling for "redis", "docker.io/library/redis:latest" and what Podman says of what it built. */
static char *plain_image(const char *image)
{
	static const char *const usual[] = {"docker.io/", "library/", "localhost/"};
	for (size_t i = 0; image && i < G_N_ELEMENTS(usual); i++)
		if (g_str_has_prefix(image, usual[i]))
			image += strlen(usual[i]);
	const char *slash = image ? strrchr(image, '/') : NULL;
	bool tagged = !image || strchr(slash ? slash : image, ':') || strchr(image, '@');
	return tagged ? g_strdup(image) : g_strconcat(image, ":latest", NULL);
}

static const Json *image_of(Comparing *comparing, const char *name)
{
	gpointer found;
	if (g_hash_table_lookup_extended(comparing->images, name, NULL, &found))
		return found;
	g_autofree char *escaped = escape(name), *path = g_strconcat("/images/", escaped, "/json", NULL);
	Json *image = engine_get(comparing->engine, path, NULL);
	g_hash_table_insert(comparing->images, g_strdup(name), image);
	return image;
}

static void compare_image(const Pair *pair)
{
	const char *live = json_text_at(pair->live, "Config.Image"), *wanted = json_text_at(pair->unit->body, "Image"),
	           *id = json_text_at(pair->live, "Image");
	g_autofree char *plain_live = plain_image(live), *plain_wanted = plain_image(wanted);
	if (g_strcmp0(plain_live, plain_wanted) != 0) {
		add(pair, "image", live, wanted);
		return;
	}
	const char *newest = wanted ? json_text_at(image_of(pair->comparing, wanted), "Id") : NULL;
	g_autofree char *who = unit_words(pair->unit);
	if (id && newest && strcmp(id, newest) != 0)
		add_text(pair, g_strdup_printf("%s: it runs an older %s than this machine has", who, wanted));
}

/* ---- variables ---------------------------------------------------------------------------------------------- */

static bool is_hidden(const Unit *unit, const char *name)
{
	return g_ptr_array_find_with_equal_func(unit->hidden, name, g_str_equal, NULL) ||
	       credential_is_named(slice_from(name));
}

static void compare_wanted_variable(const Pair *pair, const char *text)
{
	size_t length = strcspn(text, "=");
	g_autofree char *name = g_strndup(text, length), *field = g_strconcat("variable ", name, NULL),
	                *who = unit_words(pair->unit);
	const char *wanted = text + length + (text[length] == '='),
	           *live = env_value(json_at(pair->live, "Config.Env"), name, length);
	if (live && strcmp(live, wanted) == 0)
		return;
	if (is_hidden(pair->unit, name))
		add_text(pair, g_strdup_printf(live ? "%s: %s has another value on this machine than here"
		                                    : "%s: %s is absent on this machine",
		                       who, field));
	else
		add(pair, field, live && !*live ? "empty" : live, *wanted ? wanted : "empty");
}

/* What the engines set of themselves in every container. */
static bool is_of_engine(const char *name)
{
	static const char *const own[] = {"PATH", "HOSTNAME", "HOME", "TERM", "container", NULL};
	return g_strv_contains(own, name);
}

static void compare_variables(const Pair *pair)
{
	const Json *wanted = json_get(pair->unit->body, "Env"), *live = json_at(pair->live, "Config.Env");
	const char *id = json_text_at(pair->live, "Image");
	const Json *image = id ? image_of(pair->comparing, id) : NULL;
	JSON_EACH (wanted, entry)
		compare_wanted_variable(pair, json_text(entry));
	if (!image || !pair->comparing->complete)
		return; /* an engine that has lost the image, or a Secret that is not given: whose variable is it? */
	JSON_EACH (live, entry) {
		const char *text = json_text(entry);
		size_t length = strcspn(text, "=");
		g_autofree char *name = g_strndup(text, length), *who = unit_words(pair->unit);
		if (!env_value(wanted, name, length) && !env_value(json_at(image, "Config.Env"), name, length) &&
		        !is_of_engine(name))
			add_text(pair,
			        g_strdup_printf("%s: variable %s is set on this machine and absent here", who, name));
	}
}

/* ---- words, numbers, flags -------------------------------------------------------------------------------------- */

static void compare_words(const Pair *pair)
{
	static const struct {
		const char *key, *path, *word;
	} fields[] = {{"Entrypoint", "Config.Entrypoint", "command"}, {"Cmd", "Config.Cmd", "arguments"},
	        {"User", "Config.User", "user"}, {"WorkingDir", "Config.WorkingDir", "folder"},
	        {"Hostname", "Config.Hostname", "host name"}};
	for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
		const Json *wanted = json_get(pair->unit->body, fields[i].key),
		           *live = json_at(pair->live, fields[i].path);
		bool list = json_kind(wanted) == JSON_LIST;
		g_autofree char *from = list ? json_joined(live) : json_scalar(live),
		                *to = list ? json_joined(wanted) : json_scalar(wanted);
		if (to && *to)
			add(pair, fields[i].word, from, to);
	}
}

static char *number_text(int64_t number, bool bytes)
{
	if (number == 0)
		return NULL;
	return bytes ? g_strdup_printf("%.0f Mi", (double)number / (1 << 20))
	             : g_strdup_printf("%" G_GINT64_FORMAT, number);
}

/* Limits and rights that are not there are as good as nought, so that one that somebody has set is seen, too. */
static void compare_limits(const Pair *pair)
{
	static const struct {
		const char *path, *word;
		bool bytes, always;
	} numbers[] = {{"HostConfig.Memory", "memory limit", true, true},
	        {"HostConfig.NanoCpus", "processor limit", false, true},
	        {"HostConfig.PidsLimit", "limit of processes", false, false},
	        {"HostConfig.ShmSize", "shared memory", true, false}};
	static const struct {
		const char *path, *word;
	} flags[] = {{"HostConfig.Privileged", "privileged"}, {"HostConfig.ReadonlyRootfs", "read-only files"}};
	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
		int64_t live = json_number_at(pair->live, numbers[i].path, 0),
		        wanted = json_number_at(pair->unit->body, numbers[i].path, 0);
		g_autofree char *from = number_text(live, numbers[i].bytes),
		                *to = number_text(wanted, numbers[i].bytes);
		if (live != wanted && (wanted || numbers[i].always))
			add(pair, numbers[i].word, from, to);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(flags); i++)
		add(pair, flags[i].word, json_true_at(pair->live, flags[i].path, false) ? "true" : "false",
		        json_true_at(pair->unit->body, flags[i].path, false) ? "true" : "false");
	const char *restart = json_text_at(pair->unit->body, "HostConfig.RestartPolicy.Name");
	if (restart)
		add(pair, "restart policy", json_text_at(pair->live, "HostConfig.RestartPolicy.Name"), restart);
}

/* ---- ports, mounts, networks ------------------------------------------------------------------------------------- */

static gint by_text(gconstpointer a, gconstpointer b)
{
	const char *const *one = a, *const *other = b;
	return strcmp(*one, *other);
}

/* "127.0.0.1:8080->80/tcp", sorted; where the engine chooses the number it is left out. */
static char *ports_text(const Json *bindings, const Json *chosen)
{
	g_autoptr(GPtrArray) ports = g_ptr_array_new_with_free_func(g_free);
	JSON_MEMBERS (bindings, port, list)
		JSON_EACH (list, binding) {
			const char *address = json_text_at(binding, "HostIp"),
			           *number = json_text_at(binding, "HostPort"),
			           *asked = json_text_at(json_item(json_get(chosen, port), 0), "HostPort");
			bool free = !number || !*number || (json_get(chosen, port) && (!asked || !*asked));
			g_ptr_array_add(ports, g_strdup_printf("%s:%s->%s", address && *address ? address : "0.0.0.0",
			                               free ? "any" : number, port));
		}
	g_ptr_array_sort(ports, by_text);
	g_ptr_array_add(ports, NULL);
	return g_strjoinv(" ", (char **)ports->pdata);
}

static void compare_ports(const Pair *pair)
{
	const Json *wanted = json_at(pair->unit->body, "HostConfig.PortBindings");
	g_autofree char *live = ports_text(json_at(pair->live, "HostConfig.PortBindings"), wanted),
	                *here = ports_text(wanted, wanted);
	add(pair, "published ports", live, here);
}

static const Json *find_mount(const Json *mounts, const char *key, const char *target)
{
	JSON_EACH (mounts, mount)
		if (g_strcmp0(json_text_at(mount, key), target) == 0)
			return mount;
	return NULL;
}

/* A volume by its name, a folder by its path, and how it is mounted; NULL for memory and for volumes without a name. */
static char *mount_text(const Json *mount, bool live)
{
	const char *type = json_text_at(mount, "Type"), *name = json_text_at(mount, "Name"),
	           *source = live && name ? name : json_text_at(mount, "Source");
	bool writes = live ? json_true_at(mount, "RW", true) : !json_true_at(mount, "ReadOnly", false);
	if (!source || !*source || g_strcmp0(type, "tmpfs") == 0)
		return NULL;
	g_autofree char *plain = *source == '/' ? g_canonicalize_filename(source, NULL) : g_strdup(source);
	return g_strconcat(plain, writes ? "" : " (read-only)", NULL);
}

static void compare_mounts(const Pair *pair)
{
	const Json *wanted = json_at(pair->unit->body, "HostConfig.Mounts"), *live = json_get(pair->live, "Mounts");
	JSON_EACH (wanted, mount) {
		const char *target = json_text_at(mount, "Target");
		g_autofree char *to = mount_text(mount, false), *field = g_strconcat("mount ", target, NULL),
		                *from = to ? mount_text(find_mount(live, "Destination", target), true) : NULL;
		if (to)
			add(pair, field, from, to);
	}
	if (json_at(pair->unit->body, "HostConfig.VolumesFrom"))
		return;
	JSON_EACH (live, mount) {
		const char *target = json_text_at(mount, "Destination");
		g_autofree char *field = g_strconcat("mount ", target, NULL), *from = mount_text(mount, true);
		bool bound = g_strcmp0(json_text_at(mount, "Type"), "bind") == 0;
		if (bound && from && !find_mount(wanted, "Target", target)) /* volumes may be the image's */
			add(pair, field, from, NULL);
	}
}

static void compare_network(const Pair *pair)
{
	const char *wanted = json_text_at(pair->unit->body, "HostConfig.NetworkMode");
	bool named = wanted && !strchr(wanted, ':') && strcmp(wanted, "host") != 0 && strcmp(wanted, "none") != 0;
	const Json *networks = json_at(pair->live, "NetworkSettings.Networks");
	if (!pair->own || !named || json_get(networks, wanted))
		return;
	g_autofree char *who = unit_words(pair->unit);
	add_text(pair, g_strdup_printf("%s: it is not on network %s", who, wanted));
}

/* ---- one container --------------------------------------------------------------------------------------------- */

static void compare_state(const Pair *pair)
{
	const char *state = json_text_at(pair->live, "State.Status");
	bool stopped = g_strcmp0(state, "exited") == 0 || g_strcmp0(state, "stopped") == 0;
	if (!pair->unit->once && (stopped || g_strcmp0(state, "paused") == 0))
		add(pair, "its state", stopped ? "stopped" : state, "running");
}

static void compare(const Pair *pair)
{
	guint before = pair->comparing->out->units->len;
	compare_state(pair);
	compare_image(pair);
	compare_words(pair);
	compare_variables(pair);
	compare_limits(pair);
	compare_ports(pair);
	compare_mounts(pair);
	compare_network(pair);
	/* What no inspection shows: bytes of files that it mounts, probes, hooks. */
	if (pair->own && pair->comparing->complete && !is_of_hash(pair) && pair->comparing->out->units->len == before) {
		g_autofree char *who = unit_words(pair->unit);
		add_text(pair,
		        g_strdup_printf("%s: a file that it is given, or how it is probed, is older than here", who));
	}
	g_hash_table_add(pair->comparing->seen, (void *)pair->unit);
}

/* ---- which is which ------------------------------------------------------------------------------------------------
 */

/* A container that compose made of a file of this repository. */
static const Unit *unit_of_compose(const Comparing *comparing, const Graph *graph, const Json *live)
{
	const char *service = label_of(live, COMPOSE "service"),
	           *folder = label_of(live, COMPOSE "project.working_dir");
	if (!service || !folder)
		return NULL;
	for (guint i = 0; i < comparing->wanted->units->len; i++) {
		const Unit *unit = comparing->wanted->units->pdata[i];
		g_autofree char *file = g_build_filename(
		                        comparing->root, graph_file_path(graph, unit->place.file), NULL),
		                *own = g_path_get_dirname(file);
		if (g_str_has_prefix(unit->workload, "compose/") && strcmp(unit->pod, service) == 0 &&
		        strcmp(own, folder) == 0)
			return unit;
	}
	return NULL;
}

static bool is_job(const Wanted *wanted, const char *name)
{
	for (guint i = 0; i < wanted->jobs->len; i++)
		if (strcmp(((Unit *)wanted->jobs->pdata[i])->name, name) == 0)
			return true;
	return false;
}

static char *origin_of(const Json *live)
{
	const char *workload = label_of(live, LABEL_WORKLOAD), *compose = label_of(live, COMPOSE "project"),
	           *folder = label_of(live, COMPOSE "project.working_dir"),
	           *unit = label_of(live, "PODMAN_SYSTEMD_UNIT");
	if (workload)
		return g_strdup_printf("by labwright, of %s", workload);
	if (compose)
		return g_strdup_printf(
		        "by compose project %s%s%s", compose, folder ? " of " : "", folder ? folder : "");
	return unit ? g_strdup_printf("by systemd unit %s", unit)
	            : g_strdup("by hand, or by a program that leaves no label");
}

static void add_stranger(Comparing *comparing, const char *name, const Json *live)
{
	Stranger *stranger = g_new0(Stranger, 1);
	const char *image = json_text_at(live, "Config.Image"), *folder = label_of(live, COMPOSE "project.working_dir");
	stranger->inside = label_of(live, LABEL_PROJECT) ||
	                   (folder && path_is_below(slice_from(folder), slice_from(comparing->root)));
	stranger->name = g_strdup(name);
	stranger->image = g_strdup(image ? image : "?");
	stranger->origin = origin_of(live);
	stranger->made = live_time(json_text_at(live, "Created"));
	stranger->runs = g_strcmp0(json_text_at(live, "State.Status"), "running") == 0;
	g_ptr_array_add(comparing->out->strangers, stranger);
}

static void look_at(Comparing *comparing, const Graph *graph, const Json *live)
{
	const char *project = label_of(live, LABEL_PROJECT), *name = live_name(live);
	bool own = g_strcmp0(project, comparing->wanted->project) == 0;
	if (project && !own) {
		comparing->out->others++;
		return;
	}
	const Unit *unit = wanted_find(comparing->wanted, name);
	unit = unit ? unit : unit_of_compose(comparing, graph, live);
	Pair pair = {comparing, unit, live, own};
	comparing->out->own += own;
	if (unit)
		compare(&pair);
	else if (!is_job(comparing->wanted, name) && !g_str_has_suffix(name, "-infra"))
		add_stranger(comparing, name, live);
}

static gint by_name(gconstpointer a, gconstpointer b)
{
	const Stranger *const *one = a, *const *other = b;
	return strcmp((*one)->name, (*other)->name);
}

static gint by_place(gconstpointer a, gconstpointer b)
{
	const UnitDrift *const *one = a, *const *other = b;
	int order = strcmp((*one)->unit->name, (*other)->unit->name);
	return order ? order : strcmp((*one)->text, (*other)->text);
}

static void add_absent(Comparing *comparing)
{
	for (guint i = 0; i < comparing->wanted->units->len; i++) {
		const Unit *unit = comparing->wanted->units->pdata[i];
		bool told = unit->role == UNIT_MAIN && !unit->once;
		g_autofree char *who = unit_words(unit);
		if (told && !g_hash_table_contains(comparing->seen, unit))
			add_drift(comparing, unit,
			        g_strdup_printf("%s: there is no container of it on this machine", who));
	}
}

bool engine_compare(Engine *engine, const Wanted *wanted, const Graph *graph, const char *root, bool complete,
        EngineDrift *ret_drift, GError **error)
{
	g_autoptr(Json) list = engine_get(engine, "/containers/json?all=true", error);
	if (!list)
		return false;
	*ret_drift = (EngineDrift){.units = g_ptr_array_new_with_free_func(difference_free),
	        .strangers = g_ptr_array_new_with_free_func(stranger_free)};
	g_autoptr(GHashTable) images =
	        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)json_drop),
	                      seen = g_hash_table_new(NULL, NULL);
	Comparing comparing = {engine, wanted, root, complete, ret_drift, images, seen};
	JSON_EACH (list, item) {
		g_autofree char *path = g_strdup_printf("/containers/%s/json", json_text_at(item, "Id"));
		g_autoptr(Json) live = engine_get(engine, path, NULL);
		if (live) /* it may have gone since the list was made */
			look_at(&comparing, graph, live);
	}
	if (g_hash_table_size(seen))
		add_absent(&comparing);
	g_ptr_array_sort(ret_drift->units, by_place);
	g_ptr_array_sort(ret_drift->strangers, by_name);
	ret_drift->seen = g_hash_table_size(seen);
	return true;
}
