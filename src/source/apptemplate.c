/* The values of the app-template chart, read as the objects that the chart makes of them. Nearly half of the releases
 * in homelabs are of this one chart, and what it makes follows from the values alone: so they need not be rendered, and
 * each fact keeps its place in the values.
 *
 * Names differ between the chart's versions. Where nothing says which it is, the newest rule counts, and what an older
 * one would have called the object is said as another name of it. A text with a template that is more than the name of
 * the release stays as it is, and so unknown. */
#include "source/apptemplate.h"

/* Of a section; nobody writes more, and names are made by counting. */
#define MOST_ITEMS 300
#define MOST_CONTROLLERS 60

/* ---- templates in texts -------------------------------------------------------------------------------- */

/* What `{{ … }}` stands for, without braces, dashes and spaces; NULL where that is not known. */
static const char *template_value(const AppTemplate *app, Slice text)
{
	static const char *const fullnames[] = {"include \"bjw-s.common.lib.chart.names.fullname\" $",
	        "include \"bjw-s.common.lib.chart.names.fullname\" .", "include \"bjw-s.common.names.fullname\" ."};
	if (slice_is(text, ".Release.Name") || slice_is(text, "$.Release.Name"))
		return app->release;
	for (size_t i = 0; i < G_N_ELEMENTS(fullnames); i++)
		if (slice_is(text, fullnames[i]))
			return app->fullname;
	if (slice_starts(text, "$."))
		text = slice_sub(text, 1, text.length);
	if (!slice_starts(text, ".Values.") || text.length > 200)
		return NULL;
	const YamlNode *value = app->values;
	char path[201];
	g_strlcpy(path, text.at + strlen(".Values."), text.length - strlen(".Values.") + 1);
	g_auto(GStrv) keys = g_strsplit(path, ".", -1);
	for (char **key = keys; *key && value; key++)
		value = yaml_get(value, *key);
	return yaml_is_scalar(value) && !yaml_is_open(value->value) ? value->value.at : NULL;
}

static Slice template_inside(Slice text)
{
	if (slice_starts(text, "-"))
		text = slice_sub(text, 1, text.length);
	if (slice_ends(text, "-"))
		text = slice_sub(text, 0, text.length - 1);
	return slice_trim(text);
}

/* The text with all templates filled in that are known; NULL where none is. */
static const char *expand_text(const AppTemplate *app, Slice text)
{
	g_autoptr(GString) out = NULL;
	size_t done = 0;
	for (size_t at = 0; (at = slice_find(text, "{{", at)) != SIZE_MAX;) {
		size_t end = slice_find(text, "}}", at);
		if (end == SIZE_MAX)
			break;
		const char *value = template_value(app, template_inside(slice_sub(text, at + 2, end)));
		if (value) {
			if (!out)
				out = g_string_new(NULL);
			g_string_append_len(out, text.at + done, (gssize)(at - done));
			g_string_append(out, value);
			done = end + 2;
		}
		at = end + 2;
	}
	if (!out)
		return NULL;
	g_string_append_len(out, text.at + done, (gssize)(text.length - done));
	return arena_text(app->arena, (Slice){out->str, out->len});
}

static const YamlNode *expand(AppTemplate *app, const YamlNode *node);

static const YamlNode *expand_entries(AppTemplate *app, const YamlNode *node)
{
	YamlNode *copy = ARENA_NEW(app->arena, YamlNode);
	*copy = *node;
	copy->first = copy->last = NULL;
	bool changed = false;
	for (const YamlEntry *at = node->first; at; at = at->next) {
		YamlEntry *entry = ARENA_NEW(app->arena, YamlEntry);
		*entry = *at;
		entry->next = NULL;
		entry->key = (YamlNode *)expand(app, at->key);
		entry->value = (YamlNode *)expand(app, at->value);
		changed = changed || entry->value != at->value || entry->key != at->key;
		if (copy->last)
			copy->last->next = entry;
		else
			copy->first = entry;
		copy->last = entry;
	}
	return changed ? copy : node;
}

/* The node with the templates below it filled in: itself where there are none. Each node is looked at once, however
 * many aliases lead to it; depth is bounded by the YAML reader. */
static const YamlNode *expand(AppTemplate *app, const YamlNode *node)
{
	if (!node)
		return NULL;
	const YamlNode *known = g_hash_table_lookup(app->answer, node);
	if (known)
		return known;
	const YamlNode *result = node;
	if (node->kind == YAML_SCALAR) {
		const char *text = expand_text(app, node->value);
		if (text) {
			YamlNode *copy = ARENA_NEW(app->arena, YamlNode);
			*copy = *node;
			copy->value = slice_from(text);
			result = copy;
		}
	} else {
		result = expand_entries(app, node);
	}
	g_hash_table_insert(app->answer, (gpointer)node, (gpointer)result);
	return result;
}

/* ---- sections ------------------------------------------------------------------------------------------ */

bool app_is_enabled(const YamlNode *item, bool usual)
{
	bool enabled = usual;
	yaml_is_bool(yaml_get(item, "enabled"), &enabled);
	return enabled;
}

/* Version 2 brought an item of its own in most sections, turned off. */
static const char *off_by_itself(const AppTemplate *app, const char *section)
{
	static const char *const items[][2] = {{"secrets", "secret"}, {"configMaps", "config"}, {"ingress", "main"},
	        {"route", "main"}, {"serviceMonitor", "main"}, {"persistence", "config"}};
	for (size_t i = 0; app->major == 2 && i < G_N_ELEMENTS(items); i++)
		if (strcmp(section, items[i][0]) == 0)
			return items[i][1];
	return NULL;
}

AppItems app_items(const AppTemplate *app, const char *section)
{
	return (AppItems){.pairs = yaml_pairs(yaml_get(app->values, section)), .off = off_by_itself(app, section)};
}

bool app_next(AppItems *items)
{
	while (items->seen++ < MOST_ITEMS && yaml_next_pair(&items->pairs)) {
		items->id = items->pairs.key;
		items->item = items->pairs.value;
		bool usual = !items->off || !slice_is(yaml_text(items->id), items->off);
		if (yaml_is_scalar(items->id) && yaml_is_map(items->item) && app_is_enabled(items->item, usual))
			return true;
	}
	return false;
}

bool app_makes_claim(const YamlNode *item)
{
	Slice type = yaml_text_of(item, "type");
	return (type.length == 0 || slice_is(type, "persistentVolumeClaim")) &&
	       yaml_text_of(item, "existingClaim").length == 0;
}

uint32_t app_count(const AppTemplate *app, const char *section)
{
	bool claims = strcmp(section, "persistence") == 0;
	uint32_t count = 0;
	for (AppItems items = app_items(app, section); app_next(&items);)
		count += !claims || app_makes_claim(items.item);
	return count;
}

/* ---- names --------------------------------------------------------------------------------------------- */

static const char *joined(const AppTemplate *app, const char *first, const char *second)
{
	return arena_printf(app->arena, "%s-%s", first, second);
}

static bool has_suffix(const char *name, const char *part)
{
	g_autofree char *suffix = g_strdup_printf("-%s", part);
	return g_str_has_suffix(name, suffix);
}

/* Since version 4 all objects are named alike. */
static const char *name_since_4(const AppTemplate *app, const char *id, const YamlNode *item, uint32_t count)
{
	const char *name = app->fullname, *forced = yaml_text_of(item, "forceRename").at;
	const char *prefix = yaml_text_of(item, "prefix").at, *suffix = yaml_text_of(item, "suffix").at;
	bool always = slice_is(yaml_text(yaml_at(app->values, "global.alwaysAppendIdentifierToResourceName")), "true");
	if (*forced)
		return forced;
	if (*prefix && strcmp(prefix, name))
		name = joined(app, prefix, name);
	if ((count > 1 || always) && !has_suffix(name, id) && strcmp(name, id))
		name = joined(app, name, id);
	if (*suffix && !has_suffix(name, suffix))
		name = joined(app, name, suffix);
	return name;
}

static bool is_any_of(const char *section, const char *const *sections)
{
	for (; *sections; sections++)
		if (strcmp(section, *sections) == 0)
			return true;
	return false;
}

static bool is_primary(const AppTemplate *app, const char *id, const YamlNode *item)
{
	bool primary = app->major == 2 && strcmp(id, "main") == 0;
	yaml_is_bool(yaml_get(item, "primary"), &primary);
	return primary;
}

/* Before it, each kind had a rule of its own: data is always told by its identifier, Services and routes unless they
 * are the first, others where there are several. Version 2 knew the identifier "main". */
static const char *name_before_4(
        const AppTemplate *app, const char *section, const char *id, const YamlNode *item, uint32_t count)
{
	static const char *const data[] = {"configMaps", "secrets", "persistence", "rawResources", NULL};
	static const char *const led[] = {"service", "route", NULL};
	const char *name = app->fullname, *forced = yaml_text_of(item, "forceRename").at;
	const char *override = yaml_text_of(item, "nameOverride").at;
	if (*forced && is_any_of(section, data))
		return forced;
	if (*override && strcmp(section, "persistence") == 0 && strcmp(override, "-") == 0)
		return name;
	if (*override)
		return strcmp(override, name) ? joined(app, name, override) : name;
	bool several = app->major == 2 ? strcmp(id, "main") != 0 : count > 1;
	if (is_any_of(section, data))
		several = true;
	else if (is_any_of(section, led))
		several = !is_primary(app, id, item) && (app->major == 2 || count > 1);
	return several && (app->major == 2 || strcmp(name, id)) ? joined(app, name, id) : name;
}

const char *app_item_name(const AppTemplate *app, const char *section, const YamlNode *id, const YamlNode *item)
{
	uint32_t count = app_count(app, section);
	const char *name = app->major == 2 || app->major == 3 ? name_before_4(app, section, id->value.at, item, count)
	                                                      : name_since_4(app, id->value.at, item, count);
	return yaml_is_open(slice_from(name)) ? name : arena_text(app->arena, slice_from(name));
}

const YamlNode *app_name_of(const AppTemplate *app, const char *section, const YamlNode *identifier)
{
	if (!yaml_is_scalar(identifier))
		return NULL;
	for (AppItems items = app_items(app, section); app_next(&items);)
		if (slice_equal(items.id->value, identifier->value))
			return made_text(app->arena, app_item_name(app, section, items.id, items.item), identifier);
	return NULL;
}

/* ---- Services ------------------------------------------------------------------------------------------- */

Slice app_service_controller(const AppTemplate *app, const YamlNode *service)
{
	Slice named = yaml_text_of(service, "controller");
	return named.length || !app->only_controller ? named : app->only_controller->value;
}

/* The one that says so, else the first by name. */
static const YamlNode *primary_of(AppItems items, const AppTemplate *app, Slice controller)
{
	const YamlNode *first = NULL, *result = NULL, *chosen = NULL;
	while (app_next(&items)) {
		bool primary = false;
		if (app && !slice_equal(app_service_controller(app, items.item), controller))
			continue;
		yaml_is_bool(yaml_get(items.item, "primary"), &primary);
		if (primary)
			chosen = items.item;
		if (!first || strcmp(items.id->value.at, first->value.at) < 0) {
			first = items.id;
			result = items.item;
		}
	}
	return chosen ? chosen : result;
}

const YamlNode *app_primary_service(const AppTemplate *app, Slice controller)
{
	return primary_of(app_items(app, "service"), app, controller);
}

const YamlNode *app_primary_port(const YamlNode *service)
{
	return primary_of((AppItems){.pairs = yaml_pairs(yaml_get(service, "ports"))}, NULL, (Slice){"", 0});
}

/* ---- labels --------------------------------------------------------------------------------------------- */

void app_add_selector_labels(const AppTemplate *app, YamlNode *labels, const YamlNode *at)
{
	made_set(app->arena, labels, "app.kubernetes.io/name", made_text(app->arena, app->name, at));
	made_set(app->arena, labels, "app.kubernetes.io/instance", made_text(app->arena, app->release, at));
}

/* The label was called component once; where the version is not known, pods have both. */
void app_add_controller_label(const AppTemplate *app, YamlNode *labels, const YamlNode *id)
{
	bool old = app->major == 2 || app->major == 3;
	if (!old)
		made_set(app->arena, labels, "app.kubernetes.io/controller", id);
	if (old || app->major == 0)
		made_set(app->arena, labels, "app.kubernetes.io/component", id);
}

static YamlNode *metadata(const AppTemplate *app, const char *name, const YamlNode *id, const YamlNode *item)
{
	YamlNode *map = made_map(app->arena, id), *labels = made_map(app->arena, id);
	made_merge(app->arena, labels, yaml_get(item, "labels"));
	app_add_selector_labels(app, labels, id);
	made_set(app->arena, map, "name", made_text(app->arena, name, id));
	made_set(app->arena, map, "labels", labels);
	made_set(app->arena, map, "annotations", yaml_get(item, "annotations"));
	return map;
}

/* ---- objects -------------------------------------------------------------------------------------------- */

typedef struct AppObject {
	YamlNode *root, *metadata, *spec;
	const char *name;
} AppObject;

static AppObject begin_object(const AppTemplate *app, const char *section, const char *version, const char *kind,
        const YamlNode *id, const YamlNode *item)
{
	AppObject object = {.root = made_map(app->arena, id), .name = app_item_name(app, section, id, item)};
	object.metadata = metadata(app, object.name, id, item);
	object.spec = made_map(app->arena, item);
	made_set(app->arena, object.root, "apiVersion", made_text(app->arena, version, id));
	made_set(app->arena, object.root, "kind", made_text(app->arena, kind, id));
	made_set(app->arena, object.root, "metadata", object.metadata);
	made_set(app->arena, object.root, "spec", object.spec);
	return object;
}

/* What the object would be called by an older version, where that may be the one in use. */
static void add_other_name(
        const AppTemplate *app, Node node, const char *section, const char *kind, const AppItems *at, const char *name)
{
	uint32_t count = app_count(app, section);
	if (app->major)
		return;
	const char *other = name_before_4(app, section, at->id->value.at, at->item, count);
	if (strcmp(other, name) == 0)
		return;
	char *text = arena_printf(app->arena, "%s/%s", kind, other);
	graph_add(app->file->builder, node, FACT_PROVIDES, slice_from(text), at->id->start, at->id->end);
}

static Node finish_object(const AppTemplate *app, const AppObject *object, Node parent)
{
	return read_made_object(app->file, object->root, parent);
}

/* ---- controllers ---------------------------------------------------------------------------------------- */

static const struct {
	const char *type, *version, *kind, *strategy;
} controllers[] = {
        {"deployment", "apps/v1", "Deployment", "Recreate"},
        {"statefulset", "apps/v1", "StatefulSet", NULL},
        {"daemonset", "apps/v1", "DaemonSet", NULL},
        {"cronjob", "batch/v1", "CronJob", NULL},
        {"job", "batch/v1", "Job", NULL},
};

static void set_selector(const AppTemplate *app, YamlNode *spec, const YamlNode *id)
{
	YamlNode *selector = made_map(app->arena, id), *labels = made_map(app->arena, id);
	made_set(app->arena, labels,
	        app->major == 2 || app->major == 3 ? "app.kubernetes.io/component" : "app.kubernetes.io/controller",
	        id);
	app_add_selector_labels(app, labels, id);
	made_set(app->arena, selector, "matchLabels", labels);
	made_set(app->arena, spec, "selector", selector);
}

static void set_strategy(
        const AppTemplate *app, YamlNode *spec, const YamlNode *item, const YamlNode *id, const char *usual)
{
	const YamlNode *written = yaml_get(item, "strategy"), *surge = yaml_at(item, "rollingUpdate.surge");
	YamlNode *strategy = made_map(app->arena, id), *rolling = made_map(app->arena, id);
	made_set(app->arena, strategy, "type",
	        yaml_is_scalar(written) && !yaml_is_null(written) ? written : made_text(app->arena, usual, id));
	made_set(app->arena, rolling, "maxSurge", surge);
	made_set(app->arena, strategy, "rollingUpdate", rolling);
	made_set(app->arena, spec, "strategy", strategy);
}

static void set_cron(const AppTemplate *app, YamlNode *spec, const YamlNode *item, const YamlNode *pod)
{
	YamlNode *job = made_map(app->arena, item), *template = made_map(app->arena, item);
	made_merge(app->arena, spec, yaml_get(item, "cronjob"));
	if (!yaml_get(spec, "concurrencyPolicy"))
		made_set(app->arena, spec, "concurrencyPolicy", made_text(app->arena, "Forbid", item));
	made_set(app->arena, template, "template", pod);
	made_set(app->arena, job, "spec", template);
	made_set(app->arena, spec, "jobTemplate", job);
}

static void set_stateful(const AppTemplate *app, YamlNode *spec, const YamlNode *item)
{
	const YamlNode *service = yaml_at(item, "statefulset.serviceName");
	if (yaml_is_map(service))
		service = app_name_of(app, "service", yaml_get(service, "identifier"));
	made_set(app->arena, spec, "serviceName", service);
	made_set(app->arena, spec, "volumeClaimTemplates", app_claim_templates(app, item));
}

static void make_controller(AppTemplate *app, const YamlNode *id, const YamlNode *item, Node parent)
{
	const YamlNode *written = yaml_get(item, "type"), *replicas = yaml_get(item, "replicas");
	Slice type = written && !yaml_is_null(written) ? yaml_text(written) : SLICE("deployment");
	for (size_t i = 0; i < G_N_ELEMENTS(controllers); i++) {
		if (!slice_is(type, controllers[i].type))
			continue;
		AppObject object =
		        begin_object(app, "controllers", controllers[i].version, controllers[i].kind, id, item);
		YamlNode *pod = app_pod(app, id, item);
		if (slice_is(type, "cronjob")) {
			set_cron(app, object.spec, item, pod);
		} else {
			made_set(app->arena, object.spec, "replicas", replicas);
			made_set(app->arena, object.spec, "template", pod);
		}
		if (!slice_is(type, "cronjob") && !slice_is(type, "job"))
			set_selector(app, object.spec, id);
		if (controllers[i].strategy)
			set_strategy(app, object.spec, item, id, controllers[i].strategy);
		if (slice_is(type, "statefulset"))
			set_stateful(app, object.spec, item);
		finish_object(app, &object, parent);
	}
}

/* ---- Services and what leads to them ---------------------------------------------------------------------- */

static YamlNode *service_ports(const AppTemplate *app, const YamlNode *service)
{
	YamlNode *list = made_list(app->arena, service);
	for (AppItems ports = {.pairs = yaml_pairs(yaml_get(service, "ports"))}; app_next(&ports);) {
		YamlNode *port = made_map(app->arena, ports.item);
		const YamlNode *protocol = yaml_get(ports.item, "protocol");
		bool known = slice_is(yaml_text(protocol), "UDP") || slice_is(yaml_text(protocol), "SCTP");
		made_set(app->arena, port, "name", ports.id);
		made_set(app->arena, port, "port", yaml_get(ports.item, "port"));
		made_set(app->arena, port, "targetPort", yaml_get(ports.item, "targetPort"));
		made_set(app->arena, port, "nodePort", yaml_get(ports.item, "nodePort"));
		made_set(app->arena, port, "protocol", known ? protocol : NULL);
		made_append(app->arena, list, port);
	}
	return list;
}

static void make_service(AppTemplate *app, const YamlNode *id, const YamlNode *item, Node parent)
{
	static const char *const taken[] = {"type", "clusterIP", "externalName", "loadBalancerIP"};
	AppObject object = begin_object(app, "service", "v1", "Service", id, item);
	Slice controller = app_service_controller(app, item);
	for (size_t i = 0; i < G_N_ELEMENTS(taken); i++)
		made_set(app->arena, object.spec, taken[i], yaml_get(item, taken[i]));
	made_set(app->arena, object.spec, "ports", service_ports(app, item));
	made_set(app->arena, yaml_get(object.metadata, "labels"), "app.kubernetes.io/service",
	        made_text(app->arena, object.name, id));
	const YamlNode *written = yaml_get(item, "controller");
	const YamlNode *led = yaml_is_scalar(written) && written->value.length ? written : app->only_controller;
	if (controller.length && led) {
		YamlNode *selector = made_map(app->arena, led);
		bool old = app->major == 2 || app->major == 3;
		made_merge(app->arena, selector, yaml_get(item, "extraSelectorLabels"));
		made_set(app->arena, selector, old ? "app.kubernetes.io/component" : "app.kubernetes.io/controller",
		        led);
		app_add_selector_labels(app, selector, led);
		made_set(app->arena, object.spec, "selector", selector);
	}
	finish_object(app, &object, parent);
}

/* The only Service, for routes that name none. */
static const YamlNode *only_service(const AppTemplate *app)
{
	AppItems items = app_items(app, "service");
	return app_count(app, "service") == 1 && app_next(&items) ? items.id : NULL;
}

/* Name and port of the Service that { name | identifier, port } means. */
static void led_to(const AppTemplate *app, const YamlNode *backend, const YamlNode *at, const YamlNode **ret_name,
        const YamlNode **ret_port)
{
	const YamlNode *id = yaml_get(backend, "identifier"), *name = yaml_get(backend, "name"), *service = NULL;
	*ret_port = yaml_get(backend, "port");
	*ret_name = name;
	if (yaml_is_scalar(name) && name->value.length)
		return;
	if (!yaml_is_scalar(id) && only_service(app))
		id = made_text(app->arena, only_service(app)->value.at, at);
	*ret_name = app_name_of(app, "service", id);
	if (id && yaml_is_scalar(id))
		service = yaml_get(yaml_get(app->values, "service"), id->value.at);
	if (!*ret_port || yaml_is_null(*ret_port))
		*ret_port = yaml_get(app_primary_port(service), "port");
}

static YamlNode *ingress_path(const AppTemplate *app, const YamlNode *path)
{
	YamlNode *made = made_map(app->arena, path), *backend = made_map(app->arena, path);
	YamlNode *service = made_map(app->arena, path), *port = made_map(app->arena, path);
	const YamlNode *name, *number;
	uint32_t value;
	led_to(app, yaml_get(path, "service"), path, &name, &number);
	made_set(app->arena, made, "path", yaml_get(path, "path"));
	made_set(app->arena, made, "pathType", yaml_get(path, "pathType"));
	made_set(app->arena, service, "name", name);
	made_set(app->arena, port, yaml_number(number, &value) ? "number" : "name", number);
	made_set(app->arena, service, "port", port);
	made_set(app->arena, backend, "service", service);
	made_set(app->arena, made, "backend", backend);
	return made;
}

static YamlNode *ingress_rule(const AppTemplate *app, const YamlNode *host)
{
	YamlNode *rule = made_map(app->arena, host), *http = made_map(app->arena, host);
	YamlNode *paths = made_list(app->arena, host);
	YAML_EACH_ITEM (yaml_get(host, "paths"), path)
		made_append(app->arena, paths, ingress_path(app, path));
	made_set(app->arena, rule, "host", yaml_get(host, "host"));
	made_set(app->arena, http, "paths", paths);
	made_set(app->arena, rule, "http", http);
	return rule;
}

static void make_ingress(AppTemplate *app, const YamlNode *id, const YamlNode *item, Node parent)
{
	AppObject object = begin_object(app, "ingress", "networking.k8s.io/v1", "Ingress", id, item);
	YamlNode *rules = made_list(app->arena, item);
	made_set(app->arena, object.spec, "ingressClassName", yaml_get(item, "className"));
	made_set(app->arena, object.spec, "tls", yaml_get(item, "tls"));
	YAML_EACH_ITEM (yaml_get(item, "hosts"), host)
		made_append(app->arena, rules, ingress_rule(app, host));
	made_set(app->arena, object.spec, "rules", rules);
	made_set(app->arena, object.spec, "defaultBackend", yaml_get(item, "defaultBackend"));
	finish_object(app, &object, parent);
}

static YamlNode *route_backend(const AppTemplate *app, const YamlNode *backend)
{
	YamlNode *made = made_map(app->arena, backend);
	const YamlNode *name, *port;
	led_to(app, backend, backend, &name, &port);
	made_set(app->arena, made, "name", name);
	made_set(app->arena, made, "port", port);
	made_set(app->arena, made, "kind", yaml_get(backend, "kind"));
	made_set(app->arena, made, "namespace", yaml_get(backend, "namespace"));
	return made;
}

static YamlNode *route_rule(const AppTemplate *app, const YamlNode *rule)
{
	YamlNode *made = made_map(app->arena, rule), *backends = made_list(app->arena, rule);
	YAML_EACH_ITEM (yaml_get(rule, "backendRefs"), backend)
		made_append(app->arena, backends, route_backend(app, backend));
	made_set(app->arena, made, "backendRefs", backends);
	made_set(app->arena, made, "matches", yaml_get(rule, "matches"));
	return made;
}

static void make_route(AppTemplate *app, const YamlNode *id, const YamlNode *item, Node parent)
{
	const YamlNode *kind = yaml_get(item, "kind"), *written = yaml_get(item, "rules");
	AppObject object = begin_object(app, "route", "gateway.networking.k8s.io/v1",
	        yaml_is_scalar(kind) && kind->value.length ? kind->value.at : "HTTPRoute", id, item);
	YamlNode *rules = made_list(app->arena, item);
	made_set(app->arena, object.spec, "parentRefs", yaml_get(item, "parentRefs"));
	made_set(app->arena, object.spec, "hostnames", yaml_get(item, "hostnames"));
	if (!yaml_is_sequence(written) || written->count == 0) {
		YamlNode *rule = made_map(app->arena, id), *backends = made_list(app->arena, id);
		if (only_service(app))
			made_append(app->arena, backends, route_backend(app, made_map(app->arena, id)));
		made_set(app->arena, rule, "backendRefs", backends);
		made_append(app->arena, rules, rule);
	}
	YAML_EACH_ITEM (written, rule)
		made_append(app->arena, rules, route_rule(app, rule));
	made_set(app->arena, object.spec, "rules", rules);
	finish_object(app, &object, parent);
}

/* A monitor takes the Service of its own name, or the one it names. */
static void make_monitor(AppTemplate *app, const YamlNode *id, const YamlNode *item, Node parent)
{
	AppObject object = begin_object(app, "serviceMonitor", "monitoring.coreos.com/v1", "ServiceMonitor", id, item);
	const YamlNode *service = yaml_get(item, "service"), *name = yaml_get(item, "serviceName");
	const YamlNode *selector = yaml_get(item, "selector");
	if (!name)
		name = yaml_get(service, "name");
	if (!name && yaml_get(service, "identifier"))
		name = app_name_of(app, "service", yaml_get(service, "identifier"));
	if (!name && only_service(app))
		name = app_name_of(app, "service", made_text(app->arena, only_service(app)->value.at, id));
	if (selector) {
		made_set(app->arena, object.spec, "selector", selector);
	} else if (name) {
		YamlNode *made = made_map(app->arena, name), *labels = made_map(app->arena, name);
		made_set(app->arena, labels, "app.kubernetes.io/service", name);
		app_add_selector_labels(app, labels, name);
		made_set(app->arena, made, "matchLabels", labels);
		made_set(app->arena, object.spec, "selector", made);
	}
	made_set(app->arena, object.spec, "endpoints", yaml_get(item, "endpoints"));
	finish_object(app, &object, parent);
}

/* ---- data ------------------------------------------------------------------------------------------------- */

static void make_claim(AppTemplate *app, const AppItems *at, Node parent)
{
	if (!app_makes_claim(at->item))
		return;
	AppObject object = begin_object(app, "persistence", "v1", "PersistentVolumeClaim", at->id, at->item);
	YamlNode *modes = made_list(app->arena, at->item), *resources = made_map(app->arena, at->item);
	YamlNode *requests = made_map(app->arena, at->item);
	made_append(app->arena, modes, yaml_get(at->item, "accessMode"));
	made_set(app->arena, object.spec, "accessModes", modes);
	made_set(app->arena, requests, "storage", yaml_get(at->item, "size"));
	made_set(app->arena, resources, "requests", requests);
	made_set(app->arena, object.spec, "resources", resources);
	made_set(app->arena, object.spec, "storageClassName", yaml_get(at->item, "storageClass"));
	made_set(app->arena, object.spec, "volumeName", yaml_get(at->item, "volumeName"));
	add_other_name(
	        app, finish_object(app, &object, parent), "persistence", "PersistentVolumeClaim", at, object.name);
}

static void make_data(AppTemplate *app, const AppItems *at, const char *section, const char *kind, Node parent)
{
	AppObject object = begin_object(app, section, "v1", kind, at->id, at->item);
	static const char *const taken[] = {"data", "binaryData", "stringData", "type"};
	for (size_t i = 0; i < G_N_ELEMENTS(taken); i++)
		made_set(app->arena, object.root, taken[i], yaml_get(at->item, taken[i]));
	add_other_name(app, finish_object(app, &object, parent), section, kind, at, object.name);
}

/* Version 3 had one account of its own form. */
static void make_account(AppTemplate *app, const AppItems *at, Node parent)
{
	AppObject object = begin_object(app, "serviceAccount", "v1", "ServiceAccount", at->id, at->item);
	finish_object(app, &object, parent);
}

static void make_raw(AppTemplate *app, const AppItems *at, Node parent)
{
	const YamlNode *version = yaml_get(at->item, "apiVersion"), *kind = yaml_get(at->item, "kind");
	if (!yaml_is_scalar(version) || !yaml_is_scalar(kind))
		return;
	AppObject object = {
	        .root = made_map(app->arena, at->item), .name = app_item_name(app, "rawResources", at->id, at->item)};
	made_set(app->arena, object.root, "apiVersion", version);
	made_set(app->arena, object.root, "kind", kind);
	made_set(app->arena, object.root, "metadata", metadata(app, object.name, at->id, at->item));
	made_merge(app->arena, object.root, yaml_get(at->item, "spec"));
	made_merge(app->arena, object.root, yaml_get(at->item, "manifest"));
	add_other_name(app, finish_object(app, &object, parent), "rawResources", kind->value.at, at, object.name);
}

static void make_role(AppTemplate *app, const AppItems *at, Node parent)
{
	const char *kind = slice_is(yaml_text_of(at->item, "type"), "ClusterRole") ? "ClusterRole" : "Role";
	AppObject object = {.root = made_map(app->arena, at->id), .name = app_item_name(app, "rbac", at->id, at->item)};
	made_set(app->arena, object.root, "apiVersion", made_text(app->arena, "rbac.authorization.k8s.io/v1", at->id));
	made_set(app->arena, object.root, "kind", made_text(app->arena, kind, at->id));
	made_set(app->arena, object.root, "metadata", metadata(app, object.name, at->id, at->item));
	finish_object(app, &object, parent);
}

/* ---- the chart -------------------------------------------------------------------------------------------- */

static void make_objects(AppTemplate *app, Node parent)
{
	for (AppItems at = app_items(app, "persistence"); app_next(&at);)
		make_claim(app, &at, parent);
	for (AppItems at = app_items(app, "serviceAccount"); app->major != 2 && app->major != 3 && app_next(&at);)
		make_account(app, &at, parent);
	for (AppItems at = app_items(app, "configMaps"); app_next(&at);)
		make_data(app, &at, "configMaps", "ConfigMap", parent);
	uint32_t left = MOST_CONTROLLERS;
	for (AppItems at = app_items(app, "controllers"); left && app_next(&at); left--)
		make_controller(app, at.id, at.item, parent);
	for (AppItems at = app_items(app, "service"); app_next(&at);)
		make_service(app, at.id, at.item, parent);
	for (AppItems at = app_items(app, "ingress"); app_next(&at);)
		make_ingress(app, at.id, at.item, parent);
	for (AppItems at = app_items(app, "route"); app_next(&at);)
		make_route(app, at.id, at.item, parent);
	for (AppItems at = app_items(app, "serviceMonitor"); app_next(&at);)
		make_monitor(app, at.id, at.item, parent);
	for (AppItems at = app_items(app, "secrets"); app_next(&at);)
		make_data(app, &at, "secrets", "Secret", parent);
	for (AppItems at = app_items(app, "rawResources"); app_next(&at);)
		make_raw(app, &at, parent);
	for (AppItems at = {.pairs = yaml_pairs(yaml_at(app->values, "rbac.roles"))}; app_next(&at);)
		make_role(app, &at, parent);
}

bool has_app_template_values(const YamlNode *values)
{
	for (YamlPairs pairs = yaml_pairs(yaml_get(values, "controllers")); yaml_next_pair(&pairs);) {
		const YamlNode *containers = yaml_get(pairs.value, "containers");
		if (yaml_is_map(containers) && containers->first && yaml_is_map(containers->first->value))
			return true;
	}
	return false;
}

/* An item with nameOverride was written for version 3: the next one reads prefix and suffix. */
static bool names_as_3(const YamlNode *values)
{
	static const char *const sections[] = {"controllers", "service", "ingress", "route", "persistence"};
	for (size_t i = 0; i < G_N_ELEMENTS(sections); i++)
		for (YamlPairs pairs = yaml_pairs(yaml_get(values, sections[i])); yaml_next_pair(&pairs);)
			if (yaml_text_of(pairs.value, "nameOverride").length)
				return true;
	return false;
}

/* Kubernetes takes names of 63 characters; the chart cuts them there. */
static const char *cut(const AppTemplate *app, const char *name)
{
	size_t length = MIN(strlen(name), 63);
	while (strlen(name) > 63 && length && name[length - 1] == '-')
		length--;
	return yaml_is_open(slice_from(name)) ? name : arena_text(app->arena, (Slice){name, length});
}

static const char * override(AppTemplate *app, const YamlNode *values, const char *key)
{
	const YamlNode *global = yaml_get(yaml_get(values, "global"), key), *own = yaml_get(values, key);
	Slice text = yaml_text(global).length && !yaml_is_null(global) ? yaml_text(global) : yaml_text(own);
	const char *expanded = text.length ? expand_text(app, text) : NULL;
	return expanded ? expanded : text.length ? text.at : NULL;
}

/* The release's name is the chart's name of everything unless the values say otherwise. */
static void set_names(AppTemplate *app, const YamlNode *values)
{
	const char *name = override(app, values, "nameOverride"), *full = override(app, values, "fullnameOverride");
	app->name = cut(app, name ? name : app->release);
	if (full)
		app->fullname = cut(app, full);
	else if (strstr(app->release, app->name))
		app->fullname = cut(app, app->release);
	else
		app->fullname = cut(app, joined(app, app->release, app->name));
}

void read_app_template(const SourceFile *file, const YamlNode *values, const char *release, uint32_t major, Node parent)
{
	g_autoptr(GHashTable) answer = g_hash_table_new(NULL, NULL);
	AppTemplate app = {.file = file,
	        .arena = file->arena,
	        .values = values,
	        .release = release,
	        .major = major,
	        .left = 500 + (uint32_t)(values->end - values->start),
	        .answer = answer};
	if (major == 0 && names_as_3(values))
		app.major = 3;
	set_names(&app, values);
	app.values = expand(&app, values);
	AppItems items = app_items(&app, "controllers");
	if (app_count(&app, "controllers") == 1 && app_next(&items))
		app.only_controller = items.id;
	make_objects(&app, parent);
	app_check(&app, parent);
}
