/* labwright config show: what was understood of labwright.yaml, in one fixed order, and which line each value is from.
 * What it prints is a labwright.yaml itself. */
#include "command/command.h"

#include "base/ip.h"
#include "flow/flow.h"

extern const Command command_config;

typedef struct Printer {
	const Graph *graph;
	uint32_t file;
	GString *out;
} Printer;

/* ---- lines -------------------------------------------------------------------------------------------- */

static bool is_plain(const char *text)
{
	bool plain = (g_ascii_isalnum(*text) || *text == '/' || *text == '.') && strcmp(text, "null") != 0;
	for (const char *at = text; *at; at++)
		plain &= g_ascii_isalnum(*at) || strchr("-._/=@+", *at);
	return plain;
}

static void append_value(GString *out, const char *text)
{
	if (is_plain(text)) {
		g_string_append(out, text);
		return;
	}
	g_string_append_c(out, '"');
	for (const char *at = text; *at; at++) {
		if ((unsigned char)*at < ' ') {
			g_string_append_printf(out, "\\x%02x", *at);
			continue;
		}
		if (strchr("\"\\", *at))
			g_string_append_c(out, '\\');
		g_string_append_c(out, *at);
	}
	g_string_append_c(out, '"');
}

static void append_origin(Printer *printer, Span place)
{
	uint32_t line, column;
	graph_position(printer->graph, place, &line, &column);
	g_string_append_printf(printer->out, "  # %s:%u\n", graph_file_path(printer->graph, place.file), line);
}

static void append_key(Printer *printer, int indent, const char *key)
{
	g_string_append_printf(printer->out, "%*s", indent, "");
	append_value(printer->out, key);
	g_string_append_c(printer->out, ':');
}

static void append_pair(Printer *printer, int indent, const char *key, const char *value, Span place)
{
	append_key(printer, indent, key);
	g_string_append_c(printer->out, ' ');
	append_value(printer->out, value);
	append_origin(printer, place);
}

static void append_head(Printer *printer, int indent, Node node)
{
	append_key(printer, indent, graph_name(printer->graph, node));
	append_origin(printer, graph_place(printer->graph, node));
}

/* One value on the key's line, several as a list below it, none not at all. */
static void append_rows(Printer *printer, int indent, const char *key, Node subject, FactKind kind)
{
	const Graph *graph = printer->graph;
	Rows rows = graph_rows_of(graph, subject, kind);
	if (rows.end - rows.at == 1) {
		append_pair(
		        printer, indent, key, graph_symbol_text(graph, rows.at->object), graph_span(graph, rows.at));
		return;
	}
	if (rows.at == rows.end)
		return;
	append_key(printer, indent, key);
	g_string_append_c(printer->out, '\n');
	for (const Row *row = rows.at; row != rows.end; row++) {
		g_string_append_printf(printer->out, "%*s- ", indent + 2, "");
		append_value(printer->out, graph_symbol_text(graph, row->object));
		append_origin(printer, graph_span(graph, row));
	}
}

/* Rows that say "key=value". */
static void append_pairs(Printer *printer, int indent, const char *key, Node subject, FactKind kind)
{
	const Graph *graph = printer->graph;
	if (!graph_has(graph, subject, kind))
		return;
	append_key(printer, indent, key);
	g_string_append_c(printer->out, '\n');
	GRAPH_OF (graph, subject, kind, row) {
		Slice text = graph_symbol_slice(graph, row->object);
		size_t equals = slice_find_byte(text, '=', 0);
		g_autofree char *name = slice_dup(slice_sub(text, 0, equals));
		append_pair(printer, indent + 2, name, text.at + equals + 1, graph_span(graph, row));
	}
}

/* ---- sections ------------------------------------------------------------------------------------------- */

static bool begin_section(Printer *printer, const char *name, NodeType type)
{
	GRAPH_NODES (printer->graph, type, node) {
		if (graph_file_of(printer->graph, node) != printer->file)
			continue;
		g_string_append_printf(printer->out, "%s:\n", name);
		return true;
	}
	return false;
}

static void append_networks(Printer *printer)
{
	if (!begin_section(printer, "networks", NODE_NETWORK))
		return;
	GRAPH_NODES (printer->graph, NODE_NETWORK, network) {
		append_head(printer, 2, network);
		append_rows(printer, 4, "cidr", network, FACT_ADDRESS);
		append_rows(printer, 4, "kind", network, FACT_TYPE);
		append_rows(printer, 4, "gateway", network, FACT_GATEWAY);
		append_rows(printer, 4, "dns", network, FACT_RESOLVER);
		append_rows(printer, 4, "dhcp", network, FACT_LEASES);
	}
}

static bool network_holds(const Graph *graph, Node network, const char *address)
{
	Ip ip;
	GRAPH_OF (graph, network, FACT_ADDRESS, row) {
		IpRange range;
		if (ip_parse(slice_from(address), &ip) &&
		        ip_range_parse(graph_symbol_slice(graph, row->object), &range) &&
		        ip_range_contains(&range, &ip))
			return true;
	}
	return false;
}

static void append_addresses(Printer *printer, Node machine)
{
	const Graph *graph = printer->graph;
	if (!graph_has(graph, machine, FACT_ADDRESS))
		return;
	g_string_append(printer->out, "    addresses:\n");
	GRAPH_NODES (graph, NODE_NETWORK, network) {
		bool begun = false;
		GRAPH_OF (graph, machine, FACT_ADDRESS, row) {
			const char *address = graph_symbol_text(graph, row->object);
			if (!network_holds(graph, network, address))
				continue;
			if (!begun) {
				append_key(printer, 6, graph_name(graph, network));
				g_string_append_c(printer->out, '\n');
			}
			begun = true;
			g_string_append(printer->out, "        - ");
			append_value(printer->out, address);
			append_origin(printer, graph_span(graph, row));
		}
	}
}

static void append_nodes(Printer *printer)
{
	const Graph *graph = printer->graph;
	if (!begin_section(printer, "nodes", NODE_MACHINE))
		return;
	GRAPH_NODES (graph, NODE_MACHINE, machine) {
		if (graph_file_of(graph, machine) != printer->file)
			continue;
		append_head(printer, 2, machine);
		append_addresses(printer, machine);
		append_rows(printer, 4, "aliases", machine, FACT_ALIAS);
		append_pairs(printer, 4, "allocatable", machine, FACT_ALLOCATABLE);
		append_rows(printer, 4, "arch", machine, FACT_ARCHITECTURE);
		append_pairs(printer, 4, "capacity", machine, FACT_CAPACITY);
		append_pairs(printer, 4, "labels", machine, FACT_LABEL);
		append_rows(printer, 4, "roles", machine, FACT_ROLE);
		append_rows(printer, 4, "taints", machine, FACT_TAINT);
	}
}

static void append_areas(Printer *printer)
{
	const Graph *graph = printer->graph;
	if (!begin_section(printer, "areas", NODE_AREA))
		return;
	GRAPH_NODES (graph, NODE_AREA, area) {
		append_head(printer, 2, area);
		append_rows(printer, 4, "paths", area, FACT_PATH);
		const Row *deprecated = graph_find(graph, area, FACT_DEPRECATED);
		if (deprecated)
			append_pair(printer, 4, "deprecated", "true", graph_span(graph, deprecated));
	}
}

/* Rows that say "section.name=value". */
static void append_target(Printer *printer, const char *section, Node document)
{
	const Graph *graph = printer->graph;
	size_t length = strlen(section);
	bool begun = false;
	GRAPH_OF (graph, document, FACT_TARGET, row) {
		const char *text = graph_symbol_text(graph, row->object), *equals = strchr(text, '=');
		if (strncmp(text, section, length) != 0 || text[length] != '.')
			continue;
		g_autofree char *name = g_strndup(text + length + 1, (size_t)(equals - text) - length - 1);
		if (!begun)
			g_string_append_printf(printer->out, "%s:\n", section);
		begun = true;
		append_pair(printer, 2, name, equals + 1, graph_span(graph, row));
	}
}

/* Rows of the document that say "name=value" for one of the names. */
static void append_settings(Printer *printer, int indent, Node document, const char *const *names)
{
	const Graph *graph = printer->graph;
	GRAPH_OF (graph, document, FACT_PLACEMENT, row) {
		g_auto(GStrv) pair = g_strsplit(graph_symbol_text(graph, row->object), "=", 2);
		if (!g_strv_contains(names, pair[0]))
			continue;
		if (strcmp(pair[0], "order") == 0) {
			g_string_append_printf(printer->out, "%*s- ", indent, "");
			append_value(printer->out, pair[1]);
			append_origin(printer, graph_span(graph, row));
		} else {
			append_pair(printer, indent, pair[0], pair[1], graph_span(graph, row));
		}
	}
}

static bool has_setting(const Graph *graph, Node document, const char *const *names)
{
	GRAPH_OF (graph, document, FACT_PLACEMENT, row) {
		g_auto(GStrv) pair = g_strsplit(graph_symbol_text(graph, row->object), "=", 2);
		if (g_strv_contains(names, pair[0]))
			return true;
	}
	return false;
}

static void append_placement(Printer *printer, Node document)
{
	static const char *const plain[] = {"enough", "step", NULL}, *const order[] = {"order", NULL},
	                         *const weights[] = {"gigabyte", "move", "restart", "traffic", NULL};
	if (!graph_has(printer->graph, document, FACT_PLACEMENT))
		return;
	g_string_append(printer->out, "placement:\n");
	append_settings(printer, 2, document, plain);
	if (has_setting(printer->graph, document, order))
		g_string_append(printer->out, "  order:\n");
	append_settings(printer, 4, document, order);
	if (has_setting(printer->graph, document, weights))
		g_string_append(printer->out, "  weights:\n");
	append_settings(printer, 4, document, weights);
}

static void append_rules(Printer *printer)
{
	if (!begin_section(printer, "rules", NODE_SETTING))
		return;
	GRAPH_NODES (printer->graph, NODE_SETTING, setting) {
		append_head(printer, 2, setting);
		append_rows(printer, 4, "level", setting, FACT_LEVEL);
		append_rows(printer, 4, "paths", setting, FACT_PATH);
		append_rows(printer, 4, "reason", setting, FACT_REASON);
	}
}

static void append_config(Printer *printer, Node document)
{
	append_networks(printer);
	append_nodes(printer);
	append_areas(printer);
	append_pairs(printer, 0, "aliases", document, FACT_ALIAS);
	append_target(printer, "cluster", document);
	append_target(printer, "engine", document);
	append_rows(printer, 0, "honour", document, FACT_HONOURS);
	append_rows(printer, 0, "ignore", document, FACT_IGNORES);
	append_placement(printer, document);
	append_rules(printer);
	if (graph_has(printer->graph, document, FACT_PROFILE))
		append_rows(printer, 0, "profile", document, FACT_PROFILE);
	else
		g_string_append(printer->out, "profile: homelab  # default\n");
}

/* ---- the command ------------------------------------------------------------------------------------------ */

static bool has_problem(const Graph *graph)
{
	Symbol name;
	return graph_find_symbol(graph, SLICE("config-invalid"), &name) &&
	       graph_next_named(graph, NODE_PROBLEM, name, NODE_NONE) != NODE_NONE;
}

static int show(const Graph *graph, GString *out)
{
	Node file = graph_find_file(graph, SLICE("labwright.yaml"));
	if (!file) {
		g_string_append(out, "# there is no labwright.yaml; labwright init writes one\n"
		                     "profile: homelab  # default\n");
		return EXIT_CLEAN;
	}
	Printer printer = {graph, graph_file_of(graph, file), out};
	append_config(&printer, graph_first_child(graph, file, NODE_DOCUMENT));
	if (!has_problem(graph))
		return EXIT_CLEAN;
	g_string_append(out, "# not all of it was understood: labwright check --rule config-invalid\n");
	return EXIT_FINDINGS;
}

static int run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_auto(ScanArguments) arguments = {0};
	const GOptionEntry entries[] = {{NULL, 0, 0, 0, NULL, NULL, NULL}};
	if (argc < 2 || (strcmp(argv[1], "show") != 0 && !g_str_has_prefix(argv[1], "-")))
		return command_misused("labwright config show", "config needs the word show");
	if (strcmp(argv[1], "show") == 0) {
		argv[1] = argv[0];
		argc--;
		argv++;
	}
	if (!scan_arguments_parse(&arguments, entries, &command_config, &argc, &argv, &error))
		return command_fail(error);
	g_autoptr(Scan) scan = scan_arguments_read(&arguments, &error);
	if (!scan)
		return command_fail(error);
	g_autoptr(GString) out = g_string_new(NULL);
	int code = show(scan->graph, out);
	return command_write(NULL, out, &error) ? code : command_fail(error);
}

const Command command_config = {"config", "tell", "show [PATH]", "print labwright.yaml as it was understood", run};
