/* Builds that lack their files, and ports that two want.
 *
 * Compose resolves a build from the folder of its first file, which need not be the one that holds the service: a build
 * is missing only if it is found neither from its own folder nor from any above. Two services take one port for certain
 * only within one file; over several files it is asked whether they are likely to run on one host, and where that
 * cannot be told nothing is said. */
#include "base/path.h"
#include "rule/developing.h"
#include "rule/moved.h"
#include "rule/rule.h"
#include "rule/search.h"

#include <string.h>

static Slice path_of(const Graph *graph, Node node)
{
	return slice_from(graph_file_path(graph, graph_file_of(graph, node)));
}

static bool is_literal(Slice text)
{
	return slice_find_byte(text, '$', 0) == SIZE_MAX && !text_has(text, "{{") && !text_has(text, "<");
}

/* ---- builds: context and Dockerfile ------------------------------------------------------------------ */

typedef struct Build {
	Slice context, file; /* as written; file is empty for the default */
	bool inlined;        /* the Dockerfile stands elsewhere: only the context is asked for */
} Build;

typedef enum Lack { LACK_NOTHING, LACK_CONTEXT, LACK_FILE } Lack;

static bool is_remote(Slice context)
{
	return text_has(context, "://") || slice_starts(context, "git@") || slice_starts(context, "github.com/");
}

/* A submodule or link at the path or above it: what lies behind it is not read. */
static bool is_behind_link(const Graph *graph, Slice path)
{
	for (;; path = path_folder(path)) {
		if (path.length == 0)
			return false;
		if (graph_find_file(graph, path))
			return true;
	}
}

static bool has_build_file(const Graph *graph, Slice context, const Build *build)
{
	static const char *const names[] = {"Dockerfile", "Containerfile", "dockerfile"};
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		Slice name = build->file.length ? build->file : slice_from(names[i]);
		g_autofree char *path = path_resolve(context, name);
		if (!path || graph_find_file(graph, slice_from(path)) || is_behind_link(graph, slice_from(path)))
			return true;
	}
	return false;
}

/* What is missing if the context is taken from this folder. */
static Lack lack_from(const Graph *graph, Slice folder, const Build *build)
{
	g_autofree char *context = path_resolve(folder, build->context);
	if (!context || is_behind_link(graph, slice_from(context)))
		return LACK_NOTHING;
	if (!graph_has_folder(graph, slice_from(context)))
		return LACK_CONTEXT;
	return build->inlined || has_build_file(graph, slice_from(context), build) ? LACK_NOTHING : LACK_FILE;
}

/* From the folder of the file and all above: what the nearest folder lacks, if each of them lacks something. */
static Lack find_lack(const Graph *graph, Slice folder, const Build *build)
{
	Lack nearest = lack_from(graph, folder, build);
	if (nearest == LACK_NOTHING)
		return LACK_NOTHING;
	while (folder.length) {
		folder = path_folder(folder);
		if (lack_from(graph, folder, build) == LACK_NOTHING)
			return LACK_NOTHING;
	}
	return nearest;
}

/* `git clone` and downloads in the same line, and ignore files: somebody puts the folder there. */
static bool is_fetched(const Graph *graph, Span word, void *data)
{
	Slice line = graph_line_at(graph, word);
	Slice name = path_name(slice_from(graph_file_path(graph, word.file)));
	return text_has(line, "git clone") || text_has(line, "curl") || text_has(line, "wget") ||
	       text_has(line, "unzip") || text_has(line, "submodule") || slice_is(name, ".gitignore") ||
	       slice_is(name, ".gitmodules");
}

static bool is_put_there(const Graph *graph, Slice context)
{
	g_autofree char *path = path_resolve((Slice){"", 0}, context);
	Slice name = path_name(slice_from(path ? path : ""));
	Span span;
	if (name.length == 0 || search_word(graph, name, NULL, is_fetched, NULL, &span))
		return true;
	g_autofree char *repository = g_strdup_printf("%.*s.git", SLICE_ARGS(name));
	return search_word(graph, slice_from(repository), NULL, is_fetched, NULL, &span);
}

/* A tracked file of the context whose name says that it is a Dockerfile. */
static Node other_build_file(const Graph *graph, Slice folder)
{
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		Slice path = slice_from(graph_file_path(graph, file)), name = path_name(path);
		bool is_one = slice_starts(name, "Dockerfile") || slice_ends(name, "Dockerfile") ||
		              slice_ends(name, ".dockerfile") || slice_starts(name, "Containerfile");
		if (is_one && slice_equal(path_folder(path), folder))
			return graph_file_node(graph, file);
	}
	return NODE_NONE;
}

static void add_near_build_file(Checker *checker, Finding *finding, Slice folder, const Build *build)
{
	const Graph *graph = checker_graph(checker);
	g_autofree char *context = path_resolve(folder, build->context);
	Node other = context ? other_build_file(graph, slice_from(context)) : NODE_NONE;
	if (!other)
		return;
	add_evidence(checker, finding, graph_place(graph, other), "this one is in the context");
	Slice path = path_of(graph, other);
	if (graph_node_type(graph, finding->subject) == NODE_WORKFLOW)
		set_hint(checker, finding, "name it: file: %.*s", SLICE_ARGS(path));
	else
		set_hint(checker, finding, "name it: dockerfile: %.*s", SLICE_ARGS(path_name(path)));
}

/* An image that a registry has is pulled where the build is not possible. */
static bool is_pulled(const Graph *graph, Node service)
{
	return strchr(graph_text(graph, service, FACT_IMAGE), '/') != NULL;
}

/* A slip in the name of a folder that is there. */
static void mend_context(Checker *checker, Finding *finding, const Row *row, Slice folder)
{
	const Graph *graph = checker_graph(checker);
	Slice written = graph_symbol_slice(graph, row->object);
	g_autofree char *path = path_resolve(folder, written), *near = path ? moved_near(graph, path, 1) : NULL;
	g_autofree char *text = near ? moved_text(written, folder, path, near) : NULL, *old = slice_dup(written);
	if (!text)
		return;
	set_hint(checker, finding, "write %s", text);
	set_because(checker, finding, FIX_VALUE, "no other name there is so near");
	add_rename(checker, finding, graph_span(graph, row), old, text);
}

static void check_service_build(Checker *checker, const Row *row)
{
	const Graph *graph = checker_graph(checker);
	Node service = row->subject;
	const Row *file = graph_find(graph, service, FACT_BUILD_FILE);
	Build build = {.context = graph_symbol_slice(graph, row->object),
	        .inlined = graph_has(graph, service, FACT_BUILD_INLINE)};
	if (file)
		build.file = graph_symbol_slice(graph, file->object);
	build.inlined |= !is_literal(build.file);
	bool step = graph_node_type(graph, service) == NODE_WORKFLOW; /* CI builds at the root */
	Slice folder = step ? (Slice){"", 0} : path_folder(path_of(graph, service));
	if (is_quiet(graph, service) || !is_literal(build.context) || is_remote(build.context))
		return;
	Lack lack = find_lack(graph, folder, &build);
	if (lack == LACK_NOTHING || (lack == LACK_CONTEXT && is_put_there(graph, build.context)))
		return;
	Level level = is_pulled(graph, service) ? LEVEL_WARNING : LEVEL_ERROR;
	if (lack == LACK_CONTEXT) {
		Finding *finding = report_at(checker, level, service, graph_span(graph, row),
		        "'%s' is built in %.*s, and nothing in that folder is tracked", graph_name(graph, service),
		        SLICE_ARGS(build.context));
		if (step)
			set_detail(checker, finding, "%.*s", SLICE_ARGS(build.context));
		mend_context(checker, finding, row, folder);
		return;
	}
	Slice name = build.file.length ? build.file : SLICE("Dockerfile");
	Finding *finding = report_at(checker, level, service, graph_span(graph, file ? file : row),
	        "'%s' is built with %.*s in %.*s, and that file is not tracked", graph_name(graph, service),
	        SLICE_ARGS(name), SLICE_ARGS(build.context));
	add_near_build_file(checker, finding, folder, &build);
}

/* ---- builds by command -------------------------------------------------------------------------------- */

typedef struct Words {
	Slice at[64];
	uint32_t count;
} Words;

static void words_of(const Graph *graph, Node command, Words *words)
{
	words->count = 0;
	GRAPH_OF (graph, command, FACT_WORD, row) {
		Slice word = graph_symbol_slice(graph, row->object);
		bool program = words->count == 0 && slice_is(word, graph_name(graph, command));
		if (!program && words->count < G_N_ELEMENTS(words->at))
			words->at[words->count++] = word;
	}
}

/* Options of `docker build` that take no value in the next word. */
static bool is_lone_option(Slice word)
{
	static const char *const options[] = {"--no-cache", "--pull", "--push", "--load", "-q", "--quiet", "--rm",
	        "--squash", "--force-rm", "--compress", "--debug", "-D"};
	for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
		if (slice_is(word, options[i]))
			return true;
	return slice_find_byte(word, '=', 0) != SIZE_MAX;
}

/* `docker build [-f FILE] DIR` and its kin; false for other commands and those whose words are not literal. */
static bool read_build_command(const Words *words, Build *build)
{
	uint32_t i = 0;
	*build = (Build){0};
	if (i < words->count && (slice_is(words->at[i], "buildx") || slice_is(words->at[i], "image")))
		i++;
	if (i >= words->count || !slice_is(words->at[i], "build"))
		return false;
	for (i++; i < words->count; i++) {
		Slice word = words->at[i];
		if (!is_literal(word) || text_has(word, "*") || text_has(word, "`"))
			return false;
		if (slice_starts(word, "--file="))
			build->file = slice_sub(word, strlen("--file="), word.length);
		else if ((slice_is(word, "-f") || slice_is(word, "--file")) && i + 1 < words->count)
			build->file = words->at[++i];
		else if (word.length && word.at[0] == '-' && !is_lone_option(word))
			i++;
		else if (word.length && word.at[0] != '-')
			build->context = word;
	}
	return build->context.length && is_literal(build->file) && !slice_is(build->context, "-") &&
	       !slice_is(build->file, "-") && !is_remote(build->context);
}

/* The file of a command is named from where the command is run, not from its context. */
static bool command_file_is_missing(const Graph *graph, Slice folder, const Build *build)
{
	for (;; folder = path_folder(folder)) {
		g_autofree char *path = path_resolve(folder, build->file);
		if (!path || graph_find_file(graph, slice_from(path)) || is_behind_link(graph, slice_from(path)))
			return false;
		if (folder.length == 0)
			return true;
	}
}

/* True if the file changes to a folder that is not its own, one above it or the repository's root, or brings another
 * repository or build along. */
static bool goes_elsewhere(const Graph *graph, uint32_t file)
{
	static const char *const homes[] = {
	        "dirname", "--show-toplevel", "BASH_SOURCE", "SCRIPT_DIR", "ROOT", "REPO", "cd -", "cd .."};
	Slice bytes = graph_file_bytes(graph, file);
	for (size_t at = 0; (at = slice_find(bytes, "cd ", at)) != SIZE_MAX; at++) {
		Slice line = graph_line_at(graph, (Span){file, (uint32_t)at, (uint32_t)at});
		bool home = false;
		for (size_t i = 0; i < G_N_ELEMENTS(homes) && !home; i++)
			home = text_has(line, homes[i]);
		if (!home && (at == 0 || !g_ascii_isalnum(bytes.at[at - 1])))
			return true;
	}
	return text_has(bytes, "working-directory") || text_has(bytes, "dir: ") || text_has(bytes, "repository:") ||
	       text_has(bytes, "download-artifact");
}

static bool is_in_prose(const Graph *graph, Node command)
{
	const char *fence = graph_text(graph, command, FACT_FENCE);
	return *fence && strcmp(fence, "run") != 0;
}

/* Several commands of one file may lack the same. */
static void report_once(Checker *checker, GHashTable *known, Node command, const char *message)
{
	const Graph *graph = checker_graph(checker);
	Span place = graph_place(graph, command);
	char *key = g_strdup_printf("%u %s", place.file, message);
	Finding *finding = g_hash_table_lookup(known, key);
	if (finding) {
		add_evidence(checker, finding, place, "and here");
		g_free(key);
		return;
	}
	g_hash_table_insert(known, key, report(checker, command, place, "%s", message));
}

static void check_command_build(Checker *checker, Node command, GHashTable *known)
{
	const Graph *graph = checker_graph(checker);
	Words words;
	Build build;
	words_of(graph, command, &words);
	uint32_t file = graph_file_of(graph, command);
	/* Where a script changes folders, and in prose, the words are relative to a place that is not known. */
	if (is_quiet(graph, command) || !read_build_command(&words, &build) || is_in_prose(graph, command) ||
	        graph_has(graph, command, FACT_GUARDED) || goes_elsewhere(graph, file))
		return;
	bool step = graph_has(graph, command, FACT_FENCE); /* CI runs it at the root */
	Slice folder = step ? (Slice){"", 0} : path_folder(path_of(graph, command));
	Build context = {.context = build.context, .file = build.file, .inlined = build.file.length > 0};
	Lack lack = find_lack(graph, folder, &context);
	bool here = slice_is(build.context, ".");
	const char *built = arena_text(checker_arena(checker), here ? folder : build.context);
	if (*built == '\0')
		built = "the root of the repository";
	if (lack == LACK_CONTEXT && !is_put_there(graph, build.context))
		report_once(checker, known, command,
		        arena_printf(checker_arena(checker), "this builds %s, and nothing in that folder is tracked",
		                built));
	else if (lack == LACK_FILE)
		report_once(checker, known, command,
		        arena_printf(
		                checker_arena(checker), "this builds %s, and no Dockerfile is tracked there", built));
	else if (build.file.length && command_file_is_missing(graph, folder, &build))
		report_once(checker, known, command,
		        arena_printf(checker_arena(checker), "this builds with %.*s, and that file is not tracked",
		                SLICE_ARGS(build.file)));
}

static void check_build_file_missing(Checker *checker)
{
	static const char *const programs[] = {"docker", "podman", "nerdctl"};
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GRAPH_EACH (graph, FACT_BUILD_CONTEXT, row)
		check_service_build(checker, row);
	for (size_t i = 0; i < G_N_ELEMENTS(programs); i++) {
		Symbol name;
		if (!graph_find_symbol(graph, slice_from(programs[i]), &name))
			continue;
		GRAPH_NAMED(graph, NODE_COMMAND, name, command)
		check_command_build(checker, command, known);
	}
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
		if (!probe || !is_database(graph, database) ||
		        only_looks(graph_text(graph, row->subject, FACT_IMAGE)))
			continue;
		const char *name = graph_name(graph, database);
		Finding *finding = report(checker, row->subject, graph_span(graph, row),
		        "service %s starts as soon as %s does, and not once it answers",
		        graph_name(graph, row->subject), name);
		set_detail(checker, finding, "%s", name);
		add_evidence(checker, finding, graph_place(graph, probe), "%s says here how to ask it", name);
		set_hint(checker, finding, "depends_on: {%s: {condition: service_healthy}}", name);
		mend_depends(checker, finding, row->subject, probe);
	}
}

/* ---- version --------------------------------------------------------------------------------------------------- */

static void check_compose_version_field(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Rows rows = graph_rows(graph, FACT_FORMAT_VERSION);
	if (rows.at == rows.end || is_for_swarm(graph))
		return;
	GRAPH_EACH (graph, FACT_FORMAT_VERSION, row) {
		Finding *finding = report(checker, row->subject, graph_span(graph, row),
		        "version: %s means nothing any more", graph_symbol_text(graph, row->object));
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

static bool is_left_down(const Graph *graph, Node service)
{
	return is_whole(graph, service) && !is_task(graph, service) && !graph_has(graph, service, FACT_RESTART) &&
	       !graph_has(graph, service, FACT_EXTENDS) && is_meant_to_stay(graph, service) &&
	       !graph_has(graph, service, FACT_PROFILE) && !is_for_developing(graph, service) &&
	       !is_waited_out(graph, service) && !is_restarted_elsewhere(graph, service);
}

/* The image, which every service has that is not built, says where the line goes. */
static void mend_restart(Checker *checker, Finding *finding, Node service)
{
	const Graph *graph = checker_graph(checker);
	const Row *image = graph_find(graph, service, FACT_IMAGE);
	if (image && graph_span(graph, image).file == graph_file_of(graph, service))
		add_pair_below(checker, finding, graph_span(graph, image), "restart: unless-stopped");
}

static void check_compose_restart_missing(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	bool asked = false;
	GRAPH_NODES (graph, NODE_COMPOSE, compose) {
		Finding *finding = NULL;
		if (is_quiet(graph, compose))
			continue;
		GRAPH_CHILDREN (graph, compose, NODE_SERVICE, service) {
			if (!is_left_down(graph, service))
				continue;
			if (!asked && is_started_by_another(graph))
				return;
			asked = true;
			if (!finding) {
				finding = report(checker, service, graph_place(graph, service),
				        "service %s stays down after a crash, and after a boot of its machine",
				        graph_name(graph, service));
				set_because(checker, finding, FIX_SAFE, "a service that was stopped by hand stays so");
			} else
				add_evidence(checker, finding, graph_place(graph, service), "so does %s",
				        graph_name(graph, service));
			mend_restart(checker, finding, service);
		}
	}
}

static const Rule rules[] = {
        {
                .id = "build-file-missing",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a build names a folder or Dockerfile that is not tracked",
                .why = "On the machine where it was written the build may work, because the files lie there. A clone "
                       "does not have them, so neither CI nor the next machine can build the image.",
                .remedy = "Add the files to Git, correct the path, or use an image that a registry has.",
                .check = check_build_file_missing,
        },
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
