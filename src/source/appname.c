/* What the parts of the values are called in the cluster: the items of a section, the names of the objects that they
 * become, the texts in them that are templates.
 *
 * Names differ between the chart's versions. Where nothing says which it is, the newest rule counts. A text with a
 * template that is more than the name of the release stays as it is, and so unknown. */
#include "source/apptemplate.h"

/* Of a section; nobody writes more, and names are made by counting. */
#define MOST_ITEMS 300

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
const char *app_old_name(
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
	const char *name = app->major == 2 || app->major == 3 ? app_old_name(app, section, id->value.at, item, count)
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

/* ---- the release -------------------------------------------------------------------------------------------- */

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

uint32_t app_minor_version(Slice version)
{
	uint32_t major, minor;
	if (slice_starts(version, "v") || slice_starts(version, "~"))
		version = slice_sub(version, 1, version.length);
	size_t dot = slice_find_byte(version, '.', 0);
	if (dot == SIZE_MAX || !slice_to_number(slice_sub(version, 0, dot), &major) || major > 999)
		return 0;
	size_t end = slice_find_byte(version, '.', dot + 1);
	if (!slice_to_number(slice_sub(version, dot + 1, MIN(end, version.length)), &minor) || minor > 99)
		return 0;
	return major * 100 + minor;
}

uint32_t app_major_version(Slice version)
{
	size_t start = 0, end;
	uint32_t major = 0;
	while (start < version.length && !g_ascii_isdigit(version.at[start]))
		start++;
	for (end = start; end < version.length && g_ascii_isdigit(version.at[end]);)
		end++;
	slice_to_number(slice_sub(version, start, end), &major);
	return major;
}

void app_begin(AppTemplate *app, const YamlNode *values, Slice version)
{
	app->values = values;
	app->major = app_major_version(version);
	app->version = app_minor_version(version);
	if (app->major == 0 && names_as_3(values))
		app->major = 3;
	set_names(app, values);
	app->values = expand(app, values);
	AppItems items = app_items(app, "controllers");
	if (app_count(app, "controllers") == 1 && app_next(&items))
		app->only_controller = items.id;
}
