/* labwright init: labwright.yaml as the repository tells it. Each value carries the place it was read from; what
 * disagrees is left as a question in a comment, for nobody but the owner can answer it. */
#include "command/command.h"

#include "base/error.h"
#include "flow/flow.h"
#include "rule/hosts.h"

#include <string.h>

typedef struct Found {
	Symbol host, address;
	IpScope scope;
	Node first;
	uint32_t mentions;
} Found;

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
		Found fresh = {use->host, use->address, use->scope, use->mention, 0};
		if (!known) {
			g_array_append_val(all, fresh);
			known = &g_array_index(all, Found, all->len - 1);
		}
		known->mentions++;
	}
	return all;
}

static void append_place(GString *out, const Graph *graph, Node node)
{
	uint32_t line, column;
	Span span = graph_place(graph, node);
	graph_position(graph, span, &line, &column);
	g_string_append_printf(out, "%s:%u", graph_file_path(graph, span.file), line);
}

static const char *network_name(IpScope scope)
{
	return scope == IP_SHARED ? "overlay" : "lan";
}

/* How many addresses of one scope a host is written with, and the only one of them. */
static uint32_t count_scope(const GArray *all, Symbol host, IpScope scope, const Found **ret_only)
{
	uint32_t count = 0;
	for (guint i = 0; i < all->len; i++) {
		const Found *found = &g_array_index(all, Found, i);
		if (found->host != host || found->scope != scope)
			continue;
		*ret_only = found;
		count++;
	}
	return count;
}

static void append_addresses(GString *out, const Graph *graph, const GArray *all, Symbol host)
{
	static const IpScope scopes[] = {IP_PRIVATE, IP_SHARED};
	bool begun = false;
	for (size_t i = 0; i < G_N_ELEMENTS(scopes); i++) {
		const Found *only = NULL;
		uint32_t count = count_scope(all, host, scopes[i], &only);
		if (count == 1) {
			g_string_append_printf(out, "%s      %s: %s # ", begun ? "" : "    addresses:\n",
			        network_name(scopes[i]), graph_symbol_text(graph, only->address));
			append_place(out, graph, only->first);
			g_string_append_printf(out, ", written %u times\n", only->mentions);
			begun = true;
		}
		for (guint k = 0; count > 1 && k < all->len; k++) {
			const Found *found = &g_array_index(all, Found, k);
			if (found->host != host || found->scope != scopes[i])
				continue;
			g_string_append_printf(out, "    # ? %s: %s, written %u times, first in ",
			        network_name(scopes[i]), graph_symbol_text(graph, found->address), found->mentions);
			append_place(out, graph, found->first);
			g_string_append_c(out, '\n');
		}
	}
}

static int compare_names(const void *a, const void *b, void *data)
{
	const Graph *graph = data;
	return strcmp(graph_symbol_text(graph, *(const Symbol *)a), graph_symbol_text(graph, *(const Symbol *)b));
}

static void append_nodes(GString *out, const Graph *graph, const Hosts *hosts, const GArray *all)
{
	g_autoptr(GArray) names = g_array_new(FALSE, FALSE, sizeof(Symbol));
	GHashTableIter iter;
	gpointer key;
	g_hash_table_iter_init(&iter, hosts->names);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		Symbol name = GPOINTER_TO_UINT(key);
		g_array_append_val(names, name);
	}
	g_array_sort_with_data(names, compare_names, (gpointer)graph);
	if (names->len == 0) {
		g_string_append(out, "# no node is named by a nodeSelector or node affinity; write yours so:\n"
		                     "# nodes:\n#   NAME:\n#     addresses: {lan: 192.168.1.10}\n");
		return;
	}
	g_string_append(out, "nodes:\n");
	for (guint i = 0; i < names->len; i++) {
		Symbol name = g_array_index(names, Symbol, i);
		g_string_append_printf(out, "  %s:\n", graph_symbol_text(graph, name));
		append_addresses(out, graph, all, name);
	}
}

/* The /24 of the addresses that nobody disputes; the overlay is the shared range as a whole. */
static void append_networks(GString *out, const Graph *graph, const GArray *all)
{
	const Found *lan = NULL, *overlay = NULL;
	for (guint i = 0; i < all->len; i++) {
		const Found *found = &g_array_index(all, Found, i), *only = NULL;
		if (count_scope(all, found->host, found->scope, &only) != 1)
			continue;
		if (found->scope == IP_SHARED)
			overlay = found;
		else
			lan = found;
	}
	if (!lan && !overlay)
		return;
	g_string_append(out, "networks:\n");
	if (lan) {
		const char *address = graph_symbol_text(graph, lan->address), *last = strrchr(address, '.');
		g_string_append_printf(
		        out, "  lan: {cidr: %.*s.0/24}  # a guess from %s\n", (int)(last - address), address, address);
	}
	if (overlay)
		g_string_append(out, "  overlay: {cidr: 100.64.0.0/10, kind: overlay}\n");
}

static bool write_new(const char *root, const GString *text, GError **error)
{
	g_autofree char *path = g_build_filename(root, "labwright.yaml", NULL);
	if (g_file_test(path, G_FILE_TEST_EXISTS)) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "%s exists already and is not overwritten",
		        path);
		return false;
	}
	return g_file_set_contents(path, text->str, (gssize)text->len, error);
}

extern const Command command_init;

static int run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_auto(ScanArguments) arguments = {0};
	gboolean write = FALSE;
	const GOptionEntry entries[] = {
	        {"write", 0, 0, G_OPTION_ARG_NONE, &write, "Write labwright.yaml at the root instead of printing it",
	                NULL},
	        {NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	if (!scan_arguments_parse(&arguments, entries, &command_init, &argc, &argv, &error))
		return command_fail(error);
	g_autoptr(Scan) scan = scan_arguments_read(&arguments, &error);
	if (!scan)
		return command_fail(error);
	Hosts hosts = hosts_new(scan->graph);
	g_autoptr(GArray) all = find_addresses(&hosts);
	g_autoptr(GString) out = g_string_new(
	        "# What this repository says of itself. A line with a question mark is yours to answer.\n");
	append_networks(out, scan->graph, all);
	append_nodes(out, scan->graph, &hosts, all);
	hosts_clear(&hosts);
	bool done = write ? write_new(repo_root(scan->repo), out, &error) : command_write(NULL, out, &error);
	return done ? EXIT_CLEAN : command_fail(error);
}

const Command command_init = {
        "init", "look", "[--write] [PATH]", "infer labwright.yaml: nodes, addresses, networks", run};
