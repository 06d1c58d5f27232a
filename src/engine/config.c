/* Environment, commands and files of containers: where ConfigMaps and Secrets become values.
 *
 * Files lie in a folder of the project and are mounted read-only, so that the folder of an image is hidden by them as
 * it is in a cluster. Those of Secrets lie in memory. What is given as a variable is seen by `docker inspect`, since
 * the API knows no other way; files are not. */
#include "engine/inner.h"

bool config_value(const Json *object, const char *key, GBytes **ret_bytes)
{
	bool secret = g_strcmp0(json_text_at(object, "kind"), "Secret") == 0;
	const Json *data = json_get(json_get(object, "data"), key),
	           *plain = json_get(json_get(object, "stringData"), key),
	           *binary = json_get(json_get(object, "binaryData"), key);
	const Json *coded = secret && !plain ? data : binary;
	g_autofree char *text = json_scalar(secret && plain ? plain : data);
	if (json_text(coded)) {
		gsize length;
		guchar *bytes = g_base64_decode(json_text(coded), &length);
		*ret_bytes = g_bytes_new_take(bytes, length);
		return true;
	}
	if (!text)
		return false;
	*ret_bytes = g_bytes_new(text, strlen(text));
	return true;
}

/* ---- environment ------------------------------------------------------------------------------------------------ */

typedef struct Environment {
	Making *making;
	const PodOrder *order;
	const Json *container;
	Unit *unit;
	GHashTable *values; /* name → value, of what is set so far */
	GPtrArray *names;   /* in order */
} Environment;

static void set_variable(Environment *environment, const char *name, const char *value, bool hidden)
{
	if (!g_hash_table_contains(environment->values, name))
		g_ptr_array_add(environment->names, g_strdup(name));
	g_hash_table_replace(environment->values, g_strdup(name), g_strdup(value));
	if (hidden)
		g_ptr_array_add(environment->unit->hidden, g_strdup(name));
}

/* $(NAME) of what is set before; $$ is a dollar; what is not known stays as it is written. */
static char *expand(const Environment *environment, const char *text)
{
	GString *out = g_string_new(NULL);
	for (const char *at = text; *at; at++) {
		const char *end = at[0] == '$' && at[1] == '(' ? strchr(at, ')') : NULL;
		if (at[0] == '$' && at[1] == '$') {
			g_string_append_c(out, '$');
			at++;
		} else if (end) {
			g_autofree char *name = g_strndup(at + 2, (size_t)(end - at - 2));
			const char *value = g_hash_table_lookup(environment->values, name);
			g_string_append_len(out, value ? value : at, value ? (gssize)strlen(value) : end - at + 1);
			at = end;
		} else {
			g_string_append_c(out, *at);
		}
	}
	return g_string_free(out, FALSE);
}

static const Json *find_config(Environment *environment, const char *kind, const Json *reference)
{
	const char *name = json_text_at(reference, "name");
	const Json *object = name ? making_find(environment->making, kind, environment->order->namespace, name) : NULL;
	if (!object && !json_true_at(reference, "optional", false))
		wanted_problem(environment->making->wanted, environment->order->place, true, "%s %s/%s is nowhere%s",
		        kind, environment->order->namespace, name ? name : "",
		        strcmp(kind, "Secret") == 0 ? "; give it by --secrets FILE" : "");
	return object;
}

/* The keys that are there are no secret. */
static void say_key_missing(Environment *environment, const Json *object, const Json *reference, const char *key)
{
	static const char *const fields[] = {"data", "stringData"};
	g_autoptr(GString) keys = g_string_new(NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
		JSON_MEMBERS (json_get(object, fields[i]), name, value)
			if (value && keys->len < 200)
				g_string_append_printf(keys, "%s%s", keys->len ? ", " : "; it has ", name);
	wanted_problem(environment->making->wanted, environment->order->place, true, "%s %s/%s has no key %s%s",
	        json_text_at(object, "kind"), environment->order->namespace, json_text_at(reference, "name"), key,
	        keys->str);
}

static void take_key(Environment *environment, const char *variable, const char *kind, const Json *reference)
{
	const char *key = json_text_at(reference, "key");
	const Json *object = find_config(environment, kind, reference);
	g_autoptr(GBytes) bytes = NULL;
	if (!object || !key)
		return;
	if (!config_value(object, key, &bytes)) {
		if (!json_true_at(reference, "optional", false))
			say_key_missing(environment, object, reference, key);
		return;
	}
	gsize length;
	const char *text = g_bytes_get_data(bytes, &length);
	g_autofree char *value = g_strndup(text ? text : "", length);
	set_variable(environment, variable, value, strcmp(kind, "Secret") == 0);
}

/* What the downward API tells and can be told before the container exists. */
static char *field_value(const PodOrder *order, const char *path)
{
	g_autofree char *inner = NULL;
	const char *bracket = strstr(path, "['");
	if (strcmp(path, "metadata.name") == 0)
		return g_strdup(order->name);
	if (strcmp(path, "metadata.namespace") == 0)
		return g_strdup(order->namespace);
	if (strcmp(path, "spec.nodeName") == 0)
		return g_strdup(g_get_host_name());
	if (strcmp(path, "spec.serviceAccountName") == 0) {
		const char *account = json_text_at(order->template, "spec.serviceAccountName");
		return g_strdup(account ? account : "default");
	}
	if (bracket && g_str_has_suffix(path, "']")) {
		inner = g_strndup(bracket + 2, strlen(bracket) - 4);
		const char *map =
		        g_str_has_prefix(path, "metadata.annotations") ? "metadata.annotations" : "metadata.labels";
		const char *text = json_text(json_get(json_at(order->template, map), inner));
		return g_strdup(text ? text : "");
	}
	return NULL;
}

static void take_field(Environment *environment, const char *variable, const char *path)
{
	g_autofree char *value = path ? field_value(environment->order, path) : NULL;
	if (value)
		set_variable(environment, variable, value, false);
	else
		wanted_problem(environment->making->wanted, environment->order->place, false,
		        "%s: the field %s is only known in a cluster; the variable stays unset", variable,
		        path ? path : "");
}

static void take_variable(Environment *environment, const Json *entry)
{
	const char *name = json_text_at(entry, "name");
	const Json *from = json_get(entry, "valueFrom");
	if (!name)
		return;
	if (!from) {
		g_autofree char *text = json_scalar(json_get(entry, "value"));
		g_autofree char *value = expand(environment, text ? text : "");
		set_variable(environment, name, value, false);
	} else if (json_get(from, "configMapKeyRef")) {
		take_key(environment, name, "ConfigMap", json_get(from, "configMapKeyRef"));
	} else if (json_get(from, "secretKeyRef")) {
		take_key(environment, name, "Secret", json_get(from, "secretKeyRef"));
	} else if (json_get(from, "fieldRef")) {
		take_field(environment, name, json_text_at(from, "fieldRef.fieldPath"));
	} else {
		wanted_problem(environment->making->wanted, environment->order->place, false,
		        "%s: this source of a value is only known in a cluster; the variable stays unset", name);
	}
}

static void take_all(Environment *environment, const Json *entry, const char *field, const char *kind)
{
	const Json *reference = json_get(entry, field);
	const Json *object = reference ? find_config(environment, kind, reference) : NULL;
	const char *prefix = json_text_at(entry, "prefix");
	static const char *const maps[] = {"data", "stringData"};
	for (size_t i = 0; object && i < G_N_ELEMENTS(maps); i++)
		JSON_MEMBERS (json_get(object, maps[i]), key, member) {
			g_autoptr(GBytes) bytes = NULL;
			gsize length;
			if (!member || !config_value(object, key, &bytes))
				continue;
			const char *text = g_bytes_get_data(bytes, &length);
			g_autofree char *value = g_strndup(text ? text : "", length);
			g_autofree char *name = g_strconcat(prefix ? prefix : "", key, NULL);
			set_variable(environment, name, value, strcmp(kind, "Secret") == 0);
		}
}

static void set_words(const Environment *environment, const char *field, const Json *words)
{
	if (!words)
		return;
	Json *list = json_list_in(environment->unit->body, field);
	JSON_EACH (words, word) {
		g_autofree char *text = json_scalar(word), *value = expand(environment, text ? text : "");
		json_append_text(list, value);
	}
}

void make_environment(Making *making, const PodOrder *order, const Json *container, Unit *unit)
{
	Environment environment = {making, order, container, unit,
	        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free), g_ptr_array_new_with_free_func(g_free)};
	JSON_EACH (json_get(container, "envFrom"), entry) {
		take_all(&environment, entry, "configMapRef", "ConfigMap");
		take_all(&environment, entry, "secretRef", "Secret");
	}
	JSON_EACH (json_get(container, "env"), entry)
		take_variable(&environment, entry);
	for (guint i = 0; i < environment.names->len; i++) {
		const char *name = environment.names->pdata[i];
		g_autofree char *line = g_strconcat(name, "=", g_hash_table_lookup(environment.values, name), NULL);
		json_append_text(json_list_in(unit->body, "Env"), line);
	}
	set_words(&environment, "Entrypoint", json_get(container, "command"));
	set_words(&environment, "Cmd", json_get(container, "args"));
	g_hash_table_unref(environment.values);
	g_ptr_array_unref(environment.names);
}

/* ---- volumes ------------------------------------------------------------------------------------------------------
 */

typedef struct Mounting {
	Making *making;
	const PodOrder *order;
	Unit *unit;
	Json *host; /* HostConfig */
	const Json *volume, *mount;
	bool shared; /* several containers of the pod may use one volume */
} Mounting;

static void add_mount(Mounting *mounting, const char *type, const char *source, bool read_only, Json *take_more)
{
	Json *mount = take_more ? take_more : json_new_map();
	json_set_text(mount, "Type", type);
	json_set_text(mount, "Source", source);
	json_set_text(mount, "Target", json_text_at(mounting->mount, "mountPath"));
	if (read_only || json_true_at(mounting->mount, "readOnly", false))
		json_set_bool(mount, "ReadOnly", true);
	json_append(json_list_in(mounting->host, "Mounts"), mount);
}

bool is_sane_key(const char *path)
{
	return *path && *path != '/' && strcmp(path, "..") != 0 && !g_str_has_prefix(path, "../") &&
	       !strstr(path, "/../") && !g_str_has_suffix(path, "/..");
}

typedef struct Projection {
	Mounting *mounting;
	const char *folder; /* in the store: "core/postgres-0/init" */
	bool secret;
	uint32_t mode;
} Projection;

static void project_key(Projection *projection, const Json *object, const char *key, const char *path, uint32_t mode)
{
	GBytes *bytes = NULL;
	if (!is_sane_key(path) || !config_value(object, key, &bytes))
		return;
	g_autofree char *store = g_strconcat(projection->folder, "/", path, NULL);
	wanted_file(projection->mounting->making->wanted, store, bytes, mode, projection->secret);
}

/* All keys of an object, or those that items names, as files. */
static void project(Projection *projection, const char *kind, const char *name, const Json *source)
{
	const Mounting *mounting = projection->mounting;
	const Json *object = name ? making_find(mounting->making, kind, mounting->order->namespace, name) : NULL;
	static const char *const maps[] = {"data", "stringData", "binaryData"};
	if (!object) {
		if (!json_true_at(source, "optional", false))
			wanted_problem(mounting->making->wanted, mounting->order->place, true, "%s %s/%s is nowhere%s",
			        kind, mounting->order->namespace, name ? name : "",
			        strcmp(kind, "Secret") == 0 ? "; give it by --secrets FILE" : "");
		return;
	}
	if (json_get(source, "items")) {
		JSON_EACH (json_get(source, "items"), item) {
			const char *key = json_text_at(item, "key"), *path = json_text_at(item, "path");
			uint32_t mode = (uint32_t)json_number_at(item, "mode", projection->mode);
			if (key && path)
				project_key(projection, object, key, path, mode);
		}
		return;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(maps); i++)
		JSON_MEMBERS (json_get(object, maps[i]), key, member)
			project_key(projection, object, key, key, member ? projection->mode : 0);
}

static void project_fields(Projection *projection, const Json *source)
{
	JSON_EACH (json_get(source, "items"), item) {
		const char *path = json_text_at(item, "path"), *field = json_text_at(item, "fieldRef.fieldPath");
		char *value = field ? field_value(projection->mounting->order, field) : NULL;
		if (!value || !path || !is_sane_key(path)) {
			g_free(value);
			continue;
		}
		g_autofree char *store = g_strconcat(projection->folder, "/", path, NULL);
		wanted_file(projection->mounting->making->wanted, store, g_bytes_new_take(value, strlen(value)),
		        projection->mode, false);
	}
}

static void project_sources(Projection *projection, const Json *sources)
{
	JSON_EACH (sources, source) {
		const Json *map = json_get(source, "configMap"), *secret = json_get(source, "secret");
		if (map)
			project(projection, "ConfigMap", json_text_at(map, "name"), map);
		else if (secret)
			project(projection, "Secret", json_text_at(secret, "name"), secret);
		else if (json_get(source, "downwardAPI"))
			project_fields(projection, json_get(source, "downwardAPI"));
		else
			wanted_problem(projection->mounting->making->wanted, projection->mounting->order->place, false,
			        "a projected volume holds a token that only a cluster gives; it is left out");
	}
}

static bool holds_secret(const Json *volume)
{
	bool secret = json_get(volume, "secret") != NULL;
	JSON_EACH (json_at(volume, "projected.sources"), source)
		secret |= json_get(source, "secret") != NULL;
	return secret;
}

static void mount_files(Mounting *mounting)
{
	const Json *volume = mounting->volume;
	const char *name = json_text_at(volume, "name"), *below = json_text_at(mounting->mount, "subPath");
	g_autofree char *folder = g_strdup_printf("%s/%s/%s", mounting->order->namespace, mounting->order->name, name);
	const Json *map = json_get(volume, "configMap"), *secret = json_get(volume, "secret"),
	           *projected = json_get(volume, "projected"), *fields = json_get(volume, "downwardAPI");
	const Json *source = map ? map : secret ? secret : projected ? projected : fields;
	Projection projection = {
	        mounting, folder, holds_secret(volume), (uint32_t)json_number_at(source, "defaultMode", 0644)};
	if (map)
		project(&projection, "ConfigMap", json_text_at(map, "name"), map);
	else if (secret)
		project(&projection, "Secret", json_text_at(secret, "secretName"), secret);
	else if (projected)
		project_sources(&projection, json_get(projected, "sources"));
	else
		project_fields(&projection, fields);
	const char *base = projection.secret ? mounting->making->options->secrets : mounting->making->options->store;
	if (below && !is_sane_key(below))
		below = NULL;
	g_autofree char *path = g_strconcat(base, "/", folder, below ? "/" : "", below ? below : "", NULL);
	add_mount(mounting, "bind", path, true, NULL);
}

static void mount_claim(Mounting *mounting, const char *claim)
{
	const char *below = json_text_at(mounting->mount, "subPath");
	g_autofree char *part = below ? claim_folder(mounting->making, mounting->order,
	                                        json_text_at(mounting->mount, "name"), claim, below)
	                              : NULL;
	g_autofree char *name = part ? g_strdup(part)
	                             : g_strdup_printf("%s-%s-%s", mounting->making->wanted->project,
	                                       mounting->order->namespace, claim);
	if (below && !part)
		wanted_problem(mounting->making->wanted, mounting->order->place, true,
		        "subPath %s of the claim %s, which is mounted as a whole, or by a folder within another, "
		        "elsewhere: the engine mounts whole volumes only",
		        below, claim);
	wanted_volume(mounting->making->wanted, name, NULL, true);
	add_mount(mounting, "volume", name, false, NULL);
	int64_t group = json_number_at(mounting->order->template, "spec.securityContext.fsGroup", -1);
	if (group > 0)
		g_ptr_array_add(mounting->unit->owned,
		        g_strdup_printf("%s %d", json_text_at(mounting->mount, "mountPath"), (int)group));
}

/* Fresh with each container where one uses it; shared by name where several do. */
static void mount_empty(Mounting *mounting, const Json *empty)
{
	bool memory = g_strcmp0(json_text_at(empty, "medium"), "Memory") == 0;
	const char *name = json_text_at(mounting->volume, "name");
	int64_t group = json_number_at(mounting->order->template, "spec.securityContext.fsGroup", -1);
	int64_t limit = amount(empty, "sizeLimit", 1);
	g_autofree char *full = g_strdup_printf("%s-%s-%s-%s", mounting->making->wanted->project,
	        mounting->order->namespace, mounting->order->name, name);
	if (memory && !mounting->shared) {
		Json *more = json_new_map();
		json_set_number(json_map_in(more, "TmpfsOptions"), "Mode", 01777);
		if (limit)
			json_set_number(json_map_in(more, "TmpfsOptions"), "SizeBytes", limit);
		add_mount(mounting, "tmpfs", NULL, false, more);
		return;
	}
	if (mounting->shared) {
		Json *body = json_new_map();
		if (memory) {
			Json *options = json_map_in(body, "DriverOpts");
			json_set_text(options, "type", "tmpfs");
			json_set_text(options, "device", "tmpfs");
			g_autofree char *o = limit ? g_strdup_printf("mode=1777,size=%lld", (long long)limit)
			                           : g_strdup("mode=1777");
			json_set_text(options, "o", o);
		}
		wanted_volume(mounting->making->wanted, full, body, false);
	}
	add_mount(mounting, "volume", mounting->shared ? full : NULL, false, NULL);
	if (!memory && mounting->unit->body)
		g_ptr_array_add(
		        mounting->unit->owned, g_strdup_printf("%s %d", json_text_at(mounting->mount, "mountPath"),
		                                       group > 0 ? (int)group : -1));
}

static void mount_nfs(Mounting *mounting, const Json *nfs)
{
	g_autofree char *name = g_strdup_printf("%s-%s-%s-%s", mounting->making->wanted->project,
	        mounting->order->namespace, mounting->order->name, json_text_at(mounting->volume, "name"));
	g_autofree char *device = g_strconcat(":", json_text_at(nfs, "path"), NULL),
	                *where = g_strdup_printf("addr=%s,%s", json_text_at(nfs, "server"),
	                        json_true_at(nfs, "readOnly", false) ? "ro" : "rw");
	Json *body = json_new_map(), *options = json_map_in(body, "DriverOpts");
	json_set_text(options, "type", "nfs");
	json_set_text(options, "device", device);
	json_set_text(options, "o", where);
	wanted_volume(mounting->making->wanted, name, body, false);
	add_mount(mounting, "volume", name, false, NULL);
}

static void mount_host(Mounting *mounting, const Json *host_path)
{
	const char *path = json_text_at(host_path, "path"), *below = json_text_at(mounting->mount, "subPath"),
	           *type = json_text_at(host_path, "type");
	g_autofree char *source = below ? g_build_filename(path, below, NULL) : g_strdup(path);
	if (!path)
		return;
	Json *more = json_new_map();
	if (type && strcmp(type, "DirectoryOrCreate") == 0)
		json_set_bool(more, LABEL_CREATE, true); /* taken out again before the engine sees it */
	add_mount(mounting, "bind", source, false, more);
}

static void mount_volume(Mounting *mounting)
{
	const Json *volume = mounting->volume;
	if (json_get(volume, "configMap") || json_get(volume, "secret") || json_get(volume, "projected") ||
	        json_get(volume, "downwardAPI"))
		mount_files(mounting);
	else if (json_text_at(volume, "persistentVolumeClaim.claimName"))
		mount_claim(mounting, json_text_at(volume, "persistentVolumeClaim.claimName"));
	else if (json_get(volume, "hostPath"))
		mount_host(mounting, json_get(volume, "hostPath"));
	else if (json_get(volume, "nfs"))
		mount_nfs(mounting, json_get(volume, "nfs"));
	else if (json_get(volume, "emptyDir") || json_get(volume, "ephemeral"))
		mount_empty(mounting, json_get(volume, "emptyDir"));
	else
		wanted_problem(mounting->making->wanted, mounting->order->place, true,
		        "the volume %s is of a kind that only a cluster mounts", json_text_at(volume, "name"));
}

static const Json *find_volume(const PodOrder *order, const char *name)
{
	JSON_EACH (json_at(order->template, "spec.volumes"), volume)
		if (g_strcmp0(json_text_at(volume, "name"), name) == 0)
			return volume;
	return NULL;
}

static bool is_template_claim(const PodOrder *order, const char *name)
{
	JSON_EACH (order->claims, claim)
		if (g_strcmp0(json_text_at(claim, "metadata.name"), name) == 0)
			return true;
	return false;
}

void make_mounts(Making *making, const PodOrder *order, const Json *container, bool shared, Unit *unit)
{
	JSON_EACH (json_get(container, "volumeMounts"), mount) {
		const char *name = json_text_at(mount, "name");
		Mounting mounting = {making, order, unit, json_map_in(unit->body, "HostConfig"), NULL, mount, shared};
		mounting.volume = find_volume(order, name);
		if (!json_text_at(mount, "mountPath") || !name)
			continue;
		g_autofree char *claim =
		        is_template_claim(order, name) ? g_strconcat(name, "-", order->name, NULL) : NULL;
		if (claim)
			mount_claim(&mounting, claim);
		else if (mounting.volume)
			mount_volume(&mounting);
		else
			wanted_problem(making->wanted, order->place, true,
			        "container %s mounts the volume %s, which the pod does not have",
			        json_text_at(container, "name"), name);
	}
}
