/* Compose files: which YAML documents are one, and what their services are made of.
 *
 * Values stay as they are written, variables and all; only ports, mounts and routers are read with the fallbacks of
 * their variables, since these are what runs unless somebody says otherwise. Which files make one project, and what
 * `extends` and `include` bring in, is not decided here. */
#include "source/compose.h"

/* ---- which documents -------------------------------------------------------------------------------- */

static bool is_compose_name(Slice name)
{
	static const char *const starts[] = {
	        "compose.", "compose-", "docker-compose", "podman-compose", "docker-stack"};
	static const char *const ends[] = {".compose.yml", ".compose.yaml", "-compose.yml", "-compose.yaml",
	        "_compose.yml", "_compose.yaml", "-stack.yml", "-stack.yaml"};
	for (size_t i = 0; i < G_N_ELEMENTS(starts); i++)
		if (slice_starts(name, starts[i]))
			return true;
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
		if (slice_ends(name, ends[i]))
			return true;
	return slice_is(name, "stack.yml") || slice_is(name, "stack.yaml");
}

/* Words at the top of files that have a `services` map and are not compose: pipelines and other programs' settings. */
static bool is_something_else(const YamlNode *root)
{
	static const char *const keys[] = {"apiVersion", "kind", "jobs", "steps", "pipeline", "stages", "when", "http",
	        "on", "recipe", "runtimes"};
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
		if (yaml_get_entry(root, keys[i]))
			return true;
	return false;
}

static bool has_service_shape(const YamlNode *services)
{
	bool found = false;
	if (!yaml_is_map(services))
		return false;
	for (const YamlEntry *entry = services->first; entry; entry = entry->next) {
		const YamlNode *value = entry->value;
		if (!yaml_is_map(value) && !yaml_is_null(value))
			return false;
		found |= yaml_get(value, "image") || yaml_get(value, "build") || yaml_get(value, "extends");
	}
	return found;
}

/* Nothing but words of compose at the top: other files hold more, or less. */
static bool has_only_words_of_compose(const YamlNode *root)
{
	static const char *const words[] = {
	        "name", "version", "services", "networks", "volumes", "secrets", "configs", "include", NULL};
	for (const YamlEntry *entry = root->first; entry; entry = entry->next)
		if (!yaml_is_scalar(entry->key) ||
		        (!slice_starts(entry->key->value, "x-") && !slice_is_any_nocase(entry->key->value, words)))
			return false;
	return root->first != NULL;
}

static bool includes_files(const YamlNode *include)
{
	YAML_EACH_ITEM (include, item) {
		const YamlNode *path = yaml_is_map(item) ? yaml_get(item, "path") : item;
		Slice text = yaml_text(yaml_is_sequence(path) && path->first ? path->first->value : path);
		return slice_ends(text, ".yml") || slice_ends(text, ".yaml");
	}
	return false;
}

/* Some network is made as only compose makes them. */
static bool has_network_shape(const YamlNode *networks)
{
	static const char *const keys[] = {"driver", "external", "ipam", "driver_opts", "attachable"};
	for (YamlPairs pairs = yaml_pairs(networks); yaml_next_pair(&pairs);)
		for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
			if (yaml_get(pairs.value, keys[i]))
				return true;
	return false;
}

/* A file of another name may hold services, list files that do, or what they share. */
static bool has_project_shape(const YamlNode *root)
{
	return has_service_shape(yaml_get(root, "services")) ||
	       (has_only_words_of_compose(root) &&
	               (includes_files(yaml_get(root, "include")) || has_network_shape(yaml_get(root, "networks"))));
}

static bool claims(const SourceFile *file, const YamlDocument *document)
{
	const YamlNode *root = document->root, *services = yaml_get(root, "services");
	if (!yaml_is_map(root) || is_something_else(root))
		return false;
	if (!is_compose_name(file->name))
		return has_project_shape(root);
	return yaml_is_map(services) || yaml_get(root, "include") || yaml_get(root, "networks") ||
	       yaml_get(root, "volumes");
}

/* ---- small shapes ------------------------------------------------------------------------------------- */

void each_setting(const YamlNode *settings, PairFound *found, void *data)
{
	YAML_EACH_ITEM (settings, item) {
		if (!yaml_is_scalar(item) || item->value.length == 0)
			continue;
		size_t equals = slice_find_byte(item->value, '=', 0);
		if (equals == SIZE_MAX)
			found(item->value, (Slice){NULL, 0}, item, data);
		else
			found(slice_sub(item->value, 0, equals), slice_sub(item->value, equals + 1, item->value.length),
			        item, data);
	}
	for (YamlPairs pairs = yaml_pairs(settings); yaml_is_map(settings) && yaml_next_pair(&pairs);) {
		if (!yaml_is_scalar(pairs.key) || !yaml_is_scalar(pairs.value))
			continue;
		bool alone = yaml_is_null(pairs.value);
		found(pairs.key->value, alone ? (Slice){NULL, 0} : pairs.value->value, pairs.value, data);
	}
}

/* One row for a scalar, or for each scalar of a list, or for each key of a map. */
static void add_names(const SourceFile *file, Node node, FactKind kind, const YamlNode *names)
{
	add_scalar(file, node, kind, names);
	YAML_EACH_ITEM (names, item)
		add_scalar(file, node, kind, item);
	for (YamlPairs pairs = yaml_pairs(names); yaml_is_map(names) && yaml_next_pair(&pairs);)
		add_scalar(file, node, kind, pairs.key);
}

/* The long form of depends_on: what is waited for beyond a start. */
static void add_waits(const SourceFile *file, Node node, const YamlNode *depends)
{
	for (YamlPairs pairs = yaml_pairs(depends); yaml_is_map(depends) && yaml_next_pair(&pairs);) {
		Slice condition = yaml_text_of(pairs.value, "condition");
		bool required = true;
		if (yaml_is_bool(yaml_get(pairs.value, "required"), &required) && !required)
			add_scalar(file, node, FACT_DEPENDS_OPTIONALLY, pairs.key);
		if (slice_is(condition, "service_healthy") || slice_is(condition, "service_completed_successfully"))
			add_scalar(file, node, FACT_WAITS_FOR, pairs.key);
	}
}

/* A row "name=value" for a scalar. */
static void add_quantity(
        const SourceFile *file, Node node, FactKind kind, const char *name, const YamlNode *map, const char *key)
{
	const YamlNode *scalar = yaml_get(map, key);
	if (!yaml_is_scalar(scalar))
		return;
	char *pair = arena_printf(file->arena, "%s=%s", name, scalar->value.at);
	graph_add(file->builder, node, kind, slice_from(pair), scalar->start, scalar->end);
}

/* The words of a command that is a list or a line. */
static void add_words(const SourceFile *file, Node node, const YamlNode *command)
{
	YAML_EACH_ITEM (command, item)
		add_scalar(file, node, FACT_ARGUMENT, item);
	if (!yaml_is_scalar(command))
		return;
	Slice rest = command->value, line, word;
	while (slice_next_line(&rest, &line))
		while (slice_next_word(&line, &word))
			graph_add(file->builder, node, FACT_ARGUMENT, word, command->start, command->end);
}

/* ---- services ------------------------------------------------------------------------------------------ */

static void read_build(const SourceFile *file, const YamlNode *build, Node node)
{
	if (yaml_is_scalar(build) && !yaml_is_null(build))
		add_scalar(file, node, FACT_BUILD_CONTEXT, build);
	if (!yaml_is_map(build))
		return;
	const YamlNode *context = yaml_get(build, "context"), *inlined = yaml_get(build, "dockerfile_inline");
	if (yaml_is_scalar(context))
		add_scalar(file, node, FACT_BUILD_CONTEXT, context);
	else
		graph_add(file->builder, node, FACT_BUILD_CONTEXT, SLICE("."), build->start, build->start);
	add_scalar_of(file, node, FACT_BUILD_FILE, build, "dockerfile");
	add_scalar_of(file, node, FACT_BUILD_TARGET, build, "target");
	if (inlined)
		graph_add_flag(file->builder, node, FACT_BUILD_INLINE, inlined->start, inlined->end);
}

typedef struct EnvReader {
	const SourceFile *file;
	Node service;
} EnvReader;

static void add_env(Slice key, Slice value, const YamlNode *scalar, void *data)
{
	const EnvReader *reader = data;
	const SourceFile *file = reader->file;
	size_t start = scalar->start + (scalar->style == YAML_SINGLE || scalar->style == YAML_DOUBLE);
	size_t end = start + key.length;
	bool exact = end <= scalar->end && slice_equal(slice_sub(file->bytes, start, end), key);
	Node env = graph_add_node(file->builder, NODE_ENV, reader->service, key, exact ? start : scalar->start,
	        exact ? end : scalar->end);
	if (value.at)
		graph_add(file->builder, env, FACT_VALUE, value, scalar->start, scalar->end);
}

/* A key that stands twice is a finding of the YAML reader: here the last one counts, as it does for compose. */
static void read_environment(const SourceFile *file, const YamlNode *settings, bool duplicates, Node node)
{
	EnvReader reader = {file, node};
	if (!yaml_is_map(settings)) {
		each_setting(settings, add_env, &reader);
		return;
	}
	for (YamlPairs pairs = yaml_pairs(settings); yaml_next_pair(&pairs);) {
		const YamlNode *key = pairs.key, *value = pairs.value;
		if (!yaml_is_scalar(key) || !yaml_is_scalar(value))
			continue;
		if (duplicates && yaml_get(settings, key->value.at) != value)
			continue;
		Node env = add_named(file, NODE_ENV, node, key);
		if (!yaml_is_null(value))
			add_scalar(file, env, FACT_VALUE, value);
	}
}

static void add_env_file(const SourceFile *file, const YamlNode *entry, Node node)
{
	const YamlNode *path = yaml_is_map(entry) ? yaml_get(entry, "path") : entry;
	bool required = true;
	if (yaml_is_map(entry) && !yaml_is_bool(yaml_get(entry, "required"), &required))
		required = true;
	add_scalar(file, node, required ? FACT_ENV_FILE : FACT_ENV_FILE_OPTIONAL, path);
}

static void read_env_files(const SourceFile *file, const YamlNode *files, Node node)
{
	if (yaml_is_sequence(files)) {
		YAML_EACH_ITEM (files, entry)
			add_env_file(file, entry, node);
	} else if (files) {
		add_env_file(file, files, node);
	}
}

/* The first http://host:port/path of a health check's command. */
static void read_probe_url(const SourceFile *file, Slice text, const YamlNode *at, Node probe)
{
	size_t scheme = slice_find(text, "://", 0);
	if (scheme == SIZE_MAX)
		return;
	size_t host = scheme + 3, end = host;
	while (end < text.length && !strchr(" \t\r\n\"'|;)&>", text.at[end]))
		end++;
	Slice url = slice_sub(text, host, end);
	size_t slash = MIN(slice_find_byte(url, '/', 0), url.length), colon = slash;
	while (colon > 0 && url.at[colon - 1] != ':')
		colon--;
	uint32_t number = slice_starts(slice_sub(text, 0, scheme + 3), "https") ? 443 : 80;
	if (colon > 0 && !slice_to_number(slice_sub(url, colon, slash), &number))
		return;
	graph_add_number(file->builder, probe, FACT_NUMBER, number, at->start, at->end);
	if (slash < url.length)
		graph_add(file->builder, probe, FACT_PATH, slice_sub(url, slash, url.length), at->start, at->end);
}

static void read_healthcheck(const SourceFile *file, const YamlNode *check, Node node)
{
	const YamlNode *test = yaml_get(check, "test");
	bool disabled = false;
	if (!test || (yaml_is_bool(yaml_get(check, "disable"), &disabled) && disabled))
		return;
	if (yaml_is_sequence(test) && test->first && slice_is(yaml_text(test->first->value), "NONE"))
		return;
	Node probe = graph_add_node(file->builder, NODE_PROBE, node, SLICE("healthcheck"), check->start, check->end);
	graph_add(file->builder, probe, FACT_TYPE, SLICE("exec"), test->start, test->end);
	add_words(file, probe, test);
	if (yaml_is_scalar(test))
		read_probe_url(file, test->value, test, probe);
	YAML_EACH_ITEM (test, word) {
		if (slice_find(yaml_text(word), "://", 0) == SIZE_MAX)
			continue;
		read_probe_url(file, yaml_text(word), word, probe);
		break;
	}
}

static void read_service_networks(const SourceFile *file, const YamlNode *service, Node node)
{
	const YamlNode *networks = yaml_get(service, "networks"), *mode = yaml_get(service, "network_mode");
	add_names(file, node, FACT_NETWORK_NAME, networks);
	for (YamlPairs pairs = yaml_pairs(networks); yaml_is_map(networks) && yaml_next_pair(&pairs);)
		add_names(file, node, FACT_ALIAS, yaml_get(pairs.value, "aliases"));
	if (slice_is(yaml_text(mode), "host"))
		graph_add_flag(file->builder, node, FACT_HOST_NETWORK, mode->start, mode->end);
	else
		add_scalar(file, node, FACT_NETWORK_NAME, mode);
	add_scalar(file, node, FACT_NETWORK_MODE, mode);
	if (slice_starts(yaml_text(mode), "service:"))
		graph_add(file->builder, node, FACT_SHARES_NETWORK, slice_from(mode->value.at + strlen("service:")),
		        mode->start, mode->end);
}

static void read_limits(const SourceFile *file, const YamlNode *service, Node node)
{
	const YamlNode *deploy = yaml_get(service, "deploy");
	const YamlNode *limits = yaml_at(deploy, "resources.limits");
	const YamlNode *reservations = yaml_at(deploy, "resources.reservations");
	const YamlNode *replicas = yaml_get(deploy, "replicas");
	add_quantity(file, node, FACT_LIMIT, "cpu", limits, "cpus");
	add_quantity(file, node, FACT_LIMIT, "memory", limits, "memory");
	add_quantity(file, node, FACT_REQUEST, "cpu", reservations, "cpus");
	add_quantity(file, node, FACT_REQUEST, "memory", reservations, "memory");
	add_quantity(file, node, FACT_LIMIT, "cpu", service, "cpus");
	add_quantity(file, node, FACT_LIMIT, "memory", service, "mem_limit");
	add_quantity(file, node, FACT_REQUEST, "memory", service, "mem_reservation");
	add_number(file, node, FACT_REPLICAS, replicas ? replicas : yaml_get(service, "scale"));
}

static void read_extends(const SourceFile *file, const YamlNode *extends, Node node)
{
	if (yaml_is_scalar(extends)) {
		char *text = arena_printf(file->arena, ":%s", extends->value.at);
		graph_add(file->builder, node, FACT_EXTENDS, slice_from(text), extends->start, extends->end);
	} else if (yaml_is_map(extends)) {
		char *text = arena_printf(file->arena, "%.*s:%.*s", SLICE_ARGS(yaml_text_of(extends, "file")),
		        SLICE_ARGS(yaml_text_of(extends, "service")));
		graph_add(file->builder, node, FACT_EXTENDS, slice_from(text), extends->start, extends->end);
	}
}

/* Names of top-level configs and secrets, as REFERENCE nodes. */
static void read_granted(const SourceFile *file, const YamlNode *list, const char *role, Node node)
{
	YAML_EACH_ITEM (list, item) {
		const YamlNode *name = yaml_is_map(item) ? yaml_get(item, "source") : item;
		if (!yaml_is_scalar(name))
			continue;
		Node reference = add_named(file, NODE_REFERENCE, node, name);
		graph_add(file->builder, reference, FACT_ROLE, slice_from(role), name->start, name->end);
		add_scalar_of(file, reference, FACT_DESTINATION, item, "target");
	}
}

/* What Swarm calls it; any condition but none brings the container back. */
static void read_restart_policy(const SourceFile *file, const YamlNode *policy, Node node)
{
	const YamlNode *condition = yaml_get(policy, "condition");
	if (yaml_is_scalar(condition))
		add_scalar(file, node, FACT_RESTART, condition);
	else if (policy)
		graph_add(file->builder, node, FACT_RESTART, SLICE("any"), policy->start, policy->start);
}

void read_compose_service(const SourceFile *file, const YamlNode *service, bool duplicates, Node node)
{
	add_scalar_of(file, node, FACT_IMAGE, service, "image");
	add_scalar_of(file, node, FACT_PULL_POLICY, service, "pull_policy");
	read_build(file, yaml_get(service, "build"), node);
	add_scalar_of(file, node, FACT_CONTAINER_NAME, service, "container_name");
	add_scalar_of(file, node, FACT_RESTART, service, "restart");
	read_restart_policy(file, yaml_at(service, "deploy.restart_policy"), node);
	add_if_true(file, node, FACT_PRIVILEGED, yaml_get(service, "privileged"));
	YAML_EACH_ITEM (yaml_get(service, "cap_add"), capability)
		add_scalar(file, node, FACT_CAPABILITY, capability);
	add_names(file, node, FACT_PROFILE, yaml_get(service, "profiles"));
	add_names(file, node, FACT_DEPENDS_ON, yaml_get(service, "depends_on"));
	add_waits(file, node, yaml_get(service, "depends_on"));
	read_extends(file, yaml_get(service, "extends"), node);
	add_words(file, node, yaml_get(service, "entrypoint"));
	add_words(file, node, yaml_get(service, "command"));
	read_env_files(file, yaml_get(service, "env_file"), node);
	read_environment(file, yaml_get(service, "environment"), duplicates, node);
	read_service_networks(file, service, node);
	read_limits(file, service, node);
	read_published_ports(file, service, node);
	read_service_mounts(file, service, node);
	read_granted(file, yaml_get(service, "configs"), "config", node);
	read_granted(file, yaml_get(service, "secrets"), "secret", node);
	read_healthcheck(file, yaml_get(service, "healthcheck"), node);
	read_service_labels(file, yaml_get(service, "labels"), node);
	read_service_labels(file, yaml_at(service, "deploy.labels"), node);
}

/* ---- what services share -------------------------------------------------------------------------------- */

/* `external: true`, or the older map with the name; the real name of a volume or network where one is given. */
static void read_shared(const SourceFile *file, const YamlNode *map, FactKind name_kind, Node node)
{
	const YamlNode *external = yaml_get(map, "external");
	add_if_true(file, node, FACT_EXTERNAL, external);
	if (yaml_is_map(external)) {
		graph_add_flag(file->builder, node, FACT_EXTERNAL, external->start, external->start);
		add_scalar_of(file, node, name_kind, external, "name");
	}
	add_scalar_of(file, node, name_kind, map, "name");
}

static void read_volumes(const SourceFile *file, const YamlNode *volumes, Node compose)
{
	for (YamlPairs pairs = yaml_pairs(volumes); yaml_is_map(volumes) && yaml_next_pair(&pairs);) {
		Node volume = add_named(file, NODE_VOLUME, compose, pairs.key);
		read_shared(file, pairs.value, FACT_VOLUME_NAME, volume);
		const YamlNode *options = yaml_get(pairs.value, "driver_opts");
		if (slice_find(yaml_text_of(options, "o"), "bind", 0) != SIZE_MAX)
			add_scalar_of(file, volume, FACT_HOST_PATH, options, "device");
		if (slice_is(yaml_text_of(options, "type"), "tmpfs"))
			graph_add_flag(file->builder, volume, FACT_EPHEMERAL, options->start, options->start);
		const YamlNode *type = yaml_get(options, "type");
		add_scalar(file, volume, FACT_TYPE, type ? type : yaml_get(pairs.value, "driver"));
	}
}

static void read_networks(const SourceFile *file, const YamlNode *networks, Node compose)
{
	for (YamlPairs pairs = yaml_pairs(networks); yaml_is_map(networks) && yaml_next_pair(&pairs);) {
		Node network = add_named(file, NODE_COMPOSE_NETWORK, compose, pairs.key);
		read_shared(file, pairs.value, FACT_NETWORK_NAME, network);
		add_scalar_of(file, network, FACT_TYPE, pairs.value, "driver");
	}
}

/* Configs and secrets that a file, a variable or somebody else provides. */
static void read_provided(const SourceFile *file, const YamlNode *map, const char *role, Node compose)
{
	for (YamlPairs pairs = yaml_pairs(map); yaml_is_map(map) && yaml_next_pair(&pairs);) {
		Node key = add_named(file, NODE_KEY, compose, pairs.key);
		graph_add(file->builder, key, FACT_ROLE, slice_from(role), pairs.key->start, pairs.key->end);
		add_if_true(file, key, FACT_EXTERNAL, yaml_get(pairs.value, "external"));
		add_scalar_of(file, key, FACT_FILE_ENTRY, pairs.value, "file");
	}
}

static void read_include(const SourceFile *file, const YamlNode *include, Node compose)
{
	add_scalar(file, compose, FACT_INCLUDES, include);
	if (!yaml_is_map(include))
		return;
	const YamlNode *path = yaml_get(include, "path");
	add_scalar(file, compose, FACT_INCLUDES, path);
	YAML_EACH_ITEM (path, item)
		add_scalar(file, compose, FACT_INCLUDES, item);
	read_env_files(file, yaml_get(include, "env_file"), compose);
}

/* ---- variables ------------------------------------------------------------------------------------------- */

/* Every value where it is written: what an alias repeats is left out, keys are not replaced by compose. */
static void read_variables(const SourceFile *file, const YamlNode *node, Node parent)
{
	if (node->kind == YAML_SCALAR) {
		add_variables(file, parent, node->start, node->end);
		return;
	}
	for (const YamlEntry *entry = node->first; entry; entry = entry->next)
		if (entry->use_start == entry->value->start)
			read_variables(file, entry->value, parent);
}

/* The SERVICE node of the name; the file as a whole where it has none. */
static Node service_named(GHashTable *services, const YamlNode *key, Node compose)
{
	gpointer found = key ? g_hash_table_lookup(services, key) : NULL;
	return found ? GPOINTER_TO_UINT(found) : compose;
}

static void read_all_variables(const SourceFile *file, const YamlNode *root, GHashTable *services, Node compose)
{
	for (const YamlEntry *entry = root->first; entry; entry = entry->next) {
		if (entry->use_start != entry->value->start)
			continue;
		bool of_services = yaml_is_scalar(entry->key) && slice_is(entry->key->value, "services");
		if (!of_services || !yaml_is_map(entry->value)) {
			read_variables(file, entry->value, compose);
			continue;
		}
		for (const YamlEntry *service = entry->value->first; service; service = service->next)
			if (service->use_start == service->value->start)
				read_variables(file, service->value, service_named(services, service->key, compose));
	}
}

/* ---- the file -------------------------------------------------------------------------------------------- */

/* The project's name: as written, or the folder that the file lies in, as compose does it. */
static Node add_project(const SourceFile *file, const YamlNode *root, Node document)
{
	const YamlNode *name = yaml_get(root, "name");
	if (yaml_is_scalar(name))
		return graph_add_node(file->builder, NODE_COMPOSE, document, name->value, name->start, name->end);
	size_t end = file->path.length - file->name.length, start;
	end -= end > 0;
	for (start = end; start > 0 && file->path.at[start - 1] != '/';)
		start--;
	return graph_add_node(
	        file->builder, NODE_COMPOSE, document, slice_sub(file->path, start, end), root->start, root->start);
}

/* Few bytes can repeat much through aliases; what goes beyond the file's own size is not what people write. */
static bool is_outgrown(const SourceFile *file)
{
	return graph_builder_nodes(file->builder) > file->bytes.length + 1000;
}

static void read_project(const SourceFile *file, const YamlDocument *document, Node node)
{
	const YamlNode *root = document->root, *services = yaml_get(root, "services");
	const YamlNode *include = yaml_get(root, "include");
	if (document->template_text) {
		graph_add(file->builder, file->node, FACT_FORMAT, SLICE("template"), root->start, root->start);
		return;
	}
	Node compose = add_project(file, root, node);
	add_scalar_of(file, compose, FACT_FORMAT_VERSION, root, "version");
	g_autoptr(GHashTable) nodes = g_hash_table_new(NULL, NULL);
	YAML_EACH_ITEM (include, item)
		read_include(file, item, compose);
	for (YamlPairs pairs = yaml_pairs(services); yaml_is_map(services) && yaml_next_pair(&pairs);) {
		if (!yaml_is_scalar(pairs.key) || slice_starts(pairs.key->value, "x-") || is_outgrown(file))
			continue;
		Node service = add_named(file, NODE_SERVICE, compose, pairs.key);
		read_compose_service(file, pairs.value, document->duplicates != NULL, service);
		check_compose_service(file, pairs.value, service);
		g_hash_table_insert(nodes, pairs.key, GUINT_TO_POINTER(service));
	}
	read_volumes(file, yaml_get(root, "volumes"), compose);
	read_networks(file, yaml_get(root, "networks"), compose);
	read_provided(file, yaml_get(root, "configs"), "config", compose);
	read_provided(file, yaml_get(root, "secrets"), "secret", compose);
	read_all_variables(file, root, nodes, compose);
	check_compose_file(file, root, compose);
}

const Dialect dialect_compose = {"compose", claims, read_project};
