/* The values of the app-template chart, read as the objects that the chart makes of them. Nearly half of the releases
 * in homelabs are of this one chart, and what it makes follows from the values alone: so they need not be rendered, and
 * each fact keeps its place in the values. Where nothing says which version it is, what an older one would have called
 * an object is said as another name of it. */
#include "source/apptemplate.h"

#include "base/near.h"

#define MOST_CONTROLLERS 60
#define MOST_SLIPS 2 /* in a key by which the values are told */

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
	const char *other = app_old_name(app, section, at->id->value.at, at->item, count);
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

/* Controllers of any name, below a key that is `controllers` or, with slips, was meant to be. */
static bool has_controllers(const YamlNode *map, unsigned slips)
{
	for (YamlPairs pairs = yaml_pairs(map); yaml_next_pair(&pairs);)
		for (YamlPairs below = yaml_pairs(pairs.value); yaml_next_pair(&below);)
			if (near_distance(yaml_text(below.key), SLICE("containers"), slips) <= slips &&
			        yaml_is_map(below.value) && below.value->first &&
			        yaml_is_map(below.value->first->value))
				return true;
	return false;
}

bool has_app_template_values(const YamlNode *values)
{
	return has_controllers(yaml_get(values, "controllers"), 0);
}

static bool is_nearly_app_template(const YamlNode *values)
{
	for (YamlPairs pairs = yaml_pairs(values); yaml_next_pair(&pairs);)
		if (near_distance(yaml_text(pairs.key), SLICE("controllers"), MOST_SLIPS) <= MOST_SLIPS &&
		        has_controllers(pairs.value, MOST_SLIPS))
			return true;
	return false;
}

static AppTemplate begin_values(const SourceFile *file, const YamlNode *values, const char *release, Slice version)
{
	AppTemplate app = {.file = file,
	        .arena = file->arena,
	        .release = release,
	        .left = 500 + (uint32_t)((values->end - values->start) / 16),
	        .answer = g_hash_table_new(NULL, NULL)};
	app_begin(&app, values, version);
	return app;
}

void read_app_template(const SourceFile *file, const YamlNode *values, const char *release, Slice version, Node parent)
{
	AppTemplate app = begin_values(file, values, release, version);
	make_objects(&app, parent);
	app_check(&app, parent);
	app_check_keys(&app, parent);
	g_hash_table_unref(app.answer);
}

/* Before version 2 there were no controllers: values of that form are not misspelt. */
void check_app_template(const SourceFile *file, const YamlNode *values, const char *release, Slice version, Node parent)
{
	if (!yaml_is_map(values) || (app_major_version(version) < 2 && !is_nearly_app_template(values)))
		return;
	AppTemplate app = begin_values(file, values, release, version);
	app_check_keys(&app, parent);
	g_hash_table_unref(app.answer);
}
