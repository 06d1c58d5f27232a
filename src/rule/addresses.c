/* Addresses that disagree, and addresses of nobody. Whose an address is, src/rule/hosts.c tells. */
#include "rule/hosts.h"
#include "rule/rule.h"

/* The address of that scope that labwright.yaml gives the host, or 0. */
static Symbol declared_address(const Graph *graph, Symbol host, IpScope scope, Span *ret_place)
{
	GRAPH_NAMED(graph, NODE_MACHINE, host, machine)
	GRAPH_OF (graph, machine, FACT_ADDRESS, row) {
		Ip ip;
		if (ip_parse(graph_symbol_slice(graph, row->object), &ip) && ip_scope(&ip) == scope) {
			*ret_place = graph_span(graph, row);
			return row->object;
		}
	}
	return 0;
}

typedef struct Count {
	Symbol address;
	uint32_t mentions, files, last_file;
	const Use *first;
} Count;

/* The addresses of one host and scope with their mentions, most mentions first. */
static GArray *count_addresses(const Hosts *hosts, Symbol host, IpScope scope)
{
	GArray *counts = g_array_new(FALSE, FALSE, sizeof(Count));
	for (guint i = 0; i < hosts->uses->len; i++) {
		const Use *use = &g_array_index(hosts->uses, Use, i);
		uint32_t file = graph_file_of(hosts->graph, use->mention);
		if (use->host != host || use->scope != scope)
			continue;
		Count *found = NULL;
		for (guint k = 0; k < counts->len; k++)
			if (g_array_index(counts, Count, k).address == use->address)
				found = &g_array_index(counts, Count, k);
		if (!found) {
			Count fresh = {.address = use->address, .last_file = UINT32_MAX, .first = use};
			g_array_append_val(counts, fresh);
			found = &g_array_index(counts, Count, counts->len - 1);
		}
		found->mentions++;
		found->files += found->last_file != file;
		found->last_file = file;
	}
	return counts;
}

static void add_uses(Checker *checker, Finding *finding, const Hosts *hosts, const Use *like, bool same_address)
{
	for (guint i = 0; i < hosts->uses->len; i++) {
		const Use *use = &g_array_index(hosts->uses, Use, i);
		if (use->host == like->host && use->scope == like->scope &&
		        (!same_address || use->address == like->address))
			add_evidence(checker, finding, graph_place(hosts->graph, use->mention), "%s",
			        graph_symbol_text(hosts->graph, use->address));
	}
}

static void report_declared(Checker *checker, const Hosts *hosts, const Count *count, Symbol right, Span where)
{
	const Graph *graph = hosts->graph;
	if (count->address == right)
		return;
	Finding *finding =
	        report_at(checker, LEVEL_ERROR, count->first->mention, graph_place(graph, count->first->mention),
	                "%s of %s is written %u times in %u files, and labwright.yaml says %s",
	                graph_symbol_text(graph, count->address), graph_symbol_text(graph, count->first->host),
	                count->mentions, count->files, graph_symbol_text(graph, right));
	set_detail(checker, finding, "%s %s", graph_symbol_text(graph, count->first->host),
	        graph_symbol_text(graph, count->address));
	add_evidence(checker, finding, where, "%s", graph_symbol_text(graph, right));
	add_uses(checker, finding, hosts, count->first, true);
}

static void report_disagreement(Checker *checker, const Hosts *hosts, GArray *counts)
{
	const Graph *graph = hosts->graph;
	const Use *first = g_array_index(counts, Count, 0).first;
	g_autoptr(GString) list = g_string_new(NULL);
	for (guint i = 0; i < counts->len; i++) {
		const Count *count = &g_array_index(counts, Count, i);
		g_string_append_printf(list, "%s%s (%u times in %u files)",
		        i ? (i + 1 == counts->len ? " and " : ", ") : "", graph_symbol_text(graph, count->address),
		        count->mentions, count->files);
	}
	Finding *finding = report(checker, first->mention, graph_place(graph, first->mention), "%s is written as %s",
	        graph_symbol_text(graph, first->host), list->str);
	set_detail(checker, finding, "%s %u", graph_symbol_text(graph, first->host), first->scope);
	set_hint(
	        checker, finding, "say in labwright.yaml which one is right; how often one is written does not decide");
	add_uses(checker, finding, hosts, first, false);
}

static void check_address_drift(Checker *checker)
{
	static const IpScope scopes[] = {IP_PRIVATE, IP_SHARED};
	Hosts hosts = hosts_new(checker_graph(checker));
	g_autoptr(GHashTable) done = g_hash_table_new(g_direct_hash, g_direct_equal);
	for (guint i = 0; i < hosts.uses->len; i++) {
		Symbol host = g_array_index(hosts.uses, Use, i).host;
		if (!g_hash_table_add(done, GUINT_TO_POINTER(host)))
			continue;
		for (size_t k = 0; k < G_N_ELEMENTS(scopes); k++) {
			g_autoptr(GArray) counts = count_addresses(&hosts, host, scopes[k]);
			Span where = {0};
			Symbol right = declared_address(hosts.graph, host, scopes[k], &where);
			for (guint c = 0; right && c < counts->len; c++)
				report_declared(checker, &hosts, &g_array_index(counts, Count, c), right, where);
			if (!right && counts->len > 1)
				report_disagreement(checker, &hosts, counts);
		}
	}
	hosts_clear(&hosts);
}

/* ---- addresses of nobody ------------------------------------------------------------------------------------------
 */

static bool same_net(const Ip *a, const Ip *b)
{
	return memcmp(a->bytes, b->bytes, 3) == 0;
}

/* Some host has an address in the same /24; another network has a host of the same last number, as a swap of prefixes
 * leaves behind. ret_twin is that mention. */
static bool looks_swapped(const Hosts *hosts, const Ip *ip, Node *ret_twin)
{
	bool ours = false;
	*ret_twin = NODE_NONE;
	for (guint i = 0; i < hosts->uses->len; i++) {
		const Use *use = &g_array_index(hosts->uses, Use, i);
		Ip other;
		if (use->scope != IP_PRIVATE || !ip_parse_v4(graph_symbol_slice(hosts->graph, use->address), &other))
			continue;
		if (ip_equal(&other, ip))
			return false; /* it belongs to that host */
		ours = ours || same_net(&other, ip);
		if (!same_net(&other, ip) && other.bytes[3] == ip->bytes[3])
			*ret_twin = use->mention;
	}
	return ours && *ret_twin;
}

static bool is_service_address(const Graph *graph, Symbol address)
{
	Rows rows = graph_rows_to(graph, FACT_LOAD_BALANCER_IP, address);
	return rows.at != rows.end;
}

static void check_address_unknown(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Hosts hosts = hosts_new(graph);
	g_autoptr(GHashTable) known = g_hash_table_new(g_direct_hash, g_direct_equal);
	GRAPH_NODES (graph, NODE_MENTION, mention) {
		IpScope scope;
		Ip ip;
		Node twin;
		Symbol address = graph_symbol(graph, mention, FACT_ADDRESS);
		if (!is_host_address(graph, mention, &scope) || scope != IP_PRIVATE || is_quiet(graph, mention))
			continue;
		Finding *finding = g_hash_table_lookup(known, GUINT_TO_POINTER(address));
		if (finding) {
			add_evidence(checker, finding, graph_place(graph, mention), "written here too");
			continue;
		}
		if (!ip_parse_v4(graph_symbol_slice(graph, address), &ip) || is_service_address(graph, address) ||
		        !looks_swapped(&hosts, &ip, &twin))
			continue;
		finding = report(checker, mention, graph_place(graph, mention),
		        "%s is in the network of your hosts and belongs to none of them",
		        graph_symbol_text(graph, address));
		set_detail(checker, finding, "%s", graph_symbol_text(graph, address));
		add_evidence(checker, finding, graph_place(graph, twin),
		        "a host had the same last number in another network: %s",
		        graph_text(graph, twin, FACT_ADDRESS));
		g_hash_table_insert(known, GUINT_TO_POINTER(address), finding);
	}
	hosts_clear(&hosts);
}

/* ---- declared twice -------------------------------------------------------------------------------------------------
 */

static void check_address_conflict(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) owners = g_hash_table_new(g_direct_hash, g_direct_equal);
	GRAPH_NODES (graph, NODE_MACHINE, machine)
		GRAPH_OF (graph, machine, FACT_ADDRESS, row) {
			const Row *first = g_hash_table_lookup(owners, GUINT_TO_POINTER(row->object));
			if (!first) {
				g_hash_table_insert(owners, GUINT_TO_POINTER(row->object), (gpointer)row);
			} else if (graph_name_symbol(graph, first->subject) != graph_name_symbol(graph, machine)) {
				Finding *finding = report(checker, machine, graph_span(graph, row),
				        "%s and %s have the same address %s", graph_name(graph, first->subject),
				        graph_name(graph, machine), graph_symbol_text(graph, row->object));
				add_evidence(checker, finding, graph_span(graph, first), "%s has it here",
				        graph_name(graph, first->subject));
			}
		}
}

static const Rule rules[] = {
        {
                .id = "address-drift",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "one host is written with different addresses",
                .why = "Every file with the wrong one leads nowhere, or to another machine. How often an address is "
                       "written does not make it right.",
                .remedy = "Say in labwright.yaml which address the host has; then each other mention is an error that "
                          "names its place.",
                .check = check_address_drift,
        },
        {
                .id = "address-unknown",
                .level = LEVEL_WARNING,
                .fix = FIX_PROPOSAL,
                .title = "an address of your network that belongs to no host",
                .why = "A swap of prefixes turns right addresses into such ones: nobody answers there.",
                .remedy = "Write the address that the host has in this network.",
                .check = check_address_unknown,
        },
        {
                .id = "address-conflict",
                .level = LEVEL_ERROR,
                .fix = FIX_PROPOSAL,
                .title = "two hosts are given one address",
                .why = "Which of them answers changes with every lease and restart.",
                .remedy = "Find out which host has it, and correct the other.",
                .check = check_address_conflict,
        },
};

const RuleSet rules_addresses = {"addresses", rules, G_N_ELEMENTS(rules)};
