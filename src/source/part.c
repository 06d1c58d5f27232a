/* Programs whose configuration names parts of itself: Alertmanager's routes a receiver, Traefik's routers a service,
 * the pipelines of OpenTelemetry's collector an exporter, a frontend of HAProxy a backend, a component of Alloy the one
 * that it forwards to. Most refuse to start where such a part is not defined.
 *
 * Such a configuration is told by its shape, wherever it stands: as a file, as the text of a ConfigMap, among the
 * values of a chart. Each name becomes NAMES_PART, each definition DEFINES_PART, both as PROGRAM/NOUN/NAME. */
#include "source/source.h"

typedef struct Parts {
	const SourceFile *file;
	Node node;     /* the DOCUMENT, or the FILE */
	uint32_t left; /* nodes that may still be looked at */
	bool whole;    /* the texts are all that is mounted; a chart adds to those among its values */
} Parts;

#define MOST_NODES 200000
#define MOST_DEPTH 50

static void add_part(const Parts *parts, FactKind kind, const char *noun, const YamlNode *name)
{
	if (!yaml_is_scalar(name) || name->value.length == 0 || yaml_is_open(name->value))
		return;
	char *text = arena_printf(parts->file->arena, "%s/%s", noun, name->value.at);
	graph_add(parts->file->builder, parts->node, kind, slice_from(text), name->start, name->end);
}

static void add_list(const Parts *parts, FactKind kind, const char *noun, const YamlNode *list)
{
	YAML_EACH_ITEM (list, item)
		add_part(parts, kind, noun, item);
}

static void add_keys(const Parts *parts, const char *noun, const YamlNode *map)
{
	for (const YamlEntry *entry = yaml_is_map(map) ? map->first : NULL; entry; entry = entry->next)
		if (entry->key)
			add_part(parts, FACT_DEFINES_PART, noun, entry->key);
}

/* ---- Alertmanager --------------------------------------------------------------------------------------- */

static void add_interval_names(const Parts *parts, const YamlNode *route)
{
	static const char *const keys[] = {
	        "mute_time_intervals", "active_time_intervals", "muteTimeIntervals", "activeTimeIntervals"};
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
		add_list(parts, FACT_NAMES_PART, "alertmanager/time interval", yaml_get(route, keys[i]));
}

static void read_route(const Parts *parts, const YamlNode *route, uint32_t depth)
{
	add_part(parts, FACT_NAMES_PART, "alertmanager/receiver", yaml_get(route, "receiver"));
	add_interval_names(parts, route);
	YAML_EACH_ITEM (yaml_get(route, "routes"), inner)
		if (depth < MOST_DEPTH)
			read_route(parts, inner, depth + 1);
}

/* Receivers that are a list of maps with names; the collector's are a map. */
static bool read_alertmanager(const Parts *parts, const YamlNode *map)
{
	static const char *const intervals[] = {"time_intervals", "mute_time_intervals", "muteTimeIntervals"};
	const YamlNode *route = yaml_get(map, "route"), *receivers = yaml_get(map, "receivers");
	if (!yaml_is_map(route) || !yaml_is_sequence(receivers))
		return false;
	YAML_EACH_ITEM (receivers, receiver)
		add_part(parts, FACT_DEFINES_PART, "alertmanager/receiver", yaml_get(receiver, "name"));
	for (size_t i = 0; i < G_N_ELEMENTS(intervals); i++)
		YAML_EACH_ITEM (yaml_get(map, intervals[i]), interval)
			add_part(parts, FACT_DEFINES_PART, "alertmanager/time interval", yaml_get(interval, "name"));
	read_route(parts, route, 0);
	return true;
}

/* ---- the collector of OpenTelemetry ------------------------------------------------------------------------ */

static bool read_collector(const Parts *parts, const YamlNode *map)
{
	static const struct {
		const char *key, *noun;
	} sections[] = {{"receivers", "collector/receiver"}, {"processors", "collector/processor"},
	        {"exporters", "collector/exporter"}};
	const YamlNode *pipelines = yaml_at(map, "service.pipelines");
	if (!yaml_is_map(pipelines) || !yaml_is_map(yaml_get(map, "receivers")) ||
	        !yaml_is_map(yaml_get(map, "exporters")))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(sections); i++) {
		add_keys(parts, sections[i].noun, yaml_get(map, sections[i].key));
		/* A connector is the end of one pipeline and the begin of another. */
		if (strcmp(sections[i].key, "processors") != 0)
			add_keys(parts, sections[i].noun, yaml_get(map, "connectors"));
		for (const YamlEntry *entry = pipelines->first; entry; entry = entry->next)
			add_list(parts, FACT_NAMES_PART, sections[i].noun, yaml_get(entry->value, sections[i].key));
	}
	add_keys(parts, "collector/extension", yaml_get(map, "extensions"));
	add_list(parts, FACT_NAMES_PART, "collector/extension", yaml_at(map, "service.extensions"));
	return true;
}

/* ---- Traefik's file provider --------------------------------------------------------------------------------- */

/* NAME@PROVIDER is defined elsewhere, as by labels; @file is said of this one. */
static void name_local(const Parts *parts, const char *noun, const YamlNode *name)
{
	if (!yaml_is_scalar(name) || slice_find_byte(name->value, '@', 0) == SIZE_MAX)
		add_part(parts, FACT_NAMES_PART, noun, name);
}

static void read_routers(const Parts *parts, const YamlNode *section, const char *service, const char *middleware)
{
	const YamlNode *routers = yaml_get(section, "routers");
	for (const YamlEntry *entry = yaml_is_map(routers) ? routers->first : NULL; entry; entry = entry->next) {
		name_local(parts, service, yaml_get(entry->value, "service"));
		YAML_EACH_ITEM (yaml_get(entry->value, "middlewares"), name)
			name_local(parts, middleware, name);
	}
	const YamlNode *middlewares = yaml_get(section, "middlewares");
	for (const YamlEntry *entry = yaml_is_map(middlewares) ? middlewares->first : NULL; entry; entry = entry->next)
		YAML_EACH_ITEM (yaml_at(entry->value, "chain.middlewares"), name)
			name_local(parts, middleware, name);
	add_keys(parts, service, yaml_get(section, "services"));
	add_keys(parts, middleware, middlewares);
}

static bool is_of_traefik(const YamlNode *section)
{
	return yaml_is_map(yaml_get(section, "routers")) || yaml_is_map(yaml_get(section, "middlewares")) ||
	       yaml_is_map(yaml_get(section, "services"));
}

static bool read_traefik(const Parts *parts, const YamlNode *map)
{
	const YamlNode *http = yaml_get(map, "http"), *tcp = yaml_get(map, "tcp"), *udp = yaml_get(map, "udp");
	if (!is_of_traefik(http) && !is_of_traefik(tcp) && !is_of_traefik(udp))
		return false;
	read_routers(parts, http, "traefik/service", "traefik/middleware");
	read_routers(parts, tcp, "traefik/TCP service", "traefik/TCP middleware");
	read_routers(parts, udp, "traefik/UDP service", "traefik/UDP middleware");
	return true;
}

/* ---- HAProxy ------------------------------------------------------------------------------------------------- */

static void add_word(const Parts *parts, FactKind kind, Slice word)
{
	size_t start = (size_t)(word.at - parts->file->bytes.at);
	char *text = arena_printf(parts->file->arena, "haproxy/backend/%.*s", SLICE_ARGS(word));
	graph_add(parts->file->builder, parts->node, kind, slice_from(text), start, start + word.length);
}

/* Names with a % are worked out for each request. */
static bool is_plain_word(Slice word)
{
	for (size_t i = 0; i < word.length; i++)
		if (!g_ascii_isalnum(word.at[i]) && !strchr("-_.:", word.at[i]))
			return false;
	return word.length > 0;
}

static void read_haproxy(const Parts *parts, Slice text)
{
	Slice line, word, name;
	while (slice_next_line(&text, &line)) {
		bool both = slice_next_word(&line, &word) && slice_next_word(&line, &name);
		if (!both || !is_plain_word(name))
			continue;
		if (slice_is(word, "backend") || slice_is(word, "listen"))
			add_word(parts, FACT_DEFINES_PART, name);
		else if (slice_is(word, "use_backend") || slice_is(word, "default_backend"))
			add_word(parts, FACT_NAMES_PART, name);
	}
}

static bool speaks_haproxy(Slice text)
{
	return slice_find(text, "use_backend ", 0) != SIZE_MAX || slice_find(text, "default_backend ", 0) != SIZE_MAX;
}

/* ---- Alloy ---------------------------------------------------------------------------------------------------- */

static bool is_alloy_byte(char byte)
{
	return g_ascii_isalnum(byte) || byte == '_' || byte == '.';
}

/* The first words of what Alloy's components are called; others are functions, variables and modules of the owner's. */
static bool is_component(Slice word)
{
	static const char *const families[] = {
	        "loki.", "prometheus.", "discovery.", "otelcol.", "local.", "remote.", "mimir.", "pyroscope."};
	for (size_t i = 0; i < G_N_ELEMENTS(families); i++)
		if (slice_starts(word, families[i]))
			return true;
	return false;
}

static void add_component(const Parts *parts, FactKind kind, Slice word, const char *label)
{
	size_t start = (size_t)(word.at - parts->file->bytes.at);
	char *text = arena_printf(
	        parts->file->arena, "alloy/component/%.*s%s%s", SLICE_ARGS(word), *label ? "." : "", label);
	graph_add(parts->file->builder, parts->node, kind, slice_from(text), start, start + word.length);
}

/* loki.write "home" { defines loki.write.home. */
static bool defines_component(const Parts *parts, Slice word, Slice rest)
{
	size_t at = 0;
	while (at < rest.length && (rest.at[at] == ' ' || rest.at[at] == '\t'))
		at++;
	size_t end = at < rest.length && rest.at[at] == '"' ? slice_find_byte(rest, '"', at + 1) : SIZE_MAX;
	if (end == SIZE_MAX)
		return false;
	g_autofree char *label = slice_dup(slice_sub(rest, at + 1, end));
	add_component(parts, FACT_DEFINES_PART, word, label);
	return true;
}

/* loki.write.home.receiver names loki.write.home: what is asked of it comes last. */
static void names_component(const Parts *parts, Slice word)
{
	static const char *const exports[] = {
	        "receiver", "targets", "output", "input", "rules", "handler", "content", NULL};
	size_t dot = word.length;
	while (dot > 0 && word.at[dot - 1] != '.')
		dot--;
	if (dot > 0 && slice_is_any_nocase(slice_sub(word, dot, word.length), exports))
		add_component(parts, FACT_NAMES_PART, slice_sub(word, 0, dot - 1), "");
}

/* Past a text in quotes or a comment that begins here; at where neither does. */
static size_t skip_alloy(Slice text, size_t at)
{
	char byte = text.at[at];
	if (byte == '"' || byte == '`') {
		for (at++; at < text.length && text.at[at] != byte && (byte == '`' || text.at[at] != '\n'); at++)
			at += byte == '"' && text.at[at] == '\\';
		return at + 1;
	}
	if (byte == '/' && at + 1 < text.length && text.at[at + 1] == '/')
		return MIN(slice_find_byte(text, '\n', at), text.length);
	if (byte == '/' && at + 1 < text.length && text.at[at + 1] == '*')
		return MIN(slice_find(text, "*/", at + 2), text.length);
	return at;
}

static void read_alloy(const Parts *parts, Slice text)
{
	for (size_t at = 0; at < text.length;) {
		size_t next = skip_alloy(text, at), end = at;
		if (next != at) {
			at = next;
			continue;
		}
		while (end < text.length && is_alloy_byte(text.at[end]))
			end++;
		Slice word = slice_sub(text, at, end);
		if (is_component(word) && !defines_component(parts, word, slice_sub(text, end, text.length)))
			names_component(parts, word);
		at = MAX(end, at + 1);
	}
}

static bool speaks_alloy(Slice text)
{
	return slice_find(text, "forward_to", 0) != SIZE_MAX && slice_find(text, " \"", 0) != SIZE_MAX;
}

/* ---- files of a language of their own ------------------------------------------------------------------------- */

static bool matches(const SourceFile *file)
{
	return (slice_ends(file->name, ".cfg") && speaks_haproxy(file->bytes)) ||
	       (slice_ends(file->name, ".alloy") && speaks_alloy(file->bytes));
}

static void read_file(const SourceFile *file)
{
	Parts parts = {file, file->node, MOST_NODES, true};
	bool alloy = slice_ends(file->name, ".alloy");
	graph_add(file->builder, file->node, FACT_FORMAT, slice_from(alloy ? "alloy" : "haproxy"), 0, 0);
	(alloy ? read_alloy : read_haproxy)(&parts, file->bytes);
}

const Source source_part = {"part", matches, read_file};

/* ---- what a whole file reads ---------------------------------------------------------------------------------- */

static void add_read_path(const Parts *parts, const YamlNode *path)
{
	if (yaml_is_scalar(path) && path->value.length && !yaml_is_open(path->value))
		add_scalar(parts->file, parts->node, FACT_READS_PATH, path);
}

/* The files that Promtail follows. */
static void read_log_paths(const Parts *parts, const YamlNode *root)
{
	if (yaml_is_sequence(yaml_get(root, "clients")))
		YAML_EACH_ITEM (yaml_get(root, "scrape_configs"), job)
			YAML_EACH_ITEM (yaml_get(job, "static_configs"), group)
				add_read_path(parts, yaml_at(group, "labels.__path__"));
}

/* Rules of Prometheus, templates of Alertmanager, and the folders that Grafana's providers of dashboards look into. */
static void read_paths(const Parts *parts, const YamlNode *root)
{
	read_log_paths(parts, root);
	YAML_EACH_ITEM (yaml_get(root, "rule_files"), path)
		add_read_path(parts, path);
	if (yaml_is_map(yaml_get(root, "route")) && yaml_is_sequence(yaml_get(root, "receivers")))
		YAML_EACH_ITEM (yaml_get(root, "templates"), path)
			add_read_path(parts, path);
	YAML_EACH_ITEM (yaml_get(root, "providers"), provider)
		if (slice_is(yaml_text_of(provider, "type"), "file") || yaml_get(provider, "folder"))
			add_read_path(parts, yaml_at(provider, "options.path"));
}

/* ---- where they stand ---------------------------------------------------------------------------------------- */

static bool speaks_of_parts(Slice text)
{
	static const char *const words[] = {"receivers:", "routers:", "middlewares:", "_backend ",
	        "rule_files:", "providers:", "__path__", "forward_to"};
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (slice_find(text, words[i], 0) != SIZE_MAX)
			return true;
	return speaks_of_server(text);
}

static void walk(Parts *parts, const YamlNode *node, uint32_t depth);

/* A text in block style is another document, which stands in the file as it is. */
static void read_text(Parts *parts, const YamlNode *text, uint32_t depth)
{
	size_t start = slice_find_byte(parts->file->bytes, '\n', text->start);
	if (start == SIZE_MAX || start >= text->end || !speaks_of_parts(text->value))
		return;
	if (speaks_alloy(text->value)) {
		if (parts->whole)
			read_alloy(parts, slice_sub(parts->file->bytes, start + 1, text->end));
		return;
	}
	if (speaks_haproxy(text->value)) {
		read_haproxy(parts, slice_sub(parts->file->bytes, start + 1, text->end));
		return;
	}
	const YamlDocument *document = yaml_read_part(parts->file->bytes, start + 1, text->end, parts->file->arena);
	if (!document || document->error || !yaml_is_map(document->root))
		return;
	read_paths(parts, document->root);
	if (!read_collector(parts, document->root))
		walk(parts, document->root, depth);
}

static void walk(Parts *parts, const YamlNode *node, uint32_t depth)
{
	if (parts->left == 0 || depth > MOST_DEPTH)
		return;
	parts->left--;
	if (yaml_is_scalar(node)) {
		if (node->style == YAML_LITERAL)
			read_text(parts, node, depth + 1);
		return;
	}
	if (yaml_is_map(node))
		read_server(parts->file, node, parts->node);
	if (yaml_is_map(node) && (read_alertmanager(parts, node) || read_traefik(parts, node)))
		return;
	for (const YamlEntry *entry = node->first; entry; entry = entry->next)
		walk(parts, entry->value, depth + 1);
}

void read_parts(const SourceFile *file, const YamlNode *root, Node document)
{
	Parts parts = {file, document, MOST_NODES, slice_is(yaml_text_of(root, "kind"), "ConfigMap")};
	if (!speaks_of_parts(slice_sub(file->bytes, root->start, root->end)))
		return;
	read_paths(&parts, root);
	bool collector = slice_is(yaml_text_of(root, "kind"), "OpenTelemetryCollector");
	const YamlNode *config = collector ? yaml_at(root, "spec.config") : root;
	if (!yaml_is_map(config) || !read_collector(&parts, config))
		walk(&parts, root, 0);
}
