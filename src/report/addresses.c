/* How often each private or overlay address is written in each state, and whose it is. Networks, which have a prefix
 * length, are no addresses; quiet files are not looked at, as rules do not look at them. */
#include "report/summary.h"

#include "base/ip.h"
#include "rule/hosts.h"

static bool is_counted(const Graph *graph, const Row *row)
{
	Ip ip;
	return graph_node_type(graph, row->subject) == NODE_MENTION && !is_quiet(graph, row->subject) &&
	       !graph_has(graph, row->subject, FACT_PREFIX_LENGTH) &&
	       ip_parse(graph_symbol_slice(graph, row->object), &ip) &&
	       (ip_scope(&ip) == IP_PRIVATE || ip_scope(&ip) == IP_SHARED);
}

static void count_uses(const Graph *graph, const char *address, uint32_t *ret_mentions, uint32_t *ret_files)
{
	Symbol symbol;
	uint32_t last = UINT32_MAX;
	if (!graph_find_symbol(graph, slice_from(address), &symbol))
		return;
	GRAPH_TO (graph, FACT_ADDRESS, symbol, row) {
		uint32_t file = graph_file_of(graph, row->subject);
		if (!is_counted(graph, row))
			continue;
		++*ret_mentions;
		*ret_files += file != last;
		last = file;
	}
}

static int compare_addresses(gconstpointer a, gconstpointer b)
{
	const SummaryAddress *left = a, *right = b;
	Ip left_ip = {0}, right_ip = {0};
	ip_parse(slice_from(left->address), &left_ip);
	ip_parse(slice_from(right->address), &right_ip);
	int order = memcmp(left_ip.bytes, right_ip.bytes, sizeof left_ip.bytes);
	return order ? order : g_strcmp0(left->address, right->address);
}

static const char *declared_host(const Graph *graph, const char *address)
{
	Symbol symbol;
	if (!graph_find_symbol(graph, slice_from(address), &symbol))
		return NULL;
	GRAPH_TO (graph, FACT_ADDRESS, symbol, row)
		if (graph_node_type(graph, row->subject) == NODE_MACHINE)
			return graph_name(graph, row->subject);
	return NULL;
}

/* What stands beside it: the names of the hosts, "" for none. */
static const char *written_host(const Hosts *hosts, const char *address, Arena *arena)
{
	Symbol symbol;
	const char *names = "", *last = NULL;
	if (!graph_find_symbol(hosts->graph, slice_from(address), &symbol))
		return names;
	for (guint i = 0; i < hosts->uses->len; i++) {
		const Use *use = &g_array_index(hosts->uses, Use, i);
		if (use->address != symbol || use->host == last || strstr(names, use->host))
			continue;
		last = use->host;
		names = arena_printf(arena, "%s%s%s", names, *names ? ", " : "", last);
	}
	return names;
}

static const char *host_of(const Summary *summary, const Hosts *after, const Hosts *before, const char *address)
{
	const char *host = declared_host(summary->after.graph, address);
	if (host)
		return host;
	host = written_host(after, address, summary->arena);
	host = *host ? host : written_host(before, address, summary->arena);
	return *host ? arena_printf(summary->arena, "written as %s", host) : "";
}

GArray *summary_addresses(const Summary *summary)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(SummaryAddress));
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	const Graph *graphs[] = {summary->before.graph, summary->after.graph};
	Hosts before = hosts_new(graphs[0]), after = hosts_new(graphs[1]);
	for (size_t i = 0; i < G_N_ELEMENTS(graphs); i++)
		GRAPH_EACH (graphs[i], FACT_ADDRESS, row) {
			SummaryAddress one = {.address = graph_symbol_text(graphs[i], row->object)};
			if (!is_counted(graphs[i], row) || !g_hash_table_add(seen, (gpointer)one.address))
				continue;
			one.host = host_of(summary, &after, &before, one.address);
			count_uses(graphs[0], one.address, &one.before, &one.before_files);
			count_uses(graphs[1], one.address, &one.after, &one.after_files);
			g_array_append_val(all, one);
		}
	hosts_clear(&before);
	hosts_clear(&after);
	g_array_sort(all, compare_addresses);
	return all;
}
