/* Host ports that two take on one machine. */
#include "base/path.h"
#include "rule/developing.h"
#include "rule/rule.h"
#include "rule/search.h"

#include <string.h>

/* One published port: of a compose service, or of a pod that is bound to one node. */
typedef struct Claim {
	Node owner, port; /* SERVICE or CONTAINER, and its PORT */
	Node file;
	uint32_t low, high;
	const char *ip, *protocol;
	const char *host; /* node of a pod; NULL for compose */
	Slice folder;
} Claim;

static bool is_any_address(const char *ip)
{
	return *ip == '\0' || strcmp(ip, "0.0.0.0") == 0 || strcmp(ip, "::") == 0 || strcmp(ip, "*") == 0;
}

static bool is_literal_row(const Graph *graph, const Row *row)
{
	return slice_find_byte(graph_span_bytes(graph, graph_span(graph, row)), '$', 0) == SIZE_MAX;
}

/* The node a pod is bound to by name, or NULL. */
static const char *bound_node(const Graph *graph, Node pod)
{
	static const char key[] = "kubernetes.io/hostname=";
	const FactKind kinds[] = {FACT_NODE_SELECTOR, FACT_NODE_AFFINITY};
	const char *found = graph_text(graph, pod, FACT_NODE_NAME);
	if (*found)
		return found;
	found = NULL;
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		GRAPH_OF (graph, pod, kinds[i], row) {
			const char *text = graph_symbol_text(graph, row->object);
			if (!g_str_has_prefix(text, key))
				continue;
			if (found)
				return NULL;
			found = text + strlen(key);
		}
	}
	return found;
}

static bool read_compose_claim(const Graph *graph, Node port, Node service, Claim *claim)
{
	const Row *low = graph_find(graph, port, FACT_HOST_PORT);
	if (!low || low->object == 0 || !is_literal_row(graph, low) || is_stopped(graph, service))
		return false;
	claim->low = low->object;
	claim->high = MAX(graph_number(graph, port, FACT_HOST_PORT_END), claim->low);
	return true;
}

static bool read_pod_claim(const Graph *graph, Node port, Node pod, Claim *claim)
{
	bool host_network = graph_has(graph, pod, FACT_HOST_NETWORK);
	Node object = graph_ancestor(graph, pod, NODE_OBJECT);
	claim->low = graph_number(graph, port, host_network ? FACT_NUMBER : FACT_HOST_PORT);
	claim->high = claim->low;
	claim->host = bound_node(graph, pod);
	return claim->low && claim->host && object && !is_stopped(graph, object) && !is_patch(graph, pod) &&
	       !graph_has(graph, object, FACT_IS_PATCH);
}

static bool read_claim(const Graph *graph, Node port, Claim *claim)
{
	Node owner = graph_parent(graph, port);
	const char *protocol = graph_text(graph, port, FACT_PROTOCOL);
	*claim = (Claim){.owner = owner,
	        .port = port,
	        .file = graph_file_node(graph, graph_file_of(graph, port)),
	        .ip = graph_text(graph, port, FACT_HOST_IP),
	        .protocol = *protocol ? protocol : "TCP"};
	claim->folder = path_folder(slice_from(graph_name(graph, claim->file)));
	if (is_quiet(graph, port))
		return false;
	if (graph_node_type(graph, owner) == NODE_SERVICE)
		return read_compose_claim(graph, port, owner, claim);
	Node pod = graph_ancestor(graph, owner, NODE_POD);
	return pod && graph_node_type(graph, owner) == NODE_CONTAINER && read_pod_claim(graph, port, pod, claim);
}

/* An address that a variable holds is the same where the variable is, and belongs to every wildcard. */
static bool overlap(const Claim *a, const Claim *b)
{
	if (a->low > b->high || b->low > a->high || strcmp(a->protocol, b->protocol) != 0)
		return false;
	return is_any_address(a->ip) || is_any_address(b->ip) || strcmp(a->ip, b->ip) == 0;
}

/* ---- may both run at once? ----------------------------------------------------------------------------- */

/* Services whose profiles have none in common are alternatives. */
static bool profiles_exclude(const Graph *graph, Node a, Node b)
{
	if (!graph_has(graph, a, FACT_PROFILE) || !graph_has(graph, b, FACT_PROFILE))
		return false;
	GRAPH_OF (graph, a, FACT_PROFILE, row) {
		if (graph_says(graph, b, FACT_PROFILE, row->object))
			return false;
	}
	return true;
}

/* "app" and "app-dev": the same program in another form, which a profile starts instead. */
static bool is_variant_name(const Graph *graph, Node a, Node b)
{
	Slice one = slice_from(graph_name(graph, a)), other = slice_from(graph_name(graph, b));
	Slice shorter = one.length < other.length ? one : other, longer = one.length < other.length ? other : one;
	return memcmp(shorter.at, longer.at, shorter.length) == 0 && strchr("-_", longer.at[shorter.length]) != NULL;
}

/* An engine runs one container of a name: the two take turns. */
static bool are_one_container(const Graph *graph, const Claim *a, const Claim *b)
{
	Symbol one = graph_symbol(graph, a->owner, FACT_CONTAINER_NAME);
	return one && a->file != b->file && one == graph_symbol(graph, b->owner, FACT_CONTAINER_NAME);
}

typedef struct TogetherSearch {
	Slice other; /* name of the other file */
} TogetherSearch;

static bool names_other(const Graph *graph, Span span, void *data)
{
	const TogetherSearch *search = data;
	g_autofree char *other = slice_dup(search->other);
	Slice name = path_name(slice_from(graph_file_path(graph, span.file)));
	bool document = slice_ends(name, ".md");
	return !document && text_has(graph_line_at(graph, span), other);
}

/* Files of one folder run together if some line of a script or .env names both of them: -f a.yml -f b.yml. */
static bool are_named_together(const Graph *graph, const Claim *a, const Claim *b)
{
	Span span;
	Slice first = path_name(slice_from(graph_name(graph, a->file)));
	Slice second = path_name(slice_from(graph_name(graph, b->file)));
	if (slice_equal(first, second))
		return false;
	/* the longer name: compose.yml is a part of docker-compose.yml */
	TogetherSearch search = {first.length < second.length ? first : second};
	Slice longer = first.length < second.length ? second : first;
	return search_word(graph, longer, NULL, names_other, &search, &span);
}

/* Names of folders that hold a stack each, and of folders that hold a machine each. */
static bool is_stack_folder(Slice name)
{
	static const char *const names[] = {"stacks", "stack", "docker", "compose", "services", "apps", "containers",
	        "docker-compose", "applications", "projects", "selfhosted"};
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (slice_is_nocase(name, names[i]))
			return true;
	return false;
}

static bool is_host_name(const Graph *graph, Slice name)
{
	static const char *const names[] = {"nas", "pi", "rpi", "server", "node", "vps", "host", "box", "proxmox",
	        "pve", "nuc", "desktop", "laptop", "gaming", "truenas", "synology", "unraid", "cloud", "edge", "home",
	        "remote", "mini", "vm", "lxc", "dev", "prod", "staging", "test", "local", "old", "new", "backup",
	        "router"};
	Symbol symbol;
	if (name.length == 0 || g_ascii_isdigit(name.at[name.length - 1]))
		return true;
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (slice_is_nocase(name, names[i]))
			return true;
	return graph_find_symbol(graph, name, &symbol) && graph_next_named(graph, NODE_MACHINE, symbol, NODE_NONE);
}

/* Folders beside each other in one folder of stacks, none of them named like a machine. What is for writing a program
 * runs while somebody writes it. */
static bool are_stacks_of_one_host(const Graph *graph, const Claim *a, const Claim *b)
{
	Slice parent = path_folder(a->folder);
	if (a->folder.length == 0 || !slice_equal(parent, path_folder(b->folder)))
		return false;
	return is_stack_folder(path_name(parent)) && !is_host_name(graph, path_name(a->folder)) &&
	       !is_host_name(graph, path_name(b->folder)) && !is_for_developing(graph, a->file) &&
	       !is_for_developing(graph, b->file);
}

/* The level at which two overlapping claims are a finding; LEVEL_OFF where they may be meant for two machines. */
static Level judge(const Graph *graph, const Claim *a, const Claim *b)
{
	if (a->host || b->host) {
		if (!a->host || !b->host || strcmp(a->host, b->host) != 0)
			return LEVEL_OFF;
		Node first = graph_ancestor(graph, a->owner, NODE_OBJECT),
		     second = graph_ancestor(graph, b->owner, NODE_OBJECT);
		return graph_name_symbol(graph, first) != graph_name_symbol(graph, second) ? LEVEL_ERROR : LEVEL_OFF;
	}
	if (graph_name_symbol(graph, a->owner) == graph_name_symbol(graph, b->owner) &&
	        slice_equal(a->folder, b->folder))
		return LEVEL_OFF;
	if (are_one_container(graph, a, b))
		return LEVEL_OFF;
	if (a->file == b->file) {
		if (profiles_exclude(graph, a->owner, b->owner))
			return LEVEL_OFF;
		bool sometimes = graph_has(graph, a->owner, FACT_PROFILE) || graph_has(graph, b->owner, FACT_PROFILE);
		if (!sometimes)
			return LEVEL_ERROR;
		/* By an anchor it is one mapping: the same program, with another command that a profile starts. */
		bool lent = graph_place(graph, a->port).start == graph_place(graph, b->port).start;
		return lent || is_variant_name(graph, a->owner, b->owner) ? LEVEL_OFF : LEVEL_WARNING;
	}
	if (slice_equal(a->folder, b->folder))
		return are_named_together(graph, a, b) ? LEVEL_WARNING : LEVEL_OFF;
	return are_stacks_of_one_host(graph, a, b) ? LEVEL_WARNING : LEVEL_OFF;
}

/* ---- reporting --------------------------------------------------------------------------------------------- */

/* A repository in which this many projects want one port is a collection to choose from, not one machine. */
#define MOST_PROJECTS 3

static bool is_collection(const GArray *claims, const Claim *claim)
{
	g_autoptr(GHashTable) folders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; i < claims->len; i++) {
		const Claim *other = &g_array_index(claims, Claim, i);
		if (overlap(claim, other))
			g_hash_table_add(folders, slice_dup(other->folder));
	}
	return g_hash_table_size(folders) > MOST_PROJECTS;
}

static uint32_t next_free(const GArray *claims, uint32_t port)
{
	for (uint32_t free_port = port + 1; free_port < 65536; free_port++) {
		bool taken = false;
		for (guint i = 0; i < claims->len && !taken; i++) {
			const Claim *claim = &g_array_index(claims, Claim, i);
			taken = claim->low <= free_port && free_port <= claim->high;
		}
		if (!taken)
			return free_port;
	}
	return 0;
}

static void report_claim(Checker *checker, const GArray *claims, guint index, const GArray *earlier, Level level)
{
	const Graph *graph = checker_graph(checker);
	const Claim *claim = &g_array_index(claims, Claim, index);
	const Claim *first = g_array_index(earlier, const Claim *, 0);
	uint32_t number = MAX(claim->low, first->low);
	FactKind kind = graph_has(graph, claim->port, FACT_HOST_PORT) ? FACT_HOST_PORT : FACT_NUMBER;
	Span span = graph_span(graph, graph_find(graph, claim->port, kind));
	const char *one = graph_name(graph, claim->owner), *two = graph_name(graph, first->owner);
	Finding *finding;
	if (claim->host)
		finding = report_at(checker, level, claim->owner, span, "'%s' and '%s' both want %s port %u of node %s",
		        one, two, claim->protocol, number, claim->host);
	else if (claim->file == first->file)
		finding = report_at(checker, level, claim->owner, span, "'%s' and '%s' both publish %s port %u", one,
		        two, claim->protocol, number);
	else
		finding = report_at(checker, level, claim->owner, span,
		        "'%s' and '%s' of %s both publish %s port %u, if they run on one host", one, two,
		        graph_name(graph, first->file), claim->protocol, number);
	set_detail(checker, finding, "%u/%s", number, claim->protocol);
	for (guint i = 0; i < earlier->len; i++) {
		const Claim *other = g_array_index(earlier, const Claim *, i);
		add_evidence(checker, finding, graph_place(graph, other->port), "'%s' publishes it here",
		        graph_name(graph, other->owner));
	}
	uint32_t free_port = next_free(claims, number);
	if (free_port && number >= 1024)
		set_hint(checker, finding, "%u is the next port that nothing in the repository publishes", free_port);
}

static void check_claim(Checker *checker, const GArray *claims, guint index)
{
	const Graph *graph = checker_graph(checker);
	const Claim *claim = &g_array_index(claims, Claim, index);
	g_autoptr(GArray) earlier = g_array_new(FALSE, FALSE, sizeof(const Claim *));
	Level level = LEVEL_OFF;
	for (guint i = 0; i < index; i++) {
		const Claim *other = &g_array_index(claims, Claim, i);
		if (other->owner == claim->owner || !overlap(other, claim))
			continue;
		Level one = judge(graph, other, claim);
		if (one == LEVEL_OFF || (!slice_equal(other->folder, claim->folder) && is_collection(claims, claim)))
			continue;
		level = MAX(level, one);
		g_array_append_val(earlier, other);
	}
	if (earlier->len)
		report_claim(checker, claims, index, earlier, level);
}

/* All pairs are compared: a repository has hundreds of ports, and one made to be slow is cut off. */
#define MOST_CLAIMS 3000

static void check_hostport_collision(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GArray) claims = g_array_new(FALSE, FALSE, sizeof(Claim));
	GRAPH_NODES (graph, NODE_PORT, port) {
		Claim claim;
		if (claims->len < MOST_CLAIMS && read_claim(graph, port, &claim))
			g_array_append_val(claims, claim);
	}
	for (guint i = 0; i < claims->len; i++)
		check_claim(checker, claims, i);
}

static const Rule rules[] = {
        {
                .id = "hostport-collision",
                .level = LEVEL_ERROR,
                .fix = FIX_PROPOSAL,
                .title = "two services take one port of their host",
                .why = "A port of a machine belongs to one program. The service that comes second does not start, or "
                       "takes the port away from the first at the next reboot.",
                .remedy = "Give one of them another host port, bind them to different addresses, or put a reverse "
                          "proxy in front of both.",
                .peers = "docker: port is already allocated; dclint: no-duplicate-exported-ports",
                .check = check_hostport_collision,
        },
};

const RuleSet rules_hostport = {"hostport", rules, G_N_ELEMENTS(rules)};
