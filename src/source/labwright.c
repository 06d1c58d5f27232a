/* labwright.yaml: what the owner says of the homelab, so that no rule has to guess.
 *
 * A table for each map names its keys; a key that is not in the table, a value of another shape, an address that lies
 * outside its network become PROBLEM nodes with what would have been right, and the rest of the file is still read.
 * docs/labwright.schema.json says the same for editors; a test holds the two against each other. */
#include "base/ip.h"
#include "base/near.h"
#include "source/source.h"

typedef struct Reader {
	const SourceFile *file;
	Node document;
	const YamlNode *networks; /* to look addresses up in; may be NULL or anything */
} Reader;

typedef void KeyReader(const Reader *reader, Node subject, const YamlNode *key, const YamlNode *value);

typedef struct Key {
	const char *name;
	KeyReader *read;
} Key;

/* ---- what is wrong ------------------------------------------------------------------------------------ */

/* expected is a list of words for the reader of the message, or NULL. */
G_GNUC_PRINTF(4, 5)
static void complain(const Reader *reader, const YamlNode *at, const char *expected, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *message = g_strdup_vprintf(format, args);
	va_end(args);
	size_t end = yaml_is_scalar(at) ? at->end : at->start;
	graph_add_problem(reader->file->builder, reader->document, "config-invalid", message, expected, at->start, end);
}

static const char *shape_of(const YamlNode *node)
{
	if (yaml_is_null(node))
		return "nothing";
	return yaml_is_map(node) ? "a map" : yaml_is_sequence(node) ? "a list" : "a single value";
}

static void complain_shape(const Reader *reader, const YamlNode *key, const YamlNode *value, const char *wanted)
{
	complain(reader, yaml_is_scalar(value) && value->end > value->start ? value : key, NULL,
	        "'%s' wants %s and has %s", yaml_text(key).at, wanted, shape_of(value));
}

/* "unknown key 'x'; did you mean 'y'?" with all that would be known here. */
static void complain_word(
        const Reader *reader, const YamlNode *at, const char *what, const Slice *known, size_t n_known)
{
	g_autoptr(GString) list = g_string_new(NULL);
	for (size_t i = 0; i < n_known; i++)
		g_string_append_printf(list, "%s%.*s", i ? ", " : "", SLICE_ARGS(known[i]));
	Slice word = yaml_text(at);
	size_t near = near_find(word, known, n_known, near_limit(word));
	if (near == SIZE_MAX)
		complain(reader, at, list->len ? list->str : NULL, "%s '%s'", what, word.at);
	else
		complain(
		        reader, at, list->str, "%s '%s'; did you mean '%.*s'?", what, word.at, SLICE_ARGS(known[near]));
}

/* True if the scalar is one of the words; complains otherwise. */
static bool is_word_of(const Reader *reader, const YamlNode *key, const YamlNode *value, const char *const *words)
{
	Slice known[16];
	size_t n = 0;
	if (!yaml_is_scalar(value) || yaml_is_null(value)) {
		complain_shape(reader, key, value, "a word");
		return false;
	}
	for (; words[n]; n++) {
		known[n] = slice_from(words[n]);
		if (slice_equal(known[n], value->value))
			return true;
	}
	g_autofree char *what = g_strdup_printf("%s cannot be", yaml_text(key).at);
	complain_word(reader, value, what, known, n);
	return false;
}

/* ---- shapes ----------------------------------------------------------------------------------------------- */

#define MOST_KEYS 16

static const Key *find_key(const Key *keys, size_t n_keys, Slice name)
{
	for (size_t i = 0; i < n_keys; i++)
		if (slice_is(name, keys[i].name))
			return &keys[i];
	return NULL;
}

/* A map with known keys; nothing at all is an empty one. */
static void read_keys(
        const Reader *reader, Node subject, const YamlNode *key, const YamlNode *map, const Key *keys, size_t n_keys)
{
	Slice known[MOST_KEYS];
	if (yaml_is_null(map))
		return;
	if (!yaml_is_map(map)) {
		complain_shape(reader, key, map, "a map");
		return;
	}
	for (size_t i = 0; i < n_keys; i++)
		known[i] = slice_from(keys[i].name);
	for (YamlPairs pairs = yaml_pairs(map); yaml_next_pair(&pairs);) {
		const Key *found = find_key(keys, n_keys, yaml_text(pairs.key));
		if (found)
			found->read(reader, subject, pairs.key, pairs.value);
		else if (yaml_is_scalar(pairs.key) && !slice_starts(pairs.key->value, "x-"))
			complain_word(reader, pairs.key, "unknown key", known, n_keys);
	}
}

/* A map from names to something: `each` is called for every pair. */
static void read_names(const Reader *reader, Node subject, const YamlNode *key, const YamlNode *map, KeyReader *each)
{
	if (yaml_is_null(map))
		return;
	if (!yaml_is_map(map)) {
		complain_shape(reader, key, map, "a map from names");
		return;
	}
	for (YamlPairs pairs = yaml_pairs(map); yaml_next_pair(&pairs);)
		if (yaml_is_scalar(pairs.key) && pairs.key->value.length)
			each(reader, subject, pairs.key, pairs.value);
}

/* One value or a list of them; nothing at all is an empty list. */
static void read_values(const Reader *reader, Node subject, const YamlNode *key, const YamlNode *value, KeyReader *each)
{
	if (yaml_is_null(value))
		return;
	if (yaml_is_scalar(value)) {
		each(reader, subject, key, value);
		return;
	}
	if (!yaml_is_sequence(value)) {
		complain_shape(reader, key, value, "a value or a list of values");
		return;
	}
	YAML_EACH_ITEM (value, item) {
		if (yaml_is_scalar(item) && !yaml_is_null(item))
			each(reader, subject, key, item);
		else
			complain_shape(reader, key, item, "single values in its list");
	}
}

/* ---- networks ------------------------------------------------------------------------------------------------ */

static void add_cidr(const Reader *reader, Node network, const YamlNode *key, const YamlNode *value)
{
	IpRange range;
	if (!ip_range_parse(value->value, &range) || slice_find_byte(value->value, '/', 0) == SIZE_MAX) {
		complain(reader, value, NULL, "'%s' is no network such as 192.168.8.0/24", value->value.at);
		return;
	}
	add_scalar(reader->file, network, FACT_ADDRESS, value);
	graph_add_number(reader->file->builder, network, FACT_PREFIX_LENGTH, range.prefix, value->start, value->end);
}

static void read_cidr(const Reader *reader, Node network, const YamlNode *key, const YamlNode *value)
{
	read_values(reader, network, key, value, add_cidr);
}

static bool is_address(const Reader *reader, const YamlNode *value)
{
	Ip ip;
	if (ip_parse(value->value, &ip))
		return true;
	complain(reader, value, NULL, "'%s' is no address", value->value.at);
	return false;
}

static void add_gateway(const Reader *reader, Node network, const YamlNode *key, const YamlNode *value)
{
	if (is_address(reader, value))
		add_scalar(reader->file, network, FACT_GATEWAY, value);
}

static void read_gateway(const Reader *reader, Node network, const YamlNode *key, const YamlNode *value)
{
	read_values(reader, network, key, value, add_gateway);
}

static void add_dns(const Reader *reader, Node network, const YamlNode *key, const YamlNode *value)
{
	if (is_address(reader, value))
		add_scalar(reader->file, network, FACT_RESOLVER, value);
}

static void read_dns(const Reader *reader, Node network, const YamlNode *key, const YamlNode *value)
{
	read_values(reader, network, key, value, add_dns);
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

static void add_dhcp(const Reader *reader, Node network, const YamlNode *key, const YamlNode *value)
{
	if (is_address_range(value->value))
		add_scalar(reader->file, network, FACT_LEASES, value);
	else
		complain(reader, value, NULL, "'%s' is no range such as 192.168.8.100-192.168.8.199", value->value.at);
}

static void read_dhcp(const Reader *reader, Node network, const YamlNode *key, const YamlNode *value)
{
	read_values(reader, network, key, value, add_dhcp);
}

static void read_kind(const Reader *reader, Node network, const YamlNode *key, const YamlNode *value)
{
	static const char *const kinds[] = {"lan", "overlay", "pods", "services", NULL};
	if (is_word_of(reader, key, value, kinds))
		add_scalar(reader->file, network, FACT_TYPE, value);
}

static const Key network_keys[] = {
        {"cidr", read_cidr}, {"dhcp", read_dhcp}, {"dns", read_dns}, {"gateway", read_gateway}, {"kind", read_kind}};

static void read_network(const Reader *reader, Node parent, const YamlNode *key, const YamlNode *value)
{
	Node network = add_named(reader->file, NODE_NETWORK, parent, key);
	if (yaml_is_map(value) && !yaml_get(value, "cidr"))
		complain(reader, key, NULL, "network '%s' has no cidr", key->value.at);
	read_keys(reader, network, key, value, network_keys, G_N_ELEMENTS(network_keys));
}

static void read_networks(const Reader *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	read_names(reader, document, key, value, read_network);
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

static void add_address(const Reader *reader, Node machine, const YamlNode *key, const YamlNode *value)
{
	Ip ip;
	if (!is_address(reader, value))
		return;
	const YamlNode *cidr = yaml_get(yaml_get(reader->networks, yaml_text(key).at), "cidr");
	if (cidr && ip_parse(value->value, &ip) && !lies_in(cidr, &ip)) {
		complain(reader, value, NULL, "%s lies outside network '%s'", value->value.at, yaml_text(key).at);
		return;
	}
	add_scalar(reader->file, machine, FACT_ADDRESS, value);
}

static void complain_network(const Reader *reader, const YamlNode *key)
{
	Slice known[MOST_KEYS];
	size_t n = 0;
	YamlPairs pairs = yaml_pairs(reader->networks);
	while (n < MOST_KEYS && yaml_next_pair(&pairs))
		known[n++] = yaml_text(pairs.key);
	complain_word(reader, key, "no network is called", known, n);
}

/* The key of each pair is a network's name. */
static void read_node_network(const Reader *reader, Node machine, const YamlNode *key, const YamlNode *value)
{
	if (!yaml_is_map(reader->networks) || !yaml_get(reader->networks, key->value.at))
		complain_network(reader, key);
	read_values(reader, machine, key, value, add_address);
}

static void read_addresses(const Reader *reader, Node machine, const YamlNode *key, const YamlNode *value)
{
	read_names(reader, machine, key, value, read_node_network);
}

static void add_alias(const Reader *reader, Node machine, const YamlNode *key, const YamlNode *value)
{
	add_scalar(reader->file, machine, FACT_ALIAS, value);
}

static void read_node_aliases(const Reader *reader, Node machine, const YamlNode *key, const YamlNode *value)
{
	read_values(reader, machine, key, value, add_alias);
}

static void read_arch(const Reader *reader, Node machine, const YamlNode *key, const YamlNode *value)
{
	static const char *const arches[] = {"amd64", "arm64", "arm", "386", "riscv64", "ppc64le", "s390x", NULL};
	if (is_word_of(reader, key, value, arches))
		add_scalar(reader->file, machine, FACT_ARCHITECTURE, value);
}

static void add_role(const Reader *reader, Node machine, const YamlNode *key, const YamlNode *value)
{
	add_scalar(reader->file, machine, FACT_ROLE, value);
}

static void read_roles(const Reader *reader, Node machine, const YamlNode *key, const YamlNode *value)
{
	read_values(reader, machine, key, value, add_role);
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

static void read_amount(const Reader *reader, Node machine, FactKind kind, const YamlNode *key, const YamlNode *value)
{
	if (!yaml_is_scalar(value)) {
		complain_shape(reader, key, value, "an amount such as 4, 500m or 8Gi");
		return;
	}
	if (!is_quantity(value->value)) {
		complain(reader, value, NULL, "'%s' is no amount such as 4, 500m or 8Gi", value->value.at);
		return;
	}
	char *text = arena_printf(reader->file->arena, "%s=%s", key->value.at, value->value.at);
	graph_add(reader->file->builder, machine, kind, slice_from(text), value->start, value->end);
}

static void read_capacity_amount(const Reader *reader, Node machine, const YamlNode *key, const YamlNode *value)
{
	read_amount(reader, machine, FACT_CAPACITY, key, value);
}

static void read_allocatable_amount(const Reader *reader, Node machine, const YamlNode *key, const YamlNode *value)
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
static const Key capacity_keys[] = AMOUNT_KEYS(read_capacity_amount);
static const Key allocatable_keys[] = AMOUNT_KEYS(read_allocatable_amount);

static void read_capacity(const Reader *reader, Node machine, const YamlNode *key, const YamlNode *value)
{
	read_keys(reader, machine, key, value, capacity_keys, G_N_ELEMENTS(capacity_keys));
}

static void read_allocatable(const Reader *reader, Node machine, const YamlNode *key, const YamlNode *value)
{
	read_keys(reader, machine, key, value, allocatable_keys, G_N_ELEMENTS(allocatable_keys));
}

static void read_label(const Reader *reader, Node machine, const YamlNode *key, const YamlNode *value)
{
	if (!yaml_is_scalar(value)) {
		complain_shape(reader, key, value, "the value of a label");
		return;
	}
	char *text = arena_printf(reader->file->arena, "%s=%s", key->value.at, value->value.at);
	graph_add(reader->file->builder, machine, FACT_LABEL, slice_from(text), value->start, value->end);
}

static void read_labels(const Reader *reader, Node machine, const YamlNode *key, const YamlNode *value)
{
	read_names(reader, machine, key, value, read_label);
}

/* key=value:effect or key:effect, as kubectl taint takes it. */
static void add_taint(const Reader *reader, Node machine, const YamlNode *key, const YamlNode *value)
{
	static const char *const effects[] = {":NoSchedule", ":PreferNoSchedule", ":NoExecute"};
	for (size_t i = 0; i < G_N_ELEMENTS(effects); i++)
		if (slice_ends(value->value, effects[i]) && value->value.length > strlen(effects[i])) {
			add_scalar(reader->file, machine, FACT_TAINT, value);
			return;
		}
	complain(reader, value, "NoSchedule, PreferNoSchedule, NoExecute",
	        "'%s' is no taint such as dedicated=database:NoSchedule", value->value.at);
}

static void read_taints(const Reader *reader, Node machine, const YamlNode *key, const YamlNode *value)
{
	read_values(reader, machine, key, value, add_taint);
}

static const Key node_keys[] = {{"addresses", read_addresses}, {"aliases", read_node_aliases},
        {"allocatable", read_allocatable}, {"arch", read_arch}, {"capacity", read_capacity}, {"labels", read_labels},
        {"roles", read_roles}, {"taints", read_taints}};

static void read_node(const Reader *reader, Node parent, const YamlNode *key, const YamlNode *value)
{
	Node machine = add_named(reader->file, NODE_MACHINE, parent, key);
	read_keys(reader, machine, key, value, node_keys, G_N_ELEMENTS(node_keys));
}

static void read_nodes(const Reader *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	read_names(reader, document, key, value, read_node);
}

/* ---- areas, aliases, ignored paths ------------------------------------------------------------------------------ */

static bool is_path(const Reader *reader, const YamlNode *value)
{
	if (value->value.length && value->value.at[0] != '/' && !slice_starts(value->value, "../"))
		return true;
	complain(reader, value, NULL, "'%s' is no path in the repository", value->value.at);
	return false;
}

static void add_path(const Reader *reader, Node subject, const YamlNode *key, const YamlNode *value)
{
	if (is_path(reader, value))
		add_scalar(reader->file, subject, FACT_PATH, value);
}

static void read_paths(const Reader *reader, Node subject, const YamlNode *key, const YamlNode *value)
{
	read_values(reader, subject, key, value, add_path);
}

static void read_deprecated(const Reader *reader, Node area, const YamlNode *key, const YamlNode *value)
{
	bool deprecated;
	if (!yaml_is_bool(value, &deprecated))
		complain_shape(reader, key, value, "true or false");
	else if (deprecated)
		graph_add_flag(reader->file->builder, area, FACT_DEPRECATED, value->start, value->end);
}

static const Key area_keys[] = {{"deprecated", read_deprecated}, {"paths", read_paths}};

/* A path, a list of paths, or a map that says more. */
static void read_area(const Reader *reader, Node parent, const YamlNode *key, const YamlNode *value)
{
	Node area = add_named(reader->file, NODE_AREA, parent, key);
	if (yaml_is_map(value))
		read_keys(reader, area, key, value, area_keys, G_N_ELEMENTS(area_keys));
	else
		read_paths(reader, area, key, value);
}

static void read_areas(const Reader *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	read_names(reader, document, key, value, read_area);
}

/* Another name of a node or service: "nas: asuna". */
static void read_one_alias(const Reader *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	if (!yaml_is_scalar(value) || yaml_is_null(value)) {
		complain_shape(reader, key, value, "the name that it stands for");
		return;
	}
	char *text = arena_printf(reader->file->arena, "%s=%s", key->value.at, value->value.at);
	graph_add(reader->file->builder, document, FACT_ALIAS, slice_from(text), value->start, value->end);
}

static void read_aliases(const Reader *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	read_names(reader, document, key, value, read_one_alias);
}

static void add_ignored(const Reader *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	if (is_path(reader, value))
		add_scalar(reader->file, document, FACT_IGNORES, value);
}

static void read_ignore(const Reader *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	read_values(reader, document, key, value, add_ignored);
}

/* ---- rules ---------------------------------------------------------------------------------------------------------
 */

static const char *const levels[] = {"off", "info", "warning", "error", NULL};

static void read_level(const Reader *reader, Node setting, const YamlNode *key, const YamlNode *value)
{
	if (is_word_of(reader, key, value, levels))
		add_scalar(reader->file, setting, FACT_LEVEL, value);
}

static void read_reason(const Reader *reader, Node setting, const YamlNode *key, const YamlNode *value)
{
	if (yaml_is_scalar(value) && !yaml_is_null(value))
		add_scalar(reader->file, setting, FACT_REASON, value);
	else
		complain_shape(reader, key, value, "a sentence");
}

/* With paths the rule is silent there and as it was elsewhere; that is what level off means then. */
static void read_scoped_level(const Reader *reader, Node setting, const YamlNode *key, const YamlNode *value)
{
	if (is_word_of(reader, key, value, levels) && !slice_is(value->value, "off"))
		complain(reader, value, NULL, "with paths the level can only be off: the rule is silent there");
}

static const Key rule_keys[] = {{"level", read_level}, {"paths", read_paths}, {"reason", read_reason}};
static const Key scoped_rule_keys[] = {{"level", read_scoped_level}, {"paths", read_paths}, {"reason", read_reason}};

/* A level, or a map that says more. Whether a rule has that name is asked where the rules are known. */
static void read_rule(const Reader *reader, Node parent, const YamlNode *key, const YamlNode *value)
{
	Node setting = add_named(reader->file, NODE_SETTING, parent, key);
	if (!yaml_is_map(value)) {
		read_level(reader, setting, key, value);
		return;
	}
	const Key *keys = yaml_get(value, "paths") ? scoped_rule_keys : rule_keys;
	read_keys(reader, setting, key, value, keys, G_N_ELEMENTS(rule_keys));
}

static void read_rules(const Reader *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	read_names(reader, document, key, value, read_rule);
}

static void read_profile(const Reader *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	static const char *const profiles[] = {"homelab", "security", "strict", NULL};
	if (is_word_of(reader, key, value, profiles))
		add_scalar(reader->file, document, FACT_PROFILE, value);
}

static void read_peer(const Reader *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	static const char *const peers[] = {
	        "checkov", "dclint", "hadolint", "kube-linter", "kube-score", "trivy", "yamllint", NULL};
	if (is_word_of(reader, key, value, peers))
		add_scalar(reader->file, document, FACT_HONOURS, value);
}

static void read_honour(const Reader *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	read_values(reader, document, key, value, read_peer);
}

/* ---- placement ------------------------------------------------------------------------------------------- */

static void add_setting(const Reader *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	char *text = arena_printf(reader->file->arena, "%s=%s", key->value.at, value->value.at);
	graph_add(reader->file->builder, document, FACT_PLACEMENT, slice_from(text), value->start, value->end);
}

static void read_setting(
        const Reader *reader, Node document, const YamlNode *key, const YamlNode *value, uint32_t low, uint32_t high)
{
	uint32_t number;
	if (yaml_number(value, &number) && number >= low && number <= high)
		add_setting(reader, document, key, value);
	else
		complain(reader, yaml_is_scalar(value) ? value : key, NULL, "'%s' wants a number from %u to %u",
		        key->value.at, low, high);
}

static void read_percent(const Reader *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	read_setting(reader, document, key, value, 0, 100);
}

static void read_step(const Reader *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	read_setting(reader, document, key, value, 1, 25);
}

static void read_weight(const Reader *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	read_setting(reader, document, key, value, 0, 1000);
}

static void add_goal(const Reader *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	static const char *const goals[] = {"pressure", "survival", "wishes", "moves", "traffic", NULL};
	if (is_word_of(reader, key, value, goals))
		add_setting(reader, document, key, value);
}

static void read_order(const Reader *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	read_values(reader, document, key, value, add_goal);
}

static const Key weight_keys[] = {
        {"gigabyte", read_weight}, {"move", read_weight}, {"restart", read_weight}, {"traffic", read_weight}};

static void read_weights(const Reader *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	read_keys(reader, document, key, value, weight_keys, G_N_ELEMENTS(weight_keys));
}

static const Key placement_keys[] = {
        {"enough", read_percent}, {"order", read_order}, {"step", read_step}, {"weights", read_weights}};

static void read_placement_settings(const Reader *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	read_keys(reader, document, key, value, placement_keys, G_N_ELEMENTS(placement_keys));
}

/* ---- where it runs ------------------------------------------------------------------------------------------- */

static void add_target(
        const Reader *reader, Node document, const char *section, const YamlNode *key, const YamlNode *value)
{
	char *text = arena_printf(reader->file->arena, "%s.%s=%s", section, key->value.at, value->value.at);
	graph_add(reader->file->builder, document, FACT_TARGET, slice_from(text), value->start, value->end);
}

static bool is_text(const Reader *reader, const YamlNode *key, const YamlNode *value)
{
	if (yaml_is_scalar(value) && value->value.length && !yaml_is_null(value))
		return true;
	complain_shape(reader, key, value, "a word");
	return false;
}

static void read_cluster_word(const Reader *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	if (is_text(reader, key, value))
		add_target(reader, document, "cluster", key, value);
}

static const Key cluster_keys[] = {{"context", read_cluster_word}, {"id", read_cluster_word}};

/* Which cluster is meant: without a context it would be any. */
static void read_cluster(const Reader *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	read_keys(reader, document, key, value, cluster_keys, G_N_ELEMENTS(cluster_keys));
	if (yaml_is_map(value) && !yaml_get(value, "context"))
		complain(reader, key, NULL, "cluster has no context, so that none is meant");
}

static void read_engine_word(const Reader *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	if (is_text(reader, key, value))
		add_target(reader, document, "engine", key, value);
}

static void read_host(const Reader *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	if (!is_text(reader, key, value))
		return;
	if (slice_starts(value->value, "unix://") || slice_starts(value->value, "tcp://"))
		add_target(reader, document, "engine", key, value);
	else
		complain(reader, value, NULL,
		        "'%s' is no address such as unix:///run/podman/podman.sock or tcp://nas:2375", value->value.at);
}

static void read_listen(const Reader *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	if (is_text(reader, key, value) && is_address(reader, value))
		add_target(reader, document, "engine", key, value);
}

static void read_parallel(const Reader *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	uint32_t number;
	if (yaml_number(value, &number) && number >= 1 && number <= 64)
		add_target(reader, document, "engine", key, value);
	else
		complain(reader, yaml_is_scalar(value) ? value : key, NULL, "'%s' wants a number from 1 to 64",
		        key->value.at);
}

static void read_pull(const Reader *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	static const char *const policies[] = {"always", "missing", "never", NULL};
	if (is_word_of(reader, key, value, policies))
		add_target(reader, document, "engine", key, value);
}

static const Key engine_keys[] = {{"context", read_engine_word}, {"host", read_host}, {"listen", read_listen},
        {"parallel", read_parallel}, {"proxy-image", read_engine_word}, {"pull", read_pull}};

/* This machine's Docker or Podman. */
static void read_engine(const Reader *reader, Node document, const YamlNode *key, const YamlNode *value)
{
	read_keys(reader, document, key, value, engine_keys, G_N_ELEMENTS(engine_keys));
	if (yaml_is_map(value) && yaml_get(value, "host") && yaml_get(value, "context"))
		complain(reader, key, NULL, "engine has a host and a context, which may be two engines: leave one out");
}

/* ---- the file
 * ---------------------------------------------------------------------------------------------------------- */

static const Key top_keys[] = {{"aliases", read_aliases}, {"areas", read_areas}, {"cluster", read_cluster},
        {"engine", read_engine}, {"honour", read_honour}, {"ignore", read_ignore}, {"networks", read_networks},
        {"nodes", read_nodes}, {"placement", read_placement_settings}, {"profile", read_profile},
        {"rules", read_rules}};

static bool claims(const SourceFile *file, const YamlDocument *document)
{
	return slice_is(file->path, "labwright.yaml");
}

static void read_labwright(const SourceFile *file, const YamlDocument *document, Node node)
{
	Reader reader = {file, node, yaml_get(document->root, "networks")};
	if (document->number > 1) {
		complain(&reader, document->root, NULL, "only the first document of this file counts");
		return;
	}
	if (!yaml_is_map(document->root)) {
		complain(&reader, document->root, NULL, "this file wants a map and has %s", shape_of(document->root));
		return;
	}
	read_keys(&reader, node, document->root, document->root, top_keys, G_N_ELEMENTS(top_keys));
}

const Dialect dialect_labwright = {"labwright", claims, read_labwright};
