/* labwright.yaml: what the owner says of the homelab, so that no rule has to guess.
 *
 * A table for each map names its keys; a key that is not in the table, a value of another shape, an address that lies
 * outside its network become PROBLEM nodes with what would have been right, and the rest of the file is still read.
 * docs/labwright.schema.json says the same for editors; a test holds the two against each other. */
#include "base/ip.h"
#include "source/settings.h"

/* ---- networks ------------------------------------------------------------------------------------------------ */

static void add_cidr(const Settings *reader, Node network, const YamlNode *key, const YamlNode *value)
{
	IpRange range;
	if (!ip_range_parse(value->value, &range) || slice_find_byte(value->value, '/', 0) == SIZE_MAX) {
		settings_complain(reader, value, NULL, "'%s' is no network such as 192.168.8.0/24", value->value.at);
		return;
	}
	add_scalar(reader->file, network, FACT_ADDRESS, value);
	graph_add_number(reader->file->builder, network, FACT_PREFIX_LENGTH, range.prefix, value->start, value->end);
}

static void read_cidr(const Settings *reader, Node network, const YamlNode *key, const YamlNode *value)
{
	settings_read_values(reader, network, key, value, add_cidr);
}

static bool is_address(const Settings *reader, const YamlNode *value)
{
	Ip ip;
	if (ip_parse(value->value, &ip))
		return true;
	settings_complain(reader, value, NULL, "'%s' is no address", value->value.at);
	return false;
}

static void add_gateway(const Settings *reader, Node network, const YamlNode *key, const YamlNode *value)
{
	if (is_address(reader, value))
		add_scalar(reader->file, network, FACT_GATEWAY, value);
}

static void read_gateway(const Settings *reader, Node network, const YamlNode *key, const YamlNode *value)
{
	settings_read_values(reader, network, key, value, add_gateway);
}

static void add_dns(const Settings *reader, Node network, const YamlNode *key, const YamlNode *value)
{
	if (is_address(reader, value))
		add_scalar(reader->file, network, FACT_RESOLVER, value);
}

static void read_dns(const Settings *reader, Node network, const YamlNode *key, const YamlNode *value)
{
	settings_read_values(reader, network, key, value, add_dns);
}

/* "first-last" or a network. */
static bool is_address_range(Slice text)
{
	size_t dash = slice_find_byte(text, '-', 0);
	Ip first, last;
	IpRange range;
	if (dash == SIZE_MAX)
		return ip_range_parse(text, &range);
	return ip_parse(slice_trim(slice_sub(text, 0, dash)), &first) &&
	       ip_parse(slice_trim(slice_sub(text, dash + 1, text.length)), &last) && first.family == last.family &&
	       memcmp(first.bytes, last.bytes, sizeof first.bytes) <= 0;
}

static void add_dhcp(const Settings *reader, Node network, const YamlNode *key, const YamlNode *value)
{
	if (is_address_range(value->value))
		add_scalar(reader->file, network, FACT_LEASES, value);
	else
		settings_complain(
		        reader, value, NULL, "'%s' is no range such as 192.168.8.100-192.168.8.199", value->value.at);
}

static void read_dhcp(const Settings *reader, Node network, const YamlNode *key, const YamlNode *value)
{
	settings_read_values(reader, network, key, value, add_dhcp);
}

static void read_kind(const Settings *reader, Node network, const YamlNode *key, const YamlNode *value)
{
	static const char *const kinds[] = {"lan", "overlay", "pods", "services", NULL};
	if (settings_is_word(reader, key, value, kinds))
		add_scalar(reader->file, network, FACT_TYPE, value);
}

static const SettingKey network_keys[] = {
        {"cidr", read_cidr}, {"dhcp", read_dhcp}, {"dns", read_dns}, {"gateway", read_gateway}, {"kind", read_kind}};

static void read_network(const Settings *reader, Node parent, const YamlNode *key, const YamlNode *value)
{
	Node network = add_named(reader->file, NODE_NETWORK, parent, key);
	if (yaml_is_map(value) && !yaml_get(value, "cidr"))
		settings_complain(reader, key, NULL, "network '%s' has no cidr", key->value.at);
	settings_read_keys(reader, network, key, value, network_keys, G_N_ELEMENTS(network_keys));
}

static void read_networks(const Settings *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	settings_read_names(reader, document, key, value, read_network);
}

/* ---- nodes ---------------------------------------------------------------------------------------------------- */

/* True where no network of that family is written, or one of them holds the address. */
static bool lies_in(const YamlNode *cidr, const Ip *ip)
{
	bool same_family = false;
	const YamlEntry single = {.value = (YamlNode *)cidr};
	for (const YamlEntry *at = yaml_is_sequence(cidr) ? cidr->first : &single; at; at = at->next) {
		IpRange range;
		if (!ip_range_parse(yaml_text(at->value), &range) || range.base.family != ip->family)
			continue;
		same_family = true;
		if (ip_range_contains(&range, ip))
			return true;
	}
	return !same_family;
}

static void add_address(const Settings *reader, Node machine, const YamlNode *key, const YamlNode *value)
{
	Ip ip;
	if (!is_address(reader, value))
		return;
	const YamlNode *cidr = yaml_get(yaml_get(reader->networks, yaml_text(key).at), "cidr");
	if (cidr && ip_parse(value->value, &ip) && !lies_in(cidr, &ip)) {
		settings_complain(
		        reader, value, NULL, "%s lies outside network '%s'", value->value.at, yaml_text(key).at);
		return;
	}
	add_scalar(reader->file, machine, FACT_ADDRESS, value);
}

static void complain_network(const Settings *reader, const YamlNode *key)
{
	Slice known[SETTINGS_MOST_KEYS];
	size_t n = 0;
	YamlPairs pairs = yaml_pairs(reader->networks);
	while (n < SETTINGS_MOST_KEYS && yaml_next_pair(&pairs))
		known[n++] = yaml_text(pairs.key);
	settings_complain_word(reader, key, "no network is called", known, n);
}

/* The key of each pair is a network's name. */
static void read_node_network(const Settings *reader, Node machine, const YamlNode *key, const YamlNode *value)
{
	if (!yaml_is_map(reader->networks) || !yaml_get(reader->networks, key->value.at))
		complain_network(reader, key);
	settings_read_values(reader, machine, key, value, add_address);
}

static void read_addresses(const Settings *reader, Node machine, const YamlNode *key, const YamlNode *value)
{
	settings_read_names(reader, machine, key, value, read_node_network);
}

static void add_alias(const Settings *reader, Node machine, const YamlNode *key, const YamlNode *value)
{
	add_scalar(reader->file, machine, FACT_ALIAS, value);
}

static void read_node_aliases(const Settings *reader, Node machine, const YamlNode *key, const YamlNode *value)
{
	settings_read_values(reader, machine, key, value, add_alias);
}

static void read_arch(const Settings *reader, Node machine, const YamlNode *key, const YamlNode *value)
{
	static const char *const arches[] = {"amd64", "arm64", "arm", "386", "riscv64", "ppc64le", "s390x", NULL};
	if (settings_is_word(reader, key, value, arches))
		add_scalar(reader->file, machine, FACT_ARCHITECTURE, value);
}

static void add_role(const Settings *reader, Node machine, const YamlNode *key, const YamlNode *value)
{
	add_scalar(reader->file, machine, FACT_ROLE, value);
}

static void read_roles(const Settings *reader, Node machine, const YamlNode *key, const YamlNode *value)
{
	settings_read_values(reader, machine, key, value, add_role);
}

/* A quantity as Kubernetes writes it: 8Gi, 500m, 4, 1.5G. */
static bool is_quantity(Slice text)
{
	static const char *const units[] = {"", "m", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti"};
	size_t at = 0, digits = 0;
	for (; at < text.length && (g_ascii_isdigit(text.at[at]) || (text.at[at] == '.' && digits)); at++)
		digits += g_ascii_isdigit(text.at[at]) != 0;
	Slice unit = slice_sub(text, at, text.length);
	for (size_t i = 0; i < G_N_ELEMENTS(units); i++)
		if (slice_is(unit, units[i]))
			return digits > 0;
	return false;
}

static void read_amount(const Settings *reader, Node machine, FactKind kind, const YamlNode *key, const YamlNode *value)
{
	if (!yaml_is_scalar(value)) {
		settings_complain_shape(reader, key, value, "an amount such as 4, 500m or 8Gi");
		return;
	}
	if (!is_quantity(value->value)) {
		settings_complain(reader, value, NULL, "'%s' is no amount such as 4, 500m or 8Gi", value->value.at);
		return;
	}
	char *text = arena_printf(reader->file->arena, "%s=%s", key->value.at, value->value.at);
	graph_add(reader->file->builder, machine, kind, slice_from(text), value->start, value->end);
}

static void read_capacity_amount(const Settings *reader, Node machine, const YamlNode *key, const YamlNode *value)
{
	read_amount(reader, machine, FACT_CAPACITY, key, value);
}

static void read_allocatable_amount(const Settings *reader, Node machine, const YamlNode *key, const YamlNode *value)
{
	read_amount(reader, machine, FACT_ALLOCATABLE, key, value);
}

#define AMOUNT_KEYS(read)                                                                                              \
	{                                                                                                              \
		{"cpu", read}, {"ephemeral-storage", read}, {"gpu", read}, {"memory", read}, {"pods", read},           \
		{                                                                                                      \
			"storage", read                                                                                \
		}                                                                                                      \
	}
static const SettingKey capacity_keys[] = AMOUNT_KEYS(read_capacity_amount);
static const SettingKey allocatable_keys[] = AMOUNT_KEYS(read_allocatable_amount);

static void read_capacity(const Settings *reader, Node machine, const YamlNode *key, const YamlNode *value)
{
	settings_read_keys(reader, machine, key, value, capacity_keys, G_N_ELEMENTS(capacity_keys));
}

static void read_allocatable(const Settings *reader, Node machine, const YamlNode *key, const YamlNode *value)
{
	settings_read_keys(reader, machine, key, value, allocatable_keys, G_N_ELEMENTS(allocatable_keys));
}

static void read_label(const Settings *reader, Node machine, const YamlNode *key, const YamlNode *value)
{
	if (!yaml_is_scalar(value)) {
		settings_complain_shape(reader, key, value, "the value of a label");
		return;
	}
	char *text = arena_printf(reader->file->arena, "%s=%s", key->value.at, value->value.at);
	graph_add(reader->file->builder, machine, FACT_LABEL, slice_from(text), value->start, value->end);
}

static void read_labels(const Settings *reader, Node machine, const YamlNode *key, const YamlNode *value)
{
	settings_read_names(reader, machine, key, value, read_label);
}

/* key=value:effect or key:effect, as kubectl taint takes it. */
static void add_taint(const Settings *reader, Node machine, const YamlNode *key, const YamlNode *value)
{
	static const char *const effects[] = {":NoSchedule", ":PreferNoSchedule", ":NoExecute"};
	for (size_t i = 0; i < G_N_ELEMENTS(effects); i++)
		if (slice_ends(value->value, effects[i]) && value->value.length > strlen(effects[i])) {
			add_scalar(reader->file, machine, FACT_TAINT, value);
			return;
		}
	settings_complain(reader, value, "NoSchedule, PreferNoSchedule, NoExecute",
	        "'%s' is no taint such as dedicated=database:NoSchedule", value->value.at);
}

static void read_taints(const Settings *reader, Node machine, const YamlNode *key, const YamlNode *value)
{
	settings_read_values(reader, machine, key, value, add_taint);
}

static const SettingKey node_keys[] = {{"addresses", read_addresses}, {"aliases", read_node_aliases},
        {"allocatable", read_allocatable}, {"arch", read_arch}, {"capacity", read_capacity}, {"labels", read_labels},
        {"roles", read_roles}, {"taints", read_taints}};

static void read_node(const Settings *reader, Node parent, const YamlNode *key, const YamlNode *value)
{
	Node machine = add_named(reader->file, NODE_MACHINE, parent, key);
	settings_read_keys(reader, machine, key, value, node_keys, G_N_ELEMENTS(node_keys));
}

static void read_nodes(const Settings *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	settings_read_names(reader, document, key, value, read_node);
}

/* ---- areas, aliases, ignored paths ------------------------------------------------------------------------------ */

static bool is_path(const Settings *reader, const YamlNode *value)
{
	if (value->value.length && value->value.at[0] != '/' && !slice_starts(value->value, "../"))
		return true;
	settings_complain(reader, value, NULL, "'%s' is no path in the repository", value->value.at);
	return false;
}

static void add_path(const Settings *reader, Node subject, const YamlNode *key, const YamlNode *value)
{
	if (is_path(reader, value))
		add_scalar(reader->file, subject, FACT_PATH, value);
}

static void read_paths(const Settings *reader, Node subject, const YamlNode *key, const YamlNode *value)
{
	settings_read_values(reader, subject, key, value, add_path);
}

static void read_deprecated(const Settings *reader, Node area, const YamlNode *key, const YamlNode *value)
{
	bool deprecated;
	if (!yaml_is_bool(value, &deprecated))
		settings_complain_shape(reader, key, value, "true or false");
	else if (deprecated)
		graph_add_flag(reader->file->builder, area, FACT_DEPRECATED, value->start, value->end);
}

static const SettingKey area_keys[] = {{"deprecated", read_deprecated}, {"paths", read_paths}};

/* A path, a list of paths, or a map that says more. */
static void read_area(const Settings *reader, Node parent, const YamlNode *key, const YamlNode *value)
{
	Node area = add_named(reader->file, NODE_AREA, parent, key);
	if (yaml_is_map(value))
		settings_read_keys(reader, area, key, value, area_keys, G_N_ELEMENTS(area_keys));
	else
		read_paths(reader, area, key, value);
}

static void read_areas(const Settings *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	settings_read_names(reader, document, key, value, read_area);
}

/* Another name of a node or service: "nas: asuna". */
static void read_one_alias(const Settings *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	if (!yaml_is_scalar(value) || yaml_is_null(value)) {
		settings_complain_shape(reader, key, value, "the name that it stands for");
		return;
	}
	char *text = arena_printf(reader->file->arena, "%s=%s", key->value.at, value->value.at);
	graph_add(reader->file->builder, document, FACT_ALIAS, slice_from(text), value->start, value->end);
}

static void read_aliases(const Settings *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	settings_read_names(reader, document, key, value, read_one_alias);
}

static void add_ignored(const Settings *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	if (is_path(reader, value))
		add_scalar(reader->file, document, FACT_IGNORES, value);
}

static void read_ignore(const Settings *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	settings_read_values(reader, document, key, value, add_ignored);
}

/* ---- rules ---------------------------------------------------------------------------------------------------------
 */

static const char *const levels[] = {"off", "info", "warning", "error", NULL};

static void read_level(const Settings *reader, Node setting, const YamlNode *key, const YamlNode *value)
{
	if (settings_is_word(reader, key, value, levels))
		add_scalar(reader->file, setting, FACT_LEVEL, value);
}

static void read_reason(const Settings *reader, Node setting, const YamlNode *key, const YamlNode *value)
{
	if (yaml_is_scalar(value) && !yaml_is_null(value))
		add_scalar(reader->file, setting, FACT_REASON, value);
	else
		settings_complain_shape(reader, key, value, "a sentence");
}

/* With paths the rule is silent there and as it was elsewhere; that is what level off means then. */
static void read_scoped_level(const Settings *reader, Node setting, const YamlNode *key, const YamlNode *value)
{
	if (settings_is_word(reader, key, value, levels) && !slice_is(value->value, "off"))
		settings_complain(
		        reader, value, NULL, "with paths the level can only be off: the rule is silent there");
}

static const SettingKey rule_keys[] = {{"level", read_level}, {"paths", read_paths}, {"reason", read_reason}};
static const SettingKey scoped_rule_keys[] = {
        {"level", read_scoped_level}, {"paths", read_paths}, {"reason", read_reason}};

/* A level, or a map that says more. Whether a rule has that name is asked where the rules are known. */
static void read_rule(const Settings *reader, Node parent, const YamlNode *key, const YamlNode *value)
{
	Node setting = add_named(reader->file, NODE_SETTING, parent, key);
	if (!yaml_is_map(value)) {
		read_level(reader, setting, key, value);
		return;
	}
	const SettingKey *keys = yaml_get(value, "paths") ? scoped_rule_keys : rule_keys;
	settings_read_keys(reader, setting, key, value, keys, G_N_ELEMENTS(rule_keys));
}

static void read_rules(const Settings *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	settings_read_names(reader, document, key, value, read_rule);
}

static void read_profile(const Settings *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	static const char *const profiles[] = {"homelab", "security", "strict", NULL};
	if (settings_is_word(reader, key, value, profiles))
		add_scalar(reader->file, document, FACT_PROFILE, value);
}

static void read_peer(const Settings *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	static const char *const peers[] = {
	        "checkov", "dclint", "hadolint", "kube-linter", "kube-score", "trivy", "yamllint", NULL};
	if (settings_is_word(reader, key, value, peers))
		add_scalar(reader->file, document, FACT_HONOURS, value);
}

static void read_honour(const Settings *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	settings_read_values(reader, document, key, value, read_peer);
}

/* ---- placement ------------------------------------------------------------------------------------------- */

static void add_setting(const Settings *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	char *text = arena_printf(reader->file->arena, "%s=%s", key->value.at, value->value.at);
	graph_add(reader->file->builder, document, FACT_PLACEMENT, slice_from(text), value->start, value->end);
}

static void read_setting(
        const Settings *reader, Node document, const YamlNode *key, const YamlNode *value, uint32_t low, uint32_t high)
{
	uint32_t number;
	if (yaml_number(value, &number) && number >= low && number <= high)
		add_setting(reader, document, key, value);
	else
		settings_complain(reader, yaml_is_scalar(value) ? value : key, NULL,
		        "'%s' wants a number from %u to %u", key->value.at, low, high);
}

static void read_percent(const Settings *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	read_setting(reader, document, key, value, 0, 100);
}

static void read_step(const Settings *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	read_setting(reader, document, key, value, 1, 25);
}

static void read_weight(const Settings *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	read_setting(reader, document, key, value, 0, 1000);
}

static void add_goal(const Settings *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	static const char *const goals[] = {"pressure", "survival", "wishes", "moves", "traffic", NULL};
	if (settings_is_word(reader, key, value, goals))
		add_setting(reader, document, key, value);
}

static void read_order(const Settings *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	settings_read_values(reader, document, key, value, add_goal);
}

static const SettingKey weight_keys[] = {
        {"gigabyte", read_weight}, {"move", read_weight}, {"restart", read_weight}, {"traffic", read_weight}};

static void read_weights(const Settings *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	settings_read_keys(reader, document, key, value, weight_keys, G_N_ELEMENTS(weight_keys));
}

static const SettingKey placement_keys[] = {
        {"enough", read_percent}, {"order", read_order}, {"step", read_step}, {"weights", read_weights}};

static void read_placement_settings(const Settings *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	settings_read_keys(reader, document, key, value, placement_keys, G_N_ELEMENTS(placement_keys));
}

/* ---- where it runs ------------------------------------------------------------------------------------------- */

static void add_target(
        const Settings *reader, Node document, const char *section, const YamlNode *key, const YamlNode *value)
{
	char *text = arena_printf(reader->file->arena, "%s.%s=%s", section, key->value.at, value->value.at);
	graph_add(reader->file->builder, document, FACT_TARGET, slice_from(text), value->start, value->end);
}

static bool is_text(const Settings *reader, const YamlNode *key, const YamlNode *value)
{
	if (yaml_is_scalar(value) && value->value.length && !yaml_is_null(value))
		return true;
	settings_complain_shape(reader, key, value, "a word");
	return false;
}

static void read_cluster_word(const Settings *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	if (is_text(reader, key, value))
		add_target(reader, document, "cluster", key, value);
}

static const SettingKey cluster_keys[] = {{"context", read_cluster_word}, {"id", read_cluster_word}};

/* Which cluster is meant: without a context it would be any. */
static void read_cluster(const Settings *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	settings_read_keys(reader, document, key, value, cluster_keys, G_N_ELEMENTS(cluster_keys));
	if (yaml_is_map(value) && !yaml_get(value, "context"))
		settings_complain(reader, key, NULL, "cluster has no context, so that none is meant");
}

static void read_engine_word(const Settings *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	if (is_text(reader, key, value))
		add_target(reader, document, "engine", key, value);
}

static void read_host(const Settings *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	if (!is_text(reader, key, value))
		return;
	if (slice_starts(value->value, "unix://") || slice_starts(value->value, "tcp://"))
		add_target(reader, document, "engine", key, value);
	else
		settings_complain(reader, value, NULL,
		        "'%s' is no address such as unix:///run/podman/podman.sock or tcp://nas:2375", value->value.at);
}

static void read_listen(const Settings *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	if (is_text(reader, key, value) && is_address(reader, value))
		add_target(reader, document, "engine", key, value);
}

static void read_parallel(const Settings *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	uint32_t number;
	if (yaml_number(value, &number) && number >= 1 && number <= 64)
		add_target(reader, document, "engine", key, value);
	else
		settings_complain(reader, yaml_is_scalar(value) ? value : key, NULL, "'%s' wants a number from 1 to 64",
		        key->value.at);
}

static void read_pull(const Settings *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	static const char *const policies[] = {"always", "missing", "never", NULL};
	if (settings_is_word(reader, key, value, policies))
		add_target(reader, document, "engine", key, value);
}

static const SettingKey engine_keys[] = {{"context", read_engine_word}, {"host", read_host}, {"listen", read_listen},
        {"parallel", read_parallel}, {"proxy-image", read_engine_word}, {"pull", read_pull}};

/* This machine's Docker or Podman. */
static void read_engine(const Settings *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	settings_read_keys(reader, document, key, value, engine_keys, G_N_ELEMENTS(engine_keys));
	if (yaml_is_map(value) && yaml_get(value, "host") && yaml_get(value, "context"))
		settings_complain(
		        reader, key, NULL, "engine has a host and a context, which may be two engines: leave one out");
}

/* ---- the file
 * ---------------------------------------------------------------------------------------------------------- */

static const SettingKey top_keys[] = {{"aliases", read_aliases}, {"areas", read_areas}, {"cluster", read_cluster},
        {"engine", read_engine}, {"honour", read_honour}, {"ignore", read_ignore}, {"networks", read_networks},
        {"nodes", read_nodes}, {"placement", read_placement_settings}, {"profile", read_profile},
        {"rules", read_rules}};

static bool claims(const SourceFile *file, const YamlDocument *document)
{
	return slice_is(file->path, "labwright.yaml");
}

static void read_labwright(const SourceFile *file, const YamlDocument *document, Node node)
{
	Settings reader = {file, node, yaml_get(document->root, "networks")};
	if (document->number > 1) {
		settings_complain(&reader, document->root, NULL, "only the first document of this file counts");
		return;
	}
	if (!yaml_is_map(document->root)) {
		settings_complain(&reader, document->root, NULL, "this file wants a map and has %s",
		        settings_shape(document->root));
		return;
	}
	settings_read_keys(&reader, node, document->root, document->root, top_keys, G_N_ELEMENTS(top_keys));
}

const Dialect dialect_labwright = {"labwright", claims, read_labwright};
