/* Where people write down which host has which address: Ansible inventories, hosts files, ssh configurations, maps with
 * a name and an address, and tables in documents. Each is told by its own form on the address's line and the lines
 * around it; a name that stands anywhere else near an address is no statement. */
#include "rule/hosts.h"
#include "rule/search.h"

#include "base/path.h"

/* ---- lines --------------------------------------------------------------------------------------------------- */

typedef struct Lines {
	Slice bytes;
	size_t start, end; /* of the line, without its end */
} Lines;

static Lines line_of(const Graph *graph, Span place)
{
	Slice line = graph_line_at(graph, place), bytes = graph_file_bytes(graph, place.file);
	size_t start = (size_t)(line.at - bytes.at);
	return (Lines){bytes, start, start + line.length};
}

static Slice text_of(const Lines *line)
{
	return slice_sub(line->bytes, line->start, line->end);
}

static bool go_up(Lines *line)
{
	if (line->start == 0)
		return false;
	line->end = line->start - 1;
	const char *before = line->end ? memrchr(line->bytes.at, '\n', line->end) : NULL;
	line->start = before ? (size_t)(before - line->bytes.at) + 1 : 0;
	return true;
}

static bool go_down(Lines *line)
{
	if (line->end + 1 >= line->bytes.length)
		return false;
	line->start = line->end + 1;
	line->end = MIN(slice_find_byte(line->bytes, '\n', line->start), line->bytes.length);
	return true;
}

/* Blanks and list dashes before the first word. */
static size_t depth_of(Slice line)
{
	size_t at = 0;
	while (at < line.length && (line.at[at] == ' ' || line.at[at] == '\t' || line.at[at] == '-'))
		at++;
	return at;
}

static bool begins_item(Slice line)
{
	Slice text = slice_trim(line);
	return slice_starts(text, "- ") || slice_starts(text, "{");
}

static Slice strip(Slice text, const char *bytes)
{
	text = slice_trim(text);
	while (text.length && strchr(bytes, text.at[0]))
		text = slice_sub(text, 1, text.length);
	while (text.length && strchr(bytes, text.at[text.length - 1]))
		text.length--;
	return text;
}

/* ---- names ---------------------------------------------------------------------------------------------------------
 */

static bool is_interface(Slice name)
{
	static const char *const starts[] = {"eth", "ens", "enp", "eno", "wlan", "wlp", "br-", "bond", "vlan", "vmbr",
	        "docker", "veth", "tun", "tap"};
	for (size_t i = 0; i < G_N_ELEMENTS(starts); i++)
		if (slice_starts(name, starts[i]) && name.length > strlen(starts[i]) &&
		        g_ascii_isxdigit(name.at[strlen(starts[i])]))
			return true;
	return false;
}

/* One label that could be a machine's: no word that any machine, network or column could be called. */
static bool is_machine_name(Slice name)
{
	static const char *const words[] = {"default", "main", "primary", "secondary", "host", "hosts", "node", "nodes",
	        "server", "servers", "client", "lan", "wan", "dns", "vip", "router", "gateway", "subnet", "network",
	        "test", "example", "localhost", "all", "name", "address", "internal", "external", "private", "public",
	        "api", "ingress", "loadbalancer", "pool", "total", "none", "any", "new", "old", "backup", "master",
	        "worker", "agent", "control", "your-server", "my-server", "hostname", "broadcasthost", "true", "false",
	        "null", NULL};
	bool letter = false;
	if (name.length < 2 || name.length > 63 || !g_ascii_isalnum(name.at[0]) ||
	        !g_ascii_isalnum(name.at[name.length - 1]))
		return false;
	for (size_t i = 0; i < name.length; i++) {
		if (!g_ascii_isalnum(name.at[i]) && name.at[i] != '-' && name.at[i] != '_')
			return false;
		letter |= g_ascii_isalpha(name.at[i]) != 0;
	}
	return letter && !slice_is_any_nocase(name, words) && !is_interface(name);
}

bool is_other_purpose(Slice word)
{
	static const char *const words[] = {"storage", "san", "iscsi", "nfs", "bmc", "ipmi", "idrac", "ilo", "kvm",
	        "wan", "public", "external", "iot", "mgmt", "management", "wifi", "wlan", "ceph", "cluster", "vlan",
	        "old", "former", "previous", "new", "vip", "gateway", "router", "dns", "docker", "bridge", "subnet",
	        "network", "cidr", "netmask", "range", "pool", "lb", "loadbalancer", "backup", "dhcp", "guest",
	        "virtual", "target", "remote", "peer", "upstream", "whitelist", "allowed", "trusted", "replication",
	        "wg", "wg0", "wireguard", "vpn", NULL};
	return slice_is_any_nocase(word, words);
}

/* ---- forms ----------------------------------------------------------------------------------------------------------
 */

/* Nothing but settings stands between a name and the key: else it is a sentence. */
static bool are_settings(Slice text)
{
	for (Slice word; slice_next_word(&text, &word);)
		if (!memchr(word.at, '=', word.length) && !slice_is(word, "{"))
			return false;
	return true;
}

/* `asuna ansible_host=…`, `asuna: {ansible_host: …}`, or `asuna:` above `ansible_host: …`. */
static Slice ansible_name(Lines line, size_t key)
{
	Slice text = text_of(&line), before = slice_sub(line.bytes, line.start, MAX(key, line.start)), word;
	if (slice_trim(before).length) {
		bool is_name = slice_next_word(&before, &word) && !memchr(word.at, '=', word.length) &&
		               are_settings(slice_trim(before));
		return is_name ? strip(word, "\"':") : (Slice){"", 0};
	}
	size_t depth = depth_of(text);
	for (int i = 0; i < 30 && go_up(&line); i++) {
		text = text_of(&line);
		Slice trimmed = slice_trim(text);
		if (trimmed.length == 0 || trimmed.at[0] == '#' || depth_of(text) >= depth)
			continue;
		return slice_ends(trimmed, ":") ? strip(slice_sub(trimmed, 0, trimmed.length - 1), "\"'")
		                                : (Slice){"", 0};
	}
	return (Slice){"", 0};
}

/* `HostName …` below `Host asuna`. */
static Slice ssh_name(Lines line)
{
	Slice text = slice_trim(text_of(&line)), word;
	if (text.length < 10 || g_ascii_strncasecmp(text.at, "hostname ", 9) != 0)
		return (Slice){"", 0};
	for (int i = 0; i < 12 && go_up(&line); i++) {
		text = slice_trim(text_of(&line));
		if (text.length < 6 || g_ascii_strncasecmp(text.at, "host ", 5) != 0)
			continue;
		text = slice_sub(text, 5, text.length);
		return slice_next_word(&text, &word) ? word : (Slice){"", 0};
	}
	return (Slice){"", 0};
}

/* `address names…` in a file that is called hosts. */
static Slice hosts_file_name(const Graph *graph, Span place, Lines line)
{
	Slice path = slice_from(graph_file_path(graph, place.file)), name = path_name(path), word;
	Slice text = slice_trim(text_of(&line)), address = graph_span_bytes(graph, place);
	if (slice_find(name, "hosts", 0) == SIZE_MAX || slice_ends(name, ".md") || text.at != address.at)
		return (Slice){"", 0};
	text = slice_sub(text, address.length, text.length);
	return slice_next_word(&text, &word) ? word : (Slice){"", 0};
}

/* `name: value` or `"name" = "value",`; false where the key is no name for a host. A virtual machine's node is the
 * machine that it runs on. */
static bool read_name_pair(Slice line, bool virtual, Slice *ret_value)
{
	static const char *const all[] = {"name", "hostname", "host", "fqdn", "node", "nodename", "node_name", NULL};
	static const char *const own[] = {"name", "hostname", "fqdn", NULL};
	const char *const *keys = virtual ? own : all;
	Slice text = slice_trim(slice_sub(line, depth_of(line), line.length));
	size_t end = 0;
	while (end < text.length && text.at[end] != ':' && text.at[end] != '=')
		end++;
	if (end == text.length || !slice_is_any_nocase(strip(slice_sub(text, 0, end), "\"'{ "), keys))
		return false;
	*ret_value = strip(slice_sub(text, end + 1, text.length), "\"', }");
	return true;
}

/* The name of the map that the address is a value of: looked for among its pairs, which stand as deep. */
static Slice sibling_name(Lines line, bool virtual)
{
	Slice value, own = text_of(&line);
	size_t depth = depth_of(own);
	Lines at = line;
	for (int i = 0; i < 10 && !begins_item(text_of(&at)) && go_up(&at); i++) {
		Slice text = text_of(&at);
		if (depth_of(text) < depth || slice_trim(text).length == 0)
			break;
		if (depth_of(text) == depth && read_name_pair(text, virtual, &value))
			return value;
	}
	for (int i = 0; i < 10 && go_down(&line); i++) {
		Slice text = text_of(&line);
		if (depth_of(text) < depth || begins_item(text) || slice_trim(text).length == 0)
			break;
		if (depth_of(text) == depth && read_name_pair(text, virtual, &value))
			return value;
	}
	return (Slice){"", 0};
}

static Slice cell_at(Slice line, uint32_t wanted)
{
	Slice text = slice_trim(line);
	size_t start = slice_starts(text, "|") ? 1 : 0;
	for (uint32_t n = 0;; n++) {
		size_t end = MIN(slice_find_byte(text, '|', MIN(start, text.length)), text.length);
		if (n == wanted)
			return start <= end ? strip(slice_sub(text, start, end), "*`_ ") : (Slice){"", 0};
		if (end >= text.length)
			return (Slice){"", 0};
		start = end + 1;
	}
}

bool table_cell(const Graph *graph, Span place, Slice *ret_first, Slice *ret_header, Slice *ret_first_header)
{
	Lines line = line_of(graph, place);
	Slice row = slice_trim(text_of(&line));
	if (!slice_starts(row, "|"))
		return false;
	uint32_t column = 0;
	for (const char *at = row.at + 1; at < line.bytes.at + place.start; at++)
		column += *at == '|';
	for (int i = 0; i < 60 && go_up(&line); i++) {
		Slice text = slice_trim(text_of(&line));
		if (!slice_starts(text, "|"))
			return false;
		if (slice_find(text, "---", 0) == SIZE_MAX || !go_up(&line))
			continue;
		*ret_first = cell_at(row, 0);
		*ret_header = cell_at(text_of(&line), column);
		*ret_first_header = cell_at(text_of(&line), 0);
		return true;
	}
	return false;
}

static Slice table_name(const Graph *graph, Span place)
{
	static const char *const headers[] = {"node", "host", "hostname", "machine", "server", "nodes", "hosts", NULL};
	Slice first, header, first_header;
	if (!table_cell(graph, place, &first, &header, &first_header) || is_other_purpose(header))
		return (Slice){"", 0};
	return slice_is_any_nocase(first_header, headers) ? first : (Slice){"", 0};
}

/* The line says that its values are to be replaced, or calls them an example. */
static bool calls_example(Slice text)
{
	static const char *const words[] = {
	        "example", "e.g.", "sample", "placeholder", "replace", "your own", "<--", "ersetzen", "anpassen", NULL};
	g_autofree char *lower = g_ascii_strdown(text.at, (gssize)MIN(text.length, 300));
	return text_has_part(lower, words);
}

/* A fence of a document, below a line that calls it an example; or a line of a document that says so itself. */
bool is_in_example(const Graph *graph, Span place)
{
	Lines line = line_of(graph, place);
	bool fence = false;
	if (!slice_ends(slice_from(graph_file_path(graph, place.file)), ".md"))
		return false;
	if (calls_example(text_of(&line)))
		return true;
	for (int i = 0; i < 40 && go_up(&line); i++) {
		Slice text = slice_trim(text_of(&line));
		if (slice_starts(text, "```")) {
			if (fence)
				return false;
			fence = true;
			continue;
		}
		if (!fence || text.length == 0)
			continue;
		return calls_example(text);
	}
	return false;
}

static bool is_terraform(const Graph *graph, uint32_t file)
{
	Slice path = slice_from(graph_file_path(graph, file));
	return slice_ends(path, ".tf") || slice_find(path_name(path), ".tfvars", 0) != SIZE_MAX ||
	       slice_ends(path, ".hcl");
}

Slice inventory_name(const Graph *graph, Node mention)
{
	static const char *const ansible[] = {"ansible_host", "ansible_ssh_host", NULL};
	static const char *const addresses[] = {"ip", "ipaddress", "ip_address", "ip-address", "ipv4", "address",
	        "addr", "node_ip", "nodeip", "host_ip", "hostip", "internal_ip", "internalip", "privateip",
	        "private_ip", "lan_ip", "tailscale_ip", NULL};
	Span place = graph_place(graph, mention);
	const Row *row = graph_find(graph, mention, FACT_NEARBY_NAME);
	Slice key = row ? graph_symbol_slice(graph, row->object) : (Slice){"", 0};
	Lines line = line_of(graph, place);
	Slice name = table_name(graph, place);
	if (name.length == 0 && slice_is_any_nocase(key, ansible))
		name = ansible_name(line, graph_span(graph, row).start);
	else if (name.length == 0 && slice_is_any_nocase(key, addresses) && graph_span(graph, row).start >= line.start)
		name = sibling_name(line, is_terraform(graph, place.file));
	if (name.length == 0)
		name = ssh_name(line);
	if (name.length == 0)
		name = hosts_file_name(graph, place, line);
	return is_machine_name(name) ? name : (Slice){"", 0};
}
