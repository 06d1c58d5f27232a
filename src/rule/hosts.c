/* Names beside addresses. A line with two hosts, or with two addresses of one kind, says nothing of one host. */
#include "rule/hosts.h"

#include "rule/rule.h"

#define HOSTNAME "kubernetes.io/hostname="

static void add_hostnames(Hosts *hosts, FactKind kind)
{
	GRAPH_EACH (hosts->graph, kind, row) {
		Slice pair = graph_symbol_slice(hosts->graph, row->object);
		Symbol name;
		if (!slice_starts(pair, HOSTNAME))
			continue;
		pair = slice_sub(pair, strlen(HOSTNAME), pair.length);
		/* Only names that are a text of the graph themselves: of a machine, or of a node object. */
		if (pair.length >= 3 && graph_find_symbol(hosts->graph, pair, &name))
			g_hash_table_add(hosts->names, GUINT_TO_POINTER(name));
	}
	GRAPH_NODES (hosts->graph, NODE_MACHINE, machine)
		g_hash_table_add(hosts->names, GUINT_TO_POINTER(graph_name_symbol(hosts->graph, machine)));
}

/* Whether the slice stands in text as a word, ASCII case aside; the offset of the first such place. */
static size_t find_word(Slice text, Slice word)
{
	for (size_t at = 0; at + word.length <= text.length; at++) {
		if (g_ascii_strncasecmp(text.at + at, word.at, word.length) != 0)
			continue;
		bool begins = at == 0 || !(g_ascii_isalnum(text.at[at - 1]) || text.at[at - 1] == '-');
		size_t end = at + word.length;
		if (begins && (end == text.length || !(g_ascii_isalnum(text.at[end]) || text.at[end] == '-')))
			return at;
	}
	return SIZE_MAX;
}

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

bool is_host_address(const Graph *graph, Node mention, IpScope *ret_scope)
{
	Ip ip;
	const char *text = graph_text(graph, mention, FACT_ADDRESS);
	if (!ip_parse_v4(slice_from(text), &ip) || graph_has(graph, mention, FACT_PREFIX_LENGTH) ||
	        graph_has(graph, mention, FACT_RANGE_END) || ip.bytes[3] <= 1 || ip.bytes[3] >= 254 ||
	        is_cluster_range(&ip) || is_record(graph, mention))
		return false;
	*ret_scope = ip_scope(&ip);
	return *ret_scope == IP_PRIVATE || *ret_scope == IP_SHARED;
}

/* Nothing else of that scope stands on the line: `old -> new` and lists say nothing of one host. */
static bool is_alone(const Graph *graph, Node mention, IpScope scope)
{
	Slice line = graph_line_at(graph, graph_place(graph, mention));
	Symbol own = graph_symbol(graph, mention, FACT_ADDRESS);
	for (Node other = graph_first_child(graph, graph_parent(graph, mention), NODE_MENTION); other;
	        other = graph_next_child(graph, other, NODE_MENTION)) {
		IpScope others;
		Slice there = graph_span_bytes(graph, graph_place(graph, other));
		if (there.at >= line.at && there.at < line.at + line.length && is_host_address(graph, other, &others) &&
		        others == scope && graph_symbol(graph, other, FACT_ADDRESS) != own)
			return false;
	}
	return true;
}

/* The host that the line names beside the address, or in the name of the variable; 0 for none or several. */
static Symbol host_of(const Hosts *hosts, Node mention)
{
	const Graph *graph = hosts->graph;
	Span place = graph_place(graph, mention);
	Slice line = graph_line_at(graph, place),
	      variable = graph_symbol_slice(graph, graph_symbol(graph, mention, FACT_NEARBY_NAME));
	size_t own = (size_t)(graph_span_bytes(graph, place).at - line.at);
	bool table = line.length && memchr(line.at, '|', line.length);
	g_autofree char *variable_lower = g_ascii_strdown(variable.at, (gssize)variable.length);
	g_auto(GStrv) parts = g_strsplit_set(variable_lower, "_-.", 12);
	Symbol found = 0;
	GHashTableIter iter;
	gpointer key;
	g_hash_table_iter_init(&iter, hosts->names);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		Slice name = graph_symbol_slice(graph, GPOINTER_TO_UINT(key));
		size_t at = find_word(line, name);
		g_autofree char *lower = g_ascii_strdown(name.at, (gssize)name.length);
		bool in_variable = g_strv_contains((const char *const *)parts, lower);
		bool beside = at != SIZE_MAX && (table || (at < own ? own - at : at - own) <= 40);
		if (!in_variable && !beside)
			continue;
		if (found)
			return 0;
		found = GPOINTER_TO_UINT(key);
	}
	return found;
}

Hosts hosts_new(const Graph *graph)
{
	Hosts hosts = {graph, g_hash_table_new(g_direct_hash, g_direct_equal), g_array_new(FALSE, FALSE, sizeof(Use))};
	add_hostnames(&hosts, FACT_NODE_SELECTOR);
	add_hostnames(&hosts, FACT_NODE_AFFINITY);
	if (g_hash_table_size(hosts.names) == 0 || g_hash_table_size(hosts.names) > 200)
		return hosts;
	GRAPH_NODES (graph, NODE_MENTION, mention) {
		Use use = {.mention = mention, .address = graph_symbol(graph, mention, FACT_ADDRESS)};
		if (!is_host_address(graph, mention, &use.scope) || is_quiet(graph, mention))
			continue;
		use.host = host_of(&hosts, mention);
		if (use.host && is_alone(graph, mention, use.scope))
			g_array_append_val(hosts.uses, use);
	}
	return hosts;
}

void hosts_clear(Hosts *hosts)
{
	g_hash_table_unref(hosts->names);
	g_array_unref(hosts->uses);
}
