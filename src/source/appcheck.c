/* What the app-template chart refuses, or takes and does not mean: parts of the values that name each other by their
 * keys. A name that no key has stops the whole release; for a container's mounts it is left out without a word. */
#include "source/apptemplate.h"

#include "base/near.h"

typedef struct Names {
	Slice at[64];
	uint32_t count;
} Names;

static void add_names_of(AppItems items, Names *names)
{
	while (app_next(&items) && names->count < G_N_ELEMENTS(names->at))
		names->at[names->count++] = items.id->value;
}

/* A key that Flux fills in may be any name. */
static bool has_name(const Names *names, Slice name)
{
	for (uint32_t i = 0; i < names->count; i++)
		if (slice_equal(names->at[i], name) || yaml_is_open(names->at[i]))
			return true;
	return names->count == G_N_ELEMENTS(names->at);
}

/* The only part of its kind was meant, unless it is one of data, of which there may be more elsewhere. */
static void add_problem(
        const AppTemplate *app, Node parent, const YamlNode *at, const char *what, const Names *names, bool only)
{
	Node problem =
	        graph_add_problem(app->file->builder, parent, "chart-identifier", what, NULL, at->start, at->end);
	size_t near = near_find(at->value, names->at, names->count, MIN(near_limit(at->value), 2));
	graph_add(app->file->builder, problem, FACT_VALUE, at->value, at->start, at->end);
	if (near != SIZE_MAX || (only && names->count == 1))
		graph_add(app->file->builder, problem, FACT_NEAR, names->at[near != SIZE_MAX ? near : 0], at->start,
		        at->end);
}

/* The scalar must be the key of an item of the section that is not turned off. */
static void want(const AppTemplate *app, Node parent, const YamlNode *name, const char *section, const char *what)
{
	Names names = {.count = 0};
	if (!yaml_is_scalar(name) || name->value.length == 0 || yaml_is_open(name->value))
		return;
	add_names_of(app_items(app, section), &names);
	bool off = yaml_get(yaml_get(app->values, section), name->value.at) != NULL;
	bool data = strcmp(what, "ConfigMap") == 0 || strcmp(what, "Secret") == 0;
	if (!has_name(&names, name->value))
		add_problem(app, parent, name, what, &names, !off && !data);
}

/* ---- mounts ------------------------------------------------------------------------------------------------ */

/* A container that is turned off: its mounts wait for it. */
static bool is_there(const YamlNode *controller, Slice name)
{
	g_autofree char *key = slice_dup(name);
	return yaml_get(yaml_get(controller, "containers"), key) ||
	       yaml_get(yaml_get(controller, "initContainers"), key);
}

static void check_containers(const AppTemplate *app, Node parent, const YamlNode *controller, const YamlNode *mounts)
{
	Names names = {.count = 0};
	add_names_of((AppItems){.pairs = yaml_pairs(yaml_get(controller, "containers"))}, &names);
	add_names_of((AppItems){.pairs = yaml_pairs(yaml_get(controller, "initContainers"))}, &names);
	for (YamlPairs pairs = yaml_pairs(mounts); yaml_is_map(mounts) && yaml_next_pair(&pairs);)
		if (yaml_is_scalar(pairs.key) && !yaml_is_open(pairs.key->value) &&
		        !has_name(&names, pairs.key->value) && !is_there(controller, pairs.key->value))
			add_problem(app, parent, pairs.key, "container", &names, false);
}

static void check_persistence(const AppTemplate *app, Node parent, const YamlNode *item)
{
	const YamlNode *advanced = yaml_get(item, "advancedMounts"),
	               *controllers = yaml_get(app->values, "controllers");
	Slice type = yaml_text_of(item, "type");
	bool named = yaml_text_of(item, "name").length > 0;
	for (YamlPairs pairs = yaml_pairs(advanced); yaml_is_map(advanced) && yaml_next_pair(&pairs);) {
		const YamlNode *controller =
		        yaml_is_scalar(pairs.key) ? yaml_get(controllers, pairs.key->value.at) : NULL;
		if (!controller)
			want(app, parent, pairs.key, "controllers", "controller");
		else
			check_containers(app, parent, controller, pairs.value);
	}
	if (!named && slice_is(type, "configMap"))
		want(app, parent, yaml_get(item, "identifier"), "configMaps", "ConfigMap");
	if (!named && slice_is(type, "secret"))
		want(app, parent, yaml_get(item, "identifier"), "secrets", "Secret");
}

/* ---- controllers, routes ------------------------------------------------------------------------------------- */

static void check_container(const AppTemplate *app, Node parent, const YamlNode *container)
{
	YAML_EACH_ITEM (yaml_get(container, "envFrom"), from) {
		want(app, parent, yaml_at(from, "configMapRef.identifier"), "configMaps", "ConfigMap");
		want(app, parent, yaml_at(from, "secretRef.identifier"), "secrets", "Secret");
	}
}

static void check_controller(const AppTemplate *app, Node parent, const YamlNode *controller)
{
	static const char *const sections[] = {"containers", "initContainers"};
	bool old = app->major == 2 || app->major == 3;
	for (size_t i = 0; i < G_N_ELEMENTS(sections); i++)
		for (AppItems at = {.pairs = yaml_pairs(yaml_get(controller, sections[i]))}; app_next(&at);)
			check_container(app, parent, at.item);
	if (!old)
		want(app, parent, yaml_at(controller, "serviceAccount.identifier"), "serviceAccount", "ServiceAccount");
	want(app, parent, yaml_at(controller, "statefulset.serviceName.identifier"), "service", "Service");
}

static void check_route(const AppTemplate *app, Node parent, const YamlNode *route)
{
	YAML_EACH_ITEM (yaml_get(route, "rules"), rule)
		YAML_EACH_ITEM (yaml_get(rule, "backendRefs"), backend)
			want(app, parent, yaml_get(backend, "identifier"), "service", "Service");
}

static void check_ingress(const AppTemplate *app, Node parent, const YamlNode *ingress)
{
	YAML_EACH_ITEM (yaml_get(ingress, "hosts"), host)
		YAML_EACH_ITEM (yaml_get(host, "paths"), path)
			want(app, parent, yaml_at(path, "service.identifier"), "service", "Service");
}

/* As Go prints it: 1.234567e+06. */
static const char *with_exponent(const AppTemplate *app, Slice digits)
{
	size_t length = digits.length, last = length;
	while (last > 1 && digits.at[last - 1] == '0')
		last--;
	return arena_printf(app->arena, "%c%s%.*se+%02zu", digits.at[0], last > 1 ? "." : "", (int)(last - 1),
	        digits.at + 1, length - 1);
}

/* A number of a map of variables is printed by the chart as a real one: from a million on, 1e+06. */
static void check_number(const AppTemplate *app, Node parent, const YamlNode *value)
{
	if (!yaml_is_scalar(value) || value->style != YAML_PLAIN || value->value.length < 7 ||
	        value->value.length > 15 || value->value.at[0] == '0')
		return;
	for (size_t i = 0; i < value->value.length; i++)
		if (!g_ascii_isdigit(value->value.at[i]))
			return;
	Node problem = graph_add_problem(app->file->builder, parent, "chart-number", with_exponent(app, value->value),
	        NULL, value->start, value->end);
	graph_add(app->file->builder, problem, FACT_VALUE, value->value, value->start, value->end);
}

static void check_variables(const AppTemplate *app, Node parent, const YamlNode *env)
{
	for (YamlPairs pairs = yaml_pairs(env); yaml_is_map(env) && yaml_next_pair(&pairs);) {
		const YamlNode *inner = yaml_is_map(pairs.value) ? yaml_get(pairs.value, "value") : pairs.value;
		check_number(app, parent, inner);
	}
	YAML_EACH_ITEM (env, item)
		check_number(app, parent, yaml_get(item, "value"));
}

static void check_all_variables(const AppTemplate *app, Node parent, const YamlNode *controller)
{
	static const char *const sections[] = {"containers", "initContainers"};
	check_variables(app, parent, yaml_get(yaml_get(controller, "defaultContainerOptions"), "env"));
	for (size_t i = 0; i < G_N_ELEMENTS(sections); i++)
		for (AppItems at = {.pairs = yaml_pairs(yaml_get(controller, sections[i]))}; app_next(&at);)
			check_variables(app, parent, yaml_get(at.item, "env"));
}

void app_check(const AppTemplate *app, Node parent)
{
	for (AppItems at = app_items(app, "controllers"); app_next(&at);) {
		check_controller(app, parent, at.item);
		check_all_variables(app, parent, at.item);
	}
	for (AppItems at = app_items(app, "service"); app_next(&at);)
		want(app, parent, yaml_get(at.item, "controller"), "controllers", "controller");
	for (AppItems at = app_items(app, "persistence"); app_next(&at);)
		check_persistence(app, parent, at.item);
	for (AppItems at = app_items(app, "route"); app_next(&at);)
		check_route(app, parent, at.item);
	for (AppItems at = app_items(app, "ingress"); app_next(&at);)
		check_ingress(app, parent, at.item);
	for (AppItems at = app_items(app, "serviceMonitor"); app_next(&at);)
		want(app, parent, yaml_at(at.item, "service.identifier"), "service", "Service");
}
