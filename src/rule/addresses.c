/* Addresses that disagree, and addresses of nobody. Whose an address is, src/rule/hosts.c tells. */
#include "base/path.h"
#include "rule/hosts.h"
#include "rule/rule.h"
#include "rule/search.h"

/* What labwright.yaml gives the host: whether it names an address of that scope, and whether it names this one. */
typedef struct Declared {
	const Row *first; /* of that scope, NULL where there is none */
	uint32_t count;
	bool is_named;
} Declared;

static Declared declared(const Hosts *hosts, const char *host, IpScope scope, Symbol address)
{
	const Graph *graph = hosts->graph;
	Declared declared = {0};
	GRAPH_NODES (graph, NODE_MACHINE, machine) {
		if (hosts_find(hosts, graph_name(graph, machine)) != host)
			continue;
		GRAPH_OF (graph, machine, FACT_ADDRESS, row) {
			Ip ip;
			if (!ip_parse(graph_symbol_slice(graph, row->object), &ip) || ip_scope(&ip) != scope)
				continue;
			declared.first = declared.first ? declared.first : row;
			declared.count++;
			declared.is_named |= row->object == address;
		}
	}
	return declared;
}

/* A host that is written with more addresses is a word that means something else. */
#define MOST_ADDRESSES 6

typedef struct Count {
	Symbol address;
	uint32_t mentions, files, last_file;
	const Use *first;
	bool beside_others;
} Count;

/* The addresses of one host and scope with their mentions, most mentions first. */
static GArray *count_addresses(const Hosts *hosts, const char *host, IpScope scope)
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
		if (!found && counts->len == MOST_ADDRESSES)
			break;
		if (!found) {
			Count fresh = {.address = use->address, .last_file = UINT32_MAX, .first = use};
			g_array_append_val(counts, fresh);
			found = &g_array_index(counts, Count, counts->len - 1);
		}
		found->mentions++;
		found->beside_others |= use->beside_others;
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
			add_evidence(checker, finding, graph_place(hosts->graph, use->mention), "%s, %s",
			        graph_symbol_text(hosts->graph, use->address), use->tie);
	}
}

/* "3 times in 2 files" */
static const char *how_often(Checker *checker, const Count *count)
{
	return arena_printf(checker_arena(checker), "%s in %s",
	        count->mentions == 1 ? "once" : arena_printf(checker_arena(checker), "%u times", count->mentions),
	        count->files == 1 ? "one file" : arena_printf(checker_arena(checker), "%u files", count->files));
}

/* No other host is ever written with the address. */
static bool is_of_one_host(const Hosts *hosts, const Use *like)
{
	for (guint i = 0; i < hosts->uses->len; i++) {
		const Use *use = &g_array_index(hosts->uses, Use, i);
		if (use->address == like->address && use->host != like->host)
			return false;
	}
	return true;
}

static bool is_tied(const Hosts *hosts, Node mention)
{
	for (guint i = 0; i < hosts->uses->len; i++)
		if (g_array_index(hosts->uses, Use, i).mention == mention)
			return true;
	return false;
}

/* Mentions of an address of several hosts that nothing ties to one of them: a question for their owner. */
static uint32_t ask_untied(Checker *checker, Finding *finding, const Hosts *hosts, Symbol address)
{
	const Graph *graph = hosts->graph;
	uint32_t count = 0;
	IpScope scope;
	GRAPH_TO (graph, FACT_ADDRESS, address, row) {
		if (graph_node_type(graph, row->subject) != NODE_MENTION || is_quiet(graph, row->subject) ||
		        is_tied(hosts, row->subject) || !is_host_address(graph, row->subject, &scope))
			continue;
		count++;
		add_evidence(checker, finding, graph_place(graph, row->subject), "%s, and nothing says of which host",
		        graph_symbol_text(graph, address));
	}
	return count;
}

/* Each mention beside the host's name becomes the declared address; where the address is never any other host's, those
 * that stand alone do, too. */
static void mend_address(Checker *checker, Finding *finding, const Hosts *hosts, const Use *like, const char *right)
{
	const Graph *graph = hosts->graph;
	const char *wrong = graph_symbol_text(graph, like->address);
	bool alone = is_of_one_host(hosts, like);
	uint32_t untied = alone ? 0 : ask_untied(checker, finding, hosts, like->address);
	if (alone)
		set_because(checker, finding, FIX_VALUE,
		        "labwright.yaml decides, and %s is never written as another host's", wrong);
	else
		set_because(checker, finding, FIX_VALUE,
		        "labwright.yaml decides; %s is other hosts' elsewhere, so only what names this one is "
		        "rewritten%s",
		        wrong,
		        untied ? arena_printf(checker_arena(checker), ", and %u that name none are left to you", untied)
		               : "");
	for (guint i = 0; i < hosts->uses->len && !alone; i++) {
		const Use *use = &g_array_index(hosts->uses, Use, i);
		if (use->host == like->host && use->address == like->address)
			add_rename(checker, finding, graph_place(graph, use->mention), wrong, right);
	}
	IpScope scope;
	GRAPH_TO (graph, FACT_ADDRESS, like->address, row)
		if (alone && graph_node_type(graph, row->subject) == NODE_MENTION && !is_quiet(graph, row->subject) &&
		        is_host_address(graph, row->subject, &scope))
			add_rename(checker, finding, graph_place(graph, row->subject), wrong, right);
}

static void report_declared(Checker *checker, const Hosts *hosts, const Count *count)
{
	const Graph *graph = hosts->graph;
	const Use *use = count->first;
	Declared said = declared(hosts, use->host, use->scope, count->address);
	if (!said.first || said.is_named)
		return;
	Finding *finding = report_at(checker, LEVEL_ERROR, use->mention, graph_place(graph, use->mention),
	        "%s is written as %s (%s), and labwright.yaml says %s", use->host,
	        graph_symbol_text(graph, count->address), how_often(checker, count),
	        graph_symbol_text(graph, said.first->object));
	set_detail(checker, finding, "%s %s", use->host, graph_symbol_text(graph, count->address));
	add_evidence(
	        checker, finding, graph_span(graph, said.first), "%s", graph_symbol_text(graph, said.first->object));
	add_uses(checker, finding, hosts, use, true);
	if (said.count == 1)
		mend_address(checker, finding, hosts, use, graph_symbol_text(graph, said.first->object));
}

static gint by_mention(gconstpointer a, gconstpointer b)
{
	const Use *one = a, *other = b;
	return one->mention < other->mention ? -1 : one->mention > other->mention;
}

static bool is_tied_to_other(const Hosts *hosts, Node mention, const char *host)
{
	Use wanted = {.mention = mention};
	guint at;
	return g_array_binary_search(hosts->uses, &wanted, by_mention, &at) &&
	       g_array_index(hosts->uses, Use, at).host != host;
}

/* The line that the mention is on; of an item of a list with the one above and the one below, as the cards of a machine
 * are listed. */
static Slice lines_around(const Graph *graph, Node mention)
{
	Span place = graph_place(graph, mention);
	Slice line = graph_line_at(graph, place), bytes = graph_file_bytes(graph, place.file);
	size_t start = (size_t)(line.at - bytes.at), end = start + line.length;
	bool item = slice_starts(slice_trim(line), "- ") || slice_starts(slice_trim(line), "{");
	if (!item || slice_ends(slice_from(graph_file_path(graph, place.file)), ".md"))
		return line;
	if (start > 0)
		for (start--; start > 0 && bytes.at[start - 1] != '\n';)
			start--;
	if (end < bytes.length)
		end = MIN(slice_find_byte(bytes, '\n', end + 1), bytes.length);
	return slice_sub(bytes, start, end);
}

/* 10.0.20.1 is not in 10.0.20.11. */
static bool has_address(Slice text, const char *address)
{
	size_t length = strlen(address);
	for (size_t at = slice_find(text, address, 0); at != SIZE_MAX; at = slice_find(text, address, at + 1)) {
		bool before = at > 0 && (g_ascii_isdigit(text.at[at - 1]) || text.at[at - 1] == '.');
		if (!before && (at + length >= text.length || !g_ascii_isdigit(text.at[at + length])))
			return true;
	}
	return false;
}

/* Some place names both addresses together, and neither is there another host's than the one given, where one is. */
static bool stand_together(const Hosts *hosts, Symbol one, const char *other, const char *host)
{
	const Graph *graph = hosts->graph;
	GRAPH_TO (graph, FACT_ADDRESS, one, row)
		if (graph_node_type(graph, row->subject) == NODE_MENTION && !is_quiet(graph, row->subject) &&
		        !(host && is_tied_to_other(hosts, row->subject, host)) &&
		        has_address(lines_around(graph, row->subject), other))
			return true;
	return false;
}

/* Rows that give one host several addresses say that it has them all, and so do its cards, one below the other. */
static bool has_them_all(const Hosts *hosts, const char *host, const GArray *counts)
{
	bool rows = true, together = true;
	for (guint i = 0; i < counts->len; i++) {
		const Count *count = &g_array_index(counts, Count, i), *first = &g_array_index(counts, Count, 0);
		rows &= count->beside_others;
		together &= i == 0 || stand_together(hosts, count->address,
		                              graph_symbol_text(hosts->graph, first->address), host);
	}
	return rows || together;
}

/* The address that inventories of Ansible give the host, where they give it one; 0 for none and for several. */
static Symbol inventory_address(const Hosts *hosts, const Use *like)
{
	Symbol found = 0;
	for (guint i = 0; i < hosts->uses->len; i++) {
		const Use *use = &g_array_index(hosts->uses, Use, i);
		const char *key = graph_text(hosts->graph, use->mention, FACT_NEARBY_NAME);
		Slice path = slice_from(graph_file_path(hosts->graph, graph_file_of(hosts->graph, use->mention)));
		if (use->host != like->host || use->scope != like->scope || strcmp(key, "ansible_host") != 0 ||
		        slice_ends(path, ".md"))
			continue;
		if (found && found != use->address)
			return 0;
		found = use->address;
	}
	return found;
}

/* 10.0.20.11 and 10.0.40.11: the same number in each network. */
static bool is_numbered_alike(const Graph *graph, const GArray *counts)
{
	Ip first = {0}, ip;
	for (guint i = 0; i < counts->len; i++) {
		if (!ip_parse_v4(graph_symbol_slice(graph, g_array_index(counts, Count, i).address), &ip))
			return false;
		first = i ? first : ip;
		if (ip.bytes[3] != first.bytes[3])
			return false;
	}
	return counts->len > 1;
}

/* So many hosts with one number in two networks have a card in each, or moved together; nobody moves twice. */
#define MANY_ALIKE 3
#define MANY_NETWORKS 3

static uint32_t count_alike(const Hosts *hosts)
{
	g_autoptr(GHashTable) done = g_hash_table_new(g_direct_hash, g_direct_equal);
	uint32_t count = 0;
	for (guint i = 0; i < hosts->uses->len; i++) {
		const char *host = g_array_index(hosts->uses, Use, i).host;
		if (!g_hash_table_add(done, (gpointer)host))
			continue;
		g_autoptr(GArray) counts = count_addresses(hosts, host, IP_PRIVATE);
		count += is_numbered_alike(hosts->graph, counts);
	}
	return count;
}

/* alike: how many hosts have one number in several networks. */
static void report_disagreement(Checker *checker, const Hosts *hosts, GArray *counts, uint32_t alike)
{
	const Graph *graph = hosts->graph;
	const Use *first = g_array_index(counts, Count, 0).first;
	g_autoptr(GString) list = g_string_new(NULL);
	for (guint i = 0; i < counts->len; i++) {
		const Count *count = &g_array_index(counts, Count, i);
		g_string_append_printf(list, "%s%s (%s)", i ? (i + 1 == counts->len ? " and " : ", ") : "",
		        graph_symbol_text(graph, count->address), how_often(checker, count));
	}
	bool networks = (alike >= MANY_ALIKE || counts->len >= MANY_NETWORKS) && is_numbered_alike(graph, counts);
	Finding *finding = report_at(checker, networks ? LEVEL_INFO : LEVEL_WARNING, first->mention,
	        graph_place(graph, first->mention), "%s is written as %s", first->host, list->str);
	set_detail(checker, finding, "%s %s", first->host, ip_scope_name(first->scope));
	Symbol inventory = inventory_address(hosts, first);
	if (inventory)
		set_hint(checker, finding,
		        "Ansible goes to %s, as the inventory says: write it elsewhere, or mend the inventory",
		        graph_symbol_text(graph, inventory));
	else
		set_hint(checker, finding,
		        "say in labwright.yaml which one is right; how often one is written does not decide");
	add_uses(checker, finding, hosts, first, false);
}

static void check_address_drift(Checker *checker)
{
	static const IpScope scopes[] = {IP_PRIVATE, IP_SHARED};
	Hosts hosts = hosts_new(checker_graph(checker));
	g_autoptr(GHashTable) done = g_hash_table_new(g_direct_hash, g_direct_equal);
	uint32_t alike = count_alike(&hosts);
	for (guint i = 0; i < hosts.uses->len; i++) {
		const char *host = g_array_index(hosts.uses, Use, i).host;
		if (!g_hash_table_add(done, (gpointer)host))
			continue;
		for (size_t k = 0; k < G_N_ELEMENTS(scopes); k++) {
			g_autoptr(GArray) counts = count_addresses(&hosts, host, scopes[k]);
			for (guint c = 0; c < counts->len; c++)
				report_declared(checker, &hosts, &g_array_index(counts, Count, c));
			if (counts->len > 1 && counts->len < MOST_ADDRESSES &&
			        !declared(&hosts, host, scopes[k], 0).first && !has_them_all(&hosts, host, counts))
				report_disagreement(checker, &hosts, counts, alike);
		}
	}
	hosts_clear(&hosts);
}

/* ---- addresses of nobody ------------------------------------------------------------------------------------------
 */

/* An address that some host has, and where that is written. */
typedef struct Known {
	Ip ip;
	Span place;
} Known;

#define MOST_KNOWN 2000

static void add_known(GArray *all, GHashTable *seen, const Graph *graph, Symbol address, Span place)
{
	Known known = {.place = place};
	if (all->len < MOST_KNOWN && g_hash_table_add(seen, GUINT_TO_POINTER(address)) &&
	        ip_parse_v4(graph_symbol_slice(graph, address), &known.ip) && ip_scope(&known.ip) == IP_PRIVATE)
		g_array_append_val(all, known);
}

static GArray *known_addresses(const Hosts *hosts)
{
	const Graph *graph = hosts->graph;
	g_autoptr(GHashTable) seen = g_hash_table_new(g_direct_hash, g_direct_equal);
	GArray *all = g_array_new(FALSE, FALSE, sizeof(Known));
	for (guint i = 0; i < hosts->uses->len; i++) {
		const Use *use = &g_array_index(hosts->uses, Use, i);
		add_known(all, seen, graph, use->address, graph_place(graph, use->mention));
	}
	GRAPH_NODES (graph, NODE_MACHINE, machine)
		GRAPH_OF (graph, machine, FACT_ADDRESS, row)
			add_known(all, seen, graph, row->object, graph_span(graph, row));
	return all;
}

static bool same_net(const Ip *a, const Ip *b)
{
	return memcmp(a->bytes, b->bytes, 3) == 0;
}

/* Some host has an address in the same /24; another network has a host of the same last number, as a swap of prefixes
 * leaves behind: NULL or that host's address. */
static const Known *looks_swapped(const GArray *all, const Ip *ip)
{
	const Known *twin = NULL;
	bool ours = false;
	for (guint i = 0; i < all->len; i++) {
		const Known *known = &g_array_index(all, Known, i);
		if (ip_equal(&known->ip, ip))
			return NULL; /* it belongs to that host */
		ours = ours || same_net(&known->ip, ip);
		if (!same_net(&known->ip, ip) && known->ip.bytes[3] == ip->bytes[3])
			twin = known;
	}
	return ours ? twin : NULL;
}

/* "first-last" or a network. */
static bool range_holds(Slice range, const Ip *ip)
{
	size_t dash = slice_find_byte(range, '-', 0);
	Ip first, last;
	IpRange net;
	if (dash == SIZE_MAX)
		return ip_range_parse(range, &net) && ip_range_contains(&net, ip);
	return ip_parse_v4(slice_trim(slice_sub(range, 0, dash)), &first) &&
	       ip_parse_v4(slice_trim(slice_sub(range, dash + 1, range.length)), &last) &&
	       memcmp(first.bytes, ip->bytes, 4) <= 0 && memcmp(ip->bytes, last.bytes, 4) <= 0;
}

/* What DHCP and load balancers give addresses from. Slices of the graph's texts. */
static GArray *given_ranges(const Graph *graph)
{
	GArray *ranges = g_array_new(FALSE, FALSE, sizeof(Slice));
	GRAPH_EACH (graph, FACT_LEASES, row) {
		Slice range = graph_symbol_slice(graph, row->object);
		g_array_append_val(ranges, range);
	}
	GRAPH_EACH (graph, FACT_ADDRESS, row) {
		Slice range = graph_symbol_slice(graph, row->object);
		if (graph_node_type(graph, row->subject) == NODE_OBJECT)
			g_array_append_val(ranges, range);
	}
	return ranges;
}

/* A load balancer, DHCP or the network itself has it. */
static bool is_given_out(const Graph *graph, const GArray *ranges, Symbol address, const Ip *ip)
{
	static const FactKind kinds[] = {FACT_LOAD_BALANCER_IP, FACT_GATEWAY, FACT_RESOLVER};
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		Rows rows = graph_rows_to(graph, kinds[i], address);
		if (rows.at != rows.end)
			return true;
	}
	for (guint i = 0; i < ranges->len; i++)
		if (range_holds(g_array_index(ranges, Slice, i), ip))
			return true;
	return false;
}

static Finding *report_unknown(Checker *checker, Node mention, Symbol address, const Known *twin)
{
	const Graph *graph = checker_graph(checker);
	Slice other = graph_span_bytes(graph, twin->place);
	Finding *finding = report(checker, mention, graph_place(graph, mention),
	        "%s is in the network of your hosts and belongs to none of them", graph_symbol_text(graph, address));
	set_detail(checker, finding, "%s", graph_symbol_text(graph, address));
	add_evidence(checker, finding, twin->place, "a host has the same last number in another network: %.*s",
	        SLICE_ARGS(other));
	return finding;
}

/* Of the one host that is written with the twin, the one address that labwright.yaml gives it; NULL for any doubt. */
static const Row *declared_for_twin(const Hosts *hosts, const Known *twin, const char **ret_host)
{
	const char *host = NULL;
	for (guint i = 0; i < hosts->uses->len; i++) {
		const Use *use = &g_array_index(hosts->uses, Use, i);
		Ip ip;
		if (!ip_parse_v4(graph_symbol_slice(hosts->graph, use->address), &ip) || !ip_equal(&ip, &twin->ip))
			continue;
		if (host && host != use->host)
			return NULL;
		host = use->host;
	}
	Declared said = host ? declared(hosts, host, IP_PRIVATE, 0) : (Declared){0};
	*ret_host = host;
	return said.count == 1 ? said.first : NULL;
}

static void mend_unknown(Checker *checker, Finding *finding, const Hosts *hosts, Symbol address, const Known *twin)
{
	const Graph *graph = hosts->graph;
	const char *host;
	const Row *right = declared_for_twin(hosts, twin, &host);
	if (!right)
		return;
	add_evidence(checker, finding, graph_span(graph, right), "labwright.yaml says that %s is %s", host,
	        graph_symbol_text(graph, right->object));
	set_because(checker, finding, FIX_VALUE, "the last number is that of %s, which is %s now", host,
	        graph_symbol_text(graph, right->object));
	IpScope scope;
	GRAPH_TO (graph, FACT_ADDRESS, address, row)
		if (graph_node_type(graph, row->subject) == NODE_MENTION && !is_quiet(graph, row->subject) &&
		        is_host_address(graph, row->subject, &scope))
			add_rename(checker, finding, graph_place(graph, row->subject),
			        graph_symbol_text(graph, address), graph_symbol_text(graph, right->object));
}

/* Some line out of use names the address. */
static bool is_put_aside(const Graph *graph, Symbol address)
{
	GRAPH_TO (graph, FACT_ADDRESS, address, row)
		if (graph_node_type(graph, row->subject) == NODE_MENTION &&
		        is_on_comment_line(graph, graph_place(graph, row->subject)))
			return true;
	return false;
}

/* The twin stands beside it: the host has an address in each of the networks. */
static bool stands_beside(const Hosts *hosts, Symbol address, const Ip *twin)
{
	g_autofree char *text =
	        g_strdup_printf("%u.%u.%u.%u", twin->bytes[0], twin->bytes[1], twin->bytes[2], twin->bytes[3]);
	return stand_together(hosts, address, text, NULL);
}

/* `10.0.10.11 ceres.belt.example.org` begins a line, as in a file of hosts, and no host that is known is called so. */
static bool is_given_a_name(const Hosts *hosts, Symbol address)
{
	const Graph *graph = hosts->graph;
	GRAPH_TO (graph, FACT_ADDRESS, address, row) {
		if (graph_node_type(graph, row->subject) != NODE_MENTION)
			continue;
		Slice line = slice_trim(graph_line_at(graph, graph_place(graph, row->subject))), word, name;
		if (!slice_next_word(&line, &word) || !slice_is(word, graph_symbol_text(graph, address)) ||
		        !slice_next_word(&line, &name) || slice_find_byte(name, '.', 0) == SIZE_MAX)
			continue;
		g_autofree char *label = slice_dup(slice_sub(name, 0, slice_find_byte(name, '.', 0)));
		if (g_ascii_isalpha(*label) && !hosts_find(hosts, label))
			return true;
	}
	return false;
}

/* b8:27:eb:1d:44:90 */
static bool has_mac(Slice text)
{
	for (size_t at = 0; at + 17 <= text.length; at++) {
		size_t i = 0;
		while (i < 17 && (i % 3 == 2 ? strchr(":-", text.at[at + i]) != NULL && text.at[at + i]
		                             : g_ascii_isxdigit(text.at[at + i])))
			i++;
		if (i == 17)
			return true;
	}
	return false;
}

/* "| talos-1 | worker | 10.10.20.11 |": a row whose cell holds the address alone says whose it is, be it in no
 * inventory.
 */
static bool has_row_of_its_own(const Graph *graph, Symbol address)
{
	GRAPH_TO (graph, FACT_ADDRESS, address, row) {
		if (graph_node_type(graph, row->subject) != NODE_MENTION)
			continue;
		Span place = graph_place(graph, row->subject);
		Slice line = graph_line_at(graph, place), bytes = graph_file_bytes(graph, place.file);
		size_t start = (size_t)(bytes.at + place.start - line.at),
		       end = (size_t)(bytes.at + place.end - line.at);
		while (start > 0 && strchr(" \t`*", line.at[start - 1]))
			start--;
		while (end < line.length && strchr(" \t`*", line.at[end]))
			end++;
		if (slice_starts(slice_trim(line), "|") && start > 1 && line.at[start - 1] == '|' &&
		        end < line.length && line.at[end] == '|')
			return true;
	}
	return false;
}

/* Behind the last thing that ended before. */
static size_t after_last_brace(Slice text)
{
	size_t at = text.length;
	while (at > 0 && text.at[at - 1] != '}')
		at--;
	return at;
}

/* The end of a range that DHCP gives from, and what it keeps for a device whose MAC stands beside it: both are said
 * here, and are nobody's slip. */
static bool is_of_dhcp(const Graph *graph, Node mention)
{
	static const char *const words[] = {"dhcp", "lease", "leases", "start", "stop", "end", "pool", "range", "first",
	        "last", "begin", "from", "to", "min", "max", NULL};
	Span place = graph_place(graph, mention);
	Slice name = slice_from(graph_text(graph, mention, FACT_NEARBY_NAME)), word;
	g_autofree char *parted = g_strdelimit(slice_dup(name), "_", '-');
	Slice rest = slice_from(parted);
	while (path_next_word(&rest, &word))
		if (slice_is_any_nocase(word, words))
			return true;
	Slice line = graph_line_at(graph, place), bytes = graph_file_bytes(graph, place.file);
	size_t start = (size_t)(line.at - bytes.at);
	Slice after = slice_sub(bytes, start, MIN(bytes.length, start + line.length + 120));
	Slice before = slice_sub(bytes, start > 120 ? start - 120 : 0, start);
	return has_mac(slice_sub(before, after_last_brace(before), before.length)) ||
	       has_mac(slice_sub(after, 0, MIN(slice_find_byte(after, '}', 0), after.length)));
}

/* So many addresses of one network with a like in another are the second network of all hosts, and no remains of a
 * swap.
 */
#define MOST_OF_SWAP 2

static void lower_second_networks(const Graph *graph, GPtrArray *findings)
{
	g_autoptr(GHashTable) counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (int pass = 0; pass < 2; pass++)
		for (guint i = 0; i < findings->len; i++) {
			Finding *finding = findings->pdata[i];
			Slice text = graph_span_bytes(graph, finding->span);
			const char *dot = text.length ? memrchr(text.at, '.', text.length) : NULL;
			char *net = g_strndup(text.at, dot ? (size_t)(dot - text.at) : text.length);
			guint count = GPOINTER_TO_UINT(g_hash_table_lookup(counts, net));
			if (pass && count > MOST_OF_SWAP)
				finding->level = LEVEL_INFO;
			if (pass)
				g_free(net);
			else
				g_hash_table_insert(counts, net, GUINT_TO_POINTER(count + 1));
		}
}

/* Each address is judged once; asked holds its finding, or NULL where it is none. */
static void check_address_unknown(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Hosts hosts = hosts_new(graph);
	g_autoptr(GArray) all = known_addresses(&hosts);
	g_autoptr(GArray) ranges = given_ranges(graph);
	g_autoptr(GHashTable) asked = g_hash_table_new(g_direct_hash, g_direct_equal);
	g_autoptr(GPtrArray) findings = g_ptr_array_new();
	GRAPH_NODES (graph, NODE_MENTION, mention) {
		IpScope scope;
		Ip ip;
		gpointer finding;
		Symbol address = graph_symbol(graph, mention, FACT_ADDRESS);
		if (all->len == 0)
			break;
		if (!is_host_address(graph, mention, &scope) || scope != IP_PRIVATE || is_quiet(graph, mention))
			continue;
		if (g_hash_table_lookup_extended(asked, GUINT_TO_POINTER(address), NULL, &finding)) {
			if (finding)
				add_evidence(checker, finding, graph_place(graph, mention), "written here too");
			continue;
		}
		const Known *twin =
		        ip_parse_v4(graph_symbol_slice(graph, address), &ip) ? looks_swapped(all, &ip) : NULL;
		finding = twin && !is_given_out(graph, ranges, address, &ip) && !is_put_aside(graph, address) &&
		                          !stands_beside(&hosts, address, &twin->ip) && !is_of_dhcp(graph, mention) &&
		                          !is_given_a_name(&hosts, address) && !has_row_of_its_own(graph, address) &&
		                          !is_in_example(graph, graph_place(graph, mention))
		                  ? report_unknown(checker, mention, address, twin)
		                  : NULL;
		if (finding) {
			mend_unknown(checker, finding, &hosts, address, twin);
			g_ptr_array_add(findings, finding);
		}
		g_hash_table_insert(asked, GUINT_TO_POINTER(address), finding);
	}
	lower_second_networks(graph, findings);
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
                .fix = FIX_VALUE,
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
