/* Words of a compose file that compose does not know, and keys that it does not take together: it refuses the whole
 * project for one of them. Keys change with its versions, so a key is wrong only where it is nearly one that is known;
 * the few words that a value may be are all there are. */
#include "source/compose.h"

#include "base/near.h"

static const char *const top_keys[] = {
        "version", "name", "services", "networks", "volumes", "secrets", "configs", "include", "models"};

static const char *const service_keys[] = {"annotations", "attach", "blkio_config", "build", "cap_add", "cap_drop",
        "cgroup", "cgroup_parent", "command", "configs", "container_name", "cpu_count", "cpu_percent", "cpu_period",
        "cpu_quota", "cpu_rt_period", "cpu_rt_runtime", "cpu_shares", "cpus", "cpuset", "credential_spec", "depends_on",
        "deploy", "develop", "device_cgroup_rules", "devices", "dns", "dns_opt", "dns_search", "domainname",
        "driver_opts", "entrypoint", "env_file", "environment", "expose", "extends", "external_links", "extra_hosts",
        "gpus", "group_add", "healthcheck", "hostname", "image", "init", "ipc", "isolation", "label_file", "labels",
        "links", "logging", "mac_address", "mem_limit", "mem_reservation", "mem_swappiness", "memswap_limit", "models",
        "network_mode", "networks", "oom_kill_disable", "oom_score_adj", "pid", "pids_limit", "platform", "ports",
        "post_start", "pre_stop", "privileged", "profiles", "provider", "pull_policy", "read_only", "restart",
        "runtime", "scale", "secrets", "security_opt", "shm_size", "stdin_open", "stop_grace_period", "stop_signal",
        "storage_opt", "sysctls", "tmpfs", "tty", "ulimits", "use_api_socket", "user", "userns_mode", "uts", "volumes",
        "volumes_from", "working_dir",
        /* what older versions had */
        "cpuset_cpus", "dockerfile", "log_driver", "log_opt", "net", "volume_driver"};

static const char *const build_keys[] = {"additional_contexts", "args", "cache_from", "cache_to", "context",
        "dockerfile", "dockerfile_inline", "entitlements", "extra_hosts", "isolation", "labels", "network", "no_cache",
        "no_cache_filter", "platforms", "privileged", "provenance", "pull", "sbom", "secrets", "shm_size", "ssh",
        "tags", "target", "ulimits"};

static const char *const healthcheck_keys[] = {
        "disable", "interval", "retries", "start_interval", "start_period", "test", "timeout"};

static const char *const conditions[] = {"service_started", "service_healthy", "service_completed_successfully"};

static const char *const restarts[] = {"no", "always", "on-failure", "unless-stopped"};

typedef struct Words {
	const char *const *at;
	size_t count;
} Words;

#define WORDS(list) ((Words){list, G_N_ELEMENTS(list)})

/* The word that was meant; NULL for none. ret_known is true where it is one of them. */
static const char *meant(Words words, Slice written, bool *ret_known)
{
	*ret_known = slice_is_any(written, words.at, words.count);
	if (*ret_known)
		return NULL;
	NearSearch search = near_search(written, near_limit(written));
	for (size_t i = 0; i < words.count; i++)
		near_offer(&search, slice_from(words.at[i]));
	size_t best = near_result(&search);
	return best == SIZE_MAX ? NULL : words.at[best];
}

static void add_wrong(
        const SourceFile *file, Node parent, const YamlNode *scalar, const char *message, const char *near)
{
	Node problem =
	        graph_add_problem(file->builder, parent, "compose-invalid", message, NULL, scalar->start, scalar->end);
	graph_add(file->builder, problem, FACT_NAME_SPAN, scalar->value, scalar->start, scalar->end);
	if (near)
		graph_add(file->builder, problem, FACT_NEAR, slice_from(near), scalar->start, scalar->end);
}

/* `network: host`: a mode, and no list of networks. */
static bool is_network_mode(Slice key, const YamlNode *value)
{
	static const char *const modes[] = {"host", "none", "bridge", NULL};
	Slice text = yaml_text(value);
	return slice_is(key, "network") && yaml_is_scalar(value) &&
	       (slice_is_any_nocase(text, modes) || slice_starts(text, "service:") || slice_starts(text, "container:"));
}

/* what: where the key stands, as the message says it. */
static void check_keys(const SourceFile *file, const YamlNode *map, Words words, const char *what, Node parent)
{
	for (YamlPairs pairs = yaml_pairs(map); yaml_is_map(map) && yaml_next_pair(&pairs);) {
		Slice key = yaml_text(pairs.key);
		bool known;
		if (!yaml_is_scalar(pairs.key) || slice_starts(key, "x-") || slice_find_byte(key, '$', 0) != SIZE_MAX)
			continue;
		const char *near = meant(words, key, &known);
		if (near && is_network_mode(key, pairs.value))
			near = "network_mode";
		if (near)
			add_wrong(file, parent, pairs.key,
			        arena_printf(file->arena, "%s has no key '%.*s'", what, SLICE_ARGS(key)), near);
	}
}

/* A value that must be one of the words; variables may be any. */
static void check_word(const SourceFile *file, const YamlNode *value, Words words, const char *key, Node parent)
{
	Slice text = yaml_text(value);
	bool known;
	if (!yaml_is_scalar(value) || text.length == 0 || slice_find_byte(text, '$', 0) != SIZE_MAX)
		return;
	const char *near = meant(words, text, &known);
	if (!known)
		add_wrong(file, parent, value, arena_printf(file->arena, "%s cannot be '%.*s'", key, SLICE_ARGS(text)),
		        near);
}

/* ---- what does not go together ----------------------------------------------------------------------------- */

static void check_network(const SourceFile *file, const YamlNode *service, Node node)
{
	const YamlNode *mode = yaml_get(service, "network_mode"), *networks = yaml_get(service, "networks"),
	               *ports = yaml_get(service, "ports");
	Slice text = yaml_text(mode);
	bool shares = slice_starts(text, "service:") || slice_starts(text, "container:");
	if (!yaml_is_scalar(mode) || text.length == 0 || slice_find_byte(text, '$', 0) != SIZE_MAX)
		return;
	if ((yaml_is_map(networks) || yaml_is_sequence(networks)) && networks->count)
		add_wrong(file, node, mode, "a service cannot have network_mode and networks", NULL);
	if (shares && yaml_is_sequence(ports) && ports->count)
		add_wrong(file, node, mode,
		        "a service in the network of another cannot publish ports: the other one has to", NULL);
}

/* `- NAME: value`: a map within the list. Whoever writes one writes all of the list so. */
static void check_environment(const SourceFile *file, const YamlNode *environment, Node node)
{
	const YamlNode *first = NULL;
	uint32_t others = 0;
	YAML_EACH_ITEM (environment, item) {
		YamlPairs pairs = yaml_pairs(item);
		if (!yaml_is_map(item) || !yaml_next_pair(&pairs) || !yaml_is_scalar(pairs.key))
			continue;
		others += first != NULL;
		first = first ? first : pairs.key;
	}
	if (!first)
		return;
	const char *more = others ? arena_printf(file->arena, " (and %u more)", others) : "";
	add_wrong(file, node, first,
	        arena_printf(file->arena, "'%.*s:'%s is a map within the list: its items are written NAME=value",
	                SLICE_ARGS(first->value), more),
	        NULL);
}

/* ---- variables ------------------------------------------------------------------------------------------------ */

/* Whether what follows `${` is a variable: a name, perhaps an operator with a word, and the closing brace. */
static bool is_variable(Slice rest)
{
	size_t end = 0;
	while (end < rest.length && (g_ascii_isalnum(rest.at[end]) || rest.at[end] == '_'))
		end++;
	if (end == 0 || g_ascii_isdigit(rest.at[0]) || end == rest.length)
		return false;
	size_t sign = end + (rest.at[end] == ':');
	bool word = sign < rest.length && strchr("-+?", rest.at[sign]);
	return rest.at[end] == '}' || (word && slice_find_byte(rest, '}', sign) != SIZE_MAX);
}

/* `${PGID` without its end, `${name%.*}`: compose stops at it. `$$` is a dollar sign, `${{` is for somebody else. */
static void check_interpolation(const SourceFile *file, const YamlNode *scalar, Node parent)
{
	Slice text = scalar->value;
	for (size_t at = 0; (at = slice_find_byte(text, '$', at)) != SIZE_MAX; at++) {
		Slice rest = slice_sub(text, at + 1, text.length);
		if (slice_starts(rest, "$")) {
			at++;
			continue;
		}
		if (!slice_starts(rest, "{") || slice_starts(rest, "{{") ||
		        is_variable(slice_sub(rest, 1, rest.length)))
			continue;
		size_t end = MIN(strcspn(rest.at, " \n"), MIN(rest.length, 40));
		add_wrong(file, parent, scalar,
		        arena_printf(file->arena, "'$%.*s' is no variable, and compose stops at it", (int)end, rest.at),
		        NULL);
		return;
	}
}

/* Values where they are written, and not again where an alias repeats them. */
static void check_interpolations(const SourceFile *file, const YamlNode *node, Node parent)
{
	if (node->kind == YAML_SCALAR)
		check_interpolation(file, node, parent);
	for (const YamlEntry *entry = node->kind == YAML_SCALAR ? NULL : node->first; entry; entry = entry->next)
		if (entry->use_start == entry->value->start)
			check_interpolations(file, entry->value, parent);
}

void check_compose_service(const SourceFile *file, const YamlNode *service, Node node)
{
	check_interpolations(file, service, node);
	const YamlNode *restart = yaml_get(service, "restart");
	check_keys(file, service, WORDS(service_keys), "a service", node);
	check_keys(file, yaml_get(service, "build"), WORDS(build_keys), "build", node);
	check_keys(file, yaml_get(service, "healthcheck"), WORDS(healthcheck_keys), "healthcheck", node);
	if (!slice_starts(yaml_text(restart), "on-failure:") && !slice_is(yaml_text(restart), "false"))
		check_word(file, restart, WORDS(restarts), "restart", node);
	check_network(file, service, node);
	check_environment(file, yaml_get(service, "environment"), node);
	const YamlNode *needs = yaml_get(service, "depends_on");
	for (YamlPairs pairs = yaml_pairs(needs); yaml_is_map(needs) && yaml_next_pair(&pairs);)
		check_word(file, yaml_get(pairs.value, "condition"), WORDS(conditions), "the condition of depends_on",
		        node);
}

void check_compose_file(const SourceFile *file, const YamlNode *root, Node compose)
{
	check_keys(file, root, WORDS(top_keys), "a compose file", compose);
}
