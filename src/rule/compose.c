/* What compose does with services at their start: the order, restarts, and settings that nothing reads. Swarm and units
 * of systemd start services in their own way, so nothing is said where they do. */
#include "base/path.h"
#include "rule/developing.h"
#include "rule/rule.h"
#include "rule/search.h"

#include <string.h>

static Slice path_of(const Graph *graph, Node node)
{
	return slice_from(graph_file_path(graph, graph_file_of(graph, node)));
}

/* Swarm reads compose files in its own way: it asks for the version, and knows no order of starts. */
static bool is_for_swarm(const Graph *graph)
{
	static const char *const words[] = {"stack deploy", NULL};
	return search_any_word(graph, words, NULL, NULL);
}

/* ---- depends_on ------------------------------------------------------------------------------------------------ */

/* What people or a clock ask to look into a database or to copy it: it asks again later. */
static bool only_looks(const char *image)
{
	static const char *const parts[] = {
	        "exporter", "express", "insight", "admin", "adminer", "backup", "backups", "commander", "dbgate", NULL};
	return text_has_part(image, parts);
}

/* Images of servers that take seconds before they answer, and whose clients often give up by then. Redis and its kin
 * answer at once. */
static bool is_database(const Graph *graph, Node service)
{
	static const char *const parts[] = {"postgres", "mariadb", "mysql", "mongo", "timescale", "rabbitmq",
	        "elasticsearch", "opensearch", "influxdb", "pgvector", NULL};
	const char *image = graph_text(graph, service, FACT_IMAGE);
	return !only_looks(image) && text_has_part(image, parts);
}

static Node service_of(const Graph *graph, Node compose, Symbol name)
{
	GRAPH_CHILDREN (graph, compose, NODE_SERVICE, service)
		if (graph_name_symbol(graph, service) == name)
			return service;
	return NODE_NONE;
}

/* What a service of the list is waited for. */
static const char *condition_of(const Graph *graph, Node compose, Symbol name)
{
	Node service = service_of(graph, compose, name);
	bool asked = service && is_database(graph, service) && graph_first_child(graph, service, NODE_PROBE);
	return asked ? "service_healthy" : "service_started";
}

/* `[db, cache]`, all in one line. */
static bool mend_flow_list(Checker *checker, Finding *finding, Rows rows)
{
	const Graph *graph = checker_graph(checker);
	Span first = graph_span(graph, rows.at), last = graph_span(graph, rows.end - 1);
	Slice text = graph_file_bytes(graph, first.file);
	uint32_t open = first.start, close = last.end;
	while (open > 0 && text.at[open - 1] == ' ')
		open--;
	while (close < text.length && text.at[close] == ' ')
		close++;
	if (open == 0 || text.at[open - 1] != '[' || close >= text.length || text.at[close] != ']')
		return false;
	add_edit(checker, finding, (Span){first.file, open - 1, open}, SLICE("{"));
	add_edit(checker, finding, (Span){first.file, close, close + 1}, SLICE("}"));
	for (const Row *row = rows.at; row != rows.end; row++) {
		Span item = graph_span(graph, row);
		const char *condition = condition_of(graph, graph_parent(graph, row->subject), row->object);
		add_edit(checker, finding, (Span){item.file, item.end, item.end},
		        slice_from(arena_printf(checker_arena(checker), ": {condition: %s}", condition)));
	}
	return true;
}

/* Where the line of the key begins that a list, whose item begins at `start`, is the value of. */
static uint32_t key_line(Slice text, uint32_t start)
{
	uint32_t end;
	Slice line = {"-", 1};
	while (start > 0 && (line.length == 0 || strchr("-#", line.at[0]))) {
		edit_line_span(text, start - 1, start - 1, &start, &end);
		line = slice_trim(slice_sub(text, start, end));
	}
	return start;
}

/* `- db` becomes `db:` with its condition below it; deeper than the key, as a list need not be. */
static bool mend_item(Checker *checker, Finding *finding, const Row *row)
{
	const Graph *graph = checker_graph(checker);
	Span item = graph_span(graph, row);
	Slice text = graph_file_bytes(graph, item.file), line = graph_line_at(graph, item);
	uint32_t start = (uint32_t)(line.at - text.at);
	Slice before = slice_sub(text, start, item.start), indent = edit_indent(text, start);
	uint32_t key = key_line(text, start);
	Slice above = edit_indent(text, key);
	if (!slice_is(slice_trim(before), "-") ||
	        !slice_starts(slice_sub(text, key + above.length, text.length), "depends_on:"))
		return false;
	int depth = (int)MAX(indent.length, above.length + 2);
	const char *condition = condition_of(graph, graph_parent(graph, row->subject), row->object);
	add_edit(checker, finding, (Span){item.file, start, item.end},
	        slice_from(arena_printf(checker_arena(checker), "%*s%.*s:", depth, "",
	                SLICE_ARGS(slice_sub(text, item.start, item.end)))));
	add_lines_below(checker, finding, item,
	        arena_printf(checker_arena(checker), "%*scondition: %s", depth + 2, "", condition));
	return true;
}

/* The short form has no place for a condition, so that all of the list takes the long one. What its owner wrote in the
 * long form is meant. */
static void mend_depends(Checker *checker, Finding *finding, Node service, Node probe)
{
	const Graph *graph = checker_graph(checker);
	Rows rows = graph_rows_of(graph, service, FACT_DEPENDS_ON);
	set_because(checker, finding, FIX_VALUE, "%s has a healthcheck that says when it answers",
	        graph_name(graph, graph_parent(graph, probe)));
	if (mend_flow_list(checker, finding, rows))
		return;
	for (const Row *row = rows.at; row != rows.end; row++)
		if (!mend_item(checker, finding, row)) {
			finding->n_edits = 0;
			return;
		}
}

/* `db: {condition: service_started}`: the long form asks for a condition, so that its owner thought of it. */
static bool is_chosen(const Graph *graph, const Row *row)
{
	Span span = graph_span(graph, row);
	Slice bytes = graph_file_bytes(graph, span.file);
	size_t at = span.end;
	while (at < bytes.length && strchr("\"' ", bytes.at[at]))
		at++;
	return at < bytes.length && bytes.at[at] == ':';
}

static void check_compose_depends_unhealthy(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Rows rows = graph_rows(graph, FACT_DEPENDS_ON);
	if (rows.at == rows.end || is_for_swarm(graph))
		return;
	GRAPH_EACH (graph, FACT_DEPENDS_ON, row) {
		Node compose = graph_parent(graph, row->subject);
		if (graph_node_type(graph, row->subject) != NODE_SERVICE ||
		        graph_says(graph, row->subject, FACT_WAITS_FOR, row->object))
			continue;
		Node database = service_of(graph, compose, row->object);
		Node probe = database ? graph_first_child(graph, database, NODE_PROBE) : NODE_NONE;
		if (!probe || !is_database(graph, database) || only_looks(graph_text(graph, row->subject, FACT_IMAGE)))
			continue;
		const char *name = graph_name(graph, database);
		Finding *finding = report_at(checker, is_chosen(graph, row) ? LEVEL_INFO : LEVEL_WARNING, row->subject,
		        graph_span(graph, row), "service %s starts as soon as %s does, and not once it answers",
		        graph_name(graph, row->subject), name);
		set_detail(checker, finding, "%s", name);
		add_evidence(checker, finding, graph_place(graph, probe), "%s says here how to ask it", name);
		set_hint(checker, finding, "depends_on: {%s: {condition: service_healthy}}", name);
		mend_depends(checker, finding, row->subject, probe);
	}
}

/* ---- version --------------------------------------------------------------------------------------------------- */

/* `version: "3"  # https://…`: what the owner noted there would go with the line. */
static bool has_link(const Graph *graph, Span span)
{
	Slice bytes = graph_file_bytes(graph, span.file), line = graph_line_at(graph, span);
	size_t from = (size_t)(bytes.at + span.end - line.at);
	size_t mark = slice_find_byte(line, '#', MIN(from, line.length));
	return mark != SIZE_MAX && slice_find(line, "://", mark) != SIZE_MAX;
}

static void check_compose_version_field(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Rows rows = graph_rows(graph, FACT_FORMAT_VERSION);
	if (rows.at == rows.end || is_for_swarm(graph))
		return;
	GRAPH_EACH (graph, FACT_FORMAT_VERSION, row) {
		Finding *finding = report(checker, row->subject, graph_span(graph, row),
		        "version: %s means nothing any more", graph_symbol_text(graph, row->object));
		if (has_link(graph, graph_span(graph, row))) {
			set_hint(checker, finding, "delete it, and keep the link of its comment elsewhere");
			continue;
		}
		set_because(checker, finding, FIX_SAFE, "compose ignores it, and warns at each start");
		add_deletion(checker, finding, graph_span(graph, row));
	}
}

/* ---- restart ---------------------------------------------------------------------------------------------------- */

/* What publishes a port, has a route or is asked for its health is meant to run until somebody stops it; of anything
 * else that cannot be told. */
static bool is_meant_to_stay(const Graph *graph, Node service)
{
	GRAPH_CHILDREN (graph, service, NODE_PORT, port)
		if (graph_has(graph, port, FACT_HOST_PORT))
			return true;
	return graph_first_child(graph, service, NODE_PROBE) || graph_first_child(graph, service, NODE_ROUTE);
}

/* A second file for the same service (an override, production beside development) may say it. */
static bool is_restarted_elsewhere(const Graph *graph, Node service)
{
	GRAPH_NAMED(graph, NODE_SERVICE, graph_name_symbol(graph, service), other)
	if (other != service && graph_has(graph, other, FACT_RESTART) &&
	        graph_file_of(graph, other) != graph_file_of(graph, service) &&
	        slice_equal(path_folder(path_of(graph, other)), path_folder(path_of(graph, service))))
		return true;
	return false;
}

/* Another one waits until it is done. */
static bool is_waited_out(const Graph *graph, Node service)
{
	GRAPH_CHILDREN (graph, graph_parent(graph, service), NODE_SERVICE, other)
		if (graph_says(graph, other, FACT_WAITS_FOR, graph_name_symbol(graph, service)) &&
		        !graph_first_child(graph, service, NODE_PROBE))
			return true;
	return false;
}

static bool is_unit(const Graph *graph, uint32_t file, void *data)
{
	return slice_ends(slice_from(graph_file_path(graph, file)), ".service");
}

/* Something else than the container engine starts services: Swarm, or a unit of systemd. */
static bool is_started_by_another(const Graph *graph)
{
	static const char *const words[] = {"compose", "docker-compose", "podman-compose", NULL};
	return is_for_swarm(graph) || search_any_word(graph, words, is_unit, NULL);
}

/* What neither has an image nor is built adds to a service of another file. */
static bool is_whole(const Graph *graph, Node service)
{
	return graph_has(graph, service, FACT_IMAGE) || graph_has(graph, service, FACT_BUILD_CONTEXT) ||
	       graph_has(graph, service, FACT_BUILD_INLINE);
}

/* Names of what does its work once and ends. */
static bool is_task(const Graph *graph, Node service)
{
	static const char *const words[] = {"init", "import", "migrate", "migration", "migrations", "setup", "seed",
	        "pull", "bootstrap", "once", NULL};
	g_auto(GStrv) parts = g_strsplit_set(graph_name(graph, service), "-_.", -1);
	for (char **part = parts; *part; part++)
		if (slice_is_any_nocase(slice_from(*part), words))
			return true;
	return false;
}

/* Up to the next service of its file. */
static Slice text_of_service(const Graph *graph, Node service)
{
	Span place = graph_place(graph, service);
	Slice bytes = graph_file_bytes(graph, place.file);
	size_t end = bytes.length;
	GRAPH_CHILDREN (graph, graph_parent(graph, service), NODE_SERVICE, other) {
		Span next = graph_place(graph, other);
		if (next.file == place.file && next.start > place.start)
			end = MIN(end, next.start);
	}
	return slice_sub(bytes, place.start, end);
}

/* `# restart: unless-stopped`: the owner has thought of it, and does not want it yet. */
static bool is_turned_off(const Graph *graph, Node service)
{
	Slice rest = text_of_service(graph, service), line;
	while (slice_next_line(&rest, &line)) {
		Slice words = slice_trim(line);
		bool comment = slice_starts(words, "#");
		while (words.length && strchr("# \t", words.at[0]))
			words = slice_sub(words, 1, words.length);
		if (comment && slice_starts(words, "restart:"))
			return true;
	}
	return false;
}

static bool is_left_down(const Graph *graph, Node service)
{
	return is_whole(graph, service) && !is_task(graph, service) && !graph_has(graph, service, FACT_RESTART) &&
	       !graph_has(graph, service, FACT_EXTENDS) && is_meant_to_stay(graph, service) &&
	       !graph_has(graph, service, FACT_PROFILE) && !is_for_developing(graph, service) &&
	       !is_waited_out(graph, service) && !is_restarted_elsewhere(graph, service) &&
	       !is_turned_off(graph, service);
}

/* The image, which every service has that is not built, says where the line goes. */
static void mend_restart(Checker *checker, Finding *finding, Node service)
{
	const Graph *graph = checker_graph(checker);
	const Row *image = graph_find(graph, service, FACT_IMAGE);
	if (image && graph_span(graph, image).file == graph_file_of(graph, service))
		add_pair_below(checker, finding, graph_span(graph, image), "restart: unless-stopped");
}

/* More files than so many, and more services than are brought back: their owner starts all by hand, or something else
 * does that is not seen here. One decision, and not one for each. */
#define FEW_LEFT_DOWN 5
#define MOST_LEFT_DOWN 15 /* are told at once in any case */

static bool is_habit(const Graph *graph, const GPtrArray *left_down)
{
	g_autoptr(GHashTable) files = g_hash_table_new(NULL, NULL);
	guint kept = 0;
	for (guint i = 0; i < left_down->len; i++)
		g_hash_table_add(files, GUINT_TO_POINTER(graph_file_of(graph, GPOINTER_TO_UINT(left_down->pdata[i]))));
	GRAPH_NODES (graph, NODE_SERVICE, service)
		kept += !is_quiet(graph, service) && graph_has(graph, service, FACT_RESTART);
	guint count = g_hash_table_size(files);
	return count > MOST_LEFT_DOWN || (count > FEW_LEFT_DOWN && left_down->len > kept);
}

static void check_compose_restart_missing(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GPtrArray) left_down = g_ptr_array_new();
	GRAPH_NODES (graph, NODE_COMPOSE, compose)
		GRAPH_CHILDREN (graph, compose, NODE_SERVICE, service)
			if (!is_quiet(graph, compose) && is_left_down(graph, service))
				g_ptr_array_add(left_down, GUINT_TO_POINTER(service));
	if (left_down->len == 0 || is_started_by_another(graph))
		return;
	bool habit = is_habit(graph, left_down);
	Finding *finding = NULL;
	Node last = NODE_NONE;
	for (guint i = 0; i < left_down->len; i++) {
		Node service = GPOINTER_TO_UINT(left_down->pdata[i]);
		if (!finding || (!habit && graph_parent(graph, service) != last)) {
			finding = report(checker, service, graph_place(graph, service),
			        habit ? "service %s and %u more stay down after a crash, and after a boot of their "
			                "machine"
			              : "service %s stays down after a crash, and after a boot of its machine",
			        graph_name(graph, service), left_down->len - 1);
			set_because(checker, finding, FIX_SAFE, "a service that was stopped by hand stays so");
		} else
			add_evidence(checker, finding, graph_place(graph, service), "so does %s",
			        graph_name(graph, service));
		mend_restart(checker, finding, service);
		last = graph_parent(graph, service);
	}
}

/* ---- ports-discarded ------------------------------------------------------------------------------------------- */

/* What the mapping says otherwise than the program's own port on every address; NULL where nothing is lost. */
static const char *lost_of(const Graph *graph, Node port)
{
	uint32_t host = graph_number(graph, port, FACT_HOST_PORT),
	         target = graph_number(graph, port, FACT_TARGET_NUMBER);
	const char *address = graph_text(graph, port, FACT_HOST_IP);
	if (g_str_has_prefix(address, "127.") || strcmp(address, "localhost") == 0)
		return "its address, so that the port is open to the whole network";
	return host && target && host != target ? "its number, so that nothing answers there" : NULL;
}

static void check_ports_discarded(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_EACH (graph, FACT_HOST_NETWORK, row) {
		Finding *finding = NULL;
		if (!graph_ancestor(graph, row->subject, NODE_COMPOSE) || is_quiet(graph, row->subject))
			continue;
		GRAPH_CHILDREN (graph, row->subject, NODE_PORT, port) {
			const char *lost = lost_of(graph, port);
			if (!lost)
				continue;
			if (finding) {
				add_evidence(checker, finding, graph_place(graph, port), "and this one");
				continue;
			}
			finding = report(checker, row->subject, graph_place(graph, port),
			        "service %s is in the network of its host, which discards this mapping: %s",
			        graph_name(graph, row->subject), lost);
			add_evidence(checker, finding, graph_span(graph, row), "network_mode: host");
		}
	}
}

static const Rule rules[] = {
        {
                .id = "compose-depends-unhealthy",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "a service does not wait until its database answers",
                .why = "depends_on in its short form waits until the container has started. A database takes seconds "
                       "more; its client fails in that time, after each boot of the machine.",
                .remedy = "The health check is there: wait for it by the long form, `condition: service_healthy`.",
                .check = check_compose_depends_unhealthy,
        },
        {
                .id = "compose-restart-missing",
                .level = LEVEL_WARNING,
                .fix = FIX_SAFE,
                .title = "a service that nobody starts again",
                .why = "Without `restart`, the engine leaves a container down once its program ends or its machine "
                       "boots: after a power cut at night the service is away until somebody notices.",
                .remedy = "`restart: unless-stopped` brings it back, and leaves alone what was stopped by hand.",
                .check = check_compose_restart_missing,
        },
        {
                .id = "ports-discarded",
                .level = LEVEL_WARNING,
                .title = "a mapping of ports beside network_mode: host",
                .why = "In the network of the host a program opens its own ports there. The engine discards `ports` "
                       "with "
                       "a warning that scrolls by: another number leads nowhere, and what was bound to 127.0.0.1 is "
                       "open to the whole network.",
                .remedy =
                        "Take `network_mode: host` out, or `ports`, and set number and address in the program itself.",
                .peers = "docker compose: Published ports are discarded when using host network mode",
                .check = check_ports_discarded,
        },
        {
                .id = "compose-version-field",
                .level = LEVEL_INFO,
                .fix = FIX_SAFE,
                .title = "a version that compose does not read",
                .why = "Since 2020 the format has no versions. Compose prints a warning for the line at each start, "
                       "among which others go under.",
                .remedy = "Delete the line.",
                .peers = "dclint: no-version-field; docker compose: the attribute `version` is obsolete",
                .check = check_compose_version_field,
        },
};

const RuleSet rules_compose = {"compose", rules, G_N_ELEMENTS(rules)};
