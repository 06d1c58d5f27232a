/* Ports that clients use against what Services offer, and numbers that two claim. */
#include "base/ip.h"
#include "rule/cluster.h"
#include "rule/former.h"
#include "rule/mentioned.h"
#include "rule/owner.h"
#include "rule/published.h"
#include "rule/rule.h"
#include "rule/search.h"

/* ---- ports of clients ---------------------------------------------------------------------------------------- */

static bool offers_itself(const Graph *graph, Node service, uint32_t port)
{
	GRAPH_CHILDREN (graph, service, NODE_PORT, child)
		if (graph_number(graph, child, FACT_NUMBER) == port)
			return true;
	return !graph_first_child(graph, service, NODE_PORT) || graph_has(graph, service, FACT_EXTERNAL_NAME) ||
	       graph_has(graph, service, FACT_HEADLESS);
}

/* Some overlay may define the Service anew, or a patch may add ports to it. */
static bool offers(const Graph *graph, Node service, uint32_t port)
{
	GRAPH_NAMED(graph, NODE_OBJECT, graph_name_symbol(graph, service), other)
	{
		bool patch = graph_has(graph, graph_ancestor(graph, other, NODE_DOCUMENT), FACT_IS_PATCH);
		bool same = patch ||
		            graph_symbol(graph, other, FACT_IDENTITY) == graph_symbol(graph, service, FACT_IDENTITY);
		if (same && is_kind(graph, other, "Service") && (patch || offers_itself(graph, other, port)))
			return true;
	}
	return false;
}

static Node offered_as_node_port(const Graph *graph, Node service, uint32_t port)
{
	GRAPH_CHILDREN (graph, service, NODE_PORT, child)
		if (graph_number(graph, child, FACT_NODE_PORT) == port)
			return child;
	return NODE_NONE;
}

static char *list_ports(const Graph *graph, Node service)
{
	GString *list = g_string_new(NULL);
	GRAPH_CHILDREN (graph, service, NODE_PORT, child)
		g_string_append_printf(list, "%s%u", list->len ? ", " : "", graph_number(graph, child, FACT_NUMBER));
	return g_string_free(list, FALSE);
}

static void check_client_ports(Checker *checker, bool node_ports)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_EACH (graph, FACT_NUMBER, row) {
		Node mention = row->subject;
		if (graph_node_type(graph, mention) != NODE_MENTION || is_quiet(graph, mention))
			continue;
		bool image = strcmp(graph_text(graph, mention, FACT_NEARBY_NAME), "image") == 0;
		Node service = image ? NODE_NONE : mentioned_service(graph, mention);
		if (!service || offers(graph, service, row->object) ||
		        is_on_comment_line(graph, graph_place(graph, mention)) ||
		        (offered_as_node_port(graph, service, row->object) != 0) != node_ports)
			continue;
		g_autofree char *ports = list_ports(graph, service);
		Finding *finding = report(checker, mention, graph_span(graph, row),
		        node_ports ? "%s is asked on its NodePort %u, which is open on the nodes only"
		                   : "%s is asked on port %u, which it does not offer",
		        graph_name(graph, mention), row->object);
		set_detail(checker, finding, "%u", row->object);
		add_evidence(checker, finding, graph_place(graph, service), "the Service offers %s", ports);
		Node only = node_ports ? offered_as_node_port(graph, service, row->object)
		                       : graph_first_child(graph, service, NODE_PORT);
		Node former = port_that_was(graph, service, FACT_FORMER_NUMBER, row->object);
		if (former && !node_ports) {
			mend_former(checker, finding, graph_span(graph, row), row->object, former, FACT_NUMBER);
			continue;
		}
		if (!only || (!node_ports && graph_next_child(graph, only, NODE_PORT)))
			continue;
		set_because(checker, finding, FIX_VALUE,
		        node_ports ? "it is the Service's own port behind that NodePort"
		                   : "it is the only port of the Service");
		add_renumber(
		        checker, finding, graph_span(graph, row), row->object, graph_number(graph, only, FACT_NUMBER));
	}
}

static void check_port_drift(Checker *checker)
{
	check_client_ports(checker, false);
	check_published_ports(checker);
	check_former_ports(checker, mentioned_service);
}

static void check_route_port_is_nodeport(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	check_client_ports(checker, true);
	GRAPH_EACH (graph, FACT_WANTS_PORT, row) {
		GRAPH_OF (graph, row->subject, FACT_REFERS_TO, target) {
			if (graph_node_type(graph, target->object) != NODE_OBJECT ||
			        !is_kind(graph, target->object, "Service") ||
			        offers(graph, target->object, row->object))
				continue;
			Node port = offered_as_node_port(graph, target->object, row->object);
			if (!port)
				continue;
			Node object = graph_ancestor(graph, row->subject, NODE_OBJECT);
			Finding *finding = report(checker, row->subject, graph_span(graph, row),
			        "%s %s leads to NodePort %u of Service %s instead of its port",
			        graph_text(graph, object, FACT_KIND), graph_name(graph, object), row->object,
			        graph_name(graph, target->object));
			add_evidence(checker, finding, graph_place(graph, port), "the port is %u",
			        graph_number(graph, port, FACT_NUMBER));
			set_hint(checker, finding, "write %u", graph_number(graph, port, FACT_NUMBER));
			set_because(checker, finding, FIX_VALUE, "it is the Service's own port behind that NodePort");
			add_renumber(checker, finding, graph_span(graph, row), row->object,
			        graph_number(graph, port, FACT_NUMBER));
		}
	}
}

/* ---- NodePorts that clients use --------------------------------------------------------------------------- */

#define FIRST_NODE_PORT 30000
#define LAST_NODE_PORT 32767
#define PLEX 32400 /* lies in the range and is that program's own port */

/* At an address, or at a name that is no Service: it is the node that is asked. */
static bool asks_a_node(const Graph *graph, Node mention, uint32_t port)
{
	return port >= FIRST_NODE_PORT && port <= LAST_NODE_PORT && port != PLEX &&
	       graph_has(graph, mention, FACT_ADDRESS);
}

static bool is_published(const Graph *graph, uint32_t port)
{
	static const FactKind kinds[] = {FACT_NODE_PORT, FACT_HOST_PORT};
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		Rows rows = graph_rows_to(graph, kinds[i], port);
		if (rows.at != rows.end)
			return true;
	}
	return false;
}

/* One Service alone had the NodePort in an earlier commit: every mention of it on a node means that one. */
static void mend_node_port(Checker *checker, Finding *finding, uint32_t number)
{
	const Graph *graph = checker_graph(checker);
	Rows rows = graph_rows_to(graph, FACT_FORMER_NODE_PORT, number);
	Node port = rows.at == rows.end ? NODE_NONE : rows.at->subject;
	for (const Row *row = rows.at; row != rows.end; row++)
		if (row->subject != port)
			return;
	GRAPH_EACH (graph, FACT_NUMBER, row)
		if (port && row->object == number && graph_node_type(graph, row->subject) == NODE_MENTION &&
		        asks_a_node(graph, row->subject, number) && !is_quiet(graph, row->subject))
			mend_former(checker, finding, graph_span(graph, row), number, port, FACT_NODE_PORT);
}

/* A port that is published here is asked at the address too, or a machine of the homelab has it. Other addresses may be
 * those of a NAS, whose programs take ports of that range too. */
static bool is_known_node(const Graph *graph, Node mention)
{
	GRAPH_TO (graph, FACT_ADDRESS, graph_symbol(graph, mention, FACT_ADDRESS), row) {
		Node other = row->subject;
		if (graph_node_type(graph, other) == NODE_MACHINE ||
		        (graph_has(graph, other, FACT_NUMBER) &&
		                is_published(graph, graph_number(graph, other, FACT_NUMBER))))
			return true;
	}
	return false;
}

static bool is_node_port(const Graph *graph, uint32_t port)
{
	Rows former = graph_rows_to(graph, FACT_FORMER_NODE_PORT, port);
	if (former.at != former.end)
		return true;
	GRAPH_TO (graph, FACT_NUMBER, port, row)
		if (graph_node_type(graph, row->subject) == NODE_MENTION && asks_a_node(graph, row->subject, port) &&
		        is_known_node(graph, row->subject))
			return true;
	return false;
}

static bool is_no_document(const Graph *graph, uint32_t file, void *data)
{
	return !slice_ends(slice_from(graph_file_path(graph, file)), ".md");
}

static bool accept_node_port(const Graph *graph, Span word, void *data)
{
	static const char *const parts[] = {"nodeport", "node_port", "node-port", NULL};
	Slice line = graph_line_at(graph, word);
	g_autofree char *lower = g_ascii_strdown(line.at, (gssize)line.length);
	return text_has_part(lower, parts);
}

/* Where charts are installed whose Services nobody sees, a setting that calls the number a NodePort may be of one. */
static bool may_be_of_chart(const Graph *graph, uint32_t number)
{
	Rows opaque = graph_rows(graph, FACT_OPAQUE), former = graph_rows_to(graph, FACT_FORMER_NODE_PORT, number);
	Span found;
	char word[16];
	g_snprintf(word, sizeof word, "%u", number);
	return opaque.at != opaque.end && former.at == former.end &&
	       search_word(graph, slice_from(word), is_no_document, accept_node_port, NULL, &found);
}

/* Only where the repository itself publishes NodePorts: two at least, so that they are its way. */
static void check_nodeport_drift(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Rows all = graph_rows(graph, FACT_NODE_PORT);
	g_autoptr(GHashTable) known = g_hash_table_new(g_direct_hash, g_direct_equal);
	if (all.end - all.at < 2)
		return;
	GRAPH_EACH (graph, FACT_NUMBER, row) {
		Node mention = row->subject;
		if (graph_node_type(graph, mention) != NODE_MENTION || !asks_a_node(graph, mention, row->object) ||
		        is_published(graph, row->object) || is_quiet(graph, mention))
			continue;
		Finding *finding = g_hash_table_lookup(known, GUINT_TO_POINTER(row->object));
		if (finding) {
			add_evidence(checker, finding, graph_place(graph, mention), "named here too");
			continue;
		}
		if (may_be_of_chart(graph, row->object) || !is_node_port(graph, row->object))
			continue;
		finding = report(checker, mention, graph_span(graph, row),
		        "port %u of a node is named, and no Service has that NodePort", row->object);
		set_detail(checker, finding, "%u", row->object);
		g_hash_table_insert(known, GUINT_TO_POINTER(row->object), finding);
		mend_node_port(checker, finding, row->object);
	}
}

/* ---- numbers claimed twice -------------------------------------------------------------------------------------- */

static const char *protocol_of(const Graph *graph, Node port)
{
	const char *protocol = graph_text(graph, port, FACT_PROTOCOL);
	return *protocol ? protocol : "TCP";
}

static void check_nodeport_collision(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	if (is_collection(graph))
		return;
	g_autoptr(GHashTable) claims = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GRAPH_EACH (graph, FACT_NODE_PORT, row) {
		Node service = graph_parent(graph, row->subject);
		if (is_quiet(graph, service) || is_patch(graph, service))
			continue;
		char *key = g_strdup_printf("%u %s", row->object, protocol_of(graph, row->subject));
		const Row *first = g_hash_table_lookup(claims, key);
		if (!first) {
			g_hash_table_insert(claims, key, (gpointer)row);
			continue;
		}
		g_free(key);
		Node other = graph_parent(graph, first->subject);
		if (!share_cluster(graph, other, service) ||
		        graph_symbol(graph, other, FACT_IDENTITY) == graph_symbol(graph, service, FACT_IDENTITY))
			continue; /* one Service written twice is duplicate-object's */
		Finding *finding = report(checker, service, graph_span(graph, row),
		        "Service %s takes NodePort %u, which Service %s has already", graph_name(graph, service),
		        row->object, graph_name(graph, other));
		add_evidence(checker, finding, graph_span(graph, first), "it is taken here");
		set_detail(checker, finding, "%u", row->object);
	}
}

static bool shares_address(const Graph *graph, Node service)
{
	GRAPH_OF (graph, service, FACT_ANNOTATION, row) {
		const char *text = graph_symbol_text(graph, row->object);
		if (strstr(text, "allow-shared-ip") || strstr(text, "sharing-key") ||
		        strstr(text, "sharing-cross-namespace"))
			return true;
	}
	return false;
}

static bool ports_overlap(const Graph *graph, Node one, Node other)
{
	GRAPH_CHILDREN (graph, one, NODE_PORT, left)
		GRAPH_CHILDREN (graph, other, NODE_PORT, right)
			if (graph_number(graph, left, FACT_NUMBER) == graph_number(graph, right, FACT_NUMBER) &&
			        strcmp(protocol_of(graph, left), protocol_of(graph, right)) == 0)
				return true;
	return false;
}

/* ---- pools of load balancer addresses ----------------------------------------------------------------------- */

/* "first-last", a network, or one address. */
static bool range_parse(Slice text, Ip *ret_first, Ip *ret_last)
{
	size_t dash = slice_find_byte(text, '-', 0);
	IpRange net;
	if (dash != SIZE_MAX)
		return ip_parse(slice_trim(slice_sub(text, 0, dash)), ret_first) &&
		       ip_parse(slice_trim(slice_sub(text, dash + 1, text.length)), ret_last);
	if (!ip_range_parse(text, &net))
		return false;
	*ret_first = *ret_last = net.base;
	for (unsigned bit = net.prefix; bit < (net.base.family == 4 ? 32u : 128u); bit++) {
		ret_first->bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
		ret_last->bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	}
	return true;
}

static bool is_pool(const Graph *graph, Node object)
{
	return is_kind(graph, object, "IPAddressPool") || is_kind(graph, object, "CiliumLoadBalancerIPPool");
}

/* True if every pool of the Service's cluster can be read, some pool has addresses of that family, and none has this
 * one. ret_pool is the nearest to point at. */
static bool is_outside_pools(const Graph *graph, Node service, const Ip *ip, Node *ret_pool)
{
	*ret_pool = NODE_NONE;
	GRAPH_NODES (graph, NODE_OBJECT, object) {
		if (!is_pool(graph, object) || !share_cluster(graph, object, service))
			continue;
		Rows rows = graph_rows_of(graph, object, FACT_ADDRESS);
		if (rows.at == rows.end)
			return false; /* of a form that is not read, or patched in */
		for (const Row *row = rows.at; row != rows.end; row++) {
			Ip first, last;
			if (!range_parse(graph_symbol_slice(graph, row->object), &first, &last))
				return false;
			if (first.family != ip->family)
				continue;
			if (memcmp(first.bytes, ip->bytes, sizeof ip->bytes) <= 0 &&
			        memcmp(ip->bytes, last.bytes, sizeof ip->bytes) <= 0)
				return false;
			*ret_pool = is_quiet(graph, object) ? *ret_pool : object;
		}
	}
	return *ret_pool != NODE_NONE;
}

static void check_pools(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_EACH (graph, FACT_LOAD_BALANCER_IP, row) {
		Ip ip;
		Node pool;
		if (is_quiet(graph, row->subject) ||
		        graph_has(graph, graph_ancestor(graph, row->subject, NODE_DOCUMENT), FACT_IS_PATCH) ||
		        !ip_parse(graph_symbol_slice(graph, row->object), &ip) ||
		        !is_outside_pools(graph, row->subject, &ip, &pool))
			continue;
		Finding *finding = report(checker, row->subject, graph_span(graph, row),
		        "Service %s asks for %s, which no pool of load balancer addresses holds",
		        graph_name(graph, row->subject), graph_symbol_text(graph, row->object));
		GRAPH_OF (graph, pool, FACT_ADDRESS, range)
			add_evidence(checker, finding, graph_span(graph, range), "pool %s holds %s",
			        graph_name(graph, pool), graph_symbol_text(graph, range->object));
		set_detail(checker, finding, "pool %s", graph_symbol_text(graph, row->object));
		set_hint(checker, finding, "widen a pool, or ask for an address of one");
	}
}

/* ---- one address for two ------------------------------------------------------------------------------------- */

static void check_lb_ip_conflict(Checker *checker)
{
	check_pools(checker);
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) claims = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GRAPH_EACH (graph, FACT_LOAD_BALANCER_IP, row) {
		const char *address = graph_symbol_text(graph, row->object);
		if (is_quiet(graph, row->subject) || strpbrk(address, "${}<") || !*address)
			continue;
		char *key = g_strdup(address);
		const Row *first = g_hash_table_lookup(claims, key);
		if (!first) {
			g_hash_table_insert(claims, key, (gpointer)row);
			continue;
		}
		g_free(key);
		bool both_share = shares_address(graph, row->subject) && shares_address(graph, first->subject);
		if (!share_cluster(graph, first->subject, row->subject) ||
		        graph_symbol(graph, first->subject, FACT_IDENTITY) ==
		                graph_symbol(graph, row->subject, FACT_IDENTITY) ||
		        (both_share && !ports_overlap(graph, first->subject, row->subject)))
			continue;
		Finding *finding = report(checker, row->subject, graph_span(graph, row),
		        "Service %s asks for %s, which Service %s has already", graph_name(graph, row->subject),
		        address, graph_name(graph, first->subject));
		add_evidence(checker, finding, graph_span(graph, first), "it is asked for here");
		set_detail(checker, finding, "%s", address);
	}
}

/* ---- routes --------------------------------------------------------------------------------------------------------
 */

/* Routes of one object may repeat a host and path under conditions; two objects may not, but for what tells them apart.
 */
static void check_route_conflict(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) claims = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GRAPH_NODES (graph, NODE_ROUTE, route) {
		Node object = graph_ancestor(graph, route, NODE_OBJECT);
		const char *host = graph_name(graph, route), *path = graph_text(graph, route, FACT_PATH);
		if (!object || !*host || strpbrk(host, "${}<") || is_quiet(graph, route) ||
		        !is_kind(graph, object, "Ingress") || is_patch(graph, object) ||
		        graph_has(graph, object, FACT_ANNOTATION))
			continue;
		char *key = g_strdup_printf(
		        "%s %s %s", host, *path ? path : "/", graph_text(graph, object, FACT_CLASS_NAME));
		Node first = GPOINTER_TO_UINT(g_hash_table_lookup(claims, key));
		if (!first) {
			g_hash_table_insert(claims, key, GUINT_TO_POINTER(route));
			continue;
		}
		g_free(key);
		Node other = graph_ancestor(graph, first, NODE_OBJECT);
		bool same = graph_name_symbol(graph, other) == graph_name_symbol(graph, object) &&
		            slice_equal(graph_folder_of(graph, other), graph_folder_of(graph, object));
		if (other == object || same || !share_cluster(graph, other, object) ||
		        graph_symbol(graph, other, FACT_IDENTITY) == graph_symbol(graph, object, FACT_IDENTITY))
			continue; /* one Ingress that is written twice is duplicate-object's */
		Finding *finding = report(checker, route, graph_place(graph, route),
		        "Ingress %s claims %s%s, which Ingress %s has already", graph_name(graph, object), host, path,
		        graph_name(graph, other));
		add_evidence(checker, finding, graph_place(graph, first), "it is claimed here");
	}
}

static const Rule rules[] = {
        {
                .id = "port-drift",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "a client uses a port that the Service does not offer",
                .why = "The connection is refused or times out; most often the port was changed on the other side.",
                .remedy = "Write the port that the Service offers, which need not be the container's.",
                .check = check_port_drift,
        },
        {
                .id = "route-port-is-nodeport",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a NodePort stands where the Service's port belongs",
                .why = "NodePorts are open on the nodes' addresses only: by the Service's name the port answers "
                       "nothing.",
                .remedy = "Write the Service's port.",
                .check = check_route_port_is_nodeport,
        },
        {
                .id = "nodeport-drift",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "a NodePort is named that no Service has",
                .why = "Nothing listens there: most often the Service got another number, and documents, scripts and "
                       "variables kept the old one.",
                .remedy = "Write the NodePort that the Service has now, or its name and port.",
                .check = check_nodeport_drift,
        },
        {
                .id = "nodeport-collision",
                .level = LEVEL_ERROR,
                .fix = FIX_PROPOSAL,
                .title = "one NodePort is claimed by two Services",
                .why = "The API server refuses the second: \"provided port is already allocated\". Which one that is "
                       "depends on the order of apply.",
                .remedy = "Give one of them another number between 30000 and 32767, or none, so that one is chosen.",
                .check = check_nodeport_collision,
        },
        {
                .id = "lb-ip-conflict",
                .level = LEVEL_ERROR,
                .fix = FIX_PROPOSAL,
                .title = "a load balancer address is asked for twice, or lies in no pool",
                .why = "The Service stays <pending> and has no address, or two of them answer by turns.",
                .remedy = "Give each Service a free address of a pool. Two may share one where both say so and use "
                          "different ports.",
                .check = check_lb_ip_conflict,
        },
        {
                .id = "route-conflict",
                .level = LEVEL_ERROR,
                .title = "two routes claim one host and path",
                .why = "Which of them answers depends on the controller and on their age, and changes when one is "
                       "applied anew.",
                .remedy = "Take the host and path out of one of them.",
                .check = check_route_conflict,
        },
};

const RuleSet rules_ports = {"ports", rules, G_N_ELEMENTS(rules)};
