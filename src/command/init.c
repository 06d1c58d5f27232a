/* labwright init: labwright.yaml as the repository tells it. Each value carries the place it was read from; what
 * disagrees is left as a question in a comment, for nobody but the owner can answer it. */
#include "command/command.h"

#include "base/error.h"
#include "flow/flow.h"
#include "rule/capacity.h"
#include "rule/hosts.h"
#include "rule/rule.h"

extern const Command command_init;

typedef struct Found {
	const char *host;
	Symbol address;
	Ip ip;
	IpScope scope;
	Node first;
	uint32_t mentions;
	bool beside_others; /* of a row that gives the host several */
} Found;

typedef struct Writer {
	const Graph *graph;
	const Survey *survey; /* of the cluster that the nodes are taken from, or NULL */
	const Hosts *hosts;
	GArray *found;          /* Found */
	GArray *shared;         /* Net: networks that hosts have undisputed addresses in, the fullest first */
	GHashTable *capacities; /* host → Capacity */
	GString *out;
} Writer;

typedef struct Net {
	Ip base;
	IpScope scope;
	uint32_t hosts;
	Node first;
	char name[32];
} Net;

static void append_place(Writer *writer, Node node)
{
	uint32_t line, column;
	Span span = graph_place(writer->graph, node);
	graph_position(writer->graph, span, &line, &column);
	g_string_append_printf(writer->out, "%s:%u", graph_file_path(writer->graph, span.file), line);
}

static void append_times(Writer *writer, uint32_t times)
{
	if (times > 1)
		g_string_append_printf(writer->out, ", %u times", times);
}

/* ---- addresses ---------------------------------------------------------------------------------------------- */

/* More addresses than that are no homelab's. */
#define MOST_FOUND 1000

/* Every address of every host, each once, in the order of files. */
static GArray *find_addresses(const Hosts *hosts)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(Found));
	for (guint i = 0; i < hosts->uses->len; i++) {
		const Use *use = &g_array_index(hosts->uses, Use, i);
		Found *known = NULL;
		for (guint k = 0; k < all->len && !known; k++) {
			Found *found = &g_array_index(all, Found, k);
			if (found->host == use->host && found->address == use->address)
				known = found;
		}
		if (!known && all->len == MOST_FOUND)
			break;
		if (!known) {
			Found fresh = {
			        .host = use->host, .address = use->address, .scope = use->scope, .first = use->mention};
			ip_parse(graph_symbol_slice(hosts->graph, use->address), &fresh.ip);
			g_array_append_val(all, fresh);
			known = &g_array_index(all, Found, all->len - 1);
		}
		known->mentions++;
		known->beside_others |= use->beside_others;
	}
	return all;
}

/* The host has other addresses of that scope, and no row says that it has them all. */
static bool is_disputed(const Writer *writer, const Found *found)
{
	bool alone = true, together = found->beside_others;
	for (guint i = 0; i < writer->found->len; i++) {
		const Found *other = &g_array_index(writer->found, Found, i);
		if (other->host != found->host || other->scope != found->scope || other == found)
			continue;
		alone = false;
		together &= other->beside_others;
	}
	return !alone && !together;
}

/* ---- networks ----------------------------------------------------------------------------------------------- */

static bool net_holds(const Net *net, const Found *found)
{
	size_t bytes = net->scope == IP_SHARED ? 0 : 3;
	return net->scope == found->scope && memcmp(net->base.bytes, found->ip.bytes, bytes) == 0;
}

static Net *find_net(const Writer *writer, const Found *found)
{
	for (guint i = 0; i < writer->shared->len; i++) {
		Net *net = &g_array_index(writer->shared, Net, i);
		if (net_holds(net, found))
			return net;
	}
	return NULL;
}

static int compare_nets(const void *a, const void *b)
{
	const Net *left = a, *right = b;
	if (left->scope != right->scope)
		return left->scope < right->scope ? -1 : 1;
	if (left->hosts != right->hosts)
		return left->hosts > right->hosts ? -1 : 1;
	return memcmp(left->base.bytes, right->base.bytes, sizeof left->base.bytes);
}

/* The /24 of each private address that nobody disputes; the overlay is the shared range as a whole. */
static void find_nets(Writer *writer)
{
	for (guint i = 0; i < writer->found->len; i++) {
		const Found *found = &g_array_index(writer->found, Found, i);
		if (is_disputed(writer, found))
			continue;
		Net *net = find_net(writer, found);
		if (!net) {
			Net fresh = {.base = found->ip, .scope = found->scope, .first = found->first};
			g_array_append_val(writer->shared, fresh);
			net = &g_array_index(writer->shared, Net, writer->shared->len - 1);
		}
		net->hosts++;
	}
	if (writer->shared->len > 1)
		qsort(writer->shared->data, writer->shared->len, sizeof(Net), compare_nets);
	for (guint i = 0; i < writer->shared->len; i++) {
		Net *net = &g_array_index(writer->shared, Net, i);
		const uint8_t *bytes = net->base.bytes;
		if (net->scope == IP_SHARED)
			g_strlcpy(net->name, "overlay", sizeof net->name);
		else if (i == 0)
			g_strlcpy(net->name, "lan", sizeof net->name);
		else
			g_snprintf(net->name, sizeof net->name, "net-%u-%u-%u", bytes[0], bytes[1], bytes[2]);
	}
}

static void append_networks(Writer *writer)
{
	if (writer->shared->len == 0)
		return;
	g_string_append(writer->out, "networks:\n");
	for (guint i = 0; i < writer->shared->len; i++) {
		const Net *net = &g_array_index(writer->shared, Net, i);
		const uint8_t *bytes = net->base.bytes;
		if (net->scope == IP_SHARED)
			g_string_append(writer->out, "  overlay: {cidr: 100.64.0.0/10, kind: overlay}  # ");
		else
			g_string_append_printf(writer->out, "  %s: {cidr: %u.%u.%u.0/24, kind: lan}  # ", net->name,
			        bytes[0], bytes[1], bytes[2]);
		if (net->scope != IP_SHARED)
			g_string_append(writer->out, "a guess: ");
		g_string_append_printf(
		        writer->out, net->hosts == 1 ? "one address, in " : "%u addresses, the first in ", net->hosts);
		append_place(writer, net->first);
		g_string_append_c(writer->out, '\n');
	}
}

/* ---- nodes -------------------------------------------------------------------------------------------------- */

static void append_addresses(Writer *writer, const char *host)
{
	const char *begin = "    addresses:\n";
	for (guint i = 0; i < writer->shared->len; i++) {
		const Net *net = &g_array_index(writer->shared, Net, i);
		for (guint k = 0; k < writer->found->len; k++) {
			const Found *found = &g_array_index(writer->found, Found, k);
			if (found->host != host || !net_holds(net, found) || is_disputed(writer, found))
				continue;
			g_string_append_printf(writer->out, "%s      %s: %s  # ", begin, net->name,
			        graph_symbol_text(writer->graph, found->address));
			append_place(writer, found->first);
			append_times(writer, found->mentions);
			g_string_append_c(writer->out, '\n');
			begin = "";
			break;
		}
	}
}

/* One line for each scope: "# ? lan: A (place, 12 times) or B (place)". */
static void append_questions(Writer *writer, const char *host, IpScope scope)
{
	bool begun = false;
	for (guint i = 0; i < writer->found->len; i++) {
		const Found *found = &g_array_index(writer->found, Found, i);
		if (found->host != host || found->scope != scope || !is_disputed(writer, found))
			continue;
		g_string_append_printf(writer->out, "%s%s (",
		        begun                ? " or "
		        : scope == IP_SHARED ? "    # ? overlay: "
		                             : "    # ? lan: ",
		        graph_symbol_text(writer->graph, found->address));
		append_place(writer, found->first);
		append_times(writer, found->mentions);
		g_string_append_c(writer->out, ')');
		begun = true;
	}
	if (begun)
		g_string_append_c(writer->out, '\n');
}

static void append_span(Writer *writer, Span span)
{
	uint32_t line, column;
	graph_position(writer->graph, span, &line, &column);
	g_string_append_printf(writer->out, "%s:%u", graph_file_path(writer->graph, span.file), line);
}

/* What a document says is a question: a table may count the memory that is bought and not the one that is in it. */
static void append_capacity(Writer *writer, const char *host)
{
	const Capacity *capacity = g_hash_table_lookup(writer->capacities, host);
	if (!capacity)
		return;
	g_string_append_printf(writer->out, "    %scapacity: {", capacity->document ? "# ? " : "");
	if (*capacity->cpu)
		g_string_append_printf(writer->out, "cpu: %s%s", capacity->cpu, *capacity->memory ? ", " : "");
	if (*capacity->memory)
		g_string_append_printf(writer->out, "memory: %s", capacity->memory);
	g_string_append(writer->out, "}  # ");
	append_span(writer, capacity->place);
	if (capacity->more.end) {
		g_string_append(writer->out, ", ");
		append_span(writer, capacity->more);
	}
	if (capacity->other.end) {
		g_string_append(writer->out, "; otherwise in ");
		append_span(writer, capacity->other);
	}
	g_string_append_c(writer->out, '\n');
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A name that YAML would not read as a text. */
static bool wants_quotes(const char *name)
{
	return !g_ascii_isalpha(*name) || name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.")] ||
	       g_strv_contains((const char *const[]){"null", "true", "false", "yes", "no", "on", "off", NULL}, name);
}

typedef struct Nameless {
	Symbol address;
	Node first;
	uint32_t mentions;
} Nameless;

static int compare_nameless(const void *a, const void *b)
{
	const Nameless *left = a, *right = b;
	if (left->mentions != right->mentions)
		return left->mentions > right->mentions ? -1 : 1;
	return left->first < right->first ? -1 : 1;
}

#define MOST_QUESTIONS 5

/* Where no machine has a name, the private addresses that are written most. */
static void append_nameless(Writer *writer)
{
	const Graph *graph = writer->graph;
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(Nameless));
	g_autoptr(GHashTable) index = g_hash_table_new(g_direct_hash, g_direct_equal);
	GRAPH_NODES (graph, NODE_MENTION, mention) {
		IpScope scope;
		Nameless fresh = {graph_symbol(graph, mention, FACT_ADDRESS), mention, 0};
		if (!fresh.address || !is_host_address(graph, mention, &scope) || is_quiet(graph, mention))
			continue;
		guint at = GPOINTER_TO_UINT(g_hash_table_lookup(index, GUINT_TO_POINTER(fresh.address)));
		if (at == 0) {
			g_array_append_val(all, fresh);
			at = all->len;
			g_hash_table_insert(index, GUINT_TO_POINTER(fresh.address), GUINT_TO_POINTER(at));
		}
		g_array_index(all, Nameless, at - 1).mentions++;
	}
	if (all->len > 1)
		qsort(all->data, all->len, sizeof(Nameless), compare_nameless);
	for (guint i = 0; i < MIN(all->len, MOST_QUESTIONS); i++) {
		const Nameless *nameless = &g_array_index(all, Nameless, i);
		if (nameless->mentions < 2)
			break;
		g_string_append_printf(writer->out, "# ? whose is %s (", graph_symbol_text(graph, nameless->address));
		append_place(writer, nameless->first);
		append_times(writer, nameless->mentions);
		g_string_append(writer->out, ")\n");
	}
}

/* The host of the repository that is called like a node of the cluster, or NULL. */
static const char *host_called(const Writer *writer, const char *name)
{
	GHashTableIter iter;
	const char *host;
	g_hash_table_iter_init(&iter, writer->hosts->places);
	while (g_hash_table_iter_next(&iter, (gpointer *)&host, NULL))
		if (strcmp(host, name) == 0)
			return host;
	return NULL;
}

/* The address that the cluster knows, where it lies in a network that is written above. */
static void append_cluster_address(Writer *writer, const char *address)
{
	Found found = {0};
	if (!address || !ip_parse(slice_from(address), &found.ip))
		return;
	for (guint i = 0; i < writer->shared->len; i++) {
		const Net *net = &g_array_index(writer->shared, Net, i);
		found.scope = net->scope;
		if (net_holds(net, &found)) {
			g_string_append_printf(
			        writer->out, "    addresses: {%s: %s}  # the cluster\n", net->name, address);
			return;
		}
	}
	g_string_append_printf(
	        writer->out, "    # ? the cluster knows it as %s, which is in no network above\n", address);
}

/* What a cluster says of its machines is no question: it runs on them. */
static void append_cluster_nodes(Writer *writer)
{
	g_string_append(writer->out, "nodes:\n");
	for (guint i = 0; i < writer->survey->nodes->len; i++) {
		const ClusterNode *node = writer->survey->nodes->pdata[i];
		const char *host = host_called(writer, node->name), *quote = wants_quotes(node->name) ? "\"" : "";
		gsize before;
		g_string_append_printf(writer->out, "  %s%s%s:  # the cluster\n", quote, node->name, quote);
		before = writer->out->len;
		if (host)
			append_addresses(writer, host);
		if (writer->out->len == before)
			append_cluster_address(writer, node->address);
		g_string_append_printf(writer->out, "    allocatable: {cpu: %dm, memory: %" G_GUINT64_FORMAT "Mi}\n",
		        (int)(node->cpu * 1000 + 0.5), node->memory >> 20);
		if (node->architecture)
			g_string_append_printf(writer->out, "    arch: %s\n", node->architecture);
	}
}

static void append_nodes(Writer *writer)
{
	if (writer->survey && writer->survey->nodes->len) {
		append_cluster_nodes(writer);
		return;
	}
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	GHashTableIter iter;
	gpointer host;
	g_hash_table_iter_init(&iter, writer->hosts->places);
	while (g_hash_table_iter_next(&iter, &host, NULL))
		g_ptr_array_add(names, host);
	if (names->len == 0) {
		g_string_append(writer->out, "# no nodeSelector, inventory or table names a machine; write yours so:\n"
		                             "# networks:\n#   lan: {cidr: 192.168.1.0/24}\n"
		                             "# nodes:\n#   NAME:\n#     addresses: {lan: 192.168.1.10}\n");
		append_nameless(writer);
		return;
	}
	g_ptr_array_sort(names, compare_texts);
	g_string_append(writer->out, "nodes:\n");
	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i], *quote = wants_quotes(name) ? "\"" : "";
		g_string_append_printf(writer->out, "  %s%s%s:  # ", quote, name, quote);
		append_place(writer, GPOINTER_TO_UINT(g_hash_table_lookup(writer->hosts->places, name)));
		g_string_append_c(writer->out, '\n');
		append_addresses(writer, name);
		append_questions(writer, name, IP_PRIVATE);
		append_questions(writer, name, IP_SHARED);
		append_capacity(writer, name);
	}
}

/* ---- areas -------------------------------------------------------------------------------------------------- */

/* Folders at the top that hold something of their own; what lies below archive and the like is on its way out. */
static void append_areas(Writer *writer)
{
	const Graph *graph = writer->graph;
	const char *begin = "areas:\n";
	for (uint32_t file = 0; file < graph_files(graph);) {
		const char *path = graph_file_path(graph, file), *slash = strchr(path, '/');
		size_t length = slash ? (size_t)(slash - path) + 1 : 0;
		uint32_t next = file, quiet = 0;
		for (; next < graph_files(graph); next++) {
			const char *other = graph_file_path(graph, next);
			if (next > file && (length == 0 || strncmp(other, path, length) != 0))
				break;
			const char *class = graph_text(graph, graph_file_node(graph, next), FACT_CLASS);
			quiet += strcmp(class, "archive") == 0;
		}
		uint32_t count = next - file;
		g_autofree char *name = g_strndup(path, length ? length - 1 : 0);
		file = next;
		if (length == 0 || *name == '.' || strpbrk(name, "\"\\\n\t"))
			continue;
		g_string_append_printf(writer->out, "%s  \"%s\": ", begin, name);
		g_string_append_printf(
		        writer->out, quiet == count ? "{paths: \"%s/\", deprecated: true}" : "\"%s/\"", name);
		g_string_append_printf(writer->out, "  # %u file%s\n", count, count == 1 ? "" : "s");
		begin = "";
	}
}

/* ---- the command --------------------------------------------------------------------------------------------- */

static GString *write_config(const Graph *graph, const Survey *survey)
{
	Hosts hosts = hosts_new(graph);
	Writer writer = {.graph = graph,
	        .survey = survey,
	        .hosts = &hosts,
	        .found = find_addresses(&hosts),
	        .shared = g_array_new(FALSE, FALSE, sizeof(Net)),
	        .out = g_string_new("# What this repository says of itself. A line with a question mark is yours to "
	                            "answer.\n")};
	writer.capacities = capacities_new(&hosts);
	find_nets(&writer);
	append_networks(&writer);
	append_nodes(&writer);
	append_areas(&writer);
	g_hash_table_unref(writer.capacities);
	hosts_clear(&hosts);
	g_array_unref(writer.found);
	g_array_unref(writer.shared);
	return writer.out;
}

static bool write_new(const char *root, const GString *text, GError **error)
{
	g_autofree char *path = g_build_filename(root, "labwright.yaml", NULL);
	if (g_file_test(path, G_FILE_TEST_EXISTS)) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "%s exists already and is not overwritten",
		        path);
		return false;
	}
	if (!g_file_set_contents(path, text->str, (gssize)text->len, error))
		return false;
	g_print("wrote %s\nnext: answer its questions, then git add labwright.yaml\n", path);
	return true;
}

static int run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_auto(ScanArguments) arguments = {0};
	gboolean write = FALSE;
	g_autofree char *context = NULL, *kubeconfig = NULL;
	const GOptionEntry entries[] = {
	        {"write", 0, 0, G_OPTION_ARG_NONE, &write, "Write labwright.yaml at the root instead of printing it",
	                NULL},
	        {"context", 0, 0, G_OPTION_ARG_STRING, &context, "Take the nodes from the cluster of this context",
	                "NAME"},
	        {"kubeconfig", 0, 0, G_OPTION_ARG_FILENAME, &kubeconfig,
	                "Where contexts are; else KUBECONFIG, or ~/.kube/config", "FILE"},
	        {NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	if (!scan_arguments_parse(&arguments, entries, &command_init, &argc, &argv, &error))
		return command_fail(error);
	g_autoptr(Scan) scan = scan_arguments_read(&arguments, &error);
	if (!scan)
		return command_fail(error);
	SurveyOptions options = {.quick = true};
	g_autoptr(Cluster) cluster = context ? cluster_open(kubeconfig, context, &error) : NULL;
	g_autoptr(Survey) survey = cluster ? survey_new(cluster, &options, &error) : NULL;
	if (context && !survey)
		return command_fail(error);
	GString *out = write_config(scan->graph, survey);
	bool done = write ? write_new(repo_root(scan->repo), out, &error) : command_write(NULL, out, &error);
	g_string_free(out, TRUE);
	return done ? EXIT_CLEAN : command_fail(error);
}

const Command command_init = {
        "init", "look", "[--write] [PATH]", "infer labwright.yaml: networks, nodes, addresses, areas", run};
