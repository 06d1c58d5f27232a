/* Pods of the app-template chart: containers with what their controller gives all of them, what persistence mounts in
 * which container, and probes that ask the port of the controller's first Service. */
#include "source/apptemplate.h"

#define MOST_CONTAINERS 60

typedef struct AppPod {
	AppTemplate *app;
	const YamlNode *id, *controller; /* identifier and values of the controller */
} AppPod;

/* Empty as the chart's templates see it: nothing is written, or nothing is in it. */
static bool is_empty(const YamlNode *node)
{
	if (!node || yaml_is_null(node))
		return true;
	return yaml_is_scalar(node) ? node->value.length == 0 : node->count == 0;
}

static bool says(const YamlNode *map, const char *key, const char *word)
{
	return slice_is(yaml_text_of(map, key), word);
}

static YamlNode *merged(const AppTemplate *app, const YamlNode *first, const YamlNode *second)
{
	YamlNode *map = made_map(app->arena, first);
	made_merge(app->arena, map, first);
	made_merge(app->arena, map, second);
	return map;
}

/* ---- options of pods and containers ------------------------------------------------------------------------ */

static const YamlNode *pod_option(const AppPod *pod, const char *key)
{
	const YamlNode *own = yaml_get(yaml_get(pod->controller, "pod"), key);
	const YamlNode *usual = yaml_get(yaml_get(pod->app->values, "defaultPodOptions"), key);
	if (yaml_is_map(own) && yaml_is_map(usual) && says(pod->app->values, "defaultPodOptionsStrategy", "merge"))
		return merged(pod->app, own, usual);
	return is_empty(own) && !yaml_is_map(own) ? (is_empty(usual) ? NULL : usual) : own;
}

/* The container with what its controller says of all containers. */
static const YamlNode *with_defaults(const AppPod *pod, const YamlNode *container, bool init)
{
	const YamlNode *usual = yaml_get(pod->controller, "defaultContainerOptions");
	if (!yaml_is_map(usual) ||
	        (init && says(pod->controller, "applyDefaultContainerOptionsToInitContainers", "false")))
		return container;
	bool merge = says(pod->controller, "defaultContainerOptionsStrategy", "merge");
	Arena *arena = pod->app->arena;
	YamlNode *result = made_map(arena, container);
	for (YamlPairs pairs = yaml_pairs(container); yaml_next_pair(&pairs);) {
		if (!yaml_is_scalar(pairs.key))
			continue;
		const char *key = pairs.key->value.at;
		const YamlNode *other = yaml_get(usual, key);
		if (merge && yaml_is_map(pairs.value) && yaml_is_map(other))
			made_set(arena, result, key, merged(pod->app, pairs.value, other));
		else if (!is_empty(pairs.value) || !other)
			made_set(arena, result, key, pairs.value);
	}
	made_merge(arena, result, usual);
	return result;
}

/* ---- images, commands, variables ------------------------------------------------------------------------------ */

/* Placed at the tag, which is what changes. Without a tag the chart makes nothing. */
static const YamlNode *image_of(const AppTemplate *app, const YamlNode *image)
{
	const YamlNode *repository = yaml_get(image, "repository"), *tag = yaml_get(image, "tag");
	const YamlNode *digest = yaml_get(image, "digest");
	if (yaml_is_scalar(image))
		return image;
	if (is_empty(repository) || (is_empty(tag) && is_empty(digest)))
		return NULL;
	const char *text = repository->value.at;
	if (!is_empty(tag))
		text = arena_printf(app->arena, "%s:%s", text, yaml_text(tag).at);
	if (!is_empty(digest))
		text = arena_printf(app->arena, "%s@%s", text, yaml_text(digest).at);
	return made_text(app->arena, text, is_empty(tag) ? repository : tag);
}

static const YamlNode *words_of(const AppTemplate *app, const YamlNode *value)
{
	if (!yaml_is_scalar(value) || is_empty(value))
		return value;
	YamlNode *list = made_list(app->arena, value);
	made_append(app->arena, list, value);
	return list;
}

/* { identifier } of a ConfigMap or Secret of the chart, or a name: with the name in its place. */
static const YamlNode *named(const AppTemplate *app, const YamlNode *map, const char *section)
{
	const YamlNode *name = app_name_of(app, section, yaml_get(map, "identifier"));
	if (!name)
		return map;
	YamlNode *result = made_map(app->arena, map);
	made_set(app->arena, result, "name", name);
	made_merge(app->arena, result, map);
	return result;
}

static const YamlNode *value_from(const AppTemplate *app, const YamlNode *from)
{
	const YamlNode *secret = yaml_get(from, "secretKeyRef"), *map = yaml_get(from, "configMapKeyRef");
	if (!secret && !map)
		return from;
	YamlNode *result = made_map(app->arena, from);
	made_set(app->arena, result, secret ? "secretKeyRef" : "configMapKeyRef",
	        named(app, secret ? secret : map, secret ? "secrets" : "configMaps"));
	return result;
}

static YamlNode *variable(const AppTemplate *app, const YamlNode *name, const YamlNode *value)
{
	YamlNode *item = made_map(app->arena, value);
	const YamlNode *from = yaml_get(value, "valueFrom"), *text = yaml_get(value, "value");
	made_set(app->arena, item, "name", name);
	if (!yaml_is_map(value))
		made_set(app->arena, item, "value", yaml_is_null(value) ? NULL : value);
	else if (text)
		made_set(app->arena, item, "value", text);
	else
		made_set(app->arena, item, "valueFrom", value_from(app, from ? from : value));
	return item;
}

/* The chart puts them in the order of their names, those that wait for others behind them. */
static gint by_name(gconstpointer left, gconstpointer right)
{
	const YamlEntry *one = *(YamlEntry *const *)left, *other = *(YamlEntry *const *)right;
	bool waits = yaml_get(one->value, "dependsOn"), other_waits = yaml_get(other->value, "dependsOn");
	return waits != other_waits ? (waits ? 1 : -1) : strcmp(one->key->value.at, other->key->value.at);
}

static void add_sorted(AppTemplate *app, const YamlNode *env, YamlNode *list)
{
	g_autoptr(GPtrArray) entries = g_ptr_array_new();
	for (YamlPairs pairs = yaml_pairs(env); app->left && yaml_next_pair(&pairs); app->left--) {
		if (!yaml_is_scalar(pairs.key))
			continue;
		YamlEntry *entry = ARENA_NEW(app->arena, YamlEntry);
		*entry = (YamlEntry){.key = pairs.key, .value = pairs.value};
		g_ptr_array_add(entries, entry);
	}
	g_ptr_array_sort(entries, by_name);
	for (guint i = 0; i < entries->len; i++) {
		const YamlEntry *entry = entries->pdata[i];
		made_append(app->arena, list, variable(app, entry->key, entry->value));
	}
}

static const YamlNode *variables(AppTemplate *app, const YamlNode *env)
{
	if (!env)
		return NULL;
	YamlNode *list = made_list(app->arena, env);
	YAML_EACH_ITEM (env, item)
		if (app->left && app->left--)
			made_append(app->arena, list, variable(app, yaml_get(item, "name"), item));
	add_sorted(app, env, list);
	return list;
}

/* configMap and secret are an identifier of the chart's own or a name; …Ref is as in a pod, or an identifier. */
static const YamlNode *variables_from(const AppTemplate *app, const YamlNode *list)
{
	static const struct {
		const char *key, *section, *ref;
	} forms[] = {{"configMap", "configMaps", "configMapRef"}, {"secret", "secrets", "secretRef"}};
	if (!yaml_is_sequence(list))
		return NULL;
	YamlNode *result = made_list(app->arena, list);
	YAML_EACH_ITEM (list, item) {
		YamlNode *made = made_map(app->arena, item);
		for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
			const YamlNode *ref = yaml_get(item, forms[i].ref), *short_name = yaml_get(item, forms[i].key);
			if (ref) {
				made_set(app->arena, made, forms[i].ref, named(app, ref, forms[i].section));
			} else if (yaml_is_scalar(short_name)) {
				const YamlNode *own = app_name_of(app, forms[i].section, short_name);
				YamlNode *map = made_map(app->arena, short_name);
				made_set(app->arena, map, "name", own ? own : short_name);
				made_set(app->arena, made, forms[i].ref, map);
			}
		}
		made_set(app->arena, made, "prefix", yaml_get(item, "prefix"));
		made_append(app->arena, result, made);
	}
	return result;
}

/* ---- probes -------------------------------------------------------------------------------------------------- */

/* TCP unless it says otherwise; AUTO is the protocol of the Service's port. */
static const char *probe_action(const YamlNode *probe, const YamlNode *port)
{
	Slice type = yaml_text_of(probe, "type");
	if (slice_is(type, "AUTO"))
		type = yaml_text_of(port, "protocol");
	if (slice_is(type, "HTTP") || slice_is(type, "HTTPS"))
		return "httpGet";
	return slice_is(type, "GRPC") ? "grpc" : "tcpSocket";
}

static const YamlNode *usual_probe(const AppPod *pod, const YamlNode *probe)
{
	const AppTemplate *app = pod->app;
	const YamlNode *port = app_primary_port(app_primary_service(app, pod->id->value));
	const YamlNode *written = yaml_get(probe, "port"), *number = yaml_get(port, "targetPort");
	if (!port)
		return NULL;
	if (is_empty(number))
		number = yaml_get(port, "port");
	YamlNode *made = made_map(app->arena, probe), *action = made_map(app->arena, probe);
	made_merge(app->arena, made, yaml_get(probe, "spec"));
	made_set(app->arena, action, "port", is_empty(written) ? number : written);
	made_set(app->arena, action, "path", yaml_get(probe, "path"));
	made_set(app->arena, made, probe_action(probe, port), action);
	return made;
}

/* Version 2 turned all three on for the container "main" of the controller "main": so may one that is not known. */
static bool is_usual(const AppPod *pod, const YamlNode *id)
{
	return (pod->app->major == 0 || pod->app->major == 2) && slice_is(pod->id->value, "main") &&
	       slice_is(id->value, "main");
}

/* A readiness probe that is turned off in so many words is one that asks nothing: somebody has decided. */
static void set_probes(const AppPod *pod, YamlNode *made, const YamlNode *container, const YamlNode *id)
{
	static const char *const names[][2] = {
	        {"liveness", "livenessProbe"}, {"readiness", "readinessProbe"}, {"startup", "startupProbe"}};
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		const YamlNode *probe = yaml_get(yaml_get(container, "probes"), names[i][0]);
		bool custom = says(probe, "custom", "true");
		if (!app_is_enabled(probe, is_usual(pod, id))) {
			if (strcmp(names[i][0], "readiness") == 0 && probe && says(probe, "enabled", "false"))
				made_set(pod->app->arena, made, names[i][1], made_map(pod->app->arena, probe));
			continue;
		}
		made_set(pod->app->arena, made, names[i][1],
		        custom ? yaml_get(probe, "spec") : usual_probe(pod, probe ? probe : id));
	}
}

/* ---- persistence ----------------------------------------------------------------------------------------------- */

static YamlNode *one_pair(const AppTemplate *app, const char *key, const YamlNode *value, const YamlNode *at)
{
	YamlNode *map = made_map(app->arena, at);
	made_set(app->arena, map, key, value);
	return map;
}

static const YamlNode *claim_name(const AppTemplate *app, const YamlNode *id, const YamlNode *item)
{
	const YamlNode *existing = yaml_get(item, "existingClaim");
	return is_empty(existing) ? made_text(app->arena, app_item_name(app, "persistence", id, item), id) : existing;
}

/* A ConfigMap or Secret by name, or by the identifier of the chart's own. */
static YamlNode *data_volume(const AppTemplate *app, const YamlNode *item, const char *section, const char *name_key)
{
	const YamlNode *name = yaml_get(item, "name");
	if (is_empty(name))
		name = app_name_of(app, section, yaml_get(item, "identifier"));
	YamlNode *map = one_pair(app, name_key, name, item);
	made_set(app->arena, map, "items", yaml_get(item, "items"));
	return map;
}

static YamlNode *volume(const AppTemplate *app, const YamlNode *id, const YamlNode *item)
{
	YamlNode *made = one_pair(app, "name", id, id);
	Slice type = yaml_text_of(item, "type");
	if (type.length == 0 || slice_is(type, "persistentVolumeClaim"))
		made_set(app->arena, made, "persistentVolumeClaim",
		        one_pair(app, "claimName", claim_name(app, id, item), item));
	else if (slice_is(type, "configMap"))
		made_set(app->arena, made, "configMap", data_volume(app, item, "configMaps", "name"));
	else if (slice_is(type, "secret"))
		made_set(app->arena, made, "secret", data_volume(app, item, "secrets", "secretName"));
	else if (slice_is(type, "hostPath"))
		made_set(app->arena, made, "hostPath", one_pair(app, "path", yaml_get(item, "hostPath"), item));
	else if (slice_is(type, "custom"))
		made_merge(app->arena, made, yaml_get(item, "volumeSpec"));
	else
		made_set(app->arena, made, type.at, item);
	return made;
}

/* A volume without mounts is for all, one with advancedMounts for the controllers that it names. */
static bool is_for(const AppPod *pod, const YamlNode *item)
{
	const YamlNode *advanced = yaml_get(item, "advancedMounts");
	return !is_empty(yaml_get(item, "globalMounts")) || is_empty(advanced) ||
	       !is_empty(yaml_get(advanced, pod->id->value.at));
}

static YamlNode *volumes(const AppPod *pod)
{
	AppTemplate *app = pod->app;
	YamlNode *list = made_list(app->arena, pod->id);
	for (AppItems at = app_items(app, "persistence"); app->left && app_next(&at);)
		if (is_for(pod, at.item) && app->left--)
			made_append(app->arena, list, volume(app, at.id, at.item));
	return list;
}

/* The path is the one of the mount before it where a mount has none, at first /NAME or the path of the host. */
static void add_mounts(
        AppTemplate *app, YamlNode *list, const YamlNode *id, const YamlNode *mounts, const YamlNode **path)
{
	YAML_EACH_ITEM (mounts, mount) {
		if (!app->left || !app->left--)
			return;
		YamlNode *made = made_map(app->arena, mount);
		const YamlNode *written = yaml_get(mount, "path");
		*path = is_empty(written) ? *path : written;
		made_set(app->arena, made, "name", id);
		made_set(app->arena, made, "mountPath", *path);
		made_set(app->arena, made, "subPath", yaml_get(mount, "subPath"));
		made_set(app->arena, made, "readOnly", yaml_get(mount, "readOnly"));
		made_append(app->arena, list, made);
	}
}

static void mount_item(AppTemplate *app, YamlNode *list, const YamlNode *id, const YamlNode *global,
        const YamlNode *advanced, const YamlNode *path)
{
	const YamlNode *own = made_text(app->arena, arena_printf(app->arena, "/%s", id->value.at), id);
	path = path ? path : own;
	if (global || advanced) {
		add_mounts(app, list, id, global, &path);
		add_mounts(app, list, id, advanced, &path);
		return;
	}
	YamlNode *made = one_pair(app, "name", id, id);
	made_set(app->arena, made, "mountPath", path);
	made_append(app->arena, list, made);
}

static YamlNode *mounts(const AppPod *pod, const YamlNode *container)
{
	AppTemplate *app = pod->app;
	YamlNode *list = made_list(app->arena, container);
	for (AppItems at = app_items(app, "persistence"); app->left && app_next(&at); app->left--) {
		const YamlNode *global = yaml_get(at.item, "globalMounts"), *all = yaml_get(at.item, "advancedMounts");
		const YamlNode *advanced = yaml_get(yaml_get(all, pod->id->value.at), container->value.at);
		bool host = says(at.item, "type", "hostPath");
		if (is_empty(global) && !is_empty(all) && is_empty(advanced))
			continue;
		mount_item(app, list, at.id, is_empty(global) ? NULL : global, advanced,
		        host ? yaml_get(at.item, "hostPath") : NULL);
	}
	YAML_EACH_ITEM (yaml_at(pod->controller, "statefulset.volumeClaimTemplates"), template) {
		const YamlNode *name = yaml_get(template, "name"), *global = yaml_get(template, "globalMounts");
		const YamlNode *advanced = yaml_get(yaml_get(template, "advancedMounts"), container->value.at);
		if (yaml_is_scalar(name) && app->left && app->left--)
			mount_item(app, list, name, global, advanced, NULL);
	}
	return list;
}

YamlNode *app_claim_templates(const AppTemplate *app, const YamlNode *controller)
{
	const YamlNode *templates = yaml_at(controller, "statefulset.volumeClaimTemplates");
	if (!yaml_is_sequence(templates))
		return NULL;
	YamlNode *list = made_list(app->arena, templates);
	YAML_EACH_ITEM (templates, template) {
		YamlNode *made = made_map(app->arena, template), *spec = made_map(app->arena, template);
		YamlNode *requests = one_pair(app, "storage", yaml_get(template, "size"), template);
		made_set(app->arena, made, "metadata", one_pair(app, "name", yaml_get(template, "name"), template));
		made_set(app->arena, spec, "storageClassName", yaml_get(template, "storageClass"));
		made_set(app->arena, spec, "resources", one_pair(app, "requests", requests, template));
		made_set(app->arena, made, "spec", spec);
		made_append(app->arena, list, made);
	}
	return list;
}

/* ---- containers and the pod ---------------------------------------------------------------------------------------
 */

static YamlNode *container(const AppPod *pod, const YamlNode *id, const YamlNode *written, bool init)
{
	static const char *const taken[] = {"ports", "securityContext", "resources", "restartPolicy"};
	AppTemplate *app = pod->app;
	const YamlNode *values = with_defaults(pod, written, init), *name = yaml_get(values, "nameOverride");
	YamlNode *made = made_map(app->arena, written);
	made_set(app->arena, made, "name", is_empty(name) ? id : name);
	made_set(app->arena, made, "image", image_of(app, yaml_get(values, "image")));
	made_set(app->arena, made, "imagePullPolicy", yaml_at(values, "image.pullPolicy"));
	made_set(app->arena, made, "command", words_of(app, yaml_get(values, "command")));
	made_set(app->arena, made, "args", words_of(app, yaml_get(values, "args")));
	made_set(app->arena, made, "env", variables(app, yaml_get(values, "env")));
	made_set(app->arena, made, "envFrom", variables_from(app, yaml_get(values, "envFrom")));
	for (size_t i = 0; i < G_N_ELEMENTS(taken); i++)
		made_set(app->arena, made, taken[i], yaml_get(values, taken[i]));
	set_probes(pod, made, values, id);
	made_set(app->arena, made, "volumeMounts", mounts(pod, id));
	return made;
}

static YamlNode *containers(const AppPod *pod, const char *key, bool init)
{
	const YamlNode *section = yaml_get(pod->controller, key);
	if (!yaml_is_map(section))
		return NULL;
	YamlNode *list = made_list(pod->app->arena, section);
	for (AppItems at = {.pairs = yaml_pairs(section)}; app_next(&at) && list->count < MOST_CONTAINERS;)
		made_append(pod->app->arena, list, container(pod, at.id, at.item, init));
	return list;
}

/* The only account of the chart, where all its versions call it the same. */
static const YamlNode *only_account(const AppTemplate *app, const YamlNode *at)
{
	AppItems items = app_items(app, "serviceAccount");
	if (app_count(app, "serviceAccount") != 1 || !app_next(&items))
		return NULL;
	const char *name = app_item_name(app, "serviceAccount", items.id, items.item);
	return slice_is(items.id->value, name) ? made_text(app->arena, name, at) : NULL;
}

static const YamlNode *account(const AppPod *pod)
{
	const YamlNode *written = yaml_get(pod->controller, "serviceAccount");
	const YamlNode *id = yaml_get(written, "identifier"), *name = yaml_get(written, "name");
	bool old = pod->app->major == 2 || pod->app->major == 3;
	if (!written && !old)
		return only_account(pod->app, pod->id);
	return id && !old ? app_name_of(pod->app, "serviceAccount", id) : name;
}

static YamlNode *pod_metadata(const AppPod *pod)
{
	const YamlNode *labels = pod_option(pod, "labels");
	YamlNode *map = made_map(pod->app->arena, pod->id), *all = made_map(pod->app->arena, pod->id);
	made_merge(pod->app->arena, all, labels);
	app_add_controller_label(pod->app, all, pod->id);
	app_add_selector_labels(pod->app, all, pod->id);
	made_set(pod->app->arena, map, "labels", all);
	made_set(pod->app->arena, map, "annotations", pod_option(pod, "annotations"));
	return map;
}

YamlNode *app_pod(AppTemplate *app, const YamlNode *id, const YamlNode *controller)
{
	static const char *const options[] = {"automountServiceAccountToken", "priorityClassName", "runtimeClassName",
	        "securityContext", "hostNetwork", "hostPID", "hostIPC", "imagePullSecrets", "nodeSelector", "affinity",
	        "topologySpreadConstraints", "tolerations", "restartPolicy", "resources", "dnsPolicy"};
	AppPod pod = {app, id, controller};
	YamlNode *template = made_map(app->arena, controller), *spec = made_map(app->arena, controller);
	for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
		made_set(app->arena, spec, options[i], pod_option(&pod, options[i]));
	made_set(app->arena, spec, "serviceAccountName", account(&pod));
	made_set(app->arena, spec, "initContainers", containers(&pod, "initContainers", true));
	made_set(app->arena, spec, "containers", containers(&pod, "containers", false));
	made_set(app->arena, spec, "volumes", volumes(&pod));
	made_set(app->arena, template, "metadata", pod_metadata(&pod));
	made_set(app->arena, template, "spec", spec);
	return template;
}
