/* Names beside addresses. A line with two hosts, or with two addresses of one kind, says nothing of one host, unless it
 * is a row that gives one host several. Prose that merely has both on one line says nothing either. */
#include "rule/hosts.h"

#include "base/path.h"
#include "rule/rule.h"
#include "rule/search.h"

#define HOSTNAME "kubernetes.io/hostname="
#define MOST_HOSTS 200
#define MOST_USES 20000

/* ---- names --------------------------------------------------------------------------------------------------- */

static const char *lower(Hosts *hosts, Slice name)
{
	g_autofree char *text = g_ascii_strdown(name.at, (gssize)name.length);
	return g_string_chunk_insert_const(hosts->texts, text);
}

static void add_name(Hosts *hosts, Slice name, const char *host, Node place)
{
	const char *key = lower(hosts, name);
	if (name.length < 3 || name.length > 63 || memchr(name.at, '$', name.length) ||
	        g_hash_table_size(hosts->names) >= MOST_HOSTS || g_hash_table_contains(hosts->names, key))
		return;
	g_hash_table_insert(hosts->names, (gpointer)key, (gpointer)(host ? host : key));
	if (!host)
		g_hash_table_insert(hosts->places, (gpointer)key, GUINT_TO_POINTER(place));
}

static void add_hostnames(Hosts *hosts, FactKind kind)
{
	GRAPH_EACH (hosts->graph, kind, row) {
		Slice pair = graph_symbol_slice(hosts->graph, row->object);
		if (slice_starts(pair, HOSTNAME) && !is_quiet(hosts->graph, row->subject))
			add_name(hosts, slice_sub(pair, strlen(HOSTNAME), pair.length), NULL, row->subject);
	}
}

static void add_machines(Hosts *hosts)
{
	const Graph *graph = hosts->graph;
	GRAPH_NODES (graph, NODE_MACHINE, machine) {
		Slice name = graph_symbol_slice(graph, graph_name_symbol(graph, machine));
		add_name(hosts, name, NULL, machine);
		const char *host = g_hash_table_lookup(hosts->names, lower(hosts, name));
		GRAPH_OF (graph, machine, FACT_ALIAS, row)
			add_name(hosts, graph_symbol_slice(graph, row->object), host, machine);
	}
}

static void add_inventories(Hosts *hosts)
{
	const Graph *graph = hosts->graph;
	GRAPH_EACH (graph, FACT_ADDRESS, row) {
		IpScope scope;
		Node mention = row->subject;
		if (graph_node_type(graph, mention) != NODE_MENTION || !is_host_address(graph, mention, &scope) ||
		        is_quiet(graph, mention))
			continue;
		Slice name = inventory_name(graph, mention);
		if (name.length)
			add_name(hosts, name, NULL, mention);
	}
}

/* Manifests of nodes, which name them. */
static void add_nodes(Hosts *hosts)
{
	const Graph *graph = hosts->graph;
	Symbol kind;
	if (!graph_find_symbol(graph, SLICE("Node"), &kind))
		return;
	GRAPH_TO (graph, FACT_KIND, kind, row)
		if (strcmp(graph_text(graph, row->subject, FACT_API_VERSION), "v1") == 0 &&
		        !is_quiet(graph, row->subject))
			add_name(hosts, graph_symbol_slice(graph, graph_name_symbol(graph, row->subject)), NULL,
			        row->subject);
}

const char *hosts_find(const Hosts *hosts, const char *name)
{
	g_autofree char *key = g_ascii_strdown(name, -1);
	return g_hash_table_lookup(hosts->names, key);
}

static const char *find_slice(const Hosts *hosts, Slice name)
{
	char key[64];
	if (name.length == 0 || name.length >= sizeof key)
		return NULL;
	for (size_t i = 0; i < name.length; i++)
		key[i] = g_ascii_tolower(name.at[i]);
	key[name.length] = '\0';
	return g_hash_table_lookup(hosts->names, key);
}

/* ---- addresses ------------------------------------------------------------------------------------------------- */

/* Ranges that clusters give to pods and Services by default. */
static bool is_cluster_range(const Ip *ip)
{
	uint8_t second = ip->bytes[1];
	return ip->bytes[0] == 10 &&
	       ((second >= 42 && second <= 44) || (second >= 96 && second <= 111) || second == 244 || second == 100);
}

/* Records of programs are no statements of the owner. */
static bool is_record(const Graph *graph, Node mention)
{
	Slice path = slice_from(graph_file_path(graph, graph_file_of(graph, mention)));
	return slice_ends(path, ".jsonl") || slice_ends(path, ".log") || slice_ends(path, ".csv");
}

/* `Network=monitoring.network:ip=…` of a Quadlet: a container has one in each of its networks. */
static bool is_of_container(const Graph *graph, Node mention)
{
	Slice line = slice_trim(graph_line_at(graph, graph_place(graph, mention)));
	while (line.length && strchr("# ", line.at[0]))
		line = slice_sub(line, 1, line.length);
	return slice_starts(line, "Network=");
}

/* "Until 2023 alder was 192.168.1.10": prose and comments tell how it was, and that stays true. */
static bool is_of_the_past(const Graph *graph, Node mention)
{
	static const char *const words[] = {"until ", " was ", " were ", "formerly", "previously", "used to",
	        "no longer", "(old", "old address", "old ip", "former "};
	Span place = graph_place(graph, mention);
	Slice path = slice_from(graph_file_path(graph, place.file)), line = graph_line_at(graph, place);
	size_t own = (size_t)(graph_span_bytes(graph, place).at - line.at);
	bool prose = (slice_ends(path, ".md") || slice_ends(path, ".txt")) && !slice_starts(slice_trim(line), "|");
	bool comment = slice_find_byte(slice_sub(line, 0, own), '#', 0) != SIZE_MAX;
	if ((!prose && !comment) || line.length > 2000)
		return false;
	g_autofree char *lower = g_ascii_strdown(line.at, (gssize)line.length);
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (strstr(lower, words[i]))
			return true;
	return false;
}

/* `address=/NAME/…` of dnsmasq, with the same NAME again in its file: a name that several answer to is no host's. */
static bool is_one_of_several(const Graph *graph, Node mention)
{
	static const char start[] = "address=/";
	Span place = graph_place(graph, mention);
	Slice line = graph_line_at(graph, place), bytes = graph_file_bytes(graph, place.file);
	size_t end = slice_starts(line, start) ? slice_find_byte(line, '/', strlen(start)) : SIZE_MAX;
	if (end == SIZE_MAX)
		return false;
	g_autofree char *record = slice_dup(slice_sub(line, 0, end + 1));
	size_t first = slice_find(bytes, record, 0);
	return first != SIZE_MAX && slice_find(bytes, record, first + 1) != SIZE_MAX;
}

bool is_host_address(const Graph *graph, Node mention, IpScope *ret_scope)
{
	Ip ip;
	const char *text = graph_text(graph, mention, FACT_ADDRESS);
	if (!ip_parse_v4(slice_from(text), &ip) || graph_has(graph, mention, FACT_PREFIX_LENGTH) ||
	        graph_has(graph, mention, FACT_RANGE_END) || ip.bytes[3] <= 1 || ip.bytes[3] >= 254 ||
	        is_cluster_range(&ip) || is_record(graph, mention) || is_of_container(graph, mention) ||
	        is_one_of_several(graph, mention))
		return false;
	*ret_scope = ip_scope(&ip);
	return (*ret_scope == IP_PRIVATE || *ret_scope == IP_SHARED) && !is_of_the_past(graph, mention);
}

/* ---- whose ------------------------------------------------------------------------------------------------------- */

/* In a variable's name; NULL for none, for two, and for another connection of the host. */
static const char *host_of_variable(const Hosts *hosts, Slice variable)
{
	const char *found = NULL, *whole = find_slice(hosts, variable);
	if (whole)
		return whole;
	for (size_t start = 0; start < variable.length;) {
		size_t end = start;
		while (end < variable.length && !strchr("_-.", variable.at[end]))
			end++;
		Slice part = slice_sub(variable, start, end);
		const char *host = find_slice(hosts, part);
		if (is_other_purpose(part) || (host && found && host != found))
			return NULL;
		found = host ? host : found;
		start = end + 1;
	}
	return found;
}

static bool is_name_byte(char c)
{
	return g_ascii_isalnum(c) || c == '-' || c == '_';
}

/* Words that may stand between a host and its address. */
static bool is_glue(Slice word)
{
	static const char *const words[] = {"ip", "is", "at", "on", "address", "addr", "lan", "host", "hostname",
	        "ansible_host", "http", "https", "ssh", "tailscale", "vpn", "ist", "has", "the", "tailscale_ip",
	        "ipv4"};
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (slice_is_nocase(word, words[i]))
			return true;
	return false;
}

/* How far the name of a host may stand from its address. */
#define MOST_APART 48

/* What ends a statement about one host: another item of a list, cell, parenthesis or sentence begins. */
static bool ends_statement(Slice text, size_t at)
{
	char c = text.at[at];
	return strchr("|,;)", c) != NULL || (c == '.' && (at + 1 == text.length || text.at[at + 1] == ' '));
}

static Slice word_before(Slice text, size_t at)
{
	size_t end = at, start;
	while (end > 0 && !is_name_byte(text.at[end - 1]))
		if (ends_statement(text, --end))
			return (Slice){"", 0};
	for (start = end; start > 0 && (is_name_byte(text.at[start - 1]) || text.at[start - 1] == '.');)
		start--;
	return slice_sub(text, start, end);
}

static Slice word_after(Slice text, size_t at)
{
	size_t start = at, end;
	while (start < text.length && !is_name_byte(text.at[start]))
		if (ends_statement(text, start++))
			return (Slice){"", 0};
	for (end = start; end < text.length && (is_name_byte(text.at[end]) || text.at[end] == '.');)
		end++;
	return slice_sub(text, start, end);
}

/* "Oak iDRAC", "oak LXC 104": what stands behind the host's name is meant, and not the host. */
static bool is_of_part(Slice word)
{
	static const char *const guests[] = {"lxc", "ct", "vm", "vmid", "container", NULL};
	return is_other_purpose(word) || slice_is_any_nocase(word, guests);
}

/* The nearest word of the text, from its end backwards or from its beginning, that is no glue: a host, or NULL. The
 * domain behind a host's name belongs to it. */
static const char *nearest_host(const Hosts *hosts, Slice text, bool backwards)
{
	size_t at = backwards ? text.length : 0;
	for (;;) {
		Slice word = backwards ? word_before(text, at) : word_after(text, at);
		if (word.length == 0)
			return NULL;
		size_t label = MIN(slice_find_byte(word, '.', 0), word.length);
		const char *host = find_slice(hosts, slice_sub(word, 0, label));
		bool part =
		        host && !backwards && is_of_part(word_after(text, (size_t)(word.at - text.at) + word.length));
		if (host || !is_glue(word))
			return part ? NULL : host;
		at = (size_t)(word.at - text.at) + (backwards ? 0 : word.length);
	}
}

/* `for host in alder 192.168.1.12; do`: each word of the list is another one. */
static bool is_in_loop(Slice before)
{
	size_t start = slice_find(before, "for ", 0);
	return start != SIZE_MAX && slice_find(before, " in ", start) != SIZE_MAX &&
	       slice_find_byte(slice_sub(before, start, before.length), ';', 0) == SIZE_MAX;
}

/* Right before or right after the address on its line. */
static const char *host_beside(const Hosts *hosts, Node mention)
{
	const Graph *graph = hosts->graph;
	Span place = graph_place(graph, mention);
	Slice line = graph_line_at(graph, place);
	size_t own = (size_t)(graph_span_bytes(graph, place).at - line.at), after = own + (place.end - place.start);
	if (slice_ends(slice_from(graph_file_path(graph, place.file)), ".sh") && is_in_loop(slice_sub(line, 0, own)))
		return NULL;
	Slice left = slice_sub(line, own > MOST_APART ? own - MOST_APART : 0, own);
	Slice right = slice_sub(line, after, MIN(after + MOST_APART, line.length));
	if (right.length && right.at[0] == ':') /* a port, and a path perhaps, of that address */
		right.length = 0;
	const char *before = nearest_host(hosts, left, true), *behind = nearest_host(hosts, right, false);
	return before && behind && before != behind ? NULL : before ? before : behind;
}

/* `address:` below status of a Node, whose name stands above it. */
static const char *node_above(const Hosts *hosts, Node mention)
{
	const Graph *graph = hosts->graph;
	uint32_t start = graph_place(graph, mention).start;
	Node found = NODE_NONE;
	Symbol kind;
	if (strcmp(graph_text(graph, mention, FACT_NEARBY_NAME), "address") != 0 ||
	        !graph_find_symbol(graph, SLICE("Node"), &kind))
		return NULL;
	GRAPH_CHILDREN (graph, graph_file_node(graph, graph_file_of(graph, mention)), NODE_DOCUMENT, document)
		GRAPH_CHILDREN (graph, document, NODE_OBJECT, object)
			if (graph_says(graph, object, FACT_KIND, kind) && graph_place(graph, object).start < start)
				found = object;
	return found ? hosts_find(hosts, graph_name(graph, found)) : NULL;
}

/* "iDRAC: 192.168.10.21": the cell itself says of which other connection the address is. */
static bool has_other_purpose(const Graph *graph, Node mention)
{
	Span place = graph_place(graph, mention);
	Slice line = graph_line_at(graph, place), before;
	size_t end = (size_t)(graph_span_bytes(graph, place).at - line.at), start = end;
	while (start > 0 && line.at[start - 1] != '|')
		start--;
	before = slice_sub(line, start, end);
	for (size_t at = before.length;;) {
		Slice word = word_before(before, at);
		if (word.length == 0)
			return false;
		if (is_other_purpose(word) || slice_is_nocase(word, "to") || slice_is_nocase(word, "via"))
			return true;
		at = (size_t)(word.at - before.at);
	}
}

#define MOST_WORDS_OF_CELL 4

/* "its resolver points at 192.168.10.2": a sentence within the row, of whatever it speaks of. */
static bool is_in_sentence(const Graph *graph, Node mention)
{
	Span place = graph_place(graph, mention);
	Slice line = graph_line_at(graph, place);
	size_t at = (size_t)(graph_span_bytes(graph, place).at - line.at), words = 0;
	bool within = false;
	while (at > 0 && line.at[at - 1] != '|') {
		bool letter = g_ascii_isalpha(line.at[--at]);
		words += letter && !within;
		within = letter;
	}
	return words > MOST_WORDS_OF_CELL;
}

/* Fills host and tie. ret_row: the row of a table is about that host, whatever else stands in it. */
static void find_host(Hosts *hosts, Use *use, bool *ret_row)
{
	const Graph *graph = hosts->graph;
	Slice first, header, first_header,
	        name = inventory_name(graph, use->mention),
	        variable = graph_symbol_slice(graph, graph_symbol(graph, use->mention, FACT_NEARBY_NAME));
	bool cell = table_cell(graph, graph_place(graph, use->mention), &first, &header, &first_header);
	bool other = cell && (is_other_purpose(header) || has_other_purpose(graph, use->mention) ||
	                             is_in_sentence(graph, use->mention));
	const char *row = cell && !other ? find_slice(hosts, first) : NULL;
	const char *node = cell || name.length ? NULL : node_above(hosts, use->mention);
	const char *named = cell || name.length || node ? NULL : host_of_variable(hosts, variable);
	*ret_row = row != NULL;
	use->host = row ? row : name.length && !cell ? find_slice(hosts, name) : node ? node : named;
	use->tie = row ? "in its row" : node ? "in its own manifest" : "by the inventory";
	if (named) {
		g_autofree char *tie = g_strdup_printf("by the name %.*s", SLICE_ARGS(variable));
		use->tie = g_string_chunk_insert_const(hosts->texts, tie);
	} else if (!use->host && (cell || !name.length)) {
		use->host = host_beside(hosts, use->mention);
		use->tie = "beside its name";
	}
}

/* Another address of that scope stands on the line: `old -> new` and lists say nothing of one host. first is the first
 * mention of the line. */
static bool has_company(const Graph *graph, Node first, Node mention, IpScope scope)
{
	Slice line = graph_line_at(graph, graph_place(graph, mention));
	Symbol own = graph_symbol(graph, mention, FACT_ADDRESS);
	for (Node other = first; other; other = graph_next_child(graph, other, NODE_MENTION)) {
		IpScope others;
		if (graph_span_bytes(graph, graph_place(graph, other)).at >= line.at + line.length)
			break;
		if (is_host_address(graph, other, &others) && others == scope &&
		        graph_symbol(graph, other, FACT_ADDRESS) != own)
			return true;
	}
	return false;
}

/* TODO.md tells of addresses to come. */
static bool is_of_plan(const Graph *graph, Node mention)
{
	static const char *const words[] = {
	        "todo", "roadmap", "migration", "proposal", "-plan", "_plan", "plan.md", NULL};
	Slice path = slice_from(graph_file_path(graph, graph_file_of(graph, mention))), name = path_name(path);
	g_autofree char *lower = g_ascii_strdown(name.at, (gssize)name.length);
	return slice_ends(path, ".md") && text_has_part(lower, words);
}

static void add_uses(Hosts *hosts)
{
	const Graph *graph = hosts->graph;
	Node first = NODE_NONE;
	const char *first_line = NULL;
	GRAPH_NODES (graph, NODE_MENTION, mention) {
		Use use = {.mention = mention, .address = graph_symbol(graph, mention, FACT_ADDRESS)};
		if (hosts->uses->len == MOST_USES)
			break;
		if (!use.address || !is_host_address(graph, mention, &use.scope) || is_quiet(graph, mention) ||
		        is_of_plan(graph, mention))
			continue;
		const char *line = graph_line_at(graph, graph_place(graph, mention)).at;
		if (line != first_line) {
			first = mention;
			first_line = line;
		}
		bool row, company = has_company(graph, first, mention, use.scope);
		find_host(hosts, &use, &row);
		use.beside_others = company;
		if (use.host && (row || !company) && !is_in_example(graph, graph_place(graph, mention)))
			g_array_append_val(hosts->uses, use);
	}
}

Hosts hosts_new(const Graph *graph)
{
	Hosts hosts = {graph, g_string_chunk_new(4096), g_hash_table_new(g_str_hash, g_str_equal),
	        g_hash_table_new(g_direct_hash, g_direct_equal), g_array_new(FALSE, FALSE, sizeof(Use))};
	add_machines(&hosts);
	add_nodes(&hosts);
	add_hostnames(&hosts, FACT_NODE_SELECTOR);
	add_hostnames(&hosts, FACT_NODE_AFFINITY);
	add_inventories(&hosts);
	if (g_hash_table_size(hosts.names))
		add_uses(&hosts);
	return hosts;
}

void hosts_clear(Hosts *hosts)
{
	g_string_chunk_free(hosts->texts);
	g_hash_table_unref(hosts->names);
	g_hash_table_unref(hosts->places);
	g_array_unref(hosts->uses);
}
